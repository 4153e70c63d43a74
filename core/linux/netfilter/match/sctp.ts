import { OP, PORTINV } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import { type Encoder, range } from "../encoder.ts";
import type { Argument, Draft, Extension } from "../extension.ts";
import { ANY_PORT, listPorts, portOptions, type Ports, savePorts } from "./ports.ts";

/** A chunk type wanted, with flags: `mask` those named, `set` those that must be set. */
interface Chunk {
  readonly type: number;
  readonly mask: number;
  readonly set: number;
}

/** `-m sctp`; `chunks.all` is the word ALL. */
export interface SctpMatch {
  readonly match: "sctp";
  readonly sport: Ports;
  readonly dport: Ports;
  readonly chunks?: {
    readonly rule: "all" | "any" | "only";
    readonly not: boolean;
    readonly all: boolean;
    readonly types: readonly Chunk[];
  };
}

/** Chunk types by number; the flags' letters from bit 7 down, `-` for none. */
const CHUNKS: Readonly<Record<number, readonly [string, string]>> = {
  0: ["DATA", "----IUBE"],
  1: ["INIT", "--------"],
  2: ["INIT_ACK", "--------"],
  3: ["SACK", "--------"],
  4: ["HEARTBEAT", "--------"],
  5: ["HEARTBEAT_ACK", "--------"],
  6: ["ABORT", "-------T"],
  7: ["SHUTDOWN", "--------"],
  8: ["SHUTDOWN_ACK", "--------"],
  9: ["ERROR", "--------"],
  10: ["COOKIE_ECHO", "--------"],
  11: ["COOKIE_ACK", "--------"],
  12: ["ECN_ECNE", "--------"],
  13: ["ECN_CWR", "--------"],
  14: ["SHUTDOWN_COMPLETE", "-------T"],
  64: ["I_DATA", "----IUBE"],
  130: ["RE_CONFIG", "--------"],
  132: ["PAD", "--------"],
  193: ["ASCONF", "--------"],
  128: ["ASCONF_ACK", "--------"],
  192: ["FORWARD_TSN", "--------"],
  194: ["I_FORWARD_TSN", "--------"],
};

function parseChunk(text: string): Chunk {
  const [name = "", flags = ""] = text.split(":");
  const found = Object.entries(CHUNKS).find(([, [known]]) => known === name.toUpperCase());
  if (found === undefined) return usage(`Unknown sctp chunk \`${name}'`);
  const type = Number(found[0]);
  let mask = 0, set = 0;
  for (const letter of flags) {
    const index = found[1][1].indexOf(letter.toUpperCase());
    if (index < 0 || letter === "-") usage(`Invalid flags for chunk type ${type}`);
    mask |= 0x80 >> index;
    if (letter === letter.toUpperCase()) set |= 0x80 >> index;
  }
  return { type, mask, set };
}

function printChunk(chunk: Chunk, numeric: boolean): string {
  const [name, letters] = CHUNKS[chunk.type] as readonly [string, string];
  const flags = [...letters].map((letter, index) => {
    const bit = 0x80 >> index;
    return chunk.mask & bit ? (chunk.set & bit ? letter : letter.toLowerCase()) : "";
  }).join("");
  const type = numeric ? "0x" + chunk.type.toString(16).toUpperCase().padStart(4, "0") : name;
  return flags === "" ? type : `${type}:${flags}`;
}

function printChunks(chunks: NonNullable<SctpMatch["chunks"]>, numeric: boolean): string {
  if (chunks.all) return "ALL";
  return chunks.types.map((chunk) => printChunk(chunk, numeric)).join(",") || "NONE";
}

function takeChunks(draft: Draft<SctpMatch>, text: string, argument: Argument): void {
  if (draft.chunks !== undefined) usage("Only one `--chunk-types' allowed");
  const list = argument.next();
  if (list === undefined) usage("--chunk-types requires two args");
  const rule = text.toLowerCase();
  if (rule !== "all" && rule !== "any" && rule !== "only") {
    usage('Match type has to be one of "ALL", "ANY" or "ONLY"');
  }
  const all = list.toUpperCase() === "ALL";
  const none = list.toUpperCase() === "NONE";
  const types = all || none ? [] : list.split(",").map(parseChunk).sort((a, b) => a.type - b.type);
  draft.chunks = { rule, not: argument.not, all, types };
}

function encodeChunks(chunks: SctpMatch["chunks"], out: Encoder): void {
  out.word(chunks === undefined ? 0 : { any: 1, all: 2, only: 3 }[chunks.rule]);
  const bits = new Array<number>(8).fill(chunks?.all ? 0xffff_ffff : 0);
  for (const { type } of chunks?.types ?? []) {
    bits[type >> 5] = ((bits[type >> 5] as number) | (1 << (type & 31))) >>> 0;
  }
  out.push(...bits);
  const flagged = (chunks?.types ?? []).filter((chunk) => chunk.mask !== 0);
  out.word(flagged.length);
  for (const { type, mask, set } of flagged) out.word(type | (mask << 8) | (set << 16));
}

/** libxt_sctp. */
export const sctp: Extension<SctpMatch> = {
  name: "sctp",
  op: OP.SCTP,
  protos: [132],
  options: [
    ...portOptions("sctp"),
    { names: ["chunk-types"], value: true, multi: true, invertible: true, take: takeChunks },
  ],
  start: () => ({ match: "sctp", sport: ANY_PORT, dport: ANY_PORT }),
  save(m) {
    const chunks = m.chunks === undefined
      ? ""
      : `${m.chunks.not ? " !" : ""} --chunk-types ${m.chunks.rule} ${printChunks(m.chunks, false)}`;
    return savePorts("sport", m.sport) + savePorts("dport", m.dport) + chunks;
  },
  list(m, look) {
    const chunks = m.chunks === undefined
      ? ""
      : ` ${m.chunks.not ? "! " : ""}${m.chunks.rule} ${printChunks(m.chunks, look.numeric)}`;
    return " sctp" + listPorts("spt", m.sport, look) + listPorts("dpt", m.dport, look) + chunks;
  },
  encode(m, out) {
    out.push(range(m.sport.low, m.sport.high), range(m.dport.low, m.dport.high));
    out.word(
      (m.sport.not ? PORTINV.SOURCE : 0) | (m.dport.not ? PORTINV.DESTINATION : 0) |
        (m.chunks?.not ? PORTINV.CHUNKS : 0),
    );
    encodeChunks(m.chunks, out);
  },
};
