import { assertEquals, assertThrows } from "@std/assert";
import { TextError } from "../base/mod.ts";
import { parseManifest, parsePath } from "./manifest.ts";

/** The refusal of a text: `line:column what, expected what`. */
function refusal(text: string): string {
  const { line, column, problem, expected } = assertThrows(() => parseManifest(text, "shop.yaml"), TextError);
  return `${line}:${column} ${problem}, expected ${expected}`;
}

Deno.test("a text of several documents gives its objects in order, each with the place where it begins", () => {
  const { objects } = parseManifest(
    `
# shop
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
  - port: 80
`,
    "shop.yaml",
  );
  assertEquals(objects.map(({ value, line, column }) => [value.kind, line, column]), [
    ["Namespace", 3, 1],
    ["Service", 8, 1],
  ]);
  assertEquals(objects[1]?.at(["spec", "ports", 0, "port"]), { line: 14, column: 5 });
  assertEquals(objects[1]?.at(["spec", "ports", 0, "port"], "value"), { line: 14, column: 11 });
  assertEquals(objects[1]?.at(["spec", "ports", 0, "targetPort"]), { line: 14, column: 5 });
});

Deno.test("lists are taken apart, podwire's own objects stand aside", () => {
  const { objects, labs, expectations } = parseManifest(
    `
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
---
{"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "c"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}]}
---
apiVersion: podwire.dev/v1
kind: Lab
nodes: 2
---
apiVersion: podwire.dev/v1
kind: Expectations
`,
    "shop.yaml",
  );
  assertEquals(objects.map(({ value }) => `${value.kind} ${value.metadata.name}`), [
    "ConfigMap a",
    "ConfigMap b",
    "Pod c",
  ]);
  assertEquals([labs.length, expectations.length], [1, 1]);
});

Deno.test("times of day, dates and version numbers in quotes stay text as kubectl reads them", () => {
  const [map] = parseManifest(
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {at: 12:30, day: 2026-11-21, v: '1.10'}\n",
    "a",
  ).objects;
  assertEquals((map?.value as { data?: unknown }).data, { at: "12:30", day: "2026-11-21", v: "1.10" });
});

Deno.test("a text that is no YAML is refused where it goes wrong", () => {
  assertEquals(
    refusal('apiVersion: v1\nkind: "Pod\nmetadata: {}\n'),
    '2:7 bad YAML: Missing closing " quote, expected well-formed YAML',
  );
  assertEquals(refusal("- a\n- b\n"), "1:1 not an object, expected a map with apiVersion and kind");
});

Deno.test("an object without kind or apiVersion is refused", () => {
  assertEquals(refusal("apiVersion: v1\nmetadata: {name: a}\n"), "1:1 kind not set, expected kind, such as Service");
  assertEquals(refusal("kind: Pod\n"), "1:1 apiVersion not set, expected apiVersion, such as v1");
});

Deno.test("a field that a known kind does not have is named at its place, with those it has", () => {
  const text = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - port: 80\n    prot: TCP\n";
  assertEquals(
    refusal(text),
    '7:5 unknown field "spec.ports[0].prot", expected one of name, protocol, appProtocol, port, targetPort, nodePort',
  );
});

Deno.test("a value of the wrong type is refused where it stands", () => {
  const service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - port: ";
  assertEquals(refusal(`${service}eighty\n`), "6:11 spec.ports[0].port: a string, expected a whole number");
  assertEquals(
    refusal("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: [app]\n"),
    "5:13 spec.selector: an array, expected a LabelSelector",
  );
});

Deno.test("a value the server would not take is refused with the server's words", () => {
  const service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports:\n  - port: 70000\n";
  assertEquals(
    refusal(service),
    "6:11 spec.ports[0].port: Invalid value: 70000, expected between 1 and 65535, inclusive",
  );
  const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: c\n";
  assertEquals(refusal(pod), "6:5 spec.containers[0].image: Required value, expected a value");
});

Deno.test("a known kind in a version that is not served is refused, any other unknown kind is kept", () => {
  assertEquals(
    refusal("apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: a}\n"),
    '1:13 no kind "Deployment" in version "extensions/v1beta1", expected apps/v1',
  );
  const { objects } = parseManifest(
    "apiVersion: example.org/v1\nkind: Queue\nmetadata: {name: q}\nspec: {any: [1]}\n",
    "a",
  );
  assertEquals(objects[0]?.value.kind, "Queue");
});

Deno.test("paths read fields as the server writes them", () => {
  assertEquals(parsePath("spec.ports[0].port"), ["spec", "ports", 0, "port"]);
  assertEquals(parsePath("metadata.annotations[a.b/c]"), ["metadata", "annotations", "a.b/c"]);
});
