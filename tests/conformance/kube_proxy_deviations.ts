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
  {
    modes: ["userspace"],
    reason: "the proxy's own sockets are let in by no rule for health checks",
    applies: ({ end }) => end.output === "ACCEPT",
    end: () => NOTHING,
  },
  {
    modes: ["userspace"],
    reason: "there is no proxy for SCTP",
    applies: ({ flow }) => flow.protocol === "SCTP",
    end: () => NOTHING,
  },
  {
    modes: ["userspace"],
    reason:
      "the proxy takes every connection to a Service and dials a ready endpoint, in turn: policies, source ranges and node port " +
      "addresses are not known to it, the endpoint sees the node, and with nobody ready the connection is closed",
    applies: ({ group, flow }) => serviceOf(group, flow) !== undefined,
    end: ({ group, flow }) => {
      const ready = endpointsOf(group, serviceOf(group, flow) as FlowPort).filter(({ ready }) => ready ?? true);
      const output = ready.map(socketOf).sort().join(", ");
      return { output, masq: output !== "" };
    },
  },
];

/** A Service's port that a flow is for. */
interface FlowPort {
  readonly service: string;
  readonly name: string;
}

function serviceOf({ services, localIPs }: FlowGroup, { destIP, destPort, protocol }: FlowCase): FlowPort | undefined {
  for (const service of services) {
    const addresses = [
      service.clusterIP,
      ...(service.externalIPs as readonly string[] ?? []),
      ...(service.loadBalancerIngress as readonly { readonly ip?: string }[] ?? []).map(({ ip }) => ip),
    ];
    const local = localIPs.includes(destIP);
    const port = (service.ports as readonly ServicePortOf[]).find((each) =>
      each.protocol === protocol &&
      ((addresses.includes(destIP) && each.port === destPort) || (local && each.nodePort === destPort))
    );
    if (port !== undefined) return { service: `${service.ns}/${service.name}`, name: port.name };
  }
  return undefined;
}

interface ServicePortOf {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly nodePort?: number;
}

function endpointsOf({ endpoints }: FlowGroup, { service, name }: FlowPort) {
  return endpoints.filter((slice) => slice.service === service).flatMap(({ addresses, ports }) =>
    (ports as readonly ServicePortOf[]).filter((port) => port.name === name).flatMap(({ port }) =>
      addresses.map((address) => ({ ...address, port }))
    )
  );
}

function socketOf({ ip, port }: { readonly ip: string; readonly port: number }): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

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
  const port = serviceOf(group, flow);
  const all = port === undefined ? [] : endpointsOf(group, port);
  const usable = (here: boolean) => {
    const list = all.filter(({ node }) => !here || node === "test-node");
    const ready = list.filter(({ ready }) => ready ?? true);
    return ready.length > 0
      ? ready
      : list.filter(({ serving, terminating }) => (serving ?? true) && terminating === true);
  };
  const reached = usable(true).length > 0 ? usable(true) : usable(false);
  if (reached.length === 0 || end.output === "DROP" && usable(true).length > 0) return end;
  return { output: reached.map(socketOf).sort().join(", "), masq: false };
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
