/** iptables-nft-restore: the same lines, refused in the nft variant's words, which name the line that the kernel did not take. */
import type { Count, Table } from "../../../wasm/mod.ts";
import { type Errno, strerror } from "../../base/mod.ts";
import { applyCommand } from "./apply.ts";
import { refusedRules } from "./check.ts";
import type { Request } from "./command.ts";
import type { Netfilter } from "./netfilter.ts";
import type { NftEdit } from "./nft_edit.ts";
import { Loader, type RestoreFlags } from "./restore.ts";
import { walkRestore } from "./restore_text.ts";
import type { Rule } from "./rule.ts";
import { type Answer, complaintText, iptcText } from "./tool_text.ts";

/** Loads a text into a namespace's tables as iptables-nft-restore does. */
export function restoreNftTables(netfilter: Netfilter, text: string, flags: RestoreFlags & { tool: string }): Answer {
  const { tool } = flags;
  const loader = new NftLoader(netfilter, flags);
  const failure = walkRestore(text, loader, {
    tool,
    only: flags.table,
    counters: flags.counters ?? false,
    lineByLine: true,
    reading: loader.reading,
  });
  const { out, err, refused } = loader;
  if (refused !== undefined) return { out, err: `${err}${tool} v1.8.9 (nf_tables): \nline ${refused}\n`, exit: 4 };
  if (failure === undefined) return { out, err, exit: 0 };
  const { complaint, line } = failure;
  const why = loader.why === undefined ? "" : `: ${loader.why}.`;
  if (complaint === undefined) return { out, err: `${err}${tool}: line ${line} failed${why}\n`, exit: 1 };
  return { out, err: err + complaintText(tool, complaint, line), exit: complaint.status };
}

const TRIED: Readonly<Record<string, string>> = { A: "RULE_APPEND", I: "RULE_INSERT", R: "RULE_REPLACE" };

/** `RULE_APPEND failed (Invalid argument): rule in chain INPUT`. */
export function ruleRefusal(verb: string, chain: string, errno: Errno): string {
  const why = errno === "ELOOP" ? "Too many links" : strerror(errno);
  return `${TRIED[verb] ?? "COMMIT"} failed (${why}): rule in chain ${chain}`;
}

/** What is said of a chain that does not go. */
export function chainRefusal(chain: string): string {
  return `CHAIN_DEL failed (${strerror("EBUSY")}): chain ${chain}`;
}

class NftLoader extends Loader {
  /** Why the line failed. */
  why: string | undefined;
  /** The line that the kernel refused, and what it was: `2: RULE_APPEND failed ...`. */
  refused: string | undefined;
  /** Where each rule of the table came from. */
  #from = new Map<Rule, { readonly line: number; readonly verb: string }>();

  protected override open(table: Table): NftEdit {
    this.#from = new Map();
    return this.netfilter.nftEdit(table);
  }

  override chain(name: string, policy: string, count: Count | undefined): boolean {
    const edit = this.edit as NftEdit;
    const builtin = edit.isBuiltin(name);
    if (builtin && policy === "-") edit.touch(name);
    if (builtin && !["-", "ACCEPT", "DROP"].includes(policy)) {
      this.why = iptcText("policy", "EINVAL");
      return false;
    }
    // a policy of a chain of one's own is passed over
    super.chain(name, builtin ? policy : "-", count);
    return true;
  }

  override command(request: Request, _text: string, line: number): boolean {
    if ("loaded" in request) return true;
    const edit = this.edit as NftEdit;
    const { out, tried, errno } = applyCommand(edit, request, { family: this.netfilter.family });
    this.out += out;
    for (const rule of request.rules) if (!this.#from.has(rule)) this.#from.set(rule, { line, verb: request.verb });
    if (errno === "ok") return true;
    if (edit.busy === undefined) this.why = iptcText(tried, errno);
    else this.refused = `${line}: ${chainRefusal(edit.busy)}`;
    return false;
  }

  override commit(): boolean {
    const edit = this.edit as NftEdit;
    this.edit = undefined;
    if (this.flags.test === true) return true;
    const verdict = this.netfilter.commit(edit);
    if (verdict === "ok") return true;
    const place = { table: edit.table, family: this.netfilter.family };
    const [first] = refusedRules(place, edit.chains).flatMap(({ rule, chain, errno }) => {
      const from = this.#from.get(rule);
      return from === undefined ? [] : [{ ...from, chain, errno }];
    }).sort((a, b) => a.line - b.line);
    if (first !== undefined) this.refused = `${first.line}: ${ruleRefusal(first.verb, first.chain, first.errno)}`;
    return false;
  }
}
