/** exec and attach over SPDY streams, as clients before 1.29 speak: one stream per channel, named by its `streamtype`. */
import { CHANNEL } from "./channels.ts";
import type { ExecQuery, Streams } from "./exec.ts";
import type { SpdyStream } from "./spdy.ts";

type Name = "error" | "stdin" | "stdout" | "stderr" | "resize";

/** The streams a client opens for a query before it expects anything. */
function expected({ tty, stdin }: ExecQuery, query: URLSearchParams): Name[] {
  const is = (name: string) => ["true", "1"].includes(query.get(name) ?? "");
  return [
    "error",
    ...(stdin ? ["stdin" as const] : []),
    ...(is("stdout") ? ["stdout" as const] : []),
    ...(is("stderr") && !tty ? ["stderr" as const] : []),
    ...(tty ? ["resize" as const] : []),
  ];
}

/** Collects a client's streams; `ready` is called once with all of them as channels. `end` closes the connection. */
export class SpdyChannels implements Streams {
  readonly #streams = new Map<string, SpdyStream>();
  readonly #wanted: readonly Name[];
  readonly #ready: (streams: Streams) => void;
  readonly #close: () => void;
  #gone: () => void = () => {};

  constructor(query: ExecQuery, search: URLSearchParams, hears: { ready(streams: Streams): void; close(): void }) {
    this.#wanted = expected(query, search);
    this.#ready = hears.ready;
    this.#close = hears.close;
  }

  /** Takes a stream that the client opened. */
  add(stream: SpdyStream): void {
    this.#streams.set(stream.headers.get("streamtype") ?? "", stream);
    if (this.#streams.size === this.#wanted.length) this.#ready(this);
  }

  /** The client went away. */
  gone(): void {
    this.#gone();
  }

  write(channel: number, data: string): void {
    const name = Object.entries(CHANNEL).find(([, number]) => number === channel)?.[0] ?? "";
    this.#streams.get(name)?.write(new TextEncoder().encode(data));
  }

  listen(hears: Parameters<Streams["listen"]>[0]): void {
    this.#gone = hears.gone;
    this.#streams.get("stdin")?.listen({
      data: (bytes) => hears.data(CHANNEL.stdin, bytes),
      end: () => hears.close(CHANNEL.stdin),
    });
  }

  end(): void {
    for (const stream of this.#streams.values()) stream.end();
    this.#close();
  }
}
