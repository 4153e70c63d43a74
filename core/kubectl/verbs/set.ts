/** `kubectl set`: images, environment, resources and service accounts of pod templates, and selectors. */
import type { core, KubeObject } from "../../kube/mod.ts";
import { usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { dryRunOf, report } from "../output.ts";
import { kindText, type Named } from "../resources.ts";
import type { Session } from "../session.ts";
import { CHANGE_FLAGS, eachTarget, query, splitChanges, targets } from "./change.ts";
import type { Verb, VerbGroup } from "./verb.ts";

interface Workload extends KubeObject {
  spec: { template?: core.PodTemplateSpec; containers?: core.Container[]; initContainers?: core.Container[] };
}

/** A target, its object and the spec of its pods. */
interface Templated extends Named {
  readonly object: Workload;
  readonly pod: { readonly containers?: core.Container[] };
}

function eachTemplate(session: Session, args: readonly string[], act: (target: Templated) => void): number {
  return eachTarget(session, targets(session, args), ({ resource, name }) => {
    const object = session.client.get(session.path(resource, name)) as Workload;
    act({ resource, name, object, pod: object.spec.template?.spec ?? object.spec });
  });
}

/** Changes the spec of the pods of a target, and says so; what changes nothing is not even told of. */
function change(session: Session, { resource, name, object }: Templated, spec: object, done: string): void {
  const body = object.spec.template === undefined ? { spec } : { spec: { template: { spec } } };
  const changed = session.client.patch(session.path(resource, name) + query(session, "set"), body, "strategic");
  // What kubectl tries by itself, no server has counted.
  const { generation } = object.metadata;
  const tried = dryRunOf(session) === "client" && generation !== undefined;
  report(session, tried ? { ...changed, metadata: { ...changed.metadata, generation } } : changed, done);
}

const image: Verb = {
  flags: flags(CHANGE_FLAGS),
  run(session) {
    const { set, rest } = splitChanges(session.flags.args);
    if (Object.keys(set).length === 0) throw usageError("at least one image update is required");
    return eachTemplate(session, rest, (target) => {
      const all = target.pod.containers ?? [];
      const missing = Object.keys(set).filter((one) => one !== "*" && !all.some(({ name }) => name === one));
      if (missing.length > 0) {
        throw usageError(missing.map((one) => `unable to find container named ${JSON.stringify(one)}`).join("\n"));
      }
      const wanted = (name: string) => set[name] ?? set["*"];
      const containers = all.filter(({ name, image }) => wanted(name) !== undefined && wanted(name) !== image)
        .map(({ name }) => ({ name, image: wanted(name) as string }));
      if (containers.length > 0) change(session, target, { containers }, "image updated");
    });
  },
};

const env: Verb = {
  flags: flags(`${CHANGE_FLAGS} container/c= list overwrite env/e=*`),
  run(session) {
    const { set, unset, rest } = splitChanges([...session.flags.args, ...session.flags.all("env")]);
    return eachTemplate(session, rest, (target) => {
      const all = target.pod.containers ?? [];
      if (session.flags.is("list")) return listEnv(session, target, all);
      const containers = all.flatMap(({ name, env = [] }) => {
        const changed = Object.entries(set).filter(([key, value]) =>
          !env.some((e) => e.name === key && e.value === value)
        );
        const gone = unset.filter((key) => env.some((one) => one.name === key));
        if (changed.length + gone.length === 0) return [];
        const entries = [
          ...changed.map(([key, value]) => ({ name: key, value })),
          ...gone.map((key) => ({ $patch: "delete", name: key })),
        ];
        return [{ name, env: entries }];
      });
      if (containers.length > 0) change(session, target, { containers }, "env updated");
    });
  },
};

function listEnv(session: Session, { object, resource }: Templated, containers: readonly core.Container[]): void {
  const kind = resource.kind.toLowerCase() === "deployment" ? "Deployment" : resource.kind;
  for (const { name, env = [] } of containers) {
    session.say(`# ${kind} ${object.metadata.name}, container ${name}`);
    for (const one of env) session.say(one.valueFrom === undefined ? `${one.name}=${one.value ?? ""}` : reference(one));
  }
}

function reference({ name, valueFrom }: core.EnvVar): string {
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = valueFrom ?? {};
  if (configMapKeyRef !== undefined) {
    return `# ${name} from configmap ${configMapKeyRef.name}, key ${configMapKeyRef.key}`;
  }
  if (secretKeyRef !== undefined) return `# ${name} from secret ${secretKeyRef.name}, key ${secretKeyRef.key}`;
  if (fieldRef !== undefined) return `# ${name} from field path ${fieldRef.fieldPath}`;
  return `# ${name} from resource ${resourceFieldRef?.resource ?? ""}`;
}

/** `cpu=1,memory=1Gi` as a map. */
function amounts(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined || text === "") return undefined;
  return Object.fromEntries(
    text.split(",").map((part) => {
      const [name = "", amount] = part.split("=");
      if (amount === undefined) throw usageError(`invalid argument syntax ${part}, expected <resource>=<value>`);
      return [name, amount];
    }),
  );
}

const resources: Verb = {
  flags: flags(`${CHANGE_FLAGS} containers/c= limits= requests=`),
  run(session) {
    const [limits, requests] = [amounts(session.flags.value("limits")), amounts(session.flags.value("requests"))];
    if (limits === undefined && requests === undefined) {
      throw usageError("you must specify an update to requests or limits (in the form of --requests/--limits)");
    }
    const wanted = { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) };
    const only = session.flags.value("containers") ?? "*";
    return eachTemplate(session, session.flags.args, (target) => {
      const containers = (target.pod.containers ?? []).filter(({ name }) => only === "*" || name === only)
        .map(({ name }) => ({ name, resources: wanted }));
      change(session, target, { containers }, "resource requirements updated");
    });
  },
};

const selector: Verb = {
  flags: flags(`${CHANGE_FLAGS} resource-version=`),
  run(session) {
    const args = session.flags.args;
    const wanted = args.at(-1) ?? "";
    const pairs = wanted.split(",").map((part) => part.split("=") as [string, string]);
    if (args.length < 2 || pairs.some(([, value]) => value === undefined)) {
      throw usageError("one or more resources must be specified as <resource> <name> or <resource>/<name>");
    }
    return eachTarget(session, targets(session, args.slice(0, -1)), ({ resource, name }) => {
      if (resource.kind !== "Service") throw usageError(`selector for ${kindText(resource)} is not modelled here`);
      const path = session.path(resource, name) + query(session, "set");
      const value = Object.fromEntries(pairs);
      const changed = session.client.patch(path, [{ op: "replace", path: "/spec/selector", value }], "json");
      report(session, changed, "selector updated");
    });
  },
};

const serviceAccount: Verb = {
  flags: flags(CHANGE_FLAGS),
  run(session) {
    const args = session.flags.args;
    if (args.length === 0) throw usageError("serviceaccount is required");
    const serviceAccountName = args.at(-1) as string;
    return eachTemplate(session, args.slice(0, -1), (target) => {
      change(session, target, { serviceAccountName }, "serviceaccount updated");
    });
  },
};

/** `kubectl set` */
export const set: VerbGroup = {
  verbs: { image, env, resources, selector, serviceaccount: serviceAccount, sa: serviceAccount },
};
