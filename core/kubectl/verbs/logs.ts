import type { Pod, Status } from "../../kube/mod.ts";
import { refused, seeHelp, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import type { Container, LogOptions } from "../host.ts";
import type { Session } from "../session.ts";
import { containerOf, podOf, podsBy } from "./pods.ts";
import type { Verb } from "./verb.ts";
import { parseDuration } from "./watch.ts";

/** `kubectl logs` */
export const logs: Verb = {
  flags: flags(
    `container/c= all-containers all-pods selector/l= tail= since= since-time= timestamps previous/p follow/f prefix
    limit-bytes= max-log-requests= ignore-errors insecure-skip-tls-verify-backend pod-running-timeout=`,
  ),
  async run(session) {
    const targets = containersOf(session);
    const options = optionsOf(session);
    for (const target of targets) {
      const text = await logOf(session, target, options);
      session.write(session.flags.is("prefix") ? prefixed(text, target) : text);
    }
    if (session.flags.is("follow")) await follow(session, targets, options);
    return 0;
  },
};

/** The log of a container; what the server refuses ends the command. */
export async function logOf(session: Session, target: Container, options: LogOptions): Promise<string> {
  const text = await session.host.pods.logs(target, options);
  if (typeof text !== "string") throw refused(text);
  return text;
}

function prefixed(text: string, { pod, container }: Container): string {
  return text.replace(/^(?=.)/gm, `[pod/${pod}/${container}] `);
}

function containersOf(session: Session): Container[] {
  const selector = session.flags.value("selector");
  const [target, container, ...more] = session.flags.args;
  if (selector !== undefined) {
    if (target !== undefined) throw usageError("only a selector (-l) or a POD name is allowed");
    return podsBy(session, selector).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)).flatMap((pod) =>
      ofPod(session, pod)
    );
  }
  if (target === undefined || more.length > 0) {
    throw usageError(
      `expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command${
        seeHelp(session)
      }`,
    );
  }
  if (!target.includes("/")) checkPod(session, target);
  const { pod, all } = podOf(session, target);
  if (all.length > 1) session.complain(`Found ${all.length} pods, using pod/${pod.metadata.name}`);
  if (container !== undefined) return [{ namespace: pod.metadata.namespace ?? "", pod: pod.metadata.name, container }];
  return ofPod(session, pod);
}

function checkPod(session: Session, name: string): void {
  const path = session.path(session.resources.named("pods"), name);
  const { code, body } = session.client.send({ method: "GET", path, accept: "application/json" });
  if (code !== 404) return;
  throw usageError(
    `error from server (NotFound): ${(body as Status).message} in namespace ${JSON.stringify(session.namespace)}`,
  );
}

function ofPod(session: Session, pod: Pod): Container[] {
  if (!session.flags.is("all-containers")) return [containerOf(session, pod)];
  const { name, namespace = "" } = pod.metadata;
  const containers = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])];
  return containers.map((container) => ({ namespace, pod: name, container: container.name }));
}

function optionsOf({ flags }: Session): LogOptions {
  const since = flags.value("since");
  const tail = flags.value("tail") ?? (flags.has("selector") ? "10" : undefined);
  return {
    ...(tail === undefined || tail === "-1" ? {} : { tail: Number(tail) }),
    ...(since === undefined ? {} : { sinceSeconds: Math.ceil(parseDuration(since) / 1000) }),
    ...(flags.is("timestamps") ? { timestamps: true } : {}),
    ...(flags.is("previous") ? { previous: true } : {}),
  };
}

/** Shows what is written later, until the command is ended or the pod is gone. */
async function follow(session: Session, targets: readonly Container[], options: LogOptions): Promise<void> {
  const { tail: _tail, ...all } = options;
  const seen = new Map<Container, number>();
  for (const target of targets) seen.set(target, (await logOf(session, target, all)).length);
  while (await session.host.clock.sleep(200)) {
    for (const target of targets) {
      const text = await logOf(session, target, all);
      session.write(text.slice(seen.get(target) ?? 0));
      seen.set(target, text.length);
      const pod = session.api.store.get("Pod", target.pod, target.namespace);
      if (pod === undefined || pod.status.phase === "Succeeded" || pod.status.phase === "Failed") return;
    }
  }
}
