/** Where a mode answers a flow otherwise than iptables mode does, by design: each with its reason. */
import { type FlowCase, type FlowGroup, primary } from "./kube_proxy_flow_file.ts";
import type { ProxyMode } from "./kube_proxy_flows.ts";

/** What became of a flow: endpoints reached (sorted, with `, ` between), `REJECT`, `DROP`, `ACCEPT` or nothing; and whether masqueraded. */
export interface FlowEnd {
  readonly output: string;
  readonly masq: boolean;
}

/** A flow, and how iptables mode ends it. */
export interface Expected {
  readonly mode: ProxyMode;
  readonly group: FlowGroup;
  readonly flow: FlowCase;
  readonly end: FlowEnd;
}

/** One difference of one mode. */
export interface Deviation {
  readonly modes: readonly ProxyMode[];
  readonly reason: string;
  applies(flow: Expected): boolean;
  end(flow: Expected): FlowEnd;
}

const NOTHING: FlowEnd = { output: "", masq: false };

/** The differences, the first that applies counts. */
export const DEVIATIONS: readonly Deviation[] = [
  {
    modes: ["nftables"],
    reason: "health check node ports are let in by no rule: nothing of nftables mode would keep them out",
    applies: ({ end }) => end.output === "ACCEPT",
    end: () => NOTHING,
  },
  {
    modes: ["nftables", "ipvs"],
    reason: "node ports never answer on loopback addresses",
    applies: ({ flow }) => flow.destIP === "127.0.0.1" || flow.destIP === "::1",
    end: () => NOTHING,
  },
  {
    modes: ["nftables"],
    reason: "node ports answer on the node's primary address alone where nodePortAddresses is not given",
    applies: ({ group, flow }) =>
      !group.config.nodePortAddresses && isNodePort(group, flow) && !primary(group).includes(flow.destIP),
    end: () => NOTHING,
  },
  {
    modes: ["ipvs"],
    reason: "ClusterIPs are the node's own addresses here: what is no Service's port is refused (KUBE-IPVS-FILTER)",
    applies: ({ group, flow, end }) =>
      end.output === "" && group.services.some(({ clusterIP }) => clusterIP === flow.destIP),
    end: () => REFUSED,
  },
  {
    modes: ["ipvs"],
    reason: "internalTrafficPolicy Local without an endpoint here: the virtual server has nobody and answers so itself",
    applies: ({ group, flow, end }) =>
      end.output === "DROP" && group.services.some(({ clusterIP }) => clusterIP === flow.destIP),
    end: () => REFUSED,
  },
  {
    modes: ["ipvs"],
    reason:
      "externalTrafficPolicy Local is the same for everybody: pods and the node itself get this node's endpoints as well, " +
      "all endpoints where there is none here, and nobody is masqueraded",
    applies: ({ group, flow, end }) => end.output !== "REJECT" && localService(group, flow) !== undefined,
    end: ({ group, flow, end }) => localEnd(group, { flow, end }),
  },
];

const REFUSED: FlowEnd = { output: "REJECT", masq: false };

/** The Service with externalTrafficPolicy Local that a flow from outside is for. */
function localService({ services, localIPs }: FlowGroup, { destIP, destPort }: FlowCase) {
  return services.find((service) => {
    const ports = service.ports as readonly { readonly port: number; readonly nodePort?: number }[];
    const addresses = [
      ...(service.externalIPs as readonly string[] ?? []),
      ...(service.loadBalancerIngress as readonly { readonly ip?: string }[] ?? []).map(({ ip }) => ip),
    ];
    if (service.externalTrafficPolicy !== "Local") return false;
    return (addresses.includes(destIP) && ports.some(({ port }) => port === destPort)) ||
      (localIPs.includes(destIP) && ports.some(({ nodePort }) => nodePort === destPort));
  });
}

/** This node's endpoints, else all: ready ones before terminating ones. A source that is not let in stays out. */
function localEnd(group: FlowGroup, { flow, end }: { readonly flow: FlowCase; readonly end: FlowEnd }): FlowEnd {
  const service = localService(group, flow);
  const own = group.endpoints.filter((slice) => slice.service === `${service?.ns}/${service?.name}`);
  const all = own.flatMap(({ addresses, ports }) =>
    addresses.flatMap((address) =>
      (ports as readonly { readonly port: number }[]).map(({ port }) => ({ ...address, port }))
    )
  );
  const usable = (here: boolean) => {
    const list = all.filter(({ node }) => !here || node === "test-node");
    const ready = list.filter(({ ready }) => ready ?? true);
    return ready.length > 0
      ? ready
      : list.filter(({ serving, terminating }) => (serving ?? true) && terminating === true);
  };
  const reached = usable(true).length > 0 ? usable(true) : usable(false);
  if (reached.length === 0 || end.output === "DROP" && usable(true).length > 0) return end;
  const text = reached.map(({ ip, port }) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`));
  return { output: text.sort().join(", "), masq: false };
}

/** How a mode ends a flow otherwise, and why; undefined where it does as iptables mode. */
export function deviation(flow: Expected): { readonly end: FlowEnd; readonly reason: string } | undefined {
  const found = DEVIATIONS.find(({ modes, applies }) => modes.includes(flow.mode) && applies(flow));
  return found && { end: found.end(flow), reason: found.reason };
}

/** A flow to a node port on one of the node's addresses. */
function isNodePort({ services, localIPs }: FlowGroup, { destIP, destPort }: FlowCase): boolean {
  const ports = services.flatMap((service) => service.ports as readonly { readonly nodePort?: number }[]);
  return localIPs.includes(destIP) && ports.some(({ nodePort }) => nodePort === destPort);
}
