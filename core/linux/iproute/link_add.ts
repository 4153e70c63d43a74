import type { LinkKind, LinkSpec, Ns } from "../../../wasm/mod.ts";
import { isFailure, isIp } from "../../base/mod.ts";
import { Exit, garbage, invalid, must, noDevice } from "./exit.ts";
import { linkExtras } from "./extras.ts";
import { deviceName, lladdr, netnsOf, number, takeTypeSettings } from "./link_set.ts";
import { nameLinkNamespaces } from "./nsid.ts";
import type { IpTool } from "./tool.ts";
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
  /** Fields of the kind. */
  readonly data: { -readonly [K in keyof LinkSpec]?: LinkSpec[K] };
  /** What the new device is set to afterwards. */
  readonly change: Parameters<typeof takeTypeSettings>[2];
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
  const home = request.ns ?? tool.ns;
  const peer = peerOf(tool, request);
  const name = request.name ?? freeName(tool, kind, home, peer === undefined ? [] : [peer.name]);
  const { mac, mtu } = request;
  const spec: LinkSpec = withoutAbsent({ kind, name, lower: lower?.index, ...request.data, mac, mtu, peer });
  const made = tool.plane.addLink(home, spec);
  must(made);
  if (!isFailure(made)) finish(tool, request, home, made);
  return 0;
}

function finish(tool: IpTool, request: Request, home: Ns, index: number): void {
  const extras = linkExtras(tool.namespace, index);
  if (request.alias !== undefined) extras.alias = request.alias;
  const { vlanId, mode } = request.data;
  Object.assign(extras, withoutAbsent({ vlanId, mode }));
  const change = { ...request.change, ...withoutAbsent({ txqlen: request.txqlen, up: request.up }) };
  if (request.master !== undefined) change.master = tool.device(request.master).index;
  if (Object.keys(change).length > 0) must(tool.plane.setLink(home, index, change));
  nameLinkNamespaces(tool.machine, [home, request.peer?.ns ?? tool.ns]);
}

/** The other end of a veth: it is made, and named, first. */
function peerOf(tool: IpTool, request: Request): LinkSpec["peer"] {
  if (request.type !== "veth") return undefined;
  const { name, mac, mtu, ns = tool.ns } = request.peer ?? { data: {}, change: {} };
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

function takeRequest(tool: IpTool, words: Words, outer: boolean): Request {
  const request: Request = { data: {}, change: {} };
  while (words.more) {
    const word = words.next();
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
  if (type === "bridge") takeTypeSettings(type, words, request.change);
  const read = KINDS[type];
  while (words.more) {
    if (read === undefined) words.rest();
    else read(tool, words, request);
  }
}

const KINDS: Readonly<Record<string, Take>> = {
  veth: (tool, words, request) => {
    const word = words.next();
    if (word !== "peer") throw new Exit(255, `veth: unknown command "${word}"?\n`, true);
    request.peer = takeRequest(tool, words, false);
  },
  vxlan: (tool, words, request) => {
    request.data.vxlan = takeVxlan(tool, words);
  },
  vlan: (_tool, words, { data }) => {
    const word = words.next();
    if (word === "id") data.vlanId = number(words.next(), "id");
    else if (word === "protocol" || word === "proto") words.next();
    else throw new Exit(255, `vlan: unknown command "${word}"?\n`, true);
  },
  macvlan: (_tool, words, { data }) => {
    const word = words.next();
    if (word === "mode") data.mode = words.next();
    else throw new Exit(255, `macvlan: unknown command "${word}"?\n`, true);
  },
  ipvlan: (_tool, words, { data }) => {
    const word = words.next();
    if (word === "mode") data.mode = words.next();
    else if (!["bridge", "private", "vepa"].includes(word)) {
      throw new Exit(255, `ipvlan: unknown option "${word}"?\n`, true);
    }
  },
  ipip: (_tool, words, { data }) => {
    const word = words.next();
    const known = data.vxlan ?? { id: 0 };
    if (word === "local" || word === "remote") data.vxlan = { ...known, [word]: words.next() };
    else if (word === "ttl" || word === "tos" || word === "dev") words.next();
    else throw new Exit(255, `ipip: unknown command "${word}"?\n`, true);
  },
};

function takeVxlan(tool: IpTool, words: Words): NonNullable<LinkSpec["vxlan"]> {
  const vxlan: { -readonly [K in keyof NonNullable<LinkSpec["vxlan"]>]: NonNullable<LinkSpec["vxlan"]>[K] } = {
    id: -1,
  };
  while (words.more) {
    const word = words.next();
    if (word === "id" || word === "vni") vxlan.id = vni(words.next());
    else if (word === "local") vxlan.local = address(words.next());
    else if (word === "remote" || word === "group") vxlan.remote = address(words.next());
    else if (word === "dev") vxlan.dev = tool.device(words.next()).index;
    else if (word === "dstport") vxlan.port = number(words.next(), "dstport");
    else if (word === "ttl" || word === "hoplimit") vxlan.ttl = ttl(words.next());
    else if (word === "learning") vxlan.learning = true;
    else if (word === "nolearning") vxlan.learning = false;
    else if (["ageing", "tos", "df", "maxaddress", "flowlabel"].includes(word)) words.next();
    else if (word === "srcport") words.next() + words.next();
    else if (!/^(no)?(udpcsum|udp6zerocsum[tr]x|proxy|rsc|l[23]miss|external|gbp|gpe|remcsum[tr]x)$/.test(word)) {
      throw new Exit(255, `vxlan: unknown command "${word}"?\n`, true);
    }
  }
  if (vxlan.id < 0) throw new Exit(255, "vxlan: missing virtual network identifier\n", true);
  return vxlan;
}

function vni(word: string): number {
  const value = number(word, "id");
  if (value >= 1 << 24) throw invalid(word, "invalid id");
  return value;
}

function ttl(word: string): number {
  return word === "auto" || word === "inherit" ? 0 : number(word, "ttl");
}

function address(word: string): string {
  if (!isIp(word)) throw new Exit(1, `Error: any valid address is expected rather than "${word}".\n`);
  return word;
}

/** The object without the fields that are undefined. */
function withoutAbsent<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
