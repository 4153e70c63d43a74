/** Names for a trace: places by namespace, devices by index, rules by number. */
import { IPVS_TABLE, ipvsOf, type Namespace, namespaceOf, netfilterOf, nftOf, type TraceNames } from "../linux/mod.ts";
import type { IfIndex, Ns } from "../../wasm/mod.ts";
import type { Cluster } from "./cluster.ts";
import type { World } from "./world.ts";

/** Names as they are now; devices are looked up once for every namespace. */
export function namesOf(world: World, cluster: Cluster | undefined): TraceNames {
  const places = placesOf(world, cluster);
  const devices = new Map<Ns, Map<IfIndex, string>>();
  const devicesOf = (ns: Ns): Map<IfIndex, string> => {
    const known = devices.get(ns) ?? new Map(world.plane.links(ns).map(({ index, name }) => [index, name]));
    devices.set(ns, known);
    return known;
  };
  return {
    place: (ns) => places.get(ns) ?? `namespace/${ns}`,
    device: (ns, dev) => devicesOf(ns).get(dev) ?? `if${dev}`,
    rule: ({ ns, family, table, rule }) =>
      typeof table === "number"
        ? numbered(namespaceOf(world.plane, ns), { table, family, rule })
        : netfilterOf(namespaceOf(world.plane, ns), family).ruleAt(table, rule)?.text,
  };
}

function placesOf(world: World, cluster: Cluster | undefined): Map<Ns, string> {
  const places = new Map<Ns, string>();
  for (const [name, ns] of world.switches) places.set(ns, `switch/${name}`);
  for (const machine of world.machines.values()) {
    for (const [name, { id }] of machine.namespaces) places.set(id, `machine/${machine.name}/netns/${name}`);
    places.set(machine.ns.id, cluster?.isNode(machine.name) ? `node/${machine.name}` : `machine/${machine.name}`);
  }
  for (const pod of cluster?.pods() ?? []) {
    const ns = cluster?.namespaceOf(pod);
    if (ns !== undefined && pod.spec.hostNetwork !== true) {
      places.set(ns.id, `pod/${pod.metadata.namespace}/${pod.metadata.name}`);
    }
  }
  return places;
}

/** A rule of nftables, or of the virtual servers. */
function numbered(
  namespace: Namespace,
  { table, family, rule }: { readonly table: number; readonly family: 4 | 6; readonly rule: number },
): string | undefined {
  if (table === IPVS_TABLE) return ipvsOf(namespace).ruleAt(family, rule);
  return nftOf(namespace).ruleAt(table, family, rule);
}
