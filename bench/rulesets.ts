/** Filter tables in the plane's compiled form (`wasm/src/filter/program.rs`) and packets for them, from a seed. */
import { BASE, HOOK, OP, PROGRAM, TABLE, TARGET } from "../wasm/mod.ts";
import { numbers } from "./measure.ts";

/** `-s SOURCE -d DESTINATION -p PROTO --dport FIRST:LAST -j VERDICT`. */
export interface Rule {
  readonly source: Masked;
  readonly destination: Masked;
  readonly proto: 6 | 17;
  readonly ports: readonly [number, number];
  readonly accepts: boolean;
}

/** An address and its mask. */
export type Masked = readonly [address: number, mask: number];

/** Rules of the FORWARD chain, whose policy is DROP; each sort is a way such chains look in the field. */
export interface Ruleset {
  readonly sort: "acl" | "services";
  readonly rules: readonly Rule[];
}

const EVERY: Masked = [0, 0];

/** An access list: networks of several sizes on both sides, port ranges, both verdicts. */
export function accessList(count: number): Ruleset {
  const next = numbers(count);
  const network = (): Masked => {
    const mask = (0xffffffff << ([8, 8, 16, 4, 0][next() % 5] as number)) >>> 0;
    return [(10 << 24 | next() & 0x00ffffff & mask) >>> 0, mask];
  };
  const rule = (): Rule => {
    const first = next() % 1024;
    const last = next() % 2 === 0 ? first : first + next() % 64;
    return {
      source: next() % 4 === 0 ? EVERY : network(),
      destination: network(),
      proto: next() % 2 === 0 ? 6 : 17,
      ports: [first, last],
      accepts: next() % 3 !== 0,
    };
  };
  return { sort: "acl", rules: Array.from({ length: count }, rule) };
}

/** What a chain of Services looks like: one exact destination, protocol and port after the other. */
export function services(count: number): Ruleset {
  const rule = (_: unknown, n: number): Rule => ({
    source: EVERY,
    destination: [(10 << 24 | 96 << 16 | n) >>> 0, 0xffffffff],
    proto: 6,
    ports: [80, 80],
    accepts: true,
  });
  return { sort: "services", rules: Array.from({ length: count }, rule) };
}

/** The program of a filter table with these rules in FORWARD. */
export function program({ rules }: Ruleset): Uint32Array<ArrayBuffer> {
  const counters = [0, 0, 0, 0];
  const chain = (hook: number, count: number, policy: number) => [hook, count, policy, ...counters];
  const words: number[] = [PROGRAM.VERSION, 4, TABLE.FILTER, 3];
  words.push(...chain(HOOK.INPUT, 0, 1), ...chain(HOOK.FORWARD, rules.length, 0), ...chain(HOOK.OUTPUT, 0, 1));
  for (const rule of rules) words.push(...ruleWords(rule));
  return Uint32Array.from(words);
}

function ruleWords(rule: Rule): number[] {
  const hasSource = rule.source[1] !== 0;
  const flags = (hasSource ? BASE.SOURCE : 0) | BASE.DESTINATION | BASE.PROTO;
  const any = 0xffff << 16 >>> 0;
  const ports = (rule.ports[0] | rule.ports[1] << 16) >>> 0;
  const match = rule.proto === 6 ? [OP.TCP | 4 << 16, any, ports, 0, 0] : [OP.UDP | 3 << 16, any, ports, 0];
  const verdict = rule.accepts ? TARGET.ACCEPT : TARGET.DROP;
  const body = [flags, ...hasSource ? rule.source : [], ...rule.destination, rule.proto, 1, ...match, verdict];
  return [body.length + 5, 0, 0, 0, 0, ...body];
}

/** Words of a packet: source, destination, ports, protocol, TCP flags. */
export const PACKET = 5;

/** `count` packets, four of five made to fit a random rule (an earlier one may catch it), the others from anywhere. */
export function packetsFor({ rules }: Ruleset, count: number): Uint32Array<ArrayBuffer> {
  const next = numbers(7);
  const words = new Uint32Array(count * PACKET);
  for (let n = 0; n < count; n++) {
    const rule = rules[next() % rules.length] as Rule;
    const isStray = next() % 5 === 0;
    const inside = ([address, mask]: Masked) => isStray ? next() : (address | next() & ~mask) >>> 0;
    const port = rule.ports[0] + next() % (rule.ports[1] - rule.ports[0] + 1);
    words.set([inside(rule.source), inside(rule.destination), 40000 << 16 | port, rule.proto, 2], n * PACKET);
  }
  return words;
}
