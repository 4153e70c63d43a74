import { storeKind } from "../objects/kinds.ts";
import type { Change, Store } from "./store.ts";

type Listener = (change: Change) => void;

/** Listeners by kind over one store, so that a change costs those who watch its kind and nobody else. */
export class WatchHub {
  readonly #byKind = new Map<string, Set<Listener>>();

  constructor(store: Store) {
    store.watch((change) => {
      for (const listener of this.#byKind.get(storeKind(change.object)) ?? []) listener(change);
    });
  }

  /** Calls `listener` for every later change of objects the store keeps under `kind`, until the returned function is called. */
  add(kind: string, listener: Listener): () => void {
    const listeners = this.#byKind.get(kind) ?? new Set<Listener>();
    this.#byKind.set(kind, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }
}
