/** The API server's handlers: what many objects and many watchers cost. The peer's figures are recordings of the real one. */
import { Random, VirtualClock } from "../core/base/mod.ts";
import { type Api, ControlPlane } from "../core/kube/mod.ts";
import { Lab } from "../mod.ts";
import { race, type Row, timeRows } from "./measure.ts";

/** kube-apiserver 1.36.3 with etcd on this kind of machine, one connection, one request after the other. */
const RECORDED = "kube-apiserver 1.36.3 (recorded)";
const RECORDED_CREATE = 7e6;
const RECORDED_TABLE_ROW = 19e6 / 1000;

const SERVICES = 10_000;
const WATCHERS = 1000;
const SERVICES_PATH = "/api/v1/namespaces/default/services";
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/** All rows of the subject. */
export async function api(): Promise<Row[]> {
  return [...await creates(), ...await tables(), ...await watchers(), ...await cluster()];
}

function plane(nodes: number): { control: ControlPlane; clock: VirtualClock } {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const specs = Array.from({ length: nodes }, (_one, i) => ({
    name: `node-${i}`,
    addresses: [`10.${128 + (i >> 8)}.${i & 255}.1`],
  }));
  const podCIDR = "10.0.0.0/9";
  return { control: new ControlPlane({ clock, random: new Random(1), nodes: specs, podCIDR, coredns: false }), clock };
}

function fill(api: Api, count: number): void {
  for (let i = 0; i < count; i++) {
    const spec = { selector: { app: `a${i}` }, ports: [{ port: 80, targetPort: 8080 }] };
    const body = JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name: `s${i}` }, spec });
    const { code } = api.handle({ method: "POST", path: SERVICES_PATH, body, contentType: "application/json" });
    if (code !== 201) throw new Error(`service ${i}: ${code}`);
  }
}

async function creates(): Promise<Row[]> {
  const [ours] = await race([() => fill(plane(1).control.api, SERVICES)], { warmUp: 1, timed: 3 }) as [number];
  const of = { subject: "api", case: `create/${SERVICES}-services`, unit: "ns/object" };
  return timeRows(of, ours / SERVICES, { [RECORDED]: RECORDED_CREATE });
}

async function tables(): Promise<Row[]> {
  const { api } = plane(1).control;
  fill(api, SERVICES);
  const list = (): void => {
    const { body } = api.handle({ method: "GET", path: SERVICES_PATH, accept: TABLE });
    if (JSON.stringify(body).length < SERVICES) throw new Error("a table without rows");
  };
  const [ours] = await race([list]) as [number];
  const of = { subject: "api", case: `table/${SERVICES}-services`, unit: "ns/object" };
  return timeRows(of, ours / SERVICES, { [RECORDED]: RECORDED_TABLE_ROW });
}

async function watchers(): Promise<Row[]> {
  const { api } = plane(1).control;
  fill(api, 1);
  let heard = 0;
  for (let i = 0; i < WATCHERS; i++) {
    const path = `/api/v1/services?watch=true&resourceVersion=${api.store.version}`;
    api.watch({ method: "GET", path }, () => void heard++);
  }
  let label = 0;
  const body = () => JSON.stringify({ metadata: { labels: { turn: String(label++) } } });
  const change = (): void => {
    api.handle({
      method: "PATCH",
      path: `${SERVICES_PATH}/s0`,
      body: body(),
      contentType: "application/merge-patch+json",
    });
  };
  const [ours] = await race([change]) as [number];
  if (heard !== label * WATCHERS) throw new Error(`${heard} of ${label * WATCHERS} events`);
  const each = { subject: "api", case: `watch/1-change-${WATCHERS}-watchers`, unit: "ns/change" };
  return timeRows(each, ours, { "the bound of 20 ms": 20e6 });
}

const [NODES, PODS, DEPLOYMENTS] = [1000, 10_000, 10];

/** A whole lab comes up: kubelets pull, give pods their networks and probe them; flannel and kube-proxy follow on every node. */
async function cluster(): Promise<Row[]> {
  const [ours] = await race([grow], { warmUp: 0, timed: 1 }) as [number];
  const of = { subject: "api", case: `cluster/${NODES}-nodes-${PODS}-pods-ready`, unit: "ns/pod" };
  return timeRows(of, ours / PODS, { "the bound of 30 s": 30e9 / PODS });
}

/** The nanoseconds it took. */
async function grow(): Promise<number> {
  const start = performance.now();
  const lab = await Lab.open({
    files: [Array.from({ length: DEPLOYMENTS }, (_one, i) => deployment(i)).join("---\n")],
    nodes: NODES,
  });
  const took = (performance.now() - start) * 1e6;
  const ready = lab.overview().pods.filter((pod) => pod.ready).length;
  const { rss } = Deno.memoryUsage();
  lab.close();
  if (ready < PODS) throw new Error(`${ready} of ${PODS} pods are ready`);
  if (rss > MOST_BYTES) throw new Error(`a cluster of ${NODES} nodes takes ${(rss / 2 ** 30).toFixed(1)} GiB`);
  return took;
}

/** What the whole process may take at most. */
const MOST_BYTES = 3 * 2 ** 30;

function deployment(i: number): string {
  const labels = { app: `d${i}` };
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "nginx" }] } };
  const spec = { replicas: PODS / DEPLOYMENTS, selector: { matchLabels: labels }, template };
  return JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: `d${i}` }, spec }) + "\n";
}
