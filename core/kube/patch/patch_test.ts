import { assertEquals, assertThrows } from "@std/assert";
import { KINDS } from "../objects/kinds.ts";
import { applyJsonPatch, applyMergePatch, PatchError } from "./json_patch.ts";
import { applyStrategic } from "./strategic.ts";
import { threeWayPatch } from "./three_way.ts";

const POD = KINDS.Pod?.struct;
const SERVICE = KINDS.Service?.struct;

Deno.test("a JSON Patch adds, replaces, removes, moves, copies and tests", () => {
  const before = { a: { b: [1, 2] }, "x/y": 1 };
  assertEquals(
    applyJsonPatch(before, [
      { op: "test", path: "/x~1y", value: 1 },
      { op: "add", path: "/a/b/-", value: 3 },
      { op: "add", path: "/a/b/0", value: 0 },
      { op: "replace", path: "/a/b/1", value: 9 },
      { op: "copy", from: "/a/b", path: "/c" },
      { op: "move", from: "/x~1y", path: "/d" },
      { op: "remove", path: "/a" },
    ]),
    { c: [0, 9, 2, 3], d: 1 },
  );
  assertEquals(before, { a: { b: [1, 2] }, "x/y": 1 });
  assertThrows(() => applyJsonPatch(before, [{ op: "test", path: "/a/b/0", value: 5 }]), PatchError);
  assertThrows(() => applyJsonPatch(before, [{ op: "remove", path: "/nothing" }]), PatchError);
});

Deno.test("a merge patch removes with null and takes lists whole", () => {
  assertEquals(applyMergePatch({ a: { b: 1, c: 2 }, l: [1, 2] }, { a: { b: null, d: 3 }, l: [3] }), {
    a: { c: 2, d: 3 },
    l: [3],
  });
});

Deno.test("a strategic patch merges containers by name and puts new ones before those only the server has", () => {
  const pod = {
    spec: { containers: [{ name: "a", image: "x", ports: [{ containerPort: 80 }] }, { name: "b", image: "y" }] },
  };
  const patch = { spec: { containers: [{ name: "a", image: "z" }, { name: "c", image: "w" }] } };
  assertEquals(applyStrategic(pod, patch, POD), {
    spec: {
      containers: [
        { name: "a", image: "z", ports: [{ containerPort: 80 }] },
        { name: "c", image: "w" },
        { name: "b", image: "y" },
      ],
    },
  });
});

Deno.test("a strategic patch deletes and replaces where it says so", () => {
  const pod = { spec: { containers: [{ name: "a" }, { name: "b" }], nodeSelector: { x: "1" } } };
  const patch = {
    spec: { containers: [{ name: "b", $patch: "delete" }], nodeSelector: { $patch: "replace", y: "2" } },
  };
  assertEquals(applyStrategic(pod, patch, POD), { spec: { containers: [{ name: "a" }], nodeSelector: { y: "2" } } });
});

Deno.test("apply takes away what was applied before and is not any more, and leaves what others wrote", () => {
  const last = { spec: { selector: { app: "web", track: "old" }, ports: [{ port: 80, protocol: "TCP" }] } };
  const now = { spec: { selector: { app: "web" }, ports: [{ port: 81, protocol: "TCP" }] } };
  const live = { spec: { clusterIP: "10.96.0.7", ...last.spec } };
  const patch = threeWayPatch(last, now, live, SERVICE);
  assertEquals(applyStrategic(live, patch, SERVICE), {
    spec: { clusterIP: "10.96.0.7", selector: { app: "web" }, ports: [{ port: 81, protocol: "TCP" }] },
  });
  assertEquals(threeWayPatch(now, now, { spec: { clusterIP: "10.96.0.7", ...now.spec } }, SERVICE), {});
});
