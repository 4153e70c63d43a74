import { isUnder } from "../../dns/mod.ts";
import { Dispenser } from "./corefile/dispenser.ts";
import { type Block, type Corefile, parseCorefile } from "./corefile/parser.ts";
import { CorefileError, type Token } from "./corefile/token.ts";
import { COREDNS_VERSION, pluginOrder } from "./order.ts";
import { chainOf } from "./outcome.ts";
import { Metrics } from "./metrics.ts";
import type { ClusterView, DnsQuery, Host, Instance, Next, View } from "./plugin.ts";
import { PLUGINS } from "./plugins/mod.ts";
import {
  OverlapChecker,
  parseZoneAddresses,
  printServed,
  type Served,
  startUpLines,
  type ZoneAddress,
} from "./zones.ts";

/** What runs where no Corefile is, or an empty one. */
export const DEFAULT_COREFILE = ".:53 {\n    whoami\n    log\n}\n";

/** A server block, set up: what it serves and who answers. */
export interface ServerBlock {
  readonly addresses: readonly ZoneAddress[];
  readonly chain: Next;
  readonly instances: readonly (readonly [string, Instance])[];
  /** The plugins it names, also those that are not simulated. */
  readonly plugins: ReadonlySet<string>;
  /** Addresses it is bound to; none for all. */
  readonly hosts: readonly string[];
  readonly view: View | undefined;
}

/** A Corefile ready to serve. */
export interface Configuration {
  readonly blocks: readonly ServerBlock[];
  /** Where it listens, in order: an empty host is every address. */
  readonly sockets: readonly Socket[];
  /** Lines printed at the start: one a zone, warnings before them. */
  readonly banner: readonly string[];
  /** Plugins and options that are read but not simulated, in the Corefile's words. */
  readonly unsimulated: readonly string[];
  /** EDNS options that rewrite speaks of: they come back as they were sent. */
  readonly echoed: ReadonlySet<number>;
  readonly metrics: Metrics;
}

/** One address and port to listen at. */
export interface Socket {
  readonly host: string;
  readonly port: string;
}

/** Where a configuration comes from. */
export interface Source {
  readonly text: string;
  /** The file's name as CoreDNS was given it. */
  readonly file: string;
  readonly version?: string;
  readonly host: Host;
  readonly cluster: ClusterView | undefined;
}

/** Reads a Corefile and sets up every plugin; throws a {@link CorefileError} with CoreDNS's own words. */
export function configure(source: Source): Configuration {
  const order = pluginOrder(source.version ?? COREDNS_VERSION);
  const corefile = readCorefile(source, order);
  const metrics = new Metrics();
  declare(metrics, source.version ?? COREDNS_VERSION);
  const served = corefile.blocks.map((block) => addressesOf(block));
  const warnings = [...corefile.warnings];
  const echoed = new Set<number>();
  const setups = warning(warnings, () => {
    const all = setUp(corefile, { source, order, metrics, served, warn: (line) => warnings.push(line), echoed });
    checkOverlap(corefile, served, all);
    return all;
  });
  const blocks = setups.map((instances, i): ServerBlock => ({
    addresses: served[i] as readonly ZoneAddress[],
    instances,
    chain: chainOf(instances),
    plugins: new Set((corefile.blocks[i] as Block).directives.keys()),
    hosts: hostsOf(instances),
    view: instances.find(([, { view }]) => view !== undefined)?.[1].view,
  }));
  for (const block of blocks) countPlugins(block, metrics);
  return {
    blocks,
    sockets: socketsOf(blocks),
    banner: [
      ...warnings,
      ...banner(blocks),
    ],
    unsimulated: unsimulated(corefile, blocks),
    echoed,
    metrics,
  };
}

/** Has an error know of the warnings before it. */
function warning<T>(warnings: readonly string[], job: () => T): T {
  try {
    return job();
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error;
    throw new CorefileError(error, error.problem, error.expected, error.startup, warnings);
  }
}

/** Parses a Corefile without setting anything up: what a reader can check before it runs. */
export function readCorefile(
  source: {
    readonly text: string;
    readonly file: string;
    readonly host?: Pick<Host, "env" | "readFile" | "listFolder">;
  },
  order: readonly string[] = pluginOrder(),
): Corefile {
  const known = new Set(order);
  const read = source.host?.readFile;
  const list = source.host?.listFolder;
  const corefile = parseCorefile(source.text, {
    file: source.file,
    known: (name) => known.has(name),
    env: source.host?.env ?? {},
    ...(read === undefined ? {} : { read }),
    ...(list === undefined ? {} : { glob: (pattern: string) => globFiles(list, pattern) }),
  });
  if (corefile.blocks.length > 0 || source.text === DEFAULT_COREFILE) return corefile;
  const fallback = readCorefile({ text: DEFAULT_COREFILE, file: source.file }, order);
  return { ...fallback, warnings: corefile.warnings };
}

/** Files a pattern with one `*` or `?` in its last part stands for, sorted. */
function globFiles(list: NonNullable<Host["listFolder"]>, pattern: string): readonly string[] {
  const slash = pattern.lastIndexOf("/") + 1;
  const [folder, last] = [pattern.slice(0, slash), pattern.slice(slash)];
  const source = last.replace(/[.+^${}()|\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  const names = list(folder === "" ? "." : folder) ?? [];
  return names.filter((name) => new RegExp(`^${source}$`).test(name)).sort().map((name) => folder + name);
}

function addressesOf(block: Block): readonly ZoneAddress[] {
  return block.keys.flatMap((key) => {
    const parsed = parseZoneAddresses(key.text);
    if ("value" in parsed) return parsed.value;
    throw new CorefileError(
      key,
      parsed.error,
      "[SCHEME://]ZONE[:PORT]",
      `error inspecting server blocks: ${parsed.error}`,
    );
  });
}

interface SettingUp {
  readonly source: Source;
  readonly order: readonly string[];
  readonly metrics: Metrics;
  readonly served: readonly (readonly ZoneAddress[])[];
  readonly warn: (line: string) => void;
  readonly echoed: Set<number>;
}

/** Plugin by plugin in the release's order, each for every block that names it: errors come in this order too. */
function setUp(
  corefile: Corefile,
  { source, order, metrics, served, warn, echoed }: SettingUp,
): (readonly [string, Instance])[][] {
  const instances: (readonly [string, Instance])[][] = corefile.blocks.map(() => []);
  for (const name of order) {
    corefile.blocks.forEach((block, i) => {
      const tokens = block.directives.get(name);
      const plugin = PLUGINS.get(name);
      if (tokens === undefined || plugin === undefined) return;
      const context = {
        host: source.host,
        cluster: source.cluster,
        zones: (served[i] as readonly ZoneAddress[]).map((address) => address.zone),
        has: (other: string) => block.directives.has(other),
        order,
        metrics,
        warn,
        echo: (code: number) => void echoed.add(code),
        configuration: () => source.host.readFile(source.file) ?? "",
        sibling: (other: string) => instances[i]?.find(([known]) => known === other)?.[1],
        rooted: (path: string) => {
          const root = instances[i]?.find(([known]) => known === "root")?.[1].root;
          return root === undefined || path.startsWith("/") ? path : `${root.replace(/\/$/, "")}/${path}`;
        },
      };
      const instance = namingPlugin(name, () => plugin.setup(new Dispenser(source.file, tokens), context));
      instances[i]?.push([name, instance]);
    });
  }
  return instances;
}

function namingPlugin<T>(name: string, setup: () => T): T {
  try {
    return setup();
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error;
    throw new CorefileError(error, error.problem, error.expected, `plugin/${name}: ${error.startup}`);
  }
}

function hostsOf(instances: readonly (readonly [string, Instance])[]): readonly string[] {
  return instances.flatMap(([, { hosts }]) => hosts ?? []);
}

/** Where blocks listen, each place once. */
export function socketsOf(blocks: readonly Pick<ServerBlock, "addresses" | "hosts">[]): readonly Socket[] {
  const all = blocks.flatMap(({ addresses, hosts }) =>
    addresses.flatMap(({ port }) => (hosts.length === 0 ? [""] : hosts).map((host) => ({ host, port })))
  );
  return [...new Map(all.map((socket) => [`${socket.host} ${socket.port}`, socket])).values()];
}

/** The same zone twice at one address, unless views tell them apart, or once at all addresses and once at one. */
function checkOverlap(
  corefile: Corefile,
  served: readonly (readonly ZoneAddress[])[],
  setups: readonly (readonly (readonly [string, Instance])[])[],
): void {
  const checker = new OverlapChecker();
  served.forEach((addresses, i) => {
    const instances = setups[i] ?? [];
    if (instances.some(([, { view }]) => view !== undefined)) return;
    const hosts = hostsOf(instances);
    const all = addresses.flatMap((zone) =>
      (hosts.length === 0 ? [""] : hosts).map((address): Served => ({ ...zone, address }))
    );
    for (const one of all) {
      const clash = checker.check(one);
      if (clash === undefined) continue;
      const key = (corefile.blocks[i] as Block).keys[0] as Token;
      const problem = clash === "defined"
        ? `cannot serve ${printServed(one)} - it is already defined`
        : `cannot serve ${printServed(one)} - zone overlap listener capacity with ${printServed(clash)}`;
      throw new CorefileError(key, problem, "a zone and port no other block has", problem);
    }
  });
}

/** One line a zone and address, sorted, schemes other than dns in front. */
function banner(blocks: readonly ServerBlock[]): string[] {
  const all = blocks.flatMap(({ addresses, hosts }) =>
    addresses.flatMap((address) => (hosts.length === 0 ? [""] : hosts).map((host) => ({ ...address, host })))
  );
  const sorted = all.sort((a, b) => (a.zone < b.zone ? -1 : a.zone > b.zone ? 1 : 0));
  const lines = sorted.map(({ transport, zone, port, host }) =>
    startUpLines(transport === "dns" ? "" : `${transport}://`, `${bracketed(host)}:${port}`, [zone]).trimEnd()
  );
  return [...new Set(lines)].flatMap((text) => text.split("\n"));
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function unsimulated(corefile: Corefile, blocks: readonly ServerBlock[]): string[] {
  const names = corefile.blocks.flatMap((block) => [...block.directives.keys()]);
  const options = blocks.flatMap(({ instances }) => instances.flatMap(([, instance]) => instance.unsimulated ?? []));
  return [...new Set([...names.filter((name) => !PLUGINS.has(name)), ...options])].sort();
}

function declare(metrics: Metrics, version: string): void {
  metrics.declare(
    "coredns_build_info",
    "gauge",
    "A metric with a constant '1' value labeled by version, revision, and goversion from which CoreDNS was built.",
  );
  metrics.declare(
    "coredns_plugin_enabled",
    "gauge",
    "A metric that indicates whether a plugin is enabled on per server and zone basis.",
  );
  metrics.declare("coredns_panics_total", "counter", "A metrics that counts the number of panics.");
  metrics.set("coredns_build_info", { version, revision: "", goversion: GO_VERSION }, 1);
  metrics.add("coredns_panics_total", {}, 0);
}

/** The Go release the modelled build says it was made with. */
export const GO_VERSION = "go1.26.8";

function countPlugins({ addresses, instances, view }: ServerBlock, metrics: Metrics): void {
  for (const { transport, zone, port } of addresses) {
    for (const [name, instance] of instances) {
      if (instance.handle === undefined) continue;
      const server = `${transport}://:${port}`;
      metrics.set("coredns_plugin_enabled", { server, zone, view: view?.name ?? "", name }, 1);
    }
  }
}

const LISTENING = new WeakMap<Configuration, Map<string, readonly ServerBlock[]>>();

/** The blocks behind the socket that a query came in by: a bound address has its own. Looked up once a socket. */
export function listening(
  configuration: Configuration,
  at: { readonly address: string; readonly port: number },
): readonly ServerBlock[] {
  const known = LISTENING.get(configuration) ?? new Map<string, readonly ServerBlock[]>();
  LISTENING.set(configuration, known);
  const key = `${at.address} ${at.port}`;
  const found = known.get(key) ?? blocksAt(configuration, at);
  known.set(key, found);
  return found;
}

function blocksAt(
  { blocks }: Configuration,
  { address, port }: { readonly address: string; readonly port: number },
): readonly ServerBlock[] {
  const here = blocks.filter((block) => block.addresses.some((served) => served.port === String(port)));
  const bound = here.filter(({ hosts }) => hosts.includes(address));
  const at = bound.length > 0 ? bound : here.filter(({ hosts }) => hosts.length === 0);
  return at.map((block) => ({ ...block, addresses: block.addresses.filter((served) => served.port === String(port)) }));
}

/** The block that serves a query: the one with the longest zone whose view takes it; for DS that with the shortest but the root's. */
export function blockFor(blocks: readonly ServerBlock[], query: DnsQuery): ServerBlock | undefined {
  const [only] = blocks;
  // The one block for everything, as kubeadm has it.
  if (blocks.length === 1 && only?.addresses[0]?.zone === "." && only.view === undefined) return only;
  const served = blocks.flatMap((block) => block.addresses.map(({ zone }) => ({ block, zone })));
  const matching = served
    .filter(({ zone, block }) => isUnder(query.name, zone) && (block.view?.matches(query) ?? true))
    .sort((a, b) => b.zone.length - a.zone.length);
  const parent = query.question.type === "DS" ? matching.findLast(({ zone }) => zone !== ".") : undefined;
  return (parent ?? matching[0])?.block;
}
