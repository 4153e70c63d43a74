/** `kubectl drain`: cordons nodes and evicts their pods, those of DaemonSets and unmanaged ones only as the flags say. */
import { isMirror, type Node, type Pod } from "../../kube/mod.ts";
import { CommandError, refused, seeHelp, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { dryRunOf, dryRunText } from "../output.ts";
import type { Session } from "../session.ts";
import { cordonNode } from "./change.ts";
import type { Verb } from "./verb.ts";
import { parseDuration } from "./watch.ts";

/** Virtual milliseconds between two looks, and before an eviction that a budget refused is tried again. */
const LOOK = 200;
const RETRY = 5_000;

/** The verb. */
export const drain: Verb = {
  flags: flags(
    `force ignore-daemonsets delete-emptydir-data delete-local-data grace-period= timeout= selector/l= pod-selector= disable-eviction
    dry-run=?unchanged skip-wait-for-delete-timeout= chunk-size=`,
  ),
  async run(session) {
    const names = namesOf(session);
    if (names.length === 0) throw usageError(`USAGE: drain NODE [flags]${seeHelp(session)}`);
    const resource = session.resources.named("nodes");
    for (const name of names) cordonNode(session, { resource, name }, true);
    for (const name of names) {
      const pods = podsToEvict(session, name);
      if (dryRunOf(session) === "none") await evictAll(session, pods);
      else for (const pod of pods) session.say(`evicting pod ${nameOf(pod)}${dryRunText(session)}`);
      session.say(`node/${name} drained${dryRunText(session)}`);
    }
    return 0;
  },
};

function namesOf(session: Session): string[] {
  const nodes = session.resources.named("nodes");
  const { args } = session.flags;
  if (!session.flags.has("selector")) return args.map((arg) => arg.replace(/^nodes?\//, ""));
  return session.client.list<Node>(session.path(nodes) + session.selectorQuery()).map(({ metadata }) => metadata.name);
}

/** Why a pod may not be evicted unless a flag says so: what stands in its way, by the words of the refusal. */
const OBSTACLES = {
  daemonSet: "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)",
  emptyDir: "cannot delete Pods with local storage (use --delete-emptydir-data to override)",
  unmanaged: "cannot delete Pods that declare no controller (use --force to override)",
} as const;

function podsToEvict(session: Session, node: string): Pod[] {
  const query = new URLSearchParams({ fieldSelector: `spec.nodeName=${node}` });
  const wanted = session.flags.value("pod-selector");
  if (wanted !== undefined) query.set("labelSelector", wanted);
  const pods = session.client.list<Pod>(`/api/v1/pods?${query}`).filter((pod) => !isMirror(pod));
  const obstacles = new Map<string, Pod[]>();
  const ignored: Pod[] = [];
  const evicted: Pod[] = [];
  for (const pod of pods) {
    const verdict = judge(session, pod);
    if (verdict === "ignore") ignored.push(pod);
    else if (verdict === "evict") evicted.push(pod);
    else obstacles.set(verdict, [...obstacles.get(verdict) ?? [], pod]);
  }
  if (obstacles.size > 0) throw refusal(node, obstacles);
  const unmanaged = evicted.filter((pod) => ownerOf(pod) === undefined);
  const warnings = [
    ...(ignored.length > 0 ? [`ignoring DaemonSet-managed Pods: ${ignored.map(nameOf).join(", ")}`] : []),
    ...(unmanaged.length > 0 ? [`deleting Pods that declare no controller: ${unmanaged.map(nameOf).join(", ")}`] : []),
  ];
  if (warnings.length > 0) session.complain(`Warning: ${warnings.join("; ")}`);
  return evicted;
}

function judge(session: Session, pod: Pod): "evict" | "ignore" | string {
  const { flags } = session;
  const owner = ownerOf(pod);
  const ended = ["Succeeded", "Failed"].includes(pod.status.phase ?? "");
  if (owner?.kind === "DaemonSet") return flags.is("ignore-daemonsets") ? "ignore" : OBSTACLES.daemonSet;
  if (ended) return "evict";
  const local = (pod.spec.volumes ?? []).some(({ emptyDir }) => emptyDir !== undefined);
  if (local && !flags.is("delete-emptydir-data") && !flags.is("delete-local-data")) return OBSTACLES.emptyDir;
  return owner === undefined && !flags.is("force") ? OBSTACLES.unmanaged : "evict";
}

const ownerOf = ({ metadata }: Pod) => metadata.ownerReferences?.find(({ controller }) => controller);

function refusal(node: string, obstacles: ReadonlyMap<string, readonly Pod[]>): CommandError {
  const words = [...obstacles].map(([why, pods]) => `${why}: ${pods.map(nameOf).join(", ")}`);
  const list = words.length === 1 ? words[0] : `[${words.join(", ")}]`;
  return new CommandError(
    `error: unable to drain node ${
      JSON.stringify(node)
    } due to error: ${list}, continuing command...\nThere are pending nodes to be drained:\n ${node}\n${
      words.join("\n")
    }`,
  );
}

function nameOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}

async function evictAll(session: Session, pods: readonly Pod[]): Promise<void> {
  const limit = session.flags.value("timeout");
  const end = limit === undefined || limit === "0s" || limit === "0" ? Infinity : session.now + parseDuration(limit);
  for (const pod of pods) {
    session.say(`evicting pod ${nameOf(pod)}`);
    while (!evictOne(session, pod)) await pause(session, RETRY, end);
  }
  for (const pod of pods) {
    const { name, namespace, uid } = pod.metadata;
    while (session.api.store.get("Pod", name, namespace)?.metadata.uid === uid) await pause(session, LOOK, end);
    session.say(`pod/${name} evicted`);
  }
}

async function pause(session: Session, milliseconds: number, end: number): Promise<void> {
  if (session.now >= end) throw usageError(`drain did not complete within ${session.flags.value("timeout")}`);
  if (!await session.host.clock.sleep(milliseconds)) throw new CommandError("", 130);
}

/** False where a disruption budget says not yet. */
function evictOne(session: Session, { metadata: { name, namespace = "" } }: Pod): boolean {
  const grace = session.flags.value("grace-period");
  const deleteOptions = grace === undefined || grace === "-1"
    ? {}
    : { deleteOptions: { gracePeriodSeconds: Number(grace) } };
  const body = JSON.stringify({
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { name, namespace },
    ...deleteOptions,
  });
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  const answer = session.client.send({ method: "POST", path, body, contentType: "application/json" });
  if (answer.code < 300 || answer.code === 404) return true;
  if (answer.code !== 429) throw refused(answer.body as never, "evicting pod", name);
  session.complain(
    `error when evicting pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)} (will retry after 5s): ${
      (answer.body as { message: string }).message
    }`,
  );
  return false;
}
