/** One plugin on a bench: set up from the text of its directive, asked by hand, without sockets. */
import { VirtualClock } from "../../core/base/mod.ts";
import { Dispenser } from "../../core/addons/coredns/corefile/dispenser.ts";
import { lexCorefile } from "../../core/addons/coredns/corefile/lexer.ts";
import { fakeHost } from "../../core/addons/coredns/fake_host.ts";
import { Metrics } from "../../core/addons/coredns/metrics.ts";
import {
  type ClusterView,
  CorefileError,
  type DnsQuery,
  type Host,
  type Instance,
  type Outcome,
  pluginOrder,
  PLUGINS,
} from "../../core/addons/coredns/mod.ts";
import type { SetupContext } from "../../core/addons/coredns/plugin.ts";
import { queryMessage } from "../../core/dns/mod.ts";

/** What stands around the plugin. */
export interface Around {
  readonly zones?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly addresses?: readonly string[];
  readonly cluster?: ClusterView;
  /** Virtual milliseconds since 1970. */
  readonly now?: number;
  readonly siblings?: Readonly<Record<string, Instance>>;
}

/** A bench: the clock and host a plugin sees, what it logged. */
export interface Bench {
  readonly host: Host;
  readonly clock: VirtualClock;
  readonly log: string[];
  readonly context: SetupContext;
}

const START = Date.UTC(2026, 0, 1);

/** A bench with what stands around. */
export function bench(around: Around = {}): Bench {
  const clock = new VirtualClock(around.now ?? START);
  const log: string[] = [];
  const { files = {} } = around;
  const host: Host = {
    ...fakeHost({ files, clock, log }),
    addresses: around.addresses ?? ["10.244.0.5"],
    interfaces: () => ({ lo: ["127.0.0.1", "::1"] }),
    listFolder: () => undefined,
  };
  const context: SetupContext = {
    host,
    cluster: around.cluster,
    zones: around.zones ?? ["."],
    has: () => true,
    order: pluginOrder(),
    metrics: new Metrics(),
    configuration: () => "",
    warn: (line) => log.push(line),
    echo: () => {},
    sibling: (name) => around.siblings?.[name],
    rooted: (path) => path,
  };
  return { host, clock, log, context };
}

/** The tokens of a directive as a plugin reads them. */
export function dispenser(text: string): Dispenser {
  return new Dispenser("Testfile", lexCorefile(text, "Testfile"));
}

/** What a reading of a directive gives, or the error CoreDNS prints. */
export function attempt<T>(read: () => T): { readonly value: T } | { readonly error: string } {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof CorefileError) return { error: error.startup };
    throw error;
  }
}

/** A plugin set up from its directive; throws a CorefileError. */
export function setUp(name: string, text: string, { context }: Bench): Instance {
  const plugin = PLUGINS.get(name);
  if (plugin === undefined) throw new Error(`no plugin ${name}`);
  return plugin.setup(dispenser(text), context);
}

/** A question as the recordings have it. */
export interface Asked {
  readonly qname: string;
  readonly qtype?: string;
  readonly qclass?: string;
  readonly do?: boolean;
  readonly cd?: boolean;
  readonly client?: string;
  readonly proto?: "udp" | "tcp";
  readonly labels?: Readonly<Record<string, string>>;
  /** Answers what the plugin asks of the server itself. */
  readonly ask?: (name: string, type: string) => Outcome;
}

/** The query a plugin is handed. */
export function queryOf(asked: Asked, { host }: Bench): DnsQuery {
  const question = { name: asked.qname, type: asked.qtype ?? "A", class: asked.qclass ?? "IN" };
  const edns = asked.do ? { version: 0, udpSize: 4096, dnssecOk: true, options: [] } : undefined;
  const bare = queryMessage(1, question, edns);
  const message = { ...bare, flags: { ...bare.flags, cd: asked.cd ?? false } };
  return {
    message,
    question,
    name: asked.qname.toLowerCase(),
    proto: asked.proto ?? "udp",
    client: { address: asked.client ?? "10.240.0.1", port: 40212 },
    local: { address: "127.0.0.1", port: 53 },
    size: 29,
    since: host.clock.now(),
    edns: message.edns,
    server: "dns://:53",
    view: "",
    ask: (name, type) => Promise.resolve(asked.ask?.(name, type) ?? { rcode: "SERVFAIL" }),
    ...(asked.labels === undefined ? {} : { labels: new Map(Object.entries(asked.labels)) }),
  };
}
