import type { LinkChange, LinkKind, LinkSpec, Ns } from "../../../wasm/mod.ts";
import { type Failure, isFailure } from "../../base/mod.ts";
import { namespaceOf } from "../namespace.ts";
import { isAltName } from "./altnames.ts";
import { applyDefaultPvid, checkDefaultPvid } from "./bridge_vlan.ts";
import { Exit, garbage, must, netlinkText, noDevice, usage } from "./exit.ts";
import { linkExtras } from "./extras.ts";
import { addFallback } from "./kinds/fallback.ts";
import { type KindRequest, newKindRequest, unknownKindWord } from "./kinds/kind.ts";
import { KINDS } from "./kinds/mod.ts";
import { groupNumber } from "./link_filter.ts";
import { takeTypeSettings, type TypeSettings } from "./link_type_settings.ts";
import { deviceName, lladdr } from "./link_values.ts";
import { checkLooks, COMMON, linkWord, type Take, type Wanted } from "./link_words.ts";
import { nameLinkNamespaces } from "./nsid.ts";
import { IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import type { Words } from "./words.ts";

/** What `ip link add` was told before and after `type`. */
interface Request extends Wanted {
  name?: string;
  link?: string;
  type?: string;
  peer?: Request;
  group?: number;
  readonly kind: KindRequest;
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
  const there = tool.plane.links(request.change.ns ?? tool.ns).some((link) => link.name === request.name);
  if (there) throw new Exit(2, "RTNETLINK answers: File exists\n");
  if (request.type === "tun") throw new Exit(2, "Error: tun/tap creation via rtnetlink is not supported.\n");
  if (!MODELLED.includes(request.type as LinkKind)) throw new Exit(2, "Error: Unknown device type.\n");
  const kind = request.type as LinkKind;
  KINDS[kind]?.check?.(tool, request.kind);
  checkLooks(request.looks);
  if (request.index !== undefined) throw new Exit(2, "ip: the index of a new device is not modelled\n");
  const home = request.change.ns ?? tool.ns;
  const peer = peerOf(tool, request);
  const name = request.name ?? freeName(tool, kind, home, peer === undefined ? [] : [peer.name]);
  if (isAltName(namespaceOf(tool.plane, home), name)) throw new Exit(2, "RTNETLINK answers: File exists\n");
  const { mac, mtu } = request.change;
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
  extras.data = { ...request.kind.shown, ...(request.shown !== undefined && { bridge: request.shown }) };
  const { ageing } = request.kind;
  settle(tool, request, { home, index, more: withoutAbsent({ ageing }) });
  if (request.type === "veth" && request.peer !== undefined) settlePeer(tool, request.peer, { home, index });
  nameLinkNamespaces(tool.machine, [home, request.peer?.change.ns ?? tool.ns]);
}

/** Sets a new device as it was asked for: all but what it was made with. */
function settle(
  tool: IpTool,
  request: Request,
  { home, index, more }: { readonly home: Ns; readonly index: number; readonly more: LinkChange },
): void {
  const { mac: _mac, mtu: _mtu, ns: _ns, ...asked } = request.change;
  const change = { ...asked, ...more };
  const extras = linkExtras(namespaceOf(tool.plane, home), index);
  if (request.alias !== undefined) extras.alias = request.alias;
  if (request.group !== undefined) extras.group = request.group;
  if (Object.keys(request.looks).length > 0) extras.looks = request.looks;
  const made = tool.plane.links(home).find((link) => link.index === index);
  checkDefaultPvid(change);
  if (made !== undefined && change.defaultPvid !== undefined) {
    applyDefaultPvid(new IpTool(tool.process, tool.options, home), made, change.defaultPvid);
  }
  if (Object.keys(change).length > 0) must(tool.plane.setLink(home, index, change));
}

function settlePeer(tool: IpTool, peer: Request, made: { readonly home: Ns; readonly index: number }): void {
  const near = tool.plane.links(made.home).find((link) => link.index === made.index);
  if (near !== undefined) settle(tool, peer, { home: near.linkNs, index: near.link, more: {} });
}

/** The other end of a veth: it is made, and named, first. */
function peerOf(tool: IpTool, request: Request): LinkSpec["peer"] {
  if (request.type !== "veth") return undefined;
  const { name, change: { mac, mtu, ns = tool.ns } } = request.peer ?? newRequest();
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

const SETTINGS: Readonly<Record<string, Take<Request>>> = {
  ...COMMON,
  link: (_tool, words, request) => request.link = words.next(),
  name: (_tool, words, request) => request.name = deviceName(words.next()),
  address: (_tool, words, { change }) => change.mac = lladdr(words.next()),
  group: (_tool, words, request) => request.group = groupNumber(words.next()),
};

function newRequest(): Request {
  return { kind: newKindRequest(), change: {}, looks: {} };
}

function takeRequest(tool: IpTool, words: Words, outer: boolean): Request {
  const request = newRequest();
  while (words.more) {
    const word = linkWord(words.next());
    const take = SETTINGS[word];
    if (take !== undefined) take(tool, words, request);
    else if (word === "type" && outer) takeKind(tool, words, request);
    else if (word === "help") throw usage(IP_USAGE["link"]);
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
