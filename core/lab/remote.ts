import type { Machine, RunningProcess } from "../linux/mod.ts";

/** A command that somebody outside the lab runs: bytes in, text out, a window, an end. */
export interface Remote {
  /** Exit status. Never rejects. */
  readonly finished: Promise<number>;
  input(data: Uint8Array): void;
  endInput(): void;
  /** Calls `listener` with all output, what was written before included. */
  onOutput(listener: (text: string, stream: "out" | "err") => void): void;
  /** Ends it: the client went away. */
  hangUp(): void;
}

const SIGINT = 2;
const SIGHUP = 1;
const INTERRUPT = 3;

/**
 * A command as a Remote. Programs here read all of their input at once, so one that is given input starts when that
 * ends; at a terminal it starts at once, and only ^C reaches it.
 */
export function remoteProcess(
  machine: Machine,
  line: string,
  { stdin, tty }: { readonly stdin: boolean; readonly tty: boolean },
): Remote {
  const waits = stdin && !tty;
  return new RemoteProcess((input) => machine.start(line, { stdin: input }), waits, tty);
}

class RemoteProcess implements Remote {
  readonly finished: Promise<number>;
  readonly #start: (stdin: string) => RunningProcess;
  readonly #tty: boolean;
  readonly #chunks: Uint8Array[] = [];
  #listener: (text: string, stream: "out" | "err") => void = () => {};
  #process: RunningProcess | undefined;
  #finish: (exit: number) => void = () => {};

  constructor(start: (stdin: string) => RunningProcess, waits: boolean, tty: boolean) {
    this.#start = start;
    this.#tty = tty;
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    if (!waits) this.#go();
  }

  input(data: Uint8Array): void {
    if (this.#tty) {
      if (data.includes(INTERRUPT)) this.#process?.kill(SIGINT);
    } else this.#chunks.push(data);
  }

  endInput(): void {
    if (this.#process === undefined) this.#go();
  }

  onOutput(listener: (text: string, stream: "out" | "err") => void): void {
    this.#listener = listener;
  }

  hangUp(): void {
    if (this.#process === undefined) this.#finish(128 + SIGHUP);
    else this.#process.kill(SIGHUP);
  }

  #go(): void {
    const process = this.#start(textOf(this.#chunks));
    this.#process = process;
    process.onOutput((text, stream) => this.#listener(this.#tty ? text.replaceAll("\n", "\r\n") : text, stream));
    process.finished.then(({ exit }) => this.#finish(exit), () => this.#finish(1));
  }
}

function textOf(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
}
