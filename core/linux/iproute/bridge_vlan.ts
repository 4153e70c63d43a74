import { type Link, type LinkChange, PORTVLAN, TAG } from "../../../wasm/mod.ts";
import { BRIDGE_USAGE } from "./bridge_usage.ts";
import { Entry } from "./entry.ts";
import { Exit, notModelled, unknownCommand, usage } from "./exit.ts";
import type { Json } from "./json.ts";
import type { IpObject, IpTool } from "./tool.ts";
import { abbreviated, type Words } from "./words.ts";

const VERBS = ["add", "delete", "show", "lst", "list", "tunnelshow", "set", "global", "help"] as const;
const MOST_VID = 4095;

/** `bridge vlan`. */
export const bridgeVlan: IpObject = (tool, words) => {
  const word = words.take() ?? "show";
  const verb = abbreviated(word, VERBS);
  switch (verb) {
    case "add":
    case "delete":
      return vlanChange(tool, words, verb);
    case "show":
    case "lst":
    case "list":
      return vlanShow(tool, words);
    case "tunnelshow":
      tool.process.out(tool.options.json ? "[]\n" : "port              vlan-id    tunnel-id\n");
      return 0;
    case "set":
    case "global":
      throw notModelled(`bridge: vlan ${verb}`);
    case "help":
      throw usage(BRIDGE_USAGE["vlan"]);
    case undefined:
      throw unknownCommand(word, "bridge vlan");
  }
};

interface Request {
  dev?: string;
  first?: number;
  last?: number;
  bits: number;
  self: boolean;
  master: boolean;
}

function takeRequest(words: Words): Request {
  const request: Request = { bits: 0, self: false, master: false };
  while (words.more) {
    const word = words.next();
    if (word === "dev") request.dev = words.next();
    else if (word === "vid") Object.assign(request, range(words.next()));
    else if (word === "pvid") request.bits |= PORTVLAN.PVID;
    else if (word === "untagged") request.bits |= PORTVLAN.UNTAGGED;
    else if (word === "self") request.self = true;
    else if (word === "master") request.master = true;
    else if (word === "tunnel_info") throw notModelled("bridge: vlan tunnel_info");
    else if ("help".startsWith(word)) throw usage(BRIDGE_USAGE["vlan"]);
  }
  return request;
}

/** `5` or `5-9`, as atoi(3) reads them: what is no number is 0. */
function range(word: string): { readonly first: number; readonly last: number } {
  const [from = "", to] = word.split("-");
  const [first, last] = [atoi(from), atoi(to ?? from)];
  if (to !== undefined && (first >= last || last > MOST_VID)) throw new Exit(255, `Invalid VLAN range "${word}"\n`);
  if (first > MOST_VID) throw new Exit(255, `Invalid VLAN ID "${word}"\n`);
  return { first, last };
}

const atoi = (word: string): number => Number(/^\d+/.exec(word)?.[0] ?? 0);

function vlanChange(tool: IpTool, words: Words, verb: "add" | "delete"): number {
  const { dev, first, last = 0, bits, self, master } = takeRequest(words);
  if (dev === undefined || first === undefined) {
    throw new Exit(255, "Device and VLAN ID are required arguments.\n", true);
  }
  const link = tool.find(dev);
  if (link === undefined) throw new Exit(255, `Cannot find bridge device "${dev}"\n`);
  if ((bits & PORTVLAN.PVID) !== 0 && first !== last) {
    throw new Exit(255, "pvid cannot be configured for a vlan range\n");
  }
  if (!holdsVlans(tool, link, { self, master })) throw new Exit(255, "RTNETLINK answers: Operation not supported\n");
  if (first === 0 || last >= MOST_VID) {
    const text = verb === "add" ? "Error: bridge: Vlan id is invalid.\n" : "RTNETLINK answers: Invalid argument\n";
    throw new Exit(255, text);
  }
  const asked = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const others = link.vlans.filter((vlan) => !asked.includes(vlan & TAG.ID));
  if (verb === "delete") setVlans(tool, link, others);
  else setVlans(tool, link, withVlans(link.vlans, asked.map((vid) => vid | bits)));
  return 0;
}

/** A bridge has its own VLANs (`self`); a port's are its bridge's to set (`master`, or neither). */
function holdsVlans(
  tool: IpTool,
  link: Link,
  { self, master }: { readonly self: boolean; readonly master: boolean },
): boolean {
  if (link.kind === "bridge") return self && !master;
  const bridge = tool.links().find(({ index }) => index === link.master);
  return bridge?.kind === "bridge" && !self;
}

/** Adds VLANs, or gives those that are there other bits; of PVIDs the last counts. */
function withVlans(known: readonly number[], added: readonly number[]): number[] {
  const takesOver = added.some((vlan) => (vlan & PORTVLAN.PVID) !== 0);
  const plain = (vlan: number): number => (takesOver ? vlan & ~PORTVLAN.PVID : vlan);
  const kept = known.map((vlan) => added.find((one) => (one ^ vlan) % (TAG.ID + 1) === 0) ?? plain(vlan));
  return [...kept, ...added.filter((vlan) => !kept.includes(vlan))];
}

function setVlans(tool: IpTool, link: Link, vlans: readonly number[]): void {
  tool.plane.setLink(tool.ns, link.index, { vlans });
}

/** What another default PVID changes: every port whose untagged frames went into the old one, and the bridge. */
export function applyDefaultPvid(tool: IpTool, bridge: Link, pvid: number): void {
  const old = bridge.defaultPvid;
  const both = PORTVLAN.PVID | PORTVLAN.UNTAGGED;
  for (const link of tool.links().filter(({ index, master }) => index === bridge.index || master === bridge.index)) {
    const has = (vid: number): boolean => link.vlans.some((vlan) => (vlan & TAG.ID) === vid);
    if ((old !== 0 && !link.vlans.includes(old | both)) || has(pvid)) continue;
    const rest = link.vlans.filter((vlan) => vlan !== (old | both));
    setVlans(tool, link, pvid === 0 ? rest : withVlans(rest, [pvid | both]));
  }
}

/** The part of a change of a bridge that the plane does not bring about by itself. */
export function checkDefaultPvid({ defaultPvid }: LinkChange): void {
  if (defaultPvid !== undefined && defaultPvid >= MOST_VID) throw new Exit(2, "RTNETLINK answers: Invalid argument\n");
}

function vlanShow(tool: IpTool, words: Words): number {
  let [dev, vid, master]: [string | undefined, number | undefined, string | undefined] = [
    undefined,
    undefined,
    undefined,
  ];
  while (words.more) {
    const word = words.next();
    if (word === "dev") dev = words.next();
    else if (word === "vid") vid = atoi(words.next());
    else if (word === "master") master = words.next();
  }
  const only = dev === undefined ? undefined : shown(tool, dev).index;
  const bridge = master === undefined ? undefined : shown(tool, master).index;
  const links = tool.links().filter((link) => {
    if (link.vlans.length === 0 || (only !== undefined && link.index !== only)) return false;
    return bridge === undefined || link.index === bridge || link.master === bridge;
  });
  const entries = links.map((link) => linkEntry(tool, link, vid)).filter((entry) => entry !== undefined);
  if (!tool.options.json) {
    tool.process.out(tool.options.stats ? "port              vlan-id\n" : "port              vlan-id  \n");
  }
  tool.report(entries);
  return 0;
}

function shown(tool: IpTool, name: string): Link {
  const link = tool.find(name);
  if (link === undefined) throw new Exit(255, `Cannot find device "${name}"\n`);
  return link;
}

/** VLANs in a row with the same flags, as one where they are shown compressed. */
interface Run {
  readonly first: number;
  readonly last: number;
  readonly bits: number;
}

/** A port's lines: its name before the first VLAN. */
function linkEntry(tool: IpTool, link: Link, vid: number | undefined): Entry | undefined {
  const runs = runsOf(link.vlans, tool.options.compress ?? false);
  const wanted = runs.filter(({ first, last }) => vid === undefined || (first <= vid && vid <= last));
  if (wanted.length === 0) return undefined;
  const lines = wanted.map((run, at) => {
    const name = at === 0 ? link.name.padEnd(17) : "".padEnd(17);
    return `${name} ${runText(run)}${details(tool)}${tool.feed}`;
  });
  return new Entry().note("ifname", link.name).put("vlans", wanted.map(runJson), lines.join(""));
}

function details(tool: IpTool): string {
  const indent = `${tool.feed}${"".padEnd(20)}`;
  const state = tool.options.details ? `${indent}state forwarding mcast_router 1 ` : "";
  return tool.options.stats ? `${state}${indent}RX: 0 bytes 0 packets${indent}TX: 0 bytes 0 packets` : state;
}

function runsOf(vlans: readonly number[], compress: boolean): Run[] {
  const runs: Run[] = [];
  for (const vlan of [...vlans].sort((a, b) => (a & TAG.ID) - (b & TAG.ID))) {
    const [vid, bits] = [vlan & TAG.ID, vlan & ~TAG.ID];
    const last = runs.at(-1);
    const goesOn = compress && last !== undefined && last.last + 1 === vid && last.bits === bits &&
      (bits & PORTVLAN.PVID) === 0;
    if (goesOn) runs.splice(-1, 1, { ...last, last: vid });
    else runs.push({ first: vid, last: vid, bits });
  }
  return runs;
}

const flagsOf = (bits: number): string[] => [
  ...((bits & PORTVLAN.PVID) !== 0 ? ["PVID"] : []),
  ...((bits & PORTVLAN.UNTAGGED) !== 0 ? ["Egress Untagged"] : []),
];

function runText({ first, last, bits }: Run): string {
  return [first === last ? String(first) : `${first}-${last}`, ...flagsOf(bits)].join(" ");
}

function runJson({ first, last, bits }: Run): Json {
  const flags = flagsOf(bits);
  if (first !== last) return { vlan: first, vlanEnd: last, flags };
  return { vlan: first, flags: flags.length > 0 ? flags : undefined };
}
