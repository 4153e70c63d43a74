import type { Octets } from "../octets.ts";
import { hex, type Out } from "./out.ts";
import { PROTOCOLS } from "./protocols.ts";
import { PORTED } from "./carried.ts";
import { printTransport } from "./transport.ts";

const HEADER = 40;
const EXTENSIONS: Readonly<Record<number, string>> = { 0: "HBH ", 60: "DSTOPT ", 43: "RT6 " };
const FRAGMENT = 44;
const NO_NEXT = 59;

/** IPv6 (RFC 8200), its extension headers and what it carries. */
export function printIp6(out: Out, bytes: Octets, length: number): void {
  out.protocol = "ip6";
  if (!bytes.has(0, HEADER)) return out.truncated();
  if (!out.options.link) out.put("IP6 ");
  const version = bytes.u8(0) >> 4;
  if (version !== 6) return out.put(`version error: ${version} != 6`);
  const payload = bytes.u16(4);
  const total = payload + HEADER;
  if (length < total) out.put(`truncated-ip6 - ${total - length} bytes missing!`);
  const packet = bytes.upTo(total);
  if (out.options.verbose > 0) printHeader(out, packet);
  walk(out, packet, total);
}

function printHeader(out: Out, packet: Octets): void {
  const [flow, next] = [packet.u32(0), packet.u8(6)];
  const [trafficClass, label] = [(flow >>> 20) & 0xff, flow & 0xfffff];
  out.put("(");
  if (trafficClass !== 0) out.put(`class 0x${hex(trafficClass, 2)}, `);
  if (label !== 0) out.put(`flowlabel 0x${hex(label, 5)}, `);
  out.put(`hlim ${packet.u8(7)}, next-header ${PROTOCOLS[next] ?? "unknown"} (${next})`);
  out.put(` payload length: ${packet.u16(4)}) `);
}

/** From header to header until one that is no extension. */
function walk(out: Out, packet: Octets, total: number): void {
  const [source, destination] = [packet.ip6(8), packet.ip6(24)];
  let next = packet.u8(6);
  let fragmented = false;
  if (!PORTED.has(next)) out.put(`${out.host(source)} > ${out.host(destination)}: `);
  if (next === NO_NEXT && total === HEADER) return out.put("no next header");
  for (let at = HEADER; packet.has(at);) {
    const rest = packet.from(at);
    if (next === FRAGMENT) {
      if (!printFragment(out, rest, total - at)) return;
      fragmented = true;
      next = rest.u8(0);
      at += 8;
    } else if (EXTENSIONS[next] !== undefined) {
      out.put(EXTENSIONS[next] as string);
      if (next === 43) out.put(`(len=${rest.u8(1)}, type=${rest.u8(2)}, segleft=${rest.u8(3)}) `);
      else if (out.options.verbose > 0) printOptions(out, rest.upTo((rest.u8(1) + 1) * 8));
      next = rest.u8(0);
      at += (rest.u8(1) + 1) * 8;
    } else {
      return printTransport(out, rest, {
        ip: packet,
        source,
        destination,
        protocol: next,
        length: total - at,
        fragmented,
      });
    }
  }
}

/** What hop-by-hop and destination options say: `(rtalert: 0x0000) (padn) `. */
function printOptions(out: Out, header: Octets): void {
  for (let at = 2; header.has(at, 1);) {
    const kind = header.u8(at);
    if (kind === 0) out.put("(pad1) ");
    else if (kind === 1) out.put("(padn) ");
    else if (kind === 5) out.put(`(rtalert: 0x${hex(header.u16(at + 2), 4)}) `);
    else if (kind === 0xc2) out.put(`(jumbo: ${header.u32(at + 2)}) `);
    else out.put(`(opt_type 0x${hex(kind, 2)}: len=${header.u8(at + 1)}) `);
    at += kind === 0 ? 1 : 2 + header.u8(at + 1);
  }
}

/** `frag (0|1448) `; false where it is not the first, so that nothing can be read behind it. */
function printFragment(out: Out, header: Octets, length: number): boolean {
  const offset = header.u16(2) & 0xfff8;
  const id = out.options.verbose > 0 ? `0x${hex(header.u32(4), 8)}:` : "";
  out.put(`frag (${id}${offset}|${length - 8})`);
  if (offset === 0) out.put(" ");
  return offset === 0;
}
