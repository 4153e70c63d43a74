/** Packets that a probe's plain fields cannot say: TCP options, SCTP chunks, IP options, wrong checksums, fragments. */
import type { Random } from "../../../core/base/mod.ts";
import { bodySum, buildPacket, checksum, isSix, protocolOf } from "../packet.ts";
import type { PacketProbe } from "../scenario.ts";

/** Where the transport header of a packet without options and extension headers begins. */
const headLength = (bytes: Uint8Array) => (bytes[0] as number) >> 4 === 6 ? 40 : 20;

/** Writes length and checksum of the IP header anew and makes the packet the probe's. */
export function finish(probe: PacketProbe, bytes: Uint8Array): PacketProbe {
  const six = headLength(bytes) === 40, length = bytes.length - (six ? 40 : 0);
  bytes.set([length >> 8, length & 255], six ? 4 : 2);
  if (six) return { ...probe, bytes: bytes.toHex() };
  bytes[10] = bytes[11] = 0;
  const sum = checksum([...bytes.subarray(0, ((bytes[0] as number) & 15) * 4)]);
  bytes[10] = sum >> 8;
  bytes[11] = sum & 255;
  return { ...probe, bytes: bytes.toHex() };
}

/** An IP packet with this body. */
export function withBody(probe: PacketProbe, body: readonly number[]): PacketProbe {
  const bytes = buildPacket({ ...probe, proto: 253, payload: "\0".repeat(body.length) });
  const head = headLength(bytes);
  bytes.set(body, head);
  bytes[head === 40 ? 6 : 9] = protocolOf(probe);
  return finish(probe, bytes);
}

/** The body's checksum at an offset, pseudo header included. */
function summed(bytes: Uint8Array, at: number): void {
  const head = headLength(bytes), six = head === 40;
  const body = bytes.subarray(head);
  body[at] = body[at + 1] = 0;
  const ends = bytes.subarray(six ? 8 : 12, head);
  const sum = bodySum([...ends], bytes[six ? 6 : 9] as number, [...body]) || 0xffff;
  body[at] = sum >> 8;
  body[at + 1] = sum & 255;
}

/** MSS, SACK permitted and window scale of a SYN, laid out as Linux lays them out. */
export function randomTcpOptions(random: Random): number[] {
  const mss = random.pick([536, 1300, 1460, 8960]);
  const scale = random.pick([0, 2, 7, 14]);
  const all = [[2, 4, mss >> 8, mss & 255], [1, 1, 4, 2], [1, 3, 3, scale]];
  return all.filter(() => random.below(2) === 0).flat();
}

/** A TCP probe as bytes, with options and another window. */
export function tcpWith(probe: PacketProbe, options: readonly number[], window: number): PacketProbe {
  const plain = buildPacket(probe);
  const head = headLength(plain), end = head + 20;
  const bytes = Uint8Array.from([...plain.subarray(0, end), ...options, ...plain.subarray(end)]);
  bytes[head + 12] = ((20 + options.length) / 4) << 4;
  bytes.set([window >> 8, window & 255], head + 14);
  summed(bytes, 16);
  return finish(probe, bytes);
}

/** The same packet with a wrong checksum behind its IP header, or, for UDP, none. */
export function withoutTrust(random: Random, probe: PacketProbe): PacketProbe {
  const bytes = bytesOf(probe);
  const head = headLength(bytes), proto = bytes[head === 40 ? 6 : 9] as number;
  const at = head + ({ 1: 2, 6: 16, 17: 6, 58: 2, 132: 8 }[proto] ?? 0);
  if (at === head || bytes.length < at + 2) return probe;
  const none = proto === 17 && random.below(2) === 0;
  bytes[at] = none ? 0 : (bytes[at] as number) ^ 0x55;
  bytes[at + 1] = none ? 0 : bytes[at + 1] as number;
  return { ...probe, bytes: bytes.toHex() };
}

/** The same packet with a longer IP header: no-operations, an end of options; in IPv6 hop-by-hop options that are padding. */
export function withIpOptions(probe: PacketProbe): PacketProbe {
  const plain = bytesOf(probe), head = headLength(plain);
  const options = head === 40 ? [plain[6] as number, 0, 1, 4, 0, 0, 0, 0] : [1, 1, 1, 0];
  const bytes = Uint8Array.from([...plain.subarray(0, head), ...options, ...plain.subarray(head)]);
  if (head === 40) bytes[6] = 0;
  else bytes[0] = 0x46;
  return finish(probe, bytes);
}

/** A packet of a protocol without ports: GRE of some version, a cut ICMP message, others whose bytes sum to nothing or do not. */
export function withStrangeBody(random: Random, probe: PacketProbe): PacketProbe {
  const six = isSix(probe);
  const proto = random.pick([47, 47, 1, 89, 99]);
  if (proto === 1) return { ...probe, proto: six ? 58 : 1 };
  const text = [...new TextEncoder().encode("oracle".repeat(random.pick([1, 2, 40])))];
  if (proto === 47) return withBody({ ...probe, proto }, [0, random.pick([0, 0, 2, 7]), 8, 0, ...text]);
  const sum = checksum(text);
  return withBody({ ...probe, proto }, random.below(2) === 0 ? text : [...text, sum >> 8, sum & 255]);
}

/** The bytes a probe sends. */
export function bytesOf(probe: PacketProbe): Uint8Array {
  return probe.bytes === undefined ? buildPacket(probe) : Uint8Array.fromHex(probe.bytes);
}

/** A packet in pieces of at most `size` bytes behind the header, in order. */
export function cut(probe: PacketProbe, size: number, id: number): PacketProbe[] {
  const bytes = bytesOf(probe), length = headLength(bytes);
  const head = bytes.subarray(0, length), body = bytes.subarray(length);
  const pieces: PacketProbe[] = [];
  for (let at = 0; at < body.length; at += size) {
    const more = at + size < body.length;
    const piece = body.subarray(at, at + size);
    pieces.push(
      length === 40 ? piece6(probe, [head, piece], [at, more, id]) : piece4(probe, [head, piece], [at, more, id]),
    );
  }
  return pieces;
}

type Parts = readonly [head: Uint8Array, piece: Uint8Array];
type Where = readonly [at: number, more: boolean, id: number];

function piece4(probe: PacketProbe, [head, piece]: Parts, [at, more, id]: Where): PacketProbe {
  const made = Uint8Array.from([...head, ...piece]);
  const word = (more ? 0x2000 : 0) | (at / 8);
  made.set([id >> 8, id & 255, word >> 8, word & 255], 4);
  return finish(probe, made);
}

function piece6(probe: PacketProbe, [head, piece]: Parts, [at, more, id]: Where): PacketProbe {
  const word = at | (more ? 1 : 0);
  const made = Uint8Array.from([
    ...head,
    head[6] as number,
    0,
    word >> 8,
    word & 255,
    0,
    0,
    id >> 8,
    id & 255,
    ...piece,
  ]);
  made[6] = 44;
  return finish(probe, made);
}

/** Chunk types of SCTP that conntrack knows, with how long each is at least. */
export const CHUNKS: Readonly<Record<string, readonly [type: number, length: number]>> = {
  DATA: [0, 20],
  INIT: [1, 20],
  INIT_ACK: [2, 20],
  HEARTBEAT: [4, 8],
  HEARTBEAT_ACK: [5, 8],
  ABORT: [6, 4],
  SHUTDOWN: [7, 8],
  SHUTDOWN_ACK: [8, 4],
  ERROR: [9, 4],
  COOKIE_ECHO: [10, 8],
  COOKIE_ACK: [11, 4],
  SHUTDOWN_COMPLETE: [14, 4],
};

/** What an SCTP packet says. */
export interface SctpWords {
  readonly chunks: readonly string[];
  readonly tag: number;
  /** The tag that an INIT or INIT_ACK announces. */
  readonly announces: number;
}

/** An SCTP packet (RFC 9260) with its CRC32c. */
export function sctpPacket(probe: PacketProbe, { chunks, tag, announces }: SctpWords): PacketProbe {
  const { sport = 0, dport = 0 } = probe;
  const long = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  const made = chunks.flatMap((name) => {
    const [type, length] = CHUNKS[name] as readonly [number, number];
    const chunk = [type, 0, 0, length, ...Array<number>(length - 4).fill(0)];
    if (type === 1 || type === 2) chunk.splice(4, 4, ...long(announces));
    return chunk;
  });
  const body = [sport >> 8, sport & 255, dport >> 8, dport & 255, ...long(tag), 0, 0, 0, 0, ...made];
  const sum = crc32c(body);
  body.splice(8, 4, sum & 255, (sum >>> 8) & 255, (sum >>> 16) & 255, sum >>> 24);
  return withBody(probe, body);
}

function crc32c(bytes: readonly number[]): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}
