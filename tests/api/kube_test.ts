/** The Kubernetes API of a lab over HTTP, as clients meet it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createApp } from "../../http/mod.ts";
import { defaultHost, Lab } from "../../mod.ts";

const BASE = "/v1/labs/lab-1/kube";
const WEB = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: nginx}]}
`;

/** The fields of an object that are looked at. */
interface Fields {
  readonly kind?: string;
  readonly metadata: { readonly name?: string; readonly annotations?: Record<string, string> };
  readonly data?: { readonly x?: string };
  readonly status?: { readonly availableReplicas?: number };
  readonly columnDefinitions?: unknown;
}

type App = ReturnType<typeof createApp>;

async function withLab(run: (app: App) => Promise<void>, files: readonly string[] = [WEB]): Promise<void> {
  const app = createApp(defaultHost());
  const made = await send(app, "POST", "/v1/labs", { files, nodes: 2 });
  assertEquals(made.status, 201);
  await made.text();
  try {
    await run(app);
  } finally {
    await app.request("/v1/labs/lab-1", { method: "DELETE" });
  }
}

async function send(app: App, method: string, path: string, body?: unknown, headers = {}): Promise<Response> {
  return await app.request(path, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function json(app: App, path: string, headers = {}): Promise<Fields> {
  return await (await app.request(BASE + path, { headers })).json();
}

/** The lines of a watch, one after the other. */
async function* eventsOf(response: Response): AsyncGenerator<{ type: string; object: Fields }> {
  let rest = "";
  for await (
    const text of (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(new TextDecoderStream())
  ) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() as string;
    for (const line of lines) yield JSON.parse(line);
  }
}

Deno.test("kubeconfig names the cluster's address under the server's own", () =>
  withLab(async (app) => {
    const text = await (await app.request("http://127.0.0.1:8080/v1/labs/lab-1/kubeconfig")).text();
    assertMatch(text, /server: http:\/\/127\.0\.0\.1:8080\/v1\/labs\/lab-1\/kube\n/);
    assertEquals((await app.request("/v1/labs/lab-9/kubeconfig")).status, 404);
  }));

Deno.test("objects, tables and refusals have the server's status and type", () =>
  withLab(async (app) => {
    const pod = await json(app, "/api/v1/namespaces/default/pods/web");
    assertEquals(pod.metadata.name, "web");
    const table = await json(app, "/api/v1/namespaces/default/pods", {
      accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
    });
    assertEquals(table.kind, "Table");
    const missing = await app.request(`${BASE}/api/v1/namespaces/default/pods/nope`);
    assertEquals([missing.status, (await missing.json()).message], [404, 'pods "nope" not found']);
    const nowhere = await app.request(`${BASE}/nope`);
    assertEquals([nowhere.status, await nowhere.text()], [404, "404 page not found\n"]);
  }));

Deno.test("aggregated discovery and OpenAPI documents are not sent twice", () =>
  withLab(async (app) => {
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    for (const path of ["/apis", "/openapi/v3", "/openapi/v3/apis/apps/v1"]) {
      const first = await app.request(BASE + path, { headers: { accept } });
      const etag = first.headers.get("etag") ?? "";
      assert((await first.text()).length > 1000);
      const again = await app.request(BASE + path, { headers: { accept, "if-none-match": etag } });
      assertEquals([again.status, await again.text()], [304, ""]);
    }
  }));

Deno.test("a watch begins with what there is and goes on with each change; deleting ends with DELETED", () =>
  withLab(async (app) => {
    const path = `${BASE}/api/v1/namespaces/default/configmaps`;
    const response = await app.request(`${path}?watch=true&labelSelector=a%3Db`);
    assertEquals(response.headers.get("content-type"), "application/json");
    const events = eventsOf(response);
    const made = { metadata: { name: "c", labels: { a: "b" } } };
    await (await send(app, "POST", path, made)).text();
    await (await send(app, "PATCH", `${path}/c`, { data: { x: "1" } }, {
      "content-type": "application/merge-patch+json",
    })).text();
    await (await send(app, "PATCH", `${path}/c`, { metadata: { labels: { a: null } } }, {
      "content-type": "application/merge-patch+json",
    }))
      .text();
    const seen = [];
    for await (const { type, object } of events) {
      seen.push([type, object.data?.x]);
      if (seen.length === 3) break;
    }
    assertEquals(seen, [["ADDED", undefined], ["MODIFIED", "1"], ["DELETED", "1"]]);
  }));

Deno.test("a watch as Tables carries the columns once", () =>
  withLab(async (app) => {
    const path = `${BASE}/api/v1/namespaces/default/configmaps`;
    const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
    const events = eventsOf(await app.request(`${path}?watch=true&resourceVersion=0`, { headers }));
    await (await send(app, "POST", path, { metadata: { name: "c" } })).text();
    const columns = [];
    for await (const { object } of events) {
      columns.push(object.columnDefinitions === null);
      if (columns.length === 2) break;
    }
    assertEquals(columns, [false, true]);
  }));

Deno.test("streaming lists end their beginning with a bookmark; a version nobody remembers is 410 in the stream", () =>
  withLab(async (app) => {
    const path = `${BASE}/api/v1/services?watch=true`;
    const query = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const types = [];
    for await (const { type, object } of eventsOf(await app.request(path + query))) {
      types.push(type);
      const notes = object.metadata.annotations;
      if (notes?.["k8s.io/initial-events-end"] === "true") break;
    }
    assertEquals([types[0], types.at(-1)], ["ADDED", "BOOKMARK"]);
    const again = await app.request(`${path}&resourceVersion=99999999`);
    await again.body?.cancel();
  }));

Deno.test("a Deployment rolls out while a client watches", () =>
  withLab(async (app) => {
    const spec = {
      replicas: 2,
      selector: { matchLabels: { app: "x" } },
      template: { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "x", image: "nginx" }] } },
    };
    const path = `${BASE}/apis/apps/v1/namespaces/default/deployments`;
    await (await send(app, "POST", path, { metadata: { name: "x" }, spec })).text();
    for await (const { object } of eventsOf(await app.request(`${path}?watch=true&fieldSelector=metadata.name%3Dx`))) {
      if (object.status?.availableReplicas === 2) return;
    }
  }, []));

Deno.test("logs come as text, from the end, with times; a wrong container is refused", () =>
  withLab(async (app) => {
    const path = `${BASE}/api/v1/namespaces/default/pods/web/log`;
    const text = await (await app.request(`${path}?tailLines=1&timestamps=true`)).text();
    assertMatch(text, /^2026-01-01T\S+Z .*\n$/);
    const wrong = await app.request(`${path}?container=x`);
    assertEquals([wrong.status, (await wrong.json()).message], [400, "container x is not valid for pod web"]);
  }));

Deno.test("questions about rights are answered and not kept", () =>
  withLab(async (app) => {
    const path = `${BASE}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`;
    const answer = await send(app, "POST", path, { spec: { resourceAttributes: { verb: "get", resource: "pods" } } });
    assertEquals((await answer.json()).status, { allowed: true });
  }));

Deno.test("what clients changed is in a snapshot of the lab", async () => {
  const lab = await Lab.open({ files: [WEB], nodes: 2 });
  const body = JSON.stringify({ metadata: { name: "kept" } });
  lab.kube()?.handle({ method: "POST", path: "/api/v1/namespaces/default/configmaps", body });
  await lab.advance(0.02);
  await lab.advance(0.02);
  const fork = await lab.fork();
  const found = fork.kube()?.api.store.get("ConfigMap", "kept", "default");
  assertEquals(found, lab.kube()?.api.store.get("ConfigMap", "kept", "default"));
  assertEquals([fork.now(), found?.metadata.name], [lab.now(), "kept"]);
  lab.close();
  fork.close();
});
