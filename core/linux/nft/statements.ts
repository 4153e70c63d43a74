/**
 * Statements as `nft list` prints them:
 *
 *     match       SELECTOR [. SELECTOR]... [& MASK] [!= | == | < | > | <= | >=] (@SET | VALUE | { VALUE, ... })
 *     vmap        SELECTOR [. SELECTOR]... vmap (@MAP | { KEY : VERDICT, ... })
 *     assign      TARGET set (VALUE | SELECTOR [(&|^||) NUMBER]... | SELECTOR map (@MAP | { KEY : VALUE, ... }))
 *     nat         (dnat | snat | masquerade | redirect) [ip | ip6] [to ([ADDRESS[-ADDRESS]][:PORT[-PORT]] | SELECTOR map ...)] [FLAG,FLAG]
 *     limit       limit rate [over] N [kbytes|mbytes|bytes]/UNIT [burst N (packets|bytes|kbytes|mbytes)]
 *     log         log [prefix "TEXT"] [level NAME] [group N] ...
 *     reject      reject [with WORDS]
 *     set         (add | update | delete) @SET { SELECTOR [. SELECTOR]... [timeout TIME] [counter] }
 *     counter     counter packets N bytes N
 *
 * A mask of a mark's highest bits alone comes out as a prefix, `meta mark != 0x00000000/1`; one of
 * several TCP flags as `tcp flags syn / syn,ack`.
 */
import { DATATYPES, printSpan } from "./datatypes.ts";
import { typeOf } from "./selectors.ts";
import { printNftTime } from "./time.ts";
import type {
  NftAssign,
  NftLimit,
  NftLog,
  NftLookup,
  NftMatch,
  NftNat,
  NftOperand,
  NftStatement,
  NftVmap,
} from "./types.ts";
import { printVerdict } from "./verdict.ts";

/**
 * How a text is meant: as nft lists it (`numeric` with numbers for names, as `-n` asks), or as it reads it. They differ where nft
 * lists what it cannot read back.
 */
export type NftStyle = "listing" | "numeric" | "command";

/** `0x00004000` */
export function printMark(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

/** One statement's words. */
export function printStatement(statement: NftStatement, style: NftStyle = "listing"): string {
  switch (statement.kind) {
    case "match":
      return printMatch(statement, style);
    case "vmap":
      return `${statement.by.join(" . ")} vmap ${cases(statement)}`;
    case "assign":
      return printAssign(statement);
    case "nat":
      return printNat(statement);
    case "limit":
      return printLimit(statement);
    case "log":
      return printLog(statement);
    case "reject":
      return `reject${statement.with === undefined ? "" : ` with ${statement.with}`}`;
    case "set": {
      const timeout = statement.timeout === undefined ? "" : ` timeout ${printNftTime(statement.timeout)}`;
      const more = statement.more === undefined ? "" : ` ${statement.more}`;
      return `${statement.verb} @${statement.set} { ${statement.selectors.join(" . ")}${timeout}${more} }`;
    }
    case "counter":
      return `counter packets ${statement.packets} bytes ${statement.bytes}`;
    case "verdict":
      return printVerdict(statement.verdict);
    case "notrack":
      return "notrack";
    case "xt":
      return statement.text;
    case "text":
      return statement.words.reduce((text, word) => text + (word === "," || text === "" ? "" : " ") + word, "");
  }
}

function printMatch(match: NftMatch, style: NftStyle): string {
  const { selectors, mask, not, against } = match;
  const left = selectors.join(" . ");
  const op = match.op !== undefined ? `${match.op} ` : not ? "!= " : "";
  if (mask === undefined) {
    return `${left} ${op}${printOperand(style === "numeric" ? inNumbers(against, selectors) : against)}`;
  }
  const type = typeOf(selectors[0] ?? "");
  if (type === "tcp_flag") return printFlagMask(match, Number(mask), style);
  const length = type === "mark" ? highBits(Number(mask)) : undefined;
  if (style !== "command" && length !== undefined && "value" in against) {
    return `${left} ${not ? "!= " : ""}${against.value}/${length}`;
  }
  return `${left} & ${maskText(mask, type)} ${not ? "!=" : "=="} ${printOperand(against)}`;
}

/** Marks and addresses in their own words, everything else as a number. */
function maskText(mask: number | bigint, type: string | undefined): string {
  const own = type === "mark" || type?.endsWith("_addr") ? DATATYPES[type] : undefined;
  return own === undefined ? String(mask) : own.print(BigInt(mask));
}

/** Protocols and TCP flags by their numbers. */
function inNumbers(against: NftOperand, selectors: readonly string[]): NftOperand {
  if ("set" in against) return against;
  const numbers = (value: string) =>
    value.split(" . ").map((part, i) => {
      const name = typeOf(selectors[i] ?? "");
      if (name === "tcp_flag") return flagText(part, "numeric");
      const number = name === "inet_proto" ? DATATYPES.inet_proto?.number(part) : undefined;
      return typeof number === "bigint" ? String(number) : part;
    }).join(" . ");
  return "value" in against ? { value: numbers(against.value) } : { values: against.values.map(numbers) };
}

/** `syn,ack`, or `0x2,0x10`. */
function flagText(names: string, style: NftStyle): string {
  if (style !== "numeric") return names;
  return names.split(",").map((name) => {
    const bit = DATATYPES.tcp_flag?.number(name);
    return typeof bit === "bigint" ? `0x${bit.toString(16)}` : name;
  }).join(",");
}

/** `tcp flags syn / syn,ack`, `! syn` for none of them, `syn` for any; a single flag that is to be set is written the long way. */
function printFlagMask({ selectors, not, against }: NftMatch, mask: number, style: NftStyle): string {
  const flags = DATATYPES.tcp_flag;
  const span = { from: BigInt(mask), to: BigInt(mask) };
  const text = flags === undefined ? "" : flagText(printSpan(span, flags, ""), style);
  const wanted = flagText(printOperand(against), style);
  if (Number(wanted) === 0) return `${selectors[0]} ${not ? "" : "! "}${text}`;
  const single = (mask & (mask - 1)) === 0 && wanted === text;
  if (single) return `${selectors[0]} & ${text} ${not ? "!=" : "=="} ${wanted}`;
  return `${selectors[0]} ${not ? "!= " : ""}${wanted} / ${text}`;
}

/** How many bits a 32-bit mask has if it is of the highest ones alone, or of none. */
export function highBits(mask: number): number | undefined {
  const length = Math.clz32(~mask);
  return length < 32 && (mask << length) === 0 ? length : undefined;
}

/** The mask of so many highest bits. */
export function prefixMask(length: number): number {
  return length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0;
}

/** `@NAME`, the value, or the values in braces. */
function printOperand(operand: NftOperand): string {
  if ("set" in operand) return `@${operand.set}`;
  return "value" in operand ? operand.value : `{ ${operand.values.join(", ")} }`;
}

function cases({ map }: NftVmap): string {
  if (typeof map === "string") return `@${map}`;
  return `{ ${map.map(({ key, verdict }) => `${key} : ${printVerdict(verdict)}`).join(", ")} }`;
}

function printLookup({ by, map }: NftLookup): string {
  const text = typeof map === "string"
    ? `@${map}`
    : `{ ${map.map(({ key, value }) => `${key} : ${value.join(" . ")}`).join(", ")} }`;
  return `${by.join(" . ")} map ${text}`;
}

function printAssign({ target, of, then, lookup }: NftAssign): string {
  if (lookup !== undefined) return `${target} set ${printLookup(lookup)}`;
  const steps = then.map(({ op, value }) => (op === "=" ? value : `${op} ${value}`));
  return `${target} set ${[...(of === undefined ? [] : [of]), ...steps].join(" ")}`;
}

function printNat(nat: NftNat): string {
  const to = nat.lookup === undefined ? socket(nat) : printLookup(nat.lookup);
  const family = nat.family === undefined ? "" : ` ${nat.family}`;
  return nat.verb + (to === "" ? "" : `${family} to ${to}`) + (nat.flags.length === 0 ? "" : ` ${nat.flags.join(",")}`);
}

function socket({ address, lastAddress, port, lastPort }: NftNat): string {
  const last = lastAddress === undefined ? "" : `-${lastAddress}`;
  const host = address === undefined ? "" : address + last;
  if (port === undefined) return host;
  const ports = lastPort === undefined ? String(port) : `${port}-${lastPort}`;
  return host.includes(":") ? `[${host}]:${ports}` : `${host}:${ports}`;
}

/** Bursts that go without saying. */
const BURST = 5;

function printLimit({ over, rate, of, per, burst, burstOf }: NftLimit): string {
  const bytes = of === "packets" ? "" : ` ${of}`;
  const silent = of === "packets" ? burst === BURST : burst === 0;
  const tail = silent ? "" : ` burst ${burst} ${burstOf}`;
  return `limit rate ${over ? "over " : ""}${rate}${bytes}/${per}${tail}`;
}

function printLog({ prefix, level, more }: NftLog): string {
  const parts = [
    "log",
    ...(prefix === undefined ? [] : [`prefix "${prefix}"`]),
    ...(level === undefined ? [] : [`level ${level}`]),
    ...more,
  ];
  return parts.join(" ");
}
