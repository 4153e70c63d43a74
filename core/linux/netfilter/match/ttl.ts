import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Extension, Option } from "../extension.ts";
import { readNumber } from "../readers.ts";

type Mode = "eq" | "ne" | "lt" | "gt";

/** `-m ttl` (IPv4). */
export interface TtlMatch {
  readonly match: "ttl";
  readonly mode?: Mode;
  readonly value: number;
}

/** `-m hl` (IPv6). */
export interface HlMatch {
  readonly match: "hl";
  readonly mode?: Mode;
  readonly value: number;
}

const SIGNS = { eq: "==", ne: "!=", lt: "<", gt: ">" };
const NUMBERS = { eq: 0, ne: 1, lt: 2, gt: 3 };

function option<M extends TtlMatch | HlMatch>(prefix: string, mode: "eq" | "lt" | "gt"): Option<M> {
  const name = `${prefix}-${mode}`;
  return {
    names: mode === "eq" ? [name, prefix] : [name],
    value: true,
    invertible: mode === "eq",
    excludes: ["eq", "lt", "gt"].filter((other) => other !== mode).map((other) => `${prefix}-${other}`),
    take: (draft, text, argument) => {
      const value = readNumber(text, argument, { max: 255 });
      Object.assign(draft, { mode: argument.not ? "ne" : mode, value });
    },
  };
}

function save(m: TtlMatch | HlMatch): string {
  return m.mode === "ne" ? ` ! --${m.match}-eq ${m.value}` : ` --${m.match}-${m.mode} ${m.value}`;
}

/** libipt_ttl. */
export const ttl: Extension<TtlMatch> = {
  name: "ttl",
  op: OP.TTL,
  family: 4,
  options: [option("ttl", "lt"), option("ttl", "gt"), option("ttl", "eq")],
  start: () => ({ match: "ttl", value: 0 }),
  finish: (draft) => {
    if (draft.mode === undefined) usage("TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt");
  },
  save,
  list: (m) => ` TTL match TTL ${SIGNS[m.mode ?? "eq"]} ${m.value}`,
  encode: (m, out) => out.push(NUMBERS[m.mode ?? "eq"], m.value),
};

/** libip6t_hl. */
export const hl: Extension<HlMatch> = {
  name: "hl",
  op: OP.TTL,
  family: 6,
  options: [option("hl", "lt"), option("hl", "gt"), option("hl", "eq")],
  start: () => ({ match: "hl", value: 0 }),
  finish: (draft) => {
    if (draft.mode === undefined) usage("HL match: You must specify one of `--hl-eq', `--hl-lt', `--hl-gt'");
  },
  save,
  list: (m) => ` HL match HL ${SIGNS[m.mode ?? "eq"]} ${m.value}`,
  encode: (m, out) => out.push(NUMBERS[m.mode ?? "eq"], m.value),
};
