import type { Link } from "../../../wasm/mod.ts";
import { parseIp, requireIp } from "../../base/mod.ts";
import { readSysctl } from "../sysctl/store.ts";
import { Entry } from "./entry.ts";
import { Exit, unknownCommand } from "./exit.ts";
import { linkType } from "./link_flags.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated, type Words } from "./words.ts";

/** `ip maddress`. Groups follow from what a device is and has: nobody joins others here. */
export const ipMaddr: IpObject = (tool, words) => {
  const word = words.take();
  const verb = word === undefined
    ? "show"
    : abbreviated(word, ["add", "delete", "show", "list", "lst", "help"] as const);
  if (verb === "help") throw new Exit(255, IP_USAGE["maddress"] ?? "", true);
  if (verb === "add" || verb === "delete") throw new Exit(255, `ip: maddress ${verb} is not modelled\n`, true);
  if (verb === undefined) throw unknownCommand(word ?? "", "ip maddr");
  return maddrShow(tool, words);
};

/** One group a device listens to. */
export interface Group {
  readonly family: "link" | "inet" | "inet6";
  readonly address: string;
  readonly users: number;
}

function maddrShow(tool: IpTool, words: Words): number {
  words.accept("dev");
  const name = words.take();
  const links = name === undefined ? tool.links() : [tool.device(name)];
  tool.report(links.map((link) => {
    const groups = shownGroups(tool, link);
    const lines = groups.map((group) =>
      `\t${group.family.padEnd(5)} ${group.address}${group.users > 1 ? ` users ${group.users}` : ""}\n`
    );
    const maddr = groups.map((group) => ({
      ...(group.family === "link" ? { link: group.address } : { family: group.family, address: group.address }),
      ...(group.users > 1 ? { users: group.users } : {}),
    }));
    const entry = new Entry().put("ifindex", link.index, `${link.index}:\t`).put("ifname", link.name, `${link.name}\n`);
    return entry.put("maddr", maddr, lines.join(""));
  }));
  return 0;
}

function shownGroups(tool: IpTool, link: Link): Group[] {
  const { family, otherFamily } = tool.options;
  return groupsOf(tool, link).filter((group) => {
    if (otherFamily === "link") return group.family === "link";
    return family === undefined || group.family === (family === 4 ? "inet" : "inet6");
  });
}

/** The groups a device is in: all-hosts, all-nodes, and a solicited-node group per IPv6 address. */
export function groupsOf(tool: IpTool, link: Link): Group[] {
  const hasSix = link.kind === "" || readSysctl(tool.namespace, `net/ipv6/conf/${link.name}/disable_ipv6`) === "0";
  const solicited = link.up && hasSix ? solicitedNodes(tool, link) : new Map<string, number>();
  const routes = readSysctl(tool.namespace, `net/ipv6/conf/${link.name}/forwarding`) === "1" && link.kind !== "";
  const routers: Group[] = routes ? ROUTERS.map((address) => ({ family: "inet6", address, users: 1 })) : [];
  const inet: Group[] = link.up ? [{ family: "inet", address: "224.0.0.1", users: 1 }] : [];
  const six: Group[] = [...solicited].map(([address, users]) => ({ family: "inet6", address, users }));
  const all = [{ family: "inet6", address: "ff02::1", users: 1 }, {
    family: "inet6",
    address: "ff01::1",
    users: 1,
  }] as const;
  // The kernel puts new groups before old ones, and new Ethernet groups behind old ones.
  return [...linkGroups(link, [...inet, ...[...six].reverse(), ...routers]), ...inet, ...routers, ...six, ...all];
}

/** The groups of routers: of a site, of a host, of a link. */
const ROUTERS = ["ff05::2", "ff01::2", "ff02::2"];

function solicitedNodes(tool: IpTool, link: Link): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { dev, address } of tool.plane.addresses(tool.ns)) {
    const ip = parseIp(address.split("/")[0] ?? "");
    if (dev !== link.index || ip?.family !== 6 || link.kind === "") continue;
    const low = (ip.value & 0xffffffn).toString(16).padStart(6, "0");
    const group = `ff02::1:ff${low.slice(0, 2)}:${parseInt(low.slice(2), 16).toString(16)}`;
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return counts;
}

/** Ethernet groups of network groups: 33:33 with the last four bytes, 01:00:5e with the last 23 bits. */
function linkGroups(link: Link, groups: readonly Group[]): Group[] {
  if (linkType(link) !== "ether") return [];
  const macs = new Map([["33:33:00:00:00:01", 1]]);
  for (const group of groups) {
    const users = group.address.startsWith("ff05") ? 0 : 1;
    macs.set(groupMac(group), (macs.get(groupMac(group)) ?? 0) + users);
  }
  return [...macs].map(([address, users]) => ({ family: "link", address, users }));
}

function groupMac(group: Group): string {
  const ip = requireIp(group.address);
  const bits = ip.family === 6 ? ip.value & 0xffff_ffffn : ip.value & 0x7f_ffffn;
  const bytes = bits.toString(16).padStart(ip.family === 6 ? 8 : 6, "0").match(/../g) ?? [];
  return [ip.family === 6 ? "33:33" : "01:00:5e", ...bytes].join(":");
}
