/** What Calico's manifest puts into a cluster: its CustomResourceDefinitions, and the pool of pod addresses. */
import { type Api, isStatus } from "../../kube/mod.ts";
import { CALICO_API, putObject } from "./datastore.ts";

/**
 * Calico's kinds by plural:
 *
 *     kind = PLURAL SP KIND SP ( "Cluster" | "Namespaced" ) [ SP "acts" ]     ; acts: it does something here
 */
const KINDS = `
bgpconfigurations BGPConfiguration Cluster
bgpfilters BGPFilter Cluster
bgppeers BGPPeer Cluster
blockaffinities BlockAffinity Cluster acts
caliconodestatuses CalicoNodeStatus Cluster
clusterinformations ClusterInformation Cluster acts
felixconfigurations FelixConfiguration Cluster acts
globalnetworkpolicies GlobalNetworkPolicy Cluster acts
globalnetworksets GlobalNetworkSet Cluster acts
hostendpoints HostEndpoint Cluster
ipamblocks IPAMBlock Cluster acts
ipamconfigs IPAMConfig Cluster acts
ipamhandles IPAMHandle Cluster acts
ippools IPPool Cluster acts
ipreservations IPReservation Cluster acts
kubecontrollersconfigurations KubeControllersConfiguration Cluster
networkpolicies NetworkPolicy Namespaced acts
networksets NetworkSet Namespaced acts
tiers Tier Cluster acts
`.trim().split("\n").map((line) => {
  const [plural = "", kind = "", scope = "", acts] = line.split(" ");
  return { plural, kind, scope, acts: acts !== undefined };
});

/** Whether a kind of Calico's does something here; undefined for a kind of somebody else's. */
export function calicoActs(apiVersion: string, kind: string): boolean | undefined {
  if (apiVersion !== CALICO_API) return undefined;
  return KINDS.find((each) => each.kind === kind)?.acts ?? false;
}

const [GROUP = "", VERSION = ""] = CALICO_API.split("/");
const USES = { nodeSelector: "all()", allowedUses: ["Workload", "Tunnel"], assignmentMode: "Automatic" };

/** Defines Calico's kinds. */
export function defineCalico(api: Api): void {
  for (const each of KINDS) define(api, each);
}

/** Installs it: pods get their addresses from `podCIDR` (`10.244.0.0/16`, or an IPv4 and an IPv6 one). */
export function installCalico(api: Api, podCIDR: string): void {
  defineCalico(api);
  for (const cidr of podCIDR.split(",")) {
    const six = cidr.includes(":");
    putObject(api, "IPPool", {
      name: six ? "default-ipv6-ippool" : "default-ipv4-ippool",
      spec: { cidr, blockSize: six ? 122 : 26, ipipMode: "Never", vxlanMode: "Always", natOutgoing: true, ...USES },
    });
  }
  putObject(api, "FelixConfiguration", {
    name: "default",
    spec: {
      bpfConnectTimeLoadBalancing: "TCP",
      floatingIPs: "Disabled",
      logSeverityScreen: "Info",
      reportingInterval: "0s",
    },
  });
  putObject(api, "ClusterInformation", { name: "default", spec: { datastoreReady: true } });
}

function define(api: Api, { plural, kind, scope }: (typeof KINDS)[number]): void {
  const answer = api.create({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      scope,
      versions: [{
        name: VERSION,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      }],
    },
  } as never);
  if (isStatus(answer)) throw new Error(`${plural}: ${answer.message}`);
}
