/** The pod sandbox: a network namespace and its wiring, made before any container and kept until the last has ended. */
import { type CniEnv, isCniError, runConflist } from "../../container/mod.ts";
import type { Pod } from "../../kube/mod.ts";
import { addNamespace, type Machine, type Namespace, removeNamespace } from "../../linux/mod.ts";
import type { KubeletParts } from "./parts.ts";

/** A sandbox that stands. */
export interface Sandbox {
  readonly id: string;
  readonly ns: Namespace;
  /** The pod's addresses: those CNI gave, or the node's. */
  readonly addresses: readonly string[];
  /** `ip netns` name; none for hostNetwork pods, which live in the node's namespace. */
  readonly name?: string;
}

const CONF_FOLDER = "/etc/cni/net.d";
const LO = 1;
const NO_IPV6 = "net.ipv6.conf.all.disable_ipv6";

/** Makes it, or says why it cannot be made (kubelet's FailedCreatePodSandBox message). */
export function makeSandbox({ machine, nodeIP, random, plugins = {} }: KubeletParts, pod: Pod): Sandbox | string {
  const id = random.text(64, "0123456789abcdef");
  if (pod.spec.hostNetwork === true) return { id, ns: machine.ns, addresses: [nodeIP] };
  const conflist = readConflist(machine);
  if (conflist === undefined) {
    return "network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";
  }
  const ns = addNamespace(machine.plane);
  const name = `cni-${random.uuid()}`;
  // A kernel booted with ipv6.disable_ipv6=1 is without IPv6 in all its namespaces.
  if (machine.plane.sysctl(machine.ns.id, NO_IPV6) === 1) machine.plane.setSysctl(ns.id, NO_IPV6, 1);
  machine.plane.setLink(ns.id, LO, { up: true });
  const answer = runConflist(conflist, "ADD", { machine, plugins, env: cniEnv({ id, ns, name }, pod) });
  if (isCniError(answer)) {
    removeNamespace(ns);
    return `failed to setup network for sandbox "${id}": ${answer.msg}`;
  }
  machine.namespaces.set(name, ns);
  return { id, ns, name, addresses: (answer.ips ?? []).map(({ address }) => address.split("/")[0] as string) };
}

/** Takes it away: the address goes back, the namespace goes with all in it. */
export function removeSandbox({ machine, plugins = {} }: KubeletParts, pod: Pod, { id, ns, name }: Sandbox): void {
  if (name === undefined) return;
  const conflist = readConflist(machine);
  if (conflist !== undefined) runConflist(conflist, "DEL", { machine, plugins, env: cniEnv({ id, ns, name }, pod) });
  machine.namespaces.delete(name);
  removeNamespace(ns);
}

/** The first configuration by name, as container runtimes take it. */
function readConflist(machine: Machine): string | undefined {
  const [first] = (machine.files.list(CONF_FOLDER) ?? []).filter((name) => name.endsWith(".conflist")).sort();
  return first === undefined ? undefined : machine.files.read(`${CONF_FOLDER}/${first}`);
}

function cniEnv(
  { id, ns, name }: { readonly id: string; readonly ns: Namespace; readonly name: string },
  pod: Pod,
): CniEnv {
  const { namespace = "", name: podName, uid } = pod.metadata;
  const args = {
    IgnoreUnknown: "1",
    K8S_POD_NAMESPACE: namespace,
    K8S_POD_NAME: podName,
    K8S_POD_INFRA_CONTAINER_ID: id,
    K8S_POD_UID: uid,
  };
  return { containerId: id, netns: ns, netnsPath: `/var/run/netns/${name}`, ifname: "eth0", args };
}
