import { assertEquals, assertMatch } from "@std/assert";
import type { ControlPlane } from "../control_plane.ts";
import type { Draft } from "../objects/object.ts";
import { LittleCluster } from "./little_cluster.ts";

/** Three nodes, each in a zone of its own, with four processors each. */
function cluster(): ControlPlane {
  const { control } = new LittleCluster();
  for (const name of ["node-1", "node-2", "node-3"]) {
    control.api.changeStatus("Node", { name }, ({ status }) => {
      status.allocatable = { ...status.allocatable, cpu: "4" };
    });
  }
  return control;
}

function pod(name: string, spec: object): Draft {
  const labels = { app: name.replace(/-\d+$/, "") };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels },
    spec: { containers: [{ name: "c", image: "c" }], ...spec },
  } as Draft;
}

function place(plane: ControlPlane, drafts: readonly Draft[]): (string | undefined)[] {
  plane.apply(drafts);
  plane.settle();
  return drafts.map(({ metadata }) => plane.store.get("Pod", metadata.name as string, "default")?.spec.nodeName);
}

function refusal(plane: ControlPlane, name: string): string {
  const { conditions = [] } = plane.store.get("Pod", name, "default")?.status ?? {};
  return conditions.find(({ type }) => type === "PodScheduled")?.message ?? "";
}

const asking = (cpu: string) => ({ containers: [{ name: "c", image: "c", resources: { requests: { cpu } } }] });

Deno.test("a pod that asks for more than any node has left waits, and goes where room comes up", () => {
  const plane = cluster();
  const big = ["big-1", "big-2", "big-3"].map((name) => pod(name, asking("3")));
  assertEquals(new Set(place(plane, big)), new Set(["node-1", "node-2", "node-3"]));
  assertEquals(place(plane, [pod("late", asking("1500m"))]), [undefined]);
  assertMatch(refusal(plane, "late"), /^0\/3 nodes are available: 3 Insufficient cpu\. preemption: /);
  plane.api.delete("Pod", { name: "big-2", namespace: "default" }, { gracePeriodSeconds: 0 });
  plane.settle();
  const [freed] = ["node-1", "node-2", "node-3"].filter((node) =>
    !["big-1", "big-3"].some((name) => plane.store.get("Pod", name, "default")?.spec.nodeName === node)
  );
  assertEquals(plane.store.get("Pod", "late", "default")?.spec.nodeName, freed);
});

Deno.test("a host port is given once on each node", () => {
  const plane = cluster();
  const ports = { containers: [{ name: "c", image: "c", ports: [{ containerPort: 80, hostPort: 80 }] }] };
  const nodes = place(plane, [1, 2, 3, 4].map((n) => pod(`port-${n}`, ports)));
  assertEquals(new Set(nodes), new Set(["node-1", "node-2", "node-3", undefined]));
  assertMatch(refusal(plane, "port-4"), /3 node\(s\) didn't have free ports for the requested pod ports/);
});

Deno.test("topology spread keeps zones even; a skew too large waits", () => {
  const plane = cluster();
  const spread = {
    topologySpreadConstraints: [{
      maxSkew: 1,
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { app: "web" } },
    }],
  };
  const nodes = place(plane, [1, 2, 3].map((n) => pod(`web-${n}`, spread)));
  assertEquals(new Set(nodes), new Set(["node-1", "node-2", "node-3"]));
  const only = { ...spread, nodeSelector: { "topology.kubernetes.io/zone": "zone-2" } };
  assertEquals(place(plane, [pod("web-4", only), pod("web-5", only)]), ["node-2", undefined]);
  assertMatch(refusal(plane, "web-5"), /1 node\(s\) didn't match pod topology spread constraints/);
});

Deno.test("anti-affinity keeps pods apart, affinity together, and the first of its kind may stand anywhere", () => {
  const plane = cluster();
  const term = (app: string) => ({ topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app } } });
  const apart = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term("solo")] } } };
  const nodes = place(plane, [1, 2, 3, 4].map((n) => pod(`solo-${n}`, apart)));
  assertEquals(new Set(nodes), new Set(["node-1", "node-2", "node-3", undefined]));
  const together = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term("pair")] } } };
  const [one, two] = place(plane, [pod("pair-1", together), pod("pair-2", together)]);
  assertEquals([one === undefined, one], [false, two]);
});

const wish = (key: string, values: string[], weight: number) => ({
  weight,
  preference: { matchExpressions: [{ key, operator: "In", values }] },
});
const ZONE = "topology.kubernetes.io/zone";

Deno.test("preferred node affinity draws pods to the nodes with the most weight, and keeps them from none", () => {
  const nodeAffinity = {
    preferredDuringSchedulingIgnoredDuringExecution: [wish(ZONE, ["zone-2"], 10), wish(ZONE, ["zone-3"], 60)],
  };
  const plane = cluster();
  const spec = { ...asking("3"), affinity: { nodeAffinity } };
  assertEquals(place(plane, [pod("a-1", spec), pod("a-2", spec), pod("a-3", spec)]), ["node-3", "node-2", "node-1"]);
});

Deno.test("preferred affinity between pods: together where one may, apart where one can", () => {
  const plane = cluster();
  const term = (weight: number) => ({
    preferredDuringSchedulingIgnoredDuringExecution: [{
      weight,
      podAffinityTerm: { topologyKey: ZONE, labelSelector: { matchLabels: { app: "db" } } },
    }],
  });
  place(plane, [pod("db-1", { nodeName: "node-2" })]);
  assertEquals(place(plane, [pod("web-1", { affinity: { podAffinity: term(5) } })]), ["node-2"]);
  const apart = pod("db-2", { affinity: { podAntiAffinity: term(5) } });
  const third = pod("db-3", { affinity: { podAntiAffinity: term(5) } });
  const fourth = pod("db-4", { affinity: { podAntiAffinity: term(5) } });
  assertEquals(place(plane, [apart, third]).toSorted(), ["node-1", "node-3"]);
  assertMatch(place(plane, [fourth])[0] ?? "", /^node-[123]$/);
});

Deno.test("ScheduleAnyway spreads over zones as long as it can, and goes on where it cannot", () => {
  const plane = cluster();
  const topologySpreadConstraints = [{
    maxSkew: 1,
    topologyKey: ZONE,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: { app: "s" } },
  }];
  place(plane, [pod("s-1", { nodeName: "node-1" }), pod("s-2", { nodeName: "node-2" })]);
  place(plane, ["x-1", "x-2", "x-3"].map((name) => pod(name, { nodeName: "node-3" })));
  assertEquals(place(plane, [pod("s-3", { topologySpreadConstraints })]), ["node-3"]);
});

Deno.test("a node that is disliked (PreferNoSchedule) is taken last", () => {
  const plane = cluster();
  const node = structuredClone(plane.store.get("Node", "node-1"));
  if (node === undefined) throw new Error("no node-1");
  node.spec.taints = [{ key: "slow", effect: "PreferNoSchedule" }];
  plane.api.update(node);
  const spec = asking("3");
  assertEquals(place(plane, [pod("a-1", spec), pod("a-2", spec), pod("a-3", spec)]), ["node-2", "node-3", "node-1"]);
});
