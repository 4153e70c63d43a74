/** `-m hashlimit` as a meter. */
import { HASHLIMIT } from "../../../../wasm/mod.ts";
import { maskOf, printWords } from "../address.ts";
import type { HashlimitMatch } from "../match/hashlimit.ts";
import { printRate } from "../match/rate.ts";
import { joined, layer, type Translate } from "./words.ts";

const SCALE = 1_000_000;
const BURST = 5;
const UNITS: Readonly<Record<string, string>> = { sec: "second", min: "minute" };

/** `5/minute` of a time for one packet in 1/`scale` seconds. */
export function rate(period: number, scale: number): string {
  const [count = "", unit = ""] = printRate(period, scale).text.split("/");
  return `${count}/${UNITS[unit] ?? unit}`;
}

function bytes(count: number): string {
  if (count % (1024 * 1024) === 0) return `${count / (1024 * 1024)} mbytes`;
  return count % 1024 === 0 ? `${count / 1024} kbytes` : `${count} bytes`;
}

/** Sixteen-bit groups with all their zeros, as masks of IPv6 are written there. */
function mask(length: number, family: 4 | 6): string {
  const words = maskOf(length, family);
  if (family === 4) return printWords(words);
  return words.flatMap((word) => [word >>> 16, word & 0xffff]).map((half) => half.toString(16).padStart(4, "0")).join(
    ":",
  );
}

function keys(m: HashlimitMatch): string {
  const address = (name: string, length: number) =>
    `${layer(m.family)} ${name}${length === (m.family === 4 ? 32 : 128) ? "" : ` and ${mask(length, m.family)}`}`;
  const parts = [
    m.mode & HASHLIMIT.DSTIP && address("daddr", m.dstMask),
    m.mode & HASHLIMIT.DSTPORT && "tcp dport",
    m.mode & HASHLIMIT.SRCIP && address("saddr", m.srcMask),
    m.mode & HASHLIMIT.SRCPORT && "tcp sport",
    // a mode without a name of its own
    m.rateMatch && "(null)",
  ];
  return parts.filter((part) => part !== 0 && part !== false).join(" . ");
}

function limit(m: HashlimitMatch): string {
  if (m.bytes) return joined(`${bytes(m.period)}/second`, m.burst !== 0 && `burst ${bytes(m.burst)}`);
  const every = rate(m.period, SCALE);
  const shown = m.rateMatch ? `${every.split("/")[0]}/second` : every;
  return joined(shown, m.burst !== BURST && `burst ${m.burst} packets`);
}

/** Without a key there are no words for it; ports are TCP's whatever the rule is about. */
export const hashlimit: Translate<HashlimitMatch> = (m) => {
  const by = keys(m);
  if (by === "") return undefined;
  const timeout = m.expire === 1000 ? undefined : `timeout ${Math.floor(m.expire / 1000)}s`;
  return `meter ${m.name} { ${joined(by, timeout, `limit rate ${m.above ? "over " : ""}${limit(m)}`)} }`;
};
