/** Matches of what conntrack knows: conntrack, state, connmark, connbytes, connlimit, helper. */
import { CTSTATE, CTSTATUS } from "../../../../wasm/mod.ts";
import { maskSuffix, prefixLength, printWords, type Words } from "../address.ts";
import type { ConnbytesMatch } from "../match/connbytes.ts";
import type { ConnlimitMatch } from "../match/connlimit.ts";
import type { ConntrackMatch, StateMatch } from "../match/conntrack.ts";
import type { HelperMatch } from "../match/helper.ts";
import type { ConnmarkMatch } from "../match/mark.ts";
import { joined, layer, markTest, span, type Translate, unequal } from "./words.ts";

const STATES = ["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED"] as const;
const STATUSES = [
  ["EXPECTED", "expected"],
  ["SEEN_REPLY", "seen-reply"],
  ["ASSURED", "assured"],
  ["CONFIRMED", "confirmed"],
] as const;

interface Bits {
  readonly bits: number;
  readonly not: boolean;
}

function states({ bits, not }: Bits): string {
  const names = STATES.filter((name) => bits & CTSTATE[name]).map((name) => name.toLowerCase());
  return joined("ct state", not && "!", names.join(","));
}

/** SNAT and DNAT push every other state aside, and `!` with them. */
function conntrackStates(state: Bits): string {
  if (state.bits & CTSTATE.SNAT) return "ct status snat";
  return state.bits & CTSTATE.DNAT ? "ct status dnat" : states(state);
}

const SIDES = [
  ["origsrc", "original", "src"],
  ["origdst", "original", "dst"],
  ["replsrc", "reply", "src"],
  ["repldst", "reply", "dst"],
] as const;

/** `-m conntrack`. */
export const conntrack: Translate<ConntrackMatch> = ({ dir, proto, state, status, expire, addresses, ports }) => {
  const statuses = STATUSES.filter(([bit]) => (status?.bits ?? 0) & CTSTATUS[bit]).map(([, name]) => name);
  return joined(
    dir && `ct direction ${dir.toLowerCase()}`,
    proto && `ct ${dir === "REPLY" ? "reply" : "original"} protocol ${unequal(proto.not)}${proto.number}`,
    state && conntrackStates(state),
    status && joined("ct status", status.not && "!", statuses.join(",")),
    expire && `ct expiration ${unequal(expire.not)}${span(expire.low, expire.high)}`,
    ...SIDES.map(([side, direction, end]) => {
      const net = addresses[side];
      if (net === undefined) return undefined;
      const suffix = prefixLength(net.mask) < 0 ? "" : maskSuffix(net.mask);
      return `ct ${direction} ${end[0]}addr ${unequal(net.not)}${printWords(net.ip)}${suffix}`;
    }),
    ...SIDES.map(([side, direction, end]) => {
      const port = ports[side];
      return port && `ct ${direction} proto-${end} ${unequal(port.not)}${span(port.low, port.high)}`;
    }),
  );
};

/** `-m state`. */
export const state: Translate<StateMatch> = states;

/** `-m connmark`. */
export const connmark: Translate<ConnmarkMatch> = (m) => markTest("ct mark", m);

/** `-m connbytes`. */
export const connbytes: Translate<ConnbytesMatch> = ({ from, to, mode, dir, not }) => {
  const selector = joined("ct", dir !== "both" && dir, mode);
  if (to === Infinity) return `${selector} ${not ? "lt" : "ge"} ${from}`;
  return from === to ? `${selector} ${from}` : `${selector} ${unequal(not)}${from}-${to}`;
};

/** `-m helper`. */
export const helper: Translate<HelperMatch> = ({ helper, not }) => `ct helper ${unequal(not)}"${helper}"`;

function maskText(mask: Words): string {
  return prefixLength(mask) === mask.length * 32 ? "" : ` and ${printWords(mask)}`;
}

/** What `-m connlimit` says of a set that must be there; `number` counts them. nft itself has no words for it in a listing. */
export function connlimitSet(number: number): string {
  return `connlimit${number} { type ipv4_addr; flags dynamic; }`;
}

/** `-m connlimit` in a translated command, over the set of that number. */
export function connlimit({ family, limit, above, mask, side }: ConnlimitMatch, number: number): string {
  const over = above ? "over " : "";
  return `add @connlimit${number} { ${layer(family)} ${side}${maskText(mask)} ct count ${over}${limit} }`;
}
