/** What a `DeleteOptions` body or the query says, as kube-apiserver 1.36.3 answered the same requests. */
import { assertEquals, assertMatch } from "@std/assert";
import { LittleCluster } from "../controllers/little_cluster.ts";
import type { ApiRequest } from "./types.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const CONTAINERS = [{ name: "c", image: "i" }];

/** What these tests look at of an answer. */
interface Answer {
  readonly kind: string;
  readonly status?: string;
  readonly message?: string;
  readonly details?: { readonly name: string; readonly kind: string };
  readonly spec?: { readonly replicas?: number };
  readonly metadata: {
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
  };
}

function send(cluster: LittleCluster, line: string, body?: object) {
  const [method, path = ""] = line.split(" ");
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const request = { method, path, accept: "application/json", contentType: "application/json", ...text } as ApiRequest;
  const { code, body: answer } = cluster.control.api.handle(request);
  return { ...answer as Answer, code };
}

/** A server with a ConfigMap, one that a finalizer keeps, and a pod whose node no kubelet runs. */
function filled(): LittleCluster {
  const cluster = new LittleCluster();
  send(cluster, `POST ${NAMESPACE}/configmaps`, { metadata: { name: "a" } });
  send(cluster, `POST ${NAMESPACE}/configmaps`, { metadata: { name: "f", finalizers: ["x/y"] } });
  send(cluster, `POST ${NAMESPACE}/pods`, {
    metadata: { name: "b" },
    spec: { nodeName: "n", containers: CONTAINERS },
  });
  return cluster;
}

function version(cluster: LittleCluster): string | undefined {
  return send(cluster, `GET ${NAMESPACE}/configmaps`).metadata.resourceVersion;
}

const DRY = { dryRun: ["All"] };

Deno.test("a dry run, asked for in the body or the query, says what would be answered and deletes nothing", () => {
  const cluster = filled();
  const before = version(cluster);
  for (
    const [line, body] of [[`DELETE ${NAMESPACE}/configmaps/a`, DRY], [
      `DELETE ${NAMESPACE}/configmaps/a?dryRun=All`,
    ]] as const
  ) {
    const { code, status, details } = send(cluster, line, body);
    assertEquals([code, status, details?.name, details?.kind] as unknown[], [200, "Success", "a", "configmaps"]);
  }
  const held = send(cluster, `DELETE ${NAMESPACE}/configmaps/a`, { ...DRY, propagationPolicy: "Foreground" });
  assertEquals(held.metadata.finalizers, ["foregroundDeletion"]);
  const pod = send(cluster, `DELETE ${NAMESPACE}/pods/b`, { ...DRY, gracePeriodSeconds: -1 });
  const { deletionGracePeriodSeconds, generation } = pod.metadata;
  assertEquals([deletionGracePeriodSeconds, generation], [1, 2]);
  assertEquals(send(cluster, `DELETE ${NAMESPACE}/configmaps?dryRun=All`).kind, "ConfigMapList");
  assertEquals(send(cluster, `DELETE /api/v1/namespaces/default`, DRY).code, 403);
  assertEquals(version(cluster), before);
});

Deno.test("a body is all that counts; what cannot be asked for is refused", () => {
  const cluster = filled();
  const wrong = `${NAMESPACE}/configmaps/a?dryRun=Nope&propagationPolicy=Nope`;
  assertEquals(send(cluster, `DELETE ${wrong}`, DRY).status, "Success");
  assertEquals(
    send(cluster, `DELETE ${wrong}`).message,
    'DeleteOptions.meta.k8s.io "" is invalid: [propagationPolicy: Unsupported value: "Nope": supported values: ' +
      '"Foreground", "Background", "Orphan", "nil", dryRun: Unsupported value: ["Nope"]: supported values: "All"]',
  );
  const message = (body: object) => send(cluster, `DELETE ${NAMESPACE}/configmaps/a`, body).message;
  assertEquals(
    message({ orphanDependents: true, propagationPolicy: "Orphan" }),
    'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": ' +
      "orphanDependents and deletionPropagation cannot be both set",
  );
  assertEquals(
    message({ dryRun: "All" }),
    "json: cannot unmarshal string into Go struct field DeleteOptions.dryRun of type []string",
  );
  assertEquals(
    message({ kind: "Nope", apiVersion: "v1" }),
    'no kind "Nope" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
  );
});

Deno.test("preconditions name the object as it must still be", () => {
  const cluster = filled();
  const refused = (body: object) => send(cluster, `DELETE ${NAMESPACE}/configmaps/a`, { preconditions: body }).message;
  assertMatch(
    refused({ uid: "nope" }) ?? "",
    /^Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition \(nope\) does not match the UID in record \(.{36}\)\. The object might have been deleted and then recreated$/,
  );
  assertMatch(
    refused({ resourceVersion: "1" }) ?? "",
    /^Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition \(1\) does not match the ResourceVersion in record \(\d+\)\. The object might have been modified$/,
  );
  const { uid } = send(cluster, `GET ${NAMESPACE}/configmaps/a`).metadata;
  assertEquals(send(cluster, `DELETE ${NAMESPACE}/configmaps/a`, { preconditions: { uid } }).code, 200);
});

Deno.test("an eviction as a dry run leaves the pod and the budget; of another name it is refused", () => {
  const cluster = filled();
  const evict = (more: object, name = "b") =>
    send(cluster, `POST ${NAMESPACE}/pods/b/eviction`, { metadata: { name }, ...more });
  assertEquals(evict({ deleteOptions: DRY }).status, "Success");
  assertEquals(send(cluster, `POST ${NAMESPACE}/pods/b/eviction?dryRun=All`, { metadata: { name: "b" } }).code, 201);
  assertEquals(
    send(cluster, `GET ${NAMESPACE}/pods/b`).metadata.deletionTimestamp,
    undefined,
  );
  assertEquals(evict({}, "x").message, "name in URL does not match name in Eviction object");
  assertEquals(evict({ deleteOptions: { preconditions: { uid: "nope" } } }).code, 409);
  evict({});
  assertMatch(
    send(cluster, `GET ${NAMESPACE}/pods/b`).metadata.deletionTimestamp ?? "",
    /Z$/,
  );
});

Deno.test("dry runs of status, scale and binding change nothing; a JSON patch scales", () => {
  const cluster = new LittleCluster();
  const apps = "/apis/apps/v1/namespaces/default/deployments";
  const template = { metadata: { labels: { a: "b" } }, spec: { containers: CONTAINERS } };
  const spec = { replicas: 2, selector: { matchLabels: { a: "b" } }, template };
  send(cluster, `POST ${apps}`, { metadata: { name: "d" }, spec });
  const patch = (query: string, replicas: number) =>
    cluster.control.api.handle({
      method: "PATCH",
      path: `${apps}/d/scale${query}`,
      accept: "application/json",
      contentType: "application/json-patch+json",
      body: JSON.stringify([{ op: "replace", path: "/spec/replicas", value: replicas }]),
    }).body as { spec: { replicas: number } };
  const replicas = () => send(cluster, `GET ${apps}/d`).spec?.replicas;
  assertEquals([patch("?dryRun=All", 5).spec.replicas, replicas()], [5, 2]);
  assertEquals([patch("", 3).spec.replicas, replicas()], [3, 3]);
  const put = { metadata: { name: "d" }, spec: { replicas: 9 } };
  assertEquals(send(cluster, `PUT ${apps}/d/scale?dryRun=All`, put).spec?.replicas, 9);
  assertEquals(replicas(), 3);
});
