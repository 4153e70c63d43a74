import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseAllDocuments } from "yaml";
import type { EndpointSlice, Service } from "../../../kube/mod.ts";
import { parseNftListing } from "../../../linux/mod.ts";
import type { ProxyConfig, ProxyNode } from "../config.ts";
import { serviceViews } from "../service_views.ts";
import type { ServiceView } from "../view.ts";
import { printNftables } from "./print.ts";
import { syncNftables } from "./sync.ts";

const NODE: ProxyNode = {
  name: "node-1",
  zone: "a",
  addresses: ["192.168.7.11", "fd07::11"],
  podCIDRs: ["10.244.1.0/24"],
  interfaces: [
    { name: "lo", addresses: ["127.0.0.1/8", "::1/128"] },
    { name: "eth0", addresses: ["192.168.7.11/24", "fd07::11/64"] },
  ],
};

const WEB = `
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.1.2, clusterIPs: [10.96.1.2], type: ClusterIP, ports: [{name: http, port: 80}]}
---
kind: EndpointSlice
metadata: {name: web-x, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints:
- {addresses: [10.244.2.3], nodeName: node-2, conditions: {ready: true}}
- {addresses: [10.244.1.2], nodeName: node-1, conditions: {ready: true}}
ports: [{name: http, port: 8080}]
`;

function views(manifest: string, config: ProxyConfig = {}): readonly [ServiceView, ServiceView] {
  const objects = parseAllDocuments(manifest).map((document) => document.toJS());
  const ofKind = <T>(kind: string) => objects.filter((object) => object?.kind === kind) as T[];
  return serviceViews({
    services: ofKind<Service>("Service"),
    endpointSlices: ofKind<EndpointSlice>("EndpointSlice"),
    node: NODE,
    config: { mode: "nftables", clusterCIDR: "10.244.0.0/16", ...config },
    serviceCIDRs: ["10.96.0.0/12"],
  });
}

const listing = (manifest: string, config?: ProxyConfig) => printNftables(views(manifest, config)[0]).listing;

/** The lines of a chain, set or map in a listing. */
function block(text: string, name: string): string[] {
  const [, body = ""] = text.split(`\t${name} {\n`);
  return body.split("\n\t}")[0]?.split("\n").map((line) => line.trim()).filter((line) => line !== "") ?? [];
}

Deno.test("a Service without affinity is one statement over all its endpoints", () => {
  assertEquals(block(listing(WEB), "chain service-KHN6ECMT-shop/web/tcp/http").slice(-1), [
    "meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.244.1.2 . 8080, 1 : 10.244.2.3 . 8080 }",
  ]);
});

Deno.test("only endpoints of this node can meet themselves", () => {
  assertEquals(block(listing(WEB), "set hairpin-connections").slice(-1), [
    "elements = { 10.244.1.2 . 10.244.1.2 . tcp . 8080 }",
  ]);
});

Deno.test("a client that sticks has a set per endpoint, and the endpoint's chain remembers it", () => {
  const text = listing(WEB.replace("type: ClusterIP", "type: ClusterIP, sessionAffinity: ClientIP"));
  const set = /set (affinity-\S+__10\.244\.1\.2\/8080)/.exec(text)?.[1] ?? "";
  assertEquals(block(text, `set ${set}`), ["type ipv4_addr", "size 65535", "flags dynamic,timeout", "timeout 3h"]);
  assertEquals(block(text, `chain ${set.replace("affinity", "endpoint")}`), [
    `update @${set} { ip saddr }`,
    "meta l4proto tcp dnat to 10.244.1.2:8080",
  ]);
});

Deno.test("node ports answer on the node's own address, and never on loopback", () => {
  assertEquals(block(listing(WEB), "set nodeport-ips").slice(-1), ["elements = { 192.168.7.11 }"]);
  const all = listing(WEB, { nodePortAddresses: ["0.0.0.0/0"] });
  assertEquals(block(all, "chain services").slice(-1), [
    "fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports",
  ]);
  assert(!all.includes("nodeport-ips"));
  const loopback = listing(WEB, { nodePortAddresses: ["127.0.0.0/8"] });
  assertEquals(block(loopback, "set nodeport-ips").length, 2);
});

Deno.test("ClusterIPs are closed on other ports, and free ones of the range take nothing", () => {
  assertEquals(block(listing(WEB), "chain cluster-ips-check"), [
    `ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"`,
    `ip daddr 10.96.0.0/12 drop comment "Drop traffic to unallocated ClusterIPs"`,
  ]);
});

Deno.test("a Service whose endpoints are all gone is rejected", () => {
  const text = listing(WEB.replaceAll("ready: true", "ready: false"));
  assertEquals(block(text, "map no-endpoint-services").slice(-1), [
    `elements = { 10.96.1.2 . tcp . 80 comment "shop/web:http" : goto reject-chain }`,
  ]);
});

Deno.test("the node's IPv6 table is there without any Service", () => {
  const { table, listing } = printNftables(views(WEB)[1]);
  assertEquals([table.family, table.chains.length, table.sets.length], ["ip6", 15, 8]);
  assertStringIncludes(listing, "type ipv6_addr . ipv6_addr . inet_proto . inet_service");
});

const OTHER = WEB.replaceAll("web", "other").replaceAll("10.96.1.2", "10.96.1.3");

Deno.test("a change writes the changed Service alone", () => {
  const first = syncNftables(views(`${WEB}\n---\n${OTHER}`)[0], undefined, { now: 0 });
  const changed = `${WEB.replace("10.244.2.3", "10.244.2.4")}\n---\n${OTHER}`;
  const { texts, full } = syncNftables(views(changed)[0], first.synced, { now: 500 });
  assertEquals(full, false);
  assertEquals(texts.join("").split("\n"), [
    "add chain ip kube-proxy service-KHN6ECMT-shop/web/tcp/http",
    "flush chain ip kube-proxy service-KHN6ECMT-shop/web/tcp/http",
    "add rule ip kube-proxy service-KHN6ECMT-shop/web/tcp/http meta l4proto tcp dnat ip to numgen random mod 2 " +
    "map { 0 : 10.244.1.2 . 8080, 1 : 10.244.2.4 . 8080 }",
    "",
  ]);
  assertEquals(syncNftables(views(changed)[0], first.synced, { now: 500 }).texts, texts);
});

Deno.test("nothing is written where nothing changed", () => {
  const first = syncNftables(views(WEB)[0], undefined, { now: 0 });
  assertEquals(syncNftables(views(WEB)[0], first.synced, { now: 90_000 }).texts, []);
});

Deno.test("a gone Service's chain is emptied first and goes with a sync more than a second later", () => {
  const first = syncNftables(views(WEB)[0], undefined, { now: 0 });
  const gone = syncNftables(views("")[0], first.synced, { now: 5000 });
  assertEquals(gone.texts, [[
    "delete element ip kube-proxy cluster-ips { 10.96.1.2 }",
    "delete element ip kube-proxy service-ips { 10.96.1.2 . tcp . 80 }",
    "delete element ip kube-proxy hairpin-connections { 10.244.1.2 . 10.244.1.2 . tcp . 8080 }",
    "flush chain ip kube-proxy service-KHN6ECMT-shop/web/tcp/http",
    "",
  ].join("\n")]);
  assertEquals(syncNftables(views("")[0], gone.synced, { now: 6000 }).texts, []);
  assertEquals(syncNftables(views("")[0], gone.synced, { now: 6001 }).texts, [
    "delete chain ip kube-proxy service-KHN6ECMT-shop/web/tcp/http\n",
  ]);
});

Deno.test("a printed table is read back as the value it came from", () => {
  const { table, listing } = printNftables(views(WEB)[0]);
  assertEquals(parseNftListing(listing), [table]);
});
