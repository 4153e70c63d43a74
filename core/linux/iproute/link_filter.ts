import type { Link } from "../../../wasm/mod.ts";
import { Exit, invalid } from "./exit.ts";
import { linkExtras } from "./extras.ts";
import type { IpTool } from "./tool.ts";
import type { Words } from "./words.ts";

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
