import { isUnder, joinLabels, labelsOf, parseZoneFile, type Rr, soaFields } from "../../../dns/mod.ts";

/** Names in data that CoreDNS keeps in lower case: which words of it. */
const LOWERED: Readonly<Record<string, readonly number[]>> = {
  NS: [0],
  SOA: [0, 1],
  CNAME: [0],
  MX: [1],
  SVCB: [1],
  HTTPS: [1],
};

function lowered({ type, data }: Rr): string {
  const at = LOWERED[type];
  return at === undefined
    ? data
    : data.split(" ").map((word, i) => (at.includes(i) ? word.toLowerCase() : word)).join(" ");
}

/** A zone's records by name and type; names are lower case. */
export class Zone {
  readonly #names = new Map<string, Map<string, Rr[]>>();
  /** Names that only have names below them. */
  readonly #empty = new Set<string>();
  /** In the order they were given, the SOA aside. */
  readonly records: readonly Rr[];

  constructor(readonly origin: string, records: readonly Rr[]) {
    this.records = records.map((rr) => ({ ...rr, name: rr.name.toLowerCase(), data: lowered(rr) }))
      .filter(({ name }) => isUnder(name, origin));
    const soa = records.findLast(({ type }) => type === "SOA");
    if (soa !== undefined) {
      this.#names.set(origin, new Map([["SOA", [{ ...soa, name: soa.name.toLowerCase(), data: lowered(soa) }]]]));
    }
    for (const rr of this.records) {
      // The last SOA of the file is the zone's, whatever name it has.
      if (rr.type === "SOA") continue;
      const types = this.#names.get(rr.name) ?? new Map<string, Rr[]>();
      this.#names.set(rr.name, types);
      types.set(rr.type, [...types.get(rr.type) ?? [], rr]);
    }
    for (const name of this.#names.keys()) {
      for (let labels = labelsOf(name).slice(1); joinLabels(labels) !== origin && labels.length > 0;) {
        this.#empty.add(joinLabels(labels));
        labels = labels.slice(1);
      }
    }
  }

  /** The records at a name by type; undefined where the name has none. */
  at(name: string): ReadonlyMap<string, readonly Rr[]> | undefined {
    return this.#names.get(name);
  }

  /** The records of a type at a name. */
  get(name: string, type: string): readonly Rr[] {
    return this.#names.get(name)?.get(type) ?? [];
  }

  /** Whether a name has records, or names below it. */
  exists(name: string): boolean {
    return this.#names.has(name) || this.#empty.has(name);
  }

  /** Whether a name has names below it. */
  hasBelow(name: string): boolean {
    return this.#empty.has(name) || (name === this.origin && this.#names.size > 1);
  }

  get soa(): readonly Rr[] {
    return this.get(this.origin, "SOA");
  }

  get ns(): readonly Rr[] {
    return this.get(this.origin, "NS");
  }

  /** The serial of its SOA; undefined before there is one. */
  get serial(): number | undefined {
    const [soa] = this.soa;
    return soa === undefined ? undefined : soaFields(soa.data).serial;
  }

  /** All records as a transfer sends them: SOA and NS, then by name, and the SOA again. */
  transfer(): readonly Rr[] {
    const rest = this.records.filter(({ name, type }) => type !== "SOA" && (name !== this.origin || type !== "NS"));
    const key = ({ name }: Rr) => labelsOf(name).toReversed().join("\u0000");
    const ordered = rest.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
    return [...this.soa, ...this.ns, ...ordered, ...this.soa];
  }
}

/** A zone file's zone, or CoreDNS's complaint; throws a ZoneFileError where the text is none. */
export function parseZone(text: string, origin: string, file: string): Zone | { readonly error: string } {
  const records = parseZoneFile(text, { origin, file });
  const hashed = records.find(({ type }) => type === "NSEC3" || type === "NSEC3PARAM");
  if (hashed !== undefined) {
    const name = hashed.name.toLowerCase();
    return { error: `NSEC3 zone is not supported, dropping RR: ${name} for zone: ${origin}` };
  }
  const zone = new Zone(origin, records);
  if (zone.soa.length === 0) return { error: `file ${JSON.stringify(file)} has no SOA record for origin ${origin}` };
  return zone;
}
