import { type FdbEntry, type Link, TAG } from "../../../wasm/mod.ts";
import { type Failure, isFailure, isIp, isMac } from "../../base/mod.ts";
import { type StateKey } from "../namespace.ts";
import { BRIDGE_USAGE } from "./bridge_usage.ts";
import { Entry } from "./entry.ts";
import { Exit, garbage, invalid, must, notModelled, unknownCommand, usage } from "./exit.ts";
import { linkType } from "./link_flags.ts";
import { groupsOf } from "./maddr.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { abbreviated, parseUnsigned, type Words } from "./words.ts";

const VERBS = ["add", "append", "replace", "delete", "flush", "show", "list", "lst", "get", "help"] as const;

/** `bridge fdb`. */
export const bridgeFdb: IpObject = (tool, words) => {
  const word = words.take() ?? "show";
  const verb = abbreviated(word, VERBS);
  switch (verb) {
    case "add":
    case "append":
    case "replace":
      return fdbChange(tool, words, verb);
    case "delete":
      return fdbDelete(tool, words);
    case "show":
    case "list":
    case "lst":
      return fdbShow(tool, words);
    case "get":
      return fdbGet(tool, words);
    case "flush":
      return fdbFlush(tool, words);
    case "help":
      throw usage(BRIDGE_USAGE["fdb"]);
    case undefined:
      throw unknownCommand(word, "bridge fdb");
  }
};

/** `bridge monitor [fdb]`. */
export const bridgeMonitor: IpObject = async (tool, words) => {
  const word = words.take() ?? "all";
  if (word === "help") throw usage(BRIDGE_USAGE["monitor"]);
  if (abbreviated(word, ["file", "link", "fdb", "mdb", "vlan", "all"] as const) === undefined) {
    throw new Exit(255, `Argument "${word}" is unknown, try "bridge monitor help".\n`, true);
  }
  const listeners = tool.fdbListeners();
  const listener = (entry: FdbEntry, deleted: boolean): void => {
    tool.process.out((deleted ? "Deleted " : "") + printEntry(tool, entry, false).text);
  };
  listeners.add(listener);
  await tool.process.killed;
  listeners.delete(listener);
  return 0;
};

/** Unicast addresses that `bridge fdb add ... self` gave a device: it lets them in, which a veth does anyway. */
const OWN: StateKey<FdbEntry[]> = { label: "own addresses" };

/** The entries of a device in the order of the kernel's dump: a bridge's groups first, a port's last; newest address first. */
function entriesOf(tool: IpTool, link: Link): FdbEntry[] {
  const known = knownEntries(tool, link);
  const key = ({ mac, vlan = 0 }: FdbEntry): string => `${mac} ${vlan}`;
  const keys = [...new Set(known.map(key))].reverse();
  const kept = tool.namespace.state(OWN, () => []).filter((entry) => entry.dev === link.index);
  const own = [...keys.flatMap((one) => known.filter((entry) => key(entry) === one)), ...kept];
  const groups = linkType(link) === "ether" ? groupEntries(tool, link) : [];
  if (link.kind === "bridge") return [...groups, ...own];
  const mastered = own.filter((entry) => !entry.self);
  return [...mastered, ...own.filter((entry) => entry.self), ...(link.kind === "vxlan" ? [] : groups)];
}

/** What the plane knows of a device. A bridge that filters VLANs has local addresses in each of their owner's, the newest first. */
function knownEntries(tool: IpTool, link: Link): FdbEntry[] {
  const known = tool.plane.fdb(tool.ns).filter((entry) => entry.dev === link.index);
  const bridge = link.kind === "bridge" ? link : tool.links().find(({ index }) => index === link.master);
  if (bridge?.vlanFiltering !== true) return known;
  const vlans = link.vlans.map((vlan) => vlan & TAG.ID);
  return known.flatMap((entry) => {
    const local = entry.permanent && !entry.self && entry.vlan === undefined;
    return local ? [entry, ...vlans.map((vlan) => ({ ...entry, vlan }))] : [entry];
  });
}

/** The multicast addresses that a device lets in, as entries of its own. */
function groupEntries(tool: IpTool, link: Link): FdbEntry[] {
  const macs = groupsOf(tool, link).filter((group) => group.family === "link").map((group) => group.address);
  return macs.map((mac) => ({ mac, dev: link.index, master: 0, permanent: true, static: true, self: true, age: 0 }));
}

function printEntry(tool: IpTool, entry: FdbEntry, hideDev: boolean): Entry {
  const out = new Entry().put("mac", entry.mac, `${entry.mac} `);
  if (!hideDev) out.put("ifname", tool.name(entry.dev), `dev ${tool.name(entry.dev)} `);
  if (entry.dst !== undefined) out.put("dst", entry.dst, `dst ${entry.dst} `);
  const via = viaOf(tool, entry);
  if (via !== undefined) out.put("viaIf", via, `via ${via} `);
  if (entry.vlan) out.put("vlan", entry.vlan, `vlan ${entry.vlan} `);
  const seconds = Math.floor(entry.age / 1000);
  if (tool.options.stats && !entry.self) {
    out.put("used", seconds, `used ${seconds}/${seconds} `).note("updated", seconds);
  }
  out.put("flags", entry.self ? ["self"] : [], entry.self ? "self " : "");
  if (entry.master !== 0) out.put("master", tool.name(entry.master), `master ${tool.name(entry.master)} `);
  const state = entry.permanent ? "permanent" : entry.static ? "static" : "";
  return out.put("state", state, state).say("\n");
}

/** The device a tunnel's own remote is bound to; what is in the table is bound to none. */
function viaOf(tool: IpTool, entry: FdbEntry): string | undefined {
  const tunnel = tool.links().find(({ index }) => index === entry.dev)?.tunnel;
  const own = entry.dst !== undefined && entry.mac === "00:00:00:00:00:00" && entry.dst === tunnel?.remote;
  return own && tunnel?.dev ? tool.name(tunnel.dev) : undefined;
}

function fdbShow(tool: IpTool, words: Words): number {
  let dev: Link | undefined;
  let bridge: Link | undefined;
  let state: string | undefined;
  let vid: number | undefined;
  while (words.more) {
    const word = words.next();
    if (word === "help") throw usage(BRIDGE_USAGE["fdb"]);
    if (word === "br" || word === "brport") {
      const name = words.next();
      const found = tool.find(name);
      if (found === undefined) {
        throw new Exit(255, `Cannot find ${word === "br" ? "bridge " : ""}device "${name}"\n`);
      }
      if (word === "br") bridge = found;
      else dev = found;
    } else if (word === "state") state = stateWord(words.next());
    else if (word === "dynamic") state = "dynamic";
    else if (word === "vlan") vid = Number(words.next());
    else if (word === "dev") dev = tool.device(words.next());
  }
  const links = tool.links().filter((link) => {
    if (dev !== undefined && link.index !== dev.index) return false;
    return bridge === undefined || link.index === bridge.index || link.master === bridge.index;
  });
  const shown = links.flatMap((link) => entriesOf(tool, link)).filter((entry) => {
    return passesState(entry, state) && (vid === undefined || entry.vlan === vid);
  });
  tool.report(shown.map((entry) => printEntry(tool, entry, dev !== undefined)));
  return 0;
}

function stateWord(word: string): string {
  if (["permanent", "static", "stale", "reachable", "all"].includes(word)) return word;
  throw invalid(word, "invalid state");
}

/** `bridge fdb flush dev BRIDGE`: the whole table, the bridge's own addresses among it. */
function fdbFlush(tool: IpTool, words: Words): number {
  let name: string | undefined;
  while (words.more) {
    const word = words.next();
    if (word === "dev") name = words.next();
    else if (word === "help") throw usage(BRIDGE_USAGE["fdb"]);
    else if (word !== "self") throw notModelled(`bridge: fdb flush ${word}`);
  }
  if (name === undefined) throw new Exit(255, "Device is a required argument.\n", true);
  const link = tool.find(name);
  if (link === undefined) throw new Exit(255, `Cannot find bridge device "${name}"\n`);
  if (linkType(link) !== "ether") throw new Exit(255, "Error: FDB delete only supported for Ethernet devices.\n");
  if (link.kind !== "bridge") throw new Exit(255, "RTNETLINK answers: Operation not supported\n");
  for (const entry of tool.plane.fdb(tool.ns)) {
    if (entry.master === link.index) tool.plane.removeFdb(tool.ns, entry);
  }
  return 0;
}

function passesState(entry: FdbEntry, state: string | undefined): boolean {
  if (state === undefined || state === "all") return true;
  if (state === "permanent") return entry.permanent;
  if (state === "static") return entry.static && !entry.permanent;
  return !entry.static && !entry.permanent;
}

interface Request {
  mac?: string;
  dev?: string;
  bridge?: string;
  dst?: string;
  vlan?: number;
  master: boolean;
  self: boolean;
  state: "permanent" | "static" | "dynamic";
}

function takeRequest(words: Words): Request {
  const request: Request = { master: false, self: false, state: "permanent" };
  while (words.more) {
    const word = words.next();
    if (word === "dev") request.dev = words.next();
    else if (word === "br") request.bridge = words.next();
    else if (word === "dst") request.dst = destination(words.next());
    else if (word === "master") request.master = true;
    else if (word === "self") request.self = true;
    else if (word === "static" || word === "temp") request.state = "static";
    else if (word === "dynamic") request.state = "dynamic";
    else if (word === "local" || word === "permanent") request.state = "permanent";
    else if (word === "vlan") request.vlan = vlan(words.next());
    else if (["port", "vni", "via", "src_vni", "nhid", "sticky"].includes(word)) {
      throw notModelled(`bridge: fdb ${word}`);
    } else if (["use", "router", "extern_learn"].includes(word)) continue;
    else if (word === "help") throw usage(BRIDGE_USAGE["fdb"]);
    else {
      const mac = word === "to" ? words.next() : word;
      if (request.mac !== undefined) throw garbage("to", mac);
      request.mac = mac;
    }
  }
  return request;
}

function destination(word: string): string {
  if (!isIp(word)) throw new Exit(1, `Error: any valid address is expected rather than "${word}".\n`, true);
  return word;
}

function vlan(word: string): number {
  const value = parseUnsigned(word, 4094);
  if (value === undefined) throw new Exit(255, "Error: invalid vlan id.\n", true);
  return value;
}

/** The checked address and device of a change. */
function subject(tool: IpTool, request: Request): { readonly mac: string; readonly link: Link } {
  const { mac, dev } = request;
  if (mac === undefined || dev === undefined) throw new Exit(255, "Device and address are required arguments.\n", true);
  if (!isMac(mac)) throw new Exit(255, `Invalid mac address ${mac}\n`);
  return { mac: mac.toLowerCase(), link: tool.device(dev) };
}

function fdbChange(tool: IpTool, words: Words, mode: "add" | "append" | "replace"): number {
  const request = takeRequest(words);
  const { mac, link } = subject(tool, request);
  if (linkType(link) !== "ether") throw new Exit(255, "Error: FDB add only supported for Ethernet devices.\n");
  const self = request.self || !request.master;
  const entry: FdbEntry = {
    mac,
    dev: link.index,
    master: self ? (link.kind === "bridge" ? link.index : 0) : link.master,
    permanent: request.state === "permanent",
    static: request.state !== "dynamic",
    self,
    age: 0,
    ...(request.dst !== undefined && { dst: request.dst }),
    ...(request.vlan !== undefined && { vlan: request.vlan }),
  };
  if (self && link.kind === "vxlan") {
    must(tool.changeByWords({ fdb: entry, mode }));
    return 0;
  }
  const own = self && link.kind !== "bridge";
  must(own ? keepOwn(tool, entry, mode) : addEntry(tool, link, { entry: { ...entry, self: own }, mode }));
  for (const listener of tool.fdbListeners()) listener(entry, false);
  return 0;
}

/** Adds an entry to a bridge's table or a tunnel's: where VLANs are filtered, one without a VLAN goes into each of its port's. */
function addEntry(
  tool: IpTool,
  link: Link,
  { entry, mode }: { readonly entry: FdbEntry; readonly mode: "add" | "append" | "replace" },
): Failure | null {
  const bridge = tool.links().find(({ index }) => index === entry.master);
  if (entry.mac === "00:00:00:00:00:00" && link.kind !== "vxlan") return { errno: "EINVAL" };
  const vlans = bridge?.vlanFiltering ? link.vlans.map((vlan) => vlan & TAG.ID) : [];
  if (bridge?.vlanFiltering && entry.vlan !== undefined && !vlans.includes(entry.vlan)) return { errno: "EINVAL" };
  const refused = tool.plane.addFdb(tool.ns, entry, mode);
  if (!isFailure(refused) && entry.vlan === undefined && !entry.permanent) {
    for (const vlan of vlans) tool.plane.addFdb(tool.ns, { ...entry, vlan }, "replace");
  }
  return refused;
}

/** Whether a device lets in unicast addresses beside its own: one without a filter for them takes everything then. */
export function letsOthersIn(tool: IpTool, dev: number): boolean {
  return tool.namespace.state(OWN, () => []).some((one) => one.dev === dev && parseInt(one.mac, 16) % 2 === 0);
}

function keepOwn(tool: IpTool, entry: FdbEntry, mode: "add" | "append" | "replace"): Failure | null {
  const own = tool.namespace.state(OWN, () => []);
  const there = own.some((one) => one.dev === entry.dev && one.mac === entry.mac);
  if (there) return mode === "add" ? { errno: "EEXIST" } : null;
  own.push(entry);
  return null;
}

function dropOwn(tool: IpTool, dev: number, mac: string): Failure | null {
  const own = tool.namespace.state(OWN, () => []);
  const at = own.findIndex((one) => one.dev === dev && one.mac === mac);
  if (at < 0) return { errno: "ENOENT" };
  own.splice(at, 1);
  return null;
}

function fdbDelete(tool: IpTool, words: Words): number {
  const request = takeRequest(words);
  const { mac, link } = subject(tool, request);
  if (!request.master && link.kind !== "vxlan" && link.kind !== "bridge") {
    must(dropOwn(tool, link.index, mac));
    return 0;
  }
  const gone = tool.plane.fdb(tool.ns).find((entry) => entry.mac === mac && entry.dev === link.index);
  if (gone === undefined && link.kind !== "vxlan") must({ errno: "ENOENT" });
  const which = { mac, dev: link.index, ...(request.dst !== undefined && { dst: request.dst }) };
  const vlans = request.vlan === undefined ? [undefined, ...vlansOf(tool, link, mac)] : [request.vlan];
  const refused = vlans.map((vlan) => tool.plane.removeFdb(tool.ns, { ...which, ...(vlan !== undefined && { vlan }) }));
  if (refused.every((one) => one !== null)) must(refused[0]);
  if (gone !== undefined) { for (const listener of tool.fdbListeners()) listener(gone, true); }
  return 0;
}

/** VLANs in which a port has an address. */
function vlansOf(tool: IpTool, link: Link, mac: string): number[] {
  const known = tool.plane.fdb(tool.ns).filter((entry) => entry.mac === mac && entry.dev === link.index);
  return known.map(({ vlan }) => vlan).filter((vlan) => vlan !== undefined);
}

function bridgeNamed(tool: IpTool, name: string): Link {
  const link = tool.find(name);
  if (link === undefined) throw new Exit(255, `Cannot find bridge device "${name}"\n`);
  return link;
}

function fdbGet(tool: IpTool, words: Words): number {
  const request = takeRequest(words);
  const { mac } = request;
  if (mac === undefined || (request.bridge === undefined && request.dev === undefined)) {
    throw new Exit(255, "Device or master and address are required arguments.\n", true);
  }
  if (!isMac(mac)) throw new Exit(255, `Invalid mac address ${mac}\n`);
  const master = request.bridge === undefined ? undefined : bridgeNamed(tool, request.bridge).index;
  const dev = request.dev === undefined ? undefined : tool.device(request.dev).index;
  const port = tool.links().find(({ index }) => index === dev);
  if (port !== undefined && port.master === 0 && port.kind !== "bridge") {
    throw new Exit(254, "Error: Device is not a bridge port.\n");
  }
  const found = tool.plane.fdb(tool.ns).find((entry) => {
    return entry.mac === mac.toLowerCase() && entry.vlan === request.vlan &&
      (master === undefined || entry.master === master) &&
      (dev === undefined || entry.dev === dev);
  });
  if (found === undefined) throw new Exit(254, "Error: Fdb entry not found.\n");
  tool.report([printEntry(tool, found, false)]);
  return 0;
}
