import { isFailure, strerror } from "../base/mod.ts";
import type { Machine, Process, Stream } from "../linux/mod.ts";

/** A connection into a pod that somebody outside the lab holds. */
export interface Tunnel {
  /** Resolves when it stands, with the reason when it does not. */
  readonly opened: Promise<string | undefined>;
  send(data: Uint8Array): void;
  /** The client has no more to send. */
  end(): void;
  close(): void;
  /** Calls back with what the pod sends, and at its end. */
  listen(data: (bytes: Uint8Array) => void, end: () => void): void;
}

/** Opens a connection to a port on localhost of a machine. */
export function openTunnel(machine: Machine, port: number): Tunnel {
  const tunnel = new PodTunnel(port);
  machine.startProgram((process) => tunnel.run(process), ["port-forward", String(port)]);
  return tunnel;
}

class PodTunnel implements Tunnel {
  readonly opened: Promise<string | undefined>;
  #open: (problem: string | undefined) => void = () => {};
  #data: (bytes: Uint8Array) => void = () => {};
  #ended: () => void = () => {};
  readonly #queue: (Uint8Array | "end" | "close")[] = [];
  #wake: () => void = () => {};

  constructor(readonly port: number) {
    this.opened = new Promise((resolve) => (this.#open = resolve));
  }

  send(data: Uint8Array): void {
    this.#put(data);
  }

  end(): void {
    this.#put("end");
  }

  close(): void {
    this.#put("close");
  }

  listen(data: (bytes: Uint8Array) => void, end: () => void): void {
    this.#data = data;
    this.#ended = end;
  }

  /** The program: connects, then carries both ways. */
  async run(process: Process): Promise<number> {
    const stream = await process.net.connect("127.0.0.1", this.port);
    if (stream === undefined || isFailure(stream)) {
      const why = stream === undefined ? "i/o timeout" : `connect: ${strerror(stream.errno).toLowerCase()}`;
      this.#open(why);
      return 1;
    }
    this.#open(undefined);
    await Promise.all([this.#carryOut(process, stream), this.#carryIn(stream)]);
    stream.close();
    return 0;
  }

  async #carryOut(process: Process, stream: Stream): Promise<void> {
    for (;;) {
      const next = this.#queue.shift();
      if (next === undefined) await process.join(new Promise<void>((resolve) => (this.#wake = resolve)));
      else if (next === "end") return stream.end();
      else if (next === "close") return stream.abort();
      else if (isFailure(await stream.write(next))) return;
    }
  }

  async #carryIn(stream: Stream): Promise<void> {
    for (;;) {
      const data = await stream.read();
      if (data === null || data === undefined || isFailure(data)) break;
      this.#data(data);
    }
    this.#ended();
    this.#put("end");
  }

  #put(item: Uint8Array | "end" | "close"): void {
    this.#queue.push(item);
    this.#wake();
  }
}
