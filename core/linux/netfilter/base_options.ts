/** The options every xtables command line knows, with the letters getopt gives them. */

/** One of them. */
export interface BaseOption {
  readonly letter: string;
  readonly names: readonly string[];
  readonly argument: "none" | "required" | "optional";
  /** The letter is internal. */
  readonly longOnly?: boolean;
}

const required = (letter: string, ...names: string[]): BaseOption => ({ letter, names, argument: "required" });
const optional = (letter: string, ...names: string[]): BaseOption => ({ letter, names, argument: "optional" });
const flag = (letter: string, ...names: string[]): BaseOption => ({ letter, names, argument: "none" });

/** In the order of the manual page. */
export const BASE_OPTIONS: readonly BaseOption[] = [
  required("A", "append"),
  required("C", "check"),
  required("D", "delete"),
  required("I", "insert"),
  required("R", "replace"),
  optional("L", "list"),
  optional("S", "list-rules"),
  optional("F", "flush"),
  optional("Z", "zero"),
  required("N", "new-chain"),
  optional("X", "delete-chain"),
  required("P", "policy"),
  required("E", "rename-chain"),
  required("s", "source", "src"),
  required("d", "destination", "dst"),
  required("p", "protocol"),
  required("i", "in-interface"),
  required("o", "out-interface"),
  required("j", "jump"),
  required("g", "goto"),
  required("m", "match"),
  required("t", "table"),
  required("c", "set-counters"),
  required("M", "modprobe"),
  optional("w", "wait"),
  optional("W", "wait-interval"),
  optional("h", "help"),
  flag("b"),
  flag("f", "fragments"),
  flag("v", "verbose"),
  flag("V", "version"),
  flag("n", "numeric"),
  flag("x", "exact"),
  flag("4", "ipv4"),
  flag("6", "ipv6"),
  { letter: "0", names: ["line-numbers"], argument: "none", longOnly: true },
];

/** Options that a command does not take (commands_v_options), by command; `#` behind a letter is its form with a rule number. */
export const ILLEGAL: Readonly<Record<string, string>> = {
  I: "nx0",
  D: "nx0c",
  "D#": "nsdpjxio0cf",
  R: "nx0",
  A: "nx0",
  L: "sdpjiocf",
  F: "nsdpjxio0cf",
  Z: "nsdpjxio0cf",
  "Z#": "nsdpjxio0cf",
  N: "nsdpjxio0cf",
  X: "nsdpjxio0cf",
  P: "nsdpjxio0f",
  E: "nsdpjxio0cf",
  S: "nsdpjxio0cf",
  C: "nx0c",
};
