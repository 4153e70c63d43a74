import { copyOf, type KubeObject, type ObjectOf } from "../objects/object.ts";
import { Box } from "./box.ts";
import type { Selector } from "./selector.ts";

/** What happened to an object. `object` is the new state (the last one, when deleted), `old` the one before. */
export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubeObject;
  readonly old?: KubeObject;
  /** The store's version after this change: the `resourceVersion` of `object`. */
  readonly version: number;
}

/** Which objects of a kind. */
export interface ListOptions {
  readonly namespace?: string;
  readonly labels?: Selector;
}

/** How many changes the store remembers for watches that start in the past. */
const HISTORY = 10_000;

/**
 * The versioned store: every object by kind, namespace and name; every change numbered and told to listeners.
 * Objects in it are never changed in place, so a reference handed out stays what it was.
 * A kind is its bare name (`Pod`); kinds podwire has no table for are kept under `Kind.group`.
 */
export class Store {
  readonly #kinds = new Map<string, Shelf>();
  readonly #listeners = new Set<Listener>();
  readonly #byKind = new Map<string, Set<Listener>>();
  #history: Change[] = [];
  #version = 0;

  /** The number of the last change: `resourceVersion` of a list. */
  get version(): number {
    return this.#version;
  }

  /** The object of that name, or undefined. */
  get<K extends string>(kind: K, name: string, namespace?: string): ObjectOf<K> | undefined {
    return this.#kinds.get(kind)?.get(namespace ?? "")?.get(name) as ObjectOf<K> | undefined;
  }

  /** Objects of a kind, by namespace and name in order. */
  list<K extends string>(kind: K, { namespace, labels }: ListOptions = {}): ObjectOf<K>[] {
    const shelf = this.#kinds.get(kind) ?? new Map<string, Box>();
    const spaces = namespace === undefined ? [...shelf.keys()].sort(byKey) : [namespace];
    return spaces.flatMap((space) => shelf.get(space)?.list(labels) ?? []) as ObjectOf<K>[];
  }

  /** The kinds that have objects. */
  kinds(): string[] {
    return [...this.#kinds].filter(([, shelf]) => [...shelf.values()].some(({ size }) => size > 0)).map((
      [kind],
    ) => kind);
  }

  /** Puts an object in place, new or changed; gives it the next resourceVersion and tells the listeners. */
  put<T extends KubeObject>(object: T, kind: string = object.kind): T {
    const box = this.#box(kind, object.metadata.namespace);
    const old = box.get(object.metadata.name);
    const version = ++this.#version;
    const kept: T = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    box.set(kept);
    this.#tell(
      kind,
      old === undefined ? { type: "ADDED", object: kept, version } : { type: "MODIFIED", object: kept, old, version },
    );
    return kept;
  }

  /** Takes an object away for good; false when there was none. */
  remove(kind: string, name: string, namespace?: string): boolean {
    const box = this.#box(kind, namespace);
    const old = box.delete(name);
    if (old === undefined) return false;
    const version = ++this.#version;
    const object = { ...old, metadata: { ...old.metadata, resourceVersion: String(version) } };
    this.#tell(kind, { type: "DELETED", object, old, version });
    return true;
  }

  /**
   * Calls `listener` for every later change, in order, until the returned function is called. With kinds (as the store
   * keeps them), for theirs only, after those who listen to everything: a change costs nothing to those who do not want it.
   */
  watch(listener: Listener, kinds?: Iterable<string>): () => void {
    const sets = kinds === undefined ? [this.#listeners] : Array.from(kinds, (kind) => this.#listenersOf(kind));
    for (const set of sets) set.add(listener);
    return () => sets.forEach((set) => set.delete(listener));
  }

  #listenersOf(kind: string): Set<Listener> {
    const known = this.#byKind.get(kind) ?? new Set();
    this.#byKind.set(kind, known);
    return known;
  }

  /** The changes after a version, or undefined when the store no longer remembers them (410 Gone). */
  since(version: number): readonly Change[] | undefined {
    const first = this.#history[0]?.version ?? this.#version + 1;
    if (version + 1 < first) return undefined;
    return this.#history.filter((change) => change.version > version);
  }

  /** A store of its own with the same objects, version and history, and no listeners. */
  fork(): Store {
    const copy = new Store();
    for (const [kind, shelf] of this.#kinds) {
      copy.#kinds.set(kind, new Map([...shelf].map(([space, box]) => [space, box.copy()])));
    }
    copy.#history = [...this.#history];
    copy.#version = this.#version;
    return copy;
  }

  /** Puts an object back exactly as it was recorded, resourceVersion included; nobody is told. */
  load(object: KubeObject, kind: string = object.kind): void {
    const box = this.#box(kind, object.metadata.namespace);
    box.set(copyOf(object));
    this.#version = Math.max(this.#version, Number(object.metadata.resourceVersion ?? 0) || 0);
  }

  #box(kind: string, namespace = ""): Box {
    const shelf = this.#kinds.get(kind) ?? new Map<string, Box>();
    this.#kinds.set(kind, shelf);
    const box = shelf.get(namespace) ?? new Box();
    shelf.set(namespace, box);
    return box;
  }

  #tell(kind: string, change: Change): void {
    this.#history.push(change);
    if (this.#history.length > 2 * HISTORY) this.#history = this.#history.slice(-HISTORY);
    for (const listener of this.#listeners) listener(change);
    for (const listener of this.#byKind.get(kind) ?? []) listener(change);
  }
}

/** Namespaces in the order of their objects' keys: `NAMESPACE/NAME`. */
function byKey(a: string, b: string): number {
  return `${a}/` < `${b}/` ? -1 : 1;
}

type Listener = (change: Change) => void;

/** Objects of one kind by namespace ("" for cluster-wide ones). */
type Shelf = Map<string, Box>;
