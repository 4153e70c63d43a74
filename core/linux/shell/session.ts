import type { Finished } from "../process.ts";
import type { RunningProcess } from "../running_process.ts";
import type { Machine, RunOptions } from "../machine.ts";
import { JobTable } from "./jobs.ts";

/** What a shell carries from line to line. */
export class ShellSession {
  /** Every variable, exported or not; undefined before the first line. */
  variables: Readonly<Record<string, string>> | undefined;
  cwd: string | undefined;
  /** Texts of the functions defined so far, by name. */
  readonly functions = new Map<string, string>();
  readonly jobs = new JobTable();
  /** Exit status of the last line, `$?`. */
  status = 0;
}

/** Runs a line through bash; loads the shell's parts when the first line needs them. */
export async function runLine(process: RunningProcess, line: string, session: ShellSession): Promise<number> {
  const { Bash } = await import("./bash.ts");
  return await new Bash(process, session).run(line);
}

/** An interactive shell at a machine: each line sees the variables, folder, functions and jobs the lines before it left. */
export class Shell {
  readonly session = new ShellSession();

  constructor(readonly machine: Machine, readonly options: RunOptions = {}) {}

  /** The working directory. */
  get cwd(): string {
    return this.session.cwd ?? this.options.cwd ?? "/root";
  }

  /** Starts a line; see {@link Machine.startLine}. */
  start(line: string): RunningProcess {
    const { ns, timeout: _timeout, ...rest } = this.options;
    const id = ns === undefined ? this.machine.ns.id : this.machine.findNs(ns);
    if (id === undefined) throw new RangeError(`${this.machine.name} has no network namespace ${ns}`);
    return this.machine.startLine(line, this.session, { cwd: this.cwd, ...rest, ns: id });
  }

  /** Runs a line to its end, moving virtual time as far as it takes. */
  async run(line: string): Promise<Finished> {
    return await this.machine.finish(this.start(line), this.options.timeout);
  }
}
