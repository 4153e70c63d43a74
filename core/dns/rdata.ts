/**
 * Record data: each type's text as a zone file and dig write it, and its octets. One row per type.
 * Types with names in them are written here (compression, escapes); the others go through `dns-packet`'s codecs.
 */
import packet from "dns-packet";
import { ipWords, parseIp, parseQuad, wordsIp } from "../base/mod.ts";
import { readLoc, writeLoc } from "./loc.ts";
import { absolute } from "./name.ts";
import { typeName } from "./numbers.ts";
import { PACKET_TEXTS, type PacketText } from "./rdata_text.ts";
import { quoted, words } from "./strings.ts";
import { readParams, writeParams } from "./svcb.ts";
import { WireError, type WireReader, WireWriter } from "./wire.ts";

/** One type's twins: `read` and `write` move octets, text is the form of a zone file. */
interface RdataCodec {
  read(reader: WireReader, length: number): string;
  write(writer: WireWriter, text: string): void;
}

const number = (text: string | undefined, top: number): number => {
  if (text === undefined || !/^\d{1,10}$/.test(text) || Number(text) > top) throw new RangeError(`bad number ${text}`);
  return Number(text);
};
const name = (text: string | undefined): string => {
  if (text === undefined || text === "") throw new RangeError("a domain name is missing");
  return absolute(text);
};

const address4: RdataCodec = {
  read: (reader, length) => {
    if (length !== 4) throw new WireError("bad A record");
    return reader.take(4).join(".");
  },
  write: (writer, text) => {
    const quad = parseQuad(text);
    if (quad === undefined) throw new RangeError(`not an IPv4 address: ${text}`);
    writer.u32(quad);
  },
};

const address6: RdataCodec = {
  read: (reader, length) => {
    if (length !== 16) throw new WireError("bad AAAA record");
    const words = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
    const mapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
    return mapped ? `::ffff:${wordsIp(words)}` : wordsIp(words);
  },
  write: (writer, text) => {
    if (parseIp(text)?.family !== 6) throw new RangeError(`not an IPv6 address: ${text}`);
    for (const word of ipWords(text)) writer.u32(word);
  },
};

const oneName = (mode: "compress" | "plain"): RdataCodec => ({
  read: (reader) => reader.name(),
  write: (writer, text) => writer.name(name(text.trim()), mode),
});

const mx: RdataCodec = {
  read: (reader) => `${reader.u16()} ${reader.name()}`,
  write: (writer, text) => {
    const [preference, host] = text.split(/\s+/);
    writer.u16(number(preference, 65535));
    writer.name(name(host), "compress");
  },
};

const srv: RdataCodec = {
  read: (reader) => `${reader.u16()} ${reader.u16()} ${reader.u16()} ${reader.name()}`,
  write: (writer, text) => {
    const fields = text.split(/\s+/);
    for (const field of [0, 1, 2]) writer.u16(number(fields[field], 65535));
    writer.name(name(fields[3]), "plain");
  },
};

const soa: RdataCodec = {
  read: (reader) => {
    const names = `${reader.name()} ${reader.name()}`;
    return `${names} ${reader.u32()} ${reader.u32()} ${reader.u32()} ${reader.u32()} ${reader.u32()}`;
  },
  write: (writer, text) => {
    const fields = text.split(/\s+/);
    writer.name(name(fields[0]), "compress");
    writer.name(name(fields[1]), "compress");
    for (const field of [2, 3, 4, 5, 6]) writer.u32(number(fields[field], 0xffff_ffff));
  },
};

const txt: RdataCodec = {
  read: (reader, length) => {
    const end = reader.at + length;
    const strings: string[] = [];
    while (reader.at < end) strings.push(quoted(reader.take(reader.u8())));
    return strings.join(" ");
  },
  write: (writer, text) => {
    for (const bytes of words(text)) {
      if (bytes.length > 255) throw new RangeError("a string is longer than 255 bytes");
      writer.u8(bytes.length);
      writer.put(bytes);
    }
  },
};

const rp: RdataCodec = {
  read: (reader) => `${reader.name()} ${reader.name()}`,
  write: (writer, text) => {
    const [mailbox, about] = text.split(/\s+/);
    writer.name(name(mailbox), "plain");
    writer.name(name(about), "plain");
  },
};

/** SVCB and HTTPS (RFC 9460). */
const svcb: RdataCodec = {
  read: (reader, length) => {
    const end = reader.at + length;
    const head = `${reader.u16()} ${reader.name()}`;
    const params = readParams(reader, end);
    return params === "" ? head : `${head} ${params}`;
  },
  write: (writer, text) => {
    const [, priority, target, params = ""] = /^(\S+)\s+(\S+)\s*(.*)$/s.exec(text) ?? [];
    writer.u16(number(priority, 65535));
    writer.name(name(target), "plain");
    writeParams(writer, params);
  },
};

/** RFC 3597: `\# 4 0a000001` for a type without a row. */
const unknown: RdataCodec = {
  read: (reader, length) => octets(reader.take(length)),
  write: (writer, text) => {
    const [, length, hex = ""] = /^\\#\s+(\d+)\s*([0-9a-fA-F\s]*)$/.exec(text.trim()) ?? [];
    const digits = hex.replace(/\s/g, "");
    if (length === undefined || digits.length !== 2 * Number(length)) throw new RangeError(`bad record data ${text}`);
    for (const byte of digits.match(/../g) ?? []) writer.u8(parseInt(byte, 16));
  },
};

function octets(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join("");
  return bytes.length === 0 ? "\\# 0" : `\\# ${bytes.length} ${hex}`;
}

/** As much of `dns-packet`'s codec interface as is used here. */
interface PacketCodec {
  encode(fields: unknown): Uint8Array;
  decode(bytes: Uint8Array, offset: number): Readonly<Record<string, unknown>>;
}

/** `dns-packet` insists on Node Buffers; its own output shows which class it runs with, so none is imported here. */
const nodeBuffer = (packet.record("NULL").encode("") as { constructor: unknown }).constructor as {
  from(bytes: Uint8Array): Uint8Array;
};

function withBuffers(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Uint8Array ? nodeBuffer.from(value) : value]),
  );
}

/** A type that `dns-packet` knows: its codec works on the length and the data together. */
function throughPacket(type: string, texts: PacketText): RdataCodec {
  const codec = packet.record(type) as PacketCodec;
  const encode = (text: string): Uint8Array =>
    Uint8Array.from(codec.encode(withBuffers(texts.parse(text)))).subarray(2);
  return {
    read: (reader, length) => {
      const bytes = reader.take(length);
      let text: string;
      try {
        text = texts.print(codec.decode(nodeBuffer.from(reader.bytes.subarray(0, reader.at)), reader.at - length - 2));
      } catch (error) {
        throw new WireError(`bad ${type} record: ${(error as Error).message}`);
      }
      try {
        encode(text);
        return text;
      } catch {
        // It can be read, but not be written that way: it stays what it is.
        return octets(bytes);
      }
    },
    write: (writer, text) => writer.put(encode(text)),
  };
}

const CODECS = new Map<string, RdataCodec>([
  ["A", address4],
  ["AAAA", address6],
  ["NS", oneName("compress")],
  ["CNAME", oneName("compress")],
  ["PTR", oneName("compress")],
  ["DNAME", oneName("plain")],
  ["MX", mx],
  ["SRV", srv],
  ["SOA", soa],
  ["TXT", txt],
  ["SPF", txt],
  ["RP", rp],
  ["LOC", { read: readLoc, write: writeLoc }],
  ["SVCB", svcb],
  ["HTTPS", svcb],
  ...Object.entries(PACKET_TEXTS).map(([type, texts]): [string, RdataCodec] => [type, throughPacket(type, texts)]),
]);

/** Reads `length` octets of record data of a type into text; throws WireError. */
export function readRdata(reader: WireReader, type: number, length: number): string {
  if (length > reader.left) throw new WireError("unexpected end of input");
  const end = reader.at + length;
  const text = (CODECS.get(typeName(type)) ?? unknown).read(reader, length);
  if (reader.at !== end) throw new WireError(`bad ${typeName(type)} record`);
  return text;
}

/** Writes record data from its text; throws a RangeError on text that is none of that type's. */
export function writeRdata(writer: WireWriter, type: string, text: string): void {
  const codec = text.startsWith("\\#") ? unknown : CODECS.get(type) ?? unknown;
  codec.write(writer, text);
}

/** Whether a text is record data of that type at all. */
export function isRdata(type: string, text: string): boolean {
  try {
    writeRdata(new WireWriter(false), type, text);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
