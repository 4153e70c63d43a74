import type { KubeObject } from "../objects/object.ts";
import { matches, type Requirement, type Selector } from "./selector.ts";

/** So many objects, and an index on a label pays. */
const INDEXED = 32;

/** Names of objects by the value of one label. */
type Index = Map<string, Set<string>>;

/**
 * Objects of one kind in one namespace, by name and in order of their names. Labels that selectors ask for are indexed from
 * the first time on, so that the pods of a Service are found without looking at every pod.
 */
export class Box {
  readonly #objects = new Map<string, KubeObject>();
  readonly #indexes = new Map<string, Index>();
  #names: string[] | undefined;

  /** How many there are. */
  get size(): number {
    return this.#objects.size;
  }

  get(name: string): KubeObject | undefined {
    return this.#objects.get(name);
  }

  /** Puts an object in the place of the one of its name. */
  set(object: KubeObject): void {
    const { name } = object.metadata;
    const old = this.#objects.get(name);
    this.#objects.set(name, object);
    if (old === undefined) this.#insertName(name);
    for (const [label, index] of this.#indexes) {
      const [before, now] = [old?.metadata.labels?.[label], object.metadata.labels?.[label]];
      if (before === now && old !== undefined) continue;
      forget(index, before, name);
      note(index, now, name);
    }
  }

  /** Takes the object of that name out; undefined where there was none. */
  delete(name: string): KubeObject | undefined {
    const old = this.#objects.get(name);
    if (old === undefined) return undefined;
    this.#objects.delete(name);
    this.#names?.splice(place(this.#names, name), 1);
    for (const [label, index] of this.#indexes) forget(index, old.metadata.labels?.[label], name);
    return old;
  }

  /** All of them, or those whose labels a selector meets, in order of their names. */
  list(selector?: Selector): KubeObject[] {
    const exact = selector?.find(({ operator, values }) => isEquality(operator) && values.length === 1);
    if (exact !== undefined && this.size >= INDEXED) return this.#listBy(exact, selector as Selector);
    const all = this.#inOrder().map((name) => this.#objects.get(name) as KubeObject);
    return selector === undefined ? all : all.filter(({ metadata }) => matches(selector, metadata.labels));
  }

  /** A box of its own with the same objects. */
  copy(): Box {
    const copy = new Box();
    for (const [name, object] of this.#objects) copy.#objects.set(name, object);
    return copy;
  }

  #listBy({ key, values }: Requirement, selector: Selector): KubeObject[] {
    const names = [...this.#index(key).get(values[0] as string) ?? []].sort();
    const found = names.map((name) => this.#objects.get(name) as KubeObject);
    return selector.length === 1 ? found : found.filter(({ metadata }) => matches(selector, metadata.labels));
  }

  #index(label: string): Index {
    const known = this.#indexes.get(label);
    if (known !== undefined) return known;
    const index: Index = new Map();
    for (const [name, { metadata }] of this.#objects) note(index, metadata.labels?.[label], name);
    this.#indexes.set(label, index);
    return index;
  }

  #inOrder(): readonly string[] {
    return this.#names ??= [...this.#objects.keys()].sort();
  }

  #insertName(name: string): void {
    this.#names?.splice(place(this.#names, name), 0, name);
  }
}

function isEquality(operator: Requirement["operator"]): boolean {
  return operator === "=" || operator === "in";
}

/** Where a name stands, or would stand, in a sorted list. */
function place(names: readonly string[], name: string): number {
  let [from, to] = [0, names.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((names[middle] as string) < name) from = middle + 1;
    else to = middle;
  }
  return from;
}

function note(index: Index, value: string | undefined, name: string): void {
  if (value === undefined) return;
  const names = index.get(value) ?? new Set<string>();
  index.set(value, names);
  names.add(name);
}

function forget(index: Index, value: string | undefined, name: string): void {
  if (value === undefined) return;
  const names = index.get(value);
  names?.delete(name);
  if (names?.size === 0) index.delete(value);
}
