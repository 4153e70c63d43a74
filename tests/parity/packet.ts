/** Packets of probes as bytes, and packets that came out as text. */
import { ipWords, parseIp, wordsIp } from "../../core/base/mod.ts";
import type { PacketProbe } from "./scenario.ts";

const TCP_FLAGS = "FSRPAUEC";
const NUMBERS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17 };
const ICMPV6 = 58;

/** Whether a probe's packet is one of IPv6. */
export const isSix = ({ src }: PacketProbe): boolean => src.includes(":");

/** The number of a probe's protocol in its IP header; `icmp` is that of the packet's family. */
export function protocolOf(probe: PacketProbe): number {
  return probe.proto === "icmp" && isSix(probe) ? ICMPV6 : NUMBERS[probe.proto] ?? Number(probe.proto);
}

/** The bytes of an address. */
export function addressBytes(text: string): number[] {
  return text.includes(":") ? ipWords(text).flatMap(long) : quad(text);
}

/** The sum of a body with its pseudo header (RFC 9293 3.1, RFC 8200 8.1); IPv4's ICMP has none. */
export function bodySum(ends: readonly number[], proto: number, body: readonly number[]): number {
  const pseudo = proto === 1 ? [] : [...ends, 0, proto, ...short(body.length)];
  return checksum([...pseudo, ...body]);
}

function quad(text: string): number[] {
  const value = Number(parseIp(text)?.value ?? 0n);
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

const short = (value: number) => [(value >>> 8) & 255, value & 255];
const long = (value: number) => [...short(value >>> 16), ...short(value)];

/** The Internet checksum (RFC 1071). */
export function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function transport(probe: PacketProbe, payload: readonly number[]): { bytes: number[]; checksumAt?: number } {
  const { sport = 0, dport = 0, seq, ack = 0, flags = "S" } = probe;
  if (probe.proto === "udp") {
    return { bytes: [...short(sport), ...short(dport), ...short(8 + payload.length), 0, 0, ...payload], checksumAt: 6 };
  }
  if (probe.proto === "tcp") {
    const bits = [...flags].reduce((sum, flag) => sum + (1 << TCP_FLAGS.indexOf(flag)), 0);
    const head = [
      ...short(sport),
      ...short(dport),
      ...long(seq ?? 1000),
      ...long(ack),
      0x50,
      bits,
      ...short(64240),
      0,
      0,
      0,
      0,
    ];
    return { bytes: flags.includes("P") ? [...head, ...payload] : head, checksumAt: 16 };
  }
  if (probe.proto === "icmp") {
    const { type = 8, code = 0, id = 1 } = probe;
    return { bytes: [type, code, 0, 0, ...short(id), ...short(seq ?? 1), ...payload], checksumAt: 2 };
  }
  return { bytes: [...payload] };
}

/** The packet of a packet probe. */
export function buildPacket(probe: PacketProbe): Uint8Array {
  if (probe.bytes !== undefined) return Uint8Array.fromHex(probe.bytes);
  const payload = [...new TextEncoder().encode(probe.payload ?? "oracle")];
  const proto = protocolOf(probe);
  const { bytes, checksumAt } = transport(probe, payload);
  const ends = [...addressBytes(probe.src), ...addressBytes(probe.dst)];
  if (checksumAt !== undefined) bytes.splice(checksumAt, 2, ...short(bodySum(ends, proto, bytes) || 0xffff));
  const { tos = 0, ipid = 0, df, ttl = 64 } = probe;
  if (isSix(probe)) {
    return Uint8Array.from([...short(0x6000 | tos << 4), 0, 0, ...short(bytes.length), proto, ttl, ...ends, ...bytes]);
  }
  const head = [
    0x45,
    tos,
    ...short(20 + bytes.length),
    ...short(ipid),
    ...short(df ? 0x4000 : 0),
    ttl,
    proto,
    0,
    0,
    ...ends,
  ];
  head.splice(10, 2, ...short(checksum(head)));
  return Uint8Array.from([...head, ...bytes]);
}

/** What a packet's IP header says, and what is behind it. */
interface Head {
  readonly src: string;
  readonly dst: string;
  readonly ttl: number;
  readonly proto: number;
  /** A fragment that is not the first. */
  readonly later: boolean;
  readonly body: Uint8Array;
}

const word = (bytes: Uint8Array, at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

function head4(bytes: Uint8Array): Head {
  const address = (at: number) => bytes.subarray(at, at + 4).join(".");
  const body = bytes.subarray(((bytes[0] ?? 0) & 15) * 4);
  const later = (word(bytes, 6) & 0x1fff) !== 0;
  return { src: address(12), dst: address(16), ttl: bytes[8] ?? 0, proto: bytes[9] ?? 0, later, body };
}

/** With hop-by-hop options and a fragment header passed over. */
function head6(bytes: Uint8Array): Head {
  const address = (at: number) => {
    const part = (i: number) => word(bytes, at + i * 4) * 65_536 + word(bytes, at + i * 4 + 2);
    return wordsIp([part(0), part(1), part(2), part(3)]);
  };
  let [proto, at, later] = [bytes[6] ?? 0, 40, false];
  if (proto === 0) [proto, at] = [bytes[at] ?? 0, at + 8 + (bytes[at + 1] ?? 0) * 8];
  if (proto === 44) [proto, later, at] = [bytes[at] ?? 0, word(bytes, at + 2) >> 3 !== 0, at + 8];
  return { src: address(8), dst: address(24), ttl: bytes[7] ?? 0, proto, later, body: bytes.subarray(at) };
}

/** `address:port`, `[address]:port`. */
export function printEnd(address: string, port: number | undefined): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

const flagText = (bits: number) => [...TCP_FLAGS].filter((_, i) => (bits >> i) & 1).join("");

function icmpText(body: Uint8Array): string {
  const type = body[0] ?? 0;
  const id = type === 0 || type === 8 ? ` id=${word(body, 4)}` : "";
  const quotes = [3, 4, 5, 11, 12].includes(type) && body.length >= 36;
  return `icmp ${type}/${body[1]}${id}${quotes ? ` inner(${describePacket(body.subarray(8))})` : ""}`;
}

function icmpText6(body: Uint8Array): string {
  const type = body[0] ?? 0;
  const id = type === 128 || type === 129 ? ` id=${word(body, 4)}` : "";
  const quotes = type >= 1 && type <= 4 && body.length >= 56;
  return `icmpv6 ${type}/${body[1]}${id}${quotes ? ` inner(${describePacket(body.subarray(8))})` : ""}`;
}

/** A packet as recordings write it: `10.0.0.1:5>10.0.0.2:80 ttl=63 tcp[S]`, `[2001:db8::1]:5>[2001:db8::2]:80 ttl=63 udp`. */
export function describePacket(bytes: Uint8Array): string {
  const six = (bytes[0] ?? 0) >> 4 === 6;
  const { src, dst, ttl, proto, later, body } = (six ? head6 : head4)(bytes);
  if (later) return `${src}>${dst} ttl=${ttl} None`;
  if ((proto === 6 || proto === 17) && body.length >= 4) {
    const flags = proto === 6 && body.length >= 14 ? `[${flagText(body[13] ?? 0)}]` : "";
    const ends = `${printEnd(src, word(body, 0))}>${printEnd(dst, word(body, 2))}`;
    return `${ends} ttl=${ttl} ${proto === 6 ? "tcp" : "udp"}${flags}`;
  }
  if (proto === (six ? ICMPV6 : 1) && body.length >= 8) {
    return `${src}>${dst} ttl=${ttl} ${six ? icmpText6(body) : icmpText(body)}`;
  }
  return `${src}>${dst} ttl=${ttl} ${proto}`;
}
