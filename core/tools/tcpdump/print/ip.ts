import { onesSum, shouldBe } from "../checksum.ts";
import type { Octets } from "../octets.ts";
import { printIp4Options } from "./ip_options.ts";
import { bitNames, type Out } from "./out.ts";
import { PROTOCOLS } from "./protocols.ts";
import { PORTED } from "./carried.ts";
import { printTransport } from "./transport.ts";

const FRAGMENT_FLAGS = [[0x8000, "rsvd"], [0x4000, "DF"], [0x2000, "+"]] as const;
const ECN = ["", ",ECT(1)", ",ECT(0)", ",CE"];

/** IPv4 (RFC 791) and what it carries; `length` is what the layer below says there is. */
export function printIp4(out: Out, bytes: Octets, length: number): void {
  out.protocol = "ip";
  const version = bytes.u8(0) >> 4;
  if (version !== 4) {
    out.put(version === 6 ? "IP6, wrong link-layer encapsulation" : `IP${version}`);
    return out.invalid();
  }
  if (!out.options.link) out.put("IP ");
  if (!bytes.has(0, 20)) return out.truncated();
  const header = (bytes.u8(0) & 15) * 4;
  if (header < 20) return out.put(`bad-hlen ${header}`);
  const total = bytes.u16(2);
  if (length < total) out.put(`truncated-ip - ${total - length} bytes missing! `);
  if (total < header) return out.put(`bad-len ${total}`);
  const packet = bytes.upTo(total);
  const fragment = packet.u16(6);
  const protocol = packet.u8(9);
  if (out.options.verbose > 0) printHeader(out, packet, header);
  const [source, destination] = [packet.ip4(12), packet.ip4(16)];
  if ((fragment & 0x1fff) !== 0) {
    const name = out.options.numeric ? undefined : out.names.protocol(protocol);
    return out.put(`${out.host(source)} > ${out.host(destination)}: ${name ?? `ip-proto-${protocol}`}`);
  }
  if (!PORTED.has(protocol)) out.put(`${out.host(source)} > ${out.host(destination)}: `);
  printTransport(out, packet.from(header), {
    ip: packet,
    source,
    destination,
    protocol,
    length: total - header,
    fragmented: (fragment & 0x2000) !== 0,
  });
}

function printHeader(out: Out, packet: Octets, header: number): void {
  const [tos, ttl, protocol, fragment] = [packet.u8(1), packet.u8(8), packet.u8(9), packet.u16(6)];
  out.put(`(tos 0x${tos.toString(16)}${ECN[tos & 3]}`);
  if (ttl >= 1) out.put(`, ttl ${ttl}`);
  out.put(`, id ${packet.u16(4)}, offset ${(fragment & 0x1fff) * 8}`);
  out.put(`, flags [${bitNames(FRAGMENT_FLAGS, fragment, ", ")}]`);
  out.put(`, proto ${PROTOCOLS[protocol] ?? "unknown"} (${protocol}), length ${packet.u16(2)}`);
  if (header > 20) {
    out.put(", options (");
    printIp4Options(out, packet.from(20).upTo(header - 20));
    out.put(")");
  }
  if (!out.options.unchecked && packet.has(0, header)) {
    const sum = onesSum(packet, header);
    const field = packet.u16(10);
    if (sum !== 0xffff) out.put(`, bad cksum ${field.toString(16)} (->${shouldBe(field, sum).toString(16)})!`);
  }
  out.put(")\n    ");
}
