import { TARGET } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Extension, Option } from "../extension.ts";
import { readNumber } from "../readers.ts";

type Mode = "set" | "inc" | "dec";

/** `-j TTL` (IPv4). */
export interface TtlTarget {
  readonly target: "TTL";
  readonly mode?: Mode;
  readonly value: number;
}

/** `-j HL` (IPv6). */
export interface HlTarget {
  readonly target: "HL";
  readonly mode?: Mode;
  readonly value: number;
}

const MODES: readonly Mode[] = ["set", "dec", "inc"];
const WORDS = { set: "set to", dec: "decrement by", inc: "increment by" };
const NUMBERS = { set: 0, inc: 1, dec: 2 };

function option<T extends TtlTarget | HlTarget>(prefix: string): (mode: Mode) => Option<T> {
  return (mode) => ({
    names: [`${prefix}-${mode}`],
    value: true,
    excludes: MODES.filter((other) => other !== mode).map((other) => `${prefix}-${other}`).reverse(),
    take: (draft, text, argument) => {
      const value = readNumber(text, argument, { min: mode === "set" ? 0 : 1, max: 255 });
      Object.assign(draft, { mode, value });
    },
  });
}

/** libipt_TTL. */
export const TTL: Extension<TtlTarget> = {
  name: "TTL",
  op: TARGET.TTL,
  family: 4,
  tables: ["mangle"],
  options: MODES.map(option("ttl")),
  start: () => ({ target: "TTL", value: 0 }),
  finish: (draft) => {
    if (draft.mode === undefined) usage("TTL: You must specify an action");
  },
  save: (t) => ` --ttl-${t.mode} ${t.value}`,
  list: (t) => ` TTL ${WORDS[t.mode ?? "set"]} ${t.value}`,
  encode: (t, out) => out.push(NUMBERS[t.mode ?? "set"], t.value),
};

/** libip6t_HL. */
export const HL: Extension<HlTarget> = {
  name: "HL",
  op: TARGET.TTL,
  family: 6,
  tables: ["mangle"],
  options: MODES.map(option("hl")),
  start: () => ({ target: "HL", value: 0 }),
  finish: (draft) => {
    if (draft.mode === undefined) usage("HL: You must specify an action");
  },
  save: (t) => ` --hl-${t.mode} ${t.value}`,
  list: (t) => ` HL ${WORDS[t.mode ?? "set"]} ${t.value}`,
  encode: (t, out) => out.push(NUMBERS[t.mode ?? "set"], t.value),
};
