/**
 * The few rules of ipvs mode: they mark what must be masqueraded, let in what is a Service, and refuse the rest of the Services'
 * addresses. Virtual servers do all else.
 */
import type { Ensured } from "../iptables/jumps.ts";
import type { LocalTraffic, ServiceView } from "../view.ts";
import { type SetName, setName } from "./sets.ts";

const about = (text: string): string => `-m comment --comment "${text}"`;

/** Canaries aside, chains and jumps that must be there, in the order they are put first in their chains. */
export const IPVS_JUMPS: readonly Ensured[] = ([
  ["nat", "OUTPUT", "KUBE-SERVICES", "kubernetes service portals"],
  ["nat", "PREROUTING", "KUBE-SERVICES", "kubernetes service portals"],
  ["nat", "POSTROUTING", "KUBE-POSTROUTING", "kubernetes postrouting rules"],
  ["filter", "FORWARD", "KUBE-FORWARD", "kubernetes forwarding rules"],
  ["filter", "INPUT", "KUBE-NODE-PORT", "kubernetes health check rules"],
  ["filter", "INPUT", "KUBE-PROXY-FIREWALL", "kube-proxy firewall rules"],
  ["filter", "FORWARD", "KUBE-PROXY-FIREWALL", "kube-proxy firewall rules"],
  ["filter", "INPUT", "KUBE-IPVS-FILTER", "kubernetes ipvs access filter"],
  ["filter", "OUTPUT", "KUBE-IPVS-OUT-FILTER", "kubernetes ipvs access filter"],
] as const).map(([table, chain, target, text]) => ({
  table,
  chain,
  rule: `${about(text)} -j ${target}`,
  place: "prepend",
}));

/** The chains that ipvs mode makes. */
export const IPVS_CHAINS: readonly { readonly table: "nat" | "filter"; readonly chain: string }[] = [
  ...["KUBE-SERVICES", "KUBE-POSTROUTING", "KUBE-NODE-PORT", "KUBE-LOAD-BALANCER", "KUBE-MARK-MASQ"].map((chain) => ({
    table: "nat" as const,
    chain,
  })),
  ...[
    "KUBE-FORWARD",
    "KUBE-NODE-PORT",
    "KUBE-PROXY-FIREWALL",
    "KUBE-SOURCE-RANGES-FIREWALL",
    "KUBE-IPVS-FILTER",
    "KUBE-IPVS-OUT-FILTER",
  ].map((chain) => ({ table: "filter" as const, chain })),
];

/** `iptables-restore --noflush` text of a view: the same for all Services, but for how local traffic is told. */
export function printIpvsRules(view: ServiceView): string {
  const of = (name: SetName, directions: string) => `-m set --match-set ${setName(name, view.family)} ${directions}`;
  const bit = `0x${view.masqueradeMark.toString(16).padStart(6, "0")}`;
  const declared = (table: string) =>
    IPVS_CHAINS.filter((each) => each.table === table).map(({ chain }) => `:${chain} - [0:0]`);
  return [
    "*filter",
    ...declared("filter"),
    ...filterRules(of),
    "COMMIT",
    "*nat",
    ...declared("nat"),
    ...natRules(view, of),
    `-A KUBE-POSTROUTING -m mark ! --mark ${bit}/${bit} -j RETURN`,
    `-A KUBE-POSTROUTING -j MARK --xor-mark ${bit}`,
    `-A KUBE-POSTROUTING ${about("kubernetes service traffic requiring SNAT")} -j MASQUERADE --random-fully`,
    `-A KUBE-MARK-MASQ -j MARK --or-mark ${bit}`,
    "COMMIT",
    "",
  ].join("\n");
}

type Of = (name: SetName, directions: string) => string;

function filterRules(of: Of): string[] {
  const returns = ["KUBE-LOAD-BALANCER", "KUBE-CLUSTER-IP", "KUBE-EXTERNAL-IP", "KUBE-EXTERNAL-IP-LOCAL"] as const;
  return [
    `-A KUBE-FORWARD ${about("kubernetes forwarding rules")} -m mark --mark 0x4000/0x4000 -j ACCEPT`,
    `-A KUBE-FORWARD ${
      about("kubernetes forwarding conntrack rule")
    } -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `-A KUBE-NODE-PORT ${about("Kubernetes health check node port")} ${
      of("KUBE-HEALTH-CHECK-NODE-PORT", "dst")
    } -j ACCEPT`,
    `-A KUBE-PROXY-FIREWALL ${
      about("Kubernetes service load balancer ip + port for load balancer with sourceRange")
    } ` +
    `${of("KUBE-LOAD-BALANCER-FW", "dst,dst")} -j KUBE-SOURCE-RANGES-FIREWALL`,
    `-A KUBE-SOURCE-RANGES-FIREWALL ${
      about("Kubernetes service load balancer ip + port + source cidr for packet filter")
    } ` +
    `${of("KUBE-LOAD-BALANCER-SOURCE-CIDR", "dst,dst,src")} -j RETURN`,
    `-A KUBE-SOURCE-RANGES-FIREWALL ${
      about("Kubernetes service load balancer ip + port + source IP for packet filter purpose")
    } ` +
    `${of("KUBE-LOAD-BALANCER-SOURCE-IP", "dst,dst,src")} -j RETURN`,
    "-A KUBE-SOURCE-RANGES-FIREWALL -j DROP",
    ...returns.map((name) => `-A KUBE-IPVS-FILTER ${of(name, "dst,dst")} -j RETURN`),
    `-A KUBE-IPVS-FILTER ${of("KUBE-HEALTH-CHECK-NODE-PORT", "dst")} -j RETURN`,
    `-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW ${of("KUBE-IPVS-IPS", "dst")} -j REJECT`,
  ];
}

function natRules(view: ServiceView, of: Of): string[] {
  const external =
    `-A KUBE-SERVICES ${about("Kubernetes service external ip + port for masquerade and filter purpose")} ` +
    of("KUBE-EXTERNAL-IP", "dst,dst");
  const local = `-A KUBE-SERVICES ${about("Kubernetes service external ip + port with externalTrafficPolicy=local")} ` +
    of("KUBE-EXTERNAL-IP-LOCAL", "dst,dst");
  const accepts = (rule: string) => [
    `${rule} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT`,
    `${rule} -m addrtype --dst-type LOCAL -j ACCEPT`,
  ];
  return [
    ...(view.family === 4 ? ["-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN"] : []),
    `-A KUBE-SERVICES ${about("Kubernetes service lb portal")} ${
      of("KUBE-LOAD-BALANCER", "dst,dst")
    } -j KUBE-LOAD-BALANCER`,
    clusterRule(view, of),
    `${external} -j KUBE-MARK-MASQ`,
    ...accepts(external),
    ...accepts(local),
    "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT",
    ...nodePortRules(of),
    `-A KUBE-LOAD-BALANCER ${about("Kubernetes service load balancer ip + port with externalTrafficPolicy=local")} ` +
    `${of("KUBE-LOAD-BALANCER-LOCAL", "dst,dst")} -j RETURN`,
    "-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ",
    `-A KUBE-SERVICES ${of("KUBE-CLUSTER-IP", "dst,dst")} -j ACCEPT`,
    `-A KUBE-SERVICES ${of("KUBE-LOAD-BALANCER", "dst,dst")} -j ACCEPT`,
    `-A KUBE-POSTROUTING ${about("Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose")} ` +
    `${of("KUBE-LOOP-BACK", "dst,dst,src")} -j MASQUERADE`,
  ];
}

/** Which packets to ClusterIPs are masqueraded: all, those that are not local, or those from a ClusterIP itself. */
function clusterRule(view: ServiceView, of: Of): string {
  const head = `-A KUBE-SERVICES ${about("Kubernetes service cluster ip + port for masquerade purpose")}`;
  if (view.masqueradeAll) return `${head} ${of("KUBE-CLUSTER-IP", "dst,dst")} -j KUBE-MARK-MASQ`;
  if (view.localTraffic === undefined) return `${head} ${of("KUBE-CLUSTER-IP", "src,dst")} -j KUBE-MARK-MASQ`;
  return `${head} ${ifNotLocal(view.localTraffic)} ${of("KUBE-CLUSTER-IP", "dst,dst")} -j KUBE-MARK-MASQ`;
}

function ifNotLocal(local: LocalTraffic): string {
  return local.by === "source" ? `! -s ${local.cidr}` : `! -i ${local.pattern}`;
}

function nodePortRules(of: Of): string[] {
  return (["TCP", "UDP", "SCTP"] as const).flatMap((protocol) => {
    const [local, all, directions] = protocol === "SCTP"
      ? ["KUBE-NODE-PORT-LOCAL-SCTP-HASH", "KUBE-NODE-PORT-SCTP-HASH", "dst,dst"] as const
      : [`KUBE-NODE-PORT-LOCAL-${protocol}`, `KUBE-NODE-PORT-${protocol}`, "dst"] as const;
    const head = `-A KUBE-NODE-PORT -p ${protocol.toLowerCase()}`;
    return [
      `${head} ${about(`Kubernetes nodeport ${protocol} port with externalTrafficPolicy=local`)} ${
        of(local, directions)
      } -j RETURN`,
      `${head} ${about(`Kubernetes nodeport ${protocol} port for masquerade purpose`)} ${
        of(all, directions)
      } -j KUBE-MARK-MASQ`,
    ];
  });
}

/** The sysctls that ipvs mode sets; `strict` is strictARP. */
export function ipvsSysctls(strict: boolean): Readonly<Record<string, string>> {
  return {
    "net.ipv4.ip_forward": "1",
    ...(strict ? { "net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2" } : {}),
  };
}
