/** What all kinds of random input share: one runner, one report. */

/** A kind of input. */
export interface Fuzz {
  readonly name: string;
  /** Its part of all cases. */
  readonly share: number;
  run(seed: number, count: number, report: Report): Promise<void>;
}

/** A case takes at most so many milliseconds of the wall clock, on a busy machine too; one that takes longer hangs. */
const PATIENCE = 10_000;
/** Problems that are shown in full. */
const SHOWN = 10;
const LONGEST = 1000;

/** Counts cases, and those that went wrong. */
export class Report {
  cases = 0;
  failed = 0;
  slowest = 0;
  readonly shown: string[] = [];
  #began = 0;

  /** A case begins. */
  began(): void {
    this.#began = performance.now();
  }

  /** It ended, with a problem or without; `input` is named where it hung. */
  ended(problem: string | undefined, input = ""): void {
    const took = performance.now() - this.#began;
    this.cases++;
    this.slowest = Math.max(this.slowest, took);
    const wrong = problem ?? (took > PATIENCE ? `took ${Math.round(took)} ms: ${JSON.stringify(input)}` : undefined);
    if (wrong === undefined) return;
    this.failed++;
    if (this.shown.length < SHOWN) this.shown.push(wrong.slice(0, LONGEST));
  }
}
