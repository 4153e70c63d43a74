/**
 * The one reconcile loop of every agent on a node: objects change, the agent computes what it wants (pure), and brings it
 * about with the machine's own tools.
 *
 *     store changes --> dirty --(not more often than `period`)--> desired(view) --> text --> machine's tools
 */
import type { Change, Store } from "../kube/mod.ts";
import type { Finished, Machine, Runner, Task } from "../linux/mod.ts";

/** A job that is done again after changes, one run at a time. */
export interface AgentOptions {
  readonly name: string;
  readonly store: Store;
  readonly runner: Runner;
  /** Virtual milliseconds from one run's begin to the next one's, at least. */
  readonly period: number;
  /** The kinds of objects that it follows, as the store keeps them; all, when left out. */
  readonly kinds?: Iterable<string>;
  /** Whether a change of one is of interest. */
  concerns(change: Change): boolean;
  sync(task: Task): Promise<void>;
}

/** Runs `sync` once now and again after every change that concerns it; ends when the returned function is called. */
export function startAgent(options: AgentOptions): () => void {
  const { name, store, runner, period } = options;
  let dirty = true;
  let stopped = false;
  let wake: (() => void) | undefined;
  const stir = (): void => {
    dirty = true;
    wake?.();
  };
  const off = store.watch((change) => !dirty && options.concerns(change) && stir(), options.kinds);
  runner.spawn(name, async (task) => {
    while (!stopped) {
      const began = runner.clock.now();
      dirty = false;
      await options.sync(task);
      await task.sleep(Math.max(0, began + period - runner.clock.now()));
      if (!dirty && !stopped) {
        await task.wait<void>((go) => {
          wake = go;
          return () => wake = undefined;
        });
      }
    }
  });
  return () => {
    stopped = true;
    off();
    stir();
  };
}

/** Runs one command line on a machine inside a task. */
export async function runIn(task: Task, machine: Machine, line: string, stdin?: string): Promise<Finished> {
  return await task.join(machine.start(line, stdin === undefined ? {} : { stdin }).finished);
}

/** Runs a line that must succeed: an agent's own text that a tool refuses is our bug. */
export async function mustRun(task: Task, machine: Machine, line: string, stdin?: string): Promise<void> {
  const { exit, stdout, stderr } = await runIn(task, machine, line, stdin);
  if (exit !== 0) {
    throw new Error(
      `${machine.name}: ${line}: ${stderr || stdout || `exit ${exit}`}${stdin === undefined ? "" : `\n${stdin}`}`,
    );
  }
}

/** Sets sysctls as an agent does at its start. */
export async function setSysctls(
  task: Task,
  machine: Machine,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [key, value] of Object.entries(values)) await mustRun(task, machine, `sysctl -qw ${key}=${value}`);
}
