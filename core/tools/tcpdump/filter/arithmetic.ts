import { FilterComplaint } from "./complaint.ts";
import { ARP, type Frame, IPV4, IPV6, type Place, RARP, type Value } from "./frame.ts";
import type { Arithmetic } from "./syntax.ts";

const NUMBERS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  igrp: 9,
  sctp: 132,
  pim: 103,
  vrrp: 112,
  carp: 112,
};

/** An arithmetic expression over a frame's bytes, in unsigned 32 bits; undefined where the protocol asked for is not there. */
export function arithmetic(expression: Arithmetic, place: Place): Value {
  switch (expression.kind) {
    case "number":
      return () => expression.value >>> 0;
    case "length":
      return (frame) => frame.length;
    case "minus": {
      const of = arithmetic(expression.of, place);
      return (frame) => map(of(frame), (value) => -value >>> 0);
    }
    case "load":
      return load(expression, place);
    case "operation": {
      const [left, right] = [arithmetic(expression.left, place), arithmetic(expression.right, place)];
      const operate = OPERATIONS[expression.operator] as (a: number, b: number) => number;
      return (frame) => {
        const [a, b] = [left(frame), right(frame)];
        return a === undefined || b === undefined ? undefined : operate(a, b) >>> 0;
      };
    }
  }
}

function map(value: number | undefined, change: (value: number) => number): number | undefined {
  return value === undefined ? undefined : change(value);
}

const OPERATIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => Math.imul(a, b),
  "/": (a, b) => (b === 0 ? 0 : Math.floor(a / b)),
  "%": (a, b) => (b === 0 ? 0 : a % b),
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "<<": (a, b) => (b > 31 ? 0 : a << b),
  ">>": (a, b) => (b > 31 ? 0 : a >>> b),
};

function load({ protocol, at, size }: Extract<Arithmetic, { kind: "load" }>, place: Place): Value {
  const offset = arithmetic(at, place);
  const base = baseOf(protocol, place);
  return (frame) => {
    const [from, more] = [base(frame), offset(frame)];
    if (from === undefined || more === undefined) return undefined;
    const where = from + more;
    return size === 1 ? frame.octets.u8(where) : size === 2 ? frame.octets.u16(where) : frame.octets.u32(where);
  };
}

/** Where a protocol's header begins in a frame that has it. */
function baseOf(protocol: string, place: Place): Value {
  const network = (type: number): Value => (frame) => (place.type(frame) === type ? place.network : undefined);
  switch (protocol) {
    case "ether":
    case "link":
      return () => 0;
    case "ip":
      return network(IPV4);
    case "ip6":
      return network(IPV6);
    case "arp":
      return network(ARP);
    case "rarp":
      return network(RARP);
    case "icmp6":
      return (frame) =>
        place.type(frame) === IPV6 && frame.octets.u8(place.network + 6) === 58 ? place.network + 40 : undefined;
  }
  const number = NUMBERS[protocol];
  if (number === undefined) throw new FilterComplaint(`unsupported index operation`);
  const has = place.ip4(number);
  return (frame: Frame) => (has(frame) ? place.transport4(frame) : undefined);
}
