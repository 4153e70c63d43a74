/** One word so that a shell reads back just it. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** An argument vector as a command line that a shell splits back into it. */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(" ");
}
