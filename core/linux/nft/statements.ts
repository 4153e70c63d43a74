/**
 * Statements as `nft list` prints them:
 *
 *     match       SELECTOR [. SELECTOR]... [& MASK] [== | !=] (@SET | VALUE | { VALUE, ... })
 *     vmap        (SELECTOR [. SELECTOR]... | NUMGEN) vmap (@MAP | { KEY : VERDICT, ... })
 *     mark        meta mark set (NUMBER | meta mark (&|^||) NUMBER)
 *     dnat        dnat to ADDRESS[:PORT]
 *     dnat map    dnat (ip | ip6) to NUMGEN map { KEY : ADDRESS . PORT, ... }
 *     masquerade  masquerade [fully-random]
 *     reject      reject [with WORDS]
 *     set         (add | update | delete) @SET { SELECTOR [. SELECTOR]... }
 *     counter     counter packets N bytes N
 *     NUMGEN      numgen (random | inc) mod N [offset N]
 *
 * A mask of the highest bits alone comes out as a prefix, `meta mark != 0x00000000/1`, which says the same of its own kind.
 */
import type { NftNumgen, NftOperand, NftStatement } from "./types.ts";
import { printVerdict } from "./verdict.ts";

/** How a text is meant: as nft lists it, or as it reads it. They differ where nft lists what it cannot read back. */
export type NftStyle = "listing" | "command";

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
      return `${"mod" in statement.by ? printNumgen(statement.by) : statement.by.join(" . ")} vmap ${cases(statement)}`;
    case "mark":
      return `meta mark set ${statement.op === "=" ? "" : `meta mark ${statement.op} `}${printMark(statement.value)}`;
    case "dnat":
      return `dnat to ${socket(statement.address, statement.port)}`;
    case "dnat map":
      return `dnat ${statement.family} to ${printNumgen(statement.by)} map { ${
        statement.choices.map(({ key, address, port }) => `${key} : ${address} . ${port}`).join(", ")
      } }`;
    case "masquerade":
      return `masquerade${statement.fullyRandom ? " fully-random" : ""}`;
    case "reject":
      return `reject${statement.with === undefined ? "" : ` with ${statement.with}`}`;
    case "set":
      return `${statement.verb} @${statement.set} { ${statement.selectors.join(" . ")} }`;
    case "counter":
      return `counter packets ${statement.packets} bytes ${statement.bytes}`;
    case "verdict":
      return printVerdict(statement.verdict);
    case "text":
      return statement.words.reduce((text, word) => text + (word === "," || text === "" ? "" : " ") + word, "");
  }
}

function printMatch(match: Extract<NftStatement, { kind: "match" }>, style: NftStyle): string {
  const { selectors, mask, not, against } = match;
  const left = selectors.join(" . ");
  if (mask === undefined) return `${left} ${not ? "!= " : ""}${printOperand(against)}`;
  const length = highBits(mask);
  const zero = "value" in against && Number(against.value) === 0;
  if (style === "listing" && length !== undefined && zero && not) return `${left} != ${printMark(0)}/${length}`;
  return `${left} & ${printMark(mask)} ${not ? "!=" : "=="} ${printOperand(against)}`;
}

/** How many bits a 32-bit mask has if it is of the highest ones alone. */
function highBits(mask: number): number | undefined {
  const length = Math.clz32(~mask);
  return length > 0 && length < 32 && (mask << length) === 0 ? length : undefined;
}

/** The mask of so many highest bits. */
export function prefixMask(length: number): number {
  return (0xffff_ffff << (32 - length)) >>> 0;
}

/** `@NAME`, the value, or the values in braces. */
export function printOperand(operand: NftOperand): string {
  if ("set" in operand) return `@${operand.set}`;
  return "value" in operand ? operand.value : `{ ${operand.values.join(", ")} }`;
}

function printNumgen({ mode, mod, offset }: NftNumgen): string {
  return `numgen ${mode} mod ${mod}${offset === 0 ? "" : ` offset ${offset}`}`;
}

function cases({ map }: Extract<NftStatement, { kind: "vmap" }>): string {
  if (typeof map === "string") return `@${map}`;
  return `{ ${map.map(({ key, verdict }) => `${key} : ${printVerdict(verdict)}`).join(", ")} }`;
}

function socket(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
