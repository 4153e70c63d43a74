/** Which options a conntrack command takes and needs, complained of in the order in which the tool looks. */
import { bad, type ConntrackVerb, type Draft, type Said } from "./draft.ts";

/** Long names of the options in the order in which the tool looks at them, by the name they are given under. */
const CHECKED: readonly (readonly [string, string])[] = [
  ["-s", "src"],
  ["-d", "dst"],
  ["-r", "reply-src"],
  ["-q", "reply-dst"],
  ["-p", "protonum"],
  ["-t", "timeout"],
  ["-u", "status"],
  ["-z", "zero"],
  ["-e", "event-mask"],
  ["--tuple-src", "tuple-src"],
  ["--tuple-dst", "tuple-dst"],
  ["--mask-src", "mask-src"],
  ["--mask-dst", "mask-dst"],
  ["-m", "mark"],
  ["-f", "family"],
  ["-n", "src-nat"],
  ["-g", "dst-nat"],
  ["-o", "output"],
  ["-b", "buffer-size"],
  ["-j", "any-nat"],
  ["-w", "zone"],
];
const NONE_BUT = (...allowed: readonly string[]) =>
  CHECKED.map(([name]) => name).filter((name) => !allowed.includes(name)).join(" ");
/** Options that a command does not take. */
const ILLEGAL: Readonly<Record<ConntrackVerb, string>> = {
  L: "-t -e --tuple-src --tuple-dst -b",
  I: "-z -e --tuple-src --tuple-dst --mask-src --mask-dst -f -o -b -j",
  A: "-z -e --tuple-src --tuple-dst --mask-src --mask-dst -f -o -b -j",
  U: "-z -e --tuple-src --tuple-dst -b -j -w",
  D: "-z -e --tuple-src --tuple-dst -b -j",
  G: "-t -u -z -e --tuple-src --tuple-dst --mask-src --mask-dst -m -f -n -g -b -j -w",
  E: "-t -u -z --tuple-src --tuple-dst",
  F: NONE_BUT("-f"),
  C: NONE_BUT(),
  S: NONE_BUT(),
  V: NONE_BUT(),
  h: NONE_BUT("-p"),
};

function needs(option: string): never {
  bad(`You need to supply the \`--${option}' option for this command`);
}

/** generic_opt_check of the tool: each option in its order, then the addresses, then what the protocol wants. */
export function check({ verb = "h", table, given, proto, said }: Draft): void {
  const makes = "IA".includes(verb);
  if (table === "expect" && "IDG".includes(verb)) needs("src");
  const wanted = makes ? ["-p", "-t"] : verb === "G" ? ["-p"] : [];
  const illegal = ILLEGAL[verb].split(" ");
  for (const [name, long] of CHECKED) {
    if (!given.has(name) && wanted.includes(name)) needs(long);
    if (given.has(name) && illegal.includes(name)) bad(`Illegal option \`--${long}' with this command`);
  }
  if (!makes && verb !== "G") return;
  const pair = (a: Said, b: Said) => said[a] !== undefined && said[b] !== undefined;
  if (!pair("src", "dst") && !pair("replySrc", "replyDst")) bad("you have to specify `--src' and `--dst'");
  if (
    [6, 17, 33, 132, 136].includes(proto ?? 0) && !pair("srcPort", "dstPort") && !pair("replySrcPort", "replyDstPort")
  ) {
    bad("you have to specify `--sport' and `--dport'");
  }
  if (proto === 47 && makes) bad("you have to specify `--srckey' and `--dstkey'");
  if (!makes) return;
  if ([6, 33, 132].includes(proto ?? 0) && said.state === undefined) needs("state");
  if (proto === 132) needs("orig-vtag");
  if (proto === 1 || proto === 58) {
    if (said.type === undefined) needs("icmp-type");
    if (said.code === undefined) needs("icmp-code");
  }
}
