import type { Ns } from "../../wasm/mod.ts";
import type { Random } from "../base/mod.ts";
import { Killed, Life } from "./life.ts";
import type { MachineFiles } from "./files/machine_files.ts";
import type { Machine } from "./machine.ts";
import type { Finished, Process, ProcessClock, SpawnOptions } from "./process.ts";
import { ProcessNet } from "./sockets.ts";
import type { Disarm, Task } from "./task.ts";

const SIGPIPE = 13;
const SIGTERM = 15;

/** How a process is started; what is absent is the machine's default. */
export interface StartOptions extends SpawnOptions {
  readonly uid?: number;
  /** Its output goes to the parent's as it is written, and it ends with the parent. */
  readonly parent?: RunningProcess;
  /** The program awaits code that is not ours ({@link TaskOptions.foreign}). */
  readonly foreign?: boolean;
}

/** A program, or one that also needs what only the machine's own processes have. */
export type MachineProgram = (process: RunningProcess) => Promise<number>;

/** A process of a machine, from its start on: what its program sees, and the handle of whoever started it. */
export class RunningProcess implements Process {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin: string;
  readonly uid: number;
  readonly ns: Ns;
  readonly files: MachineFiles;
  readonly clock: ProcessClock;
  readonly net: ProcessNet;
  readonly random: Random;
  readonly life: Life;
  readonly task: Task<number>;
  /** Virtual time of its start, ms since 1970. */
  readonly startedAt: number;
  /** Resolves when it ended; rejects only for a bug of ours. */
  readonly finished: Promise<Finished>;
  readonly #children = new Set<RunningProcess>();
  readonly #listeners = new Set<(text: string, stream: "out" | "err") => void>();
  readonly #parent: RunningProcess | undefined;
  #stdout: string[] = [];
  #stderr: string[] = [];
  #linesLeft: number;
  #timedOut = false;

  constructor(
    readonly machine: Machine,
    readonly pid: number,
    readonly argv: readonly string[],
    options: StartOptions & { readonly program: MachineProgram },
  ) {
    const { runner } = machine;
    this.env = options.env ?? machine.env;
    this.cwd = options.cwd ?? "/";
    this.stdin = options.stdin ?? "";
    this.uid = options.uid ?? 0;
    this.ns = options.ns ?? machine.ns.id;
    this.files = machine.filesIn(this.ns);
    this.random = machine.random;
    this.startedAt = runner.clock.now();
    this.#parent = options.parent;
    this.#linesLeft = options.lines ?? Infinity;
    const main = (task: Task<number>): Promise<number> => this.#main(task, options.program);
    this.task = runner.spawn(`${machine.name}: ${argv.join(" ")}`, main, { foreign: options.foreign ?? false });
    this.life = new Life(this.task, this.uid);
    this.net = new ProcessNet(this.life, this.ns);
    this.clock = { now: () => runner.clock.now(), sleep: (milliseconds) => this.life.sleep(milliseconds) };
    this.finished = this.task.result.then((exit) => this.#leave(exit));
    this.finished.catch(() => {});
    options.parent?.adopt(this);
    if (options.timeout !== undefined) this.#setAlarm(options.timeout, options.signal ?? SIGTERM);
  }

  get killed(): Promise<number> {
    return this.life.killed;
  }

  get running(): boolean {
    return !this.task.done;
  }

  /** What it has written so far. */
  get stdout(): string {
    return this.#stdout.join("");
  }

  get stderr(): string {
    return this.#stderr.join("");
  }

  onKill(listener: (signal: number) => void): Disarm {
    return this.life.onKill(listener);
  }

  handle(signal: number, handler?: () => void): void {
    this.life.handled.add(signal);
    if (handler !== undefined) this.life.handlers.set(signal, handler);
  }

  out(text: string): void {
    if (text === "" || this.#linesLeft <= 0) return;
    const taken = this.#linesLeft === Infinity ? text : this.#takeLines(text);
    this.#stdout.push(taken);
    this.#tell(taken, "out");
    if (this.#linesLeft <= 0) this.kill(SIGPIPE);
  }

  err(text: string): void {
    if (text === "") return;
    this.#stderr.push(text);
    this.#tell(text, "err");
  }

  /** Calls `listener` with all later output as it is written. */
  onOutput(listener: (text: string, stream: "out" | "err") => void): Disarm {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends a signal; children that have this process's output get it too. */
  kill(signal: number): void {
    if (!this.running) return;
    for (const child of this.#children) child.kill(signal);
    this.life.kill(signal);
  }

  /** Ties a child to this process: it is killed with it. */
  adopt(child: RunningProcess): void {
    this.#children.add(child);
    if (this.life.signal !== undefined) child.kill(this.life.signal);
  }

  join<T>(promise: Promise<T>): Promise<T> {
    return this.task.join(promise);
  }

  async spawn(argv: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
    const parent = options.inherit ? { parent: this } : {};
    const child = this.machine.start(argv, { ...this.#inherited(), ...options, ...parent });
    this.adopt(child);
    return await this.task.join(child.finished);
  }

  async exec(argv: readonly string[], options: SpawnOptions = {}): Promise<number> {
    const child = this.machine.start(argv, { ...this.#inherited(), stdin: this.stdin, ...options, parent: this });
    return (await this.task.join(child.finished)).exit;
  }

  #inherited(): StartOptions {
    return { ns: this.ns, env: this.env, cwd: this.cwd, uid: this.uid };
  }

  async #main(_task: Task<number>, program: MachineProgram): Promise<number> {
    try {
      const exit = await program(this);
      const { signal, handled } = this.life;
      return signal === undefined || handled.has(signal) ? exit : 128 + signal;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      return 128 + (this.life.signal ?? 0);
    } finally {
      this.life.end();
      this.machine.reaped(this);
    }
  }

  #leave(exit: number): Finished {
    const left = { stdout: this.stdout, stderr: this.stderr, exit };
    return this.#timedOut ? { ...left, timedOut: true } : left;
  }

  #tell(text: string, stream: "out" | "err"): void {
    if (stream === "out") this.#parent?.out(text);
    else this.#parent?.err(text);
    for (const listener of this.#listeners) listener(text, stream);
  }

  /** The part of a text up to the last line the reader asked for. */
  #takeLines(text: string): string {
    let end = 0;
    while (this.#linesLeft > 0) {
      const feed = text.indexOf("\n", end);
      if (feed < 0) return text;
      end = feed + 1;
      this.#linesLeft--;
    }
    return text.slice(0, end);
  }

  #setAlarm(timeout: number, signal: number): void {
    const { clock } = this.machine.runner;
    const cancel = clock.at(clock.now() + timeout, () => {
      this.#timedOut = true;
      this.kill(signal);
    });
    this.task.result.then(cancel, cancel);
  }
}
