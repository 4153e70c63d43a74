import { CT as FLAG, TARGET } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Draft, Extension, Option } from "../extension.ts";
import { parseNumber } from "../readers.ts";

interface Zone {
  readonly option: "zone" | "zone-orig" | "zone-reply";
  /** A number, or `mark` for the packet's mark. */
  readonly zone: number | "mark";
}

/** `-j CT`. */
export interface CtTarget {
  readonly target: "CT";
  readonly notrack: boolean;
  readonly helper?: string;
  readonly timeout?: string;
  readonly ctevents: readonly string[];
  readonly expevents: readonly string[];
  readonly zone?: Zone;
}

/** `-j NOTRACK`, the older spelling. */
export interface NotrackTarget {
  readonly target: "NOTRACK";
}

const EVENTS = [
  "new",
  "related",
  "destroy",
  "reply",
  "assured",
  "protoinfo",
  "helper",
  "mark",
  "natseqinfo",
  "secmark",
];

/** Helpers with the protocol they are for; the kernel refuses others. */
const HELPERS: Readonly<Record<string, number>> = { ftp: 6, irc: 6, sip: 17, tftp: 17, pptp: 6, amanda: 17, snmp: 17 };

function readEvents(text: string, known: readonly string[]): string[] {
  const words = text.split(",");
  for (const word of words) if (!known.includes(word)) usage(`Unknown event type "${word}"`);
  return known.filter((event) => words.includes(event));
}

function zone(option: Zone["option"]): Option<CtTarget> {
  return {
    names: [option],
    value: true,
    take: (draft, text) => {
      const number = text === "mark" ? "mark" : parseNumber(text);
      if (number === undefined || (number !== "mark" && number > 65535)) usage(`Cannot parse ${text} as a zone ID`);
      draft.zone = { option, zone: number };
    },
  };
}

function words(t: CtTarget, dashes: string): string {
  return (t.notrack ? ` ${dashes}notrack` : "") + (t.helper === undefined ? "" : ` ${dashes}helper ${t.helper}`) +
    (t.timeout === undefined ? "" : ` ${dashes}timeout ${t.timeout}`) +
    (t.ctevents.length ? ` ${dashes}ctevents ${t.ctevents.join(",")}` : "") +
    (t.expevents.length ? ` ${dashes}expevents ${t.expevents.join(",")}` : "") +
    (t.zone === undefined ? "" : ` ${dashes}${t.zone.option} ${t.zone.zone}`);
}

const DIRECTION = { zone: 0, "zone-orig": FLAG.ZONE_ORIG, "zone-reply": FLAG.ZONE_REPL };

/** libxt_CT. */
export const CT: Extension<CtTarget> = {
  name: "CT",
  op: TARGET.CT,
  tables: ["raw"],
  options: [
    { names: ["notrack"], value: false, take: (draft: Draft<CtTarget>) => draft.notrack = true },
    { names: ["helper"], value: true, take: (draft, text) => draft.helper = text },
    { names: ["timeout"], value: true, take: (draft, text) => draft.timeout = text },
    { names: ["ctevents"], value: true, take: (draft, text) => draft.ctevents = readEvents(text, EVENTS) },
    { names: ["expevents"], value: true, take: (draft, text) => draft.expevents = readEvents(text, ["new"]) },
    zone("zone"),
    zone("zone-orig"),
    zone("zone-reply"),
  ],
  start: () => ({ target: "CT", notrack: false, ctevents: [], expevents: [] }),
  refuse: (t, site) => {
    if (t.timeout !== undefined) return "ENOENT";
    return t.helper === undefined || HELPERS[t.helper] === site.proto ? "ok" : "ENOENT";
  },
  save: (t) => words(t, "--"),
  list: (t) => " CT" + words(t, ""),
  encode(t, out) {
    const flags = (t.notrack ? FLAG.NOTRACK : 0) | (t.zone === undefined ? 0 : DIRECTION[t.zone.option]) |
      (t.zone?.zone === "mark" ? FLAG.ZONE_MARK : 0);
    out.push(flags, typeof t.zone?.zone === "number" ? t.zone.zone : 0);
    out.text(t.helper ?? "");
    out.text(t.timeout ?? "");
  },
};

/** libxt_NOTRACK. */
export const NOTRACK: Extension<NotrackTarget> = {
  name: "NOTRACK",
  op: TARGET.CT,
  tables: ["raw"],
  options: [],
  start: () => ({ target: "NOTRACK" }),
  save: () => "",
  list: () => " NOTRACK",
  encode(_, out) {
    out.push(FLAG.NOTRACK, 0);
    out.text("");
    out.text("");
  },
};
