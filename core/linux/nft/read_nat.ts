/** dnat, snat, masquerade, redirect. */
import { DATATYPES } from "./datatypes.ts";
import { readLookup } from "./read_match.ts";
import { readSelectors } from "./selectors.ts";
import type { NftNat } from "./types.ts";
import type { WordReader } from "./words.ts";

const VERBS = ["dnat", "snat", "masquerade", "redirect"] as const;
const FLAGS = ["random", "fully-random", "persistent"];

/** A NAT statement; undefined where none begins. */
export function readNat(words: WordReader): NftNat | undefined {
  const verb = VERBS.find((each) => words.skip(each));
  if (verb === undefined) return undefined;
  const family = words.skip("ip") ? "ip" : words.skip("ip6") ? "ip6" : undefined;
  const to = words.skip("to") || (/^[0-9:[]/.test(words.next ?? ""));
  const where = to ? readWhere(words) : {};
  const flags: string[] = [];
  while (FLAGS.includes(words.next ?? "")) {
    flags.push(words.take());
    words.skip(",");
  }
  const both = where.lookup !== undefined && hasPort(where.lookup);
  return {
    kind: "nat",
    verb,
    ...where,
    ...(family !== undefined && both ? { family } : {}),
    flags: FLAGS.filter((flag) => flags.includes(flag)),
  };
}

function hasPort({ map }: NonNullable<NftNat["lookup"]>): boolean {
  return typeof map !== "string" && map.some(({ value }) => value.length > 1);
}

function readWhere(words: WordReader): Partial<NftNat> {
  const by = words.attempt(readSelectors);
  const address = words.words.slice(words.at).some((word) => word.includes("::"))
    ? DATATYPES.ipv6_addr
    : DATATYPES.ipv4_addr;
  if (by !== undefined) return { lookup: readLookup(words, by, [address, DATATYPES.inet_service]) };
  return readSocket(words);
}

const SOCKET =
  /^(?:\[([^\]]+)\]|([0-9.]+)(?:-([0-9.]+))?|([0-9a-f]*:[0-9a-f:]*:[0-9a-f]*)(?:-([0-9a-f:]+))?)?(?::?(\d+)(?:-(\d+))?)?$/;

function readSocket(words: WordReader): Partial<NftNat> {
  const from = words.at;
  const word = words.take();
  if (/^\d+$/.test(word)) return { port: Number(word) };
  const [match, bracketed, quad, lastQuad, six, lastSix, port, lastPort] = SOCKET.exec(word) ?? [];
  if (match === undefined || word === "") words.refuse("Could not resolve hostname: Name or service not known", from);
  const [first, last] = (bracketed ?? "").split("-");
  const address = first || quad || six;
  const lastAddress = last ?? lastQuad ?? lastSix;
  if (port !== undefined && Number(port) > 65_535) words.refuse("Service out of range", from);
  return {
    ...(address === undefined ? {} : { address }),
    ...(lastAddress === undefined ? {} : { lastAddress }),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(lastPort === undefined ? {} : { lastPort: Number(lastPort) }),
  };
}
