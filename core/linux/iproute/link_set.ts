import type { Link, LinkChange, LinkKind, Ns } from "../../../wasm/mod.ts";
import { isMac } from "../../base/mod.ts";
import { applyDefaultPvid, checkDefaultPvid } from "./bridge_vlan.ts";
import { Exit, garbage, invalid, must } from "./exit.ts";
import { linkExtras } from "./extras.ts";
import { groupNumber } from "./link_filter.ts";
import { writeSysctl } from "../sysctl/store.ts";
import { type KindRequest, newKindRequest, unknownKindWord } from "./kinds/kind.ts";
import { KINDS } from "./kinds/mod.ts";
import { nameLinkNamespaces, nsidOf } from "./nsid.ts";
import type { IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import { parseUnsigned, type Words } from "./words.ts";

/** What `ip link set` was told: changes of the kernel's, and those that only tools show. */
interface Request {
  name?: string;
  group?: number;
  toGroup?: number;
  alias?: string;
  addrGenMode?: number;
  change: { -readonly [K in keyof LinkChange]: LinkChange[K] };
  /** `type KIND` and what followed it. */
  type?: string;
  kind?: KindRequest;
  shown?: TypeSettings["shown"];
}

/** `ip link set`. */
export function linkSet(tool: IpTool, words: Words): number {
  const request: Request = { change: {} };
  while (words.more) takeChange(tool, words, request);
  if (request.name === undefined && request.group !== undefined) return setGroup(tool, request);
  if (request.name === undefined) throw new Exit(255, `Not enough information: "dev" argument is required.\n`, true);
  apply(tool, request.name, request);
  return 0;
}

function setGroup(tool: IpTool, request: Request): number {
  for (const link of tool.links()) {
    if ((linkExtras(tool.namespace, link.index).group ?? 0) === request.group) apply(tool, link.name, request);
  }
  return 0;
}

/** What only a bridge's port has. */
const PORT_FLAGS = ["hairpin", "learning", "flood", "isolated"] as const;

function apply(tool: IpTool, name: string, request: Request): void {
  const { change, alias, toGroup, addrGenMode } = request;
  const link = tool.device(name);
  const extras = linkExtras(tool.namespace, link.index);
  if (request.kind !== undefined) applyKind(link, request.kind, request);
  if (request.shown !== undefined) {
    extras.data = { ...extras.data, bridge: { ...extras.data?.bridge, ...request.shown } };
  }
  if (link.master === 0 && PORT_FLAGS.some((flag) => change[flag] !== undefined)) {
    throw new Exit(2, "RTNETLINK answers: Operation not supported\n");
  }
  if (link.up || change.up) extras.wasUp = true;
  checkDefaultPvid(change);
  if (change.defaultPvid !== undefined) applyDefaultPvid(tool, link, change.defaultPvid);
  if (Object.keys(change).length > 0) must(tool.plane.setLink(tool.ns, link.index, change));
  if (addrGenMode === STABLE_SECRET) throw new Exit(2, "RTNETLINK answers: Invalid argument\n");
  if (addrGenMode !== undefined) {
    writeSysctl(tool.namespace, `net/ipv6/conf/${link.name}/addr_gen_mode`, String(addrGenMode));
  }
  if (alias === "") delete extras.alias;
  else if (alias !== undefined) extras.alias = alias;
  if (toGroup !== undefined) extras.group = toGroup;
  if (change.ns !== undefined && change.ns !== tool.ns) nsidOf(tool.namespace, change.ns);
  if (change.ns !== undefined) nameLinkNamespaces(tool.machine, [tool.ns, change.ns, link.linkNs]);
}

/** What `type KIND` changes of a device of that kind. */
function applyKind(link: Link, { mode, flag, tunnel, ageing }: KindRequest, { type, change }: Request): void {
  if (type !== link.kind) throw new Exit(2, "RTNETLINK answers: Operation not supported\n");
  if (link.kind === "vxlan" && tunnel?.id !== link.tunnel?.id) throw new Exit(2, "Error: Cannot change VNI.\n");
  if (mode !== undefined) change.mode = mode;
  if (flag !== undefined) change.flag = flag;
  if (tunnel !== undefined) change.tunnel = tunnel;
  if (ageing !== undefined) change.ageing = ageing;
}

type Take = (tool: IpTool, words: Words, request: Request) => void;

const SETTINGS: Readonly<Record<string, Take>> = {
  up: (_tool, _words, { change }) => change.up = true,
  down: (_tool, _words, { change }) => change.up = false,
  name: (_tool, words, { change }) => change.name = deviceName(words.next()),
  address: (_tool, words, { change }) => change.mac = lladdr(words.next()),
  broadcast: (_tool, words) => lladdr(words.next()),
  brd: (_tool, words) => lladdr(words.next()),
  mtu: (_tool, words, { change }) => change.mtu = number(words.next(), "mtu"),
  txqueuelen: (_tool, words, { change }) => change.txqlen = number(words.next(), "txqueuelen"),
  txqlen: (_tool, words, { change }) => change.txqlen = number(words.next(), "txqueuelen"),
  qlen: (_tool, words, { change }) => change.txqlen = number(words.next(), "txqueuelen"),
  master: (tool, words, { change }) => change.master = masterOf(tool, words.next()),
  vrf: (tool, words, { change }) => change.master = masterOf(tool, words.next()),
  nomaster: (_tool, _words, { change }) => change.master = 0,
  netns: (tool, words, { change }) => change.ns = netnsOf(tool, words.next()),
  arp: (_tool, words, { change }) => change.arp = onOff(words.next(), "arp"),
  promisc: (_tool, words, { change }) => change.promisc = onOff(words.next(), "promisc"),
  multicast: (_tool, words) => onOff(words.next(), "multicast"),
  allmulticast: (_tool, words) => onOff(words.next(), "allmulticast"),
  dynamic: (_tool, words) => onOff(words.next(), "dynamic"),
  trailers: (_tool, words) => onOff(words.next(), "trailers"),
  protodown: (_tool, words) => onOff(words.next(), "protodown"),
  carrier: (_tool, words) => onOff(words.next(), "carrier"),
  addrgenmode: (_tool, words, request) => request.addrGenMode = addrGenMode(words.next()),
  state: (_tool, words) => words.next(),
  mode: (_tool, words) => words.next(),
  gso_max_size: (_tool, words) => number(words.next(), "gso_max_size"),
  gso_max_segs: (_tool, words) => number(words.next(), "gso_max_segs"),
  gro_max_size: (_tool, words) => number(words.next(), "gro_max_size"),
  alias: (_tool, words, request) => request.alias = words.next(),
  group: (_tool, words, request) => {
    const group = groupNumber(words.next());
    if (request.name === undefined && request.group === undefined) request.group = group;
    else request.toGroup = group;
  },
  type: (tool, words, request) => takeType(tool, words, request),
};

function takeType(tool: IpTool, words: Words, request: Request): void {
  const type = words.next();
  const kind = KINDS[type as LinkKind];
  if (kind === undefined) return takeTypeSettings(type, words, request);
  const said = newKindRequest();
  const link = request.name === undefined ? undefined : tool.find(request.name);
  if (link?.tunnel !== undefined) said.tunnel = link.tunnel;
  while (words.more) kind.take(tool, words, said);
  request.type = type;
  request.kind = said;
}

function takeChange(tool: IpTool, words: Words, request: Request): void {
  const word = linkWord(words.next());
  const take = SETTINGS[word];
  if (take !== undefined && !(word === "name" && request.name === undefined && !words.more)) {
    take(tool, words, request);
    return;
  }
  if (word === "help") throw new Exit(255, IP_USAGE["link"] ?? "", true);
  const name = word === "dev" ? words.next() : word;
  if (request.name !== undefined) throw garbage("dev", name);
  request.name = name;
}

/** Words of `ip link` that may be cut short, in the order in which a beginning finds them. */
const SHORT = [
  "link",
  "address",
  "broadcast",
  "txqueuelen",
  "txqlen",
  "master",
  "nomaster",
  "dynamic",
  "type",
  "alias",
  "numtxqueues",
  "numrxqueues",
  "addrgenmode",
  "help",
];
/** Words that a beginning of another does not hide. */
const WHOLE = /^(up|down|name|mtu|netns|arp|dev)$/;

/** The whole word that iplink understands: a device called `br` must be named as `dev br`. */
export function linkWord(word: string): string {
  return word === "" || WHOLE.test(word) ? word : SHORT.find((whole) => whole.startsWith(word)) ?? word;
}

/** What stands behind `type bridge` and `type bridge_slave`: settings of the plane, and settings that are only shown. */
export interface TypeSettings {
  readonly change: { -readonly [K in keyof LinkChange]: LinkChange[K] };
  shown?: Readonly<Record<string, number>>;
}

/** Settings the plane has. */
const TYPE_SETTINGS: Readonly<Record<string, Readonly<Record<string, (word: string) => LinkChange>>>> = {
  bridge: {
    ageing_time: (word) => ({ ageing: number(word, "ageing_time") }),
    stp_state: (word) => ({ stp: number(word, "stp_state") !== 0 }),
    vlan_filtering: (word) => ({ vlanFiltering: number(word, "vlan_filtering") !== 0 }),
    vlan_default_pvid: (word) => ({ defaultPvid: number(word, "vlan_default_pvid") }),
    mcast_snooping: (word) => ({ mcastSnooping: number(word, "mcast_snooping") !== 0 }),
  },
  bridge_slave: {
    hairpin: (word) => ({ hairpin: onOff(word, "hairpin") }),
    learning: (word) => ({ learning: onOff(word, "learning") }),
    flood: (word) => ({ flood: onOff(word, "flood") }),
    isolated: (word) => ({ isolated: onOff(word, "isolated") }),
  },
};

/** A bridge's settings that no packet here feels: timers of the spanning tree, multicast snooping, statistics. */
const SHOWN =
  /^(forward_delay|hello_time|max_age|priority|vlan_stats_enabled|vlan_stats_per_port|no_linklocal_learn|mcast_(?!snooping$).*)$/;
/** Settings that are read and named: they would change what becomes of packets. */
const UNMODELLED =
  /^(fdb_flush|group_fwd_mask|group_address|vlan_protocol|nf_call_.*|state|priority|cost|guard|root_block|fastleave|proxy_arp|proxy_arp_wifi|mcast_.*|bcast_flood|neigh_suppress|vlan_tunnel|locked|backup_port|nobackup_port)$/;

/** Reads what stands behind `type TYPE` of a device that is there, or of a new bridge. */
export function takeTypeSettings(type: string, words: Words, request: TypeSettings): void {
  const settings = TYPE_SETTINGS[type];
  while (words.more) {
    const word = words.next();
    const read = settings?.[word];
    if (read !== undefined) Object.assign(request.change, read(words.next()));
    else if (type === "bridge" && SHOWN.test(word)) {
      request.shown = { ...request.shown, [word]: number(words.next(), word) };
    } else if (settings !== undefined && UNMODELLED.test(word)) {
      throw new Exit(2, `ip: ${type} ${word} is not modelled\n`);
    } else if (settings === undefined) words.rest();
    else throw unknownKindWord(type, "command", word);
  }
}

/** A device name as the tool checks it: up to 15 bytes, without `/` or blanks. */
export function deviceName(word: string): string {
  if (word.length > 15 || word === "" || /[/\s]/.test(word)) throw invalid(word, `"name" not a valid ifname`);
  return word;
}

/** An Ethernet address as the tool checks it. */
export function lladdr(word: string): string {
  if (isMac(word)) return word.toLowerCase();
  const bytes = word.split(":");
  if (!bytes.every((byte) => /^[0-9a-f]{1,2}$/i.test(byte))) throw new Exit(1, `"${word}" is invalid lladdr.\n`);
  if (bytes.length !== 6) throw new Exit(1, `Invalid address length ${bytes.length} - must be 6 bytes\n`);
  return bytes.map((byte) => byte.padStart(2, "0").toLowerCase()).join(":");
}

/** A number as iplink reads it. */
export function number(word: string, what: string): number {
  const value = parseUnsigned(word);
  if (value === undefined) throw invalid(word, `Invalid "${what}" value\n`);
  return value;
}

/** IN6_ADDR_GEN_MODE_* by iproute2's words; the second asks for a secret that nobody gave here. */
export const ADDR_GEN_MODES = ["eui64", "none", "stable_secret", "random"] as const;
const STABLE_SECRET = 2;

function addrGenMode(word: string): number {
  const mode = ADDR_GEN_MODES.findIndex((name) => name === word);
  if (mode < 0) throw invalid(word, "Invalid address generation mode\n");
  return mode;
}

function onOff(word: string, what: string): boolean {
  if (word === "on" || word === "1") return true;
  if (word === "off" || word === "0") return false;
  throw new Exit(1, `Error: argument of "${what}" must be "on" or "off", not "${word}"\n`);
}

function masterOf(tool: IpTool, name: string): number {
  const link = tool.find(name);
  if (link === undefined) throw invalid(name, "Device does not exist\n");
  return link.index;
}

/** The namespace of a name, or of a process by its pid. */
export function netnsOf(tool: IpTool, word: string): Ns {
  const named = tool.machine.findNs(word);
  if (named !== undefined) return named;
  const process = tool.machine.processes.find((one) => String(one.pid) === word);
  if (word === "1") return tool.machine.ns.id;
  if (process === undefined) throw invalid(word, `Invalid "netns" value\n`);
  return process.ns;
}
