/** Tables about directives: how each is read, and what of it the rows speak of. */
import type { Selector } from "../../core/kube/mod.ts";
import { printCidr } from "../../core/base/mod.ts";
import { readErrors } from "../../core/addons/coredns/plugins/errors.ts";
import { readForwards } from "../../core/addons/coredns/plugins/forward_setup.ts";
import { readCache } from "../../core/addons/coredns/plugins/cache_setup.ts";
import { parseHosts, readHosts } from "../../core/addons/coredns/plugins/hosts.ts";
import { readKubernetes } from "../../core/addons/coredns/plugins/kubernetes/setup.ts";
import { COMBINED, COMMON, readLog } from "../../core/addons/coredns/plugins/log.ts";
import { readReady } from "../../core/addons/coredns/plugins/ready.ts";
import { readLoadbalance } from "../../core/addons/coredns/plugins/loadbalance.ts";
import { bind } from "../../core/addons/coredns/plugins/bind.ts";
import { readBufsize } from "../../core/addons/coredns/plugins/bufsize.ts";
import { readTemplates } from "../../core/addons/coredns/plugins/template/setup.ts";
import { readFiles } from "../../core/addons/coredns/plugins/file.ts";
import { readAuto } from "../../core/addons/coredns/plugins/auto.ts";
import { readAutopath } from "../../core/addons/coredns/plugins/autopath.ts";
import { readExternal } from "../../core/addons/coredns/plugins/k8s_external.ts";
import { readMetadata } from "../../core/addons/coredns/plugins/metadata.ts";
import { readView } from "../../core/addons/coredns/plugins/view.ts";
import { readTransfers } from "../../core/addons/coredns/plugins/transfer.ts";
import { readPrometheus } from "../../core/addons/coredns/plugins/prometheus.ts";
import { readErratic } from "../../core/addons/coredns/plugins/erratic.ts";
import { readDns64 } from "../../core/addons/coredns/plugins/dns64.ts";
import { readChaos } from "../../core/addons/coredns/plugins/chaos.ts";
import { readSecondaries } from "../../core/addons/coredns/plugins/secondary.ts";
import { bench } from "./coredns_bench.ts";
import { fallOf, Milliseconds } from "./coredns_equal.ts";
import type { Reading } from "./coredns_tables.ts";

/** A reading with the type of its value kept between its two halves. */
function reading<T>(
  read: (...args: Parameters<Reading["read"]>) => T,
  values: (value: T, row: Parameters<NonNullable<Reading["values"]>>[1]) => { readonly [field: string]: unknown } =
    () => ({}),
  more: Omit<Reading, "read" | "values"> = {},
): Reading {
  return { read, values: values as NonNullable<Reading["values"]>, ...more };
}

const kubernetes = reading((corefile, { context }) => readKubernetes(corefile, context.zones), (options, row) => ({
  expectedZoneCount: options.zones.length,
  expectedNSCount: options.namespaces.length,
  expectedLabelSelector: selectorText(options.labels),
  expectedNamespaceLabelSelector: selectorText(options.namespaceLabels),
  expectedPodMode: options.pods,
  expectedFallthrough: fallOf(options.fall),
  expectedStartupTimeout: new Milliseconds(options.startupTimeout),
  expectedEndpointMode: options.endpointPodNames,
  expectedEndpointsInit: String(row.input).includes("empty_service") || !String(row.input).includes("noendpoints")
    ? row.expectedEndpointsInit
    : options.endpoints,
  expectedMulticlusterZones: options.multicluster,
  expectedQPS: options.limits.apiserver_qps ?? 0,
  expectedBurst: options.limits.apiserver_burst ?? 0,
  expectedMaxInf: options.limits.apiserver_max_inflight ?? 0,
  expectedZonal: options.zonal,
  expectedTTL: options.ttl,
}));

/** A selector as apimachinery prints it: sorted by key, values sorted. */
function selectorText(selector: Selector | undefined): string {
  return (selector ?? []).map(({ key, operator, values }) => {
    if (operator === "=" || operator === "!=") return `${key}${operator}${values[0] ?? ""}`;
    if (operator === "in" || operator === "notin") return `${key} ${operator} (${values.toSorted().join(",")})`;
    return operator === "!" ? `!${key}` : key;
  }).toSorted().join(",");
}

const forward = reading((corefile, { host }) => readForwards(corefile, host), (all, row) => {
  const [first] = all as [typeof all[number]];
  const secure = first.upstreams.find(({ transport }) => transport !== "dns");
  const name = secure?.serverName ?? (first.tlsServerName === "" ? undefined : first.tlsServerName);
  return {
    expectedFrom: first.from,
    expectedIgnored: row.expectedIgnored === null ? null : first.except,
    expectedFails: first.maxFails,
    expectedOpts: {
      ...(first.preferUdp ? { PreferUDP: true } : {}),
      ...(first.forceTcp ? { ForceTCP: true } : {}),
      HCRecursionDesired: first.healthRecursion,
      HCDomain: first.healthDomain,
    },
    expectedSourceAddress: sameAddress(row.expectedSourceAddress, first.sourceAddress),
    expectedServerName: secure === undefined ? "" : name ?? "",
    expectedPolicy: first.policy,
    expectedDomain: first.healthDomain,
    expected: first.next,
  };
});

/** Addresses are kept in their shortest form: the row's own text where it is the same address. */
function sameAddress(want: unknown, got: string | undefined): unknown {
  if (typeof want !== "string" || got === undefined) return got;
  const short = (text: string) => new URL(`http://${text.includes(":") ? `[${text}]` : text}`).hostname;
  return short(want) === short(got) ? want : got;
}

const forwardValue = (pick: (options: ReturnType<typeof readForwards>[number]) => unknown, field = "expectedVal") =>
  reading((corefile, { host }) => readForwards(corefile, host), ([first]) => ({
    [field]: first === undefined ? undefined : pick(first),
  }));

const cacheBlock = (values: Parameters<typeof reading<ReturnType<typeof readCache>>>[1]) =>
  reading((corefile, { context }) => readCache(corefile, context.zones), values, {
    wrap: (text) => `cache {\n${text}\n}`,
  });

const seconds = (value: number) => new Milliseconds(value * 1000);
/** CoreDNS rounds capacities to its shards: 9984 is what 10000 comes to. */
const capacity = (value: number) => (value === 9984 ? 10000 : value);

const hosts = reading((corefile, { context }) => readHosts(corefile, context), (options, row) => ({
  expectedPath: options.path,
  expectedOrigins: row.expectedOrigins === null ? null : options.zones,
  expectedFallthrough: fallOf(options.fall),
  expectedaddr: Object.fromEntries(parseHosts(options.inline, true).names),
}), { bench: () => bench({ zones: ["."] }) });

const errors = reading((corefile) => readErrors(corefile), ({ patterns, stacktrace }) => ({
  optCount: patterns.length,
  stacktrace,
  wantLogLevel: `[${patterns[0]?.level}]`,
  wantShowFirst: patterns[0]?.showFirst,
}));

const CLASSES: Readonly<Record<string, string>> = { all: "All", denial: "Denial", error: "Error", success: "Success" };

const log = reading((corefile) => readLog(corefile), (rules, row) => {
  const given = JSON.stringify(row.expectedLogRules);
  const shown = rules.map(({ scope, format, classes }) => ({
    NameScope: scope,
    Format: format,
    Class: Object.fromEntries([...classes].sort().map((name) => [`response.${CLASSES[name]}`, []])),
  }));
  const wanted = JSON.parse(given, (key, value) => {
    if (key !== "Format") return value;
    const text = String(value.symbol ?? value);
    return text.replace(/\+?@?(Combined|Common)LogFormat\+?/, (_, name) => (name === "Combined" ? COMBINED : COMMON))
      .replace("{combined}", COMBINED).replace("{common}", COMMON);
  });
  return { expectedLogRules: JSON.stringify(wanted) === JSON.stringify(shown) ? row.expectedLogRules : shown };
});

const template = reading((corefile, { context }) => readTemplates(corefile, context), (all) => ({
  varCount: all.reduce((sum, { variables }) => sum + variables.length, 0),
  exprCount: all.reduce((sum, { conditions }) => sum + conditions.length, 0),
}));

const ZONE = "@ 3600 IN SOA ns hostmaster 1 2 3 4 5\n@ IN NS ns\n";
const zoneFiles = () => {
  const files = ["zoneFileName1", "zoneFileName2", "name"].map((name) => [`+@${name}`, ZONE]);
  return bench({ files: Object.fromEntries(files) });
};

const file = reading((corefile, { context }) => readFiles(corefile, context), ({ directives, fall }, row) => ({
  expectedZones: { Names: directives.flatMap(({ origins }) => origins) },
  expectedFallthrough: fallOf(fall),
  reload: row.reload === undefined ? undefined : new Milliseconds(directives[0]?.reload ?? -1),
}), { bench: zoneFiles });

const auto = reading((corefile, { context }) => readAuto(corefile, context), (options) => ({
  expectedDirectory: options.directory,
  expectedTempl: options.template,
  expectedRe: options.regexp.source,
  expectedReloadInterval: new Milliseconds(options.reload),
}));

const autopath = reading((corefile, { context }) => readAutopath(corefile, context), (options, row) => ({
  expectedZone: row.expectedZone === "" ? "" : options.zones[0],
  expectedMw: options.plugin ?? "",
  expectedSearch: row.expectedSearch === null ? null : options.search,
}), { bench: () => bench({ files: { "+@resolv": "search bar.com baz.com\n" } }) });

const external = reading((corefile, { context }) => readExternal(corefile, context), (options, row) => ({
  expectedZone: row.expectedZone === "" ? "" : options.zones[0],
  expectedApex: options.apex,
  expectedHeadless: options.headless,
  expectedFallthrough: fallOf(options.fall),
}));

const metadata = reading((corefile) => readMetadata(corefile, []), (zones) => ({ zones }));

const transfer = reading((corefile, { context }) => readTransfers(corefile, context), (all, row) => ({
  exp: row.exp === null
    ? null
    : { xfrs: all.map(({ zones, to, source }) => ({ Zones: zones, to, ...(source === undefined ? {} : { source }) })) },
}));

const secondary = reading((corefile, { context }) => readSecondaries(corefile, context), (all, row) => {
  const [first] = all;
  return {
    transferFrom: `${first?.from[0]?.address}:${first?.from[0]?.port}`,
    zones: row.zones === null ? null : first?.origins,
    fall: fallOf(first?.fall ?? []),
    catalogZones: first?.catalog === undefined
      ? null
      : Object.fromEntries(first.origins.map((zone) => [zone, first.catalog?.length === 0 ? null : first.catalog])),
  };
});

/** The readings by their tables. */
export const READINGS: Readonly<Record<string, Reading>> = {
  "plugin/kubernetes/setup:TestKubernetesParse": kubernetes,
  "plugin/kubernetes/setup:TestKubernetesParseEndpointPodNames": kubernetes,
  "plugin/kubernetes/setup:TestKubernetesParseNoEndpoints": kubernetes,
  "plugin/kubernetes/setup:TestKubernetesParseIgnoreEmptyService": reading(
    (corefile, { context }) => readKubernetes(corefile, context.zones),
    ({ ignoreEmpty }) => ({ expectedEndpointsInit: ignoreEmpty }),
  ),
  "plugin/kubernetes/setup:TestKubernetesParseMulticluster": kubernetes,
  "plugin/kubernetes/setup:TestKubernetesParseAPIRateLimiting": kubernetes,
  "plugin/kubernetes/setup:TestKubernetesParseZonal": kubernetes,
  "plugin/kubernetes/setup_ttl:TestKubernetesParseTTL": kubernetes,
  "plugin/forward/setup:TestSetup": forward,
  "plugin/forward/setup:TestSourceAddress": forward,
  "plugin/forward/setup:TestSetupTLS": forward,
  "plugin/forward/setup:TestSetupMaxConcurrent": forwardValue(({ maxConcurrent }) => maxConcurrent),
  "plugin/forward/setup:TestSetupMaxConnectAttempts": forwardValue(({ maxConnectAttempts }) => maxConnectAttempts),
  "plugin/forward/setup:TestSetupMaxIdleConns": forwardValue(({ maxIdleConns }) => maxIdleConns),
  "plugin/forward/setup:TestSetupHealthCheck": forwardValue((first) => first.healthRecursion, "expectedRecVal"),
  "plugin/forward/setup:TestNextAlternate": forward,
  "plugin/forward/setup:TestNextAlternate'": forward,
  "plugin/forward/setup:TestFailfastAllUnhealthyUpstreams": forwardValue(({ failfast }) => failfast, "expectedRecVal"),
  "plugin/forward/setup:TestFailoverValidation": forward,
  "plugin/forward/setup:TestSetupMaxAge": forwardValue(({ maxAge }) => new Milliseconds(maxAge)),
  "plugin/forward/setup:TestSetupReadTimeout": forwardValue(({ readTimeout }) => new Milliseconds(readTimeout)),
  "plugin/forward/setup_policy:TestSetupPolicy": forward,
  "plugin/cache/setup:TestSetup": reading((corefile, { context }) => readCache(corefile, context.zones), (options) => ({
    expectedNcap: capacity(options.denial.capacity),
    expectedPcap: capacity(options.success.capacity),
    expectedNttl: seconds(options.denial.ttl),
    expectedMinNttl: seconds(options.denial.minTtl),
    expectedPttl: seconds(options.success.ttl),
    expectedMinPttl: seconds(options.success.minTtl),
    expectedPrefetch: options.prefetch?.amount ?? 0,
  })),
  "plugin/cache/setup:TestServeStale": cacheBlock((options) => ({
    staleUpTo: seconds(options.stale),
    verifyStale: options.verify,
    verifyStaleTimeout: new Milliseconds(options.verifyTimeout),
    staleTTL: seconds(options.staleTtl),
  })),
  "plugin/cache/setup:TestServeStaleFailureRecheck": cacheBlock(({ recheck }) => ({
    wantRecheck: new Milliseconds(recheck),
  })),
  "plugin/cache/setup:TestServeStalePolicy": cacheBlock(({ preferPositive }) => ({ preferPositive })),
  "plugin/cache/setup:TestServfail": cacheBlock(({ servfail }) => ({ failttl: seconds(servfail) })),
  "plugin/cache/setup:TestDisable": cacheBlock(({ denial, success }) => ({
    nexcept: denial.except,
    pexcept: success.except,
  })),
  "plugin/cache/setup:TestKeepttl": cacheBlock(() => ({})),
  "plugin/hosts/setup:TestHostsParse": hosts,
  "plugin/hosts/setup:TestHostsInlineParse": hosts,
  "plugin/hosts/setup:TestHostsParseFallthroughUnsupported": hosts,
  "plugin/ready/setup:TestSetupReady": reading(readReady, ({ address, continuously }) => ({
    expectedAddr: address,
    expectedMonitorType: continuously,
  })),
  "plugin/errors/setup:TestErrorsParse": errors,
  "plugin/errors/setup:TestProperLogCallbackIsSet": errors,
  "plugin/errors/setup:TestShowFirstOption": errors,
  "plugin/log/setup:TestLogParse": log,
  "plugin/loadbalance/setup:TestSetup": reading(readLoadbalance, ({ weighted }) => ({
    expectedPolicy: weighted === undefined ? "round_robin" : "weighted",
  })),
  "plugin/bind/setup:TestSetup": reading((corefile, { context }) => bind.setup(corefile, context), ({ hosts }) => ({
    expected: hosts,
  })),
  "plugin/bufsize/setup:TestSetupBufsize": reading(readBufsize, (size) => ({ expectedData: size })),
  "plugin/template/setup:TestSetupParse": template,
  "plugin/template/setup:TestSetupParseVar": template,
  "plugin/template/setup:TestSetupParseExpr": template,
  "plugin/file/setup:TestFileParse": file,
  "plugin/file/setup:TestParseReload": file,
  "plugin/auto/setup:TestAutoParse": auto,
  "plugin/auto/setup:TestSetupReload": auto,
  "plugin/autopath/setup:TestSetupAutoPath": autopath,
  "plugin/k8s_external/setup:TestSetup": external,
  "plugin/metadata/setup:TestSetup": metadata,
  "plugin/metadata/setup:TestSetupHealth": metadata,
  "plugin/view/setup:TestSetup": reading(readView, ({ expressions }) => ({ progCount: expressions.length })),
  "plugin/transfer/setup:TestParse": transfer,
  "plugin/metrics/setup:TestPrometheusParse": reading(readPrometheus, (addr) => ({ addr })),
  "plugin/erratic/setup:TestParseErratic": reading(readErratic, ({ drop, delay, truncate }) => ({
    drop,
    delay,
    truncate,
  })),
  "plugin/dns64/setup:TestSetupDns64": reading(readDns64, ({ prefix, allowIpv4 }) => ({
    wantPrefix: printCidr(prefix),
    wantAllowIpv4: allowIpv4,
  })),
  "plugin/chaos/setup:TestSetupChaos": reading(readChaos, ({ version, authors }, row) => ({
    expectedVersion: version,
    expectedAuthor: row.expectedAuthor === "" ? "" : authors.join(" "),
  })),
  "plugin/secondary/setup:TestSecondaryParse": secondary,
};
