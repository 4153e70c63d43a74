/** host-device: one of the host's own devices moves into the container, and back when it goes. */
import { isMac } from "../../base/mod.ts";
import type { StateKey } from "../../linux/mod.ts";
import type { Link } from "../../../wasm/mod.ts";
import { type CniCall, type CniConf, type CniError, type CniResult, isCniError } from "./types.ts";
import { check, configure, deviceNamed, ipam, refused, wired } from "./wire.ts";

interface DeviceConf extends CniConf {
  readonly device?: string;
  readonly hwaddr?: string;
  readonly kernelpath?: string;
  readonly pciBusID?: string;
}

/** What a container's devices were called on the host. */
const NAMES: StateKey<Map<string, string>> = { label: "host devices" };

/** The plugin. Devices by kernel path or PCI address are not modelled. */
export function hostDevice(call: CniCall): CniResult | CniError {
  return call.command === "ADD" ? add(call) : remove(call);
}

function add(call: CniCall): CniResult | CniError {
  const conf = call.conf as DeviceConf;
  const { env, host: { machine: { plane, ns } } } = call;
  const found = find(call, conf);
  if (typeof found === "string") return refused(conf, found);
  const change = { ns: env.netns.id, name: env.ifname };
  check(plane.setLink(ns.id, found.index, change), found.name);
  const inside = deviceNamed(plane, env.netns.id, env.ifname);
  const dev = inside?.index ?? 0;
  env.netns.state(NAMES, () => new Map()).set(env.ifname, found.name);
  check(plane.setLink(env.netns.id, dev, { up: true }), env.ifname);
  const given = ipam(call);
  if (isCniError(given)) return given;
  configure(plane, { ns: env.netns.id, dev }, given);
  return wired(call, given, {
    interfaces: [{ name: env.ifname, mac: inside?.mac ?? "", sandbox: env.netnsPath }],
    inside: 0,
  });
}

/** The device, or what is wrong with the question. */
function find({ host: { machine: { plane, ns } } }: CniCall, conf: DeviceConf): Link | string {
  const { device, hwaddr, kernelpath, pciBusID } = conf;
  const links = plane.links(ns.id);
  if (device !== undefined) {
    return links.find(({ name }) => name === device) ?? "failed to find host device: Link not found";
  }
  if (hwaddr !== undefined) {
    if (!isMac(hwaddr)) {
      return `failed to find host device: failed to parse MAC address "${hwaddr}": address ${hwaddr}: invalid MAC address`;
    }
    const found = links.find(({ mac }) => mac === hwaddr.toLowerCase());
    return found ?? "failed to find host device: failed to find physical interface";
  }
  if (kernelpath !== undefined || pciBusID !== undefined) {
    return "host-device: kernelpath and pciBusID are not modelled";
  }
  return 'specify either "device", "hwaddr", "kernelpath" or "pciBusID"';
}

function remove(call: CniCall): CniResult | CniError {
  const { env, host: { machine: { plane, ns } } } = call;
  const given = ipam(call);
  const inside = deviceNamed(plane, env.netns.id, env.ifname);
  const name = env.netns.state(NAMES, () => new Map()).get(env.ifname);
  if (inside !== undefined && name !== undefined) {
    check(plane.setLink(env.netns.id, inside.index, { ns: ns.id, name }), env.ifname);
  }
  return given;
}
