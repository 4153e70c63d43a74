import { onesSum } from "../checksum.ts";
import type { Octets } from "../octets.ts";
import type { Out } from "./out.ts";
import type { Carried } from "./carried.ts";

/** Types of group records, in IGMPv3 and MLDv2 alike. */
export const RECORDS: Readonly<Record<number, string>> = {
  1: "is_in",
  2: "is_ex",
  3: "to_in",
  4: "to_ex",
  5: "allow",
  6: "block",
};

/** IGMP, versions 1 to 3 (RFC 1112, 2236, 3376). */
export function printIgmp(out: Out, message: Octets, { length }: Carried): void {
  out.protocol = "igmp";
  if (out.options.quiet) return out.put("igmp");
  printMessage(out, message, length);
  if (out.options.verbose === 0 || out.options.unchecked || !message.has(0, length)) return;
  if (onesSum(message, length) !== 0xffff) out.put(` bad igmp cksum ${message.u16(2).toString(16)}!`);
}

function printMessage(out: Out, message: Octets, length: number): void {
  const type = message.u8(0);
  const group = message.ip4(4);
  if (type === 0x11) {
    out.put("igmp query");
    if (length >= 12) return printQuery3(out, message, group);
    out.put(message.u8(1) === 0 ? " v1" : " v2");
    if (group !== "0.0.0.0") out.put(` [gaddr ${out.host(group)}]`);
  } else if (type === 0x12) out.put(`igmp v1 report ${out.host(group)}`);
  else if (type === 0x16) out.put(`igmp v2 report ${out.host(group)}`);
  else if (type === 0x17) out.put(`igmp leave ${out.host(group)}`);
  else if (type === 0x22) printReport3(out, message);
  else out.put(`igmp-${type}`);
}

function printQuery3(out: Out, message: Octets, group: string): void {
  out.put(" v3");
  const count = message.u16(10);
  if (group === "0.0.0.0" && count === 0) return;
  out.put(` [gaddr ${out.host(group)}`);
  const sources = Array.from({ length: count }, (_, i) => ` ${out.host(message.ip4(12 + i * 4))}`).join("");
  if (count > 0) out.put(out.options.verbose > 1 ? ` {${sources} }` : `, ${count} source(s)`);
  out.put("]");
}

function printReport3(out: Out, message: Octets): void {
  const groups = message.u16(6);
  out.put(`igmp v3 report, ${groups} group record(s)`);
  if (out.options.verbose === 0) return;
  let at = 8;
  for (let i = 0; i < groups; i++) {
    const sources = message.u16(at + 2);
    out.put(` [gaddr ${out.host(message.ip4(at + 4))} ${RECORDS[message.u8(at)] ?? `unknown(${message.u8(at)})`}`);
    const list = Array.from({ length: sources }, (_, n) => ` ${out.host(message.ip4(at + 8 + n * 4))}`).join("");
    out.put(out.options.verbose > 1 ? ` {${list} }]` : `, ${sources} source(s)]`);
    at += 8 + sources * 4 + message.u8(at + 1) * 4;
  }
}
