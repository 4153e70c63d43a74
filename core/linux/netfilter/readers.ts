/** Readers of option values, with libxtables' own words where a value is wrong (xtoptions.c's argument types). */
import { type Family, fullMask, masked, maskOf, type Net, parseWords, type Words } from "./address.ts";
import { usage } from "./complaint.ts";
import type { Argument } from "./extension.ts";
import { protocolNumber, servicePort } from "./names.ts";

/** A number as strtoul takes it (decimal, 0x, leading 0 for octal), or undefined. */
export function parseNumber(text: string): number | undefined {
  if (/^\d+$/.test(text) && !(text.length > 1 && text[0] === "0")) return Number(text);
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return Number(text);
  if (/^0[0-7]+$/.test(text)) return parseInt(text, 8);
  return undefined;
}

/** A whole number from `min` to `max`. */
export function readNumber(text: string, at: Argument, bounds: { min?: number; max: number }): number {
  const { min = 0, max } = bounds;
  const value = parseNumber(text);
  if (value === undefined || value < min || value > max) {
    usage(`${at.ext}: bad value for option "--${at.option}", or out of range (${min}-${max}).\n`);
  }
  return value;
}

/** `n`, `n:m`, `:m`, `n:` within 0 to `max`. */
export function readRange(text: string, at: Argument, max: number): readonly [number, number] {
  const parts = text.split(":");
  if (parts.length > 2) usage(`${at.ext}: Too many components for option "--${at.option}" (max: 2)\n`);
  const one = (part: string, otherwise: number) => {
    if (part === "") return otherwise;
    const value = parseNumber(part);
    if (value === undefined || value > max) {
      usage(`${at.ext}: bad value for option "--${at.option}" near "${part}", or out of range (0-${max}).\n`);
    }
    return value;
  };
  if (parts.length === 1) {
    const value = one(text, 0);
    return [value, value];
  }
  return [one(parts[0] as string, 0), one(parts[1] as string, max)];
}

/** A port by number or service name, as getaddrinfo takes it: numbers wrap at 65536. */
function readPortLoosely(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) & 0xffff : servicePort(text, "");
  if (port === undefined) usage(`Port "${text}" does not resolve to anything.\n`);
  return port;
}

/** `port`, `low:high`, `low:`, `:high`. */
export function readPortsLoosely(text: string): readonly [number, number] {
  const colon = text.indexOf(":");
  if (colon < 0) {
    const port = readPortLoosely(text);
    return [port, port];
  }
  const low = text.slice(0, colon), high = text.slice(colon + 1);
  return [low === "" ? 0 : readPortLoosely(low), high === "" ? 65535 : readPortLoosely(high)];
}

/** A port by number or service name, 0 to 65535 (xtables_parse_port). */
export function readPort(text: string, protocol: string): number {
  if (/^\d+$/.test(text)) {
    const port = Number(text);
    if (port <= 65535) return port;
  } else {
    const port = parseNumber(text) ?? servicePort(text, protocol);
    if (port !== undefined && port <= 65535) return port;
  }
  return usage(`invalid port/service \`${text}' specified`);
}

/** `port`, `low:high`, `low:`, `:high` in order. */
export function readPorts(text: string, protocol: string): readonly [number, number] {
  const colon = text.indexOf(":");
  if (colon < 0) {
    const port = readPort(text, protocol);
    return [port, port];
  }
  const low = text.slice(0, colon), high = text.slice(colon + 1);
  const ports = [low === "" ? 0 : readPort(low, protocol), high === "" ? 65535 : readPort(high, protocol)] as const;
  if (ports[0] > ports[1]) usage("invalid portrange (min > max)");
  return ports;
}

/** `value[/mask]` of 32 bits, the mask all ones when absent. */
export function readMark(text: string, at: Argument): { value: number; mask: number } {
  const bad = () => usage(`${at.ext}: bad integer value for option "--${at.option}", or out of range.\n`);
  const [value = "", mask, ...more] = text.split("/");
  if (more.length > 0) usage(`${at.ext}: trailing garbage after value for option "--${at.option}".\n`);
  const numbers = [parseNumber(value), mask === undefined ? 0xffff_ffff : parseNumber(mask)];
  const [v, m] = numbers;
  if (v === undefined || m === undefined || v > 0xffff_ffff || m > 0xffff_ffff) return bad();
  return { value: v, mask: m };
}

/** A 32-bit number. */
export function readWord(text: string, at: Argument): number {
  return readNumber(text, at, { max: 0xffff_ffff });
}

/** A text of at least one and at most `max` bytes: what is over is cut off. */
export function readText(text: string, max: number, min = 0): string {
  if (text.length < min) usage(`Argument must have a minimum length of ${min} characters\n`);
  return text.length > max ? text.slice(0, max) : text;
}

/** A protocol by number or name (xtables_parse_protocol): `all` and `ip` are 0. */
export function readProtocol(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : undefined;
  if (number !== undefined && number <= 255) return number;
  const name = text.toLowerCase();
  const known = name === "icmpv6"
    ? 58
    : name === "all"
    ? 0
    : name === "mh" || name === "ipv6-mh"
    ? 135
    : protocolNumber(name);
  if (known === undefined) usage(`unknown protocol "${text}" specified`);
  return known;
}

/** A host's address: numbers only, for no name service stands behind these options. */
export function readHost(text: string, family: Family): Words {
  return parseWords(text, family) ?? usage("getaddrinfo: Temporary failure in name resolution\n");
}

/** `address[/mask]` as it stands, host bits kept; `whole` when the mask was none. */
export function readHostMask(text: string, family: Family): Net {
  const slash = text.indexOf("/");
  if (slash < 0) return { ip: readHost(text, family), mask: fullMask(family) };
  return { ip: readHost(text.slice(0, slash), family), mask: looseMask(text.slice(slash + 1), family) };
}

/** A mask by length or address; what is neither becomes the whole address (xtopt_parse_plenmask). */
export function looseMask(text: string, family: Family): Words {
  const max = family === 4 ? 32 : 128;
  const mask = /^\d+$/.test(text) ? maskOf(Math.min(Number(text), max), family) : parseWords(text, family);
  return mask ?? fullMask(family);
}

/** `-s` and `-d` of one host or network; its host bits are cleared (xtables_ipparse_any). */
export function readNet(text: string, family: Family): Net {
  const slash = text.indexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const mask = slash < 0 ? fullMask(family) : readMask(text.slice(slash + 1), family);
  const ip = parseWords(host, family) ?? (family === 4 ? shortQuad(host) : undefined) ??
    hostByName(host, family);
  if (ip === undefined) usage(`host/network \`${host}' not found`);
  return { ip: masked(ip, mask), mask };
}

function hostByName(name: string, family: Family): Words | undefined {
  if (name !== "localhost") return undefined;
  return family === 4 ? [0x7f00_0001] : [0, 0, 0, 1];
}

function readMask(text: string, family: Family): Words {
  const max = family === 4 ? 32 : 128;
  const mask = /^\d{1,3}$/.test(text) && Number(text) <= max ? maskOf(Number(text), family) : parseWords(text, family);
  return mask ?? usage(`invalid mask \`${text}' specified`);
}

/** `10.1` is 10.1.0.0; octal and hexadecimal octets are taken as inet_aton does. */
function shortQuad(text: string): Words | undefined {
  const parts = text.split(".");
  if (parts.length > 4) return undefined;
  const numbers = parts.map(parseNumber);
  if (numbers.some((number) => number === undefined || number > 255)) return undefined;
  while (numbers.length < 4) numbers.push(0);
  return [numbers.reduce<number>((sum, number) => sum * 256 + (number as number), 0)];
}
