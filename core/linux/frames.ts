import type { CapturedFrame, IfIndex, Link, Ns, PlaneApi } from "../../wasm/mod.ts";
import { kernelEvents } from "./iproute/kernel_events.ts";
import type { Runner } from "./runner.ts";
import type { Disarm } from "./task.ts";

/** Frames seen on devices of a plane, told to everybody who watches them. A device is captured while anybody does. */
export class Frames {
  readonly #watchers = new Map<string, Set<(frame: CapturedFrame) => void>>();
  #off: Disarm | undefined;

  constructor(readonly runner: Runner, readonly plane: PlaneApi) {}

  /** Calls `see` for every frame that crosses the device from now on, both ways, until the returned function is called. */
  watch(ns: Ns, dev: IfIndex, see: (frame: CapturedFrame) => void): Disarm {
    this.#tell();
    const key = keyOf(ns, dev);
    const watchers = this.#watchers.get(key) ?? new Set();
    this.#watchers.set(key, watchers);
    if (watchers.size === 0) this.plane.capture(ns, dev, true);
    watchers.add(see);
    this.#off ??= this.runner.onSettle(() => this.#tell());
    return () => {
      this.#tell();
      watchers.delete(see);
      if (watchers.size > 0) return;
      this.#watchers.delete(key);
      this.plane.capture(ns, dev, false);
      if (this.#watchers.size > 0) return;
      this.#off?.();
      this.#off = undefined;
    };
  }

  /** The same for all devices of a namespace, those that come later included. */
  watchAll(ns: Ns, see: (frame: CapturedFrame) => void): Disarm {
    const offs = new Map<IfIndex, Disarm>();
    const add = (dev: IfIndex): void => {
      if (!offs.has(dev)) offs.set(dev, this.watch(ns, dev, see));
    };
    for (const { index } of this.plane.links(ns)) add(index);
    const stop = kernelEvents(this.runner, this.plane).listen((event) => {
      if (event.what !== "link" || event.ns !== ns) return;
      const { index } = event.value as Link;
      if (!event.deleted) return add(index);
      offs.get(index)?.();
      offs.delete(index);
    });
    return () => {
      stop();
      for (const off of offs.values()) off();
    };
  }

  #tell(): void {
    for (const frame of this.plane.takeFrames()) {
      for (const see of [...this.#watchers.get(keyOf(frame.ns, frame.dev)) ?? []]) see(frame);
    }
  }
}

function keyOf(ns: Ns, dev: IfIndex): string {
  return `${ns} ${dev}`;
}

const ALL = new WeakMap<PlaneApi, Frames>();

/** The one {@link Frames} of a plane. */
export function framesOf(runner: Runner, plane: PlaneApi): Frames {
  const frames = ALL.get(plane) ?? new Frames(runner, plane);
  ALL.set(plane, frames);
  return frames;
}
