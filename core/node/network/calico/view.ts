/** A cluster's objects as Felix on one node needs them. */
import { cidrHas } from "../../../base/mod.ts";
import type { Namespace, NetworkPolicy, Node, Pod, Store } from "../../../kube/mod.ts";
import { addressesOf, type PolicyPod, policyPod, type PolicyView, policyView } from "../../policy/mod.ts";
import { felixTiers } from "./calico_policies.ts";
import { endpoint, felixPolicy, inNamespaceLabels } from "./convert.ts";
import type { FelixEndpoint, FelixTier, Labelled } from "./model.ts";
import type { Family } from "./names.ts";
import {
  calicoNode,
  calicoObjects,
  type FelixConfiguration,
  type IPAMBlock,
  type IPPool,
  type NetworkSet,
} from "./objects.ts";
import { poolsOf, type RouteInput, usesIpip, usesVxlan } from "./routes.ts";
import type { Allow } from "./static_chains.ts";
import type { FelixInput, SetState } from "./tables.ts";

/** Felix's surroundings. */
export interface FelixSettings {
  readonly node: string;
  readonly device: string;
  readonly mtu: number;
  /** What Felix's environment says, before any FelixConfiguration: manifests of Calico set `Accept`. */
  readonly defaultEndpointToHostAction?: string;
  /** Every address of the machine, but those of pods. */
  readonly hostAddresses: readonly string[];
}

/** What Felix works on, of both families. */
export interface FelixView {
  readonly endpoints: readonly FelixEndpoint[];
  readonly tiers: readonly FelixTier[];
  /** What selectors of rules find: the endpoints, and the networks of sets. */
  readonly everyone: readonly Labelled[];
  readonly pools: readonly IPPool[];
  readonly blocks: readonly IPAMBlock[];
  readonly nodes: readonly Node[];
  readonly endpointToHost: FelixInput["endpointToHost"];
  /** The cluster's settings. */
  readonly configured: FelixConfiguration["spec"];
}

/** Reads the store. */
export function felixView(store: Store, { defaultEndpointToHostAction }: FelixSettings): FelixView {
  const view = clusterView(store);
  const action = defaultEndpointToHostAction ?? view.configured.defaultEndpointToHostAction ?? "Drop";
  return { ...view, endpointToHost: action.toUpperCase() as FelixInput["endpointToHost"] };
}

type ClusterView = Omit<FelixView, "endpointToHost">;

/** What was read last of a store, and at which version of it: the same for the Felix of every node. */
const VIEWS = new WeakMap<Store, { readonly version: number; readonly view: ClusterView }>();

function clusterView(store: Store): ClusterView {
  const known = VIEWS.get(store);
  if (known?.version === store.version) return known.view;
  const view = readCluster(store);
  VIEWS.set(store, { version: store.version, view });
  return view;
}

function readCluster(store: Store): ClusterView {
  const view = policyView({
    policies: store.list("NetworkPolicy") as NetworkPolicy[],
    namespaces: store.list("Namespace") as Namespace[],
    pods: [],
  });
  const [configuration] = calicoObjects<FelixConfiguration>(store, "FelixConfiguration").filter(({ metadata }) =>
    metadata.name === "default"
  );
  const endpoints = (store.list("Pod") as Pod[]).flatMap((pod) => endpointOf(pod, view) ?? []);
  return {
    endpoints,
    everyone: [...endpoints, ...networkSets(store, view)],
    tiers: felixTiers(store, view.policies.map(felixPolicy)),
    pools: calicoObjects<IPPool>(store, "IPPool"),
    blocks: calicoObjects<IPAMBlock>(store, "IPAMBlock").filter(({ spec }) => spec.deleted !== true),
    nodes: store.list("Node") as Node[],
    configured: configuration?.spec ?? {},
  };
}

/** Endpoints by the pods they were made of, with the labels of the namespace at that time: objects of a store do not change. */
const ENDPOINTS = new WeakMap<Pod, { readonly space: unknown; readonly endpoint: FelixEndpoint | undefined }>();

function endpointOf(pod: Pod, view: PolicyView): FelixEndpoint | undefined {
  const space = view.namespaces.get(pod.metadata.namespace ?? "");
  const known = ENDPOINTS.get(pod);
  if (known !== undefined && known.space === space) return known.endpoint;
  const found = calicoPod(pod);
  const made = found === undefined ? undefined : endpoint(found, view);
  ENDPOINTS.set(pod, { space, endpoint: made });
  return made;
}

/** NetworkSets, with what their namespace gives them, and GlobalNetworkSets. */
function networkSets(store: Store, view: PolicyView): Labelled[] {
  return ["NetworkSet", "GlobalNetworkSet"].flatMap((kind) => calicoObjects<NetworkSet>(store, kind)).map(
    ({ metadata: { namespace, labels = {} }, spec }) => ({
      labels: { ...(namespace === undefined ? {} : inNamespaceLabels(namespace, view)), ...labels },
      addresses: (spec.nets ?? []).map((net) => net.replace(/(?<=\..*)\/32$|(?<=:.*)\/128$/, "")),
      ports: [],
    }),
  );
}

/** What the CNI plugin told of a pod goes before its status; told to have no address any more, it is an endpoint still. */
function calicoPod(pod: Pod): PolicyPod | undefined {
  const told = pod.metadata.annotations?.["cni.projectcalico.org/podIPs"];
  if (told !== undefined) {
    return policyPod(pod, told.split(",").filter((each) => each !== "").map((each) => each.split("/")[0] as string));
  }
  const addresses = addressesOf(pod);
  return addresses.length === 0 ? undefined : policyPod(pod, addresses);
}

/** What rules and sets of a family are computed from. */
export function felixInput(view: FelixView, settings: FelixSettings, family: Family): FelixInput {
  const pools = poolsOf(view.pools, family);
  return {
    family,
    vxlan: usesVxlan(pools),
    ipip: usesIpip(pools),
    natOutgoing: pools.some(({ spec }) => spec.natOutgoing === true),
    endpointToHost: view.endpointToHost,
    filterAllow: allow(view.configured.iptablesFilterAllowAction),
    mangleAllow: allow(view.configured.iptablesMangleAllowAction),
    logPrefix: view.configured.logPrefix ?? "calico-packet",
    node: settings.node,
    endpoints: view.endpoints,
    tiers: view.tiers,
    everyone: view.everyone,
    sets: new Map([
      ["dscp-src-net", nets([])],
      ["masq-ipam-pools", nets(pools.filter(({ spec }) => spec.natOutgoing === true).map(({ spec }) => spec.cidr))],
      ["network-ip-pools", nets(pools.map(({ spec }) => spec.cidr))],
      ["this-host", { type: "hash:ip", members: ownAddresses(settings, family) }],
      ...tunnelSets(view, settings, family),
    ]),
  };
}

function allow(action = "Accept"): Allow {
  return action === "Return" ? "RETURN" : "ACCEPT";
}

function nets(members: readonly string[]): SetState {
  return { type: "hash:net", members: [...members].sort() };
}

function ownAddresses({ hostAddresses }: FelixSettings, family: Family): string[] {
  const own = hostAddresses.filter((address) => address.includes(":") === (family === 6));
  const loopback = own.some((address) => cidrHas("127.0.0.0/8", address)) ? ["127.0.0.0"] : [];
  return [...new Set([...own, ...loopback])].sort();
}

/** Who may send tunnelled packets here. */
function tunnelSets(view: FelixView, { node }: FelixSettings, family: Family): (readonly [string, SetState])[] {
  const pools = poolsOf(view.pools, family);
  const nodes = view.nodes.flatMap((each) => calicoNode(each, family) ?? []);
  const address = (of: { readonly address: string }) => of.address.split("/")[0] as string;
  const others = nodes.filter(({ name, tunnel }) => name !== node && tunnel !== undefined);
  return [
    ...usesIpip(pools) && family === 4 ? [["all-hosts-net", nets(nodes.map(address))] as const] : [],
    ...usesVxlan(pools) ? [["all-vxlan-net", nets(others.map(address))] as const] : [],
  ];
}

/** What routes of a family are computed from; undefined while calico-node has not run on this node. */
export function routeInput(view: FelixView, settings: FelixSettings, family: Family): RouteInput | undefined {
  const nodes = view.nodes.flatMap((each) => calicoNode(each, family) ?? []);
  const self = nodes.find(({ name }) => name === settings.node);
  if (self === undefined) return undefined;
  return {
    family,
    self,
    peers: nodes.filter((each) => each !== self),
    pools: view.pools,
    blocks: view.blocks.filter(({ spec }) => spec.cidr.includes(":") === (family === 6)),
    device: settings.device,
    mtu: settings.mtu,
  };
}
