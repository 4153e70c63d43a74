import { assertEquals } from "@std/assert";
import { decodeProtobuf } from "./decode.ts";

/** A field that is a string, bytes or a message. */
function part(number: number, value: string | Uint8Array): number[] {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return [(number << 3) | 2, bytes.length, ...bytes];
}

function whole(number: number, value: number): number[] {
  return [number << 3, value];
}

function body(apiVersion: string, kind: string, raw: number[]): Uint8Array {
  const type = Uint8Array.from([...part(1, apiVersion), ...part(2, kind)]);
  return Uint8Array.from([...new TextEncoder().encode("k8s\0"), ...part(1, type), ...part(2, Uint8Array.from(raw))]);
}

const bytes = (...numbers: number[][]): Uint8Array => Uint8Array.from(numbers.flat());

Deno.test("a Service of a typed client is read as its JSON: maps, lists, numbers, ports by name or number", () => {
  const labels = part(11, bytes(part(1, "app"), part(2, "web")));
  const metadata = bytes(part(1, "web"), part(3, "default"), labels);
  const named = bytes(whole(1, 1), whole(2, 0), part(3, "http"));
  const numbered = bytes(whole(1, 0), whole(2, 80), part(3, ""));
  const port = (target: Uint8Array) => bytes(part(1, ""), part(2, "TCP"), whole(3, 80), part(4, target), whole(5, 0));
  const spec = bytes(part(1, port(named)), part(1, port(numbered)), part(2, bytes(part(1, "app"), part(2, "web"))));
  assertEquals(decodeProtobuf(body("v1", "Service", [...part(1, metadata), ...part(2, spec)])), {
    kind: "Service",
    apiVersion: "v1",
    metadata: { name: "web", namespace: "default", labels: { app: "web" } },
    spec: {
      ports: [
        { name: "", protocol: "TCP", port: 80, targetPort: "http", nodePort: 0 },
        { name: "", protocol: "TCP", port: 80, targetPort: 80, nodePort: 0 },
      ],
      selector: { app: "web" },
    },
  });
});

Deno.test("negative numbers, times and groups with dots", () => {
  const minusOne = [2 << 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
  const preconditions = bytes(part(1, "u-1"));
  assertEquals(
    decodeProtobuf(body("policy/v1", "DeleteOptions", [1 << 3, ...minusOne.slice(1), ...part(2, preconditions)])),
    {
      kind: "DeleteOptions",
      apiVersion: "policy/v1",
      gracePeriodSeconds: -1,
      preconditions: { uid: "u-1" },
    },
  );
  const time = bytes([1 << 3, 128, 132, 165, 214, 6]);
  const lease = bytes(part(2, bytes(part(3, time))));
  const found = decodeProtobuf(body("coordination.k8s.io/v1", "Lease", [...lease]));
  assertEquals((found?.["spec"] as { acquireTime: string }).acquireTime.length, "2026-01-01T00:00:00.000000Z".length);
});

Deno.test("what Go embeds stands among its holder's fields", () => {
  const path = bytes(part(1, "/"), part(3, "Prefix"));
  const rule = bytes(part(1, "a.example.com"), part(2, bytes(part(1, bytes(part(1, path))))));
  const ingress = decodeProtobuf(body("networking.k8s.io/v1", "Ingress", [...part(2, bytes(part(3, rule)))]));
  assertEquals(ingress?.["spec"], {
    rules: [{ host: "a.example.com", http: { paths: [{ path: "/", pathType: "Prefix" }] } }],
  });
});

Deno.test("what is no such body is none", () => {
  assertEquals(decodeProtobuf(new TextEncoder().encode("{}")), undefined);
  assertEquals(decodeProtobuf(body("example.com/v1", "Widget", [])), undefined);
  assertEquals(decodeProtobuf(body("v1", "Service", [10, 100])), undefined);
});
