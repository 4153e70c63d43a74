import { isUnder, joinLabels, labelsOf, lowerName, parentName, type Rr } from "../../../dns/mod.ts";
import { emptyReply } from "../outcome.ts";
import type { DnsQuery, Outcome } from "../plugin.ts";
import type { Zone } from "./zone.ts";

/** What a zone says of a name: `between` is one that only has names below it, `delegation` one that was handed over. */
export interface ZoneAnswer {
  readonly result: "success" | "nodata" | "between" | "nxdomain" | "delegation" | "servfail";
  readonly answers: readonly Rr[];
  readonly authorities: readonly Rr[];
  readonly additionals: readonly Rr[];
  /** Answers before a referral have no authority. */
  readonly apart?: true;
}

type Types = ReadonlyMap<string, readonly Rr[]>;

const CHAIN = 8;
const LONGEST = 255;
/** Types whose targets' addresses go along: where in the data the target is. */
const TARGETS: Readonly<Record<string, number>> = { MX: 1, SRV: 3, SVCB: 1, HTTPS: 1 };
/** What the rcode of a target means for the alias. */
const RESULTS: Readonly<Record<string, ZoneAnswer["result"]>> = { NXDOMAIN: "nxdomain", SERVFAIL: "servfail" };
const FAILED: ZoneAnswer = { result: "servfail", answers: [], authorities: [], additionals: [] };

/** Looks a query's name up in a zone that it is in; targets outside are asked of the server itself. */
export async function lookUpZone(zone: Zone, query: DnsQuery): Promise<ZoneAnswer> {
  const { name, question: { type } } = query;
  if (zone.soa.length === 0) return FAILED;
  if (name === zone.origin && type === "SOA") return { ...success(zone, zone.soa), authorities: zone.ns };
  if (name === zone.origin && type === "NS") {
    return { result: "success", answers: zone.ns, authorities: [], additionals: glueOf(zone, zone.ns) };
  }
  if ((query.depth ?? 0) > CHAIN) return FAILED;
  let wild: string | undefined;
  for (const at of wayTo(zone, name)) {
    const types = nodeAt(zone, at);
    if (types === undefined) {
      const star = joinLabels(["*", ...labelsOf(parentName(at))]);
      if (at !== zone.origin && zone.exists(star)) wild = star;
      continue;
    }
    const stop = await stopAt(zone, query, types) ?? delegationAt(zone, { at, name, query });
    if (stop !== undefined) return stop;
  }
  const own = nodeAt(zone, name);
  if (own !== undefined) return await atNode(zone, query, own);
  if (wild === undefined || hasCloser(zone, name, parentName(wild))) {
    return negative(zone, zone.hasBelow(name) ? "between" : "nxdomain");
  }
  const types = nodeAt(zone, wild);
  if (types === undefined) return negative(zone, "nodata");
  const renamed = new Map([...types].map(([key, records]) => [key, records.map((rr) => ({ ...rr, name }))]));
  return await atNode(zone, query, renamed);
}

/** The names from the apex down to a name, both included. */
function wayTo(zone: Zone, name: string): string[] {
  const labels = labelsOf(name);
  const first = labelsOf(zone.origin).length;
  return Array.from(
    { length: labels.length - first + 1 },
    (_, i) => joinLabels(labels.slice(labels.length - first - i)),
  );
}

/** The records of a name; the SOA and NS of the apex stand apart, so that one with nothing else is no name. */
function nodeAt(zone: Zone, name: string): Types | undefined {
  const types = zone.at(name);
  if (types === undefined || name !== zone.origin) return types;
  const rest = [...types].filter(([type]) => type !== "SOA" && type !== "NS");
  return rest.length === 0 ? undefined : new Map(rest);
}

/** Whether a name has an ancestor below the wildcard's parent that only has names below it. */
function hasCloser(zone: Zone, name: string, parent: string): boolean {
  for (let at = parentName(name); at !== parent && isUnder(at, parent); at = parentName(at)) {
    if (zone.hasBelow(at)) return true;
  }
  return false;
}

/** A DNAME on the way. */
async function stopAt(zone: Zone, query: DnsQuery, types: Types): Promise<ZoneAnswer | undefined> {
  const names = types.get("DNAME") ?? [];
  const [first] = names;
  const alias = first === undefined ? undefined : synthesize(query.name, first);
  if (alias === undefined) return undefined;
  if (lowerName(alias.data) === alias.name) return FAILED;
  const rest = query.question.type === "CNAME"
    ? { result: "success" as const, answers: [alias], authorities: zone.ns, additionals: [] }
    : await chase(zone, query, [alias]);
  return { ...rest, answers: [...names, ...rest.answers] };
}

interface Handing {
  readonly at: string;
  readonly name: string;
  readonly query: DnsQuery;
}

/** The referral to whom a name was handed over at `at`; its DS is still the parent's. */
function delegationAt(zone: Zone, { at, name, query }: Handing): ZoneAnswer | undefined {
  const types = nodeAt(zone, at);
  const servers = types?.get("NS");
  if (types === undefined || servers === undefined || (query.question.type === "DS" && at === name)) return undefined;
  const signers = query.edns?.dnssecOk ? types.get("DS") ?? [] : [];
  return {
    result: "delegation",
    answers: [],
    authorities: [...servers, ...signers],
    additionals: glueOf(zone, servers),
  };
}

/** The referral on the way to a target in the zone; undefined for its own names. */
function delegationOf(zone: Zone, name: string, query: DnsQuery): ZoneAnswer | undefined {
  if (!isUnder(name, zone.origin)) return undefined;
  for (const at of wayTo(zone, name).slice(1)) {
    const referral = delegationAt(zone, { at, name, query });
    if (referral !== undefined) return referral;
  }
  return undefined;
}

/** The CNAME that a DNAME stands for (RFC 6672); undefined where the name is its own owner or would get too long. */
export function synthesize(name: string, dname: Rr): Rr | undefined {
  if (name === dname.name || !isUnder(name, dname.name)) return undefined;
  const front = name.slice(0, name.length - (dname.name === "." ? 0 : dname.name.length));
  const target = dname.data === "." ? front : front + dname.data;
  if (target.length > LONGEST) return undefined;
  return { name, type: "CNAME", class: "IN", ttl: dname.ttl, data: target };
}

async function atNode(zone: Zone, query: DnsQuery, types: Types): Promise<ZoneAnswer> {
  const { type } = query.question;
  const aliases = types.get("CNAME") ?? [];
  if (aliases.length > 0 && type !== "CNAME") return await chase(zone, query, aliases);
  const records = types.get(type) ?? [];
  return records.length === 0 ? negative(zone, "nodata") : success(zone, records);
}

/** Follows CNAMEs inside the zone; the first target that is not in it is asked of the whole server. */
async function chase(zone: Zone, query: DnsQuery, first: readonly Rr[]): Promise<ZoneAnswer> {
  const answers = [...first];
  const { type } = query.question;
  let alias = first[0] as Rr;
  for (let i = 0;; i++) {
    const target = lowerName(alias.data);
    const referral = delegationOf(zone, target, query);
    if (referral !== undefined) return { ...referral, answers };
    const types = nodeAt(zone, target);
    // What stands apart at the apex is asked for like what is elsewhere.
    const apart = type === "NS" || (type === "SOA" && target === zone.origin);
    if (types === undefined || apart) return await outside(zone, query, { answers, target: alias.data });
    if (i > CHAIN) return success(zone, answers);
    const next = types.get("CNAME") ?? [];
    if (next[0] === undefined) return success(zone, [...answers, ...types.get(type) ?? []]);
    answers.push(...next);
    alias = next[0];
  }
}

async function outside(
  zone: Zone,
  query: DnsQuery,
  { answers, target }: { readonly answers: readonly Rr[]; readonly target: string },
): Promise<ZoneAnswer> {
  const { reply, rcode } = await query.ask(target, query.question.type);
  const more = reply?.answers ?? [];
  const code = reply?.rcode ?? rcode;
  const empty = code === "NOERROR" && more.length === 0 && reply !== undefined;
  const result: ZoneAnswer["result"] = RESULTS[code] ?? (empty ? "nodata" : "success");
  const authorities = result === "nxdomain" || result === "nodata" ? zone.soa : zone.ns;
  const all = [...answers, ...more];
  return { result, answers: all, authorities, additionals: additionalsOf(zone, all) };
}

/** The longest of a name's ancestors, itself among them, that exists; the apex where none does. */
export function closestEncloser(zone: Zone, name: string): string {
  for (let labels = labelsOf(name);; labels = labels.slice(1)) {
    const encloser = joinLabels(labels);
    if (encloser === zone.origin || zone.exists(encloser) || labels.length === 0) return encloser;
  }
}

function success(zone: Zone, answers: readonly Rr[]): ZoneAnswer {
  return { result: "success", answers, authorities: zone.ns, additionals: additionalsOf(zone, answers) };
}

function negative(zone: Zone, result: "nodata" | "between" | "nxdomain"): ZoneAnswer {
  return { result, answers: [], authorities: zone.soa, additionals: [] };
}

/** Addresses in the zone of the targets of records, each once. */
function additionalsOf(zone: Zone, records: readonly Rr[]): Rr[] {
  const targets = records.flatMap(({ type, data }) => {
    const at = TARGETS[type];
    return at === undefined ? [] : [lowerName(data.split(" ")[at] as string)];
  });
  return [...new Set(targets)].filter((name) => isUnder(name, zone.origin)).flatMap((name) => addressesAt(zone, name));
}

/** Addresses of name servers that are themselves below what was handed to them. */
function glueOf(zone: Zone, servers: readonly Rr[]): Rr[] {
  return servers.filter(({ name, data }) => isUnder(data, name)).flatMap(({ data }) =>
    addressesAt(zone, lowerName(data))
  );
}

function addressesAt(zone: Zone, name: string): readonly Rr[] {
  return [...zone.get(name, "A"), ...zone.get(name, "AAAA")];
}

/** The reply made of a zone's answer. */
export function zoneReply(query: DnsQuery, answer: ZoneAnswer): Outcome {
  const { result, answers, authorities, additionals } = answer;
  if (result === "servfail" && answers.length === 0) return { rcode: "SERVFAIL" };
  const empty = emptyReply(query, { nxdomain: "NXDOMAIN", servfail: "SERVFAIL" }[result as string] ?? "NOERROR");
  const flags = { ...empty.flags, aa: result !== "delegation" || (answers.length > 0 && !answer.apart) };
  return { rcode: "NOERROR", reply: { ...empty, flags, answers, authorities, additionals } };
}
