/**
 * Recursion (RFC 1034 5.3.3): from the deepest name servers known down the delegations, following aliases, until somebody
 * with authority answers. Everything learned is kept for its TTL.
 */
import { isMalformed, type Message, NO_FLAGS, parseMessage, printMessage, queryMessage } from "../message.ts";
import { isUnder, labelsOf, lowerName, parentName, sameName } from "../name.ts";
import type { Question, Rr } from "../record.ts";
import type { Watch } from "../resolver/attempt.ts";
import { answers, askStream } from "../resolver/exchange.ts";
import type { DnsHost } from "../resolver/host.ts";
import { type Absence, RecursiveCache } from "./cache.ts";

/** Where recursion begins, and zones that are asked of others. */
export interface RecursorOptions {
  /** NS records of the root and their addresses. */
  readonly hints: readonly Rr[];
  /** Names below a zone are asked of these servers, which recurse themselves. */
  readonly forwards?: readonly { readonly zone: string; readonly servers: readonly string[] }[];
  readonly watch?: Watch;
}

/** What a question came to. */
export interface Resolved {
  readonly rcode: string;
  readonly answers: readonly Rr[];
  /** The SOA that says how long a negative answer holds. */
  readonly authorities: readonly Rr[];
  /** Whether nobody was asked. */
  readonly cached: boolean;
}

const EDNS = { version: 0, udpSize: 1232, dnssecOk: false, options: [] };
/** Virtual milliseconds that one server is given. */
const PATIENCE = 1500;
/** Messages for one question at most, whatever servers say. */
const MOST_STEPS = 40;
const CHAIN = 11;
const FAILURE: Resolved = { rcode: "SERVFAIL", answers: [], authorities: [], cached: false };

/** One question's budget, shared by all that it leads to. */
interface Budget {
  steps: number;
  asked: boolean;
  /** Names of servers whose addresses are being looked for: who needs himself gets nowhere. */
  readonly busy: Set<string>;
}

/** A resolver with its cache. */
export class Recursor {
  readonly cache: RecursiveCache;

  constructor(readonly host: DnsHost, readonly options: RecursorOptions) {
    this.cache = new RecursiveCache(() => host.clock.now());
  }

  /** Resolves a question of class IN. */
  async resolve(name: string, type: string): Promise<Resolved> {
    if (type === "ANY") return { ...FAILURE, rcode: "NOERROR", answers: [minimalAny(name)], cached: true };
    const budget: Budget = { steps: 0, asked: false, busy: new Set() };
    const { answers, rcode, authorities } = await this.#chain(name, type, budget);
    return { answers, rcode, authorities, cached: !budget.asked };
  }

  async #chain(name: string, type: string, budget: Budget): Promise<Resolved> {
    const found: Rr[] = [];
    for (let at = name, hop = 0; hop < CHAIN; hop++) {
      const step = await this.#lookUp(at, type, budget);
      if (step === undefined) return { ...FAILURE, answers: found };
      if ("absent" in step) {
        return { ...FAILURE, rcode: step.absent.rcode, answers: found, authorities: [step.absent.soa] };
      }
      found.push(...step.records);
      const alias = step.records.find((rr) => rr.type === "CNAME");
      if (alias === undefined || type === "CNAME" || type === "ANY") {
        return { rcode: "NOERROR", answers: found, authorities: [], cached: false };
      }
      at = alias.data;
    }
    return { ...FAILURE, answers: found };
  }

  /** One link of the chain: the records, an alias instead, or that there are none. Undefined when nobody could be asked. */
  async #lookUp(name: string, type: string, budget: Budget): Promise<Step | undefined> {
    for (;;) {
      const known = this.#fromCache(name, type);
      if (known !== undefined) return known;
      if (budget.steps >= MOST_STEPS) return undefined;
      const forward = this.options.forwards?.filter(({ zone }) => isUnder(name, zone))
        .sort((a, b) => b.zone.length - a.zone.length)[0];
      const learned = forward === undefined
        ? await this.#descend(name, type, budget)
        : await this.#askForwards(forward.servers, { name, type, class: "IN" }, budget);
      if (!learned) return undefined;
    }
  }

  #fromCache(name: string, type: string): Step | undefined {
    const records = this.cache.get(name, type) ?? this.cache.get(name, "CNAME");
    if (records !== undefined) return { records: this.#withDname(name, records) };
    const absent = this.cache.absence(name, type);
    return absent === undefined ? undefined : { absent };
  }

  /** The DNAME that an alias was made of goes before it. */
  #withDname(name: string, records: readonly Rr[]): readonly Rr[] {
    if (records[0]?.type !== "CNAME") return records;
    for (let up = parentName(name); up !== "."; up = parentName(up)) {
      const dname = this.cache.get(up, "DNAME");
      if (dname !== undefined) return [...dname, ...records];
    }
    return records;
  }

  /** Asks the servers of the deepest zone known; true when something was learned. */
  async #descend(name: string, type: string, budget: Budget): Promise<boolean> {
    const { zone, servers } = this.#closest(name, type);
    for (const server of servers) {
      for (const address of await this.#addressesOf(server, budget)) {
        const reply = await this.#ask(address, { name, type, class: "IN" }, { budget, recurse: false });
        if (reply !== undefined && this.#learn(reply, { name, type, class: "IN" }, zone)) return true;
        if (budget.steps >= MOST_STEPS) return false;
      }
    }
    return false;
  }

  /** The deepest zone above a name whose servers are known; the parent's own answer for DS. */
  #closest(name: string, type: string): { readonly zone: string; readonly servers: readonly string[] } {
    for (let at = type === "DS" ? parentName(lowerName(name)) : lowerName(name);; at = parentName(at)) {
      const ns = this.cache.get(at, "NS");
      if (ns !== undefined && ns.length > 0) return { zone: at, servers: this.#rotated(ns.map(({ data }) => data)) };
      if (at === ".") break;
    }
    const root = this.options.hints.filter((rr) => rr.type === "NS");
    return { zone: ".", servers: this.#rotated(root.map(({ data }) => data)) };
  }

  /** Servers share the work: the list begins anywhere. */
  #rotated(servers: readonly string[]): readonly string[] {
    const first = servers.length > 1 ? this.host.random.below(servers.length) : 0;
    return [...servers.slice(first), ...servers.slice(0, first)];
  }

  async #addressesOf(server: string, budget: Budget): Promise<readonly string[]> {
    const known = this.cache.get(server, "A") ??
      this.options.hints.filter((rr) => rr.type === "A" && sameName(rr.name, server));
    if (known.length > 0) return known.map(({ data }) => data);
    const key = lowerName(server);
    if (budget.busy.has(key)) return [];
    budget.busy.add(key);
    const { answers } = await this.#chain(server, "A", budget);
    budget.busy.delete(key);
    return answers.filter((rr) => rr.type === "A").map(({ data }) => data);
  }

  async #askForwards(servers: readonly string[], question: Question, budget: Budget): Promise<boolean> {
    for (const server of servers) {
      const reply = await this.#ask(server, question, { budget, recurse: true });
      if (reply !== undefined && this.#learn(reply, question, ".")) return true;
    }
    return false;
  }

  /** Keeps what a reply says of its zone; false where it helps nobody: a refusal, or a referral that leads nowhere. */
  #learn(reply: Message, question: Question, zone: string): boolean {
    if (reply.rcode !== "NOERROR" && reply.rcode !== "NXDOMAIN") return false;
    const inZone = (rr: Rr) => isUnder(rr.name, zone);
    for (const set of setsOf(reply.answers.filter(inZone))) this.cache.put(set);
    const end = endOf(reply.answers, question.name);
    const soa = reply.authorities.find((rr) => rr.type === "SOA" && inZone(rr));
    const answered = reply.answers.some((rr) =>
      sameName(rr.name, end) && (rr.type === question.type || question.type === "ANY")
    );
    if (answered || (!sameName(end, question.name) && soa === undefined && reply.rcode === "NOERROR")) return true;
    if (soa !== undefined) {
      const rcode = reply.rcode === "NXDOMAIN" ? "NXDOMAIN" : "NOERROR";
      // An NXDOMAIN behind aliases is the last one's, which its own zone may see otherwise.
      if (isUnder(end, soa.name)) this.cache.deny(end, question.type, { rcode, soa });
      return true;
    }
    return this.#follow(reply, question, zone);
  }

  /** Takes a referral to a zone between the one asked and the name. */
  #follow(reply: Message, { name }: Question, zone: string): boolean {
    const servers = reply.authorities.filter((rr) => rr.type === "NS" && isUnder(rr.name, zone));
    const cut = servers[0]?.name;
    const deeper = cut !== undefined && isUnder(name, cut) && labelsOf(cut).length > labelsOf(zone).length;
    if (!deeper) return false;
    this.cache.put(servers.filter((rr) => sameName(rr.name, cut)));
    const named = new Set(servers.map(({ data }) => lowerName(data)));
    const glue = reply.additionals.filter((rr) => named.has(lowerName(rr.name)) && isUnder(rr.name, zone));
    for (const set of setsOf(glue)) this.cache.put(set);
    return true;
  }

  async #ask(
    server: string,
    question: Question,
    { budget, recurse }: { readonly budget: Budget; readonly recurse: boolean },
  ): Promise<Message | undefined> {
    budget.steps++;
    budget.asked = true;
    const { host } = this;
    const bare = queryMessage(host.random.below(65536), question, EDNS);
    const query = { ...bare, flags: { ...NO_FLAGS, rd: recurse } };
    const sent = host.clock.now();
    const first = await askDatagram(host, server, query);
    const over = typeof first !== "string" && first.flags.tc
      ? await askStream(host, { address: server, port: 53 }, query, PATIENCE)
      : first;
    const reply = typeof over === "object" && "message" in over
      ? over.message
      : typeof over === "string"
      ? undefined
      : over;
    const message = reply !== undefined && "rcode" in reply ? reply : undefined;
    const transport = over === first ? "udp" as const : "tcp" as const;
    const outcome = message === undefined
      ? { failure: typeof over === "string" ? over : "failed" }
      : { reply: message };
    this.options.watch?.({ server, question, transport, sent, took: host.clock.now() - sent, ...outcome });
    return message;
  }
}

type Step = { readonly records: readonly Rr[] } | { readonly absent: Absence };

/** What RFC 8482 has for questions about everything. */
function minimalAny(name: string): Rr {
  return { name, type: "HINFO", class: "IN", ttl: 3600, data: '"RFC8482" ""' };
}

/** A reply over UDP, or how there was none. */
async function askDatagram(
  host: DnsHost,
  server: string,
  query: Message,
): Promise<Message | "timed out" | "connection refused"> {
  const socket = host.net.udp(server.includes(":") ? 6 : 4);
  try {
    const local = socket.connect(server, 53);
    if (typeof local === "object" && local !== null && "errno" in local) return "connection refused";
    socket.send(printMessage(query));
    const deadline = host.clock.now() + PATIENCE;
    for (;;) {
      const got = await socket.receive(Math.max(0, deadline - host.clock.now()));
      if (got === undefined) return "timed out";
      if ("error" in got) return "connection refused";
      const message = parseMessage(got.datagram.data);
      if (!isMalformed(message) && answers(query, message)) return message;
    }
  } finally {
    socket.close();
  }
}

/** The name that the aliases of an answer lead to. */
function endOf(records: readonly Rr[], name: string): string {
  let at = name;
  for (let hop = 0; hop < CHAIN; hop++) {
    const alias = records.find((rr) => rr.type === "CNAME" && sameName(rr.name, at));
    if (alias === undefined) return at;
    at = alias.data;
  }
  return at;
}

/** Records by name and type. */
function setsOf(records: readonly Rr[]): Rr[][] {
  const sets = new Map<string, Rr[]>();
  for (const rr of records) {
    const key = `${lowerName(rr.name)} ${rr.type}`;
    sets.set(key, [...sets.get(key) ?? [], rr]);
  }
  return [...sets.values()];
}
