/** The small nouns of `ip`: those that show what this kernel has none of, and netconf. */
import { readSysctl } from "../sysctl/store.ts";
import { Entry } from "./entry.ts";
import { notModelled, unknownCommand, usage } from "./exit.ts";
import { shownDevice } from "./link_filter.ts";
import { linkFlags } from "./link_flags.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { MORE_USAGE } from "./usage_more.ts";
import { abbreviated } from "./words.ts";

/** A noun that lists nothing and whose changes are not modelled. */
function emptyNoun(noun: string, help: string, empty = ""): IpObject {
  return (tool, words) => {
    const word = words.take();
    const verb = word === undefined ? "show" : abbreviated(word, ["show", "list", "lst", "help"] as const);
    if (verb === "help") throw usage(IP_USAGE[noun] ?? MORE_USAGE[noun]);
    if (verb === undefined && ["add", "del", "delete", "change", "set", "get", "flush"].includes(word ?? "")) {
      throw notModelled(`ip: ${noun} ${word}`);
    }
    if (verb === undefined) throw unknownCommand(word ?? "", help);
    tool.process.out(tool.options.json ? "[]\n" : empty);
    return 0;
  };
}

/** `ip mroute`. */
export const ipMroute = emptyNoun("mroute", "ip mroute");
/** `ip mrule`: the kernel's one rule for multicast routes. */
export const ipMrule = emptyNoun("mrule", "ip mrule", "32767:\tfrom all lookup default\n");
/** `ip tcp_metrics`. */
export const ipTcpMetrics = emptyNoun("tcp_metrics", "ip tcp_metrics");

/** `ip token`: every device that may configure itself has none. */
export const ipToken: IpObject = (tool, words) => {
  const word = words.take();
  const verb = word === undefined ? "list" : abbreviated(word, ["list", "lst", "show", "help"] as const);
  if (verb === "help") throw usage(IP_USAGE["token"]);
  if (word === "set" || word === "get" || word === "del") {
    throw notModelled(`ip: token ${word}`);
  }
  if (verb === undefined) throw unknownCommand(word ?? "", "ip token");
  const links = tool.links().filter((link) => !linkFlags(tool.namespace, link).some((flag) => STILL.has(flag)));
  tool.report(links.map((link) => {
    return new Entry().put("token", "::", "token :: ").put("ifname", link.name, `dev ${link.name}\n`);
  }));
  return 0;
};
/** Devices with these flags ask no router. */
const STILL = new Set(["LOOPBACK", "NOARP"]);

/** The kernel's labels of address ranges, by which source addresses are chosen (RFC 6724). */
const LABELS: readonly (readonly [string, number, number])[] = [
  ["::1", 128, 0],
  ["::", 96, 3],
  ["::ffff:0.0.0.0", 96, 4],
  ["2001::", 32, 6],
  ["2001:10::", 28, 7],
  ["3ffe::", 16, 12],
  ["2002::", 16, 2],
  ["fec0::", 10, 11],
  ["fc00::", 7, 5],
  ["::", 0, 1],
];

/** `ip addrlabel`: labels are the kernel's own here. */
export const ipAddrLabel: IpObject = (tool, words) => {
  const word = words.take();
  const verb = word === undefined
    ? "list"
    : abbreviated(word, ["list", "show", "add", "delete", "flush", "help"] as const);
  if (verb === "help") throw usage(MORE_USAGE["addrlabel"]);
  if (verb === undefined) throw unknownCommand(word ?? "", "ip addrlabel");
  if (verb === "add" || verb === "delete" || verb === "flush") {
    throw notModelled(`ip: addrlabel ${verb}`);
  }
  tool.report(LABELS.map(([address, length, label]) => {
    const entry = new Entry().put("address", address, `prefix ${address}/`).put("prefixlen", length, `${length} `);
    return entry.put("label", label, `label ${label} \n`);
  }));
  return 0;
};

/** `ip xfrm`: no states and no policies, and none can be made. */
export const ipXfrm: IpObject = (_tool, words) => {
  const nouns = ["state", "policy", "monitor", "help"] as const;
  const noun = abbreviated(words.take() ?? "help", nouns);
  if (noun === undefined || noun === "help") throw usage(MORE_USAGE["xfrm"]);
  const verb = words.take() ?? "list";
  if (verb !== "" && "help".startsWith(verb)) throw usage(MORE_USAGE[`xfrm ${noun}`]);
  const lists = ["list", "lst", "show", "deleteall", "flush"].some((word) => word.startsWith(verb));
  if (!lists || noun === "monitor") throw notModelled(`ip: xfrm ${noun} ${verb}`);
  return 0;
};
/** `ip nexthop`. */
export const ipNexthop = emptyNoun("nexthop", "ip nexthop");
/** `ip vrf`. */
export const ipVrf = emptyNoun(
  "vrf",
  "ip vrf",
  "Name              Table\n-----------------------\nNo VRF has been configured\n",
);

/** `ip tuntap`: devices of kind `tun` are the outside's, made by the lab. */
export const ipTuntap: IpObject = (tool, words) => {
  const word = words.take();
  const verb = word === undefined
    ? "show"
    : abbreviated(word, ["add", "delete", "show", "list", "lst", "help"] as const);
  if (verb === "help") throw usage(IP_USAGE["tuntap"]);
  if (verb === undefined) throw unknownCommand(word ?? "", "ip tuntap");
  if (verb === "add" || verb === "delete") throw notModelled(`ip: tuntap ${verb}`);
  const links = tool.links().filter((link) => link.kind === "tun");
  tool.report(links.map((link) => {
    return new Entry().put("ifname", link.name, `${link.name}: `).put("flags", ["tun", "persist"], "tun persist").say(
      "\n",
    );
  }));
  return 0;
};

const onOff = (value: string | undefined): boolean => value !== undefined && value !== "0";
const RP_FILTER = ["off", "strict", "loose"];

/** `ip netconf`: what sysctls say of a device, of `all` and of `default`. */
export const ipNetconf: IpObject = (tool, words) => {
  const verb = words.take() ?? "show";
  if (verb === "help") throw usage(IP_USAGE["netconf"]);
  if (!"show".startsWith(verb) && verb !== "list" && verb !== "lst") throw unknownCommand(verb, "ip netconf");
  words.accept("dev");
  const name = words.take();
  const names = name === undefined
    ? [...tool.links().map((link) => link.name), "all", "default"]
    : [shownDevice(tool, name).name];
  const families = tool.options.family === undefined ? [4, 6] as const : [tool.options.family];
  tool.report(families.flatMap((family) => names.map((one) => netconfEntry(tool, family, one))));
  return 0;
};

function netconfEntry(tool: IpTool, family: 4 | 6, name: string): Entry {
  const conf = (key: string): string | undefined => readSysctl(tool.namespace, `net/ipv${family}/conf/${name}/${key}`);
  const entry = new Entry().put("family", family === 4 ? "inet" : "inet6", family === 4 ? "inet " : "inet6 ");
  entry.put("interface", name, `${name} `);
  const flag = (key: string, on: boolean): void => {
    entry.put(key, on, `${key} ${on ? "on" : "off"} `);
  };
  flag("forwarding", onOff(conf("forwarding")));
  if (family === 4) {
    const word = RP_FILTER[Number(conf("rp_filter"))] ?? "off";
    entry.put("rp_filter", word, `rp_filter ${word} `);
  }
  flag("mc_forwarding", onOff(conf("mc_forwarding")));
  flag("proxy_neigh", onOff(conf(family === 4 ? "proxy_arp" : "proxy_ndp")));
  flag("ignore_routes_with_linkdown", onOff(conf("ignore_routes_with_linkdown")));
  return entry.say("\n");
}

/** Nouns that `ip` has and this one does not, by name. */
export function unmodelled(noun: string): IpObject {
  return (tool, words) => {
    const word = words.take() ?? (noun === "mptcp" ? "help" : "");
    if (word !== "" && "help".startsWith(word)) {
      if (noun !== "stats") throw usage(MORE_USAGE[noun]);
      tool.process.err(MORE_USAGE[noun] ?? "");
      return 0;
    }
    throw notModelled(`ip: object "${noun}"`);
  };
}
