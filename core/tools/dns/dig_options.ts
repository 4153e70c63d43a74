/** dig's command line (bind9-dnsutils 9.18): words in any order, `+` options, several look-ups on one line. */
import { isIp, parseIp } from "../../base/mod.ts";
import { absolute, classNumber, reverseName, typeNumber } from "../../dns/mod.ts";

/** One look-up. */
export interface DigLookup {
  readonly name: string;
  readonly type: string;
  readonly class: string;
}

/** What all look-ups of a line share. */
export interface DigOptions {
  readonly lookups: readonly DigLookup[];
  /** As written behind `@`; undefined for those of resolv.conf. */
  readonly server: string | undefined;
  readonly port: number;
  readonly family: 0 | 4 | 6;
  /** `-b`: an address, or one with a port, `10.0.0.1#4000`. */
  readonly from: string | undefined;
  /** `+` options by name: `short`, `answer`, `tcp` ... */
  readonly flags: ReadonlyMap<string, boolean>;
  /** `+time=` and the like. */
  readonly values: ReadonlyMap<string, string>;
}

/** `+` options that are on unless turned off. */
const ON = ["cmd", "comments", "question", "answer", "authority", "additional", "stats", "recurse", "edns", "cookie"];
const OFF = [
  "short",
  "tcp",
  "search",
  "ignore",
  "dnssec",
  "identify",
  "aaonly",
  "adflag",
  "cdflag",
  "nssearch",
  "multiline",
  "ttlunits",
  "fail",
  "besteffort",
  "showsearch",
  "qr",
  "rrcomments",
  "all",
  "badcookie",
  "keepopen",
  "onesoa",
  "crypto",
  "class",
  "ttlid",
  "unknownformat",
  "nsid",
  "trace",
];
const VALUES = [
  "time",
  "timeout",
  "tries",
  "retry",
  "ndots",
  "bufsize",
  "edns",
  "domain",
  "split",
  "subnet",
  "padding",
  "ednsopt",
  "ednsflags",
  "qid",
];
const SAME: Readonly<Record<string, string>> = {
  vc: "tcp",
  rec: "recurse",
  rdflag: "recurse",
  defname: "search",
  timeout: "time",
  adf: "adflag",
  cd: "cdflag",
};
/** Known, not simulated: named to whoever types them. */
const UNMODELLED = ["nssearch", "https", "tls", "proxy", "idnin", "idnout", "mapped"];

/** The options, or what dig complains about on standard error before its usage. */
export function digOptions(
  args: readonly string[],
): DigOptions | { readonly invalid: string } | { readonly unmodelled: string } {
  const flags = new Map<string, boolean>([
    ...ON.map((name) => [name, true] as const),
    ...OFF.map((name) => [name, false] as const),
  ]);
  const values = new Map<string, string>();
  const lookups: { name: string; type: string; class: string; typed: boolean }[] = [];
  let [server, port, family, from]: [string | undefined, number, 0 | 4 | 6, string | undefined] = [
    undefined,
    53,
    0,
    undefined,
  ];
  let [type, kind]: [string | undefined, string | undefined] = [undefined, undefined];
  const words = [...args];
  const add = (name: string, own = type ?? "A"): void =>
    void lookups.push({ name, type: own, class: kind ?? "IN", typed: type !== undefined });
  while (words.length > 0) {
    const word = words.shift() as string;
    if (word.startsWith("@")) server = word.slice(1);
    else if (word.startsWith("+")) {
      const problem = plusOption(word, flags, values);
      if (problem !== undefined) return problem;
    } else if (word === "-4" || word === "-6") family = word === "-4" ? 4 : 6;
    else if (/^-[tcqpbx]/.test(word)) {
      const value = word.length > 2 ? word.slice(2) : words.shift() ?? "";
      if (word[1] === "t") type = setType(lookups, value.toUpperCase());
      else if (word[1] === "c") kind = value.toUpperCase();
      else if (word[1] === "q") add(value);
      else if (word[1] === "p") port = Number(value);
      else if (word[1] === "b") from = value;
      else add(pointer(value), "PTR");
    } else if (word.startsWith("-")) return { invalid: word };
    else if (typeNumber(word) !== undefined && !isIp(word)) type = setType(lookups, word.toUpperCase());
    else if (classNumber(word) !== undefined && word.toUpperCase() !== "ANY") kind = word.toUpperCase();
    else add(word);
  }
  if (lookups.length === 0) add(".", type ?? "NS");
  return {
    lookups: lookups.map(({ typed: _typed, ...lookup }) => ({ ...lookup, class: kind ?? lookup.class })),
    server,
    port,
    family,
    from,
    flags,
    values,
  };
}

/** A type counts for the name before it, or for the next ones. */
function setType(lookups: { type: string; typed: boolean }[], type: string): string | undefined {
  const last = lookups.at(-1);
  if (last === undefined || last.typed) return type;
  last.type = type;
  last.typed = true;
  return undefined;
}

function pointer(address: string): string {
  const ip = parseIp(address);
  return ip === undefined ? absolute(`${address.split(".").reverse().join(".")}.in-addr.arpa`) : reverseName(ip);
}

function plusOption(
  word: string,
  flags: Map<string, boolean>,
  values: Map<string, string>,
): { readonly invalid: string } | { readonly unmodelled: string } | undefined {
  const [text = "", value] = word.slice(1).split("=", 2);
  const off = text.startsWith("no") && !["nocmd"].includes(`+${text}`);
  const name = fullName(off ? text.slice(2) : text);
  if (name === undefined) return { invalid: word };
  if (UNMODELLED.includes(name) && !off) return { unmodelled: word };
  if (value !== undefined && VALUES.includes(name)) values.set(name, value);
  if (name === "all") {
    for (const each of ["cmd", "comments", "question", "answer", "authority", "additional", "stats"]) {
      flags.set(each, !off);
    }
  } else flags.set(name, !off);
  if (name === "short" && !off) {
    for (const each of ["cmd", "comments", "question", "authority", "additional", "stats"]) {
      flags.set(each, false);
    }
  }
  return undefined;
}

/** Options may be cut short as long as they stay clear. */
function fullName(text: string): string | undefined {
  const all = [...ON, ...OFF, ...VALUES, ...UNMODELLED, ...Object.keys(SAME)];
  const exact = all.includes(text) ? text : undefined;
  const found = exact ?? all.find((name) => text.length >= 2 && name.startsWith(text));
  return found === undefined ? undefined : SAME[found] ?? found;
}
