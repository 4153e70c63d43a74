/**
 * What the shell library cannot do is written into the line before it runs, as calls of commands of ours:
 *
 *     cmd &             -> __bang=$(__background 'cmd')          a process of its own; $! is $__bang
 *     prog ... | head   -> __lines 10 prog ... | head            ends prog when its reader has enough
 *     prog | f | head   -> __until 10 'f' prog ... | f | head    the same behind filters
 *     prog | grep -q x  -> __until 0 'grep -q x' prog ... | grep -q x
 *     wait              -> __wait
 *     time cmd          -> { __time; cmd; __time $?; }           on virtual time
 *     $RANDOM $SECONDS  -> $(__random) $(__seconds)              chance and time of the lab
 */
import { type Command, forEachChild, parse, type Pipeline, type Statement, type SyntaxNode, type Word } from "unbash";
import { quoteWord } from "./quote.ts";

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

const VARIABLES: Readonly<Record<string, string>> = {
  "!": "$__bang",
  RANDOM: "$(__random)",
  SECONDS: "$(__seconds)",
  EPOCHSECONDS: "$(__seconds epoch)",
};

/** The line with those calls in it, and the functions it defines; as it was where it does not parse (the shell says why). */
export function rewriteLine(line: string): { readonly text: string; readonly functions: ReadonlyMap<string, string> } {
  const script = parse(line);
  const functions = new Map<string, string>();
  if (script.errors !== undefined && script.errors.length > 0) return { text: line, functions };
  const edits: Edit[] = [];
  visit(script, line, edits);
  for (const { command } of script.commands) {
    if (command.type === "Function") functions.set(command.name.value, applied(line, edits, command.pos, command.end));
  }
  return { text: applied(line, edits, 0, line.length), functions };
}

function visit(node: SyntaxNode, line: string, edits: Edit[]): void {
  if (node.type === "Statement" && node.background && !holds(node, "HereDoc")) {
    edits.push(backgroundEdit(node, line));
    return;
  }
  if (node.type === "CommandExpansion" && node.script?.source !== undefined) return;
  if (node.type === "Pipeline") edits.push(...pipelineEdits(node, line));
  else if (node.type === "Command") edits.push(...nameEdits(node));
  else if (node.type === "SimpleExpansion" || node.type === "ParameterExpansion" || node.type === "ArithmeticWord") {
    const edit = variableEdit(node);
    if (edit !== undefined) edits.push(edit);
  }
  forEachChild(node, (child) => visit(child, line, edits));
}

/** `wait` is ours; `/usr/sbin/ip` is `ip`, since the shell library only knows commands in /usr/bin. */
function nameEdits({ name, args }: Command): Edit[] {
  if (name === undefined) return [];
  if (name.text === "xargs") return args.flatMap(apart);
  const bare = name.text.replace(/^\/(usr\/)?(local\/)?sbin\//, "");
  const text = bare === "wait" ? "__wait" : bare;
  return text === name.text ? [] : [{ from: name.pos, to: name.end, text }];
}

/** `-n1` of xargs is `-n 1`: the shell library only reads the latter. */
function apart(arg: { readonly pos: number; readonly end: number; readonly text: string }): Edit[] {
  const joined = /^(-[nPIL])(.+)$/.exec(arg.text);
  return joined === null ? [] : [{ from: arg.pos, to: arg.end, text: `${joined[1]} ${joined[2]}` }];
}

/** `cmd &`: the whole statement becomes one call, whose argument is rewritten when it runs. */
function backgroundEdit(statement: Statement, line: string): Edit {
  const source = line.slice(statement.command.pos, statement.command.end);
  const ampersand = line.indexOf("&", statement.command.end);
  const to = Math.max(statement.end, ampersand + 1);
  const call = `__bang=$(__background ${quoteAlways(source)} </dev/null)`;
  return { from: statement.pos, to, text: /^\s*(\n|;|\)|\}|$)/.test(line.slice(to)) ? call : `${call};` };
}

function pipelineEdits(pipeline: Pipeline, line: string): Edit[] {
  const edits: Edit[] = [];
  const time = pipeline.prefixes.find((prefix) => prefix.type === "Time");
  if (time !== undefined && pipeline.commands.length > 0) {
    edits.push({ from: time.pos, to: time.keywordEnd, text: "{ __time;" });
    edits.push({ from: pipeline.end, to: pipeline.end, text: "; __time $?; }" });
  }
  const [first, ...rest] = pipeline.commands;
  if (first?.type !== "Command" || first.name === undefined) return edits;
  const end = rest.findIndex((reader) => reader.type === "Command" && readerLimit(reader) !== undefined);
  const reader = rest[end];
  if (reader === undefined) return edits;
  const limit = readerLimit(reader as Command) as ReaderLimit;
  const filters = line.slice(rest[0]?.pos ?? 0, limit.self ? reader.end : rest[end - 1]?.end ?? 0);
  const call = end === 0 && !limit.self ? `__lines ${limit.lines} ` : `__until ${limit.lines} ${quoteAlways(filters)} `;
  edits.push({ from: first.name.pos, to: first.name.pos, text: call });
  return edits;
}

/** When a reader has enough: after `lines` lines of its input, or (`self`) of its own output; 0 lines is its success. */
interface ReaderLimit {
  readonly lines: number;
  readonly self: boolean;
}

function readerLimit(command: Command): ReaderLimit | undefined {
  const args = command.args.map((arg) => (arg as Word).value ?? arg.text);
  if (args.some((arg) => /[$`]/.test(arg))) return undefined;
  switch (command.name?.value) {
    case "head":
      return headLimit(args);
    case "sed": {
      const quit = args.length === 1 ? /^(\d+)q$/.exec(args[0] ?? "") : null;
      return quit === null ? undefined : { lines: Number(quit[1]), self: false };
    }
    case "grep":
    case "egrep":
    case "fgrep":
      return grepLimit(args);
  }
  return undefined;
}

function headLimit(args: readonly string[]): ReaderLimit | undefined {
  if (args.length === 0) return { lines: 10, self: false };
  const joined = args.join(" ");
  const lines = /^(?:-n ?|--lines[= ]|-)(\d+)$/.exec(joined)?.[1];
  return lines === undefined ? undefined : { lines: Number(lines), self: false };
}

function grepLimit(args: readonly string[]): ReaderLimit | undefined {
  if (args.some((arg) => /^-[a-zA-Z]*q/.test(arg) || arg === "--quiet" || arg === "--silent")) {
    return { lines: 0, self: true };
  }
  for (const [index, arg] of args.entries()) {
    const lines = /^(?:-[a-zA-Z]*m|--max-count=)(\d*)$/.exec(arg);
    if (lines !== null) return { lines: Number(lines[1] || args[index + 1]) || 1, self: true };
  }
  return undefined;
}

function variableEdit(node: SyntaxNode): Edit | undefined {
  if (node.type === "SimpleExpansion") return replaced(node, VARIABLES[node.text.slice(1)]);
  if (node.type === "ParameterExpansion") {
    const plain = node.prefix === undefined && node.operation === undefined && node.index === undefined;
    return plain ? replaced(node, VARIABLES[node.parameter]) : undefined;
  }
  return node.type === "ArithmeticWord" && node.value !== "!" ? replaced(node, VARIABLES[node.value]) : undefined;
}

function replaced(node: { readonly pos: number; readonly end: number }, text: string | undefined): Edit | undefined {
  return text === undefined ? undefined : { from: node.pos, to: node.end, text };
}

function holds(node: SyntaxNode, type: SyntaxNode["type"]): boolean {
  let found = node.type === type;
  forEachChild(node, (child) => {
    found ||= holds(child, type);
  });
  return found;
}

/** The part of the line from `from` to `to` with the edits inside it made. */
function applied(line: string, edits: readonly Edit[], from: number, to: number): string {
  const inside = edits.filter((edit) => edit.from >= from && edit.to <= to);
  inside.sort((a, b) => a.from - b.from || a.to - b.to);
  let text = "";
  let at = from;
  for (const edit of inside) {
    if (edit.from < at) continue;
    text += line.slice(at, edit.from) + edit.text;
    at = edit.to;
  }
  return text + line.slice(at, to);
}

function quoteAlways(text: string): string {
  const quoted = quoteWord(text);
  return quoted === text ? `'${text}'` : quoted;
}
