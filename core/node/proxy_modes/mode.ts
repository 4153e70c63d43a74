import type { Machine, Task } from "../../linux/mod.ts";
import type { ProxyConfig, ServiceView } from "../proxy/mod.ts";

/** What a mode works with. */
export interface ModeHost {
  readonly machine: Machine;
  readonly config: ProxyConfig;
}

/** One of kube-proxy's modes at work on a node. It remembers what it wrote. */
export interface ProxyMode {
  /** Brings the node to these views, IPv4 and IPv6. */
  sync(task: Task, views: readonly [ServiceView, ServiceView]): Promise<void>;
  /** Takes away what this mode leaves in a node, whoever put it there: what another mode does when it starts. */
  cleanUp(task: Task): Promise<void>;
  /** Ends what runs by itself, when its kube-proxy ends. */
  stop?(): void;
}
