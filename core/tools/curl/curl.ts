/** curl 7.88.1. */
import { isFailure } from "../../base/mod.ts";
import type { Process } from "../../linux/mod.ts";
import { parseCurl } from "./options.ts";
import { type CurlPlan, curlPlan } from "./plan.ts";
import { CurlRun, type Transfer } from "./transfer.ts";
import { globUrls, parseCurlUrl } from "./url.ts";
import { writeOut } from "./write_out.ts";

const VERSION = `curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.19 zlib/1.2.13 brotli/1.0.9 zstd/1.5.4
Release-Date: 2023-02-20
Protocols: http
Features: IPv6
`;
const HELP = `Usage: curl [options...] <url>
 -d, --data <data>          HTTP POST data
 -f, --fail                 Fail fast with no output on HTTP errors
 -h, --help <category>      Get help for commands
 -i, --include              Include protocol response headers in the output
 -o, --output <file>        Write to file instead of stdout
 -O, --remote-name          Write output to a file named as the remote file
 -s, --silent               Silent mode
 -T, --upload-file <file>   Transfer local FILE to destination
 -u, --user <user:password> Server user and password
 -A, --user-agent <name>    Send User-Agent <name> to server
 -v, --verbose              Make the operation more talkative
 -V, --version              Show version number and quit

This is not the full help, this menu is stripped into categories.
Use "--help category" to get an overview of all categories.
For all options use the manual or "--help all".
`;
/** Errors and statuses after which --retry tries again. */
const TRANSIENT_STATUS: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** The program. */
export async function curl(process: Process): Promise<number> {
  const line = parseCurl(process.argv.slice(1));
  if ("problem" in line) return (process.err(line.problem), line.exit);
  if (line.options.some(({ name }) => name === "version")) return (process.out(VERSION), 0);
  if (line.options.some(({ name }) => name === "help")) return (process.out(HELP), 0);
  if (line.urls.length === 0) {
    return (process.err("curl: try 'curl --help' or 'curl --manual' for more information\n"), 2);
  }
  for (const name of line.warnings) process.err(`Warning: ${name} is not modelled and has no effect\n`);
  const plan = curlPlan(process, line.options);
  const globbed = line.options.some(({ name }) => name === "globoff") ? line.urls : line.urls.flatMap(globUrls);
  const run = new CurlRun(process, plan);
  if (plan.verbose) { for (const entry of plan.resolve) process.err(`* Added ${entry} to DNS cache\n`); }
  let exit = 0;
  for (const [index, url] of globbed.entries()) exit = await fetchOne(process, { plan, run, url, index });
  run.close();
  return exit;
}

interface One {
  readonly plan: CurlPlan;
  readonly run: CurlRun;
  readonly url: string;
  readonly index: number;
}

async function fetchOne(process: Process, { plan, run, url, index }: One): Promise<number> {
  const transfer = await withRetries(process, plan, () => run.fetch(url));
  const heads = plan.include || plan.head ? transfer.heads.join("") : "";
  const failed = deliver(process, plan, { transfer, heads, url, index });
  if (plan.dumpHeader !== undefined) save(process, plan.dumpHeader, new TextEncoder().encode(transfer.heads.join("")));
  const error = transfer.error ?? failed;
  if (error !== undefined && (!plan.silent || plan.showError)) process.err(`curl: (${error.code}) ${error.message}\n`);
  if (plan.writeOut !== undefined) {
    const format = plan.writeOut.startsWith("@") ? process.files.read(plan.writeOut.slice(1)) ?? "" : plan.writeOut;
    const { out, err } = writeOut(format, error === undefined ? transfer : { ...transfer, error });
    process.out(out);
    process.err(err);
  }
  return error?.code ?? 0;
}

async function withRetries(process: Process, plan: CurlPlan, fetch: () => Promise<Transfer>): Promise<Transfer> {
  let wait = plan.retryDelay ?? 1000;
  for (let left = plan.retries;; left--) {
    const transfer = await fetch();
    if (left <= 0 || !isTransient(plan, transfer)) return transfer;
    const why = transfer.error?.code === 28
      ? "timeout"
      : transfer.error === undefined
      ? "HTTP error"
      : "connection refused";
    if (!plan.silent) {
      const plural = left > 1 ? "retries" : "retry";
      process.err(`Warning: Problem: ${why}. Will retry in ${wait / 1000} seconds. ${left} ${plural} left.\n`);
    }
    if (!await process.clock.sleep(wait)) return transfer;
    if (plan.retryDelay === undefined) wait = Math.min(wait * 2, 600_000);
  }
}

function isTransient(plan: CurlPlan, { error, response }: Transfer): boolean {
  if (error === undefined || error.code === 22) return TRANSIENT_STATUS.has(response?.status ?? 0);
  if (error.code === 28 || error.code === 6) return true;
  return plan.retryAll || (plan.retryRefused && error.code === 7);
}

/** Writes a transfer's text where it belongs: standard output, `-o FILE`, `-O`. */
function deliver(
  process: Process,
  plan: CurlPlan,
  { transfer, heads, url, index }: {
    readonly transfer: Transfer;
    readonly heads: string;
    readonly url: string;
    readonly index: number;
  },
): Transfer["error"] {
  const named = plan.outputs[index] ?? (index < plan.remoteNames ? remoteName(url) : undefined);
  if (named === "") return { code: 23, message: "Remote file name has no length" };
  if (named === undefined || named === "-") {
    process.out(heads + new TextDecoder().decode(transfer.body));
    return undefined;
  }
  if (transfer.response === undefined) return undefined;
  const head = new TextEncoder().encode(heads);
  const whole = new Uint8Array(head.length + transfer.body.length);
  whole.set(head);
  whole.set(transfer.body, head.length);
  const path = plan.outputDir === undefined ? named : `${plan.outputDir}/${named}`;
  return save(process, path, whole) ? undefined : { code: 23, message: "Failure writing output to destination" };
}

function remoteName(url: string): string {
  const parsed = parseCurlUrl(url);
  return "code" in parsed ? "" : parsed.target.replace(/[?].*$/, "").replace(/^.*\//, "");
}

function save(process: Process, path: string, bytes: Uint8Array): boolean {
  if (path === "/dev/null") return true;
  const full = path.startsWith("/") ? path : `${process.cwd.replace(/\/$/, "")}/${path}`;
  return !isFailure(process.files.write(full, bytes));
}
