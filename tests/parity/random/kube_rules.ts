/** Rules in the shape of kube-proxy's for random Services; turns are taken (`--mode nth`) where it would throw dice. */
import type { Random } from "../../../core/base/mod.ts";
import { chance } from "./ground.ts";

/** One Service port. */
export interface RandomService {
  readonly name: string;
  readonly ip: string;
  readonly proto: "tcp" | "udp";
  readonly port: number;
  readonly nodePort: number;
  /** `address:port`; none is a Service that rejects. */
  readonly endpoints: readonly string[];
  readonly localOnly: boolean;
  readonly sticky: boolean;
}

/** What one node prints its rules from. */
interface NodeRules {
  readonly node: number;
  readonly services: readonly RandomService[];
  /** Pod addresses of this node. */
  readonly local: readonly string[];
}

const ALL_PODS = "10.244.0.0/16";

/** Two to four Services over some of the pods. */
export function randomServices(random: Random, pods: readonly string[]): RandomService[] {
  return Array.from({ length: 2 + random.below(3) }, (_, i) => {
    const proto = random.pick(["tcp", "tcp", "udp"] as const);
    const chosen = pods.filter(() => chance(random, 0.45));
    return {
      name: `s${i}`,
      ip: `10.96.0.${10 + i}`,
      proto,
      port: proto === "tcp" ? 80 : 53,
      nodePort: 30_080 + i,
      endpoints: chosen.map((pod) => `${pod}:${proto === "tcp" ? 8080 : 5353}`),
      localOnly: chance(random, 0.3),
      sticky: chance(random, 0.25),
    };
  });
}

/** Tables nat and filter of one node. */
export function kubeRules({ node, services, local }: NodeRules): string[] {
  const served = services.filter(({ endpoints }) => endpoints.length > 0);
  const body = served.flatMap((service) => serviceChains(service, local));
  const chains = [...new Set(body.map((rule) => rule.split(" ")[1] as string))];
  const portals = served.map(({ name, ip, proto, port }) =>
    `-A KUBE-SERVICES -d ${ip}/32 -p ${proto} -m comment --comment "${name} cluster IP" -m ${proto} --dport ${port} -j KUBE-SVC-${name}`
  );
  const nodePorts = served.map(({ name, proto, nodePort }) =>
    `-A KUBE-NODEPORTS -p ${proto} -m ${proto} --dport ${nodePort} -j KUBE-EXT-${name}`
  );
  return [
    "*nat",
    ...["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"].map((chain) => `:${chain} ACCEPT [0:0]`),
    ...["KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-MARK-MASQ", ...chains].map((chain) =>
      `:${chain} - [0:0]`
    ),
    ...NAT_HEAD,
    `-A POSTROUTING -s 10.244.${node}.0/24 -d ${ALL_PODS} -j RETURN`,
    `-A POSTROUTING -s 10.244.${node}.0/24 ! -d 224.0.0.0/4 -j MASQUERADE`,
    ...nodePorts,
    ...portals,
    "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS",
    ...body,
    "COMMIT",
    ...filterTable(services, local),
  ];
}

const NAT_HEAD = [
  '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  "-A POSTROUTING -j KUBE-POSTROUTING",
  "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
  "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
  "-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0",
  "-A KUBE-POSTROUTING -j MASQUERADE",
];

function serviceChains(service: RandomService, local: readonly string[]): string[] {
  const { name, ip, proto, port, endpoints, localOnly, sticky } = service;
  const [own, ext, near] = [`KUBE-SVC-${name}`, `KUBE-EXT-${name}`, `KUBE-SVL-${name}`];
  const numbered = endpoints.map((endpoint, i) => ({ endpoint, chain: `KUBE-SEP-${name}-${i}` }));
  const here = numbered.filter(({ endpoint }) => local.includes(endpoint.split(":")[0] as string));
  const outside = localOnly
    ? [
      `-A ${ext} -s ${ALL_PODS} -j ${own}`,
      `-A ${ext} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
      `-A ${ext} -m addrtype --src-type LOCAL -j ${own}`,
      ...(here.length > 0 ? [`-A ${ext} -j ${near}`, ...turns(near, here, sticky)] : []),
    ]
    : [`-A ${ext} -j KUBE-MARK-MASQ`, `-A ${ext} -j ${own}`];
  return [
    `-A ${own} ! -s ${ALL_PODS} -d ${ip}/32 -p ${proto} -m ${proto} --dport ${port} -j KUBE-MARK-MASQ`,
    ...turns(own, numbered, sticky),
    ...outside,
    ...numbered.flatMap(({ endpoint, chain }) => [
      `-A ${chain} -s ${endpoint.split(":")[0]}/32 -j KUBE-MARK-MASQ`,
      `-A ${chain} -p ${proto} ${
        sticky ? `-m recent --set --name ${chain} --rsource ` : ""
      }-m ${proto} -j DNAT --to-destination ${endpoint}`,
    ]),
  ];
}

function turns(chain: string, ends: readonly { readonly chain: string }[], sticky: boolean): string[] {
  const known = ends.map((end) =>
    `-A ${chain} -m recent --rcheck --seconds 10800 --reap --name ${end.chain} --rsource -j ${end.chain}`
  );
  const next = ends.map((end, i) => {
    const left = ends.length - i;
    return `-A ${chain} ${left === 1 ? "" : `-m statistic --mode nth --every ${left} --packet 0 `}-j ${end.chain}`;
  });
  return [...(sticky ? known : []), ...next];
}

function filterTable(services: readonly RandomService[], local: readonly string[]): string[] {
  const empty = services.filter(({ endpoints }) => endpoints.length === 0);
  const farOnly = services.filter(({ endpoints, localOnly }) =>
    localOnly && endpoints.length > 0 && !endpoints.some((endpoint) => local.includes(endpoint.split(":")[0] as string))
  );
  return [
    "*filter",
    ...["INPUT", "FORWARD", "OUTPUT"].map((chain) => `:${chain} ACCEPT [0:0]`),
    ...["KUBE-EXTERNAL-SERVICES", "KUBE-FIREWALL", "KUBE-FORWARD", "KUBE-SERVICES"].map((chain) => `:${chain} - [0:0]`),
    "-A INPUT -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES",
    "-A INPUT -j KUBE-FIREWALL",
    "-A FORWARD -j KUBE-FORWARD",
    "-A FORWARD -m conntrack --ctstate NEW -j KUBE-SERVICES",
    "-A FORWARD -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES",
    "-A OUTPUT -m conntrack --ctstate NEW -j KUBE-SERVICES",
    "-A OUTPUT -j KUBE-FIREWALL",
    ...empty.flatMap(({ ip, proto, port, nodePort }) => [
      `-A KUBE-SERVICES -d ${ip}/32 -p ${proto} -m ${proto} --dport ${port} -j REJECT`,
      `-A KUBE-EXTERNAL-SERVICES -p ${proto} -m addrtype --dst-type LOCAL -m ${proto} --dport ${nodePort} -j REJECT`,
    ]),
    ...farOnly.map(({ proto, nodePort }) =>
      `-A KUBE-EXTERNAL-SERVICES -p ${proto} -m addrtype --dst-type LOCAL -m ${proto} --dport ${nodePort} -j DROP`
    ),
    "-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP",
    "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP",
    "-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT",
    "-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "COMMIT",
  ];
}
