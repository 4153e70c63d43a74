/** Netfilter as its tools show it: iptables, ipset, conntrack. */
import type { Program } from "../process.ts";
import { ipvsadm } from "../ipvs/program.ts";
import { nft } from "../nft/program.ts";
import { conntrack } from "./program/conntrack.ts";
import { ipset } from "./program/ipset.ts";
import { iptablesPrograms } from "./program/iptables.ts";

/** The programs of this folder by the names they are called by. */
export const NETFILTER_PROGRAMS: ReadonlyMap<string, Program> = new Map([
  ...iptablesPrograms(),
  ["ipset", ipset],
  ["nft", nft],
  ["ipvsadm", ipvsadm],
  ["ipvsadm-save", ipvsadm],
  ["ipvsadm-restore", ipvsadm],
  ["conntrack", conntrack],
]);

export { parseIptablesSave, printIptablesSave } from "./iptables_save.ts";
export { Netfilter, netfilterOf, type Variant } from "./netfilter.ts";
export { restoreTables } from "./restore.ts";
export { restoreNftTables } from "./nft_restore.ts";
export { restoreSets } from "./ipset/command.ts";
export { type Chain, type TableText } from "./table_text.ts";
export { type Rule } from "./rule.ts";
export { type RuleAt } from "./compile.ts";
export { MATCHES } from "./matches.ts";
export { TARGETS } from "./targets.ts";
export { UNMODELLED_MATCHES, UNMODELLED_TARGETS } from "./unmodelled.ts";
