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

function definition(spec: object = {}): object {
  const schema = {
    openAPIV3Schema: { type: "object", properties: { spec: { type: "object", description: "What it is." } } },
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
  assertEquals(components.schemas["com.example.v1.Widget"]?.properties.spec, {
    type: "object",
    description: "What it is.",
  });
});
