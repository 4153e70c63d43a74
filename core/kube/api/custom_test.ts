import { assertEquals, assertStringIncludes } from "@std/assert";
import { Random, VirtualClock } from "../../base/mod.ts";
import { ControlPlane } from "../control_plane.ts";
import type { ApiResponse, Status } from "./types.ts";

const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const COLUMNS = [
  { name: "Size", type: "integer", jsonPath: ".spec.size" },
  { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", priority: 1 },
];

const ANYTHING = { "x-kubernetes-preserve-unknown-fields": true };
const SPEC = {
  type: "object",
  description: "What it is.",
  required: ["size"],
  properties: {
    size: { type: "integer", minimum: 1, maximum: 10 },
    mode: { type: "string", enum: ["fast", "slow"], default: "slow" },
    name: { type: "string", pattern: "^[a-z]+$", maxLength: 5 },
    port: { "x-kubernetes-int-or-string": true },
    hosts: { type: "array", "x-kubernetes-list-type": "set", maxItems: 2, items: { type: "string", format: "ipv4" } },
    labels: { type: "object", additionalProperties: { type: "string" } },
  },
};

function definition(spec: object = {}): object {
  const schema = {
    openAPIV3Schema: { type: "object", properties: { spec: SPEC, status: { type: "object", ...ANYTHING } } },
  };
  const versions = [{ name: "v1", served: true, storage: true, schema, additionalPrinterColumns: COLUMNS }];
  const names = { plural: "widgets", kind: "Widget", shortNames: ["wg"] };
  return {
    metadata: { name: "widgets.example.com" },
    spec: { group: "example.com", scope: "Namespaced", names, versions, ...spec },
  };
}

function server(): (method: "GET" | "POST", path: string, body?: object, accept?: string) => ApiResponse {
  const nodes = [{ name: "node-1", addresses: ["172.18.0.2"] }];
  const { api } = new ControlPlane({ clock: new VirtualClock(0), random: new Random(1), nodes });
  return (method, path, body, accept) =>
    api.handle({
      method,
      path,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(accept === undefined ? {} : { accept }),
    });
}

Deno.test("a definition is established at once, with the names it left out", () => {
  const made = server()("POST", CRDS, definition()).body as {
    spec: { names: object };
    status: { conditions: { type: string; status: string }[]; storedVersions: string[] };
  };
  assertEquals(made.spec.names, {
    plural: "widgets",
    singular: "widget",
    shortNames: ["wg"],
    kind: "Widget",
    listKind: "WidgetList",
  });
  assertEquals(made.status.conditions.map(({ type, status }) => `${type}=${status}`), [
    "NamesAccepted=True",
    "Established=True",
  ]);
  assertEquals(made.status.storedVersions, ["v1"]);
});

Deno.test("what is wrong with a definition is said in the server's words", () => {
  const send = server();
  const said = (spec: object) => (send("POST", CRDS, definition(spec)).body as Status).message ?? "";
  assertStringIncludes(
    said({ scope: "Everywhere" }),
    'spec.scope: Unsupported value: "Everywhere": supported values: "Cluster", "Namespaced"',
  );
  assertStringIncludes(
    said({ group: "other.com" }),
    'metadata.name: Invalid value: "widgets.example.com": must be spec.names.plural+"."+spec.group',
  );
  assertStringIncludes(
    said({ versions: [{ name: "v1", served: true, storage: true }] }),
    "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required",
  );
  assertStringIncludes(said({ versions: [] }), "must have exactly one version marked as storage version");
});

Deno.test("its objects are listed with its printer columns, and described by an OpenAPI document", () => {
  const send = server();
  send("POST", CRDS, definition());
  const status = { conditions: [{ type: "Synced", status: "False" }, { type: "Ready", status: "True" }] };
  send("POST", "/apis/example.com/v1/namespaces/default/widgets", {
    ...HEAD,
    metadata: { name: "w" },
    spec: { size: 3 },
    status,
  });
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const table = send("GET", "/apis/example.com/v1/namespaces/default/widgets", undefined, accept).body as {
    columnDefinitions: { name: string; priority: number }[];
    rows: { cells: unknown[] }[];
  };
  assertEquals(table.columnDefinitions.map(({ name, priority }) => `${name} ${priority}`), [
    "Name 0",
    "Size 0",
    "Ready 0",
    "Age 1",
  ]);
  assertEquals(table.rows[0]?.cells, ["w", 3, "True", "0s"]);
  const { body } = send("GET", "/openapi/v3/apis/example.com/v1");
  const { paths, components } = JSON.parse(JSON.stringify(body)) as {
    paths: object;
    components: { schemas: Record<string, { properties: { spec: object } }> };
  };
  assertEquals("/apis/example.com/v1/namespaces/{namespace}/widgets/{name}" in paths, true);
  assertEquals(components.schemas["com.example.v1.Widget"]?.properties.spec, SPEC);
});

const HEAD = { apiVersion: "example.com/v1", kind: "Widget" };
const WIDGETS = "/apis/example.com/v1/namespaces/default/widgets";

Deno.test("an object of a defined kind is given its defaults; fields nobody knows are dropped with a warning, or refused", () => {
  const send = server();
  send("POST", CRDS, definition());
  const body = { ...HEAD, metadata: { name: "w" }, spec: { size: 3, labels: { a: "b" }, extra: { deep: 1 } }, more: 1 };
  const made = send("POST", WIDGETS, body);
  assertEquals([made.code, made.warnings], [201, ['unknown field "more"', 'unknown field "spec.extra"']]);
  const { spec, metadata } = made.body as { spec: object; metadata: { generation: number } };
  assertEquals(spec, { size: 3, labels: { a: "b" }, mode: "slow" });
  assertEquals(metadata.generation, 1);
  const strict = send("POST", `${WIDGETS}?fieldValidation=Strict`, {
    ...body,
    ...HEAD,
    metadata: { name: "x" },
    more: undefined,
  });
  assertEquals([strict.code, (strict.body as Status).message], [
    400,
    'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.extra"',
  ]);
});

Deno.test("what its schema does not allow is refused in the validator's words, at creation and later", () => {
  const send = server();
  send("POST", CRDS, definition());
  const said = (spec: object) =>
    (send("POST", WIDGETS, { ...HEAD, metadata: { name: "w" }, spec }).body as Status).message;
  const one = (issue: string) => `Widget.example.com "w" is invalid: ${issue}`;
  assertEquals(
    said({ size: "big" }),
    one('spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"'),
  );
  assertEquals(said({}), one("spec.size: Required value"));
  assertEquals(
    said({ size: 0 }),
    one("spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"),
  );
  assertEquals(
    said({ size: 1, mode: "x" }),
    one('spec.mode: Unsupported value: "x": supported values: "fast", "slow"'),
  );
  assertEquals(
    said({ size: 1, name: "A" }),
    one("spec.name: Invalid value: \"A\": spec.name in body should match '^[a-z]+$'"),
  );
  assertEquals(said({ size: 1, name: "abcdef" }), one("spec.name: Too long: may not be more than 5 bytes"));
  assertEquals(
    said({ size: 1, port: true }),
    one('spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'),
  );
  assertEquals(
    said({ size: 1, hosts: ["10.0.0.1", "x", "10.0.0.1"] }),
    one(
      '[spec.hosts: Too many: 3: must have at most 2 items, spec.hosts[2]: Duplicate value: "10.0.0.1", ' +
        'spec.hosts[1]: Invalid value: "x": spec.hosts[1] in body must be of type ipv4: "x"]',
    ),
  );
  assertEquals(send("POST", WIDGETS, { ...HEAD, metadata: { name: "w" }, spec: { size: 1, port: "http" } }).code, 201);
});

Deno.test("a schema without types is refused", () => {
  const schema = { openAPIV3Schema: { type: "object", properties: { spec: { properties: {} } } } };
  const refused = server()(
    "POST",
    CRDS,
    definition({ versions: [{ name: "v1", served: true, storage: true, schema }] }),
  );
  assertStringIncludes(
    (refused.body as Status).message ?? "",
    "spec.versions[0].schema.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields",
  );
});
