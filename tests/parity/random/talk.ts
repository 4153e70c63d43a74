/**
 * Packets for routers, chosen one after the other with an eye on what came out: new flows, answers to what was forwarded, TCP
 * exchanges with their sequence numbers (and wrong ones), associations of SCTP, ICMP errors about packets seen, fragments.
 */
import { type Random, wordsIp } from "../../../core/base/mod.ts";
import { addressBytes, bodySum } from "../packet.ts";
import type { PacketProbe, ProbeResult } from "../scenario.ts";
import { chance } from "./ground.ts";
import {
  bytesOf,
  cut,
  randomTcpOptions,
  sctpPacket,
  tcpWith,
  withBody,
  withIpOptions,
  withoutTrust,
  withStrangeBody,
} from "./packets.ts";

/** Who speaks to whom in a world. */
export interface Parties {
  /** Source addresses by tun port. */
  readonly sources: Readonly<Record<string, readonly string[]>>;
  readonly destinations: readonly string[];
  /** Sources and destinations that mean something else than one host. */
  readonly strange: readonly string[];
  readonly ports: readonly number[];
  /** The shortest piece of a packet: below a TCP header only where nobody quotes it back. */
  readonly piece: number;
  /** Who else complains about packets: routers on the way. */
  readonly routers: readonly string[];
}

type Proto = "tcp" | "udp" | "icmp" | "sctp";

interface End {
  readonly at: string;
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
}

/** A flow with both its ends: the far one is known once a packet came out with its source port kept. */
interface Talk {
  readonly proto: Proto;
  readonly near: End;
  far?: End;
  /** The next sequence numbers of both sides. */
  readonly next: { near: number; far: number };
  /** How far an association has come, and its tags. */
  step: number;
}

type Side = "near" | "far";

const FLAGS = ["S", "SA", "A", "PA", "FA", "R", "RA", "", "FPU", "SF", "SR", "SU"];
const NUMBERS: Readonly<Record<Proto, number>> = { icmp: 1, tcp: 6, udp: 17, sctp: 132 };
const SIZES = [0, 6, 20, 120, 600, 900, 1440];

/** An association as it should go: who says what. */
const ASSOCIATION: readonly (readonly [Side, string])[] = [
  ["near", "INIT"],
  ["far", "INIT_ACK"],
  ["near", "COOKIE_ECHO"],
  ["far", "COOKIE_ACK"],
  ["near", "DATA"],
  ["far", "HEARTBEAT"],
  ["near", "HEARTBEAT_ACK"],
  ["near", "SHUTDOWN"],
  ["far", "SHUTDOWN_ACK"],
  ["near", "SHUTDOWN_COMPLETE"],
];
const TAGS: Readonly<Record<Side, number>> = { near: 0x1111, far: 0x2222 };
const STRAY_CHUNKS = [
  "INIT",
  "INIT_ACK",
  "DATA",
  "ABORT",
  "SHUTDOWN",
  "SHUTDOWN_ACK",
  "ERROR",
  "HEARTBEAT",
  "COOKIE_ACK",
];
type Complaint = readonly [type: number, code: number];
const COMPLAINTS: readonly Complaint[] = [
  ...[[3, 0], [3, 1], [3, 2], [3, 3], [3, 4], [3, 13], [11, 0], [11, 1], [12, 0], [5, 1], [4, 0]] as const,
];
const COMPLAINTS6: readonly Complaint[] = [
  ...[[1, 0], [1, 1], [1, 3], [1, 4], [2, 0], [3, 0], [3, 1], [4, 0], [4, 1], [137, 0]] as const,
];

/** How much of a packet an error quotes. */
const QUOTED = [28, 32, 36, 40, 44, 48, 400];
const QUOTED6 = [48, 52, 56, 60, 64, 68, 400];

/** ICMP that asks for nothing and is no answer. */
const ODD_TYPES = [0, 3, 11, 13, 14, 5, 17, 18, 19, 30];
const ODD_TYPES6 = [1, 3, 4, 5, 129, 130, 131, 132, 133, 135, 136, 140, 141, 143, 200];

/** Addresses and protocol of a packet that came out whole or first, and where its transport header begins. */
interface Ends {
  readonly src: string;
  readonly dst: string;
  readonly proto: number;
  readonly body: number;
}

function ends4(bytes: Uint8Array): Ends | undefined {
  const part = (from: number) => bytes.subarray(from, from + 4).join(".");
  const later = (((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0)) & 0x1fff;
  if (bytes[0] !== 0x45 || later !== 0) return undefined;
  return { src: part(12), dst: part(16), proto: bytes[9] ?? 0, body: 20 };
}

function ends6(bytes: Uint8Array): Ends | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if ((bytes[0] ?? 0) >> 4 !== 6) return undefined;
  const part = (from: number) => wordsIp([0, 4, 8, 12].map((at) => view.getUint32(from + at)));
  return { src: part(8), dst: part(24), proto: bytes[6] ?? 0, body: 40 };
}

function numberOf({ proto, near }: Talk): number {
  return proto === "icmp" && near.src.includes(":") ? 58 : NUMBERS[proto];
}

/** The packets of one scenario. */
export class Conversation {
  readonly #talks: Talk[] = [];
  /** Pieces still to be sent. */
  readonly #pieces: PacketProbe[] = [];
  #last: { probe: PacketProbe; talk: Talk } | undefined;
  #id = 7;

  constructor(readonly random: Random, readonly parties: Parties) {}

  /** The next packet. */
  next(): PacketProbe {
    const { random } = this;
    const piece = this.#pieces.shift();
    if (piece !== undefined) return piece;
    const open = this.#talks.filter(({ far }) => far !== undefined);
    this.#last = undefined;
    if (this.#talks.length > 0 && chance(random, 0.2)) return this.#odd(this.#say(random.pick(this.#talks), "near"));
    if (open.length > 0 && chance(random, 0.45)) {
      return this.#odd(this.#say(random.pick(open), random.pick(["near", "far", "far"])));
    }
    if (open.length > 0 && chance(random, 0.2)) return this.#complain(random.pick(open));
    return this.#odd(this.#begin());
  }

  /** What became of the last packet; shows where its flow goes. */
  learn({ wire = [] }: ProbeResult): void {
    if (this.#last === undefined) return;
    const { probe, talk } = this.#last;
    for (const [at, hex] of wire) {
      const bytes = Uint8Array.fromHex(hex);
      const word = (from: number) => ((bytes[from] ?? 0) << 8) | (bytes[from + 1] ?? 0);
      const ends = at === probe.inject ? undefined : talk.near.src.includes(":") ? ends6(bytes) : ends4(bytes);
      if (ends === undefined) continue;
      const { src, dst, proto, body } = ends;
      if (proto !== numberOf(talk)) continue;
      const [sport, dport] = talk.proto === "icmp" ? [word(body + 4), word(body + 4)] : [word(body), word(body + 2)];
      if (sport !== talk.near.sport) continue;
      talk.far ??= { at, src: dst, dst: src, sport: dport, dport: sport };
    }
  }

  #begin(): PacketProbe {
    const { random, parties } = this;
    const { sources, destinations, strange, ports } = parties;
    const at = random.pick(Object.keys(sources));
    const src = chance(random, 0.08) ? random.pick(strange) : random.pick(sources[at] as readonly string[]);
    const dst = chance(random, 0.05) ? random.pick(strange) : random.pick(destinations);
    const proto = random.pick(["tcp", "tcp", "tcp", "udp", "udp", "udp", "icmp", "icmp", "sctp"] as const);
    if (chance(random, 0.05)) return withStrangeBody(random, { inject: at, src, dst, proto: 0, ttl: this.#ttl() });
    const near = { at, src, dst, sport: random.pick(ports), dport: random.pick(ports) };
    const talk: Talk = { proto, near, next: { near: 1000, far: 50_000 }, step: 0 };
    this.#talks.push(talk);
    if (proto === "icmp" && chance(random, 0.3)) {
      const odd = src.includes(":")
        ? { type: random.pick(ODD_TYPES6), payload: "ORACLE" }
        : { type: random.pick(ODD_TYPES) };
      return { ...this.#plain(talk), ...odd };
    }
    return this.#say(talk, "near");
  }

  #ttl(): number {
    return this.random.pick([64, 64, 64, 64, 64, 1, 2, 3, 7, 255]);
  }

  #plain({ proto, near }: Talk): PacketProbe {
    const { at, src, dst, sport, dport } = near;
    const base = { inject: at, src, dst, proto: proto === "sctp" ? NUMBERS.sctp : proto, ttl: this.#ttl() };
    return proto === "icmp" ? { ...base, id: sport } : { ...base, sport, dport };
  }

  #say(talk: Talk, who: Side): PacketProbe {
    const { random } = this;
    const { at, src, dst, sport, dport } = (who === "near" ? talk.near : talk.far) as End;
    const tos = chance(random, 0.15) ? { tos: random.pick([0x10, 0x08, 0xb8, 0x03]) } : {};
    const size = chance(random, 0.2) ? { payload: "o".repeat(random.pick(SIZES)), df: random.pick([0, 1]) } : {};
    const base = { inject: at, src, dst, ttl: this.#ttl(), ...tos };
    const probe = this.#words(talk, who, { ...base, proto: talk.proto, sport, dport, ...size });
    if (who === "near") this.#last = { probe, talk };
    return probe;
  }

  #words(talk: Talk, who: Side, base: PacketProbe): PacketProbe {
    if (talk.proto === "udp") return base;
    if (talk.proto === "icmp") {
      const [ask, answer] = base.src.includes(":") ? [128, 129] : [8, 0];
      return { ...base, type: who === "near" ? ask : answer, id: base.sport };
    }
    if (talk.proto === "sctp") return this.#association(talk, who, { ...base, proto: NUMBERS.sctp });
    const { payload, ...segment } = this.#segment(talk, who);
    const probe = { ...base, ...segment, payload };
    if (!chance(this.random, 0.3)) return probe;
    const options = segment.flags.includes("S") ? randomTcpOptions(this.random) : [];
    return tcpWith(probe, options, this.random.pick([0, 1, 512, 29_200, 65_535]));
  }

  /** A segment that continues the exchange, or one that does not fit. */
  #segment(talk: Talk, who: Side): { flags: string; seq: number; ack: number; payload?: string } {
    const { random } = this;
    const other = who === "near" ? "far" : "near";
    const fresh = talk.next.near === 1000 || (who === "far" && talk.next.far === 50_000);
    const flags = chance(random, 0.2)
      ? random.pick(FLAGS)
      : fresh
      ? (who === "near" ? "S" : "SA")
      : random.pick(["A", "PA", "PA", "FA", "RA"]);
    const astray = chance(random, 0.15) ? random.pick([-1, 1, -3000, 70_000, 2_000_000_000]) : 0;
    const payload = flags.includes("P") ? { payload: "oracle".repeat(1 + random.below(30)) } : {};
    const seq = (talk.next[who] + astray) >>> 0;
    const answer = { flags, seq, ack: flags.includes("A") ? talk.next[other] >>> 0 : 0, ...payload };
    if (astray === 0) {
      talk.next[who] += [..."SF"].filter((flag) => flags.includes(flag)).length + (payload.payload?.length ?? 0);
    }
    return answer;
  }

  /** The next packet of an association, or one out of turn. */
  #association(talk: Talk, who: Side, base: PacketProbe): PacketProbe {
    const { random } = this;
    const [turn, chunk] = ASSOCIATION[talk.step % ASSOCIATION.length] as readonly [Side, string];
    const stray = turn !== who || chance(random, 0.15);
    const chunks = stray ? [random.pick(STRAY_CHUNKS)] : [chunk, ...(chunk === "COOKIE_ECHO" ? ["DATA"] : [])];
    if (!stray) talk.step++;
    const other = who === "near" ? "far" : "near";
    const tag = chance(random, 0.1) ? random.pick([0, 0x3333, TAGS[who]]) : chunks[0] === "INIT" ? 0 : TAGS[other];
    return sctpPacket(base, { chunks, tag, announces: TAGS[who] });
  }

  /** Now and then a packet is not as it should be, or comes in pieces. */
  #odd(probe: PacketProbe): PacketProbe {
    const { random } = this;
    if (chance(random, 0.04)) return withoutTrust(random, probe);
    if (chance(random, 0.03)) return withIpOptions(probe);
    return chance(random, 0.1) ? this.#inPieces(probe) : probe;
  }

  /** Pieces in some order; sometimes one is missing or comes twice. */
  #inPieces(probe: PacketProbe): PacketProbe {
    const { random } = this;
    // Words that begin as no IP header does: in an ICMPv6 error they stand where the packet is quoted.
    const word = probe.src.includes(":") ? "ORACLE" : "oracle";
    const whole = probe.bytes === undefined ? { ...probe, payload: word.repeat(random.pick([8, 30, 200])) } : probe;
    const length = bytesOf(whole).length - (whole.src.includes(":") ? 40 : 20);
    const size = Math.max(this.parties.piece, (Math.ceil(length / random.pick([2, 3, 4])) + 7) & ~7);
    const pieces = cut(whole, size, this.#id++);
    if (chance(random, 0.3)) pieces.reverse();
    if (chance(random, 0.15)) pieces.splice(random.below(pieces.length), 1);
    if (chance(random, 0.1) && pieces.length > 0) pieces.push(random.pick(pieces));
    const [first = probe, ...rest] = pieces;
    this.#pieces.push(...rest);
    return first;
  }

  /** An ICMP error about a packet of a flow, from its far end or from a router on the way. */
  #complain(talk: Talk): PacketProbe {
    const { random } = this;
    const { at, src, dst, sport, dport } = talk.far as End;
    const base = { inject: at, src: dst, dst: src, ttl: random.pick([64, 1]) };
    const cause = talk.proto === "icmp"
      ? { ...base, proto: "icmp", id: sport }
      : talk.proto === "sctp"
      ? sctpPacket({ ...base, proto: NUMBERS.sctp, sport: dport, dport: sport }, {
        chunks: ["DATA"],
        tag: 1,
        announces: 0,
      })
      : { ...base, proto: talk.proto, sport: dport, dport: sport };
    const six = src.includes(":");
    const [type, code] = random.pick(six ? COMPLAINTS6 : COMPLAINTS);
    const tooBig = six ? type === 2 : type === 3 && code === 4;
    const needs = tooBig ? [0, 0, ...(six ? [5, 0] : [2, 0x40])] : [0, 0, 0, 0];
    const body = [type, code, 0, 0, ...needs, ...bytesOf(cause).slice(0, random.pick(six ? QUOTED6 : QUOTED))];
    const from = random.pick([src, src, ...this.parties.routers]);
    const sum = bodySum([...addressBytes(from), ...addressBytes(dst)], six ? 58 : 1, body);
    body[2] = sum >> 8;
    body[3] = sum & 255;
    return { ...withBody({ inject: at, src: from, dst, proto: "icmp" }, body), ttl: 64 };
  }
}
