import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseAllDocuments } from "yaml";
import type { EndpointSlice, Service } from "../../../kube/mod.ts";
import type { ProxyConfig, ProxyNode } from "../config.ts";
import { serviceViews } from "../service_views.ts";
import type { ServiceView } from "../view.ts";
import { printIptables } from "./print.ts";
import { syncIptables } from "./sync.ts";

const NODE: ProxyNode = {
  name: "node-1",
  zone: "a",
  addresses: ["192.168.7.11"],
  podCIDRs: ["10.244.1.0/24"],
  interfaces: [
    { name: "lo", addresses: ["127.0.0.1/8"] },
    { name: "eth0", addresses: ["192.168.7.11/24"] },
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

function view(manifest: string, config: ProxyConfig = {}): ServiceView {
  const objects = parseAllDocuments(manifest).map((document) => document.toJS());
  const ofKind = <T>(kind: string) => objects.filter((object) => object?.kind === kind) as T[];
  return serviceViews({
    services: ofKind<Service>("Service"),
    endpointSlices: ofKind<EndpointSlice>("EndpointSlice"),
    node: NODE,
    config: { clusterCIDR: "10.244.0.0/16", ...config },
  })[0];
}

function rules(text: string, about: string): string[] {
  return text.split("\n").filter((line) => line.startsWith("-A") && line.includes(about));
}

Deno.test("a ClusterIP leads through KUBE-SVC to one KUBE-SEP an endpoint, in the order of their texts", () => {
  assertEquals(rules(printIptables(view(WEB)), "shop/web:http"), [
    '-A KUBE-SERVICES -m comment --comment "shop/web:http cluster IP" -m tcp -p tcp -d 10.96.1.2 --dport 80 -j KUBE-SVC-67NZLRHBNDSAWJRO',
    '-A KUBE-SVC-67NZLRHBNDSAWJRO -m comment --comment "shop/web:http cluster IP" -m tcp -p tcp -d 10.96.1.2 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ',
    '-A KUBE-SVC-67NZLRHBNDSAWJRO -m comment --comment "shop/web:http -> 10.244.1.2:8080" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-XTJTEC7KOHLCQM25',
    '-A KUBE-SVC-67NZLRHBNDSAWJRO -m comment --comment "shop/web:http -> 10.244.2.3:8080" -j KUBE-SEP-ZEIDTFVL27F4EVRN',
    "-A KUBE-SEP-XTJTEC7KOHLCQM25 -m comment --comment shop/web:http -s 10.244.1.2 -j KUBE-MARK-MASQ",
    "-A KUBE-SEP-XTJTEC7KOHLCQM25 -m comment --comment shop/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.1.2:8080",
    "-A KUBE-SEP-ZEIDTFVL27F4EVRN -m comment --comment shop/web:http -s 10.244.2.3 -j KUBE-MARK-MASQ",
    "-A KUBE-SEP-ZEIDTFVL27F4EVRN -m comment --comment shop/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.2.3:8080",
  ]);
});

Deno.test("a Service without endpoints is refused in filter, and has no chain of its own", () => {
  const text = printIptables(view(WEB.split("---")[0] as string));
  assertEquals(rules(text, "shop/web:http"), [
    '-A KUBE-SERVICES -m comment --comment "shop/web:http has no endpoints" -m tcp -p tcp -d 10.96.1.2 --dport 80 -j REJECT',
  ]);
  assertEquals(text.includes("KUBE-SVC-"), false);
});

Deno.test("externalTrafficPolicy Local keeps the client's address, and lets pods and the node reach every endpoint", () => {
  const local = WEB.replace("type: ClusterIP", "type: NodePort, externalTrafficPolicy: Local")
    .replace("port: 80}", "port: 80, nodePort: 30080}");
  assertEquals(
    rules(printIptables(view(local)), "KUBE-EXT-").filter((rule) => rule.startsWith("-A KUBE-EXT")).map((rule) =>
      rule.replace(/-m comment --comment "([^"]*)" /, "")
    ),
    [
      "-A KUBE-EXT-67NZLRHBNDSAWJRO -s 10.244.0.0/16 -j KUBE-SVC-67NZLRHBNDSAWJRO",
      "-A KUBE-EXT-67NZLRHBNDSAWJRO -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ",
      "-A KUBE-EXT-67NZLRHBNDSAWJRO -m addrtype --src-type LOCAL -j KUBE-SVC-67NZLRHBNDSAWJRO",
      "-A KUBE-EXT-67NZLRHBNDSAWJRO -j KUBE-SVL-67NZLRHBNDSAWJRO",
    ],
  );
});

Deno.test("ClientIP affinity remembers clients by the recent match", () => {
  const sticky = WEB.replace("type: ClusterIP", "type: ClusterIP, sessionAffinity: ClientIP");
  const [first] = rules(printIptables(view(sticky)), "--rcheck");
  assertStringIncludes(
    first as string,
    "-m recent --name KUBE-SEP-XTJTEC7KOHLCQM25 --rcheck --seconds 10800 --reap -j KUBE-SEP-XTJTEC7KOHLCQM25",
  );
});

Deno.test("node ports answer where nodePortAddresses says: everywhere, at the primary address, on loopback or not", () => {
  const jump = (config: ProxyConfig) => {
    const [rule] = rules(printIptables(view(WEB, config)), "-j KUBE-NODEPORTS");
    return rule?.split('chain" ')[1];
  };
  assertEquals(jump({}), "-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS");
  assertEquals(
    jump({ iptables: { localhostNodePorts: false } }),
    "-m addrtype --dst-type LOCAL ! -d 127.0.0.0/8 -j KUBE-NODEPORTS",
  );
  assertEquals(jump({ nodePortAddresses: ["primary"] }), "-d 192.168.7.11 -j KUBE-NODEPORTS");
  assertEquals(jump({ nodePortAddresses: ["192.168.7.0/24"] }), "-d 192.168.7.11 -j KUBE-NODEPORTS");
});

Deno.test("a sync after a change writes the chains of changed Services alone, and takes stale ones away", () => {
  const other = WEB.replaceAll("web", "api").replaceAll("10.96.1.2", "10.96.1.3");
  const first = syncIptables(view(`${WEB}---${other}`), undefined, { now: 0 });
  assert(first.full);
  const without = WEB.replace("- {addresses: [10.244.2.3], nodeName: node-2, conditions: {ready: true}}\n", "");
  const second = syncIptables(view(`${without}---${other}`), first.synced, { now: 1000 });
  const declared = second.text.split("\n").filter((line) => /^:KUBE-(SVC|SEP)/.test(line));
  assertEquals(declared.map((line) => line.split(" ")[0]), [
    ":KUBE-SVC-67NZLRHBNDSAWJRO",
    ":KUBE-SEP-XTJTEC7KOHLCQM25",
    ":KUBE-SEP-ZEIDTFVL27F4EVRN",
  ]);
  assertStringIncludes(second.text, "\n-X KUBE-SEP-ZEIDTFVL27F4EVRN\nCOMMIT\n");
  assertStringIncludes(second.text, "-d 10.96.1.3 --dport 80 -j KUBE-SVC-");
});
