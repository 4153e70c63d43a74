/**
 * Random and mutated requests to the API server: `deno run --allow-read tests/fuzz/kube_api.ts [COUNT] [SEED]`.
 *
 * A request is one of a small corpus with something changed in its path, query, headers or body. No answer may be a 5xx that
 * the real server would not give, and nothing may throw. The last line is the number of requests and what came back.
 */
import { Random, VirtualClock } from "../../core/base/mod.ts";
import { type ApiRequest, type ApiResponse, ControlPlane } from "../../core/kube/mod.ts";

/** What went wrong, with the request that did it. */
export interface Finding {
  readonly request: ApiRequest;
  readonly problem: string;
}

/** How many answers there were of each code, and what should not have been. */
export interface Report {
  readonly codes: ReadonlyMap<number, number>;
  readonly findings: readonly Finding[];
}

/** 5xx answers that the real server gives, too, by what they say. */
const KNOWN_5XX = [
  /^failed to create typed patch object \(/,
  /^list element types are not identical: /,
  /^map: .* does not contain declared merge key: /,
  /^unknown patch type: /,
  /^expected a \[\]interface \{\}, but received a /,
  /^The order in patch list:/,
  /^target\.(kind|name): /,
  /resourceVersion should not be set on objects to be created/,
  /^Internal error occurred: (range is full|failed to allocate|.*provided (port|IP))/,
  /^Internal error occurred: failed to allocate/,
  /^Timeout: Too large resource version/,
  /^This pod has more than one PodDisruptionBudget/,
  /^(resourceVersion: Invalid value: ".*": )?strconv\.ParseUint: parsing ".*": invalid syntax$/,
];

const LABELS = { app: "x" };
const POD_SPEC = {
  containers: [{
    name: "c",
    image: "nginx",
    ports: [{ containerPort: 80, name: "http" }],
    env: [{ name: "A", value: "1" }],
  }],
};
const TEMPLATE = { metadata: { labels: LABELS }, spec: POD_SPEC };

/** One object of each kind, by its collection. */
const CORPUS: Readonly<Record<string, { readonly kind: string; readonly spec?: object; readonly more?: object }>> = {
  "/api/v1/namespaces/default/pods": { kind: "Pod", spec: POD_SPEC },
  "/api/v1/namespaces/default/services": {
    kind: "Service",
    spec: { selector: LABELS, ports: [{ port: 80, targetPort: "http", protocol: "TCP" }], type: "NodePort" },
  },
  "/api/v1/namespaces/default/configmaps": { kind: "ConfigMap", more: { data: { a: "b" } } },
  "/api/v1/namespaces/default/secrets": { kind: "Secret", more: { data: { a: "Yg==" }, type: "Opaque" } },
  "/api/v1/namespaces/default/endpoints": {
    kind: "Endpoints",
    more: { subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80 }] }] },
  },
  "/api/v1/namespaces": { kind: "Namespace" },
  "/api/v1/nodes": { kind: "Node", spec: { podCIDR: "10.244.9.0/24" } },
  "/apis/apps/v1/namespaces/default/deployments": {
    kind: "Deployment",
    spec: {
      replicas: 1,
      selector: { matchLabels: LABELS },
      template: TEMPLATE,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%" } },
    },
  },
  "/apis/apps/v1/namespaces/default/statefulsets": {
    kind: "StatefulSet",
    spec: { serviceName: "x", selector: { matchLabels: LABELS }, template: TEMPLATE },
  },
  "/apis/apps/v1/namespaces/default/daemonsets": {
    kind: "DaemonSet",
    spec: { selector: { matchLabels: LABELS }, template: TEMPLATE },
  },
  "/apis/batch/v1/namespaces/default/jobs": {
    kind: "Job",
    spec: { template: { spec: { ...POD_SPEC, restartPolicy: "Never" } } },
  },
  "/apis/batch/v1/namespaces/default/cronjobs": {
    kind: "CronJob",
    spec: {
      schedule: "*/5 * * * *",
      jobTemplate: { spec: { template: { spec: { ...POD_SPEC, restartPolicy: "Never" } } } },
    },
  },
  "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies": {
    kind: "NetworkPolicy",
    spec: {
      podSelector: {},
      ingress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } }], ports: [{ port: 80 }] }],
    },
  },
  "/apis/networking.k8s.io/v1/namespaces/default/ingresses": {
    kind: "Ingress",
    spec: {
      rules: [{
        host: "a.b",
        http: { paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "x", port: { number: 80 } } } }] },
      }],
    },
  },
  "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices": {
    kind: "EndpointSlice",
    more: { addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"] }], ports: [{ port: 80, name: "" }] },
  },
  "/apis/policy/v1/namespaces/default/poddisruptionbudgets": {
    kind: "PodDisruptionBudget",
    spec: { minAvailable: 1, selector: { matchLabels: LABELS } },
  },
  "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers": {
    kind: "HorizontalPodAutoscaler",
    spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "x" } },
  },
  "/apis/apiextensions.k8s.io/v1/customresourcedefinitions": {
    kind: "CustomResourceDefinition",
    spec: {
      group: "g.io",
      scope: "Namespaced",
      names: { plural: "ws", kind: "W" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
  },
  "/apis/g.io/v1/namespaces/default/ws": { kind: "W", spec: { x: 1 } },
};

const PATHS = Object.keys(CORPUS);
const OTHER_PATHS = [
  "/",
  "/api",
  "/apis",
  "/api/v1",
  "/apis/apps",
  "/version",
  "/readyz",
  "/openapi/v3",
  "/openapi/v3/apis/g.io/v1",
  "/nope",
];
const VALUES: readonly unknown[] = [
  null,
  0,
  -1,
  1,
  65536,
  1e20,
  1.5,
  "",
  "x",
  "X_!",
  "a".repeat(300),
  "10.96.0.1",
  "::1",
  "*",
  true,
  false,
  [],
  {},
  [null],
  [[]],
  { a: null },
  [{}],
  ["x", "x"],
];
const METHODS = ["GET", "POST", "POST", "POST", "PUT", "PUT", "PATCH", "PATCH", "DELETE"] as const;
const PATCHES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
  "application/json",
];
const QUERIES = [
  "",
  "",
  "",
  "?dryRun=All",
  "?fieldValidation=Strict",
  "?fieldValidation=x",
  "?limit=1",
  "?limit=x",
  "?limit=1&continue=%00",
  "?continue=eA",
  "?labelSelector=a%3Db",
  "?labelSelector=%2C%2C",
  "?fieldSelector=metadata.name%3Dx",
  "?fieldSelector=zzz",
  "?watch=true",
  "?watch=true&resourceVersion=1",
  "?watch=1&resourceVersion=x",
  "?resourceVersion=99999999",
  "?propagationPolicy=Foreground",
  "?gracePeriodSeconds=0",
  "?gracePeriodSeconds=x",
  "?fieldManager=f&force=true",
  "?%",
];
const ACCEPTS = [
  undefined,
  "application/json",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "*/*",
  "text/plain",
  ";;;",
];
const SUBRESOURCES = [
  "",
  "",
  "",
  "/status",
  "/scale",
  "/eviction",
  "/binding",
  "/log",
  "/exec",
  "/finalize",
  "/token",
  "/ephemeralcontainers",
  "/nope",
];
const NAMES = ["x", "y", "default", "kubernetes", "kube-system", "%2e%2e", "%", "A B"];

/** Sends so many requests to one server and reports. */
export function fuzz(count: number, seed: number): Report {
  const random = new Random(seed);
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const nodes = [{ name: "node-1", addresses: ["172.18.0.2"] }, { name: "node-2", addresses: ["172.18.0.3"] }];
  const control = new ControlPlane({ clock, random: new Random(seed), nodes });
  const codes = new Map<number, number>();
  const findings: Finding[] = [];
  for (let i = 0; i < count; i++) {
    const request = make(random);
    const problem = ask(control, clock, request, codes);
    if (problem !== undefined) findings.push({ request, problem });
  }
  return { codes, findings };
}

function ask(
  control: ControlPlane,
  clock: VirtualClock,
  request: ApiRequest,
  codes: Map<number, number>,
): string | undefined {
  try {
    const answer = control.api.handle(request);
    codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1);
    JSON.stringify(answer.body);
    if (codes.size > 0 && request.method !== "GET") clock.advance(clock.now() + 100);
    return answer.code >= 500 ? unknown5xx(answer) : undefined;
  } catch (error) {
    return error instanceof Error ? error.stack ?? error.message : String(error);
  }
}

function unknown5xx({ code, body }: ApiResponse): string | undefined {
  // A watch that is refused says so in its stream.
  const [status] = Array.isArray(body) ? body : [body];
  const message = (status as { message?: string })?.message ?? String(body);
  return KNOWN_5XX.some((known) => known.test(message)) ? undefined : `${code}: ${message}`;
}

function pick<T>(random: Random, list: readonly T[]): T {
  return structuredClone(list[random.below(list.length)]) as T;
}

function make(random: Random): ApiRequest {
  if (random.below(20) === 0) {
    return { method: pick(random, METHODS), path: pick(random, OTHER_PATHS) + pick(random, QUERIES) };
  }
  const collection = pick(random, PATHS);
  const method = pick(random, METHODS);
  const named = method === "POST" ? random.below(6) === 0 : random.below(8) !== 0;
  const name = random.below(4) === 0 ? pick(random, NAMES) : "x";
  const path = collection + (named ? `/${name}${pick(random, SUBRESOURCES)}` : "") + pick(random, QUERIES);
  const accept = pick(random, ACCEPTS);
  const head = { method, path, ...(accept === undefined ? {} : { accept }) };
  if (method === "GET") return head;
  const contentType = method === "PATCH" ? pick(random, PATCHES) : random.below(30) === 0 ? "x" : "application/json";
  return { ...head, contentType, body: bodyOf(random, collection, contentType) };
}

function bodyOf(random: Random, collection: string, contentType: string): string {
  const { kind, spec, more } = CORPUS[collection] as (typeof CORPUS)[string];
  const apiVersion = collection.startsWith("/api/") ? "v1" : collection.split("/").slice(2, 4).join("/");
  const object = {
    apiVersion,
    kind,
    metadata: { name: kind === "CustomResourceDefinition" ? "ws.g.io" : "x", labels: LABELS },
    ...(spec === undefined ? {} : { spec }),
    ...more,
  };
  const whole = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
  for (let n = random.below(4); n > 0; n--) mutate(random, whole);
  if (contentType === "application/json-patch+json") return JSON.stringify(operations(random, whole));
  const text = JSON.stringify(whole);
  return random.below(40) === 0 ? text.slice(0, random.below(text.length)) : text;
}

function operations(random: Random, whole: Record<string, unknown>): unknown {
  const paths = [
    "/metadata/labels/app",
    "/spec",
    "/spec/replicas",
    "/metadata/labels/-",
    "/data/a",
    "x",
    "",
    "/spec/ports/0/port",
    "/metadata/finalizers",
  ];
  const one = () => ({
    op: pick(random, ["add", "remove", "replace", "test", "copy", "move", "x"]),
    path: pick(random, paths),
    from: pick(random, paths),
    value: random.below(3) === 0 ? whole["spec"] : pick(random, VALUES),
  });
  return random.below(20) === 0 ? pick(random, VALUES) : [one(), ...(random.below(2) === 0 ? [one()] : [])];
}

/** Changes one place somewhere inside: another value, none, a new field, a list with its first item twice. */
function mutate(random: Random, whole: Record<string, unknown>): void {
  let at = whole as Record<string, unknown> | unknown[];
  for (;;) {
    const keys = Object.keys(at);
    if (keys.length === 0) return;
    const key = pick(random, keys);
    const inner = (at as Record<string, unknown>)[key];
    if (typeof inner === "object" && inner !== null && random.below(4) !== 0) {
      at = inner as Record<string, unknown>;
      continue;
    }
    const change = random.below(5);
    const target = at as Record<string, unknown>;
    if (change === 0) delete target[key];
    else if (change === 1) {
      target[pick(random, ["x", "name", "spec", "finalizers", "resourceVersion", "uid"])] = pick(random, VALUES);
    } else if (change === 2 && Array.isArray(at)) at.push(at[0]);
    else target[key] = pick(random, VALUES);
    return;
  }
}

if (import.meta.main) {
  const [count = "200000", seed = "1"] = Deno.args;
  const { codes, findings } = fuzz(Number(count), Number(seed));
  for (const { request, problem } of differentOnes(findings)) console.log(`${JSON.stringify(request)}\n  ${problem}`);
  const sums = [...codes].sort(([a], [b]) => a - b).map(([code, times]) => `${code}: ${times}`);
  console.log(`${count} requests, ${findings.length} that should not be; ${sums.join(", ")}`);
  Deno.exit(findings.length === 0 ? 0 : 1);
}

/** One finding of each problem, by its first two lines. */
function differentOnes(findings: readonly Finding[]): Finding[] {
  const byProblem = new Map(findings.map((one) => [one.problem.split("\n").slice(0, 2).join(), one]));
  return [...byProblem.values()].slice(0, 20);
}
