/** What `podwire-kubeproxy/1` holds, and how one of its facts is held against ours. */
import type { ProxyConfig, ProxyNode, ServiceView } from "../../core/node/mod.ts";

/** A file of cases. */
export interface Recording {
  readonly cases: readonly RecordedCase[];
}

/** One world in one mode, and what became of it. */
export interface RecordedCase {
  readonly id: string;
  readonly mode: "iptables" | "nftables";
  readonly config: ProxyConfig;
  readonly node: Omit<ProxyNode, "nfacct">;
  readonly serviceCIDRs: readonly string[];
  readonly objects: string;
  readonly rules: Readonly<Record<string, string>>;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly health?: RecordedHealth;
  /** Errors and warnings of its log, without time and thread, in order of their texts. */
  readonly log?: readonly string[];
  readonly then: {
    readonly objects: string;
    readonly rules: Readonly<Record<string, string>>;
    readonly health?: RecordedHealth;
    readonly conntrack?: { readonly before: readonly string[]; readonly deleted: readonly string[] };
    readonly rules_fresh?: Readonly<Record<string, string>>;
  };
}

/** Answers by health check port and address. */
export type RecordedHealth = Readonly<Record<string, Readonly<Record<string, RecordedAnswer>>>>;

type RecordedAnswer = { readonly status: number; readonly headers: object; readonly body: string } | {
  readonly error: string;
};

/** The views of a world: IPv4, IPv6. */
export type Views = readonly [ServiceView, ServiceView];

/** One comparison: what it is about, and the difference where there is one. */
export interface Check {
  readonly id: string;
  readonly problem?: string;
}

/** The change comes this long after the start, in milliseconds. */
export const LATER = 5000;

/** Holds two values against each other. */
export function same(id: string, theirs: unknown, ours: unknown): Check {
  const [a, b] = [JSON.stringify(theirs), JSON.stringify(ours)];
  return a === b ? { id } : { id, problem: `  - ${a}\n  + ${b}` };
}

/** Holds two lists of lines against each other; undefined is a block that is not there. */
export function compareLines(
  id: string,
  theirs: readonly string[] | undefined,
  ours: readonly string[] | undefined,
): Check {
  if (theirs === undefined || ours === undefined) {
    return { id, problem: theirs === undefined ? "  one too many" : "  it is missing" };
  }
  if (theirs.join("\n") === ours.join("\n")) return { id };
  const lines = [
    ...theirs.filter((rule) => !ours.includes(rule)).map((rule) => `  - ${rule}`),
    ...ours.filter((rule) => !theirs.includes(rule)).map((rule) => `  + ${rule}`),
  ];
  return { id, problem: lines.length === 0 ? "  the same lines in another order" : lines.join("\n") };
}
