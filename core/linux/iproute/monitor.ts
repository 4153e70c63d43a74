import type { Address, KernelEvent, Link, Neighbour, Route } from "../../../wasm/mod.ts";
import { addressEntry } from "./address_print.ts";
import { Exit, invalid, notModelled, usage } from "./exit.ts";
import { linkEntry } from "./link_print.ts";
import { kernelEvents } from "./kernel_events.ts";
import { neighEntry } from "./neigh.ts";
import { routeEntry } from "./route_print.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated } from "./words.ts";

/** What can be listened to, by iproute2's words, and the kernel events each means. */
const SUBJECTS: readonly (readonly [string, readonly KernelEvent["what"][]])[] = [
  ["link", ["link"]],
  ["address", ["address"]],
  ["route", ["route"]],
  ["mroute", []],
  ["maddr", []],
  ["nexthop", []],
  ["stats", []],
  ["prefix", []],
  ["neigh", ["neighbour"]],
  ["netconf", []],
  ["rule", ["rule"]],
  ["nsid", ["netns"]],
  ["all", ["link", "address", "route", "neighbour", "rule", "netns"]],
];
const LABELS: Readonly<Record<KernelEvent["what"], string>> = {
  link: "[LINK]",
  address: "[ADDR]",
  route: "[ROUTE]",
  neighbour: "[NEIGH]",
  rule: "[RULE]",
  netns: "[NSID]",
};

/** `ip monitor`: prints kernel events until it is ended. */
export const ipMonitor: IpObject = async (tool, words) => {
  const wanted = new Set<KernelEvent["what"]>();
  let labelled = false;
  let device: number | undefined;
  while (words.more) {
    const word = words.next();
    if (word === "help") throw usage(IP_USAGE["monitor"]);
    if (word === "label") labelled = true;
    else if (word === "dev") device = deviceOf(tool, words.next());
    else if (word === "file") throw noFile(tool, words.next());
    else if (word === "all-nsid") throw notModelled(`ip: monitor ${word}`);
    else {
      const subject = abbreviated(word, SUBJECTS.map(([name]) => name));
      if (subject === undefined) throw new Exit(255, `Argument "${word}" is unknown, try "ip monitor help".\n`, true);
      labelled ||= subject === "all";
      for (const what of SUBJECTS.find(([name]) => name === subject)?.[1] ?? []) wanted.add(what);
    }
  }
  const all = wanted.size === 0;
  const off = kernelEvents(tool.machine.runner, tool.plane).listen((event) => {
    if (event.ns !== tool.ns || (!all && !wanted.has(event.what))) return;
    if (device !== undefined && !concerns(event, device)) return;
    const text = eventText(tool, event);
    if (text !== undefined) tool.process.out((labelled ? LABELS[event.what] : "") + text);
  });
  await tool.process.killed;
  off();
  return 0;
};

function deviceOf(tool: IpTool, name: string): number {
  const link = tool.find(name);
  if (link === undefined) throw invalid(name, "Device does not exist\n");
  return link.index;
}

function noFile(tool: IpTool, path: string): Exit {
  const there = tool.process.files.read(path) !== undefined;
  return new Exit(
    255,
    there ? "ip: monitor file is not modelled\n" : "Cannot fopen: No such file or directory\n",
    true,
  );
}

/** Whether an event is about a device: one that is about none is shown to everybody. */
function concerns({ what, value }: KernelEvent, device: number): boolean {
  if (what === "link") return (value as Link).index === device;
  const { dev } = value as { readonly dev?: number };
  return dev === undefined || dev === device;
}

function eventText(tool: IpTool, event: KernelEvent): string | undefined {
  const { deleted } = event;
  switch (event.what) {
    case "link":
      return `${linkEntry(tool, event.value as Link, { forLink: true, address: true, deleted }).text}\n`;
    case "address":
      return addressText(tool, event.value as Address, deleted);
    case "route":
      return routeEntry(tool, wholeRoute(tool, event.value as Route), {}, deleted).text;
    case "neighbour":
      return neighEntry(tool, event.value as Neighbour, { deleted }).text;
    case "rule":
    case "netns":
      return undefined;
  }
}

/** A new route as the kernel filled it in: the event has it as it was asked for. */
function wholeRoute(tool: IpTool, asked: Route): Route {
  if (asked.type !== undefined && asked.table !== undefined) return asked;
  const found = tool.plane.routes(tool.ns, asked.to.includes(":") ? 6 : 4).find((route) => {
    return route.to === asked.to && route.table === (asked.table ?? 254) &&
      (asked.via === undefined || route.via === asked.via);
  });
  return found ?? { ...DEFAULTS, ...asked };
}

const DEFAULTS = {
  type: "unicast",
  table: 254,
  scope: 0,
  protocol: 3,
  metric: 0,
  linkdown: false,
  dead: false,
} as const;

/** Monitors print an address with its device in front, as `-o` does, but on two lines. */
function addressText(tool: IpTool, address: Address, deleted: boolean): string | undefined {
  const link = tool.links().find((one) => one.index === address.dev);
  if (link === undefined) return undefined;
  const head = tool.options.oneline ? "" : `${link.index}: ${link.name}`;
  return `${deleted ? "Deleted " : ""}${head}${addressEntry(tool, address, link).text}\n`;
}
