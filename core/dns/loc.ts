/**
 * Places on Earth (RFC 1876): `52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000.00m 10.00m`.
 *
 *     loc = degrees [minutes [seconds]] N|S degrees [minutes [seconds]] E|W altitude [size [horizontal [vertical]]]      lengths in m
 */
import { WireError, type WireReader, type WireWriter } from "./wire.ts";

const EQUATOR = 2 ** 31;
/** Altitudes are centimetres above this depth. */
const BASE = 10_000_000;
const FORM =
  /^(\d+)(?:\s+(\d+)(?:\s+([\d.]+))?)?\s+([NS])\s+(\d+)(?:\s+(\d+)(?:\s+([\d.]+))?)?\s+([EW])\s+(-?[\d.]+)m?((?:\s+[\d.]+m?)*)\s*$/i;

/** A LOC record's data as text. */
export function readLoc(reader: WireReader): string {
  if (reader.u8() !== 0) throw new WireError("bad LOC record");
  const [size, horizontal, vertical] = [reader.u8(), reader.u8(), reader.u8()];
  const [latitude, longitude, altitude] = [reader.u32(), reader.u32(), reader.u32()];
  const metres = (byte: number) => `${(((byte >> 4) * 10 ** (byte & 15)) / 100).toFixed(2)}m`;
  return [
    angle(latitude, "N", "S"),
    angle(longitude, "E", "W"),
    `${((altitude - BASE) / 100).toFixed(2)}m`,
    metres(size),
    metres(horizontal),
    metres(vertical),
  ].join(" ");
}

function angle(value: number, positive: string, negative: string): string {
  const thousandths = Math.abs(value - EQUATOR);
  const seconds = ((thousandths % 60_000) / 1000).toFixed(3);
  const minutes = Math.floor(thousandths / 60_000);
  return `${Math.floor(minutes / 60)} ${minutes % 60} ${seconds} ${value >= EQUATOR ? positive : negative}`;
}

/** Writes a LOC record's data from its text; throws a RangeError. */
export function writeLoc(writer: WireWriter, text: string): void {
  const found = FORM.exec(text);
  if (found === null) throw new RangeError(`bad record data ${text}`);
  const [, d1, m1 = "0", s1 = "0", north = "N", d2, m2 = "0", s2 = "0", east = "E", altitude, rest = ""] = found;
  const sizes = rest.trim() === "" ? [] : rest.trim().split(/\s+/);
  writer.u8(0);
  ["1m", "10000m", "10m"].forEach((usual, i) => writer.u8(precision(sizes[i] ?? usual)));
  writer.u32(EQUATOR + (north.toUpperCase() === "N" ? 1 : -1) * thousandths(d1, m1, s1));
  writer.u32(EQUATOR + (east.toUpperCase() === "E" ? 1 : -1) * thousandths(d2, m2, s2));
  writer.u32(Math.round(Number(altitude) * 100) + BASE);
}

function thousandths(degrees: string | undefined, minutes: string, seconds: string): number {
  return Math.round((Number(degrees) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000);
}

/** A length as one digit and a power of ten, in centimetres. */
function precision(text: string): number {
  let centimetres = Math.round(parseFloat(text) * 100);
  let exponent = 0;
  for (; centimetres > 9; exponent++) centimetres = Math.floor(centimetres / 10);
  return (centimetres << 4) | exponent;
}
