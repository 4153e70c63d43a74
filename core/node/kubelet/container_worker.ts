/** One container of a pod: starts it, watches it, probes it, starts it again after its back-off. */
import { Feed } from "../../base/mod.ts";
import type { Container, LogLine } from "../../container/mod.ts";
import type { core, Pod } from "../../kube/mod.ts";
import type { Machine, Task } from "../../linux/mod.ts";
import { containerEnvironment, expand } from "./environment.ts";
import { podHostname } from "./hosts.ts";
import type { KubeletParts } from "./parts.ts";
import { runProbe } from "./probe.ts";
import type { Sandbox } from "./sandbox.ts";
import type { ContainerState } from "./status.ts";
import { volumeFiles } from "./volumes.ts";

/** First back-off, longest back-off, and how long a container must have run for the count to start again: milliseconds. */
const BACK_OFF = 10_000;
const MAX_BACK_OFF = 300_000;
const FORGIVEN = 600_000;

/** What a container worker is given by its pod's. */
export interface ContainerContext {
  readonly parts: KubeletParts;
  readonly pod: Pod;
  readonly sandbox: Sandbox;
  /** /etc/hosts, /etc/resolv.conf, /etc/hostname. */
  readonly files: Readonly<Record<string, string>>;
  /** Called whenever the state changed. */
  changed(): void;
}

/** The worker. Its state is read by the pod's worker for the status. */
export class ContainerWorker {
  readonly log = new Feed<LogLine>();
  readonly init: boolean;
  readonly spec: core.Container;
  readonly #context: ContainerContext;
  #machine: Machine | undefined;
  #container: Container | undefined;
  #id: string | undefined;
  #restarts = 0;
  #ready = false;
  #started = false;
  #state: core.ContainerState = { waiting: { reason: "PodInitializing" } };
  #last: core.ContainerState | undefined;
  #stopped = false;
  /** Where in the log each run began. */
  readonly #runs: number[] = [];

  constructor(context: ContainerContext, spec: core.Container, init: boolean) {
    this.#context = context;
    this.spec = spec;
    this.init = init;
    if (!init && (context.pod.spec.initContainers ?? []).length === 0) {
      this.#state = { waiting: { reason: "ContainerCreating" } };
    }
  }

  get state(): ContainerState {
    const { spec, init } = this;
    return {
      spec,
      init,
      restarts: this.#restarts,
      ready: this.#ready,
      started: this.#started,
      state: this.#state,
      ...(this.#id === undefined ? {} : { id: this.#id }),
      ...(this.#last === undefined ? {} : { last: this.#last }),
    };
  }

  /** The machine of the container while it runs. */
  get machine(): Machine | undefined {
    return this.#container?.running ? this.#machine : undefined;
  }

  /** What its latest run wrote, or the run before that. */
  lines(previous = false): readonly LogLine[] {
    const at = this.#runs.length - (previous ? 2 : 1);
    return this.log.entries.slice(this.#runs[at] ?? 0, this.#runs[at + 1]);
  }

  /** Runs the container until it is done for good: an init container until it succeeded, others as restartPolicy says. True when it succeeded. */
  async run(task: Task): Promise<boolean> {
    const policy = this.#context.pod.spec.restartPolicy ?? "Always";
    for (let backOff = 0; !this.#stopped;) {
      const began = task.runner.clock.now();
      const exit = await this.#once(task);
      const again = !this.#stopped && (policy === "Always" && !this.init || policy !== "Never" && exit !== 0);
      if (!again) return exit === 0;
      backOff = task.runner.clock.now() - began > FORGIVEN
        ? 0
        : Math.min(backOff === 0 ? BACK_OFF : 2 * backOff, MAX_BACK_OFF);
      await this.#backOff(task, backOff);
      this.#restarts++;
    }
    return false;
  }

  /** Runs an ephemeral container: it is not started again. */
  async runOnce(task: Task): Promise<void> {
    await this.#once(task);
  }

  /** Ends it: SIGTERM now, SIGKILL when `grace` milliseconds are over. */
  async stop(task: Task, grace: number): Promise<void> {
    this.#stopped = true;
    const container = this.#container;
    if (!container?.running) return;
    this.#event("Normal", "Killing", `Stopping container ${this.spec.name}`);
    container.stop(15);
    const kill = task.runner.clock.at(task.runner.clock.now() + grace, () => container.stop(9));
    await task.join(container.done);
    kill();
  }

  /** Puts new texts into the container's mounted files. */
  refresh(): void {
    const { parts, pod } = this.#context;
    const files = volumeFiles(parts.api.store, pod, this.spec);
    if (typeof files === "string" || this.#machine === undefined) return;
    for (const [path, text] of Object.entries(files)) this.#machine.files.put(path, text);
  }

  /** Starts it and waits for its end; the exit status. What keeps it from starting is waited for. */
  async #once(task: Task): Promise<number> {
    const { parts, pod, sandbox } = this.#context;
    const container = await this.#create(task);
    if (container === undefined) return 1;
    this.#container = container;
    this.#id = parts.random.text(64, "0123456789abcdef");
    const startedAt = this.#time(task);
    this.#event("Normal", "Created", `Container created`);
    this.#event("Normal", "Started", `Container started`);
    this.#set({ running: { startedAt } }, {
      started: this.spec.startupProbe === undefined,
      ready: this.#readyAtOnce(),
    });
    // Probes look for themselves whether their container still runs; nobody waits for the end of their pauses.
    task.runner.spawn(
      `probes of ${pod.metadata.name}/${this.spec.name}`,
      (own) => this.#probe(own, sandbox.addresses[0] ?? ""),
    );
    const exitCode = await task.join(container.done);
    const finishedAt = this.#time(task);
    const terminated = {
      exitCode,
      reason: exitCode === 0 ? "Completed" : "Error",
      startedAt,
      finishedAt,
      containerID: `containerd://${this.#id}`,
    };
    this.#set({ terminated }, { started: false, ready: this.init && exitCode === 0 });
    return exitCode;
  }

  /** Init containers and containers without a readiness probe are as ready as they run. */
  #readyAtOnce(): boolean {
    return !this.init && this.spec.readinessProbe === undefined && this.spec.startupProbe === undefined;
  }

  async #create(task: Task): Promise<Container | undefined> {
    const { parts, pod, sandbox } = this.#context;
    for (let wait = 2_000; !this.#stopped; wait = Math.min(2 * wait, 120_000)) {
      const hostname = sandbox.name === undefined ? parts.machine.name : podHostname(pod);
      const env = containerEnvironment({
        store: parts.api.store,
        pod: this.#withAddress(),
        container: this.spec,
        hostname,
      });
      const files = volumeFiles(parts.api.store, this.#withAddress(), this.spec);
      const problem = typeof env === "string" ? env : typeof files === "string" ? files : undefined;
      if (problem === undefined && typeof env !== "string" && typeof files !== "string") {
        return this.#start(env, files, hostname);
      }
      this.#event(
        "Warning",
        typeof files === "string" ? "FailedMount" : "Failed",
        typeof files === "string" ? files : `Error: ${problem}`,
      );
      this.#set({
        waiting: {
          reason: typeof files === "string" ? "ContainerCreating" : "CreateContainerConfigError",
          message: problem as string,
        },
      }, {});
      await task.sleep(wait);
    }
    return undefined;
  }

  #start(env: Readonly<Record<string, string>>, files: Readonly<Record<string, string>>, hostname: string): Container {
    const { parts, pod, sandbox } = this.#context;
    const { image = "", command, args, workingDir, ports = [] } = this.spec;
    const scope = new Map(Object.entries(env));
    const words = (list: readonly string[] | undefined) => list?.map((word) => expand(word, scope));
    this.#machine = parts.runtime.machine({
      image,
      hostname,
      ns: sandbox.ns,
      env,
      files: { ...this.#context.files, ...files },
      random: parts.random.split(`${pod.metadata.uid} ${this.spec.name} ${this.#restarts}`),
    });
    this.#runs.push(this.log.entries.length);
    return parts.runtime.start({
      machine: this.#machine,
      image,
      env,
      podName: pod.metadata.name,
      log: this.log,
      ports: ports.map(({ name, containerPort, protocol }) => ({
        port: containerPort,
        protocol: (protocol ?? "TCP") as "TCP",
        ...(name === undefined ? {} : { name }),
      })),
      ...(command === undefined ? {} : { command: words(command) as string[] }),
      ...(args === undefined ? {} : { args: words(args) as string[] }),
      ...(workingDir === undefined ? {} : { workingDir }),
    });
  }

  /** The pod with the addresses its sandbox has: the downward API shows them before the status does. */
  #withAddress(): Pod {
    const { pod, sandbox, parts } = this.#context;
    const [podIP] = sandbox.addresses;
    const status = {
      ...pod.status,
      hostIP: parts.nodeIP,
      podIPs: sandbox.addresses.map((ip) => ({ ip })),
      ...(podIP === undefined ? {} : { podIP }),
    };
    return { ...pod, status };
  }

  async #backOff(task: Task, wait: number): Promise<void> {
    const { metadata } = this.#context.pod;
    const message = `back-off ${
      wait < 60_000 ? `${wait / 1000}s` : `${Math.floor(wait / 60_000)}m${(wait / 1000) % 60}s`
    } restarting failed container=${this.spec.name} pod=${metadata.name}_${metadata.namespace}(${metadata.uid})`;
    this.#event(
      "Warning",
      "BackOff",
      `Back-off restarting failed container ${this.spec.name} in pod ${metadata.name}_${metadata.namespace}(${metadata.uid})`,
    );
    this.#last = this.#state;
    this.#set({ waiting: { reason: "CrashLoopBackOff", message } }, { ready: false });
    await task.sleep(wait);
  }

  /** Start-up, readiness and liveness, one after the other's period, while the container runs. */
  async #probe(task: Task, address: string): Promise<void> {
    const { startupProbe, readinessProbe, livenessProbe } = this.spec;
    const container = this.#container as Container;
    const alive = (): boolean => container.running && !this.#stopped;
    if (startupProbe !== undefined) {
      const up = await this.#repeat(task, { probe: startupProbe, kind: "Startup", address, until: (ok) => ok }, alive);
      if (!up) return alive() ? container.stop(15) : undefined;
      this.#set(this.#state, { started: true, ready: readinessProbe === undefined });
    }
    const jobs: Promise<unknown>[] = [];
    if (readinessProbe !== undefined) {
      jobs.push(this.#spawnProbe(task, { probe: readinessProbe, kind: "Readiness", address }, alive));
    }
    if (livenessProbe !== undefined) {
      jobs.push(this.#spawnProbe(task, { probe: livenessProbe, kind: "Liveness", address }, alive));
    }
    for (const job of jobs) await task.join(job);
  }

  #spawnProbe(task: Task, job: ProbeJob, alive: () => boolean): Promise<unknown> {
    return task.runner.spawn(`${job.kind} probe of ${this.spec.name}`, (own) => this.#repeat(own, job, alive)).result;
  }

  /** Probes once a period; the threshold of equal results changes the verdict. True when `until` was met. */
  async #repeat(task: Task, { probe, kind, address, until }: ProbeJob, alive: () => boolean): Promise<boolean> {
    await task.sleep((probe.initialDelaySeconds ?? 0) * 1000);
    let run = 0;
    let last: boolean | undefined;
    while (alive()) {
      const result = await this.#ask(task, probe, address);
      if (!alive()) return false;
      const ok = result === undefined;
      run = ok === last ? run + 1 : 1;
      last = ok;
      if (!ok) this.#event("Warning", "Unhealthy", `${kind} probe failed: ${result}`);
      if (run >= (ok ? probe.successThreshold ?? 1 : probe.failureThreshold ?? 3)) {
        if (until?.(ok)) return true;
        if (kind === "Readiness" && ok !== this.#ready) this.#set(this.#state, { ready: ok });
        if (!ok && kind !== "Readiness") return this.#unhealthy(kind);
      }
      await task.sleep((probe.periodSeconds ?? 10) * 1000);
    }
    return false;
  }

  #unhealthy(kind: string): false {
    this.#event(
      "Normal",
      "Killing",
      `Container ${this.spec.name} failed ${kind.toLowerCase()} probe, will be restarted`,
    );
    this.#container?.stop(15);
    return false;
  }

  #ask(task: Task, probe: core.Probe, address: string) {
    const machine = this.#machine as Machine;
    return runProbe(probe, {
      node: this.#context.parts.machine,
      container: machine,
      address,
      ports: this.spec.ports ?? [],
      finish: (process) => task.join(process.finished),
    });
  }

  #set(state: core.ContainerState, { ready, started }: { readonly ready?: boolean; readonly started?: boolean }): void {
    this.#state = state;
    this.#ready = ready ?? this.#ready;
    this.#started = started ?? this.#started;
    this.#context.changed();
  }

  #event(type: "Normal" | "Warning", reason: string, message: string): void {
    const { parts, pod } = this.#context;
    parts.api.event(pod, { type, reason, message, component: "kubelet", host: parts.node });
  }

  #time(task: Task): string {
    return rfc3339(task.runner.clock.now());
  }
}

interface ProbeJob {
  readonly probe: core.Probe;
  readonly kind: "Startup" | "Readiness" | "Liveness";
  readonly address: string;
  readonly until?: (ok: boolean) => boolean;
}

/** A time in whole seconds as the API writes it. */
export function rfc3339(milliseconds: number): string {
  return new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().replace(".000Z", "Z");
}
