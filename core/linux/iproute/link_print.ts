import type { Link } from "../../../wasm/mod.ts";
import { paint, stateColour } from "./colors.ts";
import { Entry } from "./entry.ts";
import { linkExtras } from "./extras.ts";
import { linkFlags, linkType } from "./link_flags.ts";
import { putDetails } from "./link_details.ts";
import { putStats } from "./link_stats.ts";
import { knownNsid, nsidOf, seesNamespace } from "./nsid.ts";
import type { IpTool } from "./tool.ts";

const BROADCAST = "ff:ff:ff:ff:ff:ff";
const NO_ADDRESS = "00:00:00:00:00:00";

/** What a record of a device shows. */
export interface LinkView {
  /** `ip link`: with mode, hardware address line, details and statistics. */
  readonly forLink: boolean;
  /** The hardware address line is there (all families), or its netns goes on the first line. */
  readonly address: boolean;
  /** As `ip -6 addr` lists all devices: the kernel's short form. */
  readonly short?: boolean;
  /** A removed device (monitor). */
  readonly deleted?: boolean;
}

/** `2: eth0@if3: <...> mtu 1500 ...` with the lines that belong to it, each ending in a line feed but the last (callers add it). */
export function linkEntry(tool: IpTool, link: Link, view: LinkView): Entry {
  const entry = new Entry();
  if (view.deleted) entry.put("deleted", true, "Deleted ");
  entry.put("ifindex", link.index, `${link.index}: `);
  const name = new Entry();
  putName(name, tool, link, view.short ?? false);
  Object.assign(entry.json, name.json);
  entry.say(paint(tool.options, "ifname", `${name.text}: `));
  putFlags(entry, tool, link);
  putState(entry, tool, link, view);
  if (view.address) putAddress(entry, tool, link);
  putNetns(entry, tool, link, view.short ?? false);
  if (tool.options.details) putDetails(entry, tool, { link, forLink: view.forLink ?? false });
  const { alias, altnames = [] } = linkExtras(tool.namespace, link.index);
  const shown = view.forLink || tool.options.details;
  if (alias !== undefined && shown) entry.put("ifalias", alias, `${tool.feed}    alias ${alias}`);
  if (view.forLink && tool.options.stats) putStats(entry, tool, link);
  if (altnames.length > 0) {
    entry.put("altnames", altnames, altnames.map((name) => `${tool.feed}    altname ${name}`).join(""));
  }
  return entry;
}

/** The index of the device at the other end or underneath, as IFLA_LINK has it: a vxlan's is only in its data. */
export function lowerOf(link: Link): number {
  return link.kind === "vxlan" ? 0 : link.link;
}

/** `eth0`, or `eth0@lower`: JSON has the lower device in a field before the name. */
function putName(entry: Entry, tool: IpTool, link: Link, short: boolean): void {
  if (link.kind === "ipip" && link.link === 0) entry.note("link", null).put("ifname", link.name, `${link.name}@NONE`);
  else if (lowerOf(link) === 0 || (short && link.link === link.index)) entry.put("ifname", link.name, link.name);
  else if (link.linkNs !== tool.ns && !short) {
    entry.note("link_index", link.link).put("ifname", link.name, `${link.name}@if${link.link}`);
  } else {
    const lower = tool.name(link.link);
    entry.note("link", lower).put("ifname", link.name, `${link.name}@${lower}`);
  }
}

function putFlags(entry: Entry, tool: IpTool, link: Link): void {
  const flags = linkFlags(tool.namespace, link);
  entry.put("flags", flags, `<${[...flags, ...lowerDown(tool, link)].join(",")}> `);
}

/** A device on top of a local one that is down: text alone says so. */
export function lowerDown(tool: IpTool, link: Link): string[] {
  if (lowerOf(link) === 0 || link.linkNs !== tool.ns) return [];
  const lower = tool.links().find((other) => other.index === link.link);
  return lower !== undefined && !lower.up ? ["M-DOWN"] : [];
}

function putState(entry: Entry, tool: IpTool, link: Link, view: LinkView): void {
  const extras = linkExtras(tool.namespace, link.index);
  entry.put("mtu", link.mtu, `mtu ${link.mtu} `);
  if (!view.short) entry.put("qdisc", qdiscOf(tool, link), `qdisc ${qdiscOf(tool, link)} `);
  if (link.master !== 0) entry.put("master", tool.name(link.master), `master ${tool.name(link.master)} `);
  entry.put(
    "operstate",
    link.operstate,
    `state ${paint(tool.options, stateColour(link.operstate), `${link.operstate} `)}`,
  );
  const mode = extras.looks?.dormant ? "DORMANT" : "DEFAULT";
  if (view.forLink) entry.put("linkmode", mode, `mode ${mode} `);
  const group = extras.group ? String(extras.group) : "default";
  if (!view.short) entry.put("group", group, `group ${group} `);
  if (link.txqlen !== 0) entry.put("txqlen", link.txqlen, `qlen ${link.txqlen}`);
}

/** The queueing discipline's name: `noop` until the device was first up. */
function qdiscOf(tool: IpTool, link: Link): string {
  const extras = linkExtras(tool.namespace, link.index);
  if (link.up) extras.wasUp = true;
  return extras.qdisc ?? (extras.wasUp ? "noqueue" : "noop");
}

function putAddress(entry: Entry, tool: IpTool, link: Link): void {
  const type = linkType(link);
  entry.put("link_type", type, `${tool.feed}    link/${type} `);
  if (type === "none") return;
  if (type === "ipip") {
    const { local = "0.0.0.0", remote } = link.tunnel ?? {};
    entry.put("address", local, local);
    if (remote !== undefined) entry.note("link_pointtopoint", true).put("broadcast", remote, ` peer ${remote}`);
    else entry.put("broadcast", "0.0.0.0", " brd 0.0.0.0");
    return;
  }
  entry.put("address", link.mac, paint(tool.options, "mac", link.mac));
  const { looks } = linkExtras(tool.namespace, link.index);
  const broadcast = looks?.broadcast ?? (type === "loopback" ? NO_ADDRESS : BROADCAST);
  entry.put("broadcast", broadcast, ` brd ${paint(tool.options, "mac", broadcast)}`);
}

function putNetns(entry: Entry, tool: IpTool, link: Link, short: boolean): void {
  if (short || lowerOf(link) === 0 || link.linkNs === tool.ns) return;
  if (!seesNamespace(tool.machine, link.linkNs)) return;
  const nsid = nsidOf(tool.namespace, link.linkNs);
  const name = nsidName(tool, nsid);
  entry.put("link_netnsid", nsid, name === undefined ? ` link-netnsid ${nsid}` : ` link-netns ${name}`);
}

/** The `ip netns` name behind an nsid of the tool's namespace. */
function nsidName(tool: IpTool, nsid: number): string | undefined {
  for (const [name, namespace] of tool.machine.namespaces) {
    if (knownNsid(tool.namespace, namespace.id) === nsid) return name;
  }
  return undefined;
}

/** Name and state as every brief line begins. */
export function briefHead(tool: IpTool, link: Link, short: boolean): Entry {
  const name = new Entry();
  putName(name, tool, link, short);
  const entry = new Entry();
  Object.assign(entry.json, name.json);
  entry.say(paint(tool.options, "ifname", `${name.text.padEnd(16)} `));
  const state = paint(tool.options, stateColour(link.operstate), `${link.operstate.padEnd(14)} `);
  return entry.put("operstate", link.operstate, state);
}
