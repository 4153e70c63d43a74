/**
 * Parameters of SVCB and HTTPS records (RFC 9460): `alpn="h2,h3" port="8443" ipv4hint="192.0.2.11"`, in the order of their numbers.
 *
 *     params = { key [ "=" value ] }     key = mandatory | alpn | no-default-alpn | port | ipv4hint | ech | ipv6hint | dohpath | keyNNN
 */
import { decodeBase64, encodeBase64 } from "@std/encoding";
import { ipWords, parseIp, wordsIp } from "../base/mod.ts";
import { WireError, type WireReader, type WireWriter } from "./wire.ts";

const KEYS = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath"];

interface Param {
  readonly key: number;
  readonly value: string;
}

/** The parameters left in a record as text. */
export function readParams(reader: WireReader, end: number): string {
  const params: string[] = [];
  while (reader.at < end) {
    const key = reader.u16();
    const length = reader.u16();
    const stop = reader.at + length;
    if (stop > end) throw new WireError("bad SVCB record");
    const value = readValue(reader, key, stop);
    params.push(value === undefined ? keyName(key) : `${keyName(key)}="${value}"`);
  }
  return params.join(" ");
}

function keyName(key: number): string {
  return KEYS[key] ?? `key${key}`;
}

function readValue(reader: WireReader, key: number, stop: number): string | undefined {
  const left = () => stop - reader.at;
  const list = (read: () => string) => {
    const items: string[] = [];
    while (left() > 0) items.push(read());
    return items.join(",");
  };
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  switch (keyName(key)) {
    case "mandatory":
      return list(() => keyName(reader.u16()));
    case "alpn":
      return list(() => text(reader.take(reader.u8())));
    case "no-default-alpn":
      return undefined;
    case "port":
      return String(reader.u16());
    case "ipv4hint":
      return list(() => reader.take(4).join("."));
    case "ipv6hint":
      return list(() => wordsIp([reader.u32(), reader.u32(), reader.u32(), reader.u32()]));
    case "ech":
      return encodeBase64(reader.take(left()));
    default:
      return text(reader.take(left()));
  }
}

/** Writes parameters from their text; throws a RangeError. */
export function writeParams(writer: WireWriter, text: string): void {
  const params = [...text.matchAll(/([a-z0-9-]+)(?:=(?:"((?:\\.|[^"\\])*)"|(\S*)))?(?:\s+|$)/g)].map(
    ([, key, quoted, bare]): Param => ({ key: keyNumber(key as string), value: quoted ?? bare ?? "" }),
  );
  for (const { key, value } of params.toSorted((a, b) => a.key - b.key)) {
    writer.u16(key);
    writer.sized(() => writeValue(writer, key, value));
  }
}

function keyNumber(name: string): number {
  const known = KEYS.indexOf(name);
  const number = known >= 0 ? known : Number(/^key(\d+)$/.exec(name)?.[1] ?? NaN);
  if (!(number <= 65535)) throw new RangeError(`not a service parameter: ${name}`);
  return number;
}

function writeValue(writer: WireWriter, key: number, value: string): void {
  const items = value === "" ? [] : value.split(",");
  const utf8 = new TextEncoder();
  switch (keyName(key)) {
    case "mandatory":
      for (const item of items) writer.u16(keyNumber(item));
      return;
    case "alpn":
      for (const item of items) {
        writer.u8(utf8.encode(item).length);
        writer.put(utf8.encode(item));
      }
      return;
    case "no-default-alpn":
      return;
    case "port":
      if (!/^\d{1,5}$/.test(value) || Number(value) > 65535) throw new RangeError(`not a port: ${value}`);
      writer.u16(Number(value));
      return;
    case "ipv4hint":
    case "ipv6hint":
      for (const item of items) writeAddress(writer, item, keyName(key) === "ipv4hint" ? 4 : 6);
      return;
    case "ech":
      writer.put(decodeBase64(value));
      return;
    default:
      writer.put(utf8.encode(value));
  }
}

function writeAddress(writer: WireWriter, text: string, family: 4 | 6): void {
  if (parseIp(text)?.family !== family) throw new RangeError(`not an IPv${family} address: ${text}`);
  if (family === 4) { for (const octet of text.split(".")) writer.u8(Number(octet)); }
  else for (const word of ipWords(text)) writer.u32(word);
}
