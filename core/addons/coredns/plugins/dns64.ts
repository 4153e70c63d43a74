import { type Cidr, network, parseCidr, printIp } from "../../../base/mod.ts";
import type { Message, Rr } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goQuote } from "../go_values.ts";
import { emptyReply, replyKind } from "../outcome.ts";
import type { DnsPlugin, DnsQuery, Outcome } from "../plugin.ts";

/** What the plugin was told. */
export interface Options {
  prefix: Cidr;
  translateAll: boolean;
  allowIpv4: boolean;
}

const WELL_KNOWN = "64:ff9b::/96";
/** TTL where the empty reply has no SOA (RFC 6147 5.1.7). */
const UNKNOWN_TTL = 600;

/** dns64: AAAA records made of A records (RFC 6147), for clients on IPv6 unless told otherwise. */
export const dns64: DnsPlugin = {
  name: "dns64",
  setup(corefile) {
    const options = readDns64(corefile);
    return {
      async handle(query, next) {
        const { question } = query;
        const wanted = question.type === "AAAA" && question.class === "IN" &&
          (options.allowIpv4 || query.client.address.includes(":"));
        const outcome = await next(query);
        const asked = outcome.query ?? query;
        if (!wanted || outcome.reply === undefined || !lacks(outcome.reply, options)) return outcome;
        const plain = await query.ask(query.name, "A");
        if (plain.reply === undefined) {
          return plain.error === undefined ? { rcode: "SERVFAIL" } : { rcode: "SERVFAIL", error: plain.error };
        }
        return synthesize(asked, { empty: outcome.reply, plain: plain.reply, prefix: options.prefix });
      },
    };
  },
};

function lacks(reply: Message, { translateAll }: Options): boolean {
  if (replyKind(reply) === "nxdomain") return false;
  return translateAll || !reply.answers.some((rr) => rr.type === "AAAA");
}

interface Synthesis {
  readonly empty: Message;
  readonly plain: Message;
  readonly prefix: Cidr;
}

function synthesize(query: DnsQuery, { empty, plain, prefix }: Synthesis): Outcome {
  const most = empty.authorities.findLast((rr) => rr.type === "SOA")?.ttl ?? UNKNOWN_TTL;
  const answers = plain.answers.map((rr): Rr =>
    rr.type === "A"
      ? { ...rr, type: "AAAA", class: "IN", ttl: Math.min(most, rr.ttl), data: embed(prefix, rr.data) }
      : rr
  );
  const reply = emptyReply(query, "NOERROR");
  const { authorities, additionals } = plain;
  const flags = { ...reply.flags, tc: plain.flags.tc };
  const edns = plain.edns === undefined ? {} : { edns: plain.edns };
  return { rcode: "NOERROR", reply: { ...reply, flags, answers, authorities, additionals, ...edns } };
}

/** The address in the prefix (RFC 6052 2.2): octet 8 stays zero. */
function embed(prefix: Cidr, address: string): string {
  const octets = Array.from({ length: 16 }, (_, i) => Number((prefix.ip.value >> BigInt(8 * (15 - i))) & 255n));
  let at = prefix.length / 8;
  for (const octet of address.split(".")) {
    if (at === 8) at++;
    octets[at++] = Number(octet);
  }
  return printIp({ family: 6, value: octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n) });
}

/** Reads the directive; throws a CorefileError. */
export function readDns64(corefile: Dispenser): Options {
  const options: Options = {
    prefix: parseCidr(WELL_KNOWN) as Cidr,
    translateAll: false,
    allowIpv4: false,
  };
  while (corefile.next()) {
    const args = corefile.remainingArgs();
    if (args.length > 1) throw corefile.argError("one prefix");
    if (args[0] !== undefined) {
      options.prefix = readPrefix(corefile, args[0]);
      continue;
    }
    while (corefile.nextBlock()) {
      const property = corefile.word();
      if (property === "prefix") {
        if (!corefile.nextArg()) throw corefile.argError("a prefix");
        options.prefix = readPrefix(corefile, corefile.word());
      } else if (property === "translate_all") options.translateAll = true;
      else if (property === "allow_ipv4") options.allowIpv4 = true;
      else throw corefile.error(`unknown property '${property}'`, "prefix, translate_all or allow_ipv4");
    }
  }
  return options;
}

function readPrefix(corefile: Dispenser, text: string): Cidr {
  const prefix = text.includes("/") ? parseCidr(text) : undefined;
  if (prefix === undefined) throw corefile.plainError(`invalid CIDR address: ${text}`, "an IPv6 prefix");
  const printed = goQuote(`${printIp(network(prefix).ip)}/${prefix.length}`);
  if (prefix.ip.family === 4) {
    throw corefile.error(`invalid netmask 32 IPv6 address: ${printed}`, "an IPv6 prefix");
  }
  if (prefix.length % 8 !== 0 || prefix.length < 32 || prefix.length > 96) {
    throw corefile.error(`invalid prefix length ${printed}`, "32, 40, 48, 56, 64 or 96");
  }
  return { ...network(prefix), length: prefix.length };
}
