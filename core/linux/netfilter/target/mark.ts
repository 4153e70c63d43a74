import { TARGET } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Draft, Extension, Option } from "../extension.ts";
import { readMark, readNumber, readWord } from "../readers.ts";

/** `-j MARK`: mark = (mark & ~mask) ^ value. */
export interface MarkTarget {
  readonly target: "MARK";
  readonly value: number;
  readonly mask: number;
}

/** `-j CONNMARK`. */
export interface ConnmarkTarget {
  readonly target: "CONNMARK";
  readonly mode?: "set" | "save" | "restore";
  readonly value: number;
  readonly ctmask: number;
  readonly nfmask: number;
  readonly shift: number;
  readonly right: boolean;
}

const SETTERS = ["set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark"] as const;
const ALL = 0xffff_ffff;
const hex = (number: number) => "0x" + (number >>> 0).toString(16);

/** How each spelling says (mask, value). */
function setting(
  name: (typeof SETTERS)[number],
  given: { value: number; mask: number },
): { value: number; mask: number } {
  const { value, mask } = given;
  if (name === "set-xmark") return { value, mask };
  if (name === "set-mark") return { value, mask: (value | mask) >>> 0 };
  if (name === "and-mark") return { value: 0, mask: ~value >>> 0 };
  if (name === "or-mark") return { value, mask: value };
  return { value, mask: 0 };
}

/** `set 0x1`, `or 0x4000`: the short way to say it in a listing. */
function settingText(value: number, mask: number): string {
  if (value === 0) return `and ${hex(~mask)}`;
  if (value === mask) return `or ${hex(value)}`;
  if (mask === 0) return `xor ${hex(value)}`;
  return mask === ALL ? `set ${hex(value)}` : `xset ${hex(value)}/${hex(mask)}`;
}

function markOption(name: (typeof SETTERS)[number]): Option<MarkTarget> {
  return {
    names: [name],
    value: true,
    excludes: SETTERS.filter((other) => other !== name),
    take: (draft, text, argument) => {
      const masked = name === "set-xmark" || name === "set-mark";
      const given = masked ? readMark(text, argument) : { value: readWord(text, argument), mask: 0 };
      Object.assign(draft, setting(name, given));
    },
  };
}

/** libxt_MARK. */
export const MARK: Extension<MarkTarget> = {
  name: "MARK",
  op: TARGET.MARK,
  options: SETTERS.map(markOption),
  start: () => ({ target: "MARK", value: 0, mask: 0 }),
  finish: (_, seen) => {
    if (!SETTERS.some((name) => seen.has(name))) {
      usage("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required");
    }
  },
  save: (t) => ` --set-xmark ${hex(t.value)}/${hex(t.mask)}`,
  list: (t) => ` MARK ${settingText(t.value, t.mask)}`,
  encode: (t, out) => out.push(t.value, t.mask),
};

function connmarkOption(name: (typeof SETTERS)[number]): Option<ConnmarkTarget> {
  return {
    names: [name],
    value: true,
    excludes: [...SETTERS.filter((other) => other !== name), "save-mark", "restore-mark"],
    take: (draft, text, argument) => {
      const masked = name === "set-xmark" || name === "set-mark";
      const given = masked ? readMark(text, argument) : { value: readWord(text, argument), mask: 0 };
      const { value, mask } = name === "set-mark" ? given : setting(name, given);
      Object.assign(draft, { mode: "set", value, ctmask: mask });
    },
  };
}

function mover(name: "save-mark" | "restore-mark", mode: "save" | "restore"): Option<ConnmarkTarget> {
  return {
    names: [name],
    value: false,
    excludes: [...SETTERS, mode === "save" ? "restore-mark" : "save-mark"],
    take: (draft) => draft.mode = mode,
  };
}

function shifter(name: string, right: boolean): Option<ConnmarkTarget> {
  return {
    names: [name],
    value: true,
    take: (draft, text, argument) => {
      draft.shift = readNumber(text, argument, { max: 32 });
      draft.right = right;
    },
  };
}

function takeMask(fields: readonly ("nfmask" | "ctmask")[]): Option<ConnmarkTarget>["take"] {
  return (draft: Draft<ConnmarkTarget>, text, argument) => {
    for (const field of fields) draft[field] = readWord(text, argument);
  };
}

const shiftText = (t: ConnmarkTarget, dashes: string) =>
  t.shift === 0 ? "" : ` ${dashes}${t.right ? "right" : "left"}-shift-mark ${t.shift}`;

function listMove(t: ConnmarkTarget): string {
  if (t.nfmask === ALL && t.ctmask === ALL) return `CONNMARK ${t.mode}`;
  if (t.nfmask === t.ctmask) return `CONNMARK ${t.mode} mask ${hex(t.ctmask)}`;
  return t.mode === "save"
    ? `CONNMARK save nfmask ${hex(t.nfmask)} ctmask ~${hex(t.ctmask)}`
    : `CONNMARK restore ctmask ${hex(t.ctmask)} nfmask ~${hex(t.nfmask)}`;
}

/** libxt_CONNMARK. */
export const CONNMARK: Extension<ConnmarkTarget> = {
  name: "CONNMARK",
  op: TARGET.CONNMARK,
  options: [
    ...SETTERS.map(connmarkOption),
    mover("save-mark", "save"),
    mover("restore-mark", "restore"),
    shifter("left-shift-mark", false),
    shifter("right-shift-mark", true),
    { names: ["ctmask"], value: true, excludes: ["mask"], take: takeMask(["ctmask"]) },
    { names: ["nfmask"], value: true, excludes: ["mask"], take: takeMask(["nfmask"]) },
    { names: ["mask"], value: true, excludes: ["ctmask", "nfmask"], take: takeMask(["nfmask", "ctmask"]) },
  ],
  start: () => ({ target: "CONNMARK", value: 0, ctmask: ALL, nfmask: ALL, shift: 0, right: false }),
  finish: (draft) => {
    if (draft.mode === undefined) usage("CONNMARK target: No operation specified");
  },
  save(t) {
    if (t.mode === "set") return ` --set-xmark ${hex(t.value)}/${hex(t.ctmask)}${shiftText(t, "--")}`;
    return ` --${t.mode}-mark --nfmask ${hex(t.nfmask)} --ctmask ${hex(t.ctmask)}${shiftText(t, "--")}`;
  },
  list: (t) => ` ${t.mode === "set" ? `CONNMARK ${settingText(t.value, t.ctmask)}` : listMove(t)}${shiftText(t, "")}`,
  encode: (t, out) =>
    out.push(
      { set: 0, save: 1, restore: 2 }[t.mode ?? "set"],
      t.value,
      t.ctmask,
      t.nfmask,
      t.shift | (t.right ? 256 : 0),
    ),
};
