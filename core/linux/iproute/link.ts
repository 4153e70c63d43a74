import type { Link } from "../../../wasm/mod.ts";
import { Entry } from "./entry.ts";
import { Exit, invalid, must, unknownCommand } from "./exit.ts";
import { linkExtras } from "./extras.ts";
import { linkAdd } from "./link_add.ts";
import { linkFlags, linkType } from "./link_flags.ts";
import { linkEntry, lowerDown, putName } from "./link_print.ts";
import { linkSet } from "./link_set.ts";
import { LINK_TYPE_USAGE } from "./link_usage.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated, type Words } from "./words.ts";

const VERBS = [
  "add",
  "set",
  "change",
  "replace",
  "delete",
  "show",
  "list",
  "lst",
  "xstats",
  "afstats",
  "property",
  "help",
] as const;

/** `ip link`. */
export const ipLink: IpObject = (tool, words) => {
  const word = words.take();
  if (word === undefined) return linkShow(tool, words);
  const verb = word === "del" ? "delete" : abbreviated(word, VERBS);
  switch (verb) {
    case "add":
      return linkAdd(tool, words);
    case "set":
    case "change":
      return linkSet(tool, words);
    case "delete":
      return linkDelete(tool, words);
    case "show":
    case "list":
    case "lst":
      return linkShow(tool, words);
    case "help":
      return linkHelp(tool, words);
    case "replace":
    case "xstats":
    case "afstats":
    case "property":
      throw new Exit(255, `ip: link ${verb} is not modelled\n`, true);
    case undefined:
      throw unknownCommand(word, "ip link");
  }
};

function linkHelp(tool: IpTool, words: Words): number {
  const type = words.take();
  const text = type === undefined ? undefined : LINK_TYPE_USAGE[type];
  if (text === undefined) throw new Exit(255, IP_USAGE["link"] ?? "", true);
  tool.process.err(text);
  return 0;
}

/** Which devices a list shows. */
export interface LinkFilter {
  name?: string;
  up?: boolean;
  master?: number;
  noMaster?: boolean;
  type?: string;
  group?: number;
}

/** Takes a word of `ip link show` or `ip addr show` that picks devices; false when it is none. */
export function takeLinkFilter(tool: IpTool, words: Words, filter: LinkFilter): boolean {
  if (words.accept("up")) filter.up = true;
  else if (words.accept("master")) filter.master = masterIndex(tool, words.next());
  else if (words.accept("vrf")) filter.master = vrfIndex(tool, words.next());
  else if (words.accept("nomaster")) filter.noMaster = true;
  else if (words.accept("type")) filter.type = words.next();
  else if (words.accept("group")) filter.group = groupNumber(words.next());
  else return false;
  return true;
}

function masterIndex(tool: IpTool, name: string): number {
  const link = tool.find(name);
  if (link === undefined) throw invalid(name, "Device does not exist\n");
  return link.index;
}

function vrfIndex(tool: IpTool, name: string): number {
  if (tool.find(name) === undefined) throw invalid(name, "Not a valid VRF name\n");
  throw invalid(name, "Not a valid VRF name\n");
}

/** A group's number: `default` is 0. */
export function groupNumber(word: string): number {
  if (word === "default") return 0;
  if (/^\d+$/.test(word)) return Number(word);
  throw invalid(word, `Invalid "group" value\n`);
}

/** Whether a filter lets a device through. */
export function linkPasses(tool: IpTool, link: Link, filter: LinkFilter): boolean {
  const master = tool.links().find((other) => other.index === link.master);
  if (filter.name !== undefined && link.name !== filter.name) return false;
  if (filter.up && !link.up) return false;
  if (filter.master !== undefined && link.master !== filter.master) return false;
  if (filter.noMaster && link.master !== 0) return false;
  if (filter.group !== undefined && (linkExtras(tool.namespace, link.index).group ?? 0) !== filter.group) return false;
  if (filter.type === undefined) return true;
  return filter.type.endsWith("_slave") ? `${master?.kind}_slave` === filter.type : link.kind === filter.type;
}

/** The device a list is about, or the end of the command where it is not there. */
export function shownDevice(tool: IpTool, name: string): Link {
  const link = tool.find(name);
  if (link === undefined) throw new Exit(1, `Device "${name}" does not exist.\n`);
  return link;
}

function linkShow(tool: IpTool, words: Words): number {
  const filter: LinkFilter = {};
  while (words.more) {
    if (takeLinkFilter(tool, words, filter)) continue;
    words.accept("dev");
    const word = words.next();
    if (word === "help") throw new Exit(255, IP_USAGE["link"] ?? "", true);
    if (filter.name !== undefined) {
      throw new Exit(255, `Error: either "dev" is duplicate, or "${word}" is a garbage.\n`, true);
    }
    filter.name = shownDevice(tool, word).name;
  }
  const links = tool.links().filter((link) => linkPasses(tool, link, filter));
  tool.report(links.map((link) => tool.options.brief ? briefEntry(tool, link) : wholeEntry(tool, link)));
  return 0;
}

function wholeEntry(tool: IpTool, link: Link): Entry {
  return linkEntry(tool, link, { forLink: true, address: true }).say("\n");
}

/** `eth0@if3         UP             02:... <...> `. */
function briefEntry(tool: IpTool, link: Link): Entry {
  const entry = briefHead(tool, link, false);
  if (linkType(link) !== "none") entry.put("address", link.mac, `${link.mac} `);
  return entry.put("flags", linkFlags(link), `<${[...linkFlags(link), ...lowerDown(tool, link)].join(",")}> `).say(
    "\n",
  );
}

/** Name and state as every brief line begins. */
export function briefHead(tool: IpTool, link: Link, short: boolean): Entry {
  const name = new Entry();
  putName(name, tool, link, short);
  const entry = new Entry();
  Object.assign(entry.json, name.json);
  entry.say(`${name.text.padEnd(16)} `);
  return entry.put("operstate", link.operstate, `${link.operstate.padEnd(14)} `);
}

function linkDelete(tool: IpTool, words: Words): number {
  let name: string | undefined;
  while (words.more) {
    if (words.accept("type")) words.rest();
    else if (words.accept("group")) return deleteGroup(tool, groupNumber(words.next()));
    else {
      words.accept("dev");
      name = words.next();
    }
  }
  if (name === undefined) throw new Exit(1, `Not enough information: "dev" argument is required.\n`);
  must(tool.plane.removeLink(tool.ns, tool.device(name).index));
  return 0;
}

function deleteGroup(tool: IpTool, group: number): number {
  for (const link of tool.links()) {
    if ((linkExtras(tool.namespace, link.index).group ?? 0) !== group) continue;
    if (tool.links().some((other) => other.index === link.index)) must(tool.plane.removeLink(tool.ns, link.index));
  }
  return 0;
}
