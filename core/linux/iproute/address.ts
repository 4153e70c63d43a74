import type { Address, Link } from "../../../wasm/mod.ts";
import { type Cidr, contains, requireIp } from "../../base/mod.ts";
import { addressAdd, addressDelete } from "./address_change.ts";
import { addressEntry, addressFamily, addressFlags, briefAddress } from "./address_print.ts";
import { Entry } from "./entry.ts";
import { Exit, garbage, invalid, must, notModelled, unknownCommand, usage } from "./exit.ts";
import { type LinkFilter, linkPasses, shownDevice, takeLinkFilter } from "./link_filter.ts";
import { briefHead, linkEntry } from "./link_print.ts";
import { numberOf, SCOPES } from "./names.ts";
import { parsePrefix } from "./prefix.ts";
import { putStats } from "./link_stats.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated, type Words } from "./words.ts";

const VERBS = [
  "add",
  "change",
  "chg",
  "replace",
  "delete",
  "show",
  "list",
  "lst",
  "flush",
  "save",
  "showdump",
  "restore",
  "help",
] as const;

/** `ip address`. */
export const ipAddress: IpObject = (tool, words) => {
  const word = words.take();
  if (word === undefined) return addressShow(tool, words);
  const verb = abbreviated(word, VERBS);
  switch (verb) {
    case "add":
      return addressAdd(tool, words, "add");
    case "change":
    case "chg":
      return addressAdd(tool, words, "change");
    case "replace":
      return addressAdd(tool, words, "replace");
    case "delete":
      return addressDelete(tool, words);
    case "show":
    case "list":
    case "lst":
      return addressShow(tool, words);
    case "flush":
      return addressFlush(tool, words);
    case "help":
      throw usage(IP_USAGE["address"]);
    case "save":
    case "showdump":
    case "restore":
      throw notModelled(`ip: address ${verb}`);
    case undefined:
      throw unknownCommand(word, "ip address");
  }
};

/** Which addresses a list shows, besides which devices. */
interface AddressFilter extends LinkFilter {
  family?: 4 | 6;
  scope?: number;
  to?: Cidr;
  label?: string;
  /** Flags that must, or must not, be there. */
  readonly flags: Map<string, boolean>;
}

const FLAGS: Readonly<Record<string, readonly [string, boolean]>> = {
  secondary: ["secondary", true],
  temporary: ["secondary", true],
  primary: ["secondary", false],
  permanent: ["dynamic", false],
  dynamic: ["dynamic", true],
  tentative: ["tentative", true],
  "-tentative": ["tentative", false],
  deprecated: ["deprecated", true],
  "-deprecated": ["deprecated", false],
  dadfailed: ["dadfailed", true],
  "-dadfailed": ["dadfailed", false],
  home: ["home", true],
  nodad: ["nodad", true],
  mngtmpaddr: ["mngtmpaddr", true],
  noprefixroute: ["noprefixroute", true],
  autojoin: ["autojoin", true],
};

function takeFilter(tool: IpTool, words: Words): AddressFilter {
  const filter: AddressFilter = { flags: new Map() };
  if (tool.options.family !== undefined) filter.family = tool.options.family;
  while (words.more) {
    if (takeLinkFilter(tool, words, filter)) continue;
    const word = words.next();
    const flag = FLAGS[word];
    if (flag !== undefined) filter.flags.set(...flag);
    else if (word === "to") {
      filter.to = parsePrefix(words.next(), filter.family).cidr;
      filter.family = filter.to.ip.family;
    } else if (word === "scope") filter.scope = scope(words.next());
    else if (word === "label") filter.label = words.next();
    else if (word === "help") throw usage(IP_USAGE["address"]);
    else {
      const name = word === "dev" ? words.next() : word;
      if (filter.name !== undefined) throw garbage("dev", name);
      filter.name = shownDevice(tool, name).name;
    }
  }
  return filter;
}

function scope(word: string): number | undefined {
  if (word === "all") return undefined;
  const number = numberOf(SCOPES, word);
  if (number === undefined || number > 255) throw invalid(word, `invalid "scope"\n`);
  return number;
}

function passes(tool: IpTool, address: Address, filter: AddressFilter): boolean {
  if (filter.family !== undefined && addressFamily(address) !== filter.family) return false;
  if (filter.scope !== undefined && address.scope !== filter.scope) return false;
  const flags = new Set(addressFlags(tool, address).map((flag) => (flag === "temporary" ? "secondary" : flag)));
  for (const [flag, there] of filter.flags) if (flags.has(flag) !== there) return false;
  if (filter.to !== undefined && !contains(filter.to, requireIp(address.address.split("/")[0] ?? ""))) return false;
  return filter.label === undefined || matchesPattern(address.label ?? tool.name(address.dev), filter.label);
}

/** A shell pattern of `*`, `?` and plain characters. */
function matchesPattern(text: string, pattern: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${escaped}$`).test(text);
}

function addressShow(tool: IpTool, words: Words): number {
  const filter = takeFilter(tool, words);
  const addresses = tool.plane.addresses(tool.ns);
  const short = tool.options.family === 6 && filter.name === undefined;
  const records = tool.links().filter((link) => linkPasses(tool, link, filter)).flatMap((link) => {
    const own = addresses.filter((address) => address.dev === link.index);
    const shown = own.filter((address) => passes(tool, address, filter));
    if (shown.length === 0 && (own.length > 0 || filter.family !== undefined)) return [];
    return [tool.options.brief ? briefRecord(tool, link, shown, short) : record(tool, link, shown, filter)];
  });
  tool.report(records);
  return 0;
}

function record(tool: IpTool, link: Link, addresses: readonly Address[], filter: AddressFilter): Entry {
  const { family, name, label } = filter;
  const short = tool.options.family === 6 && name === undefined;
  const whole = new Entry();
  if (!tool.options.oneline && label === undefined) {
    const head = linkEntry(tool, link, {
      forLink: false,
      address: family === undefined || (tool.options.details ?? false),
      short,
    });
    whole.say(`${head.text}\n`);
    Object.assign(whole.json, head.json);
  }
  const infos = addresses.map((address) => addressEntry(tool, address, link, tool.options.oneline));
  whole.say(infos.map((info) => `${info.text}\n`).join(""));
  whole.note("addr_info", infos.map((info) => info.json));
  return tool.options.stats && !tool.options.oneline && label === undefined ? withStats(whole, tool, link) : whole;
}

/** The device's counters behind its addresses. */
function withStats(whole: Entry, tool: IpTool, link: Link): Entry {
  const stats = new Entry();
  putStats(stats, tool, link);
  return whole.put("stats64", stats.json["stats64"] ?? null, `${stats.text.slice(1)}\n`);
}

function briefRecord(tool: IpTool, link: Link, addresses: readonly Address[], short: boolean): Entry {
  const head = briefHead(tool, link, short);
  const infos = addresses.map((address) => briefAddress(tool, address));
  return head.say(`${infos.map((info) => info.text).join("")}\n`).note("addr_info", infos.map((info) => info.json));
}

function addressFlush(tool: IpTool, words: Words): number {
  if (!words.more) throw new Exit(1, "Flush requires arguments.\n");
  const filter = takeFilter(tool, words);
  const links = tool.links().filter((link) => linkPasses(tool, link, filter));
  const doomed = tool.plane.addresses(tool.ns).filter((address) =>
    links.some((link) => link.index === address.dev) && passes(tool, address, filter)
  );
  for (const one of doomed) {
    const { dev, address } = one;
    const link = links.find(({ index }) => index === dev);
    if (link !== undefined && (tool.options.stats ?? 0) > 1) {
      tool.process.out(`${addressEntry(tool, one, link, true).text}\n`);
    }
    const there = tool.plane.addresses(tool.ns).some((other) => other.dev === dev && other.address === address);
    if (there) must(tool.plane.removeAddress(tool.ns, dev, address));
  }
  if (tool.options.stats && doomed.length > 0) {
    tool.process.out(
      `\n*** Round 1, deleting ${doomed.length} addresses ***\n*** Flush is complete after 1 round ***\n`,
    );
  } else if (tool.options.stats) tool.process.out("Nothing to flush.\n");
  return 0;
}
