import type { IfIndex, Link } from "../../../wasm/mod.ts";
import { parseIp, requireIp } from "../../base/mod.ts";
import { readSysctl } from "../sysctl/store.ts";
import type { StateKey } from "../namespace.ts";
import { Entry } from "./entry.ts";
import { duplicate, Exit, unknownCommand, usage } from "./exit.ts";
import { addressExtras } from "./extras.ts";
import { linkType } from "./link_flags.ts";
import { lladdr } from "./link_values.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated, type Words } from "./words.ts";

/** `ip maddress`. Groups follow from what a device is and has, and from what was added by hand. */
export const ipMaddr: IpObject = (tool, words) => {
  const word = words.take();
  const verb = word === undefined
    ? "show"
    : abbreviated(word, ["add", "delete", "show", "list", "lst", "help"] as const);
  if (verb === "help") throw usage(IP_USAGE["maddress"]);
  if (verb === "add" || verb === "delete") return maddrChange(tool, words, verb === "add");
  if (verb === undefined) throw unknownCommand(word ?? "", "ip maddr");
  return maddrShow(tool, words);
};

/** One group a device listens to. */
export interface Group {
  readonly family: "link" | "inet" | "inet6";
  readonly address: string;
  readonly users: number;
  /** Added by hand. */
  readonly fixed?: boolean;
}

/** Link addresses added by hand, by device. */
const FIXED: StateKey<Map<IfIndex, readonly string[]>> = { label: "fixed multicast addresses" };
const fixedOf = (tool: IpTool, dev: IfIndex): readonly string[] =>
  tool.namespace.state(FIXED, () => new Map()).get(dev) ?? [];

function maddrChange(tool: IpTool, words: Words, adding: boolean): number {
  let dev: string | undefined;
  let address: string | undefined;
  while (words.more) {
    let word = words.next();
    if (word === "dev") {
      if (dev !== undefined) throw duplicate("dev", words.next());
      dev = words.next();
      continue;
    }
    if ("address".startsWith(word) && word !== "") word = words.next();
    if ("help".startsWith(word) && word !== "") throw usage(IP_USAGE["maddress"]);
    if (address !== undefined) throw duplicate("address", word);
    address = lladdr(word);
    const bytes = address.split(":").length;
    if (bytes !== 6) throw new Exit(1, `Error: Invalid address length ${bytes} - must be 6 bytes\n`, true);
  }
  if (dev === undefined) throw new Exit(255, `Not enough information: "dev" is required.\n`, true);
  const link = tool.find(dev);
  if (link === undefined) throw new Exit(1, "ioctl: No such device\n", true);
  if (linkType(link) !== "ether") throw new Exit(1, "ioctl: Invalid argument\n", true);
  const mac = address ?? "00:00:00:00:00:00";
  const others = fixedOf(tool, link.index).filter((one) => one !== mac);
  const there = others.length < fixedOf(tool, link.index).length;
  if (!adding && !there) throw new Exit(1, "ioctl: No such file or directory\n", true);
  const fixed = adding && there ? fixedOf(tool, link.index) : adding ? [...others, mac] : others;
  tool.namespace.state(FIXED, () => new Map()).set(link.index, fixed);
  return 0;
}

function maddrShow(tool: IpTool, words: Words): number {
  words.accept("dev");
  const name = words.take();
  const named = name === undefined ? undefined : tool.find(name);
  const links = name === undefined ? tool.links() : named === undefined ? [] : [named];
  tool.report(links.map((link) => {
    const groups = shownGroups(tool, link);
    const head = `${link.index}:\t${link.name}`;
    const lines = groups.map(lineOf);
    const maddr = groups.map((group) => ({
      ...(group.family === "link" ? { link: group.address } : { family: group.family, address: group.address }),
      ...(group.users > 1 ? { users: group.users } : {}),
      ...(group.fixed ? { features: "static" } : {}),
    }));
    const text = tool.options.oneline
      ? lines.map((line) => `${head}\\${line}\n`).join("")
      : [head, ...lines].map((line) => `${line}\n`).join("");
    return new Entry().note("ifindex", link.index).note("ifname", link.name).put("maddr", maddr, text);
  }));
  return 0;
}

function lineOf({ family, address, users, fixed }: Group): string {
  return `\t${family.padEnd(5)} ${address}${users > 1 ? ` users ${users}` : ""}${fixed ? " static" : ""}`;
}

function shownGroups(tool: IpTool, link: Link): Group[] {
  const { family, otherFamily } = tool.options;
  return groupsOf(tool, link).filter((group) => {
    if (otherFamily === "link") return group.family === "link";
    return family === undefined || group.family === (family === 4 ? "inet" : "inet6");
  });
}

/** The groups a device is in: all-hosts, all-nodes, and where neighbours ask a solicited-node group per IPv6 address. */
export function groupsOf(tool: IpTool, link: Link): Group[] {
  const hasSix = link.kind === "" || readSysctl(tool.namespace, `net/ipv6/conf/${link.name}/disable_ipv6`) === "0";
  const solicited = link.up && hasSix ? solicitedNodes(tool, link) : new Map<string, number>();
  const routes = readSysctl(tool.namespace, `net/ipv6/conf/${link.name}/forwarding`) === "1" && link.kind !== "";
  const routers: Group[] = routes ? ROUTERS.map((address) => ({ family: "inet6", address, users: 1 })) : [];
  const snoops = link.kind === "bridge" && link.mcastSnooping && link.up;
  const inetGroup = (address: string): Group => ({ family: "inet", address, users: 1 });
  const asked = joined(tool, link).map(inetGroup);
  const inet: Group[] = [
    ...(link.up ? [inetGroup("224.0.0.1")] : []),
    ...(snoops ? [inetGroup("224.0.0.106")] : []),
  ];
  const six: Group[] = [...solicited].map(([address, users]) => ({ family: "inet6", address, users }));
  const all = [{ family: "inet6", address: "ff02::1", users: 1 }, {
    family: "inet6",
    address: "ff01::1",
    users: 1,
  }] as const;
  // The kernel puts new groups before old ones, and new Ethernet groups behind old ones.
  const snooped: Group[] = snoops ? [{ family: "inet6", address: "ff02::6a", users: 1 }] : [];
  const oldFirst = [...inet.slice(1), ...snooped, ...inet.slice(0, 1)];
  const links = withFixed(
    linkGroups(link, [...oldFirst, ...[...six].reverse(), ...routers]),
    fixedOf(tool, link.index),
  );
  const more = asked.map((group): Group => ({ ...group, family: "link", address: groupMac(group) }));
  return [...links, ...more, ...asked, ...inet, ...routers, ...six, ...snooped, ...all];
}

/** Groups joined with an address (`autojoin`), the newest first. */
function joined(tool: IpTool, link: Link): string[] {
  return tool.plane.addresses(tool.ns).filter(({ dev, address }) => {
    return dev === link.index && !address.includes(":") &&
      addressExtras(tool.namespace, dev, address).flags?.includes("autojoin");
  }).map(({ address }) => address.split("/")[0] ?? "").reverse();
}

/** Link groups with those added by hand, which count as one more user. */
function withFixed(groups: readonly Group[], fixed: readonly string[]): Group[] {
  const own = groups.map((group) => {
    return fixed.includes(group.address) ? { ...group, users: group.users + 1, fixed: true } : group;
  });
  const more = fixed.filter((mac) => !groups.some(({ address }) => address === mac));
  return [...own, ...more.map((address): Group => ({ family: "link", address, users: 1, fixed: true }))];
}

/** The groups of routers: of a site, of a host, of a link. */
const ROUTERS = ["ff05::2", "ff01::2", "ff02::2"];

function solicitedNodes(tool: IpTool, link: Link): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { dev, address } of tool.plane.addresses(tool.ns)) {
    const ip = parseIp(address.split("/")[0] ?? "");
    if (dev !== link.index || ip?.family !== 6 || linkType(link) !== "ether") continue;
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
