/** Round robin over ready endpoints, one index a Service port; with affinity a client keeps its endpoint until the time is over. */
import type { Endpoint, ServicePort } from "../view.ts";

interface Kept {
  readonly endpoint: string;
  readonly used: number;
}

/** Chooses endpoints for one Service port. */
export class Balancer {
  #port: ServicePort;
  #next = 0;
  readonly #kept = new Map<string, Kept>();

  constructor(port: ServicePort) {
    this.#port = port;
  }

  /** The Service port as it is now; clients of endpoints that are gone choose anew. */
  update(port: ServicePort): void {
    const before = this.#ready().map(({ text }) => text).join();
    this.#port = port;
    const now = this.#ready();
    if (now.map(({ text }) => text).join() !== before) this.#next = 0;
    const there = new Set(now.map(({ text }) => text));
    for (const [client, { endpoint }] of this.#kept) if (!there.has(endpoint)) this.#kept.delete(client);
  }

  /** Policies and hints are not known here: every ready endpoint counts. */
  #ready(): readonly Endpoint[] {
    return this.#port.all.filter(({ ready }) => ready);
  }

  /** The endpoint for a client; `anew` after a dial that failed. Undefined where nobody is ready. */
  choose(client: string, at: { readonly now: number; readonly anew?: boolean }): Endpoint | undefined {
    const ready = this.#ready();
    const { affinity } = this.#port;
    const kept = affinity === undefined || at.anew === true ? undefined : this.#kept.get(client);
    if (kept !== undefined && affinity !== undefined && at.now - kept.used < affinity * 1000) {
      const same = ready.find(({ text }) => text === kept.endpoint);
      if (same !== undefined) return this.#keep(client, same, at.now);
    }
    const chosen = ready[this.#next++ % Math.max(1, ready.length)];
    return chosen === undefined ? undefined : this.#keep(client, chosen, at.now);
  }

  #keep(client: string, endpoint: Endpoint, now: number): Endpoint {
    if (this.#port.affinity !== undefined) this.#kept.set(client, { endpoint: endpoint.text, used: now });
    return endpoint;
  }
}
