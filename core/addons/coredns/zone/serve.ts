import { fallsThrough } from "../setup.ts";
import type { Fall } from "../outcome.ts";
import type { DnsQuery, Next, Outcome } from "../plugin.ts";
import { matchingZone } from "../zones.ts";
import { lookUpZone, zoneReply } from "./lookup.ts";
import type { Zone } from "./zone.ts";

/** A zone as it is served: none while there is nothing to serve it from. */
export interface ServedZone {
  readonly zone: Zone | undefined;
  readonly fall: Fall;
  /** Found by itself: no primary notifies it, and a part of an answer that ends in a referral has no authority. */
  readonly automatic?: true;
}

/**
 * Answers from the longest zone a name is in: what file, auto and secondary share. Names of other zones are refused where no
 * plugin is further down.
 */
export async function serveZones(
  zones: ReadonlyMap<string, ServedZone>,
  query: DnsQuery,
  next: Next,
): Promise<Outcome> {
  const origin = matchingZone([...zones.keys()], query.name);
  const served = origin === undefined ? undefined : zones.get(origin);
  if (served === undefined) return next.isEnd ? { rcode: "REFUSED" } : await next(query);
  const { type } = query.question;
  if (type === "AXFR" || type === "IXFR") return { rcode: "REFUSED" };
  if (query.message.opcode === "NOTIFY" && !served.automatic) return { rcode: "NOERROR" };
  if (served.zone === undefined) return { rcode: "SERVFAIL" };
  const answer = await lookUpZone(served.zone, query);
  // Names that only have names below them fall through too.
  const missing = answer.result === "nxdomain" || answer.result === "between";
  if (answer.answers.length === 0 && missing && fallsThrough(served.fall, query.name)) return await next(query);
  return zoneReply(query, served.automatic ? { ...answer, apart: true } : answer);
}

/** The records of a served zone for a transfer. */
export function transferOf(zones: ReadonlyMap<string, ServedZone>) {
  return (zone: string) => zones.get(zone.toLowerCase())?.zone?.transfer();
}
