import { getopt, has, valueOf } from "../getopt.ts";
import type { PrintOptions } from "./print/out.ts";
import { USAGE, VERSION } from "./usage.ts";

const MOST_SNAPSHOT = 262_144;

/** What was asked for. */
export interface TcpdumpOptions {
  readonly print: PrintOptions;
  /** -i; absent: the first device that is up. */
  readonly device?: string;
  /** -c. */
  readonly count?: number;
  /** --count: only how many. */
  readonly onlyCount: boolean;
  readonly snapshot: number;
  readonly read?: string;
  readonly write?: string;
  /** --print: lines as well as a file. */
  readonly both: boolean;
  /** How often -t was said, 0 to 5. */
  readonly stamp: number;
  /** -x 1, -xx 2 (with the link header); -X, -XX with text; -A, -AA text alone. */
  readonly dump: { readonly hex: number; readonly ascii: number; readonly text: number };
  readonly numbered: boolean;
  readonly direction: "in" | "out" | "inout";
  /** -y. */
  readonly linkType?: string;
  readonly list: "devices" | "links" | undefined;
  readonly expression: string;
  /** -F. */
  readonly expressionFile?: string;
}

/** How it ends without capturing anything: exit status and text. */
export interface Ending {
  readonly exit: number;
  readonly out?: string;
  readonly err?: string;
}

const SHORT = "AbB:c:C:dDeE:fF:G:hHi:Ij:JKlLm:M:nNOpq#Q:r:s:StT:uUvV:w:W:xXy:Yz:Z:";
const LONG: Readonly<Record<string, string>> = {
  "buffer-size": "B",
  "list-interfaces": "D",
  help: "h",
  interface: "i",
  "monitor-mode": "I",
  "list-data-link-types": "L",
  "no-promiscuous-mode": "p",
  direction: "Q",
  "snapshot-length": "s",
  "linktype": "y",
  "relinquish-privileges": "Z",
  "packet-buffered": "U",
  "dont-verify-checksums": "K",
  "absolute-tcp-sequence-numbers": "S",
  number: "#",
  version: "version",
  "immediate-mode": "immediate-mode",
  print: "print",
  count: "count",
  micro: "micro",
  nano: "nano",
};
/** Options whose effect is not modelled: they are named, and nothing is captured. */
const UNMODELLED: Readonly<Record<string, string>> = {
  C: "-C",
  d: "-d",
  E: "-E",
  G: "-G",
  H: "-H",
  I: "-I",
  j: "-j",
  J: "-J",
  m: "-m",
  M: "-M",
  T: "-T",
  V: "-V",
  W: "-W",
  z: "-z",
  nano: "--nano",
};

/** Reads tcpdump's command line. */
export function tcpdumpOptions(args: readonly string[]): TcpdumpOptions | Ending {
  const parsed = getopt(args, { short: SHORT, long: LONG, strict: true });
  if ("problem" in parsed) return { exit: 1, err: `tcpdump: ${parsed.problem}\n${USAGE}` };
  const { options, operands } = parsed;
  const count = (name: string): number => options.filter((option) => option.name === name).length;
  const unmodelled = options.find(({ name }) => UNMODELLED[name] !== undefined);
  if (has(options, "h")) return { exit: 0, out: USAGE };
  if (has(options, "version")) return { exit: 0, out: VERSION };
  if (has(options, "Y")) return { exit: 1, err: USAGE };
  const refused = wrongValue(options);
  if (refused !== undefined) return fail(refused);
  if (unmodelled !== undefined) return fail(`${UNMODELLED[unmodelled.name]} is not modelled`);
  const wrong = wrongNumber(options);
  if (wrong !== undefined) return fail(wrong);
  if (count("t") > 5) return fail("only -t, -tt, -ttt, -tttt and -ttttt are supported");
  const direction = valueOf(options, "Q") ?? "inout";
  if (!["in", "out", "inout"].includes(direction)) return fail(`unknown capture direction \`${direction}'`);
  const snapshot = Number(valueOf(options, "s") ?? 0);
  const optional = {
    device: valueOf(options, "i"),
    read: valueOf(options, "r"),
    write: valueOf(options, "w"),
    linkType: valueOf(options, "y"),
    expressionFile: valueOf(options, "F"),
    count: has(options, "c") ? Number(valueOf(options, "c")) : undefined,
  };
  return {
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    print: {
      numeric: has(options, "n"),
      link: has(options, "e"),
      verbose: count("v"),
      quiet: has(options, "q"),
      absolute: has(options, "S"),
      unchecked: has(options, "K"),
      short: has(options, "N"),
      bytesShown: has(options, "q") || has(options, "x") || has(options, "X") || has(options, "A"),
    },
    onlyCount: has(options, "count"),
    snapshot: snapshot === 0 ? MOST_SNAPSHOT : snapshot,
    both: has(options, "print"),
    stamp: count("t"),
    dump: { hex: count("x"), ascii: count("X"), text: count("A") },
    numbered: has(options, "#"),
    direction: direction as TcpdumpOptions["direction"],
    list: has(options, "D") ? "devices" : has(options, "L") ? "links" : undefined,
    expression: operands.join(" "),
  };
}

function fail(text: string): Ending {
  return { exit: 1, err: `tcpdump: ${text}\n` };
}

function wrongNumber(options: Parameters<typeof valueOf>[0]): string | undefined {
  const count = valueOf(options, "c");
  if (count !== undefined && !(/^\d+$/.test(count) && Number(count) > 0)) return `invalid packet count ${count}`;
  const snapshot = valueOf(options, "s");
  if (snapshot !== undefined && !(/^\d+$/.test(snapshot) && Number(snapshot) <= MOST_SNAPSHOT)) {
    return `invalid snaplen ${snapshot} (must be >= 0 and <= ${MOST_SNAPSHOT})`;
  }
  const buffer = valueOf(options, "B");
  if (buffer !== undefined && !(parseInt(buffer, 10) > 0)) return `invalid packet buffer size ${buffer}`;
  return undefined;
}

/** Values that are refused before it matters that what they are for is not modelled. */
function wrongValue(options: Parameters<typeof valueOf>[0]): string | undefined {
  const size = valueOf(options, "C");
  if (size !== undefined && !(parseInt(size, 10) > 0)) return `invalid file size ${size}`;
  const stamp = valueOf(options, "j");
  if (stamp !== undefined && !STAMPS.test(stamp)) return `invalid time stamp type ${stamp}`;
  const type = valueOf(options, "T");
  return type === undefined || PACKETS.has(type) ? undefined : `unknown packet type \`${type}'`;
}

const STAMPS = /^(host|host_lowprec|host_hiprec|host_hiprec_unsynced|adapter|adapter_unsynced)$/;
const PACKETS = new Set(
  "vat wb rpc rtp rtcp snmp cnfp aodv carp radius zmtp1 vxlan pgm pgm_zmtp1 lmp resp tftp domain quic someip".split(
    " ",
  ),
);
