/**
 * hosts(5).
 *
 *     line = address blanks name { blanks name } [ "#" text ]
 */
import { isIp, parseIp } from "../../base/mod.ts";

/** One line: an address, its first name (the canonical one) and its aliases. */
export interface HostsEntry {
  readonly address: string;
  readonly names: readonly string[];
}

/** The entries of a hosts file in order; comments and lines without an address or a name do not count. */
export function parseHosts(text: string): HostsEntry[] {
  return text.split("\n").flatMap((line) => {
    const [address, ...names] = line.replace(/#.*$/, "").trim().split(/\s+/);
    return address === undefined || names.length === 0 || !isIp(address.replace(/%.*$/, ""))
      ? []
      : [{ address, names }];
  });
}

/** The file, with tabs as a kubelet writes it. */
export function printHosts(entries: readonly HostsEntry[]): string {
  return entries.map(({ address, names }) => `${address}\t${names.join("\t")}\n`).join("");
}

/** The entries that carry a name (case aside), of one family or both. */
export function hostsByName(entries: readonly HostsEntry[], name: string, family: 0 | 4 | 6): HostsEntry[] {
  const wanted = name.toLowerCase().replace(/\.$/, "");
  return entries.filter(({ address, names }) =>
    names.some((own) => own.toLowerCase() === wanted) && (family === 0 || familyOf(address) === family)
  );
}

/** The first entry of an address. */
export function hostsByAddress(entries: readonly HostsEntry[], address: string): HostsEntry | undefined {
  const wanted = parseIp(address)?.value;
  return entries.find((entry) => entry.address === address || parseIp(entry.address)?.value === wanted);
}

function familyOf(address: string): 4 | 6 {
  return address.includes(":") ? 6 : 4;
}
