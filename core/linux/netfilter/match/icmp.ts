import { OP } from "../../../../wasm/mod.ts";
import type { Family } from "../address.ts";
import { usage } from "../complaint.ts";
import { range } from "../encoder.ts";
import type { Extension, Look } from "../extension.ts";
import { parseNumber } from "../readers.ts";

interface Message {
  readonly type: number;
  readonly low: number;
  readonly high: number;
  readonly not: boolean;
}

/** `-m icmp`: type 255 with every code is any. */
export interface IcmpMatch extends Message {
  readonly match: "icmp";
}

/** `-m icmp6` (loaded by `-p ipv6-icmp`). */
export interface Icmp6Match extends Message {
  readonly match: "icmp6";
}

/** Names with type and codes, as RFC 792 and its followers number them; the first of equal entries is the one printed. */
type Named = readonly (readonly [string, number, number, number])[];

const ICMP: Named = [
  ["any", 255, 0, 255],
  ["echo-reply", 0, 0, 255],
  ["pong", 0, 0, 255],
  ["destination-unreachable", 3, 0, 255],
  ["network-unreachable", 3, 0, 0],
  ["host-unreachable", 3, 1, 1],
  ["protocol-unreachable", 3, 2, 2],
  ["port-unreachable", 3, 3, 3],
  ["fragmentation-needed", 3, 4, 4],
  ["source-route-failed", 3, 5, 5],
  ["network-unknown", 3, 6, 6],
  ["host-unknown", 3, 7, 7],
  ["network-prohibited", 3, 9, 9],
  ["host-prohibited", 3, 10, 10],
  ["TOS-network-unreachable", 3, 11, 11],
  ["TOS-host-unreachable", 3, 12, 12],
  ["communication-prohibited", 3, 13, 13],
  ["host-precedence-violation", 3, 14, 14],
  ["precedence-cutoff", 3, 15, 15],
  ["source-quench", 4, 0, 255],
  ["redirect", 5, 0, 255],
  ["network-redirect", 5, 0, 0],
  ["host-redirect", 5, 1, 1],
  ["TOS-network-redirect", 5, 2, 2],
  ["TOS-host-redirect", 5, 3, 3],
  ["echo-request", 8, 0, 255],
  ["ping", 8, 0, 255],
  ["router-advertisement", 9, 0, 255],
  ["router-solicitation", 10, 0, 255],
  ["time-exceeded", 11, 0, 255],
  ["ttl-exceeded", 11, 0, 255],
  ["ttl-zero-during-transit", 11, 0, 0],
  ["ttl-zero-during-reassembly", 11, 1, 1],
  ["parameter-problem", 12, 0, 255],
  ["ip-header-bad", 12, 0, 0],
  ["required-option-missing", 12, 1, 1],
  ["timestamp-request", 13, 0, 255],
  ["timestamp-reply", 14, 0, 255],
  ["address-mask-request", 17, 0, 255],
  ["address-mask-reply", 18, 0, 255],
];

const ICMP6: Named = [
  ["destination-unreachable", 1, 0, 255],
  ["no-route", 1, 0, 0],
  ["communication-prohibited", 1, 1, 1],
  ["beyond-scope", 1, 2, 2],
  ["address-unreachable", 1, 3, 3],
  ["port-unreachable", 1, 4, 4],
  ["failed-policy", 1, 5, 5],
  ["reject-route", 1, 6, 6],
  ["packet-too-big", 2, 0, 255],
  ["time-exceeded", 3, 0, 255],
  ["ttl-exceeded", 3, 0, 255],
  ["ttl-zero-during-transit", 3, 0, 0],
  ["ttl-zero-during-reassembly", 3, 1, 1],
  ["parameter-problem", 4, 0, 255],
  ["bad-header", 4, 0, 0],
  ["unknown-header-type", 4, 1, 1],
  ["unknown-option", 4, 2, 2],
  ["echo-request", 128, 0, 255],
  ["ping", 128, 0, 255],
  ["echo-reply", 129, 0, 255],
  ["pong", 129, 0, 255],
  ["router-solicitation", 133, 0, 255],
  ["router-advertisement", 134, 0, 255],
  ["neighbour-solicitation", 135, 0, 255],
  ["neighbor-solicitation", 135, 0, 255],
  ["neighbour-advertisement", 136, 0, 255],
  ["neighbor-advertisement", 136, 0, 255],
  ["redirect", 137, 0, 255],
];

function parseMessage(text: string, names: Named, kind: string): Omit<Message, "not"> {
  const wanted = text.toLowerCase();
  const exact = names.find(([name]) => name.toLowerCase() === wanted);
  const found = exact === undefined ? names.filter(([name]) => name.toLowerCase().startsWith(wanted)) : [exact];
  const [first, second] = found;
  if (second !== undefined && first !== undefined) {
    usage(`Ambiguous ${kind} type \`${text}': \`${first[0]}' or \`${second[0]}'?`);
  }
  if (first !== undefined) return { type: first[1], low: first[2], high: first[3] };
  const [type = "", code] = text.split("/");
  const typeNumber = parseNumber(type);
  if (typeNumber === undefined || typeNumber > 255) {
    return usage(`Unknown ${kind} type \`${type === "" ? text : type}'`);
  }
  if (code === undefined) return { type: typeNumber, low: 0, high: 255 };
  const codeNumber = parseNumber(code);
  if (codeNumber === undefined || codeNumber > 255) return usage(`Unknown ${kind} code \`${text}'`);
  return { type: typeNumber, low: codeNumber, high: codeNumber };
}

/** The name of one type and code, as ipset prints it. */
export function icmpName(type: number, code: number, family: Family): string | undefined {
  const names = family === 4 ? ICMP : ICMP6;
  const exact = names.find(([, t, low, high]) => t === type && low === code && high === code);
  return (exact ?? (code === 0 ? names.find(([, t]) => t === type) : undefined))?.[0];
}

/** Type and code of a name; a type's name stands for code 0. */
export function icmpByName(name: string, family: Family): { type: number; code: number } | undefined {
  const found = (family === 4 ? ICMP : ICMP6).find(([known]) => known === name);
  return found && { type: found[1], code: found[2] };
}

function listMessage(m: Message, names: Named, title: string, look: Look): string {
  const bang = m.not ? "!" : "";
  const named = names.find(([, type, low, high]) => type === m.type && low === m.low && high === m.high);
  if (!look.numeric && named !== undefined) return ` ${title} ${bang}${named[0]}`;
  const type = m.not ? ` ${title} !type ${m.type}` : ` ${title}type ${m.type}`;
  if (m.low === 0 && m.high === 255) return type;
  return type + (m.low === m.high ? ` code ${m.low}` : ` codes ${m.low}-${m.high}`);
}

function saveMessage(m: Message, option: string): string {
  const code = m.low === 0 && m.high === 255 ? "" : `/${m.low}`;
  return `${m.not ? " !" : ""} --${option} ${m.type}${code}`;
}

/** libipt_icmp. */
export const icmp: Extension<IcmpMatch> = {
  name: "icmp",
  op: OP.ICMP,
  family: 4,
  protos: [1],
  options: [{
    names: ["icmp-type"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, text, { not }) => Object.assign(draft, parseMessage(text, ICMP, "ICMP"), { not }),
  }],
  start: () => ({ match: "icmp", type: 255, low: 0, high: 255, not: false }),
  save: (m) => m.type === 255 ? `${m.not ? " !" : ""} --icmp-type any` : saveMessage(m, "icmp-type"),
  list: (m, look) => listMessage(m, ICMP, "icmp", look),
  inverted: (m) => m.not,
  encode: (m, out) => out.push(m.type, range(m.low, m.high)),
};

/** libip6t_icmp6. */
export const icmp6: Extension<Icmp6Match> = {
  name: "icmp6",
  aliases: ["icmpv6", "ipv6-icmp"],
  op: OP.ICMP,
  family: 6,
  protos: [58],
  options: [{
    names: ["icmpv6-type"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, text, { not }) => Object.assign(draft, parseMessage(text, ICMP6, "ICMPv6"), { not }),
  }],
  start: () => ({ match: "icmp6", type: 255, low: 0, high: 255, not: false }),
  save: (m) => saveMessage(m, "icmpv6-type"),
  list: (m, look) => listMessage(m, ICMP6, "ipv6-icmp", look),
  inverted: (m) => m.not,
  encode: (m, out) => out.push(m.type, range(m.low, m.high)),
};
