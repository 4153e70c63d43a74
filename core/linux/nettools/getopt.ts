/** One option as getopt_long(3) gives it: its letter (or long name), and its value where it takes one. */
export interface Option {
  readonly name: string;
  readonly value?: string;
}

/** What getopt_long(3) made of a command line; `problem` is what it would print behind the program's name. */
export interface Options {
  readonly options: readonly Option[];
  readonly operands: readonly string[];
  readonly problem?: string;
}

/** Letters, each with `:` where it takes a value, and long names with the letter (or name) they stand for, `:` likewise. */
export interface Grammar {
  readonly short: string;
  readonly long?: Readonly<Record<string, string>>;
  /** Options end at the first operand, as with a leading `+`. */
  readonly ordered?: boolean;
}

/** Reads options and operands in any order; stops at `--`, or at the first word that is neither. */
export function getopt(words: readonly string[], grammar: Grammar): Options {
  const options: Option[] = [];
  const operands: string[] = [];
  const rest = [...words];
  while (rest.length > 0) {
    const word = rest.shift() as string;
    if (word === "--") return { options, operands: [...operands, ...rest] };
    if (!word.startsWith("-") || word === "-") {
      operands.push(word);
      if (grammar.ordered) return { options, operands: [...operands, ...rest] };
      continue;
    }
    const problem = word.startsWith("--")
      ? takeLong(word, rest, grammar, options)
      : takeShort(word, rest, grammar, options);
    if (problem !== undefined) return { options, operands: [...operands, ...rest], problem };
  }
  return { options, operands };
}

function takeLong(word: string, rest: string[], grammar: Grammar, options: Option[]): string | undefined {
  const [name = "", ...value] = word.slice(2).split("=");
  const names = Object.keys(grammar.long ?? {});
  const full = names.find((one) => one.replace(/:$/, "") === name) ?? names.find((one) => one.startsWith(name));
  if (full === undefined || name === "") return `unrecognized option '${word.split("=")[0]}'`;
  const letter = grammar.long?.[full] ?? full;
  if (!full.endsWith(":")) options.push({ name: letter });
  else {
    const given = value.length > 0 ? value.join("=") : rest.shift();
    if (given === undefined) return `option '${word}' requires an argument`;
    options.push({ name: letter, value: given });
  }
  return undefined;
}

function takeShort(word: string, rest: string[], grammar: Grammar, options: Option[]): string | undefined {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] as string;
    const place = letter === ":" ? -1 : grammar.short.indexOf(letter);
    if (place < 0) return `invalid option -- '${letter}'`;
    if (grammar.short[place + 1] !== ":") {
      options.push({ name: letter });
      continue;
    }
    const value = at + 1 < word.length ? word.slice(at + 1) : rest.shift();
    if (value === undefined) return `option requires an argument -- '${letter}'`;
    options.push({ name: letter, value });
    return undefined;
  }
  return undefined;
}
