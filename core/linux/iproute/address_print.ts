import type { Address, Link } from "../../../wasm/mod.ts";
import { type Cidr, parseIp, requireCidr } from "../../base/mod.ts";
import { familyColour, paint } from "./colors.ts";
import { Entry } from "./entry.ts";
import { addressExtras } from "./extras.ts";
import { SCOPES, wordOf } from "./names.ts";
import type { IpTool } from "./tool.ts";

const FOREVER = 4294967295;

/** The flags of an address that are said, in iproute2's order; JSON has each as a field. */
export function addressFlags(tool: IpTool, address: Address): string[] {
  const { flags = [], validUntil } = addressExtras(tool.namespace, address.dev, address.address);
  const family = requireCidr(address.address).ip.family;
  const all = new Set(flags);
  if (address.secondary) all.add(family === 6 ? "temporary" : "secondary");
  if (address.tentative) all.add("tentative");
  if (address.dadFailed) all.add("dadfailed");
  if (address.optimistic) all.add("optimistic");
  if (address.noDad) all.add("nodad");
  if (address.noPrefixRoute) all.add("noprefixroute");
  if (validUntil !== undefined) all.add("dynamic");
  if (isDeprecated(tool, address)) all.add("deprecated");
  return FLAG_ORDER.filter((flag) => all.has(flag));
}

const FLAG_ORDER = [
  "secondary",
  "temporary",
  "nodad",
  "optimistic",
  "dadfailed",
  "home",
  "deprecated",
  "tentative",
  "dynamic",
  "mngtmpaddr",
  "noprefixroute",
  "autojoin",
];

/** One address, with its device in front where it is `named`: `inet 10.0.0.1/24 brd ... scope global eth0` and its lifetimes; ends without the line feed of its last line. */
export function addressEntry(tool: IpTool, address: Address, link: Link, named = false): Entry {
  const entry = new Entry();
  const cidr = requireCidr(address.address);
  const { metric } = addressExtras(tool.namespace, address.dev, address.address);
  if (named) entry.note("index", link.index).note("dev", link.name).say(`${link.index}: ${link.name}`);
  const family = cidr.ip.family === 4 ? "inet" : "inet6";
  entry.put("family", family, `    ${family} `);
  putLocal(entry, tool, address, cidr);
  if (metric !== undefined) entry.put("metric", metric, `metric ${metric} `);
  if (address.broadcast) {
    entry.put("broadcast", address.broadcast, `brd ${paint(tool.options, "inet", `${address.broadcast} `)}`);
  }
  const scope = wordOf(SCOPES, address.scope);
  entry.put("scope", scope, `scope ${scope} `);
  for (const flag of addressFlags(tool, address)) entry.put(flag, true, `${flag} `);
  if (cidr.ip.family === 4) entry.put("label", address.label ?? link.name, address.label ?? link.name);
  putLifetimes(entry, tool, address);
  return entry;
}

function putLocal(entry: Entry, tool: IpTool, address: Address, cidr: Cidr): void {
  const colour = familyColour(address.address);
  const local = address.address.split("/")[0] ?? "";
  entry.put("local", local, paint(tool.options, colour, local));
  const peer = address.peer?.split("/");
  if (peer !== undefined && peer[0] !== local) {
    entry.put("address", peer[0] ?? "", ` peer ${paint(tool.options, colour, peer[0] ?? "")}`);
    entry.put("prefixlen", Number(peer[1] ?? cidr.length), `/${peer[1] ?? cidr.length} `);
  } else entry.put("prefixlen", cidr.length, `/${cidr.length} `);
}

function putLifetimes(entry: Entry, tool: IpTool, address: Address): void {
  const { validUntil, preferredUntil } = addressExtras(tool.namespace, address.dev, address.address);
  const left = (until: number | undefined): number => {
    return until === undefined ? FOREVER : Math.max(0, Math.floor((until - tool.process.clock.now()) / 1000));
  };
  const text = (seconds: number): string => (seconds === FOREVER ? "forever" : `${seconds}sec`);
  const [valid, preferred] = [left(validUntil), left(preferredUntil)];
  entry.put("valid_life_time", valid, `${tool.feed}       valid_lft ${text(valid)}`);
  entry.put("preferred_life_time", preferred, ` preferred_lft ${text(preferred)}`);
}

/** Whether the address' preferred time is over. */
function isDeprecated(tool: IpTool, address: Address): boolean {
  const { preferredUntil } = addressExtras(tool.namespace, address.dev, address.address);
  return preferredUntil !== undefined && preferredUntil <= tool.process.clock.now();
}

/** `10.0.0.1/24 ` of a brief line. */
export function briefAddress(tool: IpTool, address: Address): Entry {
  const entry = new Entry();
  putLocal(entry, tool, address, requireCidr(address.address));
  return entry;
}

/** The family of an address record. */
export function addressFamily(address: Address): 4 | 6 {
  return parseIp(address.address.split("/")[0] ?? "")?.family ?? 4;
}
