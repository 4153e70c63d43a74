import type { Draft, KubeEvent, KubeObject } from "../objects/object.ts";
import type { Happening } from "./api.ts";
import type { ApiServer } from "./server.ts";

/** Records Events about objects; the same one again only counts up. */
export class EventRecorder {
  #names: Map<string, string> | undefined;

  constructor(readonly server: ApiServer) {}

  record(about: KubeObject, happening: Happening): void {
    const { store } = this.server;
    this.#names ??= new Map(store.list("Event").map((event) => [keyOfEvent(event), event.metadata.name]));
    const key = keyFor(about.metadata.uid, happening);
    const known = store.get("Event", this.#names.get(key) ?? "", about.metadata.namespace ?? "default");
    if (known !== undefined) {
      store.put({ ...known, count: (known.count ?? 1) + 1, lastTimestamp: this.server.now() });
      return;
    }
    const made = this.server.create(draftEvent(this.server, about, happening));
    if (made.kind !== "Status") this.#names.set(key, (made as KubeObject).metadata.name);
  }
}

/** What makes two Events about an object the same. */
interface What {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly component: string;
}

function keyOfEvent({ involvedObject, type, reason, message, source }: KubeEvent): string {
  const [kind, why, what] = [type ?? "", reason ?? "", message ?? ""];
  return keyFor(involvedObject.uid ?? "", {
    type: kind,
    reason: why,
    message: what,
    component: source?.component ?? "",
  });
}

function keyFor(uid: string, { type, reason, message, component }: What): string {
  return [uid, component, type, reason, message].join("\n");
}

function draftEvent(server: ApiServer, about: KubeObject, happening: Happening): Draft & Record<string, unknown> {
  const { type, reason, message, component, host } = happening;
  const { name, namespace, uid, resourceVersion } = about.metadata;
  const nanos = BigInt(Math.floor(server.clock.now())) * 1_000_000n + BigInt(server.random.below(1_000_000));
  const now = server.now();
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${nanos.toString(16)}`, namespace: namespace ?? "default" },
    involvedObject: {
      kind: about.kind,
      ...(namespace ? { namespace } : {}),
      name,
      uid,
      apiVersion: about.apiVersion,
      resourceVersion,
    },
    reason,
    message,
    source: { component, ...(host === undefined ? {} : { host }) },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
    type,
    reportingComponent: component,
    reportingInstance: host ?? "",
  };
}
