import type { LinkChange } from "../../../wasm/mod.ts";
import { Exit, invalid } from "./exit.ts";
import type { LinkLooks } from "./extras.ts";
import { addrGenMode, lladdr, masterOf, netnsOf, number, onOff } from "./link_values.ts";
import type { IpTool } from "./tool.ts";
import type { Words } from "./words.ts";

/** What the words that `ip link add` and `ip link set` share come to. */
export interface Wanted {
  readonly change: { -readonly [K in keyof LinkChange]: LinkChange[K] };
  /** What no packet feels. */
  readonly looks: { -readonly [K in keyof LinkLooks]: LinkLooks[K] };
  alias?: string;
  addrGenMode?: number;
  index?: number;
}

/** Reads what stands behind a word into a request. */
export type Take<T> = (tool: IpTool, words: Words, request: T) => void;

const queueLength: Take<Wanted> = (_tool, words, { change }) => change.txqlen = number(words.next(), "txqueuelen");
const flag = (word: string, key: "multicast" | "allmulti" | "dynamic" | "trailers"): Take<Wanted> => {
  return (_tool, words, { looks }) => looks[key] = onOff(words.next(), word);
};
const limit = (word: string, key: "gsoSize" | "gsoSegs" | "groSize"): Take<Wanted> => {
  return (_tool, words, { looks }) => looks[key] = number(words.next(), word);
};
/** The largest packet and the most pieces that a device hands down at once. */
const GSO_LIMITS = { size: 524280, segs: 65535 } as const;

/** Words of `ip link add` and `ip link set` alike. */
export const COMMON: Readonly<Record<string, Take<Wanted>>> = {
  up: (_tool, _words, { change }) => change.up = true,
  down: (_tool, _words, { change }) => change.up = false,
  broadcast: (_tool, words, { looks }) => looks.broadcast = lladdr(words.next()),
  brd: (_tool, words, { looks }) => looks.broadcast = lladdr(words.next()),
  mtu: (_tool, words, { change }) => change.mtu = number(words.next(), "mtu"),
  txqueuelen: queueLength,
  txqlen: queueLength,
  qlen: queueLength,
  master: (tool, words, { change }) => change.master = masterOf(tool, words.next()),
  vrf: (_tool, words) => {
    throw invalid(words.next(), "Not a valid VRF name\n");
  },
  nomaster: (_tool, _words, { change }) => change.master = 0,
  netns: (tool, words, { change }) => change.ns = netnsOf(tool, words.next()),
  arp: (_tool, words, { change }) => change.arp = onOff(words.next(), "arp"),
  promisc: (_tool, words, { change }) => change.promisc = onOff(words.next(), "promisc"),
  multicast: flag("multicast", "multicast"),
  allmulticast: flag("allmulticast", "allmulti"),
  dynamic: flag("dynamic", "dynamic"),
  trailers: flag("trailers", "trailers"),
  addrgenmode: (_tool, words, request) => request.addrGenMode = addrGenMode(words.next()),
  mode: (_tool, words, { looks }) => looks.dormant = modeOf(words.next()),
  gso_max_size: limit("gso_max_size", "gsoSize"),
  gso_max_segs: limit("gso_max_segs", "gsoSegs"),
  gro_max_size: limit("gro_max_size", "groSize"),
  numtxqueues: (_tool, words) => number(words.next(), "numtxqueues"),
  numrxqueues: (_tool, words) => number(words.next(), "numrxqueues"),
  index: (_tool, words, request) => request.index = indexOf(words.next()),
  alias: (_tool, words, request) => request.alias = words.next(),
};

function modeOf(word: string): boolean {
  if (/^(default|dormant)$/i.test(word)) return word.toLowerCase() === "dormant";
  throw invalid(word, "Invalid link mode\n");
}

/** As atoi(3) reads it. */
function indexOf(word: string): number {
  const index = parseInt(word, 10);
  if (!(index > 0)) throw invalid(word, `Invalid "index" value`);
  return index;
}

/** What the kernel refuses among what is only shown. */
export function checkLooks({ broadcast, gsoSize = 0, gsoSegs = 0 }: LinkLooks): void {
  const short = broadcast !== undefined && broadcast.split(":").length < 6;
  if (short || gsoSize > GSO_LIMITS.size || gsoSegs > GSO_LIMITS.segs) {
    throw new Exit(2, "RTNETLINK answers: Invalid argument\n");
  }
}

/** Words of `ip link` that may be cut short, in the order in which a beginning finds them. */
const SHORT = [
  "link",
  "address",
  "broadcast",
  "txqueuelen",
  "txqlen",
  "master",
  "nomaster",
  "dynamic",
  "type",
  "alias",
  "numtxqueues",
  "numrxqueues",
  "addrgenmode",
  "link-netns",
  "link-netnsid",
  "help",
];
/** Words that a beginning of another does not hide. */
const WHOLE = /^(up|down|name|mtu|netns|arp|dev|index)$/;

/** The whole word that iplink understands: a device called `br` must be named as `dev br`. */
export function linkWord(word: string): string {
  return word === "" || WHOLE.test(word) ? word : SHORT.find((whole) => whole.startsWith(word)) ?? word;
}
