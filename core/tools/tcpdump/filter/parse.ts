import { FilterComplaint, SYNTAX_ERROR } from "./complaint.ts";
import { type Token, tokens } from "./lexer.ts";
import type { Arithmetic, Expression, Id, Qualifiers } from "./syntax.ts";

/** Names that begin a qualified term or stand alone. */
const PROTOCOLS = new Set(
  "link ether ip ip6 arp rarp tcp udp sctp icmp icmp6 igmp igrp pim vrrp carp ah esp stp".split(" "),
);
/** Keywords of pcap-filter(7) that stand for protocols and features nobody speaks here. */
const UNMODELLED = new Set(
  "protochain byte mpls pppoed pppoes geneve aarp atalk decnet iso ipx netbeui lat moprc mopdl radio".split(" "),
);
const RELATIONS = new Set([">", ">=", "=", "<", "<=", "!="]);
/** Binary operators by strength, weakest first, as libpcap's grammar has them. */
const OPERATORS: readonly (readonly string[])[] = [["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "%"]];

/**
 * Parses a filter expression (pcap-filter(7)); an empty one is undefined.
 *
 *     expression  term { ("and" | "or") (term | id) }              both bind alike, to the left
 *     term        "not" term | "(" expression ")" | [protocol] [direction] [type] id | protocol | comparison
 *                 | [protocol] "broadcast" | "less" N | "vlan" [N] | ...
 *     id          NAME | NUMBER | ADDRESS ["/" N | "mask" ADDRESS] | "(" id { ("and" | "or") id } ")"
 *
 * Throws a {@link FilterComplaint} in libpcap's words.
 */
export function parseFilter(text: string): Expression | undefined {
  const all = tokens(text);
  if (all.length === 0) return undefined;
  const parser = new Parser(all);
  const expression = parser.expression();
  if (parser.peek() !== undefined) throw new FilterComplaint(SYNTAX_ERROR);
  return expression;
}

class Parser {
  #at = 0;
  /** What a bare id after `and` and `or` is taken for: as the one before it. */
  #last: Qualifiers | undefined;

  constructor(readonly all: readonly Token[]) {}

  peek(ahead = 0): Token | undefined {
    return this.all[this.#at + ahead];
  }

  expression(): Expression {
    let left = this.#term();
    for (;;) {
      const kind = this.#accept("and", "or");
      if (kind === undefined) return left;
      left = { kind: kind as "and" | "or", left, right: this.#term() };
    }
  }

  #word(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.kind === "word" && token.text === text;
  }

  #accept(...words: readonly string[]): string | undefined {
    const word = words.find((each) => this.#word(each));
    if (word !== undefined) this.#at++;
    return word;
  }

  #expect(word: string): void {
    if (this.#accept(word) === undefined) throw new FilterComplaint(SYNTAX_ERROR);
  }

  #term(): Expression {
    if (this.#accept("not") !== undefined) return { kind: "not", of: this.#term() };
    const comparison = this.#comparison();
    if (comparison !== undefined) return comparison;
    if (this.#accept("(") !== undefined) {
      const inner = this.expression();
      this.#expect(")");
      return inner;
    }
    const token = this.peek();
    if (token === undefined) throw new FilterComplaint(SYNTAX_ERROR);
    if (token.kind !== "word") {
      if (this.#last === undefined) throw new FilterComplaint(SYNTAX_ERROR);
      return this.#ids(this.#last);
    }
    if (UNMODELLED.has(token.text)) throw new FilterComplaint(`'${token.text}' is not modelled`);
    return this.#other(token.text) ?? this.#qualified();
  }

  /** Terms that are a keyword of their own. */
  #other(word: string): Expression | undefined {
    const number = (): number => Number(this.#token("number").text);
    switch (word) {
      case "less":
      case "greater": {
        this.#at++;
        const right = { kind: "number", value: number() } as const;
        return { kind: "compare", operator: word === "less" ? "<=" : ">=", left: { kind: "length" }, right };
      }
      case "inbound":
      case "outbound":
        this.#at++;
        return { kind: "direction", outgoing: word === "outbound" };
      case "ifindex":
        this.#at++;
        return { kind: "ifindex", index: number() };
      case "vlan": {
        this.#at++;
        if (this.peek()?.kind !== "number") return { kind: "vlan" };
        const id = number();
        if (id > 4095) throw new FilterComplaint(`VLAN tag ${id} greater than maximum 4095`);
        return { kind: "vlan", id };
      }
      default:
        return undefined;
    }
  }

  /** `tcp src port 80`, `ether broadcast`, `icmp`. */
  #qualified(): Expression {
    const protocol = PROTOCOLS.has(this.peek()?.text ?? "") ? this.#token("word").text : undefined;
    const cast = this.#accept("broadcast", "multicast") as "broadcast" | "multicast" | undefined;
    if (cast !== undefined) return { kind: "cast", to: cast, ...(protocol !== undefined && { protocol }) };
    const direction = this.#direction();
    const type = this.#accept("host", "net", "portrange", "port", "proto") as Qualifiers["type"];
    if (this.#accept("gateway") !== undefined) {
      throw new FilterComplaint("'gateway' not supported in this configuration");
    }
    const next = this.peek();
    if (UNMODELLED.has(next?.text ?? "") && next?.kind === "word") {
      throw new FilterComplaint(`'${next.text}' is not modelled`);
    }
    if (direction === undefined && type === undefined) {
      if (protocol === undefined) throw new FilterComplaint(SYNTAX_ERROR);
      this.#last = undefined;
      return { kind: "protocol", name: protocol };
    }
    const qualifiers = {
      ...(protocol !== undefined && { protocol }),
      ...(direction !== undefined && { direction }),
      ...(type !== undefined && { type }),
    };
    this.#last = qualifiers;
    return this.#ids(qualifiers);
  }

  #direction(): Qualifiers["direction"] {
    const first = this.#accept("src", "dst");
    if (first === undefined) return undefined;
    const other = first === "src" ? "dst" : "src";
    const both = ["or", "and"].find((word) => this.#word(word) && this.#word(other, 1));
    if (both === undefined) return first as "src" | "dst";
    this.#at += 2;
    return `src ${both as "or" | "and"} dst`;
  }

  /** An id, or several in parentheses. */
  #ids(qualifiers: Qualifiers): Expression {
    if (this.#accept("not") !== undefined) return { kind: "not", of: this.#ids(qualifiers) };
    if (this.#accept("(") === undefined) return { kind: "match", qualifiers, id: this.#id() };
    let left = this.#ids(qualifiers);
    for (;;) {
      const kind = this.#accept("and", "or");
      if (kind === undefined) break;
      left = { kind: kind as "and" | "or", left, right: this.#ids(qualifiers) };
    }
    this.#expect(")");
    return left;
  }

  #id(): Id {
    const token = this.peek();
    if (token === undefined || token.kind === "word") throw new FilterComplaint(SYNTAX_ERROR);
    this.#at++;
    const id: Id = { kind: token.kind, text: token.text };
    if (id.kind !== "ip4" && id.kind !== "ip6" && id.kind !== "number") return id;
    if (this.#accept("/") !== undefined) return { ...id, length: Number(this.#token("number").text) };
    if (this.#accept("mask") !== undefined) return { ...id, mask: this.#token("ip4").text };
    return id;
  }

  #token(kind: Token["kind"]): Token {
    const token = this.peek();
    if (token?.kind !== kind) throw new FilterComplaint(SYNTAX_ERROR);
    this.#at++;
    return token;
  }

  /** `tcp[13] & 2 != 0`; undefined, and nothing taken, where what follows is none. */
  #comparison(): Expression | undefined {
    const start = this.#at;
    const left = this.#arithmetic(0);
    const operator = left && this.peek()?.kind === "word" && RELATIONS.has(this.peek()?.text ?? "")
      ? this.#token("word").text
      : undefined;
    const right = operator === undefined ? undefined : this.#arithmetic(0);
    if (left === undefined || operator === undefined) {
      this.#at = start;
      return undefined;
    }
    if (right === undefined) throw new FilterComplaint(SYNTAX_ERROR);
    this.#last = undefined;
    return { kind: "compare", operator, left, right };
  }

  #arithmetic(strength: number): Arithmetic | undefined {
    const operators = OPERATORS[strength];
    if (operators === undefined) return this.#operand();
    let left = this.#arithmetic(strength + 1);
    while (left !== undefined) {
      const operator = this.#accept(...operators);
      if (operator === undefined) return left;
      const right = this.#arithmetic(strength + 1);
      if (right === undefined) return undefined;
      left = { kind: "operation", operator, left, right };
    }
    return undefined;
  }

  #operand(): Arithmetic | undefined {
    const token = this.peek();
    if (token === undefined) return undefined;
    if (token.kind === "number") {
      this.#at++;
      return { kind: "number", value: Number(token.text) };
    }
    if (token.kind !== "word") return undefined;
    if (this.#accept("len") !== undefined) return { kind: "length" };
    if (this.#accept("-") !== undefined) {
      const of = this.#operand();
      return of && { kind: "minus", of };
    }
    if (this.#accept("(") !== undefined) {
      const inner = this.#arithmetic(0);
      return inner !== undefined && this.#accept(")") !== undefined ? inner : undefined;
    }
    return PROTOCOLS.has(token.text) && this.#word("[", 1) ? this.#load(token.text) : undefined;
  }

  #load(protocol: string): Arithmetic {
    this.#at += 2;
    const at = this.#arithmetic(0);
    const size = this.#accept(":") === undefined ? 1 : Number(this.#token("number").text);
    this.#expect("]");
    if (at === undefined) throw new FilterComplaint(SYNTAX_ERROR);
    if (![1, 2, 4].includes(size)) throw new FilterComplaint("data size must be 1, 2, or 4");
    return { kind: "load", protocol, at, size };
  }
}
