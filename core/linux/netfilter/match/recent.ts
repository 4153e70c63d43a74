import { OP, RECENT } from "../../../../wasm/mod.ts";
import { fullMask, printWords, type Words } from "../address.ts";
import { usage } from "../complaint.ts";
import type { Draft, Extension, Option } from "../extension.ts";
import { readHost, readNumber, readText } from "../readers.ts";

type Mode = "set" | "rcheck" | "update" | "remove";

/** `-m recent`. */
export interface RecentMatch {
  readonly match: "recent";
  readonly mode?: Mode;
  readonly not: boolean;
  readonly seconds: number;
  readonly reap: boolean;
  readonly hitcount: number;
  readonly ttl: boolean;
  readonly name: string;
  readonly mask: Words;
  readonly side: "source" | "dest";
}

const MODES: readonly Mode[] = ["set", "rcheck", "update", "remove"];
const TITLES = { set: "SET", rcheck: "CHECK", update: "UPDATE", remove: "REMOVE" };
const OPS = { set: RECENT.SET, rcheck: RECENT.CHECK, update: RECENT.UPDATE, remove: RECENT.REMOVE };

function mode(name: Mode): Option<RecentMatch> {
  return {
    names: [name],
    value: false,
    invertible: true,
    excludes: MODES.filter((other) => other !== name),
    take: (draft: Draft<RecentMatch>, _: string, { not }) => {
      draft.mode = name;
      draft.not = not;
    },
  };
}

function limits(m: RecentMatch, words: readonly [string, string, string, string]): string {
  return (m.seconds ? ` ${words[0]} ${m.seconds}` : "") + (m.reap ? ` ${words[1]}` : "") +
    (m.hitcount ? ` ${words[2]} ${m.hitcount}` : "") + (m.ttl ? ` ${words[3]}` : "");
}

/** libxt_recent. */
export const recent: Extension<RecentMatch> = {
  name: "recent",
  op: OP.RECENT,
  options: [
    ...MODES.map(mode),
    {
      names: ["seconds"],
      value: true,
      take: (draft, text, argument) => draft.seconds = readNumber(text, argument, { min: 1, max: 0xffff_ffff }),
    },
    { names: ["reap"], value: false, needs: ["seconds"], take: (draft) => draft.reap = true },
    {
      names: ["hitcount"],
      value: true,
      take: (draft, text, argument) => draft.hitcount = readNumber(text, argument, { max: 0xffff_ffff }),
    },
    { names: ["rttl"], value: false, take: (draft) => draft.ttl = true },
    { names: ["name"], value: true, take: (draft, text) => draft.name = readText(text, 199) },
    { names: ["rsource"], value: false, take: (draft) => draft.side = "source" },
    { names: ["rdest"], value: false, take: (draft) => draft.side = "dest" },
    { names: ["mask"], value: true, take: (draft, text, { scope }) => draft.mask = readHost(text, scope.family) },
  ],
  start: (family) => ({
    match: "recent",
    not: false,
    seconds: 0,
    reap: false,
    hitcount: 0,
    ttl: false,
    name: "DEFAULT",
    mask: fullMask(family),
    side: "source",
  }),
  finish: (draft) => {
    if (draft.mode === undefined) {
      usage("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'");
    }
  },
  refuse(m) {
    const checks = m.mode === "rcheck" || m.mode === "update";
    if (!checks && (m.seconds > 0 || m.hitcount > 0 || m.reap)) return "EINVAL";
    return m.name === "" || m.name.includes("/") || m.hitcount > 65535 ? "EINVAL" : "ok";
  },
  save(m) {
    const action = `${m.not ? " !" : ""} --${m.mode}`;
    return action + limits(m, ["--seconds", "--reap", "--hitcount", "--rttl"]) +
      ` --name ${m.name} --mask ${printWords(m.mask)} --r${m.side}`;
  },
  list(m) {
    return `${m.not ? " !" : ""} recent: ${TITLES[m.mode ?? "set"]}` +
      limits(m, ["seconds:", "reap", "hit_count:", "TTL-Match"]) +
      ` name: ${m.name} side: ${m.side} mask: ${printWords(m.mask)}`;
  },
  inverted: (m) => m.not,
  encode(m, out) {
    const flags = (m.ttl ? RECENT.TTL : 0) | (m.reap ? RECENT.REAP : 0) | (m.side === "dest" ? RECENT.DESTINATION : 0);
    out.push(0, OPS[m.mode ?? "set"], flags, m.seconds, m.hitcount);
    out.address(m.mask);
    out.text(m.name);
  },
};
