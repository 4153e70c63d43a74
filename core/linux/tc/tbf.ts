import { Exit } from "../iproute/exit.ts";
import type { Words } from "../iproute/words.ts";
import type { Kind, Printed, Settings, Shown } from "./kind.ts";
import { parseRate, parseSize, parseTime, printRate, printSize, printTime, throughTicks, ticks } from "./units.ts";
import { TC_USAGE } from "./usage.ts";

/** Rate in bytes a second, burst and limit in bytes, latency in microseconds. */
interface Tbf {
  rate?: number;
  burst?: number;
  limit?: number;
  latency?: number;
}

const READERS: Readonly<Record<string, readonly [keyof Tbf, (text: string) => number | undefined]>> = {
  rate: ["rate", parseRate],
  burst: ["burst", parseSize],
  buffer: ["burst", parseSize],
  maxburst: ["burst", parseSize],
  limit: ["limit", parseSize],
  latency: ["latency", parseTime],
};
const UNMODELLED = ["mtu", "minburst", "mpu", "peakrate", "overhead", "linklayer"];

/** tbf: a token bucket. A full bucket lets a burst through at once; packets that would wait longer than the queue is long are dropped. */
export const tbf: Kind = {
  name: "tbf",
  parse(words) {
    const options: Tbf = {};
    while (words.more) read(options, words);
    const missing = [
      ...(options.rate === undefined ? ['the "rate" parameter is mandatory.'] : []),
      ...(options.burst === undefined ? ['the "burst" parameter is mandatory.'] : []),
      ...(options.limit === undefined && options.latency === undefined
        ? ['either "limit" or "latency" is required.']
        : []),
    ];
    if (missing.length > 0) throw new Exit(1, missing.map((text) => `tbf: ${text}\n`).join("") + TC_USAGE["tbf"]);
    return settings(options as Required<Tbf>);
  },
};

function read(options: Tbf, words: Words): void {
  const word = words.next();
  if (word === "help") throw new Exit(1, TC_USAGE["tbf"] ?? "");
  const reader = READERS[word];
  if (UNMODELLED.includes(word)) throw new Exit(2, `tc: tbf ${word} is not modelled\n`);
  if (reader === undefined) throw new Exit(1, `tbf: unknown parameter "${word}"\n${TC_USAGE["tbf"]}`);
  const text = words.next();
  const value = reader[1](word === "burst" ? text.replace(/\/\d+$/, "") : text);
  if (value === undefined) throw new Exit(1, `tbf: illegal value for "${word}": "${text}"\n`);
  options[reader[0]] = value;
}

function settings({ rate, burst, limit, latency }: Required<Tbf>): Settings {
  const time = (bytes: number): number => bytes / rate * 1000;
  const queue = limit ?? Math.floor((rate * latency) / 1e6) + burst;
  return {
    print: (shown) => print({ rate, burst, limit: queue }, shown),
    shaping: { rate: rate * 8, burst: time(burst), patience: time(queue) },
  };
}

function print({ rate, burst, limit }: { rate: number; burst: number; limit: number }, { details }: Shown): Printed {
  const size = throughTicks(burst, rate);
  const latency = (limit / rate) * 1e6 - ticks(burst, rate) / 15.625;
  const queue = latency >= 0 ? `lat ${printTime(latency)} ` : `limit ${printSize(limit)} `;
  return {
    text: `rate ${printRate(rate)} burst ${printSize(size)}${details ? "/1 mpu 0b" : ""} ${queue}`,
    json: { rate, burst: size, ...(latency >= 0 ? { lat: Math.floor(latency) } : { limit }) },
  };
}
