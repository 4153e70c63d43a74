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
  const rest = records.slice(answer, end < 0 ? births[2] ?? records.length : end + 1);
  const late = rest.filter((record) => isLateEnd(record, rest[0] as TraceRecord));
  return { forward: [...records.slice(0, answer), ...late], reply: rest.filter((record) => !late.includes(record)) };
}

/** A packet other than ARP's questions and answers begins here: one that was sent, or the error that answers one. */
function isBirth({ action, layer }: TraceRecord): boolean {
  return (action === "sent" || action === "refused") && layer !== "arp";
}

/** A packet that is answered by an error or a reset is noted as dropped only when the answer is on its way. */
function isLateEnd(record: TraceRecord, answer: TraceRecord): boolean {
  return record.action === "dropped" && record.ns === answer.ns && record.packet.src !== answer.packet.src;
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
  const end = records.findLast(({ action, reason }) =>
    action === "dropped" && (reason === "rule" || reason === "policy")
  );
  const rule = end && records.findLast((record) => isDecision(record) && isSamePacket(record, end));
  if (rule === undefined) return null;
  const { place, detail } = step(rule);
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
