import type { Random } from "../../base/mod.ts";
import type { Edns, Message, Question } from "../../dns/mod.ts";
import type { Store } from "../../kube/mod.ts";
import type { Endpoint, Net } from "../../linux/mod.ts";
import type { Dispenser } from "./corefile/dispenser.ts";
import type { Metrics } from "./metrics.ts";

/** One query on its way through the chain. Plugins that change it pass a copy on. */
export interface DnsQuery {
  readonly message: Message;
  readonly question: Question;
  /** The name asked for, lower case, absolute. */
  readonly name: string;
  readonly proto: "udp" | "tcp";
  readonly client: Endpoint;
  readonly local: Endpoint;
  /** Octets of the query. */
  readonly size: number;
  /** Virtual milliseconds of its arrival. */
  readonly since: number;
  /** The client's own EDNS, for what the reply will carry. */
  readonly edns: Edns | undefined;
  /** Asks this server another question on behalf of the client. */
  readonly ask: (name: string, type: string) => Promise<Outcome>;
  /** How the server listening is named in metrics: `dns://:53`. */
  readonly server: string;
}

/** What a plugin made of a query: the reply it wrote, or an rcode that the server still has to write. */
export interface Outcome {
  readonly rcode: string;
  readonly reply?: Message;
  /** What went wrong, for the errors plugin. */
  readonly error?: string;
}

/** Asks the plugins further down; `caller` names the plugin for `plugin/NAME: no next plugin found`. */
export type Next = (query: DnsQuery) => Promise<Outcome>;

/** What CoreDNS finds where it runs. */
export interface Host {
  readonly clock: { now(): number; sleep(milliseconds: number): Promise<boolean> };
  readonly net: Net;
  readonly random: Random;
  readonly env: Readonly<Record<string, string>>;
  /** Its own addresses, the loopback ones not counted. */
  readonly addresses: readonly string[];
  readonly hostname: string;
  readFile(path: string): string | undefined;
  /** Names of what lies in a folder; none where imports by pattern find nothing. */
  listFolder?(path: string): readonly string[] | undefined;
  /** Writes a line to standard output. */
  log(line: string): void;
  /** Runs something beside the queries; what it throws is our bug. */
  background(job: () => Promise<void>): void;
  /** Ends the process with a FATAL line. */
  fatal(line: string): void;
}

/** The cluster as its API server shows it. */
export type ClusterView = Pick<Store, "list" | "get" | "watch" | "version">;

/** What a plugin learns of the block it is set up for. */
export interface SetupContext {
  readonly host: Host;
  /** Undefined where no API server answers. */
  readonly cluster: ClusterView | undefined;
  /** Zones of the server block. */
  readonly zones: readonly string[];
  /** The plugins the block names. */
  readonly has: (plugin: string) => boolean;
  /** The release's order of plugins. */
  readonly order: readonly string[];
  readonly metrics: Metrics;
  /** The whole configuration as one text, imports put in: what reload hashes. */
  readonly configuration: () => string;
}

/** A plugin set up for one server block. What is absent it does not do. */
export interface Instance {
  handle?(query: DnsQuery, next: Next): Promise<Outcome>;
  /** Lines logged when the server starts; listeners and loops begin here. */
  start?(server: RunningServer): void;
  /** Whether queries can be answered; asked by the ready plugin. */
  ready?(): boolean;
  /** Options it was given that are read but not simulated, as the Corefile has them: `loadbalance weighted`. */
  readonly unsimulated?: readonly string[];
  /** The address its own HTTP server listens at; blocks share it. */
  http?: HttpService;
}

/** An HTTP server of a plugin. */
export interface HttpService {
  readonly address: string;
  answer(path: string): HttpAnswer;
}

/** An HTTP answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** What a plugin may do with the server it belongs to, once it runs. */
export interface RunningServer {
  /** Sends a query to the server itself, from its own address; whether a reply came. */
  ask(name: string, type: string): Promise<boolean>;
  /** `127.0.0.1:PORT -> :PORT` in loop's words. */
  readonly port: string;
  /** Plugins of all blocks that are not ready, by name. */
  notReady(): readonly string[];
  /** Whether it still serves: a reload puts another in its place. */
  running(): boolean;
  /** Reads the Corefile anew; false when it was refused and the old one goes on serving. */
  reload(): boolean;
}

/** A plugin: its name in a Corefile, and how it reads its directive. Contract `DnsPlugin` of the house. */
export interface DnsPlugin {
  readonly name: string;
  /** Reads its directive; throws a CorefileError. */
  setup(corefile: Dispenser, context: SetupContext): Instance;
}
