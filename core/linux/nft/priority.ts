/**
 * Priorities of base chains by name, as nft prints them: a named one, or one within ten of it (`dstnat - 10`), where family
 * and hook have that name; a plain number elsewhere.
 */
import type { NftFamily } from "./types.ts";

interface Named {
  readonly name: string;
  readonly value: number;
  /** The only hook that has it. */
  readonly hook?: string;
}

const REACH = 10;

const INET: readonly Named[] = [
  { name: "raw", value: -300 },
  { name: "mangle", value: -150 },
  { name: "dstnat", value: -100, hook: "prerouting" },
  { name: "filter", value: 0 },
  { name: "security", value: 50 },
  { name: "srcnat", value: 100, hook: "postrouting" },
];

const BRIDGE: readonly Named[] = [
  { name: "dstnat", value: -300, hook: "prerouting" },
  { name: "filter", value: -200 },
  { name: "out", value: 100, hook: "output" },
  { name: "srcnat", value: 300, hook: "postrouting" },
];

const ONLY_FILTER: readonly Named[] = [{ name: "filter", value: 0 }];

function named(family: NftFamily, hook: string): readonly Named[] {
  const all = family === "bridge" ? BRIDGE : family === "arp" || family === "netdev" ? ONLY_FILTER : INET;
  return all.filter((each) => each.hook === undefined || each.hook === hook);
}

/** How nft lists a priority. */
export function printPriority(priority: number, at: { readonly family: NftFamily; readonly hook: string }): string {
  const near = named(at.family, at.hook).find(({ value }) => Math.abs(priority - value) <= REACH);
  if (near === undefined) return String(priority);
  const offset = priority - near.value;
  return offset === 0 ? near.name : `${near.name} ${offset < 0 ? "-" : "+"} ${Math.abs(offset)}`;
}

/** The number of such a text; undefined where there is no such name. */
export function parsePriority(text: string, at: { readonly family: NftFamily; readonly hook: string }) {
  if (/^-?\d+$/.test(text)) return Number(text);
  const [, name, sign, offset] = /^([a-z]+)(?: ([+-]) (\d+))?$/.exec(text) ?? [];
  const base = named(at.family, at.hook).find((each) => each.name === name);
  if (base === undefined) return undefined;
  return base.value + (offset === undefined ? 0 : Number(`${sign}${offset}`));
}
