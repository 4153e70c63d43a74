/** First packets of flows as bytes: a SYN, a datagram, an INIT, in IPv4 or IPv6. */
import { parseIp } from "../../core/base/mod.ts";
import { checksum } from "../parity/packet.ts";

/** What a first packet says. */
export interface First {
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
}

const short = (value: number): number[] => [(value >>> 8) & 255, value & 255];

function addressBytes(text: string): number[] {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(`not an address: ${text}`);
  const size = ip.family === 6 ? 16 : 4;
  return Array.from({ length: size }, (_, i) => Number((ip.value >> BigInt(8 * (size - 1 - i))) & 255n));
}

const long = (value: number): number[] => [...short(value >>> 16), ...short(value)];
const SEQUENCE = 1000;

/** The transport header of a flow's first packet; SCTP's INIT with its CRC32c. With `ack` TCP's third packet. */
export function transport(first: First, protocol: number, ack?: number): Uint8Array {
  const ports = [...short(first.sport), ...short(first.dport)];
  if (protocol === 132) return sctpInit(ports);
  const body = protocol === 6
    ? [
      ...ports,
      ...long(ack === undefined ? SEQUENCE : SEQUENCE + 1),
      ...long(ack ?? 0),
      0x50,
      ack === undefined ? 2 : 16,
      ...short(64_240),
      0,
      0,
      0,
      0,
    ]
    : [...ports, ...short(12), 0, 0, 112, 105, 110, 103];
  const pseudo = [...addressBytes(first.src), ...addressBytes(first.dst), 0, protocol, ...short(body.length)];
  body.splice(protocol === 6 ? 16 : 6, 2, ...short(checksum([...pseudo, ...body]) || 0xffff));
  return Uint8Array.from(body);
}

/** INIT: tag, window, one stream each way, first number. */
function sctpInit(ports: readonly number[]): Uint8Array {
  const chunk = [1, 0, 0, 20, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1];
  const bytes = Uint8Array.from([...ports, 0, 0, 0, 0, 0, 0, 0, 0, ...chunk]);
  new DataView(bytes.buffer).setUint32(8, crc32c(bytes), true);
  return bytes;
}

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  return ~crc >>> 0;
}

/** The whole packet with its IP header. */
export function ipPacket(first: First, protocol: number, ack?: number): Uint8Array {
  const body = transport(first, protocol, ack);
  const [src, dst] = [addressBytes(first.src), addressBytes(first.dst)];
  if (src.length === 16) {
    return Uint8Array.from([0x60, 0, 0, 0, ...short(body.length), protocol, 64, ...src, ...dst, ...body]);
  }
  const head = [0x45, 0, ...short(20 + body.length), 0, 0, 0, 0, 64, protocol, 0, 0, ...src, ...dst];
  head.splice(10, 2, ...short(checksum(head)));
  return Uint8Array.from([...head, ...body]);
}
