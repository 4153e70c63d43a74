import type { RuleSpec } from "../../../wasm/mod.ts";
import type { Namespace, StateKey } from "../namespace.ts";

/** Who made a rule (rtm_protocol), where that was said; a rule is its own key, as it is to the kernel. */
const PROTOCOLS_OF: StateKey<Map<string, number>> = { label: "rule protocols" };
const keyOf = (rule: RuleSpec): string => JSON.stringify(rule);

/** The protocol a rule was given; undefined for none. */
export function ruleProtocol(ns: Namespace, rule: RuleSpec): number | undefined {
  return ns.state(PROTOCOLS_OF, () => new Map()).get(keyOf(rule));
}

/** Adds a rule by `add` and keeps the protocol it was given. */
export function addWithProtocol(
  ns: Namespace,
  { family, protocol }: { readonly family: 4 | 6; readonly protocol: number | undefined },
  add: () => void,
): void {
  const known = ns.state(PROTOCOLS_OF, () => new Map());
  if (protocol === undefined && known.size === 0) return add();
  const rules = () => ns.plane.rules(ns.id, family).map(keyOf);
  const before = rules();
  add();
  const made = rules().find((rule) => !before.includes(rule));
  if (made === undefined) return;
  if (protocol === undefined) known.delete(made);
  else known.set(made, protocol);
}
