/** GNU wget's command line. */
import type { Process } from "../../linux/mod.ts";
import { getopt, has, type Option, valueOf } from "../getopt.ts";

/** What was asked for. */
export interface WgetPlan {
  readonly urls: readonly string[];
  readonly quiet: boolean;
  readonly brief: boolean;
  readonly output?: string;
  readonly prefix?: string;
  readonly spider: boolean;
  readonly tries: number;
  /** Milliseconds; Infinity for ever. */
  readonly timeout: number;
  readonly connectTimeout: number;
  readonly wait: number;
  readonly serverResponse: boolean;
  readonly headers: readonly (readonly [string, string])[];
  readonly agent: string;
  readonly method: string;
  readonly body?: string;
  readonly family: 0 | 4 | 6;
  readonly maxRedirects: number;
  readonly contentOnError: boolean;
  readonly noClobber: boolean;
  readonly retryRefused: boolean;
  readonly bind?: string;
  readonly warnings: readonly string[];
}

const LONG: Readonly<Record<string, string>> = {
  quiet: "q",
  "no-verbose": "nv",
  verbose: "v",
  "output-document": "O",
  "output-file": "o",
  "append-output": "a",
  "directory-prefix": "P",
  timeout: "T",
  "connect-timeout": "connect-timeout",
  "read-timeout": "read-timeout",
  "dns-timeout": "dns-timeout",
  tries: "t",
  wait: "w",
  waitretry: "waitretry",
  spider: "spider",
  "server-response": "S",
  header: "header",
  "user-agent": "U",
  "post-data": "post-data",
  "post-file": "post-file",
  method: "method",
  "body-data": "body-data",
  "inet4-only": "4",
  "inet6-only": "6",
  "max-redirect": "max-redirect",
  "content-on-error": "content-on-error",
  "no-clobber": "nc",
  "retry-connrefused": "retry-connrefused",
  "bind-address": "bind-address",
  "no-check-certificate": "no-check-certificate",
  "no-proxy": "no-proxy",
  "no-cache": "no-cache",
  "no-hsts": "no-hsts",
  "show-progress": "show-progress",
  progress: "progress",
  continue: "c",
  version: "V",
  help: "h",
  user: "user",
  password: "password",
  recursive: "r",
  mirror: "m",
  "page-requisites": "p",
  "limit-rate": "limit-rate",
};
const WITH_ARGUMENT = [
  "connect-timeout",
  "read-timeout",
  "dns-timeout",
  "waitretry",
  "header",
  "post-data",
  "post-file",
  "method",
  "body-data",
  "max-redirect",
  "bind-address",
  "progress",
  "user",
  "password",
  "limit-rate",
];

/** Options wget has that change nothing here; named when used. */
const WGET_UNMODELLED: readonly string[] = ["c", "r", "m", "p", "limit-rate", "o", "a"];

/** Reads the arguments; a number is the exit status after what was printed. */
export function wgetPlan(process: Process): WgetPlan | number {
  // `-nv` and `-nc` are words, not clusters.
  const args = process.argv.slice(1).map((arg) =>
    arg === "-nv" ? "--no-verbose" : arg === "-nc" ? "--no-clobber" : arg
  );
  const parsed = getopt(args, { short: "qvO:o:a:P:T:t:w:SU:46cVhrmp", long: LONG, longArguments: WITH_ARGUMENT });
  const usage = "Usage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n";
  if ("problem" in parsed) return (process.err(`wget: ${parsed.problem}\n${usage}`), 2);
  const { options, operands } = parsed;
  if (has(options, "V")) return (process.out("GNU Wget 1.21.3 built on linux-gnu.\n"), 0);
  if (has(options, "h")) {
    return (process.out(`GNU Wget 1.21.3, a non-interactive network retriever.\n${usage.split("\n")[0]}\n`), 0);
  }
  if (operands.length === 0) return (process.err(`wget: missing URL\n${usage}`), 1);
  return planOf(process, options, operands);
}

function planOf(process: Process, options: readonly Option[], urls: readonly string[]): WgetPlan {
  const last = (name: string) => valueOf(options, name);
  const seconds = (name: string, otherwise: number) => {
    const value = last(name);
    return value === undefined ? otherwise : Number(value) === 0 ? Infinity : Number(value) * 1000;
  };
  const whole = seconds("T", 900_000);
  const tries = last("t");
  const body = last("post-data") ?? last("body-data") ?? fileOf(process, last("post-file"));
  const user = last("user");
  return {
    urls,
    quiet: has(options, "q"),
    brief: has(options, "nv"),
    spider: has(options, "spider"),
    tries: tries === undefined ? 20 : tries === "inf" || Number(tries) === 0 ? Infinity : Number(tries),
    timeout: seconds("read-timeout", whole),
    connectTimeout: seconds("connect-timeout", has(options, "T") ? whole : Infinity),
    wait: Number(last("waitretry") ?? 10) * 1000,
    serverResponse: has(options, "S"),
    headers: [
      ...(user === undefined ? [] : [["Authorization", `Basic ${btoa(`${user}:${last("password") ?? ""}`)}`] as const]),
      ...options.filter(({ name }) => name === "header").map(({ value }) => pair(value)),
    ],
    agent: last("U") ?? "Wget/1.21.3",
    method: last("method") ?? (body !== undefined ? "POST" : has(options, "spider") ? "HEAD" : "GET"),
    family: has(options, "6") ? 6 : has(options, "4") ? 4 : 0,
    maxRedirects: Number(last("max-redirect") ?? 20),
    contentOnError: has(options, "content-on-error"),
    noClobber: has(options, "nc"),
    retryRefused: has(options, "retry-connrefused"),
    warnings: options.filter(({ name }) => WGET_UNMODELLED.includes(name)).map(({ name }) => name),
    ...(last("O") === undefined ? {} : { output: last("O") as string }),
    ...(last("P") === undefined ? {} : { prefix: last("P") as string }),
    ...(body === undefined ? {} : { body }),
    ...(last("bind-address") === undefined ? {} : { bind: last("bind-address") as string }),
  };
}

function fileOf(process: Process, path: string | undefined): string | undefined {
  return path === undefined ? undefined : process.files.read(path) ?? "";
}

function pair(text: string): readonly [string, string] {
  const at = text.indexOf(":");
  return [text.slice(0, at), text.slice(at + 1).trim()];
}
