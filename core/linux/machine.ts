import type { Ns, PlaneApi } from "../../wasm/mod.ts";
import type { Random } from "../base/mod.ts";
import { addNamespace, markGuest, type Namespace } from "./namespace.ts";
import { MachineFiles } from "./files/machine_files.ts";
import { FileTree } from "./files/tree.ts";
import { defaultFiles } from "./files/defaults.ts";
import type { Finished, Program } from "./process.ts";
import { type MachineProgram, RunningProcess, type StartOptions } from "./running_process.ts";
import type { Runner } from "./runner.ts";
import { runLine, ShellSession } from "./shell/session.ts";
import { scriptOf, separateOptions } from "./shell/shell_call.ts";
import { quoteWords } from "./shell/quote.ts";
import { SHELL_COMMANDS } from "./shell/library.ts";
import { plainWords } from "./shell/words.ts";
import { powerCycle, startUp } from "./boot.ts";

/** Virtual milliseconds after which {@link Machine.run} gives up on a line that never ends by itself: ten minutes. */
const RUN_LIMIT = 600_000;
const SIGKILL = 9;

/** What a machine is made of. */
export interface MachineOptions {
  /** Its host name. */
  readonly name: string;
  readonly plane: PlaneApi;
  readonly runner: Runner;
  readonly random: Random;
  /** Programs by the name they are called by; the shell's own (cat, grep ...) need no entry. */
  readonly programs: ReadonlyMap<string, Program>;
  /** Its root network namespace; by default a new one. A pod's container gets the one its node made. */
  readonly ns?: Namespace;
  /** Files by absolute path, over the defaults of a Debian machine. */
  readonly files?: Readonly<Record<string, string>>;
  /** Environment over the defaults. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a line is run; what is absent is the machine's default. */
export interface RunOptions {
  /** A network namespace of this machine by its `ip netns` name, or any by number. */
  readonly ns?: string | Ns;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly uid?: number;
  /** Virtual milliseconds after which the line is killed and answered with `timedOut`. */
  readonly timeout?: number;
}

/** A Linux machine, or a container: host name, files, network namespaces, programs, and the processes that run. */
export class Machine {
  readonly plane: PlaneApi;
  readonly runner: Runner;
  readonly random: Random;
  readonly programs: ReadonlyMap<string, Program>;
  readonly env: Readonly<Record<string, string>>;
  /** The root network namespace. */
  readonly ns: Namespace;
  /** Namespaces by name, as `ip netns` has them, in no order. */
  readonly namespaces = new Map<string, Namespace>();
  readonly files: MachineFiles;
  /** The host name; `hostname NAME` changes it. */
  name: string;
  /** Virtual time of the last boot, ms since 1970. */
  bootedAt: number;
  readonly #tree: FileTree;
  readonly #views = new Map<Ns, MachineFiles>();
  readonly #processes = new Map<number, RunningProcess>();
  readonly #boots: (() => void | Promise<void>)[] = [];
  #lastPid = 1;

  constructor(options: MachineOptions) {
    this.name = options.name;
    this.plane = options.plane;
    this.runner = options.runner;
    this.random = options.random;
    this.programs = options.programs;
    this.ns = options.ns ?? addNamespace(options.plane);
    if (options.ns !== undefined) markGuest(options.ns);
    this.bootedAt = this.runner.clock.now();
    this.env = { PATH: DEFAULT_PATH, HOME: "/root", USER: "root", LOGNAME: "root", SHELL: "/bin/bash", ...options.env };
    this.#tree = new FileTree(() => this.runner.clock.now());
    for (const [path, text] of Object.entries({ ...defaultFiles(this.name), ...options.files })) {
      this.#tree.put(path, text);
    }
    this.files = this.filesIn(this.ns.id);
  }

  /** The processes that have not ended, in order of their pids. */
  get processes(): readonly RunningProcess[] {
    return [...this.#processes.values()];
  }

  /** The machine's files as a process in that namespace sees them: its `/proc/sys/net`, `/proc/net` and `/sys/class/net`. */
  filesIn(ns: Ns): MachineFiles {
    const view = this.#views.get(ns) ?? new MachineFiles(this, ns, this.#tree);
    this.#views.set(ns, view);
    return view;
  }

  /** The number of a namespace given by `ip netns` name or number; undefined where there is none of that name. */
  findNs(ns: string | Ns): Ns | undefined {
    return typeof ns === "number" ? ns : this.namespaces.get(ns)?.id;
  }

  /** Whether a command of that name can be run: a program, or one of the shell's own. */
  knows(command: string): boolean {
    return this.#programFor(command) !== undefined || SHELL_COMMANDS.has(command.replace(/^\/(usr\/)?s?bin\//, ""));
  }

  /**
   * Runs a command line to its end, moving virtual time as far as it takes, and gives what it left. The world's other
   * programs go on meanwhile. A line that never ends by itself is killed after `timeout`.
   */
  async run(line: string, options: RunOptions = {}): Promise<Finished> {
    const process = this.start(line, this.#startOptions(options));
    return await this.finish(process, options.timeout);
  }

  /** Runs a process that was started to its end, as {@link run} does. */
  async finish(process: RunningProcess, timeout: number = RUN_LIMIT): Promise<Finished> {
    const finished = await this.runner.run(process.finished, this.runner.clock.now() + timeout);
    if (finished !== undefined) return finished;
    process.kill(SIGKILL);
    const left = await this.runner.run(process.finished);
    if (left === undefined) throw new Error(`${process.argv.join(" ")} outlived SIGKILL`);
    return { ...left, timedOut: true };
  }

  /**
   * Starts a command line or an argument vector as a process and gives its handle; it runs whenever the runner does.
   * Inside a task, wait for it by `task.join(handle.finished)`.
   */
  start(command: string | readonly string[], options: StartOptions = {}): RunningProcess {
    const given = typeof command === "string" ? plainWords(command) : command;
    const argv = given && separateOptions(given);
    const program = argv && this.#programFor(argv[0] ?? "");
    if (argv !== undefined && program !== undefined) return this.startProgram(program, argv, options);
    const script = argv && scriptOf(argv);
    const line = script ??
      (typeof command === "string" && argv === given ? command : quoteWords(argv as readonly string[]));
    return this.startLine(line, new ShellSession(), options);
  }

  /** Starts a line in a shell that keeps its variables, working directory, functions and jobs in `session`. */
  startLine(line: string, session: ShellSession, options: StartOptions = {}): RunningProcess {
    const run: MachineProgram = (process) => runLine(process, line, session);
    return this.startProgram(run, plainWords(line) ?? ["bash", "-c", line], { ...options, foreign: true });
  }

  /** Starts a program that stands in no table: an image's main program, a service. */
  startProgram(program: MachineProgram, argv: readonly string[], options: StartOptions = {}): RunningProcess {
    const process = new RunningProcess(this, ++this.#lastPid, argv, { ...options, program });
    this.#processes.set(process.pid, process);
    return process;
  }

  /** Sends a signal; false when there is no such process. */
  kill(pid: number, signal: number): boolean {
    const process = this.#processes.get(pid);
    process?.kill(signal);
    return process !== undefined;
  }

  /** Called by a process that ended. */
  reaped(process: RunningProcess): void {
    this.#processes.delete(process.pid);
  }

  /**
   * Takes the machine down and up: processes end, what was set at run time is gone, `/etc/sysctl.conf` is applied, then
   * whoever gave it its addresses and services does so again ({@link onBoot}). Links made from outside stay plugged in.
   */
  async reboot(): Promise<void> {
    for (const process of this.processes) process.kill(SIGKILL);
    powerCycle(this);
    startUp(this);
    this.bootedAt = this.runner.clock.now();
    for (const boot of this.#boots) await boot();
  }

  /** Runs `boot` after every later reboot: it configures what is not in the machine's own files. */
  onBoot(boot: () => void | Promise<void>): void {
    this.#boots.push(boot);
  }

  #programFor(word: string): Program | undefined {
    return this.programs.get(/^\/(usr\/)?s?bin\/[^/]+$/.test(word) ? word.slice(word.lastIndexOf("/") + 1) : word);
  }

  #startOptions(options: RunOptions): StartOptions {
    const { ns, timeout: _timeout, ...rest } = options;
    if (ns === undefined) return rest;
    const id = this.findNs(ns);
    if (id === undefined) throw new RangeError(`${this.name} has no network namespace ${ns}`);
    return { ...rest, ns: id };
  }
}

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
