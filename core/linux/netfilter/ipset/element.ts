/**
 * Elements of sets as text.
 *
 * ```text
 * element = part ("," part)*
 * ip      = ADDRESS ["/" LENGTH | "-" ADDRESS]
 * port    = [PROTOCOL ":"] PORT ["-" PORT] | ("icmp" | "icmpv6") ":" (NAME | TYPE "/" CODE)
 * ```
 */
import { type Family, fullMask, masked, maskOf, parseWords, printWords, type Words, wordsOf } from "../address.ts";
import { icmpByName, icmpName } from "../match/icmp.ts";
import { protocolName, protocolNumber, servicePort } from "../names.ts";
import { parseNumber } from "../readers.ts";
import { type Part, refuse, type SetHeader } from "./model.ts";
import type { Dimension } from "./types.ts";

const ORDINALS = ["", "Second", "Third"];
const WHOLE = { 4: 32, 6: 128 } as const;
/** How many addresses one element may stand for. */
const LARGEST_RANGE = 1 << 20;

/** The elements a text stands for: ranges are spelled out. */
export function parseElements(text: string, header: SetHeader): Part[][] {
  const { type } = header;
  const words = text.split(",");
  if (words.length > type.dimensions.length) {
    if (type.dimensions.length === 1) {
      refuse(`Syntax error: Elem separator in ${text}, but settype ${type.name} supports none.`);
    }
    refuse(
      `Syntax error: Elem separator in ${text}, but settype ${type.name} supports only ${type.dimensions.length} elements.`,
    );
  }
  let elements: Part[][] = [[]];
  type.dimensions.forEach((dimension, i) => {
    const word = words[i];
    if (word === undefined) refuse(`Syntax error: ${ORDINALS[i]} element is missing from ${text}.`);
    const parts = readParts(dimension, word, header);
    elements = elements.flatMap((element) => parts.map((part) => [...element, part]));
  });
  return elements;
}

function readParts(dimension: Dimension, text: string, header: SetHeader): Part[] {
  if (dimension === "ip") return readIps(text, header);
  if (dimension === "net") return readNets(text, header);
  if (dimension === "port") return readPorts(text, header);
  if (dimension === "set") return [{ kind: "set", name: text }];
  if (dimension === "iface") return [{ kind: "iface", name: text }];
  if (dimension === "mac") return [{ kind: "mac", mac: readMac(text) }];
  const mark = parseNumber(text);
  if (mark === undefined) refuse(`Syntax error: '${text}' is invalid as number`);
  return [{ kind: "mark", mark }];
}

function readMac(text: string): string {
  if (!/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(text)) {
    refuse(`Syntax error: cannot parse '${text}' as ethernet address`);
  }
  return text.split(":").map((byte) => byte.padStart(2, "0").toUpperCase()).join(":");
}

function readAddress(text: string, family: Family): Words {
  return parseWords(text, family) ??
    refuse(`Syntax error: cannot parse ${text}: resolving to IPv${family} address failed`);
}

function readLength(text: string, family: Family): number {
  const length = parseNumber(text);
  if (length === undefined) refuse(`Syntax error: '${text}' is invalid as number`);
  if (length > WHOLE[family]) refuse(`Syntax error: '${text}' is out of range 0-${WHOLE[family]}`);
  return length;
}

/** First and last address of `a`, `a/n`, `a-b`. */
function readSpan(text: string, family: Family): readonly [bigint, bigint] {
  const slash = text.indexOf("/"), dash = text.indexOf("-");
  if (slash >= 0) {
    const length = readLength(text.slice(slash + 1), family);
    const first = number(masked(readAddress(text.slice(0, slash), family), maskOf(length, family)));
    return [first, first + (1n << BigInt(WHOLE[family] - length)) - 1n];
  }
  if (dash < 0) {
    const one = number(readAddress(text, family));
    return [one, one];
  }
  const ends = [
    number(readAddress(text.slice(0, dash), family)),
    number(readAddress(text.slice(dash + 1), family)),
  ] as const;
  return ends[0] <= ends[1] ? ends : [ends[1], ends[0]];
}

function number(words: Words): bigint {
  return words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
}

function readIps(text: string, { family, netmask }: SetHeader): Part[] {
  const [first, last] = readSpan(text, family);
  if (last - first >= BigInt(LARGEST_RANGE)) refuse("IP/port/element type combination is invalid");
  const mask = netmask === undefined ? fullMask(family) : maskOf(netmask, family);
  const step = 1n << BigInt(WHOLE[family] - (netmask ?? WHOLE[family]));
  const parts: Part[] = [];
  for (let value = first; value <= last; value += step) {
    parts.push({ kind: "ip", ip: masked(wordsOf(value, family), mask) });
  }
  return parts;
}

/** Types whose networks may be `0.0.0.0/0`. */
const TAKE_ALL = ["hash:net,iface", "hash:net,net", "hash:net,port,net"];

/** Networks that cover `a-b` exactly; a bare address is a whole one. */
function readNets(text: string, { family, type }: SetHeader): Part[] {
  const [first, last] = readSpan(text, family);
  if (text.endsWith("/0") && !TAKE_ALL.includes(type.name)) {
    refuse("The value of the CIDR parameter of the IP address is invalid");
  }
  const parts: Part[] = [];
  for (let at = first; at <= last;) {
    let bits = 0;
    const fits = (n: number) => at % (1n << BigInt(n)) === 0n && at + (1n << BigInt(n)) - 1n <= last;
    const most = text.endsWith("/0") ? WHOLE[family] : WHOLE[family] - 1;
    while (bits < most && fits(bits + 1)) bits++;
    parts.push({ kind: "net", ip: wordsOf(at, family), length: WHOLE[family] - bits });
    at += 1n << BigInt(bits);
  }
  return parts;
}

function readPorts(text: string, { type, family }: SetHeader): Part[] {
  const bare = type.dimensions.length === 1;
  const colon = text.indexOf(":");
  const name = colon < 0 ? "tcp" : text.slice(0, colon);
  const proto = readProtocol(name);
  const rest = text.slice(colon + 1);
  if (proto === 1 || proto === 58) return [{ kind: "port", proto, port: readIcmp(rest, proto === 1 ? 4 : 6) }];
  if (family === 4 && !WITH_PORTS.includes(proto)) return [{ kind: "port", proto, port: 0 }];
  const dash = /^\d+-/.test(rest) ? rest.indexOf("-") : -1;
  const low = readPort(dash < 0 ? rest : rest.slice(0, dash), name);
  const high = dash < 0 ? low : readPort(rest.slice(dash + 1), name);
  const [first, last] = low <= high ? [low, high] : [high, low];
  return Array.from(
    { length: last - first + 1 },
    (_, i) => ({ kind: "port", proto: bare ? 0 : proto, port: first + i }),
  );
}

const WITH_PORTS = [6, 17, 132, 136];

function readProtocol(name: string): number {
  const known = name === "icmpv6" ? 58 : protocolNumber(name.toLowerCase()) ?? parseNumber(name);
  return known ?? refuse(`Syntax error: cannot parse '${name}' as a protocol`);
}

function readPort(text: string, protocol: string): number {
  const port = parseNumber(text) ?? servicePort(text, protocol);
  if (port !== undefined && port <= 65535) return port;
  const problem = port === undefined ? `'${text}' is invalid as number` : `'${text}' is out of range 0-65535`;
  return refuse(
    `Syntax error: ${problem}\nSyntax error: '${protocol}' is invalid as number\ncannot parse '${text}' as a ${protocol} port`,
  );
}

function readIcmp(text: string, family: Family): number {
  const named = icmpByName(text, family);
  if (named !== undefined) return (named.type << 8) | named.code;
  const [type, code] = text.split("/").map(parseNumber);
  if (type === undefined || code === undefined || type > 255 || code > 255) {
    refuse(`Syntax error: cannot parse '${text}' as an ICMP${family === 6 ? "v6" : ""} type`);
  }
  return (type << 8) | code;
}

/** An element as `ipset list` prints it. */
export function printElement(parts: readonly Part[], header: SetHeader): string {
  return parts.map((part) => printPart(part, header)).join(",");
}

function printPart(part: Part, header: SetHeader): string {
  if (part.kind === "ip") return printWords(part.ip);
  if (part.kind === "net") return printWords(part.ip) + (part.length === WHOLE[header.family] ? "" : `/${part.length}`);
  if (part.kind === "port") {
    return header.type.dimensions.length === 1 ? `${part.port}` : printPort(part.proto, part.port);
  }
  if (part.kind === "mark") return "0x" + part.mark.toString(16).padStart(8, "0");
  return part.kind === "mac" ? part.mac : part.name;
}

function printPort(proto: number, port: number): string {
  const name = proto === 58 ? "icmpv6" : protocolName(proto) ?? `${proto}`;
  if (proto !== 1 && proto !== 58) return `${name}:${port}`;
  const type = port >> 8, code = port & 255;
  return `${name}:${icmpName(type, code, proto === 1 ? 4 : 6) ?? `${type}/${code}`}`;
}
