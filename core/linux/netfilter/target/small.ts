/** Targets of one or two words each. */
import { HOOK, TARGET } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Draft, Extension } from "../extension.ts";
import { parseNumber } from "../readers.ts";

/** `-j TRACE`. */
export interface TraceTarget {
  readonly target: "TRACE";
}

/** `-j CHECKSUM`. */
export interface ChecksumTarget {
  readonly target: "CHECKSUM";
}

/** `-j CLASSIFY`: skb priority, major in the upper half. */
export interface ClassifyTarget {
  readonly target: "CLASSIFY";
  readonly priority: number;
}

/** `-j ECN`. */
export interface EcnTarget {
  readonly target: "ECN";
}

/** `-j NFQUEUE`. */
export interface NfqueueTarget {
  readonly target: "NFQUEUE";
  readonly first: number;
  readonly last: number;
  readonly bypass: boolean;
  readonly fanout: boolean;
}

/** libxt_TRACE. */
export const TRACE: Extension<TraceTarget> = {
  name: "TRACE",
  op: TARGET.TRACE,
  tables: ["raw"],
  options: [],
  start: () => ({ target: "TRACE" }),
  save: () => "",
  list: () => "",
};

/** libxt_CHECKSUM. */
export const CHECKSUM: Extension<ChecksumTarget> = {
  name: "CHECKSUM",
  op: TARGET.CHECKSUM,
  tables: ["mangle"],
  options: [{ names: ["checksum-fill"], value: false, required: true, take: () => {} }],
  start: () => ({ target: "CHECKSUM" }),
  save: () => " --checksum-fill",
  list: () => " CHECKSUM fill",
};

function takeClass(draft: Draft<ClassifyTarget>, text: string): void {
  const found = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(text);
  if (found === null) usage(`Bad class value "${text}"`);
  draft.priority = ((parseInt(found[1] as string, 16) << 16) | parseInt(found[2] as string, 16)) >>> 0;
}

/** libxt_CLASSIFY. */
export const CLASSIFY: Extension<ClassifyTarget> = {
  name: "CLASSIFY",
  op: TARGET.CLASSIFY,
  hooks: (1 << HOOK.FORWARD) | (1 << HOOK.OUTPUT) | (1 << HOOK.POSTROUTING),
  options: [{ names: ["set-class"], value: true, required: true, take: takeClass }],
  start: () => ({ target: "CLASSIFY", priority: 0 }),
  save(t) {
    const part = (number: number) => number.toString(16).padStart(4, "0");
    return ` --set-class ${part(t.priority >>> 16)}:${part(t.priority & 0xffff)}`;
  },
  list: (t) => ` CLASSIFY set ${(t.priority >>> 16).toString(16)}:${(t.priority & 0xffff).toString(16)}`,
  encode: (t, out) => out.word(t.priority),
};

/** libipt_ECN. */
export const ECN: Extension<EcnTarget> = {
  name: "ECN",
  op: TARGET.ECN,
  family: 4,
  tables: ["mangle"],
  protos: [6],
  options: [{ names: ["ecn-tcp-remove"], value: false, required: true, take: () => {} }],
  start: () => ({ target: "ECN" }),
  save: () => " --ecn-tcp-remove",
  list: () => " ECN TCP remove",
};

function readQueue(text: string): number {
  const number = parseNumber(text);
  if (number === undefined || number > 65535) {
    usage(`NFQUEUE: bad value for option "--queue-num", or out of range (0-65535).\n`);
  }
  return number;
}

/** libxt_NFQUEUE. */
export const NFQUEUE: Extension<NfqueueTarget> = {
  name: "NFQUEUE",
  op: TARGET.QUEUE,
  options: [
    {
      names: ["queue-num"],
      value: true,
      excludes: ["queue-balance"],
      take: (draft, text) => {
        draft.first = readQueue(text);
        draft.last = draft.first;
      },
    },
    {
      names: ["queue-balance"],
      value: true,
      excludes: ["queue-num"],
      take: (draft, text) => {
        const [first = "", last] = text.split(":");
        if (last === undefined) usage(`Bad range "${text}"`);
        draft.first = readQueue(first);
        draft.last = readQueue(last);
        if (draft.first >= draft.last) usage(`${draft.first} should be less than ${draft.last}`);
      },
    },
    { names: ["queue-bypass"], value: false, take: (draft) => draft.bypass = true },
    {
      names: ["queue-cpu-fanout"],
      value: false,
      needs: ["queue-balance"],
      take: (draft) => draft.fanout = true,
    },
  ],
  start: () => ({ target: "NFQUEUE", first: 0, last: 0, bypass: false, fanout: false }),
  save: (t) =>
    (t.first === t.last ? ` --queue-num ${t.first}` : ` --queue-balance ${t.first}:${t.last}`) +
    (t.bypass ? " --queue-bypass" : "") + (t.fanout ? " --queue-cpu-fanout" : ""),
  list: (t) =>
    (t.first === t.last ? ` NFQUEUE num ${t.first}` : ` NFQUEUE balance ${t.first}:${t.last}`) +
    (t.bypass ? " bypass" : "") + (t.fanout ? " cpu-fanout" : ""),
  encode: (t, out) => out.push(t.first, t.bypass ? 1 : 0),
};
