/** Does what a command line asks for to a working copy, and prints what the tool prints. */
import type { Command } from "./command.ts";
import { echoRule, listHeading, type ListOptions, listRule, specChain, specRule } from "./list.ts";
import type { Family } from "./address.ts";
import { NftEdit } from "./nft_edit.ts";
import type { IptcErrno, TableEdit } from "./table_edit.ts";

/** What a command did: its text, and an error with what was tried, or "ok". */
export interface Outcome {
  readonly out: string;
  readonly tried: string;
  readonly errno: IptcErrno;
  /** The table changed and is to be committed. */
  readonly changed: boolean;
}

type Doer = (
  edit: TableEdit,
  command: Command,
  look: { family: Family; names?: ReadonlyMap<string, string> },
) => { tried: string; errno: IptcErrno; out?: string };

const DO: Readonly<Record<Command["verb"], Doer>> = {
  A: (edit, c) => ({ tried: "append", errno: edit.append(c.chain ?? "", c.rules) }),
  I: (edit, c) => ({ tried: "insert", errno: edit.insert(c.chain ?? "", c.rules, c.number ?? 1) }),
  R: (edit, c) => ({ tried: "replace", errno: replace(edit, c) }),
  C: (edit, c) => ({ tried: deleteTried(edit, c), errno: edit.check(c.chain ?? "", c.rules) }),
  D: (edit, c) =>
    c.number === undefined
      ? { tried: deleteTried(edit, c), errno: edit.deleteRules(c.chain ?? "", c.rules) }
      : { tried: "delete-number", errno: edit.deleteNumber(c.chain ?? "", c.number) },
  L: (edit, c, look) => list(edit, c, look),
  S: (edit, c) => spec(edit, c),
  F: (edit, c) => {
    if (c.chain !== undefined) edit.touch(c.chain);
    return each(edit, c, { tried: "flush", say: "Flushing", all: () => true, act: (name) => edit.flush(name) });
  },
  Z: (edit, c) =>
    each(edit, c, {
      tried: zeroTried(edit, c),
      say: "Zeroing",
      all: (name) => edit.isThere(name),
      act: (name) => edit.zero(name, c.number),
    }),
  N: (edit, c) => ({ tried: "create", errno: edit.create(c.chain ?? "") }),
  X: (edit, c) =>
    each(edit, c, {
      tried: "remove",
      say: "Deleting",
      all: (name) => edit.goes(name),
      act: (name) => edit.remove(name),
    }),
  P: (edit, c) => ({ tried: "policy", errno: edit.policy(c.chain ?? "", c.name ?? "", c.count) }),
  E: (edit, c) => ({ tried: "rename", errno: edit.rename(c.chain ?? "", c.name ?? "") }),
};

const READ_ONLY = "LSC";

/** Runs a command on a working copy. */
export function applyCommand(
  edit: TableEdit,
  command: Command,
  look: { readonly family: Family; readonly names?: ReadonlyMap<string, string> },
): Outcome {
  const echo = "AIDRC".includes(command.verb) && command.verbose > 0
    ? command.rules.map((rule) => echoRule(rule, look.family)).join("")
    : "";
  const { tried, errno, out = "" } = DO[command.verb](edit, command, look);
  const changed = errno === "ok" && (!READ_ONLY.includes(command.verb) || command.thenZero);
  return { out: echo + out, tried, errno, changed };
}

/** libiptc blames the rule only where its target is a verdict; else the name. The nft variant always blames the rule. */
function deleteTried(edit: TableEdit, command: Command): string {
  if (edit instanceof NftEdit) return "delete";
  const target = command.rules[0]?.target?.target;
  return target === undefined || ["ACCEPT", "DROP", "RETURN", "QUEUE"].includes(target) ? "delete" : "find";
}

/** The nft variant seeks the counter of a chain that is not there like a rule. */
function zeroTried(edit: TableEdit, { chain, number }: Command): string {
  const sought = edit instanceof NftEdit && chain !== undefined && number !== undefined && !edit.isThere(chain);
  return sought ? "delete" : "zero";
}

function replace(edit: TableEdit, command: Command): IptcErrno {
  const [rule] = command.rules;
  return rule === undefined ? "EINVAL" : edit.replace(command.chain ?? "", rule, command.number ?? 1);
}

interface Each {
  readonly tried: string;
  readonly say: string;
  all(name: string): boolean;
  act(name: string): IptcErrno;
}

/** One chain by name, or all of them; `-v` names each. */
function each(edit: TableEdit, command: Command, given: Each): { tried: string; errno: IptcErrno; out: string } {
  const names = command.chain === undefined ? edit.names.filter(given.all) : [command.chain];
  let out = "";
  for (const name of names) {
    if (command.verbose > 0) out += `${given.say} chain \`${name}'\n`;
    const errno = given.act(name);
    if (errno !== "ok") return { tried: given.tried, errno, out };
  }
  return { tried: given.tried, errno: "ok", out };
}

function list(
  edit: TableEdit,
  command: Command,
  look: { family: Family; names?: ReadonlyMap<string, string> },
): { tried: string; errno: IptcErrno; out: string } {
  const options: ListOptions = {
    ...look,
    numeric: command.numeric,
    verbose: command.verbose > 0,
    exact: command.exact,
    lineNumbers: command.lineNumbers,
  };
  const chains = edit.chains.filter(({ name }) => command.chain === undefined || name === command.chain);
  if (command.chain !== undefined && chains.length === 0) return { tried: "list", errno: "ENOENT", out: "" };
  const references = edit.references();
  const texts = chains.map((chain) => {
    const lines = chain.entries.map((entry, i) => listRule(entry, i + 1, options));
    if (command.number !== undefined) return lines[command.number - 1] ?? "";
    return listHeading(chain, references.get(chain.name) ?? 0, options) + lines.join("");
  });
  if (command.thenZero) { for (const { name } of chains) edit.zero(name); }
  return { tried: "list", errno: "ok", out: texts.join("\n") };
}

function spec(edit: TableEdit, command: Command): { tried: string; errno: IptcErrno; out: string } {
  const chains = edit.chains.filter(({ name }) => command.chain === undefined || name === command.chain);
  if (command.chain !== undefined && chains.length === 0) return { tried: "list", errno: "ENOENT", out: "" };
  const counters = command.verbose > 0;
  let out = command.number === undefined ? chains.map((chain) => specChain(chain, counters)).join("") : "";
  for (const { name, entries } of chains) {
    const shown = command.number === undefined ? entries : entries.slice(command.number - 1, command.number);
    for (const entry of shown) out += specRule(name, entry, counters);
  }
  return { tried: "list", errno: "ok", out };
}
