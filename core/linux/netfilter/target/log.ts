import { TARGET } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Draft, Extension, Option } from "../extension.ts";
import { quote } from "../quote.ts";
import { parseNumber, readNumber, readText } from "../readers.ts";

/** `-j LOG`; `flags` as the kernel has them: 1 tcp sequence, 2 tcp options, 4 ip options, 8 uid, 32 macdecode. */
export interface LogTarget {
  readonly target: "LOG";
  readonly level: number;
  readonly flags: number;
  readonly prefix: string;
}

/** `-j NFLOG`. */
export interface NflogTarget {
  readonly target: "NFLOG";
  readonly group: number;
  readonly prefix: string;
  readonly size?: number;
  readonly range?: number;
  readonly threshold: number;
}

const LEVELS = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];
const LEVEL_ALIASES: Readonly<Record<string, number>> = { panic: 0, error: 3, warning: 4 };
const DEFAULT_LEVEL = 4;
const FLAGS = [
  ["log-tcp-sequence", 1, "tcp-sequence"],
  ["log-tcp-options", 2, "tcp-options"],
  ["log-ip-options", 4, "ip-options"],
  ["log-uid", 8, "uid"],
  ["log-macdecode", 32, "macdecode"],
] as const;

function readLevel(text: string): number {
  const number = parseNumber(text);
  if (number !== undefined && number <= 7) return number;
  const named = LEVELS.indexOf(text);
  return named >= 0 ? named : LEVEL_ALIASES[text] ?? usage(`log level "${text}" unknown\n`);
}

function flag([name, bit]: (typeof FLAGS)[number]): Option<LogTarget> {
  return { names: [name], value: false, take: (draft: Draft<LogTarget>) => draft.flags |= bit };
}

/** libxt_LOG. */
export const LOG: Extension<LogTarget> = {
  name: "LOG",
  op: TARGET.LOG,
  options: [
    { names: ["log-level"], value: true, take: (draft, text) => draft.level = readLevel(text) },
    { names: ["log-prefix"], value: true, take: (draft, text) => draft.prefix = readText(text, 29, 1) },
    ...FLAGS.map(flag),
  ],
  start: () => ({ target: "LOG", level: DEFAULT_LEVEL, flags: 0, prefix: "" }),
  save: (t) =>
    (t.prefix === "" ? "" : ` --log-prefix ${quote(t.prefix)}`) +
    (t.level === DEFAULT_LEVEL ? "" : ` --log-level ${t.level}`) +
    FLAGS.filter(([, bit]) => t.flags & bit).map(([name]) => ` --${name}`).join(""),
  list(t, look) {
    const flags = FLAGS.filter(([, bit]) => t.flags & bit).map(([, , word]) => ` ${word}`).join("");
    return " LOG" + (look.numeric ? ` flags ${t.flags} level ${t.level}` : ` level ${LEVELS[t.level]}${flags}`) +
      (t.prefix === "" ? "" : ` prefix "${t.prefix}"`);
  },
  encode(t, out) {
    out.push(t.level, t.flags);
    out.text(t.prefix);
  },
};

const RANGE_WARNING =
  "warn: --nflog-range has never worked and is no longer supported, please use --nflog-size instead\n";

function nflogWords(t: NflogTarget, dashes: string): string {
  const prefix = t.prefix === "" ? "" : ` ${dashes}nflog-prefix ${quote(t.prefix)}`;
  return prefix + (t.group ? ` ${dashes}nflog-group ${t.group}` : "") +
    (t.size === undefined ? (t.range ? ` ${dashes}nflog-range ${t.range}` : "") : ` ${dashes}nflog-size ${t.size}`) +
    (t.threshold === 1 ? "" : ` ${dashes}nflog-threshold ${t.threshold}`);
}

/** libxt_NFLOG. */
export const NFLOG: Extension<NflogTarget> = {
  name: "NFLOG",
  op: TARGET.NFLOG,
  options: [
    {
      names: ["nflog-group"],
      value: true,
      take: (draft, text, argument) => draft.group = readNumber(text, argument, { max: 65535 }),
    },
    { names: ["nflog-prefix"], value: true, take: (draft, text) => draft.prefix = readText(text, 63, 1) },
    {
      names: ["nflog-range"],
      value: true,
      take: (draft, text, argument) => {
        draft.range = readNumber(text, argument, { max: 0xffff_ffff });
        argument.scope.warn(RANGE_WARNING);
      },
    },
    {
      names: ["nflog-size"],
      value: true,
      take: (draft, text, argument) => draft.size = readNumber(text, argument, { max: 0xffff_ffff }),
    },
    {
      names: ["nflog-threshold"],
      value: true,
      take: (draft, text, argument) => draft.threshold = readNumber(text, argument, { max: 65535 }),
    },
  ],
  start: () => ({ target: "NFLOG", group: 0, prefix: "", threshold: 1 }),
  save: (t) => nflogWords(t, "--"),
  list: (t) => nflogWords(t, ""),
  encode(t, out) {
    out.word(t.group);
    out.text(t.prefix);
  },
};
