/** The tables beside the flows: chain hashes, probabilities, load balancer ipMode, sloppy addresses, the no-local-endpoints metric. */
import type { EndpointSlice, Service } from "../../core/kube/mod.ts";
import {
  chainHash,
  nftHash,
  noLocalEndpoints,
  printIptables,
  printProbability,
  type ProxyConfig,
  type ServiceView,
  serviceViews,
} from "../../core/node/mod.ts";
import type { FlowFile } from "./kube_proxy_flow_file.ts";
import { type Check, same } from "./kube_proxy_recording.ts";

const NODE = {
  name: "test-node",
  zone: "",
  addresses: ["192.168.0.2"],
  podCIDRs: ["10.0.0.0/8"],
  interfaces: [{ name: "lo", addresses: ["127.0.0.1/8"] }, { name: "eth0", addresses: ["192.168.0.2/24"] }],
};
const PORT = { name: "p80", port: 80, protocol: "TCP" };

/** Holds every table of a file against ours. */
export function checkAnchors(file: FlowFile): Check[] {
  return [
    ...(file.hash_anchors ?? []).map(({ input, chain_suffix, applies_to }) =>
      same(`hash of ${input}`, chain_suffix, applies_to.startsWith("nftables") ? nftHash(input) : chainHash(input))
    ),
    ...Object.entries(file.probability_anchors ?? {}).map(([n, text]) =>
      same(`probability 1/${n}`, text, printProbability(Number(n)))
    ),
    ...(file.load_balancer_ip_mode ?? []).map(checkIpMode),
    ...Object.entries(file.sloppy_addresses ?? {}).map(([what, address]) => checkSloppy(what, address)),
    ...(file.no_local_endpoints_metric ?? []).map(checkMetric),
  ];
}

interface Wish {
  readonly spec?: object;
  readonly ingress?: readonly object[];
  readonly endpoints?: readonly { readonly ip: string; readonly node?: string }[];
  readonly config?: ProxyConfig;
}

/** The IPv4 view of one Service. */
function viewOf({ spec = {}, ingress = [], endpoints = [{ ip: "10.180.0.1" }], config = {} }: Wish): ServiceView {
  const service = {
    metadata: { namespace: "ns1", name: "svc1" },
    spec: { type: "LoadBalancer", clusterIP: "172.30.0.41", ports: [{ ...PORT, nodePort: 3001 }], ...spec },
    status: { loadBalancer: { ingress } },
  } as unknown as Service;
  const slice = {
    metadata: { namespace: "ns1", name: "svc1-a", labels: { "kubernetes.io/service-name": "svc1" } },
    addressType: "IPv4",
    endpoints: endpoints.map(({ ip, node }) => ({ addresses: [ip], nodeName: node })),
    ports: [PORT],
  } as unknown as EndpointSlice;
  return serviceViews({ services: [service], endpointSlices: [slice], node: NODE, config })[0];
}

type Row<Key extends keyof FlowFile> = NonNullable<FlowFile[Key]> extends readonly (infer T)[] ? T : never;

function checkIpMode({ feature_gate, ipMode, expect_lb_rule }: Row<"load_balancer_ip_mode">): Check {
  const ingress = [{ ip: "1.2.3.4", ...(ipMode === null ? {} : { ipMode }) }];
  const rules = printIptables(viewOf({ ingress, config: { featureGates: { LoadBalancerIPMode: feature_gate } } }));
  const id = `ipMode ${ipMode}, gate ${feature_gate ? "on" : "off"}`;
  return same(id, expect_lb_rule, rules.includes("-d 1.2.3.4 "));
}

/** `clusterIP 172.30.0.041`: the address goes into the field, and must be in the rules without its zeros. */
function checkSloppy(what: string, expected: string): Check {
  const at = what.lastIndexOf(" ");
  const [field, address] = [what.slice(0, at), what.slice(at + 1)];
  const lb = [{ ip: "1.2.3.4" }];
  const wishes: Readonly<Record<string, Wish>> = {
    "clusterIP": { spec: { clusterIP: address } },
    "LB ingress": { ingress: [{ ip: address }] },
    "externalIP": { spec: { externalIPs: [address] } },
    "source range": { spec: { loadBalancerSourceRanges: [address] }, ingress: lb },
    "endpoint": { endpoints: [{ ip: address }] },
  };
  const wish = wishes[field];
  if (wish === undefined) return { id: what, problem: `  unknown field ${field}` };
  const rules = printIptables(viewOf(wish));
  const words = rules.split(/\s/);
  const found = words.some((word) => word === expected || word.startsWith(`${expected}:`));
  return same(`sloppy ${what}`, [expected, true], [expected, found && !words.includes(address)]);
}

function checkMetric(row: Row<"no_local_endpoints_metric">): Check {
  const { iTP, eTP, local_endpoints, any_endpoints, internal, external } = row;
  const endpoints = [
    ...(local_endpoints ? [{ ip: "10.180.0.1", node: NODE.name }] : []),
    ...(any_endpoints ? [{ ip: "10.180.2.1", node: "elsewhere" }] : []),
  ];
  const spec = {
    ...(iTP === null ? {} : { internalTrafficPolicy: iTP }),
    ...(eTP === null ? {} : { externalTrafficPolicy: eTP }),
  };
  return same(`metric ${JSON.stringify(row)}`, { internal, external }, noLocalEndpoints(viewOf({ spec, endpoints })));
}
