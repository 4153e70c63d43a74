import type { Link } from "../../../wasm/mod.ts";
import { Entry } from "../iproute/entry.ts";
import { duplicate, Exit, invalid, unknownCommand } from "../iproute/exit.ts";
import type { IpTool } from "../iproute/tool.ts";
import { abbreviated, type Words } from "../iproute/words.ts";
import { noqueue } from "./fifo.ts";
import type { Kind, Settings } from "./kind.ts";
import { KINDS, UNMODELLED_KINDS } from "./kinds.ts";
import { type DeviceQdiscs, nextHandle, type Qdisc, qdiscsOf, takeEffect } from "./qdiscs.ts";
import { parseHandle, printHandle } from "./units.ts";
import { TC_USAGE } from "./usage.ts";
import { MORE_TC_USAGE } from "./usage_more.ts";

const VERBS = ["add", "change", "replace", "link", "delete", "list", "show", "lst", "get", "help"] as const;
type Verb = (typeof VERBS)[number];

/** What was said between the verb and the kind. */
interface Asked {
  readonly device?: string;
  readonly parent?: "root" | "ingress" | "clsact" | { readonly major: number; readonly minor: number };
  readonly handle?: number;
  readonly kind?: string;
}

/** Netlink's refusal with its own words. */
export function refused(text: string): Exit {
  return new Exit(2, `Error: ${text}\n`);
}

/** `tc qdisc`. */
export function tcQdisc(tool: IpTool, words: Words): number {
  const word = words.take();
  const verb: Verb | undefined = word === undefined ? "list" : abbreviated(word, VERBS);
  if (verb === undefined) throw unknownCommand(word ?? "", "tc qdisc");
  if (verb === "help") {
    tool.process.err(TC_USAGE["qdisc"] ?? "");
    return 0;
  }
  if (verb === "get") throw new Exit(2, "tc: qdisc get is not modelled\n");
  if (verb === "list" || verb === "show" || verb === "lst") return show(tool, words);
  const asked = readAsked(words);
  const [link, kind] = [asked.device === undefined ? undefined : tool.find(asked.device), asked.kind];
  if (verb === "delete") {
    remove(tool, deviceOf(tool, asked), asked);
    return 0;
  }
  const known = kind === undefined ? undefined : KINDS.get(kind);
  const usage = MORE_TC_USAGE[`qdisc ${kind}`];
  if (usage !== undefined && words.peek() === "help") throw new Exit(1, usage);
  if (kind === "pfifo_fast" && words.more) {
    throw new Exit(255, "qdisc 'pfifo_fast' does not support option parsing\n");
  }
  if (kind !== undefined && known === undefined) unknownKind(kind, words);
  if (asked.parent === "ingress" || asked.parent === "clsact") {
    addIngress(tool, deviceOf(tool, asked), asked.parent, verb);
    return 0;
  }
  const before = link === undefined ? undefined : qdiscsOf(tool.namespace, link.index).root?.settings;
  const device = { mtu: link?.mtu ?? 1500, txqlen: link?.txqlen ?? 1000 };
  const parse = (): Settings => known?.parse(words, device, verb === "change" ? before : undefined) as Settings;
  const settings = known === undefined ? undefined : parse();
  attach(tool, deviceOf(tool, asked), { ...asked, verb, ...(known && { known }), ...(settings && { settings }) });
  for (const name of settings?.unmodelled ?? []) tool.process.err(`tc: ${kind} ${name} is not modelled\n`);
  return 0;
}

function unknownKind(kind: string, words: Words): never {
  if (UNMODELLED_KINDS.includes(kind)) throw new Exit(2, `tc: qdisc ${kind} is not modelled\n`);
  if (words.more) throw new Exit(1, `Unknown qdisc "${kind}", hence option "${words.next()}" is unparsable\n`);
  throw refused("Specified qdisc kind is unknown.");
}

function deviceOf(tool: IpTool, { device }: Asked): Link {
  if (device === undefined) throw new Exit(2, "RTNETLINK answers: No such device\n");
  return tool.device(device);
}

function readAsked(words: Words): Asked {
  let asked: Asked = {};
  while (words.more) {
    const word = words.next();
    if (word === "dev") {
      const device = words.next();
      if (asked.device !== undefined) {
        throw duplicate("dev", device);
      }
      asked = { ...asked, device };
    } else if (word === "root" || word === "ingress" || word === "clsact") {
      if (asked.parent !== undefined) throw new Exit(255, `Error: "${word}" is a duplicate parent ID\n`, true);
      asked = { ...asked, parent: word };
    } else if (word === "parent") {
      const text = words.next();
      const parent = parseHandle(text);
      if (parent === undefined) throw invalid(text, "invalid parent ID");
      asked = { ...asked, parent };
    } else if (word === "handle") {
      const text = words.next();
      const handle = parseHandle(text);
      if (handle === undefined) throw invalid(text, "invalid qdisc ID");
      asked = { ...asked, handle: handle.major };
    } else if (["estimator", "stab", "ingress_block", "egress_block"].includes(word)) {
      throw new Exit(2, `tc: qdisc ${word} is not modelled\n`);
    } else if (word === "help") throw new Exit(2, TC_USAGE["qdisc"] ?? "");
    else return { ...asked, kind: word };
  }
  return asked;
}

type Attaching = Asked & { readonly verb: Verb; readonly known?: Kind; readonly settings?: Settings };

/** tc_modify_qdisc: whether what is there is changed, replaced or in the way. */
function attach(tool: IpTool, link: Link, asked: Attaching): void {
  const qdiscs = qdiscsOf(tool.namespace, link.index);
  const { parent, handle = 0, known, verb } = asked;
  if (parent === undefined && handle === 0) throw refused("Handle cannot be zero.");
  const at = typeof parent === "object" ? leafPlace(qdiscs, parent) : undefined;
  const there = at === undefined
    ? parent === undefined ? byHandle(qdiscs, handle) : qdiscs.root
    : qdiscs.leaves.find((leaf) => leaf.parent === at);
  if (parent === undefined && there === undefined) throw refused("Specified qdisc not found.");
  const same = there !== undefined && (handle === 0 ? there.kind === known : there.handle === handle);
  if (there !== undefined && handle !== 0 && !same && verb !== "replace") {
    throw refused("NLM_F_REPLACE needed to override.");
  }
  if (same && verb === "add") throw refused("Exclusivity flag on, cannot modify.");
  if (same && known !== undefined && known !== there?.kind) {
    throw refused("Invalid qdisc name: must match existing qdisc.");
  }
  if (there === undefined && (verb === "change" || verb === "link")) {
    throw refused("Qdisc not found. To create specify NLM_F_CREATE flag.");
  }
  if (known === undefined || asked.settings === undefined) throw refused("Specified qdisc kind is unknown.");
  graft(tool, link, {
    kind: known,
    handle: same ? there?.handle as number : handle === 0 ? nextHandle(tool.plane) : handle,
    ...(at !== undefined && { parent: at }),
    settings: asked.settings,
    since: same ? there?.since as Qdisc["since"] : { bytes: link.tx.bytes, packets: link.tx.packets },
  });
}

function byHandle({ root, leaves }: DeviceQdiscs, handle: number): Qdisc | undefined {
  return [root, ...leaves].find((qdisc) => qdisc?.handle === handle);
}

/** The class a leaf is to hang on. */
function leafPlace(
  { root, classes }: DeviceQdiscs,
  parent: { readonly major: number; readonly minor: number },
): number {
  if (root === undefined || root.handle !== parent.major) throw refused("Failed to find specified qdisc.");
  if (root.kind.classful !== true) throw refused("Parent qdisc is not classful.");
  if (!classes.has(parent.minor)) throw refused("Specified class not found.");
  return parent.minor;
}

function graft(tool: IpTool, link: Link, qdisc: Qdisc): void {
  const qdiscs = qdiscsOf(tool.namespace, link.index);
  const others = qdiscs.leaves.filter(({ parent }) => parent !== qdisc.parent);
  if (qdisc.parent === undefined) {
    if (qdiscs.root?.handle !== qdisc.handle || qdiscs.root.kind !== qdisc.kind) clear(qdiscs);
    qdiscs.root = qdisc;
  } else qdiscs.leaves.splice(0, Infinity, ...others, qdisc);
  takeEffect(tool.namespace, link);
}

function clear(qdiscs: DeviceQdiscs): void {
  qdiscs.root = undefined;
  qdiscs.leaves.splice(0);
  qdiscs.classes.clear();
}

function addIngress(tool: IpTool, link: Link, kind: "ingress" | "clsact", verb: Verb): void {
  const qdiscs = qdiscsOf(tool.namespace, link.index);
  if (qdiscs.ingress !== undefined && verb === "add") throw refused("Exclusivity flag on, cannot modify.");
  qdiscs.ingress = kind;
  qdiscs.hadIngress = true;
}

function remove(tool: IpTool, link: Link, { parent, handle = 0, kind }: Asked): void {
  const qdiscs = qdiscsOf(tool.namespace, link.index);
  if (parent === "ingress" || parent === "clsact") {
    if (qdiscs.ingress === undefined) {
      throw refused(qdiscs.hadIngress ? "Invalid handle." : "Failed to find qdisc with specified classid.");
    }
    qdiscs.ingress = undefined;
    return;
  }
  const there = found(qdiscs, parent, handle);
  if (kind !== undefined && kind !== (there?.kind ?? noqueue).name) {
    throw refused("Invalid qdisc name: must match existing qdisc.");
  }
  if (there === undefined) throw refused("Cannot delete qdisc with handle of zero.");
  if (there.parent === undefined) clear(qdiscs);
  else qdiscs.leaves.splice(qdiscs.leaves.indexOf(there), 1);
  takeEffect(tool.namespace, link);
}

/** The qdisc that is to go; undefined: the default one. */
function found(qdiscs: DeviceQdiscs, parent: Asked["parent"], handle: number): Qdisc | undefined {
  if (parent === undefined) {
    const there = handle === 0 ? undefined : byHandle(qdiscs, handle);
    if (there === undefined) throw refused("Failed to find qdisc with specified handle.");
    return there;
  }
  const root = parent === "root";
  const there = root
    ? qdiscs.root
    : qdiscs.leaves.find((leaf) => typeof parent === "object" && leaf.parent === parent.minor);
  if (!root && there === undefined) throw refused("Failed to find qdisc with specified classid.");
  if (handle !== 0 && there?.handle !== handle) throw refused("Invalid handle.");
  return there;
}

function show(tool: IpTool, words: Words): number {
  let [device, only]: [string | undefined, "root" | "ingress" | undefined] = [undefined, undefined];
  while (words.more) {
    const word = words.next();
    if (word === "dev") device = words.next();
    else if (word === "root" || word === "ingress") only = word;
    else if (word === "invisible") continue;
    else if (word === "handle" || word === "parent") throw new Exit(2, `tc: qdisc show ${word} is not modelled\n`);
    else if (word === "help") throw new Exit(0, TC_USAGE["qdisc"] ?? "");
    else throw new Exit(255, `What is "${word}"? Try "tc qdisc help".\n`);
  }
  const links = device === undefined ? tool.links().filter(({ up }) => up) : [tool.device(device)];
  const entries = links.flatMap((link) => entriesOf(tool, link, device === undefined, only));
  tool.report(entries);
  return 0;
}

function entriesOf(tool: IpTool, link: Link, named: boolean, only: "root" | "ingress" | undefined): Entry[] {
  const qdiscs = qdiscsOf(tool.namespace, link.index);
  const untouched = {
    kind: noqueue,
    handle: 0,
    settings: noqueue.parse(NO_WORDS, link),
    since: { bytes: 0, packets: 0 },
  };
  const shown = only === "ingress" ? [] : [qdiscs.root ?? untouched, ...(only === "root" ? [] : qdiscs.leaves)];
  const entries = shown.map((qdisc) => qdiscEntry(tool, link, qdisc, named));
  return qdiscs.ingress === undefined || only === "root"
    ? entries
    : [...entries, ingressEntry(tool, link, qdiscs.ingress, named)];
}

const NO_WORDS = { more: false } as Words;

function qdiscEntry(tool: IpTool, link: Link, qdisc: Qdisc, named: boolean): Entry {
  const { kind, handle, parent, settings } = qdisc;
  const id = printHandle(handle);
  const entry = new Entry().put("kind", kind.name, `qdisc ${kind.name} `).put("handle", id, `${id} `);
  if (named) entry.put("dev", link.name, `dev ${link.name} `);
  if (parent === undefined) entry.put("root", true, "root ");
  else {
    const at = printHandle(qdiscsOf(tool.namespace, link.index).root?.handle ?? 0, parent);
    entry.put("parent", at, `parent ${at} `);
  }
  // A veth has a queue for each processor, and each holds a reference to a qdisc that somebody gave.
  const references = handle !== 0 && link.kind === "veth" ? 3 : 2;
  if (parent === undefined) entry.put("refcnt", references, `refcnt ${references} `);
  const options = settings.print({ details: tool.options.details ?? false });
  entry.put("options", { ...options.json }, options.text).say("\n");
  const { bytes, packets } = link.tx;
  const counts = handle === 0
    ? { bytes: 0, packets: 0 }
    : { bytes: bytes - qdisc.since.bytes, packets: packets - qdisc.since.packets };
  return statistics(tool, entry, counts);
}

function ingressEntry(tool: IpTool, link: Link, kind: "ingress" | "clsact", named: boolean): Entry {
  const entry = new Entry().put("kind", kind, `qdisc ${kind} `).put("handle", "ffff:", "ffff: ");
  if (named) entry.put("dev", link.name, `dev ${link.name} `);
  entry.put("parent", "ffff:fff1", "parent ffff:fff1 ");
  entry.put("options", {}, kind === "ingress" ? "---------------- \n" : "\n");
  return statistics(tool, entry, { bytes: 0, packets: 0 });
}

/** The lines of -s. */
export function statistics(
  tool: IpTool,
  entry: Entry,
  { bytes, packets }: { readonly bytes: number; readonly packets: number },
): Entry {
  if ((tool.options.stats ?? 0) === 0) return entry;
  for (
    const [key, value] of Object.entries({ bytes, packets, drops: 0, overlimits: 0, requeues: 0, backlog: 0, qlen: 0 })
  ) {
    entry.note(key, value);
  }
  return entry.say(
    ` Sent ${bytes} bytes ${packets} pkt (dropped 0, overlimits 0 requeues 0) \n backlog 0b 0p requeues 0\n`,
  );
}
