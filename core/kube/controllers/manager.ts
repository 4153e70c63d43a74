import type { Clock, Random } from "../../base/mod.ts";
import type { DeleteOptions, Happening, ObjectName } from "../api/api.ts";
import type { Metrics } from "../api/metrics.ts";
import type { ApiServer } from "../api/server.ts";
import type { Watching } from "../api/follow.ts";
import { bindPod } from "../api/binding.ts";
import { finalizeNamespace } from "../api/subresource.ts";
import type { ApiRequest, ApiResponse, Status } from "../api/types.ts";
import type { WatchEvent } from "../api/watch.ts";
import { storeKind } from "../objects/kinds.ts";
import type { Draft, KubeObject, Namespace, ObjectOf, Pod } from "../objects/object.ts";
import type { Change, Store } from "../store/store.ts";
import type { Controller, ControllerApi, ControllerSettings, Sync } from "./controller.ts";

/** So many steps without coming to rest mean that two controllers undo each other: our own mistake. */
const TOO_MANY = 5_000_000;

/** Virtual milliseconds of rest for each object a sync went through, and how many are free. Real syncs take time as well: what changes meanwhile is taken up together. */
const REST = 0.2;
const FREE = 200;

interface Task {
  readonly sync: Sync;
  readonly key: string;
}

/** First in, first out, at the same cost however many wait. */
class Queue<T> {
  #items: T[] = [];
  #next = 0;

  add(item: T): void {
    this.#items.push(item);
  }

  take(): T | undefined {
    const item = this.#items[this.#next];
    if (item === undefined) return undefined;
    if (++this.#next === this.#items.length) [this.#items, this.#next] = [[], 0];
    return item;
  }
}

/**
 * Runs the controllers: every change is shown to all of them in order, and the work they ask for is done once all known
 * changes were shown. Changes from outside are taken up at the same virtual time, by a timer of the clock.
 */
export class ControllerManager implements ControllerApi {
  readonly #changes = new Queue<Change>();
  readonly #work = new Map<Sync, Set<string>>();
  /** When work on a large object may be done again. */
  readonly #rests = new Map<Sync, Map<string, number>>();
  readonly #owned = new Map<string, Map<string, KubeObject>>();
  readonly #tasks = new Queue<Task>();
  #running = false;
  #scheduled = false;

  constructor(
    readonly server: ApiServer,
    readonly settings: ControllerSettings,
    readonly controllers: readonly Controller[],
  ) {
    for (const kind of this.store.kinds()) {
      for (const object of this.store.list(kind)) this.#index({ type: "ADDED", object, version: 0 });
    }
    this.store.watch((change) => this.#notice(change));
  }

  get store(): Store {
    return this.server.store;
  }

  get metrics(): Metrics | undefined {
    return this.server.options.metrics;
  }

  get clock(): Clock {
    return this.server.clock;
  }

  get random(): Random {
    return this.server.random;
  }

  /** Works until nothing is left to do at the current time. */
  settle(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let steps = 0; this.#step(); steps++) {
        if (steps > TOO_MANY) throw new Error(`controllers do not come to rest: ${this.#tasks.take()?.key}`);
      }
    } finally {
      this.#running = false;
    }
  }

  later(sync: Sync, key: string): void {
    const keys = this.#work.get(sync) ?? new Set<string>();
    this.#work.set(sync, keys);
    if (keys.has(key)) return;
    keys.add(key);
    const rest = this.#rests.get(sync)?.get(key) ?? 0;
    if (rest <= this.clock.now()) return this.#ask({ sync, key });
    this.clock.at(rest, () => this.#ask({ sync, key }));
  }

  #ask(task: Task): void {
    this.#tasks.add(task);
    this.#schedule();
  }

  after(milliseconds: number, sync: Sync, key: string): void {
    this.clock.at(this.clock.now() + milliseconds, () => this.later(sync, key));
  }

  dependents(uid: string): KubeObject[] {
    const owned = [...(this.#owned.get(uid) ?? [])];
    return owned.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  timestamp(): string {
    return this.server.now();
  }

  bind(pod: Pod, node: string): Status | undefined {
    return bindPod(this.server, pod, { target: { name: node } });
  }

  finalize(namespace: Namespace, finalizers: readonly string[]): void {
    finalizeNamespace(this.server, namespace, finalizers);
  }

  handle(request: ApiRequest): ApiResponse {
    return this.server.handle(request);
  }

  watch(request: ApiRequest, tell: (event: WatchEvent) => void): Watching | ApiResponse | undefined {
    return this.server.watch(request, tell);
  }

  create(draft: Draft): KubeObject | Status {
    return this.server.create(draft);
  }

  update(object: KubeObject): KubeObject | Status {
    return this.server.update(object);
  }

  changeStatus<K extends string>(kind: K, name: ObjectName, change: (object: ObjectOf<K>) => void) {
    return this.server.changeStatus(kind, name, change);
  }

  delete(kind: string, name: ObjectName, options?: DeleteOptions): KubeObject | Status {
    return this.server.delete(kind, name, options);
  }

  event(about: KubeObject, happening: Happening): void {
    this.server.event(about, happening);
  }

  #notice(change: Change): void {
    this.#index(change);
    if (change.object.kind === "Event") return;
    this.#changes.add(change);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#running || this.#scheduled) return;
    this.#scheduled = true;
    this.clock.at(this.clock.now(), () => {
      this.#scheduled = false;
      this.settle();
    });
  }

  #step(): boolean {
    const change = this.#changes.take();
    if (change !== undefined) {
      for (const controller of this.controllers) controller(change, this);
      return true;
    }
    const task = this.#tasks.take();
    if (task === undefined) return false;
    this.#work.get(task.sync)?.delete(task.key);
    this.#rest(task, task.sync(task.key, this) ?? 0);
    return true;
  }

  #rest({ sync, key }: Task, objects: number): void {
    if (objects <= FREE) return;
    const rests = this.#rests.get(sync) ?? new Map<string, number>();
    this.#rests.set(sync, rests);
    rests.set(key, this.clock.now() + objects * REST);
  }

  /** Which objects name which owners. */
  #index({ type, object, old }: Change): void {
    const id = `${storeKind(object)}/${orderOf(object)}`;
    for (const { uid } of old?.metadata.ownerReferences ?? []) this.#owned.get(uid)?.delete(id);
    if (type === "DELETED") return;
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owned = this.#owned.get(uid) ?? new Map<string, KubeObject>();
      this.#owned.set(uid, owned);
      owned.set(id, object);
    }
  }
}

function orderOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}
