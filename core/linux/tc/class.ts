import type { Link } from "../../../wasm/mod.ts";
import { Exit, invalid, must, unknownCommand } from "../iproute/exit.ts";
import type { IpTool } from "../iproute/tool.ts";
import { abbreviated, type Words } from "../iproute/words.ts";
import { isHtb, parseHtbClass, printHtbClass, printHtbStats, quantumWarning } from "./htb.ts";
import { KINDS } from "./kinds.ts";
import { refused } from "./qdisc.ts";
import { type DeviceQdiscs, qdiscsOf, takeEffect, type TrafficClass } from "./qdiscs.ts";
import { parseHandle, printHandle } from "./units.ts";
import { TC_USAGE } from "./usage.ts";

const VERBS = ["add", "change", "replace", "delete", "list", "show", "lst", "help"] as const;

interface Asked {
  readonly device?: string;
  readonly parent?: { readonly major: number; readonly minor: number };
  readonly id?: { readonly major: number; readonly minor: number };
  readonly kind?: string;
}

/** `tc class`: htb's are modelled. */
export function tcClass(tool: IpTool, words: Words): number {
  const word = words.take();
  const verb = word === undefined ? "list" : abbreviated(word, VERBS);
  if (verb === undefined) throw unknownCommand(word ?? "", "tc class");
  if (verb === "help") {
    tool.process.err(TC_USAGE["class"] ?? "");
    return 0;
  }
  const asked = readAsked(words);
  if (verb === "list" || verb === "show" || verb === "lst") return show(tool, asked);
  if (asked.device === undefined) throw new Exit(1, '"dev" is required\n');
  if (verb === "delete") remove(tool, tool.device(asked.device), asked);
  else set(tool, words, asked, verb);
  return 0;
}

function readAsked(words: Words): Asked {
  let asked: Asked = {};
  const id = (text: string, problem: string): { major: number; minor: number } => {
    const read = parseHandle(text);
    if (read === undefined) throw invalid(text, problem);
    return read;
  };
  while (words.more) {
    const word = words.next();
    if (word === "dev") asked = { ...asked, device: words.next() };
    else if (word === "classid") asked = { ...asked, id: id(words.next(), "invalid class ID") };
    else if (word === "parent") asked = { ...asked, parent: id(words.next(), "invalid parent ID") };
    else if (word === "root") asked = { ...asked, parent: { major: 0, minor: 0 } };
    else return { ...asked, kind: word };
  }
  return asked;
}

function set(tool: IpTool, words: Words, asked: Asked, verb: "add" | "change" | "replace"): void {
  const { kind = "" } = asked;
  const known = KINDS.get(kind);
  if (known !== undefined && known.classful !== true) throw new Exit(1, `Error: Qdisc "${kind}" is classless.\n`);
  if (kind !== "htb") throw new Exit(2, `tc: classes of ${kind === "" ? "this qdisc" : kind} are not modelled\n`);
  const htb = parseHtbClass(words);
  const link = tool.device(asked.device as string);
  const qdiscs = qdiscsOf(tool.namespace, link.index);
  const { root, classes } = qdiscs;
  const minor = asked.id?.minor ?? 0;
  const major = asked.parent?.major || asked.id?.major;
  if (root === undefined || !isHtb(root.settings) || major !== root.handle) must({ errno: "ENOENT" });
  if (asked.id?.major !== root?.handle) must({ errno: "EINVAL" });
  const there = classes.get(minor);
  if (there !== undefined && verb === "add") must({ errno: "EEXIST" });
  if (there === undefined && verb === "change") must({ errno: "ENOENT" });
  const parent = there?.parent ?? asked.parent?.minor ?? 0;
  if (parent !== 0 && !classes.has(parent)) must({ errno: "ENOENT" });
  classes.set(minor, { minor, parent, htb });
  takeEffect(tool.namespace, link);
  const settings = root?.settings;
  if (settings === undefined || !isHtb(settings)) return;
  const id = (((asked.id?.major ?? 0) << 16) | minor) >>> 0;
  tool.process.err(quantumWarning(htb, id.toString(16).toUpperCase(), settings.r2q));
}

function remove(tool: IpTool, link: Link, { id }: Asked): void {
  const { root, classes, leaves } = qdiscsOf(tool.namespace, link.index);
  const minor = id?.minor ?? 0;
  if (root?.handle !== id?.major || !classes.has(minor)) must({ errno: "ENOENT" });
  if ([...classes.values()].some(({ parent }) => parent === minor)) throw refused("HTB class in use.");
  classes.delete(minor);
  leaves.splice(0, Infinity, ...leaves.filter(({ parent }) => parent !== minor));
  takeEffect(tool.namespace, link);
}

function show(tool: IpTool, { device }: Asked): number {
  if (device === undefined) return 0;
  const link = tool.device(device);
  const qdiscs = qdiscsOf(tool.namespace, link.index);
  for (const one of hashed([...qdiscs.classes.values()], qdiscs.root?.handle ?? 0)) {
    tool.process.out(classText(tool, qdiscs, one));
  }
  return 0;
}

function classText(tool: IpTool, { root, leaves, classes }: DeviceQdiscs, one: TrafficClass): string {
  if (root === undefined || !isHtb(root.settings)) return "";
  const major = root.handle;
  const leaf = leaves.find(({ parent }) => parent === one.minor);
  const inner = [...classes.values()].some(({ parent }) => parent === one.minor);
  const place = one.parent === 0 ? "root " : `parent ${printHandle(major, one.parent)} `;
  const below = leaf === undefined ? "" : `leaf ${printHandle(leaf.handle)} `;
  const head = `class htb ${printHandle(major, one.minor)} ${place}${below}`;
  const line = `${head}${printHtbClass(one.htb, inner, tool.options.details ?? false, root.settings.r2q)}\n`;
  if ((tool.options.stats ?? 0) === 0) return line;
  const sent = " Sent 0 bytes 0 pkt (dropped 0, overlimits 0 requeues 0) \n backlog 0b 0p requeues 0\n";
  return `${line}${sent}${printHtbStats(one.htb)}\n`;
}

/** Classes in the order of the kernel's hash table (qdisc_class_hash): newest first within a bucket, doubled when three quarters full. */
function hashed(classes: readonly TrafficClass[], major: number): TrafficClass[] {
  const bucket = ({ minor }: TrafficClass, size: number): number => {
    let id = ((major << 16) | minor) >>> 0;
    id = (id ^ (id >>> 8)) >>> 0;
    id = (id ^ (id >>> 4)) >>> 0;
    return id & (size - 1);
  };
  let table: TrafficClass[][] = [[], [], [], []];
  classes.forEach((one, at) => {
    table[bucket(one, table.length)]?.unshift(one);
    if ((at + 1) * 4 <= table.length * 3) return;
    const wider: TrafficClass[][] = Array.from({ length: table.length * 2 }, () => []);
    for (const each of table.flat()) wider[bucket(each, wider.length)]?.unshift(each);
    table = wider;
  });
  return table.flat();
}
