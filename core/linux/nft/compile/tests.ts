/** Selectors and values as conditions of the plane's rules. */
import { ADDRTYPE, CTMATCH, CTSTATE, CTSTATUS, OP, OWNER, PORTINV, RPFILTER } from "../../../../wasm/mod.ts";
import { parseMac } from "../../../base/mod.ts";
import { fullMask, maskOf, wordsOf } from "../../netfilter/address.ts";
import { range } from "../../netfilter/encoder.ts";
import type { Span } from "../datatypes.ts";
import { type Alternatives, ALWAYS, both, type Condition, match, unmodelled } from "./condition.ts";

/** One test: a selector, the values of which one is meant, and whether it is meant at all. */
export interface Test {
  readonly selector: string;
  readonly spans: readonly Span[];
  readonly not: boolean;
  /** Where the value's text says more than its number: `"eth*"`, `missing`. */
  readonly text: string;
  readonly family: 4 | 6;
  /** For flags: these and no others. */
  readonly exactly: boolean;
  readonly mask?: number | bigint;
}

type Tester = (test: Test) => Alternatives;

const NEVER: Alternatives = [];

/** Tests of numbers: alternatives of one condition each, or all of them turned round together. */
function each(test: Test, make: (span: Span, not: boolean) => Condition): Alternatives {
  if (test.not) return [test.spans.map((span) => make(span, true))];
  return test.spans.map((span) => [make(span, false)]);
}

function address(part: "src" | "dst", own: 4 | 6): Tester {
  return (test) => {
    if (test.family !== own) return NEVER;
    const { mask } = test;
    if (mask === undefined) return each(test, (span, not) => addressTest(part, span, { not, family: own }));
    const words = wordsOf(BigInt(mask), own);
    return each(test, ({ from }, not) => ({ part, ip: wordsOf(from, own), mask: words, not }));
  };
}

function addressTest(part: "src" | "dst", { from, to }: Span, at: { not: boolean; family: 4 | 6 }): Condition {
  const { not, family } = at;
  const ip = wordsOf(from, family);
  if (from === to) return { part, ip, mask: fullMask(family), not };
  const size = to - from + 1n;
  if ((size & (size - 1n)) === 0n && from % size === 0n) {
    const length = (family === 4 ? 32 : 128) - (size.toString(2).length - 1);
    return { part, ip, mask: maskOf(length, family), not };
  }
  const [first, last] = [wordsOf(from, family), wordsOf(to, family)];
  const zero = first.map(() => 0);
  const source = part === "src";
  const flags = (source ? 1 : 2) | (not ? (source ? 4 : 8) : 0);
  const sides = source ? [...first, ...last, ...zero, ...zero] : [...zero, ...zero, ...first, ...last];
  return match(OP.IPRANGE, [flags, ...sides]);
}

const proto: Tester = (test) => each(test, ({ from }, not) => ({ part: "proto", number: Number(from), not }));

/** `ip protocol` of an IPv4 packet, `ip6 nexthdr` of an IPv6 one. */
function protoOf(own: 4 | 6): Tester {
  return (test) => (test.family === own ? proto(test) : NEVER);
}

const PORT_OPS: Readonly<Record<number, number>> = { 6: OP.TCP, 17: OP.UDP };
const ANY = range(0, 0xffff);
const MOST_PORTS = 15;

/** A port of one protocol, or of any that has ports. */
function port(side: "sport" | "dport", number: number | undefined): Tester {
  return (test) => {
    const own: Alternatives = number === undefined ? ALWAYS : [[{ part: "proto", number, not: false }]];
    const op = number === undefined ? undefined : PORT_OPS[number];
    const ranges = test.spans.map(({ from, to }) => range(Number(from), Number(to)));
    const [only] = ranges;
    if (op === undefined || ranges.length !== 1 || only === undefined) {
      return both(own, [many(side, ranges).map((operands) => match(OP.MULTIPORT, operands, test.not))]);
    }
    const inversion = test.not ? (side === "sport" ? PORTINV.SOURCE : PORTINV.DESTINATION) : 0;
    const [sport, dport] = side === "sport" ? [only, ANY] : [ANY, only];
    return both(own, [[match(op, op === OP.TCP ? [sport, dport, 0, inversion] : [sport, dport, inversion])]]);
  };
}

function many(side: "sport" | "dport", ranges: readonly number[]): number[][] {
  return ranges.length > MOST_PORTS * MOST_PORTS ? [] : [[side === "sport" ? 1 : 2, ...ranges]];
}

function icmp(number: number, own: 4 | 6): Tester {
  return (test) => {
    if (test.family !== own) return NEVER;
    const type = each(test, ({ from }, not) => match(OP.ICMP, [Number(from), range(0, 255)], not));
    return both([[{ part: "proto", number, not: false }]], type);
  };
}

function mark(op: number): Tester {
  return (test) => {
    const { mask = 0xffff_ffff } = test;
    if (test.spans.some(({ from, to }) => from !== to)) return unmodelled("mark range");
    return each(test, ({ from }, not) => match(op, [Number(from), Number(mask)], not));
  };
}

function device(part: "in" | "out"): Tester {
  return (test) => {
    const names = test.text.split(",").map((name) => name.replaceAll('"', "").replace(/\*$/, "+"));
    if (!test.not) return names.map((name) => [{ part, name, not: false }]);
    return [names.map((name) => ({ part, name, not: true }))];
  };
}

/** A conntrack match with all its operands; those not said are zero. */
function conntrack(
  what: number,
  own: Partial<Record<number, readonly number[]>>,
  at: { not: boolean; family: 4 | 6 },
): Condition {
  const width = at.family === 4 ? 1 : 4;
  const operands = new Array<number>(11 + 8 * width).fill(0);
  operands[0] = what;
  operands[1] = at.not ? what : 0;
  for (const [place, values] of Object.entries(own)) values?.forEach((value, i) => operands[Number(place) + i] = value);
  return match(OP.CONNTRACK, operands);
}

const STATES: readonly (readonly [bigint, number])[] = [
  [1n, CTSTATE.INVALID],
  [2n, CTSTATE.ESTABLISHED],
  [4n, CTSTATE.RELATED],
  [8n, CTSTATE.NEW],
  [64n, CTSTATE.UNTRACKED],
];

function bitsOf(spans: readonly Span[], table: readonly (readonly [bigint, number])[]): number {
  return table.reduce((bits, [bit, own]) => (spans.some(({ from }) => (from & bit) !== 0n) ? bits | own : bits), 0);
}

const ctState: Tester = ({ spans, not }) => [[
  match(OP.CONNTRACK, [CTMATCH.STATE, not ? CTMATCH.STATE : 0, bitsOf(spans, STATES)]),
]];

const NATTED: readonly (readonly [bigint, number])[] = [[16n, CTSTATE.SNAT], [32n, CTSTATE.DNAT]];
const STATUSES: readonly (readonly [bigint, number])[] = [
  [1n, CTSTATUS.EXPECTED],
  [2n, CTSTATUS.SEEN_REPLY],
  [4n, CTSTATUS.ASSURED],
  [8n, CTSTATUS.CONFIRMED],
];

/** Any of the flags; translations are states to the plane, all others statuses. */
const ctStatus: Tester = ({ spans, not, family }) => {
  const [states, statuses] = [bitsOf(spans, NATTED), bitsOf(spans, STATUSES)];
  const tests: Condition[] = [];
  if (states !== 0) tests.push(match(OP.CONNTRACK, [CTMATCH.STATE, not ? CTMATCH.STATE : 0, states]));
  if (statuses !== 0) tests.push(conntrack(CTMATCH.STATUS, { 3: [statuses] }, { not, family }));
  return not ? [tests] : tests.map((test) => [test]);
};

const ctDirection: Tester = ({ spans, not, family }) => {
  const reply = spans[0]?.from === 1n;
  return [[conntrack(CTMATCH.DIRECTION, {}, { not: reply !== not, family })]];
};

const CT_SIDES: Readonly<Record<string, readonly [number, number, number]>> = {
  "original saddr": [CTMATCH.ORIGSRC, 0, 0],
  "original daddr": [CTMATCH.ORIGDST, 1, 0],
  "reply saddr": [CTMATCH.REPLSRC, 2, 0],
  "reply daddr": [CTMATCH.REPLDST, 3, 0],
  "original proto-src": [CTMATCH.ORIGSRC_PORT, 0, 7],
  "original proto-dst": [CTMATCH.ORIGDST_PORT, 1, 7],
  "reply proto-src": [CTMATCH.REPLSRC_PORT, 2, 7],
  "reply proto-dst": [CTMATCH.REPLDST_PORT, 3, 7],
};

/** `ct original ip saddr`, `ct reply proto-dst` ... */
const ctSide: Tester = (test) => {
  const { selector, family, spans, not } = test;
  const [what, place, ports] = CT_SIDES[selector.replace(/^ct /, "").replace(/ ip6? /, " ")] ?? [0, 0, 0];
  if (/ ip /.test(selector) !== (family === 4) && ports === 0) return NEVER;
  const made = spans.map((span) => {
    if (ports > 0) {
      return conntrack(what, { [ports + place]: [range(Number(span.from), Number(span.to))] }, { not, family });
    }
    const test = addressTest("src", span, { not: false, family });
    const width = family === 4 ? 1 : 4;
    const net = test.part === "src" ? [...test.ip, ...test.mask] : [];
    return conntrack(what, { [11 + 2 * width * place]: net }, { not, family });
  });
  return not ? [made] : made.map((one) => [one]);
};

/** `fib daddr type local`, `fib saddr . iif oif missing`. */
const fib: Tester = ({ selector, spans, not, text }) => {
  const keys = selector.split(" ").slice(1, -1).filter((word) => word !== ".");
  if (selector.endsWith(" type")) {
    const bits = spans.reduce((sum, { from }) => sum | (1 << Number(from)), 0);
    const source = keys.includes("saddr");
    const limit = keys.includes("iif") ? ADDRTYPE.LIMIT_IN : keys.includes("oif") ? ADDRTYPE.LIMIT_OUT : 0;
    const inverted = not ? (source ? ADDRTYPE.NOT_SOURCE : ADDRTYPE.NOT_DESTINATION) : 0;
    return [[match(OP.ADDRTYPE, [source ? bits : 0, source ? 0 : bits, limit | inverted])]];
  }
  const missing = (text === "missing" || text === "0") !== not;
  if (!keys.includes("saddr")) return unmodelled(selector);
  const flags = (keys.includes("iif") ? 0 : RPFILTER.LOOSE) | (keys.includes("mark") ? RPFILTER.VALID_MARK : 0);
  return [[match(OP.RPFILTER, [flags | (missing ? RPFILTER.INVERT : 0)])]];
};

function number(op: number, operands: (span: Span) => readonly number[]): Tester {
  return (test) => each(test, (span, not) => match(op, operands(span), not));
}

const length = number(OP.LENGTH, ({ from, to }) => [range(Number(from), Math.min(Number(to), 0xffff))]);

/** TTL and hop limit: equal, or within bounds by the kernel's greater and less. */
function ttl(own: 4 | 6): Tester {
  return (test) => {
    if (test.family !== own) return NEVER;
    if (test.not) return each(test, ({ from }) => match(OP.TTL, [1, Number(from)]));
    return test.spans.map(({ from, to }) => {
      if (from === to) return [match(OP.TTL, [0, Number(from)])];
      const low = from === 0n ? [] : [match(OP.TTL, [3, Number(from) - 1])];
      return to >= 255n ? low : [...low, match(OP.TTL, [2, Number(to) + 1])];
    });
  };
}

function owner(what: number, place: 2 | 4): Tester {
  return (test) =>
    each(test, ({ from, to }, not) => {
      const operands = [what, not ? what : 0, 0, 0, 0, 0];
      [operands[place], operands[place + 1]] = [Number(from), Number(to)];
      return match(OP.OWNER, operands);
    });
}

/** Any of the flags where nothing else is said; exactly these with `==`; these of those with a mask. */
const tcpFlags: Tester = ({ spans, not, exactly, mask }) => {
  const tcp: Alternatives = [[{ part: "proto", number: 6, not: false }]];
  const test = (bits: number, value: number, inverted: boolean) =>
    match(OP.TCP, [ANY, ANY, bits | (value << 8), inverted ? PORTINV.FLAGS : 0]);
  if (mask !== undefined || exactly) {
    const made = spans.map(({ from }) => test(Number(mask ?? 0xff), Number(from), not));
    return both(tcp, not ? [made] : made.map((one) => [one]));
  }
  const singles = spans.flatMap(({ from }) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((i) => 1 << i).filter((bit) => Number(from) & bit)
  );
  const made = singles.map((bit) => test(bit, bit, not));
  return both(tcp, not ? [made] : made.map((one) => [one]));
};

/** What is known from the family alone. */
function known(numbers: Readonly<Record<4 | 6, bigint>>): Tester {
  return ({ spans, not, family }) => (spans.some(({ from }) => from === numbers[family]) !== not ? ALWAYS : NEVER);
}

const mac: Tester = ({ text, not }) => {
  const made = text.split(",").map((address) => {
    const hex = [...parseMac(address) ?? []].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return match(OP.MAC, [parseInt(hex.slice(0, 4), 16), parseInt(hex.slice(4), 16)], not);
  });
  return not ? [made] : made.map((one) => [one]);
};

const TESTERS: Readonly<Record<string, Tester>> = {
  "ip saddr": address("src", 4),
  "ip daddr": address("dst", 4),
  "ip6 saddr": address("src", 6),
  "ip6 daddr": address("dst", 6),
  "ip protocol": protoOf(4),
  "ip6 nexthdr": protoOf(6),
  "meta l4proto": proto,
  "tcp sport": port("sport", 6),
  "tcp dport": port("dport", 6),
  "udp sport": port("sport", 17),
  "udp dport": port("dport", 17),
  "sctp sport": port("sport", 132),
  "sctp dport": port("dport", 132),
  "dccp sport": port("sport", 33),
  "dccp dport": port("dport", 33),
  "udplite sport": port("sport", 136),
  "udplite dport": port("dport", 136),
  "th sport": port("sport", undefined),
  "th dport": port("dport", undefined),
  "icmp type": icmp(1, 4),
  "icmpv6 type": icmp(58, 6),
  "meta mark": mark(OP.MARK),
  "ct mark": mark(OP.CONNMARK),
  "iifname": device("in"),
  "iif": device("in"),
  "oifname": device("out"),
  "oif": device("out"),
  "ct state": ctState,
  "ct status": ctStatus,
  "ct direction": ctDirection,
  "meta length": length,
  "ip length": length,
  "ip ttl": ttl(4),
  "ip6 hoplimit": ttl(6),
  "ip dscp": number(OP.DSCP, ({ from }) => [Number(from)]),
  "ip6 dscp": number(OP.DSCP, ({ from }) => [Number(from)]),
  "meta pkttype": number(OP.PKTTYPE, ({ from }) => [Number(from)]),
  "meta skuid": owner(OWNER.UID, 2),
  "meta skgid": owner(OWNER.GID, 4),
  "tcp flags": tcpFlags,
  "meta nfproto": known({ 4: 2n, 6: 10n }),
  "meta protocol": known({ 4: 0x0800n, 6: 0x86ddn }),
  "ether saddr": mac,
};

/** What is compared under a mask. */
const MASKED = new Set(["ip saddr", "ip daddr", "ip6 saddr", "ip6 daddr", "meta mark", "ct mark", "tcp flags"]);

/** The conditions of a test; what nobody here models never holds and says so. */
export function conditionsOf(test: Test): Alternatives {
  if (test.mask !== undefined && !MASKED.has(test.selector)) return unmodelled(`${test.selector} under a mask`);
  const own = TESTERS[test.selector];
  if (own !== undefined) return own(test);
  if (test.selector.startsWith("fib ")) return fib(test);
  if (/^ct (original|reply) /.test(test.selector)) return ctSide(test);
  return unmodelled(test.selector);
}
