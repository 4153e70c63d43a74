import type { Api, Status } from "../kube/mod.ts";

/** What a command leaves. */
export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/** The world around one run of kubectl: the API server in process, files of the place it runs at, pods, virtual time. */
export interface KubectlHost {
  readonly api: Api;
  readonly files: KubectlFiles;
  readonly pods: PodAccess;
  readonly clock: KubectlClock;
  /** Where the kubeconfig says the server is: `https://192.168.1.11:6443`. */
  readonly server: string;
  /** The namespace of the current context, `default`. */
  readonly namespace?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Lets the user's editor work on a text: what came out of it, or the editor's exit status where that is not 0. */
  readonly edit?: (text: string) => Promise<string | number>;
}

/** Files of a machine or container by path. */
export interface ContainerFiles {
  read(path: string): string | undefined;
  /** Names in a folder; undefined where it is none. */
  list(path: string): readonly string[] | undefined;
  write(path: string, text: string): void;
}

/** Files by absolute or relative path. */
export interface KubectlFiles {
  read(path: string): string | undefined;
  /** Names in a folder; undefined where it is none. */
  list(path: string): readonly string[] | undefined;
  write(path: string, text: string): void;
}

/** Virtual time: waiting commands sleep on it. */
export interface KubectlClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits so many virtual milliseconds; false when the command was ended meanwhile. */
  sleep(milliseconds: number): Promise<boolean>;
}

/** One container of one pod. */
export interface Container {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** What a kubelet does for clients: run a command in a container, and show what it wrote. */
export interface PodAccess {
  /** Runs a command in a container; undefined where it does not run. */
  exec(target: Container, command: readonly string[], stdin: string): Promise<Finished | undefined>;
  /** The log, or why there is none: a Status as the server answers it. */
  logs(target: Container, options: LogOptions): Promise<string | Status>;
  /** Listens on ports of this machine and carries into the pod, until the command is ended; the exit status. */
  readonly forward?: (
    target: Container,
    ports: readonly ForwardedPort[],
    addresses: readonly string[],
  ) => Promise<number>;
  /** Shows what a container writes, until it or the command ends; the exit status. */
  readonly attach?: (target: Container) => Promise<number>;
  /** The files of a container; undefined where it does not run. */
  readonly files?: (target: Container) => ContainerFiles | undefined;
}

/** A port of this machine, 0 for any, and the pod's port it leads to. */
export interface ForwardedPort {
  readonly local: number;
  readonly remote: number;
}

/** Which of a container's lines to show. */
export interface LogOptions {
  readonly tail?: number;
  readonly sinceSeconds?: number;
  readonly timestamps?: boolean;
  readonly previous?: boolean;
}
