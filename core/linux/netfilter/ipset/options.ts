/** Options of `ipset create` and `ipset add`, read word by word. */
import type { Family } from "../address.ts";
import { parseNumber } from "../readers.ts";
import { type Extras, refuse, type SetHeader } from "./model.ts";
import type { Place } from "./sets.ts";
import type { SetType } from "./types.ts";

const MAX_TIMEOUT = 2_147_483;

function number(text: string | undefined, option: string, bounds: readonly [number, number]): number {
  if (text === undefined) refuse(`Missing mandatory argument of option \`${option}'`, 2);
  const value = parseNumber(text);
  if (value === undefined) refuse(`Syntax error: '${text}' is invalid as number`);
  if (value < bounds[0] || value > bounds[1]) {
    refuse(`Syntax error: '${text}' is out of range ${bounds[0]}-${bounds[1]}`);
  }
  return value;
}

type MutableHeader = { -readonly [K in keyof SetHeader]: SetHeader[K] };

type Reader = (header: MutableHeader, take: () => string | undefined) => void;

const HASH: Readonly<Record<string, Reader>> = {
  family: (header, take) => header.family = readFamily(take()),
  hashsize: (header, take) => header.hashsize = powerOfTwo(number(take(), "hashsize", [1, 0xffff_ffff])),
  maxelem: (header, take) => header.maxelem = number(take(), "maxelem", [1, 0xffff_ffff]),
  bucketsize: (header, take) => header.bucketsize = number(take(), "bucketsize", [2, 14]),
  initval: (header, take) => header.initval = number(take(), "initval", [0, 0xffff_ffff]),
  netmask: (header, take) => header.netmask = number(take(), "netmask", [1, header.family === 4 ? 32 : 128]),
  markmask: (header, take) => header.markmask = number(take(), "markmask", [0, 0xffff_ffff]),
  forceadd: (header) => header.forceadd = true,
};
const ANY: Readonly<Record<string, Reader>> = {
  timeout: (header, take) => header.timeout = number(take(), "timeout", [0, MAX_TIMEOUT]),
  counters: (header) => header.counters = true,
  comment: (header) => header.comment = true,
  skbinfo: (header) => header.skbinfo = true,
};
const OTHER: Readonly<Record<SetType["method"], Readonly<Record<string, Reader>>>> = {
  hash: HASH,
  bitmap: { range: (header, take) => header.range = readRange(take() ?? "", header) },
  list: { size: (header, take) => header.size = number(take(), "size", [0, 0xffff_ffff]) },
};

function readFamily(text: string | undefined): Family {
  if (text === "inet" || text === "ipv4" || text === "-4") return 4;
  if (text === "inet6" || text === "ipv6" || text === "-6") return 6;
  return refuse(`Syntax error: unknown INET family ${text}`);
}

/** The kernel rounds the hash size up, to no less than 64. */
function powerOfTwo(size: number): number {
  return 2 ** Math.max(6, Math.ceil(Math.log2(size)));
}

function readRange(text: string, header: SetHeader): readonly [number, number] {
  if (header.type.name === "bitmap:port") {
    const [low, high = low] = text.split("-").map((port) => number(port, "range", [0, 65535]));
    return [low ?? 0, high ?? 0];
  }
  const quad = (address: string) =>
    address.split(".").reduce((sum, octet) => sum * 256 + number(octet, "range", [0, 255]), 0);
  const [net = "", length] = text.split("/");
  if (length !== undefined) {
    const size = 2 ** (32 - number(length, "range", [16, 32]));
    const first = Math.floor(quad(net) / size) * size;
    return [first, first + size - 1];
  }
  const [low = "", high = low] = text.split("-");
  return [quad(low), quad(high)];
}

/** The header that `create NAME TYPE OPTIONS` asks for; `initval` is what the kernel would draw. */
export function readHeader(type: SetType, words: readonly string[], initval: number): SetHeader {
  const header: MutableHeader = {
    type,
    family: 4,
    hashsize: 1024,
    maxelem: 65536,
    counters: false,
    comment: false,
    skbinfo: false,
    forceadd: false,
    bucketsize: 12,
    initval,
    size: type.method === "list" ? 8 : undefined,
  };
  const known = { ...ANY, ...OTHER[type.method] };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const reader = known[word];
    if (reader === undefined) return refuse(`Unknown argument: \`${word}'`, 2);
    reader(header, () => words[++i]);
  }
  if (type.method === "bitmap" && header.range === undefined) refuse("Mandatory option `range' is missing", 2);
  return header;
}

const WORDS: Readonly<Record<string, keyof Extras>> = {
  timeout: "timeout",
  packets: "packets",
  bytes: "bytes",
  comment: "comment",
  skbmark: "skbmark",
  skbprio: "skbprio",
  skbqueue: "skbqueue",
};

/** What stands behind an element: its extras, and its place in a list. */
export function readExtras(words: readonly string[]): { extras: Partial<Extras>; place?: Place } {
  const extras: { -readonly [K in keyof Extras]?: Extras[K] } = {};
  let place: Place | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const field = WORDS[word];
    if (word === "nomatch") extras.nomatch = true;
    else if (word === "before" || word === "after") place = { side: word, of: words[++i] ?? "" };
    else if (field === undefined) refuse(`Unknown argument: \`${word}'`, 2);
    else Object.assign(extras, { [field]: readExtra(word, words[++i]) });
  }
  return { extras, place };
}

function readExtra(word: string, text: string | undefined): string | number {
  if (word === "timeout") return number(text, word, [0, MAX_TIMEOUT]) * 1000;
  if (word === "packets" || word === "bytes") return number(text, word, [0, Number.MAX_SAFE_INTEGER]);
  return text ?? refuse(`Missing mandatory argument of option \`${word}'`, 2);
}
