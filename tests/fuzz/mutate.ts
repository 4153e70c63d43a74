/** Bytes and texts with something wrong in them. */
import type { Random } from "../../core/base/mod.ts";

/** A copy of some bytes with one to four things changed: bits, bytes, the end, a piece twice or not at all. */
export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let made = [...bytes];
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(Math.max(made.length, 1));
    const length = random.below(12);
    switch (random.below(7)) {
      case 0:
      case 1:
        made[at] = (made[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 2:
        made[at] = random.pick([0, 1, 0x45, 0x7f, 0x80, 0xff, random.below(256)]);
        break;
      case 3:
        made = made.slice(0, at);
        break;
      case 4:
        made.splice(at, 0, ...made.slice(at, at + length));
        break;
      case 5:
        made.splice(at, length);
        break;
      default:
        made.splice(at, 0, ...Array.from({ length }, () => random.below(256)));
    }
  }
  return Uint8Array.from(made.slice(0, 2000), (byte) => byte ?? 0);
}

/** Bytes of chance alone. */
export function randomBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: random.below(120) }, () => random.below(256));
}

/** Words that mean something to one parser or another, and some that mean nothing. */
const WORDS = [
  ...[
    "!",
    "-",
    "--",
    "-A",
    "-j",
    "-m",
    "-p",
    "--dport",
    "0",
    "-1",
    "65536",
    "4294967296",
    "1e9",
    "0x",
    "'",
    '"',
    "\\",
    "[",
  ],
  ...[
    "10.0.0.0/33",
    "::1",
    "fe80::1%eth0",
    "255.255.255.255",
    "10.0.0.1-10.0.0.0",
    "eth0",
    "lo",
    "",
    "all",
    "default",
    "\u00e4",
  ],
  ...[
    "tcp",
    "udp",
    "icmp",
    "FORWARD",
    "ACCEPT",
    "*nat",
    "COMMIT",
    "a".repeat(40),
    "dev",
    "via",
    "table",
    "add",
    "del",
    "show",
  ],
];

/** A copy of a text with one to three of its words or characters changed, taken away, doubled or moved. */
export function mutateText(random: Random, text: string): string {
  let words = text.split(/(\s+)/);
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(words.length);
    const word = words[at] ?? "";
    const place = random.below(word.length + 1);
    switch (random.below(7)) {
      case 0:
        words[at] = random.pick(WORDS);
        break;
      case 1:
        words.splice(at, 1);
        break;
      case 2:
        words.splice(at, 0, word, " ");
        break;
      case 3:
        words[at] = word.slice(0, place) + word.slice(place + 1);
        break;
      case 4:
        words[at] = word.slice(0, place) + String.fromCharCode(32 + random.below(95)) + word.slice(place);
        break;
      case 5:
        words.splice(random.below(words.length), 0, " ", random.pick(WORDS), " ");
        break;
      default:
        words = [...words.slice(at), " ", ...words.slice(0, at)];
    }
  }
  return words.join("");
}
