/** What is read before and after a probe: rule counters and conntrack events. */
import { namespaceOf, netfilterOf } from "../../core/linux/mod.ts";
import type { Flow, FlowSide } from "../../wasm/mod.ts";
import type { FlowRecord, TupleRecord } from "./scenario.ts";
import { printEnd } from "./packet.ts";
import type { World } from "./world.ts";

/** Packets of every rule and policy by `ns/table/chain/number`; tables of ip6tables have a 6 behind their name. */
export function readCounters(world: World): Map<string, number> {
  const counters = new Map<string, number>();
  for (const { ns, family, variant, tables } of world.tables) {
    const netfilter = netfilterOf(namespaceOf(world.plane, world.ns.get(ns) as number), family, variant);
    for (const table of tables) {
      const place = `${ns}/${table}${family === 6 ? "6" : ""}`;
      for (const { name, policy, count, entries } of netfilter.chains(table)) {
        entries.forEach(({ packets }, i) => counters.set(`${place}/${name}/${i + 1}`, packets));
        if (policy !== undefined) counters.set(`${place}/${name}/policy`, count.packets);
      }
    }
  }
  return counters;
}

/** How much each counter moved, those that did. */
export function countersMoved(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Record<string, number> {
  const moved: Record<string, number> = {};
  for (const [key, value] of after) {
    const delta = value - (before.get(key) ?? 0);
    if (delta !== 0) moved[key] = delta;
  }
  return moved;
}

function tuple(proto: number, side: FlowSide): TupleRecord {
  if (proto === 1 || proto === 58) {
    const { src, dst, id = 0, type = 0, code = 0 } = side;
    return { proto: proto === 1 ? "icmp" : "icmpv6", src, dst, id, type, code };
  }
  const name = { 6: "tcp", 17: "udp" }[proto] ?? proto;
  return { proto: name, src: printEnd(side.src, side.sport), dst: printEnd(side.dst, side.dport) };
}

function record(flow: Flow, destroyed: boolean): FlowRecord {
  const status = [
    flow.replied && "SEEN_REPLY",
    flow.assured && "ASSURED",
    flow.confirmed && "CONFIRMED",
    flow.snat && "SNAT",
    flow.dnat && "DNAT",
  ].filter((word) => word !== false);
  return {
    orig: tuple(flow.proto, flow.original),
    reply: tuple(flow.proto, flow.reply),
    status,
    ...(flow.mark !== 0 && { mark: flow.mark }),
    ...(flow.proto === 6 && flow.state !== undefined && { tcp_state: flow.state }),
    ...(flow.proto === 132 && flow.state !== undefined && { sctp_state: flow.state }),
    ...(destroyed && { destroyed: true }),
  };
}

/** The entries that were made or changed since the last call, by namespace, each as its last event shows it. */
export function takeFlows(world: World): Record<string, FlowRecord[]> {
  const entries = new Map<string, Map<string, FlowRecord>>();
  for (const { ns, event, flow } of world.plane.takeFlowEvents()) {
    const name = world.names.get(ns);
    if (name === undefined) continue;
    const known = entries.get(name) ?? new Map<string, FlowRecord>();
    entries.set(name, known);
    // A new flow may have the number of one that is gone; the same flow made anew is the same entry.
    const made = record(flow, event === "DESTROY");
    const key = `${flow.id} ${JSON.stringify(made.orig)}`;
    known.set(key, { ...known.get(key), ...made });
  }
  const order = [...world.ns.keys()].filter((name) => entries.has(name));
  return Object.fromEntries(order.map((name) => [name, [...entries.get(name)?.values() ?? []]]));
}
