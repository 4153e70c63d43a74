/** A conntrack command line while it is read: what each option said. */
import type { Flow, FlowEvent } from "../../../../wasm/mod.ts";
import type { FlowLook } from "./print.ts";

/** A wrong command line: its words, exit status 2. */
export class ConntrackComplaint extends Error {
  override readonly name = "ConntrackComplaint";
}

/** Complains. */
export function bad(message: string): never {
  throw new ConntrackComplaint(message);
}

/** Letters of the commands. */
export type ConntrackVerb = "L" | "G" | "D" | "I" | "U" | "A" | "E" | "F" | "C" | "S" | "V" | "h";

/** Whether a flow fits one option. */
export type Test = (flow: Flow) => boolean;
/** The four addresses of an entry. */
export type Side = "src" | "dst" | "replySrc" | "replyDst";
/** What options give, for entries to be made or changed. */
export type Said =
  | Side
  | `${Side}Port`
  | "timeout"
  | "mark"
  | "zone"
  | "state"
  | "status"
  | "snat"
  | "dnat"
  | "type"
  | "code"
  | "id";

/** What was read so far. */
export interface Draft {
  verb?: ConntrackVerb;
  table: string;
  family: 4 | 6;
  proto?: number;
  look: { -readonly [K in keyof FlowLook]: FlowLook[K] };
  events: FlowEvent["event"][];
  tests: Test[];
  /** What the options say, for entries to be made or changed. */
  readonly masks: { src?: number; dst?: number };
  readonly said: Partial<Record<Said, string>>;
  /** Options that were given, by their first name. */
  readonly given: Set<string>;
}
