/** What a kubelet works with: its node's machine, the API, the container runtime. */
import type { Random } from "../../base/mod.ts";
import type { CniPlugin, Container, ContainerSpec } from "../../container/mod.ts";
import type { Api } from "../../kube/mod.ts";
import type { Machine, Namespace } from "../../linux/mod.ts";
import type { ClusterDns } from "./resolv_conf.ts";

/** Makes machines from images and starts their first processes. */
export interface ContainerRuntime {
  /** A machine with the image's programs and files, in a network namespace that stands already. */
  machine(options: ContainerMachine): Machine;
  start(spec: ContainerSpec): Container;
  /** Why an image cannot be pulled, or undefined. */
  missing(image: string): string | undefined;
}

/** What makes one container's machine its own. */
export interface ContainerMachine {
  readonly image: string;
  readonly hostname: string;
  readonly ns: Namespace;
  readonly files: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly random: Random;
}

/** One kubelet's surroundings. */
export interface KubeletParts {
  /** The Node object's name. */
  readonly node: string;
  readonly nodeIP: string;
  readonly machine: Machine;
  readonly api: Api;
  readonly runtime: ContainerRuntime;
  readonly random: Random;
  readonly dns: ClusterDns;
  /** CNI plugins of the pod network's own, beside those that every node has. */
  readonly plugins?: Readonly<Record<string, CniPlugin>>;
  /** Virtual milliseconds that the pod network's plugin takes until a new sandbox is fit for packets: none. */
  readonly pluginTime?: number;
}
