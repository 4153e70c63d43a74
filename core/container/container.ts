/** What a container is to whoever runs one: a kubelet, dockerd. The machine it runs in is theirs, made from the {@link Image}. */
import type { Feed } from "../base/mod.ts";
import type { Machine, Program } from "../linux/mod.ts";

/** One line of a container's log, as the CRI log file keeps it. */
export interface LogLine {
  /** Virtual milliseconds since 1970. */
  readonly time: number;
  readonly stream: "stdout" | "stderr";
  /** Without its line feed. */
  readonly text: string;
}

/** A port a container says it listens on. */
export interface ContainerPort {
  readonly name?: string;
  readonly port: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
}

/** What starts a container. */
export interface ContainerSpec {
  /** The container's own machine: files and programs of the image, in the pod's network namespace. */
  readonly machine: Machine;
  /** Image reference as written: `nginx`, `redis:alpine`, `registry.k8s.io/pause:3.9`. */
  readonly image: string;
  /** Replaces the image's ENTRYPOINT; then the image's CMD is not used either. */
  readonly command?: readonly string[];
  /** Replaces the image's CMD. */
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly ports: readonly ContainerPort[];
  readonly podName: string;
  readonly log: Feed<LogLine>;
  /** Programs from higher rooms by name, such as `coredns`: looked at before the image's own. */
  readonly programs?: ReadonlyMap<string, Program>;
}

/** A started container. */
export interface Container {
  /** Its exit status; 128 + the signal where a signal ended it. Never rejects. */
  readonly done: Promise<number>;
  readonly running: boolean;
  /** Why it never ran, in the runtime's words (reason `StartError`, exit status 128). */
  readonly failure?: string;
  /** Sends its first process a signal: 15 asks, 9 ends at once. */
  stop(signal: number): void;
}
