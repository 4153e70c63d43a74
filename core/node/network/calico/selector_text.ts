/**
 * Calico's selectors as people write them:
 *
 *     or      = and *( "||" and )
 *     and     = term *( "&&" term )
 *     term    = "!" term | "(" or ")" | "all()" | "global()" | "has(" KEY ")" | KEY operation
 *     operation = ( "==" | "!=" | "contains" | "starts with" | "ends with" ) STRING | [ "not" ] "in" "{" [ STRING *( "," STRING ) ] "}"
 */
import { TextError } from "../../../base/mod.ts";
import { ALL, type CalicoSelector } from "./selector.ts";

const TOKEN = /\s*(&&|\|\||==|!=|!|\(|\)|\{|\}|,|"[^"]*"|'[^']*'|[A-Za-z0-9_./-]+)/y;

/** Reads one; throws a TextError that says where and what was expected. An empty text selects everything. */
export function parseCalicoSelector(text: string): CalicoSelector {
  const reader = new Reader(text);
  if (reader.peek() === undefined) return ALL;
  const selector = reader.or();
  if (reader.peek() !== undefined) reader.fail("an operator, or the end");
  return selector;
}

class Reader {
  readonly #tokens: { readonly text: string; readonly at: number }[] = [];
  readonly #text: string;
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    TOKEN.lastIndex = 0;
    for (let at = 0; text.slice(at).trim() !== "";) {
      TOKEN.lastIndex = at;
      const found = TOKEN.exec(text);
      if (found === null) {
        const wrong = at + text.slice(at).search(/\S/);
        throw new TextError("selector", 1, wrong + 1, `unexpected ${text[wrong]}`, "a selector");
      }
      this.#tokens.push({ text: found[1] as string, at: at + found[0].length - (found[1] as string).length });
      at = TOKEN.lastIndex;
    }
  }

  peek(): string | undefined {
    return this.#tokens[this.#next]?.text;
  }

  fail(expected: string): never {
    const token = this.#tokens[this.#next];
    throw new TextError(
      "selector",
      1,
      (token?.at ?? this.#text.length) + 1,
      `found ${token?.text ?? "the end"}`,
      expected,
    );
  }

  or(): CalicoSelector {
    return this.#list("||", "or", () => this.#list("&&", "and", () => this.#term()));
  }

  #list(operator: string, op: "and" | "or", each: () => CalicoSelector): CalicoSelector {
    const of = [each()];
    while (this.#take(operator)) of.push(each());
    return of.length === 1 ? of[0] as CalicoSelector : { op, of };
  }

  #take(text: string): boolean {
    if (this.peek() !== text) return false;
    this.#next++;
    return true;
  }

  #must(text: string): void {
    if (!this.#take(text)) this.fail(text);
  }

  #word(expected: string): string {
    const text = this.peek();
    if (text === undefined || !/^[A-Za-z0-9_./-]+$/.test(text)) this.fail(expected);
    this.#next++;
    return text;
  }

  #term(): CalicoSelector {
    if (this.#take("!")) return negated(this.#term());
    if (this.#take("(")) {
      const inner = this.or();
      this.#must(")");
      return inner;
    }
    const key = this.#word("a label, has(), all(), ! or (");
    if (this.peek() === "(" && ["all", "global", "has"].includes(key)) return this.#function(key);
    return this.#operation(key);
  }

  #function(name: string): CalicoSelector {
    this.#must("(");
    const key = name === "has" ? this.#word("a label") : "";
    this.#must(")");
    return name === "has" ? { op: "has", key } : ALL;
  }

  #operation(key: string): CalicoSelector {
    if (this.#take("==")) return { op: "==", key, value: this.#string() };
    if (this.#take("!=")) return { op: "!=", key, value: this.#string() };
    if (this.#take("contains")) return { op: "contains", key, value: this.#string() };
    for (const word of ["starts", "ends"] as const) {
      if (!this.#take(word)) continue;
      this.#must("with");
      return { op: `${word} with`, key, value: this.#string() };
    }
    const not = this.#take("not");
    if (!this.#take("in")) this.fail("==, !=, in, not in, contains, starts with or ends with");
    return { op: not ? "not in" : "in", key, values: this.#set() };
  }

  #string(): string {
    const text = this.peek();
    if (text === undefined || !/^["']/.test(text)) this.fail("a quoted value");
    this.#next++;
    return text.slice(1, -1);
  }

  #set(): string[] {
    this.#must("{");
    const values: string[] = [];
    while (!this.#take("}")) {
      values.push(this.#string());
      if (this.peek() !== "}") this.#must(",");
    }
    return values;
  }
}

/** The opposite, in the form Calico has for it. */
function negated(selector: CalicoSelector): CalicoSelector {
  if (selector.op === "has") return { op: "hasn't", key: selector.key };
  return { op: "not", of: selector };
}
