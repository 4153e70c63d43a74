import { Exit } from "../iproute/exit.ts";
import { type Json, JsonNumber } from "../iproute/json.ts";
import type { Words } from "../iproute/words.ts";
import { type Kind, legal, type Printed, type Settings, type Shaping, whatIs, whole } from "./kind.ts";
import { general, parsePercent, parseRate, parseTime, printPercent, printRate, printTime } from "./units.ts";
import { TC_USAGE } from "./usage.ts";

/** A chance, and how much one packet's luck depends on the one before. */
interface Chance {
  readonly share: number;
  readonly correlation?: number | undefined;
}

/** A channel that is good or bad: chances to turn bad and good again, and of losing a packet when bad and when good. */
interface Gemodel {
  readonly p: number;
  readonly r: number;
  /** tc's 1-h and 1-k. */
  readonly loss: number;
  readonly k: number;
}

/** netem(8)'s options: times in microseconds, chances as shares of 1, rate in bytes a second. */
export interface Netem {
  limit: number;
  delay?: number;
  jitter?: number;
  delayCorrelation?: number | undefined;
  distribution?: string;
  loss?: Chance;
  gemodel?: Gemodel;
  duplicate?: Chance;
  reorder?: Chance;
  corrupt?: Chance;
  rate?: number;
  gap?: number;
  ecn?: boolean;
  readonly unmodelled: string[];
}

const DISTRIBUTIONS = ["uniform", "normal", "pareto", "paretonormal", "experimental"];
const FOLDER = "/usr/lib/x86_64-linux-gnu/tc/";

/** netem: delay, loss, duplication, corruption, reordering and a rate on the way out of a device. */
export const netem: Kind = {
  name: "netem",
  parse(words) {
    const options: Netem = { limit: 1000, unmodelled: [] };
    while (words.more) {
      const word = words.next();
      const read = OPTIONS[word];
      if (word === "help") throw new Exit(1, TC_USAGE["netem"] ?? "");
      if (read === undefined) throw whatIs(word, "netem");
      read(options, words);
    }
    complain(options);
    return settings(options);
  },
};

/** Readers by word. */
const OPTIONS: Readonly<Record<string, (options: Netem, words: Words) => void>> = {
  limit: (options, words) => options.limit = legal(whole(words.next()), "limit"),
  delay,
  latency: delay,
  distribution: (options, words) => {
    const name = words.next();
    if (!DISTRIBUTIONS.includes(name)) {
      throw new Exit(
        1,
        `No distribution data for ${name} (${FOLDER}/${name}.dist: No such file or directory)\n`,
      );
    }
    options.distribution = name;
    if (name !== "uniform" && name !== "normal") options.unmodelled.push(`distribution ${name}`);
  },
  loss: lossOf,
  drop: lossOf,
  ecn: (options) => {
    options.ecn = true;
    options.unmodelled.push("ecn");
  },
  duplicate: (options, words) => options.duplicate = chance(words, "duplicate"),
  reorder: (options, words) => options.reorder = chance(words, "reorder"),
  corrupt: (options, words) => options.corrupt = chance(words, "corrupt"),
  gap: (options, words) => options.gap = legal(whole(words.next()), "gap"),
  rate: (options, words) => options.rate = legal(parseRate(words.next()), "rate"),
  slot: () => {
    throw new Exit(2, "tc: netem slot is not modelled\n");
  },
};

function delay(options: Netem, words: Words): void {
  options.delay = legal(parseTime(words.next()), "latency");
  if (!numeric(words)) return;
  options.jitter = legal(parseTime(words.next()), "latency");
  if (numeric(words)) options.delayCorrelation = correlation(words, "latency");
}

function lossOf(options: Netem, words: Words): void {
  const model = words.peek();
  if (model === "state" || model === "gemodel") {
    words.next();
    const first = legal(parsePercent(words.next()), model === "state" ? "loss p13" : "loss gemodel p");
    if (model === "state") throw new Exit(2, "tc: netem loss state is not modelled\n");
    options.gemodel = gemodelOf(first, words);
    return;
  }
  if (model === "random") words.next();
  else if (model !== undefined && !/^\d/.test(model)) throw new Exit(1, `Unknown loss parameter: ${model}\n`);
  options.loss = chance(words, "loss percent");
}

/** `gemodel P [R [1-H [1-K]]]`. */
function gemodelOf(p: number, words: Words): Gemodel {
  const next = (name: string, otherwise: number): number =>
    numeric(words) ? legal(parsePercent(words.next()), `loss gemodel ${name}`) : otherwise;
  const r = next("r", 1 - p);
  const loss = next("1-h", 1);
  return { p, r, loss, k: next("1-k", 0) };
}

function chance(words: Words, name: string): Chance {
  const share = legal(parsePercent(words.next()), name);
  return numeric(words) ? { share, correlation: correlation(words, name) } : { share };
}

function correlation(words: Words, name: string): number {
  return legal(parsePercent(words.next()), name);
}

function numeric(words: Words): boolean {
  return /^[\d.]/.test(words.peek() ?? "");
}

/** What netem refuses as a whole. */
function complain(options: Netem): void {
  const usage = TC_USAGE["netem"] ?? "";
  if (options.reorder !== undefined && options.delay === undefined) {
    throw new Exit(1, `reordering not possible without specifying some delay\n${usage}`);
  }
  if (options.distribution !== undefined && (options.delay === undefined || options.jitter === undefined)) {
    throw new Exit(1, `distribution specified but no latency and jitter values\n${usage}`);
  }
  if (options.gap !== undefined && options.reorder === undefined) {
    throw new Exit(1, `gap specified without reorder probability\n${usage}`);
  }
  if (options.reorder !== undefined && options.gap === undefined) options.gap = 1;
}

function settings(options: Netem): Settings {
  return { print: () => print(options), shaping: shapingOf(options), unmodelled: [...new Set(options.unmodelled)] };
}

function shapingOf(options: Netem): Shaping {
  const { delay, jitter, loss, duplicate, reorder, corrupt, rate, gemodel, gap, limit } = options;
  return {
    limit,
    ...(gap !== undefined && { gap }),
    ...(options.distribution === "normal" && { normal: true }),
    ...(gemodel !== undefined && { bad: gemodel.p, good: gemodel.r, badPass: 1 - gemodel.loss, goodLoss: gemodel.k }),
    ...(options.delayCorrelation !== undefined && { delayCorrelation: options.delayCorrelation }),
    ...(loss?.correlation !== undefined && { lossCorrelation: loss.correlation }),
    ...(duplicate?.correlation !== undefined && { duplicateCorrelation: duplicate.correlation }),
    ...(corrupt?.correlation !== undefined && { corruptCorrelation: corrupt.correlation }),
    ...(reorder?.correlation !== undefined && { reorderCorrelation: reorder.correlation }),
    ...(delay !== undefined && { delay: delay / 1000 }),
    ...(jitter !== undefined && { jitter: jitter / 1000 }),
    ...(loss !== undefined && { loss: loss.share }),
    ...(duplicate !== undefined && { duplicate: duplicate.share }),
    ...(reorder !== undefined && { reorder: reorder.share }),
    ...(corrupt !== undefined && { corrupt: corrupt.share }),
    ...(rate !== undefined && { rate: rate * 8 }),
  };
}

function print(options: Netem): Printed {
  const { limit, delay, jitter, loss, duplicate, reorder, corrupt, rate, gap } = options;
  let text = `limit ${limit}`;
  const json: Record<string, Json> = { limit };
  if (delay !== undefined && delay > 0) {
    const spread = jitter !== undefined && jitter > 0 ? `  ${printTime(jitter)}` : "";
    text += ` delay ${printTime(delay)}${spread}${related(options.delayCorrelation)}`;
    json["delay"] = {
      delay: number(delay / 1e6),
      jitter: number((jitter ?? 0) / 1e6),
      ...share(options.delayCorrelation),
    };
  }
  const chances: readonly (readonly [string, Chance | undefined, string?])[] = [
    ["loss", loss, "loss-random"],
    ["duplicate", duplicate],
    ["reorder", reorder],
    ["corrupt", corrupt],
  ];
  const { gemodel } = options;
  if (gemodel !== undefined) {
    const parts = [["p", gemodel.p], ["r", gemodel.r], ["1-h", gemodel.loss], ["1-k", gemodel.k]] as const;
    text += ` loss gemodel ${parts.map(([name, part]) => `${name} ${printPercent(part)}`).join(" ")}`;
    json["loss-gemodel"] = Object.fromEntries(parts.map(([name, part]) => [name, number(part)]));
  }
  for (const [name, value, key] of chances) {
    if (value === undefined || value.share === 0) continue;
    text += ` ${name} ${printPercent(value.share)}${related(value.correlation)}`;
    json[key ?? name] = { [name]: number(value.share), ...share(value.correlation) };
  }
  if (rate !== undefined) {
    text += ` rate ${printRate(rate)}`;
    json["rate"] = { rate, packetoverhead: 0, cellsize: 0, celloverhead: 0 };
  }
  if (options.ecn) text += " ecn ";
  if (gap !== undefined && gap > 0) text += ` gap ${gap}`;
  return { text, json: { ...json, ecn: options.ecn ?? false, gap: gap ?? 0 } };
}

function related(correlation: number | undefined): string {
  return correlation === undefined || correlation === 0 ? "" : ` ${printPercent(correlation)}`;
}

function share(correlation: number | undefined): Record<string, Json> {
  return { correlation: number(correlation ?? 0) };
}

function number(value: number): Json {
  return new JsonNumber(general(value, 6));
}
