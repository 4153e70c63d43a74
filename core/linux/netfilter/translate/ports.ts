/** Matches of ports and of what else stands in transport headers: tcp, udp, sctp, multiport. */
import { ANY_PORT, type Ports } from "../match/ports.ts";
import type { MultiportMatch } from "../match/multiport.ts";
import type { SctpMatch } from "../match/sctp.ts";
import type { TcpMatch } from "../match/tcp.ts";
import type { UdpMatch } from "../match/udp.ts";
import { protocolName } from "../names.ts";
import { hex, joined, span, type Translate, unequal } from "./words.ts";

/** Whether every port is meant, whatever stands before it. */
export function isAny({ low, high }: Ports): boolean {
  return low === 0 && high === 65535;
}

const FLAGS = ["fin", "syn", "rst", "psh", "ack", "urg"];

/** TCP flags by name: `fin,syn`; 0x0 for none. */
export function flagNames(bits: number): string {
  return FLAGS.filter((_, i) => bits & (1 << i)).join(",") || "0x0";
}

function ports(selector: string, given: Ports): string {
  return isAny(given) ? "" : `${selector} ${unequal(given.not)}${span(given.low, given.high)}`;
}

/** `-m tcp`. */
export const tcp: Translate<TcpMatch> = ({ sport, dport, option, flags }) =>
  joined(
    ports("tcp sport", sport),
    ports("tcp dport", dport),
    option && `tcp option ${option.number} ${option.not ? "missing" : "exists"}`,
    flags !== undefined && (flags.mask !== 0 || flags.not) &&
      `tcp flags ${unequal(flags.not)}${flagNames(flags.set)} / ${flagNames(flags.mask)}`,
  );

/** `-m udp`; the translator looks at the source port's `!` for both ports. */
export const udp: Translate<UdpMatch> = ({ sport, dport }) =>
  joined(ports("udp sport", sport), ports("udp dport", { ...dport, not: sport.not }));

const CHUNKS: readonly (readonly [number, string])[] = [
  [0, "data"],
  [1, "init"],
  [2, "init-ack"],
  [3, "sack"],
  [4, "heartbeat"],
  [5, "heartbeat-ack"],
  [6, "abort"],
  [7, "shutdown"],
  [8, "shutdown-ack"],
  [9, "error"],
  [10, "cookie-echo"],
  [11, "cookie-ack"],
  [12, "ecne"],
  [13, "cwr"],
  [14, "shutdown-complete"],
  [64, "i-data"],
  [130, "re-config"],
  [132, "pad"],
  [193, "asconf"],
  [128, "asconf-ack"],
  [192, "forward-tsn"],
  [194, "i-forward-tsn"],
];

function chunks({ rule, not, all, types }: NonNullable<SctpMatch["chunks"]>): string {
  return joined(...CHUNKS.map(([type, name]) => {
    const wanted = types.find((each) => each.type === type);
    if (wanted !== undefined && wanted.mask !== 0) {
      return `sctp chunk ${name} flags & ${hex(wanted.mask)} ${not ? "!=" : "=="} ${hex(wanted.set)}`;
    }
    const there = all || wanted !== undefined;
    if (!there && rule !== "only") return undefined;
    return `sctp chunk ${name} ${there === not ? "missing" : "exists"}`;
  }));
}

/** `-m sctp`; a range of all ports is said. */
export const sctp: Translate<SctpMatch> = (m) => {
  const side = (name: "sport" | "dport") =>
    m[name] !== ANY_PORT && `sctp ${name} ${unequal(m[name].not)}${span(m[name].low, m[name].high)}`;
  if (m.chunks?.rule === "any" || (m.chunks === undefined && !side("sport") && !side("dport"))) return undefined;
  return joined(side("sport"), side("dport"), m.chunks && chunks(m.chunks));
};

/** `-m multiport`; either port is a pair with any other, each end of a range by itself. */
export const multiport: Translate<MultiportMatch> = ({ side, ports, not }, { proto }) => {
  const name = protocolName(proto) ?? "unknown";
  if (side === "ports") {
    const pairs = ports.flatMap(([low, high]) => low === high ? [low] : [low, high])
      .map((port) => `0-65535 . ${port}, ${port} . 0-65535`);
    return `${name} sport . ${name} dport { ${pairs.join(", ")} }`;
  }
  const list = ports.map(([low, high]) => span(low, high)).join(", ");
  const selector = `${name} ${side === "sports" ? "sport" : "dport"}`;
  return `${selector} ${unequal(not)}${ports.length > 1 ? `{ ${list} }` : list}`;
};
