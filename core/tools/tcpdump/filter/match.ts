import { parseIp } from "../../../base/mod.ts";
import { FilterComplaint, SYNTAX_ERROR } from "./complaint.ts";
import type { FilterContext } from "./compile.ts";
import { all, any, ARP, type Frame, IPV4, IPV6, type Place, RARP, type Test } from "./frame.ts";
import type { Id, Qualifiers } from "./syntax.ts";

/** The context of a filter, and where headers begin at this place of the expression. */
export type MatchContext = FilterContext & { readonly place: Place };

const PROTOCOL_NAMES: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  esp: 50,
  ah: 51,
  "ipv6-icmp": 58,
  icmp6: 58,
  pim: 103,
  vrrp: 112,
  sctp: 132,
};
const ETHER_NAMES: Readonly<Record<string, number>> = { ip: IPV4, ip6: IPV6, arp: ARP, rarp: RARP };
/** Protocols that `host` and `net` may be asked of. */
const HOSTED = new Set([undefined, "ip", "ip6", "arp", "rarp"]);

/** The test for `tcp src port 80` and its kind. */
export function matchId(qualifiers: Qualifiers, id: Id, context: MatchContext): Test {
  switch (qualifiers.type) {
    case "port":
    case "portrange":
      return matchPort(qualifiers, id, context);
    case "proto":
      return matchProto(qualifiers, id, context);
    default:
      return matchHost(qualifiers, id, context);
  }
}

/** Source, destination, either or both, by the direction asked for. */
function sides(direction: Qualifiers["direction"], source: Test, destination: Test): Test {
  if (direction === "src") return source;
  if (direction === "dst") return destination;
  return direction === "src and dst" ? all(source, destination) : any(source, destination);
}

function matchHost(qualifiers: Qualifiers, id: Id, context: MatchContext): Test {
  const { protocol, type = "host" } = qualifiers;
  if (protocol === "ether" || protocol === "link") return matchMac(qualifiers, id, context);
  if (id.kind === "mac") {
    if (protocol !== undefined) throw new FilterComplaint("ethernet address used in non-ether expression");
    return matchMac(qualifiers, id, context);
  }
  if (id.kind === "ip6" && type === "net" && id.length === undefined) return ipv6(qualifiers, id, context);
  if (!HOSTED.has(protocol)) throw new FilterComplaint(`'${protocol}' modifier applied to ${type}`);
  if (id.kind === "ip6") return ipv6(qualifiers, id, context);
  if (id.kind === "ip4" || id.kind === "number") return ipv4(qualifiers, id, context);
  const addresses = context.hosts.get(id.text);
  if (addresses === undefined) throw new FilterComplaint(`unknown ${type === "net" ? "network" : "host"} '${id.text}'`);
  return any(...addresses.map((text) => {
    return text.includes(":")
      ? ipv6(qualifiers, { kind: "ip6", text }, context)
      : ipv4(qualifiers, { kind: "ip4", text }, context);
  }));
}

function matchMac({ direction }: Qualifiers, id: Id, { place }: MatchContext): Test {
  if (id.kind === "id") throw new FilterComplaint(`unknown ether host '${id.text}'`);
  if (id.kind !== "mac") throw new FilterComplaint("illegal link layer address");
  if (!place.layout.addressed) {
    throw new FilterComplaint(
      "ethernet addresses supported only on ethernet/FDDI/token ring/802.11/ATM LANE/Fibre Channel",
    );
  }
  const bytes = id.text.split(":").map((part) => parseInt(part, 16));
  const at = (offset: number): Test => (frame) => bytes.every((byte, i) => frame.octets.u8(offset + i) === byte);
  return sides(direction, at(6), at(0));
}

function ipv4({ protocol, direction, type }: Qualifiers, id: Id, { place }: MatchContext): Test {
  if (protocol === "ip6") throw new FilterComplaint("'ip6' modifier applied to ip host");
  const masked = id.length !== undefined || id.mask !== undefined;
  if (masked && type !== "net") throw new FilterComplaint("Mask syntax for networks only");
  const { value, mask } = wanted4(id, type === "net");
  const at = (ethertype: number, offset: number): Test => (frame) =>
    place.type(frame) === ethertype &&
    (mask === 0 || ((frame.octets.u32(place.network + offset) & mask) >>> 0) === value);
  const of = (ethertype: number, source: number, destination: number): Test =>
    sides(direction, at(ethertype, source), at(ethertype, destination));
  const tests: readonly (readonly [string, Test])[] = [
    ["ip", of(IPV4, 12, 16)],
    ["arp", of(ARP, 14, 24)],
    ["rarp", of(RARP, 14, 24)],
  ];
  return any(...tests.filter(([name]) => protocol === undefined || name === protocol).map(([, test]) => test));
}

/** The number and mask of `10.0.0.0/8`, `net 10`, `net 192.168`, `host 10.0.0.1`. */
function wanted4(id: Id, net: boolean): { readonly value: number; readonly mask: number } {
  const parts = id.text.split(".").map(Number);
  if (id.kind === "number") {
    let [value, mask] = [Number(id.text) >>> 0, 0xffffffff];
    while (net && value !== 0 && value >>> 24 === 0) [value, mask] = [(value << 8) >>> 0, (mask << 8) >>> 0];
    return id.length === undefined ? { value, mask } : masked(id, (value << 0) >>> 0);
  }
  const written = parts.reduce((sum, part) => sum * 256 + part, 0);
  const bits = parts.length * 8;
  const value = (written * 2 ** (32 - bits)) >>> 0;
  if (id.length !== undefined || id.mask !== undefined) return masked(id, value);
  return { value, mask: bits === 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0 };
}

function masked(id: Id, value: number): { readonly value: number; readonly mask: number } {
  if (id.length !== undefined && id.length > 32) throw new FilterComplaint("mask length must be <= 32");
  const dotted = id.mask?.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const mask = dotted ?? (id.length === 0 ? 0 : (0xffffffff << (32 - (id.length as number))) >>> 0);
  if (((value & mask) >>> 0) !== value) {
    throw new FilterComplaint(
      id.mask === undefined
        ? `non-network bits set in "${id.text}/${id.length}"`
        : `non-network bits set in "${id.text} mask ${id.mask}"`,
    );
  }
  return { value, mask };
}

function ipv6({ protocol, direction, type }: Qualifiers, id: Id, { place }: MatchContext): Test {
  if (protocol !== undefined && protocol !== "ip6") {
    throw new FilterComplaint(`'${protocol}' modifier applied to ip6 ${type ?? "host"}`);
  }
  const length = id.length ?? 128;
  if (length > 128) throw new FilterComplaint("mask length must be <= 128");
  const value = parseIp(id.text)?.value ?? 0n;
  const hosts = (1n << BigInt(128 - length)) - 1n;
  if ((value & hosts) !== 0n) throw new FilterComplaint(`non-network bits set in "${id.text}/${length}"`);
  const at = (offset: number): Test => (frame) => {
    if (place.type(frame) !== IPV6) return false;
    const address = parseIp(frame.octets.ip6(place.network + offset))?.value ?? 0n;
    return (address & ~hosts) === value;
  };
  return sides(direction, at(8), at(24));
}

const TRANSPORTS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132 };

function matchPort(qualifiers: Qualifiers, id: Id, context: MatchContext): Test {
  const { protocol, direction, type = "port" } = qualifiers;
  if (protocol !== undefined && TRANSPORTS[protocol] === undefined) {
    throw new FilterComplaint(`illegal qualifier of '${type}'`);
  }
  const [low, high] = ports(qualifiers, id, context);
  const numbers = protocol === undefined ? Object.values(TRANSPORTS) : [TRANSPORTS[protocol] as number];
  const { place } = context;
  const within = (port: number): boolean => port >= low && port <= high;
  const at = (offset: number): Test => (frame) => {
    const base = transport(place, frame, numbers);
    return base !== undefined && within(frame.octets.u16(base + offset));
  };
  return sides(direction, at(0), at(2));
}

/** Where ports stand; undefined in frames that have none. */
function transport(place: Place, frame: Frame, protocols: readonly number[]): number | undefined {
  const type = place.type(frame);
  if (type === IPV6) return protocols.includes(frame.octets.u8(place.network + 6)) ? place.network + 40 : undefined;
  if (type !== IPV4 || !protocols.includes(frame.octets.u8(place.network + 9))) return undefined;
  return place.transport4(frame);
}

function ports({ protocol, type }: Qualifiers, id: Id, context: MatchContext): readonly [number, number] {
  const range = type === "portrange" && id.kind === "id" ? /^(\w+)-(\w+)$/.exec(id.text) : null;
  const one = (text: string): number => {
    const number = /^\d+$/.test(text) ? Number(text) : namedPort(text, protocol, context);
    if (number === undefined) {
      throw new FilterComplaint(`unknown port${type === "portrange" ? ` in range '${id.text}'` : ` '${text}'`}`);
    }
    if (number > 65535) throw new FilterComplaint(`illegal port number ${number} > 65535`);
    return number;
  };
  if (range !== null) {
    const [a, b] = [one(range[1] as string), one(range[2] as string)];
    return a <= b ? [a, b] : [b, a];
  }
  if (id.kind !== "id" && id.kind !== "number") throw new FilterComplaint(SYNTAX_ERROR);
  const port = one(id.text);
  return [port, port];
}

function namedPort(name: string, protocol: string | undefined, context: FilterContext): number | undefined {
  const wanted = protocol === "tcp" || protocol === "udp" ? [protocol] as const : ["tcp", "udp"] as const;
  return wanted.map((each) => context.port(name, each)).find((port) => port !== undefined);
}

function matchProto({ protocol, direction }: Qualifiers, id: Id, { place }: MatchContext): Test {
  if (direction !== undefined) throw new FilterComplaint("direction applied to 'proto'");
  const ether = protocol === "ether" || protocol === "link";
  const number = id.kind === "number" ? Number(id.text) : (ether ? ETHER_NAMES : PROTOCOL_NAMES)[id.text];
  if (number === undefined) {
    throw new FilterComplaint(`unknown ${ether ? "ether" : protocol === "ip6" ? "ip6" : "ip"} proto '${id.text}'`);
  }
  if (ether) return place.isType(number);
  if (protocol === "ip") return place.ip4(number);
  if (protocol === "ip6") return place.ip6(number);
  if (protocol !== undefined) throw new FilterComplaint(`'${protocol} proto' is bogus`);
  return any(place.ip4(number), place.ip6(number));
}
