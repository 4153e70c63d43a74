/**
 * One pod on its node, from binding to removal:
 *
 *     pull images -> sandbox -> init containers, one by one -> containers, all at once -> ... -> stop -> sandbox away -> gone
 */
import type { core, Pod } from "../../kube/mod.ts";
import type { Machine, Task } from "../../linux/mod.ts";
import { type ContainerContext, ContainerWorker, rfc3339 } from "./container_worker.ts";
import { nodeHosts, podHostname, podHosts } from "./hosts.ts";
import type { KubeletParts } from "./parts.ts";
import { podResolvConf } from "./resolv_conf.ts";
import { makeSandbox, removeSandbox, type Sandbox } from "./sandbox.ts";
import { writeStatus } from "./status.ts";

/** How long a pull takes, in virtual milliseconds: at least, and by chance up to this much more. */
const PULL = { least: 300, more: 1200 } as const;
/** Waits after a failed sandbox and a failed pull. */
const SANDBOX_RETRY = 12_000;
const PULL_BACK_OFF = 10_000;

/** The worker. */
export class PodWorker {
  readonly #parts: KubeletParts;
  readonly #images: Set<string>;
  readonly #startTime: string;
  #pod: Pod;
  #sandbox: Sandbox | undefined;
  #containers: ContainerWorker[] = [];
  /** Put beside them later (`kubectl debug`), by name. */
  readonly #ephemeral = new Map<string, ContainerWorker>();
  #terminating = false;
  #waiting: core.ContainerState | undefined;
  #end: (() => void) | undefined;

  /** @param images what the node has pulled already */
  constructor(parts: KubeletParts, pod: Pod, images: Set<string>) {
    this.#parts = parts;
    this.#pod = pod;
    this.#images = images;
    this.#startTime = rfc3339(parts.machine.runner.clock.now());
  }

  get sandbox(): Sandbox | undefined {
    return this.#sandbox;
  }

  /** Its container workers, init containers first, ephemeral ones last. */
  get containers(): readonly ContainerWorker[] {
    return [...this.#containers, ...this.#ephemeral.values()];
  }

  /** A running container's machine, the first or the one of that name. */
  machineOf(container?: string): Machine | undefined {
    return this.containers.find(({ spec, machine }) =>
      machine !== undefined && (container === undefined || spec.name === container)
    )?.machine;
  }

  /** The whole life of the pod. */
  async run(task: Task): Promise<void> {
    const alive = await this.#pullImages(task) && await this.#makeSandbox(task);
    if (alive) await this.#runContainers(task);
    if (!this.#terminating && alive) await task.wait<void>((wake) => (this.#end = wake, () => {}));
    await this.#stop(task);
  }

  /** The object changed: a new spec does not matter to a pod, a deletion ends it. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (!this.#terminating && this.#sandbox !== undefined) this.#startEphemeral(this.#sandbox);
    if (pod.metadata.deletionTimestamp === undefined || this.#terminating) return;
    this.#terminating = true;
    const { runner } = this.#parts.machine;
    for (const worker of this.containers) {
      runner.spawn(`stop ${pod.metadata.name}`, (task) => worker.stop(task, this.#grace()));
    }
    this.#end?.();
  }

  /** Mounted ConfigMaps and Secrets changed. */
  refresh(): void {
    for (const worker of this.#containers) worker.refresh();
  }

  #grace(): number {
    return (this.#pod.metadata.deletionGracePeriodSeconds ?? this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  /** False when the pod was deleted meanwhile. */
  async #pullImages(
    task: Task,
    containers = [...this.#pod.spec.initContainers ?? [], ...this.#pod.spec.containers],
  ): Promise<boolean> {
    const { runtime, random } = this.#parts;
    for (const { image = "", imagePullPolicy } of containers) {
      if (this.#images.has(image) && imagePullPolicy !== "Always") {
        this.#event(
          "Normal",
          "Pulled",
          `Container image "${image}" already present on machine and can be accessed by the pod`,
        );
        continue;
      }
      this.#event("Normal", "Pulling", `Pulling image "${image}"`);
      const time = PULL.least + random.below(PULL.more);
      await task.sleep(time);
      for (
        let wait = PULL_BACK_OFF;
        runtime.missing(image) !== undefined && !this.#terminating;
        wait = Math.min(2 * wait, 300_000)
      ) await this.#failedPull(task, image, wait);
      if (this.#terminating) return false;
      this.#images.add(image);
      this.#event(
        "Normal",
        "Pulled",
        `Successfully pulled image "${image}" in ${time}ms (${time}ms including waiting)`,
      );
    }
    return true;
  }

  async #failedPull(task: Task, image: string, wait: number): Promise<void> {
    const message = this.#parts.runtime.missing(image) as string;
    this.#event("Warning", "Failed", `Failed to pull image "${image}": ${message}`);
    this.#event("Warning", "Failed", "Error: ErrImagePull");
    this.#waiting = { waiting: { reason: "ErrImagePull", message } };
    this.#writeStatus();
    await task.sleep(wait);
    this.#waiting = {
      waiting: { reason: "ImagePullBackOff", message: `Back-off pulling image "${image}": ErrImagePull: ${message}` },
    };
    this.#writeStatus();
  }

  async #makeSandbox(task: Task): Promise<boolean> {
    while (!this.#terminating) {
      const made = makeSandbox(this.#parts, this.#pod);
      if (typeof made !== "string") {
        this.#sandbox = made;
        if (this.#parts.pluginTime !== undefined) await task.sleep(this.#parts.pluginTime);
        return true;
      }
      this.#event("Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${made}`);
      this.#writeStatus();
      await task.sleep(SANDBOX_RETRY);
    }
    return false;
  }

  /** Returns when every container has ended for good, which most never do, or when the pod is deleted. */
  async #runContainers(task: Task): Promise<void> {
    const sandbox = this.#sandbox as Sandbox;
    const context = this.#context(sandbox);
    const worker = (init: boolean) => (spec: core.Container) => new ContainerWorker(context, spec, init);
    const init = (this.#pod.spec.initContainers ?? []).map(worker(true));
    const main = this.#pod.spec.containers.map(worker(false));
    this.#containers = [...init, ...main];
    this.#waiting = undefined;
    this.#writeStatus();
    for (const each of init) if (this.#terminating || !await each.run(task)) return;
    const { runner } = this.#parts.machine;
    const runs = main.map((each) =>
      runner.spawn(`${this.#pod.metadata.name}/${each.spec.name}`, (own) => each.run(own))
    );
    for (const run of runs) await task.join(run.result);
  }

  #context(sandbox: Sandbox): ContainerContext {
    const changed = () => this.#writeStatus();
    return { parts: this.#parts, pod: this.#pod, sandbox, files: this.#files(sandbox), changed };
  }

  /** Containers that the object has since it was looked at last: each runs once, whatever the pod's restart policy is. */
  #startEphemeral(sandbox: Sandbox): void {
    const { runner } = this.#parts.machine;
    for (const spec of this.#pod.spec.ephemeralContainers ?? []) {
      if (this.#ephemeral.has(spec.name)) continue;
      const worker = new ContainerWorker(this.#context(sandbox), spec as core.Container, false);
      this.#ephemeral.set(spec.name, worker);
      runner.spawn(`${this.#pod.metadata.name}/${spec.name}`, async (task) => {
        if (await this.#pullImages(task, [spec as core.Container])) await worker.runOnce(task);
      });
    }
  }

  #files(sandbox: Sandbox): Record<string, string> {
    const { machine, dns } = this.#parts;
    const nodeFile = (path: string) => machine.files.read(path) ?? "";
    const hosts = sandbox.name === undefined
      ? nodeHosts(this.#pod, nodeFile("/etc/hosts"))
      : podHosts(this.#pod, sandbox.addresses[0] ?? "", dns.domain);
    const hostname = sandbox.name === undefined ? machine.name : podHostname(this.#pod);
    return {
      "/etc/hosts": hosts,
      "/etc/hostname": `${hostname}\n`,
      "/etc/resolv.conf": podResolvConf(this.#pod, nodeFile("/etc/resolv.conf"), dns),
    };
  }

  async #stop(task: Task): Promise<void> {
    for (const worker of this.containers) await worker.stop(task, this.#grace());
    this.#writeStatus();
    if (this.#sandbox !== undefined) removeSandbox(this.#parts, this.#pod, this.#sandbox);
    const { name, namespace } = this.#pod.metadata;
    this.#parts.api.delete("Pod", { name, ...(namespace === undefined ? {} : { namespace }) }, {
      gracePeriodSeconds: 0,
    });
  }

  #writeStatus(): void {
    const { api, nodeIP, machine } = this.#parts;
    const { name, namespace } = this.#pod.metadata;
    const sandbox = this.#sandbox;
    api.changeStatus("Pod", { name, ...(namespace === undefined ? {} : { namespace }) }, (pod) => {
      writeStatus(pod, {
        addresses: sandbox?.addresses ?? [],
        hostIP: nodeIP,
        ephemeral: [...this.#ephemeral.values()].map(({ state }) => state),
        containers: this.#containers.length > 0 ? this.#containers.map(({ state }) => state) : this.#notYet(),
        terminating: this.#terminating,
        startTime: this.#startTime,
        now: rfc3339(machine.runner.clock.now()),
      });
    });
  }

  /** Containers before their pod has a sandbox. */
  #notYet() {
    const state = this.#waiting ?? { waiting: { reason: "ContainerCreating" } };
    const as = (init: boolean) => (spec: core.Container) => ({
      spec,
      init,
      restarts: 0,
      ready: false,
      started: false,
      state,
    });
    return [...(this.#pod.spec.initContainers ?? []).map(as(true)), ...this.#pod.spec.containers.map(as(false))];
  }

  #event(type: "Normal" | "Warning", reason: string, message: string): void {
    this.#parts.api.event(this.#pod, { type, reason, message, component: "kubelet", host: this.#parts.node });
  }
}
