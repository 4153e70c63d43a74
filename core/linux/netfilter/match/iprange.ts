import { IPRANGE, OP } from "../../../../wasm/mod.ts";
import { type Family, parseWords, printWords, type Words } from "../address.ts";
import { usage } from "../complaint.ts";
import type { Argument, Extension } from "../extension.ts";

interface Span {
  readonly first: Words;
  readonly last: Words;
  readonly not: boolean;
}

/** `-m iprange`. */
export interface IprangeMatch {
  readonly match: "iprange";
  readonly family: Family;
  readonly src?: Span;
  readonly dst?: Span;
}

function readSpan(text: string, argument: Argument): Span {
  const [low = "", high = low] = text.split("-");
  const family = argument.scope.family;
  const one = (address: string) =>
    parseWords(address, family) ??
      usage(`${argument.ext}: Bad value for "--${argument.option}" option: "${address}"`);
  const first = one(low), last = one(high);
  if (before(last, first)) argument.scope.warn(`xt_iprange: range ${low}-${high} is reversed and will never match\n`);
  return { first, last, not: argument.not };
}

function before(a: Words, b: Words): boolean {
  const index = a.findIndex((word, i) => word !== b[i]);
  return index >= 0 && (a[index] as number) < (b[index] as number);
}

const text = (span: Span) => `${printWords(span.first)}-${printWords(span.last)}`;

/** libxt_iprange. */
export const iprange: Extension<IprangeMatch> = {
  name: "iprange",
  op: OP.IPRANGE,
  options: [
    {
      names: ["src-range"],
      value: true,
      invertible: true,
      take: (draft, words, argument) => draft.src = readSpan(words, argument),
    },
    {
      names: ["dst-range"],
      value: true,
      invertible: true,
      take: (draft, words, argument) => draft.dst = readSpan(words, argument),
    },
  ],
  start: (family) => ({ match: "iprange", family }),
  finish: (draft) => {
    if (draft.src === undefined && draft.dst === undefined) {
      usage("iprange match: You must specify `--src-range' or `--dst-range'");
    }
  },
  save(m) {
    const one = (name: string, span?: Span) =>
      span === undefined ? "" : `${span.not ? " !" : ""} --${name} ${text(span)}`;
    return one("src-range", m.src) + one("dst-range", m.dst);
  },
  list(m) {
    const one = (name: string, span?: Span) =>
      span === undefined ? "" : ` ${name} IP range ${span.not ? "! " : ""}${text(span)}`;
    return one("source", m.src) + one("destination", m.dst);
  },
  encode(m, out) {
    out.word(
      (m.src ? IPRANGE.SOURCE : 0) | (m.dst ? IPRANGE.DESTINATION : 0) | (m.src?.not ? IPRANGE.NOT_SOURCE : 0) |
        (m.dst?.not ? IPRANGE.NOT_DESTINATION : 0),
    );
    for (const span of [m.src, m.dst]) {
      out.address(span?.first);
      out.address(span?.last);
    }
  },
};
