/** A watch as a stream of JSON lines. */
import type { WatchEvent, Watching } from "../../core/kube/mod.ts";

/** Real milliseconds between two bookmarks, and how long a watch stays open unless the client says (the server's half hour). */
const BOOKMARK = 60_000;
const OPEN = 1_800_000;

const lines = new WeakMap<object, Map<string, Uint8Array>>();
const encoder = new TextEncoder();

/** An event as a line; watches that are told the same object share the bytes. */
function lineOf({ type, object }: WatchEvent): Uint8Array {
  const key = object as object;
  const known = lines.get(key) ?? new Map<string, Uint8Array>();
  lines.set(key, known);
  const line = known.get(type) ?? encoder.encode(`${JSON.stringify({ type, object })}\n`);
  known.set(type, line);
  return line;
}

/** What opens a watch: it is handed who hears its events. */
export type OpenWatch = (tell: (event: WatchEvent) => void) => Watching;

/** The stream: initial events, then each change as it happens, bookmarks in between, until its time is over or the client goes. */
export function watchStream(open: OpenWatch, closed: () => void): ReadableStream<Uint8Array> {
  let end = (): void => {};
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const tell = (event: WatchEvent): void => controller.enqueue(lineOf(event));
      const watching = open(tell);
      for (const event of watching.initial) tell(event);
      const timer = setInterval(() => {
        const event = watching.bookmark();
        if (event !== undefined) tell(event);
      }, BOOKMARK);
      const limit = setTimeout(() => {
        end();
        controller.close();
      }, watching.timeoutSeconds === undefined ? OPEN : watching.timeoutSeconds * 1000);
      end = () => {
        clearInterval(timer);
        clearTimeout(limit);
        watching.stop();
        closed();
      };
    },
    cancel() {
      end();
    },
  });
}
