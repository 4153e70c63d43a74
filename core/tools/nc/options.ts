/** netcat-openbsd's command line. */
import type { Process } from "../../linux/mod.ts";
import { getopt, has, type Option, valueOf } from "../getopt.ts";
import { servicePort } from "../place.ts";
import { NC_HELP, NC_USAGE } from "./usage.ts";

/** What was asked for. */
export interface NcOptions {
  readonly family: 0 | 4 | 6;
  readonly listen: boolean;
  readonly keep: boolean;
  readonly udp: boolean;
  readonly verbose: boolean;
  readonly scan: boolean;
  readonly numeric: boolean;
  readonly shutdown: boolean;
  readonly noStdin: boolean;
  readonly crlf: boolean;
  /** Milliseconds; undefined for ever. */
  readonly timeout?: number;
  /** Milliseconds after the end of standard input; undefined where -q was not given. */
  readonly quit?: number;
  /** Milliseconds between lines and ports. */
  readonly interval: number;
  readonly receiveLimit?: number;
  readonly fromPort?: number;
  readonly from?: string;
  readonly ttl?: number;
  readonly tos?: number;
  readonly host?: string;
  readonly ports: readonly number[];
}

/** Options netcat has that change nothing here; named when used. */
const NC_UNMODELLED: readonly string[] = ["F", "I", "O", "P", "S", "U", "V", "X", "x", "Z", "m"];

const TABLE = { short: "46bCDdFhI:i:klM:m:NnO:P:p:q:rSs:T:tUuV:vW:w:X:x:Zz" };

/** Reads the arguments, or gives the exit status after saying why not. */
export function ncOptions(process: Process): NcOptions | number {
  const parsed = getopt(process.argv.slice(1), TABLE);
  const long = process.argv.some((word) => word.startsWith("--") && word.length > 2);
  if (long) return (process.err(`nc: invalid option -- '-'\n${NC_USAGE}`), 1);
  if ("problem" in parsed) return (process.err(`nc: ${parsed.problem}\n${NC_USAGE}`), 1);
  const { options, operands } = parsed;
  if (has(options, "h")) {
    process.err(`OpenBSD netcat (Debian patchlevel 1.219-1)\n${NC_USAGE}${NC_HELP}`);
    return 0;
  }
  const listens = has(options, "l");
  if (listens && has(options, "z")) return (process.err("nc: cannot use -z and -l\n"), 1);
  if (valueOf(options, "X") !== undefined && !["4", "5", "connect"].includes(valueOf(options, "X") ?? "")) {
    return (process.err("nc: unsupported proxy protocol\n"), 1);
  }
  const bare = operands.length === 0 && !listens;
  const both = listens && has(options, "p") && operands.length > 0;
  if ((bare && !has(options, "U")) || both) return (process.err(NC_USAGE), 1);
  const say = (text: string) => (process.err(`nc: ${text}\n`), 1);
  if (valueOf(options, "V") !== undefined) return say("no alternate routing table support available");
  for (const [name, what] of WINDOWS) {
    const text = valueOf(options, name);
    if (text !== undefined && !/^\d+$/.test(text)) return say(`TCP ${what} window invalid: ${text}`);
  }
  if (has(options, "U") && !listens && operands[0] !== undefined) {
    return say(`${operands[0]}: No such file or directory`);
  }
  if (listens && operands.length > 2) return (process.err(NC_USAGE), 1);
  const numbers = numbersOf(options);
  if (typeof numbers === "string") return say(numbers);
  const where = placeOf(process, options, operands);
  if (typeof where === "string") return say(where);
  for (const { name } of options.filter((option) => NC_UNMODELLED.includes(option.name))) {
    process.err(`nc: option -${name} is not modelled and has no effect\n`);
  }
  return {
    family: has(options, "6") ? 6 : has(options, "4") ? 4 : 0,
    listen: has(options, "l"),
    keep: has(options, "k"),
    udp: has(options, "u"),
    verbose: has(options, "v"),
    scan: has(options, "z"),
    numeric: has(options, "n"),
    shutdown: has(options, "N"),
    noStdin: has(options, "d"),
    crlf: has(options, "C"),
    ...numbers,
    ...where,
    ...(valueOf(options, "s") === undefined ? {} : { from: valueOf(options, "s") as string }),
  };
}

/** Window sizes, which are read and have no effect. */
const WINDOWS = [["I", "receive"], ["O", "send"]] as const;

type Numbers = Pick<NcOptions, "timeout" | "quit" | "interval" | "receiveLimit" | "ttl" | "tos">;

function numbersOf(options: readonly Option[]): Numbers | string {
  const found: { -readonly [K in keyof Numbers]: Numbers[K] } = { interval: 0 };
  const rows: readonly (readonly [letter: string, what: string, take: (value: number) => void])[] = [
    ["w", "timeout", (value) => found.timeout = value * 1000],
    ["q", "quit timer", (value) => found.quit = value * 1000],
    ["i", "interval", (value) => found.interval = value * 1000],
    ["W", "receive limit", (value) => found.receiveLimit = value],
    ["M", "ttl", (value) => found.ttl = value],
    ["T", "tos", (value) => found.tos = value],
  ];
  for (const [letter, what, take] of rows) {
    const text = valueOf(options, letter);
    if (text === undefined) continue;
    const number = TOS[text.toLowerCase()] !== undefined && letter === "T"
      ? TOS[text.toLowerCase()] as number
      : Number(text);
    if (!/^-?(0x[0-9a-f]+|\d+)$/i.test(text) && Number.isNaN(number)) {
      return letter === "T" ? `illegal tos value ${text}` : `${what} invalid: ${text}`;
    }
    if (letter === "w" && number < 0) return `timeout too small: ${text}`;
    if (letter === "M" && number > 255) return "ttl is too large";
    // A negative -q is "never", as without it.
    if (letter !== "q" || number >= 0) take(number);
  }
  return found;
}

const TOS: Readonly<Record<string, number>> = {
  lowdelay: 0x10,
  throughput: 0x08,
  reliability: 0x04,
  critical: 0xb8,
  inetcontrol: 0xc0,
  netcontrol: 0xe0,
  ef: 0xb8,
  af11: 0x28,
  af21: 0x48,
  af31: 0x68,
  af41: 0x88,
  cs1: 0x20,
  cs2: 0x40,
  cs3: 0x60,
};

type Where = Pick<NcOptions, "host" | "ports" | "fromPort">;

/** Host and ports, where a listener may do with `-p PORT` or `PORT` alone. */
function placeOf(process: Process, options: readonly Option[], operands: readonly string[]): Where | string {
  const listen = has(options, "l");
  const protocol = has(options, "u") ? "udp" : "tcp";
  const given = valueOf(options, "p");
  // getaddrinfo(3) reads it: a number of any size, of which 16 bits count, or a service.
  const own = given === undefined ? undefined : servicePort(process, given, protocol);
  if (given !== undefined && own === undefined) return "getaddrinfo: Servname not supported for ai_socktype";
  if (listen) {
    if (own !== undefined && operands.length <= 1) {
      return { ports: [own & 0xffff], ...(operands[0] === undefined ? {} : { host: operands[0] }) };
    }
    const [first, second] = operands;
    if (first === undefined) return "missing port number";
    const port = servicePort(process, second ?? first, protocol);
    if (port === undefined) return "getaddrinfo: Servname not supported for ai_socktype";
    return { ports: [port & 0xffff], ...(second === undefined ? {} : { host: first }) };
  }
  const [host, ...ports] = operands;
  if (host === undefined || ports.length === 0) return "missing port number";
  const all: number[] = [];
  for (const text of ports) {
    const range = rangeOf(process, text, protocol);
    if (typeof range === "string") return range;
    all.push(...range);
  }
  return { host, ports: all, ...(own === undefined ? {} : { fromPort: own & 0xffff }) };
}

function rangeOf(process: Process, text: string, protocol: "tcp" | "udp"): readonly number[] | string {
  const dash = text.indexOf("-");
  if (dash <= 0 || servicePort(process, text, protocol) !== undefined) {
    const port = portOf(process, text, protocol);
    return typeof port === "string" ? port : [port];
  }
  const [from, to] = [text.slice(0, dash), text.slice(dash + 1)].map((part) => portOf(process, part, protocol));
  if (typeof from === "string") return from;
  if (typeof to === "string") return to;
  const [low, high] = [Math.min(from as number, to as number), Math.max(from as number, to as number)];
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}

function portOf(process: Process, text: string, protocol: "tcp" | "udp"): number | string {
  const port = servicePort(process, text, protocol);
  if (port === undefined) return `port number invalid: ${text}`;
  if (port > 65535) return `port number too large: ${text}`;
  return port < 1 ? `port number too small: ${text}` : port;
}
