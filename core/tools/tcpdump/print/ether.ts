import type { Octets } from "../octets.ts";
import { hexLines } from "../hexdump.ts";
import { printArp } from "./arp.ts";
import { ETHERTYPES } from "./ethertypes.ts";
import { printIp4 } from "./ip.ts";
import { printIp6 } from "./ip6.ts";
import { hex, type Out } from "./out.ts";

const HEADER = 14;
const VLAN_TYPES = new Set([0x8100, 0x88a8, 0x9100, 0x9200]);
const MOST_LENGTH = 1500;

/** What prints the payload of an Ethernet type. */
export const ETHERTYPE_PRINTERS: Readonly<Record<number, (out: Out, packet: Octets, length: number) => void>> = {
  0x0800: printIp4,
  0x86dd: printIp6,
  0x0806: printArp,
  0x8035: printArp,
};

/** An Ethernet frame; `length` is what it was on the wire. Gives how long its header is. */
export function printEther(out: Out, frame: Octets, length: number): number {
  out.protocol = "ether";
  if (!frame.has(0, HEADER)) {
    out.truncated();
    return frame.length;
  }
  if (out.options.link) out.put(`${frame.mac(6)} > ${frame.mac(0)}, `);
  let type = frame.u16(12);
  let at = HEADER;
  let said = false;
  const lengthOnce = (): string => {
    const text = said ? ", " : `, length ${length}: `;
    said = true;
    return text;
  };
  while (VLAN_TYPES.has(type)) {
    if (!frame.has(at, 4)) {
      out.protocol = "vlan";
      out.truncated();
      return at;
    }
    if (out.options.link) out.put(typeText(out, type) + lengthOnce() + tagText(frame.u16(at)) + ", ");
    type = frame.u16(at + 2);
    at += 4;
  }
  if (out.options.link && type > MOST_LENGTH) out.put(typeText(out, type) + lengthOnce());
  if (type <= MOST_LENGTH) {
    if (out.options.link) out.put(`802.3${lengthOnce()}`);
    printLlc(out, frame.from(at).upTo(type));
    return at;
  }
  const printer = ETHERTYPE_PRINTERS[type];
  if (printer !== undefined) {
    printer(out, frame.from(at), length - at);
    return at;
  }
  if (!out.options.link) out.put(`${frame.mac(6)} > ${frame.mac(0)}, ${typeText(out, type)}${lengthOnce()}`);
  if (!out.options.bytesShown) out.put(hexLines(frame.slice(at), true));
  return at;
}

/** `ethertype IPv4 (0x0800)`; with -q the name alone. */
function typeText({ options }: Out, type: number): string {
  if (options.quiet) return ETHERTYPES[type] ?? `Unknown Ethertype (0x${hex(type, 4)})`;
  return `ethertype ${ETHERTYPES[type] ?? "Unknown"} (0x${hex(type, 4)})`;
}

/** `vlan 5, p 0`, and `DEI` where that bit is set. */
function tagText(tag: number): string {
  return `vlan ${tag & 0xfff}, p ${tag >> 13}${tag & 0x1000 ? ", DEI" : ""}`;
}

/** 802.2: bridges speak it; of what it carries, only where it goes is printed. */
function printLlc(out: Out, packet: Octets): void {
  out.protocol = "llc";
  const [dsap, ssap, control] = [packet.u8(0), packet.u8(1), packet.u8(2)];
  out.put(`LLC, dsap 0x${hex(dsap & ~1, 2)}, ssap 0x${hex(ssap & ~1, 2)}, ctrl 0x${hex(control, 2)}`);
}
