/** conntrack command lines: what is asked, and of which entries. */
import type { Flow, FlowEvent, FlowSide } from "../../../../wasm/mod.ts";
import { cidrHas, parseCidr } from "../../../base/mod.ts";
import { protocolNumber } from "../names.ts";
import { parseNumber } from "../readers.ts";
import type { FlowLook } from "./print.ts";

/** A wrong command line: its words, exit status 2. */
export class ConntrackComplaint extends Error {
  override readonly name = "ConntrackComplaint";
}

function bad(message: string): never {
  throw new ConntrackComplaint(message);
}

/** Letters of the commands. */
export type ConntrackVerb = "L" | "G" | "D" | "I" | "U" | "A" | "E" | "F" | "C" | "S" | "V" | "h";

/** What a command line asks for. */
export interface ConntrackCommand {
  readonly verb: ConntrackVerb;
  readonly table: "conntrack" | "expect" | "dying" | "unconfirmed";
  readonly look: FlowLook;
  readonly events: readonly FlowEvent["event"][];
  /** Whether an entry is meant. */
  matches(flow: Flow): boolean;
}

type Test = (flow: Flow) => boolean;

interface Draft {
  verb?: ConntrackVerb;
  table: string;
  family: 4 | 6;
  proto?: number;
  look: { -readonly [K in keyof FlowLook]: FlowLook[K] };
  events: FlowEvent["event"][];
  tests: Test[];
  /** Options that were given, by their first name. */
  readonly given: Set<string>;
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
const TCP_STATES = [
  "NONE",
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "FIN_WAIT",
  "CLOSE_WAIT",
  "LAST_ACK",
  "TIME_WAIT",
  "CLOSE",
  "LISTEN",
];

type Pick = (flow: Flow) => string;

function address(pick: Pick): Option {
  return (draft, take, name) => {
    const text = take(name);
    if (parseCidr(text) === undefined) bad(`Invalid IP address \`${text}'`);
    draft.tests.push((flow) => cidrHas(text, pick(flow)));
  };
}

function port(pick: (flow: Flow) => FlowSide, side: "sport" | "dport"): Option {
  return (draft, take, name) => {
    const value = parseNumber(take(name));
    draft.tests.push((flow) => pick(flow)[side] === value);
  };
}

/** -n, -g, -j: translated entries, to a certain address where one is given. */
function nat(translated: Test, picks: readonly Pick[]): Option {
  return (draft, _take, _name, peek) => {
    const text = peek();
    draft.tests.push(translated);
    if (text !== undefined) draft.tests.push((flow) => picks.some((pick) => pick(flow) === text.split(":")[0]));
  };
}

type Option = (draft: Draft, take: (name: string) => string, name: string, peek: () => string | undefined) => void;

const original = (flow: Flow) => flow.original;
const reply = (flow: Flow) => flow.reply;

const OPTIONS: readonly { readonly names: readonly string[]; readonly ports?: boolean; readonly read: Option }[] = [
  { names: ["-s", "--src", "--orig-src"], read: address((flow) => flow.original.src) },
  { names: ["-d", "--dst", "--orig-dst"], read: address((flow) => flow.original.dst) },
  { names: ["-r", "--reply-src"], read: address((flow) => flow.reply.src) },
  { names: ["-q", "--reply-dst"], read: address((flow) => flow.reply.dst) },
  { names: ["-p", "--protonum"], read: readProtocol },
  { names: ["-f", "--family"], read: readFamily },
  { names: ["-u", "--status"], read: readStatus },
  { names: ["-m", "--mark"], read: readMark },
  { names: ["-e", "--event-mask"], read: readEvents },
  { names: ["-o", "--output"], read: readOutput },
  { names: ["-n", "--src-nat"], read: nat((flow) => flow.snat, [(flow) => flow.reply.dst]) },
  { names: ["-g", "--dst-nat"], read: nat((flow) => flow.dnat, [(flow) => flow.reply.src]) },
  { names: ["-j", "--any-nat"], read: nat((flow) => flow.snat || flow.dnat, [(f) => f.reply.dst, (f) => f.reply.src]) },
  {
    names: ["-w", "--zone", "--orig-zone", "--reply-zone"],
    read: (draft, take, name) => {
      const zone = parseNumber(take(name));
      draft.tests.push((flow) => flow.zone === zone);
    },
  },
  { names: ["-z", "--zero"], read: () => {} },
  { names: ["-t", "--timeout"], read: (_, take, name) => void take(name) },
  { names: ["-b", "--buffer-size"], read: (_, take, name) => void take(name) },
  { names: ["--sport", "--orig-port-src"], ports: true, read: port(original, "sport") },
  { names: ["--dport", "--orig-port-dst"], ports: true, read: port(original, "dport") },
  { names: ["--reply-port-src"], ports: true, read: port(reply, "sport") },
  { names: ["--reply-port-dst"], ports: true, read: port(reply, "dport") },
  { names: ["--state"], ports: true, read: readState },
  { names: ["--icmp-type"], read: icmp("type") },
  { names: ["--icmp-code"], read: icmp("code") },
  { names: ["--icmp-id"], read: icmp("id") },
];

function icmp(field: "type" | "code" | "id"): Option {
  return (draft, take, name) => {
    const value = parseNumber(take(name));
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
  for (const word of take(name).split(",")) {
    draft.tests.push(STATUS[word.toUpperCase()] ?? bad(`Bad parameter \`${word}'`));
  }
}

function readMark(draft: Draft, take: (name: string) => string, name: string): void {
  const [value = 0, mask = 0xffff_ffff] = take(name).split("/").map((part) => parseNumber(part) ?? 0);
  draft.tests.push((flow) => (flow.mark & mask) >>> 0 === value);
}

function readEvents(draft: Draft, take: (name: string) => string, name: string): void {
  for (const word of take(name).split(",")) {
    draft.events.push(...EVENT_WORDS[word.toUpperCase()] ?? bad(`Bad parameter \`${word}'`));
  }
}

function readOutput(draft: Draft, take: (name: string) => string, name: string): void {
  for (const word of take(name).split(",")) {
    if (word === "extended" || word === "id" || word === "xml" || word === "timestamp") draft.look[word] = true;
    else if (!["ktimestamp", "labels", "userspace", "save"].includes(word)) bad(`Bad parameter \`${word}'`);
  }
}

function readState(draft: Draft, take: (name: string) => string, name: string): void {
  const state = take(name);
  if (!TCP_STATES.includes(state)) bad(`unknown TCP state \`${state}'`);
  draft.tests.push((flow) => flow.state === state);
}

/** Reads a command line; wrong ones throw a {@link ConntrackComplaint}. */
export function parseConntrack(words: readonly string[]): ConntrackCommand {
  const draft: Draft = { table: "conntrack", family: 4, look: {}, events: [], tests: [], given: new Set() };
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
    } else if (option !== undefined && !(option.ports && draft.proto === undefined)) {
      draft.given.add(option.names[0] as string);
      option.read(draft, take, word, peek);
    } else if (word.startsWith("-")) bad(`unknown option \`${word}'`);
  }
  return finish(draft);
}

/** What an entry cannot be made without. */
function complete({ proto, given }: Draft, needs: (option: string) => never): void {
  if (!given.has("-t")) needs("timeout");
  if ((proto === 6 || proto === 17) && !(given.has("--sport") && given.has("--dport"))) {
    bad("you have to specify `--sport' and `--dport'");
  }
  if (proto === 6 && !given.has("--state")) needs("state");
  if ((proto === 1 || proto === 58) && !given.has("--icmp-type")) needs("icmp-type");
}

function finish(draft: Draft): ConntrackCommand {
  const { verb = "h", table, family, tests, look, events } = draft;
  if (!TABLES.includes(table)) bad(`unknown type \`${table}'`);
  const needs = (option: string) => bad(`You need to supply the \`--${option}' option for this command`);
  if ("GIA".includes(verb) && draft.proto === undefined) needs("protonum");
  if (verb === "I" || verb === "A") complete(draft, needs);
  else if (verb !== "U" && draft.given.has("-t")) bad("Illegal option `--timeout' with this command");
  return {
    verb,
    table: table as ConntrackCommand["table"],
    look,
    events: events.length > 0 ? events : ["NEW", "UPDATE", "DESTROY"],
    matches: (flow) => flow.family === family && tests.every((test) => test(flow)),
  };
}
