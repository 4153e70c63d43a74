// Numbers the module's functions so that alike ones come to stand together: gzip looks back 32 KB, and finds more there.
//
//   deno run order.js in.wasm out.wasm 6 30000 20 && wasm-opt --reorder-functions-by-name --strip-debug out.wasm ...
//
// A function's grams are its stretches of so many bytes (6). Next comes always the one of whose grams most stand in the window
// (30,000 bytes) already; a small one, that is so many grams (20), must have more of them there: a tiny one fits everywhere.
// The numbers become names (`f00017`), by which wasm-opt sorts.

const [IMPORTS, CODE] = [2, 10];

const [from, to] = Deno.args;
const [GRAM, WINDOW, SMALL] = Deno.args.slice(2).map(Number);
const module = Deno.readFileSync(from);

/** A LEB128 number at a place, and the place behind it. */
function number(at) {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = module[at++];
    value |= (byte & 127) << shift;
    shift += 7;
    if (byte < 128) return [value, at];
  }
}

function leb(value) {
  return value < 128 ? [value] : [value & 127 | 128, ...leb(value >>> 7)];
}

/** Where each section's contents begin, by its id. */
function sections() {
  const found = new Map();
  for (let at = 8; at < module.length;) {
    const [length, start] = number(at + 1);
    found.set(module[at], start);
    at = start + length;
  }
  return found;
}

function bodies(start) {
  let [count, at] = number(start);
  return Array.from({ length: count }, () => {
    const [length, from] = number(at);
    at = from + length;
    return module.subarray(from, at);
  });
}

function grams(body) {
  const all = new Set();
  for (let at = 0; at + GRAM <= body.length; at++) {
    let hash = 0;
    for (let n = 0; n < GRAM; n++) hash = Math.imul(hash ^ body[at + n], 0x0100_0193) + (hash >>> 15) | 0;
    all.add(hash);
  }
  return all;
}

/** Functions by number, in their new order. */
function order(functions) {
  const sets = functions.map(grams);
  const owners = new Map();
  sets.forEach((set, n) => set.forEach((gram) => owners.get(gram)?.push(n) ?? owners.set(gram, [n])));
  const [seen, shared] = [new Map(), functions.map(() => 0)];
  const count = (n, step) => {
    for (const gram of sets[n]) {
      const times = (seen.get(gram) ?? 0) + step;
      seen.set(gram, times);
      if (times === Math.max(step, 0)) owners.get(gram).forEach((owner) => shared[owner] += step);
    }
  };
  const left = new Set(functions.keys());
  const [done, window] = [[], []];
  let room = WINDOW;
  for (let next = 0; left.size > 0;) {
    done.push(next);
    left.delete(next);
    window.push(next);
    count(next, 1);
    room -= functions[next].length;
    while (room < 0 && window.length > 1) {
      const oldest = window.shift();
      count(oldest, -1);
      room += functions[oldest].length;
    }
    let best = -1;
    for (const n of left) {
      const share = shared[n] / (sets[n].size + SMALL);
      if (share > best) [best, next] = [share, n];
    }
  }
  return done;
}

const found = sections();
const functions = bodies(found.get(CODE));
const imported = found.has(IMPORTS) ? number(found.get(IMPORTS))[0] : 0;
const place = [];
order(functions).forEach((n, rank) => place[n] = rank);
const text = new TextEncoder();
const name = (rank) => text.encode(`f${String(rank).padStart(5, "0")}`);
const names = place.flatMap((rank, n) => [...leb(imported + n), 6, ...name(rank)]);
const map = [...leb(functions.length), ...names];
const contents = [4, ...text.encode("name"), 1, ...leb(map.length), ...map];
Deno.writeFileSync(to, Uint8Array.from([...module, 0, ...leb(contents.length), ...contents]));
