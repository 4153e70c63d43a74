import { keyOf, type Pod, type Service } from "../objects/object.ts";
import type { ControllerApi } from "./controller.ts";
import { podCondition } from "./pods.ts";

/** The annotation that says when the change happened that an Endpoints or a slice tells of. */
const TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time";

interface Seen {
  readonly created: string;
  readonly pods: ReadonlyMap<string, string>;
}

/**
 * When the change happened that a Service's endpoints are about to be brought up to date for: the earliest turn of a pod's
 * readiness not seen before. Each controller remembers for itself; a change of something else has no such time.
 */
export class TriggerTimes {
  readonly #seen = new WeakMap<ControllerApi, Map<string, Seen>>();

  /** The time of what changed since the last call for this Service; undefined where no pod's readiness did. */
  next(service: Service, pods: readonly Pod[], api: ControllerApi): string | undefined {
    const known = this.#seen.get(api) ?? new Map<string, Seen>();
    this.#seen.set(api, known);
    const before = known.get(keyOf(service));
    const created = service.metadata.creationTimestamp;
    const turns = new Map(pods.map((pod) => [pod.metadata.name, turnOf(pod)]));
    known.set(keyOf(service), { created, pods: turns });
    if (before === undefined) return created;
    const news = [...turns].filter(([name, time]) => time > (before.pods.get(name) ?? "")).map(([, time]) => time);
    if (created > before.created) news.push(created);
    return news.sort()[0];
  }
}

/** Annotations with the time of the change, or without one. */
export function withTriggerTime(
  annotations: Readonly<Record<string, string>> | undefined,
  time: string | undefined,
): Record<string, string> {
  const { [TRIGGER_TIME]: _old, ...others } = annotations ?? {};
  return time === undefined ? others : { ...others, [TRIGGER_TIME]: time };
}

function turnOf(pod: Pod): string {
  return podCondition(pod, "Ready")?.lastTransitionTime ?? "";
}
