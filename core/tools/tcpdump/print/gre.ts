import type { Octets } from "../octets.ts";
import { ETHERTYPES } from "./ethertypes.ts";
import { bitNames, hex, type Out } from "./out.ts";
import type { Carried } from "./carried.ts";

const FLAGS = [
  [0x8000, "checksum present"],
  [0x4000, "routing present"],
  [0x2000, "key present"],
  [0x1000, "sequence# present"],
  [0x0800, "source routing present"],
] as const;
const BRIDGED = 0x6558;

/** GRE version 0 (RFC 2784, 2890): `GREv0, length 88: IP ...`. */
export function printGre(out: Out, packet: Octets, { length }: Carried): void {
  out.protocol = "gre";
  const flags = packet.u16(0);
  const type = packet.u16(2);
  if ((flags & 7) !== 0) return out.put(`GREv${flags & 7}${(flags & 7) === 1 ? "" : " (unknown version)"}`);
  out.put("GREv0");
  if (out.options.verbose > 0) out.put(`, Flags [${bitNames(FLAGS, flags, ", ")}]`);
  let at = 4;
  if ((flags & 0xc000) !== 0) {
    if ((flags & 0x8000) !== 0 && out.options.verbose > 0) out.put(`, sum 0x${packet.u16(at).toString(16)}`);
    out.put(`, off 0x${packet.u16(at + 2).toString(16)}`);
    at += 4;
  }
  if ((flags & 0x2000) !== 0) {
    out.put(`, key=0x${packet.u32(at).toString(16)}`);
    at += 4;
  }
  if ((flags & 0x1000) !== 0) {
    out.put(`, seq ${packet.u32(at)}`);
    at += 4;
  }
  if (out.options.link) out.put(`, proto ${ETHERTYPES[type] ?? "unknown"} (0x${hex(type, 4)})`);
  out.put(`, length ${length}`);
  out.put(out.options.verbose < 1 ? ": " : "\n\t");
  const inner = packet.from(at);
  const printer = type === BRIDGED ? out.layers.ether : out.layers.types[type];
  if (printer === undefined) out.put(`gre-proto-0x${type.toString(16)}`);
  else printer(out, inner, length - at);
}
