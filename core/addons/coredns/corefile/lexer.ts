/**
 * Words of a Corefile.
 *
 *     file    = [ BOM ] { blank | comment | quoted | word }
 *     comment = "#" up to the end of the line, also in the middle of a word
 *     quoted  = '"' { char | '\"' } '"'       only where a word begins; line feeds allowed; '""' is an empty word
 *     word    = anything up to a blank         braces are braces only when they are whole words
 */
import type { Token } from "./token.ts";

const BLANK = /\s/;

/** Splits a text into tokens; never fails. An unclosed quote runs to the end of the file. */
export function lexCorefile(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  const at = { line: 1, column: 1 };
  const end = text.length;
  let i = text.startsWith("\ufeff") ? 1 : 0;
  const step = (): string => {
    const char = text[i++] as string;
    if (char === "\n") {
      at.line++;
      at.column = 1;
    } else at.column++;
    return char;
  };
  while (i < end) {
    if (BLANK.test(text[i] as string)) step();
    else if (text[i] === "#") { while (i < end && text[i] !== "\n") step(); }
    else {
      const start = { file, line: at.line, column: at.column };
      const word = text[i] === '"' ? quotedWord() : plainWord();
      if (word !== undefined) tokens.push({ ...start, text: word });
    }
  }
  return tokens;

  function plainWord(): string {
    let word = "";
    while (i < end && !BLANK.test(text[i] as string) && text[i] !== "#") {
      const char = step();
      if (char !== "\r") word += char;
    }
    return word;
  }

  function quotedWord(): string | undefined {
    let word = "";
    step();
    while (i < end) {
      const char = step();
      if (char === '"') return word;
      if (char === "\\" && text[i] === '"') word += step();
      else if (char !== "\r") word += char;
    }
    return word === "" ? undefined : word;
  }
}
