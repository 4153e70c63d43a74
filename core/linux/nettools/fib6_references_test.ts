import { assertEquals } from "@std/assert";
import type { Route } from "../../../wasm/mod.ts";
import { routeReferences } from "./fib6_references.ts";

const route = (to: string, type: Route["type"] = "unicast"): Route => {
  return { to, type, table: 254, scope: 0, protocol: 2, metric: 256, linkdown: false, dead: false };
};
const references = (...routes: Route[]): string =>
  [...routeReferences(routes)].map(([{ to }, n]) => `${to} ${n}`).join("\n");

Deno.test("where two branches part, the route that was there first is held once more", () => {
  assertEquals(references(route("fe80::/64")), "fe80::/64 1");
  assertEquals(references(route("fd00:1::/64"), route("fe80::/64")), "fd00:1::/64 1\nfe80::/64 2");
  // Linux 6.18 beside it: `netstat -6 -rn` after each `ip addr add` and `ip route add`.
  const more = ["fd00:1::/64", "fd00:2::/64", "fd00:9::/64", "fe80::/64"].map((to) => route(to));
  assertEquals(references(...more), "fd00:1::/64 3\nfd00:2::/64 1\nfd00:9::/64 1\nfe80::/64 2");
});

Deno.test("an address holds its own route, and a route that holds others parts nothing", () => {
  const own = ["::1/128", "fd00:1::1/128", "fd00:2::1/128", "fe80::ff:fe00:1/128"].map((to) => route(to, "local"));
  assertEquals(
    references(...own, route("ff00::/8")),
    "::1/128 2\nfd00:1::1/128 3\nfd00:2::1/128 2\nfe80::ff:fe00:1/128 2\nff00::/8 3",
  );
  assertEquals(references(route("fd00::/16"), route("fd00:1::/64")), "fd00::/16 1\nfd00:1::/64 1");
});
