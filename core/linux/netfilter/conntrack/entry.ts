/** Entries that conntrack makes and changes, from what its options say. */
import type { FlowChange } from "../../../../wasm/mod.ts";
import { parseNumber } from "../readers.ts";
import type { Draft } from "./draft.ts";

/** TCP's states by conntrack's numbers. */
export const TCP_STATES = [
  "NONE",
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "FIN_WAIT",
  "CLOSE_WAIT",
  "LAST_ACK",
  "TIME_WAIT",
  "CLOSE",
  "LISTEN",
];

const ICMP_ANSWERS: Readonly<Record<number, number>> = {
  8: 0,
  0: 8,
  13: 14,
  14: 13,
  15: 16,
  17: 18,
  128: 129,
  129: 128,
};

const STATUS_BITS: Readonly<Record<string, number>> = { SEEN_REPLY: 2, ASSURED: 4, SRC_NAT: 1 << 4, DST_NAT: 1 << 5 };
/** IPS_CONFIRMED's neighbours that say that translations are decided. */
const NAT_DONE = 1 << 7 | 1 << 8;

/** A number as strtoul(3) takes it: what is none is 0. */
function number(text: string | undefined): number {
  return parseNumber(text ?? "") ?? 0;
}

/** What `-U` sets of an entry. */
export type Change = Pick<FlowChange, "timeout" | "mark" | "state" | "status">;

/** What the options say of an entry beside its addresses. */
export function changeOf({ said }: Draft): Change {
  const words = said.status?.toUpperCase().split(",") ?? [];
  return {
    ...(said.timeout !== undefined && { timeout: number(said.timeout) }),
    ...(said.mark !== undefined && { mark: number(said.mark.split("/")[0]) }),
    ...(said.state !== undefined && { state: TCP_STATES.indexOf(said.state) }),
    status: words.reduce((bits, word) => bits | (STATUS_BITS[word] ?? 0), 0),
  };
}

/** The entry that -I makes: what is not said of one direction follows from the other. */
export function entryOf(draft: Draft): FlowChange {
  const { said, proto = 0 } = draft;
  const icmp = proto === 1 || proto === 58;
  const type = number(said.type);
  const answer = ICMP_ANSWERS[type] ?? 0;
  const ports = icmp
    ? { sport: number(said.id), dport: type << 8 | number(said.code) }
    : { sport: number(said.srcPort), dport: number(said.dstPort) };
  const original = { src: said.src ?? said.replyDst ?? "", dst: said.dst ?? said.replySrc ?? "", ...ports };
  const to = (text: string | undefined, otherwise: string) =>
    text === undefined || text === "" ? [otherwise] : text.split(":");
  const [replySrc = "", fromPort] = to(said.dnat, said.replySrc ?? original.dst);
  const [replyDst = "", toPort] = to(said.snat, said.replyDst ?? original.src);
  const reply = {
    src: replySrc,
    dst: replyDst,
    sport: icmp ? ports.sport : number(fromPort ?? said.replySrcPort ?? said.dstPort),
    dport: icmp ? answer << 8 | number(said.code) : number(toPort ?? said.replyDstPort ?? said.srcPort),
  };
  const nat = (said.snat ? 1 << 4 : 0) | (said.dnat ? 1 << 5 : 0);
  const change = changeOf(draft);
  const status = change.status | nat | (nat === 0 ? 0 : NAT_DONE);
  return { ...change, proto, zone: number(said.zone), original, reply, status };
}
