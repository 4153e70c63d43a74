import { parseIp } from "../../../base/mod.ts";
import { FilterComplaint, SYNTAX_ERROR } from "./complaint.ts";

/** A token: `word` is a keyword or an operator; the others carry what was written. */
export interface Token {
  readonly kind: "word" | "id" | "number" | "ip4" | "ip6" | "mac";
  readonly text: string;
}

const WORDS = new Set(
  ("src dst host net mask port portrange proto protochain gateway and or not less greater byte broadcast multicast inbound " +
    "outbound ifindex vlan mpls pppoed pppoes geneve len length link ether ip ip6 arp rarp tcp udp sctp icmp icmp6 igmp igrp " +
    "pim vrrp carp ah esp stp fddi tr wlan ppp slip aarp atalk decnet iso ipx netbeui lat moprc mopdl radio").split(
      " ",
    ),
);
const ALIASES: Readonly<Record<string, string>> = {
  "&&": "and",
  "||": "or",
  "!": "not",
  "==": "=",
  fddi: "ether",
  tr: "ether",
  wlan: "ether",
  ppp: "link",
  slip: "link",
  length: "len",
};

/** Names of numbers: header fields and what stands in them (pcap-filter(7)). */
const CONSTANTS: Readonly<Record<string, number>> = {
  icmptype: 0,
  icmpcode: 1,
  icmp6type: 0,
  icmp6code: 1,
  "icmp-echoreply": 0,
  "icmp-unreach": 3,
  "icmp-sourcequench": 4,
  "icmp-redirect": 5,
  "icmp-echo": 8,
  "icmp-routeradvert": 9,
  "icmp-routersolicit": 10,
  "icmp-timxceed": 11,
  "icmp-paramprob": 12,
  "icmp-tstamp": 13,
  "icmp-tstampreply": 14,
  "icmp-ireq": 15,
  "icmp-ireqreply": 16,
  "icmp-maskreq": 17,
  "icmp-maskreply": 18,
  "icmp6-destinationunreach": 1,
  "icmp6-packettoobig": 2,
  "icmp6-timeexceeded": 3,
  "icmp6-parameterproblem": 4,
  "icmp6-echo": 128,
  "icmp6-echoreply": 129,
  "icmp6-multicastlistenerquery": 130,
  "icmp6-multicastlistenerreportv1": 131,
  "icmp6-multicastlistenerdone": 132,
  "icmp6-routersolicit": 133,
  "icmp6-routeradvert": 134,
  "icmp6-neighborsolicit": 135,
  "icmp6-neighboradvert": 136,
  "icmp6-redirect": 137,
  "icmp6-multicastlistenerreportv2": 143,
  tcpflags: 13,
  "tcp-fin": 1,
  "tcp-syn": 2,
  "tcp-rst": 4,
  "tcp-push": 8,
  "tcp-ack": 16,
  "tcp-urg": 32,
  "tcp-ece": 64,
  "tcp-cwr": 128,
};

const TOKEN =
  /\s*(?:(\\[^\s()&|!]+)|([0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5}(?![0-9a-f:]))|([0-9a-f]*:[0-9a-f:]*(?:\d+\.[\d.]+)?)|(&&|\|\||<<|>>|<=|>=|==|!=|[()[\]!<>=+\-*/%&|^:])|([a-z0-9][a-z0-9_.-]*[a-z0-9_]|[a-z0-9]))/iy;

/** The tokens of an expression; inside brackets a colon divides, so that `tcp[0:2]` is no address. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  const scan = new RegExp(TOKEN);
  let depth = 0;
  while (scan.lastIndex < text.trimEnd().length) {
    const inside = depth > 0 ? insideBrackets(text, scan.lastIndex) : undefined;
    const match = inside ?? scan.exec(text);
    if (match === null) throw new FilterComplaint(SYNTAX_ERROR);
    if (inside !== undefined) scan.lastIndex += inside[0].length;
    const token = classify(match);
    if (token.text === "[") depth++;
    if (token.text === "]") depth--;
    found.push(token);
  }
  return found;
}

/** Within brackets `6:2` is two numbers: reads one number or name, leaving the colon. */
function insideBrackets(text: string, at: number): RegExpExecArray | undefined {
  const match = /^\s*()()()()(0x[0-9a-f]+|\d+)(?=\s*[:\]])/i.exec(text.slice(at));
  return match ?? /^\s*()()()(:)()/.exec(text.slice(at)) ?? undefined;
}

function classify([, escaped, mac, colons, operator, word]: RegExpExecArray): Token {
  if (escaped) return { kind: "id", text: escaped.slice(1) };
  if (mac) return { kind: "mac", text: mac.replaceAll("-", ":") };
  if (colons) {
    if (parseIp(colons) === undefined) throw new FilterComplaint(`bogus IPv6 address ${colons}`);
    return { kind: "ip6", text: colons };
  }
  if (operator) return { kind: "word", text: ALIASES[operator] ?? operator };
  return classifyWord(word as string);
}

function classifyWord(word: string): Token {
  if (/^(\d+|0x[0-9a-f]+)$/i.test(word)) return { kind: "number", text: String(Number(word)) };
  if (/^\d+(\.\d+){1,3}$/.test(word)) {
    if (word.split(".").some((part) => Number(part) > 255)) throw new FilterComplaint(`invalid IPv4 address '${word}'`);
    return { kind: "ip4", text: word };
  }
  if (CONSTANTS[word] !== undefined) return { kind: "number", text: String(CONSTANTS[word]) };
  return WORDS.has(word) ? { kind: "word", text: ALIASES[word] ?? word } : { kind: "id", text: word };
}
