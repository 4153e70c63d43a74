import type { Octets } from "../octets.ts";
import { printDns } from "./dns.ts";
import type { Out } from "./out.ts";
import { printSsh, printTextProtocol, TEXT_PROTOCOLS } from "./text_protocol.ts";

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
    return printPrefixed(out, data, length);
  }
  for (const [port, protocol] of TEXT_PROTOCOLS) {
    if (!ports.includes(port)) continue;
    if (protocol.lines === "each") return printSsh(out, data, length);
    out.put(": ");
    return printTextProtocol(out, data, length, protocol);
  }
}

/** A DNS message behind two bytes that say how long it is. */
function printPrefixed(out: Out, data: Octets, length: number): void {
  out.put(" ");
  out.protocol = "domain";
  if (length < 2) {
    out.put(`[DNS over TCP: length ${length} < 2]`);
    return out.invalid();
  }
  const said = data.u16(0);
  if (said !== length - 2) {
    out.put(`[prefix length(${said}) != length(${length - 2})]`);
    return out.invalid();
  }
  printDns(out, data.from(2), said, { mdns: false });
}

/** ` [RST because ...]`: what some systems write into a RST. */
function printReset(out: Out, data: Octets): void {
  const shown = [...data.slice(0)].slice(0, 80).map((
    byte,
  ) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "."));
  out.put(` [RST${data.length > 80 ? "+" : ""} ${shown.join("")}]`);
}
