import { matchingZone } from "../zones.ts";
import type { Dispenser } from "../corefile/dispenser.ts";
import type { Cell, Metrics } from "../metrics.ts";
import type { DnsPlugin, DnsQuery, Outcome } from "../plugin.ts";
import { isUnwritten } from "../outcome.ts";
import { listenAddress, once } from "../setup.ts";
import { NOT_FOUND } from "./health.ts";

const REQUESTS = "coredns_dns_requests_total";
const RESPONSES = "coredns_dns_responses_total";
const TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
/** Query types that have a label of their own; all others are `other`. */
const TYPES = new Set(
  "A AAAA CNAME DNSKEY DS HTTPS MX NS NSEC NSEC3 PTR RRSIG SOA SRV SVCB TXT ANY AXFR IXFR".split(" "),
);

/** prometheus: counts queries and replies, and shows every plugin's counters at :9153/metrics. */
export const prometheus: DnsPlugin = {
  name: "prometheus",
  setup(corefile, { metrics, zones, order, has }) {
    const address = readPrometheus(corefile);
    const plugin = order.slice(order.indexOf("prometheus") + 1).find(has) ?? "";
    declare(metrics);
    return {
      http: {
        address,
        answer: (path) => (path === "/metrics" ? { status: 200, type: TYPE, body: metrics.print() } : NOT_FOUND),
      },
      async handle(query, next) {
        const outcome = await next(query);
        countQuery(metrics, query, { outcome, plugin, zone: matchingZone(zones, query.name) ?? DROPPED });
        return outcome;
      },
    };
  },
};

/** The zone of queries that no block serves. */
export const DROPPED = "dropped";

/** Counts a query and its reply, where a block of the configuration has the plugin. `plugin` is the one that was asked first. */
export function countQuery(
  metrics: Metrics,
  query: DnsQuery,
  { outcome, plugin, zone }: { readonly outcome: Outcome; readonly plugin: string; readonly zone: string },
): void {
  if (!metrics.has(REQUESTS)) return;
  const unwritten = isUnwritten(outcome);
  const counted: Counted = {
    server: query.server,
    zone,
    view: query.view,
    type: TYPES.has(query.question.type) ? query.question.type : "other",
    family: query.client.address.includes(":") ? "2" : "1",
    proto: query.proto,
    rcode: unwritten ? outcome.rcode : outcome.reply?.rcode ?? outcome.rcode,
    plugin: unwritten ? "" : plugin,
  };
  for (const cell of cellsOf(metrics, counted)) cell.value++;
}

/** The labels of a query and its reply. */
interface Counted {
  readonly server: string;
  readonly zone: string;
  readonly view: string;
  readonly type: string;
  readonly family: string;
  readonly proto: string;
  readonly rcode: string;
  readonly plugin: string;
}

const CELLS = new WeakMap<Metrics, Map<string, readonly Cell[]>>();

/** The two counters of a kind of queries, looked up once a kind. */
function cellsOf(metrics: Metrics, counted: Counted): readonly Cell[] {
  const known = CELLS.get(metrics) ?? new Map<string, readonly Cell[]>();
  CELLS.set(metrics, known);
  const { server, zone, view, type, family, proto, rcode, plugin } = counted;
  const key = `${server} ${zone} ${view} ${type} ${family} ${proto} ${rcode} ${plugin}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const common = { server, zone, view };
  const cells = [
    metrics.cell(REQUESTS, { ...common, type, family, proto }),
    metrics.cell(RESPONSES, { ...common, rcode, plugin }),
  ];
  known.set(key, cells);
  return cells;
}

function declare(metrics: Metrics): void {
  metrics.declare(
    REQUESTS,
    "counter",
    "Counter of DNS requests made per zone, protocol and family.",
  );
  metrics.declare(RESPONSES, "counter", "Counter of response status codes.");
}

/** Reads the directive; throws a CorefileError. */
export function readPrometheus(corefile: Dispenser): string {
  let address = "localhost:9153";
  for (let count = 0; corefile.next(); count++) {
    once(corefile, count);
    address = listenAddress(corefile, address);
    while (corefile.nextBlock()) {
      const property = corefile.word();
      // Metrics of the Go runtime, of which there is none here.
      if (property !== "runtime_metrics") throw corefile.error(`unknown option: ${property}`, "runtime_metrics");
      if (corefile.remainingArgs().length > 0) throw corefile.argError("the end of the line");
    }
  }
  return address;
}
