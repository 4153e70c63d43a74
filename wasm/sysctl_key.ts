import { KNOBS, SYSCTLS } from "./layout.ts";

/** A sysctl as the plane is told of it. */
export interface SysctlKey {
  /** 0 for a namespace's own, 1 to 4 for a device's tables, 5 for conntrack's. */
  readonly table: number;
  readonly number: number;
  /** The device of a device's, `all` or `default`. */
  readonly dev: string;
}

const CONNTRACK = "net.netfilter.nf_conntrack_";
/** A device's tables in the order of their numbers, from 1. */
const OF_DEVICES = [
  ["net.ipv4.conf.", numbers(Object.keys(SYSCTLS.conf))],
  ["net.ipv4.neigh.", numbers(Object.keys(SYSCTLS.neigh))],
  ["net.ipv6.conf.", numbers(Object.keys(SYSCTLS.conf6))],
  ["net.ipv6.neigh.", numbers(Object.keys(SYSCTLS.neigh))],
] as const;
const GLOBAL = numbers(Object.keys(SYSCTLS.global));
const OF_CONNTRACK = numbers(KNOBS.filter((name) => name !== ""), KNOBS);

function numbers(names: readonly string[], places: readonly string[] = names): ReadonlyMap<string, number> {
  return new Map(names.map((name) => [name, places.indexOf(name)]));
}

/** The place of a sysctl (`net.ipv4.conf.eth0.rp_filter`) in the plane's tables; undefined for one it does not know. */
export function sysctlKey(key: string): SysctlKey | undefined {
  const number = GLOBAL.get(key);
  if (number !== undefined) return { table: 0, number, dev: "" };
  if (key.startsWith(CONNTRACK)) {
    const knob = OF_CONNTRACK.get(key.slice(CONNTRACK.length));
    return knob === undefined ? undefined : { table: 5, number: knob, dev: "" };
  }
  const at = OF_DEVICES.findIndex(([prefix]) => key.startsWith(prefix));
  const [prefix, table] = OF_DEVICES[at] ?? [];
  if (prefix === undefined || table === undefined) return undefined;
  const dot = key.lastIndexOf(".");
  const own = table.get(key.slice(dot + 1));
  return own === undefined || dot < prefix.length
    ? undefined
    : { table: at + 1, number: own, dev: key.slice(prefix.length, dot) };
}
