/** What Go's encoding/json says of a text that is no JSON: the first character that does not fit, and where it stood. */

const ENDED = "unexpected end of JSON input";

/** What comes next: a value, a key, or what stands behind them. */
type Next = "value" | "firstItem" | "firstKey" | "key" | "colon" | "after";

interface Reading {
  readonly text: string;
  readonly open: string[];
  at: number;
  next: Next;
}

/** Why a text cannot be read: `invalid character 'x' looking for beginning of value`; undefined where it can. */
export function syntaxProblem(text: string): string | undefined {
  const reading: Reading = { text, open: [], at: 0, next: "value" };
  for (;;) {
    while (/[ \t\r\n]/.test(text[reading.at] ?? "")) reading.at++;
    if (reading.at >= text.length && reading.next === "after" && reading.open.length === 0) return undefined;
    const problem = STEPS[reading.next](reading);
    if (problem !== undefined) return problem;
  }
}

/** The character that does not fit, as Go quotes it. */
function wrong({ text, at }: Reading, where: string): string {
  const character = text[at];
  if (character === undefined) return ENDED;
  const quoted = character === "'" ? "\\'" : character === '"' ? '"' : JSON.stringify(character).slice(1, -1);
  return `invalid character '${quoted}' ${where}`;
}

const STEPS: Readonly<Record<Next, (reading: Reading) => string | undefined>> = {
  value: readValue,
  firstItem: (reading) => reading.text[reading.at] === "]" ? end(reading) : readValue(reading),
  firstKey: (reading) => reading.text[reading.at] === "}" ? end(reading) : readKey(reading),
  key: readKey,
  colon: (reading) => reading.text[reading.at] === ":" ? go(reading, "value") : wrong(reading, "after object key"),
  after: readAfter,
};

/** Takes one character. */
function go(reading: Reading, next: Next): undefined {
  reading.at++;
  reading.next = next;
}

function end(reading: Reading): undefined {
  reading.open.pop();
  return go(reading, "after");
}

const LITERALS: Readonly<Record<string, string>> = { t: "true", f: "false", n: "null" };

function readValue(reading: Reading): string | undefined {
  const first = reading.text[reading.at] ?? "";
  if (first === "{" || first === "[") {
    reading.open.push(first);
    return go(reading, first === "{" ? "firstKey" : "firstItem");
  }
  reading.next = "after";
  if (first === '"') return readString(reading);
  if (/[-\d]/.test(first)) return readNumber(reading);
  const literal = LITERALS[first];
  return literal === undefined ? wrong(reading, "looking for beginning of value") : readLiteral(reading, literal);
}

function readKey(reading: Reading): string | undefined {
  if (reading.text[reading.at] !== '"') return wrong(reading, "looking for beginning of object key string");
  reading.next = "colon";
  return readString(reading);
}

function readAfter(reading: Reading): string | undefined {
  const inside = reading.open.at(-1);
  if (inside === undefined) return wrong(reading, "after top-level value");
  const found = reading.text[reading.at];
  if (found === ",") return go(reading, inside === "{" ? "key" : "value");
  if (found === (inside === "{" ? "}" : "]")) return end(reading);
  return wrong(reading, inside === "{" ? "after object key:value pair" : "after array element");
}

/** Reads what a pattern matches from here on, and moves behind it. */
function pass(reading: Reading, pattern: RegExp): string {
  pattern.lastIndex = reading.at;
  const [found = ""] = pattern.exec(reading.text) ?? [];
  reading.at += found.length;
  return found;
}

function readString(reading: Reading): string | undefined {
  reading.at++;
  for (;;) {
    pass(reading, /[ !#-[\]-\u{10ffff}]*/uy);
    const found = reading.text[reading.at];
    if (found !== "\\" && found !== '"') return wrong(reading, "in string literal");
    reading.at++;
    if (found === '"') return undefined;
    const escape = pass(reading, /["\\/bfnrtu]/y);
    if (escape === "") return wrong(reading, "in string escape code");
    if (escape === "u" && pass(reading, /[\da-fA-F]{0,4}/y).length < 4) {
      return wrong(reading, "in \\u hexadecimal character escape");
    }
  }
}

function readNumber(reading: Reading): string | undefined {
  pass(reading, /-/y);
  if (pass(reading, /0|[1-9]\d*/y) === "") return wrong(reading, "in numeric literal");
  if (pass(reading, /\./y) !== "" && pass(reading, /\d+/y) === "") {
    return wrong(reading, "after decimal point in numeric literal");
  }
  if (pass(reading, /[eE][+-]?/y) !== "" && pass(reading, /\d+/y) === "") {
    return wrong(reading, "in exponent of numeric literal");
  }
  return undefined;
}

function readLiteral(reading: Reading, literal: string): string | undefined {
  for (const letter of literal) {
    if (reading.text[reading.at] !== letter) return wrong(reading, `in literal ${literal} (expecting '${letter}')`);
    reading.at++;
  }
  return undefined;
}
