import type { LinkKind, LinkSpec, Ns } from "../../../wasm/mod.ts";
import { type Failure, isFailure } from "../../base/mod.ts";
import { namespaceOf } from "../namespace.ts";
import { applyDefaultPvid, checkDefaultPvid } from "./bridge_vlan.ts";
import { Exit, garbage, must, netlinkText, noDevice } from "./exit.ts";
import { linkExtras } from "./extras.ts";
import { addFallback } from "./kinds/fallback.ts";
import { type KindRequest, newKindRequest, unknownKindWord } from "./kinds/kind.ts";
import { KINDS } from "./kinds/mod.ts";
import { deviceName, linkWord, lladdr, netnsOf, number, takeTypeSettings, type TypeSettings } from "./link_set.ts";
import { nameLinkNamespaces } from "./nsid.ts";
import { IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import type { Words } from "./words.ts";

/** What `ip link add` was told before and after `type`. */
interface Request {
  name?: string;
  link?: string;
  mac?: string;
  mtu?: number;
  ns?: Ns;
  txqlen?: number;
  master?: string;
  up?: boolean;
  alias?: string;
  type?: string;
  peer?: Request;
  readonly kind: KindRequest;
  /** What the new device is set to afterwards. */
  readonly change: TypeSettings["change"];
  /** Settings of a bridge that are only shown. */
  shown?: TypeSettings["shown"];
}

const MODELLED: readonly LinkKind[] = ["veth", "bridge", "vxlan", "dummy", "vlan", "macvlan", "ipvlan", "ipip"];

/** `ip link add`. */
export function linkAdd(tool: IpTool, words: Words): number {
  const request = takeRequest(tool, words, true);
  if (request.type === undefined) throw new Exit(1, `Not enough information: "type" argument is required\n`);
  const lower = request.link === undefined ? undefined : tool.find(request.link);
  if (request.link !== undefined && lower === undefined) throw noDevice(request.link);
  if ((request.name ?? "").length > 15) throw new Exit(2, "Error: Attribute failed policy validation.\n");
  if (!MODELLED.includes(request.type as LinkKind)) throw new Exit(2, "Error: Unknown device type.\n");
  const kind = request.type as LinkKind;
  KINDS[kind]?.check?.(tool, request.kind);
  const home = request.ns ?? tool.ns;
  const peer = peerOf(tool, request);
  const name = request.name ?? freeName(tool, kind, home, peer === undefined ? [] : [peer.name]);
  const { mac, mtu } = request;
  const { tag, mode, flag, tunnel } = request.kind;
  const below = lower === undefined ? {} : { lower: lower.index, lowerNs: tool.ns };
  const spec: LinkSpec = withoutAbsent({ kind, name, ...below, tag, mode, flag, tunnel, mac, mtu, peer });
  if (kind === "ipip") addFallback(tool, home);
  const taken = tool.plane.links(home).some((link) => link.name === name);
  const made = tool.plane.addLink(home, spec);
  if (isFailure(made) && kind === "vlan" && !taken) throw noVlan(made, lower === undefined);
  must(made);
  if (!isFailure(made)) finish(tool, request, home, made);
  return 0;
}

/** What the kernel's 8021q has to say where it makes no VLAN. */
function noVlan(failure: Failure, alone: boolean): Exit {
  const text = failure.errno === "EEXIST"
    ? "VLAN device already exists"
    : failure.errno === "EOPNOTSUPP"
    ? "VLANs not supported on device"
    : alone
    ? "link not specified"
    : undefined;
  return new Exit(2, text === undefined ? netlinkText(failure) : `Error: 8021q: ${text}.\n`);
}

function finish(tool: IpTool, request: Request, home: Ns, index: number): void {
  const extras = linkExtras(namespaceOf(tool.plane, home), index);
  if (request.alias !== undefined) extras.alias = request.alias;
  extras.data = { ...request.kind.shown, ...(request.shown !== undefined && { bridge: request.shown }) };
  const { txqlen, up, kind: { ageing } } = request;
  const change = { ...request.change, ...withoutAbsent({ ageing, txqlen, up }) };
  if (request.master !== undefined) change.master = tool.device(request.master).index;
  const made = tool.plane.links(home).find((link) => link.index === index);
  checkDefaultPvid(change);
  if (made !== undefined && change.defaultPvid !== undefined) {
    applyDefaultPvid(new IpTool(tool.process, tool.options, home), made, change.defaultPvid);
  }
  if (Object.keys(change).length > 0) must(tool.plane.setLink(home, index, change));
  nameLinkNamespaces(tool.machine, [home, request.peer?.ns ?? tool.ns]);
}

/** The other end of a veth: it is made, and named, first. */
function peerOf(tool: IpTool, request: Request): LinkSpec["peer"] {
  if (request.type !== "veth") return undefined;
  const { name, mac, mtu, ns = tool.ns } = request.peer ?? newRequest();
  return withoutAbsent({
    name: name ?? freeName(tool, "veth", ns, request.name === undefined ? [] : [request.name]),
    ns,
    mac,
    mtu,
  });
}

/** The first free name of a kind, as the kernel gives one where none was asked for: `veth0`. */
function freeName(tool: IpTool, kind: LinkKind, ns: Ns, taken: readonly string[]): string {
  const names = new Set([...tool.plane.links(ns).map((link) => link.name), ...taken]);
  for (let i = 0;; i++) if (!names.has(`${kind}${i}`)) return `${kind}${i}`;
}

type Take = (tool: IpTool, words: Words, request: Request) => void;

const SETTINGS: Readonly<Record<string, Take>> = {
  link: (_tool, words, request) => request.link = words.next(),
  name: (_tool, words, request) => request.name = deviceName(words.next()),
  address: (_tool, words, request) => request.mac = lladdr(words.next()),
  mtu: (_tool, words, request) => request.mtu = number(words.next(), "mtu"),
  txqueuelen: (_tool, words, request) => request.txqlen = number(words.next(), "txqueuelen"),
  txqlen: (_tool, words, request) => request.txqlen = number(words.next(), "txqueuelen"),
  qlen: (_tool, words, request) => request.txqlen = number(words.next(), "txqueuelen"),
  netns: (tool, words, request) => request.ns = netnsOf(tool, words.next()),
  master: (_tool, words, request) => request.master = words.next(),
  up: (_tool, _words, request) => request.up = true,
  down: (_tool, _words, request) => request.up = false,
  alias: (_tool, words, request) => request.alias = words.next(),
  index: (_tool, words) => number(words.next(), "index"),
  broadcast: (_tool, words) => lladdr(words.next()),
  numtxqueues: (_tool, words) => number(words.next(), "numtxqueues"),
  numrxqueues: (_tool, words) => number(words.next(), "numrxqueues"),
  group: (_tool, words) => words.next(),
  arp: (_tool, words) => words.next(),
};

function newRequest(): Request {
  return { kind: newKindRequest(), change: {} };
}

function takeRequest(tool: IpTool, words: Words, outer: boolean): Request {
  const request = newRequest();
  while (words.more) {
    const word = linkWord(words.next());
    const take = SETTINGS[word];
    if (take !== undefined) take(tool, words, request);
    else if (word === "type" && outer) takeKind(tool, words, request);
    else if (word === "help") throw new Exit(255, IP_USAGE["link"] ?? "", true);
    else {
      const name = word === "dev" ? words.next() : word;
      if (request.name !== undefined) throw garbage("dev", name);
      request.name = name;
    }
  }
  return request;
}

function takeKind(tool: IpTool, words: Words, request: Request): void {
  const type = words.next();
  request.type = type;
  if (type === "bridge") takeTypeSettings(type, words, request);
  const kind = KINDS[type as LinkKind];
  while (words.more) {
    if (type === "veth") takePeer(tool, words, request);
    else if (kind !== undefined) kind.take(tool, words, request.kind);
    else if (type === "dummy") throw unknownKindWord("dummy", "option", words.next());
    else words.rest();
  }
}

function takePeer(tool: IpTool, words: Words, request: Request): void {
  const word = words.next();
  if (word !== "peer") throw unknownKindWord("veth", "command", word);
  request.peer = takeRequest(tool, words, false);
}

/** The object without the fields that are undefined. */
function withoutAbsent<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
