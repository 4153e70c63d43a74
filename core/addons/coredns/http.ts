import { isFailure } from "../../base/mod.ts";
import type { Listener, Stream } from "../../linux/mod.ts";
import type { Host, HttpAnswer } from "./plugin.ts";
import { NOT_FOUND } from "./plugins/health.ts";

const IDLE = 60_000;
const REASONS: Readonly<Record<number, string>> = { 200: "OK", 404: "Not Found", 503: "Service Unavailable" };

/** Serves an HTTP listener until it is closed: small answers by path, as Go's net/http frames them. */
export async function serveHttp(
  listener: Listener,
  host: Pick<Host, "clock" | "background">,
  answer: (path: string) => HttpAnswer | undefined,
): Promise<void> {
  for (;;) {
    const stream = await listener.accept();
    if (stream === undefined) return;
    host.background(() => converse(stream, host, answer));
  }
}

async function converse(
  stream: Stream,
  host: Pick<Host, "clock">,
  answer: (path: string) => HttpAnswer | undefined,
): Promise<void> {
  const decoder = new TextDecoder();
  for (let text = "";;) {
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      const more = await stream.read(IDLE);
      if (more === undefined || more === null || isFailure(more)) break;
      text += decoder.decode(more, { stream: true });
      continue;
    }
    const head = text.slice(0, end);
    text = text.slice(end + 4);
    const [method = "GET", target = "/"] = head.split(" ");
    const { status, type, body } = answer(target.split("?")[0] as string) ?? NOT_FOUND;
    await stream.write(printAnswer({ status, type, body, bare: method === "HEAD", now: host.clock.now() }));
    if (/^connection:\s*close/im.test(head)) break;
  }
  stream.close();
}

interface Printing extends HttpAnswer {
  /** Without its body: HEAD. */
  readonly bare: boolean;
  readonly now: number;
}

function printAnswer({ status, type, body, bare, now }: Printing): string {
  const length = new TextEncoder().encode(body).length;
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? ""}`,
    `Date: ${new Date(now).toUTCString()}`,
    `Content-Length: ${length}`,
    `Content-Type: ${type}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${bare ? "" : body}`;
}
