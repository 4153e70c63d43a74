/**
 * bridge: a bridge on the host, a veth pair for every container, addresses from IPAM.
 *
 *     container eth0 ---- vethXXXXXXXX on the host, port of cni0 (10.244.1.1/24)
 */
import { lastIp, nthIp, printIp, requireCidr } from "../../base/mod.ts";
import { type IfIndex, type Link, type Ns, type PlaneApi, PORTVLAN, TAG } from "../../../wasm/mod.ts";
import { type CniCall, type CniConf, type CniError, type CniResult, isCniError } from "./types.ts";
import { check, type Device, refused } from "./wire.ts";

/** What the plugin reads of its configuration; its defaults are the real one's. */
interface BridgeConf extends CniConf {
  readonly bridge?: string;
  readonly isGateway?: boolean;
  readonly isDefaultGateway?: boolean;
  readonly hairpinMode?: boolean;
  readonly mtu?: number;
  /** The VLAN of the container's port, untagged; 0 for none. */
  readonly vlan?: number;
}

const MOST_VLAN = 4094;

/** The plugin. */
export function bridge(call: CniCall): CniResult | CniError {
  return call.command === "ADD" ? add(call) : remove(call);
}

function add(call: CniCall): CniResult | CniError {
  const conf = call.conf as BridgeConf;
  const { env, host } = call;
  const { plane, ns } = host.machine;
  const name = conf.bridge ?? "cni0";
  const { vlan = 0 } = conf;
  if (vlan < 0 || vlan > MOST_VLAN) {
    return refused(conf, `invalid VLAN ID ${vlan} (must be between 0 and ${MOST_VLAN})`);
  }
  const { index: device, mac } = ensureBridge(plane, ns.id, { name, mtu: conf.mtu, vlan });
  const veth = `veth${host.machine.random.text(8, "0123456789abcdef")}`;
  const index = check(
    plane.addLink(ns.id, {
      kind: "veth",
      name: veth,
      mtu: conf.mtu,
      peer: { name: env.ifname, ns: env.netns.id, mtu: conf.mtu },
    }),
    `failed to make a veth pair ${veth}`,
  );
  const inside = plane.links(env.netns.id).find((link) => link.name === env.ifname)?.index as IfIndex;
  check(plane.setLink(ns.id, index, { master: device, up: true }), veth);
  joinVlan(plane, { ns: ns.id, dev: index }, vlan);
  if (conf.hairpinMode) check(plane.setLink(ns.id, index, { hairpin: true }), veth);
  check(plane.setLink(env.netns.id, inside, { up: true }), env.ifname);
  const given = host.call({ ...call, conf: { ...conf, type: conf.ipam?.type ?? "host-local" } });
  if (isCniError(given)) return given;
  configureContainer(plane, { ns: env.netns.id, dev: inside }, { given, conf });
  const gateway = vlan === 0 ? { ns: ns.id, dev: device, mac } : vlanGateway(call, { name, device, vlan });
  if (conf.isGateway || conf.isDefaultGateway) becomeGateway(plane, gateway, given);
  return result(call, given, [name, veth]);
}

/** A port's untagged frames are the VLAN's, beside those of the bridge's default one that it began with. */
function joinVlan(plane: PlaneApi, { ns, dev }: Device, vlan: number): void {
  if (vlan === 0) return;
  const bits = PORTVLAN.PVID | PORTVLAN.UNTAGGED;
  const known = plane.links(ns).find(({ index }) => index === dev)?.vlans ?? [];
  const others = known.filter((one) => (one & TAG.ID) !== vlan).map((one) => one & ~PORTVLAN.PVID);
  check(plane.setLink(ns, dev, { vlans: [...others, vlan | bits] }), `vlan ${vlan}`);
}

/** The host's own end in a VLAN: `cni0.100`, one end of a pair whose other is a port like the containers'. */
function vlanGateway(
  { host: { machine } }: CniCall,
  { name, device, vlan }: { readonly name: string; readonly device: IfIndex; readonly vlan: number },
): Device & { readonly mac: string } {
  const { plane, ns: { id } } = machine;
  const own = `${name}.${vlan}`;
  if (!plane.links(id).some((link) => link.name === own)) {
    const veth = `veth${machine.random.text(8, "0123456789abcdef")}`;
    const port = check(plane.addLink(id, { kind: "veth", name: veth, peer: { name: own } }), own);
    check(plane.setLink(id, port, { master: device, up: true }), veth);
    joinVlan(plane, { ns: id, dev: port }, vlan);
  }
  const link = plane.links(id).find((one) => one.name === own) as Link;
  check(plane.setLink(id, link.index, { up: true }), own);
  return { ns: id, dev: link.index, mac: link.mac };
}

/** The pod's addresses and routes; with isDefaultGateway the default one by way of the bridge. */
function configureContainer(
  plane: PlaneApi,
  at: Device,
  { given, conf }: { readonly given: CniResult; readonly conf: BridgeConf },
): void {
  const ips = given.ips ?? [];
  // A bridge in hairpin mode echoes solicitations: the plugin has nobody asked.
  for (const { address } of ips) check(plane.addAddress(at.ns, at.dev, { address, noDad: isSix(address) }), address);
  const defaults = ips.map(({ address }) => ({ dst: isSix(address) ? "::/0" : "0.0.0.0/0" }));
  const routes: readonly { readonly dst: string; readonly gw?: string }[] = [
    ...given.routes ?? [],
    ...(conf.isDefaultGateway ? defaults : []),
  ];
  for (const { dst, gw } of routes) {
    const own = ips.find(({ address }) => isSix(address) === isSix(dst));
    check(plane.addRoute(at.ns, { to: dst, via: gw ?? own?.gateway, dev: at.dev }, "add"), `route ${dst}`);
  }
}

const isSix = (address: string): boolean => address.includes(":");

/**
 * The bridge gets the gateway's address, and the host forwards. Its MAC is set to what it is: it would be the lowest of
 * its ports' otherwise, and change under the containers that know it.
 */
function becomeGateway(
  plane: PlaneApi,
  { ns, dev, mac }: Device & { readonly mac: string },
  given: CniResult,
): void {
  const own = new Set(plane.addresses(ns).filter((address) => address.dev === dev).map(({ address }) => address));
  for (const { address, gateway } of given.ips ?? []) {
    const cidr = requireCidr(address);
    const wanted = `${gateway ?? printIp(nthIp(cidr, 1))}/${cidr.length}`;
    if (!own.has(wanted)) {
      const more = isSix(wanted) ? { noDad: true } : { broadcast: printIp(lastIp(cidr)) };
      check(plane.addAddress(ns, dev, { address: wanted, ...more }), wanted);
      check(plane.setLink(ns, dev, { mac }), mac);
    }
  }
  check(plane.setSysctl(ns, "net.ipv4.ip_forward", 1), "ip_forward");
  if ((given.ips ?? []).some(({ address }) => isSix(address))) {
    check(plane.setSysctl(ns, "net.ipv6.conf.all.forwarding", 1), "forwarding");
  }
}

function ensureBridge(
  plane: PlaneApi,
  ns: Ns,
  { name, mtu, vlan }: { readonly name: string; readonly mtu: number | undefined; readonly vlan: number },
): Link {
  const there = plane.links(ns).find((link) => link.name === name);
  if (there !== undefined) return there;
  const index = check(plane.addLink(ns, { kind: "bridge", name, mtu }), `failed to make ${name}`);
  check(plane.setLink(ns, index, { up: true, ...(vlan !== 0 && { vlanFiltering: true }) }), name);
  return plane.links(ns).find((link) => link.index === index) as Link;
}

function result(
  { conf, env, host }: CniCall,
  given: CniResult,
  [bridgeName, veth]: readonly [string, string],
): CniResult {
  const { plane, ns } = host.machine;
  const [outside, inside] = [plane.links(ns.id), plane.links(env.netns.id)];
  const mac = (links: readonly Link[], device: string) => links.find(({ name }) => name === device)?.mac ?? "";
  return {
    cniVersion: conf.cniVersion,
    interfaces: [
      { name: bridgeName, mac: mac(outside, bridgeName) },
      { name: veth, mac: mac(outside, veth) },
      { name: env.ifname, mac: mac(inside, env.ifname), sandbox: env.netnsPath },
    ],
    ips: (given.ips ?? []).map((ip) => ({ ...ip, interface: 2 })),
    ...(given.routes === undefined ? {} : { routes: given.routes }),
    dns: {},
  };
}

/** Takes the pair away (the end inside is enough) and gives the address back. */
function remove(call: CniCall): CniResult | CniError {
  const { conf, env, host } = call;
  const { plane } = host.machine;
  const inside = plane.links(env.netns.id).find(({ name }) => name === env.ifname);
  if (inside !== undefined) check(plane.removeLink(env.netns.id, inside.index), env.ifname);
  return host.call({ ...call, conf: { ...conf, type: conf.ipam?.type ?? "host-local" } });
}
