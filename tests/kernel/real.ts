/**
 * The real kernel and its tools, for comparing: command lines run in a network namespace of their own, which is gone
 * afterwards. Needs root on Linux and Debian's tools; elsewhere the tests that use it are ignored and say so once.
 */

/** What a command on the real machine answered. */
export interface RealAnswer {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Everything that a script may change or leave running is its own and ends with it. */
const PRIVATE = [
  "--net",
  "--uts",
  "--mount",
  "--propagation",
  "private",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
];

/** Runs a shell script in a private network namespace, `stdin` on its standard input. */
export async function onRealKernel(script: string, stdin = ""): Promise<RealAnswer> {
  const command = new Deno.Command("unshare", {
    args: [...PRIVATE, "sh", "-c", script],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { LC_ALL: "C", XTABLES_LOCKFILE: `/tmp/podwire-xtables-${Deno.pid}.lock` },
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  // A script that does not read leaves us with a broken pipe; what it answered is the news.
  const written = writer.write(new TextEncoder().encode(stdin)).then(() => writer.close()).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  await written;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { exit: code, stdout: text(stdout), stderr: text(stderr) };
}

/** Why the real kernel cannot be asked here for these tools; undefined where it can. Says so loudly, once per reason. */
export async function missing(what: string, tools: readonly string[]): Promise<string | undefined> {
  const reason = await reasonAgainst(tools);
  if (reason !== undefined) console.error(`SKIPPED: ${what}: ${reason}`);
  return reason;
}

async function reasonAgainst(tools: readonly string[]): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "needs Linux";
  try {
    const lines = tools.map((tool) =>
      `command -v ${tool} >/dev/null || { echo "${tool} is not installed" >&2; exit 1; }`
    );
    const { exit, stderr } = await onRealKernel(lines.join("\n"));
    return exit === 0 ? undefined : `needs root on Linux and Debian's tools (${stderr.trim()})`;
  } catch (error) {
    return `needs root on Linux (${error instanceof Error ? error.message : error})`;
  }
}
