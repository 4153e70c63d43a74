import type { RunningProcess } from "../running_process.ts";

/** One line with `&`: its number, as `%1`, what was typed, and the process it became. */
export interface Job {
  readonly number: number;
  readonly text: string;
  readonly process: RunningProcess;
  /** Output already shown, by stream. */
  shown: { out: number; err: number };
}

/** The jobs of one shell, in the order they were started. */
export class JobTable {
  readonly #jobs: Job[] = [];

  /** Takes a background process on; numbers go on from the highest still in the table. */
  add(text: string, process: RunningProcess): Job {
    const number = Math.max(0, ...this.#jobs.map((job) => job.number)) + 1;
    const job: Job = { number, text, process, shown: { out: 0, err: 0 } };
    this.#jobs.push(job);
    return job;
  }

  get all(): readonly Job[] {
    return this.#jobs;
  }

  /** The job of `%1`, `%%`, `%+`, `%-`, `%name` or a pid. */
  find(spec: string): Job | undefined {
    if (!spec.startsWith("%")) return this.#jobs.find((job) => job.process.pid === Number(spec));
    const name = spec.slice(1);
    if (name === "" || name === "%" || name === "+") return this.#jobs.at(-1);
    if (name === "-") return this.#jobs.at(-2) ?? this.#jobs.at(-1);
    if (/^\d+$/.test(name)) return this.#jobs.find((job) => job.number === Number(name));
    return this.#jobs.findLast((job) => job.text.startsWith(name));
  }

  /** What background jobs wrote since it was last asked for; jobs that ended and have shown all leave the table. */
  takeOutput(): { readonly out: string; readonly err: string } {
    let out = "";
    let err = "";
    for (const job of this.#jobs) {
      out += job.process.stdout.slice(job.shown.out);
      err += job.process.stderr.slice(job.shown.err);
      job.shown = { out: job.process.stdout.length, err: job.process.stderr.length };
    }
    return { out, err };
  }

  /** Forgets jobs that ended. */
  reap(): void {
    for (const job of this.#jobs.filter((one) => !one.process.running)) this.#jobs.splice(this.#jobs.indexOf(job), 1);
  }
}
