import { HOOK, OP, PHYSDEV } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Extension, Option } from "../extension.ts";

interface Device {
  readonly name: string;
  readonly not: boolean;
}

/** `-m physdev`: bridge ports of a bridged packet; the flags are inverted when true. */
export interface PhysdevMatch {
  readonly match: "physdev";
  readonly in?: Device;
  readonly out?: Device;
  readonly isIn?: { readonly not: boolean };
  readonly isOut?: { readonly not: boolean };
  readonly bridged?: { readonly not: boolean };
}

function device(name: string, side: "in" | "out"): Option<PhysdevMatch> {
  return {
    names: [name],
    value: true,
    invertible: true,
    take: (draft, text, { not }) => draft[side] = { name: text, not },
  };
}

function flag(name: string, field: "isIn" | "isOut" | "bridged"): Option<PhysdevMatch> {
  return { names: [name], value: false, invertible: true, take: (draft, _, { not }) => draft[field] = { not } };
}

function words(m: PhysdevMatch): string {
  const one = (name: string, clause?: { readonly not: boolean; readonly name?: string }) => {
    if (clause === undefined) return "";
    return `${clause.not ? " !" : ""} --physdev-${name}${clause.name === undefined ? "" : ` ${clause.name}`}`;
  };
  return one("is-in", m.isIn) + one("in", m.in) + one("is-out", m.isOut) + one("out", m.out) +
    one("is-bridged", m.bridged);
}

/** libxt_physdev. */
export const physdev: Extension<PhysdevMatch> = {
  name: "physdev",
  op: OP.PHYSDEV,
  options: [
    device("physdev-in", "in"),
    device("physdev-out", "out"),
    flag("physdev-is-in", "isIn"),
    flag("physdev-is-out", "isOut"),
    flag("physdev-is-bridged", "bridged"),
  ],
  start: () => ({ match: "physdev" }),
  finish: (draft) => {
    if (words(draft) === "") usage("PHYSDEV: no physdev option specified");
  },
  refuse(m, site) {
    const wantsOut = (m.out !== undefined || m.isOut !== undefined) && (m.bridged === undefined || m.bridged.not);
    return wantsOut && site.hooks & (1 << HOOK.OUTPUT) ? "EINVAL" : "ok";
  },
  save: words,
  list: (m) => " PHYSDEV match" + words(m),
  encode(m, out) {
    const tests = [
      [PHYSDEV.IN, m.in],
      [PHYSDEV.OUT, m.out],
      [PHYSDEV.BRIDGED, m.bridged],
      [PHYSDEV.IS_IN, m.isIn],
      [PHYSDEV.IS_OUT, m.isOut],
    ] as const;
    out.word(tests.reduce((bits, [bit, clause]) => clause ? bits | bit : bits, 0));
    out.word(tests.reduce((bits, [bit, clause]) => clause?.not ? bits | bit : bits, 0));
    out.device(m.in?.name ?? "");
    out.device(m.out?.name ?? "");
  },
};
