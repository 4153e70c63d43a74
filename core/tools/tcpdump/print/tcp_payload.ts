import type { Octets } from "../octets.ts";
import { printDns } from "./dns.ts";
import type { Out } from "./out.ts";
import { printTextProtocol, TEXT_PROTOCOLS } from "./text_protocol.ts";

/** What is known about a segment's data. */
export interface TcpData {
  readonly ports: readonly [number, number];
  readonly length: number;
  /** It came with a RST: a reason in words, maybe. */
  readonly reset: boolean;
}

const DOMAIN = 53;

/** Data of a TCP segment by its ports, as far as tcpdump reads it: DNS, and protocols made of lines of text. */
export function printTcpPayload(out: Out, data: Octets, { ports, length, reset }: TcpData): void {
  if (reset && out.options.verbose > 0) return printReset(out, data.upTo(length));
  if (ports.includes(DOMAIN)) {
    // Two bytes of length stand before the message.
    out.put(" ");
    return printDns(out, data.from(2), length - 2, { mdns: false });
  }
  for (const [port, protocol] of TEXT_PROTOCOLS) {
    if (!ports.includes(port)) continue;
    out.put(": ");
    return printTextProtocol(out, data, length, protocol);
  }
}

/** ` [RST because ...]`: what some systems write into a RST. */
function printReset(out: Out, data: Octets): void {
  const shown = [...data.slice(0)].slice(0, 80).map((
    byte,
  ) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "."));
  out.put(` [RST${data.length > 80 ? "+" : ""} ${shown.join("")}]`);
}
