import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Pod } from "../objects/object.ts";
import { LittleCluster } from "./little_cluster.ts";

function deployment(image: string, replicas = 3, extra = ""): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  ${extra}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: "${image}"}]}
`;
}

Deno.test("a Deployment makes a ReplicaSet, and that one pods, with names as real ones have", () => {
  const cluster = new LittleCluster();
  assertEquals(cluster.apply(deployment("nginx:1")), ["created"]);
  cluster.run(2);
  const [set] = cluster.list("ReplicaSet");
  const hash = set?.metadata.labels?.["pod-template-hash"] ?? "";
  assertMatch(hash, /^[bcdf-hj-np-tv-xz24-9]{6,10}$/);
  assertEquals(set?.metadata.name, `web-${hash}`);
  const pods = cluster.list("Pod");
  for (const { metadata } of pods) {
    assertMatch(metadata.name, new RegExp(`^web-${hash}-[bcdf-hj-np-tv-xz24-9]{5}$`));
    assertEquals(metadata.labels, { app: "web", "pod-template-hash": hash, ...zoneOf(metadata.labels) });
    assertEquals(metadata.ownerReferences?.[0]?.name, set?.metadata.name);
  }
  const { status } = cluster.get("Deployment", "web");
  assertEquals([status.replicas, status.readyReplicas, status.availableReplicas, status.updatedReplicas], [3, 3, 3, 3]);
});

function zoneOf(labels: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => key.startsWith("topology.kubernetes.io/")));
}

Deno.test("a rolling update never has more pods nor fewer ready ones than it may", () => {
  const cluster = new LittleCluster();
  cluster.apply(deployment("nginx:1", 4, "strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}"));
  cluster.run(2);
  cluster.apply(deployment("nginx:2", 4, "strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}"));
  for (let second = 0; second < 10; second++) {
    const pods = cluster.list("Pod").filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const ready = pods.filter(({ status }) =>
      status.conditions?.some(({ type, status }) => type === "Ready" && status === "True")
    );
    assert(pods.length <= 5, `${pods.length} pods`);
    assert(ready.length >= 3, `${ready.length} ready`);
    cluster.run(1);
  }
  assertEquals(cluster.list("Pod").map(({ spec }) => spec.containers[0]?.image), Array(4).fill("nginx:2"));
  assertEquals(cluster.list("ReplicaSet").map(({ spec }) => spec.replicas).sort(), [0, 4]);
  assertEquals(cluster.get("Deployment", "web").metadata.annotations?.["deployment.kubernetes.io/revision"], "2");
});

Deno.test("going back to an old template takes up its ReplicaSet again", () => {
  const cluster = new LittleCluster();
  cluster.apply(deployment("nginx:1", 1));
  cluster.run(2);
  const [first] = cluster.names("Pod").map((name) => name.slice(0, -6));
  for (const image of ["nginx:2", "nginx:1"]) {
    cluster.apply(deployment(image, 1));
    cluster.run(4);
  }
  assertEquals(cluster.names("Pod").map((name) => name.slice(0, -6)), [first]);
  assertEquals(cluster.get("ReplicaSet", first ?? "").metadata.annotations?.["deployment.kubernetes.io/revision"], "3");
});

Deno.test("Recreate ends every old pod before it starts a new one", () => {
  const cluster = new LittleCluster();
  cluster.apply(deployment("nginx:1", 2, "strategy: {type: Recreate}"));
  cluster.run(2);
  cluster.apply(deployment("nginx:2", 2, "strategy: {type: Recreate}"));
  assertEquals(cluster.list("Pod").every(({ metadata }) => metadata.deletionTimestamp !== undefined), true);
  cluster.run(3);
  assertEquals(cluster.list("Pod").map(({ spec }) => spec.containers[0]?.image), ["nginx:2", "nginx:2"]);
});

Deno.test("fewer replicas take away the pods worth least: those not ready first", () => {
  const cluster = new LittleCluster();
  cluster.apply(deployment("nginx:1", 3));
  cluster.run(2);
  const [sick] = cluster.list("Pod") as [Pod, ...Pod[]];
  cluster.setReady(sick, false);
  cluster.edit("Deployment", "web", ({ spec }) => {
    spec.replicas = 2;
  });
  cluster.run(2);
  assertEquals(cluster.names("Pod").includes(sick.metadata.name), false);
  assertEquals(cluster.names("Pod").length, 2);
});

const STORE = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  serviceName: store
  replicas: 3
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec: {containers: [{name: c, image: redis}]}
`;

Deno.test("a StatefulSet starts its pods one after the other, with names and host names that stay", () => {
  const cluster = new LittleCluster();
  cluster.apply(STORE);
  assertEquals(cluster.names("Pod"), ["store-0"]);
  cluster.run(1);
  assertEquals(cluster.names("Pod"), ["store-0", "store-1"]);
  cluster.run(2);
  assertEquals(cluster.names("Pod"), ["store-0", "store-1", "store-2"]);
  const { spec, metadata } = cluster.get("Pod", "store-1");
  assertEquals([spec.hostname, spec.subdomain], ["store-1", "store"]);
  assertEquals(metadata.labels?.["apps.kubernetes.io/pod-index"], "1");
  const { uid } = metadata;
  cluster.control.api.delete("Pod", { name: "store-1", namespace: "default" });
  cluster.run(3);
  assertEquals(cluster.get("Pod", "store-1").metadata.uid === uid, false);
});

Deno.test("a StatefulSet shrinks from the highest ordinal", () => {
  const cluster = new LittleCluster();
  cluster.apply(STORE);
  cluster.run(4);
  cluster.edit("StatefulSet", "store", ({ spec }) => {
    spec.replicas = 1;
  });
  const ending = cluster.list("Pod").filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  assertEquals(ending.map(({ metadata }) => metadata.name), ["store-2"]);
  cluster.run(4);
  assertEquals(cluster.names("Pod"), ["store-0"]);
});

Deno.test("a DaemonSet has one pod on every node that takes it, also on one that comes later", () => {
  const cluster = new LittleCluster();
  cluster.edit("Node", "node-2", ({ spec }) => {
    spec.taints = [{ key: "dedicated", value: "db", effect: "NoSchedule" }];
  });
  cluster.apply(`
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: c, image: agent}]}
`);
  const nodes = () => cluster.list("Pod").map(({ spec }) => spec.nodeName).sort();
  cluster.run(2);
  assertEquals(nodes(), ["node-1", "node-3"]);
  cluster.edit("Node", "node-2", ({ spec }) => {
    delete spec.taints;
  });
  cluster.run(2);
  assertEquals(nodes(), ["node-1", "node-2", "node-3"]);
  assertEquals(cluster.get("DaemonSet", "agent").status.numberReady, 3);
});

Deno.test("a Job is complete when its pod succeeded", () => {
  const cluster = new LittleCluster();
  cluster.apply(`
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}
`);
  cluster.run(2);
  const [pod] = cluster.list("Pod");
  assertEquals(cluster.get("Job", "once").status.active, 1);
  cluster.control.api.changeStatus("Pod", { name: pod?.metadata.name ?? "", namespace: "default" }, ({ status }) => {
    status.phase = "Succeeded";
  });
  cluster.run(1);
  const { status } = cluster.get("Job", "once");
  assertEquals([status.succeeded, status.conditions?.map(({ type }) => type).at(-1)], [1, "Complete"]);
});

Deno.test("deleting an owner takes what it owns with it, unless it is orphaned", () => {
  const cluster = new LittleCluster();
  cluster.apply(deployment("nginx:1", 2));
  cluster.run(2);
  cluster.control.api.delete("Deployment", { name: "web", namespace: "default" }, { propagationPolicy: "Orphan" });
  cluster.run(3);
  assertEquals([cluster.names("ReplicaSet").length, cluster.names("Pod").length], [1, 2]);
  cluster.control.api.delete("ReplicaSet", { name: cluster.names("ReplicaSet")[0] ?? "", namespace: "default" });
  cluster.run(3);
  assertEquals([cluster.names("ReplicaSet").length, cluster.names("Pod").length], [0, 0]);
});

Deno.test("deleting in the foreground keeps the owner until everything it blocks on is gone", () => {
  const cluster = new LittleCluster();
  cluster.apply(deployment("nginx:1", 2));
  cluster.run(2);
  cluster.control.api.delete("Deployment", { name: "web", namespace: "default" }, { propagationPolicy: "Foreground" });
  cluster.control.settle();
  assertEquals(cluster.get("Deployment", "web").metadata.finalizers, ["foregroundDeletion"]);
  cluster.run(4);
  assertEquals([cluster.names("Deployment"), cluster.names("ReplicaSet"), cluster.names("Pod")], [[], [], []]);
});
