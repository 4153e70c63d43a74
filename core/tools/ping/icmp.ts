/** Echo messages, and what ping says of ICMP errors (RFC 792, RFC 4443). */

/** An echo request from its type byte on; the kernel fills id and checksum of a ping socket. */
export function echoRequest(family: 4 | 6, sequence: number, data: Uint8Array): Uint8Array {
  const message = new Uint8Array(8 + data.length);
  message[0] = family === 4 ? 8 : 128;
  message[6] = (sequence >> 8) & 255;
  message[7] = sequence & 255;
  message.set(data, 8);
  return message;
}

/** The sequence number of an echo message; undefined for any other. */
export function echoSequence(message: Uint8Array): number | undefined {
  return message.length < 8 ? undefined : ((message[6] as number) << 8) | (message[7] as number);
}

/** Whether a message answers an echo request. */
export function isEchoReply(family: 4 | 6, message: Uint8Array): boolean {
  return message[0] === (family === 4 ? 0 : 129);
}

const UNREACHABLE: readonly string[] = [
  "Destination Net Unreachable",
  "Destination Host Unreachable",
  "Destination Protocol Unreachable",
  "Destination Port Unreachable",
  "",
  "Source Route Failed",
  "Destination Net Unknown",
  "Destination Host Unknown",
  "Source Host Isolated",
  "Destination Net Prohibited",
  "Destination Host Prohibited",
  "Destination Net Unreachable for Type of Service",
  "Destination Host Unreachable for Type of Service",
  "Packet filtered",
  "Precedence Violation",
  "Precedence Cutoff",
];

/** An ICMP error as iputils names it; `info` is the MTU of fragmentation needed. */
export function icmpText(type: number, code: number, info: number): string {
  if (type === 3 && code === 4) return `Frag needed and DF set (mtu = ${info})`;
  if (type === 3) return UNREACHABLE[code] ?? `Dest Unreachable, Bad Code: ${code}`;
  if (type === 4) return "Source Quench";
  if (type === 5) {
    return ["Redirect Network", "Redirect Host", "Redirect Type of Service and Network"][code] ?? "Redirect";
  }
  if (type === 11) {
    return ["Time to live exceeded", "Frag reassembly time exceeded"][code] ?? `Time exceeded, Bad Code: ${code}`;
  }
  if (type === 12) return `Parameter problem: pointer = ${info}`;
  return `Bad ICMP type: ${type}`;
}

const UNREACHABLE6: readonly string[] = [
  "No route",
  "Administratively prohibited",
  "Beyond scope of source address",
  "Address unreachable",
  "Port unreachable",
];

/** An ICMPv6 error as iputils names it. */
export function icmp6Text(type: number, code: number, info: number): string {
  if (type === 1) return `Destination unreachable: ${UNREACHABLE6[code] ?? `Unknown code ${code}`}`;
  if (type === 2) return `Packet too big: mtu=${info}`;
  if (type === 3) return `Time exceeded: ${code === 0 ? "Hop limit" : "Defragmentation failure"}`;
  if (type === 4) {
    return `Parameter problem: ${["Wrong header field ", "Unknown header ", "Unknown option "][code] ?? ""}at ${info}`;
  }
  return `unknown icmp type: ${type}`;
}
