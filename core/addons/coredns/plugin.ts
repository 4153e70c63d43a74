import type { Random } from "../../base/mod.ts";
import type { Edns, Message, Question, Rr, TrailStep } from "../../dns/mod.ts";
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
  /** How many lookups of the server's own led to this one. */
  readonly depth?: number;
  /** It came in by a UDP socket of all addresses, of which logs and views see no address. */
  readonly wildcard?: boolean;
  /** How the server listening is named in metrics: `dns://:53`. */
  readonly server: string;
  /** Virtual milliseconds after which the cancel plugin has it fail. */
  readonly deadline?: number;
  /** The view that picked the block; empty for none. */
  readonly view: string;
  /** What the metadata plugin collected, by label (`kubernetes/service`); later plugins add theirs. */
  readonly labels?: Map<string, string>;
  /** Where plugins' doings are noted for a client that asked for them. */
  readonly trail?: QueryTrail;
}

/** What plugins did with a question. */
export interface QueryTrail {
  readonly steps: TrailStep[];
  block: string;
  fix?: string;
  /** The question as the last plugin got it. */
  query?: DnsQuery;
}

/** Why a plugin answers as it does, and what would help. */
export interface Reason {
  readonly why: string;
  readonly fix?: string;
}

/** What a plugin made of a query: the reply it wrote, or an rcode that the server still has to write. */
export interface Outcome {
  readonly rcode: string;
  readonly reply?: Message;
  /** What went wrong, for the errors plugin. */
  readonly error?: string;
  /** The query as plugins left it, where they changed it for good: its EDNS and question are the server's and the log's then. */
  readonly query?: DnsQuery;
}

/** Asks the plugins further down; `caller` names the plugin for `plugin/NAME: no next plugin found`. */
export type Next = ((query: DnsQuery) => Promise<Outcome>) & {
  /** No plugin is further down. */
  readonly isEnd?: true;
};

/** What CoreDNS finds where it runs. */
export interface Host {
  readonly clock: { now(): number; sleep(milliseconds: number): Promise<boolean> };
  readonly net: Net;
  readonly random: Random;
  readonly env: Readonly<Record<string, string>>;
  /** Its own addresses, the loopback ones not counted. */
  readonly addresses: readonly string[];
  readonly hostname: string;
  /** Addresses by interface. */
  interfaces?(): Readonly<Record<string, readonly string[]>>;
  readFile(path: string): string | undefined;
  /** Addresses of a host name, as Go's resolver finds them; absent where nobody can be asked. */
  resolve?(name: string): Promise<readonly string[] | { readonly error: string }>;
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
  /** Prints a line before the server starts, or fails to. */
  readonly warn: (line: string) => void;
  /** Has an EDNS option come back in every reply to who sent it. */
  readonly echo: (code: number) => void;
  /** Another plugin of the same block, once all are set up. */
  readonly sibling: (plugin: string) => Instance | undefined;
  /** A relative path as the root plugin would have it. */
  readonly rooted: (path: string) => string;
}

/** What a zone transfer sends: the records, the SOA first; undefined where the zone is not served. */
export type TransferOf = (zone: string) => readonly Rr[] | undefined;

/** A plugin set up for one server block. What is absent it does not do. */
export interface Instance {
  handle?(query: DnsQuery, next: Next): Promise<Outcome>;
  /** What takes time before the server starts; CoreDNS's complaint where that fails. */
  prepare?(): Promise<string | undefined>;
  /** Lines logged when the server starts; listeners and loops begin here. */
  start?(server: RunningServer): void;
  /** Milliseconds for which the server goes on when it is to end. */
  readonly lameduck?: number;
  /** Whether queries can be answered; asked by the ready plugin. */
  ready?(): boolean;
  /** Addresses its block listens at instead of all. */
  readonly hosts?: readonly string[];
  /** Picks the queries its block answers among blocks of the same zone. */
  readonly view?: View;
  /** Tells the metadata plugin of its labels. */
  labels?(query: DnsQuery, labels: Map<string, string>): void;
  /** Why its answer to a question is what it is; undefined where it has none of its own. */
  reason?(query: DnsQuery): Reason | undefined;
  /** The search list of the pod that asks, for autopath. */
  searchPath?(query: DnsQuery): readonly string[];
  /** Zones it can hand over whole. */
  readonly transfer?: TransferOf;
  /** Objects with addresses outside the cluster, for k8s_external. */
  readonly external?: External;
  /** The folder relative paths of later plugins start at. */
  readonly root?: string;
  /** Options it was given that are read but not simulated, as the Corefile has them: `loadbalance weighted`. */
  readonly unsimulated?: readonly string[];
  /** The address its own HTTP server listens at; blocks share it. */
  http?: HttpService;
}

/** A named filter of queries. */
export interface View {
  readonly name: string;
  matches(query: DnsQuery): boolean;
}

/** What k8s_external asks the kubernetes plugin. */
export interface External {
  readonly ready: () => boolean;
  /** What is behind the labels left of an external zone. */
  lookUp(left: string, headless: boolean): readonly ExternalItem[] | "missing";
  /** Names (without zone) of an external address. */
  reverse(ip: string, headless: boolean): readonly string[];
  /** Addresses of CoreDNS's own Services outside the cluster. */
  self(): readonly string[];
  serial(): number;
  /** TTL of the kubernetes plugin's own records, which SRV and CNAME records have here too. */
  readonly ttl: number;
}

/** An external address or host name with its port. */
export interface ExternalItem {
  readonly host: string;
  readonly port: number;
  /** Labels left of the zone. */
  readonly key: string;
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
  reload(): Promise<boolean>;
}

/** A plugin: its name in a Corefile, and how it reads its directive. Contract `DnsPlugin` of the house. */
export interface DnsPlugin {
  readonly name: string;
  /** Reads its directive; throws a CorefileError. */
  setup(corefile: Dispenser, context: SetupContext): Instance;
}
