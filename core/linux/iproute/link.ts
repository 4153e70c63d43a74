import type { Link } from "../../../wasm/mod.ts";
import { paint } from "./colors.ts";
import type { Entry } from "./entry.ts";
import { Exit, garbage, must, notModelled, unknownCommand, usage } from "./exit.ts";
import { linkProperty } from "./altnames.ts";
import { linkExtras, moveLinkExtras } from "./extras.ts";
import { linkAdd } from "./link_add.ts";
import { linkFlags, linkType } from "./link_flags.ts";
import { groupNumber, type LinkFilter, linkPasses, shownDevice, takeLinkFilter } from "./link_filter.ts";
import { briefHead, linkEntry, lowerDown } from "./link_print.ts";
import { linkSet } from "./link_set.ts";
import { LINK_TYPE_USAGE } from "./link_usage.ts";
import { MORE_LINK_USAGE } from "./link_usage_more.ts";
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
    case "property":
      return linkProperty(tool, words);
    case "replace":
      return linkSet(tool, words);
    case "xstats":
    case "afstats":
      return kernelStats(words, verb);
    case undefined:
      throw unknownCommand(word, "ip link");
  }
};

/** Statistics of MPLS and of bridges' multicast: none of the former, and the latter are not kept. */
function kernelStats(words: Words, verb: "xstats" | "afstats"): number {
  if (verb === "afstats" && !words.more) return 0;
  if (verb === "xstats" && !words.more) throw usage(IP_USAGE["link"]);
  if (words.accept("type") && words.accept("bridge", "bridge_slave") && !words.more) return 0;
  throw notModelled(`ip: link ${verb}`);
}

function linkHelp(tool: IpTool, words: Words): number {
  const type = words.take();
  const text = type === undefined ? undefined : LINK_TYPE_USAGE[type] ?? MORE_LINK_USAGE[type];
  if (text === undefined) throw usage(IP_USAGE["link"]);
  tool.process.out(text);
  return 0;
}

function linkShow(tool: IpTool, words: Words): number {
  const filter: LinkFilter = {};
  while (words.more) {
    if (takeLinkFilter(tool, words, filter)) continue;
    words.accept("dev");
    const word = words.next();
    if (word === "help") throw usage(IP_USAGE["link"]);
    if (filter.name !== undefined) {
      throw garbage("dev", word);
    }
    filter.name = word;
  }
  if (filter.name !== undefined) filter.name = shownDevice(tool, filter.name).name;
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
  const address = linkType(link) === "ipip" ? link.tunnel?.local ?? "0.0.0.0" : link.mac;
  if (linkType(link) !== "none") entry.put("address", address, paint(tool.options, "mac", `${address} `));
  const flags = linkFlags(tool.namespace, link);
  return entry.put("flags", flags, `<${[...flags, ...lowerDown(tool, link)].join(",")}> `).say("\n");
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
  if (name === undefined) throw new Exit(255, `Not enough information: "dev" argument is required.\n`, true);
  const { index } = tool.device(name);
  must(tool.plane.removeLink(tool.ns, index));
  moveLinkExtras(tool.namespace, index);
  return 0;
}

function deleteGroup(tool: IpTool, group: number): number {
  for (const link of tool.links()) {
    if ((linkExtras(tool.namespace, link.index).group ?? 0) !== group) continue;
    if (tool.links().some((other) => other.index === link.index)) must(tool.plane.removeLink(tool.ns, link.index));
  }
  return 0;
}
