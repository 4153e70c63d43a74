import { assertEquals } from "@std/assert";
import { categorize } from "./categorize.ts";
import type { Endpoint } from "./view.ts";

/** `a! @here zone=z node=n`: `!` not ready, `~` terminating but serving. */
function endpoint(text: string): Endpoint {
  const [name = "", ...words] = text.split(" ");
  const hint = (key: string) =>
    words.filter((word) => word.startsWith(`${key}=`)).map((word) => word.split("=")[1] as string);
  return {
    ip: name,
    port: 80,
    text: name,
    ready: !words.includes("!") && !words.includes("~"),
    serving: !words.includes("!"),
    terminating: words.includes("~"),
    node: words.includes("@here") ? "n1" : "n9",
    zoneHints: hint("zone"),
    nodeHints: hint("node"),
  };
}

function names(list: readonly Endpoint[]): string {
  return list.map(({ text }) => text).join(" ");
}

function sorted(texts: readonly string[], usesLocal = false, usesCluster = true) {
  const { cluster, local, any } = categorize(texts.map(endpoint), { usesCluster, usesLocal, node: "n1", zone: "z1" });
  return [names(cluster), names(local), any];
}

Deno.test("ready endpoints count; terminating ones only when no endpoint is ready", () => {
  assertEquals(sorted(["a", "b !", "c ~"]), ["a", "", true]);
  assertEquals(sorted(["b !", "c ~"]), ["c", "", true]);
  assertEquals(sorted(["b !"]), ["", "", false]);
});

Deno.test("hints count only when every ready endpoint has them and one fits; nodes go before zones", () => {
  assertEquals(sorted(["a zone=z1", "b zone=z2"]), ["a", "", true]);
  assertEquals(sorted(["a zone=z1", "b"]), ["a b", "", true]);
  assertEquals(sorted(["a zone=z2", "b zone=z3"]), ["a b", "", true]);
  assertEquals(sorted(["a zone=z1 node=n2", "b zone=z2 node=n1"]), ["b", "", true]);
});

Deno.test("the local list has its own fallback and knows no hints", () => {
  assertEquals(sorted(["a @here zone=z2", "b zone=z1"], true), ["b", "a", true]);
  assertEquals(sorted(["a @here ~", "b"], true), ["b", "a", true]);
  assertEquals(sorted(["b"], true, false), ["", "", true]);
});
