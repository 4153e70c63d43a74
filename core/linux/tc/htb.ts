import { Exit } from "../iproute/exit.ts";
import type { Words } from "../iproute/words.ts";
import { type Kind, legal, type Settings, whatIs, whole } from "./kind.ts";
import { parseRate, parseSize, printRate, printSize, throughTicks, ticks } from "./units.ts";
import { TC_USAGE } from "./usage.ts";

/** htb's own options: `default` is the minor number of the class for packets that no filter knows. */
export interface HtbSettings extends Settings {
  readonly defaultClass: number;
  readonly r2q: number;
}

/** A class: rates in bytes a second, bursts in bytes. */
export interface HtbClass {
  readonly rate: number;
  readonly ceil: number;
  readonly burst: number;
  readonly cburst: number;
  readonly priority: number;
}

const MTU = 1600;

/** htb: a hierarchy of token buckets. Without filters all packets are the default class's; its ceiling is what they feel. */
export const htb: Kind = {
  name: "htb",
  classful: true,
  parse(words) {
    let [defaultClass, r2q, queue] = [0, 10, 1000];
    while (words.more) {
      const word = words.next();
      if (word === "default") {
        const text = words.next();
        if (!/^(0x)?[0-9a-f]+$/i.test(text)) throw new Exit(1, `Illegal "default"\n${TC_USAGE["htb"]}`);
        defaultClass = parseInt(text.replace(/^0x/i, ""), 16);
      } else if (word === "r2q") r2q = legal(whole(words.next()), "r2q", "htb");
      else if (word === "direct_qlen") queue = legal(whole(words.next()), "direct_qlen", "htb");
      else throw whatIs(word, "htb");
    }
    return settings(defaultClass, r2q, queue);
  },
};

function settings(defaultClass: number, r2q: number, queue: number): HtbSettings {
  const minor = defaultClass === 0 ? "0" : `0x${defaultClass.toString(16)}`;
  return {
    defaultClass,
    r2q,
    print: ({ details }) => ({
      text: `r2q ${r2q} default ${minor} direct_packets_stat 0${details ? " ver 3.17" : ""} direct_qlen ${queue}`,
      json: { r2q, default: minor, direct_packets_stat: 0, ...(details && { ver: "3.17" }), direct_qlen: queue },
    }),
  };
}

/** Whether a qdisc's settings are htb's. */
export function isHtb(settings: Settings): settings is HtbSettings {
  return "defaultClass" in settings;
}

const CLASS_WORDS: Readonly<
  Record<string, readonly ["rate" | "ceil" | "burst" | "cburst" | "priority", (text: string) => number | undefined]>
> = {
  rate: ["rate", parseRate],
  ceil: ["ceil", parseRate],
  burst: ["burst", parseSize],
  buffer: ["burst", parseSize],
  maxburst: ["burst", parseSize],
  cburst: ["cburst", parseSize],
  cbuffer: ["cburst", parseSize],
  cmaxburst: ["cburst", parseSize],
  prio: ["priority", whole],
};
const UNMODELLED = ["mpu", "overhead", "linklayer", "mtu", "quantum", "slot", "pslot"];

/** `rate 1mbit ceil 2mbit prio 3`. */
export function parseHtbClass(words: Words): HtbClass {
  const given: { rate?: number; ceil?: number; burst?: number; cburst?: number; priority?: number } = {};
  while (words.more) {
    const word = words.next();
    const reader = CLASS_WORDS[word];
    if (UNMODELLED.includes(word)) throw new Exit(2, `tc: htb ${word} is not modelled\n`);
    if (reader === undefined) throw whatIs(word, "htb");
    given[reader[0]] = legal(reader[1](words.next()), word, "htb");
  }
  if (given.rate === undefined) throw new Exit(1, '"rate" is required.\n');
  const { rate, ceil = rate, burst = MTU, cburst = MTU, priority = 0 } = given;
  return { rate, ceil, burst, cburst, priority };
}

/** `prio 0 rate 1Mbit ceil 1Mbit burst 1600b cburst 1600b `; inner classes have no priority. */
export function printHtbClass(one: HtbClass, inner: boolean, details: boolean, r2q: number): string {
  const size = (bytes: number, rate: number): string =>
    printSize(throughTicks(bytes, rate)) + (details ? "/1 mpu 0b" : "");
  const quantum = Math.min(200_000, Math.max(1000, Math.floor(one.rate / r2q)));
  return (inner ? "" : `prio ${one.priority} ${details ? `quantum ${quantum} ` : ""}`) +
    `rate ${printRate(one.rate)} ceil ${printRate(one.ceil)} ${details ? "linklayer ethernet " : ""}` +
    `burst ${size(one.burst, one.rate)} cburst ${size(one.cburst, one.ceil)} ${
      details ? `level ${inner ? 7 : 0} ` : ""
    }`;
}

/** What -s adds: every bucket is full. */
export function printHtbStats(one: HtbClass): string {
  return ` lended: 0 borrowed: 0 giants: 0\n tokens: ${ticks(one.burst, one.rate)} ctokens: ${
    ticks(one.cburst, one.ceil)
  }\n`;
}

/** The kernel's warning of a class whose share of a round is out of bounds; `id` in its `10040` form. */
export function quantumWarning(one: HtbClass, id: string, r2q: number): string {
  const quantum = one.rate / r2q;
  const size = quantum < 1000 ? "small" : quantum > 200_000 ? "big" : undefined;
  return size === undefined ? "" : `Warning: sch_htb: quantum of class ${id} is ${size}. Consider r2q change.\n`;
}
