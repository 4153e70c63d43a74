/** The file of flows: `flows`, and tables of facts beside them. */
import type { EndpointSlice, Service } from "../../core/kube/mod.ts";

/** A file like `kubeproxy_flows.json`. */
export interface FlowFile {
  readonly flows: readonly FlowGroup[];
  readonly hash_anchors?: readonly {
    readonly input: string;
    readonly chain_suffix: string;
    readonly applies_to: string;
  }[];
  readonly probability_anchors?: Readonly<Record<string, string>>;
  readonly load_balancer_ip_mode?: readonly {
    readonly feature_gate: boolean;
    readonly ipMode: string | null;
    readonly expect_lb_rule: boolean;
  }[];
  readonly sloppy_addresses?: Readonly<Record<string, string>>;
  readonly no_local_endpoints_metric?: readonly {
    readonly iTP: "Local" | "Cluster" | null;
    readonly eTP: "Local" | "Cluster" | null;
    readonly local_endpoints: boolean;
    readonly any_endpoints: boolean;
    readonly internal: number;
    readonly external: number;
  }[];
}

/** A world and the packets sent through it. */
export interface FlowGroup {
  readonly name: string;
  readonly services: readonly FlowService[];
  readonly endpoints: readonly FlowEndpoints[];
  readonly nodeIP: string;
  readonly localIPs: readonly string[];
  readonly config: {
    readonly masqueradeAll?: boolean;
    readonly detectLocal?: string | null;
    readonly localhostNodePorts?: boolean;
    readonly nodePortAddresses?: readonly string[] | null;
  };
  readonly cases: readonly FlowCase[];
}

/** One flow. */
export interface FlowCase {
  readonly name: string;
  readonly sourceIP: string;
  readonly destIP: string;
  readonly destPort: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly expected_output: string;
  readonly expected_masq: boolean;
  readonly nftables_expected_output?: string;
}

interface FlowService {
  readonly ns: string;
  readonly name: string;
  readonly clusterIP: string;
  readonly loadBalancerIngress?: readonly object[];
  readonly [field: string]: unknown;
}

interface FlowEndpoints {
  readonly service: string;
  readonly addresses: readonly {
    readonly ip: string;
    readonly node?: string;
    readonly ready?: boolean;
    readonly serving?: boolean;
    readonly terminating?: boolean;
  }[];
  readonly ports: readonly object[];
}

/** A group's Services and EndpointSlices; fields of a Service that are not named here are fields of its spec. */
export function objectsOf({ services, endpoints }: FlowGroup): {
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
} {
  return { services: services.map(serviceOf), endpointSlices: endpoints.map(sliceOf) };
}

function serviceOf({ ns, name, loadBalancerIngress, ...spec }: FlowService): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: ns, name },
    spec: { type: "ClusterIP", ...spec },
    status: { loadBalancer: { ingress: loadBalancerIngress ?? [] } },
  } as unknown as Service;
}

function sliceOf({ service, addresses, ports }: FlowEndpoints, number: number): EndpointSlice {
  const [namespace = "", name = ""] = service.split("/");
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { namespace, name: `${name}-${number}`, labels: { "kubernetes.io/service-name": name } },
    addressType: addresses[0]?.ip.includes(":") ? "IPv6" : "IPv4",
    endpoints: addresses.map(({ ip, node, ready, serving, terminating }) => ({
      addresses: [ip],
      ...(node === undefined ? {} : { nodeName: node }),
      conditions: { ready, serving, terminating },
    })),
    ports,
  } as unknown as EndpointSlice;
}

/** The node's InternalIPs: its first, and the first of the other family. */
export function primary({ nodeIP, localIPs }: FlowGroup): readonly string[] {
  const six = nodeIP.includes(":");
  const other = localIPs.find((ip) => ip.includes(":") !== six && ip !== "::1" && ip !== "127.0.0.1");
  return other === undefined ? [nodeIP] : [nodeIP, other];
}
