/** Sets of addresses that rules ask for: what they are made of, and who is in them. */
import { setId } from "./names.ts";
import type { FelixPolicy, FelixRule, Labelled } from "./model.ts";
import { ALL, type CalicoSelector, printSelector, selects } from "./selector.ts";

/** A set that some rule asks for. */
export interface RuleSet {
  readonly id: string;
  readonly type: "hash:net" | "hash:ip,port";
  /** Its members among those: addresses and networks, or `ADDRESS,PROTOCOL:PORT`. */
  members(all: readonly Labelled[]): string[];
}

/** A set of the kernel cannot hold everything as one network. */
const HALVES: Readonly<Record<string, readonly string[]>> = {
  "0.0.0.0/0": ["0.0.0.0/1", "128.0.0.0/1"],
  "::/0": ["::/1", "8000::/1"],
};

/** The addresses of the endpoints and networks that a selector selects. */
export function selectorSet(selector: CalicoSelector): RuleSet {
  return {
    id: setId("s", printSelector(selector)),
    type: "hash:net",
    members: (all) =>
      all.filter(({ labels }) => selects(selector, labels)).flatMap(({ addresses }) =>
        addresses.flatMap((address) => HALVES[address] ?? [address])
      ),
  };
}

/** A named port: the addresses of the endpoints that have it, each with the number it has there. */
export function namedPortSet(
  { selector = ALL, protocol, port }: {
    readonly selector: CalicoSelector | undefined;
    readonly protocol: string;
    readonly port: string;
  },
): RuleSet {
  const inner = setId("s", printSelector(selector));
  return {
    id: setId("n", `${inner},${protocol},${port}`),
    type: "hash:ip,port",
    members: (all) =>
      all.filter(({ labels }) => selects(selector, labels)).flatMap(({ addresses, ports }) =>
        ports.filter((each) => each.name === port && each.protocol === protocol).flatMap((each) =>
          addresses.map((address) => `${address},${protocol}:${each.port}`)
        )
      ),
  };
}

/** The sets of policies, by id. */
export function setsOf(policies: readonly FelixPolicy[]): ReadonlyMap<string, RuleSet> {
  const rules = policies.flatMap(({ ingress = [], egress = [] }) => [...ingress, ...egress]);
  return new Map(rules.flatMap(setsOfRule).map((set) => [set.id, set]));
}

function setsOfRule(rule: FelixRule): RuleSet[] {
  return [rule.source, rule.destination].flatMap(({ selector, notSelector, ports, namedPorts }) => [
    ...notSelector === undefined ? [] : [selectorSet(notSelector)],
    ...selector === undefined || (namedPorts.length > 0 && ports.length === 0) ? [] : [selectorSet(selector)],
    ...namedPorts.map((port) => namedPortSet({ selector, protocol: String(rule.protocol ?? "tcp"), port })),
  ]);
}
