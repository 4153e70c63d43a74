import { HOOK, OP, OWNER } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Argument, Extension, Look } from "../extension.ts";
import { parseNumber } from "../readers.ts";

interface Ids {
  readonly min: number;
  readonly max: number;
  readonly not: boolean;
}

/** `-m owner`. */
export interface OwnerMatch {
  readonly match: "owner";
  readonly uid?: Ids;
  readonly gid?: Ids;
  readonly socket?: { readonly not: boolean };
  readonly supplementary: boolean;
}

/** The users and groups a fresh machine has that rules are written for. */
const NAMES: Readonly<Record<string, number>> = { root: 0, nobody: 65534 };

function readIds(text: string, argument: Argument): Ids {
  const named = NAMES[text];
  if (named !== undefined) return { min: named, max: named, not: argument.not };
  const [low = "", high = low, ...more] = text.split("-");
  const min = parseNumber(low), max = parseNumber(high);
  if (min === undefined || max === undefined || more.length > 0 || max > 0xffff_fffe) {
    return usage(`owner: Bad value for "--${argument.option}" option: "${text}"`);
  }
  return { min, max, not: argument.not };
}

const idsText = (ids: Ids) => ids.min === ids.max ? `${ids.min}` : `${ids.min}-${ids.max}`;

function listIds(title: string, ids: Ids | undefined, look: Look): string {
  if (ids === undefined) return "";
  const name = ids.min === ids.max ? Object.keys(NAMES).find((key) => NAMES[key] === ids.min) : undefined;
  return `${ids.not ? " !" : ""} owner ${title} match ${look.numeric ? idsText(ids) : name ?? idsText(ids)}`;
}

/** libxt_owner. */
export const owner: Extension<OwnerMatch> = {
  name: "owner",
  op: OP.OWNER,
  hooks: (1 << HOOK.OUTPUT) | (1 << HOOK.POSTROUTING),
  options: [
    {
      names: ["uid-owner"],
      value: true,
      invertible: true,
      take: (draft, text, argument) => draft.uid = readIds(text, argument),
    },
    {
      names: ["gid-owner"],
      value: true,
      invertible: true,
      take: (draft, text, argument) => draft.gid = readIds(text, argument),
    },
    { names: ["socket-exists"], value: false, invertible: true, take: (draft, _, { not }) => draft.socket = { not } },
    {
      names: ["suppl-groups"],
      value: false,
      take: (draft) => {
        if (draft.gid === undefined) {
          usage('owner: Bad value for "--suppl-groups" option: "you need to use --gid-owner first"');
        }
        draft.supplementary = true;
      },
    },
  ],
  start: () => ({ match: "owner", supplementary: false }),
  finish: (draft) => {
    if (draft.uid === undefined && draft.gid === undefined && draft.socket === undefined) {
      usage("owner: At least one of --uid-owner, --gid-owner or --socket-exists is required");
    }
  },
  refuse: (m) => [m.uid, m.gid].some((ids) => ids !== undefined && ids.min > ids.max) ? "EINVAL" : "ok",
  save(m) {
    const one = (name: string, ids?: Ids) =>
      ids === undefined ? "" : `${ids.not ? " !" : ""} --${name} ${idsText(ids)}`;
    const exists = m.socket === undefined ? "" : `${m.socket.not ? " !" : ""} --socket-exists`;
    return exists + one("uid-owner", m.uid) + one("gid-owner", m.gid) + (m.supplementary ? " --suppl-groups" : "");
  },
  list(m, look) {
    const exists = m.socket === undefined ? "" : `${m.socket.not ? " !" : ""} owner socket exists`;
    return exists + listIds("UID", m.uid, look) + listIds("GID", m.gid, look) +
      (m.supplementary ? " incl. suppl. groups" : "");
  },
  encode(m, out) {
    out.word((m.uid ? OWNER.UID : 0) | (m.gid ? OWNER.GID : 0) | (m.socket ? OWNER.SOCKET : 0));
    out.word((m.uid?.not ? OWNER.UID : 0) | (m.gid?.not ? OWNER.GID : 0) | (m.socket?.not ? OWNER.SOCKET : 0));
    for (const ids of [m.uid, m.gid]) out.push(ids?.min ?? 0, ids?.max ?? 0);
  },
};
