import { HASHLIMIT, OP } from "../../../../wasm/mod.ts";
import type { Family } from "../address.ts";
import { usage } from "../complaint.ts";
import type { Argument, Draft, Extension, Option } from "../extension.ts";
import { parseNumber, readNumber, readText } from "../readers.ts";
import { parseRate, printRate } from "./rate.ts";

/** `-m hashlimit`: `period` is the time for one packet in 1/1000000 s, or with `bytes` the rate in bytes a second. */
export interface HashlimitMatch {
  readonly match: "hashlimit";
  readonly family: Family;
  readonly above: boolean;
  readonly bytes: boolean;
  readonly period: number;
  readonly burst: number;
  /** Bits of {@link HASHLIMIT}, keys only. */
  readonly mode: number;
  readonly name: string;
  readonly size: number;
  readonly max: number;
  readonly gcInterval: number;
  readonly expire: number;
  readonly srcMask: number;
  readonly dstMask: number;
  readonly rateMatch: boolean;
  readonly rateInterval: number;
}

const SCALE = 1_000_000;
/** Keys in print order. */
const KEYS = [
  ["srcip", HASHLIMIT.SRCIP],
  ["srcport", HASHLIMIT.SRCPORT],
  ["dstip", HASHLIMIT.DSTIP],
  ["dstport", HASHLIMIT.DSTPORT],
] as const;
/** Milliseconds that bytes are remembered, without and with a burst. */
const BYTE_EXPIRE = 15_000;
const BYTE_BURST_EXPIRE = 60_000;

function parseBytes(text: string): number | undefined {
  const found = /^(\d+)(k|m)?b(\/s)?$/i.exec(text);
  if (found === null) return undefined;
  const factor = { k: 1024, m: 1024 * 1024 }[(found[2] ?? "").toLowerCase()] ?? 1;
  return Math.floor(Number(found[1]) * factor / 16) * 16;
}

function printBytes(bytes: number): string {
  if (bytes >= 1024 * 1024 && bytes % (1024 * 1024) === 0) return `${bytes / (1024 * 1024)}mb`;
  return bytes >= 1024 && bytes % 1024 === 0 ? `${bytes / 1024}kb` : `${bytes}b`;
}

function takeRate(draft: Draft<HashlimitMatch>, text: string, given: { argument: Argument; above: boolean }): void {
  const { argument, above } = given;
  draft.above = above !== argument.not;
  const bytes = parseBytes(text);
  const rate = bytes === undefined ? parseRate(text, SCALE) : undefined;
  if (bytes === undefined && rate === undefined) {
    usage(`hashlimit: Bad value for "--${argument.option}" option: "${text}"`);
  }
  draft.bytes = bytes !== undefined;
  draft.period = bytes ?? rate?.period ?? 0;
  if (draft.expire === 0 && rate !== undefined) draft.expire = rate.unit * 1000;
}

function takeBurst(draft: Draft<HashlimitMatch>, text: string): void {
  const burst = parseBytes(text) ?? parseNumber(text);
  if (burst === undefined || burst < 1 || (parseBytes(text) === undefined && burst > 1_000_000)) {
    usage('bad value for option "--hashlimit-burst", or out of range (1-1000000).');
  }
  draft.burst = burst;
}

function takeMode(draft: Draft<HashlimitMatch>, text: string, argument: Argument): void {
  for (const word of text.split(",")) {
    const key = KEYS.find(([name]) => name === word);
    if (key === undefined) return usage(`hashlimit: Bad value for "--${argument.option}" option: "${text}"`);
    draft.mode |= key[1];
  }
}

type Numeric = "size" | "max" | "gcInterval" | "expire" | "srcMask" | "dstMask" | "rateInterval";

function number(name: string, field: Numeric, most?: (family: Family) => number): Option<HashlimitMatch> {
  return {
    names: [name],
    value: true,
    take: (draft, text, argument) => {
      draft[field] = readNumber(text, argument, { max: most?.(argument.scope.family) ?? 0xffff_ffff });
    },
  };
}

function byteExpire({ burst }: { readonly burst: number }): number {
  return burst === 0 ? BYTE_EXPIRE : BYTE_BURST_EXPIRE;
}

function words(m: HashlimitMatch, dashes: string): string {
  const whole = m.family === 4 ? 32 : 128;
  const quantum = m.bytes ? byteExpire(m) : printRate(m.period, SCALE).unit * 1000;
  const one = (name: string, value: number, otherwise: number) =>
    value === otherwise ? "" : ` ${dashes}${name} ${value}`;
  return one("htable-size", m.size, 0) + one("htable-max", m.max, 0) + one("htable-gcinterval", m.gcInterval, 1000) +
    one("htable-expire", m.expire, quantum) + one("srcmask", m.srcMask, whole) + one("dstmask", m.dstMask, whole) +
    (m.rateMatch ? ` ${dashes}rate-match` : "") + one("rate-interval", m.rateInterval, m.rateMatch ? 1 : 0);
}

const rateText = (m: HashlimitMatch) => m.bytes ? `${printBytes(m.period)}/s` : printRate(m.period, SCALE).text;
const burstText = (m: HashlimitMatch, word: string) => {
  if (m.bytes) return m.burst === 0 ? "" : ` ${word} ${printBytes(m.burst)}`;
  return ` ${word} ${m.burst}`;
};
const keys = (m: HashlimitMatch) => KEYS.filter(([, bit]) => m.mode & bit).map(([name]) => name);

/** libxt_hashlimit. */
export const hashlimit: Extension<HashlimitMatch> = {
  name: "hashlimit",
  op: OP.HASHLIMIT,
  options: [
    {
      names: ["hashlimit-upto", "hashlimit"],
      value: true,
      invertible: true,
      excludes: ["hashlimit-above"],
      take: (draft, text, argument) => takeRate(draft, text, { argument, above: false }),
    },
    {
      names: ["hashlimit-above"],
      value: true,
      invertible: true,
      excludes: ["hashlimit-upto"],
      take: (draft, text, argument) => takeRate(draft, text, { argument, above: true }),
    },
    number("hashlimit-srcmask", "srcMask", (family) => family === 4 ? 32 : 128),
    number("hashlimit-dstmask", "dstMask", (family) => family === 4 ? 32 : 128),
    { names: ["hashlimit-burst"], value: true, take: takeBurst },
    number("hashlimit-htable-size", "size"),
    number("hashlimit-htable-max", "max"),
    number("hashlimit-htable-gcinterval", "gcInterval"),
    number("hashlimit-htable-expire", "expire"),
    { names: ["hashlimit-mode"], value: true, take: takeMode },
    { names: ["hashlimit-name"], value: true, required: true, take: (draft, text) => draft.name = readText(text, 254) },
    {
      names: ["hashlimit-rate-match"],
      value: false,
      take: (draft) => {
        draft.rateMatch = true;
        if (draft.rateInterval === 0) draft.rateInterval = 1;
      },
    },
    number("hashlimit-rate-interval", "rateInterval"),
  ],
  start: (family) => ({
    match: "hashlimit",
    family,
    above: false,
    bytes: false,
    period: 0,
    burst: 0,
    mode: 0,
    name: "",
    size: 0,
    max: 0,
    gcInterval: 1000,
    expire: 0,
    srcMask: family === 4 ? 32 : 128,
    dstMask: family === 4 ? 32 : 128,
    rateMatch: false,
    rateInterval: 0,
  }),
  finish(draft, seen) {
    if (!seen.has("hashlimit-upto") && !seen.has("hashlimit-above")) usage("You have to specify --hashlimit");
    if (draft.bytes && draft.burst > 0 && draft.burst < draft.period) {
      usage(`burst cannot be smaller than ${draft.period}b`);
    }
    if (draft.bytes && draft.expire === 0) draft.expire = byteExpire(draft);
    if (!draft.bytes && draft.burst === 0) draft.burst = 5;
  },
  save(m) {
    const mode = keys(m).join(",");
    return ` --hashlimit-${m.above ? "above" : "upto"} ${rateText(m)}` + burstText(m, "--hashlimit-burst") +
      (mode === "" ? "" : ` --hashlimit-mode ${mode}`) + ` --hashlimit-name ${m.name}` + words(m, "--hashlimit-");
  },
  list(m) {
    const mode = keys(m).join("-");
    return ` limit: ${m.above ? "above" : "up to"} ${rateText(m)}` + burstText(m, "burst") +
      (mode === "" ? "" : ` mode ${mode}`) + words(m, "");
  },
  encode(m, out) {
    const flags = (m.above ? HASHLIMIT.INVERT : 0) | (m.bytes ? HASHLIMIT.BYTES : 0) |
      (m.rateMatch ? HASHLIMIT.RATE_MATCH : 0);
    out.push(0, m.mode | flags);
    out.long(m.bytes ? m.period : Math.max(1, Math.round(m.period / 100)));
    out.long(m.burst);
    out.push(m.size, m.max, m.gcInterval, m.expire, m.srcMask, m.dstMask);
    out.text(m.name);
  },
};
