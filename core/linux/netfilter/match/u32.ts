import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Extension } from "../extension.ts";

type Operator = "" | "&" | "<<" | ">>" | "@";

interface Test {
  /** Steps of the location; the first has no operator. */
  readonly location: readonly { readonly op: Operator; readonly number: number }[];
  readonly values: readonly (readonly [number, number])[];
}

/** `-m u32`. */
export interface U32Match {
  readonly match: "u32";
  readonly tests: readonly Test[];
  readonly not: boolean;
}

const LIMIT = 10;

/** Walks a u32 expression: `tests := location "=" value ("&&" location "=" value)*`. */
class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  skip(): string {
    while (this.text[this.#at] === " ") this.#at++;
    return this.text[this.#at] ?? "";
  }

  take(word: string): boolean {
    if (!this.text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  fail(problem: string): never {
    return usage(`u32: at char ${this.#at}: ${problem}`);
  }

  number(): number {
    this.skip();
    const found = /^(0[xX][0-9a-fA-F]+|\d+)/.exec(this.text.slice(this.#at))?.[0];
    const value = found === undefined ? NaN : /^0[0-7]+$/.test(found) ? parseInt(found, 8) : Number(found);
    if (found === undefined || !(value <= 0xffff_ffff)) return this.fail("not a number or out of range");
    this.#at += found.length;
    return value;
  }
}

function readLocation(reader: Reader): Test["location"] {
  const steps: { op: Operator; number: number }[] = [];
  let op: Operator = "";
  for (;;) {
    steps.push({ op, number: reader.number() });
    const next = reader.skip();
    if (next === "") usage("u32: abrupt end of input after location specifier");
    if (reader.take("=")) return steps;
    if (steps.length >= LIMIT) reader.fail("too many operators");
    op = readOperator(reader, next);
  }
}

function readOperator(reader: Reader, next: string): Operator {
  for (const op of ["<<", ">>", "@", "&"] as const) if (reader.take(op)) return op;
  if (next === "<" || next === ">") return reader.fail(`a second '${next}' was expected`);
  return reader.fail("operator expected");
}

/** The values of one test; true when another test follows. */
function readValues(reader: Reader, values: (readonly [number, number])[]): boolean {
  for (;;) {
    if (reader.skip() === "") usage("u32: test ended with no value specified");
    const low = reader.number();
    reader.skip();
    values.push([low, reader.take(":") ? reader.number() : low]);
    const next = reader.skip();
    if (next === "") return false;
    if (reader.take("&&")) return true;
    if (next === "&") reader.fail("a second '&' was expected");
    if (!reader.take(",")) reader.fail('expected "," or "&&"');
    if (values.length >= LIMIT) reader.fail('too many ","s');
  }
}

function parseTests(text: string): Test[] {
  const reader = new Reader(text);
  const tests: Test[] = [];
  for (let more = true; more;) {
    if (tests.length >= LIMIT) reader.fail('too many "&&"s');
    const location = readLocation(reader);
    const values: (readonly [number, number])[] = [];
    more = readValues(reader, values);
    tests.push({ location, values });
  }
  return tests;
}

const hex = (number: number) => "0x" + number.toString(16);

function printTests(tests: readonly Test[]): string {
  const one = ({ location, values }: Test) =>
    location.map(({ op, number }) => op + hex(number)).join("") + "=" +
    values.map(([low, high]) => low === high ? hex(low) : `${hex(low)}:${hex(high)}`).join(",");
  return tests.map(one).join("&&");
}

const OPERATORS = { "": 0, "&": 0, "<<": 1, ">>": 2, "@": 3 };

/** libxt_u32. */
export const u32: Extension<U32Match> = {
  name: "u32",
  op: OP.U32,
  options: [{
    names: ["u32"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, text, { not }) => Object.assign(draft, { tests: parseTests(text), not }),
  }],
  start: () => ({ match: "u32", tests: [], not: false }),
  save: (m) => `${m.not ? " !" : ""} --u32 "${printTests(m.tests)}"`,
  list: (m) => ` u32 ${m.not ? "! " : ""}"${printTests(m.tests)}"`,
  inverted: (m) => m.not,
  encode(m, out) {
    for (const { location, values } of m.tests) {
      out.word(location.length);
      for (const { op, number } of location) out.push(number, OPERATORS[op]);
      out.word(values.length);
      for (const pair of values) out.push(...pair);
    }
  },
};
