/**
 * The rules of userspace mode: what is for a Service is led to the proxy's own socket for it. Packets of others come by REDIRECT, the
 * node's own by DNAT to its address.
 */
import type { Ensured } from "../iptables/jumps.ts";
import type { ServicePort, ServiceView } from "../view.ts";

const about = (text: string): string => `-m comment --comment "${text}"`;
const CLUSTER = "handle ClusterIPs; NOTE: this must be before the NodePort rules";
const NODE = "handle service NodePorts; NOTE: this must be the last rule in the chain";

/** The chains of userspace mode. */
export const USERSPACE_CHAINS: readonly { readonly table: "nat" | "filter"; readonly chain: string }[] = [
  { table: "nat", chain: "KUBE-PORTALS-CONTAINER" },
  { table: "nat", chain: "KUBE-PORTALS-HOST" },
  { table: "nat", chain: "KUBE-NODEPORT-CONTAINER" },
  { table: "nat", chain: "KUBE-NODEPORT-HOST" },
  { table: "filter", chain: "KUBE-NODEPORT-NON-LOCAL" },
];

/** The jumps to them: portals first, node ports last. */
export const USERSPACE_JUMPS: readonly Ensured[] = [
  { table: "nat", chain: "PREROUTING", rule: `${about(CLUSTER)} -j KUBE-PORTALS-CONTAINER`, place: "prepend" },
  { table: "nat", chain: "OUTPUT", rule: `${about(CLUSTER)} -j KUBE-PORTALS-HOST`, place: "prepend" },
  {
    table: "nat",
    chain: "PREROUTING",
    rule: `-m addrtype --dst-type LOCAL ${about(NODE)} -j KUBE-NODEPORT-CONTAINER`,
    place: "append",
  },
  {
    table: "nat",
    chain: "OUTPUT",
    rule: `-m addrtype --dst-type LOCAL ${about(NODE)} -j KUBE-NODEPORT-HOST`,
    place: "append",
  },
  {
    table: "filter",
    chain: "INPUT",
    rule: `${about("Ensure that non-local NodePort traffic can flow")} -j KUBE-NODEPORT-NON-LOCAL`,
    place: "prepend",
  },
];

/** What a Service port's proxy socket is known by. */
export function proxyKey({ name, protocol }: ServicePort): string {
  return `${name}/${protocol}`;
}

/** `iptables-restore --noflush` text of a view, given the port of every proxy socket. */
export function printUserspaceRules(view: ServiceView, sockets: ReadonlyMap<string, number>): string {
  const own = view.ports.flatMap((port) => {
    const socket = sockets.get(proxyKey(port));
    return socket === undefined ? [] : [portRules(port, { socket, node: view.nodeIP })];
  });
  const text = (table: "nat" | "filter") => [
    `*${table}`,
    ...USERSPACE_CHAINS.filter((each) => each.table === table).map(({ chain }) => `:${chain} - [0:0]`),
    ...own.flatMap((rules) => rules[table]),
    "COMMIT",
  ];
  return [...text("filter"), ...text("nat"), ""].join("\n");
}

interface Target {
  /** The proxy socket's port. */
  readonly socket: number;
  /** The address by which the node's own packets reach it. */
  readonly node: string;
}

function portRules(port: ServicePort, { socket, node }: Target): { readonly nat: string[]; readonly filter: string[] } {
  const { name, protocol, nodePort } = port;
  const head = `-m comment --comment ${name} -p ${protocol} -m ${protocol}`;
  const bits = port.clusterIP.includes(":") ? 128 : 32;
  const host = node.includes(":") ? `[${node}]:${socket}` : `${node}:${socket}`;
  const portal = (address: string, more = "") => [
    `-A KUBE-PORTALS-CONTAINER ${head} -d ${address}/${bits} --dport ${port.port}${more} -j REDIRECT --to-ports ${socket}`,
    `-A KUBE-PORTALS-HOST ${head} -d ${address}/${bits} --dport ${port.port} -j DNAT --to-destination ${host}`,
  ];
  const outside = [...port.externalIPs, ...port.loadBalancerIPs].flatMap((address) => portal(address));
  if (nodePort === 0) return { nat: [...portal(port.clusterIP), ...outside], filter: [] };
  return {
    nat: [
      ...portal(port.clusterIP),
      ...outside,
      `-A KUBE-NODEPORT-CONTAINER ${head} --dport ${nodePort} -j REDIRECT --to-ports ${socket}`,
      `-A KUBE-NODEPORT-HOST ${head} --dport ${nodePort} -j DNAT --to-destination ${host}`,
    ],
    filter: [`-A KUBE-NODEPORT-NON-LOCAL ${head} --dport ${socket} -m state --state NEW -j ACCEPT`],
  };
}
