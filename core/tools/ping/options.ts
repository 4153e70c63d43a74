/** iputils ping's command line: its options, their bounds, its complaints. */
import { getopt } from "../getopt.ts";
import { PING_USAGE } from "./usage.ts";

/** What was asked for. */
export interface PingOptions {
  readonly family: 0 | 4 | 6;
  readonly target: string;
  readonly count?: number;
  /** Milliseconds. */
  readonly interval: number;
  readonly size: number;
  readonly ttl?: number;
  /** Milliseconds until it ends whatever came (`-w`). */
  readonly deadline?: number;
  /** Milliseconds it waits for answers after the last probe (`-W`). */
  readonly linger: number;
  /** Interface name or address (`-I`). */
  readonly from?: string;
  readonly mark?: number;
  readonly tos?: number;
  readonly preload: number;
  /** `-M`: whether DF is set, refused, or left to the kernel. */
  readonly dontFragment?: boolean;
  readonly pattern?: string;
  readonly numeric: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly flood: boolean;
  readonly adaptive: boolean;
  readonly broadcast: boolean;
  readonly timestamps: boolean;
  readonly outstanding: boolean;
  readonly audible: boolean;
  /** `-B`: the source stays the one found at first, and is told. */
  readonly keepSource: boolean;
  /** `-F`: 20 bits. */
  readonly flow?: number;
  /** `-R`, `-T`, `-N`: said, and without effect. */
  readonly unmodelled: readonly string[];
  /** What is said before anything else. */
  readonly warnings: string;
}

/** What to print instead of running. */
export interface PingStop {
  readonly out?: string;
  readonly err?: string;
  readonly exit: number;
}

const TABLE = { short: "h?4bRT:6F:N:aABc:CdDe:fi:I:l:Lm:M:nOp:qQ:rs:S:t:UvVw:W:" };
const VERSION = "ping from iputils 20221126\n" +
  "libcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes\n";
const PATTERN_BYTES = 16;
const MAX_LONG = "9223372036854775807";
const MAX_INT = "2147483647";

type Draft = { -readonly [K in keyof PingOptions]?: PingOptions[K] };

class Stop extends Error {
  constructor(readonly stop: PingStop) {
    super("stop");
  }
}

/** Reads the arguments, or says why not, as the program of that name. */
export function pingOptions(args: readonly string[], name: string): PingOptions | PingStop {
  const read = readOptions(args, name);
  return "exit" in read && read.err !== undefined ? { ...read, err: read.err.replace(/^ping:/gm, `${name}:`) } : read;
}

function readOptions(args: readonly string[], name: string): PingOptions | PingStop {
  const parsed = getopt(args, TABLE);
  const draft: Draft = { family: name === "ping6" ? 6 : name === "ping4" ? 4 : 0 };
  try {
    for (const { name, value } of parsed.options) take(draft, name, value);
  } catch (error) {
    if (error instanceof Stop) return error.stop;
    throw error;
  }
  const long = args.some((arg) => arg.startsWith("--") && arg.length > 2);
  if (long) return { err: `ping: invalid option -- '-'\n${PING_USAGE}`, exit: 2 };
  if ("problem" in parsed) return { err: `ping: ${parsed.problem}\n${PING_USAGE}`, exit: 2 };
  const families = new Set(parsed.options.map(({ name }) => name).filter((name) => name === "4" || name === "6"));
  if (families.size > 1) return { err: "ping: only one -4 or -6 option may be specified\n", exit: 2 };
  const target = parsed.operands.at(-1);
  const hops = parsed.operands.length > 1 && !target?.includes(":");
  if (hops) return { err: "ping: record route: Operation not permitted\n", exit: 2 };
  if (target === undefined) return { err: "ping: usage error: Destination address required\n", exit: 1 };
  return {
    family: 0,
    interval: draft.flood || draft.adaptive ? 0 : 1000,
    size: 56,
    preload: 1,
    numeric: false,
    quiet: false,
    verbose: false,
    flood: false,
    adaptive: false,
    broadcast: false,
    timestamps: false,
    outstanding: false,
    audible: false,
    keepSource: false,
    unmodelled: [],
    ...draft,
    // A wait of nothing is the one that is meant where none is said.
    linger: draft.linger || 10_000,
    warnings: draft.warnings ?? "",
    target,
  };
}

/** What options with a value, or with something to say, do to the draft. */
const TAKERS: Readonly<Record<string, (draft: Draft, value: string) => void>> = {
  4: (draft) => draft.family = 4,
  6: (draft) => draft.family = 6,
  c: (draft, value) => draft.count = integer(value, 1, MAX_LONG),
  i: (draft, value) => draft.interval = Math.max(0, seconds(draft, value, "bad timing interval")),
  W: (draft, value) => draft.linger = seconds(draft, value, "bad linger time", 0),
  w: (draft, value) => draft.deadline = integer(value, 0, MAX_INT) * 1000,
  s: (draft, value) => draft.size = integer(value, 0, MAX_INT),
  t: (draft, value) => draft.ttl = integer(value, 0, "255"),
  l: (draft, value) => draft.preload = integer(value, 1, "65536"),
  m: (draft, value) => draft.mark = integer(value, 0, MAX_INT),
  Q: (draft, value) => draft.tos = typeOfService(value),
  S: (_draft, value) => integer(value, 0, MAX_INT),
  e: (_draft, value) => integer(value, 0, "65535"),
  T: (draft, value) => {
    if (!["tsonly", "tsandaddr", "tsprespec"].includes(value.split("=")[0] ?? "")) {
      throw new Stop({ err: `ping: invalid timestamp type: ${value}\n`, exit: 2 });
    }
    unmodelled(draft, "T");
  },
  F: (draft, value) => draft.flow = flowLabel(value),
  N: (draft) => unmodelled(draft, "N"),
  R: (draft) => unmodelled(draft, "R"),
  I: (draft, value) => draft.from = value,
  M: (draft, value) => draft.dontFragment = discovery(value),
  p: (draft, value) => draft.pattern = pattern(value),
  V: () => {
    throw new Stop({ out: VERSION, exit: 0 });
  },
  h: stopWithUsage,
  "?": stopWithUsage,
};

function stopWithUsage(): never {
  throw new Stop({ err: PING_USAGE, exit: 2 });
}

function take(draft: Draft, name: string, value: string): void {
  TAKERS[name]?.(draft, value);
  const flag = FLAGS[name];
  if (flag !== undefined) draft[flag as "quiet"] = true;
}

const FLAGS: Readonly<Record<string, keyof PingOptions>> = {
  n: "numeric",
  q: "quiet",
  v: "verbose",
  f: "flood",
  A: "adaptive",
  b: "broadcast",
  D: "timestamps",
  O: "outstanding",
  a: "audible",
  B: "keepSource",
};

function unmodelled(draft: Draft, name: string): void {
  draft.unmodelled = [...draft.unmodelled ?? [], name];
}

/** `-F`: a flow label of 20 bits, decimal or hexadecimal. */
function flowLabel(text: string): number {
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text)) throw new Stop({ err: `ping: bad value for flowinfo: ${text}\n`, exit: 2 });
  const value = Number(text);
  if (value > 0xfffff) throw new Stop({ err: `ping: flow value is greater than 20 bits: ${text}\n`, exit: 2 });
  return value;
}

function integer(text: string, low: number, high: string): number {
  if (!/^[+-]?(0x[0-9a-f]+|\d+)$/i.test(text)) throw new Stop({ err: `ping: invalid argument: '${text}'\n`, exit: 1 });
  const value = Number(text);
  if (value >= low && BigInt(text) <= BigInt(high)) return value;
  const range = `out of range: ${low} <= value <= ${high}`;
  throw new Stop({ err: `ping: invalid argument: '${text}': ${range}\n`, exit: 1 });
}

/** `-Q`: decimal or hexadecimal, a byte. */
function typeOfService(text: string): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (value >= 0 && value <= 255) return value;
  const problem = Number.isNaN(value)
    ? `bad TOS value: ${text}`
    : `the decimal value of TOS bits must be in range 0-255: ${text}`;
  throw new Stop({ err: `ping: ${problem}\n`, exit: 2 });
}

/** Seconds as milliseconds. Garbage behind the number is only warned of; all garbage counts as 0. */
function seconds(draft: Draft, text: string, problem: string, low = -Infinity): number {
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i.exec(text)?.[0] ?? "";
  const garbage = text.slice(number.length);
  if (garbage !== "") {
    draft.warnings = (draft.warnings ?? "") +
      `ping: option argument contains garbage: ${garbage}\nping: this will become fatal error in the future\n`;
  }
  const value = Number(number);
  if (value < low || value > 2147483) throw new Stop({ err: `ping: ${problem}: ${text}\n`, exit: 2 });
  return value * 1000;
}

function discovery(value: string): boolean | undefined {
  if (value === "do" || value === "probe") return true;
  if (value === "dont") return false;
  if (value === "want") return undefined;
  throw new Stop({ err: `ping: invalid -M argument: ${value}\n`, exit: 2 });
}

function pattern(text: string): string {
  if (!/^[0-9a-f]+$/i.test(text)) {
    const rest = text.replace(/^[0-9a-f]+/i, "");
    throw new Stop({ err: `ping: patterns must be specified as hex digits: ${rest}\n`, exit: 2 });
  }
  // Two digits a byte, a single last one alone; sixteen bytes at most.
  const bytes = text.toLowerCase().match(/..?/g) ?? [];
  return bytes.slice(0, PATTERN_BYTES).map((byte) => byte.padStart(2, "0")).join("");
}
