import { isServiceChain } from "../names.ts";
import { type ServicePort, type ServiceView, totalEndpoints } from "../view.ts";
import { activeChains, LARGE_CLUSTER, printIptables, staleChains } from "./print.ts";

/** How often at least everything is written anew and, in large clusters, stale chains are cleaned: milliseconds. */
export const SYNC_PERIOD = 30_000;

/** What the last sync of a family left behind. */
export interface Synced {
  readonly view: ServiceView;
  /** The Service chains that stand in the nat table. */
  readonly chains: ReadonlySet<string>;
  /** When stale chains were last taken away, in virtual milliseconds. */
  readonly cleaned: number;
}

/** One sync: the text to load with `iptables-restore --noflush`, and what it leaves. */
export interface Sync {
  readonly text: string;
  readonly full: boolean;
  readonly synced: Synced;
}

/**
 * The text for a view, given what is there: everything at first, afterwards the shared chains and those of changed Services.
 * `existing` are the nat table's chains on a first sync (a restarted kube-proxy finds its old ones).
 */
export function syncIptables(
  view: ServiceView,
  before: Synced | undefined,
  at: { readonly now: number; readonly existing?: readonly string[] },
): Sync {
  const there = before?.chains ?? new Set((at.existing ?? []).filter(isServiceChain));
  const large = totalEndpoints(view) > LARGE_CLUSTER;
  const cleans = before === undefined || !large || at.now - before.cleaned > SYNC_PERIOD;
  const stale = cleans ? staleChains(there, view) : [];
  const only = before === undefined ? undefined : changedServices(before.view, view);
  const text = printIptables(view, { stale, ...(only === undefined ? {} : { only }) });
  const gone = new Set(stale);
  const chains = new Set([...[...there].filter((chain) => !gone.has(chain)), ...activeChains(view)]);
  return { text, full: only === undefined, synced: { view, chains, cleaned: cleans ? at.now : before.cleaned } };
}

/** Services (`namespace/name`) with a port that is new or differs. */
export function changedServices(before: ServiceView, after: ServiceView): Set<string> {
  const differ = after.ports.filter((port, i) => before.ports[i] !== port);
  if (differ.length === 0) return new Set();
  const known = new Map(before.ports.map((port) => [portKey(port), port]));
  const changed = differ.filter((port) => {
    const old = known.get(portKey(port));
    return old !== port && (old === undefined || JSON.stringify(old) !== JSON.stringify(port));
  });
  return new Set(changed.map((port) => `${port.namespace}/${port.service}`));
}

function portKey(port: ServicePort): string {
  return `${port.name}/${port.protocol}`;
}
