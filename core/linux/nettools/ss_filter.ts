/**
 * ss's filter (ss(8)):
 *
 *     filter = { "state" STATE | "exclude" STATE } [ expression ]
 *     expression = term { [ "and" | "&" | "&&" ] term | ( "or" | "|" | "||" ) term }
 *     term = [ "not" | "!" ] ( "(" expression ")" | ( "dst" | "src" ) [EQ] HOST | ( "dport" | "sport" ) [OP] PORT
 *            | "dev" [EQ] DEVICE | "fwmark" [EQ] MARK[/MASK] | "cgroup" [EQ] PATH | "autobound" )
 *     EQ = "=" "==" "eq" "!=" "ne" "neq"      OP = EQ ">" "gt" "<" "lt" ">=" "ge" "geq" "<=" "le" "leq"
 *     HOST = [ FAMILY ":" ] ( prefix [ ":" PORT ] | [ "*" ] ":" PORT )          PORT = [":"] number or service
 */
import type { SocketView } from "../../../wasm/mod.ts";
import { type Cidr, contains, parseCidr, parseIp } from "../../base/mod.ts";
import type { Files } from "../process.ts";
import { servicePort } from "./hosts.ts";
import { SS_USAGE } from "./ss_usage.ts";

/** A filter that cannot be read: what ss says, and its exit status. */
export class BadFilter extends Error {
  constructor(readonly status: number, readonly text: string) {
    super(text);
  }
}

/** Whether a socket is wanted. */
export type Condition = (socket: SocketView) => boolean;

/** What a filter says: the states it names (undefined: none), those it excludes, and its condition. */
export interface Filter {
  readonly states: ReadonlySet<string> | undefined;
  readonly condition: Condition;
}

const CONNECTED = [
  "ESTAB",
  "SYN-SENT",
  "SYN-RECV",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "TIME-WAIT",
  "CLOSE-WAIT",
  "LAST-ACK",
  "CLOSING",
];
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  all: [...CONNECTED, "LISTEN", "UNCONN"],
  connected: CONNECTED,
  synchronized: CONNECTED.filter((state) => state !== "SYN-SENT"),
  bucket: ["TIME-WAIT", "SYN-RECV"],
  big: [...CONNECTED, "LISTEN", "UNCONN"].filter((state) => state !== "TIME-WAIT" && state !== "SYN-RECV"),
  established: ["ESTAB"],
  listening: ["LISTEN"],
  closed: ["UNCONN"],
  unconnected: ["UNCONN"],
};

/** Where a filter is read: services are named in files, devices in a namespace. */
export interface FilterPlace {
  readonly files: Files;
  device(name: string): number | undefined;
}

/** The states of a word of `state` or `exclude`. */
function statesOf(word: string): readonly string[] {
  const name = word.toLowerCase();
  const group = GROUPS[name];
  if (group !== undefined) return group;
  const one = [...CONNECTED, "LISTEN", "UNCONN"].find((state) => state.toLowerCase() === name.replaceAll("_", "-"));
  if (one === undefined) throw new BadFilter(255, `ss: wrong state name: ${word}\n`);
  return [one];
}

/** Reads the operands of ss. `states` starts from `initial` when words only exclude. */
export function parseFilter(place: FilterPlace, operands: readonly string[], initial: ReadonlySet<string>): Filter {
  const words = operands.flatMap((operand) => operand.trim().split(/\s+/)).filter((word) => word !== "")
    .flatMap((word) => word.split(/([()])/).filter((part) => part !== ""));
  let states: Set<string> | undefined;
  while (words[0] === "state" || words[0] === "exclude") {
    const [verb, word = ""] = words.splice(0, 2);
    if (word === "") throw new BadFilter(255, 'Command line is not complete. Try option "help"\n');
    const named = statesOf(word);
    if (verb === "state") states = new Set([...(states ?? []), ...named]);
    else {
      const rest = states ?? new Set(initial);
      for (const state of named) rest.delete(state);
      states = rest;
    }
  }
  return { states, condition: words.length === 0 ? () => true : new ExpressionParser(place, words).whole() };
}

type Compare = (a: number, b: number) => boolean;
const EQUAL: Compare = (a, b) => a === b;
const UNEQUAL: Compare = (a, b) => a !== b;
/** Each operator with its words, and whether more than ports know it. */
const OPERATORS: readonly { readonly words: readonly string[]; readonly compare: Compare; readonly any: boolean }[] = [
  { words: ["=", "==", "eq"], compare: EQUAL, any: true },
  { words: ["!=", "ne", "neq"], compare: UNEQUAL, any: true },
  { words: [">", "gt"], compare: (a, b) => a > b, any: false },
  { words: ["<", "lt"], compare: (a, b) => a < b, any: false },
  { words: [">=", "ge", "geq"], compare: (a, b) => a >= b, any: false },
  { words: ["<=", "le", "leq"], compare: (a, b) => a <= b, any: false },
];
const AND = ["and", "&", "&&"];
const OR = ["or", "|", "||"];
const NOT = ["not", "!"];
const SUBJECTS = ["src", "dst", "sport", "dport", "dev", "fwmark", "cgroup", "autobound"];
/** Words that are never an operand. */
const RESERVED = new Set([...AND, ...OR, ...NOT, ...SUBJECTS, "(", ")", ...OPERATORS.flatMap(({ words }) => words)]);
const BELLOW = 'ss: bison bellows (while parsing filter): "syntax error!" Sorry.\n';

function syntaxError(): never {
  throw new BadFilter(255, BELLOW + SS_USAGE);
}

class ExpressionParser {
  constructor(readonly place: FilterPlace, readonly words: string[]) {}

  /** An expression with nothing behind it. */
  whole(): Condition {
    const condition = this.#expression();
    return this.words.length === 0 ? condition : syntaxError();
  }

  #expression(): Condition {
    let left = this.#conjunction();
    while (this.#takes(OR)) {
      const [a, b] = [left, this.#conjunction()];
      left = (socket) => a(socket) || b(socket);
    }
    return left;
  }

  #conjunction(): Condition {
    let left = this.#term();
    while (this.#takes(AND) || (this.words.length > 0 && ![...OR, ")"].includes(this.words[0] ?? ""))) {
      const [a, b] = [left, this.#term()];
      left = (socket) => a(socket) && b(socket);
    }
    return left;
  }

  #takes(words: readonly string[]): boolean {
    const there = words.includes(this.words[0] ?? "");
    if (there) this.words.shift();
    return there;
  }

  #term(): Condition {
    if (this.#takes(NOT)) {
      const inner = this.#term();
      return (socket) => !inner(socket);
    }
    if (this.#takes(["("])) {
      const inner = this.#expression();
      return this.#takes([")"]) ? inner : syntaxError();
    }
    const subject = this.words.shift() ?? syntaxError();
    if (subject === "sport" || subject === "dport") return this.#port(subject);
    if (subject === "src" || subject === "dst") return this.#host(subject);
    if (subject === "dev") return this.#device();
    if (subject === "fwmark") return this.#mark();
    if (subject === "autobound") return () => false;
    if (subject === "cgroup") return this.#cgroup();
    if (!RESERVED.has(subject)) this.#splitHost(subject);
    return syntaxError();
  }

  #compare(any: boolean): Compare {
    const operator = OPERATORS.find(({ words }) => words.includes(this.words[0] ?? ""));
    if (operator === undefined) return EQUAL;
    if (any && !operator.any) syntaxError();
    this.words.shift();
    return operator.compare;
  }

  #operand(): string {
    const word = this.words.shift() ?? syntaxError();
    return RESERVED.has(word) ? syntaxError() : word;
  }

  #port(which: "sport" | "dport"): Condition {
    const compare = this.#compare(false);
    const port = this.#portNumber(this.#operand().replace(/^:/, ""));
    return (socket) => compare(which === "sport" ? socket.localPort : socket.remotePort, port);
  }

  #portNumber(text: string): number {
    const port = /^(\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : servicePort(this.place.files, text);
    if (port !== undefined) return port;
    throw new BadFilter(1, `Error: "${text}" does not look like a port.\nCannot parse dst/src address.\n`);
  }

  #device(): Condition {
    const compare = this.#compare(true);
    const dev = this.place.device(this.#operand());
    if (dev === undefined) throw new BadFilter(1, "Cannot parse device.\n");
    return (socket) => compare(socket.dev, dev);
  }

  #mark(): Condition {
    const compare = this.#compare(true);
    const [mark = NaN, mask = 0xffff_ffff] = this.#operand().split("/").map(Number);
    if (Number.isNaN(mark) || Number.isNaN(mask)) throw new BadFilter(1, "Cannot parse mark.\n");
    return (socket) => compare((socket.mark & mask) >>> 0, mark);
  }

  /** Nothing here is in a control group: the root one has them all. */
  #cgroup(): Condition {
    const compare = this.#compare(true);
    const root = this.#operand() === "/";
    return () => compare(root ? 0 : 1, 0);
  }

  #host(which: "src" | "dst"): Condition {
    const compare = this.#compare(true);
    const { prefix, port } = this.#splitHost(this.#operand());
    return (socket) => {
      const address = parseIp((which === "src" ? socket.local : socket.remote).replace(/^\*$/, "0.0.0.0"));
      const host = prefix === undefined || (address !== undefined && contains(prefix, address));
      const fits = host && (port === undefined || (which === "src" ? socket.localPort : socket.remotePort) === port);
      return compare(fits ? 1 : 0, 1);
    };
  }

  /** `HOST`: what is behind its last colon is the port, unless it stands in brackets. */
  #splitHost(word: string): { readonly prefix: Cidr | undefined; readonly port: number | undefined } {
    const text = word.replace(/^inet6?:/, "");
    const parts = /^\[(.*)\](?::(.*))?$/.exec(text) ?? /^(.*):([^:]*)$/.exec(text);
    const host = parts?.[1] ?? text;
    const service = parts?.[2] ?? "";
    const port = service === "" || service.startsWith("*") ? undefined : this.#portNumber(service);
    if (host === "" || host.startsWith("*")) return { prefix: undefined, port };
    const prefix = parseCidr(host);
    if (prefix !== undefined) return { prefix, port };
    throw new BadFilter(
      1,
      `Error: an inet prefix is expected rather than "${host}".\nCannot parse dst/src address.\n`,
    );
  }
}
