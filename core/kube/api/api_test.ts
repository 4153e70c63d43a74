import { assertEquals, assertMatch } from "@std/assert";
import { LittleCluster } from "../controllers/little_cluster.ts";
import type { ApiRequest } from "./types.ts";

function send(cluster: LittleCluster, line: string, body?: unknown, contentType = "application/json") {
  const [method, path = ""] = line.split(" ");
  const text = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const request = { method, path, accept: "application/json", contentType, ...text } as ApiRequest;
  const { code, body: answer, warnings } = cluster.control.api.handle(request);
  return { code, body: answer as Record<string, never> & { message?: string }, warnings };
}

const MAPS = "/api/v1/namespaces/default/configmaps";

function map(name: string, data: Record<string, string> = {}, more: object = {}) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...more }, data };
}

Deno.test("an object is created, read, replaced and deleted over its path", () => {
  const cluster = new LittleCluster();
  const made = send(cluster, `POST ${MAPS}`, map("a", { x: "1" }));
  assertEquals(made.code, 201);
  assertEquals(send(cluster, `POST ${MAPS}`, map("a")).body.message, 'configmaps "a" already exists');
  assertEquals(send(cluster, `PUT ${MAPS}/a`, map("a", { x: "2" })).code, 200);
  assertEquals(send(cluster, `GET ${MAPS}/a`).body.data, { x: "2" });
  assertEquals(send(cluster, `DELETE ${MAPS}/a`).body.status, "Success");
  assertEquals(send(cluster, `GET ${MAPS}/a`).body.message, 'configmaps "a" not found');
});

Deno.test("a replacement made from an old version is refused", () => {
  const cluster = new LittleCluster();
  const { body: first } = send(cluster, `POST ${MAPS}`, map("a", { x: "1" }));
  send(cluster, `PUT ${MAPS}/a`, map("a", { x: "2" }));
  const late = send(cluster, `PUT ${MAPS}/a`, first);
  assertEquals(late.code, 409);
  assertEquals(
    late.body.message,
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the ' +
      "latest version and try again",
  );
});

Deno.test("a change that changes nothing leaves the version alone", () => {
  const cluster = new LittleCluster();
  const { body: first } = send(cluster, `POST ${MAPS}`, map("a", { x: "1" }));
  const { body: second } = send(cluster, `PATCH ${MAPS}/a`, { data: { x: "1" } }, "application/merge-patch+json");
  assertEquals(second, first);
});

Deno.test("generation counts changes of the spec only", () => {
  const cluster = new LittleCluster();
  cluster.apply(`
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}}
`);
  const path = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies/deny";
  send(cluster, `PATCH ${path}`, { metadata: { labels: { a: "b" } } }, "application/merge-patch+json");
  assertEquals(cluster.get("NetworkPolicy", "deny").metadata.generation, 1);
  send(cluster, `PATCH ${path}`, { spec: { policyTypes: ["Egress"] } }, "application/merge-patch+json");
  assertEquals(cluster.get("NetworkPolicy", "deny").metadata.generation, 2);
});

Deno.test("lists select by labels and fields and come in pages", () => {
  const cluster = new LittleCluster();
  for (const name of ["a", "b", "c"]) {
    send(cluster, `POST ${MAPS}`, map(name, {}, { labels: { first: String(name === "a") } }));
  }
  const names = (query: string) => {
    const { body } = send(cluster, `GET ${MAPS}?${query}`);
    return (body.items as unknown as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
  };
  assertEquals(names("labelSelector=first%3Dfalse"), ["b", "c"]);
  assertEquals(names("fieldSelector=metadata.name%3Db"), ["b"]);
  assertEquals(names("limit=500").length >= 3, true);
  assertMatch(
    send(cluster, `GET ${MAPS}?fieldSelector=data.x%3D1`).body.message ?? "",
    /^"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"$/,
  );
});

Deno.test("a watch is told of what comes into its selection, changes in it and leaves it", () => {
  const cluster = new LittleCluster();
  const told: string[] = [];
  const path = `${MAPS}?watch=true&labelSelector=on`;
  cluster.control.api.watch({ method: "GET", path }, ({ type, object }) => {
    told.push(`${type} ${(object as { metadata: { name: string } }).metadata.name}`);
  });
  send(cluster, `POST ${MAPS}`, map("a"));
  send(cluster, `PATCH ${MAPS}/a`, { metadata: { labels: { on: "1" } } }, "application/merge-patch+json");
  send(cluster, `PATCH ${MAPS}/a`, { data: { x: "1" } }, "application/merge-patch+json");
  send(cluster, `PATCH ${MAPS}/a`, { metadata: { labels: { on: null } } }, "application/merge-patch+json");
  send(cluster, `DELETE ${MAPS}/a`);
  assertEquals(told, ["ADDED a", "MODIFIED a", "DELETED a"]);
});

Deno.test("a watch from a version the store forgot is told so", () => {
  const cluster = new LittleCluster();
  for (let i = 0; i < 21_000; i++) cluster.control.store.put(cluster.get("Namespace", "default"));
  const { code, body } = send(cluster, `GET ${MAPS}?watch=true&resourceVersion=3`);
  assertEquals(code, 200);
  const [event] = body as unknown as { type: string; object: { code: number; reason: string } }[];
  assertEquals([event?.type, event?.object.code, event?.object.reason], ["ERROR", 410, "Expired"]);
});

Deno.test("an object with finalizers stays, marked, until the last is taken off", () => {
  const cluster = new LittleCluster();
  send(cluster, `POST ${MAPS}`, map("a", {}, { finalizers: ["example.org/keep"] }));
  send(cluster, `DELETE ${MAPS}/a`);
  assertEquals(cluster.get("ConfigMap", "a").metadata.deletionTimestamp, "2026-11-21T09:30:00Z");
  send(cluster, `PATCH ${MAPS}/a`, { metadata: { finalizers: null } }, "application/merge-patch+json");
  assertEquals(cluster.names("ConfigMap").includes("a"), false);
});

Deno.test("a bound pod ends in its grace period, one without node at once", () => {
  const cluster = new LittleCluster();
  const pod = (name: string, more = "") => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec: {${more} terminationGracePeriodSeconds: 5, containers: [{name: c, image: nginx}]}
`;
  cluster.apply(`${pod("bound")}---${pod("loose", "schedulerName: nobody,")}`);
  cluster.run(2);
  for (const name of ["bound", "loose"]) send(cluster, `DELETE /api/v1/namespaces/default/pods/${name}`);
  const { deletionTimestamp, deletionGracePeriodSeconds } = cluster.get("Pod", "bound").metadata;
  assertEquals([deletionTimestamp, deletionGracePeriodSeconds], ["2026-11-21T09:30:07Z", 5]);
  assertEquals(cluster.names("Pod"), ["bound"]);
  cluster.run(1);
  assertEquals(cluster.names("Pod"), []);
});

Deno.test("a namespace goes with everything in it, and takes nothing new meanwhile", () => {
  const cluster = new LittleCluster();
  cluster.apply(`
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop, finalizers: [example.org/keep]}
`);
  send(cluster, "DELETE /api/v1/namespaces/shop");
  cluster.control.settle();
  assertEquals(cluster.get("Namespace", "shop").status?.phase, "Terminating");
  assertEquals(
    send(cluster, "POST /api/v1/namespaces/shop/configmaps", map("b")).body.message,
    'configmaps "b" is forbidden: unable to create new content in namespace shop because it is being terminated',
  );
  send(
    cluster,
    "PATCH /api/v1/namespaces/shop/configmaps/a",
    { metadata: { finalizers: null } },
    "application/merge-patch+json",
  );
  cluster.run(10);
  assertEquals(cluster.control.store.get("Namespace", "shop"), undefined);
});

Deno.test("an unknown field is refused in strict mode, warned of by default, and dropped", () => {
  const cluster = new LittleCluster();
  const body = { ...map("a"), datta: {} };
  const strict = send(cluster, `POST ${MAPS}?fieldValidation=Strict`, body);
  assertEquals([strict.code, strict.body.message], [
    400,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datta"',
  ]);
  const warned = send(cluster, `POST ${MAPS}`, body);
  assertEquals([warned.code, warned.warnings, "datta" in warned.body], [201, ['unknown field "datta"'], false]);
});

Deno.test("a CustomResourceDefinition makes a kind that is served, listed and kept without effect", () => {
  const cluster = new LittleCluster();
  assertEquals(
    cluster.apply(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: queues.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: queues, singular: queue, kind: Queue, shortNames: [q]}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
---
apiVersion: example.org/v1
kind: Queue
metadata: {name: mail}
spec: {depth: 3}
`),
    ["created", "created"],
  );
  const { body } = send(cluster, "GET /apis/example.org/v1/namespaces/default/queues/mail");
  assertEquals(body.spec, { depth: 3 });
  assertEquals(cluster.control.isKept("example.org/v1", "Queue"), true);
  assertEquals(cluster.control.isKept("v1", "Service"), false);
});
