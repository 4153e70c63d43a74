import { HOOK, REJECT as ANSWER, TARGET } from "../../../../wasm/mod.ts";
import type { Family } from "../address.ts";
import { usage } from "../complaint.ts";
import type { Draft, Extension } from "../extension.ts";

/** `-j REJECT`; `answer` is an ICMP(v6) destination-unreachable code, or REJECT.TCP_RESET. */
export interface RejectTarget {
  readonly target: "REJECT";
  readonly family: Family;
  readonly answer: number;
}

/** Name, short name, answer; ICMP unreachable codes (RFC 792, 1812). */
const ANSWERS: Readonly<Record<Family, readonly (readonly [string, string, number])[]>> = {
  4: [
    ["icmp-net-unreachable", "net-unreach", 0],
    ["icmp-host-unreachable", "host-unreach", 1],
    ["icmp-proto-unreachable", "proto-unreach", 2],
    ["icmp-port-unreachable", "port-unreach", 3],
    ["icmp-net-prohibited", "net-prohib", 9],
    ["icmp-host-prohibited", "host-prohib", 10],
    ["tcp-reset", "tcp-rst", ANSWER.TCP_RESET],
    ["icmp-admin-prohibited", "admin-prohib", 13],
  ],
  6: [
    ["icmp6-no-route", "no-route", 0],
    ["icmp6-adm-prohibited", "adm-prohibited", 1],
    ["icmp6-addr-unreachable", "addr-unreach", 3],
    ["icmp6-port-unreachable", "port-unreach", 4],
    ["tcp-reset", "tcp-reset", ANSWER.TCP_RESET],
    ["icmp6-policy-fail", "policy-fail", 5],
    ["icmp6-reject-route", "reject-route", 6],
  ],
};

function takeAnswer(draft: Draft<RejectTarget>, text: string, warn: (text: string) => void): void {
  const word = text.toLowerCase();
  const found = ANSWERS[draft.family].find(([name, short]) => name.startsWith(word) || short.startsWith(word));
  if (found !== undefined) {
    draft.answer = found[2];
    return;
  }
  if (word === "echo-reply" || word === "echoreply") warn("--reject-with echo-reply no longer supported\n");
  usage(`unknown reject type "${text}"`);
}

const name = (t: RejectTarget) => ANSWERS[t.family].find(([, , answer]) => answer === t.answer)?.[0] ?? "";

/** libipt_REJECT, libip6t_REJECT. */
export const REJECT: Extension<RejectTarget> = {
  name: "REJECT",
  op: TARGET.REJECT,
  tables: ["filter"],
  hooks: (1 << HOOK.INPUT) | (1 << HOOK.FORWARD) | (1 << HOOK.OUTPUT),
  options: [{
    names: ["reject-with"],
    value: true,
    take: (draft, text, { scope }) => takeAnswer(draft, text, (warning) => scope.warn(warning)),
  }],
  start: (family) => ({ target: "REJECT", family, answer: family === 4 ? 3 : 4 }),
  refuse: (t, site) => t.answer === ANSWER.TCP_RESET && (site.proto !== 6 || site.notProto) ? "EINVAL" : "ok",
  save: (t) => ` --reject-with ${name(t)}`,
  list: (t) => ` reject-with ${name(t)}`,
  encode: (t, out) => out.word(t.answer),
};
