import { assertEquals, assertMatch } from "@std/assert";
import { Lab, printNameStory } from "../../mod.ts";

const OBJECTS = `apiVersion: v1
kind: Namespace
metadata: {name: prod}
---
apiVersion: v1
kind: Pod
metadata: {name: dbg, labels: {app: dbg}}
spec: {containers: [{name: c, image: nicolaka/netshoot, command: [sleep, "36000"]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: prod}
spec: {selector: {app: dbg}, ports: [{port: 80, name: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: quiet}
spec: {clusterIP: None, selector: {app: nobody}, ports: [{port: 80, name: http}]}
`;

Deno.test("a look-up is told name by name: who answered, by which plugin, why, and what to change", async () => {
  const lab = await Lab.open({ files: [OBJECTS], nodes: 1 });
  const story = async (name: string) => {
    const told = await lab.whyName("pod/dbg", name);
    if (told === undefined) throw new Error(`${name} is a place`);
    return told;
  };

  const missing = await story("web");
  assertEquals([missing.found, missing.tried.length, missing.fix], [false, 4, "ask for web.prod"]);
  const trail = missing.tried[0]?.questions[0]?.trail;
  assertEquals([trail?.block, trail?.steps.at(-1)], [".:53", {
    plugin: "kubernetes",
    did: "answers: there is no Service web in namespace default; there is one in prod",
  }]);

  const short = await story("web.prod");
  assertEquals([short.found, short.tried.length, short.wasted, short.fix], [true, 2, 2, undefined]);
  assertEquals(short.tried[1]?.questions.map(({ outcome }) => outcome), ["NOERROR", "NODATA"]);

  const external = printNameStory(await story("www.example.com"));
  assertMatch(external, /forward: asks 198\.51\.100\.53:53\n/);
  assertMatch(
    external,
    /questions: 8, 6 of them for the search list\n {2}fix: write www\.example\.com\. .*options ndots:2/,
  );

  const quiet = await story("quiet");
  assertMatch(quiet.fix ?? "", /endpointslices -l kubernetes.io\/service-name=quiet/);

  assertEquals(await lab.whyName("pod/dbg", "svc/prod/web"), undefined);
  assertEquals(await lab.whyName("pod/dbg", "node-1"), undefined);
  await lab.close();
});

Deno.test("where nobody answers, the story says what to look at", async () => {
  const lab = await Lab.open({ files: [OBJECTS], nodes: 1 });
  await lab.exec("admin", "kubectl -n kube-system scale deploy coredns --replicas=0");
  await lab.advance(60);
  const { stdout, exit } = await lab.exec("pod/dbg", "dig --explain web.prod");
  assertMatch(stdout, /A {4}connection refused in 0 ms\n/);
  assertMatch(stdout, /fix: 10\.96\.0\.10: nothing behind it answers; see whether the pods of k8s-app=kube-dns run/);
  assertEquals(exit, 1);
  await lab.close();
});

Deno.test("CoreDNS serves on for its lameduck time, then its pod is gone", async () => {
  const lab = await Lab.open({ files: [OBJECTS], nodes: 1 });
  await lab.exec("admin", "kubectl -n kube-system scale deploy coredns --replicas=0");
  await lab.advance(2);
  const { stdout } = await lab.exec("admin", "kubectl -n kube-system logs -l k8s-app=kube-dns --tail=1");
  assertMatch(stdout, /^\[INFO\] plugin\/health: Going into lameduck mode for 5s$/m);
  await lab.advance(8);
  const { stderr } = await lab.exec("admin", "kubectl -n kube-system get pods -l k8s-app=kube-dns");
  assertEquals(stderr, "No resources found in kube-system namespace.\n");
  await lab.close();
});
