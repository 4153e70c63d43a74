import { assertEquals } from "@std/assert";
import { type KubeObject, type Namespace, type NetworkPolicy, parseManifest, type Pod } from "../../kube/mod.ts";
import { decide, policyView } from "./mod.ts";

const CLUSTER = `
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: red}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: bank, labels: {team: blue}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {nodeName: n1, containers: [{name: c, image: x}]}, status: {podIP: 10.0.0.1}}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {nodeName: n1, containers: [{name: c, image: x, ports: [{name: sql, containerPort: 5432}]}]}
status: {podIP: 10.0.0.2}
---
{apiVersion: v1, kind: Pod, metadata: {name: spy, namespace: bank, labels: {app: web}}, spec: {nodeName: n2, containers: [{name: c, image: x}]}, status: {podIP: 10.0.1.1}}
`;

/** Whether a cluster with this policy's spec for `db` lets `FROM -> TO PROTOCOL/PORT` through. */
function allows(spec: string, attempt: string): boolean {
  const policy =
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: ${spec}\n`;
  const objects = parseManifest(`${CLUSTER}---\n${policy}`, "cluster.yaml").objects.map(({ value }) =>
    value as unknown as KubeObject
  );
  const ofKind = <T>(kind: string) => objects.filter((object) => object.kind === kind) as unknown as T[];
  const view = policyView({
    policies: ofKind<NetworkPolicy>("NetworkPolicy"),
    namespaces: ofKind<Namespace>("Namespace"),
    pods: ofKind<Pod>("Pod"),
  });
  const [from = "", , to = "", what = ""] = attempt.split(" ");
  const party = (name: string) => {
    const pod = view.pods.find((each) => each.name === name);
    return { pod, address: pod?.addresses[0] ?? name };
  };
  const [protocol, port] = what.split("/");
  return decide(view, {
    from: party(from),
    to: party(to),
    protocol: protocol as "TCP" | "UDP" | "SCTP",
    port: Number(port),
  }).allowed;
}

const DB = "podSelector: {matchLabels: {app: db}}";

for (
  const [criterion, spec, allowed, denied] of [
    ["an empty list of rules isolates", `{${DB}, ingress: []}`, ["db -> web TCP/80"], ["web -> db TCP/5432"]],
    ["one empty rule allows everything", `{${DB}, ingress: [{}]}`, ["web -> db UDP/1", "192.0.2.1 -> db TCP/1"], []],
    [
      "policyTypes left out means Ingress, and Egress where there are egress rules",
      `{${DB}, egress: [{ports: [{port: 80}]}]}`,
      ["db -> web TCP/80"],
      ["db -> web TCP/81", "web -> db TCP/80"],
    ],
    [
      "ingress rules of a policy of type Egress are ignored",
      `{${DB}, policyTypes: [Egress], ingress: [{}]}`,
      ["web -> db TCP/80"],
      ["db -> web TCP/80"],
    ],
    [
      "a pod selector alone means the policy's own namespace",
      `{${DB}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}`,
      ["web -> db TCP/1"],
      ["spy -> db TCP/1"],
    ],
    [
      "a namespace selector alone means all of its pods",
      `{${DB}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]}`,
      ["spy -> db TCP/1"],
      ["web -> db TCP/1", "192.0.2.1 -> db TCP/1"],
    ],
    [
      "both in one peer must hold, in two peers either",
      `{${DB}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}, podSelector: {matchLabels: {app: x}}}]}]}`,
      [],
      ["spy -> db TCP/1", "web -> db TCP/1"],
    ],
    [
      "NotIn holds where the label is not there",
      `{${DB}, ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [a]}]}}]}]}`,
      ["web -> db TCP/1"],
      [],
    ],
    [
      "a block leaves its exceptions out, pods' addresses too",
      `{${DB}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.1.0/24]}}]}]}`,
      ["web -> db TCP/1", "10.9.9.9 -> db TCP/1"],
      ["spy -> db TCP/1", "192.0.2.1 -> db TCP/1"],
    ],
    [
      "a port without protocol is TCP, a range has both its ends",
      `{${DB}, ingress: [{ports: [{port: 100, endPort: 200}]}]}`,
      ["web -> db TCP/100", "web -> db TCP/200"],
      ["web -> db TCP/201", "web -> db UDP/100"],
    ],
    [
      "a named port is the target's, by protocol",
      `{${DB}, ingress: [{ports: [{port: sql}]}]}`,
      ["web -> db TCP/5432"],
      ["web -> db UDP/5432", "web -> db TCP/80"],
    ],
    ["a pod reaches itself", `{${DB}, policyTypes: [Ingress, Egress]}`, ["db -> db TCP/1"], ["db -> web TCP/1"]],
  ] as const
) {
  Deno.test(`NetworkPolicy: ${criterion}`, () => {
    const found = [...allowed, ...denied].map((attempt) => `${attempt} ${allows(spec, attempt)}`);
    assertEquals(found, [...allowed.map((each) => `${each} true`), ...denied.map((each) => `${each} false`)]);
  });
}
