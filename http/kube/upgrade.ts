/** A WebSocket out of a request: Deno's way, or an edge isolate's. */
export interface Upgraded {
  readonly socket: WebSocket;
  readonly response: Response;
}

interface Edge {
  readonly WebSocketPair?: new () => { readonly 0: WebSocket; readonly 1: WebSocket & { accept(): void } };
}

/** Upgrades a request to a WebSocket that speaks `protocol`. */
export function upgrade(request: Request, protocol: string): Upgraded {
  const { WebSocketPair } = globalThis as Edge;
  if (WebSocketPair !== undefined) {
    const { 0: client, 1: socket } = new WebSocketPair();
    socket.accept();
    const headers = { "sec-websocket-protocol": protocol };
    const init = { status: 101, headers, webSocket: client } as ResponseInit;
    return { socket, response: new Response(null, init) };
  }
  const { socket, response } = Deno.upgradeWebSocket(request, { protocol, idleTimeout: 0 });
  socket.binaryType = "arraybuffer";
  return { socket, response };
}
