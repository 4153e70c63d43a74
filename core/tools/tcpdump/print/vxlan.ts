import type { Octets } from "../octets.ts";
import { hex, type Out } from "./out.ts";

/** VXLAN (RFC 7348) at its assigned port: the network and the frame inside. */
export function printVxlan(out: Out, packet: Octets, length: number): void {
  out.protocol = "vxlan";
  if (length < 8) {
    out.put("VXLAN");
    return out.invalid();
  }
  const flags = packet.u8(0);
  out.put(`VXLAN, flags [${(flags & 8) !== 0 ? "I" : "invalid"}] (0x${hex(flags, 2)}), vni ${packet.u24(4)}\n`);
  out.layers.ether(out, packet.from(8), length - 8);
}

/** OTV, which owns port 8472, where Linux sends VXLAN when nobody says otherwise: it reads the same bits under other names. */
export function printOtv(out: Out, packet: Octets, length: number): void {
  out.protocol = "otv";
  out.put("OTV, ");
  if (length < 8) {
    out.put(`[length ${length} < 8]`);
    return out.invalid();
  }
  const flags = packet.u8(0);
  out.put(`flags [${(flags & 8) !== 0 ? "I" : "."}] (0x${hex(flags, 2)}), overlay ${packet.u24(1)}`);
  out.put(`, instance ${packet.u24(4)}\n`);
  out.layers.ether(out, packet.from(8), length - 8);
}
