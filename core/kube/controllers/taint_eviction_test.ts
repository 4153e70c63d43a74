import { assertEquals } from "@std/assert";
import { LittleCluster } from "./little_cluster.ts";

const pod = (name: string, tolerations = "") =>
  `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec: {nodeName: node-1, ${tolerations} containers: [{name: c, image: nginx}]}
`;

Deno.test("a NoExecute taint drives out whom it does not suit: now, after a while, or never", () => {
  const cluster = new LittleCluster();
  const tolerate = (seconds: string) => `tolerations: [{key: gpu, operator: Exists, effect: NoExecute${seconds}}],`;
  cluster.apply(
    [pod("strict"), pod("patient", tolerate(", tolerationSeconds: 30")), pod("loyal", tolerate(""))].join("---\n"),
  );
  cluster.run(3);
  cluster.edit("Node", "node-1", ({ spec }) => {
    spec.taints = [{
      key: "gpu",
      value: "no",
      effect: "NoExecute",
      timeAdded: new Date(cluster.clock.now()).toISOString().replace(/\.\d+/, ""),
    }];
  });
  cluster.run(3);
  assertEquals(cluster.names("Pod"), ["loyal", "patient"]);
  cluster.run(30);
  assertEquals(cluster.names("Pod"), ["loyal"]);
  assertEquals(cluster.list("Event").filter(({ reason }) => reason === "TaintManagerEviction").length, 2);
});
