import type { Draft, KubeEvent, KubeObject } from "../objects/object.ts";
import type { Happening } from "./api.ts";
import type { ApiServer } from "./server.ts";

/** Records an Event about an object; the same one again only counts up. */
export function recordEvent(server: ApiServer, about: KubeObject, happening: Happening): void {
  const namespace = about.metadata.namespace ?? "default";
  const same = server.store.list("Event", { namespace }).find((event) => isSame(event, about, happening));
  if (same === undefined) {
    server.create(draftEvent(server, about, happening));
    return;
  }
  server.store.put({ ...same, count: (same.count ?? 1) + 1, lastTimestamp: server.now() });
}

function isSame(event: KubeEvent, about: KubeObject, { type, reason, message, component }: Happening): boolean {
  return event.involvedObject.uid === about.metadata.uid && event.reason === reason && event.message === message &&
    event.type === type && event.source?.component === component;
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
