/** Where the built-in chains of iptables-nft's tables stand among nftables' base chains. */
import { CHAIN, HOOK, type Table } from "../../../wasm/mod.ts";
import type { NftHook } from "../nft/types.ts";
import type { Hook } from "./builtins.ts";
import type { Policy } from "./table_text.ts";

const PRIORITIES: Readonly<Record<Table, number>> = { raw: -300, mangle: -150, nat: -100, filter: 0, security: 150 };
/** Where source addresses are translated. */
const SRCNAT = 100;

/** A chain's type, hook, priority and policy; mangle's OUTPUT routes again what it has changed. */
export function hookOf(table: Table, { name, policy }: { readonly name: string; readonly policy?: Policy }): NftHook {
  const after = table === "nat" && (name === "POSTROUTING" || name === "INPUT");
  return {
    type: table === "mangle" && name === "OUTPUT" ? "route" : table === "nat" ? "nat" : "filter",
    hook: name.toLowerCase(),
    priority: after ? SRCNAT : PRIORITIES[table],
    policy: (policy ?? "ACCEPT").toLowerCase(),
  };
}

const TYPES: Readonly<Record<string, number>> = { filter: CHAIN.FILTER, nat: CHAIN.NAT, route: CHAIN.ROUTE };

/** The same as a word of the plane's program. */
export function hookWord(table: Table, name: string): number {
  const { type, priority } = hookOf(table, { name });
  return ((HOOK[name as Hook]) | ((TYPES[type] ?? 0) << 8) | ((priority & 0xffff) << 16)) >>> 0;
}
