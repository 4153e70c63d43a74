/**
 * Two nodes with pods on bridges and a host outside, joined by a switch; pods reach the other node by routes or by vxlan.
 *
 *     ext --+-- sw --+-- node1 -- cni0 -- p11 p12
 *                    +-- node2 -- cni0 -- p21 p22
 *
 * Nodes have rules like kube-proxy's, or random ones with matches on bridge ports.
 */
import type { Random } from "../../../core/base/mod.ts";
import type { LinkLine, Scenario } from "../scenario.ts";
import { chance, type Ground } from "./ground.ts";
import { kubeRules, randomServices } from "./kube_rules.ts";
import { randomRules } from "./rules.ts";
import { listen, socketProbe } from "./sockets.ts";
import { sparingTunnels } from "./tunnels.ts";

const PODS = ["10.244.1.2", "10.244.1.3", "10.244.2.2", "10.244.2.3"];
const NODES = ["192.168.7.1", "192.168.7.2"];
const EXT = "192.168.7.100";

const GROUND: Ground = {
  nets: ["0.0.0.0/0", "10.244.0.0/16", "10.244.1.0/24", "10.244.2.0/24", "192.168.7.0/24", "10.96.0.0/16"],
  hosts: [...PODS, ...NODES, EXT, "10.96.0.10", "10.96.0.11"],
  servers: PODS,
  publics: [...NODES, "192.168.7.77"],
  devs: ["cni0", "eth0", "veth1", "veth+", "lo"],
  ports: [53, 80, 443, 5353, 8080, 30080],
  sets: { uses: [], mutable: [] },
  sockets: true,
  ports_of_bridge: ["veth1", "veth2", "veth+"],
};

/** A random cluster. */
export function randomCluster(random: Random, name: string): Scenario {
  const vxlan = chance(random, 0.4);
  const bridgeNf = chance(random, 0.7) ? 1 : 0;
  const services = randomServices(random, PODS);
  const kube = chance(random, 0.6);
  const rules = (node: number) =>
    kube
      ? kubeRules({ node, services, local: PODS.filter((pod) => pod.startsWith(`10.244.${node}.`)) })
      : vxlan
      ? sparingTunnels(randomRules(random, GROUND))
      : randomRules(random, GROUND);
  const targets = [
    ...services.map(({ ip }) => ip),
    ...services.map(({ ip }) => ip),
    ...PODS,
    ...NODES,
    ...NODES,
    EXT,
    "127.0.0.1",
  ];
  const pods = ["p11", "p12", "p21", "p22"];
  const ports = [...services.map(({ port }) => port), ...services.map(({ nodePort }) => nodePort), 8080, 5353, 9000];
  return {
    name: `${name} ${vxlan ? "vxlan" : "routes"} bridge-nf=${bridgeNf} ${kube ? "kube" : "random"}`,
    namespaces: ["sw", "ext", "node1", "node2", ...pods],
    links: links(random, bridgeNf),
    addresses: addresses(),
    routes: routes(vxlan),
    ip: vxlan ? { node1: overlay(1), node2: overlay(2) } : {},
    sysctls: {
      sw: { "net.bridge.bridge-nf-call-iptables": 0 },
      node1: nodeSysctls(bridgeNf),
      node2: nodeSysctls(bridgeNf),
    },
    cmds: vxlan ? { node1: forwarding(1), node2: forwarding(2) } : {},
    iptables: { node1: rules(1), node2: rules(2) },
    listeners: [
      ...pods.flatMap((pod) => listen(pod, [8080], [5353])),
      ...listen("ext", [9000], [53]),
      ...listen("node1", [9000], []),
    ],
    probes: Array.from(
      { length: 20 },
      () => socketProbe(random, [...pods, ...pods, "ext", "ext", "node1", "node2"], targets, ports),
    ),
  };
}

/** Without redirects: a packet that is DNATed back to its own sender gets none in Linux. */
function nodeSysctls(bridgeNf: number): Record<string, number> {
  const quiet = ["all", "cni0", "eth0"].map((dev) => [`net.ipv4.conf.${dev}.send_redirects`, 0]);
  return { "net.ipv4.ip_forward": 1, "net.bridge.bridge-nf-call-iptables": bridgeNf, ...Object.fromEntries(quiet) };
}

function links(random: Random, bridgeNf: number): LinkLine[] {
  const hairpin = chance(random, 0.6) ? 1 : 0;
  const promisc = bridgeNf === 0 && chance(random, 0.2) ? 1 : 0;
  const uplinks = ["ext", "node1", "node2"].map((ns, i) => ({
    a: `${ns}:eth0`,
    b: `sw:${ns}`,
    mac_a: `02:00:00:00:00:0${i + 1}`,
  }));
  const node = (n: number): LinkLine[] => [
    { a: `p${n}1:eth0`, b: `node${n}:veth1`, mac_a: `02:00:00:00:0${n}:02` },
    { a: `p${n}2:eth0`, b: `node${n}:veth2`, mac_a: `02:00:00:00:0${n}:03` },
    {
      type: "bridge",
      ns: `node${n}`,
      name: "cni0",
      ports: ["veth1", "veth2"],
      hairpin,
      promisc,
      mac: `02:00:00:00:0${n}:01`,
    },
  ];
  return [
    ...uplinks,
    { type: "bridge", ns: "sw", name: "br0", ports: ["ext", "node1", "node2"] },
    ...node(1),
    ...node(2),
  ];
}

function addresses(): Record<string, string> {
  const pods = PODS.map((ip) => [`p${ip.split(".")[2]}${Number(ip.split(".")[3]) - 1}:eth0`, `${ip}/24`]);
  const nodes = NODES.flatMap((
    ip,
    i,
  ) => [[`node${i + 1}:eth0`, `${ip}/24`], [`node${i + 1}:cni0`, `10.244.${i + 1}.1/24`]]);
  return { "ext:eth0": `${EXT}/24`, ...Object.fromEntries([...pods, ...nodes]) };
}

function routes(vxlan: boolean): Record<string, string[]> {
  const node = (n: number) => [
    ...(vxlan ? [] : [`10.244.${3 - n}.0/24 via 192.168.7.${3 - n}`]),
    `default via ${EXT}`,
  ];
  const pod = (n: number) => [`default via 10.244.${n}.1`];
  return {
    p11: pod(1),
    p12: pod(1),
    p21: pod(2),
    p22: pod(2),
    node1: node(1),
    node2: node(2),
    ext: ["10.96.0.0/16 via 192.168.7.1"],
  };
}

const mac = (n: number) => `02:00:00:00:f0:0${n}`;

function overlay(n: number): string[] {
  const other = 3 - n;
  return [
    `link add flannel.1 address ${mac(n)} type vxlan id 1 local 192.168.7.${n} dev eth0 dstport 8472 nolearning`,
    "link set flannel.1 mtu 1450 up",
    `addr add 10.244.${n}.0/32 dev flannel.1`,
    `route add 10.244.${other}.0/24 via 10.244.${other}.0 dev flannel.1 onlink`,
    `neigh add 10.244.${other}.0 lladdr ${mac(other)} dev flannel.1 nud permanent`,
  ];
}

function forwarding(n: number): string[] {
  return [`bridge fdb add ${mac(3 - n)} dev flannel.1 dst 192.168.7.${3 - n}`];
}
