import { assertEquals } from "@std/assert";
import { fakeServer } from "../../fake_host.ts";

const MANIFESTS = `
kind: Namespace
metadata: {name: shop}
---
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.1.2, clusterIPs: [10.96.1.2], ports: [{name: http, port: 80, protocol: TCP}]}
---
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, clusterIPs: [None], ports: [{name: sql, port: 5432, protocol: TCP}]}
---
kind: Service
metadata: {name: empty, namespace: shop}
spec: {clusterIP: None, clusterIPs: [None]}
---
kind: Service
metadata: {name: alias, namespace: shop}
spec: {type: ExternalName, externalName: web.shop.svc.cluster.local}
---
kind: EndpointSlice
metadata: {name: db-x, namespace: shop, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
endpoints:
- {addresses: [10.244.1.2], hostname: db-0, conditions: {ready: true}}
- {addresses: [10.244.2.3], conditions: {ready: true}}
- {addresses: [10.244.3.4], conditions: {ready: false}}
ports: [{name: sql, port: 5432, protocol: TCP}]
`;
const COREFILE = `.:53 {
  kubernetes cluster.local in-addr.arpa {
    pods insecure
    ttl 30
  }
}
`;
const SOA = "cluster.local. 30 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1767225600 7200 1800 86400 30";

const ask = (name: string, type?: string) => fakeServer({ corefile: COREFILE, manifests: MANIFESTS }).ask(name, type);

Deno.test("a ClusterIP Service has its address, and SRV by port name", async () => {
  assertEquals(await ask("web.shop.svc.cluster.local."), [
    "NOERROR aa",
    "web.shop.svc.cluster.local. 30 IN A 10.96.1.2",
  ]);
  assertEquals(await ask("_http._tcp.web.shop.svc.cluster.local.", "SRV"), [
    "NOERROR aa",
    "_http._tcp.web.shop.svc.cluster.local. 30 IN SRV 0 100 80 web.shop.svc.cluster.local.",
    "web.shop.svc.cluster.local. 30 IN A 10.96.1.2",
  ]);
});

Deno.test("a headless Service has the addresses of its ready endpoints, each with a name", async () => {
  assertEquals(await ask("db.shop.svc.cluster.local."), [
    "NOERROR aa",
    "db.shop.svc.cluster.local. 30 IN A 10.244.1.2",
    "db.shop.svc.cluster.local. 30 IN A 10.244.2.3",
  ]);
  assertEquals((await ask("db-0.db.shop.svc.cluster.local."))[1], "db-0.db.shop.svc.cluster.local. 30 IN A 10.244.1.2");
  assertEquals(
    (await ask("10-244-2-3.db.shop.svc.cluster.local."))[1],
    "10-244-2-3.db.shop.svc.cluster.local. 30 IN A 10.244.2.3",
  );
  assertEquals(
    (await ask("db.shop.svc.cluster.local.", "SRV"))[1]?.split(" SRV ")[1],
    "0 50 5432 db-0.db.shop.svc.cluster.local.",
  );
});

Deno.test("names that do not exist and names without that type differ", async () => {
  assertEquals(await ask("empty.shop.svc.cluster.local."), ["NXDOMAIN aa", SOA]);
  assertEquals(await ask("nope.shop.svc.cluster.local."), ["NXDOMAIN aa", SOA]);
  assertEquals(await ask("web.nowhere.svc.cluster.local."), ["NXDOMAIN aa", SOA]);
  assertEquals(await ask("a.b.c.web.shop.svc.cluster.local."), ["NXDOMAIN aa", SOA]);
  for (const name of ["web.shop.svc", "shop.svc", "svc", "shop.pod"]) {
    assertEquals(await ask(`${name}.cluster.local.`, "AAAA"), ["NOERROR aa", SOA], name);
  }
  assertEquals(await ask("nope.shop.svc.cluster.local.", "SOA"), ["NOERROR aa", SOA]);
});

Deno.test("pods answer for any address in a namespace that exists", async () => {
  assertEquals(await ask("10-1-2-3.shop.pod.cluster.local."), [
    "NOERROR aa",
    "10-1-2-3.shop.pod.cluster.local. 30 IN A 10.1.2.3",
  ]);
  assertEquals((await ask("10-1-2-3.nowhere.pod.cluster.local."))[0], "NXDOMAIN aa");
  assertEquals((await ask("web.shop.pod.cluster.local."))[0], "NXDOMAIN aa");
});

Deno.test("addresses lead back to Services and endpoints", async () => {
  assertEquals(
    (await ask("2.1.96.10.in-addr.arpa.", "PTR"))[1],
    "2.1.96.10.in-addr.arpa. 30 IN PTR web.shop.svc.cluster.local.",
  );
  assertEquals(
    (await ask("2.1.244.10.in-addr.arpa.", "PTR"))[1],
    "2.1.244.10.in-addr.arpa. 30 IN PTR db-0.db.shop.svc.cluster.local.",
  );
  assertEquals((await ask("9.9.9.9.in-addr.arpa.", "PTR"))[0], "NXDOMAIN aa");
});

Deno.test("an ExternalName inside the cluster is followed", async () => {
  assertEquals(await ask("alias.shop.svc.cluster.local."), [
    "NOERROR aa",
    "alias.shop.svc.cluster.local. 30 IN CNAME web.shop.svc.cluster.local.",
    "web.shop.svc.cluster.local. 30 IN A 10.96.1.2",
  ]);
});

Deno.test("the case of a question is kept in the answer", async () => {
  assertEquals((await ask("WEB.shop.SVC.Cluster.local."))[1], "WEB.shop.SVC.Cluster.local. 30 IN A 10.96.1.2");
});

Deno.test("objects that come and go are seen at the next question", async () => {
  const server = fakeServer({ corefile: COREFILE, manifests: MANIFESTS });
  assertEquals((await server.ask("web.shop.svc.cluster.local."))[0], "NOERROR aa");
  server.store.remove("Service", "web", "shop");
  assertEquals((await server.ask("web.shop.svc.cluster.local."))[0], "NXDOMAIN aa");
});
