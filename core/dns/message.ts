/** DNS messages: octets and values (RFC 1035 4, RFC 6891). Case of names is kept; EDNS stands apart from the additional records. */
import {
  className,
  classNumber,
  opcodeName,
  opcodeNumber,
  rcodeName,
  rcodeNumber,
  typeName,
  typeNumber,
  TYPES,
} from "./numbers.ts";
import { readRdata, writeRdata } from "./rdata.ts";
import type { Question, Rr } from "./record.ts";
import { type Compression, WireError, WireReader, WireWriter } from "./wire.ts";

/** EDNS(0): what the OPT record says. */
export interface Edns {
  readonly version: number;
  /** The largest UDP answer its sender takes. */
  readonly udpSize: number;
  readonly dnssecOk: boolean;
  readonly options: readonly EdnsOption[];
}

/** One EDNS option: 3 NSID, 8 client subnet, 10 cookie, 15 extended error. */
export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

/** Header flags by the letters dig prints. */
export interface Flags {
  readonly qr: boolean;
  readonly aa: boolean;
  readonly tc: boolean;
  readonly rd: boolean;
  readonly ra: boolean;
  readonly ad: boolean;
  readonly cd: boolean;
}

/** A whole message. */
export interface Message {
  readonly id: number;
  readonly opcode: string;
  /** `NOERROR`, `NXDOMAIN` ...; the extended ones need `edns`. */
  readonly rcode: string;
  readonly flags: Flags;
  readonly questions: readonly Question[];
  readonly answers: readonly Rr[];
  readonly authorities: readonly Rr[];
  /** Without the OPT record. */
  readonly additionals: readonly Rr[];
  readonly edns?: Edns;
}

/** Octets that are no message: why, and the id where there was one. */
export interface Malformed {
  readonly malformed: string;
  readonly id?: number;
}

/** No flag set. */
export const NO_FLAGS: Flags = { qr: false, aa: false, tc: false, rd: false, ra: false, ad: false, cd: false };

const BITS: readonly (readonly [keyof Flags, number])[] = [
  ["qr", 0x8000],
  ["aa", 0x0400],
  ["tc", 0x0200],
  ["rd", 0x0100],
  ["ra", 0x0080],
  ["ad", 0x0020],
  ["cd", 0x0010],
];

/** The message in some octets, or what is wrong with them. */
export function parseMessage(bytes: Uint8Array): Message | Malformed {
  try {
    return readMessage(new WireReader(bytes));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const id = bytes.length < 2 ? {} : { id: ((bytes[0] as number) << 8) | (bytes[1] as number) };
    return { malformed: error.message, ...id };
  }
}

/** Octets that are no query: why, and the question where that much could be read. */
export interface MalformedQuery extends Malformed {
  readonly questions: readonly Question[];
}

/**
 * The query in some octets, read as leniently as miekg/dns does: a question may end after its name, counts may promise
 * records that are not there.
 */
export function parseQuery(bytes: Uint8Array): Message | MalformedQuery {
  const reader = new WireReader(bytes);
  const questions: Question[] = [];
  try {
    return readMessage(reader, questions);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { malformed: error.message, questions };
  }
}

/** Whether octets were no message. */
export function isMalformed(value: Message | Malformed): value is Malformed {
  return "malformed" in value;
}

/** With a list for the questions, which then are there even where a record is broken, it reads leniently. */
function readMessage(reader: WireReader, lenient?: Question[]): Message {
  const [id, bits] = [reader.u16(), reader.u16()];
  const counts = [reader.u16(), reader.u16(), reader.u16(), reader.u16()] as const;
  const questions = times(counts[0], () => readQuestion(reader, lenient !== undefined));
  lenient?.push(...questions);
  const records = (count: number) =>
    times(count, () => readRecord(reader), () => lenient === undefined || reader.left > 0);
  const [answers, authorities, rest] = [records(counts[1]), records(counts[2]), records(counts[3])];
  const opt = rest.find(isOpt);
  return {
    id,
    opcode: opcodeName((bits >> 11) & 15),
    rcode: rcodeName((bits & 15) | ((opt?.rcode ?? 0) << 4)),
    flags: Object.fromEntries(BITS.map(([flag, bit]) => [flag, (bits & bit) !== 0])) as unknown as Flags,
    questions,
    answers: answers.filter(isRr),
    authorities: authorities.filter(isRr),
    additionals: rest.flatMap((record) =>
      isRr(record) ? [record] : lenient && record !== opt ? [secondOpt(record)] : []
    ),
    ...(opt === undefined ? {} : { edns: opt.edns }),
  };
}

interface Opt {
  readonly edns: Edns;
  /** The upper eight bits of the rcode. */
  readonly rcode: number;
}

const isOpt = (record: Rr | Opt): record is Opt => "edns" in record;
const isRr = (record: Rr | Opt): record is Rr => !("edns" in record);

/** An OPT record that counts for nothing, as it is passed on. */
function secondOpt({ edns: { udpSize } }: Opt): Rr {
  return { name: ".", type: "OPT", class: className(udpSize), ttl: 0, data: "\\# 0" };
}

function times<T>(count: number, read: () => T, more: () => boolean = () => true): T[] {
  const all: T[] = [];
  for (let i = 0; i < count && more(); i++) all.push(read());
  return all;
}

function readQuestion(reader: WireReader, lenient: boolean): Question {
  const name = reader.name();
  const number = () => (lenient && reader.left === 0 ? 0 : reader.u16());
  return { name, type: typeName(number()), class: className(number()) };
}

function readRecord(reader: WireReader): Rr | Opt {
  const name = reader.name();
  const type = reader.u16();
  if (type === TYPES.OPT) return readOpt(reader);
  const [kind, ttl, length] = [reader.u16(), reader.u32(), reader.u16()];
  // UPDATE and TSIG-less ANY deletes have records without data.
  const data = length === 0 && type !== TYPES.TXT ? "" : readRdata(reader, type, length);
  return { name, type: typeName(type), class: className(kind), ttl, data };
}

function readOpt(reader: WireReader): Opt {
  const [udpSize, rcode, version, flags, length] = [
    reader.u16(),
    reader.u8(),
    reader.u8(),
    reader.u16(),
    reader.u16(),
  ];
  const end = reader.at + length;
  const options: EdnsOption[] = [];
  while (reader.at < end) options.push({ code: reader.u16(), data: reader.take(reader.u16()).slice() });
  if (reader.at !== end) throw new WireError("bad OPT record");
  return { rcode, edns: { version, udpSize, dnssecOk: (flags & 0x8000) !== 0, options } };
}

/** The octets of a message. With `compress` names point back to equal ones before them; without, none does; with `owners` none in rdata does. */
export function printMessage(message: Message, compress: Compression = true): Uint8Array {
  const writer = new WireWriter(compress);
  const rcode = rcodeNumber(message.rcode) ?? 0;
  const opt = message.edns === undefined ? 0 : 1;
  writer.u16(message.id);
  writer.u16(
    BITS.reduce((bits, [flag, bit]) => message.flags[flag] ? bits | bit : bits, 0) |
      ((opcodeNumber(message.opcode) ?? 0) << 11) | (rcode & 15),
  );
  for (const section of [message.questions, message.answers, message.authorities]) writer.u16(section.length);
  writer.u16(message.additionals.length + opt);
  for (const { name, type, class: kind } of message.questions) {
    writer.name(name, "compress");
    writer.u16(typeNumber(type) ?? 0);
    writer.u16(classNumber(kind) ?? 1);
  }
  for (const section of [message.answers, message.authorities, message.additionals]) {
    for (const rr of section) writeRecord(writer, rr);
  }
  if (message.edns !== undefined) writeOpt(writer, message.edns, rcode >> 4);
  return writer.bytes;
}

function writeRecord(writer: WireWriter, rr: Rr): void {
  writer.name(rr.name, "compress");
  writer.u16(typeNumber(rr.type) ?? 0);
  writer.u16(classNumber(rr.class) ?? 1);
  writer.u32(rr.ttl);
  writer.sized(() => {
    writer.inside = true;
    if (rr.data !== "") writeRdata(writer, rr.type, rr.data);
    writer.inside = false;
  });
}

function writeOpt(writer: WireWriter, edns: Edns, rcode: number): void {
  writer.u8(0);
  writer.u16(TYPES.OPT as number);
  writer.u16(edns.udpSize);
  writer.u8(rcode);
  writer.u8(edns.version);
  writer.u16(edns.dnssecOk ? 0x8000 : 0);
  writer.sized(() => {
    for (const { code, data } of edns.options) {
      writer.u16(code);
      writer.sized(() => writer.put(data));
    }
  });
}

/** A query as a stub resolver sends it. */
export function queryMessage(id: number, question: Question, edns?: Edns): Message {
  return {
    id,
    opcode: "QUERY",
    rcode: "NOERROR",
    flags: { ...NO_FLAGS, rd: true },
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
    ...(edns === undefined ? {} : { edns }),
  };
}

/** An answer to a query with nothing in it yet: id, question, opcode and RD are the query's. */
export function replyTo(query: Message, rcode = "NOERROR"): Message {
  return {
    ...query,
    rcode,
    flags: { ...NO_FLAGS, qr: true, rd: query.flags.rd, cd: query.flags.cd },
    answers: [],
    authorities: [],
    additionals: [],
  };
}
