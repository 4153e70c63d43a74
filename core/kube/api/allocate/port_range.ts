import type { Random } from "../../../base/mod.ts";

/** Node ports and health check node ports: one range for all protocols. */
export class PortRange {
  readonly #used = new Map<number, number>();

  constructor(readonly from: number, readonly to: number) {}

  /** Counts a port as taken. */
  take(port: number): void {
    this.#used.set(port, (this.#used.get(port) ?? 0) + 1);
  }

  /** Counts a port as given back. */
  release(port: number): void {
    const left = (this.#used.get(port) ?? 0) - 1;
    if (left > 0) this.#used.set(port, left);
    else this.#used.delete(port);
  }

  /** Why this port cannot be had, in the server's words; undefined where it can. `held` are this request's own. */
  refuse(port: number, held: ReadonlySet<number>): string | undefined {
    if (port < this.from || port > this.to) {
      return `provided port is not in the valid range. The range of valid ports is ${this.from}-${this.to}`;
    }
    return this.#used.has(port) || held.has(port) ? "provided port is already allocated" : undefined;
  }

  /** A free port, from the upper band while it has some; undefined when the range is full. */
  next(random: Random, held: ReadonlySet<number>): number | undefined {
    const size = this.to - this.from + 1;
    const band = size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
    return this.#probe(band, size, random, held) ?? this.#probe(0, band, random, held);
  }

  #probe(from: number, to: number, random: Random, held: ReadonlySet<number>): number | undefined {
    const span = to - from;
    if (span <= 0) return undefined;
    const start = random.below(span);
    for (let i = 0; i < span; i++) {
      const port = this.from + from + ((start + i) % span);
      if (!this.#used.has(port) && !held.has(port)) return port;
    }
    return undefined;
  }
}
