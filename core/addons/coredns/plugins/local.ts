import type { Rr } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goQuote } from "../go_values.ts";
import { emptyReply } from "../outcome.ts";
import type { DnsPlugin, DnsQuery, Outcome } from "../plugin.ts";
import { matchingZone } from "../zones.ts";

const TTL = 604_800;
const ZONES = ["localhost.", "0.in-addr.arpa.", "127.in-addr.arpa.", "255.in-addr.arpa."];
const LOOPBACK: Readonly<Record<string, string>> = { A: "127.0.0.1", AAAA: "::1" };
const LOOPBACK_NAME = "1.0.0.127.in-addr.arpa.";

/** local: answers for localhost and the loopback network, and for `localhost.DOMAIN` of bad search lists. */
export const local: DnsPlugin = {
  name: "local",
  setup(corefile) {
    const prefixed = readLocal(corefile);
    return {
      handle(query, next) {
        if (isLocalhost(query.name, prefixed)) {
          return Promise.resolve(localhost(query));
        }
        const zone = matchingZone(ZONES, query.name);
        return zone === undefined ? next(query) : Promise.resolve(inZone(query, zone));
      },
    };
  },
};

/** `localhost.DOMAIN`, which a search list made, and names below localhost. */
function isLocalhost(name: string, prefixed: boolean): boolean {
  return name !== "localhost." && ((prefixed && name.startsWith("localhost.")) || name.endsWith(".localhost."));
}

/** Whether `localhost.DOMAIN` is answered here; throws a CorefileError. */
function readLocal(corefile: Dispenser): boolean {
  let prefixed = true;
  while (corefile.next()) {
    if (corefile.remainingArgs().length > 0) throw corefile.argError("the end of the line");
    while (corefile.nextBlock()) {
      const property = corefile.word();
      if (property !== "localhost_prefix") throw corefile.error(`unknown property '${property}'`, "localhost_prefix");
      const [value, more] = corefile.remainingArgs();
      if (value === undefined || more !== undefined) throw corefile.argError("on or off");
      if (value !== "on" && value !== "off") {
        throw corefile.error(`localhost_prefix expects 'on' or 'off', got ${goQuote(value)}`, "on or off");
      }
      prefixed = value === "on";
    }
  }
  return prefixed;
}

function localhost(query: DnsQuery): Outcome {
  const { name, type } = query.question;
  const data = LOOPBACK[type];
  return data === undefined ? nodata(query, name) : found(query, record(name, type, data));
}

function inZone(query: DnsQuery, zone: string): Outcome {
  const { name, type } = query.question;
  const origin = name.slice(name.length - zone.length);
  if (query.name === LOOPBACK_NAME) {
    return type === "PTR" ? found(query, record(name, type, "localhost.")) : nodata(query, origin);
  }
  if (query.name !== zone) return nodata(query, origin, "NXDOMAIN");
  if (type === "SOA") return found(query, soa(name));
  if (type === "NS") return found(query, record(name, type, "localhost."));
  return zone === "localhost." ? localhost(query) : nodata(query, name);
}

function found(query: DnsQuery, rr: Rr): Outcome {
  return { rcode: "NOERROR", reply: { ...emptyReply(query, "NOERROR"), answers: [rr] } };
}

function nodata(query: DnsQuery, origin: string, rcode = "NOERROR"): Outcome {
  return { rcode: "NOERROR", reply: { ...emptyReply(query, rcode), authorities: [soa(origin)] } };
}

function record(name: string, type: string, data: string): Rr {
  return { name, type, class: "IN", ttl: TTL, data };
}

function soa(origin: string): Rr {
  return record(origin, "SOA", `localhost. root.localhost. 1 0 0 0 ${TTL}`);
}
