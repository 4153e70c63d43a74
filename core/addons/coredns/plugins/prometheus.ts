import { matchingZone } from "../zones.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import { goHostPort } from "../go_values.ts";
import type { Metrics } from "../metrics.ts";
import type { DnsPlugin } from "../plugin.ts";
import { isUnwritten } from "../outcome.ts";
import { NOT_FOUND } from "./health.ts";

const TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
/** Query types that have a label of their own; all others are `other`. */
const TYPES = new Set(
  "A AAAA CNAME DNSKEY DS HTTPS MX NS NSEC NSEC3 PTR RRSIG SOA SRV SVCB TXT ANY AXFR IXFR".split(" "),
);

/** prometheus: counts queries and replies, and shows every plugin's counters at :9153/metrics. */
export const prometheus: DnsPlugin = {
  name: "prometheus",
  setup(corefile, { metrics, zones }) {
    const address = readPrometheus(corefile);
    declare(metrics);
    return {
      http: {
        address,
        answer: (path) => (path === "/metrics" ? { status: 200, type: TYPE, body: metrics.print() } : NOT_FOUND),
      },
      async handle(query, next) {
        const outcome = await next(query);
        const zone = matchingZone(zones, query.name) ?? "dropped";
        const common = { server: query.server, zone, view: "" };
        const type = TYPES.has(query.question.type) ? query.question.type : "other";
        const family = query.client.address.includes(":") ? "2" : "1";
        metrics.add("coredns_dns_requests_total", { ...common, type, family, proto: query.proto });
        const rcode = isUnwritten(outcome) ? outcome.rcode : outcome.reply?.rcode ?? outcome.rcode;
        metrics.add("coredns_dns_responses_total", { ...common, rcode, plugin: "errors" });
        return outcome;
      },
    };
  },
};

function declare(metrics: Metrics): void {
  metrics.declare(
    "coredns_dns_requests_total",
    "counter",
    "Counter of DNS requests made per zone, protocol and family.",
  );
  metrics.declare("coredns_dns_responses_total", "counter", "Counter of response status codes.");
}

function readPrometheus(corefile: Dispenser): string {
  let address = "localhost:9153";
  while (corefile.next()) {
    const args = corefile.remainingArgs();
    if (args.length > 1) throw corefile.argError("one address");
    if (args[0] !== undefined) {
      const split = goHostPort(args[0]);
      if ("error" in split) throw corefile.plainError(split.error, "HOST:PORT or :PORT");
      address = args[0];
    }
    while (corefile.nextBlock()) throw corefile.argError("no block");
  }
  return address;
}
