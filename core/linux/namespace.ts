import type { Ns, PlaneApi } from "../../wasm/mod.ts";

/** Names a piece of per-namespace state, and carries its type: made once, at module level, by the room that owns the state. */
export interface StateKey<T> {
  readonly label: string;
  /** Never set; ties `T` to the key. */
  readonly type?: T;
}

/**
 * A network namespace as tools above the plane see it: its number in the plane, and what the text tools keep beside it
 * (the iptables text of each table, ipset names, nsids ...). It belongs to no machine: a pod's namespace is used by its node too.
 */
export class Namespace {
  readonly #states = new Map<StateKey<unknown>, unknown>();

  constructor(readonly plane: PlaneApi, readonly id: Ns) {}

  /** The state under a key, made when it is first asked for. */
  state<T>(key: StateKey<T>, make: () => T): T {
    if (!this.#states.has(key)) this.#states.set(key, make());
    return this.#states.get(key) as T;
  }

  /** Forgets every state: what a reboot leaves. */
  clear(): void {
    this.#states.clear();
  }
}

const GUESTS = new WeakSet<Namespace>();

/** Says that a namespace was made by one machine for another to live in: a pod's, a container's. */
export function markGuest(namespace: Namespace): void {
  GUESTS.add(namespace);
}

/** Whether a namespace is some machine's guest, and not a machine's or a switch's own. */
export function isGuest(namespace: Namespace): boolean {
  return GUESTS.has(namespace);
}

const NAMESPACES = new WeakMap<PlaneApi, Map<Ns, Namespace>>();

/** The one {@link Namespace} of a number in a plane. */
export function namespaceOf(plane: PlaneApi, id: Ns): Namespace {
  const known = NAMESPACES.get(plane) ?? new Map<Ns, Namespace>();
  NAMESPACES.set(plane, known);
  const namespace = known.get(id) ?? new Namespace(plane, id);
  known.set(id, namespace);
  return namespace;
}

/** Makes a namespace in the plane: loopback only, down. */
export function addNamespace(plane: PlaneApi): Namespace {
  return namespaceOf(plane, plane.addNamespace());
}

/** Takes a namespace out of the plane, with its devices. */
export function removeNamespace(namespace: Namespace): void {
  namespace.plane.removeNamespace(namespace.id);
  NAMESPACES.get(namespace.plane)?.delete(namespace.id);
}
