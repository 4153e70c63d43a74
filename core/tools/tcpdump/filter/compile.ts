import { Truncated } from "../octets.ts";
import { arithmetic } from "./arithmetic.ts";
import { FilterComplaint } from "./complaint.ts";
import { all, any, ARP, type Frame, IPV4, IPV6, LAYOUTS, Place, RARP, type Test } from "./frame.ts";
import { matchId } from "./match.ts";
import { isPossible } from "./possible.ts";
import type { Expression } from "./syntax.ts";

/** What an expression may ask about the place it is used in. */
export interface FilterContext {
  /** LINKTYPE_* number of the frames. */
  readonly link: number;
  /** Addresses of the names in it. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
  /** A service's number by its name. */
  port(name: string, protocol: "tcp" | "udp"): number | undefined;
  /** Of the device captured on, for `ip broadcast`; 0 where it has none. */
  readonly netmask: number;
  readonly live: boolean;
}

/** IP protocols that stand for themselves. */
const ALONE: Readonly<Record<string, readonly [number, "ip" | "ip6" | "both"]>> = {
  tcp: [6, "both"],
  udp: [17, "both"],
  sctp: [132, "both"],
  icmp: [1, "ip"],
  icmp6: [58, "ip6"],
  igmp: [2, "ip"],
  igrp: [9, "ip"],
  pim: [103, "both"],
  vrrp: [112, "ip"],
  carp: [112, "ip"],
  ah: [51, "both"],
  esp: [50, "both"],
};

/** Turns an expression into a test of frames. A frame too short for what is asked is refused, as BPF does. */
export function compileFilter(expression: Expression | undefined, context: FilterContext): Test {
  if (expression === undefined) return () => true;
  const layout = LAYOUTS[context.link];
  if (layout === undefined) throw new FilterComplaint(`filters on link type ${context.link} are not modelled`);
  const test = new Compiler(context, new Place(layout)).test(expression);
  if (!isPossible(expression)) throw new FilterComplaint("expression rejects all packets");
  return (frame) => {
    try {
      return test(frame);
    } catch (error) {
      if (error instanceof Truncated) return false;
      throw error;
    }
  };
}

class Compiler {
  #place: Place;

  constructor(readonly context: FilterContext, place: Place) {
    this.#place = place;
  }

  test(expression: Expression): Test {
    switch (expression.kind) {
      case "and":
        return all(this.test(expression.left), this.test(expression.right));
      case "or":
        return any(this.test(expression.left), this.test(expression.right));
      case "not": {
        const of = this.test(expression.of);
        return (frame) => !of(frame);
      }
      case "match":
        return matchId(expression.qualifiers, expression.id, { ...this.context, place: this.#place });
      case "protocol":
        return this.#protocol(expression.name);
      case "compare":
        return this.#compare(expression);
      case "cast":
        return this.#cast(expression.to, expression.protocol);
      case "direction":
        if (!this.context.live) {
          throw new FilterComplaint("inbound/outbound not supported on Ethernet when reading savefiles");
        }
        return (frame) => frame.outgoing === expression.outgoing;
      case "ifindex":
        return (frame) => frame.ifindex === expression.index;
      case "vlan":
        return this.#vlan(expression.id);
    }
  }

  #protocol(name: string): Test {
    const place = this.#place;
    const types: Readonly<Record<string, number>> = { ip: IPV4, ip6: IPV6, arp: ARP, rarp: RARP };
    if (types[name] !== undefined) return place.isType(types[name]);
    const alone = ALONE[name];
    if (alone !== undefined) {
      const [protocol, families] = alone;
      const tests = [
        ...(families === "ip6" ? [] : [place.ip4(protocol)]),
        ...(families === "ip" ? [] : [place.ip6(protocol)]),
      ];
      return any(...tests);
    }
    if (name === "stp") return (frame) => place.type(frame) <= 1500 && frame.octets.u8(place.network) === 0x42;
    throw new FilterComplaint("link layer applied in wrong context");
  }

  #compare({ operator, left, right }: Extract<Expression, { kind: "compare" }>): Test {
    const [one, other] = [arithmetic(left, this.#place), arithmetic(right, this.#place)];
    const compare = RELATIONS[operator] as (a: number, b: number) => boolean;
    return (frame) => {
      const [a, b] = [one(frame), other(frame)];
      return a !== undefined && b !== undefined && compare(a, b);
    };
  }

  #cast(to: "broadcast" | "multicast", protocol: string | undefined): Test {
    const place = this.#place;
    const link = protocol === undefined || protocol === "link" || protocol === "ether";
    if (link && !place.layout.addressed) throw new FilterComplaint(`not a ${to} link`);
    if (link && to === "multicast") return (frame) => (frame.octets.u8(0) & 1) !== 0;
    if (link) return (frame) => frame.octets.slice(0, 6).every((byte) => byte === 255);
    if (protocol === "ip" && to === "multicast") {
      return (frame) => place.type(frame) === IPV4 && frame.octets.u8(place.network + 16) >= 224;
    }
    if (protocol === "ip6" && to === "multicast") {
      return (frame) => place.type(frame) === IPV6 && frame.octets.u8(place.network + 24) === 255;
    }
    if (protocol === "ip") return this.#ipBroadcast();
    throw new FilterComplaint(
      to === "broadcast"
        ? "only link-layer/IP broadcast filters supported"
        : "link-layer multicast filters supported only on ethernet/FDDI/token ring/ARCNET/802.11/ATM LANE/Fibre Channel",
    );
  }

  #ipBroadcast(): Test {
    const { netmask } = this.context;
    const hosts = ~netmask >>> 0;
    return (frame) => {
      if (this.#place.type(frame) !== IPV4) return false;
      const host = (frame.octets.u32(this.#place.network + 16) & hosts) >>> 0;
      return host === 0 || host === hosts;
    };
  }

  /** Also moves what follows behind the tag. */
  #vlan(id: number | undefined): Test {
    if (!this.#place.layout.addressed) throw new FilterComplaint("no VLAN support for this data link type");
    const before = this.#place;
    this.#place = new Place(before.layout, before.shift + 4);
    const tagged = (frame: Frame): boolean => [0x8100, 0x88a8, 0x9100].includes(before.type(frame));
    if (id === undefined) return tagged;
    return (frame) => tagged(frame) && (frame.octets.u16(before.network) & 0xfff) === id;
  }
}

const RELATIONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
};
