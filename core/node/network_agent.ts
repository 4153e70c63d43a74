/** The pod network's daemon on one node: what `NETWORKS` wants, brought about with ip, bridge, iptables and sysctl. */
import { type Api, copyOf, isStatus, type Node } from "../kube/mod.ts";
import type { Machine, Task } from "../linux/mod.ts";
import { mustRun, runIn, setSysctls, startAgent } from "./agent.ts";
import { type NetworkDesired, type NetworkNode, NETWORKS, type NetworkView, publishedMac } from "./network/mod.ts";

/** What the daemon is started with. */
export interface NetworkAgentOptions {
  readonly machine: Machine;
  readonly node: string;
  readonly api: Api;
  /** A name of `NETWORKS`. */
  readonly network: string;
  readonly clusterCIDR: string;
  readonly device: string;
  readonly mtu: number;
  /** MAC of the tunnel device, made once. */
  readonly vtepMac: string;
  /** And of the IPv6 one, on a dual-stack cluster. */
  readonly vtepMac6: string;
}

/** How often it looks at changed Nodes, in virtual milliseconds. */
const PERIOD = 200;

/** Starts it; it follows the Nodes from now on. */
export function startNetworkAgent(options: NetworkAgentOptions): () => void {
  const { machine, node, api } = options;
  let applied: NetworkDesired | undefined;
  return startAgent({
    name: `${options.network} on ${node}`,
    store: api.store,
    runner: machine.runner,
    period: PERIOD,
    kinds: ["Node"],
    concerns: ({ type, object, old }) =>
      type !== "MODIFIED" || !isSameNode(networkNode(object as Node), networkNode(old as Node)),
    async sync(task) {
      const view = viewOf(options);
      if (view === undefined) return;
      const desired = (NETWORKS[options.network] as (view: NetworkView) => NetworkDesired)(view);
      await apply(task, machine, desired, applied);
      applied = desired;
      publish(api, node, desired.annotations);
    },
  });
}

/** The cluster from this node; undefined while the node has no pod CIDR. */
function viewOf(
  { node, api, clusterCIDR, device, mtu, vtepMac, vtepMac6 }: NetworkAgentOptions,
): NetworkView | undefined {
  const nodes = api.store.list("Node").map(networkNode).filter((each) => each !== undefined);
  const self = nodes.find(({ name }) => name === node);
  if (self === undefined) return undefined;
  const [network = "", network6] = clusterCIDR.split(",");
  return {
    network,
    ...(network6 === undefined ? {} : { network6 }),
    device,
    mtu,
    prefixLength: 24,
    self: { ...self, vtepMac, ...(self.six === undefined ? {} : { six: { ...self.six, vtepMac: vtepMac6 } }) },
    peers: nodes.filter((each) => each !== self),
  };
}

/** Nodes looked at already: the daemon of each node looks at each other node. */
const SEEN = new WeakMap<Node, NetworkNode | undefined>();

function networkNode(node: Node): NetworkNode | undefined {
  if (SEEN.has(node)) return SEEN.get(node);
  const seen = lookAt(node);
  SEEN.set(node, seen);
  return seen;
}

function lookAt({ metadata, spec, status }: Node): NetworkNode | undefined {
  const [address, address6] = (status.addresses ?? []).filter(({ type }) => type === "InternalIP").map((one) =>
    one.address
  );
  if (spec.podCIDR === undefined || address === undefined) return undefined;
  const vtepMac = publishedMac(metadata.annotations);
  const podCIDR6 = spec.podCIDRs?.[1];
  const mac6 = publishedMac(metadata.annotations, "backend-v6-data");
  const six = address6 === undefined || podCIDR6 === undefined
    ? {}
    : { six: { address: address6, podCIDR: podCIDR6, ...(mac6 === undefined ? {} : { vtepMac: mac6 }) } };
  return { name: metadata.name, address, podCIDR: spec.podCIDR, ...(vtepMac === undefined ? {} : { vtepMac }), ...six };
}

type End = Pick<NetworkNode, "address" | "podCIDR" | "vtepMac">;

function isSameNode(a: NetworkNode | undefined, b: NetworkNode | undefined): boolean {
  return isSameEnd(a, b) && isSameEnd(a?.six, b?.six);
}

function isSameEnd(a: End | undefined, b: End | undefined): boolean {
  return a?.address === b?.address && a?.podCIDR === b?.podCIDR && a?.vtepMac === b?.vtepMac;
}

/** Devices, rules and files once, peers as they come and go. */
async function apply(
  task: Task,
  machine: Machine,
  desired: NetworkDesired,
  before: NetworkDesired | undefined,
): Promise<void> {
  if (before === undefined) await setUp(task, machine, desired);
  for (const { list, tool, verb } of LISTS) {
    const known = new Set(before?.[list]);
    const fresh = known.size === 0 ? desired[list] : desired[list].filter((line) => !known.has(line));
    if (fresh.length === 0) continue;
    const commands = fresh.join(`\n${verb} replace `);
    await mustRun(task, machine, `${tool} -batch -`, `${verb} replace ${commands}\n`);
  }
  await removeGone(task, machine, desired, before);
}

/** What there is of each peer, in the order in which it is set. */
const LISTS = [
  { list: "neighbours", tool: "ip", verb: "neigh" },
  { list: "fdb", tool: "bridge", verb: "fdb" },
  { list: "routes", tool: "ip", verb: "route" },
] as const;

async function setUp(task: Task, machine: Machine, desired: NetworkDesired): Promise<void> {
  for (const line of desired.devices) await mustRun(task, machine, `ip ${line}`);
  await setSysctls(task, machine, desired.sysctls);
  for (const [tool, rules] of [["iptables", desired.rules], ["ip6tables", desired.rules6]] as const) {
    if (rules === undefined) continue;
    await mustRun(task, machine, `${tool}-restore --noflush`, rules);
    for (const { table, chain, rule } of desired.jumps) {
      const { exit } = await runIn(task, machine, `${tool} -t ${table} -C ${chain} ${rule}`);
      if (exit !== 0) await mustRun(task, machine, `${tool} -t ${table} -A ${chain} ${rule}`);
    }
  }
  for (const [path, text] of Object.entries(desired.files)) machine.files.put(path, text);
}

/** Peers that left: their routes, neighbours and forwarding entries go. */
async function removeGone(
  task: Task,
  machine: Machine,
  desired: NetworkDesired,
  before: NetworkDesired | undefined,
): Promise<void> {
  for (const { list, tool, verb } of [...LISTS].reverse()) {
    const known = before?.[list] ?? [];
    if (known.length === 0) continue;
    const kept = new Set(desired[list].map(firstWord));
    for (const line of known) {
      if (!kept.has(firstWord(line))) await runIn(task, machine, `${tool} ${verb} del ${DELETED[list](line)}`);
    }
  }
}

/** What says which one goes. */
const DELETED: Readonly<Record<(typeof LISTS)[number]["list"], (line: string) => string>> = {
  routes: (line) => line,
  neighbours: (line) => line.replace(/ lladdr \S+| nud \S+/g, ""),
  fdb: (line) => line,
};

function firstWord(line: string): string {
  return line.slice(0, line.indexOf(" "));
}

function publish(api: Api, name: string, annotations: Readonly<Record<string, string>>): void {
  const node = api.store.get("Node", name);
  if (
    node === undefined ||
    Object.entries(annotations).every(([key, value]) => node.metadata.annotations?.[key] === value)
  ) return;
  const next = copyOf(node);
  next.metadata.annotations = { ...next.metadata.annotations, ...annotations };
  const answer = api.update(next);
  if (isStatus(answer)) throw new Error(`annotations of node ${name}: ${answer.message}`);
}
