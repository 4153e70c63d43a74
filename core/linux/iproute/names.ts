/** Numbers of rtnetlink that tools print as words (rt_protos, rt_scopes, rt_tables, rt_dsfield). */
import type { Files } from "../process.ts";

/** Route scopes by number. */
export const SCOPES: ReadonlyMap<number, string> = new Map([[0, "global"], [255, "nowhere"], [254, "host"], [
  253,
  "link",
], [200, "site"]]);

/** Route protocols by number. */
export const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [0, "unspec"],
  [1, "redirect"],
  [2, "kernel"],
  [3, "boot"],
  [4, "static"],
  [8, "gated"],
  [9, "ra"],
  [10, "mrt"],
  [11, "zebra"],
  [12, "bird"],
  [13, "dnrouted"],
  [14, "xorp"],
  [15, "ntk"],
  [16, "dhcp"],
  [18, "keepalived"],
  [42, "babel"],
  [99, "openr"],
  [186, "bgp"],
  [187, "isis"],
  [188, "ospf"],
  [189, "rip"],
  [192, "eigrp"],
]);

/** IP protocols that rules name. */
export const IP_PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [1, "icmp"],
  [2, "igmp"],
  [6, "tcp"],
  [17, "udp"],
  [47, "gre"],
  [50, "esp"],
  [51, "ah"],
  [58, "ipv6-icmp"],
  [132, "sctp"],
]);

/** The word of a number, or the number itself. */
export function wordOf(names: ReadonlyMap<number, string>, number: number): string {
  return names.get(number) ?? String(number);
}

/** The number of a word or of digits; undefined for neither. */
export function numberOf(names: ReadonlyMap<number, string>, word: string): number | undefined {
  for (const [number, name] of names) if (name === word) return number;
  return /^(0x[0-9a-f]+|\d+)$/i.test(word) ? Number(word) : undefined;
}

/** Routing tables by number, out of `/etc/iproute2/rt_tables` (and `rt_tables.d/*.conf`). */
export function routeTables(files: Files): Map<number, string> {
  const tables = new Map([[255, "local"], [254, "main"], [253, "default"], [0, "unspec"]]);
  const more = (files.list("/etc/iproute2/rt_tables.d") ?? []).filter((name) => name.endsWith(".conf"));
  for (const path of ["/etc/iproute2/rt_tables", ...more.map((name) => `/etc/iproute2/rt_tables.d/${name}`)]) {
    for (const line of (files.read(path) ?? "").split("\n")) {
      const entry = /^\s*(0x[0-9a-f]+|\d+)\s+(\S+)/i.exec(line);
      if (entry !== null) tables.set(Number(entry[1]), entry[2] ?? "");
    }
  }
  return tables;
}
