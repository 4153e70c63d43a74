import { Random, VirtualClock } from "../../base/mod.ts";
import { isStatus } from "../api/types.ts";
import { ControlPlane, type ControlPlaneOptions } from "../control_plane.ts";
import { parseManifest } from "../manifest.ts";
import type { ObjectOf, Pod } from "../objects/object.ts";
import { isReady } from "./pods.ts";

const START = Date.parse("2026-11-21T09:30:00Z");

/** A cluster for tests: three nodes, and kubelets that run every pod they are given within the second. */
export class LittleCluster {
  readonly clock = new VirtualClock(START);
  readonly control: ControlPlane;
  #addresses = 2;

  constructor(options: Partial<ControlPlaneOptions> = {}) {
    const nodes = [1, 2, 3].map((n) => ({ name: `node-${n}`, addresses: [`192.168.1.1${n}`], zone: `zone-${n}` }));
    this.control = new ControlPlane({ clock: this.clock, random: new Random(1), nodes, coredns: false, ...options });
  }

  /** Applies a manifest: `created`, `configured`, `unchanged` or the refusal, per object. */
  apply(yaml: string): string[] {
    const objects = parseManifest(yaml, "test.yaml").objects.map(({ value }) => value);
    const answers = this.control.apply(objects).map((answer) =>
      answer.outcome === "refused" ? answer.status.message ?? "refused" : answer.outcome
    );
    this.control.settle();
    return answers;
  }

  /** Lets so many seconds pass; the kubelets look once a second. */
  run(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.control.settle();
      for (const pod of this.control.store.list("Pod")) this.#sync(pod);
      this.clock.advance(this.clock.now() + 1000);
    }
    this.control.settle();
  }

  get<K extends string>(kind: K, name: string, namespace = "default"): ObjectOf<K> {
    const found = this.control.store.get(kind, name, namespace) ?? this.control.store.get(kind, name);
    if (found === undefined) throw new Error(`no ${kind} ${namespace}/${name}`);
    return found;
  }

  list<K extends string>(kind: K, namespace = "default"): ObjectOf<K>[] {
    return this.control.store.list(kind, { namespace });
  }

  names(kind: string, namespace = "default"): string[] {
    return this.list(kind, namespace).map(({ metadata }) => metadata.name);
  }

  /** Changes an object as `kubectl edit` would. */
  edit<K extends string>(kind: K, name: string, change: (object: ObjectOf<K>) => void): void {
    const object = structuredClone(this.get(kind, name));
    change(object);
    const answer = this.control.api.update(object as Parameters<typeof this.control.api.update>[0]);
    if (isStatus(answer)) throw new Error(answer.message);
    this.control.settle();
  }

  /** What a kubelet says of a pod. */
  setReady(pod: Pod, ready: boolean): void {
    const lastTransitionTime = new Date(this.clock.now()).toISOString().replace(/\.\d+Z/, "Z");
    this.control.api.changeStatus("Pod", pod.metadata, ({ spec, status }) => {
      const others = (status.conditions ?? []).filter(({ type }) => type !== "Ready");
      status.phase = "Running";
      status.podIP ??= `10.244.${spec.nodeName?.slice(-1)}.${this.#addresses++}`;
      status.podIPs = [{ ip: status.podIP }];
      status.conditions = [...others, { type: "Ready", status: ready ? "True" : "False", lastTransitionTime }];
    });
    this.control.settle();
  }

  #sync(pod: Pod): void {
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.control.api.delete("Pod", pod.metadata, { gracePeriodSeconds: 0 });
    } else if (pod.spec.nodeName && pod.status.phase === "Pending" && !isReady(pod)) this.setReady(pod, true);
  }
}
