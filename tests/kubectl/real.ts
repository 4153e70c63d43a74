/** The real kubectl against podwire's own port: which ones there are, a lab that is served, and what a command answers. */
import {
  createApp,
  DEFAULT_LIMITS,
  type Held,
  holdLabs,
  kubeAddress,
  kubeconfig,
  listen,
  Pace,
} from "../../http/mod.ts";
import { defaultHost, Lab } from "../../mod.ts";

/** What a command answered. */
export interface Answered {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/** A lab served on a local port, and how kubectl reaches it. */
export interface Served {
  /** Its path. */
  readonly kubectl: string;
  /** What kubectl needs to find the lab. */
  readonly env: Record<string, string>;
  readonly lab: Lab;
  /** Runs kubectl with these words to its end, at most half a minute. */
  run(words: readonly string[], stdin?: string): Promise<Answered>;
  /** Starts kubectl; the caller ends it. */
  start(words: readonly string[]): Deno.ChildProcess;
  close(): Promise<void>;
}

const LIMIT = 30_000;
const LEAD = 120_000;
const HOUR = 3_600_000;

/** Steps of a lab's time that a client who stays brings with it, how many, and the real milliseconds between two. */
const STEP = { seconds: 0.1, most: 10, wait: 50 };

/**
 * The pace of a lab whose time goes on by its own commands alone: a test that asks twice finds the same state both times. A
 * client who stays (a watch, a command in a container) gets one second at most.
 */
class Still extends Pace {
  readonly #labs: Held["labs"];

  constructor(labs: Held["labs"]) {
    super(labs);
    this.#labs = labs;
  }

  override touch(): void {}

  override hold(id: string): () => void {
    let left = STEP.most;
    const step = async () => {
      await new Promise((resolve) => setTimeout(resolve, STEP.wait));
      if (left-- <= 0 || !this.#labs.has(id)) return;
      await this.#labs.on(id, (lab) => lab.advance(STEP.seconds));
      await step();
    };
    step();
    return () => void (left = 0);
  }
}

/** The real kubectls to test with: the paths in `PODWIRE_KUBECTL`, with `:` between them, as `tests/kubectl/build.sh` finds them. */
export function kubectls(): readonly string[] {
  const named = (Deno.env.get("PODWIRE_KUBECTL") ?? "").split(":").filter((path) => path !== "");
  if (named.length === 0) {
    console.error("SKIPPED: the real kubectl: PODWIRE_KUBECTL names none, see tests/kubectl/build.sh");
  }
  return named;
}

/** The release of a kubectl, as `v1.36.3`. */
export async function release(kubectl: string): Promise<string | undefined> {
  const { stdout } = await runKubectl(kubectl, ["version", "--client"]);
  return /Client Version: (v\S+)/.exec(stdout)?.[1];
}

/** Serves a lab that lives as `podwire serve -f` would, with a kubeconfig and a cache of its own. */
export async function serveLab(kubectl: string, files: readonly string[]): Promise<Served> {
  const lab = await Lab.open({ files, nodes: 3 }, { ...defaultHost(), start: Date.now() - LEAD });
  const behind = Date.now() - lab.now();
  if (behind > 0) await lab.advance(behind / 1000);
  return await serve(kubectl, lab, holdLabs());
}

/** Serves a lab that stands still between commands. It begins at a full hour: what is due at a time of day is due at the same step. */
export async function serveStillLab(kubectl: string, files: readonly string[]): Promise<Served> {
  const start = Math.floor(Date.now() / HOUR - 1) * HOUR;
  const lab = await Lab.open({ files, nodes: 3 }, { ...defaultHost(), start });
  await lab.advance(LEAD / 1000);
  const { labs } = holdLabs();
  return await serve(kubectl, lab, { labs, pace: new Still(labs) });
}

async function serve(kubectl: string, lab: Lab, held: Held): Promise<Served> {
  const id = held.labs.add(lab);
  const app = createApp(defaultHost(), DEFAULT_LIMITS, held);
  const server = listen({ hostname: "127.0.0.1", port: 0, ...held, fetch: app.fetch });
  const home = await Deno.makeTempDir({ prefix: "podwire-kubectl-" });
  await Deno.writeTextFile(`${home}/config`, kubeconfig(kubeAddress(`http://127.0.0.1:${server.port}`, id), id));
  const options = {
    env: { HOME: home, KUBECONFIG: `${home}/config`, TZ: "UTC" },
    stdout: "piped",
    stderr: "piped",
  } as const;
  return {
    kubectl,
    env: options.env,
    lab,
    run: (words, stdin) => runKubectl(kubectl, words, { env: options.env, ...(stdin === undefined ? {} : { stdin }) }),
    start: (words) => new Deno.Command(kubectl, { ...options, args: [...words], stdin: "null" }).spawn(),
    async close() {
      await held.labs.remove(id);
      await server.close();
      await server.finished;
      await Deno.remove(home, { recursive: true });
    },
  };
}

/** Runs kubectl with words and an environment to its end, at most half a minute. */
export function runKubectl(
  kubectl: string,
  words: readonly string[],
  { env = {}, stdin }: { readonly env?: Record<string, string>; readonly stdin?: string } = {},
): Promise<Answered> {
  const options = { env, stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  return answer(new Deno.Command(kubectl, { ...options, args: [...words] }).spawn(), stdin);
}

async function answer(child: Deno.ChildProcess & { stdin: WritableStream<Uint8Array> }, stdin = ""): Promise<Answered> {
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { stdout: text(stdout), stderr: text(stderr), exit: code };
}

/** What a process has written to standard output once it holds `wanted`; it goes on and is read on. Throws after half a minute. */
export async function untilSays(child: Deno.ChildProcess, wanted: RegExp): Promise<string> {
  let said = "";
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT);
  const decoder = new TextDecoder();
  const reader = child.stdout.getReader();
  while (!wanted.test(said)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`never said ${wanted}: ${said}`);
    said += decoder.decode(value, { stream: true });
  }
  clearTimeout(timer);
  reader.releaseLock();
  return said;
}

/** Ends a process that was started. */
export async function end(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGTERM");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
  await child.status;
}
