import { OP, SETMATCH } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Encoder } from "../encoder.ts";
import type { Argument, Draft, Extension, Option } from "../extension.ts";
import { parseNumber } from "../readers.ts";
import { type Dimensions, packDimensions, readSet } from "./set_name.ts";

type Comparison = { readonly op: "eq" | "ne" | "lt" | "gt"; readonly value: number };

/** `-m set`. */
export interface SetMatch {
  readonly match: "set";
  readonly set: string;
  readonly dimensions: Dimensions;
  readonly not: boolean;
  readonly returnNomatch: boolean;
  readonly noUpdateCounters: boolean;
  readonly noUpdateSubcounters: boolean;
  readonly packets?: Comparison;
  readonly bytes?: Comparison;
}

function takeSet(draft: Draft<SetMatch>, text: string, argument: Argument): void {
  if (draft.set !== "") usage("--match-set can be specified only once");
  const directions = argument.next();
  if (directions === undefined) usage("--match-set requires two args.");
  Object.assign(draft, readSet(text, directions, argument.scope), { not: argument.not });
}

function compare(what: "packets" | "bytes", op: "eq" | "lt" | "gt"): Option<SetMatch> {
  const name = `${what}-${op}`;
  return {
    names: [name],
    value: true,
    multi: true,
    invertible: op === "eq",
    take: (draft, text, { not }) => {
      if (draft[what] !== undefined) usage(`only one of the --${what}-[eq|lt|gt] is allowed`);
      const value = parseNumber(text);
      if (value === undefined) usage(`Cannot parse ${text} as a counter value`);
      draft[what] = { op: op === "eq" && not ? "ne" : op, value };
    },
  };
}

function counters(m: SetMatch, dashes: string): string {
  const one = (what: string, c?: Comparison) => {
    if (c === undefined) return "";
    return c.op === "ne" ? ` ! ${dashes}${what}-eq ${c.value}` : ` ${dashes}${what}-${c.op} ${c.value}`;
  };
  return (m.returnNomatch ? ` ${dashes}return-nomatch` : "") +
    (m.noUpdateCounters ? ` ! ${dashes}update-counters` : "") +
    (m.noUpdateSubcounters ? ` ! ${dashes}update-subcounters` : "") + one("packets", m.packets) + one("bytes", m.bytes);
}

function encodeComparison(c: Comparison | undefined, out: Encoder): void {
  out.word(c === undefined ? 0 : { eq: 1, ne: 2, lt: 3, gt: 4 }[c.op]);
  out.long(c?.value ?? 0);
}

/** libxt_set's match. */
export const set: Extension<SetMatch> = {
  name: "set",
  op: OP.SET,
  options: [
    { names: ["match-set"], value: true, multi: true, invertible: true, take: takeSet },
    {
      names: ["set"],
      value: true,
      multi: true,
      invertible: true,
      take: (draft, text, argument) => {
        argument.scope.warn("--set option deprecated, please use --match-set\n");
        takeSet(draft, text, argument);
      },
    },
    { names: ["return-nomatch"], value: false, multi: true, take: (draft) => draft.returnNomatch = true },
    {
      names: ["update-counters"],
      value: false,
      multi: true,
      invertible: true,
      take: (draft, _, { not }) => draft.noUpdateCounters = not,
    },
    {
      names: ["update-subcounters"],
      value: false,
      multi: true,
      invertible: true,
      take: (draft, _, { not }) => draft.noUpdateSubcounters = not,
    },
    compare("packets", "eq"),
    compare("packets", "lt"),
    compare("packets", "gt"),
    compare("bytes", "eq"),
    compare("bytes", "lt"),
    compare("bytes", "gt"),
  ],
  start: () => ({
    match: "set",
    set: "",
    dimensions: [],
    not: false,
    returnNomatch: false,
    noUpdateCounters: false,
    noUpdateSubcounters: false,
  }),
  finish: (draft) => {
    if (draft.set === "") usage("You must specify `--match-set' with proper arguments");
  },
  save: (m) => `${m.not ? " !" : ""} --match-set ${m.set} ${m.dimensions.join(",")}${counters(m, "--")}`,
  list: (m) => `${m.not ? " !" : ""} match-set ${m.set} ${m.dimensions.join(",")}${counters(m, "")}`,
  inverted: (m) => m.not,
  encode(m, out) {
    out.push(out.setNumber(m.set), packDimensions(m.dimensions));
    out.word(
      (m.returnNomatch ? SETMATCH.RETURN_NOMATCH : 0) | (m.noUpdateCounters ? SETMATCH.NO_UPDATE_COUNTERS : 0) |
        (m.noUpdateSubcounters ? SETMATCH.NO_UPDATE_SUBCOUNTERS : 0),
    );
    encodeComparison(m.packets, out);
    encodeComparison(m.bytes, out);
  },
};
