/**
 * Packets for a router, chosen one after the other with an eye on what came out: new flows, answers to what was forwarded,
 * TCP exchanges with their sequence numbers (and wrong ones), ICMP errors about packets seen, fragments.
 */
import type { Random } from "../../../core/base/mod.ts";
import { buildPacket, checksum } from "../packet.ts";
import type { PacketProbe, ProbeResult } from "../scenario.ts";
import { chance, type Ground } from "./ground.ts";

interface End {
  readonly at: string;
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
}

/** A flow with both its ends: the far one is known once a packet came out with its source port kept. */
interface Talk {
  readonly proto: "tcp" | "udp" | "icmp";
  readonly near: End;
  far?: End;
  /** The next sequence numbers of both sides. */
  readonly next: { near: number; far: number };
}

const SOURCES: Readonly<Record<string, readonly string[]>> = {
  "dut:lan": ["10.0.1.5", "10.0.1.6", "10.0.1.5", "10.0.1.77"],
  "dut:wan": ["8.8.8.8", "198.51.100.7", "203.0.113.50", "10.0.3.20"],
  "dut:dmz": ["10.0.3.9", "10.0.3.20", "10.0.3.5"],
};
const STRANGE = [
  "127.0.0.1",
  "224.0.0.5",
  "255.255.255.255",
  "0.0.0.0",
  "10.0.1.1",
  "203.0.113.9",
  "10.0.1.255",
  "240.0.0.1",
];
const FAR = [
  "10.66.1.1",
  "10.66.5.5",
  "10.66.5.200",
  "10.66.6.6",
  "10.66.7.7",
  "10.66.8.8",
  "10.66.9.9",
  "10.77.1.1",
  "10.66.10.255",
  "10.0.3.255",
  "10.0.1.9",
];
const OUT = /^(\S+) ([\d.]+)(?::(\d+))?>([\d.]+)(?::(\d+))? ttl=\d+ (tcp|udp|icmp)(?: 8\/0 id=(\d+))?/;
const FLAGS = ["S", "SA", "A", "PA", "FA", "R", "RA", "", "FPU", "SF", "SR", "SU"];

/** The packets of one scenario. */
export class Conversation {
  readonly #talks: Talk[] = [];
  #last: { probe: PacketProbe; talk: Talk } | undefined;

  constructor(readonly random: Random, readonly ground: Ground) {}

  /** The next packet. */
  next(): PacketProbe {
    const { random } = this;
    const open = this.#talks.filter(({ far }) => far !== undefined);
    this.#last = undefined;
    if (this.#talks.length > 0 && chance(random, 0.2)) return this.#say(random.pick(this.#talks), "near");
    if (open.length > 0 && chance(random, 0.45)) {
      return this.#say(random.pick(open), random.pick(["near", "far", "far"]));
    }
    if (open.length > 0 && chance(random, 0.2)) return this.#complain(random.pick(open));
    return this.#begin();
  }

  /** What became of the last packet; shows where its flow goes. */
  learn({ out = [] }: ProbeResult): void {
    if (this.#last === undefined) return;
    const { probe, talk } = this.#last;
    for (const line of out) {
      const [, at, src, sport, dst, dport, proto, id] = OUT.exec(line) ?? [];
      if (at === undefined || src === undefined || dst === undefined || proto !== talk.proto) continue;
      const from = proto === "icmp" ? Number(id) : Number(sport);
      if (at === probe.inject || from !== talk.near.sport) continue;
      talk.far ??= { at, src: dst, dst: src, sport: proto === "icmp" ? from : Number(dport), dport: from };
    }
  }

  #begin(): PacketProbe {
    const { random, ground } = this;
    const at = random.pick(Object.keys(SOURCES));
    const src = chance(random, 0.08) ? random.pick(STRANGE) : random.pick(SOURCES[at] as readonly string[]);
    const dst = chance(random, 0.05) ? random.pick(STRANGE) : random.pick([...FAR, ...ground.hosts, ...ground.hosts]);
    const proto = random.pick(["tcp", "tcp", "udp", "udp", "icmp"] as const);
    if (chance(random, 0.04)) return { inject: at, src, dst, proto: random.pick([47, 50, 132, 1]), ttl: this.#ttl() };
    const near = { at, src, dst, sport: random.pick(ground.ports), dport: random.pick(ground.ports) };
    const talk: Talk = { proto, near, next: { near: 1000, far: 50_000 } };
    this.#talks.push(talk);
    if (proto === "icmp" && chance(random, 0.3)) {
      return { ...this.#plain(talk), type: random.pick([0, 3, 11, 13, 5, 17]) };
    }
    if (chance(random, 0.06)) return this.#fragment(talk);
    return this.#say(talk, "near");
  }

  #ttl(): number {
    return this.random.pick([64, 64, 64, 64, 64, 1, 2, 3, 7, 255]);
  }

  #plain({ proto, near }: Talk): PacketProbe {
    const { at, src, dst, sport, dport } = near;
    const base = { inject: at, src, dst, proto, ttl: this.#ttl() };
    return proto === "icmp" ? { ...base, id: sport } : { ...base, sport, dport };
  }

  #say(talk: Talk, who: "near" | "far"): PacketProbe {
    const { random } = this;
    const end = (who === "near" ? talk.near : talk.far) as End;
    const { at, src, dst, sport, dport } = end;
    const tos = chance(random, 0.15) ? { tos: random.pick([0x10, 0x08, 0xb8]) } : {};
    const size = chance(random, 0.12)
      ? { payload: "oracle".repeat(random.pick([20, 100, 150, 240])), df: random.pick([0, 1]) }
      : {};
    const base = { inject: at, src, dst, proto: talk.proto, ttl: this.#ttl(), ...tos };
    const probe = talk.proto === "icmp"
      ? { ...base, type: who === "near" ? 8 : 0, id: sport, ...size }
      : talk.proto === "udp"
      ? { ...base, sport, dport, ...size }
      : { ...base, sport, dport, ...this.#segment(talk, who) };
    if (who === "near") this.#last = { probe, talk };
    return probe;
  }

  /** A segment that continues the exchange, or one that does not fit. */
  #segment(talk: Talk, who: "near" | "far"): { flags: string; seq: number; ack: number; payload?: string } {
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

  /** An ICMP error about a packet of a flow, from its far end or from a router on the way. */
  #complain(talk: Talk): PacketProbe {
    const { random } = this;
    const { at, src, dst, sport, dport } = talk.far as End;
    const quoted = talk.proto === "icmp"
      ? buildPacket({ inject: at, src: dst, dst: src, proto: "icmp", id: sport })
      : buildPacket({ inject: at, src: dst, dst: src, proto: talk.proto, sport: dport, dport: sport });
    const [type, code] = random.pick(
      [[3, 0], [3, 1], [3, 3], [3, 4], [3, 13], [11, 0], [12, 0], [5, 1], [4, 0]] as const,
    );
    const body = [
      type,
      code,
      0,
      0,
      0,
      0,
      code === 4 ? 2 : 0,
      code === 4 ? 0x40 : 0,
      ...quoted.slice(0, 28 + random.below(20)),
    ];
    const sum = checksum(body);
    body[2] = sum >> 8;
    body[3] = sum & 255;
    const from = random.pick([src, src, "203.0.113.254", "10.0.3.9"]);
    return { ...rawPacket({ inject: at, src: from, dst, proto: 1 }, body), ttl: 64 };
  }

  /** A first or a later fragment of a datagram that never becomes whole. */
  #fragment(talk: Talk): PacketProbe {
    const bytes = buildPacket({ ...this.#plain(talk), payload: "oracle".repeat(8) });
    const offset = this.random.pick([0, 0, 3, 185]);
    bytes[6] = (offset === 0 || chance(this.random, 0.5) ? 0x20 : 0) | (offset >> 8);
    bytes[7] = offset & 255;
    return finish({ inject: talk.near.at, src: talk.near.src, dst: talk.near.dst, proto: talk.proto }, bytes);
  }
}

function rawPacket(probe: PacketProbe, body: readonly number[]): PacketProbe {
  const head = buildPacket({ ...probe, proto: 253, payload: "\0".repeat(body.length) });
  head.set(body, 20);
  head[9] = Number(probe.proto);
  return finish(probe, head);
}

function finish(probe: PacketProbe, bytes: Uint8Array): PacketProbe {
  bytes[10] = bytes[11] = 0;
  const sum = checksum([...bytes.subarray(0, 20)]);
  bytes[10] = sum >> 8;
  bytes[11] = sum & 255;
  return { ...probe, bytes: bytes.toHex() };
}
