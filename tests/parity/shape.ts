/**
 * What a packet on a wire looks like beside its addresses: `len=48 tos=0 df l4=ok win=64240 opt=020405b4 data=4711`. Numbers stand
 * behind `=`, so that what the kernel draws by chance can be told by asking twice. The IP id is left out: the kernel's own are random.
 */
import { checksum } from "./packet.ts";

const word = (bytes: Uint8Array, at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** A packet, IPv4 or IPv6, as one line. */
export function shapeOf(bytes: Uint8Array): string {
  return ((bytes[0] ?? 0) >> 4) === 6 ? shape6(bytes) : shape4(bytes);
}

/** Headers that a first fragment is described without: a port in it may have been drawn. */
const HEADS: Readonly<Record<number, number>> = { 6: 20, 17: 8 };

function shape4(bytes: Uint8Array): string {
  const headLength = ((bytes[0] ?? 0) & 15) * 4;
  const head = bytes.subarray(0, headLength), body = bytes.subarray(headLength);
  const proto = bytes[9] ?? 0, flags = word(bytes, 6), offset = flags & 0x1fff;
  const cut = offset !== 0 || (flags & 0x2000) !== 0;
  return [
    `len=${word(bytes, 2)}`,
    ...(word(bytes, 2) === bytes.length ? [] : [`of=${bytes.length}`]),
    `tos=${bytes[1]}`,
    ...(flags & 0x4000 ? ["df"] : []),
    ...(cut ? [`frag=${offset * 8}${flags & 0x2000 ? "+" : ""}`] : []),
    ...(checksum([...head]) === 0 ? [] : ["ip-checksum=bad"]),
    ...(headLength > 20 ? [`options ${head.subarray(20).toHex()}`] : []),
    ...(cut
      ? [`data=${crc16(offset === 0 ? body.subarray(HEADS[proto] ?? 0) : body)}`]
      : transport(proto, body, [...bytes.subarray(12, 20)])),
  ].join(" ");
}

function shape6(bytes: Uint8Array): string {
  const length = word(bytes, 4);
  const head = [`len=${length}`, ...(length + 40 === bytes.length ? [] : [`of=${bytes.length}`])];
  head.push(`tos=${(word(bytes, 0) >> 4) & 255}`);
  let next = bytes[6] ?? 0, body = bytes.subarray(40);
  if (next === 0) {
    const size = 8 + (body[1] ?? 0) * 8;
    head.push(`options ${body.subarray(2, size).toHex()}`);
    [next, body] = [body[0] ?? 0, body.subarray(size)];
  }
  if (next !== 44) return [...head, ...transport(next, body, [...bytes.subarray(8, 40)])].join(" ");
  const place = word(body, 2), data = body.subarray(8 + (place >> 3 === 0 ? HEADS[body[0] ?? 0] ?? 0 : 0));
  return [...head, `frag=${place & 0xfff8}${place & 1 ? "+" : ""}`, `data=${crc16(data)}`].join(" ");
}

/** The transport header's fields; `addresses` are those of the pseudo header. */
function transport(proto: number, body: Uint8Array, addresses: readonly number[]): string[] {
  const sum = () =>
    checksum([...addresses, 0, proto, body.length >> 8, body.length & 255, ...body]) === 0 ? "ok" : "bad";
  if (proto === 6 && body.length >= 20) {
    const end = ((body[12] ?? 0) >> 4) * 4;
    const numbers = [body.subarray(4, 8).toHex(), body.subarray(8, 12).toHex()];
    const rest = [`win=${word(body, 14)}`, `urg=${word(body, 18)}`, `opt ${body.subarray(20, end).toHex()}`];
    return [`l4=${sum()}`, `seq ${numbers[0]} ack ${numbers[1]}`, ...rest, `data=${crc16(body.subarray(end))}`];
  }
  if (proto === 17 && body.length >= 8) {
    return [`l4=${word(body, 6) === 0 ? "none" : sum()}`, `udp=${word(body, 4)}`, `data=${crc16(body.subarray(8))}`];
  }
  if (proto === 58 && body.length >= 8) return [`l4=${sum()}`, `data=${crc16(withoutChecksum(body))}`];
  if (proto === 1 && body.length >= 8) {
    return [`l4=${checksum([...body]) === 0 ? "ok" : "bad"}`, `data=${crc16(withoutChecksum(body))}`];
  }
  if (proto === 132 && body.length >= 12) {
    const [sport, dport] = [word(body, 0), word(body, 2)];
    return [`sport=${sport} dport=${dport}`, `data=${crc16(body.subarray(12))}`];
  }
  return [`data=${crc16(body)}`];
}

/** An ICMP message; the checksum is judged by itself. */
function withoutChecksum(body: Uint8Array): Uint8Array {
  const copy = body.slice();
  copy[2] = copy[3] = 0;
  return copy;
}

/** CRC-16/CCITT: a name for bytes. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
