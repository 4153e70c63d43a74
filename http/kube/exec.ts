/** `pods/exec` and `pods/attach`: a command in a container, or the output of its first process, over channels. */
import type { KubeDoor, PodTarget } from "../../core/lab/mod.ts";
import { CHANNEL, exitStatus, failureStatus, parseMessage, printMessage } from "./channels.ts";

/** One end of the streams: a WebSocket with channels, or SPDY streams. */
export interface Streams {
  write(channel: number, data: string): void;
  /** Hears input; `close` is the end of the client's input, `gone` that of the client. */
  listen(hears: { data(channel: number, data: Uint8Array): void; close(channel: number): void; gone(): void }): void;
  /** Everything was said. */
  end(): void;
}

/** What the query of a request asks for. */
export interface ExecQuery {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
}

/** Reads the query of exec and attach. */
export function execQuery(query: URLSearchParams): ExecQuery {
  const is = (name: string) => ["true", "1"].includes(query.get(name) ?? "");
  return { command: query.getAll("command"), tty: is("tty"), stdin: is("stdin") };
}

/** Runs a command for a client until one of them ends. */
export function runExec(
  door: KubeDoor,
  target: PodTarget,
  query: ExecQuery,
  streams: Streams,
): void {
  const problem = door.execProblem(target, query.command);
  const remote = problem === undefined ? door.exec(target, query.command, query) : undefined;
  if (remote === undefined || "refused" in remote) {
    streams.write(
      CHANNEL.error,
      JSON.stringify(failureStatus(`Internal error occurred: ${problem ?? remote?.refused ?? ""}`)),
    );
    return streams.end();
  }
  remote.onOutput((text, stream) => streams.write(stream === "out" ? CHANNEL.stdout : CHANNEL.stderr, text));
  streams.listen({
    data: (channel, data) => channel === CHANNEL.stdin && remote.input(data),
    close: (channel) => channel === CHANNEL.stdin && remote.endInput(),
    gone: () => remote.hangUp(),
  });
  remote.finished.then((exit) => {
    streams.write(CHANNEL.error, JSON.stringify(exitStatus(exit)));
    streams.end();
  });
}

/** Shows a client what a container writes until it ends. */
export function runAttach(door: KubeDoor, target: PodTarget, streams: Streams): void {
  const stop = door.attach(
    target,
    ({ text, stream }) => streams.write(stream === "stderr" ? CHANNEL.stderr : CHANNEL.stdout, `${text}\n`),
  );
  if (typeof stop !== "function") {
    streams.write(CHANNEL.error, JSON.stringify(failureStatus(stop.refused)));
    return streams.end();
  }
  const over = door.whenEnded(target, () => {
    streams.write(CHANNEL.error, JSON.stringify(exitStatus(0)));
    streams.end();
    stop();
  });
  streams.listen({ data: () => {}, close: () => {}, gone: () => (stop(), over()) });
}

/** Channels over a WebSocket. */
export function webSocketStreams(socket: WebSocket): Streams {
  const open = new Promise<void>((resolve) => socket.addEventListener("open", () => resolve(), { once: true }));
  const ready = socket.readyState === WebSocket.OPEN ? Promise.resolve() : open;
  const send = (bytes: Uint8Array<ArrayBuffer>) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(bytes);
  };
  return {
    write: (channel, data) => void ready.then(() => send(printMessage(channel, data))),
    end: () => void ready.then(() => socket.close(1000)),
    listen(hears) {
      socket.addEventListener("message", ({ data }) => {
        const message = parseMessage(new Uint8Array(data as ArrayBuffer));
        if (message?.type === "data") hears.data(message.channel, message.data);
        if (message?.type === "close") hears.close(message.channel);
      });
      socket.addEventListener("close", () => hears.gone());
    },
  };
}
