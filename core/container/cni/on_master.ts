/**
 * macvlan, ipvlan, vlan: the container's device stands on one of the host's.
 *
 *     container eth0 --- macvlan, ipvlan or vlan on --- host eth0
 */
import { isFailure } from "../../base/mod.ts";
import type { IfIndex, Link, LinkMode, LinkSpec, PlaneApi } from "../../../wasm/mod.ts";
import { type CniCall, type CniConf, type CniError, type CniPlugin, type CniResult, isCniError } from "./types.ts";
import { check, configure, deviceNamed, ipam, refused, takeAway, wired } from "./wire.ts";

/** What the plugins read of their configuration. */
interface MasterConf extends CniConf {
  readonly master?: string;
  readonly mode?: string;
  readonly mtu?: number;
  readonly vlanId?: number;
  readonly mac?: string;
  readonly runtimeConfig?: { readonly mac?: string };
}

type Kind = "macvlan" | "ipvlan" | "vlan";

const MODES: Readonly<Record<Kind, readonly LinkMode[]>> = {
  macvlan: ["bridge", "private", "vepa", "passthru"],
  ipvlan: ["l2", "l3", "l3s"],
  vlan: [],
};
const MOST_VLAN = 4095;

const plugin = (kind: Kind): CniPlugin => (call) => call.command === "ADD" ? add(call, kind) : takeAway(call);

/** A device with a MAC of its own beside the host's. */
export const macvlan = plugin("macvlan");
/** A device with the host's MAC and an address of its own. */
export const ipvlan = plugin("ipvlan");
/** A VLAN of the host's device. */
export const vlan = plugin("vlan");

function add(call: CniCall, kind: Kind): CniResult | CniError {
  const conf = call.conf as MasterConf;
  const { env, host } = call;
  const { plane, ns } = host.machine;
  const problem = complaint(conf, kind);
  if (problem !== undefined) return refused(conf, problem);
  const name = conf.master ?? defaultDevice(plane, ns.id)?.name ?? "";
  const master = deviceNamed(plane, ns.id, name);
  if (master === undefined) return refused(conf, `failed to lookup master "${name}": Link not found`);
  const made = plane.addLink(env.netns.id, specOf(conf, kind, { master, ifname: env.ifname, ns: ns.id }));
  if (isFailure(made)) return refused(conf, `failed to create ${kind}: ${words(made.errno)}`);
  check(plane.setLink(env.netns.id, made, { up: true }), env.ifname);
  const given = ipam(call);
  if (isCniError(given)) {
    plane.removeLink(env.netns.id, made);
    return given;
  }
  configure(plane, { ns: env.netns.id, dev: made }, given);
  const mac = deviceNamed(plane, env.netns.id, env.ifname)?.mac ?? "";
  return wired(call, given, { interfaces: [{ name: env.ifname, mac, sandbox: env.netnsPath }], inside: 0 });
}

function complaint({ mode, master, vlanId = 0 }: MasterConf, kind: Kind): string | undefined {
  if (kind === "vlan") {
    if (master === undefined) {
      return '"master" field is required. It specifies the host interface name to create the VLAN for.';
    }
    const bad = vlanId < 0 || vlanId > MOST_VLAN;
    return bad ? `invalid VLAN ID ${vlanId} (must be between 0 and ${MOST_VLAN} inclusive)` : undefined;
  }
  const known = mode === undefined || MODES[kind].some((one) => one === mode);
  return known ? undefined : `unknown ${kind} mode: "${mode}"`;
}

function specOf(
  conf: MasterConf,
  kind: Kind,
  { master, ifname, ns }: { readonly master: Link; readonly ifname: string; readonly ns: number },
): LinkSpec {
  const mac = kind === "macvlan" ? conf.runtimeConfig?.mac ?? conf.mac : undefined;
  const mode = MODES[kind].find((one) => one === conf.mode) ?? MODES[kind][0];
  return {
    kind,
    name: ifname,
    lower: master.index,
    lowerNs: ns,
    ...(mac !== undefined && { mac }),
    ...(conf.mtu !== undefined && conf.mtu !== 0 && { mtu: conf.mtu }),
    ...(kind === "vlan" ? { tag: conf.vlanId ?? 0 } : { mode }),
  };
}

/** The device of the default route. */
function defaultDevice(plane: PlaneApi, ns: number): Link | undefined {
  const dev: IfIndex | undefined = plane.routes(ns, 4).find(({ to }) => to === "0.0.0.0/0")?.dev;
  return plane.links(ns).find(({ index }) => index === dev);
}

/** An errno as Go prints it. */
function words(errno: string): string {
  const known: Readonly<Record<string, string>> = {
    EBUSY: "device or resource busy",
    EEXIST: "file exists",
    EINVAL: "invalid argument",
    EOPNOTSUPP: "operation not supported",
  };
  return known[errno] ?? errno;
}
