/**
 * The server's side of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00) as far as Kubernetes' clients use it, without flow control:
 *
 *     frame         = control-frame / data-frame
 *     control-frame = 1 version(15) type(16) flags(8) length(24) payload
 *     data-frame    = 0 stream(31) flags(8) length(24) payload
 */
import { joinBytes } from "../../core/base/mod.ts";
import { HeaderReader, type Headers, HeaderWriter } from "./spdy_headers.ts";

const TYPE = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const;
const FIN = 1;
/** Most octets of one data frame. */
const LARGEST = 0xffff;

/** One stream that the client opened. */
export interface SpdyStream {
  readonly id: number;
  readonly headers: Headers;
  write(data: Uint8Array): void;
  /** Half-closes: no more is written. */
  end(): void;
  reset(): void;
  /** Hears what the client sends; `end` is its half close. */
  listen(hears: { data(bytes: Uint8Array): void; end(): void }): void;
}

interface Hears {
  data(bytes: Uint8Array): void;
  end(): void;
}

/** One connection: bytes in by {@link feed}, bytes out by `send`. */
export class SpdyConnection {
  readonly #send: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #opened: (stream: SpdyStream) => void;
  readonly #reader = new HeaderReader();
  readonly #writer = new HeaderWriter();
  readonly #streams = new Map<number, Hears & { early: (Uint8Array | "end")[] }>();
  #rest: Uint8Array = new Uint8Array(0);

  constructor(send: (bytes: Uint8Array<ArrayBuffer>) => void, opened: (stream: SpdyStream) => void) {
    this.#send = send;
    this.#opened = opened;
  }

  /** Takes bytes of the client, cut anywhere. Throws a RangeError on what is no SPDY. */
  feed(bytes: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? bytes : joinBytes([this.#rest, bytes]);
    while (this.#rest.length >= 8) {
      const view = new DataView(this.#rest.buffer, this.#rest.byteOffset, this.#rest.length);
      const length = view.getUint32(4) & 0xff_ffff;
      if (this.#rest.length < 8 + length) return;
      const frame = this.#rest.subarray(0, 8 + length);
      this.#rest = this.#rest.subarray(8 + length);
      this.#take(view, frame);
    }
  }

  #take(view: DataView, frame: Uint8Array): void {
    const flags = view.getUint8(4);
    const payload = frame.subarray(8);
    if ((view.getUint8(0) & 0x80) === 0) return this.#data(view.getUint32(0), payload, flags);
    const type = view.getUint16(2);
    if (type === TYPE.synStream) this.#open(view.getUint32(8) & 0x7fff_ffff, payload.subarray(10), flags);
    else if (type === TYPE.ping) this.#send(frame.slice());
    else if (type === TYPE.rstStream) this.#streams.get(view.getUint32(8))?.end();
  }

  #data(id: number, payload: Uint8Array, flags: number): void {
    const hears = this.#streams.get(id);
    if (payload.length > 0) hears?.data(payload.slice());
    if (flags & FIN) hears?.end();
  }

  #open(id: number, block: Uint8Array, flags: number): void {
    const headers = this.#reader.read(block);
    const early: (Uint8Array | "end")[] = [];
    this.#streams.set(id, { early, data: (bytes) => early.push(bytes), end: () => early.push("end") });
    this.#control(TYPE.synReply, joinBytes([word(id), this.#writer.write(new Map())]));
    this.#opened(this.#stream(id, headers));
    if (flags & FIN) this.#streams.get(id)?.end();
  }

  #stream(id: number, headers: Headers): SpdyStream {
    return {
      id,
      headers,
      write: (data) => {
        for (let at = 0; at < data.length; at += LARGEST) this.#dataFrame(id, data.subarray(at, at + LARGEST), 0);
      },
      end: () => this.#dataFrame(id, new Uint8Array(0), FIN),
      reset: () => this.#control(TYPE.rstStream, joinBytes([word(id), word(5)])),
      listen: (hears) => {
        const early = this.#streams.get(id)?.early ?? [];
        this.#streams.set(id, { ...hears, early: [] });
        for (const one of early) one === "end" ? hears.end() : hears.data(one);
      },
    };
  }

  #dataFrame(id: number, data: Uint8Array, flags: number): void {
    this.#send(joinBytes([word(id), word(flags << 24 | data.length), data]));
  }

  #control(type: number, payload: Uint8Array): void {
    this.#send(joinBytes([word(0x8003_0000 | type), word(payload.length), payload]));
  }
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value >>> 0);
  return bytes;
}
