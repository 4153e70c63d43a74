/** traceroute's command line (traceroute 2.1.2). */
import { getopt, type Option, valueOf } from "../getopt.ts";

/** What is probed, how, and how patiently. */
export interface TraceOptions {
  readonly host: string;
  readonly family: 0 | 4 | 6;
  readonly method: "udp" | "icmp" | "tcp";
  readonly numeric: boolean;
  readonly queries: number;
  readonly firstTtl: number;
  readonly maxTtl: number;
  /** Milliseconds. */
  readonly wait: number;
  readonly port: number;
  /** Bytes of a probe; undefined for the family's own size. */
  readonly size: number | undefined;
  readonly device: string | undefined;
  readonly source: string | undefined;
}

const SHORT = "46dFf:g:Ii:m:N:nq:rs:t:Tw:p:UV";
const LONG = {
  icmp: "I",
  tcp: "T",
  "max-hops": "m",
  first: "f",
  queries: "q",
  wait: "w",
  port: "p",
  interface: "i",
  source: "s",
  help: "help",
};
const BASE_PORT = { udp: 33434, icmp: 1, tcp: 80 } as const;

/** The options, or a complaint with the exit status. */
export function traceOptions(
  args: readonly string[],
): TraceOptions | { readonly problem: string; readonly exit: number } {
  const parsed = getopt(args, { short: SHORT, long: LONG });
  if ("problem" in parsed) return { problem: `${badOption(parsed.option)}\n`, exit: 2 };
  const { options, operands } = parsed;
  const [host, size] = operands;
  if (host === undefined) return { problem: 'Specify "host" missing argument\n', exit: 2 };
  const method = has(options, "I") ? "icmp" : has(options, "T") ? "tcp" : "udp";
  const maxTtl = number(options, "m", 30);
  const firstTtl = number(options, "f", 1);
  if (maxTtl > 255) return { problem: "max hops cannot be more than 255\n", exit: 2 };
  if (firstTtl < 1 || firstTtl > maxTtl) return { problem: "first hop out of range\n", exit: 2 };
  const queries = number(options, "q", 3);
  if (queries < 1 || queries > 10) return { problem: "no more than 10 probes per hop\n", exit: 2 };
  return {
    host,
    family: has(options, "6") ? 6 : has(options, "4") ? 4 : 0,
    method,
    numeric: has(options, "n"),
    queries,
    firstTtl,
    maxTtl,
    wait: Number((valueOf(options, "w") ?? "5").split(",")[0]) * 1000,
    port: number(options, "p", BASE_PORT[method]),
    size: size === undefined ? undefined : Number(size),
    device: valueOf(options, "i"),
    source: valueOf(options, "s"),
  };
}

function badOption(option: string): string {
  return `Bad option \`${option}' (argc 1)`;
}

function has(options: readonly Option[], name: string): boolean {
  return options.some((option) => option.name === name);
}

function number(options: readonly Option[], name: string, otherwise: number): number {
  const text = valueOf(options, name);
  return text === undefined ? otherwise : Number(text);
}
