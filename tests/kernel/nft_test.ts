/**
 * What podwire writes for nftables is what the real nft takes: every transaction loads into `nft -f` without a complaint, and
 * `nft list ruleset` then prints what our own listing says, byte for byte.
 */
import { assertEquals, assertNotEquals } from "@std/assert";
import { parseAllDocuments } from "yaml";
import { isFailure, Random } from "../../core/base/mod.ts";
import type { EndpointSlice, Service } from "../../core/kube/mod.ts";
import {
  applyNft,
  type NftTable,
  type NftTransaction,
  parseNftListing,
  parseTypedRule,
  printNftListing,
  printNftTransaction,
} from "../../core/linux/mod.ts";
import {
  type NftSynced,
  printNftables,
  type ProxyConfig,
  type ProxyNode,
  serviceViews,
  syncNftables,
} from "../../core/node/mod.ts";
import { missing, onRealKernel } from "./real.ts";

const ignore = await missing("nftables against the real nft", ["nft"]) !== undefined;
const MARK = "=== listing ===";

/** Loads texts one after the other; the real nft's complaints, and its listing after each. */
async function throughReal(texts: readonly string[]): Promise<{ complaints: string; listings: string[] }> {
  const dir = await Deno.makeTempDir();
  await Promise.all(texts.map((text, i) => Deno.writeTextFile(`${dir}/${i}`, text)));
  const script = texts.map((_, i) => `nft -f ${dir}/${i} || echo "exit $?" >&2; nft list ruleset; echo "${MARK}"`);
  const { stdout, stderr } = await onRealKernel(script.join("\n"));
  await Deno.remove(dir, { recursive: true });
  return { complaints: stderr, listings: stdout.split(`${MARK}\n`).slice(0, -1) };
}

/** The same by our own hands. */
function throughOurs(transactions: readonly NftTransaction[]): string[] {
  let tables: readonly NftTable[] = [];
  return transactions.map((transaction) => {
    const after = applyNft(tables, transaction);
    if (isFailure(after)) throw new Error(`refused: ${after.errno}`);
    tables = after;
    return printNftListing(tables);
  });
}

async function hold(transactions: readonly NftTransaction[]): Promise<void> {
  const real = await throughReal(transactions.map(printNftTransaction));
  assertEquals(real.complaints, "");
  const ours = throughOurs(transactions);
  for (const [i, listing] of real.listings.entries()) {
    assertEquals(ours[i], listing);
    assertEquals(printNftListing(parseNftListing(listing)), listing);
  }
  assertEquals(real.listings.length, transactions.length);
}

interface World {
  readonly node: ProxyNode;
  readonly config: ProxyConfig;
  readonly serviceCIDRs: readonly string[];
  /** One manifest after the other. */
  readonly states: readonly string[];
}

/** The transactions of both families while a world goes from state to state, two seconds apart. */
function transactionsOf({ node, config, serviceCIDRs, states }: World): NftTransaction[] {
  const synced: (NftSynced | undefined)[] = [];
  return states.flatMap((state, i) => {
    const objects = parseAllDocuments(state).map((document) => document.toJS()).filter((object) => object !== null);
    const ofKind = <T>(kind: string) => objects.filter((object) => object.kind === kind) as T[];
    const [services, endpointSlices] = [ofKind<Service>("Service"), ofKind<EndpointSlice>("EndpointSlice")];
    return serviceViews({ services, endpointSlices, node, config, serviceCIDRs }).flatMap((view, family) => {
      const sync = syncNftables(view, synced[family], { now: i * 2000 });
      synced[family] = sync.synced;
      return sync.transactions;
    });
  });
}

const NODE: ProxyNode = {
  name: "node-1",
  zone: "zone-a",
  addresses: ["192.168.7.11", "fd07::11"],
  podCIDRs: ["10.244.1.0/24", "fd00:10:244:1::/64"],
  interfaces: [
    { name: "lo", addresses: ["127.0.0.1/8", "::1/128"] },
    { name: "eth0", addresses: ["192.168.7.11/24", "fd07::11/64"] },
  ],
};

function service(name: string, spec: object, status: object = {}): string {
  return JSON.stringify({ kind: "Service", metadata: { name, namespace: "shop" }, spec, status });
}

function slice(name: string, port: number, addresses: readonly string[]): string {
  const endpoints = addresses.map((address, i) => ({ addresses: [address], nodeName: `node-${i % 2 + 1}` }));
  return JSON.stringify({
    kind: "EndpointSlice",
    metadata: { name: `${name}-x`, namespace: "shop", labels: { "kubernetes.io/service-name": name } },
    addressType: addresses[0]?.includes(":") ? "IPv6" : "IPv4",
    endpoints,
    ports: [{ name: "", port }],
  });
}

/** A Service with everything, with this address and these endpoints. */
function everything(addresses: readonly string[], more: object = {}): string[] {
  const spec = {
    type: "LoadBalancer",
    clusterIP: "10.96.0.7",
    clusterIPs: ["10.96.0.7"],
    externalIPs: ["203.0.113.9"],
    externalTrafficPolicy: "Local",
    loadBalancerSourceRanges: ["10.0.0.0/8", "11.0.0.0/8", "192.168.7.11/32", "10.1.0.0/16"],
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 90_061 } },
    ports: [{ port: 80, nodePort: 30_080 }],
    ...more,
  };
  return [
    service("all", spec, { loadBalancer: { ingress: [{ ip: "198.51.100.7" }] } }),
    slice("all", 8080, addresses),
  ];
}

function plain(name: string, ip: string, endpoints: readonly string[]): string[] {
  const spec = { type: "ClusterIP", clusterIP: ip, clusterIPs: [ip], ports: [{ port: 53, protocol: "TCP" }] };
  return [service(name, spec), ...(endpoints.length === 0 ? [] : [slice(name, 5353, endpoints)])];
}

const AN_HOUR = { sessionAffinityConfig: { clientIP: { timeoutSeconds: 3600 } } };

const join = (...documents: readonly string[][]) => documents.flat().join("\n---\n");

Deno.test({
  name: "a Service with everything comes, changes, goes and comes back in the real nft as in ours",
  ignore,
  fn: async () => {
    const full = everything(["10.244.1.5", "10.244.2.5", "10.244.1.6"]);
    const states = [
      join(full, plain("v6", "fd00:10:96::7", ["fd00:10:244:1::5", "fd00:10:244:2::0005"])),
      join(everything(["10.244.2.5"], AN_HOUR), plain("v6", "fd00:10:96::7", [])),
      join(plain("other", "10.96.0.8", ["10.244.1.9"])),
      join(plain("other", "10.96.0.8", [])),
      join(full, plain("other", "10.96.0.8", ["10.244.1.9"])),
    ];
    const clusterCIDR = "10.244.0.0/16,fd00:10:244::/56";
    for (const config of CONFIGS) {
      await hold(transactionsOf({ node: NODE, config: { clusterCIDR, ...config }, serviceCIDRs: RANGES, states }));
    }
  },
});

const RANGES = ["10.96.0.0/12", "fd00:10:96::/112"];

const CONFIGS: readonly ProxyConfig[] = [
  { mode: "nftables" },
  { mode: "nftables", nodePortAddresses: ["0.0.0.0/0"], nftables: { masqueradeBit: 31 } },
  { mode: "nftables", nodePortAddresses: ["192.168.0.0/16", "127.0.0.0/8"], nftables: { masqueradeAll: true } },
  { mode: "nftables", detectLocalMode: "InterfaceNamePrefix", detectLocal: { interfaceNamePrefix: "veth" } },
];

Deno.test({
  name: "a kube-proxy that starts anew over its old table leaves what a first one writes",
  ignore,
  fn: async () => {
    const at = { node: NODE, config: { mode: "nftables" }, serviceCIDRs: RANGES } as const;
    const old = transactionsOf({ ...at, states: [join(everything(["10.244.1.5"]), plain("a", "10.96.0.9", []))] });
    const [listing = ""] = throughOurs(old).slice(-1);
    const [view] = serviceViews({ services: [], endpointSlices: [], ...at });
    const [existing] = parseNftListing(listing);
    if (existing === undefined) throw new Error("there is a table");
    const first = syncNftables(view, undefined, { now: 0, existing });
    const second = syncNftables(view, first.synced, { now: 2000 });
    const all = [...old, ...first.transactions, ...second.transactions];
    await hold(all);
    const now = parseNftListing(throughOurs(all).at(-1) ?? "").find(({ family }) => family === "ip");
    const set = (table: NftTable | undefined) => new Set(table?.chains.map(({ name }) => name));
    assertEquals(set(now), set(printNftables(view).table));
  },
});

Deno.test({
  name: "random values in braces are kept as the real nft keeps them",
  ignore,
  fn: async () => {
    const random = new Random(7);
    const below = (bound: number) => random.below(bound);
    const values = Array.from({ length: 200 }, () => {
      const one = () => {
        const address = `10.${below(4)}.${below(3)}.${below(4)}`;
        const kind = below(3);
        return kind === 0 ? address : kind === 1 ? `${address}/32` : `${address}/${16 + below(16)}`;
      };
      return [...new Set(Array.from({ length: 1 + below(5) }, one))];
    });
    const rules = values.map((list) => parseTypedRule(`ip saddr != { ${list.join(", ")} } drop`));
    await hold([{
      family: "ip",
      table: "t",
      changes: [
        { verb: "add", kind: "table" },
        { verb: "add", kind: "chain", chain: { name: "c" } },
        ...rules.map((rule) => ({ verb: "add", kind: "rule", chain: "c", rule }) as const),
      ],
    }]);
  },
});

const recordings = new URL("../../../shared/vectors/kubeproxy.json", import.meta.url);
const here = await Deno.stat(recordings).then(() => true, () => false);
if (!here) console.error("SKIPPED: recorded worlds in the real nft: the recordings are not at hand");

Deno.test({
  name: "the tables of every recorded world load into the real nft and are listed there as we list them",
  ignore: ignore || !here,
  fn: async () => {
    const { cases } = JSON.parse(await Deno.readTextFile(recordings));
    let played = 0;
    for (const { mode, node, config, serviceCIDRs, objects, then } of cases) {
      if (mode !== "nftables") continue;
      await hold(transactionsOf({ node, config, serviceCIDRs, states: [objects, then.objects, then.objects] }));
      played++;
    }
    assertNotEquals(played, 0);
  },
});

Deno.test({
  name: "a transaction the real nft refuses is noticed",
  ignore,
  fn: async () => {
    const { complaints } = await throughReal(["add rule ip t nowhere accept\n"]);
    assertNotEquals(complaints, "");
  },
});
