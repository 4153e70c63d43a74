import type { Clock, Random } from "../../base/mod.ts";
import { copyOf, type Draft, type KubeObject, type ObjectOf } from "../objects/object.ts";
import { joinGroupVersion, type Resource } from "../objects/resource.ts";
import type { Store } from "../store/store.ts";
import { Allocators } from "./allocate/allocators.ts";
import type { Api, DeleteOptions, Happening, ObjectName } from "./api.ts";
import { createObject } from "./create.ts";
import { decodeValue } from "./decode.ts";
import { deleteObject } from "./delete.ts";
import { EventRecorder } from "./event.ts";
import { asksToWatch, openWatch, type Watching } from "./follow.ts";
import { handle } from "./handle.ts";
import { type Metrics, METRICS_RESOURCES } from "./metrics.ts";
import type { Admission } from "./prepare.ts";
import { Registry } from "./registry.ts";
import { noResource } from "./status.ts";
import { type ApiRequest, type ApiResponse, isStatus, type Status } from "./types.ts";
import { updateObject, updateStatus } from "./update.ts";
import type { WatchEvent } from "./watch.ts";

/** How a server is set up. */
export interface ServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** One CIDR, or one of each family; the first is the default family. */
  readonly serviceCIDRs: readonly string[];
  readonly nodePorts: readonly [number, number];
  readonly admission: Admission;
  /** `v1.36.3` */
  readonly version: string;
  /** Where clients reach it: `https://192.168.1.11:6443`. */
  readonly address: string;
  /** Who measures what pods and nodes use: metrics.k8s.io is there where anybody does. */
  readonly metrics?: Metrics;
}

/** The API server: the same handlers for requests as on the wire and for the typed calls of controllers. */
export class ApiServer implements Api {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly registry: Registry;
  readonly allocators: Allocators;
  readonly #events = new EventRecorder(this);

  constructor(readonly options: ServerOptions) {
    this.store = options.store;
    this.clock = options.clock;
    this.random = options.random;
    this.registry = new Registry(options.store, options.metrics === undefined ? [] : METRICS_RESOURCES);
    this.allocators = new Allocators(options.store, options.serviceCIDRs, options.nodePorts);
  }

  handle(request: ApiRequest): ApiResponse {
    return handle(this, request);
  }

  watch(request: ApiRequest, tell: (event: WatchEvent) => void): Watching | ApiResponse | undefined {
    return asksToWatch(this, request) ? openWatch(this, request, tell) : undefined;
  }

  create(draft: Draft): KubeObject | Status {
    const resource = this.registry.ofKind(draft.apiVersion, draft.kind);
    if (resource === undefined) return noResource();
    const decoded = decodeValue(copyOf(draft), resource, "Strict");
    return isDecoded(decoded) ? createObject(this, resource, decoded.object) : decoded;
  }

  update(object: KubeObject): KubeObject | Status {
    const resource = this.registry.ofKind(object.apiVersion, object.kind);
    if (resource === undefined) return noResource();
    const decoded = decodeValue(copyOf(object), resource, "Ignore");
    return isDecoded(decoded) ? updateObject(this, resource, decoded.object) : decoded;
  }

  changeStatus<K extends string>(kind: K, name: ObjectName, change: (object: ObjectOf<K>) => void) {
    const resource = this.#resource(kind);
    if (resource === undefined) return noResource();
    return updateStatus(this, resource, name, change as (object: KubeObject) => void) as ObjectOf<K> | Status;
  }

  delete(kind: string, name: ObjectName, options: DeleteOptions = {}): KubeObject | Status {
    const resource = this.#resource(kind);
    return resource === undefined ? noResource() : deleteObject(this, resource, name, options);
  }

  event(about: KubeObject, happening: Happening): void {
    this.#events.record(about, happening);
  }

  /** The current time in whole seconds, RFC 3339. */
  now(): string {
    return new Date(this.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  }

  #resource(kind: string): Resource | undefined {
    return this.registry.ofStoreKind(kind);
  }
}

function isDecoded<T extends object>(answer: T | Status): answer is T {
  return !("kind" in answer && isStatus(answer as Status));
}

/** apiVersion of a resource's objects. */
export function versionOf({ group, version }: Resource): string {
  return joinGroupVersion(group, version);
}
