/** Statements that do something, as targets of the plane's rules. */
import { NAT, REJECT, SETTARGET, TARGET } from "../../../../wasm/mod.ts";
import { parseWords } from "../../netfilter/address.ts";
import { type Encoder, range } from "../../netfilter/encoder.ts";
import { DATATYPES } from "../datatypes.ts";
import type { NftAssign, NftLog, NftNat, NftSetUpdate } from "../types.ts";
import { NO_SET, type Place } from "./matches.ts";

/** A target: its number and what writes its operands. */
export interface Action {
  readonly target: number;
  /** The chain that JUMP and GOTO lead to. */
  readonly chain?: string;
  write?(out: Encoder): void;
}

/** A target without operands. */
export const plain = (target: number): Action => ({ target });

/** A target that is not modelled: the rule counts, and a trace says so. */
export function unmodelledAction(name: string): Action {
  return { target: TARGET.UNMODELLED, write: (out) => out.text(name) };
}

const words = (target: number, ...operands: readonly number[]): Action => ({
  target,
  write: (out) => out.push(...operands),
});

const LEVELS = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];

/** `log ...` */
export function logAction({ prefix = "", level = "warn", more }: NftLog): Action {
  const group = more.map((word) => /^group (\d+)$/.exec(word)?.[1]).find((found) => found !== undefined);
  const text = (out: Encoder) => out.text(prefix);
  if (group !== undefined) {
    return {
      target: TARGET.NFLOG,
      write: (out) => {
        out.word(Number(group));
        text(out);
      },
    };
  }
  return {
    target: TARGET.LOG,
    write: (out) => {
      out.push(Math.max(0, LEVELS.indexOf(level)), 0);
      text(out);
    },
  };
}

/** ICMP codes by family: those of `icmpx` mean the same in both. */
const CODES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  icmp: codes(
    "net-unreachable=0 host-unreachable=1 prot-unreachable=2 port-unreachable=3 net-prohibited=9 host-prohibited=10 admin-prohibited=13",
  ),
  icmpv6: codes("no-route=0 admin-prohibited=1 addr-unreachable=3 port-unreachable=4 policy-fail=5 reject-route=6"),
  icmpx4: codes("no-route=0 port-unreachable=3 host-unreachable=1 admin-prohibited=13"),
  icmpx6: codes("no-route=0 port-unreachable=4 host-unreachable=3 admin-prohibited=1"),
};

function codes(text: string): Record<string, number> {
  return Object.fromEntries(
    text.split(" ").map((pair) => {
      const [name = "", number] = pair.split("=");
      return [name, Number(number)];
    }),
  );
}

/** `reject [with ...]`; undefined where it is no answer to this family. */
export function rejectAction(answer: string | undefined, family: 4 | 6): Action | undefined {
  const [kind = "", code = ""] = (answer ?? "icmpx port-unreachable").split(" ");
  if (kind === "tcp") return words(TARGET.REJECT, REJECT.TCP_RESET);
  if ((kind === "icmp" && family === 6) || (kind === "icmpv6" && family === 4)) return undefined;
  return words(TARGET.REJECT, CODES[kind === "icmpx" ? `icmpx${family}` : kind]?.[code] ?? Number(code));
}

const ALL = 0xffff_ffff;

/** `meta mark set ...` and its like, with one value. */
export function assignAction({ target, of, then }: NftAssign): Action {
  if (target === "meta mark" && of === "ct mark" && then.length === 0) return words(TARGET.CONNMARK, 2, 0, ALL, ALL, 0);
  if (target === "ct mark" && of === "meta mark" && then.length === 0) return words(TARGET.CONNMARK, 1, 0, ALL, ALL, 0);
  if (target === "meta mark" || target === "ct mark") {
    const change = markChange(target, of, then);
    if (change === undefined) return unmodelledAction(`${target} set`);
    const [value, mask] = change;
    return target === "meta mark" ? words(TARGET.MARK, value, mask) : words(TARGET.CONNMARK, 0, value, mask, ALL, 0);
  }
  const value = then[0]?.value ?? "";
  switch (target) {
    case "meta nftrace":
      return value === "1" ? plain(TARGET.TRACE) : plain(TARGET.NONE);
    case "meta priority": {
      const [major = "0", minor = "0"] = value.split(":");
      return words(TARGET.CLASSIFY, ((parseInt(major || "0", 16) << 16) | parseInt(minor || "0", 16)) >>> 0);
    }
    case "ip ttl":
    case "ip6 hoplimit":
      return words(TARGET.TTL, 0, Number(value));
    case "ip dscp":
    case "ip6 dscp": {
      const code = DATATYPES.dscp?.number(value);
      return words(TARGET.DSCP, typeof code === "bigint" ? Number(code) : 0);
    }
    case "tcp option maxseg size":
      return words(TARGET.TCPMSS, value === "rt mtu" ? 0xffff : Number(value));
    default:
      return unmodelledAction(`${target} set`);
  }
}

/** What is cleared and what is turned round: (mark & !mask) ^ value. Undefined for what is no such thing. */
function markChange(target: string, of: string | undefined, then: NftAssign["then"]): [number, number] | undefined {
  let [value, mask] = of === undefined ? [0, ALL] : [0, 0];
  if (of !== undefined && of !== target) return undefined;
  for (const step of then) {
    const number = Number(step.value) >>> 0;
    if (step.op === "=") [value, mask] = [number, ALL];
    if (step.op === "|") [value, mask] = [((value & ~number) | number) >>> 0, (mask | number) >>> 0];
    if (step.op === "&") [value, mask] = [(value & number) >>> 0, (mask | ~number) >>> 0];
    if (step.op === "^") value = (value ^ number) >>> 0;
  }
  return [value, mask];
}

const NAT_FLAGS: Readonly<Record<string, number>> = {
  "random": NAT.RANDOM,
  "fully-random": NAT.RANDOM_FULLY,
  "persistent": NAT.PERSISTENT,
};

/** A translation to one place, or to any of a range; undefined where the address is of the other family. */
export function natAction(nat: NftNat, family: 4 | 6): Action | undefined {
  const { verb, address, lastAddress = address, port, lastPort = port } = nat;
  const [first, last] = [address, lastAddress].map((
    text,
  ) => (text === undefined ? undefined : parseWords(text, family)));
  if (address !== undefined && first === undefined) return undefined;
  const ports = range(port ?? 0, lastPort ?? 0);
  const flags = nat.flags.reduce((bits, flag) => bits | (NAT_FLAGS[flag] ?? 0), 0) |
    (address === undefined ? 0 : NAT.ADDRESS) | (port === undefined ? 0 : NAT.PORTS);
  if (verb === "masquerade") return words(TARGET.MASQUERADE, flags, ports);
  if (verb === "redirect") return words(TARGET.REDIRECT, flags, ports);
  return {
    target: verb === "dnat" ? TARGET.DNAT : TARGET.SNAT,
    write: (out) => {
      out.word(flags);
      out.address(first);
      out.address(last);
      out.push(ports, 0);
    },
  };
}

/** `update @set { ... }` */
export function setAction(update: NftSetUpdate, place: Place): Action {
  const set = place.sets.plane(update.set, update.selectors);
  if (set === undefined || set.family !== place.family) return unmodelledAction(`${update.verb} @${update.set}`);
  const use = [set.id, set.dimensions];
  const none = [NO_SET, 0];
  const [add, del] = update.verb === "delete" ? [none, use] : [use, none];
  const seconds = update.timeout === undefined ? 0 : Math.ceil(update.timeout / 1000);
  const flags = (update.verb === "update" ? SETTARGET.EXIST : 0) | (seconds > 0 ? SETTARGET.TIMEOUT : 0);
  return words(TARGET.SET, ...add, ...del, ...none, flags, seconds);
}

/** `notrack` */
export const NOTRACK: Action = {
  target: TARGET.CT,
  write: (out) => {
    out.push(1, 0);
    out.text("");
    out.text("");
  },
};
