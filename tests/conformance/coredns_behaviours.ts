/** Tables about anything but directives: names taken apart, caches in time, lines printed. */
import { socketsOf } from "../../core/addons/coredns/configuration.ts";
import { goHostPort } from "../../core/addons/coredns/go_values.ts";
import { expansion } from "../../core/addons/coredns/plugins/auto.ts";
import { splitZone } from "../../core/addons/coredns/plugins/forward_to.ts";
import { boundAddresses } from "../../core/addons/coredns/plugins/kubernetes/kubernetes.ts";
import { parseClusterName } from "../../core/addons/coredns/plugins/kubernetes/name.ts";
import { nameRule } from "../../core/addons/coredns/plugins/rewrite/name.ts";
import { newRule } from "../../core/addons/coredns/plugins/rewrite/rewrite.ts";
import { RuleError } from "../../core/addons/coredns/plugins/rewrite/rule.ts";
import { rcodeRule, ttlRule } from "../../core/addons/coredns/plugins/rewrite/simple.ts";
import { parseWeights } from "../../core/addons/coredns/plugins/weights.ts";
import { closestEncloser, synthesize } from "../../core/addons/coredns/zone/lookup.ts";
import { parseZone } from "../../core/addons/coredns/zone/zone.ts";
import {
  blockOrigins,
  isPreferredSyntax,
  normalizeZones,
  OverlapChecker,
  parseZoneAddresses,
  printServed,
  printZoneAddress,
  type Served,
  startUpLines,
  type Transport,
} from "../../core/addons/coredns/zones.ts";
import { isUnder, under } from "../../core/dns/mod.ts";
import { bench, queryOf, setUp } from "./coredns_bench.ts";
import { CACHES } from "./coredns_caches.ts";
import { clusterOf } from "./coredns_cluster.ts";
import type { Fixture, Json, JsonObject } from "./coredns_format.ts";
import { REPLIES } from "./coredns_replies.ts";
import type { RowCheck } from "./coredns_tables.ts";
import type { Problem } from "./coredns_vectors.ts";

/** A check that compares a row's field with what it comes to. */
function giving(field: string, give: (row: JsonObject, fixture: Fixture) => unknown): RowCheck {
  return (row, fixture) => {
    const [want, got] = [(row as JsonObject)[field], give(row as JsonObject, fixture)];
    return JSON.stringify(want) === JSON.stringify(got)
      ? undefined
      : `expected ${JSON.stringify(want)}, got ${JSON.stringify(got)}`;
  };
}

/** A check of whether a rewrite rule can be. */
function rule(field: string, make: (row: JsonObject, args: readonly string[]) => unknown): RowCheck {
  return giving(field, (row) => {
    try {
      make(row, (row.args as readonly Json[]).map(String));
      return false;
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      return true;
    }
  });
}

const mode = ({ next }: JsonObject) => (next === "continue" ? "continue" as const : "stop" as const);
const ZONE = "inter.webs.tests.";
const leftOf = (query: Json | undefined) => String(query).replace(new RegExp(`${ZONE.replaceAll(".", "\\.")}$`), "");

function clusterName(row: JsonObject): string | undefined {
  const forms = { multicluster: row.multicluster === true, zonal: row.zonal === true };
  const name = parseClusterName(leftOf(row.query), forms);
  if (name === undefined) return undefined;
  return [name.port, name.protocol, name.endpoint, name.cluster, name.service, name.namespace, name.kind].join(".");
}

/** A name is refused, whatever forms a zone knows besides those of the row. */
const invalidName: RowCheck = (row) => {
  const given: JsonObject = typeof row === "string" ? { query: row } : row as JsonObject;
  const forms = { multicluster: given.multicluster === true, zonal: typeof row !== "string" };
  const name = parseClusterName(leftOf(given.query), forms);
  return name === undefined ? undefined : `${JSON.stringify(name)}, expected to be refused`;
};

/** The hosts file that CoreDNS's own wildcard test goes by. */
const WILDCARD_HOSTS = [
  "127.0.0.53 *.example.org",
  "127.0.0.54 foo.example.org",
  "127.0.1.52 *.intern.example.org",
  "192.168.33.10 *.example.com",
  "192.168.33.11 a.example.com",
  "192.168.33.12 b.example.com",
].join("\n");

const wildcardHost: RowCheck = async (row) => {
  const [qname, ...families] = row as readonly [string, readonly string[], readonly string[]];
  const at = bench({ files: { hosts: WILDCARD_HOSTS } });
  const instance = setUp("hosts", "hosts hosts .", at);
  for (const [i, want] of families.entries()) {
    const query = queryOf({ qname, qtype: i === 0 ? "A" : "AAAA" }, at);
    const outcome = await instance.handle?.(query, () => Promise.resolve({ rcode: "NEXT" }));
    const got = outcome?.reply?.answers.map(({ data }) => data) ?? [];
    if (JSON.stringify(got) !== JSON.stringify(want)) return `expected ${want}, got ${got}`;
  }
  return undefined;
};

const metadata: RowCheck = (row) => {
  const given = row as JsonObject;
  const cluster = clusterOf({ hosts: { file_lines: [] }, autopath: { next_plugin: {} }, zones: {} }, "", []);
  const at = bench({ cluster });
  const instance = setUp(
    "kubernetes",
    "kubernetes cluster.local clusterset.local {\nmulticluster clusterset.local\n}",
    at,
  );
  const labels = new Map<string, string>();
  const client = given.RemoteIP === undefined ? {} : { client: String(given.RemoteIP) };
  instance.labels?.(queryOf({ qname: String(given.Qname), qtype: String(given.Qtype), ...client }, at), labels);
  const want = Array.isArray(given.Md) ? {} : given.Md as JsonObject;
  const sort = (value: object) => JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  const got = Object.fromEntries(labels);
  return sort(want) === sort(got) ? undefined : `expected ${sort(want)}, got ${sort(got)}`;
};

/** What stands behind an external name: hosts, ports and the way of labels there, from the root by example.org. */
const externalItems: RowCheck = (row, fixture) => {
  const { Qname, Rcode, Msg = [] } = row as JsonObject;
  const cluster = clusterOf(fixture, "k8s-external", String(Qname).split("."));
  const at = bench({ cluster });
  const instance = setUp("kubernetes", "kubernetes cluster.local {\nnamespaces testns\n}", at);
  const zone = String(Qname).split(".").slice(-3).join(".");
  const left = String(Qname).slice(0, -zone.length);
  const found = instance.external?.lookUp(left, true) ?? "missing";
  if ((found === "missing" ? "NXDOMAIN" : "NOERROR") !== Rcode) return `${Rcode} expected, got ${found}`;
  const items = found === "missing" ? [] : found.map(({ host, port, key }) => ({
    Host: host,
    Port: port,
    TTL: instance.external?.ttl,
    Key: `/c/${under(key, "example.org.").replace(/\.$/, "").split(".").reverse().join("/")}`,
  }));
  const want = (Msg as readonly JsonObject[]).map(({ Weight: _weight, ...rest }) => rest);
  return JSON.stringify(want) === JSON.stringify(items)
    ? undefined
    : `expected ${JSON.stringify(want)}, got ${JSON.stringify(items)}`;
};

const overlap: RowCheck = (row) => {
  const checker = new OverlapChecker();
  for (const step of (row as JsonObject).sequence as readonly (readonly Json[])[]) {
    const [given, defined, overlaps, key] = step as readonly [JsonObject, boolean, boolean, string];
    const served: Served = {
      transport: given.Transport as Transport,
      zone: String(given.Zone),
      port: String(given.Port),
      address: String(given.Address),
    };
    const clash = checker.check(served);
    const text = clash === undefined || clash === "defined" ? "" : printServed(clash);
    if ((clash === "defined") !== defined || (text !== "") !== overlaps || text !== key) {
      return `${JSON.stringify(given)}: expected ${defined} ${key}, got ${JSON.stringify(clash)}`;
    }
  }
  return undefined;
};

const groups = giving("expectedGroups", (row) => {
  const configs = row.configs as readonly JsonObject[];
  const blocks = configs.map(({ Transport: transport, Zone: zone, Port: port, ListenHosts: hosts }) => ({
    addresses: [{ transport: transport as Transport, zone: String(zone), port: String(port) }],
    hosts: (hosts as readonly string[]).filter((host) => host !== ""),
  }));
  return socketsOf(blocks).map(({ host, port }) => `dns://${host.includes(":") ? `[${host}]` : host}:${port}`);
});

const blocks = giving("expectedServerBlocks", (row) => {
  const given = row.serverBlocks as readonly { readonly Keys: readonly string[] }[];
  return given.map(({ Keys }) => ({
    Keys: Keys.flatMap((key) => {
      const parsed = parseZoneAddresses(key);
      return "error" in parsed ? [parsed.error] : parsed.value.map(printZoneAddress);
    }),
  }));
});

/** `proto://host:port`, where the scheme may be absent and the port may not. */
const protocolHostPort: RowCheck = (row) => {
  const { input, proto, ip, port, shouldErr } = row as JsonObject;
  const parts = String(input).split("://");
  const split = parts.length > 2 ? { error: "two schemes" } : goHostPort(parts.at(-1) as string);
  if ("error" in split) return shouldErr === true ? undefined : `refused: ${split.error}`;
  if (shouldErr === true) return "accepted";
  const got = [parts.length === 2 ? parts[0] : "", split.value.host, split.value.port];
  return JSON.stringify(got) === JSON.stringify([proto, ip, port]) ? undefined : `got ${got}`;
};

/** The first zones are the row's: CoreDNS's own test looks at no more. */
const normalized: RowCheck = (row) => {
  const { in: text, out } = row as JsonObject;
  const got = normalizeZones(String(text));
  if (out === null) return got.length === 0 ? undefined : `none expected, got ${got}`;
  const want = out as readonly string[];
  return want.length <= got.length && want.every((zone, i) => zone === got[i]) ? undefined : `got ${got}`;
};

/** A byte that is no UTF-8 is written as the Latin letter of its number; lower case makes it U+FFFD. */
const origins = giving("expected", ({ args, serverblock }) => {
  const bad = /[\u0080-\u00ff]/;
  const given = ((args ?? []) as readonly string[]).filter((text) => !bad.test(text));
  if (given.length > 0) return given.flatMap(normalizeZones);
  const zones = blockOrigins((serverblock ?? []) as readonly string[]);
  const keys = (serverblock ?? []) as readonly string[];
  return zones.map((zone, i) => (zone === keys[i] ? zone : zone.replace(bad, "\ufffd")));
});

const enclosers: RowCheck = (row, fixture) => {
  const { in: name, out } = row as JsonObject;
  const { origin, records } = fixture.zones["miek.nl"] as Fixture["zones"][string];
  const zone = parseZone(`${records.join("\n")}\n`, origin, "miek.nl");
  if ("error" in zone) return zone.error;
  const got = closestEncloser(zone, String(name));
  return got === out ? undefined : `expected ${out}, got ${got}`;
};

const weightFile: RowCheck = (row) => {
  const { weightFilContent, shouldErr, expectedErrContent } = row as JsonObject;
  const weights = parseWeights(String(weightFilContent));
  if (!("error" in weights)) return shouldErr === true ? "accepted" : undefined;
  if (shouldErr !== true) return `refused: ${weights.error}`;
  return weights.error.includes(String(expectedErrContent)) ? undefined : `got ${weights.error}`;
};

/** The checks by their tables. */
export const BEHAVIOURS: Readonly<Record<string, RowCheck>> = {
  "plugin/kubernetes/setup:TestBoundIPs": (row): Problem => {
    const { listenHosts, expectIP } = row as JsonObject;
    const got = boundAddresses((listenHosts ?? []) as readonly string[]);
    return (expectIP === null ? got.length === 0 : got.includes(String(expectIP))) ? undefined : `got ${got}`;
  },
  "plugin/kubernetes/parse:TestParseRequest": (row): Problem => {
    const given = row as JsonObject;
    const got = clusterName(given);
    const forms = { multicluster: given.multicluster === true, zonal: given.zonal === true };
    const zone = parseClusterName(leftOf(given.query), forms)?.zone;
    return got === given.expected && zone === given.zone ? undefined : `expected ${given.expected}, got ${got} ${zone}`;
  },
  "plugin/kubernetes/parse:TestParseInvalidRequest": invalidName,
  "plugin/kubernetes/parse:TestParseInvalidRequest'": invalidName,
  "plugin/kubernetes/metadata:metadataCases": metadata,
  "plugin/kubernetes/external:extCases": externalItems,
  "plugin/forward/setup:TestSplitZone": (row): Problem => {
    const { input, expectedHost, expectedZone } = row as JsonObject;
    const [, scheme = "", rest = ""] = /^(\w+:\/\/)?(.*)$/.exec(String(input)) ?? [];
    const { host, zone } = splitZone(rest);
    return scheme + host === expectedHost && zone === expectedZone ? undefined : `got ${scheme}${host} and ${zone}`;
  },
  "plugin/hosts/wildcard:TestReplaceWithAsteriskLabel": giving("out", ({ in: name }) => {
    const labels = String(name).split(".").slice(1);
    return name === "." ? "" : ["*", ...labels].join(".");
  }),
  "plugin/hosts/wildcard:TestLookupWildcardHost": wildcardHost,
  "plugin/loadbalance/weighted:TestWeightFileUpdate": weightFile,
  "plugin/rewrite/rewrite:TestNewRule": rule("shouldError", (_, args) => newRule(args)),
  "plugin/rewrite/name:TestNewNameRule": rule("expectedFail", (row, args) => nameRule(mode(row), args)),
  "plugin/rewrite/ttl:TestNewTTLRule": rule("expectedFail", (row, args) => ttlRule(mode(row), args)),
  "plugin/rewrite/rcode:TestNewRCodeRule": rule("expectedFail", (row, args) => rcodeRule(mode(row), args)),
  "plugin/file/dname:dnameSubstitutionTestCases": giving("expected", ({ qname, owner, target }) => {
    const dname = { name: String(owner), type: "DNAME", class: "IN", ttl: 0, data: String(target) };
    return synthesize(String(qname), dname)?.data ?? "";
  }),
  "plugin/file/closest:TestClosestEncloser": enclosers,
  "plugin/auto/regexp:TestRewriteToExpand": giving("expected", ({ in: text }) => expansion(String(text))),
  "plugin/autopath/autopath:TestInSearchPath": giving(
    "b",
    ({ qname }) => isUnder(String(qname), "default.svc.cluster.local."),
  ),
  "plugin/normalize:TestNameMatches": giving(
    "expected",
    ({ child, parent }) => isUnder(String(child), String(parent)),
  ),
  "plugin/normalize:TestHostNormalizeExact": normalized,
  "plugin/normalize:TestOriginsFromArgsOrServerBlock": origins,
  "core/dnsserver/address:TestSplitProtocolHostPort": protocolHostPort,
  "core/dnsserver/address:TestOverlapAddressChecker": overlap,
  "core/dnsserver/onstartup:TestRegex1035PrefSyntax": giving("expected", ({ zone }) => isPreferredSyntax(String(zone))),
  "core/dnsserver/onstartup:TestStartUpZones": giving(
    "expectedOutput",
    ({ protocol, addr, zones }) =>
      startUpLines(String(protocol), String(addr), Object.keys(Array.isArray(zones) ? {} : zones as JsonObject)),
  ),
  "core/dnsserver/register:TestGroupingServers": groups,
  "core/dnsserver/register:TestInspectServerBlocks": blocks,
  ...CACHES,
  ...REPLIES,
};
