import { absolute, isUnder } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import type { DnsPlugin, SetupContext } from "../plugin.ts";
import { atoi, once } from "../setup.ts";
import { zonesOf } from "../zones.ts";

/** dnssec: signs answers on the way; keys and zones are checked, nothing is signed. */
export const dnssec: DnsPlugin = {
  name: "dnssec",
  setup(corefile, context) {
    for (let count = 0; corefile.next(); count++) {
      once(corefile, count);
      const zones = zonesOf(corefile.remainingArgs(), context.zones);
      const keys: Key[] = [];
      while (corefile.nextBlock()) {
        const property = corefile.word();
        if (property === "key") keys.push(...readKeys(corefile, context));
        else if (property === "cache_capacity") {
          if (!corefile.nextArg()) throw corefile.argError("a number of signatures");
          atoi(corefile, corefile.word());
        } else throw corefile.error(`unknown property '${property}'`, "key or cache_capacity");
      }
      const stranger = keys.find(({ owner }) => !zones.some((zone) => isUnder(zone, owner)));
      if (stranger !== undefined) {
        const problem = `key ${stranger.owner} (keyid: ${stranger.tag}) can not sign any of the zones`;
        throw corefile.plainError(problem, "a key of one of the zones");
      }
    }
    return { unsimulated: ["dnssec"] };
  },
};

interface Key {
  readonly owner: string;
  readonly tag: number;
}

/** The keys named; each is a pair of files. */
function readKeys(corefile: Dispenser, { host, rooted }: SetupContext): Key[] {
  if (!corefile.nextArg()) throw corefile.argError("file FILE...");
  if (corefile.word() !== "file") {
    corefile.remainingArgs();
    return [];
  }
  const files = corefile.remainingArgs();
  if (files.length === 0) throw corefile.argError("the names of key files");
  return files.map((file) => {
    const base = rooted(file.replace(/\.(key|private)$/, ""));
    for (const path of [`${base}.key`, `${base}.private`]) {
      if (host.readFile(path) === undefined) {
        throw corefile.plainError(`open ${path}: no such file or directory`, "a key's file");
      }
    }
    const record = (host.readFile(`${base}.key`) as string).split("\n").find((line) => !/^\s*(;|$)/.test(line));
    return keyOf(record ?? ".");
  });
}

/** `OWNER [TTL] [CLASS] DNSKEY FLAGS PROTOCOL ALGORITHM KEY`, with its key tag (RFC 4034, appendix B). */
function keyOf(record: string): Key {
  const words = record.trim().split(/\s+/);
  const [flags = 0, protocol = 0, algorithm = 0] = words.slice(words.indexOf("DNSKEY") + 1).map(Number);
  const key = Uint8Array.from(decoded(words.slice(words.indexOf("DNSKEY") + 4).join("")));
  const bytes = [flags >> 8, flags & 255, protocol, algorithm, ...key];
  const sum = bytes.reduce((total, byte, i) => total + (i % 2 === 0 ? byte << 8 : byte), 0);
  return { owner: absolute(words[0] as string).toLowerCase(), tag: (sum + (sum >> 16)) & 0xffff };
}

function decoded(base64: string): number[] {
  try {
    return Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return [];
  }
}
