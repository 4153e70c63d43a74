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
  isCniError,
} from "../../container/mod.ts";
import { type Api, copyOf, isStatus, type Pod } from "../../kube/mod.ts";
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
    calico: (call) => (call.command === "ADD" ? add(api, call) : remove(api, call)),
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

/** Addresses that the pod asks for by annotation, or one per family that has pools. */
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
    const ips = [...chosen(api, call, ask) ?? automatic(api, call, ask)].map((address) => ({ address }));
    return { cniVersion: conf.cniVersion, ips };
  } catch (error) {
    if (error instanceof IpamError) return refused(conf, error.message.trim());
    throw error;
  }
}

interface Ask {
  readonly host: string;
  readonly handle: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** `cni.projectcalico.org/ipAddrs: '["10.244.1.4"]'` */
function chosen(api: Api, call: CniCall, ask: Ask): string[] | undefined {
  const addresses = listAnnotation(podOf(api, call), "ipAddrs");
  for (const address of addresses ?? []) clusterIpam(api).assign({ ...ask, address });
  return addresses?.map(single);
}

function automatic(api: Api, call: CniCall, ask: Ask): string[] {
  const pools = calicoObjects<IPPool>(api.store, "IPPool");
  return ([4, 6] as const).flatMap((family) => {
    const wanted = poolsOf(pools, listAnnotation(podOf(api, call), `ipv${family}pools`));
    if (!pools.some(({ spec }) => spec.cidr.includes(":") === (family === 6))) return [];
    const ipam = clusterIpam(api);
    const { addresses, messages, error } = ipam.autoAssign({
      ...ask,
      family,
      count: 1,
      ...(wanted === undefined ? {} : { pools: wanted }),
    });
    const [address] = addresses;
    if (address === undefined) {
      const why = error ??
        `failed to request IPv${family} addresses: Assigned 0 out of 1 requested IPv${family} addresses`;
      throw new IpamError(messages.length === 0 ? why : `${why}; ${messages.join("; ")}`);
    }
    return [single(address.split("/")[0] as string)];
  });
}

/** Pools are named, or given by their CIDR. */
function poolsOf(pools: readonly IPPool[], names: readonly string[] | undefined): string[] | undefined {
  return names?.map((name) => pools.find(({ metadata }) => metadata.name === name)?.spec.cidr ?? name);
}

function listAnnotation(pod: Pod | undefined, key: string): string[] | undefined {
  const text = pod?.metadata.annotations?.[`${ANNOTATION}/${key}`];
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

function add(api: Api, call: CniCall): CniResult | CniError {
  const { conf, env, host: { machine: { plane, ns } } } = call;
  const given = call.host.call({ ...call, conf: { ...conf, type: conf.ipam?.type ?? "calico-ipam" } });
  if (isCniError(given)) return given;
  const name = interfaceName(env.args["K8S_POD_NAMESPACE"] ?? "", env.args["K8S_POD_NAME"] ?? "");
  const mtu = conf["mtu"] as number | undefined;
  const old = deviceNamed(plane, ns.id, name);
  if (old !== undefined) check(plane.removeLink(ns.id, old.index), name);
  const peer = { name: env.ifname, ns: env.netns.id, mtu };
  const outside = check(plane.addLink(ns.id, { kind: "veth", name, mac: MAC, mtu, peer }), name);
  const inside = deviceNamed(plane, env.netns.id, env.ifname);
  const addresses = (given.ips ?? []).map(({ address }) => address);
  check(plane.setLink(ns.id, outside, { up: true }), name);
  check(plane.setLink(env.netns.id, inside?.index ?? 0, { up: true }), env.ifname);
  for (const address of addresses) {
    const dev = inside?.index ?? 0;
    podSide(call, dev, address);
    check(plane.addRoute(ns.id, { to: address, dev: outside, scope: SCOPE_LINK, metric: 1024 }, "add"), address);
  }
  hostSysctls(call, name);
  annotate(api, call, { containerID: env.containerId, podIP: addresses[0] ?? "", podIPs: addresses.join(",") });
  return {
    cniVersion: conf.cniVersion,
    interfaces: [{ name, mac: MAC }, { name: env.ifname, mac: inside?.mac ?? "", sandbox: env.netnsPath }],
    ips: addresses.map((address) => ({ address, interface: 1 })),
    dns: {},
  };
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
