/** Services on a node, for comparing what becomes of them with a real kernel. */
import type { Random } from "../../core/base/mod.ts";
import type { FlowGroup } from "../conformance/kube_proxy_flow_file.ts";

/** Addresses of the node. */
export const LOCAL = ["127.0.0.1", "192.168.0.2", "192.168.1.2"];

const P80 = { name: "p80", port: 80, targetPort: 80, protocol: "TCP" };

/** The six Services of `kubeproxy_overall`: one of each kind. */
export const OVERALL: FlowGroup = {
  name: "overall",
  nodeIP: "192.168.0.2",
  localIPs: LOCAL,
  config: {},
  services: [
    { ns: "ns1", name: "svc1", clusterIP: "172.30.0.41", ports: [P80] },
    {
      ns: "ns2",
      name: "svc2",
      type: "LoadBalancer",
      clusterIP: "172.30.0.42",
      ports: [{ ...P80, nodePort: 3001 }],
      externalIPs: ["192.168.99.22"],
      loadBalancerIngress: [{ ip: "1.2.3.4" }],
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 30000,
    },
    { ns: "ns3", name: "svc3", type: "NodePort", clusterIP: "172.30.0.43", ports: [{ ...P80, nodePort: 3003 }] },
    { ns: "ns4", name: "svc4", clusterIP: "172.30.0.44", ports: [P80], externalIPs: ["192.168.99.33"] },
    {
      ns: "ns5",
      name: "svc5",
      type: "LoadBalancer",
      clusterIP: "172.30.0.45",
      ports: [{ ...P80, nodePort: 3002 }],
      loadBalancerIngress: [{ ip: "5.6.7.8" }],
      loadBalancerSourceRanges: ["203.0.113.0/25"],
      sessionAffinity: "ClientIP",
    },
    { ns: "ns6", name: "svc6", clusterIP: "172.30.0.46", ports: [P80] },
  ],
  endpoints: [
    ...["10.180.0.1", "10.180.0.2", "10.180.0.3"].map((ip, i) => ({
      service: `ns${i + 1}/svc${i + 1}`,
      addresses: [{ ip, node: "other" }],
      ports: [{ name: "p80", port: 80, protocol: "TCP" }],
    })),
    {
      service: "ns4/svc4",
      addresses: [{ ip: "10.180.0.4", node: "other" }, { ip: "10.180.0.5", node: "test-node" }],
      ports: [{ name: "p80", port: 80, protocol: "TCP" }],
    },
    {
      service: "ns5/svc5",
      addresses: [{ ip: "10.180.0.3", node: "other" }],
      ports: [{ name: "p80", port: 80, protocol: "TCP" }],
    },
  ],
  cases: [],
};

/** Services of every kind, with no, some or only remote endpoints. */
export function randomWorld(random: Random): FlowGroup {
  const services = Array.from({ length: 6 }, (_, i) => randomService(random, i));
  return {
    name: "random",
    nodeIP: "192.168.0.2",
    localIPs: LOCAL,
    config: {},
    services,
    endpoints: services.flatMap(({ name, ports }, i) => {
      const addresses = Array.from({ length: random.below(4) }, (_, n) => ({
        ip: `10.${180 + i}.${n}.1`,
        node: random.below(2) === 0 ? "test-node" : "other",
        ready: random.below(5) > 0,
      }));
      const own = ports.map((port) => ({ name: port.name, port: port.targetPort, protocol: port.protocol }));
      return addresses.length === 0 ? [] : [{ service: `ns/${name}`, addresses, ports: own }];
    }),
    cases: [],
  };
}

/** A Service of any kind. */
export function randomService(random: Random, i: number) {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T;
  const type = pick(["ClusterIP", "NodePort", "LoadBalancer"]);
  const ports = Array.from({ length: 1 + random.below(2) }, (_, p) => ({
    name: `p${p}`,
    port: 80 + p,
    targetPort: 8080 + p,
    protocol: pick(["TCP", "UDP"] as const),
    ...(type === "ClusterIP" ? {} : { nodePort: 30000 + 10 * i + p }),
  }));
  return {
    ns: "ns",
    name: `svc${i}`,
    type,
    clusterIP: `172.30.0.${10 + i}`,
    ports,
    ...(random.below(3) === 0 ? { externalIPs: [`203.0.114.${i + 1}`] } : {}),
    ...(type === "LoadBalancer" ? { loadBalancerIngress: [{ ip: `1.2.3.${i + 1}` }] } : {}),
    ...(type === "LoadBalancer" && random.below(2) === 0 ? { loadBalancerSourceRanges: ["203.0.113.0/25"] } : {}),
    ...(type !== "ClusterIP" && random.below(2) === 0 ? { externalTrafficPolicy: "Local" } : {}),
    ...(random.below(3) === 0 ? { internalTrafficPolicy: "Local" } : {}),
  };
}
