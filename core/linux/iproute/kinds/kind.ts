import type { Link, LinkMode, Tunnel } from "../../../../wasm/mod.ts";
import type { Entry } from "../entry.ts";
import { Exit, garbage } from "../exit.ts";
import type { LinkData } from "../extras.ts";
import { LINK_TYPE_USAGE } from "../link_usage.ts";
import type { IpTool } from "../tool.ts";
import type { Words } from "../words.ts";

/** What was said behind `type KIND`: what packets feel, and what is only shown. */
export interface KindRequest {
  tag?: number;
  mode?: LinkMode;
  flag?: LinkMode;
  tunnel?: Tunnel;
  /** Hundredths of a second. */
  ageing?: number;
  readonly shown: { -readonly [K in keyof LinkData]: LinkData[K] };
  /** Words that may be said once and were. */
  readonly said: Set<string>;
}

/** A kind of device with data of its own: how `ip link` reads and shows it. */
export interface Kind {
  /** Reads one word with what belongs to it. */
  readonly take: (tool: IpTool, words: Words, request: KindRequest) => void;
  /** What the kernel says of the data of a new device before it looks at names. */
  readonly check?: (tool: IpTool, request: KindRequest) => void;
  /** The kind's data of `ip -d link`. */
  readonly put: (entry: Entry, tool: IpTool, link: Link) => void;
}

/** A request with nothing said yet. */
export function newKindRequest(): KindRequest {
  return { shown: {}, said: new Set() };
}

/** An unknown word behind `type KIND`: the complaint, then the kind's usage. */
export function unknownKindWord(kind: string, what: "command" | "option", word: string): Exit {
  const complaint = word === "help" ? "" : `${kind}: unknown ${what} "${word}"?\n`;
  return new Exit(1, complaint + (LINK_TYPE_USAGE[kind] ?? ""));
}

/** A tunnel's type of service: 1 is that of what is inside, 0 is not shown. */
export function putTos(entry: Entry, tos: number): void {
  const text = tos === 1 ? "inherit" : `0x${tos.toString(16)}`;
  if (tos !== 0) entry.put("tos", text, `tos ${text} `);
}

/** A word that may be said once. */
export function once(request: KindRequest, key: string, word: string): void {
  if (request.said.has(key)) throw garbage(key, word);
  request.said.add(key);
}
