import type { Clock, Random } from "../../base/mod.ts";
import type { Draft, KubeObject, ObjectOf } from "../objects/object.ts";
import type { Store } from "../store/store.ts";
import type { Watching } from "./follow.ts";
import type { ApiRequest, ApiResponse, Status } from "./types.ts";
import type { WatchEvent } from "./watch.ts";

/** Name and namespace of an object; no namespace for cluster-wide kinds. */
export interface ObjectName {
  readonly name: string;
  readonly namespace?: string;
}

/** How to delete. */
export interface DeleteOptions {
  /** Seconds a pod has to end; 0 takes it away at once. Left out: its `terminationGracePeriodSeconds`. */
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  /** What the object must still be. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  /** Says what would be answered, and deletes nothing. */
  readonly dryRun?: boolean;
}

/** What happened to an object, for `kubectl describe` and `kubectl get events`. */
export interface Happening {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** Who says so: `kubelet`, `deployment-controller`. */
  readonly component: string;
  readonly host?: string;
}

/**
 * The API server in process. `handle` takes any request as on the wire (kubectl, HTTP); the typed methods are the same
 * handlers for controllers and node agents. A refusal is a {@link Status} value, with the server's words.
 */
export interface Api {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  handle(request: ApiRequest): ApiResponse;
  /** Opens a watch whose later events `tell` hears; the answer that refuses it; undefined where the request is none. */
  watch(request: ApiRequest, tell: (event: WatchEvent) => void): Watching | ApiResponse | undefined;
  create(draft: Draft): KubeObject | Status;
  /** Replaces an object; status is left as it was. */
  update(object: KubeObject): KubeObject | Status;
  /** Changes only the status of an object, by a function over a copy of it; nothing is written when nothing changed. */
  changeStatus<K extends string>(
    kind: K,
    name: ObjectName,
    change: (object: ObjectOf<K>) => void,
  ): ObjectOf<K> | Status;
  /** Deletes: a bound pod first gets its deletionTimestamp, and is gone when its kubelet deletes it with grace 0. */
  delete(kind: string, name: ObjectName, options?: DeleteOptions): KubeObject | Status;
  /** Records an Event about an object; the same one again is counted. */
  event(about: KubeObject, happening: Happening): void;
}
