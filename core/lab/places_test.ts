import { assertEquals, assertThrows } from "@std/assert";
import { parsePlace, parseTarget, PlaceError, printPlace } from "./places.ts";

Deno.test("a place reads as it is written and prints so that it reads the same", () => {
  const texts = [
    "node/node-1",
    "machine/r",
    "pod/default/web-0",
    "pod/shop/a:main",
    "deploy/shop/web",
    "svc/kube-system/kube-dns",
    "internet",
    "admin",
    "10.0.0.1",
    "fd00::1",
    "example.com",
  ];
  for (const text of texts) assertEquals(printPlace(parsePlace(text)), text);
});

Deno.test("a namespace left out is default", () => {
  assertEquals(parsePlace("pod/web-0"), { kind: "pod", namespace: "default", name: "web-0" });
  assertEquals(parsePlace("deploy/web"), {
    kind: "workload",
    workload: "Deployment",
    namespace: "default",
    name: "web",
  });
});

Deno.test("a target takes a port number, a port name or none", () => {
  assertEquals(parseTarget("svc/cartservice:7070"), {
    place: { kind: "svc", namespace: "default", name: "cartservice" },
    port: 7070,
  });
  assertEquals(parseTarget("svc/web:http").port, "http");
  assertEquals(parseTarget("fd00::1"), { place: { kind: "address", address: "fd00::1" } });
  assertEquals(parseTarget("[fd00::1]:80"), { place: { kind: "address", address: "fd00::1" }, port: 80 });
  assertEquals(parseTarget("10.0.0.1:53"), { place: { kind: "address", address: "10.0.0.1" }, port: 53 });
});

Deno.test("what is no place is refused by name", () => {
  for (const text of ["", "planet/mars", "pod/a/b/c", "pod/", "svc/web:70000", "node/-x"]) {
    assertThrows(() => parseTarget(text), PlaceError);
  }
});
