/** Words for some of the extensions that are not evaluated. */
import type { UnmodelledMatch, UnmodelledTarget } from "../unmodelled.ts";
import { hex, joined, span, type Translate, unequal } from "./words.ts";

type Unmodelled = UnmodelledMatch | UnmodelledTarget;

function said(value: Unmodelled, option: string) {
  return value.words.find((word) => word.option === option);
}

/** `--option` or `! --option LOW[:HIGH]` as a test of `selector`; nothing where it is not said, or says everything. */
function range(value: Unmodelled, option: string, selector: string): string | undefined {
  const word = said(value, option);
  if (word?.value === undefined) return undefined;
  const [low = 0, high = low] = word.value.split(":").map(Number);
  if (low === 0 && high === 0xffff_ffff) return undefined;
  return `${selector} ${unequal(word.not)}${span(low, high)}`;
}

/** `0x2`, `and 0xff == 0x2`. */
function group(value: Unmodelled, option: string, selector: string): string | undefined {
  const word = said(value, option);
  if (word?.value === undefined) return undefined;
  const [number = 0, mask] = word.value.split("/").map(Number);
  if (mask === undefined) return `${selector} ${unequal(word.not)}${hex(number)}`;
  return `${selector} and ${hex(mask)} ${word.not ? "!=" : "=="} ${hex(number)}`;
}

const FRAG_FLAGS: readonly (readonly [string, string])[] = [
  ["fragres", "frag reserved 1"],
  ["fragfirst", "frag frag-off 0"],
  ["fragmore", "frag more-fragments 1"],
  ["fraglast", "frag more-fragments 0"],
];

/** IPv6's header has words for its fields, and for itself where none is tested. */
const ah: Translate<UnmodelledMatch> = (m, { family }) => {
  const spi = range(m, "ahspi", "ah spi");
  return spi ?? (family === 6 ? "meta l4proto ah" : "");
};

/** DCCP's ports and types; its options have no words. */
const dccp: Translate<UnmodelledMatch> = (m) => {
  if (said(m, "dccp-option") !== undefined) return undefined;
  const port = (side: "source" | "destination", name: string) =>
    range(m, `${side}-port`, `dccp ${name}`) ?? range(m, name, `dccp ${name}`);
  const types = said(m, "dccp-types");
  const list = types?.value?.toLowerCase().split(",") ?? [];
  const words = list.length > 1 ? `{ ${list.join(", ")} }` : list[0];
  return joined(
    port("source", "sport"),
    port("destination", "dport"),
    types && `dccp type ${unequal(types.not)}${words}`,
  );
};

/** Matches by name. */
export const UNMODELLED_MATCH_WORDS: Readonly<Record<string, Translate<UnmodelledMatch>>> = {
  ah,
  dccp,
  esp: (m) => range(m, "espspi", "esp spi") ?? "",
  devgroup: (m) => joined(group(m, "src-group", "iifgroup"), group(m, "dst-group", "oifgroup")),
  realm: (m) => group(m, "realm", "rtclassid"),
  hbh: (m) => said(m, "hbh-opts") === undefined ? range(m, "hbh-len", "hbh hdrlength") : undefined,
  frag: (m) => joined(range(m, "fragid", "frag id"), ...FRAG_FLAGS.map(([option, words]) => said(m, option) && words)),
  mh: (m) => range(m, "mh-type", "mh type") ?? "",
  rt: (m) =>
    m.words.some(({ option }) => option.startsWith("rt-0-")) ? undefined : joined(
      range(m, "rt-type", "rt type"),
      range(m, "rt-segsleft", "rt seg-left"),
      range(m, "rt-len", "rt hdrlength"),
    ),
  cgroup: (m) => said(m, "path") === undefined ? range(m, "cgroup", "meta cgroup") : undefined,
};

/** Targets by name. */
export const UNMODELLED_TARGET_WORDS: Readonly<Record<string, Translate<UnmodelledTarget>>> = {
  AUDIT: () => "log level audit",
  SYNPROXY: (t) =>
    joined(
      "synproxy",
      said(t, "sack-perm") && "sack-perm",
      said(t, "timestamp") && "timestamp",
      said(t, "wscale") && `wscale ${said(t, "wscale")?.value}`,
      said(t, "mss") && `mss ${said(t, "mss")?.value}`,
    ),
  TEE: (t) => joined(`dup to ${said(t, "gateway")?.value}`, said(t, "oif") && `device ${said(t, "oif")?.value}`),
};
