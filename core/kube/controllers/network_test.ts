import { assertEquals, assertMatch } from "@std/assert";
import { LittleCluster } from "./little_cluster.ts";

function pods(count: number, labels = "{app: web}", extra = ""): string {
  return Array.from({ length: count }, (_, i) => `
apiVersion: v1
kind: Pod
metadata: {name: web-${String(i).padStart(3, "0")}, labels: ${labels}}
spec:
  ${extra}
  containers: [{name: c, image: nginx, ports: [{name: http, containerPort: 8080}]}]
`).join("---");
}

const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: web, labels: {team: shop}}
spec:
  selector: {app: web}
  ports: [{name: main, port: 80, targetPort: http}, {name: other, port: 81, targetPort: nothere}]
`;

Deno.test("a Service's slice lists the ready pods with their node and zone, and the port they call so", () => {
  const cluster = new LittleCluster();
  cluster.apply(`${SERVICE}---${pods(1)}`);
  cluster.run(2);
  const [slice] = cluster.list("EndpointSlice").filter(({ metadata }) => metadata.name !== "kubernetes");
  const pod = cluster.get("Pod", "web-000");
  assertMatch(slice?.metadata.name ?? "", /^web-[bcdf-hj-np-tv-xz24-9]{5}$/);
  assertEquals(slice?.metadata.labels, {
    team: "shop",
    "kubernetes.io/service-name": "web",
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
  });
  assertEquals(slice?.ports, [{ name: "main", protocol: "TCP", port: 8080 }]);
  assertEquals(slice?.endpoints, [{
    addresses: [pod.status.podIP ?? ""],
    conditions: { ready: true, serving: true, terminating: false },
    targetRef: { kind: "Pod", namespace: "default", name: "web-000", uid: pod.metadata.uid },
    nodeName: pod.spec.nodeName ?? "",
    zone: `zone-${pod.spec.nodeName?.slice(-1)}`,
  }]);
});

function slices(cluster: LittleCluster) {
  return cluster.list("EndpointSlice").filter(({ metadata }) => metadata.name.startsWith("web-"));
}

function conditions(cluster: LittleCluster) {
  return slices(cluster).flatMap(({ endpoints }) => (endpoints ?? []).map(({ conditions }) => conditions));
}

Deno.test("a pod that is not ready gets no traffic, one on its way out still serves", () => {
  const cluster = new LittleCluster();
  cluster.apply(`${SERVICE}---${pods(1)}`);
  cluster.run(2);
  cluster.setReady(cluster.get("Pod", "web-000"), false);
  assertEquals(conditions(cluster), [{ ready: false, serving: false, terminating: false }]);
  cluster.setReady(cluster.get("Pod", "web-000"), true);
  cluster.control.api.delete("Pod", { name: "web-000", namespace: "default" });
  cluster.control.settle();
  assertEquals(conditions(cluster), [{ ready: false, serving: true, terminating: true }]);
  cluster.run(2);
  assertEquals(conditions(cluster), []);
});

Deno.test("more than a hundred pods take more slices, and every pod stays in the one it is in", () => {
  const cluster = new LittleCluster();
  cluster.apply(`${SERVICE}---${pods(230)}`);
  cluster.run(2);
  const sizes = () => slices(cluster).map(({ endpoints }) => endpoints?.length).sort();
  assertEquals(sizes(), [100, 100, 30]);
  const where = () =>
    new Map(
      slices(cluster).flatMap(({ metadata, endpoints }) =>
        (endpoints ?? []).map(({ targetRef }) => [targetRef?.name ?? "", metadata.name] as const)
      ),
    );
  const before = where();
  cluster.control.api.delete("Pod", { name: "web-007", namespace: "default" });
  cluster.run(2);
  assertEquals(sizes().reduce<number>((sum, size = 0) => sum + size, 0), 229);
  before.delete("web-007");
  assertEquals(where(), before);
});

Deno.test("Endpoints stand beside the slices, and both go with their Service", () => {
  const cluster = new LittleCluster();
  cluster.apply(`${SERVICE}---${pods(2)}`);
  cluster.run(2);
  const { subsets } = cluster.get("Endpoints", "web");
  assertEquals(subsets?.map(({ addresses, ports }) => [addresses?.length, ports]), [
    [2, [{ name: "main", port: 8080, protocol: "TCP" }]],
  ]);
  cluster.control.api.delete("Service", { name: "web", namespace: "default" });
  cluster.run(1);
  assertEquals([slices(cluster), cluster.names("Endpoints")], [[], ["kubernetes"]]);
});

Deno.test("Endpoints written by hand for a Service without selector are mirrored into a slice", () => {
  const cluster = new LittleCluster();
  cluster.apply(`
apiVersion: v1
kind: Service
metadata: {name: web-db}
spec: {ports: [{port: 5432}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: web-db}
subsets: [{addresses: [{ip: 192.0.2.7}], notReadyAddresses: [{ip: 192.0.2.8}], ports: [{port: 5432}]}]
`);
  const [slice] = slices(cluster);
  assertEquals(slice?.endpoints?.map(({ addresses, conditions }) => [addresses, conditions]), [
    [["192.0.2.7"], { ready: true }],
    [["192.0.2.8"], { ready: false }],
  ]);
  assertEquals(slice?.ports, [{ name: "", protocol: "TCP", port: 5432 }]);
});

Deno.test("a Service of two families has slices of both", () => {
  const cluster = new LittleCluster({
    serviceCIDR: "10.96.0.0/16,fd00:96::/112",
    podCIDR: "10.244.0.0/16,fd00:244::/56",
  });
  cluster.apply(`${SERVICE}  ipFamilyPolicy: PreferDualStack\n---${pods(1)}`);
  cluster.run(2);
  cluster.control.api.changeStatus("Pod", { name: "web-000", namespace: "default" }, ({ status }) => {
    status.podIPs = [{ ip: status.podIP ?? "" }, { ip: "fd00:244::7" }];
  });
  cluster.run(1);
  assertEquals(cluster.get("Service", "web").spec.ipFamilies, ["IPv4", "IPv6"]);
  assertEquals(
    slices(cluster).map(({ addressType, endpoints }) => `${addressType} ${endpoints?.[0]?.addresses[0]}`).sort(),
    [`IPv4 ${cluster.get("Pod", "web-000").status.podIP}`, "IPv6 fd00:244::7"],
  );
});

Deno.test("each node gets the next part of the pod CIDR, one of each family", () => {
  const cluster = new LittleCluster({
    serviceCIDR: "10.96.0.0/16,fd00:96::/112",
    podCIDR: "10.244.0.0/16,fd00:244::/48",
  });
  assertEquals(cluster.control.store.list("Node").map(({ spec }) => spec.podCIDRs), [
    ["10.244.0.0/24", "fd00:244::/64"],
    ["10.244.1.0/24", "fd00:244:0:1::/64"],
    ["10.244.2.0/24", "fd00:244:0:2::/64"],
  ]);
});

Deno.test("a Service of type LoadBalancer gets an address of the pool, and gives it back", () => {
  const cluster = new LittleCluster({ loadBalancerCIDR: "172.18.255.200/32" });
  const balancer = (name: string) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {type: LoadBalancer, ports: [{port: 80}]}
`;
  const address = (name: string) => cluster.get("Service", name).status.loadBalancer?.ingress?.[0]?.ip;
  cluster.apply(`${balancer("a")}---${balancer("b")}`);
  assertEquals([address("a"), address("b")], ["172.18.255.200", undefined]);
  cluster.control.api.delete("Service", { name: "a", namespace: "default" });
  cluster.run(1);
  assertEquals(address("b"), "172.18.255.200");
});

Deno.test("pods spread over the nodes, and go where selector, name and tolerations send them", () => {
  const cluster = new LittleCluster();
  cluster.edit("Node", "node-3", ({ spec, metadata }) => {
    spec.taints = [{ key: "dedicated", value: "db", effect: "NoSchedule" }];
    metadata.labels = { ...metadata.labels, disk: "ssd" };
  });
  cluster.apply(pods(4));
  assertEquals(cluster.list("Pod").map(({ spec }) => spec.nodeName).sort(), ["node-1", "node-1", "node-2", "node-2"]);
  const tolerations = "tolerations: [{key: dedicated, operator: Exists}]";
  cluster.apply(
    pods(1).replace("web-000", "picky").replace(
      "spec:\n  \n",
      `spec:\n  nodeSelector: {disk: ssd}\n  ${tolerations}\n`,
    ),
  );
  assertEquals(cluster.get("Pod", "picky").spec.nodeName, "node-3");
});

Deno.test("a pod no node may run says why, and is placed once one may", () => {
  const cluster = new LittleCluster();
  cluster.apply(pods(1).replace("spec:\n  \n", "spec:\n  nodeSelector: {disk: ssd}\n"));
  const { status, spec } = cluster.get("Pod", "web-000");
  assertEquals([spec.nodeName, status.phase], [undefined, "Pending"]);
  assertEquals(
    status.conditions?.find(({ type }) => type === "PodScheduled")?.message,
    "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: " +
      "3 Preemption is not helpful for scheduling.",
  );
  cluster.edit("Node", "node-2", ({ metadata }) => {
    metadata.labels = { ...metadata.labels, disk: "ssd" };
  });
  assertEquals(cluster.get("Pod", "web-000").spec.nodeName, "node-2");
});
