import type { Octets } from "../octets.ts";
import { hexLines } from "../hexdump.ts";
import { ETHERTYPES } from "./ethertypes.ts";
import { hex, nameIn, type Out } from "./out.ts";

const HARDWARE: Readonly<Record<number, string>> = {
  1: "Ethernet",
  6: "TokenRing",
  7: "ArcNet",
  15: "FrameRelay",
  17: "Strip",
  24: "IEEE 1394",
  16: "ATM",
};
const OPERATIONS: Readonly<Record<number, string>> = {
  1: "Request",
  2: "Reply",
  3: "Reverse Request",
  4: "Reverse Reply",
  8: "Inverse Request",
  9: "Inverse Reply",
  10: "NACK Reply",
};
const IPV4 = 0x0800;

/** ARP (RFC 826): `ARP, Request who-has 10.0.0.1 tell 10.0.0.2, length 28`. */
export function printArp(out: Out, packet: Octets, length: number): void {
  out.protocol = "arp";
  const [hardware, protocol, operation] = [packet.u16(0), packet.u16(2), packet.u16(6)];
  const [hardwareLength, protocolLength] = [packet.u8(4), packet.u8(5)];
  if (!packet.has(0, 8 + 2 * hardwareLength + 2 * protocolLength)) return out.truncated();
  if (!out.options.link) out.put("ARP, ");
  const odd = protocol !== IPV4 || protocolLength !== 4 || hardwareLength === 0;
  if (odd || out.options.verbose > 0) {
    const named = ETHERTYPES[protocol] ?? `Unknown Protocol (0x${hex(protocol, 4)})`;
    out.put(`${nameIn(HARDWARE, hardware, "Unknown Hardware (%)")} (len ${hardwareLength}), `);
    out.put(`${named} (len ${protocolLength})`);
    if (out.options.verbose === 0) return out.put(`, length ${length}`);
    out.put(", ");
  }
  const senderIp = 8 + hardwareLength;
  const targetMac = senderIp + protocolLength;
  const targetIp = targetMac + hardwareLength;
  const address = (at: number): string =>
    protocol !== IPV4 ? `<wrong proto type>` : protocolLength !== 4 ? "<wrong len>" : out.host(packet.ip4(at));
  const link = (at: number): string => packet.mac(at, hardwareLength);
  out.put(`${nameIn(OPERATIONS, operation, "Unknown (%)")} `);
  if (operation === 1) {
    const asked = link(targetMac);
    const hint = /[1-9a-f]/.test(asked) ? ` (${asked})` : "";
    out.put(`who-has ${address(targetIp)}${hint} tell ${address(senderIp)}`);
  } else if (operation === 2) out.put(`${address(senderIp)} is-at ${link(8)}`);
  else if (operation === 3) out.put(`who-is ${link(targetMac)} tell ${link(8)}`);
  else if (operation === 4) out.put(`${link(targetMac)} at ${address(targetIp)}`);
  else if (operation === 8) out.put(`who-is ${link(targetMac)} tell ${link(8)}`);
  else if (operation === 9) out.put(`${link(8)} at ${address(senderIp)}`);
  else return out.put(hexLines(packet.slice(0), true));
  out.put(`, length ${length}`);
}
