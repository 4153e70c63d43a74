import type { FlowEvent, PlaneApi } from "../../../../wasm/mod.ts";

/** Conntrack events of a plane for everybody who listens: the plane hands each out once. */
class FlowEvents {
  readonly #readers = new Set<FlowEvent[]>();

  constructor(readonly plane: PlaneApi) {}

  /** Starts listening: events from now on gather in the list until {@link stop}. */
  start(): FlowEvent[] {
    const reader: FlowEvent[] = [];
    if (this.#readers.size === 0) this.plane.watchFlows(true);
    this.pump();
    this.#readers.add(reader);
    return reader;
  }

  /** Stops a listener. */
  stop(reader: FlowEvent[]): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.plane.watchFlows(false);
  }

  /** Hands out what happened since. */
  pump(): void {
    const events = this.plane.takeFlowEvents();
    for (const reader of this.#readers) reader.push(...events);
  }
}

const HUBS = new WeakMap<PlaneApi, FlowEvents>();

/** The one hub of a plane. */
export function flowEventsOf(plane: PlaneApi): FlowEvents {
  const hub = HUBS.get(plane) ?? new FlowEvents(plane);
  HUBS.set(plane, hub);
  return hub;
}
