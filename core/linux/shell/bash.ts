/** Command lines through just-bash: our programs are its commands, the machine's files its file system, the lab's time its clock. */
import {
  Bash as JustBash,
  type BashExecResult,
  type Command,
  type CommandName,
  defineCommand,
} from "just-bash/browser";
import { type Errno, strerror } from "../../base/mod.ts";
import type { RunningProcess } from "../running_process.ts";
import { type CommandCall, INTERNAL_COMMANDS } from "./commands.ts";
import { ShellFileSystem } from "./file_system.ts";
import { SHELL_COMMANDS } from "./library.ts";
import { rewriteLine } from "./rewrite.ts";
import type { ShellSession } from "./session.ts";

/** Bounds on what one line may do, so that a line from outside cannot run away with the host. */
const LIMITS = {
  maxCommandCount: 20_000,
  maxLoopIterations: 20_000,
  maxOutputSize: 16 * 1024 * 1024,
  maxStringLength: 16 * 1024 * 1024,
  maxCallDepth: 100,
  maxExecutionTimeMs: 60_000,
} as const;

/** One line's shell: runs inside a process, leaves what it changed in the session. */
export class Bash {
  readonly #bash: JustBash;

  constructor(readonly process: RunningProcess, readonly session: ShellSession) {
    const { machine } = process;
    const programs = [...machine.programs.keys()].map((name) => this.#programCommand(name));
    const internal = Object.entries(INTERNAL_COMMANDS).map(([name, run]) => this.#command(name, run));
    this.#bash = new JustBash({
      fs: new ShellFileSystem(process.files, new Set(Object.keys(INTERNAL_COMMANDS))),
      commands: [...SHELL_COMMANDS] as CommandName[],
      customCommands: [...programs, ...internal],
      executionLimits: LIMITS,
      sleep: (milliseconds) => process.task.sleep(milliseconds),
      processInfo: { pid: process.pid, ppid: 1, uid: process.uid, gid: process.uid },
    });
  }

  /** Runs a line, writes its output to the process, keeps what it changed. Gives its exit status. */
  async run(line: string): Promise<number> {
    const { process, session } = this;
    const { text, functions } = rewriteLine(line);
    const result = await this.#execute([...session.functions.values(), text].join("\n"));
    for (const [name, source] of functions) session.functions.set(name, source);
    session.variables = result.env;
    session.cwd = result.env["PWD"] ?? session.cwd;
    session.status = result.exitCode;
    process.out(textOf(result.stdout, result.stdoutKind ?? "text"));
    process.err(
      result.stderr.replace(CUT_NOTE, "")
        .replace(/^bash: line (\d+): unexpected EOF/, "bash: -c: line $1: unexpected EOF"),
    );
    this.#showJobs();
    return result.exitCode;
  }

  async #execute(text: string): Promise<BashExecResult> {
    const { process, session } = this;
    const { HOME = "/root" } = process.env;
    const env = { ...process.env, HOSTNAME: process.machine.name, ...session.variables };
    const cwd = session.cwd ?? (process.cwd === "" ? HOME : process.cwd);
    const off = process.onKill(() => this.#stop());
    try {
      return await this.#bash.exec(text, { env, replaceEnv: true, cwd, rawScript: true, stdin: process.stdin });
    } catch (error) {
      return { stdout: "", stderr: writeError(error), exitCode: 1, env };
    } finally {
      off();
    }
  }

  /**
   * The process was killed: no later command of the line may run, but the rest of a pipeline still gets what was written. Using up
   * the library's work budget is the only way that keeps what earlier commands wrote.
   */
  #stop(): void {
    const names = [...SHELL_COMMANDS, ...Object.keys(INTERNAL_COMMANDS), ...this.process.machine.programs.keys()];
    for (const name of names) {
      this.#bash.registerCommand(defineCommand(name, async (args, context) => {
        const piped = (context.stdin as unknown as string) !== "";
        if (!piped) context.executionScope?.consumeWork(Number.MAX_SAFE_INTEGER / 2, "killed");
        return await context.origCommand?.(args) ?? { stdout: "", stderr: "", exitCode: 127 };
      }));
    }
  }

  #showJobs(): void {
    const { out, err } = this.session.jobs.takeOutput();
    this.process.out(out);
    this.process.err(err);
    this.session.jobs.reap();
  }

  #programCommand(name: string): Command {
    return this.#command(name, async ({ process, args, stdin, env, cwd }) => {
      const left = await process.spawn([name, ...args], { stdin, env, cwd });
      return { stdout: left.stdout, stderr: left.stderr, exitCode: left.exit };
    });
  }

  #command(name: string, run: (call: CommandCall) => Promise<Outcome>): Command {
    const { process, session } = this;
    return defineCommand(name, async (args, context) => {
      const stdin = textOf(context.stdin as unknown as string, "bytes");
      const outcome = await run({
        process,
        session,
        args,
        stdin,
        env: context.exportedEnv ?? {},
        cwd: context.cwd,
        context,
      });
      return { stdoutKind: "text" as const, ...outcome };
    });
  }
}

/** What the shell library says of a line that {@link Bash} cut short. */
const CUT_NOTE = /bash: killed: .*\n$/;

type Outcome = { readonly stdout: string; readonly stderr: string; readonly exitCode: number };

/** Text of a stream of the shell library: bytes are strings of one character a byte. */
function textOf(stream: string, kind: "text" | "bytes"): string {
  if (kind === "text" || !/[\x80-\xff]/.test(stream)) return stream;
  return new TextDecoder().decode(Uint8Array.from(stream, (char) => char.charCodeAt(0)));
}

/** What a redirection could not open, or a file of the kernel refused: the library has no words for it. The rest is our own bug. */
function writeError(error: unknown): string {
  if (!(error instanceof Error && "code" in error && "path" in error)) throw error;
  const text = strerror(error.code as Errno);
  return `bash: line 1: ${error.code === "EINVAL" ? "echo: write error" : error.path}: ${text}\n`;
}
