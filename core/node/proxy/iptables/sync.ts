import { portChanges, portsOfServices } from "../changes.ts";
import { isServiceChain } from "../names.ts";
import { type ServiceView, totalEndpoints } from "../view.ts";
import { LARGE_CLUSTER, printIptables } from "./print.ts";
import { chainNames } from "./rules.ts";

/** How often at least everything is written anew and, in large clusters, stale chains are cleaned: milliseconds. */
export const SYNC_PERIOD = 30_000;

/** What the last sync of a family left behind. */
export interface Synced {
  readonly view: ServiceView;
  /** Service chains in the nat table that nothing leads to any more. */
  readonly stale: ReadonlySet<string>;
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
  const large = totalEndpoints(view) > LARGE_CLUSTER;
  const { changed, replaced } = portChanges(before?.view.ports ?? [], view.ports);
  const gone = new Set(before?.stale ?? (at.existing ?? []).filter(isServiceChain));
  for (const port of replaced) for (const chain of chainNames(port, view)) gone.add(chain);
  if (gone.size > 0) { for (const port of changed) for (const chain of chainNames(port, view)) gone.delete(chain); }
  const cleans = before === undefined || !large || at.now - before.cleaned > SYNC_PERIOD;
  const stale = cleans ? [...gone].sort() : [];
  const text = printIptables(view, {
    stale,
    large,
    ...(before === undefined ? {} : { only: portsOfServices(view.ports, changed) }),
  });
  return {
    text,
    full: before === undefined,
    synced: { view, stale: cleans ? new Set() : gone, cleaned: cleans ? at.now : before.cleaned },
  };
}
