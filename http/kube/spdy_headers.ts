/**
 * Header blocks of SPDY/3.1, compressed by one zlib stream per direction over a known dictionary:
 *
 *     block = count *( length name length value )          ; 32-bit numbers; several values are joined by NUL
 */
import { joinBytes } from "../../core/base/mod.ts";
import { Unzlib } from "fflate";
import { DICTIONARY, DICTIONARY_ID } from "./spdy_dictionary.ts";

/** Headers by lower-case name. */
export type Headers = ReadonlyMap<string, string>;

/** Reads the blocks of one direction, in their order. */
export class HeaderReader {
  #plain: Uint8Array[] = [];
  readonly #inflate = new Unzlib({ dictionary: DICTIONARY }, (data) => void this.#plain.push(data));

  /** The headers of the next block. Throws where it is no such block. */
  read(block: Uint8Array): Headers {
    this.#plain = [];
    this.#inflate.push(block.slice());
    return parseHeaders(joinBytes(this.#plain));
  }
}

/** Writes the blocks of one direction: stored, not deflated, which every reader takes. */
export class HeaderWriter {
  #first = true;

  /** The next block. */
  write(headers: Headers): Uint8Array {
    const plain = printHeaders(headers);
    const head = this.#first ? zlibHead() : new Uint8Array(0);
    this.#first = false;
    const length = plain.length;
    const stored = new Uint8Array([0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255]);
    return joinBytes([head, stored, plain, FLUSH]);
  }
}

/** An empty stored block: readers give out what they have when they see it. */
const FLUSH = new Uint8Array([0, 0, 0, 255, 255]);

/** zlib's header: deflate with a 32 KB window, and the dictionary's checksum. */
function zlibHead(): Uint8Array {
  const head = new Uint8Array([0x78, 0xbb, 0, 0, 0, 0]);
  new DataView(head.buffer).setUint32(2, DICTIONARY_ID);
  return head;
}

function parseHeaders(bytes: Uint8Array): Headers {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = new TextDecoder();
  const headers = new Map<string, string>();
  let at = 4;
  const next = (): string => {
    const length = view.getUint32(at);
    at += 4 + length;
    if (at > bytes.length) throw new RangeError("a header block that ends too early");
    return text.decode(bytes.subarray(at - length, at));
  };
  for (let left = view.getUint32(0); left > 0; left--) {
    const name = next();
    headers.set(name.toLowerCase(), next());
  }
  return headers;
}

function printHeaders(headers: Headers): Uint8Array {
  const encoder = new TextEncoder();
  const words = [...headers].flat().map((word) => encoder.encode(word));
  return joinBytes([number(headers.size), ...words.flatMap((word) => [number(word.length), word])]);
}

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
