/** `kubectl debug` on a lab: containers beside those of a pod, pods on nodes, copies. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Lab } from "../../mod.ts";

const POD = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
  - {name: c, image: nginx, livenessProbe: {httpGet: {path: /, port: 80}}}
`;

async function withLab(run: (type: (line: string) => Promise<string>) => Promise<void>): Promise<void> {
  const lab = await Lab.open({ files: [POD], nodes: 2 });
  try {
    await run(async (line) => {
      const { stdout, stderr } = await lab.exec("admin", line);
      return stdout + stderr;
    });
  } finally {
    lab.close();
  }
}

Deno.test("a debug container shares its pod's network, runs once, and can be entered while it runs", () =>
  withLab(async (type) => {
    const said = await type("kubectl debug web --image=busybox -it -- wget -q -O- localhost");
    assertMatch(said, /^Defaulting debug container name to debugger-[a-z0-9]{5}\.\n/);
    assertStringIncludes(said, "<title>Welcome to nginx!</title>");
    assertEquals(await type("kubectl debug web --image=busybox -q -c long -- sleep 600"), "");
    await type("sleep 3");
    assertEquals(await type("kubectl exec web -c long -- hostname"), "web\n");
    const states = await type(
      "kubectl get pod web -o jsonpath='{range .status.ephemeralContainerStatuses[*]}{.state.terminated.reason},{.restartCount} {end}'",
    );
    assertEquals(states, "Completed,0 ,0 ");
    assertStringIncludes(await type("kubectl describe pod web"), "\nEphemeral Containers:\n  debugger-");
    assertMatch(await type("kubectl get pod web --no-headers"), /^web +1\/1 +Running +0 /);
    assertEquals(await type("kubectl delete pod web --now"), 'pod "web" deleted from default namespace\n');
  }));

Deno.test("what is wrong with a debug container is said in the server's words", () =>
  withLab(async (type) => {
    await type("kubectl debug web --image=busybox -q -c d -- true");
    assertStringIncludes(
      await type("kubectl debug web --image=busybox -c d -- false"),
      'spec.ephemeralContainers: Forbidden: existing ephemeral containers "d" may not be changed',
    );
    assertEquals(
      await type("kubectl debug web --image=busybox -q -c e --target=nope -- true"),
      'The Pod "web" is invalid: spec.ephemeralContainers[1].targetContainerName: Not found: "nope"\n',
    );
    assertEquals(await type("kubectl debug web"), "error: you must specify --image when not using --copy-to.\n");
    assertEquals(
      await type("kubectl debug nope --image=busybox"),
      'Error from server (NotFound): pods "nope" not found\n',
    );
  }));

Deno.test("a debugging pod runs in its node's own network", () =>
  withLab(async (type) => {
    const said = await type("kubectl debug node/node-2 -it --image=busybox -- hostname");
    assertMatch(
      said,
      /^Creating debugging pod node-debugger-node-2-[a-z0-9]{5} with container debugger on node node-2\.\nnode-2\n$/,
    );
  }));

Deno.test("a copy has another image, or one container more and no probes", () =>
  withLab(async (type) => {
    assertEquals(await type("kubectl debug web --copy-to=other --set-image=c=httpd"), "");
    const of = (name: string) =>
      type(
        `kubectl get pod ${name} -o jsonpath='{.spec.containers[*].image} {.metadata.labels.app} {.spec.containers[0].livenessProbe.httpGet.path}'`,
      );
    assertEquals(await of("other"), "httpd web /");
    assertMatch(
      await type("kubectl debug web --copy-to=copy --image=busybox -- sleep 100"),
      /^Defaulting debug container name/,
    );
    assertEquals(await of("copy"), "nginx busybox  ");
    await type("kubectl wait --for=condition=Ready pod/copy --timeout=30s");
    assertMatch(await type("kubectl get pod copy --no-headers"), /^copy +2\/2 +Running/);
  }));
