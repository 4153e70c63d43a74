import { assertEquals } from "@std/assert";
import type { Status } from "../api/types.ts";
import { LittleCluster } from "./little_cluster.ts";

const web = (budget: string) =>
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: nginx}]}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {${budget}, selector: {matchLabels: {app: web}}}
`;

function ready(budget: string): LittleCluster {
  const cluster = new LittleCluster();
  cluster.apply(web(budget));
  cluster.run(5);
  return cluster;
}

function evict(cluster: LittleCluster): { code: number; message: string | undefined } {
  const pod = cluster.list("Pod").find(({ metadata }) => metadata.deletionTimestamp === undefined)?.metadata.name;
  const path = `/api/v1/namespaces/default/pods/${pod}/eviction`;
  const body = JSON.stringify({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod } });
  const { code, body: said } = cluster.control.api.handle({ method: "POST", path, body });
  return { code, message: (said as Status).details?.causes?.[0]?.message };
}

Deno.test("a budget counts its pods: minAvailable and maxUnavailable, in numbers and percent", () => {
  const counts = (budget: string) => {
    const { status } = ready(budget).get("PodDisruptionBudget", "web");
    return [status.expectedPods, status.currentHealthy, status.desiredHealthy, status.disruptionsAllowed];
  };
  assertEquals(counts("minAvailable: 3"), [4, 4, 3, 1]);
  assertEquals(counts('minAvailable: "50%"'), [4, 4, 2, 2]);
  assertEquals(counts("maxUnavailable: 1"), [4, 4, 3, 1]);
  assertEquals(counts('maxUnavailable: "30%"'), [4, 4, 2, 2]);
  assertEquals(counts("minAvailable: 5"), [4, 4, 5, 0]);
});

Deno.test("evictions go as far as the budget, then 429 until new pods are ready", () => {
  const cluster = ready("minAvailable: 3");
  assertEquals(evict(cluster), { code: 201, message: undefined });
  assertEquals(evict(cluster), {
    code: 429,
    message: "The disruption budget web needs 3 healthy pods and has 4 currently",
  });
  cluster.control.settle();
  assertEquals(evict(cluster), {
    code: 429,
    message: "The disruption budget web needs 3 healthy pods and has 3 currently",
  });
  cluster.run(5);
  assertEquals(evict(cluster).code, 201);
});
