/** One connection attempt from a namespace, traced: the packets are the plane's own, no program is needed. */
import { ipFamily, isFailure } from "../base/mod.ts";
import type { Ns, SocketError, SocketId, SocketView, TraceRecord } from "../../wasm/mod.ts";
import type { Protocol, Verdict } from "./answers.ts";
import type { World } from "./world.ts";

/** What is tried. */
export interface Attempt {
  readonly from: Ns;
  readonly address: string;
  /** Destination port; ignored for icmp. */
  readonly port: number;
  readonly protocol: Protocol;
}

/** How it ended, and what happened on the way. */
export interface Outcome {
  readonly verdict: Verdict;
  readonly records: readonly TraceRecord[];
}

/** Virtual milliseconds to wait for an answer that nothing on the way ruled out. */
const PATIENCE = 5_000;
const PAYLOAD = new TextEncoder().encode("podwire");
/** An ICMP echo request: type, code, checksum, id and sequence are the plane's to fill, then bytes to send back. */
const ECHO = Uint8Array.from([8, 0, 0, 0, 0, 0, 0, 1, ...PAYLOAD]);
const ECHO6 = Uint8Array.from([128, ...ECHO.subarray(1)]);

/** Errors of connect(2) and friends, as verdicts. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "refused",
  ENETUNREACH: "unreachable",
  EHOSTUNREACH: "unreachable",
  EACCES: "unreachable",
  ENETDOWN: "unreachable",
  EHOSTDOWN: "unreachable",
  EINVAL: "dropped",
  EPERM: "dropped",
  ETIMEDOUT: "timeout",
};

/** Sends one SYN, datagram or echo request, and waits on virtual time until it is answered, refused or surely lost. */
export async function attempt(world: World, attempt: Attempt): Promise<Outcome> {
  const { plane } = world;
  const socket = plane.socket(
    attempt.from,
    attempt.protocol === "icmp" ? "icmp" : socketKind(attempt.protocol),
    ipFamily(attempt.address) ?? 4,
  );
  plane.setSocket(socket, { abort: true });
  plane.takeTrace();
  plane.trace(socket);
  const refused = start(world, socket, attempt);
  const records: TraceRecord[] = plane.takeTrace();
  const verdict = refused ?? await settle(world, { socket, attempt, records });
  records.push(...plane.takeTrace());
  plane.close(socket);
  plane.takeTrace();
  return { verdict, records };
}

function socketKind(protocol: Protocol): "tcp" | "udp" {
  if (protocol === "sctp") throw new RangeError("sctp sockets are not modelled");
  return protocol === "udp" ? "udp" : "tcp";
}

/** Sends the first packet; a verdict when the kernel refuses at once. */
function start({ plane }: World, socket: SocketId, { address, port, protocol }: Attempt): Verdict | undefined {
  if (protocol === "icmp") {
    const sent = plane.sendTo(socket, address.includes(":") ? ECHO6 : ECHO, address, 0);
    return isFailure(sent) ? verdictOf(sent.errno) : undefined;
  }
  const refusal = plane.connect(socket, address, port);
  if (refusal !== null) return verdictOf(refusal.errno);
  if (protocol === "tcp") return undefined;
  const sent = plane.send(socket, PAYLOAD);
  return isFailure(sent) ? verdictOf(sent.errno) : undefined;
}

interface Pending {
  readonly socket: SocketId;
  readonly attempt: Attempt;
  readonly records: TraceRecord[];
}

/** Looks, and lets time move from event to event, until there is a verdict. */
async function settle(world: World, pending: Pending): Promise<Verdict> {
  const { plane, runner, clock } = world;
  const deadline = clock.now() + PATIENCE;
  for (;;) {
    const verdict = look(world, pending);
    if (verdict !== undefined) return verdict;
    pending.records.push(...plane.takeTrace());
    if (surelyLost(pending.records)) return "dropped";
    const next = plane.nextEvent() - plane.now();
    if (clock.now() + next > deadline) break;
    await runner.advance(next);
  }
  return "timeout";
}

/** What the socket knows by now. */
function look({ plane }: World, { socket, attempt, records }: Pending): Verdict | undefined {
  const view = plane.socketView(socket);
  const error = view.error ?? plane.takeError(socket);
  if (error !== undefined) return errorVerdict(error);
  if (attempt.protocol === "tcp") return connected(view) ? "delivered" : undefined;
  if (view.readable) return "delivered";
  return attempt.protocol === "udp" && delivered(records) ? "delivered" : undefined;
}

function connected({ state }: SocketView): boolean {
  return state !== "SYN-SENT" && state !== "CLOSED" && state !== "CLOSE";
}

function errorVerdict(error: string | SocketError): Verdict {
  return verdictOf(typeof error === "string" ? error : error.errno);
}

function verdictOf(errno: string): Verdict {
  return VERDICTS[errno] ?? "unreachable";
}

/** A datagram is delivered when a socket other than the sender's took it: no answer is owed. */
function delivered(records: readonly TraceRecord[]): boolean {
  return records.some(({ layer, action }) => layer === "socket" && action === "delivered");
}

/** The last thing that happened to the packet was a drop, and nothing is under way. */
function surelyLost(records: readonly TraceRecord[]): boolean {
  return records.at(-1)?.action === "dropped";
}
