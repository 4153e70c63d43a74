import { type Octets, Truncated } from "../octets.ts";
import { ETHERTYPE_PRINTERS, printEther } from "./ether.ts";
import { ETHERTYPES } from "./ethertypes.ts";
import { printIp4 } from "./ip.ts";
import { printIp6 } from "./ip6.ts";
import { hex, type Layers, type Out } from "./out.ts";

/** A way to frame packets, by its number in capture files (LINKTYPE_*). */
export interface LinkType {
  readonly number: number;
  readonly name: string;
  readonly description: string;
  /** Prints a frame and gives how long its link header is. */
  readonly print: (out: Out, frame: Octets, length: number) => number;
}

const PACKET_TYPES = ["In", "B", "M", "P", "Out"];

/** Link types that can be read, Ethernet first. */
export const LINK_TYPES: readonly LinkType[] = [
  { number: 1, name: "EN10MB", description: "Ethernet", print: printEther },
  { number: 276, name: "LINUX_SLL2", description: "Linux cooked v2", print: printSll2 },
  { number: 113, name: "LINUX_SLL", description: "Linux cooked v1", print: printSll },
  { number: 101, name: "RAW", description: "Raw IP", print: printRaw },
];

/** What is printed again inside other layers. */
export const LAYERS: Layers = { ether: printEther, ip4: printIp4, ip6: printIp6, types: ETHERTYPE_PRINTERS };

/** One frame as a line, or several. Gives the length of its link header; 0 where it could not be read to its end. */
export function printFrame(out: Out, type: LinkType, frame: Octets, length: number): number {
  try {
    return type.print(out, frame, length);
  } catch (error) {
    if (!(error instanceof Truncated)) throw error;
    out.truncated();
    return 0;
  }
}

/** What `any` captures: the device and the direction in front of the packet. */
function printSll2(out: Out, frame: Octets, length: number): number {
  out.protocol = "sll2";
  if (!frame.has(0, 20)) {
    out.truncated();
    return frame.length;
  }
  const [type, index, packetType, size] = [frame.u16(0), frame.u32(4), frame.u8(10), frame.u8(11)];
  const device = out.names.device(index);
  out.put(
    `${(device ?? "?").padEnd(5)} ${(PACKET_TYPES[packetType] ?? "?").padEnd(3)} `,
  );
  if (out.options.link) {
    out.put(`ifindex ${index} `);
    if (size === 6) out.put(`${frame.mac(12)} `);
    if (!out.options.quiet) out.put(`ethertype ${ETHERTYPES[type] ?? "Unknown"} (0x${hex(type, 4)})`);
    out.put(`, length ${length}: `);
  }
  payload(out, frame, { type, at: 20, length });
  return 20;
}

function printSll(out: Out, frame: Octets, length: number): number {
  out.protocol = "sll";
  if (!frame.has(0, 16)) {
    out.truncated();
    return frame.length;
  }
  const [packetType, size, type] = [frame.u16(0), frame.u16(4), frame.u16(14)];
  if (out.options.link) {
    out.put(`${(PACKET_TYPES[packetType] ?? "?").padStart(3)} `);
    if (size === 6) out.put(`${frame.mac(6)} `);
    if (!out.options.quiet) out.put(`ethertype ${ETHERTYPES[type] ?? "Unknown"} (0x${hex(type, 4)})`);
    out.put(`, length ${length}: `);
  }
  payload(out, frame, { type, at: 16, length });
  return 16;
}

function payload(out: Out, frame: Octets, { type, at, length }: { type: number; at: number; length: number }): void {
  const printer = ETHERTYPE_PRINTERS[type];
  if (printer !== undefined) return printer(out, frame.from(at), length - at);
  out.put(`Unknown, ethertype Unknown (0x${hex(type, 4)})`);
}

/** A packet without a link header: tun devices. */
function printRaw(out: Out, frame: Octets, length: number): number {
  out.protocol = "raw";
  if (out.options.link) out.put("ip: ");
  if (frame.u8(0) >> 4 === 6) printIp6(out, frame, length);
  else printIp4(out, frame, length);
  return 0;
}
