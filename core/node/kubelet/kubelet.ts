import { type Change, isMirror, type Pod } from "../../kube/mod.ts";
import type { Machine } from "../../linux/mod.ts";
import { rfc3339 } from "./container_worker.ts";
import type { KubeletParts } from "./parts.ts";
import { PodWorker } from "./pod_worker.ts";
import { watchPodsOf } from "./pods_of_node.ts";
import { usesObject } from "./volumes.ts";

/** Virtual milliseconds until a changed ConfigMap or Secret is in the pods' files: kubelet's sync period. */
const VOLUME_SYNC = 60_000;
/** Chains the kubelet keeps in the mangle table: a canary that tells of a flush, and a hint of which iptables is in use. */
const CHAINS = "*mangle\n:KUBE-IPTABLES-HINT - [0:0]\n:KUBE-KUBELET-CANARY - [0:0]\nCOMMIT\n";
/** Sysctls the kubelet insists on (kernel defaults it protects), as far as they touch the network. */
const SYSCTLS = ["vm.overcommit_memory=1", "kernel.panic=10", "kernel.panic_on_oops=1"];

/** The node's agent for pods: one worker for each pod bound to the node. */
export class Kubelet {
  readonly #parts: KubeletParts;
  readonly #workers = new Map<string, PodWorker>();
  readonly #images = new Set<string>();

  constructor(parts: KubeletParts) {
    this.#parts = parts;
  }

  /** Sets the node up, says it is ready, and follows the store from now on. */
  async start(run: (line: string, stdin?: string) => Promise<void>): Promise<void> {
    const { api } = this.#parts;
    await run("iptables-restore --noflush", CHAINS);
    for (const sysctl of SYSCTLS) await run(`sysctl -qw -e ${sysctl}`);
    watchPodsOf(this.#parts.node, api.store, (pod) => this.#take(pod));
    api.store.watch((change) => this.#refreshLater(change), ["ConfigMap", "Secret"]);
    for (const pod of api.store.list("Pod")) this.#take(pod);
    this.#becomeReady();
  }

  /** The worker of a pod of this node. */
  worker(pod: Pod): PodWorker | undefined {
    return this.#workers.get(pod.metadata.uid);
  }

  /** The machine of a pod's container, the first running one unless named. */
  machineOf(pod: Pod, container?: string): Machine | undefined {
    return this.worker(pod)?.machineOf(container);
  }

  #take(pod: Pod): void {
    if (pod.spec.nodeName !== this.#parts.node || isMirror(pod)) return;
    const { uid, name } = pod.metadata;
    const known = this.#workers.get(uid);
    if (known !== undefined) return known.update(pod);
    if (pod.metadata.deletionTimestamp !== undefined || ["Succeeded", "Failed"].includes(pod.status.phase ?? "")) {
      return;
    }
    const worker = new PodWorker(this.#parts, pod, this.#images);
    this.#workers.set(uid, worker);
    this.#parts.machine.runner.spawn(`kubelet ${this.#parts.node}: ${name}`, async (task) => {
      await worker.run(task);
      this.#workers.delete(uid);
    });
  }

  #refreshLater({ type, object: { kind, metadata: { name, namespace } } }: Change): void {
    if (type !== "MODIFIED") return;
    const { clock } = this.#parts.machine.runner;
    clock.at(clock.now() + VOLUME_SYNC, () => {
      for (const pod of this.#parts.api.store.list("Pod", namespace === undefined ? {} : { namespace })) {
        if (usesObject(pod, kind, name)) this.worker(pod)?.refresh();
      }
    });
  }

  #becomeReady(): void {
    const { api, node, machine, nodeIP } = this.#parts;
    const now = rfc3339(machine.runner.clock.now());
    api.changeStatus("Node", { name: node }, (object) => {
      const others = (object.status.conditions ?? []).filter(({ type }) => type !== "Ready");
      const ready = {
        type: "Ready",
        status: "True",
        reason: "KubeletReady",
        message: "kubelet is posting ready status",
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      };
      object.status.conditions = [...others, ready];
      object.status.addresses ??= [{ type: "InternalIP", address: nodeIP }, { type: "Hostname", address: node }];
    });
  }
}
