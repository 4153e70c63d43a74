/** `transfer [ZONES...] { to *|ADDRESS[:PORT]...   source ADDRESS }` */
import { isIp } from "../../../base/mod.ts";
import { isUnder, type Rr, soaFields } from "../../../dns/mod.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { CorefileError } from "../corefile/token.ts";
import { goQuote } from "../go_values.ts";
import { emptyReply } from "../outcome.ts";
import type { DnsPlugin, DnsQuery, Next, Outcome, SetupContext } from "../plugin.ts";
import { addressPort } from "../setup.ts";
import { zonesOf } from "../zones.ts";

/** What the plugin was told. */
export interface Transfer {
  readonly zones: readonly string[];
  /** Addresses with their ports; `*` is everybody. */
  readonly to: readonly string[];
  readonly source?: string;
}

/** transfer: hands whole zones of other plugins to those who may have them. */
export const transfer: DnsPlugin = {
  name: "transfer",
  setup(corefile, context) {
    const transfers = readTransfers(corefile, context);
    return { handle: (query, next) => handle(transfers, context, { query, next }) };
  },
};

async function handle(
  transfers: readonly Transfer[],
  { order, sibling, host }: SetupContext,
  { query, next }: { readonly query: DnsQuery; readonly next: Next },
): Promise<Outcome> {
  const { question: { type }, name, proto, client } = query;
  if (type !== "AXFR" && type !== "IXFR") return await next(query);
  if (proto !== "tcp") return { rcode: "REFUSED" };
  const found = longestMatch(transfers, name);
  if (found === undefined) return await next(query);
  if (!found.to.some((to) => to === "*" || to.startsWith(`${bracketed(client.address)}:`))) {
    return { rcode: "NOERROR", reply: emptyReply(query, "REFUSED") };
  }
  // An incremental transfer names the client's serial in its authority section.
  if (type === "IXFR" && query.message.authorities[0]?.type !== "SOA") return { rcode: "SERVFAIL" };
  for (const plugin of order) {
    const records = sibling(plugin)?.transfer?.(name);
    if (records === undefined || records.length === 0) continue;
    const empty = emptyReply(query, "NOERROR");
    const [soa] = records as readonly [Rr, ...Rr[]];
    const serial = soaFields(soa.data).serial;
    const known = type === "IXFR" ? soaFields(query.message.authorities[0]?.data ?? "").serial : undefined;
    const to = `zone ${goQuote(query.question.name)} to ${client.address} for ${serial} SOA serial`;
    if (known === serial) {
      host.log(`[INFO] plugin/transfer: Outgoing noop, incremental transfer for up to date ${to}`);
      return { rcode: "NOERROR", reply: { ...empty, flags: { ...empty.flags, aa: true }, answers: [soa] } };
    }
    host.log(`[INFO] plugin/transfer: Outgoing transfer of ${records.length} records of ${to}`);
    return { rcode: "NOERROR", reply: { ...empty, flags: { ...empty.flags, aa: true }, answers: records } };
  }
  return await next(query);
}

function longestMatch(transfers: readonly Transfer[], name: string): Transfer | undefined {
  const all = transfers.flatMap((one) => one.zones.map((zone) => ({ one, zone })));
  return all.filter(({ zone }) => isUnder(name, zone)).sort((a, b) => b.zone.length - a.zone.length)[0]?.one;
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/** Reads the directive; throws a CorefileError. */
export function readTransfers(corefile: Dispenser, { zones }: SetupContext): Transfer[] {
  const transfers: Transfer[] = [];
  while (corefile.next()) {
    const own = zonesOf(corefile.remainingArgs(), zones);
    const to: string[] = [];
    let source: string | undefined;
    while (corefile.nextBlock()) {
      const property = corefile.word();
      const args = corefile.remainingArgs();
      if (property === "to") {
        if (args.length === 0) throw corefile.argError("*, or an address");
        to.push(...args.map((text) => hostPort(corefile, text)));
      } else if (property === "source") {
        if (args.length !== 1) throw corefile.argError("one address");
        if (source !== undefined) throw named(corefile.error("source already specified", "it once"));
        const given = args[0] as string;
        if (!isIp(given)) throw named(corefile.error(`invalid source address ${goQuote(given)}`, "an address"));
        source = args[0];
      } else throw named(corefile.error(`unknown property ${goQuote(property)}`, "to or source"));
    }
    if (to.length === 0) throw named(corefile.error("'to' is required", "to *|ADDRESS..."));
    transfers.push({ zones: own, to, ...(source === undefined ? {} : { source }) });
  }
  return transfers;
}

function hostPort(corefile: Dispenser, text: string): string {
  if (text === "*") return text;
  const { host, port } = addressPort(corefile, text);
  return `${bracketed(host)}:${port}`;
}

/** CoreDNS names this plugin twice. */
function named(error: CorefileError): CorefileError {
  return new CorefileError(error, error.problem, error.expected, `plugin/transfer: ${error.startup}`);
}
