/**
 * ptp: a veth pair and nothing else; the host routes.
 *
 *     container eth0 10.22.0.2, all by way of 10.22.0.1 ---- vethXXXXXXXX 10.22.0.1/32, route 10.22.0.2
 */
import { network, printCidr, requireCidr } from "../../base/mod.ts";
import type { PlaneApi } from "../../../wasm/mod.ts";
import { type CniCall, type CniConf, type CniError, type CniResult, isCniError } from "./types.ts";
import { check, configure, type Device, deviceNamed, ipam, refused, takeAway, wired } from "./wire.ts";

const SCOPE_LINK = 253;
const SCOPE_HOST = 254;

/** The plugin. `ipMasq` is not modelled. */
export function ptp(call: CniCall): CniResult | CniError {
  return call.command === "ADD" ? add(call) : takeAway(call);
}

function add(call: CniCall): CniResult | CniError {
  const conf = call.conf as CniConf & { readonly mtu?: number; readonly ipMasq?: boolean };
  const { env, host: { machine } } = call;
  const { plane, ns } = machine;
  if (conf.ipMasq) return refused(conf, "ptp: ipMasq is not modelled");
  const given = ipam(call);
  if (isCniError(given)) return given;
  if (given.ips === undefined) return refused(conf, "IPAM plugin returned missing IP config");
  check(plane.setSysctl(ns.id, "net.ipv4.ip_forward", 1), "ip_forward");
  const name = `veth${machine.random.text(8, "0123456789abcdef")}`;
  const peer = { name: env.ifname, ns: env.netns.id, mtu: conf.mtu };
  const outside = check(plane.addLink(ns.id, { kind: "veth", name, mtu: conf.mtu, peer }), name);
  const inside = deviceNamed(plane, env.netns.id, env.ifname)?.index ?? 0;
  check(plane.setLink(ns.id, outside, { up: true }), name);
  check(plane.setLink(env.netns.id, inside, { up: true }), env.ifname);
  const at = { ns: env.netns.id, dev: inside };
  configure(plane, at, given);
  for (const { address, gateway } of given.ips) {
    if (gateway === undefined) continue;
    throughGateway(plane, at, { address, gateway });
    hostSide(plane, { ns: ns.id, dev: outside }, { address, gateway });
  }
  const mac = (of: number, device: string): string => deviceNamed(plane, of, device)?.mac ?? "";
  const interfaces = [
    { name, mac: mac(ns.id, name) },
    { name: env.ifname, mac: mac(env.netns.id, env.ifname), sandbox: env.netnsPath },
  ];
  return wired(call, given, { interfaces, inside: 1 });
}

interface Pair {
  readonly address: string;
  readonly gateway: string;
}

const bits = (ip: string): number => (ip.includes(":") ? 128 : 32);
const bare = (address: string): string => address.split("/")[0] ?? "";

/** The container's subnet is not on its link: it lies behind the gateway, which is. */
function throughGateway(plane: PlaneApi, { ns, dev }: Device, { address, gateway }: Pair): void {
  const subnet = printCidr(network(requireCidr(address)));
  const src = bare(address);
  check(plane.removeRoute(ns, { to: subnet, dev }), `route ${subnet}`);
  check(plane.addRoute(ns, { to: `${gateway}/${bits(gateway)}`, dev, scope: SCOPE_LINK, src }, "add"), gateway);
  check(plane.addRoute(ns, { to: subnet, via: gateway, dev, src }, "add"), subnet);
}

function hostSide(plane: PlaneApi, { ns, dev }: Device, { address, gateway }: Pair): void {
  check(plane.addAddress(ns, dev, { address: `${gateway}/${bits(gateway)}` }), gateway);
  const to = `${bare(address)}/${bits(address)}`;
  check(plane.addRoute(ns, { to, dev, scope: SCOPE_HOST }, "add"), to);
}
