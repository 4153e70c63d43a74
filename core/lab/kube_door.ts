/** The cluster as clients outside see it: the API's handlers, and the ways into pods that its kubelets offer. */
import { execProblem, type LogLine } from "../container/mod.ts";
import type { Api, ApiRequest, ApiResponse, Pod, Status } from "../kube/mod.ts";
import { type Machine, quoteWords } from "../linux/mod.ts";
import type { Cluster } from "./cluster.ts";
import { type LogQuery, type LogTarget, logText } from "./pod_log.ts";
import { type Remote, remoteProcess } from "./remote.ts";
import { isShell, Terminal } from "./terminal.ts";
import { openTunnel, type Tunnel } from "./tunnel.ts";

/** One container of one pod; without a name the pod's default one. */
export interface PodTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
}

/** What a kubelet refuses, with its words. */
export interface Refused {
  readonly code: number;
  readonly refused: string;
}

/** How a command is run in a container. */
export interface ExecOptions {
  readonly tty: boolean;
  /** Whether the client sends input, and says when it ends. */
  readonly stdin: boolean;
}

/** The door of one cluster. */
export class KubeDoor {
  readonly #cluster: Cluster;

  readonly #note: (request: ApiRequest) => void;

  /** @param note hears every request that may change an object */
  constructor(cluster: Cluster, note: (request: ApiRequest) => void) {
    this.#cluster = cluster;
    this.#note = note;
  }

  /** Answers a request. */
  handle(request: ApiRequest): ApiResponse {
    if (request.method !== "GET") this.#note(request);
    return this.api.handle(request);
  }

  /** The handlers of the API. */
  get api(): Api {
    return this.#cluster.control.api;
  }

  /** Virtual milliseconds since 1970. */
  now(): number {
    return this.#cluster.world.clock.now();
  }

  /** Runs a command in a container. */
  exec(target: PodTarget, command: readonly string[], { tty, stdin }: ExecOptions): Remote | Refused {
    const machine = this.#machine(target);
    if ("refused" in machine) return machine;
    if (tty && isShell(command)) return new Terminal(machine, command);
    return remoteProcess(machine, quoteWords(command), { stdin, tty });
  }

  /** Why there is no way into a container; undefined where there is. */
  missing(target: PodTarget): Refused | undefined {
    const machine = this.#machine(target);
    return "refused" in machine ? machine : undefined;
  }

  /** Why a command cannot be run in a container, in the runtime's words. */
  execProblem(target: PodTarget, command: readonly string[]): string | undefined {
    const machine = this.#machine(target);
    return "refused" in machine ? undefined : execProblem(machine, command);
  }

  /** Hears what a container writes from now on until it ends. */
  attach(target: PodTarget, tell: (line: LogLine) => void): (() => void) | Refused {
    const machine = this.#machine(target);
    if ("refused" in machine) return machine;
    const pod = this.#pod(target) as Pod;
    return this.#cluster.listenToLog(pod, target.container ?? defaultContainer(pod), tell);
  }

  /** The text of a container's log, or the server's refusal. */
  log(target: LogTarget, query: LogQuery): string | Status {
    return logText(this.#cluster, target, query);
  }

  /** Hears a container's later lines until the returned function is called. */
  follow({ namespace, pod, container }: PodTarget, tell: (line: LogLine) => void): () => void {
    const object = this.#cluster.pod(namespace, pod);
    if (object === undefined) return () => {};
    return this.#cluster.listenToLog(object, container ?? defaultContainer(object), tell);
  }

  /** Calls `ended` once a container runs no more, at once where it does not run; until the returned function is called. */
  whenEnded(target: PodTarget, ended: () => void): () => void {
    const runs = (): boolean => !("refused" in this.#machine(target));
    let stop = (): void => {};
    const look = (): void => {
      if (runs()) return;
      stop();
      ended();
    };
    const { clock } = this.#cluster.world;
    let cancel = (): void => {};
    const later = (): void => {
      cancel = clock.at(clock.now(), look);
    };
    const unwatch = this.#cluster.control.store.watch(({ object }) => {
      if (object.kind === "Pod" && object.metadata.name === target.pod) later();
    });
    stop = () => {
      unwatch();
      cancel();
    };
    later();
    return () => stop();
  }

  /** Opens a connection to a port of a pod, from inside its network namespace. */
  forward(target: PodTarget, port: number): Tunnel | Refused {
    const machine = this.#machine(target);
    return "refused" in machine ? machine : openTunnel(machine, port);
  }

  #pod({ namespace, pod }: PodTarget): Pod | undefined {
    return this.#cluster.pod(namespace, pod);
  }

  #machine(target: PodTarget): Machine | Refused {
    const pod = this.#pod(target);
    if (pod === undefined) return { code: 404, refused: `pods "${target.pod}" not found` };
    const container = target.container ?? defaultContainer(pod);
    const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
    const known = [...containers, ...initContainers, ...ephemeralContainers].some(({ name }) => name === container);
    if (!known) return { code: 400, refused: `container ${container} is not valid for pod ${target.pod}` };
    const machine = this.#cluster.containerOf(pod, container);
    return machine ?? { code: 404, refused: `container not found ("${container}")` };
  }
}

/** The container meant where none is named. */
export function defaultContainer({ metadata, spec }: Pod): string {
  const noted = metadata.annotations?.["kubectl.kubernetes.io/default-container"];
  return spec.containers.find(({ name }) => name === noted)?.name ?? spec.containers[0]?.name ?? "";
}
