/** nftables sets on the way of first packets: such as only commands change, such as rules fill, and one of source ports. */
import type { Random } from "../core/base/mod.ts";
import { type Namespace, type NftChange, type NftElement, nftOf, parseTypedRule } from "../core/linux/mod.ts";

const AT = { family: "ip", table: "t" } as const;

/** More elements than are spelled out as rules. */
const HOSTS = [1, 5, 9, 11, 12, 13, 14, 15, 16, 17].map((last) => ({ key: [`10.3.0.${last}`] }));
const ends = (address: string, proto: string, ports: readonly number[]): NftElement[] =>
  ports.map((port) => ({ key: [address, proto, `${port}`] }));

const SETS: Readonly<Record<string, { readonly elements: readonly NftElement[]; readonly key: readonly string[] }>> = {
  hosts: { key: ["ipv4_addr"], elements: HOSTS },
  goals: {
    key: ["ipv4_addr", "inet_proto", "inet_service"],
    elements: [...ends("10.2.0.2", "udp", [53, 443, 8080, 1, 2]), ...ends("10.3.0.5", "tcp", [80, 443, 3, 4, 5])],
  },
  callers: {
    key: ["ipv4_addr", "inet_proto", "inet_service"],
    elements: ends("10.1.0.2", "udp", [7, 1000, 2000, 2001, 40_000, 40_001, 40_002, 40_003, 40_004]),
  },
  seen: { key: ["ipv4_addr"], elements: [] },
  met: { key: ["ipv4_addr"], elements: HOSTS },
};

/** Lines of the forward chain, each with how many of ten worlds have it. */
const LINES: readonly (readonly [number, string])[] = [
  [4, "ip daddr @hosts counter"],
  [3, "ip daddr . meta l4proto . th dport @goals counter drop"],
  [4, "ip saddr . meta l4proto . th sport @callers counter drop"],
  [5, "ip saddr @seen counter drop"],
  [5, "tcp dport 443 update @seen { ip saddr timeout 2s }"],
  [4, "ip daddr @met counter drop"],
  [4, "udp dport 443 add @met { ip daddr }"],
];

/** Gives a namespace a table of them; some lines come later. */
export function addSets(ns: Namespace, random: Random): void {
  const chain = { name: "c", hook: { type: "filter", hook: "forward", priority: 0, policy: "accept" } };
  apply(ns, [
    { verb: "add", kind: "table" },
    { verb: "add", kind: "chain", chain },
    ...Object.entries(SETS).flatMap(([name, { key, elements }]): NftChange[] => [
      { verb: "add", kind: "set", set: { name, key, flags: name === "seen" ? ["dynamic", "timeout"] : [] } },
      ...(elements.length === 0 ? [] : [{ verb: "add", kind: "element", set: name, elements } as const]),
    ]),
    ...LINES.filter(([often]) => random.below(10) < often).map(([, line]) => rule(line)),
  ]);
}

/** Adds or takes an element or a line. */
export function changeSets(ns: Namespace, random: Random): void {
  const set = random.pick(["hosts", "goals", "callers", "met"]);
  const verb = random.pick(["add", "delete"] as const);
  const elements = [random.pick(SETS[set]?.elements ?? [])];
  apply(ns, [random.below(4) === 0 ? rule(random.pick(LINES)[1]) : { verb, kind: "element", set, elements }]);
}

const rule = (line: string): NftChange => ({ verb: "add", kind: "rule", chain: "c", rule: parseTypedRule(line) });

/** What is refused (an element that is not there) is refused in both worlds. */
function apply(ns: Namespace, changes: readonly NftChange[]): void {
  nftOf(ns).apply({ ...AT, changes });
}
