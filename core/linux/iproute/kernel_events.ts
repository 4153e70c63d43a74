import type { KernelEvent, PlaneApi } from "../../../wasm/mod.ts";
import type { Runner } from "../runner.ts";

/** Kernel events of a plane, told to everybody who listens. The plane is watched while anybody does. */
export class KernelEvents {
  readonly #listeners = new Set<(event: KernelEvent) => void>();
  #off: (() => void) | undefined;

  constructor(readonly runner: Runner, readonly plane: PlaneApi) {}

  /** Calls `listener` for every later event until the returned function is called. */
  listen(listener: (event: KernelEvent) => void): () => void {
    if (this.#listeners.size === 0) {
      this.plane.watchKernel(true);
      this.#off = this.runner.onSettle(() => this.#tell());
    }
    this.#listeners.add(listener);
    return () => {
      this.#tell();
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.plane.watchKernel(false);
      this.#off?.();
    };
  }

  #tell(): void {
    for (const event of this.plane.takeKernelEvents()) {
      for (const listener of [...this.#listeners]) listener(event);
    }
  }
}

const ALL = new WeakMap<PlaneApi, KernelEvents>();

/** The one {@link KernelEvents} of a plane. */
export function kernelEvents(runner: Runner, plane: PlaneApi): KernelEvents {
  const events = ALL.get(plane) ?? new KernelEvents(runner, plane);
  ALL.set(plane, events);
  return events;
}
