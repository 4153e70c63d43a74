import { HOOK, PROGRAM, SETTARGET, TARGET } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Encoder } from "../encoder.ts";
import type { Extension, Option } from "../extension.ts";
import { type Dimensions, packDimensions, readSet } from "../match/set_name.ts";
import { parseNumber } from "../readers.ts";

interface Use {
  readonly set: string;
  readonly dimensions: Dimensions;
}

/** `-j SET`. */
export interface SetTarget {
  readonly target: "SET";
  readonly add?: Use;
  readonly del?: Use;
  readonly map?: Use;
  readonly exist: boolean;
  readonly timeout?: number;
  readonly mapMark: boolean;
  readonly mapPrio: boolean;
  readonly mapQueue: boolean;
}

function use(name: "add-set" | "del-set" | "map-set", field: "add" | "del" | "map"): Option<SetTarget> {
  return {
    names: [name],
    value: true,
    multi: true,
    take: (draft, text, argument) => {
      if (draft[field] !== undefined) usage(`--${name} can be specified only once`);
      const directions = argument.next();
      if (directions === undefined) usage(`--${name} requires two args.`);
      draft[field] = readSet(text, directions, argument.scope);
    },
  };
}

function flag(name: string, field: "exist" | "mapMark" | "mapPrio" | "mapQueue"): Option<SetTarget> {
  return { names: [name], value: false, multi: true, take: (draft) => draft[field] = true };
}

function finish(t: SetTarget): void {
  if (!t.add && !t.del && !t.map) usage("You must specify either `--add-set' or `--del-set' or `--map-set'");
  if (t.exist && !t.add) usage("Flag `--exist' can be used with `--add-set' only");
  if (t.timeout !== undefined && !t.add) usage("Option `--timeout' can be used with `--add-set' only");
  const flags = [["map-mark", t.mapMark], ["map-prio", t.mapPrio], ["map-queue", t.mapQueue]] as const;
  for (const [name, given] of flags) {
    if (given && !t.map) usage(`Flag \`--${name}' can be used with \`--map-set' only`);
  }
  if (t.map && !t.mapMark && !t.mapPrio && !t.mapQueue) {
    usage("You must specify flags `--map-mark' or '--map-prio` or `--map-queue'");
  }
}

function words(t: SetTarget, dashes: string): string {
  const one = (name: string, given?: Use) =>
    given === undefined ? "" : ` ${dashes}${name} ${given.set} ${given.dimensions.join(",")}`;
  return one("add-set", t.add) + (t.exist ? ` ${dashes}exist` : "") +
    (t.timeout === undefined ? "" : ` ${dashes}timeout ${t.timeout}`) + one("del-set", t.del) + one("map-set", t.map) +
    (t.mapMark ? ` ${dashes}map-mark` : "") + (t.mapPrio ? ` ${dashes}map-prio` : "") +
    (t.mapQueue ? ` ${dashes}map-queue` : "");
}

function encodeUse(given: Use | undefined, out: Encoder): void {
  out.push(
    given === undefined ? PROGRAM.NO_SET : out.setNumber(given.set),
    given ? packDimensions(given.dimensions) : 0,
  );
}

const PRIORITY_HOOKS = (1 << HOOK.FORWARD) | (1 << HOOK.OUTPUT) | (1 << HOOK.POSTROUTING);

/** libxt_SET. */
export const SET: Extension<SetTarget> = {
  name: "SET",
  op: TARGET.SET,
  options: [
    use("add-set", "add"),
    use("del-set", "del"),
    {
      names: ["timeout"],
      value: true,
      multi: true,
      take: (draft, text) => {
        const seconds = parseNumber(text);
        if (seconds === undefined || seconds > 0xffff_fffe) {
          usage("Invalid value for option --timeout or out of range 0-4294967294");
        }
        draft.timeout = seconds;
      },
    },
    flag("exist", "exist"),
    use("map-set", "map"),
    flag("map-mark", "mapMark"),
    flag("map-prio", "mapPrio"),
    flag("map-queue", "mapQueue"),
  ],
  start: () => ({ target: "SET", exist: false, mapMark: false, mapPrio: false, mapQueue: false }),
  finish,
  refuse(t, site) {
    if (t.map === undefined) return "ok";
    if (site.table !== "mangle") return "EINVAL";
    return (t.mapPrio || t.mapQueue) && site.hooks & ~PRIORITY_HOOKS ? "EINVAL" : "ok";
  },
  save: (t) => words(t, "--"),
  list: (t) => words(t, ""),
  encode(t, out) {
    encodeUse(t.add, out);
    encodeUse(t.del, out);
    encodeUse(t.map, out);
    out.word(
      (t.exist ? SETTARGET.EXIST : 0) | (t.timeout === undefined ? 0 : SETTARGET.TIMEOUT) |
        (t.mapMark ? SETTARGET.MAP_MARK : 0) | (t.mapPrio ? SETTARGET.MAP_PRIO : 0) |
        (t.mapQueue ? SETTARGET.MAP_QUEUE : 0),
    );
    out.word(t.timeout ?? 0);
  },
};
