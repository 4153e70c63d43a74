/** Matches of one or two words each. */
import { OP } from "../../../../wasm/mod.ts";
import { usage } from "../complaint.ts";
import type { Extension } from "../extension.ts";
import { parseNumber, readWord } from "../readers.ts";

/** `-m nfacct`. */
export interface NfacctMatch {
  readonly match: "nfacct";
  readonly name: string;
}

/** `-m cpu`. */
export interface CpuMatch {
  readonly match: "cpu";
  readonly cpu: number;
  readonly not: boolean;
}

/** `-m quota`, in bytes. */
export interface QuotaMatch {
  readonly match: "quota";
  readonly quota: number;
  readonly not: boolean;
}

/** `-m ecn`. */
export interface EcnMatch {
  readonly match: "ecn";
  readonly cwr?: { readonly not: boolean };
  readonly ece?: { readonly not: boolean };
  readonly ect?: { readonly not: boolean; readonly value: number };
}

/** libxt_nfacct: the kernel knows no accounting object here, so it refuses every name. */
export const nfacct: Extension<NfacctMatch> = {
  name: "nfacct",
  op: OP.NFACCT,
  options: [{ names: ["nfacct-name"], value: true, required: true, take: (draft, text) => draft.name = text }],
  start: () => ({ match: "nfacct", name: "" }),
  refuse: () => "ENOENT",
  save: (m) => ` --nfacct-name  ${m.name}`,
  list: (m) => ` nfacct-name  ${m.name}`,
  encode: (m, out) => out.text(m.name),
};

/** libxt_cpu. */
export const cpu: Extension<CpuMatch> = {
  name: "cpu",
  op: OP.CPU,
  options: [{
    names: ["cpu"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, text, argument) => Object.assign(draft, { cpu: readWord(text, argument), not: argument.not }),
  }],
  start: () => ({ match: "cpu", cpu: 0, not: false }),
  save: (m) => `${m.not ? " !" : ""} --cpu ${m.cpu}`,
  list: (m) => ` cpu ${m.not ? "! " : ""}${m.cpu}`,
  inverted: (m) => m.not,
  encode: (m, out) => out.word(m.cpu),
};

/** libxt_quota. */
export const quota: Extension<QuotaMatch> = {
  name: "quota",
  op: OP.QUOTA,
  options: [{
    names: ["quota"],
    value: true,
    required: true,
    invertible: true,
    take: (draft, text, { not }) => {
      const bytes = parseNumber(text);
      if (bytes === undefined) {
        usage('quota: bad value for option "--quota", or out of range (0-18446744073709551615).\n');
      }
      Object.assign(draft, { quota: bytes, not });
    },
  }],
  start: () => ({ match: "quota", quota: 0, not: false }),
  save: (m) => `${m.not ? " !" : ""} --quota ${m.quota}`,
  list: (m) => ` quota: ${m.quota} bytes`,
  inverted: (m) => m.not,
  encode(m, out) {
    out.word(0);
    out.long(m.quota);
  },
};

/** libxt_ecn. */
export const ecn: Extension<EcnMatch> = {
  name: "ecn",
  op: OP.ECN,
  options: [
    { names: ["ecn-tcp-cwr"], value: false, invertible: true, take: (draft, _, { not }) => draft.cwr = { not } },
    { names: ["ecn-tcp-ece"], value: false, invertible: true, take: (draft, _, { not }) => draft.ece = { not } },
    {
      names: ["ecn-ip-ect"],
      value: true,
      invertible: true,
      take: (draft, text, { not }) => {
        const value = parseNumber(text);
        if (value === undefined || value > 3) {
          usage('ecn: bad value for option "--ecn-ip-ect", or out of range (0-3).\n');
        }
        draft.ect = { not, value };
      },
    },
  ],
  start: () => ({ match: "ecn" }),
  finish: (draft) => {
    if (!draft.cwr && !draft.ece && !draft.ect) usage("ECN match: some option required");
  },
  refuse: (m, site) => (m.cwr || m.ece) && (site.proto !== 6 || site.notProto) ? "EINVAL" : "ok",
  save: (m) =>
    (m.ece ? `${m.ece.not ? " !" : ""} --ecn-tcp-ece` : "") + (m.cwr ? `${m.cwr.not ? " !" : ""} --ecn-tcp-cwr` : "") +
    (m.ect ? `${m.ect.not ? " !" : ""} --ecn-ip-ect ${m.ect.value}` : ""),
  list: (m) =>
    " ECN match" + (m.ece ? ` ${m.ece.not ? "!" : ""}ECE` : "") + (m.cwr ? ` ${m.cwr.not ? "!" : ""}CWR` : "") +
    (m.ect ? ` ${m.ect.not ? "!" : ""}ECT=${m.ect.value}` : ""),
  encode(m, out) {
    out.word((m.ect ? 1 : 0) | (m.cwr ? 2 : 0) | (m.ece ? 4 : 0));
    out.push((m.ect?.not ? 1 : 0) | (m.cwr?.not ? 2 : 0) | (m.ece?.not ? 4 : 0), m.ect?.value ?? 0);
  },
};
