import { type Octets, Truncated } from "../octets.ts";
import { printGre } from "./gre.ts";
import { printIcmp } from "./icmp.ts";
import { printIcmp6 } from "./icmp6.ts";
import { printIgmp } from "./igmp.ts";
import { printIp4 } from "./ip.ts";
import { printIp6 } from "./ip6.ts";
import type { Out } from "./out.ts";
import { printSctp } from "./sctp.ts";
import { printTcp } from "./tcp.ts";
import { printUdp } from "./udp.ts";

/** What the IP header says about the payload. */
export interface Carried {
  /** The packet from its IP header on. */
  readonly ip: Octets;
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  /** Of the payload, as the header says. */
  readonly length: number;
  readonly fragmented: boolean;
}

/** Prints one IP protocol's payload. */
export type TransportPrinter = (out: Out, payload: Octets, carried: Carried) => void;

/** Protocols that print addresses themselves, with ports. */
export const PORTED: ReadonlySet<number> = new Set([6, 17, 132]);

const TRANSPORTS: Readonly<Record<number, TransportPrinter>> = {
  1: printIcmp,
  2: printIgmp,
  4: (out, payload, { length }) => printIp4(out, payload, length),
  6: printTcp,
  17: printUdp,
  41: (out, payload, { length }) => printIp6(out, payload, length),
  47: printGre,
  58: printIcmp6,
  132: printSctp,
};

/** The payload of an IP packet by its protocol; the number and length of one that nobody prints. */
export function printTransport(out: Out, payload: Octets, carried: Carried): void {
  const printer = TRANSPORTS[carried.protocol];
  if (printer !== undefined) return printer(out, payload, carried);
  if (carried.protocol === 59) return out.put("no next header");
  const name = out.options.numeric ? undefined : out.names.protocol(carried.protocol);
  out.put(` ${name ?? `ip-proto-${carried.protocol}`} ${carried.length}`);
}

/** `10.0.0.1.4000 > 10.0.0.2.80: `; without ports to read, the addresses alone. */
export function ends(out: Out, payload: Octets, { ip, source, destination, protocol }: Carried): string {
  const port = (at: number): string =>
    protocol === 132 ? String(payload.u16(at)) : out.names.port(payload.u16(at), protocol === 6 ? "tcp" : "udp");
  // Behind an extension header of IPv6 the addresses have been said.
  if (ip.u8(0) >> 4 === 6 && ip.u8(6) !== protocol) return `${port(0)} > ${port(2)}: `;
  const [from, to] = [out.host(source), out.host(destination)];
  if (!payload.has(0, 4)) {
    out.put(`${from} > ${to}:${protocol === 6 ? "" : " "}`);
    throw new Truncated();
  }
  return `${from}.${port(0)} > ${to}.${port(2)}: `;
}
