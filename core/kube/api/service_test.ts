import { assertEquals, assertMatch } from "@std/assert";
import { LittleCluster } from "../controllers/little_cluster.ts";

function service(name: string, spec: string): string {
  return `{apiVersion: v1, kind: Service, metadata: {name: ${name}}, spec: {ports: [{port: 80}], ${spec}}}\n`;
}

Deno.test("a Service gets an address of the CIDR, and its spec as the server completes it", () => {
  const cluster = new LittleCluster({ serviceCIDR: "10.20.0.0/24" });
  cluster.apply(service("web", "selector: {app: web}"));
  const { spec } = cluster.get("Service", "web");
  assertMatch(spec.clusterIP ?? "", /^10\.20\.0\.\d+$/);
  const { clusterIP, clusterIPs, ...rest } = spec;
  assertEquals(clusterIPs, [clusterIP]);
  assertEquals(rest, {
    ports: [{ protocol: "TCP", port: 80, targetPort: 80 }],
    selector: { app: "web" },
    type: "ClusterIP",
    sessionAffinity: "None",
    ipFamilies: ["IPv4"],
    ipFamilyPolicy: "SingleStack",
    internalTrafficPolicy: "Cluster",
  } as never);
});

Deno.test("an address asked for is given, but not twice and not from elsewhere", () => {
  const cluster = new LittleCluster();
  assertEquals(cluster.apply(service("a", "clusterIP: 10.96.0.77")), ["created"]);
  assertEquals(cluster.apply(service("b", "clusterIP: 10.96.0.77")), [
    'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.77"]: failed to allocate IP 10.96.0.77: ' +
    "provided IP is already allocated",
  ]);
  assertEquals(cluster.apply(service("c", "clusterIP: 192.0.2.1")), [
    'Service "c" is invalid: spec.clusterIPs: Invalid value: ["192.0.2.1"]: failed to allocate IP 192.0.2.1: ' +
    "the provided network does not match the current range",
  ]);
});

Deno.test("an address comes back when its Service goes, and stays when it changes type", () => {
  const cluster = new LittleCluster();
  cluster.apply(service("a", "clusterIP: 10.96.0.77"));
  cluster.apply(service("a", "clusterIP: 10.96.0.77, type: NodePort"));
  assertEquals(cluster.get("Service", "a").spec.clusterIP, "10.96.0.77");
  cluster.control.api.delete("Service", { name: "a", namespace: "default" });
  assertEquals(cluster.apply(service("b", "clusterIP: 10.96.0.77")), ["created"]);
});

Deno.test("a headless Service has no address", () => {
  const cluster = new LittleCluster();
  cluster.apply(service("a", "clusterIP: None"));
  assertEquals(cluster.get("Service", "a").spec.clusterIPs, ["None"]);
});

Deno.test("node ports come from the range, one a port, and two protocols of one number share it", () => {
  const cluster = new LittleCluster({ nodePortRange: "31000-31001" });
  cluster.apply(
    `{apiVersion: v1, kind: Service, metadata: {name: dns}, spec: {type: NodePort, ports: [` +
      `{name: u, port: 53, protocol: UDP, nodePort: 31000}, {name: t, port: 53, protocol: TCP, nodePort: 31000}]}}`,
  );
  assertEquals(cluster.get("Service", "dns").spec.ports?.map(({ nodePort }) => nodePort), [31000, 31000]);
  cluster.apply(service("web", "type: NodePort"));
  assertEquals(cluster.get("Service", "web").spec.ports?.[0]?.nodePort, 31001);
  assertMatch(cluster.apply(service("more", "type: NodePort"))[0] ?? "", /range is full/);
});

Deno.test("a LoadBalancer with local traffic gets a health check port, and loses it with the policy", () => {
  const cluster = new LittleCluster();
  cluster.apply(service("a", "type: LoadBalancer, externalTrafficPolicy: Local"));
  const port = cluster.get("Service", "a").spec.healthCheckNodePort ?? 0;
  assertEquals(port >= 30000 && port <= 32767, true);
  cluster.edit("Service", "a", ({ spec }) => {
    spec.externalTrafficPolicy = "Cluster";
  });
  assertEquals(cluster.get("Service", "a").spec.healthCheckNodePort, undefined);
});

Deno.test("the same seed gives the same addresses and ports, another seed others", () => {
  const given = (cluster: LittleCluster) => {
    cluster.apply(service("a", "type: NodePort"));
    const { clusterIP, ports } = cluster.get("Service", "a").spec;
    return `${clusterIP}:${ports?.[0]?.nodePort}`;
  };
  assertEquals(given(new LittleCluster()), given(new LittleCluster()));
});
