import { applyDraft, type KubeObject, LAST_APPLIED, type Status } from "../../kube/mod.ts";
import { CommandError, refused, seeHelp, usageError } from "../errors.ts";
import { checkHead, type FileObject, namesFiles, readFiles } from "../files.ts";
import { flags } from "../flags.ts";
import { dryRunOf, report } from "../output.ts";
import { pathTo, type Resource } from "../resources.ts";
import type { Session } from "../session.ts";
import { finish } from "./get.ts";
import { prune, pruned } from "./prune.ts";
import { FILE_FLAGS, OUTPUT_FLAGS, type Verb } from "./verb.ts";

/** `kubectl apply -f` */
export const applyFiles: Verb = {
  flags: flags(
    `${FILE_FLAGS} ${OUTPUT_FLAGS} dry-run=?unchanged server-side validate=?strict overwrite wait all prune selector/l=
    field-manager= force-conflicts force grace-period= timeout= cascade=?background openapi-patch prune-allowlist=*`,
  ),
  run(session) {
    const resources = session.flags.is("prune") ? pruned(session) : undefined;
    const act = session.flags.is("server-side") ? applyThere : applyOne;
    const applied: KubeObject[] = [];
    const exit = eachFile(session, "apply", (file, resource) => applied.push(act(session, file, resource)));
    if (resources !== undefined) prune(session, resources, applied);
    return exit;
  },
};

/** Does something with every object of the files; goes on after an error, and tells all of them at the end. */
export function eachFile(
  session: Session,
  verb: string,
  act: (file: FileObject, resource: Resource) => unknown,
): number {
  const { args } = session.flags;
  if (args.length > 0) throw usageError(`Unexpected args: [${args.join(" ")}]${seeHelp(session)}`);
  if (!namesFiles(session)) throw usageError("must specify one of -f and -k");
  const files = readFiles(session);
  const validate = !["false", "ignore"].includes(session.flags.value("validate") ?? "true");
  for (const file of files) checkHead(file, validate);
  if (files.length === 0) throw usageError(`no objects passed to ${verb}`);
  const errors: CommandError[] = [];
  for (const file of files) {
    try {
      act(file, resourceOf(session, file));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      errors.push(error);
    }
  }
  return finish(session, errors);
}

/** The resource of an object in a file; throws where the server serves no such kind. */
export function resourceOf(session: Session, { draft, source }: FileObject): Resource {
  const resource = session.resources.ofKind(draft.apiVersion, draft.kind);
  if (resource !== undefined) return resource;
  const { name = "", namespace = "" } = draft.metadata ?? {};
  const where = `name: ${JSON.stringify(name)} namespace: ${JSON.stringify(namespace)} from ${JSON.stringify(source)}`;
  const what = `no matches for kind ${JSON.stringify(draft.kind)} in version ${JSON.stringify(draft.apiVersion)}`;
  throw usageError(`resource mapping not found for ${where}: ${what}\nensure CRDs are installed first`);
}

/** The object with the namespace it goes to; throws where `-n` says another one. */
export function placed(session: Session, { draft }: FileObject, resource: Resource) {
  if (!resource.namespaced) return draft;
  const asked = session.flags.value("namespace");
  const own = draft.metadata?.namespace;
  if (asked !== undefined && own !== undefined && own !== asked) {
    throw usageError(
      `the namespace from the provided object ${JSON.stringify(own)} does not match the namespace ${
        JSON.stringify(asked)
      }. You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  return { ...draft, metadata: { ...draft.metadata, namespace: own ?? session.namespace } };
}

const NOT_APPLIED = `is missing the ${LAST_APPLIED} annotation which is required by kubectl apply. ` +
  "kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. " +
  "The missing annotation will be patched automatically.";

function applyOne(session: Session, file: FileObject, resource: Resource): KubeObject {
  const draft = placed(session, file, resource);
  const dry = dryRunOf(session);
  const send = (request: Parameters<typeof session.client.send>[0]) => session.client.send(request);
  warnUnapplied(session, resource, draft.metadata.name ?? "", draft.metadata.namespace);
  const answer = applyDraft(send, resource as never, draft, dry === "none" ? {} : { dryRun: dry });
  if (!("outcome" in answer)) throw refusedApply(answer, file.source);
  report(session, answer.object as KubeObject, answer.outcome);
  return answer.object as KubeObject;
}

/** `--server-side`: the server merges, for the field manager. */
function applyThere(session: Session, file: FileObject, resource: Resource): KubeObject {
  const draft = placed(session, file, resource);
  const query = new URLSearchParams({
    fieldManager: session.flags.value("field-manager") ?? "kubectl",
    fieldValidation: "Strict",
    force: String(session.flags.is("force-conflicts")),
    ...(dryRunOf(session) === "server" ? { dryRun: "All" } : {}),
  });
  const path = `${pathTo(resource, draft.metadata.namespace, draft.metadata.name)}?${query}`;
  const answer = session.client.send({
    method: "PATCH",
    path,
    body: JSON.stringify(draft),
    contentType: "application/apply-patch+yaml",
  });
  if (answer.code >= 300) throw refusedThere(answer.body as Status, file.source);
  report(session, answer.body as KubeObject, "serverside-applied");
  return answer.body as KubeObject;
}

const CONFLICT_HELP = `Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;

function refusedThere(status: Status, source: string): CommandError {
  if (status.reason !== "Conflict") return refusedApply(status, source);
  return new CommandError(`error: ${status.message}\n${CONFLICT_HELP}`);
}

function warnUnapplied(session: Session, resource: Resource, name: string, namespace: string | undefined): void {
  const path = session.path(resource, name).replace(/\/namespaces\/[^/]+/, `/namespaces/${namespace}`);
  const live = session.client.find(path);
  if (
    live === undefined || live.metadata.annotations?.[LAST_APPLIED] !== undefined
  ) return;
  session.complain(`Warning: resource ${resource.plural}/${name} ${NOT_APPLIED}`);
}

function refusedApply(status: Status, source: string): CommandError {
  return status.reason === "Invalid" ? refused(status) : refused(status, "creating", source);
}
