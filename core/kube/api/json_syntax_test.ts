import { assertEquals } from "@std/assert";
import { syntaxProblem } from "./json_syntax.ts";

/** What Go 1.26's encoding/json says of each text. */
const PROBLEMS: readonly (readonly [text: string, problem: string | undefined])[] = [
  ['{"a":[1,-2.5e3,"\\u00e9",null]}', undefined],
  ["", "unexpected end of JSON input"],
  ['{"a":"x', "unexpected end of JSON input"],
  ["nope", "invalid character 'o' in literal null (expecting 'u')"],
  ["{} {}", "invalid character '{' after top-level value"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":01}', "invalid character '1' after object key:value pair"],
  ["[1 2]", "invalid character '2' after array element"],
  ['{"a":-}', "invalid character '}' in numeric literal"],
  ['{"a":1.}', "invalid character '}' after decimal point in numeric literal"],
  ['{"a":1e}', "invalid character '}' in exponent of numeric literal"],
  ['"\t"', "invalid character '\\t' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12"', "invalid character '\"' in \\u hexadecimal character escape"],
];

Deno.test("a text that is no JSON is told of by its first wrong character, and where that stood", () => {
  assertEquals(PROBLEMS.map(([text]) => [text, syntaxProblem(text)]), PROBLEMS.map((row) => [...row]));
});
