/** `pods/portforward`: per connection one error stream and one data stream of the same `requestid`. */
import type { KubeDoor, PodTarget } from "../../core/lab/mod.ts";
import { SpdyConnection, type SpdyStream } from "./spdy.ts";

/** Serves the connections of one client over SPDY; `send` writes to the client, the answer is fed with what it sends. */
export function forwardPorts(
  door: KubeDoor,
  target: PodTarget,
  send: (bytes: Uint8Array<ArrayBuffer>) => void,
): SpdyConnection {
  const errors = new Map<string, SpdyStream>();
  return new SpdyConnection(send, (stream) => {
    const id = stream.headers.get("requestid") ?? stream.headers.get("port") ?? "";
    if (stream.headers.get("streamtype") === "error") errors.set(id, stream);
    else carry(door, target, stream, errors.get(id));
  });
}

async function carry(door: KubeDoor, target: PodTarget, stream: SpdyStream, error?: SpdyStream): Promise<void> {
  const port = Number(stream.headers.get("port") ?? 0);
  const tunnel = door.forward(target, port);
  const problem = "refused" in tunnel ? tunnel.refused : await tunnel.opened;
  if (problem !== undefined || "refused" in tunnel) {
    error?.write(new TextEncoder().encode(forwardProblem(door, target, port, problem ?? "")));
    error?.end();
    return stream.end();
  }
  error?.end();
  tunnel.listen((bytes) => stream.write(bytes), () => stream.end());
  stream.listen({ data: (bytes) => tunnel.send(bytes), end: () => tunnel.end() });
}

/** What containerd says of a port where nobody listens. */
function forwardProblem(door: KubeDoor, { namespace, pod }: PodTarget, port: number, problem: string): string {
  const uid = door.api.store.get("Pod", pod, namespace)?.metadata.uid ?? "";
  return `error forwarding port ${port} to pod ${uid}, uid : failed to execute portforward in network namespace: ` +
    `failed to connect to localhost:${port} inside namespace, IPv4: dial tcp4 127.0.0.1:${port}: ${problem}`;
}

/** Port forwarding with SPDY inside WebSocket messages. */
export function forwardOverWebSocket(door: KubeDoor, target: PodTarget, socket: WebSocket): void {
  const send = (bytes: Uint8Array<ArrayBuffer>): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(bytes);
  };
  const connection = forwardPorts(door, target, send);
  socket.addEventListener("message", ({ data }) => {
    try {
      connection.feed(new Uint8Array(data as ArrayBuffer));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      socket.close(1002, error.message);
    }
  });
}

/** The WebSocket protocol whose messages carry SPDY. */
export const TUNNEL_PROTOCOL = "SPDY/3.1+portforward.k8s.io";
