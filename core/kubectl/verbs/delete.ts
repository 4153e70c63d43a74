import { isStatus, type KubeObject, type Status } from "../../kube/mod.ts";
import { CommandError, refused, usageError } from "../errors.ts";
import { namesFiles, readFiles } from "../files.ts";
import { flags } from "../flags.ts";
import { dryRunOf } from "../output.ts";
import { kindText, objectText, pathTo, type Resource } from "../resources.ts";
import type { Session } from "../session.ts";
import { finish } from "./get.ts";
import { resourceOf } from "./apply.ts";
import { FILE_FLAGS, type Verb } from "./verb.ts";
import { parseDuration } from "./watch.ts";

interface Target {
  readonly resource: Resource;
  readonly name: string;
  readonly namespace: string | undefined;
}

const NOTHING_NAMED = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

/** `kubectl delete` */
export const remove: Verb = {
  flags: flags(
    `${FILE_FLAGS} output/o= all-namespaces/A selector/l= field-selector= all force grace-period= ignore-not-found now
    wait cascade=?background timeout= dry-run=?unchanged interactive/i raw=`,
  ),
  async run(session) {
    const { flags } = session;
    if (flags.is("force") && flags.value("grace-period") === "0") session.complain(IMMEDIATE);
    const errors: CommandError[] = [];
    const targets = targetsOf(session);
    const deleted = targets.filter((target) => removeOne(session, target, errors));
    if (targets.length === 0) session.say("No resources found");
    if (flags.is("wait", true) && dryRunOf(session) === "none") {
      for (const target of deleted) await waitUntilGone(session, target);
    }
    return finish(session, errors);
  },
};

const IMMEDIATE =
  "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. " +
  "The resource may continue to run on the cluster indefinitely.";

function targetsOf(session: Session): Target[] {
  const { flags } = session;
  if (namesFiles(session)) {
    return readFiles(session).map((file) => {
      const resource = resourceOf(session, file);
      const { name = "", namespace } = file.draft.metadata;
      return { resource, name, namespace: resource.namespaced ? namespace ?? session.namespace : undefined };
    });
  }
  if (flags.args.length === 0) throw usageError(NOTHING_NAMED);
  const selection = session.select();
  if (selection.type === "named") {
    return selection.items.map(({ resource, name }) => ({ resource, name, namespace: session.place(resource) }));
  }
  if (!flags.has("selector") && !flags.has("field-selector") && !flags.is("all")) {
    throw usageError("resource(s) were provided, but no name was specified");
  }
  return selection.resources.flatMap((resource) =>
    session.client.list(session.path(resource) + session.selectorQuery()).map(({ metadata }) => ({
      resource,
      name: metadata.name,
      namespace: metadata.namespace,
    }))
  );
}

/** Deletes one thing and says so; false where it was not there. */
function removeOne(session: Session, { resource, name, namespace }: Target, errors: CommandError[]): boolean {
  const { flags } = session;
  const grace = graceOf(session);
  const dry = dryRunOf(session);
  const options = {
    propagationPolicy: { orphan: "Orphan", foreground: "Foreground" }[flags.value("cascade") ?? ""] ?? "Background",
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(dry === "server" ? { dryRun: ["All"] } : {}),
  };
  const path = pathTo(resource, namespace, name);
  const answer = dry === "client"
    ? session.client.send({ method: "GET", path })
    : session.client.send({ method: "DELETE", path, body: JSON.stringify(options), contentType: "application/json" });
  if (answer.code >= 300) {
    if (answer.code !== 404 || !flags.is("ignore-not-found")) errors.push(refused(answer.body as Status));
    return false;
  }
  say(session, { resource, name, namespace }, dry);
  return true;
}

function graceOf({ flags }: Session): number | undefined {
  if (flags.is("now")) return 1;
  const grace = flags.value("grace-period");
  if (grace === "0" && !flags.is("force")) return 1;
  if (grace === undefined || grace === "-1") return flags.is("force") ? 0 : undefined;
  return Number(grace);
}

function say(session: Session, { resource, name, namespace }: Target, dry: "none" | "client" | "server"): void {
  const { flags } = session;
  if (flags.value("output") === "name") return session.say(objectText(resource, name));
  const done = flags.is("force") && flags.value("grace-period") === "0" ? "force deleted" : "deleted";
  const where = namespace === undefined ? "" : ` from ${namespace} namespace`;
  const suffix = dry === "none" ? "" : dry === "client" ? " (dry run)" : " (server dry run)";
  session.say(`${kindText(resource)} ${JSON.stringify(name)} ${done}${where}${suffix}`);
}

async function waitUntilGone(session: Session, { resource, name, namespace }: Target): Promise<void> {
  const uid = session.client.find(pathTo(resource, namespace, name))?.metadata.uid;
  const timeout = session.flags.value("timeout");
  const end = timeout === undefined || timeout === "0s" || timeout === "0"
    ? Infinity
    : session.now + parseDuration(timeout);
  for (;;) {
    const found = session.client.find(pathTo(resource, namespace, name));
    if (found === undefined || found.metadata.uid !== uid || isStatus(found as KubeObject)) return;
    if (session.now >= end) {
      throw new CommandError(`error: timed out waiting for the condition on ${resource.plural}/${name}`);
    }
    if (!await session.host.clock.sleep(200)) return;
  }
}
