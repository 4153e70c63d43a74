/** The HTTP API as a client sees it: requests and answers, no socket needed. */
import { assertEquals, assertMatch } from "@std/assert";
import { createApp, DEFAULT_LIMITS } from "../../http/mod.ts";
import { defaultHost } from "../../mod.ts";

const TWO_PODS = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: client, image: nicolaka/netshoot, command: [sleep, infinity]}]}
`;

type App = ReturnType<typeof createApp>;

async function ask(
  app: App,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: Record<string, never>; headers: Headers }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await app.request(path, {
    method,
    ...(body === undefined ? {} : { body: text, headers: { "content-type": "application/json" } }),
  });
  const type = answer.headers.get("content-type") ?? "";
  return { status: answer.status, json: type.includes("json") ? await answer.json() : {}, headers: answer.headers };
}

Deno.test("a lab over HTTP: made, asked, changed, looked at, deleted", async () => {
  const app = createApp(defaultHost());
  const made = await ask(app, "POST", "/v1/labs", { files: [{ name: "pods.yaml", text: TWO_PODS }], nodes: 2 });
  assertEquals(made.status, 201, JSON.stringify(made.json));
  const { id, nodes } = made.json as unknown as { id: string; nodes: unknown[] };
  assertEquals([made.headers.get("location"), nodes.length], [`/v1/labs/${id}`, 2]);

  const why = (await ask(app, "POST", `/v1/labs/${id}/why`, { from: "pod/client", to: "svc/web:80" }))
    .json as unknown as { verdict: string; backend: string };
  assertEquals([why.verdict, why.backend], ["delivered", "default/web"]);

  const exec = await ask(app, "POST", `/v1/labs/${id}/exec`, {
    place: "pod/client",
    command: "curl -s http://web | grep title",
  });
  assertEquals(exec.json, { stdout: "<title>Welcome to nginx!</title>\n", stderr: "", exit: 0 });

  const matrix = (await ask(app, "POST", `/v1/labs/${id}/matrix`, {})).json as unknown as {
    to: string;
    verdict: string;
  }[];
  assertEquals(
    matrix.filter(({ to }) => to === "svc/default/web").every(({ verdict }) => verdict === "delivered"),
    true,
  );

  const applied = await ask(app, "POST", `/v1/labs/${id}/apply`, {
    files: ["apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"],
  });
  assertEquals(applied.json, { applied: [{ object: "namespace/shop", change: "created" }] });

  const shown = (await ask(app, "GET", `/v1/labs/${id}`)).json as unknown as { pods: { name: string }[] };
  assertEquals(shown.pods.map(({ name }) => name).filter((name) => !name.startsWith("coredns")), ["client", "web"]);
  assertEquals((await ask(app, "DELETE", `/v1/labs/${id}`)).status, 204);
  assertEquals((await ask(app, "GET", `/v1/labs/${id}`)).status, 404);
});

Deno.test("a capture is a pcapng file of what crossed a device while a command ran", async () => {
  const app = createApp(defaultHost());
  const { json } = await ask(app, "POST", "/v1/labs", { files: [{ name: "pods.yaml", text: TWO_PODS }], nodes: 1 });
  const { id } = json as unknown as { id: string };
  const query = new URLSearchParams({ place: "pod/web", from: "pod/client", command: "curl -s http://web" });
  const answer = await app.request(`/v1/labs/${id}/capture.pcapng?${query}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  assertEquals([answer.status, answer.headers.get("content-type")], [200, "application/x-pcapng"]);
  assertEquals([...bytes.slice(0, 4)], [0x0a, 0x0d, 0x0d, 0x0a]);
  assertMatch(new TextDecoder("latin1").decode(bytes), /GET \/ HTTP\/1\.1/);
  assertEquals((await ask(app, "GET", `/v1/labs/${id}/capture.pcapng?place=pod/nobody`)).status, 400);
  assertEquals((await ask(app, "GET", `/v1/labs/${id}/capture.pcapng`)).status, 400);
});

Deno.test("events are what happened so far and what happens next, and a client goes on where it was", async () => {
  const app = createApp(defaultHost());
  const { json } = await ask(app, "POST", "/v1/labs", { nodes: 1 });
  const { id } = json as unknown as { id: string };
  const log = await (await app.request(`/v1/labs/${id}/log`)).text();
  const count = log.trimEnd().split("\n").length;
  const answer = await app.request(`/v1/labs/${id}/events`, { headers: { "last-event-id": String(count - 2) } });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  const next = async () =>
    Object.fromEntries((await reader.read()).value!.trim().split("\n").map((line) => line.split(/: (.*)/)));
  const last = await next();
  assertEquals([last.id, log.includes(JSON.parse(last.data).text)], [String(count - 1), true]);
  await ask(app, "POST", `/v1/labs/${id}/apply`, {
    files: ["apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"],
  });
  const later = await next();
  assertEquals([later.id, JSON.parse(later.data).text.startsWith("ADDED Namespace shop")], [String(count), true]);
  await reader.cancel();
});

Deno.test("every error is JSON with a code, and a wrong text says where", async () => {
  const app = createApp(defaultHost(), { ...DEFAULT_LIMITS, body: 2000, labs: 1, nodes: 5, pods: 10 });
  const code = async (method: string, path: string, body?: unknown): Promise<unknown[]> => {
    const { status, json } = await ask(app, method, path, body);
    return [status, (json as unknown as { error: { code: string } }).error.code];
  };
  assertEquals(await code("GET", "/v1/labs/none"), [404, "not-found"]);
  assertEquals(await code("GET", "/nowhere"), [404, "not-found"]);
  assertEquals(await code("POST", "/v1/labs", "{not json"), [400, "bad-request"]);
  assertEquals(await code("POST", "/v1/labs", { nodse: 3 }), [400, "bad-request"]);
  assertEquals(await code("POST", "/v1/labs", { files: ["x".repeat(3000)] }), [413, "too-large"]);
  assertEquals(await code("POST", "/v1/labs", { nodes: 6 }), [413, "too-large"]);
  const many =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 11, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: nginx}]}}}\n";
  assertEquals(await code("POST", "/v1/labs", { files: [many] }), [413, "too-large"]);
  const wrong = await ask(app, "POST", "/v1/labs", { files: [{ name: "a.yaml", text: "kind: Pod\n" }] });
  const { error } = wrong.json as unknown as {
    error: { code: string; file: string; line: number; column: number; expected: string };
  };
  assertEquals([wrong.status, error.code, error.file, error.line, error.column], [400, "bad-text", "a.yaml", 1, 1]);
  assertMatch(error.expected, /apiVersion/);
  const { json } = await ask(app, "POST", "/v1/labs", { nodes: 1 });
  const { id } = json as unknown as { id: string };
  assertEquals(await code("POST", "/v1/labs", { nodes: 1 }), [429, "too-many"]);
  assertEquals(await code("POST", `/v1/labs/${id}/exec`, { place: "planet/mars", command: "ls" }), [400, "bad-place"]);
  assertEquals(await code("POST", `/v1/labs/${id}/why`, { from: "node/node-1", to: "svc/nobody:80" }), [
    400,
    "bad-place",
  ]);
});

Deno.test("/openapi.json describes every route from the same schemas", async () => {
  const app = createApp(defaultHost());
  const { json } = await ask(app, "GET", "/openapi.json");
  const { openapi, paths, components } = json as unknown as {
    openapi: string;
    paths: Record<string, object>;
    components: { schemas: object };
  };
  assertEquals(openapi, "3.1.0");
  assertEquals(
    Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
      .sort(),
    [
      "delete /v1/labs/{id}",
      "get /v1/labs/{id}",
      "get /v1/labs/{id}/capture.pcapng",
      "get /v1/labs/{id}/dns-query",
      "get /v1/labs/{id}/events",
      "get /v1/labs/{id}/log",
      "post /v1/labs",
      "post /v1/labs/{id}/apply",
      "post /v1/labs/{id}/dns-query",
      "post /v1/labs/{id}/exec",
      "post /v1/labs/{id}/matrix",
      "post /v1/labs/{id}/why",
    ],
  );
  assertEquals(Object.keys(components.schemas).includes("WhyRequest"), true);
});
