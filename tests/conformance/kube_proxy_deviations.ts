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
    modes: ["nftables"],
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
];

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
