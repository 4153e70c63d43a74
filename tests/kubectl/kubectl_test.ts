/** The real kubectl, unmodified, against podwire's port: what people type, and what the real one says then. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { end, kubectls, type Served, serveLab, untilSays } from "./real.ts";

const SHOP = ["web", "cart"].map((name) =>
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, labels: {app: ${name}}}
spec:
  replicas: 2
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: ${name}, image: "nginx:1.27", ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: ${name}}, ports: [{port: 80}]}
`
).join("---\n");

/** Runs a command that must succeed; its standard output. */
async function good(served: Served, line: string, stdin?: string): Promise<string> {
  const { stdout, stderr, exit } = await served.run(line.split(" "), stdin);
  assertEquals(exit, 0, `kubectl ${line}: ${stderr}`);
  return stdout;
}

for (const kubectl of kubectls()) {
  Deno.test(`${kubectl} applies, watches, rolls out, enters, follows and forwards as on a real cluster`, async (t) => {
    const served = await serveLab(kubectl, []);
    try {
      await t.step("apply of a whole application, twice, and what get shows", () => applies(served));
      await t.step("a wrong object is refused in the server's words", () => refuses(served));
      await t.step("rollout, watched, undone, scaled", () => rollsOut(served));
      await t.step("exec gives output, input and exit status", () => executes(served));
      await t.step("logs, also as they are written", () => follows(served));
      await t.step("port-forward carries a real HTTP request", () => forwards(served));
      await t.step("run --rm shows what its pod said", () => runsOnce(served));
      await t.step("describe, explain, api-resources, auth can-i, drain, delete", () => theRest(served));
    } finally {
      await served.close();
    }
  });
}

async function applies(served: Served): Promise<void> {
  const names = ["deployment.apps/web", "service/web", "deployment.apps/cart", "service/cart"];
  assertEquals(await good(served, "apply -f -", SHOP), names.map((name) => `${name} created\n`).join(""));
  assertEquals(await good(served, "apply -f -", SHOP), names.map((name) => `${name} unchanged\n`).join(""));
  await good(served, "rollout status deploy/web --timeout=20s");
  await good(served, "wait --for=condition=Available deploy/cart --timeout=20s");
  const table = await good(served, "get deploy,svc");
  assertMatch(table, /deployment\.apps\/web +2\/2 +2 +2 +\d+s\n/);
  assertMatch(table, /service\/web +ClusterIP +10\.\S+ +<none> +80\/TCP/);
  assertMatch(await good(served, "get nodes -o wide"), /node-3 +Ready .* containerd:\/\/\S+\n$/);
}

async function refuses(served: Served): Promise<void> {
  const wrong = SHOP.replace("replicas: 2", "replicas: -1");
  const { stderr, exit } = await served.run(["apply", "-f", "-"], wrong);
  assertEquals(exit, 1);
  assertStringIncludes(
    stderr,
    'The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  );
  const missing = await served.run(["get", "pod", "nope"]);
  assertEquals([missing.stderr, missing.exit], ['Error from server (NotFound): pods "nope" not found\n', 1]);
}

async function rollsOut(served: Served): Promise<void> {
  const watch = served.start(["get", "pods", "-l", "app=web", "-w", "--no-headers"]);
  assertEquals(await good(served, "set image deploy/web web=nginx:1.28"), "deployment.apps/web image updated\n");
  assertMatch(
    await good(served, "rollout status deploy/web --timeout=20s"),
    /deployment "web" successfully rolled out\n$/,
  );
  await untilSays(watch, /web-\S+ +1\/1 +Terminating/);
  await end(watch);
  assertEquals(await good(served, "rollout undo deploy/web"), "deployment.apps/web rolled back\n");
  assertMatch(await good(served, "rollout history deploy/web"), /\n2 +<none>\n3 +<none>\n/);
  await good(served, "scale deploy/web --replicas=3");
  await good(served, "rollout status deploy/web --timeout=20s");
  assertEquals(await good(served, "get deploy web -o jsonpath={.status.readyReplicas}"), "3");
}

async function executes(served: Served): Promise<void> {
  assertStringIncludes(await good(served, "exec deploy/web -- cat /etc/resolv.conf"), "nameserver 10.96.0.10\n");
  assertEquals(await good(served, "exec -i deploy/web -- cat", "line one\nline two\n"), "line one\nline two\n");
  const failed = await served.run(["exec", "deploy/web", "--", "sh", "-c", "echo wrong >&2; exit 3"]);
  assertEquals([failed.exit, failed.stderr], [3, "wrong\ncommand terminated with exit code 3\n"]);
  const none = await served.run(["exec", "deploy/web", "--", "nosuch"]);
  assertMatch(none.stderr, /error: Internal error occurred: .*exec: "nosuch": executable file not found in \$PATH/);
}

async function follows(served: Served): Promise<void> {
  const last = await good(served, "logs deploy/web --tail=1");
  assertEquals(last.split("\n").length, 2);
  const follow = served.start(["logs", "-f", "--tail=0", "deploy/cart"]);
  const pod = (await good(served, "get pod -l app=cart -o jsonpath={.items[*].status.podIP}")).split(" ");
  const said = untilSays(follow, /"GET \/followed HTTP\/1\.1" 404/);
  for (const address of pod) await served.run(["exec", "deploy/web", "--", "curl", "-s", `http://${address}/followed`]);
  await said;
  await end(follow);
}

async function forwards(served: Served): Promise<void> {
  const forward = served.start(["port-forward", "svc/web", ":80"]);
  const said = await untilSays(forward, /Forwarding from 127\.0\.0\.1:\d+ -> 80\n/);
  const port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1];
  for (let round = 0; round < 3; round++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    assertEquals(answer.status, 200);
    assertStringIncludes(await answer.text(), "Welcome to nginx!");
  }
  await end(forward);
}

async function runsOnce(served: Served): Promise<void> {
  const words = "run once --image=busybox -i --rm --restart=Never -- nslookup web.default.svc.cluster.local";
  const said = await good(served, words);
  assertStringIncludes(said, "Name:\tweb.default.svc.cluster.local\n");
  assertStringIncludes(said, 'pod "once" deleted');
}

async function theRest(served: Served): Promise<void> {
  assertMatch(await good(served, "describe svc web"), /Endpoints: +\S+:80,\S+:80,\S+:80\n/);
  assertStringIncludes(await good(served, "explain pod.spec.dnsPolicy"), "Set DNS policy for the pod.");
  assertMatch(
    await good(served, "api-resources --api-group=discovery.k8s.io"),
    /endpointslices +discovery\.k8s\.io\/v1 +true +EndpointSlice\n/,
  );
  assertEquals(await good(served, "auth can-i delete pods"), "yes\n");
  if (served.kubectl.includes("kubectl-v1.36")) await tops(served);
  const drained = await served.run(
    "drain node-2 --ignore-daemonsets --force --delete-emptydir-data --timeout=25s".split(" "),
  );
  assertEquals(drained.exit, 0, drained.stderr);
  assertMatch(await good(served, "get node node-2"), /Ready,SchedulingDisabled/);
  assertStringIncludes(await good(served, "delete deploy,svc web"), 'deployment.apps "web" deleted');
  assert((await served.run(["get", "deploy", "web"])).exit === 1);
}

/** `kubectl top` and what `kubectl autoscale` brings about, from the lab's own metrics. */
async function tops(served: Served): Promise<void> {
  assertMatch(
    await good(served, "top nodes"),
    /^NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\) +\nnode-1 +\d+m +\d+% +\d+Mi +\d+% +\n/,
  );
  assertMatch(await good(served, "top pods -l app=web --containers"), /^POD +NAME +CPU.*\nweb-\S+ +web +\d+m +8Mi +\n/);
  await good(served, "autoscale deploy/web --cpu=50% --min=1 --max=5");
  assertMatch(await good(served, "get hpa web"), /web +Deployment\/web +cpu: <unknown>\/50% +1 +5 /);
  await good(served, "delete hpa web");
  const pod = (await good(served, "get pod -l app=cart -o name")).split("\n")[0] as string;
  assertStringIncludes(
    await good(served, `debug ${pod} --image=busybox -i -q -- nslookup web.default.svc.cluster.local`),
    "Name:\tweb.default.svc.cluster.local\n",
  );
}
