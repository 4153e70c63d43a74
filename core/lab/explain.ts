/** `why`: one packet from place to place, what became of it, both ways, and whose rule decided. */
import { stepsOf } from "../linux/mod.ts";
import type { Ns, TraceRecord } from "../../wasm/mod.ts";
import type { Protocol, Why } from "./answers.ts";
import type { Cluster } from "./cluster.ts";
import { decidedBy } from "./decision.ts";
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
  const { verdict, records } = await attempt(world, { from: from.ns, address, port, protocol });
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
    decidedBy: verdict === "delivered" ? null : decidedBy(records, names, cluster),
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
function isBirth(record: TraceRecord): boolean {
  const { action, layer } = record;
  return (action === "sent" || action === "refused") && layer !== "arp" && !isRedirect(record);
}

/** A router's hint that there is a shorter way: the packet itself goes on. */
function isRedirect({ packet: { family, proto, type } }: TraceRecord): boolean {
  return family === 4 ? proto === 1 && type === 5 : proto === 58 && type === 137;
}

/** A packet that is answered by an error or a reset is noted as dropped only when the answer is on its way. */
function isLateEnd(record: TraceRecord, answer: TraceRecord): boolean {
  return record.action === "dropped" && record.ns === answer.ns && record.packet.src !== answer.packet.src;
}

function reception(records: readonly TraceRecord[]): TraceRecord | undefined {
  return records.findLast((record) => record.action === "delivered" && !isRedirect(record));
}

function seen({ packet }: TraceRecord): { readonly src: string; readonly dst: string } {
  return { src: packet.src, dst: packet.dst };
}
