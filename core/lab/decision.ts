/** Whose rule it was that a packet did not get past. */
import { type Step, stepsOf, type TraceNames } from "../linux/mod.ts";
import type { TraceRecord } from "../../wasm/mod.ts";
import type { DecidedBy } from "./answers.ts";
import type { Cluster } from "./cluster.ts";
import { decider } from "./decider.ts";

/** The object behind the last rule or policy that ended a packet's way; null where no rule did. */
export function decidedBy(
  records: readonly TraceRecord[],
  names: TraceNames,
  cluster: Cluster | undefined,
): DecidedBy | null {
  const end = records.findLast(({ action, reason }) =>
    action === "dropped" && (reason === "rule" || reason === "policy")
  );
  const rule = end && records.findLast((record) => isDecision(record) && isSamePacket(record, end));
  if (rule === undefined) return null;
  const { place, detail } = stepsOf([rule], names)[0] as Step;
  return decider(detail.slice(detail.indexOf(": ") + 2), place, cluster);
}

function isDecision({ action }: TraceRecord): boolean {
  return action === "matched" || action === "policy";
}

/** NAT may have changed the destination by then; who sent it is the same until it leaves. */
function isSamePacket({ ns, packet }: TraceRecord, end: TraceRecord): boolean {
  return ns === end.ns && packet.proto === end.packet.proto && packet.src === end.packet.src &&
    packet.sport === end.packet.sport;
}
