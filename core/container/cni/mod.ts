/** CNI plugins by type, and how a list of them is run. */
import { bridge } from "./bridge.ts";
import { flannel } from "./flannel.ts";
import { hostDevice } from "./host_device.ts";
import { hostLocal } from "./host_local.ts";
import { ipvlan, macvlan, vlan } from "./on_master.ts";
import { ptp } from "./ptp.ts";
import {
  type CniCall,
  type CniConf,
  type CniEnv,
  type CniError,
  type CniHost,
  type CniPlugin,
  type CniResult,
  isCniError,
} from "./types.ts";
import type { Machine } from "../../linux/mod.ts";

export * from "./types.ts";
export { check, deviceNamed } from "./wire.ts";

/** Plugins that change nothing in what is modelled, by type: a conflist may name them. */
export const UNMODELLED_PLUGINS = ["portmap", "bandwidth", "firewall", "tuning", "sbr", "vrf", "loopback"];

/** The plugins, by the `type` of a configuration. */
export const PLUGINS: Readonly<Record<string, CniPlugin>> = {
  bridge,
  flannel,
  "host-device": hostDevice,
  "host-local": hostLocal,
  ipvlan,
  macvlan,
  ptp,
  vlan,
};

/** Runs a configuration list: ADD in order, each plugin given the result before it; DEL in reverse. `plugins` are a host's own. */
export function runConflist(
  text: string,
  command: CniCall["command"],
  at: { readonly machine: Machine; readonly env: CniEnv; readonly plugins?: Readonly<Record<string, CniPlugin>> },
): CniResult | CniError {
  const list = JSON.parse(text) as {
    readonly name: string;
    readonly cniVersion: string;
    readonly plugins: readonly CniConf[];
  };
  const call = caller({ ...PLUGINS, ...at.plugins });
  const host: CniHost = { machine: at.machine, call };
  const confs = list.plugins.map((conf) => ({ ...conf, name: list.name, cniVersion: list.cniVersion }));
  let result: CniResult | CniError = { cniVersion: list.cniVersion };
  for (const conf of command === "ADD" ? confs : confs.reverse()) {
    if (UNMODELLED_PLUGINS.includes(conf.type)) continue;
    const answer = call({ command, conf: { ...conf, prevResult: result }, env: at.env, host });
    if (isCniError(answer)) return answer;
    result = answer;
  }
  return result;
}

function caller(plugins: Readonly<Record<string, CniPlugin>>): CniPlugin {
  return (call) => {
    const plugin = plugins[call.conf.type];
    if (plugin !== undefined) return plugin(call);
    return {
      cniVersion: call.conf.cniVersion,
      code: 2,
      msg: `failed to find plugin "${call.conf.type}" in path [/opt/cni/bin]`,
    };
  };
}
