import { copyOf, type KubeObject, type ObjectOf } from "../objects/object.ts";
import { matches, type Selector } from "./selector.ts";

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
  readonly #kinds = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<(change: Change) => void>();
  #history: Change[] = [];
  #version = 0;

  /** The number of the last change: `resourceVersion` of a list. */
  get version(): number {
    return this.#version;
  }

  /** The object of that name, or undefined. */
  get<K extends string>(kind: K, name: string, namespace?: string): ObjectOf<K> | undefined {
    return this.#kinds.get(kind)?.get(storeKey(name, namespace)) as ObjectOf<K> | undefined;
  }

  /** Objects of a kind, by namespace and name in order. */
  list<K extends string>(kind: K, options: ListOptions = {}): ObjectOf<K>[] {
    const all = [...(this.#kinds.get(kind)?.values() ?? [])] as ObjectOf<K>[];
    const some = all.filter((object) => wanted(object, options));
    return some.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  /** The kinds that have objects. */
  kinds(): string[] {
    return [...this.#kinds].filter(([, objects]) => objects.size > 0).map(([kind]) => kind);
  }

  /** Puts an object in place, new or changed; gives it the next resourceVersion and tells the listeners. */
  put<T extends KubeObject>(object: T, kind: string = object.kind): T {
    const key = storeKey(object.metadata.name, object.metadata.namespace);
    const objects = this.#kinds.get(kind) ?? new Map<string, KubeObject>();
    this.#kinds.set(kind, objects);
    const old = objects.get(key);
    const version = ++this.#version;
    const kept: T = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    objects.set(key, kept);
    this.#tell(
      old === undefined ? { type: "ADDED", object: kept, version } : { type: "MODIFIED", object: kept, old, version },
    );
    return kept;
  }

  /** Takes an object away for good; false when there was none. */
  remove(kind: string, name: string, namespace?: string): boolean {
    const objects = this.#kinds.get(kind);
    const old = objects?.get(storeKey(name, namespace));
    if (objects === undefined || old === undefined) return false;
    objects.delete(storeKey(name, namespace));
    const version = ++this.#version;
    const object = { ...old, metadata: { ...old.metadata, resourceVersion: String(version) } };
    this.#tell({ type: "DELETED", object, old, version });
    return true;
  }

  /** Calls `listener` for every later change of any kind, in order, until the returned function is called. */
  watch(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
    for (const [kind, objects] of this.#kinds) copy.#kinds.set(kind, new Map(objects));
    copy.#history = [...this.#history];
    copy.#version = this.#version;
    return copy;
  }

  /** Puts an object back exactly as it was recorded, resourceVersion included; nobody is told. */
  load(object: KubeObject, kind: string = object.kind): void {
    const objects = this.#kinds.get(kind) ?? new Map<string, KubeObject>();
    this.#kinds.set(kind, objects);
    objects.set(storeKey(object.metadata.name, object.metadata.namespace), copyOf(object));
    this.#version = Math.max(this.#version, Number(object.metadata.resourceVersion ?? 0) || 0);
  }

  #tell(change: Change): void {
    this.#history.push(change);
    if (this.#history.length > 2 * HISTORY) this.#history = this.#history.slice(-HISTORY);
    for (const listener of this.#listeners) listener(change);
  }
}

function storeKey(name: string, namespace?: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

function order({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function wanted({ metadata }: KubeObject, { namespace, labels }: ListOptions): boolean {
  if (namespace !== undefined && metadata.namespace !== namespace) return false;
  return labels === undefined || matches(labels, metadata.labels);
}
