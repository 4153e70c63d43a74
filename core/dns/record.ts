/**
 * Resource records as text: the line of a zone file.
 *
 *     record = owner [ttl] [class] type data         ttl before class or after it; `dig` prints both, ttl first
 */
import { absolute } from "./name.ts";
import { classNumber, typeNumber } from "./numbers.ts";

/** A resource record. `data` is in zone file form (`10 www.lab.test.`), names in it absolute. */
export interface Rr {
  /** Owner, absolute. */
  readonly name: string;
  readonly type: string;
  readonly class: string;
  /** Seconds. */
  readonly ttl: number;
  readonly data: string;
}

/** A question. */
export interface Question {
  readonly name: string;
  readonly type: string;
  readonly class: string;
}

/** The record in a line such as `www.lab.test. 30 IN A 10.0.1.9`; throws a RangeError. The class is IN where none is written. */
export function parseRecord(line: string): Rr {
  let rest = line.trim();
  const word = () => {
    const [whole, text] = /^(\S*)\s*/.exec(rest) as RegExpExecArray;
    rest = rest.slice(whole.length);
    return text as string;
  };
  const name = word();
  if (name === "") throw new RangeError("a record begins with its owner's name");
  let [ttl, kind, type] = [0, "IN", word()];
  for (;; type = word()) {
    if (/^\d+$/.test(type)) ttl = Number(type);
    else if (classNumber(type) !== undefined && typeNumber(type) === undefined) kind = type.toUpperCase();
    else break;
  }
  if (typeNumber(type) === undefined) throw new RangeError(`not a record type: ${type}`);
  return { name: absolute(name), type: type.toUpperCase(), class: kind, ttl, data: rest };
}

/** `www.lab.test.	30	IN	A	10.0.1.9`, as CoreDNS and AXFR print it. */
export function printRecord(rr: Rr): string {
  return `${rr.name}\t${rr.ttl}\t${rr.class}\t${rr.type}\t${rr.data}`;
}

/** Fields of an SOA's data: `[mname, rname, serial, refresh, retry, expire, minimum]`. */
export function soaFields(data: string): { mname: string; rname: string; serial: number; minimum: number } {
  const fields = data.split(" ");
  return {
    mname: fields[0] ?? ".",
    rname: fields[1] ?? ".",
    serial: Number(fields[2]),
    minimum: Number(fields[6]),
  };
}
