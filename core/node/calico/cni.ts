/**
 * Calico's CNI plugins, `calico` and `calico-ipam`:
 *
 *     pod eth0 10.244.7.65/32, all by way of 169.254.1.1 ---- caliXXXXXXXXXXX ee:ee:ee:ee:ee:ee, no address; route 10.244.7.65
 *
 * Nobody has 169.254.1.1: the host answers ARP for it as it does for every address (proxy_arp).
 */
import {
  check,
  type CniCall,
  type CniConf,
  type CniError,
  type CniPlugin,
  type CniResult,
  deviceNamed,
  type IpamConf,
  isCniError,
} from "../../container/mod.ts";
import { type Api, copyOf, isStatus, type KubeObject, type Pod } from "../../kube/mod.ts";
import { calicoObjects, interfaceName, IpamError, type IPPool } from "../network/calico/mod.ts";
import { clusterIpam } from "./datastore.ts";

const GATEWAY = "169.254.1.1";
/** The link-local address of the host's end, by its MAC. */
const GATEWAY6 = "fe80::ecee:eeff:feee:eeee";
const MAC = "ee:ee:ee:ee:ee:ee";
const SCOPE_LINK = 253;
const ANNOTATION = "cni.projectcalico.org";

/** The plugins of one node, on its cluster's API. */
export function calicoPlugins(api: Api, node: string): Readonly<Record<string, CniPlugin>> {
  return {
    calico: (call) => (call.command === "ADD" ? add(api, node, call) : remove(api, call)),
    "calico-ipam": (call) => (call.command === "ADD" ? assign(api, node, call) : release(api, call)),
  };
}

// ------------------------------------------------------------------------------------------------ calico-ipam

function handleOf({ conf, env }: CniCall): string {
  return `${conf.name}.${env.containerId}`;
}

function podOf(api: Api, { env }: CniCall): Pod | undefined {
  return api.store.get("Pod", env.args["K8S_POD_NAME"] ?? "", env.args["K8S_POD_NAMESPACE"]);
}

/** What the configuration may ask of IPAM. */
interface Wishes extends IpamConf {
  readonly assign_ipv4?: string;
  readonly assign_ipv6?: string;
  readonly ipv4_pools?: readonly string[];
  readonly ipv6_pools?: readonly string[];
}

interface Ask {
  readonly host: string;
  readonly handle: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Addresses that the pod asks for by annotation, or one per family; a route says in which block each lies. */
function assign(api: Api, node: string, call: CniCall): CniResult | CniError {
  const { conf, env } = call;
  const attributes = {
    namespace: env.args["K8S_POD_NAMESPACE"] ?? "",
    node,
    pod: env.args["K8S_POD_NAME"] ?? "",
    timestamp: new Date(api.clock.now()).toISOString().replace("T", " ").replace(/\.\d+Z$/, " +0000 UTC"),
  };
  const ask = { host: node, handle: handleOf(call), attributes };
  try {
    const addresses = chosen(api, call, ask);
    if (addresses !== undefined) return { cniVersion: conf.cniVersion, ips: addresses.map(ip) };
    const given = automatic(api, call, ask);
    return {
      cniVersion: conf.cniVersion,
      ips: given.map((address) => ip(bare(address))),
      routes: given.map((dst) => ({ dst })),
    };
  } catch (error) {
    if (error instanceof IpamError) return refused(conf, error.message.trim());
    throw error;
  }
}

const bare = (address: string): string => address.split("/")[0] as string;

function ip(address: string) {
  return { address: single(address) };
}

/** `cni.projectcalico.org/ipAddrs: '["10.244.1.4"]'` */
function chosen(api: Api, call: CniCall, ask: Ask): string[] | undefined {
  const addresses = listAnnotation(podOf(api, call), "ipAddrs");
  for (const address of addresses ?? []) {
    try {
      clusterIpam(api).assign({ ...ask, address });
    } catch (error) {
      if (error instanceof IpamError) throw new IpamError(`error getting IP from IPAM: ${error.message}`);
      throw error;
    }
  }
  return addresses;
}

/** One address of each family that the configuration wants: what it does not say goes by the pools there are. */
function automatic(api: Api, call: CniCall, ask: Ask): string[] {
  const pools = calicoObjects<IPPool>(api.store, "IPPool");
  const wishes = (call.conf.ipam ?? { type: "" }) as Wishes;
  return ([4, 6] as const).flatMap((family) => {
    const there = pools.some(({ spec }) => spec.cidr.includes(":") === (family === 6));
    const said = wishes[`assign_ipv${family}`];
    if (said === "false" || (said === undefined && !there)) return [];
    if (!there) throw new IpamError("cannot find a qualified ippool");
    return [automaticOf(api, { call, ask, family, pools })];
  });
}

function automaticOf(
  api: Api,
  { call, ask, family, pools }: {
    readonly call: CniCall;
    readonly ask: Ask;
    readonly family: 4 | 6;
    readonly pools: readonly IPPool[];
  },
): string {
  const wanted = poolsOf(pools, wantedPools(api, call, family));
  const { addresses: [address], messages, error } = clusterIpam(api).autoAssign({
    ...ask,
    family,
    count: 1,
    ...(wanted === undefined ? {} : { pools: wanted }),
  });
  if (address !== undefined) return address;
  const why = error ?? `failed to request IPv${family} addresses: Assigned 0 out of 1 requested IPv${family} addresses`;
  throw new IpamError(messages.length === 0 ? why : `${why}; ${messages.join("; ")}`);
}

/** The pod's word goes before its namespace's, and that before the configuration's. */
function wantedPools(api: Api, call: CniCall, family: 4 | 6): readonly string[] | undefined {
  const key = `ipv${family}pools`;
  return listAnnotation(podOf(api, call), key) ??
    listAnnotation(api.store.get("Namespace", call.env.args["K8S_POD_NAMESPACE"] ?? ""), key) ??
    (call.conf.ipam as Wishes | undefined)?.[`ipv${family}_pools`];
}

/** Pools are named, or given by their CIDR. */
function poolsOf(pools: readonly IPPool[], names: readonly string[] | undefined): string[] | undefined {
  return names?.map((name) => pools.find(({ metadata }) => metadata.name === name)?.spec.cidr ?? name);
}

function listAnnotation(object: KubeObject | undefined, key: string): string[] | undefined {
  const text = object?.metadata.annotations?.[`${ANNOTATION}/${key}`];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as string[];
  } catch {
    throw new IpamError(`failed to parse '${text}' as JSON: invalid character`);
  }
}

/** As one address of a link by itself. */
function single(address: string): string {
  return `${address}/${address.includes(":") ? 128 : 32}`;
}

function release(api: Api, call: CniCall): CniResult {
  try {
    clusterIpam(api).releaseHandle(handleOf(call));
  } catch (error) {
    if (!(error instanceof IpamError)) throw error;
  }
  return { cniVersion: call.conf.cniVersion };
}

// ------------------------------------------------------------------------------------------------ calico

function add(api: Api, node: string, call: CniCall): CniResult | CniError {
  const { conf, env } = call;
  const pod = podOf(api, call);
  if (pod === undefined) return refused(conf, `pods "${env.args["K8S_POD_NAME"]}" not found`);
  const said = pod.metadata.annotations ?? {};
  if (said[`${ANNOTATION}/ipAddrsNoIpam`] !== undefined) {
    return refused(conf, "requested feature is not enabled: ip_addrs_no_ipam");
  }
  const given = addressesFor(api, node, call);
  if (isCniError(given)) return given;
  const name = interfaceName(env.args["K8S_POD_NAMESPACE"] ?? "", env.args["K8S_POD_NAME"] ?? "");
  const addresses = (given.ips ?? []).map(({ address }) => address);
  const mac = wire(call, { name, addresses, mac: said[`${ANNOTATION}/hwAddr`] });
  annotate(api, call, { containerID: env.containerId, podIP: addresses[0] ?? "", podIPs: addresses.join(",") });
  return {
    cniVersion: conf.cniVersion,
    interfaces: [{ name }, { name: env.ifname, mac, sandbox: env.netnsPath }],
    ips: addresses.map((address) => ({ address, interface: 1 })),
    ...(given.routes === undefined ? {} : { routes: given.routes }),
    dns: {},
  };
}

/** IPAM's answer; `usePodCidr` means host-local over the node's own pod CIDR. */
function addressesFor(api: Api, node: string, call: CniCall): CniResult | CniError {
  const { conf } = call;
  const ipam = conf.ipam ?? { type: "calico-ipam" };
  if (ipam.subnet !== "usePodCidr") return call.host.call({ ...call, conf: { ...conf, type: ipam.type } });
  const subnet = api.store.get("Node", node)?.spec.podCIDR;
  if (subnet === undefined) return refused(conf, `no podCidr for node ${node}`);
  return call.host.call({ ...call, conf: { ...conf, type: ipam.type, ipam: { ...ipam, subnet } } });
}

/** The veth pair, up, with the pod's addresses and routes on both sides; the MAC inside. */
function wire(
  call: CniCall,
  { name, addresses, mac }: {
    readonly name: string;
    readonly addresses: readonly string[];
    readonly mac: string | undefined;
  },
): string {
  const { conf, env, host: { machine: { plane, ns } } } = call;
  const mtu = conf["mtu"] as number | undefined;
  const old = deviceNamed(plane, ns.id, name);
  if (old !== undefined) check(plane.removeLink(ns.id, old.index), name);
  const peer = { name: env.ifname, ns: env.netns.id, mtu, ...(mac === undefined ? {} : { mac }) };
  const outside = check(plane.addLink(ns.id, { kind: "veth", name, mac: MAC, mtu, peer }), name);
  const inside = deviceNamed(plane, env.netns.id, env.ifname);
  check(plane.setLink(ns.id, outside, { up: true }), name);
  check(plane.setLink(env.netns.id, inside?.index ?? 0, { up: true }), env.ifname);
  for (const address of addresses) {
    podSide(call, inside?.index ?? 0, single(bare(address)));
    const to = single(bare(address));
    check(plane.addRoute(ns.id, { to, dev: outside, scope: SCOPE_LINK, metric: 1024 }, "add"), address);
  }
  hostSysctls(call, name);
  const settings = conf["container_settings"] as { readonly allow_ip_forwarding?: boolean } | undefined;
  if (settings?.allow_ip_forwarding) check(plane.setSysctl(env.netns.id, "net.ipv4.ip_forward", 1), "ip_forward");
  return inside?.mac ?? "";
}

/** The pod's address stands alone; everything else lies behind a gateway that is on the link. */
function podSide({ env, host: { machine: { plane } } }: CniCall, dev: number, address: string): void {
  const ns = env.netns.id;
  check(plane.addAddress(ns, dev, { address }), address);
  if (address.includes(":")) {
    check(plane.addRoute(ns, { to: "::/0", via: GATEWAY6, dev }, "add"), "default");
    return;
  }
  check(plane.addRoute(ns, { to: `${GATEWAY}/32`, dev, scope: SCOPE_LINK }, "add"), GATEWAY);
  check(plane.addRoute(ns, { to: "0.0.0.0/0", via: GATEWAY, dev }, "add"), "default");
}

function hostSysctls({ host: { machine: { plane, ns } } }: CniCall, device: string): void {
  const wanted = ["rp_filter 0", "route_localnet 1", "proxy_arp 1", "forwarding 1"].map((each) =>
    `conf.${device}.${each}`
  );
  for (const each of [...wanted, `neigh.${device}.proxy_delay 0`]) {
    const [key = "", value] = each.split(" ");
    check(plane.setSysctl(ns.id, `net.ipv4.${key}`, Number(value)), key);
  }
}

function remove(api: Api, call: CniCall): CniResult | CniError {
  const { conf, env, host: { machine: { plane } } } = call;
  call.host.call({ ...call, conf: { ...conf, type: conf.ipam?.type ?? "calico-ipam" } });
  const inside = deviceNamed(plane, env.netns.id, env.ifname);
  if (inside !== undefined) check(plane.removeLink(env.netns.id, inside.index), env.ifname);
  const pod = podOf(api, call);
  if (pod?.metadata.annotations?.[`${ANNOTATION}/containerID`] === env.containerId) {
    annotate(api, call, { podIP: "", podIPs: "" });
  }
  return { cniVersion: conf.cniVersion };
}

/** What Felix reads before the kubelet has told the pod's status. */
function annotate(api: Api, call: CniCall, values: Readonly<Record<string, string>>): void {
  const pod = podOf(api, call);
  if (pod === undefined) return;
  const next = copyOf(pod);
  const own = Object.entries(values).map(([key, value]) => [`${ANNOTATION}/${key}`, value]);
  next.metadata.annotations = { ...next.metadata.annotations, ...Object.fromEntries(own) };
  const answer = api.update(next);
  if (isStatus(answer)) throw new Error(`annotations of ${pod.metadata.name}: ${answer.message}`);
}

function refused(conf: CniConf, msg: string): CniError {
  return { cniVersion: conf.cniVersion, code: 999, msg };
}
