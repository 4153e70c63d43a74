import { assertEquals } from "@std/assert";
import { Random, VirtualClock } from "../../base/mod.ts";
import { ControlPlane } from "../control_plane.ts";
import type { Deployment } from "../objects/object.ts";
import type { Status } from "./types.ts";

function server() {
  const nodes = [{ name: "node-1", addresses: ["172.18.0.2"] }];
  const { api } = new ControlPlane({ clock: new VirtualClock(0), random: new Random(1), nodes });
  return (manager: string, spec: object, query = "") => {
    const path = `/apis/apps/v1/namespaces/default/deployments/web?fieldManager=${manager}${query}`;
    const body = JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec });
    const { code, body: object } = api.handle({
      method: "PATCH",
      path,
      contentType: "application/apply-patch+yaml",
      body,
    });
    return { code, object: object as Deployment & Pick<Status, "message"> };
  };
}

const selector = { matchLabels: { app: "web" } };
const template = (...containers: object[]) => ({ metadata: { labels: { app: "web" } }, spec: { containers } });
const WEB = { name: "web", image: "nginx:1.27" };

Deno.test("applying creates, then changes only what the manager says; what it gives up goes", () => {
  const apply = server();
  const made = apply("me", {
    replicas: 2,
    selector,
    template: template({ ...WEB, env: [{ name: "A", value: "1" }, { name: "B", value: "2" }] }),
  });
  assertEquals([made.code, made.object.spec.replicas], [201, 2]);
  const next = apply("me", { selector, template: template({ ...WEB, env: [{ name: "B", value: "3" }] }) });
  assertEquals(next.code, 200);
  assertEquals(next.object.spec.replicas, 1);
  assertEquals(next.object.spec.template.spec?.containers[0]?.env, [{ name: "B", value: "3" }]);
});

Deno.test("two managers share an object: lists are merged by name, a field both want differently is a conflict unless forced", () => {
  const apply = server();
  apply("me", { replicas: 2, selector, template: template(WEB) });
  const both = apply("mesh", { template: template({ name: "proxy", image: "envoy:1" }) });
  assertEquals(both.object.spec.template.spec?.containers.map(({ name }) => name), ["web", "proxy"]);
  const refused = apply("scaler", { replicas: 5 });
  assertEquals([refused.code, refused.object.message], [
    409,
    'Apply failed with 1 conflict: conflict with "me": .spec.replicas',
  ]);
  assertEquals(apply("scaler", { replicas: 5 }, "&force=true").object.spec.replicas, 5);
  const { template: _given, ...rest } = apply("me", { selector, template: template(WEB) }).object.spec;
  assertEquals(rest.replicas, 5);
  const gone = apply("mesh", {});
  assertEquals(gone.object.spec.template.spec?.containers.map(({ name }) => name), ["web"]);
});

Deno.test("the same configuration again changes nothing; without a manager there is no applying", () => {
  const apply = server();
  const spec = { replicas: 2, selector, template: template(WEB) };
  apply("me", spec);
  const [first, second] = [apply("me", spec), apply("me", spec)];
  assertEquals(first.object.metadata.resourceVersion, second.object.metadata.resourceVersion);
  assertEquals(
    apply("", spec).object.message,
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  );
});
