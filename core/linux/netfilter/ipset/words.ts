/** Sets as the words the plane keeps (`wasm/src/filter/sets/mod.rs`), there and back. */
import { PROGRAM, SETFLAG } from "../../../../wasm/mod.ts";
import type { Family } from "../address.ts";
import { Encoder } from "../encoder.ts";
import { printElement } from "./element.ts";
import type { IpSet, Member, Part, SetHeader } from "./model.ts";
import { packTypes } from "./types.ts";

/** Numbers of sets by name, and names by number. */
export interface SetNames {
  idOf(name: string): number;
  nameOf(id: number): string;
}

const HEADER_WORDS = 8;

/** The words of a set. */
export function encodeSet(set: IpSet, names: SetNames): Uint32Array {
  const { header, members } = set;
  const out = new Encoder(header.family, (name) => names.idOf(name));
  const flags = (header.timeout === undefined ? 0 : SETFLAG.TIMEOUT) | (header.counters ? SETFLAG.COUNTERS : 0) |
    (header.comment ? SETFLAG.COMMENT : 0) | (header.skbinfo ? SETFLAG.SKBINFO : 0) |
    (header.forceadd ? SETFLAG.FORCEADD : 0);
  const maxelem = header.type.method === "hash" ? header.maxelem : header.size ?? 65536;
  const whole = header.family === 4 ? 32 : 128;
  out.push(PROGRAM.VERSION, header.family, packTypes(header.type), flags, header.timeout ?? 0, maxelem);
  out.push(header.netmask ?? whole, members.size);
  for (const member of members.values()) encodeMember(member, out, names);
  return out.finish();
}

function encodeMember(member: Member, out: Encoder, names: SetNames): void {
  out.push(member.nomatch ? 1 : 0, Math.ceil(member.timeout));
  out.long(member.packets);
  out.long(member.bytes);
  for (const part of member.parts) encodePart(part, out, names);
}

function encodePart(part: Part, out: Encoder, names: SetNames): void {
  if (part.kind === "ip" || part.kind === "net") out.address(part.ip);
  if (part.kind === "net") out.word(part.length);
  if (part.kind === "port") out.word(((part.proto << 16) | part.port) >>> 0);
  if (part.kind === "set") out.word(names.idOf(part.name));
  if (part.kind === "mark") out.word(part.mark);
  if (part.kind === "mac") {
    const hex = part.mac.replaceAll(":", "");
    out.push(parseInt(hex.slice(0, 4), 16), parseInt(hex.slice(4), 16));
  }
  if (part.kind === "iface") out.name(part.name);
}

/** The members in the plane's words, by their text; what the plane does not keep comes from `before`. */
export function decodeMembers(words: Uint32Array, set: IpSet, names: SetNames): Map<string, Member> {
  const members = new Map<string, Member>();
  const reader = new Reader(words, set.header, names);
  for (let left = words[HEADER_WORDS - 1] ?? 0; left > 0; left--) {
    const member = reader.member();
    const text = printElement(member.parts, set.header);
    const before = set.members.get(text);
    members.set(text, before === undefined ? member : { ...before, ...member });
  }
  return members;
}

class Reader {
  #at = HEADER_WORDS;

  constructor(readonly words: Uint32Array, readonly header: SetHeader, readonly names: SetNames) {}

  #word(): number {
    return this.words[this.#at++] ?? 0;
  }

  #long(): number {
    const low = this.#word();
    return low + this.#word() * 0x1_0000_0000;
  }

  member(): Member {
    const nomatch = (this.#word() & 1) !== 0;
    const timeout = this.#word();
    const packets = this.#long(), bytes = this.#long();
    return { nomatch, timeout, packets, bytes, parts: this.header.type.dimensions.map((kind) => this.#part(kind)) };
  }

  #part(kind: Part["kind"]): Part {
    if (kind === "ip") return { kind, ip: this.#address(this.header.family) };
    if (kind === "net") return { kind, ip: this.#address(this.header.family), length: this.#word() };
    const word = this.#word();
    if (kind === "port") return { kind, proto: word >>> 16, port: word & 0xffff };
    if (kind === "set") return { kind, name: this.names.nameOf(word) };
    if (kind === "mark") return { kind, mark: word };
    if (kind === "iface") return { kind, name: this.#name(word) };
    const low = this.#word();
    const hex = word.toString(16).padStart(4, "0") + low.toString(16).padStart(8, "0");
    return { kind: "mac", mac: (hex.toUpperCase().match(/../g) ?? []).join(":") };
  }

  #address(family: Family): number[] {
    return Array.from({ length: family === 4 ? 1 : 4 }, () => this.#word());
  }

  #name(first: number): string {
    const words = [first, this.#word(), this.#word(), this.#word()];
    const bytes = words.flatMap((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24]);
    return String.fromCharCode(...bytes.slice(0, bytes.indexOf(0)));
  }
}
