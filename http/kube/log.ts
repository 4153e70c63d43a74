/** `pods/log`: what a container wrote, and with `follow` what it goes on writing. */
import { type KubeDoor, type LogQuery, type PodTarget, printLine } from "../../core/lab/mod.ts";

/** Reads the query; a number that is none is left out. */
export function logQuery(query: URLSearchParams): LogQuery {
  const number = (name: string, field: string) =>
    /^\d+$/.test(query.get(name) ?? "") ? { [field]: Number(query.get(name)) } : {};
  const is = (name: string) => ["true", "1"].includes(query.get(name) ?? "");
  const since = query.get("sinceTime");
  return {
    ...number("tailLines", "tail"),
    ...number("sinceSeconds", "sinceSeconds"),
    ...number("limitBytes", "limitBytes"),
    ...(since === null ? {} : { sinceTime: since }),
    ...(is("timestamps") ? { timestamps: true } : {}),
    ...(is("previous") ? { previous: true } : {}),
  };
}

/** Whether a request follows the log. */
export function follows(query: URLSearchParams): boolean {
  return ["true", "1"].includes(query.get("follow") ?? "");
}

/** The text so far and every later line, until the container ends or the client goes. */
export function followStream(
  door: KubeDoor,
  target: PodTarget,
  { text, timestamps }: { readonly text: string; readonly timestamps: boolean },
  closed: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let end = (): void => {};
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (text !== "") controller.enqueue(encoder.encode(text));
      const stop = door.follow(target, (line) => controller.enqueue(encoder.encode(printLine(line, timestamps))));
      const over = door.whenEnded(target, () => {
        end();
        controller.close();
      });
      end = () => {
        stop();
        over();
        closed();
      };
    },
    cancel() {
      end();
    },
  });
}
