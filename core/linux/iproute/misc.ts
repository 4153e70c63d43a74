/** The small nouns of `ip`: those that show what this kernel has none of, and netconf. */
import { readSysctl } from "../sysctl/store.ts";
import { Entry } from "./entry.ts";
import { Exit, unknownCommand } from "./exit.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { abbreviated } from "./words.ts";

/** A noun that lists nothing and whose changes are not modelled. */
function emptyNoun(noun: string, help: string, empty = ""): IpObject {
  return (tool, words) => {
    const word = words.take();
    const verb = word === undefined ? "show" : abbreviated(word, ["show", "list", "lst", "help"] as const);
    if (verb === "help") throw new Exit(255, IP_USAGE[noun] ?? "", true);
    if (verb === undefined && ["add", "del", "delete", "change", "set", "get", "flush"].includes(word ?? "")) {
      throw new Exit(255, `ip: ${noun} ${word} is not modelled\n`, true);
    }
    if (verb === undefined) throw unknownCommand(word ?? "", help);
    tool.process.out(tool.options.json ? "[]\n" : empty);
    return 0;
  };
}

/** `ip token`. */
export const ipToken = emptyNoun("token", "ip token");
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
  if (verb === "help") throw new Exit(255, IP_USAGE["tuntap"] ?? "", true);
  if (verb === undefined) throw unknownCommand(word ?? "", "ip tuntap");
  if (verb === "add" || verb === "delete") throw new Exit(255, `ip: tuntap ${verb} is not modelled\n`, true);
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
  if (verb === "help") throw new Exit(255, IP_USAGE["netconf"] ?? "", true);
  if (!"show".startsWith(verb) && verb !== "list" && verb !== "lst") throw unknownCommand(verb, "ip netconf");
  words.accept("dev");
  const name = words.take();
  const names = name === undefined
    ? [...tool.links().map((link) => link.name), "all", "default"]
    : [tool.device(name).name];
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
  return () => {
    throw new Exit(255, `ip: object "${noun}" is not modelled\n`, true);
  };
}
