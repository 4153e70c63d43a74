import type { Rr } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goDuration, goParseInt, goQuote } from "../go_values.ts";
import { emptyReply } from "../outcome.ts";
import type { DnsPlugin, DnsQuery, Outcome } from "../plugin.ts";

/** Every how many queries something goes wrong; 0 for never. `duration` in milliseconds. */
export interface Erratic {
  drop: number;
  delay: number;
  duration: number;
  truncate: number;
  large: boolean;
}

const ADDRESSES: Readonly<Record<string, string>> = { A: "192.0.2.53", AAAA: "2001:db8::53" };
const LARGE = 29;
const SILENCE: Outcome = { rcode: "NOERROR" };

/** erratic: answers badly on purpose: drops, delays and truncates every n-th reply. */
export const erratic: DnsPlugin = {
  name: "erratic",
  setup(corefile, { host }) {
    const settings = readErratic(corefile);
    let count = 0;
    return {
      async handle(query) {
        const number = count++;
        const every = (n: number) => n > 0 && number % n === 0;
        if (every(settings.drop)) return SILENCE;
        if (every(settings.delay)) await host.clock.sleep(settings.duration);
        // CoreDNS masks the number where it means to divide it: 2 truncates the first two of every four.
        return reply(query, settings, settings.truncate > 0 && (number & settings.truncate) === 0);
      },
    };
  },
};

function reply(query: DnsQuery, { large }: Erratic, tc: boolean): Outcome {
  const { name, type } = query.question;
  const empty = emptyReply(query, "NOERROR");
  const flags = { ...empty.flags, aa: true, tc };
  if (type === "AXFR") return { rcode: "NOERROR", reply: { ...empty, flags, answers: transfer(name, tc) } };
  const data = ADDRESSES[type];
  if (data === undefined) return { rcode: "SERVFAIL" };
  const answer = { name, type, class: "IN", ttl: 0, data };
  const answers = Array.from({ length: large && type === "A" ? 1 + LARGE : 1 }, () => answer);
  return { rcode: "NOERROR", reply: { ...empty, flags, answers } };
}

/** A small zone; a truncated one lacks its end. */
function transfer(zone: string, truncated: boolean): Rr[] {
  const at = (label: string) => `${label}${zone === "." ? "" : zone}`;
  const record = (name: string, type: string, data: string): Rr => ({ name, type, class: "IN", ttl: 0, data });
  const soa = record(zone, "SOA", "sns.dns.icann.org. noc.dns.icann.org. 2018050825 7200 3600 1209600 3600");
  const rest = [
    record(zone, "NS", at("b.")),
    record(zone, "NS", at("a.")),
    record(at("a."), "AAAA", "2001:bd8::53"),
    record(at("b."), "AAAA", "2001:500::54"),
  ];
  return truncated ? [soa, ...rest] : [soa, ...rest, soa];
}

/** Reads the directive; throws a CorefileError. */
export function readErratic(corefile: Dispenser): Erratic {
  const settings: Erratic = { drop: 2, delay: 0, duration: 100, truncate: 0, large: false };
  let dropped = false;
  while (corefile.next()) {
    while (corefile.nextBlock()) {
      const property = corefile.word();
      if (property === "large") {
        settings.large = true;
        continue;
      }
      if (property !== "drop" && property !== "delay" && property !== "truncate") {
        throw corefile.error(`unknown property '${property}'`, "drop, delay, truncate or large");
      }
      const args = corefile.remainingArgs();
      if (args.length > (property === "delay" ? 2 : 1)) throw corefile.argError();
      if (property !== "drop" || args[0] !== undefined) {
        settings[property] = args[0] === undefined ? 2 : amount(corefile, args[0]);
      }
      if (property === "drop") dropped ||= args[0] !== undefined;
      if (args[1] !== undefined) settings.duration = readDuration(corefile, args[1]);
    }
  }
  if ((settings.delay > 0 || settings.truncate > 0) && !dropped) settings.drop = 0;
  return settings;
}

function amount(corefile: Dispenser, text: string): number {
  const parsed = goParseInt(text, 32);
  if ("error" in parsed) throw corefile.plainError(parsed.error, "a whole number");
  const { value } = parsed;
  if (value < 0) throw corefile.plainError(`illegal amount value given ${goQuote(text)}`, "0 or more");
  return value;
}

function readDuration(corefile: Dispenser, text: string): number {
  const parsed = goDuration(text);
  if ("error" in parsed) throw corefile.plainError(parsed.error, "a duration such as 100ms");
  return parsed.value;
}
