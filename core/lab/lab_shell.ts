import { type Machine, Shell } from "../linux/mod.ts";
import type { Answer } from "./answers.ts";

/** A shell opened at a place: each line sees the variables, folder, functions and jobs that the lines before it left. */
export class LabShell {
  readonly #shell: Shell;
  readonly #note: (line: string) => void;

  /** `note` is told of every line. */
  constructor(readonly place: string, machine: Machine, note: (line: string) => void) {
    this.#shell = new Shell(machine);
    this.#note = note;
  }

  /** The working directory. */
  get cwd(): string {
    return this.#shell.cwd;
  }

  /** What bash prints before a line: `root@host:~# `. */
  get prompt(): string {
    return `root@${this.#shell.machine.name}:${this.cwd.replace(/^\/root(?=\/|$)/, "~")}# `;
  }

  /** Runs one line; time moves as far as it takes. */
  async run(line: string): Promise<Answer> {
    this.#note(line);
    const { stdout, stderr, exit } = await this.#shell.run(line);
    return { stdout, stderr, exit };
  }
}
