/** Text forms of the record types whose octets `dns-packet` moves: HINFO, CAA, NAPTR and the DNSSEC family. */
import { decodeBase64, encodeBase64 } from "@std/encoding";
import { absolute } from "./name.ts";
import { quoted, words } from "./strings.ts";

/** What `dns-packet` decodes a record's data to, as far as it is looked at here. */
type Fields = Readonly<Record<string, unknown>>;

/** Twins between `dns-packet`'s object and a zone file's text. */
export interface PacketText {
  print(fields: Fields): string;
  parse(text: string): Fields;
}

const utf8 = new TextEncoder();
const string = (value: unknown) => quoted(utf8.encode(String(value ?? "")));
const plain = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const hex = (value: unknown) =>
  Array.from(value as Uint8Array, (byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();
const unhex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const base64 = (value: unknown) => encodeBase64(Uint8Array.from(value as Uint8Array));
/** Long keys and digests are cut into words of 56 characters, as dig does. */
const blocks = (text: string) => (text.match(/.{1,56}/g) ?? []).join(" ");
const zone = (value: unknown) => absolute(String(value ?? "."));

/** `20260131123000` from seconds since 1970 (RFC 4034 3.2), and back. */
function printTime(value: unknown): string {
  return new Date(Number(value) * 1000).toISOString().replace(/\D/g, "").slice(0, 14);
}

function parseTime(text: string): number {
  if (!/^\d{14}$/.test(text)) return Number(text);
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) as RegExpExecArray;
  return Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s)) / 1000;
}

function numbers(text: string, names: readonly string[]): { fields: Record<string, unknown>; rest: string[] } {
  const parts = text.trim().split(/\s+/);
  const fields = Object.fromEntries(names.map((name, i) => [name, Number(parts[i])]));
  if (Object.values(fields).some((value) => Number.isNaN(value))) throw new RangeError(`bad record data ${text}`);
  return { fields, rest: parts.slice(names.length) };
}

const digest = (first: string, second: string, third: string, data: string): PacketText => ({
  print: (f) => `${f[first]} ${f[second]} ${f[third]} ${blocks(hex(f[data]))}`,
  parse: (text) => {
    const { fields, rest } = numbers(text, [first, second, third]);
    return { ...fields, [data]: unhex(rest.join("")) };
  },
});

const hinfo: PacketText = {
  print: (f) => `${string(f.cpu)} ${string(f.os)}`,
  parse: (text) => {
    const [cpu, os] = words(text);
    return { cpu: plain(cpu), os: plain(os) };
  },
};

const caa: PacketText = {
  print: (f) => `${f.flags} ${f.tag} ${string(f.value)}`,
  parse: (text) => {
    const [flags, tag, value] = words(text).map(plain);
    return { flags: Number(flags), tag, value, issuerCritical: (Number(flags) & 128) !== 0 };
  },
};

const naptr: PacketText = {
  print: (f) =>
    `${f.order} ${f.preference} ${string(f.flags)} ${string(f.services)} ${string(f.regexp)} ${zone(f.replacement)}`,
  parse: (text) => {
    const [order, preference, flags, services, regexp, replacement] = words(text).map(plain);
    return { order: Number(order), preference: Number(preference), flags, services, regexp, replacement };
  },
};

const sshfp: PacketText = {
  print: (f) => `${f.algorithm} ${f.hash} ${blocks(String(f.fingerprint).toUpperCase())}`,
  parse: (text) => {
    const { fields, rest } = numbers(text, ["algorithm", "hash"]);
    return { ...fields, fingerprint: rest.join("").toLowerCase() };
  },
};

const dnskey: PacketText = {
  print: (f) => `${f.flags} 3 ${f.algorithm} ${blocks(base64(f.key))}`,
  parse: (text) => {
    const { fields, rest } = numbers(text, ["flags", "protocol", "algorithm"]);
    return { ...fields, key: decodeBase64(rest.join("")) };
  },
};

const rrsig: PacketText = {
  print: (f) =>
    [
      f.typeCovered,
      f.algorithm,
      f.labels,
      f.originalTTL,
      printTime(f.expiration),
      printTime(f.inception),
      f.keyTag,
      zone(f.signersName),
      blocks(base64(f.signature)),
    ].join(" "),
  parse: (text) => {
    const [typeCovered, algorithm, labels, originalTTL, expiration, inception, keyTag, signersName, ...signature] = text
      .trim().split(/\s+/);
    return {
      typeCovered,
      algorithm: Number(algorithm),
      labels: Number(labels),
      originalTTL: Number(originalTTL),
      expiration: parseTime(expiration ?? ""),
      inception: parseTime(inception ?? ""),
      keyTag: Number(keyTag),
      signersName,
      signature: decodeBase64(signature.join("")),
    };
  },
};

const nsec: PacketText = {
  print: (f) => `${zone(f.nextDomain)} ${(f.rrtypes as string[]).join(" ")}`,
  parse: (text) => {
    const [nextDomain, ...rrtypes] = text.trim().split(/\s+/);
    return { nextDomain, rrtypes };
  },
};

const BASE32 = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[parseInt(five.padEnd(5, "0"), 2)]).join("");
}

function unbase32(text: string): Uint8Array {
  const bits = [...text.toUpperCase()].map((char) => BASE32.indexOf(char).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
}

const nsec3: PacketText = {
  print: (f) =>
    [
      f.algorithm,
      f.flags,
      f.iterations,
      (f.salt as Uint8Array).length === 0 ? "-" : hex(f.salt),
      base32(f.nextDomain as Uint8Array),
      ...(f.rrtypes as string[]),
    ].join(" "),
  parse: (text) => {
    const { fields, rest } = numbers(text, ["algorithm", "flags", "iterations"]);
    const [salt = "-", next = "", ...rrtypes] = rest;
    return { ...fields, salt: salt === "-" ? new Uint8Array() : unhex(salt), nextDomain: unbase32(next), rrtypes };
  },
};

/** The types that go through `dns-packet`. */
export const PACKET_TEXTS: Readonly<Record<string, PacketText>> = {
  HINFO: hinfo,
  CAA: caa,
  NAPTR: naptr,
  SSHFP: sshfp,
  DS: digest("keyTag", "algorithm", "digestType", "digest"),
  TLSA: digest("usage", "selector", "matchingType", "certificate"),
  DNSKEY: dnskey,
  RRSIG: rrsig,
  NSEC: nsec,
  NSEC3: nsec3,
};
