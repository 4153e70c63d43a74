import { canonicalDraft, type Draft, type KubeObject, type Status, withLastApplied } from "../../kube/mod.ts";
import { CommandError, refused, usageError } from "../errors.ts";
import { flags } from "../flags.ts";
import { dryRunOf, report } from "../output.ts";
import { pathTo, type Resource } from "../resources.ts";
import type { Session } from "../session.ts";
import { eachFile, placed } from "./apply.ts";
import { GENERATORS } from "./generators.ts";
import { FILE_FLAGS, OUTPUT_FLAGS, type Verb, type VerbGroup } from "./verb.ts";

const CREATE_FLAGS = `${OUTPUT_FLAGS} dry-run=?unchanged validate=?strict save-config field-manager=`;

/** `kubectl create -f` */
export const createFiles: Verb = {
  flags: flags(`${FILE_FLAGS} ${CREATE_FLAGS} selector/l= edit windows-line-endings raw=`),
  run(session) {
    return eachFile(session, "create", (file, resource) => {
      const draft = placed(session, file, resource);
      send(session, resource, session.flags.is("save-config") ? withLastApplied(draft) : draft, file.source);
    });
  },
};

/** `kubectl create KIND NAME`: objects out of flags. */
export const createGenerated: VerbGroup = {
  verbs: Object.fromEntries(
    Object.entries(GENERATORS).map(([name, generator]) => [
      name,
      "verbs" in generator
        ? { verbs: Object.fromEntries(Object.entries(generator.verbs).map(([inner, one]) => [inner, generated(one)])) }
        : generated(generator),
    ]),
  ),
};

/** Makes an object out of flags. */
export interface Generator {
  readonly flags: string;
  make(session: Session): Draft;
}

function generated({ flags: own, make }: Generator): Verb {
  return {
    flags: flags(`${CREATE_FLAGS} ${own}`),
    run(session) {
      const draft = make(session);
      const resource = session.resources.ofKind(draft.apiVersion, draft.kind);
      if (resource === undefined) throw usageError(`no matches for kind ${JSON.stringify(draft.kind)}`);
      const namespace = resource.namespaced && session.flags.has("namespace") ? { namespace: session.namespace } : {};
      const typed = canonicalDraft({ ...draft, metadata: { ...draft.metadata, ...namespace } });
      send(session, resource, typed, "");
      return 0;
    },
  };
}

function send(session: Session, resource: Resource, draft: Draft, source: string): void {
  const dry = dryRunOf(session);
  if (dry === "client") return report(session, draft as KubeObject, "created");
  const namespace = draft.metadata.namespace ?? session.namespace;
  const query = `?${dry === "server" ? "dryRun=All&" : ""}fieldManager=kubectl-create&fieldValidation=Strict`;
  const path = pathTo(resource, namespace) + query;
  const body = JSON.stringify(draft);
  const answer = session.client.send({ method: "POST", path, body, contentType: "application/json" });
  if (answer.code < 300) return report(session, answer.body as KubeObject, "created");
  const status = answer.body as Status;
  throw source === "" ? failedGenerator(status, draft) : refused(status, "creating", source);
}

/** Kinds whose refusals come through as the server says them. */
const PLAIN = ["ClusterRole", "Namespace", "Role"];

/** Each generator tells of a refusal in its own words. */
function failedGenerator(status: Status, draft: Draft): CommandError {
  const { message = "" } = status;
  if (PLAIN.includes(draft.kind)) return refused(status);
  if (draft.kind === "Secret") return new CommandError(`error: failed to create secret ${message}`);
  const { type = "" } = (draft as { spec?: { type?: string } }).spec ?? {};
  const what = draft.kind === "Service" ? `${type} service` : draft.kind.toLowerCase();
  return new CommandError(`error: failed to create ${what}: ${message}`);
}
