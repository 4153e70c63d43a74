/**
 * The tables that iptables-nft and ip6tables-nft keep, as nft sees them. Their rules are those of {@link Netfilter}, which evaluates
 * them; here they are shown in nft's words, and what nft may take away of them goes there.
 */
import type { Table } from "../../../wasm/mod.ts";
import type { Namespace } from "../namespace.ts";
import type { NftChange } from "../nft/changes.ts";
import { TableDraft, type Undo } from "../nft/draft.ts";
import type { ManagedTables, NftRefusal } from "../nft/managed.ts";
import { printRule } from "../nft/rule.ts";
import { isTable, TABLES } from "./builtins.ts";
import { hookOf } from "./nft_hook.ts";
import { type Netfilter, netfilterOf } from "./netfilter.ts";
import type { NftEdit } from "./nft_edit.ts";
import type { LiveChain } from "./table_edit.ts";
import { listedRule } from "./translate/listed.ts";

const FAMILIES = { ip: 4, ip6: 6 } as const;
type ManagedFamily = keyof typeof FAMILIES;

/** A table as nft lists it. */
function draftOf(family: ManagedFamily, netfilter: Netfilter, table: Table): TableDraft | undefined {
  const handles = netfilter.handles(table);
  if (handles === undefined) return undefined;
  const draft = new TableDraft(family, table, handles.table, "managed");
  const chains = netfilter.chains(table).filter(({ handle }) => handle !== undefined);
  for (const chain of chains.toSorted((a, b) => (a.handle ?? 0) - (b.handle ?? 0))) {
    const hook = chain.policy === undefined ? {} : { hook: hookOf(table, chain) };
    draft.chains.set(chain.name, {
      chain: { name: chain.name, ...hook },
      handle: chain.handle ?? 0,
      rules: chain.entries.flatMap(({ rule, handle, packets, bytes }) =>
        handle === undefined ? [] : [{ rule: listedRule(rule, netfilter.family, { packets, bytes }), handle }]
      ),
      version: 0,
    });
  }
  return draft;
}

/** The tables of a namespace that iptables-nft has made something of. */
export class IptablesTables implements ManagedTables {
  constructor(readonly namespace: Namespace) {}

  #of(family: ManagedFamily): Netfilter {
    return netfilterOf(this.namespace, FAMILIES[family], "nft");
  }

  find(family: string, name: string): TableDraft | undefined {
    return isManaged(family) && isTable(name) ? draftOf(family, this.#of(family), name) : undefined;
  }

  ruleAt(number: number, line: number): string | undefined {
    for (const [family, own] of Object.entries(FAMILIES)) {
      const found = netfilterOf(this.namespace, own, "nft").entryAt(number, line);
      if (found === undefined) continue;
      const at = `${family} ${found.table} ${found.chain}`;
      if (found.entry === undefined) return `policy ${at} ${found.policy.toLowerCase()}`;
      return `rule ${at} ${printRule(listedRule(found.entry.rule, own, found.entry))}`;
    }
    return undefined;
  }

  list(): TableDraft[] {
    return (["ip", "ip6"] as const).flatMap((family) => TABLES.flatMap((table) => this.find(family, table) ?? []));
  }

  flush(family: string | undefined, undo: Undo): void {
    for (const { family: own, name } of this.list()) {
      if (family === undefined || family === own) this.apply(own, name, { verb: "delete", kind: "table", name }, undo);
    }
  }

  apply(family: string, name: string, change: NftChange, undo: Undo): NftRefusal | undefined {
    if (!isManaged(family) || !isTable(name)) return { errno: "ENOENT", where: "table" };
    const netfilter = this.#of(family);
    const before = netfilter.keep(name);
    const edit = netfilter.nftEdit(name);
    const refused = applyTo(edit, change);
    if (refused !== undefined) return refused;
    const errno = netfilter.commit(edit);
    if (errno !== "ok") return { errno, where: "command" };
    undo.push(() => netfilter.putBack(name, before));
  }
}

function isManaged(family: string): family is ManagedFamily {
  return Object.hasOwn(FAMILIES, family);
}

const NO_NAME: NftRefusal = { errno: "ENOENT", where: "name" };

/** Rules and objects that nft adds would be its own beside those of iptables-nft: that is not modelled, and said. */
const FOREIGN: NftRefusal = {
  errno: "EOPNOTSUPP",
  where: "command",
  problem: "podwire: nft adds nothing to a table that iptables-nft keeps",
};

/** What nft may do to a table of iptables-nft. */
function applyTo(edit: NftEdit, change: NftChange): NftRefusal | undefined {
  switch (change.kind) {
    case "table":
      if (change.verb === "add") return undefined;
      if (change.verb === "create") return { errno: "EEXIST", where: "table" };
      if (change.verb === "delete") edit.clear();
      else for (const { name } of edit.chains) edit.flush(name);
      return undefined;
    case "rule":
      return change.verb === "delete" ? takeRule(edit, change) : FOREIGN;
    case "chain":
      if ("name" in change && change.verb !== "rename") return takeChain(edit, change);
      return "chain" in change ? addChain(edit, change) : FOREIGN;
    default:
      return FOREIGN;
  }
}

function takeRule(
  edit: NftEdit,
  { chain, handle }: { readonly chain: string; readonly handle: number },
): NftRefusal | undefined {
  const known = there(edit, chain);
  if (known === undefined) return NO_NAME;
  const place = known.entries.findIndex((entry) => entry.handle === handle);
  if (place < 0) return { errno: "ENOENT", where: "place" };
  edit.deleteNumber(chain, place + 1);
}

function there(edit: NftEdit, name: string): LiveChain | undefined {
  const chain = edit.chain(name);
  return chain?.handle === undefined ? undefined : chain;
}

/** A base chain that goes takes its policy along. */
function takeChain(
  edit: NftEdit,
  { verb, name }: { readonly verb: "flush" | "delete"; readonly name: string },
): NftRefusal | undefined {
  if (there(edit, name) === undefined) return NO_NAME;
  if (verb === "delete" && (edit.references().get(name) ?? 0) > 0) return { errno: "EBUSY", where: "name" };
  edit.flush(name);
  if (verb === "flush") return undefined;
  if (edit.isBuiltin(name)) edit.reset(name);
  else edit.remove(name);
}

function addChain(
  edit: NftEdit,
  { verb, chain }: Extract<NftChange, { kind: "chain"; chain: unknown }>,
): NftRefusal | undefined {
  if (there(edit, chain.name) !== undefined) return verb === "create" ? { errno: "EEXIST", where: "name" } : undefined;
  if (chain.hook !== undefined || edit.isBuiltin(chain.name)) return FOREIGN;
  edit.create(chain.name);
}
