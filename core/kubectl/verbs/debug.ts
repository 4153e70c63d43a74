/** `kubectl debug`: a container beside those of a running pod, a copy of a pod to look into, or a pod on a node. */
import { type core, type Draft, KINDS, type Pod, twoWayPatch } from "../../kube/mod.ts";
import { unmodelled, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { pathTo, type Resource } from "../resources.ts";
import type { Session } from "../session.ts";
import { logOf } from "./logs.ts";
import type { Verb } from "./verb.ts";

/** The verb. */
export const debug: Verb = {
  flags: flags(
    `image= stdin/i tty/t target= container/c= copy-to= set-image=* share-processes same-node replace quiet/q env=* attach
    image-pull-policy= arguments-only profile= keep-labels keep-annotations keep-liveness keep-readiness keep-startup
    keep-init-containers !custom= !filename/f=`,
  ),
  async run(session) {
    const { flags } = session;
    const [target, ...more] = flags.args;
    if (target === undefined) throw usageError("NAME or TYPE/NAME is required for debug");
    if (more.length > 0 && flags.rest === undefined) throw usageError("name and arguments must be separated by --");
    const profile = flags.value("profile") ?? "general";
    if (profile !== "general") throw unmodelled(`debug --profile=${profile}`);
    const [kind, name] = target.includes("/") ? target.split("/") as [string, string] : ["pod", target];
    const resource = session.resources.named(kind);
    if (resource.plural === "nodes" && resource.group === "") return await onNode(session, resource, name);
    if (resource.plural !== "pods") throw usageError(`"${target}" not supported by debug`);
    const path = session.path(resource, name);
    if (flags.value("copy-to") === undefined && flags.value("image") === undefined) {
      throw usageError("you must specify --image when not using --copy-to.");
    }
    const pod = session.client.get(path) as Pod;
    return flags.value("copy-to") === undefined
      ? await beside(session, path, pod)
      : await copied(session, resource, pod);
  },
};

const SAFE = "bcdfghjklmnpqrstvwxz2456789";

/** Five letters that differ from one time and object to the next. */
function tail(session: Session, seed: string): string {
  let hash = 2166136261;
  for (const letter of `${session.now} ${seed}`) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619) >>> 0;
  return Array.from({ length: 5 }, () => {
    hash = Math.imul(hash ^ (hash >>> 13), 16777619) >>> 0;
    return SAFE[hash % SAFE.length];
  }).join("");
}

/** The container that the flags describe. */
function container(session: Session, name: string): core.Container {
  const { flags } = session;
  const pull = flags.value("image-pull-policy");
  const env = flags.all("env").map((one) => {
    const [key = "", value] = one.split(/=(.*)/s);
    return { name: key, value: value ?? "" };
  });
  const words = flags.rest ?? [];
  return {
    name,
    ...(flags.has("image") ? { image: flags.value("image") } : {}),
    ...(words.length === 0 ? {} : { [flags.is("arguments-only") ? "args" : "command"]: words }),
    ...(env.length === 0 ? {} : { env }),
    ...(pull === undefined ? {} : { imagePullPolicy: pull }),
    ...(flags.is("stdin") ? { stdin: true } : {}),
    ...(flags.is("tty") ? { tty: true } : {}),
    terminationMessagePolicy: "File",
  } as core.Container;
}

const TRACING = { capabilities: { add: ["SYS_PTRACE"] } };

/** A name for the new container, which is said when nobody chose it. */
function chosenName(session: Session, { metadata, spec }: Pod): string {
  const asked = session.flags.value("container");
  if (asked !== undefined) return asked;
  const name = `debugger-${tail(session, `${metadata.uid} ${(spec.ephemeralContainers ?? []).length}`)}`;
  if (!session.flags.is("quiet")) session.say(`Defaulting debug container name to ${name}.`);
  return name;
}

async function beside(session: Session, path: string, pod: Pod): Promise<number> {
  const target = session.flags.value("target");
  if (target !== undefined && !session.flags.is("quiet")) {
    session.say(
      `Targeting container ${
        JSON.stringify(target)
      }. If you don't see processes from this container it may be because the container ` +
        "runtime doesn't support this feature.",
    );
  }
  const name = chosenName(session, pod);
  const added = {
    ...container(session, name),
    securityContext: TRACING,
    ...(target === undefined ? {} : { targetContainerName: target }),
  };
  const spec = { ...pod.spec, ephemeralContainers: [...pod.spec.ephemeralContainers ?? [], added] };
  const patch = twoWayPatch({ ...pod }, { ...pod, spec }, KINDS["Pod"]?.struct);
  session.client.patch(`${path}/ephemeralcontainers`, patch, "strategic");
  return await attached(session, pod, name);
}

/** Shows what the container wrote once it ended, where its output was asked for. */
async function attached(session: Session, { metadata }: Pod, name: string): Promise<number> {
  const { flags } = session;
  if (!flags.is("attach", flags.is("stdin"))) return 0;
  const { namespace = "", name: pod } = metadata;
  const ended = (): boolean => {
    const { containerStatuses = [], ephemeralContainerStatuses = [] } =
      session.api.store.get("Pod", pod, namespace)?.status ?? {};
    const status = [...containerStatuses, ...ephemeralContainerStatuses].find((one) => one.name === name);
    return status?.state?.terminated !== undefined;
  };
  while (!ended()) if (!await session.host.clock.sleep(100)) return 1;
  session.write(await logOf(session, { namespace, pod, container: name }, {}));
  return 0;
}

async function onNode(session: Session, nodes: Resource, node: string): Promise<number> {
  const { flags } = session;
  if (flags.value("image") === undefined) throw usageError("you must specify --image when not using --copy-to.");
  session.client.get(pathTo(nodes, undefined, node));
  const name = flags.value("container") ?? "debugger";
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `node-debugger-${node}-${tail(session, node)}`,
      labels: { "app.kubernetes.io/managed-by": "kubectl-debug" },
    },
    spec: {
      containers: [{ ...container(session, name), volumeMounts: [{ mountPath: "/host", name: "host-root" }] }],
      hostIPC: true,
      hostNetwork: true,
      hostPID: true,
      nodeName: node,
      restartPolicy: "Never",
      tolerations: [{ operator: "Exists" }],
      volumes: [{ name: "host-root", hostPath: { path: "/" } }],
    },
  } as unknown as Draft;
  if (!flags.is("quiet")) {
    session.say(`Creating debugging pod ${pod.metadata.name} with container ${name} on node ${node}.`);
  }
  const made = session.client.post(pathTo(session.resources.named("pods"), session.namespace), pod) as Pod;
  return await attached(session, made, name);
}

async function copied(session: Session, pods: Resource, pod: Pod): Promise<number> {
  const { flags } = session;
  const asked = flags.value("container");
  const words = flags.rest ?? [];
  const known = pod.spec.containers.find(({ name }) => name === asked);
  const adds = known === undefined && (flags.has("image") || words.length > 0 || asked !== undefined);
  const name = adds ? chosenName(session, pod) : known?.name;
  if (adds && !flags.has("image")) throw usageError("you must specify image when creating new container");
  const images = new Map(
    flags.all("set-image").flatMap((one) => one.split(",")).map((one) => one.split("=") as [string, string]),
  );
  const changes = adds || words.length > 0 || flags.has("image");
  const containers = pod.spec.containers.map((one) => {
    const image = images.get(one.name) ?? images.get("*");
    const other = image === undefined ? one : { ...one, image };
    if (one !== known || !changes) return changes ? withoutProbes(session, other) : other;
    return withoutProbes(
      session,
      { ...other, args: undefined, ...container(session, one.name), securityContext: TRACING } as core.Container,
    );
  });
  const { nodeName, ephemeralContainers: _old, ...spec } = pod.spec;
  const keep = (what: "labels" | "annotations") => !changes || flags.is(`keep-${what}`);
  const copy = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: flags.value("copy-to"),
      namespace: pod.metadata.namespace,
      ...(keep("labels") && pod.metadata.labels ? { labels: pod.metadata.labels } : {}),
      ...(keep("annotations") && pod.metadata.annotations ? { annotations: pod.metadata.annotations } : {}),
    },
    spec: {
      ...spec,
      containers: adds
        ? [...containers, { ...container(session, name as string), securityContext: TRACING }]
        : containers,
      ...(flags.is("same-node") ? { nodeName } : {}),
      ...(changes && flags.is("share-processes", true) ? { shareProcessNamespace: true } : {}),
    },
  } as unknown as Draft;
  if (flags.is("replace")) session.client.send({ method: "DELETE", path: session.path(pods, pod.metadata.name) });
  const made = session.client.post(pathTo(pods, session.namespace), copy) as Pod;
  return name === undefined ? 0 : await attached(session, made, name);
}

function withoutProbes(
  session: Session,
  { livenessProbe, readinessProbe, startupProbe, ...rest }: core.Container,
): core.Container {
  const { flags } = session;
  return {
    ...rest,
    ...(livenessProbe && flags.is("keep-liveness") ? { livenessProbe } : {}),
    ...(readinessProbe && flags.is("keep-readiness") ? { readinessProbe } : {}),
    ...(startupProbe && flags.is("keep-startup") ? { startupProbe } : {}),
  };
}
