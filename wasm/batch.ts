/** Many packets by one call: columns of integers in the plane's memory (`src/export/batch.rs`). */
import { COLUMN, OUTCOME } from "./abi.ts";
import type { InitOutput } from "./pkg/plane.js";
import type { Ns } from "./types.ts";

/** Names of outcomes by their number. */
const NAMES = Object.keys(OUTCOME).map((name) => name.toLowerCase()) as (Lowercase<keyof typeof OUTCOME>)[];

/** One packet of a batch; addresses and ports as numbers (`10.0.0.1` is 0x0a000001). */
export interface BatchPacket {
  readonly src: number;
  readonly dst: number;
  readonly proto: number;
  readonly sport: number;
  readonly dport: number;
  /** TCP flag bits, or the ICMP type. */
  readonly flags?: number;
  readonly ttl?: number;
  /** Payload bytes. */
  readonly length?: number;
}

/** What became of one packet. */
export interface BatchVerdict {
  readonly outcome: Lowercase<keyof typeof OUTCOME>;
  /** Where its way ended. */
  readonly ns: Ns;
  readonly dev: number;
  /** The packet as it was there. */
  readonly src: number;
  readonly dst: number;
  readonly sport: number;
  readonly dport: number;
}

/** The batch of one plane. Rows stay as they are between calls, so a row set once can be sent again and again. */
export class PacketBatch {
  readonly #columns: number;
  readonly #fabric: number;
  /** Rows there are. */
  readonly capacity: number;
  #view: Uint32Array<ArrayBuffer>;

  constructor(readonly exports: InitOutput, place: Uint32Array, readonly alive: ReadonlySet<Ns>) {
    [this.#columns, this.#fabric, this.capacity] = place as unknown as [number, number, number];
    this.#view = this.#see();
  }

  #see(): Uint32Array<ArrayBuffer> {
    const columns = Object.keys(COLUMN).length;
    return new Uint32Array(this.exports.memory.buffer as ArrayBuffer, this.#columns, columns * this.capacity);
  }

  /** A column; good until the next call that may grow the plane's memory, so take it anew for each batch. */
  column(name: keyof typeof COLUMN): Uint32Array<ArrayBuffer> {
    if (this.#view.byteLength === 0) this.#view = this.#see();
    const start = COLUMN[name] * this.capacity;
    return this.#view.subarray(start, start + this.capacity);
  }

  /** Writes a row. */
  set(row: number, packet: BatchPacket): void {
    this.column("SRC")[row] = packet.src;
    this.column("DST")[row] = packet.dst;
    this.column("PORTS")[row] = (packet.sport << 16) | packet.dport;
    this.column("KIND")[row] = packet.proto | ((packet.flags ?? 0) << 8) | ((packet.ttl ?? 64) << 16);
    this.column("LENGTH")[row] = packet.length ?? 0;
  }

  /** Sends the first `count` rows from a namespace, one after the other, each to its end; from one that is gone they are lost. */
  send(ns: Ns, count: number): void {
    if (!this.alive.has(ns)) {
      this.column("OUTCOME").fill(OUTCOME.LOST, 0, count);
      return;
    }
    this.exports.plane_send_batch(this.#fabric, ns, count);
  }

  /** What became of a row. */
  verdict(row: number): BatchVerdict {
    const at = (name: keyof typeof COLUMN) => this.column(name)[row] as number;
    const [place, ports] = [at("PLACE"), at("SEEN_PORTS")];
    return {
      outcome: NAMES[at("OUTCOME")] as BatchVerdict["outcome"],
      ns: place >>> 16,
      dev: place & 0xffff,
      src: at("SEEN_SRC"),
      dst: at("SEEN_DST"),
      sport: ports >>> 16,
      dport: ports & 0xffff,
    };
  }
}
