import type { Link, LinkChange } from "../../../wasm/mod.ts";
import { BRIDGE_USAGE } from "./bridge_usage.ts";
import { Entry } from "./entry.ts";
import { Exit, must, notModelled, unknownCommand, usage } from "./exit.ts";
import { portState } from "./link_details.ts";
import { linkFlags } from "./link_flags.ts";
import { lowerOf } from "./link_print.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { abbreviated, type Words } from "./words.ts";

/** `bridge link`. */
export const bridgeLink: IpObject = (tool, words) => {
  const word = words.take() ?? "show";
  const verb = abbreviated(word, ["set", "show", "lst", "list", "help"] as const);
  if (verb === "help") throw usage(BRIDGE_USAGE["link"]);
  if (verb === "set") return linkSet(tool, words);
  if (verb === undefined) throw unknownCommand(word, "bridge link");
  return linkShow(tool, words);
};

function linkShow(tool: IpTool, words: Words): number {
  let name: string | undefined;
  // All other words are passed over.
  while (words.more) if (words.next() === "dev") name = words.next();
  const only = name === undefined ? undefined : tool.device(name).index;
  const bridges = new Set(tool.links().filter((link) => link.kind === "bridge").map((link) => link.index));
  const ports = tool.links().filter((link) => {
    return bridges.has(link.master) && (only === undefined || link.index === only);
  });
  tool.report(ports.map((port) => portEntry(tool, port)));
  return 0;
}

/** One port: the lower index is looked up here, whatever namespace it means. */
function portEntry(tool: IpTool, port: Link): Entry {
  const entry = new Entry().put("ifindex", port.index, `${port.index}: `);
  if (lowerOf(port) === 0) entry.put("ifname", port.name, port.name);
  else entry.note("link", tool.name(port.link)).put("ifname", port.name, `${port.name}@${tool.name(port.link)}`);
  const flags = linkFlags(tool.namespace, port);
  const lower = lowerOf(port) === 0 ? undefined : tool.links().find(({ index }) => index === port.link);
  const down = lower !== undefined && !lower.up ? ["M-DOWN"] : [];
  entry.put("flags", flags, `: <${[...flags, ...down].join(",")}> `);
  entry.put("mtu", port.mtu, `mtu ${port.mtu} `);
  entry.put("master", tool.name(port.master), `master ${tool.name(port.master)} `);
  const state = portState(port, tool.links().find(({ index }) => index === port.master));
  entry.put("state", state, `state ${state} `);
  entry.put("priority", 32, "priority 32 ").put("cost", 2, "cost 2 ");
  if (tool.options.details) putPortFlags(entry, tool, port);
  return entry.say("\n");
}

function putPortFlags(entry: Entry, tool: IpTool, port: Link): void {
  entry.say(`${tool.feed}    `);
  const flag = (key: string, on: boolean): Entry => entry.put(key, on, `${key} ${on ? "on" : "off"} `);
  flag("hairpin", port.hairpin);
  for (const key of ["guard", "root_block", "fastleave"]) flag(key, false);
  flag("learning", port.learning);
  flag("flood", port.flood);
  for (const key of ["mcast_flood", "bcast_flood"]) flag(key, true);
  entry.put("mcast_router", 1, "mcast_router 1 ");
  for (const key of ["mcast_to_unicast", "neigh_suppress", "vlan_tunnel"]) flag(key, false);
  flag("isolated", port.isolated);
  flag("locked", false);
}

const SETTINGS: Readonly<Record<string, (on: boolean) => LinkChange>> = {
  hairpin: (on) => ({ hairpin: on }),
  learning: (on) => ({ learning: on }),
  flood: (on) => ({ flood: on }),
  isolated: (on) => ({ isolated: on }),
};
const UNFELT = new Set([
  "guard",
  "root_block",
  "fastleave",
  "mcast_flood",
  "bcast_flood",
  "mcast_to_unicast",
  "neigh_suppress",
  "vlan_tunnel",
  "locked",
  "learning_sync",
]);

function linkSet(tool: IpTool, words: Words): number {
  let name: string | undefined;
  const change: LinkChange = {};
  while (words.more) {
    const word = words.next();
    const setting = SETTINGS[word];
    if (word === "dev") name = words.next();
    else if (setting !== undefined) Object.assign(change, setting(onOff(word, words.next())));
    else if (UNFELT.has(word)) onOff(word, words.next());
    else if (word === "state") stpState(words.next());
    else if (["cost", "priority", "hwmode", "mcast_router", "backup_port"].includes(word)) words.next();
    else if (word !== "self" && word !== "master" && word !== "nobackup_port") {
      throw usage(BRIDGE_USAGE["link"]);
    }
  }
  if (name === undefined) throw new Exit(255, "Device is a required argument.\n", true);
  const port = tool.find(name);
  if (port === undefined) throw new Exit(255, `Cannot find bridge device "${name}"\n`);
  if (port.master === 0) throw new Exit(255, "RTNETLINK answers: Operation not supported\n");
  must(tool.plane.setLink(tool.ns, port.index, change));
  return 0;
}

/** A port's state is its own business here: it can only be told what it is. */
function stpState(word: string): void {
  const at = STATES.indexOf(word.toLowerCase());
  const state = at >= 0 ? at : /^\d+$/.test(word) ? Number(word) : STATES.length;
  if (state >= STATES.length) throw new Exit(255, "Error: invalid STP port state\n", true);
  if (STATES[state] !== "forwarding") throw notModelled(`bridge: link state ${word}`);
}

const STATES = ["disabled", "listening", "learning", "forwarding", "blocking"];

function onOff(name: string, word: string): boolean {
  if (word === "on") return true;
  if (word === "off") return false;
  throw new Exit(234, `Error: argument of "${name}" must be one of "off", "on", not "${word}"\n`, true);
}
