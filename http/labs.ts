/** The labs one server holds, by id. A lab does one thing at a time, in the order it was asked: its world is one timeline. */
import type { Lab } from "../core/lab/mod.ts";
import { ApiError } from "./errors.ts";

/** A lab that a client holds. */
interface Held {
  readonly lab: Lab;
  /** The end of the last request's work. */
  turn: Promise<unknown>;
}

/** The table of labs. */
export class Labs {
  readonly #labs = new Map<string, Held>();
  #made = 0;
  #opening = 0;

  /** The ids of all of them. */
  get ids(): readonly string[] {
    return [...this.#labs.keys()];
  }

  /** Takes a lab in and names it. */
  add(lab: Lab): string {
    const id = `lab-${++this.#made}`;
    this.#labs.set(id, { lab, turn: Promise.resolve() });
    return id;
  }

  /** Takes in the lab that `make` makes. Throws a 429 where `most` are open, or are about to be. */
  async open(make: () => Promise<Lab>, most: number): Promise<string> {
    if (this.#labs.size + this.#opening >= most) {
      throw new ApiError(429, "too-many", `${most} labs are open; delete one first`);
    }
    this.#opening++;
    try {
      return this.add(await make());
    } finally {
      this.#opening--;
    }
  }

  /** A lab, for what needs no time of it. Throws a 404 where there is none. */
  get(id: string): Lab {
    return this.#held(id).lab;
  }

  /** Whether there is a lab of that id. */
  has(id: string): boolean {
    return this.#labs.has(id);
  }

  /** Runs `work` on a lab when all earlier work on it is done. */
  async on<T>(id: string, work: (lab: Lab) => Promise<T> | T): Promise<T> {
    const held = this.#held(id);
    const mine = held.turn.then(() => work(held.lab));
    held.turn = mine.catch(() => {});
    return await mine;
  }

  /** Closes a lab and forgets it. */
  async remove(id: string): Promise<void> {
    await this.on(id, (lab) => lab.close());
    this.#labs.delete(id);
  }

  #held(id: string): Held {
    const held = this.#labs.get(id);
    if (held === undefined) throw new ApiError(404, "not-found", `no lab ${id}`);
    return held;
  }
}
