/** What calls answer about a namespace that is not there: the plane itself takes such a number for our own bug, and goes down. */
import { CALL } from "./abi.ts";

type Call = keyof typeof CALL;

const ENODEV = 19;
/** No socket has this number: calls on it answer EBADF. */
const NO_SOCKET = 0xffff_ffff;

/** The words by the calls whose first word is a namespace: a refusal, nothing listed, nothing at all, no socket. */
const ANSWERS: readonly (readonly [words: readonly number[], calls: readonly Call[]])[] = [
  [[ENODEV, 0], [
    ...["ADD_LINK", "SET_LINK", "REMOVE_LINK", "SET_NETEM", "ADD_ADDRESS", "REMOVE_ADDRESS", "ADD_NEIGHBOUR"] as const,
    ...["REMOVE_NEIGHBOUR", "ADD_FDB", "REMOVE_FDB", "SET_SYSCTL", "ADD_ROUTE", "REMOVE_ROUTE", "ROUTE_GET"] as const,
    ...["ADD_RULE", "REMOVE_RULE", "DROP_TABLE", "DROP_SET", "SET_FLOW", "CAPTURE"] as const,
  ]],
  [[0], [
    ...["LINKS", "ADDRESSES", "NEIGHBOURS", "FDB", "SYSCTL", "ROUTES", "RULES", "FLOWS", "REMOVE_FLOW"] as const,
    ...["SOCKETS", "TRACE_DEVICE"] as const,
  ]],
  [[], ["COUNTERS", "SET_MEMBERS", "FLOW_STATISTICS"]],
  [[NO_SOCKET], ["SOCKET"]],
];

const WORDS: ReadonlyMap<number, readonly number[]> = new Map(
  ANSWERS.flatMap(([words, calls]) => calls.map((call) => [CALL[call], words] as const)),
);

/** What a call answers where its namespace is gone; undefined for a call that is about none. */
export function answerOfGone(call: number): Uint32Array | undefined {
  const words = WORDS.get(call);
  return words && Uint32Array.from(words);
}

/** The refusal alone. */
export const GONE: Uint32Array = Uint32Array.of(ENODEV, 0);
