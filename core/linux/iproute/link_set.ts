import type { Link, LinkKind, Ns } from "../../../wasm/mod.ts";
import { namespaceOf } from "../namespace.ts";
import { writeSysctl } from "../sysctl/store.ts";
import { isAltName } from "./altnames.ts";
import { applyDefaultPvid, checkDefaultPvid } from "./bridge_vlan.ts";
import { Exit, garbage, invalid, must, usage } from "./exit.ts";
import { linkExtras, moveLinkExtras } from "./extras.ts";
import { type KindRequest, newKindRequest } from "./kinds/kind.ts";
import { KINDS } from "./kinds/mod.ts";
import { groupNumber } from "./link_filter.ts";
import { takeTypeSettings, type TypeSettings } from "./link_type_settings.ts";
import { ADDR_GEN_MODES, checkLength, deviceName, lladdr, number, onOff } from "./link_values.ts";
import { checkLooks, COMMON, linkWord, type Take, type Wanted } from "./link_words.ts";
import { knownNsid, nameLinkNamespaces, nsidOf } from "./nsid.ts";
import type { IpTool } from "./tool.ts";
import { IP_USAGE } from "./usage.ts";
import type { Words } from "./words.ts";

/** What `ip link set` was told: changes of the kernel's, and those that only tools show. */
interface Request extends Wanted {
  name?: string;
  group?: number;
  toGroup?: number;
  /** What a device of these kinds answers, once the rest is done. */
  refusal?: (link: Link) => Exit;
  linkNsid?: number;
  /** `type KIND` and what followed it. */
  type?: string;
  kind?: KindRequest;
  shown?: TypeSettings["shown"];
}

/** `ip link set`. */
export function linkSet(tool: IpTool, words: Words): number {
  const request: Request = { change: {}, looks: {} };
  while (words.more) takeChange(tool, words, request);
  if (request.name === undefined && request.group !== undefined) return setGroup(tool, request);
  checkRequest(request);
  if (request.name === undefined) throw new Exit(255, `Not enough information: "dev" argument is required.\n`, true);
  apply(tool, request.name, request);
  return 0;
}

/** What the tool refuses before it asks the kernel. */
function checkRequest({ index, change }: Request): void {
  if (index === undefined) return;
  if (change.ns !== undefined) throw new Exit(2, "ip: the index of a device that moves is not modelled\n");
  throw new Exit(
    255,
    "index can be used only when creating devices or when moving device to another netns.\n",
    true,
  );
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
  const { change, looks } = request;
  if (change.mac !== undefined && tool.find(name) !== undefined) checkLength(change.mac);
  const link = tool.device(name);
  checkKernel(tool, link, request);
  const extras = linkExtras(tool.namespace, link.index);
  if (request.kind !== undefined) applyKind(link, request.kind, request);
  if (request.shown !== undefined) {
    extras.data = { ...extras.data, bridge: { ...extras.data?.bridge, ...request.shown } };
  }
  if (link.up || change.up) extras.wasUp = true;
  checkDefaultPvid(change);
  if (change.defaultPvid !== undefined) applyDefaultPvid(tool, link, change.defaultPvid);
  const old = change.ns === undefined ? [] : tool.plane.links(change.ns);
  if (Object.keys(change).length > 0) must(tool.plane.setLink(tool.ns, link.index, change));
  if (Object.keys(looks).length > 0) extras.looks = { ...extras.looks, ...looks };
  applyShown(tool, link, request);
  if (change.ns !== undefined && change.ns !== tool.ns) followMove(tool, link, { to: change.ns, old });
  if (request.refusal !== undefined) throw request.refusal(link);
}

/** What the kernel refuses before it changes anything. */
function checkKernel(tool: IpTool, link: Link, { change, looks, linkNsid, addrGenMode }: Request): void {
  if (link.master === 0 && PORT_FLAGS.some((flag) => change[flag] !== undefined)) {
    throw new Exit(2, "RTNETLINK answers: Operation not supported\n");
  }
  const known = [...tool.machine.namespaces.values()].some(({ id }) => knownNsid(tool.namespace, id) === linkNsid);
  if (linkNsid !== undefined && !known) throw new Exit(2, "Error: Unknown network namespace id.\n");
  if (change.name !== undefined && isAltName(tool.namespace, change.name)) {
    throw new Exit(2, "RTNETLINK answers: File exists\n");
  }
  checkLooks(looks);
  if (addrGenMode === STABLE_SECRET) throw new Exit(2, "RTNETLINK answers: Invalid argument\n");
}

/** Another name than the kernel's knows: the one it asks a secret for. */
const STABLE_SECRET = ADDR_GEN_MODES.indexOf("stable_secret");

function applyShown(tool: IpTool, link: Link, { alias, toGroup, addrGenMode }: Request): void {
  const extras = linkExtras(tool.namespace, link.index);
  if (addrGenMode !== undefined) {
    writeSysctl(tool.namespace, `net/ipv6/conf/${link.name}/addr_gen_mode`, String(addrGenMode));
  }
  if (alias === "") delete extras.alias;
  else if (alias !== undefined) extras.alias = alias;
  if (toGroup !== undefined) extras.group = toGroup;
}

/** A device that moved keeps what it was given, whatever its index is there. */
function followMove(tool: IpTool, link: Link, { to, old }: { readonly to: Ns; readonly old: readonly Link[] }): void {
  nsidOf(tool.namespace, to);
  const there = tool.plane.links(to).find(({ index }) => !old.some((one) => one.index === index));
  if (there !== undefined) moveLinkExtras(tool.namespace, link.index, [namespaceOf(tool.plane, to), there.index]);
  nameLinkNamespaces(tool.machine, [tool.ns, to, link.linkNs]);
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

const SETTINGS: Readonly<Record<string, Take<Request>>> = {
  ...COMMON,
  name: (_tool, words, { change }) => change.name = deviceName(words.next()),
  address: (_tool, words, { change }) => change.mac = lladdr(words.next()),
  protodown: (_tool, words, request) => refuse(request, protoDown(words.next())),
  protodown_reason: (_tool, words, request) => {
    number(words.next(), "protodown reason");
    refuse(request, protoDown(words.next()));
  },
  carrier: (_tool, words, request) => {
    onOff(words.next(), "carrier");
    refuse(request, (link) => link.kind === "dummy" ? unmodelled("carrier") : UNSUPPORTED);
  },
  state: (_tool, words) => operState(words.next()),
  xdp: (_tool, words) => noProgram(words.next()),
  xdpgeneric: (_tool, words) => noProgram(words.next()),
  vf: (_tool, words, request) => {
    number(words.next(), "vf");
    while (VF_WORDS.has(words.peek() ?? "")) words.accept(words.next()) || words.next();
    refuse(request, () => UNSUPPORTED);
  },
  "link-netnsid": (_tool, words, request) => request.linkNsid = number(words.next(), "link-netnsid"),
  group: (_tool, words, request) => {
    const group = groupNumber(words.next());
    if (request.name === undefined && request.group === undefined) request.group = group;
    else request.toGroup = group;
  },
  type: (tool, words, request) => takeType(tool, words, request),
};

/** Settings of a card's virtual functions, each with one value. */
const VF_WORDS = new Set(
  "mac vlan qos proto rate max_tx_rate min_tx_rate spoofchk query_rss state trust node_guid port_guid".split(" "),
);
const STATES = /^(unknown|notpresent|down|lowerlayerdown|testing|dormant|up)$/i;

const UNSUPPORTED = new Exit(2, "RTNETLINK answers: Operation not supported\n");
const unmodelled = (what: string): Exit => new Exit(2, `ip: link ${what} is not modelled\n`);

function refuse(request: Request, refusal: (link: Link) => Exit): void {
  request.refusal ??= refusal;
}

/** Kinds that a protocol may hold down. */
const HELD: ReadonlySet<LinkKind> = new Set(["vxlan", "macvlan"]);

function protoDown(word: string): (link: Link) => Exit {
  if (word === "on" || word === "off") {
    return ({ kind }) =>
      HELD.has(kind) ? unmodelled("protodown") : new Exit(2, "Error: Protodown not supported by device.\n");
  }
  throw new Exit(22, `Error: argument of "protodown" must be one of "off", "on", not "${word}"\n`);
}

/** A state that the device does not have by itself cannot be given to it here. */
function operState(word: string): void {
  if (!STATES.test(word)) throw invalid(word, "Invalid operstate\n");
  if (word.toLowerCase() !== "up") throw unmodelled(`state ${word}`);
}

function noProgram(word: string): void {
  if (word !== "off" && word !== "none") throw unmodelled("xdp");
}

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
  if (word === "help") throw usage(IP_USAGE["link"]);
  const name = word === "dev" ? words.next() : word;
  if (request.name !== undefined) throw garbage("dev", name);
  request.name = name;
}
