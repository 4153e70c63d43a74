/** What plugins that wire a container have in common: checks, addresses and routes inside, a result. */
import { isFailure, lastIp, printIp, requireCidr } from "../../base/mod.ts";
import type { IfIndex, Link, Ns, PlaneApi } from "../../../wasm/mod.ts";
import type { CniCall, CniConf, CniError, CniInterface, CniResult } from "./types.ts";

/** A device somewhere. */
export interface Device {
  readonly ns: Ns;
  readonly dev: IfIndex;
}

/** The answer of a call into the kernel that must not fail: what it refused is thrown. */
export function check<T>(answer: T, what: string): Exclude<T, { readonly errno: string }> {
  if (isFailure(answer)) {
    throw new Error(`${what}: ${answer.errno}${answer.extack === undefined ? "" : ` (${answer.extack})`}`);
  }
  return answer as Exclude<T, { readonly errno: string }>;
}

/** A plugin's own refusal. */
export function refused(conf: CniConf, msg: string): CniError {
  return { cniVersion: conf.cniVersion, code: 999, msg };
}

/** The device of a name in a namespace. */
export function deviceNamed(plane: PlaneApi, ns: Ns, name: string): Link | undefined {
  return plane.links(ns).find((link) => link.name === name);
}

/** Asks IPAM for addresses, or to take them back; nothing where the configuration has none (layer 2 only). */
export function ipam(call: CniCall): CniResult | CniError {
  const type = call.conf.ipam?.type;
  if (type === undefined) return { cniVersion: call.conf.cniVersion };
  return call.host.call({ ...call, conf: { ...call.conf, type } });
}

/** Gives the addresses back, and takes the container's device away where it is still there. */
export function takeAway(call: CniCall): CniResult | CniError {
  const { env, host: { machine: { plane } } } = call;
  const given = ipam(call);
  const inside = deviceNamed(plane, env.netns.id, env.ifname);
  if (inside !== undefined) check(plane.removeLink(env.netns.id, inside.index), env.ifname);
  return given;
}

/** Gives the container's device its addresses and routes (ipam.ConfigureIface). */
export function configure(plane: PlaneApi, at: Device, given: CniResult): void {
  for (const { address } of given.ips ?? []) {
    const cidr = requireCidr(address);
    const broadcast = cidr.ip.family === 4 && cidr.length < 31 ? { broadcast: printIp(lastIp(cidr)) } : {};
    check(plane.addAddress(at.ns, at.dev, { address, ...broadcast }), address);
  }
  const [first] = given.ips ?? [];
  for (const { dst, gw } of given.routes ?? []) {
    check(plane.addRoute(at.ns, { to: dst, via: gw ?? first?.gateway, dev: at.dev }, "add"), `route ${dst}`);
  }
}

/** What ADD answers: the devices, with every address on one of them. */
export function wired(
  call: CniCall,
  given: CniResult,
  { interfaces, inside }: { readonly interfaces: readonly CniInterface[]; readonly inside: number },
): CniResult {
  return {
    cniVersion: call.conf.cniVersion,
    interfaces,
    ...(given.ips === undefined ? {} : { ips: given.ips.map((ip) => ({ ...ip, interface: inside })) }),
    ...(given.routes === undefined ? {} : { routes: given.routes }),
    dns: {},
  };
}
