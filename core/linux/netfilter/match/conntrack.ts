import { CTMATCH, CTSTATE, CTSTATUS, OP } from "../../../../wasm/mod.ts";
import { type Family, maskSuffix, type Net, printWords } from "../address.ts";
import { usage } from "../complaint.ts";
import { type Encoder, range } from "../encoder.ts";
import type { Argument, Draft, Extension, Option } from "../extension.ts";
import { readHostMask, readPortsLoosely, readProtocol, readRange } from "../readers.ts";

interface Not {
  readonly not: boolean;
}
type Span = Not & { readonly low: number; readonly high: number };
type Bits = Not & { readonly bits: number };

const SIDES = ["origsrc", "origdst", "replsrc", "repldst"] as const;
type Side = (typeof SIDES)[number];

/** `-m conntrack`. */
export interface ConntrackMatch {
  readonly match: "conntrack";
  readonly family: Family;
  readonly state?: Bits;
  readonly proto?: Not & { readonly number: number };
  readonly addresses: { readonly [side in Side]?: Net & Not };
  readonly ports: { readonly [side in Side]?: Span };
  readonly status?: Bits;
  readonly expire?: Span;
  readonly dir?: "ORIGINAL" | "REPLY";
}

/** `-m state`, the older spelling. */
export interface StateMatch {
  readonly match: "state";
  readonly bits: number;
  readonly not: boolean;
}

/** In the order they are printed. */
const STATES = ["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT"] as const;
const STATUSES = ["EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"] as const;
const PLAIN_STATES = STATES.slice(0, 5);

function parseBits<N extends string>(text: string, numbers: Readonly<Record<N, number>>, what: string): number {
  let bits = 0;
  for (const word of text.split(",")) {
    const bit = (numbers as Readonly<Record<string, number>>)[word.toUpperCase()];
    if (bit === undefined) usage(`Bad ${what} "${word}"`);
    bits |= bit;
  }
  return bits;
}

const printStates = (bits: number) => STATES.filter((state) => bits & CTSTATE[state]).join(",");
const printStatuses = (bits: number) => STATUSES.filter((status) => bits & CTSTATUS[status]).join(",") || "NONE";

function side(name: Side): Option<ConntrackMatch> {
  return {
    names: [`ct${name}`],
    value: true,
    invertible: true,
    take: (draft, text, { not, scope }) =>
      draft.addresses = { ...draft.addresses, [name]: { ...readHostMask(text, scope.family), not } },
  };
}

function sidePort(name: Side): Option<ConntrackMatch> {
  return {
    names: [`ct${name}port`],
    value: true,
    invertible: true,
    take: (draft, text, { not }) => {
      const [low, high] = readPortsLoosely(text);
      draft.ports = { ...draft.ports, [name]: { low, high, not } };
    },
  };
}

function takeDirection(draft: Draft<ConntrackMatch>, text: string, argument: Argument): void {
  const dir = text.toUpperCase();
  if (dir !== "ORIGINAL" && dir !== "REPLY") usage(`conntrack: Bad value for "--${argument.option}" option: "${text}"`);
  draft.dir = dir;
}

/** The clauses in print order: option name, words, inverted. */
function clauses(m: ConntrackMatch): (readonly [string, string, boolean])[] {
  const list: (readonly [string, string, boolean])[] = [];
  const spanText = ({ low, high }: Span) => low === high ? `${low}` : `${low}:${high}`;
  if (m.state !== undefined) list.push(["ctstate", printStates(m.state.bits), m.state.not]);
  if (m.proto !== undefined) list.push(["ctproto", `${m.proto.number}`, m.proto.not]);
  for (const name of SIDES) {
    const net = m.addresses[name];
    if (net !== undefined) list.push([`ct${name}`, printWords(net.ip) + maskSuffix(net.mask), net.not]);
  }
  for (const name of SIDES) {
    const ports = m.ports[name];
    if (ports !== undefined) list.push([`ct${name}port`, spanText(ports), ports.not]);
  }
  if (m.status !== undefined) list.push(["ctstatus", printStatuses(m.status.bits), m.status.not]);
  if (m.expire !== undefined) list.push(["ctexpire", spanText(m.expire), m.expire.not]);
  if (m.dir !== undefined) list.push(["ctdir", m.dir, false]);
  return list;
}

const ADDRESS_BITS = {
  origsrc: CTMATCH.ORIGSRC,
  origdst: CTMATCH.ORIGDST,
  replsrc: CTMATCH.REPLSRC,
  repldst: CTMATCH.REPLDST,
};
const PORT_BITS = {
  origsrc: CTMATCH.ORIGSRC_PORT,
  origdst: CTMATCH.ORIGDST_PORT,
  replsrc: CTMATCH.REPLSRC_PORT,
  repldst: CTMATCH.REPLDST_PORT,
};

/** Which tests a match makes and which of them are inverted, as ctmatch bits. */
function tests(m: ConntrackMatch): { what: number; inverted: number } {
  let what = 0, inverted = 0;
  const add = (bit: number, clause: Not | undefined) => {
    if (clause === undefined) return;
    what |= bit;
    if (clause.not) inverted |= bit;
  };
  add(CTMATCH.STATE, m.state);
  add(CTMATCH.PROTO, m.proto);
  for (const name of SIDES) {
    add(ADDRESS_BITS[name], m.addresses[name]);
    add(PORT_BITS[name], m.ports[name]);
  }
  add(CTMATCH.STATUS, m.status);
  add(CTMATCH.EXPIRES, m.expire);
  if (m.dir !== undefined) add(CTMATCH.DIRECTION, { not: m.dir === "REPLY" });
  return { what, inverted };
}

function encode(m: ConntrackMatch, out: Encoder): void {
  const { what, inverted } = tests(m);
  out.push(what, inverted, m.state?.bits ?? 0);
  if (what === CTMATCH.STATE) return;
  out.push(m.status?.bits ?? 0, m.expire?.low ?? 0, m.expire?.high ?? 0, m.proto?.number ?? 0);
  for (const name of SIDES) out.word(range(m.ports[name]?.low ?? 0, m.ports[name]?.high ?? 0));
  for (const name of SIDES) {
    out.address(m.addresses[name]?.ip);
    out.address(m.addresses[name]?.mask);
  }
}

/** libxt_conntrack. */
export const conntrack: Extension<ConntrackMatch> = {
  name: "conntrack",
  op: OP.CONNTRACK,
  options: [
    {
      names: ["ctstate"],
      value: true,
      invertible: true,
      take: (draft, text, { not }) => draft.state = { bits: parseBits(text, CTSTATE, "ctstate"), not },
    },
    {
      names: ["ctproto"],
      value: true,
      invertible: true,
      take: (draft, text, { not }) => draft.proto = { number: readProtocol(text), not },
    },
    ...SIDES.map(side),
    {
      names: ["ctstatus"],
      value: true,
      invertible: true,
      take: (draft, text, { not }) => draft.status = { bits: parseBits(text, CTSTATUS, "ctstatus"), not },
    },
    {
      names: ["ctexpire"],
      value: true,
      invertible: true,
      take: (draft, text, argument) => {
        const [low, high] = readRange(text, argument, 0xffff_ffff);
        draft.expire = { low, high, not: argument.not };
      },
    },
    ...SIDES.map(sidePort),
    { names: ["ctdir"], value: true, take: takeDirection },
  ],
  start: (family) => ({ match: "conntrack", family, addresses: {}, ports: {} }),
  finish: (draft) => {
    if (clauses(draft).length === 0) usage("conntrack: At least one option is required");
  },
  save: (m) => clauses(m).map(([name, words, not]) => `${not ? " !" : ""} --${name} ${words}`).join(""),
  list: (m) => clauses(m).map(([name, words, not]) => `${not ? " !" : ""} ${name} ${words}`).join(""),
  encode,
};

/** libxt_state. */
export const state: Extension<StateMatch> = {
  name: "state",
  op: OP.CONNTRACK,
  options: [{
    names: ["state"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, text, { not }) => {
      const { SNAT: _s, DNAT: _d, ...plain } = CTSTATE;
      Object.assign(draft, { bits: parseBits(text, plain, "state"), not });
    },
  }],
  start: () => ({ match: "state", bits: 0, not: false }),
  save: (m) => `${m.not ? " !" : ""} --state ${PLAIN_STATES.filter((s) => m.bits & CTSTATE[s]).join(",")}`,
  list: (m) => `${m.not ? " !" : ""} state ${PLAIN_STATES.filter((s) => m.bits & CTSTATE[s]).join(",")}`,
  encode: (m, out) => out.push(CTMATCH.STATE, m.not ? CTMATCH.STATE : 0, m.bits),
};
