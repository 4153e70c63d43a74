import { HOOK, NAT, TARGET } from "../../../../wasm/mod.ts";
import { type Family, parseWords, printWords, type Words } from "../address.ts";
import { usage } from "../complaint.ts";
import { type Encoder, range } from "../encoder.ts";
import type { Argument, Draft, Extension, Option, Scope } from "../extension.ts";
import { servicePort } from "../names.ts";

/** Ports to map to; `base` is the port from which a shifted range counts. */
export interface PortRange {
  readonly low: number;
  readonly high: number;
  readonly base?: number;
}

/** What every NAT target may carry. */
interface Translation {
  readonly family: Family;
  readonly first?: Words;
  readonly last?: Words;
  readonly ports?: PortRange;
  readonly random: boolean;
  readonly randomFully: boolean;
  readonly persistent: boolean;
}

/** `-j DNAT`. */
export interface DnatTarget extends Translation {
  readonly target: "DNAT";
}
/** `-j SNAT`. */
export interface SnatTarget extends Translation {
  readonly target: "SNAT";
}
/** `-j MASQUERADE`. */
export interface MasqueradeTarget extends Translation {
  readonly target: "MASQUERADE";
}
/** `-j REDIRECT`. */
export interface RedirectTarget extends Translation {
  readonly target: "REDIRECT";
}

/** TCP, UDP, SCTP, DCCP, ICMP: what has ports or something that serves as one. */
const WITH_PORTS = [6, 17, 132, 33, 1, 58];

function needPorts(scope: Scope): void {
  if (!WITH_PORTS.includes(scope.proto)) usage("Need TCP, UDP, SCTP or DCCP with port specification");
}

/** One port, by number or service name; what follows is handed back. */
function leadingPort(text: string): { port: number; rest: string } {
  const digits = /^\d+/.exec(text)?.[0];
  if (digits !== undefined) {
    const port = Number(digits);
    if (port > 65535) usage(`Port \`${text}' not valid`);
    return { port, rest: text.slice(digits.length) };
  }
  const name = /^[^-/]*/.exec(text)?.[0] ?? "";
  const port = name === "" ? undefined : servicePort(name, "");
  if (port === undefined) return usage(`Port \`${text}' not valid`);
  return { port, rest: text.slice(name.length) };
}

/** `low[-high[/base]]`. */
function parsePortRange(text: string, shifted: boolean): PortRange {
  const { port: low, rest } = leadingPort(text);
  if (rest === "") return { low, high: low };
  if (rest.startsWith(":")) usage("Invalid port:port syntax - use dash");
  if (!rest.startsWith("-")) usage(`Garbage after port value: \`${rest}'`);
  const { port: high, rest: more } = leadingPort(rest.slice(1));
  if (high < low) usage(`Port range \`${rest.slice(1)}' funky`);
  if (more === "") return { low, high };
  if (!shifted || !more.startsWith("/")) usage(`Garbage after port range: \`${more}'`);
  const { port: base, rest: end } = leadingPort(more.slice(1));
  if (end !== "") usage(`Garbage after port range: \`${end}'`);
  return { low, high, base };
}

/** Splits off the port part: `addr:ports`, `[addr]:ports`. */
function splitPorts(text: string, family: Family): { address: string; ports?: string } {
  if (family === 4) {
    const colon = text.indexOf(":");
    if (colon < 0) return { address: text };
    const ports = text.slice(colon + 1);
    if (ports.includes(":")) return { address: text };
    return { address: text.slice(0, colon), ports };
  }
  if (/^:[^:]/.test(text)) return { address: "", ports: text.slice(1) };
  if (!text.startsWith("[")) return { address: text };
  const close = text.indexOf("]");
  if (close < 0) return usage("Invalid address format");
  const rest = text.slice(close + 1);
  return rest === ""
    ? { address: text.slice(1, close) }
    : { address: text.slice(1, close), ports: rest.replace(/^:/, "") };
}

function takeAddress(draft: Draft<Translation>, text: string, given: { argument: Argument; shifted: boolean }): void {
  const { scope } = given.argument;
  const { address, ports } = splitPorts(text, scope.family);
  if (ports !== undefined) {
    needPorts(scope);
    draft.ports = parsePortRange(ports, given.shifted);
  }
  if (address === "" && ports !== undefined) return;
  const [low = "", high = low] = address.split("-");
  const one = (part: string) => parseWords(part, scope.family) ?? usage(`Bad IP address "${part}"`);
  draft.first = one(low);
  draft.last = one(high);
}

function takePorts(draft: Draft<Translation>, text: string, { scope }: Argument): void {
  needPorts(scope);
  draft.ports = parsePortRange(text, false);
}

const RANDOM: Option<Translation> = { names: ["random"], value: false, take: (draft) => draft.random = true };
const RANDOM_FULLY: Option<Translation> = {
  names: ["random-fully"],
  value: false,
  take: (draft) => draft.randomFully = true,
};
const PERSISTENT: Option<Translation> = {
  names: ["persistent"],
  value: false,
  take: (draft) => draft.persistent = true,
};

function portsText({ low, high, base }: PortRange): string {
  return (low === high ? `${low}` : `${low}-${high}`) + (base === undefined ? "" : `/${base}`);
}

function addressText(t: Translation): string {
  const { first, last, ports } = t;
  const low = first === undefined ? "" : printWords(first);
  const high = last === undefined ? "" : printWords(last);
  const addresses = low === high ? low : `${low}-${high}`;
  if (ports === undefined) return addresses;
  return `${t.family === 6 && addresses !== "" ? `[${addresses}]` : addresses}:${portsText(ports)}`;
}

function flagText(t: Translation, dashes: string): string {
  return (t.random ? ` ${dashes}random` : "") + (t.randomFully ? ` ${dashes}random-fully` : "") +
    (t.persistent ? ` ${dashes}persistent` : "");
}

function flags(t: Translation): number {
  return (t.first ? NAT.ADDRESS : 0) | (t.ports ? NAT.PORTS : 0) | (t.random ? NAT.RANDOM : 0) |
    (t.persistent ? NAT.PERSISTENT : 0) | (t.randomFully ? NAT.RANDOM_FULLY : 0) |
    (t.ports?.base === undefined ? 0 : NAT.PORT_OFFSET);
}

function encodeAddress(t: Translation, out: Encoder): void {
  out.word(flags(t));
  out.address(t.first);
  out.address(t.last);
  out.push(range(t.ports?.low ?? 0, t.ports?.high ?? 0), t.ports?.base ?? 0);
}

function encodePorts(t: Translation, out: Encoder): void {
  out.push(flags(t), range(t.ports?.low ?? 0, t.ports?.high ?? 0));
}

const start = (family: Family) => ({ family, random: false, randomFully: false, persistent: false });

/** libxt_DNAT. */
export const DNAT: Extension<DnatTarget> = {
  name: "DNAT",
  op: TARGET.DNAT,
  tables: ["nat"],
  hooks: (1 << HOOK.PREROUTING) | (1 << HOOK.OUTPUT),
  options: [
    {
      names: ["to-destination"],
      value: true,
      required: true,
      take: (draft, text, argument) => takeAddress(draft, text, { argument, shifted: true }),
    },
    RANDOM,
    PERSISTENT,
  ],
  start: (family) => ({ target: "DNAT", ...start(family) }),
  save: (t) => ` --to-destination ${addressText(t)}${flagText(t, "--")}`,
  list: (t) => ` to:${addressText(t)}${flagText(t, "")}`,
  encode: encodeAddress,
};

/** libxt_SNAT. */
export const SNAT: Extension<SnatTarget> = {
  name: "SNAT",
  op: TARGET.SNAT,
  tables: ["nat"],
  hooks: (1 << HOOK.POSTROUTING) | (1 << HOOK.INPUT),
  options: [
    {
      names: ["to-source"],
      value: true,
      required: true,
      take: (draft, text, argument) => takeAddress(draft, text, { argument, shifted: false }),
    },
    RANDOM,
    RANDOM_FULLY,
    PERSISTENT,
  ],
  start: (family) => ({ target: "SNAT", ...start(family) }),
  save: (t) => ` --to-source ${addressText(t)}${flagText(t, "--")}`,
  list: (t) => ` to:${addressText(t)}${flagText(t, "")}`,
  encode: encodeAddress,
};

/** libxt_MASQUERADE. */
export const MASQUERADE: Extension<MasqueradeTarget> = {
  name: "MASQUERADE",
  op: TARGET.MASQUERADE,
  tables: ["nat"],
  hooks: 1 << HOOK.POSTROUTING,
  options: [{ names: ["to-ports"], value: true, take: takePorts }, RANDOM, RANDOM_FULLY],
  start: (family) => ({ target: "MASQUERADE", ...start(family) }),
  save: (t) => (t.ports === undefined ? "" : ` --to-ports ${portsText(t.ports)}`) + flagText(t, "--"),
  list: (t) => (t.ports === undefined ? "" : ` masq ports: ${portsText(t.ports)}`) + flagText(t, ""),
  encode: encodePorts,
};

/** libxt_REDIRECT. */
export const REDIRECT: Extension<RedirectTarget> = {
  name: "REDIRECT",
  op: TARGET.REDIRECT,
  tables: ["nat"],
  hooks: (1 << HOOK.PREROUTING) | (1 << HOOK.OUTPUT),
  options: [{ names: ["to-ports"], value: true, take: takePorts }, RANDOM],
  start: (family) => ({ target: "REDIRECT", ...start(family) }),
  save: (t) => (t.ports === undefined ? "" : ` --to-ports ${portsText(t.ports)}`) + flagText(t, "--"),
  list: (t) => (t.ports === undefined ? "" : ` redir ports ${portsText(t.ports)}`) + flagText(t, ""),
  encode: encodePorts,
};
