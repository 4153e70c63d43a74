/**
 * Wraps text at blanks so that no line is longer than `limit`, where its words allow; line feeds stay. A word as long as a line
 * stands where it comes.
 */
export function wrap(text: string, limit: number): string {
  const out: string[] = [];
  let [line, blanks, word] = [0, "", ""];
  const flush = (): void => {
    out.push(blanks, word);
    line += blanks.length + word.length;
    [blanks, word] = ["", ""];
  };
  for (const char of text) {
    if (char === "\n") {
      if (word !== "" || line + blanks.length <= limit) flush();
      out.push("\n");
      [line, blanks] = [0, ""];
    } else if (char === " " || char === "\t") {
      if (blanks === "" || word !== "") flush();
      blanks += char;
    } else {
      word += char;
      if (line + blanks.length + word.length > limit && word.length < limit) {
        out.push("\n");
        [line, blanks] = [0, ""];
      }
    }
  }
  if (word !== "" || line + blanks.length <= limit) flush();
  return out.join("");
}

/** Every line with so many blanks before it, empty ones too. */
export function indent(text: string, width: number): string {
  return text.split("\n").map((line) => " ".repeat(width) + line).join("\n");
}
