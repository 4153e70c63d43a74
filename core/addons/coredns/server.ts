import {
  type Edns,
  type EdnsOption,
  fit,
  type Message,
  NO_FLAGS,
  parseQuery,
  printMessage,
  trailOption,
  udpLimit,
  wantsTrail,
} from "../../dns/mod.ts";
import type { Endpoint } from "../../linux/mod.ts";
import { blockFor, type Configuration, listening, type ServerBlock } from "./configuration.ts";
import { goQuote } from "./go_values.ts";
import { ECHOED_OPTIONS, emptyReply, isUnwritten, PluginPanic } from "./outcome.ts";
import type { DnsQuery, Host, Outcome, QueryTrail } from "./plugin.ts";
import { countQuery, DROPPED } from "./plugins/prometheus.ts";

/** Where a packet came from and to. */
export interface Arrival {
  readonly proto: "udp" | "tcp";
  readonly client: Endpoint;
  readonly local: Endpoint;
  /** The socket is one of all addresses. */
  readonly wildcard?: boolean;
}

/** Plugins that answer classes other than IN. */
const OTHER_CLASSES = ["chaos", "forward"];
/** Uncompressed UDP replies above this are compressed, so that they are not fragmented. */
const UDP_UNFRAGMENTED = { 4: 1480, 6: 1220 } as const;
const TCP_LIMIT = 65535;
const HEADER = 12;

/** Answers one packet; undefined where CoreDNS keeps silent. */
export async function serve(configuration: Configuration, host: Host, packet: Packet): Promise<Uint8Array | undefined> {
  return (await serveStream(configuration, host, packet))[0];
}

/** A packet and its way. */
export interface Packet {
  readonly bytes: Uint8Array;
  readonly arrival: Arrival;
}

/** Records a message of a zone transfer carries. */
const TRANSFERRED = 500;

/** Answers one packet with as many messages as it takes: more than one for a zone transfer, none for silence. */
export async function serveStream(configuration: Configuration, host: Host, packet: Packet): Promise<Uint8Array[]> {
  const { bytes, arrival } = packet;
  if (bytes.length < HEADER || ((bytes[2] as number) & 0x80) !== 0) return [];
  const header = readHeader(bytes);
  if (header.opcode !== "QUERY" && header.opcode !== "NOTIFY") return [printMessage({ ...header, rcode: "NOTIMP" })];
  // Such a reply forgets that it was a notify.
  const unfit: Message = { ...header, opcode: "QUERY", rcode: "FORMERR" };
  if (!hasPlausibleCounts(bytes)) return [printMessage(unfit)];
  if (bytes.length === HEADER) return [printMessage(unasked(header))];
  const message = parseQuery(bytes);
  if ("malformed" in message) {
    return [printMessage({ ...unfit, questions: message.questions }, false)];
  }
  const query = queryOf(message, bytes.length, { configuration, host, arrival });
  const told = wantsTrail(message) ? await explained(configuration, host, query) : undefined;
  const outcome = told?.outcome ?? await answer(query, { configuration, host });
  const asked = outcome.query ?? query;
  const reply = isUnwritten(outcome) ? emptyReply(asked, outcome.rcode) : outcome.reply;
  if (reply === undefined) return [];
  const { echoed } = configuration;
  if (told !== undefined) return [printReply(asked, reply, { echoed, more: [told.option] })];
  if (query.question.type !== "AXFR" || reply.answers.length <= TRANSFERRED) {
    return [printReply(asked, reply, { echoed })];
  }
  const count = Math.ceil(reply.answers.length / TRANSFERRED);
  return Array.from({ length: count }, (_, i) => {
    const answers = reply.answers.slice(i * TRANSFERRED, (i + 1) * TRANSFERRED);
    return printReply(asked, { ...reply, answers }, { echoed });
  });
}

/** An answer with the question's way through the plugins, for a client that asked for it. */
async function explained(configuration: Configuration, host: Host, query: DnsQuery): Promise<Explained> {
  const trail: QueryTrail = { steps: [], block: "" };
  const outcome = await answer({ ...query, trail, labels: new Map() }, { configuration, host });
  const { block, steps, fix } = trail;
  const option = trailOption({ server: host.hostname, block, steps, ...(fix === undefined ? {} : { fix }) });
  return { outcome, option };
}

interface Explained {
  readonly outcome: Outcome;
  readonly option: EdnsOption;
}

/** One question, at most one answer and one authority record, at most two additional ones. */
function hasPlausibleCounts(bytes: Uint8Array): boolean {
  const count = (at: number) => ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return count(4) === 1 && count(6) <= 1 && count(8) <= 1 && count(10) <= 2;
}

/** A header that promises a question, and nothing else, is read as a query without one. */
function unasked({ flags: { rd, cd }, ...header }: Message): Message {
  const isQuery = header.opcode === "QUERY";
  return { ...header, rcode: "SERVFAIL", flags: { ...NO_FLAGS, qr: true, rd: rd && isQuery, cd: cd && isQuery } };
}

function readHeader(bytes: Uint8Array): Message {
  const bits = ((bytes[2] as number) << 8) | (bytes[3] as number);
  const number = (bits >> 11) & 15;
  const opcode = { 0: "QUERY", 1: "IQUERY", 2: "STATUS", 4: "NOTIFY", 5: "UPDATE" }[number] ?? `RESERVED${number}`;
  return {
    id: ((bytes[0] as number) << 8) | (bytes[1] as number),
    opcode,
    rcode: "NOERROR",
    flags: { ...NO_FLAGS, ...sentFlags(bits), qr: true },
    questions: [],
    answers: [],
    authorities: [],
    additionals: [],
  };
}

/** What of a query's flags comes back with a message that is refused unread. */
function sentFlags(bits: number): Partial<Message["flags"]> {
  const set = (bit: number) => (bits & bit) !== 0;
  return { tc: set(0x200), rd: set(0x100), ra: set(0x80), ad: set(0x20), cd: set(0x10) };
}

interface Serving {
  readonly configuration: Configuration;
  readonly host: Host;
  readonly arrival: Arrival;
  /** Lookups of the server's own on the way here. */
  readonly depth?: number;
}

function queryOf(message: Message, size: number, serving: Serving): DnsQuery {
  const { host, arrival, depth = 0 } = serving;
  const question = message.questions[0] as Message["questions"][number];
  const query: DnsQuery = {
    ...arrival,
    message,
    question,
    name: question.name.toLowerCase(),
    size,
    since: host.clock.now(),
    edns: message.edns,
    server: `dns://:${arrival.local.port}`,
    view: "",
    ask: (name, type) => {
      const asked = { ...message, questions: [{ name, type, class: "IN" }] };
      const size = printMessage(asked, false).length;
      return answer({ ...queryOf(asked, size, { ...serving, depth: depth + 1 }), depth: depth + 1 }, serving);
    },
  };
  return query;
}

async function answer(
  query: DnsQuery,
  { configuration, host }: Pick<Serving, "configuration" | "host">,
): Promise<Outcome> {
  const blocks = listening(configuration, query.local);
  const isIn = query.question.class === "IN";
  const classless = blocks.some((block) => OTHER_CLASSES.some((plugin) => block.plugins.has(plugin)));
  const welcome = isIn || classless;
  if (welcome && (query.edns?.version ?? 0) !== 0) return { rcode: "NOERROR", reply: badVersion(query) };
  const block = welcome ? blockFor(blocks, query) : undefined;
  if (block?.instances.some(([, instance]) => instance.handle !== undefined)) {
    const outcome = await recovered(block.chain({ ...query, view: block.view?.name ?? "" }), query, host);
    if (query.trail !== undefined) noteReasons(block, query, query.trail);
    return outcome;
  }
  const outcome = { rcode: "REFUSED" };
  countQuery(configuration.metrics, query, { outcome, plugin: "", zone: DROPPED });
  return outcome;
}

/** The outcome of a chain, or SERVFAIL with a line in the log where a plugin stumbled. */
async function recovered(chain: Promise<Outcome>, { server }: DnsQuery, host: Host): Promise<Outcome> {
  try {
    return await chain;
  } catch (error) {
    if (!(error instanceof PluginPanic)) throw error;
    host.log(`[ERROR] Recovered from panic in server: ${goQuote(server)} ${error.message}`);
    return { rcode: "SERVFAIL", query: error.query };
  }
}

function noteReasons({ addresses, instances }: ServerBlock, query: DnsQuery, trail: QueryTrail): void {
  trail.block = addresses.map(({ zone, port }) => `${zone}:${port}`).join(" ");
  for (const [plugin, instance] of instances) {
    const reason = instance.reason?.(trail.query ?? query);
    if (reason === undefined) continue;
    const answered = trail.steps.findIndex((step) => step.plugin === plugin && step.did === "answers");
    const step = { plugin, did: answered < 0 ? reason.why : `answers: ${reason.why}` };
    trail.steps.splice(answered < 0 ? trail.steps.length : answered, answered < 0 ? 0 : 1, step);
    if (reason.fix !== undefined) trail.fix ??= reason.fix;
  }
}

function badVersion(query: DnsQuery): Message {
  const edns: Edns = { version: 0, udpSize: 0, dnssecOk: false, options: [] };
  return { ...emptyReply(query, "BADVERS"), edns };
}

interface Printing {
  /** Options that come back besides those that always do. */
  readonly echoed: ReadonlySet<number>;
  readonly more?: readonly EdnsOption[];
}

/** The octets of a reply: OPT where the client sent one, cut or compressed to what it takes. */
function printReply(query: DnsQuery, reply: Message, { echoed, more = [] }: Printing): Uint8Array {
  const message = reply.rcode === "BADVERS" ? reply : withEdns(query, reply, { echoed, more });
  const limit = query.proto === "tcp" ? TCP_LIMIT : udpLimit(query.message);
  const { bytes, message: sent } = fit(message, limit);
  const most = UDP_UNFRAGMENTED[query.client.address.includes(":") ? 6 : 4];
  return query.proto === "udp" && bytes.length > most ? printMessage(sent, true) : bytes;
}

function withEdns(query: DnsQuery, reply: Message, { echoed, more = [] }: Printing): Message {
  const { edns } = query;
  if (edns === undefined) return reply;
  const options = reply.edns?.options ??
    edns.options.filter(({ code }) => ECHOED_OPTIONS.has(code) || echoed.has(code));
  const dnssecOk = edns.dnssecOk || (reply.edns?.dnssecOk ?? false);
  return { ...reply, edns: { version: 0, udpSize: edns.udpSize, dnssecOk, options: [...options, ...more] } };
}
