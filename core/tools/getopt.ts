/** getopt_long(3) as glibc has it: options anywhere, clustered, abbreviated; complaints in its words. */

/** What a program takes: `short` in getopt's form (`c:qn`), `long` names with `:` behind those that want an argument, `::` where it may have one. */
export interface OptionTable {
  readonly short: string;
  /** Long name to the short one or name it stands for. */
  readonly long?: Readonly<Record<string, string>>;
  /** Long names that take an argument, beyond those whose short form does. */
  readonly longArguments?: readonly string[];
  /** POSIX order: the first operand ends the options. */
  readonly strict?: boolean;
  /** How musl says it (Alpine's busybox). */
  readonly musl?: boolean;
}

/** One option as it was given. */
export interface Option {
  readonly name: string;
  readonly value: string;
}

/** Options in order, operands in order; or the complaint, without program name. */
export type Parsed =
  | { readonly options: readonly Option[]; readonly operands: readonly string[] }
  | { readonly problem: string; readonly options: readonly Option[]; readonly option: string };

/** Reads arguments (without the program's own name). */
export function getopt(args: readonly string[], table: OptionTable): Parsed {
  const options: Option[] = [];
  const operands: string[] = [];
  const left = [...args];
  while (left.length > 0) {
    const arg = left.shift() as string;
    if (arg === "--") break;
    if (arg.startsWith("--")) {
      const problem = long(arg.slice(2), left, table, options);
      if (problem !== undefined) return { problem, options, option: arg };
    } else if (arg.startsWith("-") && arg !== "-") {
      const failed = cluster(arg.slice(1), left, table, options);
      if (failed !== undefined) return { ...failed, options };
    } else {
      operands.push(arg);
      if (table.strict) break;
    }
  }
  return { options, operands: [...operands, ...left] };
}

/** The last value of an option, or undefined. */
export function valueOf(options: readonly Option[], name: string): string | undefined {
  return options.findLast((option) => option.name === name)?.value;
}

/** Whether an option was given. */
export function has(options: readonly Option[], name: string): boolean {
  return options.some((option) => option.name === name);
}

function wants(table: OptionTable, letter: string): "none" | "argument" | "optional" | undefined {
  const at = table.short.indexOf(letter);
  if (at < 0 || letter === ":") return undefined;
  if (table.short.slice(at + 1, at + 3) === "::") return "optional";
  return table.short[at + 1] === ":" ? "argument" : "none";
}

function cluster(
  letters: string,
  left: string[],
  table: OptionTable,
  options: Option[],
): { problem: string; option: string } | undefined {
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i] as string;
    const kind = wants(table, letter);
    if (kind === undefined) {
      const problem = table.musl ? `unrecognized option: ${letter}` : `invalid option -- '${letter}'`;
      return { problem, option: `-${letter}` };
    }
    if (kind === "none") {
      options.push({ name: letter, value: "" });
      continue;
    }
    const rest = letters.slice(i + 1);
    const value = rest !== "" || kind === "optional" ? rest : left.shift();
    if (value === undefined) {
      const problem = table.musl
        ? `option requires an argument: ${letter}`
        : `option requires an argument -- '${letter}'`;
      return { problem, option: `-${letter}` };
    }
    options.push({ name: letter, value });
    return undefined;
  }
  return undefined;
}

function long(text: string, left: string[], table: OptionTable, options: Option[]): string | undefined {
  const [name = "", given] = cutAt(text, "=");
  const all = Object.keys(table.long ?? {});
  const fitting = all.includes(name) ? [name] : all.filter((each) => each.startsWith(name));
  const meanings = new Set(fitting.map((each) => table.long?.[each]));
  if (fitting.length === 0) return table.musl ? `unrecognized option: ${name}` : `unrecognized option '--${name}'`;
  if (meanings.size > 1) {
    return `option '--${name}' is ambiguous; possibilities:${fitting.map((each) => ` '--${each}'`).join("")}`;
  }
  const full = fitting[0] as string;
  const meaning = table.long?.[full] as string;
  const takes = wants(table, meaning) === "argument" || (table.longArguments ?? []).includes(full);
  if (!takes && given !== undefined && wants(table, meaning) !== "optional") {
    return `option '--${full}' doesn't allow an argument`;
  }
  const value = takes ? given ?? left.shift() : given ?? "";
  if (value === undefined) return `option '--${full}' requires an argument`;
  options.push({ name: meaning, value });
  return undefined;
}

function cutAt(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
