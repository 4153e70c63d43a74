/** The commands that {@link rewriteLine} writes into a line, and those whose own form would not know about jobs. */
import { Bash as JustBash, type ResolvedCommandContext } from "just-bash/browser";
import type { RunningProcess } from "../running_process.ts";
import type { Job } from "./jobs.ts";
import { quoteWords } from "./quote.ts";
import { rewriteLine } from "./rewrite.ts";
import type { ShellSession } from "./session.ts";

/** A command of a line under way. */
export interface CommandCall {
  readonly process: RunningProcess;
  readonly session: ShellSession;
  readonly args: readonly string[];
  readonly stdin: string;
  /** Exported variables only. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly context: ResolvedCommandContext;
}

/** What such a command leaves. */
export interface CommandOutcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

type InternalCommand = (call: CommandCall) => Promise<CommandOutcome>;

const SIGPIPE = 13;
const done = (stdout = "", stderr = "", exitCode = 0): CommandOutcome => ({ stdout, stderr, exitCode });

/** Every such command by the name it is called by. */
export const INTERNAL_COMMANDS: Readonly<Record<string, InternalCommand>> = {
  __background: background,
  __lines: lines,
  __until: until,
  __wait: wait,
  __time: time,
  __random: (call) => Promise.resolve(done(`${call.process.random.below(32768)}\n`)),
  __seconds: seconds,
  jobs,
  kill,
  ls,
  bash: subshell,
  sh: subshell,
  dash: subshell,
  ash: subshell,
};

/** `__background TEXT`: starts the text as a job of its own and prints its pid. */
function background({ process, session, args, env, cwd, context }: CommandCall): Promise<CommandOutcome> {
  const [text = ""] = args;
  const variables = { ...env, ...Object.fromEntries(context.env) };
  const child = process.machine.start(text, { ns: process.ns, env: variables, cwd, uid: process.uid });
  session.jobs.add(text, child);
  return Promise.resolve(done(`${child.pid}\n`));
}

/** `__lines N PROGRAM ...`: ends the program after N lines of output. */
async function lines({ process, args, stdin, env, cwd, context }: CommandCall): Promise<CommandOutcome> {
  const [count = "10", ...argv] = args;
  if (!process.machine.programs.has(argv[0] ?? "")) return await plain(context, argv, stdin, cwd);
  const left = await process.spawn(argv, { stdin, env, cwd, lines: Number(count) });
  return done(left.stdout, left.stderr, left.exit);
}

/** `__until N FILTERS PROGRAM ...`: ends the program once what it wrote so far makes the filters print N lines (0: succeed). */
async function until({ process, args, stdin, env, cwd, context }: CommandCall): Promise<CommandOutcome> {
  const [count = "0", filters = "", ...argv] = args;
  if (!process.machine.programs.has(argv[0] ?? "")) return await plain(context, argv, stdin, cwd);
  const child = process.machine.start(argv, { ns: process.ns, stdin, env, cwd, uid: process.uid });
  process.adopt(child);
  while (child.running) {
    const seen = child.stdout;
    if (seen !== "" && await satisfied(context, filters, seen, Number(count))) child.kill(SIGPIPE);
    if (child.running && child.stdout === seen) await process.task.wait<void>((wake) => listen(child, wake));
  }
  const left = await child.finished;
  return done(left.stdout, left.stderr, left.exit);
}

function listen(child: RunningProcess, wake: () => void): () => void {
  child.finished.then(wake, wake);
  return child.onOutput(wake);
}

async function satisfied(
  context: ResolvedCommandContext,
  filters: string,
  text: string,
  count: number,
): Promise<boolean> {
  const bash = new JustBash({ fs: context.fs, env: Object.fromEntries(context.env), cwd: context.cwd });
  const { stdout, exitCode } = await bash.exec(filters, { stdin: text });
  return count === 0 ? exitCode === 0 : stdout.split("\n").length - 1 >= count;
}

/** A command of the shell library itself, which always ends. */
async function plain(
  context: ResolvedCommandContext,
  argv: readonly string[],
  stdin: string,
  cwd: string,
): Promise<CommandOutcome> {
  if (context.exec === undefined) return done("", "", 127);
  return await context.exec(quoteWords(argv), { cwd, stdin });
}

/** `wait [JOB|PID ...]`: prints what the jobs wrote and gives the last one's status. */
async function wait({ process, session, args }: CommandCall): Promise<CommandOutcome> {
  const specs = args.filter((arg) => !arg.startsWith("-"));
  const jobs = specs.length === 0 ? session.jobs.all : specs.map((spec) => session.jobs.find(spec));
  let status = 0;
  let complaint = "";
  for (const [index, job] of [...jobs].entries()) {
    if (job === undefined) {
      complaint += `bash: wait: ${absent(specs[index] ?? "")}\n`;
      status = 127;
      continue;
    }
    const { exit } = await process.task.join(job.process.finished);
    if (specs.length > 0) status = exit;
  }
  const { out, err } = session.jobs.takeOutput();
  session.jobs.reap();
  return done(out, err + complaint, status);
}

function absent(spec: string): string {
  return spec.startsWith("%") ? `${spec}: no such job` : `pid ${spec} is not a child of this shell`;
}

function jobs({ session, args }: CommandCall): Promise<CommandOutcome> {
  const all = session.jobs.all;
  const text = all.map((job, index) => {
    if (args.includes("-p")) return `${job.process.pid}\n`;
    const mark = index === all.length - 1 ? "+" : index === all.length - 2 ? "-" : " ";
    const state = job.process.running ? "Running" : "Done";
    const pid = args.includes("-l") ? ` ${job.process.pid}` : "  ";
    const head = `[${job.number}]${mark}${pid}${args.includes("-l") ? " " : ""}`;
    return `${head}${state.padEnd(24)}${job.text}${job.process.running ? " &" : ""}\n`;
  });
  for (const job of all.filter((one) => !one.process.running)) hide(job);
  session.jobs.reap();
  return Promise.resolve(done(text.join("")));
}

function hide(job: Job): void {
  job.shown = { out: job.process.stdout.length, err: job.process.stderr.length };
}

const SIGNALS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
};

/** `kill [-SIGNAL] JOB|PID ...`. */
function kill({ process, session, args }: CommandCall): Promise<CommandOutcome> {
  let signal = 15;
  let stderr = "";
  const targets = [...args];
  if (targets[0] === "-l") return Promise.resolve(done(Object.keys(SIGNALS).join(" ") + "\n"));
  if (targets[0] === "-s") targets.splice(0, 1, `-${targets.splice(1, 1)[0] ?? ""}`);
  if (targets[0]?.startsWith("-")) {
    const name = (targets.shift() as string).slice(1);
    const number = /^\d+$/.test(name) ? Number(name) : SIGNALS[name.toUpperCase().replace(/^SIG/, "")];
    if (number === undefined) {
      return Promise.resolve(done("", `bash: kill: ${name}: invalid signal specification\n`, 1));
    }
    signal = number;
  }
  for (const target of targets) {
    const pid = session.jobs.find(target)?.process.pid ?? Number(target);
    if (target.startsWith("%") && Number.isNaN(pid)) stderr += `bash: kill: ${target}: no such job\n`;
    else if (Number.isNaN(pid)) stderr += `bash: kill: ${target}: arguments must be process or job IDs\n`;
    else if (!process.machine.kill(pid, signal)) stderr += `bash: kill: (${pid}) - No such process\n`;
  }
  return Promise.resolve(done("", stderr, stderr === "" ? 0 : 1));
}

/** `ls`: the shell library's own, complaining as coreutils does. */
async function ls({ args, context }: CommandCall): Promise<CommandOutcome> {
  if (context.origCommand === undefined) return done("", "", 127);
  const left = await context.origCommand([...args]);
  return {
    ...left,
    stderr: left.stderr.replace(/^ls: (?!cannot)(.*): No such file/gm, "ls: cannot access '$1': No such file"),
  };
}

const STARTED = new WeakMap<RunningProcess, number[]>();

/** `__time` starts the clock, `__time STATUS` prints what passed since and keeps the status. */
function time({ process, args }: CommandCall): Promise<CommandOutcome> {
  const now = process.clock.now();
  const started = STARTED.get(process) ?? [];
  STARTED.set(process, started);
  if (args.length === 0) {
    started.push(now);
    return Promise.resolve(done());
  }
  const passed = (now - (started.pop() ?? now)) / 1000;
  const real = `${Math.floor(passed / 60)}m${(passed % 60).toFixed(3)}s`;
  return Promise.resolve(done("", `\nreal\t${real}\nuser\t0m0.000s\nsys\t0m0.000s\n`, Number(args[0])));
}

function seconds({ process, args }: CommandCall): Promise<CommandOutcome> {
  const since = args[0] === "epoch" ? 0 : process.startedAt;
  return Promise.resolve(done(`${Math.floor((process.clock.now() - since) / 1000)}\n`));
}

/** `sh -c TEXT`, `sh FILE`: the shell library's own, over a rewritten text. */
async function subshell({ args, context }: CommandCall): Promise<CommandOutcome> {
  if (context.origCommand === undefined) return done("", "", 127);
  const at = args.indexOf("-c");
  const rewritten = args.map((arg, index) => (at >= 0 && index === at + 1 ? rewriteLine(arg).text : arg));
  return await context.origCommand(rewritten);
}
