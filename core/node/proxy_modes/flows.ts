/** What every mode does after its rules stand: UDP flows to endpoints that are gone are forgotten. */
import type { Machine } from "../../linux/mod.ts";
import { flowsDue, type ServiceView, staleFlows } from "../proxy/mod.ts";

/** Deletes the flows that a change of views makes stale. */
export function forgetFlows(machine: Machine, before: ServiceView | undefined, view: ServiceView): void {
  if (!flowsDue(before, view)) return;
  const stale = staleFlows(view);
  machine.plane.removeFlows(machine.ns.id, (flow) => !stale(flow));
}
