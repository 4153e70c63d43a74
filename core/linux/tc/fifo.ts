import { Exit } from "../iproute/exit.ts";
import type { Words } from "../iproute/words.ts";
import { type Kind, type Printed, type Settings, whole } from "./kind.ts";
import { TC_USAGE } from "./usage.ts";

/** pfifo: a queue of so many packets. */
export const pfifo: Kind = {
  name: "pfifo",
  parse: (words, { txqlen }, before) => limited(words, "p", before === undefined ? txqlen : undefined, before),
};

/** bfifo: a queue of so many bytes. */
export const bfifo: Kind = {
  name: "bfifo",
  parse: (words, { mtu, txqlen }, before) =>
    limited(words, "b", before === undefined ? txqlen * (mtu + 14) : undefined, before),
};

function limited(words: Words, unit: string, otherwise: number | undefined, before: Settings | undefined): Settings {
  let limit = otherwise;
  while (words.more) {
    const word = words.next();
    if (word === "help") throw new Exit(1, TC_USAGE["fifo"] ?? "");
    if (word !== "limit") throw new Exit(1, `${unit}fifo: unknown parameter "${word}"\n${TC_USAGE["fifo"]}`);
    const text = words.next();
    limit = whole(text);
    if (limit === undefined) throw new Exit(1, `${unit}fifo: Illegal value for "limit": "${text}"\n`);
  }
  if (limit === undefined && before !== undefined) return before;
  return { print: () => ({ text: `limit ${limit}${unit}`, json: { limit: limit as number } }) };
}

/** A discipline whose options only matter when a queue builds up: those are not modelled. */
function plain(name: string, printed: Printed): Kind {
  return {
    name,
    parse(words) {
      if (words.more) throw new Exit(2, `tc: ${name} ${words.next()} is not modelled\n`);
      return { print: () => printed };
    },
  };
}

const PRIORITIES = [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1];
const BANDS: Printed = {
  text: `bands 3 priomap ${PRIORITIES.join(" ")}`,
  json: { bands: 3, priomap: PRIORITIES, multiqueue: false },
};

/** Three queues by priority. */
export const pfifoFast = plain("pfifo_fast", BANDS);
/** The same with classes. */
export const prio: Kind = { ...plain("prio", BANDS), classful: true };
/** Fair queues with controlled delay: what most distributions give to devices. */
export const fqCodel = plain("fq_codel", {
  text: "limit 10240p flows 1024 quantum 1514 target 5ms interval 100ms memory_limit 32Mb ecn drop_batch 64 ",
  json: {
    limit: 10240,
    flows: 1024,
    quantum: 1514,
    target: 4999,
    interval: 99999,
    memory_limit: 33554432,
    ecn: true,
    drop_batch: 64,
  },
});
/** Fair queues by chance. */
export const sfq = plain("sfq", {
  text: "limit 127p quantum 1514b depth 127 divisor 1024 ",
  json: { limit: 127, quantum: 1514, depth: 127, divisor: 1024 },
});
/** No queue at all: what virtual devices have. */
export const noqueue = plain("noqueue", { text: "", json: {} });
