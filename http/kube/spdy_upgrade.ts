/** `Upgrade: SPDY/3.1` on the connection itself: exec, attach and port-forward of clients that know no WebSocket. */
import type { KubeDoor, PodTarget } from "../../core/lab/mod.ts";
import type { Held } from "../pace.ts";
import { execQuery, runAttach, runExec } from "./exec.ts";
import { forwardPorts } from "./port_forward.ts";
import { SpdyConnection } from "./spdy.ts";
import { SpdyChannels } from "./spdy_exec.ts";

const PATH = /^\/v1\/labs\/([^/]+)\/kube\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/(exec|attach|portforward)$/;

/** Whether the head of a request asks for SPDY. */
export function asksForSpdy(head: string): boolean {
  return /^upgrade:\s*spdy\/3\.1\s*$/im.test(head);
}

/** Answers such a request and carries its streams until the connection ends; `rest` is what came behind the head. */
export async function serveSpdy(conn: Deno.Conn, head: string, rest: Uint8Array, server: Held): Promise<void> {
  const [, path = "", search = ""] = /^\w+ ([^ ?]*)\??(\S*) HTTP/.exec(head) ?? [];
  const [, id = "", namespace = "", pod = "", what = ""] = (PATH.exec(path) ?? []).map(decodeURIComponent);
  const door = server.labs.has(id) ? server.labs.get(id).kube() : undefined;
  const query = new URLSearchParams(search);
  const container = query.get("container") ?? "";
  const target = { namespace, pod, ...(container === "" ? {} : { container }) };
  const out = writer(conn);
  const missing = door === undefined ? { code: 404, refused: `nothing at ${path}` } : door.missing(target);
  if (door === undefined || missing !== undefined) {
    out(new TextEncoder().encode(refusal(missing?.code ?? 404, missing?.refused ?? "")));
    return await out.end();
  }
  const version = what === "portforward" ? "portforward.k8s.io" : "v4.channel.k8s.io";
  out(new TextEncoder().encode(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${version}\r\n\r\n`,
  ));
  const release = server.pace.hold(id);
  const { connection, gone } = connect({ door, target, what, query }, out);
  await read(conn, connection, rest);
  gone();
  release();
  await out.end();
}

interface Wanted {
  readonly door: KubeDoor;
  readonly target: PodTarget;
  readonly what: string;
  readonly query: URLSearchParams;
}

function connect({ door, target, what, query }: Wanted, out: Writer): { connection: SpdyConnection; gone(): void } {
  if (what === "portforward") return { connection: forwardPorts(door, target, out), gone: () => {} };
  const wanted = execQuery(query);
  const channels: SpdyChannels = new SpdyChannels(wanted, query, {
    ready: (streams) => what === "exec" ? runExec(door, target, wanted, streams) : runAttach(door, target, streams),
    close: () => void out.end(),
  });
  return { connection: new SpdyConnection(out, (stream) => channels.add(stream)), gone: () => channels.gone() };
}

async function read(conn: Deno.Conn, connection: SpdyConnection, rest: Uint8Array): Promise<void> {
  try {
    connection.feed(rest);
    const buffer = new Uint8Array(65_536);
    for (let n = await conn.read(buffer); n !== null; n = await conn.read(buffer)) connection.feed(buffer.slice(0, n));
  } catch (error) {
    if (!isEnd(error)) throw error;
  }
}

/** Writes in order. */
interface Writer {
  (bytes: Uint8Array): void;
  /** Closes when all was written. */
  end(): Promise<void>;
}

function writer(conn: Deno.Conn): Writer {
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  const write = (bytes: Uint8Array): void => {
    last = last.then(() => closed ? undefined : writeAll(conn, bytes)).catch(ignoreEnd);
  };
  const end = async (): Promise<void> => {
    await last;
    if (closed) return;
    closed = true;
    conn.close();
  };
  return Object.assign(write, { end });
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

function ignoreEnd(error: unknown): void {
  if (!isEnd(error)) throw error;
}

/** The other side went, we did, or it spoke no SPDY. */
function isEnd(error: unknown): boolean {
  const { BadResource, BrokenPipe, ConnectionReset, ConnectionAborted, Interrupted } = Deno.errors;
  return [BadResource, BrokenPipe, ConnectionReset, ConnectionAborted, Interrupted, RangeError].some((one) =>
    error instanceof one
  );
}

function refusal(code: number, message: string): string {
  const reason = code === 404 ? "NotFound" : "BadRequest";
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
  const body = JSON.stringify(status);
  return `HTTP/1.1 ${code} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}
