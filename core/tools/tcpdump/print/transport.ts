import type { Octets } from "../octets.ts";
import type { Carried } from "./carried.ts";
import { printGre } from "./gre.ts";
import { printIcmp } from "./icmp.ts";
import { printIcmp6 } from "./icmp6.ts";
import { printIgmp } from "./igmp.ts";
import type { Out } from "./out.ts";
import { printSctp } from "./sctp.ts";
import { printTcp } from "./tcp.ts";
import { printUdp } from "./udp.ts";

/** Prints one IP protocol's payload. */
export type TransportPrinter = (out: Out, payload: Octets, carried: Carried) => void;

const TRANSPORTS: Readonly<Record<number, TransportPrinter>> = {
  1: printIcmp,
  2: printIgmp,
  4: (out, payload, { length }) => out.layers.ip4(out, payload, length),
  6: printTcp,
  17: printUdp,
  41: (out, payload, { length }) => out.layers.ip6(out, payload, length),
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
