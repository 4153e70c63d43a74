/** iptables-restore: lines applied to working copies, each committed by its own COMMIT. */
import type { Count, Table } from "../../../wasm/mod.ts";
import { applyCommand } from "./apply.ts";
import { Complaint, STATUS, usage } from "./complaint.ts";
import type { Reading, Request } from "./command.ts";
import type { Netfilter } from "./netfilter.ts";
import { type RestoreSink, walkRestore } from "./restore_text.ts";
import type { Rule } from "./rule.ts";
import type { TableEdit } from "./table_edit.ts";
import { ZERO } from "./table_text.ts";
import { type Answer, complaintText, iptcText } from "./tool_text.ts";

/** What the command line of iptables-restore says. */
export interface RestoreFlags {
  readonly noflush?: boolean;
  readonly test?: boolean;
  readonly counters?: boolean;
  readonly verbose?: boolean;
  /** `-T`: only this table. */
  readonly table?: string;
  /** The name error texts begin with. */
  readonly tool?: string;
}

/** Loads a text into a namespace's tables as iptables-restore does: tables before the one that fails stay loaded. */
export function restoreTables(netfilter: Netfilter, text: string, flags: RestoreFlags = {}): Answer {
  const tool = flags.tool ?? (netfilter.family === 4 ? "iptables-restore" : "ip6tables-restore");
  const loader = new Loader(netfilter, { ...flags, tool });
  const failure = walkRestore(text, loader, {
    tool,
    only: flags.table,
    counters: flags.counters ?? false,
    reading: loader.reading,
  });
  const { out, err } = loader;
  if (failure === undefined) return { out, err, exit: 0 };
  const { complaint, line } = failure;
  if (complaint === undefined) return { out, err: `${err}${tool}: line ${line} failed\n`, exit: 1 };
  return { out, err: err + complaintText(tool, complaint, line), exit: complaint.status };
}

/** Applies the lines of a text to working copies of the tables they are about. */
export class Loader implements RestoreSink {
  out = "";
  err = "";
  edit: TableEdit | undefined;

  constructor(readonly netfilter: Netfilter, readonly flags: RestoreFlags & { readonly tool: string }) {}

  /** What the lines are read against. */
  get reading(): Reading {
    return {
      ...this.netfilter.reading((warning) => this.err += warning),
      isChain: (_, name) => this.edit?.has(name) ?? false,
    };
  }

  protected open(table: Table): TableEdit {
    return this.netfilter.edit(table);
  }

  begin(table: Table): void {
    this.edit = this.open(table);
    if (this.flags.noflush) return;
    if (this.flags.verbose) this.#sayFlushed(this.edit);
    this.edit.clear();
  }

  #sayFlushed(edit: TableEdit): void {
    const chains = edit.names;
    for (const name of chains) this.out += `Flushing chain \`${name}'\n`;
    for (const name of chains) if (!edit.isBuiltin(name)) this.out += `Deleting chain \`${name}'\n`;
  }

  chain(name: string, policy: string, count: Count | undefined): boolean {
    const edit = this.edit as TableEdit;
    if (!edit.isBuiltin(name)) {
      if (this.flags.noflush && edit.has(name)) edit.flush(name);
      else if (edit.create(name) !== "ok") usage(`error creating chain '${name}':File exists`);
    }
    if (policy === "-") return true;
    const errno = edit.policy(name, policy, count ?? ZERO);
    if (errno === "ok") return true;
    const problem = `Can't set policy \`${policy}' on \`${name}' line %L: ${iptcText("policy", errno)}`;
    throw new Complaint(STATUS.OTHER, problem);
  }

  command(request: Request, _text: string, _line: number): boolean {
    if ("loaded" in request) return true;
    const outcome = applyCommand(this.edit as TableEdit, request, { family: this.netfilter.family });
    this.out += outcome.out;
    return outcome.errno === "ok";
  }

  rules(chain: string, rules: readonly Rule[]): boolean {
    return (this.edit as TableEdit).appendShared(chain, rules) === "ok";
  }

  commit(): boolean {
    const edit = this.edit as TableEdit;
    this.edit = undefined;
    return this.flags.test === true || this.netfilter.commit(edit) === "ok";
  }

  comment(line: string): void {
    if (this.flags.verbose) this.out += line + "\n";
  }
}
