import type { Api } from "../api/api.ts";
import type { Metrics } from "../api/metrics.ts";
import type { Status } from "../api/types.ts";
import type { Cidr } from "../../base/mod.ts";
import type { KubeObject, Namespace, Pod } from "../objects/object.ts";
import type { Change } from "../store/store.ts";

/**
 * A controller looks at one change and asks for work with `api.later`: bringing one object up to date. The same work asked
 * for twice is done once, so a controller never counts changes; it looks at how things are.
 */
export type Controller = (change: Change, api: ControllerApi) => void;

/** Brings the object of a key (`NAMESPACE/NAME`, or a name) up to date; may give the number of objects it went through. */
export type Sync = (key: string, api: ControllerApi) => number | void;

/** What controllers may do: everything a client may, and ask for work. */
export interface ControllerApi extends Api {
  readonly settings: ControllerSettings;
  /** Who measures what pods use, where anybody does. */
  readonly metrics: Metrics | undefined;
  /** Asks for work once all changes known now have been looked at. */
  later(sync: Sync, key: string): void;
  /** Asks for work after some virtual time. */
  after(milliseconds: number, sync: Sync, key: string): void;
  /** The objects that name this uid as an owner, by kind and name in order. */
  dependents(uid: string): KubeObject[];
  /** Gives a pod its node. */
  bind(pod: Pod, node: string): Status | undefined;
  /** Sets a namespace's finalizers; one being deleted goes with the last. */
  finalize(namespace: Namespace, finalizers: readonly string[]): void;
  /** The current time in whole seconds, RFC 3339. */
  timestamp(): string;
}

/** What a cluster gives its controllers to hand out. */
export interface ControllerSettings {
  /** One per family. */
  readonly podCIDRs: readonly Cidr[];
  readonly loadBalancer?: Cidr;
}

/** Namespace and name of a key. */
export function splitKey(key: string): { namespace: string; name: string } {
  const [namespace = "", name] = key.split("/");
  return name === undefined ? { namespace: "", name: namespace } : { namespace, name };
}
