/** Finding the pod and the container a command is for. */
import { type core, type KubeObject, type LabelSelector, type Pod, printSelector, selectorOf } from "../../kube/mod.ts";
import { usageError } from "../errors.ts";
import type { Container } from "../host.ts";
import type { Session } from "../session.ts";

/** What a command says of a container that does not run. */
export function notRunning({ container }: Container): Error {
  return usageError(`unable to upgrade connection: container not found (${JSON.stringify(container)})`);
}

/** The pod of `NAME` or `TYPE/NAME`; of several the one that is best to talk to. */
export function podOf(session: Session, text: string): { pod: Pod; all: Pod[] } {
  const [kind, name] = text.includes("/") ? text.split("/") as [string, string] : ["pod", text];
  const resource = session.resources.named(kind);
  const object = session.client.get(session.path(resource, name)) as KubeObject;
  if (object.kind === "Pod") return { pod: object as Pod, all: [object as Pod] };
  const { spec } = object as KubeObject & { spec?: { selector?: LabelSelector & Record<string, string> } };
  if (spec?.selector === undefined) throw usageError(`cannot get the pods of ${text}`);
  const selector = object.kind === "Service" || object.kind === "ReplicationController"
    ? Object.entries(spec.selector).map(([key, value]) => `${key}=${value}`).join(",")
    : printSelector(selectorOf(spec.selector) ?? []);
  const all = podsBy(session, selector);
  if (all[0] === undefined) throw usageError(`timed out waiting for the condition`);
  return { pod: all[0], all };
}

/** The pods of a selector, running and ready ones first. */
export function podsBy(session: Session, selector: string): Pod[] {
  const resource = session.resources.named("pods");
  const pods = session.client.list<Pod>(`${session.path(resource)}?labelSelector=${encodeURIComponent(selector)}`);
  return pods.sort((a, b) => rank(a) - rank(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
}

function rank({ spec, status }: Pod): number {
  const ready = (status.conditions ?? []).some((one) => one.type === "Ready" && one.status === "True");
  return (spec.nodeName ? 0 : 4) + (status.phase === "Running" ? 0 : 2) + (ready ? 0 : 1);
}

/** The container a command is for: the one asked for, else the annotated or first one, which is said when there are several. */
export function containerOf(session: Session, { metadata, spec }: Pod): Container {
  const asked = session.flags.value("container");
  const ephemeral = (spec.ephemeralContainers ?? []) as core.Container[];
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? []), ...ephemeral];
  const target = { namespace: metadata.namespace ?? "", pod: metadata.name };
  if (asked !== undefined) {
    if (!containers.some(({ name }) => name === asked)) {
      throw usageError(
        session.flags.command === "logs"
          ? `container ${asked} is not valid for pod ${metadata.name} out of: ${containerList(spec)}`
          : `container ${asked} not found in pod ${metadata.name}`,
      );
    }
    return { ...target, container: asked };
  }
  const noted = metadata.annotations?.["kubectl.kubernetes.io/default-container"];
  const chosen = containers.find(({ name }) => name === noted) ?? spec.containers?.[0] as core.Container;
  if (containers.length > 1 && !session.flags.is("quiet")) {
    session.complain(`Defaulted container ${JSON.stringify(chosen.name)} out of: ${containerList(spec)}`);
  }
  return { ...target, container: chosen.name };
}

function containerList({ containers = [], initContainers = [], ephemeralContainers = [] }: core.PodSpec): string {
  return [
    ...containers.map(({ name }) => name),
    ...ephemeralContainers.map(({ name }) => `${name} (ephem)`),
    ...initContainers.map(({ name }) => `${name} (init)`),
  ].join(", ");
}
