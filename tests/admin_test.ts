/** kubectl at the lab's own workstation: the ways into pods, and what changes the cluster, typed as people type it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Lab } from "../mod.ts";

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx, ports: [{name: http, containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 8080, targetPort: http}]}
`;

/** Types a line at admin; standard output and error together, and the exit status where it is not 0. */
async function type(lab: Lab, line: string): Promise<string> {
  const { stdout, stderr, exit } = await lab.exec("admin", line);
  return `${stdout}${stderr}${exit === 0 ? "" : `[${exit}]\n`}`;
}

async function withLab(run: (lab: Lab) => Promise<void>): Promise<void> {
  const lab = await Lab.open({ files: [WEB], nodes: 2 });
  try {
    await run(lab);
  } finally {
    lab.close();
  }
}

Deno.test("port-forward of a Service leads to its target port, until it is ended", () =>
  withLab(async (lab) => {
    const said = await type(
      lab,
      "kubectl port-forward svc/web 9000:8080 & sleep 1; curl -s http://localhost:9000/ | grep title; kill %1; sleep 1; curl -s http://localhost:9000/",
    );
    assertStringIncludes(said, "<title>Welcome to nginx!</title>\n");
    assertStringIncludes(said, "Forwarding from 127.0.0.1:9000 -> 80\nHandling connection for 9000\n");
    assertMatch(said, /\[7\]\n$/);
    assertEquals(
      await type(lab, "kubectl port-forward svc/web 81"),
      "error: Service web does not have a service port 81\n[1]\n",
    );
  }));

Deno.test("cp carries files into a container and out of it", () =>
  withLab(async (lab) => {
    await type(lab, "echo hello > /tmp/page.html");
    const pod = (await type(lab, "kubectl get pod -o name | head -1")).trim().replace("pod/", "");
    assertEquals(await type(lab, `kubectl cp /tmp/page.html ${pod}:/usr/share/nginx/html/page.html`), "");
    assertEquals(await type(lab, `kubectl exec ${pod} -- curl -s http://localhost/page.html`), "hello\n");
    assertEquals(await type(lab, `kubectl cp ${pod}:/etc/hostname /tmp/back; cat /tmp/back`), `${pod}\n`);
    assertEquals(
      await type(lab, `kubectl cp ${pod}:/nope /tmp/x`),
      "error: tar: nope: Cannot stat: No such file or directory\n[1]\n",
    );
  }));

Deno.test("edit applies what the editor leaves, and nothing where it leaves everything as it was", () =>
  withLab(async (lab) => {
    const edit = (editor: string) => type(lab, `KUBE_EDITOR=${JSON.stringify(editor)} kubectl edit deployment web`);
    assertEquals(await edit("true"), "Edit cancelled, no changes made.\n");
    assertEquals(await edit("sed -i 's/replicas: 2/replicas: 1/'"), "deployment.apps/web edited\n");
    assertEquals(await type(lab, "kubectl get deploy web -o jsonpath='{.spec.replicas}'"), "1");
  }));

Deno.test("drain cordons a node and evicts its pods; a pod without owner stops it unless forced", () =>
  withLab(async (lab) => {
    await type(
      lab,
      `kubectl run lone --image=nginx --overrides='{"spec":{"nodeName":"node-2"}}'; kubectl wait --for=condition=Ready pod/lone`,
    );
    const refused = await type(lab, "kubectl drain node-2 --ignore-daemonsets");
    assertStringIncludes(refused, "declare no controller (use --force to override): default/lone");
    const drained = await type(lab, "kubectl drain node-2 --ignore-daemonsets --force");
    assertStringIncludes(drained, "pod/lone evicted\n");
    assertMatch(drained, /node\/node-2 drained\nWarning: deleting Pods that declare no controller: default\/lone\n$/);
    assertMatch(await type(lab, "kubectl get pods -o wide --no-headers"), /^(web-\S+ .* node-1 .*\n){2}$/m);
    assertStringIncludes(await type(lab, "kubectl get nodes"), "Ready,SchedulingDisabled");
  }));

Deno.test("explain, events, autoscale and attach answer as kubectl does", () =>
  withLab(async (lab) => {
    assertMatch(
      await type(lab, "kubectl explain service.spec.type"),
      /^KIND: {7}Service\nVERSION: {4}v1\n\nFIELD: type <string>\nENUM:\n {4}ClusterIP\n/,
    );
    assertStringIncludes(await type(lab, "kubectl explain pod.spec.nope"), 'error: field "nope" does not exist\n[1]\n');
    assertMatch(
      await type(lab, "kubectl events --for deployment/web"),
      /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n\S+ +Normal +ScalingReplicaSet +Deployment\/web +Scaled up replica set web-\S+ from 0 to 2\n$/,
    );
    assertEquals(
      await type(lab, "kubectl autoscale deployment web --max=4"),
      "horizontalpodautoscaler.autoscaling/web autoscaled\n",
    );
    assertMatch(
      await type(lab, "kubectl get hpa --no-headers"),
      /^web +Deployment\/web +cpu: <unknown>\/80% +1 +4 +[02] +\d+s\n$/,
    );
    await type(lab, "sh -c 'sleep 2; kubectl exec deploy/web -- curl -s http://localhost/seen' &");
    assertMatch(
      await type(lab, "timeout 5 kubectl attach $(kubectl get pod -o name | head -1)"),
      /"GET \/seen HTTP\/1\.1" 404|^\[124\]\n$/,
    );
  }));

Deno.test("kube-proxy tells of its start on every node", () =>
  withLab(async (lab) => {
    const events = await type(lab, "kubectl get events --field-selector reason=Starting --no-headers");
    assertMatch(events, /^(\S+ +Normal +Starting +node\/node-\d *\n){2}$/);
  }));
