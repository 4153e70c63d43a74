import { Exit, incomplete, invalid, usage } from "./exit.ts";
import { IP_USAGE } from "./usage.ts";
import type { Words } from "./words.ts";

/** What stands between `ip` and its object. */
export interface IpOptions {
  /** -4, -6; absent: both, or IPv4 where only one can be meant. */
  readonly family?: 4 | 6;
  /** -0, -B, -M: families that have no addresses here. */
  readonly otherFamily?: "link" | "bridge" | "mpls";
  readonly oneline?: boolean;
  readonly brief?: boolean;
  readonly details?: boolean;
  /** How often -s was said. */
  readonly stats?: number;
  readonly json?: boolean;
  /** -c: also where no terminal is. */
  readonly color?: boolean;
  readonly pretty?: boolean;
  readonly human?: boolean;
  readonly all?: boolean;
  /** `bridge -compressvlans`. */
  readonly compress?: boolean;
  readonly force?: boolean;
  readonly numeric?: boolean;
  /** 1: -t, 2: -ts. */
  readonly timestamp?: number;
  /** -batch FILE, `-` for standard input. */
  readonly batch?: string;
  /** -n NAME. */
  readonly netns?: string;
}

type Change = (options: IpOptions, words: Words) => IpOptions;

const set = (change: Partial<IpOptions>): Change => (options) => ({ ...options, ...change });

const FAMILIES: Readonly<Record<string, Partial<IpOptions>>> = {
  inet: { family: 4 },
  inet6: { family: 6 },
  link: { otherFamily: "link" },
  bridge: { otherFamily: "bridge" },
  mpls: { otherFamily: "mpls" },
  any: {},
};

/** Options in the order in which an abbreviation finds them. */
const OPTIONS: readonly (readonly [string, Change])[] = [
  ["-loops", (options, words) => (words.next(), options)],
  ["-family", family],
  ["-4", set({ family: 4 })],
  ["-6", set({ family: 6 })],
  ["-0", set({ otherFamily: "link" })],
  ["-M", set({ otherFamily: "mpls" })],
  ["-B", set({ otherFamily: "bridge" })],
  ["-human-readable", set({ human: true })],
  ["-iec", set({})],
  ["-stats", (options) => ({ ...options, stats: (options.stats ?? 0) + 1 })],
  ["-statistics", (options) => ({ ...options, stats: (options.stats ?? 0) + 1 })],
  ["-details", set({ details: true })],
  ["-resolve", set({})],
  ["-oneline", set({ oneline: true })],
  ["-timestamp", (options) => ({ ...options, timestamp: 1 })],
  ["-tshort", (options) => ({ ...options, timestamp: 2 })],
  ["-Version", () => {
    throw new Version();
  }],
  ["-force", set({ force: true })],
  ["-batch", (options, words) => {
    if (!words.more) throw usage(IP_USAGE[""]);
    return { ...options, batch: words.next() };
  }],
  ["-brief", set({ brief: true })],
  ["-json", set({ json: true })],
  ["-pretty", set({ pretty: true })],
  ["-rcvbuf", (options, words) => (words.next(), options)],
  ["-help", () => {
    throw usage(IP_USAGE[""]);
  }],
  ["-netns", (options, words) => ({ ...options, netns: words.next() })],
  ["-Numeric", set({ numeric: true })],
  ["-all", set({ all: true })],
  ["-echo", set({})],
  ["-compressvlans", set({ compress: true })],
];

/** `ip -V`: not a failure, but the end. */
export class Version extends Exit {
  constructor() {
    super(0, "");
  }
}

/** Takes the options off the front of the words; `help` is what -help says. */
export function takeOptions(words: Words, help = IP_USAGE[""]): IpOptions {
  let options: IpOptions = {};
  while (words.peek()?.startsWith("-")) {
    const word = words.next();
    if (word === "--") break;
    const given = word.startsWith("--") ? word.slice(1) : word;
    const colour = /^-c(?:o(?:l(?:or?)?)?)?(?:=(always|auto|never))?$/.exec(given);
    if (colour !== null) {
      options = { ...options, color: (colour[1] ?? "always") === "always" };
      continue;
    }
    const exact = {
      "-s": "-stats",
      "-h": "-human-readable",
      "-b": "-batch",
      "-br": "-brief",
      "-t": "-timestamp",
      "-ts": "-tshort",
    };
    const name = (exact as Readonly<Record<string, string>>)[given] ?? given;
    const found = OPTIONS.find(([option]) => option === name) ??
      OPTIONS.find(([option]) => option.startsWith(name) && name !== "-");
    if (found?.[0] === "-help") throw usage(help);
    if (found === undefined) throw new Exit(255, `Option "${given}" is unknown, try "ip -help".\n`, true);
    options = found[1](options, words);
  }
  return options;
}

function family(options: IpOptions, words: Words): IpOptions {
  if (!words.more) throw incomplete();
  const word = words.next();
  const change = FAMILIES[word];
  if (word === "help") throw usage(IP_USAGE[""]);
  if (change === undefined) throw invalid(word, "invalid protocol family");
  return { ...options, ...change };
}
