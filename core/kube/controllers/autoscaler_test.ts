import { assertEquals } from "@std/assert";
import type { Metrics } from "../api/metrics.ts";
import { LittleCluster } from "./little_cluster.ts";

/** Every pod uses as many thousandths of a core. */
class Load implements Metrics {
  cpu = 0;
  pod() {
    return new Map([["c", { cpu: this.cpu, memory: 64 * 2 ** 20 }]]);
  }
  node() {
    return { cpu: this.cpu, memory: 0 };
  }
}

const web = (request = "100m") =>
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx${request && `, resources: {requests: {cpu: ${request}}}`}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: default}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
`;

function cluster(text: string): { readonly little: LittleCluster; readonly load: Load; replicas(): number } {
  const load = new Load();
  const little = new LittleCluster({ metrics: load });
  load.cpu = 50;
  little.apply(text);
  little.run(20);
  return { little, load, replicas: () => little.get("Deployment", "web").spec.replicas as number };
}

function condition(little: LittleCluster, type: string): string {
  const { status } = little.get("HorizontalPodAutoscaler", "web");
  const found = status?.conditions?.find((one) => one.type === type);
  return `${found?.status} ${found?.reason}`;
}

Deno.test("pods that use what they should stay as many; a tenth more or less changes nothing", () => {
  const { little, load, replicas } = cluster(web());
  for (const cpu of [50, 54, 46]) {
    load.cpu = cpu;
    little.run(20);
    assertEquals(replicas(), 2);
  }
  assertEquals(condition(little, "AbleToScale"), "True ReadyForNewScale");
});

Deno.test("three times the load: three times the pods, no faster than four more or twice as many in 15 s, up to the largest count", () => {
  const { little, load, replicas } = cluster(web());
  load.cpu = 150;
  little.run(15);
  assertEquals(replicas(), 6);
  load.cpu = 500;
  little.run(30);
  assertEquals(replicas(), 10);
  assertEquals(condition(little, "ScalingLimited"), "True TooManyReplicas");
  const said = little.list("Event").filter(({ reason }) => reason === "SuccessfulRescale").map(({ message }) =>
    message
  );
  assertEquals(said[0], "New size: 6; reason: cpu resource utilization (percentage of request) above target");
});

Deno.test("less load takes pods away only after five minutes without a higher wish, down to the smallest count", () => {
  const { little, load, replicas } = cluster(web());
  load.cpu = 100;
  little.run(40);
  const most = replicas();
  load.cpu = 1;
  little.run(240);
  assertEquals(replicas(), most);
  assertEquals(condition(little, "AbleToScale"), "True ScaleDownStabilized");
  little.run(120);
  assertEquals(replicas(), 2);
  assertEquals(condition(little, "ScalingLimited"), "True TooFewReplicas");
});

Deno.test("without a request there is no percentage: the reason is an event and a condition, and nothing changes", () => {
  const { little, replicas } = cluster(web(""));
  little.run(20);
  assertEquals([replicas(), condition(little, "ScalingActive")], [2, "False FailedGetResourceMetric"]);
  const said = little.list("Event").filter(({ reason }) => reason === "FailedGetResourceMetric");
  const pods = little.names("Pod").map((name) => `missing request for cpu in container c of Pod ${name}`);
  assertEquals(
    said.some(({ message }) => pods.some((words) => message === `failed to get cpu utilization: ${words}`)),
    true,
  );
});

Deno.test("a workload that is not there, and one with no pods wanted, are said to be so", () => {
  const { little } = cluster(web());
  little.edit("Deployment", "web", ({ spec }) => void (spec.replicas = 0));
  little.run(20);
  assertEquals(condition(little, "ScalingActive"), "False ScalingDisabled");
  little.control.api.delete("Deployment", { name: "web", namespace: "default" });
  little.run(20);
  assertEquals(condition(little, "AbleToScale"), "False FailedGetScale");
});

Deno.test("metrics.k8s.io answers where somebody measures, and only there", () => {
  const { little } = cluster(web());
  const path = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods?labelSelector=app%3Dweb";
  const { body } = little.control.api.handle({ method: "GET", path });
  const { kind, items } = body as { kind: string; items: { containers: object[] }[] };
  assertEquals([kind, items.length, items[0]?.containers], [
    "PodMetricsList",
    2,
    [{ name: "c", usage: { cpu: "50000000n", memory: "65536Ki" } }],
  ]);
  assertEquals(new LittleCluster().control.api.handle({ method: "GET", path }).code, 404);
});

Deno.test("an autoscaler that cannot be meant is refused", () => {
  const { api } = new LittleCluster().control;
  const said = (spec: object) => {
    const body = { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", metadata: { name: "h" }, spec };
    const path = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
    const answer = api.handle({ method: "POST", path, body: JSON.stringify(body), contentType: "application/json" });
    return (answer.body as { message?: string }).message;
  };
  const target = { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" } };
  const words = 'HorizontalPodAutoscaler.autoscaling "h" is invalid: ';
  assertEquals(
    said({ ...target, maxReplicas: 0 }),
    `${words}[spec.maxReplicas: Invalid value: 0: must be greater than 0, ` +
      "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`]",
  );
  assertEquals(
    said({ ...target, minReplicas: 3, maxReplicas: 2 }),
    `${words}spec.maxReplicas: Invalid value: 2: must be greater than or equal to \`minReplicas\``,
  );
  assertEquals(
    said({ ...target, maxReplicas: 2, metrics: [{ type: "Resource" }] }),
    `${words}spec.metrics[0].resource: Required value: must populate information for the given metric source`,
  );
  assertEquals(
    said({
      ...target,
      maxReplicas: 2,
      behavior: { scaleUp: { policies: [{ type: "Pods", value: 0, periodSeconds: 15 }] } },
    }),
    `${words}spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero`,
  );
  assertEquals(
    said({ ...target, maxReplicas: "x" }),
    'HorizontalPodAutoscaler in version "v2" cannot be handled as a HorizontalPodAutoscaler: json: cannot unmarshal string into Go struct field HorizontalPodAutoscalerSpec.spec.maxReplicas of type int32',
  );
});
