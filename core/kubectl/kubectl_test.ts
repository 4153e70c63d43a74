import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { LittleCluster } from "../kube/controllers/little_cluster.ts";
import type { Finished } from "./host.ts";
import { kubectl } from "./kubectl.ts";

/** A workstation beside a little cluster: waiting lets time pass there. */
class Workstation {
  readonly cluster = new LittleCluster();
  readonly files = new Map<string, string>();
  readonly #patience: number;

  constructor(patience = 60) {
    this.#patience = patience;
  }

  /** Types a command; words in single quotes stay whole. */
  async type(line: string, stdin = ""): Promise<Finished> {
    const argv = (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'|'$/g, ""));
    const { clock, control } = this.cluster;
    const end = clock.now() + this.#patience * 1000;
    const finished = await kubectl(argv.slice(1), stdin, {
      api: control.api,
      server: "https://192.168.1.11:6443",
      files: {
        read: (path) => this.files.get(path),
        list: (path) => {
          const names = [...this.files.keys()].filter((name) => name.startsWith(`${path}/`));
          return names.length === 0 ? undefined : names.map((name) => name.slice(path.length + 1));
        },
        write: (path, text) => this.files.set(path, text),
      },
      clock: {
        now: () => clock.now(),
        sleep: (milliseconds) => {
          this.cluster.run(Math.ceil(milliseconds / 1000));
          return Promise.resolve(clock.now() < end);
        },
      },
      pods: {
        exec: ({ pod, container }, command, input) =>
          Promise.resolve({ stdout: `${pod}/${container}: ${command.join(" ")} ${input}\n`, stderr: "", exit: 3 }),
        logs: ({ pod, container }, options) => Promise.resolve(`${pod}/${container} ${JSON.stringify(options)}\n`),
      },
    });
    control.settle();
    return finished;
  }

  /** What a command prints; it must end well. */
  async out(line: string, stdin = ""): Promise<string> {
    const { stdout, stderr, exit } = await this.type(line, stdin);
    assertEquals([stderr, exit], ["", 0]);
    return stdout;
  }
}

const WEB = `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
`;

async function withWeb(): Promise<Workstation> {
  const station = new Workstation();
  await station.out("kubectl apply -f -", WEB);
  station.cluster.run(3);
  return station;
}

Deno.test("apply creates, configures and leaves alone", async () => {
  const station = new Workstation();
  station.files.set("web.yaml", WEB);
  assertEquals(await station.out("kubectl apply -f web.yaml"), "service/web created\ndeployment.apps/web created\n");
  assertEquals(
    await station.out("kubectl apply -f web.yaml"),
    "service/web unchanged\ndeployment.apps/web unchanged\n",
  );
  station.files.set("web.yaml", WEB.replace("replicas: 2", "replicas: 1"));
  assertEquals(
    await station.out("kubectl apply -f web.yaml"),
    "service/web unchanged\ndeployment.apps/web configured\n",
  );
  station.cluster.run(3);
  assertEquals(station.cluster.names("Pod").length, 1);
});

Deno.test("apply takes away what the file no longer has, and not what others wrote", async () => {
  const station = new Workstation();
  const map = (data: string) => `{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {${data}}}`;
  await station.out("kubectl apply -f -", map("x: '1', y: '2'"));
  await station.out(`kubectl patch cm a --type=merge -p '{"data":{"z":"3"}}'`);
  await station.out("kubectl apply -f -", map("x: '1'"));
  assertEquals((station.cluster.get("ConfigMap", "a") as { data?: unknown }).data, { x: "1", z: "3" });
});

Deno.test("apply takes every manifest of a folder and says which file is wrong", async () => {
  const station = new Workstation();
  station.files.set("shop/a.yaml", "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
  station.files.set("shop/b.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: shop}, dat: {}}");
  const { stdout, stderr, exit } = await station.type("kubectl apply -f shop");
  assertEquals([stdout, exit], ["namespace/shop created\n", 1]);
  assertEquals(
    stderr,
    'Error from server (BadRequest): error when creating "shop/b.yaml": ConfigMap in version "v1" cannot be handled as ' +
      'a ConfigMap: strict decoding error: unknown field "dat"\n',
  );
});

Deno.test("get prints the server's tables", async () => {
  const station = await withWeb();
  assertEquals(
    await station.out("kubectl get deploy,svc"),
    `NAME                  READY   UP-TO-DATE   AVAILABLE   AGE
deployment.apps/web   2/2     2            2           3s

NAME                 TYPE        CLUSTER-IP      EXTERNAL-IP   PORT(S)   AGE
service/kubernetes   ClusterIP   10.96.0.1       <none>        443/TCP   3s
service/web          ClusterIP   10.105.16.121   <none>        80/TCP    3s
`,
  );
  assertEquals(
    await station.out("kubectl get endpointslices -l kubernetes.io/service-name=web --no-headers"),
    "web-kjsfj   IPv4   8080   10.244.1.2,10.244.2.3   3s\n",
  );
  assertMatch(
    await station.out("kubectl get pods -o wide -A"),
    /^NAMESPACE +NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\ndefault +web-/,
  );
});

Deno.test("get prints objects as YAML, JSON, names, JSONPath and columns of one's own", async () => {
  const station = await withWeb();
  assertEquals(
    await station.out("kubectl get svc web -o 'jsonpath={.spec.ports[0].port}/{.spec.type}'"),
    "80/ClusterIP",
  );
  assertEquals(await station.out("kubectl get svc -o name"), "service/kubernetes\nservice/web\n");
  assertEquals(
    await station.out(
      "kubectl get svc -o custom-columns=NAME:.metadata.name,PORTS:.spec.ports[*].port --sort-by=.spec.clusterIP",
    ),
    "NAME         PORTS\nkubernetes   443\nweb          80\n",
  );
  const json = JSON.parse(await station.out("kubectl get deploy web -o json")) as { spec: { replicas: number } };
  assertEquals(json.spec.replicas, 2);
  const yaml = await station.out("kubectl get svc web -o yaml");
  assertStringIncludes(yaml, "  ports:\n  - name: http\n    port: 80\n    protocol: TCP\n    targetPort: 8080\n");
});

Deno.test("what is not there is told as the server tells it", async () => {
  const station = new Workstation();
  const said = async (line: string) => {
    const { stderr, exit } = await station.type(line);
    assertEquals(exit, 1);
    return stderr;
  };
  assertEquals(await said("kubectl get pod nosuch"), 'Error from server (NotFound): pods "nosuch" not found\n');
  assertEquals(await said("kubectl get things"), `error: the server doesn't have a resource type "things"\n`);
  assertEquals(await said("kubectl apply -f no.yaml"), 'error: the path "no.yaml" does not exist\n');
  assertEquals(await said("kubectl proxy"), "error: kubectl proxy is not modelled here\n");
  assertMatch(
    await said("kubectl gett pods"),
    /^error: unknown command "gett" for "kubectl"\n\nDid you mean this\?\n\tget\n/,
  );
  assertMatch(await said("kubectl get pods --colour"), /unknown flag: --colour/);
  const { stderr } = await station.type("kubectl get pods");
  assertEquals(stderr, "No resources found in default namespace.\n");
});

Deno.test("describe shows a Service with its endpoints", async () => {
  const station = await withWeb();
  assertEquals(
    await station.out("kubectl describe svc web"),
    `Name:                     web
Namespace:                default
Labels:                   <none>
Annotations:              <none>
Selector:                 app=web
Type:                     ClusterIP
IP Family Policy:         SingleStack
IP Families:              IPv4
IP:                       10.105.16.121
IPs:                      10.105.16.121
Port:                     http  80/TCP
TargetPort:               8080/TCP
Endpoints:                10.244.1.2:8080,10.244.2.3:8080
Session Affinity:         None
Internal Traffic Policy:  Cluster
Events:                   <none>
`,
  );
});

Deno.test("describe shows a Deployment with its sets and events", async () => {
  const station = await withWeb();
  const text = await station.out("kubectl describe deployment/web");
  assertStringIncludes(text, "Replicas:               2 desired | 2 updated | 2 total | 2 available | 0 unavailable\n");
  assertMatch(text, /NewReplicaSet: +web-\w+ \(2\/2 replicas created\)\n/);
  assertMatch(
    text,
    /Normal +ScalingReplicaSet +3s +deployment-controller +Scaled up replica set web-\w+ from 0 to 2\n$/,
  );
});

Deno.test("create makes objects from words", async () => {
  const station = new Workstation();
  station.files.set("app.conf", "a = 1\n");
  const lines = [
    ["kubectl create ns shop", "namespace/shop created\n"],
    ["kubectl create deploy api --image=nginx --port=80 -n shop", "deployment.apps/api created\n"],
    ["kubectl create cm cfg --from-literal=x=1 --from-file=app.conf", "configmap/cfg created\n"],
    ["kubectl create secret generic s --from-literal=p=w", "secret/s created\n"],
    ["kubectl create service clusterip db --tcp=5432:5432", "service/db created\n"],
    ["kubectl create sa robot", "serviceaccount/robot created\n"],
  ];
  for (const [line = "", said] of lines) assertEquals(await station.out(line), said);
  assertEquals((station.cluster.get("ConfigMap", "cfg") as { data?: unknown }).data, { "app.conf": "a = 1\n", x: "1" });
  assertEquals(await station.out("kubectl get secret s -o jsonpath={.data.p}"), "dw==");
  assertEquals(station.cluster.get("Deployment", "api", "shop").spec.selector.matchLabels, { app: "api" });
  const other = await station.type("kubectl create cm cfg");
  assertEquals(other.stderr, 'error: failed to create configmap: configmaps "cfg" already exists\n');
  const again = await station.type("kubectl create ns shop");
  assertEquals(again.stderr, 'Error from server (AlreadyExists): namespaces "shop" already exists\n');
});

Deno.test("run and expose make a pod and a Service for it; a dry run only shows them", async () => {
  const station = new Workstation();
  assertEquals(await station.out("kubectl run box --image=busybox --port=80 -- sleep 1d"), "pod/box created\n");
  assertEquals(station.cluster.get("Pod", "box").spec.containers[0]?.args, ["sleep", "1d"]);
  assertEquals(await station.out("kubectl expose pod box --name=b --target-port=8080"), "service/b exposed\n");
  const { selector, ports } = station.cluster.get("Service", "b").spec;
  assertEquals([selector, ports], [{ run: "box", "topology.kubernetes.io/zone": "zone-1" }, [{
    protocol: "TCP",
    port: 80,
    targetPort: 8080,
  }]]);
  assertEquals(
    await station.out("kubectl run once --image=busybox --dry-run=client -o yaml"),
    `apiVersion: v1
kind: Pod
metadata:
  labels:
    run: once
  name: once
spec:
  containers:
  - image: busybox
    name: once
    resources: {}
  dnsPolicy: ClusterFirst
  restartPolicy: Always
status: {}
`,
  );
  assertEquals(station.cluster.names("Pod"), ["box"]);
});

Deno.test("scale, set image, rollout status and undo move a Deployment", async () => {
  const station = await withWeb();
  assertEquals(await station.out("kubectl scale deploy web --replicas=3"), "deployment.apps/web scaled\n");
  assertEquals(await station.out("kubectl set image deploy/web c=nginx:2"), "deployment.apps/web image updated\n");
  assertMatch(
    await station.out("kubectl rollout status deploy/web"),
    /^Waiting for deployment "web" rollout to finish: .*\n(.*\n)*deployment "web" successfully rolled out\n$/,
  );
  station.cluster.run(1);
  assertEquals(station.cluster.list("Pod").map(({ spec }) => spec.containers[0]?.image), Array(3).fill("nginx:2"));
  assertEquals(await station.out("kubectl rollout undo deploy/web"), "deployment.apps/web rolled back\n");
  station.cluster.run(8);
  assertEquals(station.cluster.list("Pod").map(({ spec }) => spec.containers[0]?.image), Array(3).fill("nginx"));
});

Deno.test("labels and annotations are set, kept and taken off", async () => {
  const station = await withWeb();
  assertEquals(await station.out("kubectl label svc web tier=front"), "service/web labeled\n");
  const refused = await station.type("kubectl label svc web tier=back");
  assertEquals(
    refused.stderr,
    "error: 'tier' already has a value (front), and --overwrite is false\n",
  );
  assertEquals(await station.out("kubectl label svc web tier=back --overwrite"), "service/web labeled\n");
  assertEquals(await station.out("kubectl label svc web tier-"), "service/web unlabeled\n");
  assertEquals(await station.out("kubectl annotate svc web note=hello"), "service/web annotated\n");
  assertEquals(station.cluster.get("Service", "web").metadata.annotations?.note, "hello");
});

Deno.test("delete waits until the pod is gone, and without waiting does not", async () => {
  const station = await withWeb();
  const [first = "", second = ""] = station.cluster.names("Pod");
  assertEquals(await station.out(`kubectl delete pod ${first}`), `pod "${first}" deleted from default namespace\n`);
  assertEquals(station.cluster.names("Pod").includes(first), false);
  await station.out(`kubectl delete pod ${second} --wait=false`);
  assertEquals(station.cluster.get("Pod", second).metadata.deletionTimestamp !== undefined, true);
});

Deno.test("exec and logs reach the container, and a command's exit status comes back", async () => {
  const station = new Workstation();
  await station.out("kubectl run box --image=busybox");
  station.cluster.run(2);
  const { stdout, stderr, exit } = await station.type("kubectl exec -i box -- cat -n", "hello");
  assertEquals([stdout, stderr, exit], ["box/box: cat -n hello\n", "command terminated with exit code 3\n", 3]);
  assertEquals(await station.out("kubectl logs box --tail=2 --timestamps"), 'box/box {"tail":2,"timestamps":true}\n');
  const wrong = await station.type("kubectl exec box -c nosuch -- ls");
  assertEquals(wrong.exit, 1);
  assertStringIncludes(wrong.stderr, "error: container nosuch not found in pod box");
});

Deno.test("get -w shows what changes until it is ended", async () => {
  const station = new Workstation(4);
  const watched = station.type("kubectl get cm -w --no-headers -l shown");
  station.cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {shown: '1'}}}");
  assertMatch((await watched).stdout, /^a +0 +\ds\n$/);
});

Deno.test("the namespace comes from the command, then from the kubeconfig", async () => {
  const station = new Workstation();
  await station.out("kubectl create ns shop");
  await station.out("kubectl create cm a -n shop");
  await station.out("kubectl config set-context --current --namespace=shop");
  assertEquals(await station.out("kubectl get cm a -o name"), "configmap/a\n");
  assertEquals((await station.type("kubectl get cm a -n default")).exit, 1);
});

const SETTINGS = (...names: string[]) =>
  names.map((name) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {app: x}}\n`).join("---\n");

Deno.test("apply --prune takes away what was applied once and is in no file any more", async () => {
  const station = new Workstation();
  await station.out("kubectl apply -f -", SETTINGS("a", "b", "c"));
  await station.out("kubectl create configmap mine");
  await station.out("kubectl label configmap mine app=x");
  const prune = "kubectl apply --prune -l app=x";
  const dry = await station.type(`${prune} --dry-run=server -f -`, SETTINGS("a"));
  assertEquals(
    dry.stdout,
    "configmap/a unchanged (server dry run)\nconfigmap/b pruned (server dry run)\nconfigmap/c pruned (server dry run)\n",
  );
  assertMatch(
    dry.stderr,
    /^W1121 09:30:\d\d\.\d{6} +1 prune\.go:71\] Deprecated: kubectl apply will no longer prune non-namespaced/m,
  );
  const done = await station.out(`${prune} --prune-allowlist=core/v1/ConfigMap -f -`, SETTINGS("a", "b"));
  assertEquals(done, "configmap/a unchanged\nconfigmap/b unchanged\nconfigmap/c pruned\n");
  assertEquals(station.cluster.names("ConfigMap"), ["a", "b", "kube-root-ca.crt", "mine"]);
});

Deno.test("apply --prune without saying what of is refused, before anything is applied", async () => {
  const station = new Workstation();
  const type = async (flags: string) =>
    (await station.type(`kubectl apply --prune ${flags} -f -`, SETTINGS("a"))).stderr;
  assertEquals(
    await type(""),
    "error: all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. " +
      "If you did not mean to prune all resources, specify a label selector\n",
  );
  assertEquals(await type("--all -l app=x"), "error: cannot set --all and --selector at the same time\n");
  assertEquals(await type("--all --prune-allowlist=core/v1/Foo"), 'error: no matches for kind "Foo" in version "v1"\n');
  assertEquals(station.cluster.names("ConfigMap").includes("a"), false);
});

Deno.test("apply -k and delete -k take what a kustomization comes to", async () => {
  const station = new Workstation();
  station.files.set(
    "k/kustomization.yaml",
    "resources: [cm.yaml]\nnamePrefix: my-\nconfigMapGenerator: [{name: g, literals: [a=b]}]\n",
  );
  station.files.set("k/cm.yaml", SETTINGS("c"));
  assertEquals(await station.out("kubectl apply -k k"), "configmap/my-c created\nconfigmap/my-g-4h2mbtbbt6 created\n");
  assertEquals(
    await station.out("kubectl apply -k k"),
    "configmap/my-c unchanged\nconfigmap/my-g-4h2mbtbbt6 unchanged\n",
  );
  await station.out("kubectl delete -k k");
  assertEquals(station.cluster.names("ConfigMap"), ["kube-root-ca.crt"]);
  const { stderr } = await station.type("kubectl apply -k nope");
  assertEquals(
    stderr,
    "error: must build at directory: not a valid directory: evalsymlink failure on 'nope' : lstat nope: no such file or directory\n",
  );
});
