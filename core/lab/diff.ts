/**
 * What would be different: the same flows in two or more labs that differ in one thing (kube-proxy's mode, the pod network, a change
 * of objects), and where they end differently whose rule made it so.
 */
import type { DiffRow, FlowOutcome, Overview, Protocol, Why } from "./answers.ts";
import type { Lab } from "./lab.ts";

/** One of the labs compared, by what it is called. */
export interface Variant {
  readonly name: string;
  readonly lab: Lab;
}

interface Asked {
  readonly from: string;
  readonly to: string;
  readonly proto: Protocol;
  /** The source is an endpoint of the Service itself: chance decides whether it meets itself, and is masqueraded for it. */
  readonly itself: boolean;
}

/** Rules that turn a packet to somewhere else, or give it another source. */
const TURNS = /NAT|dnat|snat|REDIRECT|redirect|MASQUERADE|masquerade|virtual server/;

/** Ports of a Service that is none of its own: what a stray client asks for. */
const STRAY = 9;

/** The flows that end differently, in the order they were asked. */
export async function diff(variants: readonly Variant[]): Promise<DiffRow[]> {
  const asked = new Map<string, Asked>();
  for (const { lab } of variants) for (const flow of flowsOf(lab.overview())) asked.set(JSON.stringify(flow), flow);
  const rows: DiffRow[] = [];
  for (const flow of asked.values()) {
    const outcomes: FlowOutcome[] = [];
    for (const { name, lab } of variants) outcomes.push(await outcomeOf(lab, name, flow));
    const [first] = outcomes;
    const { itself, ...asking } = flow;
    if (first !== undefined && outcomes.some((other) => !sameEnd(first, other, itself))) {
      rows.push({ ...asking, outcomes });
    }
  }
  return rows;
}

/** From a pod of every node, every node and outside: to every Service port, to a port that is none, to every node port. */
function flowsOf({ nodes, pods, services }: Overview): Asked[] {
  const ready = pods.filter(({ ready }) => ready);
  const firsts = nodes.flatMap(({ name }) => ready.find(({ node }) => node === name) ?? []);
  const sources = [
    ...firsts.map(({ namespace, name, address }) => ({ place: `pod/${namespace}/${name}`, address })),
    ...nodes.map(({ name, address }) => ({ place: `node/${name}`, address })),
  ];
  return services.filter(({ clusterIP }) => clusterIP !== "" && clusterIP !== "None").flatMap((service) => {
    const { clusterIP, externalIPs, ports, endpoints } = service;
    const isEndpoint = (address: string) =>
      endpoints.some((text) => text.startsWith(`${address}:`) || text.startsWith(`[${address}]`));
    const inside = ports.flatMap(({ port, protocol, nodePort }) => {
      const proto = protocol.toLowerCase() as Protocol;
      const nodePorts = nodePort === undefined ? [] : [...nodes.map(({ address }) => address), "127.0.0.1"];
      const external = [
        ...externalIPs.map((address) => socket(address, port)),
        ...nodePorts.map((address) => socket(address, nodePort as number)),
      ];
      const own = [socket(clusterIP, port), ...external].flatMap((to) =>
        sources.map(({ place, address }) => ({ from: place, to, proto, itself: isEndpoint(address) }))
      );
      const outside = external.filter((to) => !to.startsWith("127.")).map((to) => ({
        from: "internet",
        to,
        proto,
        itself: false,
      }));
      return [...own.filter(({ from, to }) => !to.startsWith("127.") || from.startsWith("node/")), ...outside];
    });
    const stray = ports.some(({ port }) => port === STRAY) ? [] : sources.slice(0, 1).map(({ place }) => ({
      from: place,
      to: socket(clusterIP, STRAY),
      proto: "tcp" as const,
      itself: false,
    }));
    return [...inside, ...stray];
  });
}

function socket(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

async function outcomeOf(lab: Lab, variant: string, { from, to, proto }: Asked): Promise<FlowOutcome> {
  const why = await lab.why(from, to, { proto });
  return { variant, verdict: why.verdict, sees: seenAs(why), receiver: receiverOf(why), why: reason(why) };
}

/** Whom the receiver saw: the client itself, or somebody in between. */
function seenAs({ sees, forward }: Why): string | null {
  if (sees === null) return null;
  const sent = /(\S+?)(?::\d+)? > /.exec(forward.steps[0]?.detail ?? "")?.[1];
  return sent === sees.src ? "the client" : sees.src;
}

/** A pod or no pod: which of several pods is chance. */
function receiverOf({ receivedBy }: Why): string | null {
  return receivedBy === null ? null : receivedBy.startsWith("pod/") ? "a pod" : receivedBy;
}

/** The rule that decided, or the last one before the packet was turned to where it went. */
function reason({ decidedBy, forward, verdict }: Why): string {
  if (decidedBy !== null) return decidedBy.rule;
  const matched = forward.steps.filter(({ action }) => action === "matched");
  const rule = matched.findLast(({ detail }) => TURNS.test(detail)) ?? matched.at(-1);
  if (rule !== undefined) return rule.detail.slice(rule.detail.indexOf(": ") + 2);
  const last = forward.steps.at(-1);
  return verdict === "delivered" ? "no rule" : `no rule: ${last?.action ?? "nothing"} at ${last?.place ?? "nowhere"}`;
}

/** Where nobody is named, a verdict is all there is; who is masqueraded by which node is one thing. */
function sameEnd(a: FlowOutcome, b: FlowOutcome, itself: boolean): boolean {
  const veiled = (sees: string | null) => (sees === null || itself ? null : sees === "the client");
  return a.verdict === b.verdict && a.receiver === b.receiver && veiled(a.sees) === veiled(b.sees);
}
