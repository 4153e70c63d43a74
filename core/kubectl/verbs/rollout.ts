import { sameJson } from "../../base/mod.ts";
import {
  type core,
  type DaemonSet,
  type Deployment,
  type KubeObject,
  type ReplicaSet,
  type StatefulSet,
} from "../../kube/mod.ts";
import { templateLines } from "../describe/container.ts";
import { replicaSetsOf } from "../describe/workloads.ts";
import { Writer } from "../describe/writer.ts";
import { usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { report } from "../output.ts";
import { alignTabs, DESCRIBE_TABS } from "../print/tabs.ts";
import { kindText, type Named, objectText } from "../resources.ts";
import type { Session } from "../session.ts";
import { FILE_FLAGS, OUTPUT_FLAGS, type Verb, type VerbGroup } from "./verb.ts";
import { parseDuration } from "./watch.ts";

const ROLLOUT_FLAGS = `${OUTPUT_FLAGS} ${FILE_FLAGS} selector/l= field-manager=`;
const REVISION = "deployment.kubernetes.io/revision";
const CAUSE = "kubernetes.io/change-cause";

function eachWorkload(session: Session, act: (target: Named, object: KubeObject) => void): number {
  const targets = session.targets();
  if (targets.length === 0) throw usageError("required resource not specified");
  for (const target of targets) {
    act(target, session.client.get(session.path(target.resource, target.name)) as KubeObject);
  }
  return 0;
}

const restart: Verb = {
  flags: flags(ROLLOUT_FLAGS),
  run: (session) =>
    eachWorkload(session, ({ resource, name }) => {
      if (!["Deployment", "DaemonSet", "StatefulSet"].includes(resource.kind)) {
        throw usageError(`${kindText(resource)} restarting is not supported`);
      }
      const restartedAt = new Date(session.now).toISOString().replace(/\.\d+Z$/, "Z");
      const annotations = { "kubectl.kubernetes.io/restartedAt": restartedAt };
      const patch = { spec: { template: { metadata: { annotations } } } };
      report(
        session,
        session.client.patch(`${session.path(resource, name)}?fieldManager=kubectl-rollout`, patch, "strategic"),
        "restarted",
      );
    }),
};

function pauseVerb(paused: boolean): Verb {
  return {
    flags: flags(ROLLOUT_FLAGS),
    run: (session) =>
      eachWorkload(session, ({ resource, name }, object) => {
        if (resource.kind !== "Deployment") {
          throw usageError(`${kindText(resource)} ${paused ? "pausing" : "resuming"} is not supported`);
        }
        if (((object as Deployment).spec.paused === true) === paused) {
          throw usageError(`${objectText(resource, name)} is ${paused ? "already paused" : "not paused"}`);
        }
        const patch = { spec: { paused: paused ? true : null } };
        report(
          session,
          session.client.patch(session.path(resource, name), patch, "strategic"),
          paused ? "paused" : "resumed",
        );
      }),
  };
}

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.[REVISION] ?? 0);
}

/** A template that a workload once had. */
interface Revision {
  readonly number: number;
  readonly cause: string;
  readonly template: core.PodTemplateSpec | undefined;
}

/** All revisions of a workload, oldest first. */
function revisionsOf(session: Session, { resource }: Named, object: KubeObject): Revision[] {
  const all = resource.kind === "Deployment"
    ? replicaSetsOf(session, object as Deployment).all.map((set) => ({
      number: revisionOf(set),
      cause: set.metadata.annotations?.[CAUSE] ?? "<none>",
      template: set.spec.template,
    }))
    : controllerRevisions(session, object);
  return all.sort((a, b) => a.number - b.number);
}

interface ControllerRevision extends KubeObject {
  readonly revision: number;
  readonly data?: { readonly spec?: { readonly template?: core.PodTemplateSpec } };
}

function controllerRevisions(session: Session, { metadata }: KubeObject): Revision[] {
  const path = `/apis/apps/v1/namespaces/${metadata.namespace}/controllerrevisions?limit=500`;
  return session.client.list<ControllerRevision>(path)
    .filter(({ metadata: { ownerReferences } }) => ownerReferences?.some(({ uid }) => uid === metadata.uid))
    .map(({ metadata: own, revision, data }) => ({
      number: revision,
      cause: own.annotations?.[CAUSE] ?? "<none>",
      template: data?.spec?.template,
    }));
}

const WITH_HISTORY = ["Deployment", "StatefulSet", "DaemonSet"];

const history: Verb = {
  flags: flags(`${ROLLOUT_FLAGS} revision=`),
  run: (session) =>
    eachWorkload(session, (target, object) => {
      const { resource, name } = target;
      if (!WITH_HISTORY.includes(resource.kind)) {
        throw usageError(`no history viewer has been implemented for ${JSON.stringify(resource.kind)}`);
      }
      const revisions = revisionsOf(session, target, object);
      const wanted = Number(session.flags.value("revision") ?? 0);
      if (wanted > 0) return session.say(revisionText(target, revisions, wanted));
      const rows = revisions.map(({ number, cause }) => `${number}\t${cause}`);
      const table = alignTabs(["REVISION\tCHANGE-CAUSE", ...rows].join("\n"), DESCRIBE_TABS);
      session.say(`${objectText(resource, name)} \n${table}\n`);
    }),
};

function revisionText({ resource, name }: Named, revisions: readonly Revision[], wanted: number): string {
  const found = revisions.find(({ number }) => number === wanted);
  if (found === undefined) throw usageError("unable to find the specified revision");
  const writer = new Writer(true);
  templateLines(writer, found.template);
  return `${objectText(resource, name)} with revision #${wanted}\n${writer.text()}`;
}

const undo: Verb = {
  flags: flags(`${ROLLOUT_FLAGS} to-revision= dry-run=?unchanged`),
  run: (session) =>
    eachWorkload(session, ({ resource, name }, object) => {
      if (resource.kind !== "Deployment") {
        throw usageError(`rollout undo of ${kindText(resource)} is not modelled here`);
      }
      const deployment = object as Deployment;
      const { all, fresh } = replicaSetsOf(session, deployment);
      const wanted = Number(session.flags.value("to-revision") ?? 0);
      const older = all.filter((set) => !fresh.includes(set)).sort((a, b) => revisionOf(b) - revisionOf(a));
      const target = wanted === 0 ? older[0] : all.find((set) => revisionOf(set) === wanted);
      if (target === undefined) {
        throw usageError(
          wanted === 0
            ? `no rollout history found for deployment ${JSON.stringify(name)}`
            : `unable to find specified revision ${wanted} in history`,
        );
      }
      const template = structuredClone(target.spec.template);
      delete template?.metadata?.labels?.["pod-template-hash"];
      if (sameJson(template, deployment.spec.template)) {
        return session.say(
          `${objectText(resource, name)} skipped rollback (current template already matches revision ${wanted})`,
        );
      }
      session.client.patch(
        session.path(resource, name),
        [{ op: "replace", path: "/spec/template", value: template }],
        "json",
      );
      session.say(`${objectText(resource, name)} rolled back`);
    }),
};

/** How far a rollout is: a line, and whether it is done. */
interface Progress {
  readonly text: string;
  readonly done: boolean;
}

function deploymentProgress({ metadata, spec, status }: Deployment): Progress {
  const name = JSON.stringify(metadata.name);
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) {
    return { text: "Waiting for deployment spec update to be observed...", done: false };
  }
  const late = status.conditions?.find(({ type, reason }) =>
    type === "Progressing" && reason === "ProgressDeadlineExceeded"
  );
  if (late !== undefined) throw usageError(`deployment ${name} exceeded its progress deadline`);
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  const waiting = (what: string) => ({
    text: `Waiting for deployment ${name} rollout to finish: ${what}...`,
    done: false,
  });
  if (updatedReplicas < (spec.replicas ?? 0)) {
    return waiting(`${updatedReplicas} out of ${spec.replicas} new replicas have been updated`);
  }
  if (replicas > updatedReplicas) return waiting(`${replicas - updatedReplicas} old replicas are pending termination`);
  if (availableReplicas < updatedReplicas) {
    return waiting(`${availableReplicas} of ${updatedReplicas} updated replicas are available`);
  }
  return { text: `deployment ${name} successfully rolled out`, done: true };
}

function daemonProgress({ metadata, status }: DaemonSet): Progress {
  const name = JSON.stringify(metadata.name);
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) {
    return { text: "Waiting for daemon set spec update to be observed...", done: false };
  }
  const { desiredNumberScheduled: wanted = 0, updatedNumberScheduled: updated = 0, numberAvailable: available = 0 } =
    status;
  const waiting = (what: string) => ({
    text: `Waiting for daemon set ${name} rollout to finish: ${what}...`,
    done: false,
  });
  if (updated < wanted) return waiting(`${updated} out of ${wanted} new pods have been updated`);
  if (available < wanted) return waiting(`${available} of ${wanted} updated pods are available`);
  return { text: `daemon set ${name} successfully rolled out`, done: true };
}

function statefulProgress({ metadata, spec, status }: StatefulSet): Progress {
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) {
    return { text: "Waiting for statefulset spec update to be observed...", done: false };
  }
  const { readyReplicas: ready = 0, updatedReplicas: updated = 0, currentReplicas: current = 0, updateRevision = "" } =
    status;
  const replicas = spec.replicas ?? 0;
  if (ready < replicas) return { text: `Waiting for ${replicas - ready} pods to be ready...`, done: false };
  const partition = spec.updateStrategy?.rollingUpdate?.partition;
  if (partition !== undefined) {
    if (updated < replicas - partition) {
      return {
        text: `Waiting for partitioned roll out to finish: ${updated} out of ${
          replicas - partition
        } new pods have been updated...`,
        done: false,
      };
    }
    return { text: `partitioned roll out complete: ${updated} new pods have been updated...`, done: true };
  }
  if (updateRevision !== status.currentRevision) {
    return {
      text: `waiting for statefulset rolling update to complete ${updated} pods at revision ${updateRevision}...`,
      done: false,
    };
  }
  return {
    text: `statefulset rolling update complete ${current} pods at revision ${status.currentRevision}...`,
    done: true,
  };
}

function progressOf(object: KubeObject): Progress {
  if (object.kind === "Deployment") return deploymentProgress(object as Deployment);
  if (object.kind === "DaemonSet") return daemonProgress(object as DaemonSet);
  if (object.kind === "StatefulSet") return statefulProgress(object as StatefulSet);
  throw usageError(`no status viewer has been implemented for ${object.kind}`);
}

const status: Verb = {
  flags: flags(`${ROLLOUT_FLAGS} watch/w timeout= revision=`),
  async run(session) {
    const timeout = session.flags.value("timeout") ?? "0s";
    const end = parseDuration(timeout) === 0 ? Infinity : session.now + parseDuration(timeout);
    for (const { resource, name } of session.targets()) {
      let last = "";
      for (;;) {
        const { text, done } = progressOf(session.client.get(session.path(resource, name)) as KubeObject);
        if (text !== last) session.say(text);
        last = text;
        if (done || !session.flags.is("watch", true)) break;
        if (session.now >= end) throw usageError("timed out waiting for the condition");
        if (!await session.host.clock.sleep(200)) return 1;
      }
    }
    return 0;
  },
};

/** `kubectl rollout` */
export const rollout: VerbGroup = {
  verbs: { status, restart, history, undo, pause: pauseVerb(true), resume: pauseVerb(false) },
};
