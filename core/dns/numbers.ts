/** DNS numbers by name (IANA's DNS parameters registry). */

/** Record types; a type not here is `TYPE<number>` (RFC 3597). */
export const TYPES: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  NULL: 10,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  RP: 17,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  CDS: 59,
  CDNSKEY: 60,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
};

/** Classes. */
export const CLASSES: Readonly<Record<string, number>> = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 };

/** Operation codes; 3 and 7 to 15 are `RESERVED<number>` in dig. */
export const OPCODES: Readonly<Record<string, number>> = { QUERY: 0, IQUERY: 1, STATUS: 2, NOTIFY: 4, UPDATE: 5 };

/** Response codes, the extended ones of EDNS included. */
export const RCODES: Readonly<Record<string, number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
};

const inverse = (table: Readonly<Record<string, number>>) =>
  new Map(Object.entries(table).map(([name, number]) => [number, name]));
const TYPE_NAMES = inverse(TYPES);
const CLASS_NAMES = inverse(CLASSES);
const OPCODE_NAMES = inverse(OPCODES);
const RCODE_NAMES = inverse(RCODES);

/** `A` of 1, `TYPE65280` of a number without a name. */
export function typeName(number: number): string {
  return TYPE_NAMES.get(number) ?? `TYPE${number}`;
}

/** 1 of `A` or `a` or `TYPE1`; undefined for a word that is no type. */
export function typeNumber(name: string): number | undefined {
  const upper = name.toUpperCase();
  return TYPES[upper] ?? numbered(upper, /^TYPE(\d{1,5})$/);
}

/** `IN` of 1, `CLASS2` of a number without a name. */
export function className(number: number): string {
  return CLASS_NAMES.get(number) ?? `CLASS${number}`;
}

/** 1 of `IN` or `CLASS1`; undefined for a word that is no class. */
export function classNumber(name: string): number | undefined {
  const upper = name.toUpperCase();
  return CLASSES[upper] ?? numbered(upper, /^CLASS(\d{1,5})$/);
}

/** `QUERY` of 0, `RESERVED3` of a number without a name. */
export function opcodeName(number: number): string {
  return OPCODE_NAMES.get(number) ?? `RESERVED${number}`;
}

/** 0 of `QUERY`; undefined for a word that is no opcode. */
export function opcodeNumber(name: string): number | undefined {
  return OPCODES[name.toUpperCase()] ?? numbered(name.toUpperCase(), /^RESERVED(\d{1,2})$/);
}

/** `NXDOMAIN` of 3, `RESERVED11` of a number without a name. */
export function rcodeName(number: number): string {
  return RCODE_NAMES.get(number) ?? `RESERVED${number}`;
}

/** 3 of `NXDOMAIN`; undefined for a word that is no rcode. */
export function rcodeNumber(name: string): number | undefined {
  return RCODES[name.toUpperCase()] ?? numbered(name.toUpperCase(), /^RESERVED(\d{1,4})$/);
}

function numbered(text: string, form: RegExp): number | undefined {
  const digits = form.exec(text)?.[1];
  return digits === undefined || Number(digits) > 65535 ? undefined : Number(digits);
}
