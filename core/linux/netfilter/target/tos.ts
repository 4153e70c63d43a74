import { TARGET } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import { dscpText, readDscpClass } from "../dscp_names.ts";
import type { Extension, Option } from "../extension.ts";
import { readNumber } from "../readers.ts";
import { readTos, tosName, tosText } from "../tos_names.ts";

/** `-j TOS`: tos = (tos & ~mask) ^ value. */
export interface TosTarget {
  readonly target: "TOS";
  readonly value: number;
  readonly mask: number;
}

/** `-j DSCP`. */
export interface DscpTarget {
  readonly target: "DSCP";
  readonly value: number;
}

const NAMES = ["set-tos", "and-tos", "or-tos", "xor-tos"] as const;

function bitOption(
  name: (typeof NAMES)[number],
  setting: (bits: number) => { value: number; mask: number },
): Option<TosTarget> {
  return {
    names: [name],
    value: true,
    excludes: NAMES.filter((other) => other !== name),
    take: (draft, text, argument) => Object.assign(draft, setting(readNumber(text, argument, { max: 255 }))),
  };
}

const hex = (number: number) => "0x" + number.toString(16).padStart(2, "0");

function listTos({ value, mask }: TosTarget, numeric: boolean): string {
  if (numeric) return ` TOS set ${tosText(value, mask)}`;
  const name = tosName(value, mask);
  if (name !== undefined) return `  TOS set${name}`;
  if (value === 0) return ` TOS and ${hex(~mask & 0xff)}`;
  if (value === mask) return ` TOS or ${hex(value)}`;
  if (mask === 0) return ` TOS xor ${hex(value)}`;
  return ` TOS set ${tosText(value, mask)}`;
}

/** libxt_TOS. */
export const TOS: Extension<TosTarget> = {
  name: "TOS",
  op: TARGET.TOS,
  tables: ["mangle"],
  options: [
    {
      names: ["set-tos"],
      value: true,
      excludes: NAMES.slice(1),
      take: (draft, text) => Object.assign(draft, readTos(text)),
    },
    bitOption("and-tos", (bits) => ({ value: 0, mask: ~bits & 0xff })),
    bitOption("or-tos", (bits) => ({ value: bits, mask: bits })),
    bitOption("xor-tos", (bits) => ({ value: bits, mask: 0 })),
  ],
  start: () => ({ target: "TOS", value: 0, mask: 0xff }),
  finish: (_, seen) => {
    if (!NAMES.some((name) => seen.has(name))) usage("TOS: An action is required");
  },
  save: (t) => ` --set-tos ${tosText(t.value, t.mask)}`,
  list: (t, look) => listTos(t, look.numeric),
  encode: (t, out) => out.push(t.value, t.mask),
};

/** libxt_DSCP's target. */
export const DSCP: Extension<DscpTarget> = {
  name: "DSCP",
  op: TARGET.DSCP,
  tables: ["mangle"],
  options: [
    {
      names: ["set-dscp"],
      value: true,
      excludes: ["set-dscp-class"],
      take: (draft, text, argument) => draft.value = readNumber(text, argument, { max: 63 }),
    },
    {
      names: ["set-dscp-class"],
      value: true,
      excludes: ["set-dscp"],
      take: (draft, text) => draft.value = readDscpClass(text),
    },
  ],
  start: () => ({ target: "DSCP", value: 0 }),
  finish: (_, seen) => {
    if (!seen.has("set-dscp") && !seen.has("set-dscp-class")) usage("DSCP target: Parameter --set-dscp is required");
  },
  save: (t) => ` --set-dscp ${dscpText(t.value)}`,
  list: (t) => ` DSCP set ${dscpText(t.value)}`,
  encode: (t, out) => out.word(t.value),
};
