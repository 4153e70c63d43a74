/** Sockets that listen, and probes sent from sockets. */
import type { Random } from "../../../core/base/mod.ts";
import type { ListenerLine, SocketProbe } from "../scenario.ts";
import { chance } from "./ground.ts";

/** Listeners of a namespace by protocol. */
export function listen(ns: string, tcp: readonly number[], udp: readonly number[]): ListenerLine[] {
  return [
    ...tcp.map((port) => ({ ns, proto: "tcp" as const, port })),
    ...udp.map((port) => ({ ns, proto: "udp" as const, port })),
  ];
}

/** A probe from one of some namespaces to one of some addresses and ports; few source ports, so that flows meet again. */
export function socketProbe(
  random: Random,
  from: readonly string[],
  targets: readonly string[],
  ports: readonly number[],
): SocketProbe {
  const dst = random.pick(targets);
  const proto = random.pick(["tcp", "tcp", "udp", "udp", dst.startsWith("::ffff:") ? "udp" : "icmp"] as const);
  const base = { from: random.pick(from), proto, dst, dport: random.pick(ports) };
  const ttl = chance(random, 0.12) ? { ttl: random.pick([1, 2, 3]) } : {};
  const mark = chance(random, 0.12) ? { mark: random.pick([1, 2, 3]) } : {};
  if (proto === "icmp") {
    const size = chance(random, 0.1) ? { payload: "x".repeat(random.pick([700, 1600])) } : {};
    return { ...base, ...ttl, ...mark, ...size, id: 100 + random.below(4) };
  }
  const size = proto === "udp" && chance(random, 0.2)
    ? { payload: "oracle".repeat(random.pick([20, 120, 200, 300])) }
    : {};
  return { ...base, ...ttl, ...mark, ...size, sport: 41_000 + random.below(5) };
}
