import { assertEquals } from "@std/assert";
import { unifiedDiff } from "../../base/mod.ts";
import { printInternalSpec } from "./internal_print.ts";
import { SCHEMAS } from "./kinds.ts";

const SPEC = {
  containers: [{
    name: "c",
    image: "i",
    ports: [{ containerPort: 80, protocol: "TCP" }],
    env: [{ name: "A", value: "<" }],
  }],
  securityContext: {},
  dnsPolicy: "ClusterFirst",
};

function differences(change: object): string {
  const struct = SCHEMAS.core.struct("PodSpec");
  return unifiedDiff(printInternalSpec(struct, SPEC), printInternalSpec(struct, { ...SPEC, ...change }));
}

Deno.test("a pod's spec prints with Go's names, nothing left out, in the order of the server's own type", () => {
  const text = printInternalSpec(SCHEMAS.core.struct("PodSpec"), SPEC);
  const names = [...text.matchAll(/^ "(\w+)"/gm)].map(([, name]) => name);
  assertEquals(names.slice(0, 6), [
    "Volumes",
    "InitContainers",
    "Containers",
    "EphemeralContainers",
    "RestartPolicy",
    "TerminationGracePeriodSeconds",
  ]);
  assertEquals(text.includes('     "HostPort": 0,\n     "ContainerPort": 80,'), true);
  assertEquals(text.includes('"Value": "\\u003c"'), true);
});

Deno.test("what pods share with their host stands in the security context", () => {
  assertEquals(
    differences({ hostPID: true }),
    [
      "@@ -59,7 +59,7 @@",
      '  "NodeName": "",',
      '  "SecurityContext": {',
      '   "HostNetwork": false,',
      '-  "HostPID": false,',
      '+  "HostPID": true,',
      '   "HostIPC": false,',
      '   "ShareProcessNamespace": null,',
      '   "HostUsers": null,',
      "",
    ].join("\n"),
  );
});
