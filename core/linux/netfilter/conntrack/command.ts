/** conntrack command lines: what is asked, and of which entries. */
import type { Flow, FlowChange, FlowEvent, FlowSide } from "../../../../wasm/mod.ts";
import { cidrHas, parseCidr, parseIp } from "../../../base/mod.ts";
import { protocolNumber } from "../names.ts";
import { parseNumber } from "../readers.ts";
import { check } from "./check.ts";
import { bad, type ConntrackVerb, type Draft, type Said, type Side, type Test } from "./draft.ts";
import { type Change, changeOf, entryOf, TCP_STATES } from "./entry.ts";
import type { FlowLook } from "./print.ts";

export { ConntrackComplaint, type ConntrackVerb } from "./draft.ts";

/** What a command line asks for. */
export interface ConntrackCommand {
  readonly verb: ConntrackVerb;
  readonly table: "conntrack" | "expect" | "dying" | "unconfirmed";
  readonly look: FlowLook;
  readonly events: readonly FlowEvent["event"][];
  /** Whether an entry is meant. */
  matches(flow: Flow): boolean;
  /** -I, -A: the entry to make. */
  readonly entry?: FlowChange;
  /** What -U sets of the entries that are meant. */
  readonly change: Change;
}

const VERBS: Readonly<Record<string, ConntrackVerb>> = {
  "-L": "L",
  "--dump": "L",
  "-G": "G",
  "--get": "G",
  "-D": "D",
  "--delete": "D",
  "-I": "I",
  "--create": "I",
  "-U": "U",
  "--update": "U",
  "-A": "A",
  "--add": "A",
  "-E": "E",
  "--event": "E",
  "-F": "F",
  "--flush": "F",
  "-C": "C",
  "--count": "C",
  "-S": "S",
  "--stats": "S",
  "-V": "V",
  "--version": "V",
  "-h": "h",
  "--help": "h",
};
const TABLES = ["conntrack", "expect", "dying", "unconfirmed"];
const EVENT_WORDS: Readonly<Record<string, FlowEvent["event"][]>> = {
  ALL: ["NEW", "UPDATE", "DESTROY"],
  NEW: ["NEW"],
  UPDATES: ["UPDATE"],
  UPDATE: ["UPDATE"],
  DESTROY: ["DESTROY"],
};
const STATUS: Readonly<Record<string, Test>> = {
  ASSURED: (flow) => flow.assured,
  SEEN_REPLY: (flow) => flow.replied,
  UNREPLIED: (flow) => !flow.replied,
  CONFIRMED: (flow) => flow.confirmed,
  SRC_NAT: (flow) => flow.snat,
  DST_NAT: (flow) => flow.dnat,
  UNSET: () => true,
  FIXED_TIMEOUT: () => false,
  EXPECTED: () => false,
  OFFLOAD: () => false,
};
type Read = (flow: Flow) => string;

function address(pick: Read, said: Side): Option {
  return (draft, take, name) => {
    const text = take(name);
    if (parseCidr(text) === undefined) bad(`Invalid IP address \`${text}'`);
    draft.said[said] = text;
    draft.tests.push((flow) => cidrHas(maskedBy(draft, said, text), pick(flow)));
  };
}

/** The address with its prefix, or with what --mask-src or --mask-dst say. */
function maskedBy(draft: Draft, side: Side, text: string): string {
  const mask = side === "src" ? draft.masks.src : side === "dst" ? draft.masks.dst : undefined;
  return mask === undefined ? text : `${text}/${mask}`;
}

function mask(side: "src" | "dst"): Option {
  return (draft, take, name) => {
    const text = take(name);
    const ip = parseIp(text) ?? bad(`Invalid IP address \`${text}'`);
    draft.masks[side] = ip.value.toString(2).replaceAll("0", "").length;
  };
}

function port(pick: (flow: Flow) => FlowSide, side: "sport" | "dport", said: Said): Option {
  return (draft, take, name) => {
    const text = take(name);
    const value = parseNumber(text);
    draft.said[said] = text;
    draft.tests.push((flow) => pick(flow)[side] === value);
  };
}

/** -n, -g, -j: translated entries, to a certain address where one is given. */
function nat(translated: Test, picks: readonly Read[], said?: "snat" | "dnat"): Option {
  return (draft, _take, _name, peek) => {
    const text = peek();
    const [to, port] = text?.split(":") ?? [];
    if (to !== undefined && parseIp(to) === undefined) bad(`Invalid IP address \`${to}'`);
    if (said !== undefined) draft.said[said] = text ?? "";
    draft.tests.push(translated);
    if (to === undefined) return;
    draft.tests.push((flow) =>
      picks.some((pick) => pick(flow) === to) && (port === undefined || String(flow.reply.sport) === port)
    );
  };
}

type Option = (draft: Draft, take: (name: string) => string, name: string, peek: () => string | undefined) => void;

const original = (flow: Flow) => flow.original;
const reply = (flow: Flow) => flow.reply;

const OPTIONS: readonly {
  readonly names: readonly string[];
  readonly ports?: boolean;
  readonly icmp?: boolean;
  readonly read: Option;
}[] = [
  { names: ["-s", "--src", "--orig-src"], read: address((flow) => flow.original.src, "src") },
  { names: ["-d", "--dst", "--orig-dst"], read: address((flow) => flow.original.dst, "dst") },
  { names: ["-r", "--reply-src"], read: address((flow) => flow.reply.src, "replySrc") },
  { names: ["-q", "--reply-dst"], read: address((flow) => flow.reply.dst, "replyDst") },
  { names: ["-p", "--protonum"], read: readProtocol },
  { names: ["-f", "--family"], read: readFamily },
  { names: ["-u", "--status"], read: readStatus },
  { names: ["-m", "--mark"], read: readMark },
  { names: ["-e", "--event-mask"], read: readEvents },
  { names: ["-o", "--output"], read: readOutput },
  { names: ["-n", "--src-nat"], read: nat((flow) => flow.snat, [(flow) => flow.reply.dst], "snat") },
  { names: ["-g", "--dst-nat"], read: nat((flow) => flow.dnat, [(flow) => flow.reply.src], "dnat") },
  { names: ["-j", "--any-nat"], read: nat((flow) => flow.snat || flow.dnat, [(f) => f.reply.dst, (f) => f.reply.src]) },
  {
    names: ["-w", "--zone", "--orig-zone", "--reply-zone"],
    read: (draft, take, name) => {
      const text = take(name);
      // The tool reads it with strtoul(3): no number is 0.
      const zone = parseNumber(text) ?? 0;
      draft.said.zone = String(zone);
      draft.tests.push((flow) => flow.zone === zone);
    },
  },
  { names: ["-z", "--zero"], read: () => {} },
  { names: ["-t", "--timeout"], read: (draft, take, name) => void (draft.said.timeout = take(name)) },
  { names: ["--mask-src"], read: mask("src") },
  { names: ["--mask-dst"], read: mask("dst") },
  ...["--tuple-src", "--tuple-dst"].map((name) => ({
    names: [name],
    read: ((_, take, name) => void take(name)) as Option,
  })),
  { names: ["-b", "--buffer-size"], read: (_, take, name) => void take(name) },
  { names: ["--sport", "--orig-port-src"], ports: true, read: port(original, "sport", "srcPort") },
  { names: ["--dport", "--orig-port-dst"], ports: true, read: port(original, "dport", "dstPort") },
  { names: ["--reply-port-src"], ports: true, read: port(reply, "sport", "replySrcPort") },
  { names: ["--reply-port-dst"], ports: true, read: port(reply, "dport", "replyDstPort") },
  { names: ["--state"], ports: true, read: readState },
  { names: ["--icmp-type"], icmp: true, read: icmp("type") },
  { names: ["--icmp-code"], icmp: true, read: icmp("code") },
  { names: ["--icmp-id"], icmp: true, read: icmp("id") },
];

function icmp(field: "type" | "code" | "id"): Option {
  return (draft, take, name) => {
    const text = take(name);
    const value = parseNumber(text);
    draft.said[field] = text;
    draft.tests.push((flow) => flow.original[field] === value);
  };
}

function readProtocol(draft: Draft, take: (name: string) => string, name: string): void {
  const text = take(name);
  const proto = text === "icmpv6" ? 58 : protocolNumber(text) ?? parseNumber(text);
  if (proto === undefined || proto > 255) return bad(`\`${text}' unsupported protocol`);
  draft.proto = proto;
  draft.tests.push((flow) => flow.proto === proto);
}

function readFamily(draft: Draft, take: (name: string) => string, name: string): void {
  const text = take(name);
  if (text !== "ipv4" && text !== "ipv6") bad(`\`${text}' unsupported protocol`);
  draft.family = text === "ipv4" ? 4 : 6;
}

function readStatus(draft: Draft, take: (name: string) => string, name: string): void {
  const text = take(name);
  draft.said.status = text;
  for (const word of text.split(",")) {
    if (draft.verb === "U" && STATUS[word.toUpperCase()] !== undefined) continue;
    draft.tests.push(STATUS[word.toUpperCase()] ?? bad(`Bad parameter \`${word}'`));
  }
}

function readMark(draft: Draft, take: (name: string) => string, name: string): void {
  const text = take(name);
  draft.said.mark = text;
  if (draft.verb === "U") return;
  const [value = 0, mask = 0xffff_ffff] = text.split("/").map((part) => parseNumber(part) ?? 0);
  draft.tests.push((flow) => (flow.mark & mask) >>> 0 === value);
}

function readEvents(draft: Draft, take: (name: string) => string, name: string): void {
  for (const word of take(name).split(",")) {
    draft.events.push(...EVENT_WORDS[word.toUpperCase()] ?? bad(`Bad parameter \`${word}'`));
  }
}

function readOutput(draft: Draft, take: (name: string) => string, name: string): void {
  for (const word of take(name).split(",")) {
    if (word === "extended" || word === "id" || word === "xml" || word === "timestamp" || word === "save") {
      draft.look[word] = true;
    } else if (!["ktimestamp", "labels", "userspace"].includes(word)) bad(`Bad parameter \`${word}'`);
  }
}

function readState(draft: Draft, take: (name: string) => string, name: string): void {
  const state = take(name);
  if (!TCP_STATES.includes(state)) bad(`unknown TCP state \`${state}'`);
  draft.said.state = state;
  if (draft.verb !== "U") draft.tests.push((flow) => flow.state === state);
}

function fitsProtocol({ ports, icmp }: { ports?: boolean; icmp?: boolean }, proto: number | undefined): boolean {
  if (icmp) return proto === 1 || proto === 58;
  return !ports || (proto !== undefined && proto !== 1 && proto !== 58);
}

/** Reads a command line; wrong ones throw a {@link ConntrackComplaint}. */
export function parseConntrack(words: readonly string[]): ConntrackCommand {
  const draft: Draft = {
    table: "conntrack",
    family: 4,
    look: {},
    events: [],
    tests: [],
    said: {},
    masks: {},
    given: new Set(),
  };
  let at = 0;
  const peek = () => {
    const word = words[at];
    return word === undefined || word.startsWith("-") ? undefined : words[at++];
  };
  const take = (name: string) => words[at++] ?? bad(`option \`${name}' requires an argument`);
  while (at < words.length) {
    const word = words[at++] as string;
    const verb = VERBS[word];
    const option = OPTIONS.find(({ names }) => names.includes(word));
    if (verb !== undefined) {
      if (draft.verb !== undefined) bad("Invalid commands combination");
      draft.verb = verb;
      if ("LGDIUAEFC".includes(verb)) draft.table = peek() ?? draft.table;
    } else if (option !== undefined && fitsProtocol(option, draft.proto)) {
      draft.given.add(option.names[0] as string);
      option.read(draft, take, word, peek);
    } else if (word.startsWith("-")) bad(`unknown option \`${word}'`);
  }
  return finish(draft);
}

function finish(draft: Draft): ConntrackCommand {
  const { verb = "h", table, family, tests, look, events } = draft;
  if (!TABLES.includes(table)) bad(`unknown type \`${table}'`);
  if (look.save && (look.extended || look.id || look.xml || look.timestamp)) {
    bad("cannot combine save output with any other output type, use -o save only");
  }
  check(draft);
  return {
    verb,
    table: table as ConntrackCommand["table"],
    look,
    events: events.length > 0 ? events : ["NEW", "UPDATE", "DESTROY"],
    matches: (flow) => flow.family === family && tests.every((test) => test(flow)),
    ...("IA".includes(verb) && { entry: entryOf(draft) }),
    change: changeOf(draft),
  };
}
