/**
 * The port that clients see. HTTP and WebSockets go to the app as they are; a connection whose first request upgrades to SPDY,
 * which the runtime's own server does not hand over, is answered here.
 */
import { asksForSpdy, serveSpdy } from "./kube/spdy_upgrade.ts";
import type { Held } from "./pace.ts";

/** Longest head of a request that is looked at. */
const HEAD = 16_384;

/** Where to listen and what to answer with. */
export interface ListenOptions extends Held {
  readonly hostname: string;
  readonly port: number;
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

/** A server that listens. */
export interface Listening {
  readonly hostname: string;
  readonly port: number;
  /** Resolves when it was closed. */
  readonly finished: Promise<void>;
  close(): Promise<void>;
}

/** Listens. Throws what Deno.listen throws: the port is taken, not allowed. */
export function listen({ hostname, port, fetch, labs, pace }: ListenOptions): Listening {
  const inner = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, fetch);
  const listener = Deno.listen({ hostname, port });
  const open = new Set<Deno.Conn>();
  const accept = async (): Promise<void> => {
    for await (const conn of listener) {
      open.add(conn);
      route(conn, inner.addr.port, { labs, pace }).catch(() => closeQuietly(conn)).finally(() => open.delete(conn));
    }
  };
  const accepted = accept();
  const at = listener.addr as Deno.NetAddr;
  const close = async (): Promise<void> => {
    listener.close();
    for (const conn of open) closeQuietly(conn);
    await inner.shutdown();
  };
  return { hostname: at.hostname, port: at.port, close, finished: accepted.then(() => inner.finished) };
}

async function route(conn: Deno.Conn, port: number, server: Held): Promise<void> {
  const { head, bytes } = await readHead(conn);
  if (bytes.length === 0) return closeQuietly(conn);
  if (asksForSpdy(head)) return await serveSpdy(conn, head, bytes.subarray(head.length), server);
  const inside = await Deno.connect({ hostname: "127.0.0.1", port });
  for (let at = 0; at < bytes.length;) at += await inside.write(bytes.subarray(at));
  const drop = (): void => {
    closeQuietly(conn);
    closeQuietly(inside);
  };
  await Promise.all([carry(conn, inside).catch(drop), carry(inside, conn).catch(drop)]);
  drop();
}

/** Copies until one side ends, and says so to the other. */
async function carry(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
    for (let at = 0; at < n;) at += await to.write(buffer.subarray(at, n));
  }
  await to.closeWrite();
}

/** Reads until the head of the first request is whole; a head is ASCII, so its length is that of its bytes. */
async function readHead(conn: Deno.Conn): Promise<{ readonly head: string; readonly bytes: Uint8Array }> {
  const buffer = new Uint8Array(HEAD);
  let length = 0;
  let end = -1;
  while (end < 0 && length < HEAD) {
    const n = await conn.read(buffer.subarray(length));
    if (n === null) break;
    length += n;
    end = new TextDecoder("latin1").decode(buffer.subarray(0, length)).indexOf("\r\n\r\n");
  }
  const bytes = buffer.slice(0, length);
  const text = new TextDecoder("latin1").decode(bytes);
  return { head: end < 0 ? "" : text.slice(0, end + 4), bytes };
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
