import { assertEquals } from "@std/assert";
import { Random, VirtualClock } from "../base/mod.ts";
import { ControlPlane } from "./control_plane.ts";
import { LittleCluster } from "./controllers/little_cluster.ts";
import { parseManifest } from "./manifest.ts";
import type { KubeObject } from "./objects/object.ts";

const BOUTIQUE = "/work/shared/data/online-boutique/kubernetes-manifests.yaml";

/** The manifests of a real shop where they are on this machine, a small Deployment with its Service elsewhere. */
function shop(): string {
  try {
    return Deno.readTextFileSync(BOUTIQUE);
  } catch {
    return SMALL;
  }
}

const SMALL = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, resources: {requests: {cpu: 0.1, memory: 1024Mi}}}]}
`;

function everything({ control }: LittleCluster): KubeObject[] {
  return control.store.kinds().sort().flatMap((kind) => control.store.list(kind));
}

Deno.test("applying the same file twice changes nothing", () => {
  for (const text of [SMALL, shop()]) {
    const cluster = new LittleCluster({ coredns: true });
    const first = cluster.apply(text);
    cluster.run(3);
    const [before, version] = [everything(cluster), cluster.control.store.version];
    assertEquals(cluster.apply(text), first.map(() => "unchanged"));
    cluster.run(1);
    assertEquals(cluster.control.store.version, version);
    assertEquals(everything(cluster), before);
  }
});

Deno.test("the same objects and the same seed give the same cluster, down to names and uids", () => {
  const built = () => {
    const cluster = new LittleCluster({ coredns: true });
    cluster.apply(shop());
    cluster.run(3);
    return everything(cluster);
  };
  assertEquals(built(), built());
});

Deno.test("every pod of a shop runs, and every Service that selects some has them in its slice", () => {
  const cluster = new LittleCluster({ coredns: true });
  cluster.apply(shop());
  cluster.run(3);
  assertEquals(cluster.list("Pod").filter(({ status }) => status.phase !== "Running"), []);
  const empty = cluster.list("EndpointSlice").filter(({ endpoints }) => (endpoints ?? []).length === 0);
  assertEquals(empty.map(({ metadata }) => metadata.name), []);
});

Deno.test("a new cluster has what kubeadm makes: namespaces, the API's Service, DNS, its nodes", () => {
  const cluster = new LittleCluster({ coredns: true });
  const { store } = cluster.control;
  assertEquals(store.list("Namespace").map(({ metadata }) => metadata.name), [
    "default",
    "kube-node-lease",
    "kube-public",
    "kube-system",
  ]);
  assertEquals(cluster.get("Service", "kubernetes").spec.clusterIP, "10.96.0.1");
  assertEquals(
    cluster.get("EndpointSlice", "kubernetes").endpoints?.map(({ addresses }) => addresses),
    [["192.168.1.11"]],
  );
  const dns = cluster.get("Service", "kube-dns", "kube-system").spec;
  assertEquals([dns.clusterIP, dns.ports?.map(({ name, port, protocol }) => `${name} ${port}/${protocol}`)], [
    "10.96.0.10",
    ["dns 53/UDP", "dns-tcp 53/TCP", "metrics 9153/TCP"],
  ]);
  assertEquals(cluster.get("Deployment", "coredns", "kube-system").spec.replicas, 2);
  const node = cluster.get("Node", "node-1");
  assertEquals(node.metadata.labels, {
    "beta.kubernetes.io/arch": "amd64",
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/hostname": "node-1",
    "kubernetes.io/os": "linux",
    "node-role.kubernetes.io/control-plane": "",
    "topology.kubernetes.io/zone": "zone-1",
  });
  assertEquals(node.spec.taints, undefined);
});

Deno.test("a cluster on the store of another goes on where that one was", () => {
  const cluster = new LittleCluster();
  cluster.apply(SMALL);
  cluster.run(2);
  const fork = new ControlPlane({
    clock: new VirtualClock(cluster.clock.now()),
    random: new Random(2),
    nodes: [],
    store: cluster.control.store.fork(),
  });
  const objects = parseManifest(SMALL, "small.yaml").objects.map(({ value }) => value);
  assertEquals(fork.apply(objects).map(({ outcome }) => outcome), ["unchanged", "unchanged"]);
  fork.api.delete("Deployment", { name: "web", namespace: "default" });
  fork.settle();
  assertEquals([fork.store.list("Deployment").length, cluster.names("Deployment")], [0, ["web"]]);
});
