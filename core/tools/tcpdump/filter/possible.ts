/**
 * Whether any packet at all can fit an expression: libpcap refuses one that contradicts itself (`tcp and udp`). What a packet may be
 * is told apart by its network protocol and what that carries; everything else in an expression is taken for possible.
 */
import { ARP, IPV4, IPV6, RARP } from "./frame.ts";
import type { Arithmetic, Expression, Qualifiers } from "./syntax.ts";

/** An Ethernet type, and behind IP what it carries; 0 is any other. */
type Sort = `${number}/${number}`;
type Sorts = ReadonlySet<Sort>;

const NUMBERS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  esp: 50,
  ah: 51,
  icmp6: 58,
  pim: 103,
  sctp: 132,
};
const NETWORKS: Readonly<Record<string, number>> = { ip: IPV4, ip6: IPV6, arp: ARP, rarp: RARP };
const ONLY: Readonly<Record<string, number>> = { icmp: IPV4, igmp: IPV4, icmp6: IPV6 };
const PORTED = ["tcp", "udp", "sctp"];

const ALL: Sorts = new Set(
  [IPV4, IPV6].flatMap((type) => [0, ...Object.values(NUMBERS)].map((carried): Sort => `${type}/${carried}`))
    .concat([`${ARP}/0`, `${RARP}/0`, "0/0"]),
);

/** Whether a packet can fit it. */
export function isPossible(expression: Expression): boolean {
  return hasVlan(expression) || sortsOf(expression).yes.size > 0;
}

/** A tag moves what stands behind it. */
function hasVlan(expression: Expression): boolean {
  if (expression.kind === "and" || expression.kind === "or") {
    return hasVlan(expression.left) || hasVlan(expression.right);
  }
  return expression.kind === "not" ? hasVlan(expression.of) : expression.kind === "vlan";
}

/** Which sorts of packets may fit, and which may not. */
function sortsOf(expression: Expression): { readonly yes: Sorts; readonly no: Sorts } {
  switch (expression.kind) {
    case "not": {
      const { yes, no } = sortsOf(expression.of);
      return { yes: no, no: yes };
    }
    case "and":
    case "or": {
      const [left, right] = [sortsOf(expression.left), sortsOf(expression.right)];
      const both = (a: Sorts, b: Sorts): Sorts => new Set([...a].filter((sort) => b.has(sort)));
      const either = (a: Sorts, b: Sorts): Sorts => new Set([...a, ...b]);
      return expression.kind === "and"
        ? { yes: both(left.yes, right.yes), no: either(left.no, right.no) }
        : { yes: either(left.yes, right.yes), no: both(left.no, right.no) };
    }
    case "protocol": {
      const yes = of(expression.name);
      return { yes, no: new Set([...ALL].filter((sort) => !yes.has(sort))) };
    }
    case "match":
      return { yes: matchSorts(expression.qualifiers, expression.id.kind === "ip6"), no: ALL };
    case "compare":
      return { yes: loaded(expression.left, loaded(expression.right, ALL)), no: ALL };
    case "cast":
      return { yes: of(expression.protocol), no: ALL };
    default:
      return { yes: ALL, no: ALL };
  }
}

/** Packets that have a protocol; all of them where it is not told apart. */
function of(protocol: string | undefined): Sorts {
  const type = NETWORKS[protocol ?? ""];
  if (type !== undefined) return new Set([...ALL].filter((sort) => sort.startsWith(`${type}/`)));
  const carried = NUMBERS[protocol ?? ""];
  if (carried === undefined) return ALL;
  const types = ONLY[protocol ?? ""] === undefined ? [IPV4, IPV6] : [ONLY[protocol ?? ""]];
  return new Set(types.map((one): Sort => `${one ?? 0}/${carried}`));
}

function matchSorts({ protocol, type = "host" }: Qualifiers, six: boolean): Sorts {
  if (protocol === "ether" || protocol === "link" || type === "proto") return type === "proto" ? of(protocol) : ALL;
  if (type === "port" || type === "portrange") {
    const names = PORTED.includes(protocol ?? "") ? [protocol] : PORTED;
    const ported = new Set(names.flatMap((name) => [...of(name)]));
    return protocol === "ip" || protocol === "ip6"
      ? new Set([...ported].filter((sort) => of(protocol).has(sort)))
      : ported;
  }
  if (protocol !== undefined) return of(protocol);
  return six ? of("ip6") : new Set(["ip", "arp", "rarp"].flatMap((name) => [...of(name)]));
}

/** Packets that have every header an expression reads. */
function loaded(expression: Arithmetic, among: Sorts): Sorts {
  switch (expression.kind) {
    case "load": {
      const { protocol } = expression;
      // What is read behind IP is only looked for in IPv4, but for ICMPv6.
      const has = protocol in NUMBERS && protocol !== "icmp6"
        ? new Set([...of(protocol)].filter((sort) => of("ip").has(sort)))
        : of(protocol);
      return loaded(expression.at, new Set([...among].filter((sort) => has.has(sort))));
    }
    case "minus":
      return loaded(expression.of, among);
    case "operation":
      return loaded(expression.left, loaded(expression.right, among));
    default:
      return among;
  }
}
