/** Longest-prefix match in the module as it ships, by its plain exports (`wasm/src/route/batch.rs`). */
import { type Exports, type Part, type PartName, shipped } from "./native.ts";

/** Times are of the export alone, on words that lie in the module's memory already. */
export class ShippedRoutes implements Part {
  readonly #exports: Exports;
  readonly #version: 4 | 6;
  #address = 0;
  #count = 0;

  private constructor(exports: Exports, version: 4 | 6) {
    this.#exports = exports;
    this.#version = version;
  }

  /** A new instance with an empty table. */
  static async open(version: 4 | 6): Promise<ShippedRoutes> {
    return new ShippedRoutes(await shipped(), version);
  }

  load(_name: PartName, words: Uint32Array): Promise<number> {
    this.#put(words, 0);
    return Promise.resolve(this.#timed("load", words.length / (this.#width + 2)));
  }

  keys(words: Uint32Array): Promise<number> {
    this.#count = words.length / this.#width;
    this.#put(words, this.#count);
    return Promise.resolve(this.#count);
  }

  run(): Promise<number> {
    return Promise.resolve(this.#timed("lookup", this.#count));
  }

  /** What the last run gave for the first `count` inputs. */
  answers(count: number): Uint32Array {
    const from = this.#address + 4 * this.#count * this.#width;
    return new Uint32Array(this.#exports.memory.buffer, from, count).slice();
  }

  get #width(): number {
    return this.#version === 4 ? 1 : 4;
  }

  #put(words: Uint32Array, room: number): void {
    const reserve = this.#exports["lpm_reserve"] as (words: number) => number;
    this.#address = reserve(words.length + room) >>> 0;
    new Uint32Array(this.#exports.memory.buffer, this.#address, words.length).set(words);
  }

  #timed(verb: string, count: number): number {
    const call = this.#exports[`lpm_${verb}${this.#version}`] as (count: number) => number;
    const start = performance.now();
    call(count);
    return (performance.now() - start) * 1e6;
  }
}
