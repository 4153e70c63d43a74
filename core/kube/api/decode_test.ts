import { assertEquals } from "@std/assert";
import { BUILTIN } from "../objects/resource.ts";
import { decodeBody } from "./decode.ts";
import type { Status } from "./types.ts";

/** What the server (1.36.3) says of a body posted where objects of a kind are made. */
function refusal(kind: string, body: string): string {
  const resource = BUILTIN.find((one) => one.kind === kind && one.version === "v1");
  if (resource === undefined) throw new Error(`no ${kind}`);
  return (decodeBody(body, resource, "Strict") as Status).message ?? "accepted";
}

Deno.test("a body of another kind or version, or that names none, is refused in the server's words", () => {
  const head = "networking.k8s.io/v1";
  assertEquals(
    refusal("Ingress", `{"apiVersion":"1Gi","kind":"Ingress"}`),
    'Ingress in version "1Gi" cannot be handled as a Ingress: no kind "Ingress" is registered for version "1Gi" in scheme ' +
      '"pkg/runtime/scheme.go:111"',
  );
  assertEquals(
    refusal("Ingress", `{"apiVersion":"v1","kind":"Ingress"}`),
    'Ingress in version "v1" cannot be handled as a Ingress: no kind "Ingress" is registered for version "v1" in scheme ' +
      '"pkg/runtime/scheme.go:111"',
  );
  assertEquals(
    refusal("Ingress", `{"apiVersion":"extensions/v1beta1","kind":"Ingress"}`),
    `the API version in the data (extensions/v1beta1) does not match the expected API version (${head})`,
  );
  assertEquals(
    refusal("Ingress", `{"apiVersion":"${head}","kind":false,"metadata":{}}`),
    "the object provided is unrecognized (must be of type Ingress): couldn't get version/kind; json parse error: json: cannot " +
      'unmarshal bool into Go struct field .kind of type string ({"apiVersion":"networking.k8s. ...)',
  );
});

Deno.test("the first value of a wrong type in the document is told of, unless one ends the reading", () => {
  const policy = (ingress: string) =>
    refusal("NetworkPolicy", `{"metadata":{"name":"n"},"spec":{"ingress":[${ingress}]}}`);
  const lead = 'NetworkPolicy in version "v1" cannot be handled as a NetworkPolicy: json: cannot unmarshal';
  assertEquals(
    policy(`{"from":[7],"ports":[[""]]}`),
    `${lead} number into Go struct field NetworkPolicyIngressRule.spec.ingress.from of type v1.NetworkPolicyPeer`,
  );
  assertEquals(
    policy(`{"from":[7],"ports":[{"port":1.5}]}`),
    `${lead} number 1.5 into Go struct field NetworkPolicyPort.spec.ingress.ports.port of type int32`,
  );
});

Deno.test("structs that Go embeds stand in the paths of its errors", () => {
  assertEquals(
    refusal("Ingress", `{"metadata":{"name":"i"},"spec":{"rules":[{"http":{"paths":7}}]}}`),
    'Ingress in version "v1" cannot be handled as a Ingress: json: cannot unmarshal number into Go struct field ' +
      "HTTPIngressRuleValue.spec.rules.IngressRuleValue.http.paths of type []v1.HTTPIngressPath",
  );
  assertEquals(
    refusal("Pod", `{"spec":{"volumes":[{"name":"c","configMap":[]}]}}`),
    'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal array into Go struct field ' +
      "Volume.spec.volumes.VolumeSource.configMap of type v1.ConfigMapVolumeSource",
  );
});
