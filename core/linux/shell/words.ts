/**
 * The words of a line without any shell syntax, so that it need not go through a shell:
 *
 *     line = { blank } word { blank word } { blank }
 *     word = ( plain | "'" any-but-' "'" | '"' any-but-"$`\ '"' )+     no assignment, keyword, glob or brace
 */

const PLAIN = /[^\s'"\\$`|&;<>(){}*?[\]#~!=]/;
const LATER = /[^\s'"\\$`|&;<>(){}*?[\]#~]/;

/** The words of a line of plain and quoted words, or undefined where a shell has to read it. */
export function plainWords(line: string): string[] | undefined {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    while (line[at] === " " || line[at] === "\t") at++;
    if (at >= line.length) break;
    const word = plainWord(line, at, words.length === 0);
    if (word === undefined) return undefined;
    words.push(word.text);
    at = word.end;
  }
  return words.length > 0 ? words : undefined;
}

function plainWord(line: string, start: number, first: boolean): { text: string; end: number } | undefined {
  const plain = first ? PLAIN : LATER;
  let text = "";
  let at = start;
  while (at < line.length && line[at] !== " " && line[at] !== "\t") {
    const char = line[at] as string;
    if (char === "'" || char === '"') {
      const end = line.indexOf(char, at + 1);
      if (end < 0) return undefined;
      const inside = line.slice(at + 1, end);
      if (char === '"' && /[$`\\!]/.test(inside)) return undefined;
      text += inside;
      at = end + 1;
    } else if (plain.test(char)) {
      text += char;
      at++;
    } else return undefined;
  }
  return { text, end: at };
}
