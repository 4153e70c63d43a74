import { assertEquals, assertStrictEquals } from "@std/assert";
import type { KubeObject } from "../objects/object.ts";
import { parseSelector } from "./selector.ts";
import { type Change, Store } from "./store.ts";

function map(name: string, data: string, labels: Record<string, string> = {}): KubeObject {
  const metadata = { name, namespace: "shop", labels, uid: name, creationTimestamp: "2026-11-21T09:30:00Z" };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: data } } as unknown as KubeObject;
}

Deno.test("every change gives the next version to its object and to the store", () => {
  const store = new Store();
  assertEquals(store.put(map("b", "1")).metadata.resourceVersion, "1");
  assertEquals(store.put(map("a", "1")).metadata.resourceVersion, "2");
  assertEquals(store.put(map("b", "2")).metadata.resourceVersion, "3");
  assertEquals(store.version, 3);
  assertEquals(store.list("ConfigMap").map(({ metadata }) => metadata.name), ["a", "b"]);
});

Deno.test("objects are found by namespace and by labels", () => {
  const store = new Store();
  store.put(map("web", "1", { tier: "front" }));
  store.put(map("db", "1", { tier: "back" }));
  assertEquals(store.get("ConfigMap", "web"), undefined);
  assertEquals(store.get("ConfigMap", "web", "shop")?.metadata.name, "web");
  const labels = parseSelector("tier notin (front)");
  assertEquals(store.list("ConfigMap", { namespace: "shop", labels }).map(({ metadata }) => metadata.name), ["db"]);
  assertEquals(store.list("ConfigMap", { namespace: "other" }), []);
});

Deno.test("a listener hears every change in order, with the state before, until it stops listening", () => {
  const store = new Store();
  const heard: Change[] = [];
  const stop = store.watch((change) => heard.push(change));
  store.put(map("a", "1"));
  store.put(map("a", "2"));
  store.remove("ConfigMap", "a", "shop");
  assertEquals(store.remove("ConfigMap", "a", "shop"), false);
  stop();
  store.put(map("a", "3"));
  assertEquals(heard.map(({ type, version, old }) => [type, version, old?.metadata.resourceVersion]), [
    ["ADDED", 1, undefined],
    ["MODIFIED", 2, "1"],
    ["DELETED", 3, "2"],
  ]);
});

Deno.test("the store tells what happened since a version it remembers, and nothing of one it forgot", () => {
  const store = new Store();
  for (let i = 0; i < 25_000; i++) store.put(map("a", String(i)));
  assertEquals(store.since(24_998)?.map(({ version }) => version), [24_999, 25_000]);
  assertEquals(store.since(25_000), []);
  assertEquals(store.since(3), undefined);
});

Deno.test("a fork goes its own way", () => {
  const store = new Store();
  const kept = store.put(map("a", "1"));
  const fork = store.fork();
  fork.put(map("a", "2"));
  assertStrictEquals(store.get("ConfigMap", "a", "shop"), kept);
  assertEquals([store.version, fork.version], [1, 2]);
});

Deno.test("who listens to some kinds hears of these alone, in order, behind those who hear of everything", () => {
  const store = new Store();
  const heard: string[] = [];
  const stop = store.watch(({ object }) => heard.push(`pods ${object.kind} ${object.metadata.name}`), ["Pod", "Lease"]);
  store.watch(({ object }) => heard.push(`all ${object.kind}`));
  const pod = { ...map("p", "1"), kind: "Pod" };
  store.put(map("a", "1"));
  store.put(pod);
  stop();
  store.remove("Pod", "p", "shop");
  assertEquals(heard, ["all ConfigMap", "all Pod", "pods Pod p", "all Pod"]);
});
