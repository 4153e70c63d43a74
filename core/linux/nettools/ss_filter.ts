/**
 * ss's filter (ss(8)):
 *
 *     filter = { "state" STATE | "exclude" STATE } [ expression ]
 *     expression = term { [ "and" | "&" | "&&" ] term | ( "or" | "|" | "||" ) term }
 *     term = [ "not" | "!" ] ( "(" expression ")" | ( "dst" | "src" ) [OP] HOST | ( "dport" | "sport" ) [OP] PORT | HOST )
 *     OP = "=" "==" "eq" "!=" "ne" "neq" ">" "gt" "<" "lt" ">=" "ge" "geq" "<=" "le" "leq"
 *     HOST = prefix [ ":" PORT ] | [ "*" ] ":" PORT          PORT = [":"] number or service
 */
import type { SocketView } from "../../../wasm/mod.ts";
import { type Cidr, contains, parseCidr, parseIp } from "../../base/mod.ts";
import type { Files } from "../process.ts";
import { servicePort } from "./hosts.ts";

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
export function parseFilter(files: Files, operands: readonly string[], initial: ReadonlySet<string>): Filter {
  const words = operands.flatMap((operand) => operand.trim().split(/\s+/)).filter((word) => word !== "")
    .flatMap((word) => word.split(/([()])/).filter((part) => part !== ""));
  let states: Set<string> | undefined;
  while (words[0] === "state" || words[0] === "exclude") {
    const [verb, word = ""] = words.splice(0, 2);
    if (word === "") throw new BadFilter(255, "ss: no state specified\n");
    const named = statesOf(word);
    if (verb === "state") states = new Set([...(states ?? []), ...named]);
    else {
      const rest = states ?? new Set(initial);
      for (const state of named) rest.delete(state);
      states = rest;
    }
  }
  const parser = new ExpressionParser(files, words);
  return { states, condition: words.length === 0 ? () => true : parser.expression() };
}

const OPERATORS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "=": (a, b) => a === b,
  "==": (a, b) => a === b,
  eq: (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ne: (a, b) => a !== b,
  neq: (a, b) => a !== b,
  ">": (a, b) => a > b,
  gt: (a, b) => a > b,
  "<": (a, b) => a < b,
  lt: (a, b) => a < b,
  ">=": (a, b) => a >= b,
  ge: (a, b) => a >= b,
  geq: (a, b) => a >= b,
  "<=": (a, b) => a <= b,
  le: (a, b) => a <= b,
  leq: (a, b) => a <= b,
};
const PORT_PROBLEM = (word: string): BadFilter => {
  return new BadFilter(1, `Error: "${word}" does not look like a port.\nCannot parse dst/src address.\n`);
};

class ExpressionParser {
  constructor(readonly files: Files, readonly words: string[]) {}

  expression(): Condition {
    let left = this.#conjunction();
    while (["or", "|", "||"].includes(this.words[0] ?? "")) {
      this.words.shift();
      const [a, b] = [left, this.#conjunction()];
      left = (socket) => a(socket) || b(socket);
    }
    return left;
  }

  #conjunction(): Condition {
    let left = this.#term();
    while (this.words.length > 0 && !["or", "|", "||", ")"].includes(this.words[0] ?? "")) {
      if (["and", "&", "&&"].includes(this.words[0] ?? "")) this.words.shift();
      const [a, b] = [left, this.#term()];
      left = (socket) => a(socket) && b(socket);
    }
    return left;
  }

  #term(): Condition {
    const word = this.words.shift() ?? "";
    if (word === "not" || word === "!") {
      const inner = this.#term();
      return (socket) => !inner(socket);
    }
    if (word === "(") {
      const inner = this.expression();
      this.words.shift();
      return inner;
    }
    if (word === "sport" || word === "dport") return this.#port(word);
    if (word === "src" || word === "dst") return this.#host(word, this.words.shift() ?? "");
    return this.#host("dst", word);
  }

  #port(which: "sport" | "dport"): Condition {
    const operator = OPERATORS[this.words[0] ?? ""];
    if (operator !== undefined) this.words.shift();
    const compare = operator ?? OPERATORS["="] as (a: number, b: number) => boolean;
    const port = this.#portNumber(this.words.shift() ?? "");
    return (socket) => compare(which === "sport" ? socket.localPort : socket.remotePort, port);
  }

  #portNumber(word: string): number {
    const text = word.slice(word.lastIndexOf(":") + 1);
    const port = /^\d+$/.test(text) ? Number(text) : servicePort(this.files, text);
    if (port === undefined || port > 65535) throw PORT_PROBLEM(text);
    return port;
  }

  #host(which: "src" | "dst", first: string): Condition {
    const negated = ["!=", "ne", "neq"].includes(first);
    const word = OPERATORS[first] === undefined ? first : this.words.shift() ?? "";
    const { prefix, port } = this.#splitHost(word);
    return (socket) => {
      const address = parseIp((which === "src" ? socket.local : socket.remote).replace(/^\*$/, "0.0.0.0"));
      const host = prefix === undefined || (address !== undefined && contains(prefix, address));
      const fits = host && (port === undefined || (which === "src" ? socket.localPort : socket.remotePort) === port);
      return fits !== negated;
    };
  }

  #splitHost(word: string): { readonly prefix: Cidr | undefined; readonly port: number | undefined } {
    const bracketed = /^\[(.*)\](?::(.*))?$/.exec(word);
    const plain = word.split(":").length === 2 ? /^([^:]*):(.*)$/.exec(word) : null;
    const host = bracketed?.[1] ?? plain?.[1] ?? word;
    const service = bracketed?.[2] ?? plain?.[2];
    const prefix = host === "" || host === "*" ? undefined : parseCidr(host);
    if (prefix === undefined && host !== "" && host !== "*") {
      throw new BadFilter(
        1,
        `Error: an inet prefix is expected rather than "${host}".\nCannot parse dst/src address.\n`,
      );
    }
    const port = service === undefined || service === "" || service === "*" ? undefined : this.#portNumber(service);
    return { prefix, port };
  }
}
