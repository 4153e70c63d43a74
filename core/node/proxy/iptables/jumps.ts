/** A chain or a rule that must be there, outside of what `iptables-restore` writes. `args` are iptables arguments. */
export interface Ensured {
  readonly table: "filter" | "nat" | "mangle";
  readonly chain: string;
  /** The rule that must stand in the chain; none for a chain that must only exist. */
  readonly rule?: string;
  /** Where it is put when missing. */
  readonly place?: "prepend" | "append";
}

const NEW = "-m conntrack --ctstate NEW ";
const about = (text: string): string => `-m comment --comment "${text}" `;

const PORTALS = `${NEW}${about("kubernetes service portals")}-j KUBE-SERVICES`;
const OUTSIDE = `${NEW}${about("kubernetes externally-visible service portals")}-j KUBE-EXTERNAL-SERVICES`;
const BALANCER = `${NEW}${about("kubernetes load balancer firewall")}-j KUBE-PROXY-FIREWALL`;

/** Each is put first in its chain when it is missing, in this order, so later ones stand before earlier ones. */
const JUMPS: readonly (readonly [Ensured["table"], string, string])[] = [
  ["filter", "INPUT", OUTSIDE],
  ["filter", "FORWARD", OUTSIDE],
  ["filter", "INPUT", `${about("kubernetes health check service ports")}-j KUBE-NODEPORTS`],
  ["filter", "FORWARD", PORTALS],
  ["filter", "OUTPUT", PORTALS],
  ["filter", "FORWARD", `${about("kubernetes forwarding rules")}-j KUBE-FORWARD`],
  ["filter", "INPUT", BALANCER],
  ["filter", "OUTPUT", BALANCER],
  ["filter", "FORWARD", BALANCER],
  ["nat", "OUTPUT", `${about("kubernetes service portals")}-j KUBE-SERVICES`],
  ["nat", "PREROUTING", `${about("kubernetes service portals")}-j KUBE-SERVICES`],
  ["nat", "POSTROUTING", `${about("kubernetes postrouting rules")}-j KUBE-POSTROUTING`],
  ["filter", "INPUT", "-j KUBE-FIREWALL"],
  ["filter", "OUTPUT", "-j KUBE-FIREWALL"],
];

/** Chains that kube-proxy watches: a flush of the tables takes them away, and a full sync follows. */
export const CANARIES: readonly Ensured[] = (["mangle", "nat", "filter"] as const).map((table) => ({
  table,
  chain: "KUBE-PROXY-CANARY",
}));

/** Canaries, the chains jumped to, and the jumps from the built-in chains, in the order a full sync ensures them. */
export function ensuredJumps(): readonly Ensured[] {
  const chains = new Map<string, Ensured>();
  const rules: Ensured[] = [];
  for (const [table, chain, rule] of JUMPS) {
    const target = rule.slice(rule.lastIndexOf(" ") + 1);
    chains.set(`${table} ${target}`, { table, chain: target });
    rules.push({ table, chain, rule, place: "prepend" });
  }
  return [...CANARIES, ...chains.values(), ...rules];
}
