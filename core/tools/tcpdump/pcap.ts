/**
 * Capture files as libpcap has written them since 1998 (draft-ietf-opsawg-pcap):
 *
 *     header  magic u32, major u16 = 2, minor u16 = 4, 0 u32, 0 u32, snapshot length u32, link type u32
 *     record  seconds u32, microseconds u32, captured length u32, length u32, bytes
 *
 * Written little endian; read either way, with nanoseconds too.
 */
export interface Capture {
  /** LINKTYPE_* number. */
  readonly link: number;
  readonly snapshot: number;
  readonly records: readonly CaptureRecord[];
}

/** One frame of a capture. */
export interface CaptureRecord {
  /** Microseconds since 1970. */
  readonly time: number;
  readonly bytes: Uint8Array;
  /** How long it was before it was cut at the snapshot length. */
  readonly length: number;
}

const MAGIC = 0xa1b2c3d4;
const NANO_MAGIC = 0xa1b23c4d;

/** A file that is none, or that ends in the middle of a record; `records` is what came before. */
export interface BadCapture {
  readonly problem: string;
  readonly capture?: Capture;
}

/** The bytes of a capture file. */
export function printPcap({ link, snapshot, records }: Capture): Uint8Array {
  const size = records.reduce((sum, { bytes }) => sum + 16 + bytes.length, 24);
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  const words = (at: number, ...values: readonly number[]): void =>
    values.forEach((value, i) => view.setUint32(at + i * 4, value, true));
  words(0, MAGIC, 2 | (4 << 16), 0, 0, snapshot, link);
  let at = 24;
  for (const { time, bytes, length } of records) {
    words(at, Math.floor(time / 1e6), time % 1e6, bytes.length, length);
    file.set(bytes, at + 16);
    at += 16 + bytes.length;
  }
  return file;
}

/** Reads a capture file. */
export function parsePcap(file: Uint8Array): Capture | BadCapture {
  const read = reader(file);
  if (read === undefined) return { problem: "unknown file format" };
  const { u32, scale } = read;
  if (file.length < 24) {
    return { problem: `truncated dump file; tried to read 24 file header bytes, only got ${file.length}` };
  }
  const head = { snapshot: u32(16), link: u32(20) & 0xffff };
  const records: CaptureRecord[] = [];
  for (let at = 24; at < file.length;) {
    const left = file.length - at;
    const capture = { ...head, records };
    if (left < 16) {
      return { problem: `truncated dump file; tried to read 16 header bytes, only got ${left}`, capture };
    }
    const count = u32(at + 8);
    if (left < 16 + count) {
      return { problem: `truncated dump file; tried to read ${count} captured bytes, only got ${left - 16}`, capture };
    }
    const time = u32(at) * 1e6 + Math.floor(u32(at + 4) / scale);
    records.push({ time, length: u32(at + 12), bytes: file.slice(at + 16, at + 16 + count) });
    at += 16 + count;
  }
  return { ...head, records };
}

function reader(file: Uint8Array): { readonly u32: (at: number) => number; readonly scale: number } | undefined {
  if (file.length < 4) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (const little of [true, false]) {
    const magic = view.getUint32(0, little);
    if (magic !== MAGIC && magic !== NANO_MAGIC) continue;
    return { u32: (at) => view.getUint32(at, little), scale: magic === NANO_MAGIC ? 1000 : 1 };
  }
  return undefined;
}

/** Whether a file could not be read to its end. */
export function isBadCapture(capture: Capture | BadCapture): capture is BadCapture {
  return "problem" in capture;
}
