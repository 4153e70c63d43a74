import { onesSum, pseudoSum, shouldBe } from "../checksum.ts";
import type { Octets } from "../octets.ts";
import { printDns } from "./dns.ts";
import { type Out, sum16 } from "./out.ts";
import { type Carried, ends } from "./carried.ts";
import { printOtv, printVxlan } from "./vxlan.ts";

const HEADER = 8;

/** Prints a datagram's data; `length` as the headers say. */
type DatagramPrinter = (out: Out, data: Octets, length: number) => void;

/** Ports tcpdump knows, in the order it looks for them: either end may be the one. */
const PORTS: readonly (readonly [number, DatagramPrinter])[] = [
  [53, (out, data, length) => printDns(out, data, length, { mdns: false })],
  [5353, (out, data, length) => printDns(out, data, length, { mdns: true })],
  [4789, printVxlan],
  [8472, printOtv],
];

/** UDP (RFC 768): `UDP, length 5`, or what the ports say is in it. */
export function printUdp(out: Out, datagram: Octets, carried: Carried): void {
  out.protocol = "udp";
  if (carried.length < HEADER) return out.put(`${ends(out, datagram, carried)}truncated-udp ${carried.length}`);
  if (!datagram.has(0, HEADER)) {
    out.put(ends(out, datagram, carried));
    return out.truncated();
  }
  const said = datagram.u16(4);
  if (said < HEADER) return out.put(`${ends(out, datagram, carried)}truncated-udplength ${said}`);
  const length = Math.min(carried.length, said) - HEADER;
  const checked = { ...carried, length: length + HEADER };
  const data = datagram.from(HEADER).upTo(length);
  out.put(ends(out, datagram, carried));
  printChecksum(out, datagram, checked);
  const ports = [datagram.u16(0), datagram.u16(2)];
  const printer = out.options.quiet ? undefined : PORTS.find(([port]) => ports.includes(port))?.[1];
  if (printer !== undefined) return printer(out, data, length);
  if (said - HEADER > length && !carried.fragmented) out.put(`UDP, bad length ${said - HEADER} > ${length}`);
  else out.put(`UDP, length ${said - HEADER}`);
}

function printChecksum(out: Out, datagram: Octets, { ip, length, fragmented }: Carried): void {
  if (out.options.verbose < 2 || out.options.unchecked || fragmented) return;
  const field = datagram.u16(6);
  if (field === 0) return out.put("[no cksum] ");
  if (!datagram.has(0, length)) return;
  const sum = onesSum(datagram, length, pseudoSum(ip, 17, length));
  out.put(sum === 0xffff ? "[udp sum ok] " : `[bad udp cksum ${sum16(field)} -> ${sum16(shouldBe(field, sum))}!] `);
}
