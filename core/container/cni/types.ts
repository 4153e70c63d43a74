/** The Container Network Interface (specification 1.0): what a runtime says to a plugin, and what it answers. */
import type { Machine, Namespace } from "../../linux/mod.ts";

/** A plugin: wires a network namespace into a host, or takes it out again. Contract `CniPlugin` of the house. */
export type CniPlugin = (call: CniCall) => CniResult | CniError;

/** One call. */
export interface CniCall {
  readonly command: "ADD" | "DEL";
  /** The plugin's configuration, with the list's `name` and `cniVersion` in it. */
  readonly conf: CniConf;
  readonly env: CniEnv;
  readonly host: CniHost;
}

/** A plugin's configuration: fields by plugin. */
export interface CniConf {
  readonly cniVersion: string;
  readonly name: string;
  readonly type: string;
  readonly ipam?: IpamConf;
  /** The result of the plugin before this one in a list. */
  readonly prevResult?: CniResult;
  readonly [field: string]: unknown;
}

/** Who hands out addresses, and from where. */
export interface IpamConf {
  readonly type: string;
  readonly subnet?: string;
  readonly ranges?: readonly (readonly IpamRange[])[];
  readonly routes?: readonly CniRoute[];
  readonly dataDir?: string;
}

/** A range of addresses; `gateway` is the first one unless given. */
export interface IpamRange {
  readonly subnet: string;
  readonly rangeStart?: string;
  readonly rangeEnd?: string;
  readonly gateway?: string;
}

/** CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_ARGS. */
export interface CniEnv {
  readonly containerId: string;
  readonly netns: Namespace;
  /** The path a result names as `sandbox`. */
  readonly netnsPath: string;
  readonly ifname: string;
  readonly args: Readonly<Record<string, string>>;
}

/** The host that a plugin works on. */
export interface CniHost {
  readonly machine: Machine;
  /** Runs another plugin: delegation to IPAM or to the bridge. */
  call(call: CniCall): CniResult | CniError;
}

/** A device in a result; with `sandbox` it is inside the container. */
export interface CniInterface {
  readonly name: string;
  readonly mac?: string;
  readonly sandbox?: string;
}

/** A route in a result. */
export interface CniRoute {
  readonly dst: string;
  readonly gw?: string;
}

/** What ADD answers. */
export interface CniResult {
  readonly cniVersion: string;
  readonly interfaces?: readonly CniInterface[];
  readonly ips?: readonly { readonly address: string; readonly gateway?: string; readonly interface?: number }[];
  readonly routes?: readonly CniRoute[];
  readonly dns?: Readonly<Record<string, unknown>>;
}

/** What a plugin answers when it cannot (specification section 5). */
export interface CniError {
  readonly cniVersion: string;
  /** 1 to 11 are the specification's, 100 and up a plugin's own. */
  readonly code: number;
  readonly msg: string;
  readonly details?: string;
}

/** Whether a plugin refused. */
export function isCniError(answer: CniResult | CniError): answer is CniError {
  return "code" in answer;
}
