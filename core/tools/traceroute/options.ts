/**
 * traceroute's command line (traceroute 2.1.2), which is not getopt's:
 *
 *     { "-" LETTER... | "-" LETTER VALUE | "--" NAME [ "=" VALUE ] } HOST [ PACKETLEN ]      in any order
 */
import { TRACEROUTE_USAGE } from "./usage.ts";

/** What is probed, how, and how patiently. */
export interface TraceOptions {
  readonly host: string;
  /** Where the host stood, for complaints. */
  readonly hostAt: number;
  readonly family: 0 | 4 | 6;
  /** `default` counts its UDP port up, `udp` keeps it. */
  readonly method: "default" | "udp" | "icmp" | "tcp" | "raw";
  readonly numeric: boolean;
  readonly queries: number;
  readonly firstTtl: number;
  readonly maxTtl: number;
  /** Milliseconds: for an answer, and between probes. */
  readonly wait: number;
  readonly pause: number;
  readonly port: number;
  readonly sourcePort: number | undefined;
  readonly protocol: number;
  /** Bytes of a probe; undefined for the family's own size. */
  readonly size: number | undefined;
  readonly tos: number;
  readonly mark: number;
  readonly direct: boolean;
  readonly device: string | undefined;
  readonly source: string | undefined;
}

/** What is said instead of tracing. */
export interface TraceComplaint {
  readonly problem: string;
  readonly exit: number;
}

/** One option: its letter, its long name, and what its value is called. */
interface Known {
  readonly letter?: string;
  readonly long?: string;
  readonly value?: string;
  readonly numeric?: boolean;
}

const KNOWN: readonly Known[] = [
  { letter: "4" },
  { letter: "6" },
  { letter: "d", long: "debug" },
  { letter: "F", long: "dont-fragment" },
  { letter: "f", long: "first", value: "first_ttl", numeric: true },
  { letter: "g", long: "gateway", value: "gate,..." },
  { letter: "I", long: "icmp" },
  { letter: "T", long: "tcp" },
  { letter: "i", long: "interface", value: "device" },
  { letter: "m", long: "max-hops", value: "max_ttl", numeric: true },
  { letter: "N", long: "sim-queries", value: "squeries", numeric: true },
  { letter: "n" },
  { letter: "p", long: "port", value: "port", numeric: true },
  { letter: "t", long: "tos", value: "tos", numeric: true },
  { letter: "l", long: "flowlabel", value: "flow_label", numeric: true },
  { letter: "w", long: "wait", value: "MAX,HERE,NEAR" },
  { letter: "q", long: "queries", value: "nqueries", numeric: true },
  { letter: "r" },
  { letter: "s", long: "source", value: "src_addr" },
  { letter: "z", long: "sendwait", value: "sendwait" },
  { letter: "e", long: "extensions" },
  { letter: "A", long: "as-path-lookups" },
  { letter: "M", long: "module", value: "name" },
  { letter: "O", long: "options", value: "OPTS,..." },
  { long: "sport", value: "num", numeric: true },
  { long: "fwmark", value: "num", numeric: true },
  { letter: "U", long: "udp" },
  { letter: "L", long: "UL" },
  { letter: "D", long: "dccp" },
  { letter: "P", long: "protocol", value: "prot" },
  { long: "mtu" },
  { long: "back" },
  { letter: "V", long: "version" },
  { long: "help" },
];
const VERSION =
  "Modern traceroute for Linux, version 2.1.2\nCopyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later\n";
const BASE_PORT = { default: 33434, udp: 53, icmp: 1, tcp: 80, raw: 0 } as const;
const METHODS: Readonly<Record<string, TraceOptions["method"]>> = {
  default: "default",
  icmp: "icmp",
  tcp: "tcp",
  udp: "udp",
  raw: "raw",
};
/** Headers in front of what a probe carries. */
const LEAST = { default: 28, udp: 28, icmp: 28, tcp: 40, raw: 20 } as const;

class Complaint extends Error {
  constructor(readonly complaint: TraceComplaint) {
    super(complaint.problem);
  }
}

function bad(problem: string): never {
  throw new Complaint({ problem: `${problem}\n`, exit: 2 });
}

/** The options; or what is said instead, with the exit status. */
export function traceOptions(args: readonly string[]): TraceOptions | TraceComplaint {
  try {
    return read(args);
  } catch (error) {
    if (error instanceof Complaint) return error.complaint;
    throw error;
  }
}

function read(args: readonly string[]): TraceOptions {
  if (args.length === 0) throw new Complaint({ problem: TRACEROUTE_USAGE, exit: 0 });
  const given = new Map<string, string>();
  const operands: (readonly [string, number])[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    if (!word.startsWith("-") || word === "-") operands.push([word, at + 1]);
    else if (word.startsWith("--")) takeLong(word, at + 1, given);
    else at += takeShort(word, args[at + 1], { at: at + 1, given });
  }
  return finish(given, operands, args.length);
}

function takeLong(word: string, at: number, given: Map<string, string>): void {
  const [name = "", ...rest] = word.slice(2).split("=");
  const known = KNOWN.find(({ long }) => long === name);
  if (known === undefined) bad(`Bad option \`${word}' (argc ${at})`);
  if (known.value !== undefined && rest.length === 0) {
    bad(`Option \`--${name}' (argc ${at}) requires an argument: \`--${name}=${known.value}'`);
  }
  take(known, { said: `--${name}`, at, value: rest.join("=") }, given);
}

/** How many words beside its own it took. */
function takeShort(
  word: string,
  next: string | undefined,
  { at, given }: { readonly at: number; readonly given: Map<string, string> },
): number {
  for (let i = 1; i < word.length; i++) {
    const letter = word[i] as string;
    const known = KNOWN.find((one) => one.letter === letter) ?? bad(`Bad option \`-${letter}' (argc ${at})`);
    if (known.value === undefined) {
      take(known, { said: `-${letter}`, at, value: "" }, given);
      continue;
    }
    const own = word.slice(i + 1);
    if (own === "" && next === undefined) {
      bad(`Option \`-${letter}' (argc ${at}) requires an argument: \`-${letter} ${known.value}'`);
    }
    take(known, { said: `-${letter}`, at: own === "" ? at + 1 : at, value: own === "" ? next ?? "" : own }, given);
    return own === "" ? 1 : 0;
  }
  return 0;
}

function take(
  { letter, long, numeric }: Known,
  { said, at, value }: { readonly said: string; readonly at: number; readonly value: string },
  given: Map<string, string>,
): void {
  const name = letter ?? long ?? "";
  if (name === "help") throw new Complaint({ problem: TRACEROUTE_USAGE, exit: 0 });
  if (name === "V") throw new Complaint({ problem: VERSION, exit: 0 });
  const wrong = numeric && !/^(-?\d+|0x[\da-f]+)$/i.test(value) ||
    (name === "w" || name === "z") && Number.isNaN(parseFloat(value));
  if (wrong) bad(`Cannot handle \`${said}' option with arg \`${value}' (argc ${at})`);
  given.set(name, value);
}

function finish(
  given: ReadonlyMap<string, string>,
  operands: readonly (readonly [string, number])[],
  argc: number,
): TraceOptions {
  const [host, size, extra] = operands;
  if (host === undefined) return bad('Specify "host" missing argument.');
  if (size !== undefined && !/^\d+$/.test(size[0])) {
    bad(`Cannot handle "packetlen" cmdline arg \`${size[0]}' on position 2 (argc ${size[1]})`);
  }
  if (extra !== undefined) bad(`Extra arg \`${extra[0]}' (position 3, argc ${argc})`);
  const number = (name: string, otherwise: number) => Number(given.get(name) ?? otherwise);
  const method = methodOf(given);
  const [maxTtl, firstTtl, queries] = [number("m", 30), number("f", 1), number("q", 3)];
  if (firstTtl < 1 || firstTtl > maxTtl) bad("first hop out of range");
  if (maxTtl > 255) bad("max hops cannot be more than 255");
  if (queries < 1 || queries > 10) bad("no more than 10 probes per hop");
  const [most = 5, here = 0, near = 0] = (given.get("w") ?? "5").split(",").map(Number);
  if (most < 0 || here < 0 || near < 0) bad(`bad wait specifications \`${most},${here},${near}' used`);
  const wanted = Number(size?.[0] ?? 60);
  if (wanted > 65535) bad(`too big packetlen ${wanted} specified`);
  const pause = parseFloat(given.get("z") ?? "0");
  return {
    host: host[0],
    hostAt: host[1],
    family: given.has("6") ? 6 : given.has("4") ? 4 : 0,
    method,
    numeric: given.has("n"),
    queries,
    firstTtl,
    maxTtl,
    wait: most * 1000,
    pause: pause > 10 ? pause : pause * 1000,
    port: number("p", BASE_PORT[method]),
    sourcePort: given.has("sport") ? number("sport", 0) : undefined,
    protocol: number("P", 253),
    size: size === undefined ? undefined : Math.max(wanted, LEAST[method]),
    tos: number("t", 0) & 255,
    mark: number("fwmark", 0),
    direct: given.has("r"),
    device: given.get("i"),
    source: given.get("s"),
  };
}

function methodOf(given: ReadonlyMap<string, string>): TraceOptions["method"] {
  for (
    const [name, what] of [["g", "-g"], ["A", "-A"], ["mtu", "--mtu"], ["back", "--back"], ["D", "-D"], ["L", "-UL"]]
  ) {
    if (given.has(name as string)) bad(`traceroute: ${what} is not modelled`);
  }
  const module = given.get("M");
  if (module !== undefined) return METHODS[module] ?? bad(`Unknown traceroute module ${module}`);
  if (given.has("O")) bad(`No options for module \`default'`);
  return given.has("I") ? "icmp" : given.has("T") ? "tcp" : given.has("U") ? "udp" : given.has("P") ? "raw" : "default";
}
