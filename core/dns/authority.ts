/**
 * An authoritative name server's answer (RFC 1034 4.3.2, 4592, 6672): its zones, one question. Positive answers carry no
 * authority records, as NSD's do by default; negative ones the SOA with the TTL of RFC 2308.
 */
import { type Message, replyTo } from "./message.ts";
import { isUnder, joinLabels, labelsOf, lowerName } from "./name.ts";
import { type Rr, soaFields } from "./record.ts";

/** A zone as it is served. */
export interface ServedRecords {
  /** Absolute, lower case. */
  readonly origin: string;
  readonly records: readonly Rr[];
}

/** How many aliases are followed within the server's own zones. */
const CHAIN = 8;
const LONGEST = 255;
/** Types whose targets' addresses go along, and where in the data the target is. */
const TARGETS: Readonly<Record<string, number>> = { NS: 0, MX: 1, SRV: 3 };

/** The records of one zone by name. */
class ZoneTable {
  readonly #names = new Map<string, Rr[]>();
  readonly soa: Rr | undefined;

  constructor(readonly origin: string, readonly records: readonly Rr[]) {
    for (const rr of records) {
      const name = lowerName(rr.name);
      if (!isUnder(name, origin)) continue;
      const own = this.#names.get(name) ?? [];
      own.push(rr);
      this.#names.set(name, own);
      // Names between a record and the apex exist, too.
      for (let up = labelsOf(name).slice(1); joinLabels(up) !== origin && up.length > 0; up = up.slice(1)) {
        if (this.#names.has(joinLabels(up))) continue;
        this.#names.set(joinLabels(up), []);
      }
    }
    this.soa = this.at(origin)?.find((rr) => rr.type === "SOA");
  }

  /** The records at a name; none where only names below have some; undefined where it does not exist. */
  at(name: string): readonly Rr[] | undefined {
    return this.#names.get(lowerName(name));
  }

  of(name: string, type: string): readonly Rr[] {
    return this.at(name)?.filter((rr) => rr.type === type) ?? [];
  }
}

/** What was put together so far. */
interface Building {
  readonly answers: Rr[];
  readonly authorities: Rr[];
  readonly additionals: Rr[];
  rcode: string;
  aa: boolean;
}

/** A set of zones that answers questions. */
export class Authority {
  readonly #zones: readonly ZoneTable[];

  constructor(zones: readonly ServedRecords[]) {
    this.#zones = zones.map(({ origin, records }) => new ZoneTable(lowerName(origin), records));
  }

  /** The whole zone for a transfer, the SOA first and last; undefined where the name is no zone of this server. */
  transfer(origin: string): readonly Rr[] | undefined {
    const zone = this.#zones.find((one) => one.origin === lowerName(origin));
    if (zone?.soa === undefined) return undefined;
    return [zone.soa, ...zone.records.filter((rr) => rr.type !== "SOA"), zone.soa];
  }

  /** The reply to a query. */
  answer(query: Message): Message {
    const [question] = query.questions;
    if (query.opcode !== "QUERY") return replyTo(query, "NOTIMP");
    if (question === undefined || query.questions.length > 1) return replyTo(query, "FORMERR");
    const zone = this.#zoneOf(question.name, question.type);
    if (zone === undefined || question.class !== "IN") return replyTo(query, "REFUSED");
    const built: Building = { answers: [], authorities: [], additionals: [], rcode: "NOERROR", aa: true };
    this.#look(zone, { name: question.name, type: question.type }, built);
    const { rcode, aa, ...sections } = built;
    const reply = replyTo(query, rcode);
    return { ...reply, ...sections, flags: { ...reply.flags, aa } };
  }

  /** The deepest zone a name is in; a DS record belongs to the zone above. */
  #zoneOf(name: string, type: string): ZoneTable | undefined {
    const low = lowerName(name);
    const all = this.#zones.filter(({ origin }) => isUnder(low, origin));
    const above = type === "DS" ? all.filter(({ origin }) => origin !== low) : all;
    return (above.length > 0 ? above : all).sort((a, b) => b.origin.length - a.origin.length)[0];
  }

  #look(zone: ZoneTable, { name, type }: { readonly name: string; readonly type: string }, built: Building): void {
    if (built.answers.length > CHAIN) return;
    const stop = this.#onTheWay(zone, name, type);
    if (stop?.type === "NS") return this.#refer(zone, stop.name, built);
    if (stop?.type === "DNAME") return this.#rename(zone, { name, type, dname: stop }, built);
    const found = zone.at(name) ?? this.#wild(zone, name);
    if (found === undefined) return this.#deny(zone, "NXDOMAIN", built);
    const alias = found.find((rr) => rr.type === "CNAME");
    if (alias !== undefined && type !== "CNAME" && type !== "ANY") {
      built.answers.push(alias);
      return this.#continue({ name: alias.data, type }, built);
    }
    const records = type === "ANY" ? found : found.filter((rr) => rr.type === type);
    if (records.length === 0) return this.#deny(zone, "NOERROR", built);
    built.answers.push(...records);
    built.additionals.push(...this.#targets(zone, records));
  }

  /** What follows an alias: more of the own zones, or nothing. */
  #continue(question: { readonly name: string; readonly type: string }, built: Building): void {
    const zone = this.#zoneOf(question.name, question.type);
    if (zone !== undefined) this.#look(zone, question, built);
  }

  /** A delegation or a DNAME between the apex and the name. */
  #onTheWay(zone: ZoneTable, name: string, type: string): Rr | undefined {
    const labels = labelsOf(lowerName(name));
    const depth = labelsOf(zone.origin).length;
    for (let count = depth; count <= labels.length; count++) {
      const at = joinLabels(labels.slice(labels.length - count));
      const dname = zone.of(at, "DNAME")[0];
      if (dname !== undefined && count < labels.length) return dname;
      if (at === zone.origin || (type === "DS" && count === labels.length)) continue;
      const cut = zone.of(at, "NS")[0];
      if (cut !== undefined) return cut;
    }
    return undefined;
  }

  #refer(zone: ZoneTable, cut: string, built: Building): void {
    const servers = zone.of(cut, "NS");
    if (built.answers.length === 0) built.aa = false;
    built.authorities.push(...servers);
    built.additionals.push(...this.#targets(zone, servers));
  }

  #rename(
    zone: ZoneTable,
    { name, type, dname }: { readonly name: string; readonly type: string; readonly dname: Rr },
    built: Building,
  ): void {
    const front = name.slice(0, name.length - dname.name.length);
    const target = dname.data === "." ? front : front + dname.data;
    built.answers.push(dname);
    if (target.length > LONGEST) {
      built.rcode = "YXDOMAIN";
      return;
    }
    built.answers.push({ name, type: "CNAME", class: "IN", ttl: dname.ttl, data: target });
    if (type !== "CNAME" && !isUnder(target, zone.origin + ".")) this.#continue({ name: target, type }, built);
  }

  /** The records of `*` under the closest name that exists, under the name asked for. */
  #wild(zone: ZoneTable, name: string): readonly Rr[] | undefined {
    for (let labels = labelsOf(name).slice(1);; labels = labels.slice(1)) {
      const encloser = joinLabels(labels);
      if (zone.at(encloser) === undefined && lowerName(encloser) !== zone.origin && labels.length > 0) continue;
      return zone.at(joinLabels(["*", ...labels]))?.map((rr) => ({ ...rr, name }));
    }
  }

  #deny({ soa }: ZoneTable, rcode: string, built: Building): void {
    built.rcode = rcode;
    if (soa !== undefined) built.authorities.push({ ...soa, ttl: Math.min(soa.ttl, soaFields(soa.data).minimum) });
  }

  /** Addresses the zone has of the names that records lead to, each once. */
  #targets(zone: ZoneTable, records: readonly Rr[]): Rr[] {
    const names = records.flatMap(({ type, data }) => {
      const at = TARGETS[type];
      return at === undefined ? [] : [data.split(" ")[at] as string];
    });
    return [...new Set(names.map(lowerName))].flatMap((name) => [...zone.of(name, "A"), ...zone.of(name, "AAAA")]);
  }
}
