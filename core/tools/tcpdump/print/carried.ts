import { type Octets, Truncated } from "../octets.ts";
import type { Out } from "./out.ts";

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

/** Protocols that print addresses themselves, with ports. */
export const PORTED: ReadonlySet<number> = new Set([6, 17, 132]);

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
