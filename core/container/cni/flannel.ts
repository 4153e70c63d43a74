/** flannel's CNI plugin: reads what flanneld left in subnet.env and hands the work to the bridge plugin. */
import { network, printCidr, requireCidr } from "../../base/mod.ts";
import type { CniCall, CniConf, CniError, CniResult } from "./types.ts";

const SUBNET_FILE = "/run/flannel/subnet.env";
const DATA_DIR = "/var/lib/cni/flannel";

/** The plugin. */
export function flannel(call: CniCall): CniResult | CniError {
  const { command, conf, env, host } = call;
  const saved = `${DATA_DIR}/${env.containerId}`;
  const delegate = command === "ADD"
    ? delegateFor(conf, host.machine.files.read(SUBNET_FILE))
    : readSaved(host.machine.files.read(saved));
  if (delegate === undefined) {
    if (command === "DEL") return { cniVersion: conf.cniVersion };
    const msg = `loadFlannelSubnetEnv failed: open ${SUBNET_FILE}: no such file or directory`;
    return { cniVersion: conf.cniVersion, code: 999, msg };
  }
  if (command === "ADD") host.machine.files.put(saved, JSON.stringify(delegate));
  else host.machine.files.remove(saved);
  return host.call({ ...call, conf: delegate });
}

function readSaved(text: string | undefined): CniConf | undefined {
  return text === undefined ? undefined : JSON.parse(text) as CniConf;
}

/** The bridge configuration for this node's subnet; what the list's `delegate` says wins. */
function delegateFor(conf: CniConf, env: string | undefined): CniConf | undefined {
  if (env === undefined) return undefined;
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(env)?.[1] ?? "";
  const has = (name: string) => value(name) !== "";
  const subnets = ["FLANNEL_SUBNET", "FLANNEL_IPV6_SUBNET"].filter(has).map((name) => networkOf(value(name)));
  const routes = ["FLANNEL_NETWORK", "FLANNEL_IPV6_NETWORK"].filter(has).map((name) => ({ dst: value(name) }));
  const delegate = conf["delegate"] as Readonly<Record<string, unknown>> | undefined;
  return {
    cniVersion: conf.cniVersion,
    name: conf.name,
    type: "bridge",
    ipMasq: value("FLANNEL_IPMASQ") !== "true",
    mtu: Number(value("FLANNEL_MTU")),
    isGateway: true,
    ipam: { type: "host-local", ranges: subnets.map((subnet) => [{ subnet }]), routes },
    ...delegate,
  };
}

/** `10.244.1.1/24` names the gateway; the subnet is what it lies in. */
function networkOf(gateway: string): string {
  return printCidr(network(requireCidr(gateway)));
}
