import { isUnder, joinLabels, labelsOf, type Message, type Rr } from "../../../dns/mod.ts";
import { emptyReply, replyKind } from "../outcome.ts";
import type { DnsQuery, Outcome } from "../plugin.ts";
import type { Zone } from "./zone.ts";

/** What a zone says of a name; `delegation` is answered without authority. */
export interface ZoneAnswer {
  readonly result: "success" | "nodata" | "nxdomain" | "delegation" | "servfail";
  readonly answers: readonly Rr[];
  readonly authorities: readonly Rr[];
  readonly additionals: readonly Rr[];
}

const CHAIN = 8;
const LONGEST = 255;
/** Types whose targets' addresses go along: where in the data the target is. */
const TARGETS: Readonly<Record<string, number>> = { MX: 1, SRV: 3, SVCB: 1, HTTPS: 1, NS: 0 };
const FAILED: ZoneAnswer = { result: "servfail", answers: [], authorities: [], additionals: [] };

/** Looks a query's name up in a zone that it is in; targets outside are asked of the server itself. */
export async function lookUpZone(zone: Zone, query: DnsQuery): Promise<ZoneAnswer> {
  const { name, question: { type } } = query;
  if (zone.soa.length === 0) return FAILED;
  if (name === zone.origin && type === "SOA") return found(zone, zone.soa);
  if (name === zone.origin && type === "NS") return { ...found(zone, zone.ns), authorities: [] };
  if ((query.depth ?? 0) > CHAIN) return FAILED;
  const stop = await stopOnTheWay(zone, query);
  if (stop !== undefined) return stop;
  const own = zone.at(name);
  if (own !== undefined) return await atNode(zone, query, own);
  if (zone.exists(name)) return negative(zone, "nodata");
  const wild = wildcardOf(zone, name);
  if (wild === undefined) return negative(zone, "nxdomain");
  const types = zone.at(wild);
  if (types === undefined) return negative(zone, "nodata");
  const renamed = new Map([...types].map(([key, records]) => [key, records.map((rr) => ({ ...rr, name }))]));
  return await atNode(zone, query, renamed);
}

/** A DNAME or a delegation on the way from the apex down to the name. */
async function stopOnTheWay(zone: Zone, query: DnsQuery): Promise<ZoneAnswer | undefined> {
  const { name, question: { type } } = query;
  const labels = labelsOf(name);
  const depth = labelsOf(zone.origin).length;
  for (let count = depth; count <= labels.length; count++) {
    const at = joinLabels(labels.slice(labels.length - count));
    const dname = zone.get(at, "DNAME")[0];
    const alias = dname === undefined ? undefined : synthesize(name, dname);
    if (dname !== undefined && alias !== undefined) {
      const rest = type === "CNAME" ? found(zone, [alias]) : await chase(zone, query, alias);
      return { ...rest, answers: [dname, ...rest.answers] };
    }
    if (at === zone.origin) continue;
    const servers = zone.get(at, "NS");
    if (servers.length === 0 || (type === "DS" && at === name)) continue;
    return referTo(zone, servers);
  }
  return undefined;
}

function referTo(zone: Zone, servers: readonly Rr[]): ZoneAnswer {
  return { result: "delegation", answers: [], authorities: servers, additionals: glueOf(zone, servers) };
}

/** The referral to whom a name of the zone was handed over; undefined for its own names. */
function delegationOf(zone: Zone, name: string): ZoneAnswer | undefined {
  if (!isUnder(name, zone.origin)) return undefined;
  for (let labels = labelsOf(name); joinLabels(labels) !== zone.origin; labels = labels.slice(1)) {
    const servers = zone.get(joinLabels(labels), "NS");
    if (servers.length > 0) return referTo(zone, servers);
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

async function atNode(
  zone: Zone,
  query: DnsQuery,
  types: ReadonlyMap<string, readonly Rr[]>,
): Promise<ZoneAnswer> {
  const { type } = query.question;
  const alias = types.get("CNAME")?.[0];
  if (alias !== undefined && type !== "CNAME") return await chase(zone, query, alias);
  const records = types.get(type) ?? [];
  return records.length === 0 ? negative(zone, "nodata") : found(zone, records);
}

/** Follows CNAMEs inside the zone; the first target that is not in it is asked of the whole server. */
async function chase(zone: Zone, query: DnsQuery, first: Rr): Promise<ZoneAnswer> {
  const answers = [first];
  const { type } = query.question;
  for (let i = 0, alias = first;; i++) {
    const types = zone.at(alias.data.toLowerCase());
    if (types === undefined) return await outside(zone, query, { answers, target: alias.data });
    const next = types.get("CNAME")?.[0];
    if (next === undefined) {
      answers.push(...types.get(type) ?? []);
      return { result: "success", answers, authorities: zone.ns, additionals: [] };
    }
    answers.push(next);
    if (i >= CHAIN) return { result: "success", answers, authorities: zone.ns, additionals: [] };
    alias = next;
  }
}

async function outside(
  zone: Zone,
  query: DnsQuery,
  { answers, target }: { readonly answers: readonly Rr[]; readonly target: string },
): Promise<ZoneAnswer> {
  const referral = delegationOf(zone, target.toLowerCase());
  if (referral !== undefined) return { ...referral, result: "success", answers };
  const { reply, rcode } = await query.ask(target, query.question.type);
  const results = { NXDOMAIN: "nxdomain", SERVFAIL: "servfail" } as const;
  const result = results[(reply?.rcode ?? rcode) as keyof typeof results] ?? "success";
  return { result, answers: [...answers, ...reply?.answers ?? []], ...besides(zone, reply) };
}

/** What goes along with a target's records: the zone's name servers; its SOA where there are none, or the referral that came instead. */
function besides(zone: Zone, reply: Message | undefined): Pick<ZoneAnswer, "authorities" | "additionals"> {
  const kind = replyKind(reply);
  if (kind === "nxdomain" || kind === "nodata") return { authorities: zone.soa, additionals: [] };
  if (kind !== "delegation") return { authorities: zone.ns, additionals: [] };
  return { authorities: reply?.authorities ?? [], additionals: reply?.additionals ?? [] };
}

/** The longest of a name's ancestors, itself among them, that exists; the apex where none does. */
export function closestEncloser(zone: Zone, name: string): string {
  for (let labels = labelsOf(name);; labels = labels.slice(1)) {
    const encloser = joinLabels(labels);
    if (encloser === zone.origin || zone.exists(encloser) || labels.length === 0) return encloser;
  }
}

/** `*` under the closest name that exists, where that is a name or has names below it. */
function wildcardOf(zone: Zone, name: string): string | undefined {
  const wild = joinLabels(["*", ...labelsOf(closestEncloser(zone, joinLabels(labelsOf(name).slice(1))))]);
  return zone.exists(wild) ? wild : undefined;
}

function found(zone: Zone, answers: readonly Rr[]): ZoneAnswer {
  return { result: "success", answers, authorities: zone.ns, additionals: glueOf(zone, answers) };
}

function negative(zone: Zone, result: "nodata" | "nxdomain"): ZoneAnswer {
  return { result, answers: [], authorities: zone.soa, additionals: [] };
}

/** Addresses in the zone of the targets of records, each once. */
function glueOf(zone: Zone, records: readonly Rr[]): Rr[] {
  const targets = records.flatMap(({ type, data }) => {
    const at = TARGETS[type];
    return at === undefined ? [] : [(data.split(" ")[at] as string).toLowerCase()];
  });
  return [...new Set(targets)].flatMap((name) => {
    const known = zone.at(name) === undefined ? wildcardOf(zone, name) : name;
    if (known === undefined || !isUnder(name, zone.origin)) return [];
    return [...zone.get(known, "A"), ...zone.get(known, "AAAA")].map((rr) => ({ ...rr, name }));
  });
}

/** The reply made of a zone's answer. */
export function zoneReply(query: DnsQuery, { result, answers, authorities, additionals }: ZoneAnswer): Outcome {
  if (result === "servfail" && answers.length === 0) return { rcode: "SERVFAIL" };
  const empty = emptyReply(query, { nxdomain: "NXDOMAIN", servfail: "SERVFAIL" }[result as string] ?? "NOERROR");
  const flags = { ...empty.flags, aa: result !== "delegation" };
  return { rcode: "NOERROR", reply: { ...empty, flags, answers, authorities, additionals } };
}
