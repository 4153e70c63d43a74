/** What every table `kube-proxy` has, whatever the Services: base chains, jumps, sets, and the rules of chains that all share. */
import type { NftChain, NftRule, NftSet } from "../../../linux/mod.ts";
import type { ServiceView } from "../view.ts";
import {
  changeMark,
  commented,
  ifLocal,
  inSet,
  ipOf,
  lookup,
  markForMasquerade,
  match,
  PROTOCOL_AND_PORT,
  rule,
  verdict,
} from "./rules.ts";

/** The chain that answers with a reject; a map cannot. */
export const REJECT_CHAIN = "reject-chain";

/** Base chains: name, type, hook, priority. The firewall stands before DNAT, at -110. */
const BASE_CHAINS = [
  ["filter-prerouting-pre-dnat", "filter", "prerouting", -110],
  ["filter-output-pre-dnat", "filter", "output", -110],
  ["filter-input", "filter", "input", 0],
  ["filter-forward", "filter", "forward", 0],
  ["filter-output", "filter", "output", 0],
  ["nat-prerouting", "nat", "prerouting", -100],
  ["nat-output", "nat", "output", -100],
  ["nat-postrouting", "nat", "postrouting", 100],
] as const;

/** Target, chain that jumps there, and whether only for a connection's first packet. A target is made when it is first named. */
const JUMPS = [
  ["nodeport-endpoints-check", "filter-input", true],
  ["service-endpoints-check", "filter-input", true],
  ["service-endpoints-check", "filter-forward", true],
  ["service-endpoints-check", "filter-output", true],
  ["firewall-check", "filter-prerouting-pre-dnat", true],
  ["firewall-check", "filter-output-pre-dnat", true],
  ["services", "nat-prerouting", false],
  ["services", "nat-output", false],
  ["masquerading", "nat-postrouting", false],
  ["cluster-ips-check", "filter-forward", true],
  ["cluster-ips-check", "filter-output", true],
] as const;

/** The chains that hook into the packet path. */
export function baseChains(): NftChain[] {
  return BASE_CHAINS.map(([name, type, hook, priority]) => ({
    name,
    hook: { type, hook, priority, policy: "accept" },
    rules: JUMPS.filter(([, from]) => from === name).map(([to, , fresh]) => jump(to, fresh)),
  }));
}

function jump(to: string, fresh: boolean): NftRule {
  return fresh ? rule(match(["ct state"], { value: "new" }), verdict("jump", to)) : rule(verdict("jump", to));
}

/** The chains that base chains and maps lead to. */
export function sharedChains(view: ServiceView): NftChain[] {
  const ip = ipOf(view);
  const daddr = [`${ip} daddr`];
  const target = [...daddr, ...PROTOCOL_AND_PORT];
  const contents: Readonly<Record<string, readonly NftRule[]>> = {
    "nodeport-endpoints-check": [rule(...nodePortCheck(view), lookup(PROTOCOL_AND_PORT, "no-endpoint-nodeports"))],
    "service-endpoints-check": [rule(lookup(target, "no-endpoint-services"))],
    "firewall-check": [rule(lookup(target, "firewall-ips"))],
    "services": [
      ...clusterMasquerade(view),
      rule(lookup(target, "service-ips")),
      rule(...nodePortMatch(view), lookup(PROTOCOL_AND_PORT, "service-nodeports")),
    ],
    "masquerading": masquerading(view),
    "cluster-ips-check": clusterIPsCheck(view),
  };
  const names = [...new Set(JUMPS.map(([to]) => to))];
  return [
    ...names.map((name) => ({ name, rules: contents[name] ?? [] })),
    {
      name: REJECT_CHAIN,
      comment: "helper for @no-endpoint-services / @no-endpoint-nodeports",
      rules: [rule({ kind: "reject" })],
    },
  ];
}

/** Node ports are never on loopback addresses in this mode. */
function notLoopback(view: ServiceView) {
  return match([`${ipOf(view)} daddr`], { value: view.family === 4 ? "127.0.0.0/8" : "::1" }, true);
}

/** Which destinations count as node ports; the input hook need not ask whether they are local. */
function nodePortCheck(view: ServiceView) {
  return view.nodePortAddresses === "all" ? [notLoopback(view)] : [inSet([`${ipOf(view)} daddr`], "nodeport-ips")];
}

function nodePortMatch(view: ServiceView) {
  const local = view.nodePortAddresses === "all" ? [match(["fib daddr type"], { value: "local" })] : [];
  return [...local, ...nodePortCheck(view)];
}

function clusterMasquerade(view: ServiceView): NftRule[] {
  const toCluster = inSet([`${ipOf(view)} daddr`], "cluster-ips");
  if (view.masqueradeAll) {
    return [commented(rule(toCluster, markForMasquerade(view)), "masquerade all clusterIP traffic")];
  }
  if (view.localTraffic === undefined) return [];
  const outside = rule(toCluster, ifLocal(view.localTraffic, view, true), markForMasquerade(view));
  return [commented(outside, "masquerade clusterIP traffic from outside cluster")];
}

/** The mark is cleared, so that a packet that comes by again in a tunnel's clothes is not masqueraded once more. */
function masquerading(view: ServiceView): NftRule[] {
  const ip = ipOf(view);
  const masquerade = { kind: "nat", verb: "masquerade", flags: ["fully-random"] } as const;
  const mask = view.masqueradeMark;
  return [
    rule(
      { kind: "match", selectors: ["meta mark"], mask, not: true, against: { value: "0x00000000" } },
      changeMark("^", mask),
      masquerade,
    ),
    rule(
      match(["ct status"], { value: "dnat" }),
      inSet([`${ip} saddr`, `${ip} daddr`, ...PROTOCOL_AND_PORT], "hairpin-connections"),
      masquerade,
    ),
  ];
}

function clusterIPsCheck(view: ServiceView): NftRule[] {
  const daddr = [`${ipOf(view)} daddr`];
  const wrongPort = rule(inSet(daddr, "cluster-ips"), { kind: "reject" });
  const nobody = rule(match(daddr, { values: view.serviceCIDRs }), verdict("drop"));
  return [
    commented(wrongPort, "Reject traffic to invalid ports of ClusterIPs"),
    ...(view.serviceCIDRs.length === 0 ? [] : [commented(nobody, "Drop traffic to unallocated ClusterIPs")]),
  ];
}

/** The sets and maps, empty. There is no set of node port addresses where every local address counts. */
export function sharedSets(view: ServiceView): NftSet[] {
  const address = view.family === 4 ? "ipv4_addr" : "ipv6_addr";
  const [port, verdicts] = [["inet_proto", "inet_service"], { value: ["verdict"] }];
  const make = (name: string, key: readonly string[], more: { comment: string; value?: readonly string[] }) => ({
    name,
    key,
    flags: [],
    elements: [],
    ...more,
  });
  const all: NftSet[] = [
    make("hairpin-connections", [address, address, ...port], { comment: "service hairpin connections" }),
    make("cluster-ips", [address], { comment: "Active ClusterIPs" }),
    make("nodeport-ips", [address], { comment: "IPs that accept NodePort traffic" }),
    make("no-endpoint-services", [address, ...port], {
      ...verdicts,
      comment: "vmap to drop or reject packets to services with no endpoints",
    }),
    make("no-endpoint-nodeports", port, {
      ...verdicts,
      comment: "vmap to drop or reject packets to service nodeports with no endpoints",
    }),
    make("firewall-ips", [address, ...port], {
      ...verdicts,
      comment: "destinations that are subject to LoadBalancerSourceRanges",
    }),
    make("service-ips", [address, ...port], {
      ...verdicts,
      comment: "ClusterIP, ExternalIP and LoadBalancer IP traffic",
    }),
    make("service-nodeports", port, { ...verdicts, comment: "NodePort traffic" }),
  ];
  return view.nodePortAddresses === "all" ? all.filter(({ name }) => name !== "nodeport-ips") : all;
}
