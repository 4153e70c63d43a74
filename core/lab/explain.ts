/** `why`: one packet from place to place, what became of it, both ways, and whose rule decided. */
import { type Step, stepsOf } from "../linux/mod.ts";
import type { Ns, TraceRecord } from "../../wasm/mod.ts";
import type { DecidedBy, Protocol, Why } from "./answers.ts";
import type { Cluster } from "./cluster.ts";
import { decider } from "./decider.ts";
import { namesOf } from "./names.ts";
import { attempt } from "./probe.ts";
import type { Goal, Source } from "./resolve.ts";
import type { World } from "./world.ts";

/** The question. */
export interface Question {
  readonly world: World;
  readonly cluster: Cluster | undefined;
  readonly from: Source;
  readonly target: Goal;
  readonly protocol: Protocol;
}

/** Sends the packet and tells its story. */
export async function explain({ world, cluster, from, target, protocol }: Question): Promise<Why> {
  const { address, port } = target;
  const { verdict, records } = await attempt(world, { from: from.ns, address, port, protocol, trace: true });
  const names = namesOf(world, cluster);
  const { forward, reply } = bothWays(records, from.ns);
  const received = verdict === "delivered" ? reception(forward) : undefined;
  const receiver = received === undefined ? null : names.place(received.ns);
  return {
    from: from.place,
    to: target.place,
    protocol,
    verdict,
    backend: receiver?.startsWith("pod/") ? receiver.slice("pod/".length) : null,
    receivedBy: receiver,
    sees: received === undefined ? null : seen(received),
    decidedBy: verdict === "delivered"
      ? null
      : decidedBy(records, (step) => stepsOf([step], names)[0] as Step, cluster),
    forward: { steps: stepsOf(forward, names) },
    reply: { steps: stepsOf(reply, names) },
  };
}

/**
 * A walk as two: all up to where the first packet ended, and what was sent in answer up to where that ended.
 * What follows (the rest of a handshake, resets) belongs to neither.
 */
function bothWays(
  records: readonly TraceRecord[],
  origin: Ns,
): { readonly forward: TraceRecord[]; readonly reply: TraceRecord[] } {
  const births = records.flatMap((record, i) => (isBirth(record) ? [i] : []));
  const answer = births[1] ?? records.length;
  const end = records.findIndex((record, i) => i > answer && record.ns === origin && record.action === "delivered");
  return {
    forward: records.slice(0, answer),
    reply: records.slice(answer, end < 0 ? births[2] ?? records.length : end + 1),
  };
}

/** A packet other than ARP's questions and answers begins here. */
function isBirth({ action, layer }: TraceRecord): boolean {
  return action === "sent" && layer !== "arp";
}

function reception(records: readonly TraceRecord[]): TraceRecord | undefined {
  return records.findLast(({ action }) => action === "delivered");
}

function seen({ packet }: TraceRecord): { readonly src: string; readonly dst: string } {
  return { src: packet.src, dst: packet.dst };
}

/** The last rule or policy that ended a packet's way. */
function decidedBy(
  records: readonly TraceRecord[],
  step: (record: TraceRecord) => Step,
  cluster: Cluster | undefined,
): DecidedBy | null {
  const end = records.findIndex(({ action, reason }) =>
    (action === "dropped" || action === "refused") && (reason === "rule" || reason === "policy")
  );
  const rule = end < 0
    ? undefined
    : records.slice(0, end).findLast(({ action }) => action === "matched" || action === "policy");
  if (rule === undefined) return null;
  const { place, detail } = step(rule);
  return decider(detail.slice(detail.indexOf(": ") + 2), place, cluster);
}
