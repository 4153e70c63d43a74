/** What a recursive resolver remembers: record sets until their TTL is over, and what does not exist (RFC 2308). */
import { lowerName } from "../name.ts";
import { type Rr, soaFields } from "../record.ts";

/** A record set with what is left of its life. */
interface Kept {
  readonly records: readonly Rr[];
  readonly expires: number;
}

/** That a name or a type at a name does not exist; the zone's SOA says for how long. */
export interface Absence {
  readonly rcode: "NXDOMAIN" | "NOERROR";
  readonly soa: Rr;
}

const MOST = 86_400;
const MOST_NEGATIVE = 3600;

/** A cache on virtual milliseconds. */
export class RecursiveCache {
  readonly #sets = new Map<string, Kept>();
  readonly #absent = new Map<string, Absence & { readonly expires: number }>();

  constructor(readonly now: () => number) {}

  /** Takes a record set in, in place of an older one. */
  put(records: readonly Rr[]): void {
    const [first] = records;
    if (first === undefined) return;
    const ttl = Math.min(MOST, ...records.map((rr) => rr.ttl));
    const now = this.now();
    // A TTL of 0 is good for the question that brought it.
    this.#sets.set(keyOf(first.name, first.type), { records, expires: now + Math.max(1, ttl) * 1000 });
  }

  /** A record set as it is now, TTLs counted down; undefined where none is known any more. */
  get(name: string, type: string): readonly Rr[] | undefined {
    const kept = this.#sets.get(keyOf(name, type));
    if (kept === undefined || kept.expires <= this.now()) return undefined;
    const left = Math.max(0, Math.floor((kept.expires - this.now()) / 1000));
    return kept.records.map((rr) => ({ ...rr, ttl: Math.min(rr.ttl, left) }));
  }

  /** Remembers that a name (NXDOMAIN), or a type at it, does not exist. */
  deny(name: string, type: string, { rcode, soa }: Absence): void {
    const ttl = Math.min(soa.ttl, soaFields(soa.data).minimum, MOST_NEGATIVE);
    const now = this.now();
    const key = rcode === "NXDOMAIN" ? lowerName(name) : keyOf(name, type);
    this.#absent.set(key, { rcode, soa: { ...soa, ttl }, expires: now + Math.max(1, ttl) * 1000 });
  }

  /** What is known not to exist. */
  absence(name: string, type: string): Absence | undefined {
    for (const key of [lowerName(name), keyOf(name, type)]) {
      const kept = this.#absent.get(key);
      if (kept === undefined || kept.expires <= this.now()) continue;
      return { rcode: kept.rcode, soa: { ...kept.soa, ttl: Math.floor((kept.expires - this.now()) / 1000) } };
    }
    return undefined;
  }

  /** Forgets everything. */
  clear(): void {
    this.#sets.clear();
    this.#absent.clear();
  }

  /** How many record sets and absences are kept, expired ones among them. */
  get size(): number {
    return this.#sets.size + this.#absent.size;
  }
}

function keyOf(name: string, type: string): string {
  return `${lowerName(name)} ${type}`;
}
