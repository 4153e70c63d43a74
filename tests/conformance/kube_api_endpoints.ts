/** The part of the suite about endpoint slices and Endpoints: what the controllers make of each recorded change. */
import { VirtualClock } from "../../core/base/mod.ts";
import { ControllerManager, CONTROLLERS, type KubeObject, Store } from "../../core/kube/mod.ts";
import type { Case, RecordedStep, Recording, Scene } from "./kube_api_types.ts";
import { recordedServer } from "./kube_api_server.ts";
import { difference } from "./match.ts";

/** The endpoint scene runs with these controllers only: the recorder wrote the Pods itself. */
const RUNNING = [
  "endpointslice-controller",
  "endpoints-controller",
  "endpointslice-mirroring-controller",
  "garbage-collector-controller",
];
const OUTPUTS = ["EndpointSlice", "Endpoints"];

/** Every recorded step, after all before it; and the first one again with slices and Endpoints still to make. */
export function endpointCases({ scene }: Recording): Case[] {
  const [first] = scene?.endpoints ?? [];
  if (scene === undefined || first === undefined) return [];
  const steps = playSteps(scene, scene.endpoints);
  const [made] = playSteps(scene, [first], true);
  return [...steps, { id: "made from nothing", problem: made?.problem }];
}

function playSteps(scene: Scene, steps: readonly RecordedStep[], anew = false): Case[] {
  const store = new Store();
  for (const object of scene.tables_state) {
    if (!anew || !OUTPUTS.includes(object.kind)) store.load(object as unknown as KubeObject);
  }
  const clock = new VirtualClock(scene.tables.at(-1)?.now ?? 0);
  const server = recordedServer(store, "normal", clock);
  const controllers = RUNNING.flatMap((name) => CONTROLLERS[name] ?? []);
  const manager = new ControllerManager(server, { podCIDRs: [] }, controllers);
  return steps.map((step) => {
    for (const pod of step.pods) store.put(podOf(pod, store));
    if (anew) { for (const service of store.list("Service")) store.put(service); }
    const { method, path, contentType = "application/json", body } = step.request;
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    server.handle({ method, path, contentType, accept: "application/json", ...text });
    manager.settle();
    return { id: step.title, problem: compareStep(step, store, scene.namespace, anew) };
  });
}

/** Recorded Pods of steps come without what the server adds to `metadata`. */
function podOf(recorded: Record<string, unknown>, store: Store): KubeObject {
  const pod = recorded as unknown as KubeObject;
  const known = store.get("Pod", pod.metadata.name, pod.metadata.namespace);
  return { ...pod, apiVersion: "v1", kind: "Pod", metadata: { ...known?.metadata, ...pod.metadata } };
}

function compareStep(step: RecordedStep, store: Store, namespace: string, anew: boolean): string | undefined {
  return difference(shown(step.endpointslices, anew), shown(store.list("EndpointSlice", { namespace }), anew)) ??
    difference(shown(step.endpoints, anew), shown(store.list("Endpoints", { namespace }), anew));
}

/** The names of slices made here are random, and so is the order of their endpoints, as a Go map's. */
function shown(objects: readonly unknown[], anew: boolean): unknown[] {
  const all = (objects as readonly Slice[]).map(({ metadata, endpoints, ...rest }) => {
    const { name, generateName = name, namespace, labels, annotations, ownerReferences } = metadata;
    const owners = (ownerReferences ?? []).map(({ uid: _uid, ...owner }) => owner);
    const sorted = endpoints?.toSorted((a, b) => (a.addresses.join() < b.addresses.join() ? -1 : 1));
    return {
      metadata: { generateName, namespace, labels, ...(anew ? {} : { annotations }), ownerReferences: owners },
      ...withoutType(rest),
      ...(endpoints === undefined ? {} : { endpoints: sorted ?? null }),
    };
  });
  return all.map((one) => [sortedJson(one), one] as const).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

interface Slice {
  readonly metadata: KubeObject["metadata"];
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[] | null;
}

function withoutType(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== "apiVersion" && key !== "kind"));
}

/** Text by which both sides come in the same order: what a slice is called, then what it holds. */
function sortedJson(value: { metadata: { generateName?: string; labels?: object | undefined } }): string {
  return `${value.metadata.generateName} ${Object.values(value.metadata.labels ?? {}).sort().join()}`;
}
