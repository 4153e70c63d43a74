/**
 * The chains of a node's endpoints and of the policies that apply to them:
 *
 *     cali-from-wl-dispatch  by interface to  cali-fw-IF   its egress policies      (cali-po-, groups cali-go-), then its profiles (cali-pro-)
 *     cali-to-wl-dispatch    by interface to  cali-tw-IF   its ingress policies     (cali-pi-, groups cali-gi-), then its profiles (cali-pri-)
 */
import { chainName, type Family, groupId, VXLAN_PORT } from "./names.ts";
import { ANY, type FelixEndpoint, type FelixPolicy, type FelixTier, type PolicyId } from "./model.ts";
import { policyChainRules } from "./policy_rules.ts";
import { type Chain, type ChainRule, clearMark, jump, MARK, markClear, markSet, setMark } from "./rule_text.ts";
import { printSelector, selects } from "./selector.ts";
import type { Allow } from "./static_chains.ts";

/** A direction, seen from the endpoint. */
export interface Way {
  readonly direction: "ingress" | "egress";
  readonly dispatch: string;
  readonly endpoint: string;
  readonly policy: string;
  readonly group: string;
  readonly profile: string;
  /** How a rule of the dispatch chain names the interface. */
  readonly device: string;
}

/** Both of them, as their chains are called. */
export const WAYS: readonly Way[] = [
  {
    direction: "egress",
    dispatch: "cali-from-wl-dispatch",
    endpoint: "cali-fw-",
    policy: "cali-po-",
    group: "cali-go-",
    profile: "cali-pro-",
    device: "--in-interface",
  },
  {
    direction: "ingress",
    dispatch: "cali-to-wl-dispatch",
    endpoint: "cali-tw-",
    policy: "cali-pi-",
    group: "cali-gi-",
    profile: "cali-pri-",
    device: "--out-interface",
  },
];

const SHORT_KINDS: Readonly<Record<string, string>> = {
  KubernetesNetworkPolicy: "knp",
  NetworkPolicy: "np",
  GlobalNetworkPolicy: "gnp",
};

/** A policy's id in chain names: `knp/default/web`, `gnp/default.web`. */
export function policyKey({ kind, namespace, name }: PolicyId): string {
  return [SHORT_KINDS[kind] ?? kind, ...namespace === "" ? [] : [namespace], name].join("/");
}

const ACCEPTED = { match: markSet(MARK.accept), action: jump("RETURN") };
const ESTABLISHED = "-m conntrack --ctstate RELATED,ESTABLISHED";

/** How they are written. */
export interface ChainOptions {
  readonly family: Family;
  readonly filterAllow: Allow;
  /** Before what a Log action writes; `%t` stands for the tier, `%k` for the kind, `%n` and `%p` for the name without and with its namespace. */
  readonly logPrefix: string;
}

/** All of them, for the endpoints of one node. */
export function endpointChains(
  endpoints: readonly FelixEndpoint[],
  tiers: readonly FelixTier[],
  options: ChainOptions,
): Chain[] {
  return WAYS.flatMap((way) => {
    const groups = new Map<string, Group>();
    const chains = endpoints.map((endpoint) => endpointChain(endpoint, { way, tiers, groups, options }));
    const used = [...new Set([...groups.values()].flatMap(({ policies }) => policies))];
    const profiles = [...new Set(endpoints.flatMap(({ profiles }) => profiles))];
    return [
      ...dispatchChains(endpoints.map((endpoint) => endpoint.interface), way),
      ...chains,
      ...[...groups.values()].filter(isChain).map((group) => groupChain(group, way)),
      ...used.map((policy) => policyChain(policy, way, { ...options, logPrefix: logPrefix(policy, tiers, options) })),
      ...profiles.map((profile) => profileChain(profile, way, options)),
    ];
  });
}

/** The policies that apply to a node's endpoints in some direction. */
export function activePolicies(endpoints: readonly FelixEndpoint[], tiers: readonly FelixTier[]): FelixPolicy[] {
  return tiers.flatMap(({ policies }) =>
    policies.filter(({ selector }) => endpoints.some(({ labels }) => selects(selector, labels)))
  );
}

/** Policies with the same selector, one behind the other: who meets one meets all. */
interface Group {
  readonly selector: string;
  readonly policies: readonly FelixPolicy[];
  readonly chain: string;
}

const isChain = ({ policies }: Group): boolean => policies.length > 1;

function groupsOf(policies: readonly FelixPolicy[], way: Way): Group[] {
  const runs: FelixPolicy[][] = [];
  for (const policy of policies) {
    const open = runs.at(-1);
    if (open !== undefined && printSelector((open[0] as FelixPolicy).selector) === printSelector(policy.selector)) {
      open.push(policy);
    } else runs.push([policy]);
  }
  return runs.map((run) => {
    const selector = printSelector((run[0] as FelixPolicy).selector);
    const names = run.map(({ id }) => `{Name: ${id.name}, Namespace: ${id.namespace}, Kind: ${id.kind}}`);
    const bound = way.direction === "ingress" ? "inbound" : "outbound";
    const [only] = run as [FelixPolicy];
    const chain = run.length > 1
      ? `${way.group}${groupId([selector, bound, `${run.length}`, ...names])}`
      : chainName(way.policy, policyKey(only.id));
    return { selector, policies: run, chain };
  });
}

interface EndpointContext {
  readonly way: Way;
  readonly tiers: readonly FelixTier[];
  /** The groups that endpoints use, by chain: filled here. */
  readonly groups: Map<string, Group>;
  readonly options: ChainOptions;
}

function endpointChain(endpoint: FelixEndpoint, { way, tiers, groups, options }: EndpointContext): Chain {
  const tierRules = tiers.flatMap(({ name, endsWith, policies }) => {
    const own = policies.filter((policy) =>
      policy[way.direction] !== undefined && selects(policy.selector, endpoint.labels)
    );
    const list = groupsOf(own, way);
    for (const group of list) groups.set(group.chain, group);
    return list.length === 0 ? [] : tierChainRules(list, { name, endsWith });
  });
  const rules: ChainRule[] = [
    ...options.filterAllow === "RETURN" ? [{ match: ESTABLISHED, action: setMark(MARK.accept) }] : [],
    { match: ESTABLISHED, action: jump(options.filterAllow) },
    { match: "-m conntrack --ctstate INVALID", action: jump("DROP") },
    { action: clearMark(MARK.accept | MARK.pass) },
    ...way.direction === "egress" ? noTunnels() : [],
    ...tierRules,
    ...endpoint.profiles.flatMap((profile) => [
      { action: jump(chainName(way.profile, profile)) },
      { comment: "Return if profile accepted", ...ACCEPTED },
    ]),
    { comment: "Drop if no profiles matched", action: jump("DROP") },
  ];
  return { name: chainName(way.endpoint, endpoint.interface), rules };
}

/** A pod may not send tunnelled packets itself: they would go around the policies. */
function noTunnels(): ChainRule[] {
  const why = (what: string) => `Drop ${what} encapped packets originating in workloads`;
  return [
    {
      comment: why("VXLAN"),
      match: `-p 17 -m multiport --destination-ports ${VXLAN_PORT}`,
      action: jump("DROP"),
    },
    { comment: why("IPinIP"), match: "-p 4", action: jump("DROP") },
  ];
}

function tierChainRules(
  groups: readonly Group[],
  { name, endsWith }: Pick<FelixTier, "name" | "endsWith">,
): ChainRule[] {
  const end = {
    comment: `End of tier ${name}. Drop if no policies passed packet`,
    match: markClear(MARK.pass),
    action: jump("DROP"),
  };
  return [
    { comment: `Start of tier ${name}`, action: clearMark(MARK.pass) },
    ...groups.flatMap(({ chain }) => [
      { match: markClear(MARK.pass), action: jump(chain) },
      { comment: "Return if policy accepted", ...ACCEPTED },
    ]),
    ...endsWith === "deny" ? [end] : [],
  ];
}

/** How many policies of a group are asked before it is looked whether one has decided. */
const RETURN_STRIDE = 5;

function groupChain({ chain, policies }: Group, way: Way): Chain {
  const verdict = MARK.accept | MARK.pass;
  const undecided = markClear(verdict);
  const rules = policies.flatMap(({ id }, i): ChainRule[] => {
    const action = jump(chainName(way.policy, policyKey(id)));
    if (i === 0) return [{ action }];
    if (i % RETURN_STRIDE !== 0) return [{ match: undecided, action }];
    const decided = undecided.replace("--mark", "! --mark").replace("-m ! --mark", "-m mark");
    return [{ comment: "Return on verdict", match: decided, action: jump("RETURN") }, { action }];
  });
  return { name: chain, rules };
}

/** As long as the kernel takes it. */
function logPrefix({ id }: FelixPolicy, tiers: readonly FelixTier[], options: ChainOptions): string {
  const tier = tiers.find(({ policies }) => policies.some((policy) => policy.id === id));
  const meanings: Readonly<Record<string, string>> = {
    "%t": tier?.name ?? "",
    "%k": SHORT_KINDS[id.kind] ?? id.kind,
    "%n": id.name,
    "%p": [id.namespace, id.name].filter((part) => part !== "").join("/"),
  };
  return options.logPrefix.replace(/%[tknp]/g, (specifier) => meanings[specifier] ?? "");
}

function policyChain(policy: FelixPolicy, way: Way, options: ChainOptions): Chain {
  const { kind, namespace, name } = policy.id;
  const full = namespace === "" ? name : `${namespace}/${name}`;
  return {
    name: chainName(way.policy, policyKey(policy.id)),
    rules: policyChainRules(policy[way.direction] ?? [], `${kind} ${full} ${way.direction}`, options),
  };
}

/** A namespace's profile allows everything; a service account's says nothing. */
function profileChain(profile: string, way: Way, options: ChainOptions): Chain {
  const rules = profile.startsWith("kns.") ? [{ action: "allow", source: ANY, destination: ANY } as const] : [];
  return {
    name: chainName(way.profile, profile),
    rules: policyChainRules(rules, `Profile ${profile} ${way.direction}`, options),
  };
}

/** By interface to its chain; where several share a next letter behind what all share, by way of a chain for that letter. */
function dispatchChains(interfaces: readonly string[], way: Way): Chain[] {
  const names = [...interfaces].sort();
  const shared = commonPrefix(names);
  const byLetter = Map.groupBy(names, (name) => name.slice(0, shared.length + 1));
  const unknown = { comment: "Unknown interface", action: jump("DROP") };
  const direct = (name: string) => ({
    match: `${way.device} ${name}`,
    action: `--goto ${chainName(way.endpoint, name)}`,
  });
  const branches = [...byLetter].filter(([, list]) => list.length > 1).map(([prefix, list]) => ({
    prefix,
    chain: { name: `${way.dispatch}-${prefix.slice(shared.length)}`, rules: [...list.map(direct), unknown] },
  }));
  const root = [...byLetter].map(([prefix, list]) => {
    const branch = branches.find((each) => each.prefix === prefix);
    if (branch === undefined) return direct(list[0] as string);
    return { match: `${way.device} ${prefix}+`, action: `--goto ${branch.chain.name}` };
  });
  return [{ name: way.dispatch, rules: [...root, unknown] }, ...branches.map(({ chain }) => chain)];
}

function commonPrefix(names: readonly string[]): string {
  const [first = "", last = ""] = [names[0], names.at(-1)];
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  return first.slice(0, length);
}
