/** What is asked of planes, as words that a native plane can be built by (`native/src/world.rs`). */
import type { BatchPacket, Ns } from "../wasm/mod.ts";
import { Plane as Engine } from "../wasm/pkg/plane.js";

/** Kinds of calls, in the numbering of `native/src/world.rs`. */
const [CALL, TABLE, SET, RUN, SEND_TO] = [1, 2, 3, 4, 5];

/** Runs something that builds a plane, and gives what it made with every word that went into the plane meanwhile. */
export async function recorded<T>(build: () => Promise<T>): Promise<{ made: T; words: Uint32Array }> {
  const words: number[] = [];
  const note = (kind: number, ...parts: readonly (number | ArrayLike<number>)[]) => {
    const start = words.push(kind, 0);
    for (const part of parts) for (const word of typeof part === "number" ? [part] : Array.from(part)) words.push(word);
    words[start - 1] = words.length - start;
  };
  const engine = Engine.prototype;
  const { call, loadTable, loadSet, run, sendTo } = engine;
  engine.call = function (number, args) {
    note(CALL, number, args);
    return call.apply(this, [number, args]);
  };
  engine.loadTable = function (ns, family, table, program) {
    note(TABLE, ns, family, table, program);
    return loadTable.apply(this, [ns, family, table, program]);
  };
  engine.loadSet = function (ns, id, program) {
    note(SET, ns, id, program);
    return loadSet.apply(this, [ns, id, program]);
  };
  engine.run = function (until) {
    note(RUN, new Uint32Array(Float64Array.of(until).buffer));
    return run.apply(this, [until]);
  };
  engine.sendTo = function (id, data, ips, port) {
    note(SEND_TO, id, port, ips, data);
    return sendTo.apply(this, [id, data, ips, port]);
  };
  try {
    return { made: await build(), words: Uint32Array.from(words) };
  } finally {
    Object.assign(engine, { call, loadTable, loadSet, run, sendTo });
  }
}

/** Packets from a namespace as the native plane takes them. */
export function asked(ns: Ns, rows: readonly BatchPacket[]): Uint32Array {
  const words = new Uint32Array(1 + rows.length * 5);
  words[0] = ns;
  rows.forEach(({ src, dst, proto, sport, dport, flags = 0, ttl = 64, length = 0 }, n) =>
    words.set([src, dst, sport << 16 | dport, proto | flags << 8 | ttl << 16, length], 1 + n * 5)
  );
  return words;
}
