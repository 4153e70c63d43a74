import { applyMergePatch, canonicalDraft, type Draft, type KubeObject, type Pod } from "../../kube/mod.ts";
import { seeHelp, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { dryRunOf, report } from "../output.ts";
import { pathTo } from "../resources.ts";
import type { Session } from "../session.ts";
import { pairs } from "./draft.ts";
import { logOf } from "./logs.ts";
import { OUTPUT_FLAGS, type Verb } from "./verb.ts";

/** `kubectl run`: one pod. */
export const run: Verb = {
  flags: flags(
    `${OUTPUT_FLAGS} dry-run=?unchanged image= port= labels/l= env=* restart= command rm stdin/i tty/t attach expose quiet/q
    annotations=* image-pull-policy= overrides= override-type= privileged field-manager= pod-running-timeout= wait timeout= grace-period=
    save-config leave-stdin-open force cascade=?background`,
  ),
  async run(session) {
    const draft = overridden(session, podFor(session));
    const interactive = session.flags.is("stdin") || session.flags.is("tty") || session.flags.is("attach");
    if (session.flags.is("rm") && !interactive) throw usageError("--rm should only be used for attached containers");
    if (dryRunOf(session) === "client") {
      report(session, canonicalDraft(draft) as KubeObject, "created");
      return 0;
    }
    const resource = session.resources.named("pods");
    const query = `?${dryRunOf(session) === "server" ? "dryRun=All&" : ""}fieldManager=kubectl-run`;
    const pod = session.client.post(pathTo(resource, session.namespace) + query, draft) as Pod;
    if (session.flags.is("expose")) exposePod(session, pod);
    if (!interactive) {
      report(session, pod, "created");
      return 0;
    }
    return await attached(session, pod);
  },
};

/** The pod with what `--overrides` says: JSON that is merged over it. */
function overridden(session: Session, draft: Draft): Draft {
  const text = session.flags.value("overrides");
  if (text === undefined) return draft;
  try {
    return applyMergePatch(draft, JSON.parse(text)) as Draft;
  } catch (error) {
    if (error instanceof SyntaxError) throw usageError(`Invalid overrides: ${error.message}`);
    throw error;
  }
}

function podFor(session: Session): Draft {
  const { flags } = session;
  const [name, ...words] = flags.args;
  const image = flags.value("image");
  if (name === undefined) throw usageError(`NAME is required for run${seeHelp(session)}`);
  if (image === undefined) throw usageError('required flag(s) "image" not set');
  const words2 = [...words, ...(flags.rest ?? [])];
  const command = words2.length === 0 ? {} : { [flags.is("command") ? "command" : "args"]: words2 };
  const port = flags.value("port");
  const env = flags.all("env").map((one) => {
    const [key = "", value] = one.split(/=(.*)/s);
    if (value === undefined) throw usageError(`invalid env: ${one}`);
    return { name: key, value };
  });
  const interactive = {
    ...(flags.is("stdin") ? { stdin: true, stdinOnce: true } : {}),
    ...(flags.is("tty") ? { tty: true } : {}),
  };
  const annotations = flags.all("annotations").map((one) => one.split(/=(.*)/s).slice(0, 2) as [string, string]);
  const pull = flags.value("image-pull-policy");
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      labels: flags.has("labels") ? pairs(flags.value("labels") ?? "") : { run: name },
      ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    },
    spec: {
      containers: [{
        name,
        image,
        ...command,
        ...(env.length === 0 ? {} : { env }),
        ...(port === undefined ? {} : { ports: [{ containerPort: Number(port) }] }),
        resources: {},
        ...(pull === undefined ? {} : { imagePullPolicy: pull }),
        ...interactive,
      }],
      dnsPolicy: "ClusterFirst",
      restartPolicy: flags.value("restart") ?? "Always",
    },
    status: {},
  } as Draft;
}

function exposePod(session: Session, { metadata, spec }: Pod): void {
  const port = spec.containers[0]?.ports?.[0]?.containerPort;
  if (port === undefined) throw usageError(`--port must be set when exposing a service${seeHelp(session)}`);
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: metadata.name },
    spec: { ports: [{ port, protocol: "TCP", targetPort: port }], selector: metadata.labels },
  };
  report(
    session,
    session.client.post(pathTo(session.resources.named("services"), session.namespace), service),
    "created",
  );
}

/** Waits until the pod runs or ended, shows what it writes until it ends, and takes it away where `--rm` says so. */
async function attached(session: Session, { metadata, spec }: Pod): Promise<number> {
  const { name, namespace = "" } = metadata;
  const find = () => session.api.store.get("Pod", name, namespace);
  const target = { namespace, pod: name, container: spec.containers[0]?.name ?? name };
  while (["Pending", ""].includes(find()?.status.phase ?? "Gone")) if (!await session.host.clock.sleep(100)) return 1;
  while (find()?.status.phase === "Running") if (!await session.host.clock.sleep(100)) return 1;
  session.write(await logOf(session, target, {}));
  const exit = find()?.status.containerStatuses?.[0]?.state?.terminated?.exitCode ?? 0;
  if (session.flags.is("rm")) {
    session.api.delete("Pod", { name, namespace });
    session.say(`pod ${JSON.stringify(name)} deleted from ${namespace} namespace`);
  }
  if (exit !== 0) session.complain(`pod ${namespace}/${name} terminated (Error)`);
  return exit;
}
