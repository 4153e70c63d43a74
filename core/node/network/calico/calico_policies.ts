/** Calico's own policies and tiers, beside Kubernetes' policies: who is asked after whom. */
import { order, TextError } from "../../../base/mod.ts";
import type { KubeObject, Store } from "../../../kube/mod.ts";
import { ANY, type Entity, type FelixPolicy, type FelixRule, type FelixTier, type PortSpan } from "./model.ts";
import { calicoObjects } from "./objects.ts";
import { ALL, both, type CalicoSelector, inNamespace, NAMESPACE, NAMESPACE_PREFIX, withPrefix } from "./selector.ts";
import { parseCalicoSelector } from "./selector_text.ts";

interface Tier extends KubeObject {
  spec: { readonly order?: number; readonly defaultAction?: "Deny" | "Pass" };
}

/** GlobalNetworkPolicy, or Calico's NetworkPolicy. */
interface CalicoPolicy extends KubeObject {
  spec: {
    readonly tier?: string;
    readonly order?: number;
    readonly selector?: string;
    readonly namespaceSelector?: string;
    readonly types?: readonly ("Ingress" | "Egress")[];
    readonly ingress?: readonly CalicoRule[];
    readonly egress?: readonly CalicoRule[];
    readonly doNotTrack?: boolean;
    readonly preDNAT?: boolean;
  };
}

interface CalicoRule {
  readonly action: "Allow" | "Deny" | "Log" | "Pass";
  readonly protocol?: string | number;
  readonly notProtocol?: string | number;
  readonly ipVersion?: 4 | 6;
  readonly icmp?: { readonly type: number; readonly code?: number };
  readonly source?: CalicoEntity;
  readonly destination?: CalicoEntity;
}

type Port = string | number;

interface CalicoEntity {
  readonly nets?: readonly string[];
  readonly notNets?: readonly string[];
  readonly selector?: string;
  readonly notSelector?: string;
  readonly namespaceSelector?: string;
  readonly ports?: readonly Port[];
  readonly notPorts?: readonly Port[];
}

/** The tier of Kubernetes' policies, and of those that name none; its order, and theirs in it. */
const [DEFAULT_TIER, DEFAULT_TIER_ORDER, KUBERNETES_ORDER] = ["default", 1_000_000, 1000] as const;

interface Placed {
  readonly tier: string;
  readonly order: number;
  readonly policy: FelixPolicy;
}

/** All tiers that have policies, in the order they are asked, with the policies that apply to pods. */
export function felixTiers(store: Store, kubernetes: readonly FelixPolicy[]): FelixTier[] {
  const placed = [
    ...kubernetes.map((policy) => ({ tier: DEFAULT_TIER, order: KUBERNETES_ORDER, policy })),
    ...["GlobalNetworkPolicy", "NetworkPolicy"].flatMap((kind) =>
      calicoObjects<CalicoPolicy>(store, kind).filter(appliesToPods).map((object) => placedPolicy(object, kind))
    ),
  ];
  const tiers = new Map(calicoObjects<Tier>(store, "Tier").map(({ metadata, spec }) => [metadata.name, spec]));
  const orderOf = (tier: string) => tiers.get(tier)?.order ?? (tier === DEFAULT_TIER ? DEFAULT_TIER_ORDER : Infinity);
  const names = [...new Set(placed.map(({ tier }) => tier))].sort((a, b) =>
    order(orderOf(a), orderOf(b)) || order(a, b)
  );
  return names.map((name) => ({
    name,
    endsWith: tiers.get(name)?.defaultAction === "Pass" ? "pass" : "deny",
    policies: placed.filter(({ tier }) => tier === name).sort(byOrder).map(({ policy }) => policy),
  }));
}

function byOrder(a: Placed, b: Placed): number {
  const name = ({ policy: { id } }: Placed) => `${id.name}/${id.namespace}`;
  return order(a.order, b.order) || order(name(a), name(b));
}

/** Untracked and pre-DNAT policies are for hosts' own interfaces. */
function appliesToPods({ spec }: CalicoPolicy): boolean {
  return spec.doNotTrack !== true && spec.preDNAT !== true;
}

function placedPolicy({ metadata, spec }: CalicoPolicy, kind: string): Placed {
  const { namespace = "", name } = metadata;
  const wants = (type: "Ingress" | "Egress") => spec.types === undefined || spec.types.includes(type);
  const rules = (list: readonly CalicoRule[] | undefined) => (list ?? []).map((rule) => felixRule(rule, namespace));
  return {
    tier: spec.tier ?? DEFAULT_TIER,
    order: spec.order ?? Infinity,
    policy: {
      id: { kind, namespace, name },
      selector: policySelector(spec, namespace),
      ingress: wants("Ingress") ? rules(spec.ingress) : undefined,
      egress: wants("Egress") ? rules(spec.egress) : undefined,
    },
  };
}

function policySelector({ selector = "", namespaceSelector = "" }: CalicoPolicy["spec"], namespace: string) {
  const own = selector === "" ? undefined : readSelector(selector);
  const space = namespace === "" ? spaceSelector(namespaceSelector) : inNamespace(namespace);
  return joined(own, space) ?? ALL;
}

function joined(a: CalicoSelector | undefined, b: CalicoSelector | undefined): CalicoSelector | undefined {
  return a === undefined || b === undefined ? a ?? b : both(a, b);
}

/** A selector that cannot be read selects nothing; {@link policyProblems} tells of it. */
function readSelector(text: string): CalicoSelector {
  try {
    return parseCalicoSelector(text);
  } catch (error) {
    if (error instanceof TextError) return { op: "not", of: ALL };
    throw error;
  }
}

/** Endpoints by their namespace: of any, of none (`global()`), or by its labels. */
function spaceSelector(text: string): CalicoSelector | undefined {
  if (text === "") return undefined;
  if (text.trim() === "all()") return { op: "has", key: NAMESPACE };
  if (text.trim() === "global()") return { op: "hasn't", key: NAMESPACE };
  return withPrefix(readSelector(text), NAMESPACE_PREFIX);
}

const ACTIONS = { Allow: "allow", Deny: "deny", Log: "log", Pass: "pass" } as const;
const small = (protocol: string | number) => (typeof protocol === "string" ? protocol.toLowerCase() : protocol);

function felixRule(rule: CalicoRule, namespace: string): FelixRule {
  const { protocol, notProtocol, ipVersion, icmp } = rule;
  return {
    action: ACTIONS[rule.action],
    ...(protocol === undefined ? {} : { protocol: small(protocol) }),
    ...(notProtocol === undefined ? {} : { notProtocol: small(notProtocol) }),
    ...(ipVersion === undefined ? {} : { family: ipVersion }),
    ...(icmp === undefined ? {} : { icmp }),
    source: entity(rule.source ?? {}, namespace),
    destination: entity(rule.destination ?? {}, namespace),
  };
}

/** A selector in a policy of a namespace means that namespace, unless the rule names others. */
function entity(of: CalicoEntity, namespace: string): Entity {
  const own = of.selector === undefined || of.selector === "" ? undefined : readSelector(of.selector);
  const said = spaceSelector(of.namespaceSelector ?? "");
  const space = said ?? (own !== undefined && namespace !== "" ? inNamespace(namespace) : undefined);
  const selector = joined(space, own);
  const { ports, namedPorts } = portsOf(of.ports ?? []);
  return {
    ...ANY,
    nets: of.nets ?? [],
    notNets: of.notNets ?? [],
    ...(selector === undefined ? {} : { selector }),
    ...(of.notSelector === undefined ? {} : { notSelector: readSelector(of.notSelector) }),
    ports,
    namedPorts,
    notPorts: portsOf(of.notPorts ?? []).ports,
  };
}

/** `80`, `"1000:2000"`, or a name. */
function portsOf(list: readonly Port[]): Pick<Entity, "ports" | "namedPorts"> {
  const ports: PortSpan[] = [];
  const namedPorts: string[] = [];
  for (const port of list) {
    const [, first, last] = /^(\d+)(?::(\d+))?$/.exec(String(port)) ?? [];
    if (first === undefined) namedPorts.push(String(port));
    else ports.push({ first: Number(first), last: Number(last ?? first) });
  }
  return { ports, namedPorts };
}

/** Fields of policies, and of their rules' ends, that are read and have no effect. */
const UNMODELLED = ["serviceAccountSelector", "doNotTrack", "preDNAT", "applyOnForward", "performanceHints"];
const UNMODELLED_RULE = ["http", "notICMP"];
const UNMODELLED_END = ["services", "serviceAccounts", "domains"];

/** What Calico's own policies ask for that is not simulated or cannot be read: `KIND NAME: what`. */
export function policyProblems(store: Store): string[] {
  return ["GlobalNetworkPolicy", "NetworkPolicy"].flatMap((kind) =>
    calicoObjects<CalicoPolicy>(store, kind).flatMap(({ metadata, spec }) =>
      problemsOf(spec).map((problem) => `${kind} ${metadata.name}: ${problem}`)
    )
  );
}

function problemsOf(spec: CalicoPolicy["spec"]): string[] {
  const rules = [...spec.ingress ?? [], ...spec.egress ?? []];
  const ends = rules.flatMap(({ source, destination }) => [source ?? {}, destination ?? {}]);
  const texts = [spec, ...ends].flatMap((of) =>
    ["selector", "notSelector", "namespaceSelector"].map((field) => (of as Record<string, unknown>)[field])
  );
  return [
    ...named(UNMODELLED, [spec]),
    ...named(UNMODELLED_RULE, rules),
    ...named(UNMODELLED_END, ends),
    ...texts.flatMap((text) => typeof text === "string" ? unreadable(text) : []),
  ];
}

function named(fields: readonly string[], objects: readonly object[]): string[] {
  return fields.filter((field) => objects.some((object) => field in object)).map((field) =>
    `${field} is not simulated`
  );
}

function unreadable(text: string): string[] {
  try {
    parseCalicoSelector(text);
    return [];
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    return [`the selector ${JSON.stringify(text)} selects nothing: ${error.message}`];
  }
}
