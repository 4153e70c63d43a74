import { Labs } from "./labs.ts";

/** Real milliseconds between two steps of a lab's time, and the most that one step makes up for. */
const TICK = 20;
const MOST = 1_000;
/** Real milliseconds after the last client's request when a lab that nobody holds open stands still again. */
const IDLE = 30_000;

/** The labs of one server and their time. */
export interface Held {
  readonly labs: Labs;
  readonly pace: Pace;
}

/** No lab yet. */
export function holdLabs(): Held {
  const labs = new Labs();
  return { labs, pace: new Pace(labs) };
}

/** How a lab's time goes on. */
export interface PaceOptions {
  /** Goes on without clients, too: the lab of `podwire serve -f`. */
  readonly always?: boolean;
}

/**
 * Lets the virtual time of labs go by as real time does while clients of the cluster are there: a Deployment rolls out, a
 * watch hears of it, `kubectl wait` ends. A lab without such clients stands still and stays repeatable.
 */
export class Pace {
  readonly #labs: Labs;
  readonly #paced = new Map<string, { last: number; open: number; always: boolean; failure?: unknown }>();

  constructor(labs: Labs) {
    this.#labs = labs;
  }

  /** A client asked: time goes on. Throws what our own code threw while it did. */
  touch(id: string, { always = false }: PaceOptions = {}): void {
    const known = this.#paced.get(id);
    if (known !== undefined) {
      if (known.failure !== undefined) throw known.failure;
      known.last = performance.now();
      return;
    }
    this.#paced.set(id, { last: performance.now(), open: 0, always });
    this.#run(id);
  }

  /** A client stays: time goes on until the returned function is called. */
  hold(id: string): () => void {
    this.touch(id);
    const paced = this.#paced.get(id);
    if (paced !== undefined) paced.open++;
    let released = false;
    return () => {
      if (released || paced === undefined) return;
      released = true;
      paced.open--;
      paced.last = performance.now();
    };
  }

  async #run(id: string): Promise<void> {
    const paced = this.#paced.get(id);
    for (let then = performance.now(); paced !== undefined && this.#labs.has(id);) {
      await new Promise((resolve) => setTimeout(resolve, TICK));
      const now = performance.now();
      if (!paced.always && paced.open === 0 && now - paced.last > IDLE) break;
      if (!this.#labs.has(id)) break;
      try {
        await this.#labs.on(id, (lab) => lab.advance(Math.min(now - then, MOST) / 1000));
      } catch (error) {
        paced.failure = error;
        return;
      }
      then = now;
    }
    this.#paced.delete(id);
  }
}
