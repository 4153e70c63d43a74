/** Packets of probes as bytes, and packets that came out as text. */
import { parseIp } from "../../core/base/mod.ts";
import type { PacketProbe } from "./scenario.ts";

const TCP_FLAGS = "FSRPAUEC";
const NUMBERS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17 };

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

/** The IPv4 packet of a packet probe. */
export function buildPacket(probe: PacketProbe): Uint8Array {
  if (probe.bytes !== undefined) return Uint8Array.fromHex(probe.bytes);
  const payload = [...new TextEncoder().encode(probe.payload ?? "oracle")];
  const proto = NUMBERS[probe.proto] ?? Number(probe.proto);
  const { bytes, checksumAt } = transport(probe, payload);
  const src = quad(probe.src), dst = quad(probe.dst);
  if (checksumAt !== undefined) {
    const pseudo = proto === 1 ? [] : [...src, ...dst, 0, proto, ...short(bytes.length)];
    bytes.splice(checksumAt, 2, ...short(checksum([...pseudo, ...bytes]) || 0xffff));
  }
  const { tos = 0, ipid = 0, df, ttl = 64 } = probe;
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
    ...src,
    ...dst,
  ];
  head.splice(10, 2, ...short(checksum(head)));
  return Uint8Array.from([...head, ...bytes]);
}

interface Fields {
  readonly src: string;
  readonly dst: string;
  readonly ttl: number;
  readonly proto?: string | number;
  readonly text: string;
}

const address = (bytes: Uint8Array, at: number) => bytes.subarray(at, at + 4).join(".");
const word = (bytes: Uint8Array, at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

function fields(bytes: Uint8Array): Fields {
  const src = address(bytes, 12), dst = address(bytes, 16), ttl = bytes[8] ?? 0, number = bytes[9] ?? 0;
  const body = bytes.subarray(((bytes[0] ?? 0) & 15) * 4);
  const base = { src, dst, ttl };
  if (word(bytes, 6) & 0x1fff) return { ...base, text: `${src}>${dst} ttl=${ttl} None` };
  if ((number === 6 || number === 17) && body.length >= 4) {
    const proto = number === 6 ? "tcp" : "udp";
    const flags = number === 6 && body.length >= 14 ? `[${flagText(body[13] ?? 0)}]` : "";
    return { ...base, proto, text: `${src}:${word(body, 0)}>${dst}:${word(body, 2)} ttl=${ttl} ${proto}${flags}` };
  }
  if (number === 1 && body.length >= 8) {
    return { ...base, proto: "icmp", text: `${src}>${dst} ttl=${ttl} ${icmpText(body)}` };
  }
  return { ...base, proto: number, text: `${src}>${dst} ttl=${ttl} ${number}` };
}

const flagText = (bits: number) => [...TCP_FLAGS].filter((_, i) => (bits >> i) & 1).join("");

function icmpText(body: Uint8Array): string {
  const type = body[0] ?? 0;
  const id = type === 0 || type === 8 ? ` id=${word(body, 4)}` : "";
  const quotes = [3, 4, 5, 11, 12].includes(type) && body.length >= 36;
  return `icmp ${type}/${body[1]}${id}${quotes ? ` inner(${fields(body.subarray(8)).text})` : ""}`;
}

/** A packet as recordings write it: `10.0.0.1:5>10.0.0.2:80 ttl=63 tcp[S]`. */
export function describePacket(bytes: Uint8Array): string {
  return fields(bytes).text;
}
