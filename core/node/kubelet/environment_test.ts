import { assertEquals } from "@std/assert";
import { parse } from "yaml";
import { type core, type KubeObject, type Pod, Store } from "../../kube/mod.ts";
import { containerEnvironment, expand } from "./environment.ts";
import { volumeFiles } from "./volumes.ts";

const POD = parse(`
metadata: {name: web, namespace: shop, uid: u1, labels: {app: web}}
spec:
  nodeName: node-1
  containers: []
  volumes:
  - {name: conf, configMap: {name: conf}}
  - {name: one, configMap: {name: conf, items: [{key: mode, path: deep/mode.txt}]}}
  - {name: gone, configMap: {name: nothing}}
status: {podIP: 10.244.1.5, hostIP: 172.18.0.2}
`) as Pod;

function store(): Store {
  const store = new Store();
  const objects = [
    "{kind: Service, metadata: {name: kubernetes, namespace: default}, spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, protocol: TCP}]}}",
    "{kind: Service, metadata: {name: my-db, namespace: shop}, spec: {clusterIP: 10.96.7.7, ports: [{port: 5432, protocol: TCP}]}}",
    "{kind: Service, metadata: {name: headless, namespace: shop}, spec: {clusterIP: None, ports: [{port: 1}]}}",
    "{kind: ConfigMap, metadata: {name: conf, namespace: shop}, data: {mode: fast, level: '9'}}",
    "{kind: Secret, metadata: {name: key, namespace: shop}, data: {pass: aHVudGVyMg==}}",
  ];
  for (const text of objects) store.put(parse(text) as KubeObject);
  return store;
}

function environment(container: string, pod: Pod = POD) {
  return containerEnvironment({ store: store(), pod, container: parse(container) as core.Container, hostname: "web" });
}

Deno.test("Services with an address become variables, in both forms", () => {
  assertEquals(environment("{name: c}"), {
    HOSTNAME: "web",
    KUBERNETES_SERVICE_HOST: "10.96.0.1",
    KUBERNETES_SERVICE_PORT: "443",
    KUBERNETES_SERVICE_PORT_HTTPS: "443",
    KUBERNETES_PORT: "tcp://10.96.0.1:443",
    KUBERNETES_PORT_443_TCP: "tcp://10.96.0.1:443",
    KUBERNETES_PORT_443_TCP_PROTO: "tcp",
    KUBERNETES_PORT_443_TCP_PORT: "443",
    KUBERNETES_PORT_443_TCP_ADDR: "10.96.0.1",
    MY_DB_SERVICE_HOST: "10.96.7.7",
    MY_DB_SERVICE_PORT: "5432",
    MY_DB_PORT: "tcp://10.96.7.7:5432",
    MY_DB_PORT_5432_TCP: "tcp://10.96.7.7:5432",
    MY_DB_PORT_5432_TCP_PROTO: "tcp",
    MY_DB_PORT_5432_TCP_PORT: "5432",
    MY_DB_PORT_5432_TCP_ADDR: "10.96.7.7",
  });
});

Deno.test("variables come from fields, ConfigMaps and Secrets, and may use earlier ones", () => {
  const pod = { ...POD, spec: { ...POD.spec, enableServiceLinks: false } } as Pod;
  const got = environment(
    `
name: c
envFrom: [{prefix: C_, configMapRef: {name: conf}}]
env:
- {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
- {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
- {name: PASS, valueFrom: {secretKeyRef: {name: key, key: pass}}}
- {name: URL, value: "http://$(IP):$(C_level)/$(NOPE)$$(IP)"}
`,
    pod,
  );
  assertEquals(typeof got === "string" ? got : [got.C_mode, got.IP, got.APP, got.PASS, got.URL, got.MY_DB_PORT], [
    "fast",
    "10.244.1.5",
    "web",
    "hunter2",
    "http://10.244.1.5:9/$(NOPE)$(IP)",
    undefined,
  ]);
});

Deno.test("what is missing keeps the container from starting, and is named", () => {
  const ref = (text: string) => environment(`{name: c, env: [{name: X, valueFrom: {configMapKeyRef: ${text}}}]}`);
  assertEquals(ref("{name: nothing, key: a}"), 'configmap "nothing" not found');
  assertEquals(ref("{name: conf, key: a}"), "couldn't find key a in ConfigMap shop/conf");
  assertEquals(typeof ref("{name: conf, key: a, optional: true}"), "object");
});

Deno.test("$(NAME) in commands is expanded, $$ is a dollar sign", () => {
  assertEquals(expand("$(A)$(B)$$(A)", new Map([["A", "1"]])), "1$(B)$(A)");
});

Deno.test("ConfigMaps are files where they are mounted", () => {
  const files = (mounts: string) =>
    volumeFiles(store(), POD, parse(`{name: c, volumeMounts: ${mounts}}`) as core.Container);
  assertEquals(files("[{name: conf, mountPath: /etc/conf}]"), { "/etc/conf/mode": "fast", "/etc/conf/level": "9" });
  assertEquals(files("[{name: one, mountPath: /x}]"), { "/x/deep/mode.txt": "fast" });
  assertEquals(files("[{name: conf, mountPath: /etc/level, subPath: level}]"), { "/etc/level": "9" });
  assertEquals(
    files("[{name: gone, mountPath: /y}]"),
    'MountVolume.SetUp failed for volume "gone" : configmap "nothing" not found',
  );
});
