/**
 * What CoreDNS accepts without a word and its reader should know: zones that never match, forwards that come back, misses
 * that are not handed on, what a release's order means for two plugins, and what podwire does not simulate.
 */
import { isUnder } from "../../../dns/mod.ts";
import { readCorefile } from "../configuration.ts";
import type { Corefile } from "../corefile/parser.ts";
import type { Host } from "../plugin.ts";
import { PLUGINS } from "../plugins/mod.ts";
import { pluginOrder } from "../order.ts";
import { normalizeZones, parseZoneAddresses, splitTransport } from "../zones.ts";
import { type Occurrence, occurrences } from "./occurrence.ts";

/** One remark about a directive. */
export interface Advice {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly plugin: string;
  readonly text: string;
  /** What to write instead. */
  readonly fix: string;
}

/** A server block as the remarks need it. */
interface BlockView {
  readonly zones: readonly string[];
  readonly ports: readonly string[];
  readonly uses: readonly Occurrence[];
  readonly has: (plugin: string) => boolean;
  /** Whether one plugin stands before another in the chain. */
  readonly before: (first: string, second: string) => boolean;
  readonly read: ((path: string) => string | undefined) | undefined;
}

type Remark = readonly [use: Occurrence, text: string, fix: string];
type Rule = (block: BlockView) => readonly Remark[];

const RULES: readonly Rule[] = [
  deadZones,
  loops,
  cacheBeforeRewrite,
  missesNotHandedOn,
  reverseNotHandedOn,
  nobodyAnswers,
  notSimulated,
];

/** The remarks about a Corefile that CoreDNS of a version would start with, in file order. */
export function adviseCorefile(
  source: { readonly text: string; readonly file: string; readonly version?: string; readonly host?: Host },
): Advice[] {
  const order = pluginOrder(source.version);
  const corefile = readCorefile(source, order);
  return viewsOf(corefile, order, source.host).flatMap((block) => RULES.flatMap((rule) => rule(block)))
    .map(([{ plugin, token }, text, fix]) => ({
      file: token.file,
      line: token.line,
      column: token.column,
      plugin,
      text,
      fix,
    }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

function viewsOf({ blocks }: Corefile, order: readonly string[], host: Host | undefined): BlockView[] {
  return blocks.map(({ keys, directives }) => {
    const addresses = keys.flatMap(({ text }) => {
      const parsed = parseZoneAddresses(text);
      return "value" in parsed ? parsed.value : [];
    });
    return {
      zones: addresses.map(({ zone }) => zone),
      ports: addresses.map(({ port }) => port),
      uses: [...directives].flatMap(([name, tokens]) => occurrences(name, tokens)),
      has: (plugin) => directives.has(plugin),
      before: (first, second) => order.indexOf(first) < order.indexOf(second),
      read: host?.readFile,
    };
  });
}

/** Where each plugin's arguments name zones. */
const ZONE_ARGS: Readonly<Record<string, (args: readonly string[]) => readonly string[]>> = {
  kubernetes: (args) => args,
  cache: (args) => args.filter((arg) => !/^\d+$/.test(arg)),
  hosts: (args) => args.slice(1),
  file: (args) => args.slice(1),
  auto: (args) => args,
  secondary: (args) => args,
  forward: (args) => args.slice(0, 1),
  template: (args) => args.slice(2),
  acl: (args) => args,
  k8s_external: (args) => args,
  autopath: (args) => args.slice(0, -1),
  transfer: (args) => args,
};

function deadZones({ zones, uses }: BlockView): Remark[] {
  return uses.flatMap((use): Remark[] => {
    const named = ZONE_ARGS[use.plugin]?.(use.args) ?? [];
    const dead = named.filter((zone) =>
      normalizeZones(zone).every((one) => !zones.some((own) => isUnder(one, own) || isUnder(own, one)))
    );
    return dead.map((zone): Remark => [
      use,
      `no query for ${zone} comes to this block: it serves ${zones.join(" ")}`,
      `a block of its own for ${zone}, or a zone below ${zones[0]}`,
    ]);
  });
}

const LOOPBACK = /^(127\.|::1$|localhost$)/;

function loops({ ports, uses, read }: BlockView): Remark[] {
  return uses.filter(({ plugin }) => plugin === "forward").flatMap((use): Remark[] =>
    use.args.slice(1).flatMap((to): Remark[] => {
      const { rest } = splitTransport(to);
      const text = rest.startsWith("/") ? read?.(rest) : undefined;
      const servers = text?.match(/^nameserver\s+\S+/gm)?.map((line) => line.split(/\s+/)[1] as string) ?? [rest];
      const back = servers.find((server) => comesBack(server, ports));
      if (back === undefined) return [];
      const where = text === undefined ? back : `${back} in ${rest}`;
      return [[
        use,
        `a loop: ${where} is this server itself; with the loop plugin it ends at its start, without it queries circle`,
        "the address of a name server outside",
      ]];
    })
  );
}

function comesBack(server: string, ports: readonly string[]): boolean {
  const [, host = server, port = "53"] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(server) ?? [];
  const plain = server.split(":").length > 2 && !server.startsWith("[") ? server : host;
  return LOOPBACK.test(plain) && ports.includes(plain === server ? "53" : port);
}

function cacheBeforeRewrite({ uses, has, before }: BlockView): Remark[] {
  if (!has("cache") || !before("cache", "rewrite")) return [];
  return uses.filter(({ plugin }) => plugin === "rewrite").slice(0, 1).map((use): Remark => [
    use,
    "cache stands before rewrite in this release, whatever the Corefile's order: answers are kept under the name the client " +
    "asked for, and a changed rule shows only when they expire",
    "nothing, if that is meant; else no cache for these names: cache { disable success ZONE }",
  ]);
}

/** Plugins that answer a miss themselves unless they are told to hand it on, and how the miss shows. */
const HOLDING: Readonly<Record<string, string>> = {
  hosts: "SERVFAIL",
  template: "SERVFAIL",
  file: "NXDOMAIN",
  auto: "NXDOMAIN",
};
const ANSWERING = ["template", "hosts", "k8s_external", "kubernetes", "file", "auto", "secondary", "forward", "whoami"];

function missesNotHandedOn({ uses, has, before, zones }: BlockView): Remark[] {
  return uses.filter(({ plugin }) => HOLDING[plugin] !== undefined).flatMap((use): Remark[] => {
    const handsOn = use.body.some(([word]) => word === "fallthrough");
    const own = (ZONE_ARGS[use.plugin]?.(use.args) ?? []).flatMap(normalizeZones);
    const covers = own.length === 0 || own.some((zone) => zones.includes(zone));
    const behind = ANSWERING.filter((plugin) => plugin !== use.plugin && has(plugin) && before(use.plugin, plugin));
    if (handsOn || !covers || behind.length === 0) return [];
    const rcode = HOLDING[use.plugin];
    return [[
      use,
      `without fallthrough, names that ${use.plugin} does not know are ${rcode} and never reach ${behind.join(", ")}`,
      `${use.plugin} ... { fallthrough }`,
    ]];
  });
}

function reverseNotHandedOn({ uses, has }: BlockView): Remark[] {
  if (!has("forward")) return [];
  return uses.filter(({ plugin }) => plugin === "kubernetes").flatMap((use): Remark[] => {
    const reverse = use.args.filter((zone) => /(in-addr|ip6)\.arpa\.?$/.test(zone));
    const falls = use.body.filter(([word]) => word === "fallthrough").map(([, ...zones]) => zones);
    const held = reverse.filter((zone) => !falls.some((all) => all.length === 0 || all.includes(zone)));
    if (held.length === 0) return [];
    return [[
      use,
      `without fallthrough, addresses outside the cluster have no names: PTR queries in ${held.join(" ")} are NXDOMAIN`,
      `fallthrough ${reverse.join(" ")}`,
    ]];
  });
}

/** Plugins that only do something to the answers of others. */
const HELPERS = new Set(
  ("root metadata geoip cancel tls timeouts multisocket reload nsid bufsize bind debug trace ready health pprof shed " +
    "prometheus errors log dnstap loadbalance tsig cache rewrite header dnssec minimal loop view proxyproto quic " +
    "grpc_server https https3 on transfer acl").split(" "),
);

function nobodyAnswers({ uses }: BlockView): Remark[] {
  const [first] = uses;
  if (first === undefined || uses.some(({ plugin }) => !HELPERS.has(plugin))) return [];
  return [[
    first,
    "no plugin of this block answers: every query ends in SERVFAIL",
    "forward, kubernetes, file, hosts ...",
  ]];
}

function notSimulated({ uses }: BlockView): Remark[] {
  const seen = new Set<string>();
  return uses.filter(({ plugin }) => !PLUGINS.has(plugin) && !seen.has(plugin) && seen.add(plugin)).map((
    use,
  ): Remark => [
    use,
    `${use.plugin} is a plugin of this release that podwire does not simulate: queries pass it by`,
    "nothing: a real CoreDNS has it",
  ]);
}
