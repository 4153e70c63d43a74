import { applyPatch, type KubeObject, printYaml, rulesOf, withLastApplied } from "../../kube/mod.ts";
import { refused } from "../errors.ts";
import { flags } from "../flags.ts";
import { unifiedDiff } from "../../base/mod.ts";
import { pathTo, type Resource } from "../resources.ts";
import type { Session } from "../session.ts";
import { eachFile, placed } from "./apply.ts";
import { FILE_FLAGS, type Verb } from "./verb.ts";

/** `kubectl diff`: what apply would change. Exit status 1 where there is something. */
export const diff: Verb = {
  flags: flags(
    `${FILE_FLAGS} server-side force-conflicts field-manager= selector/l= prune show-managed-fields concurrency=`,
  ),
  run(session) {
    let differs = false;
    const exit = eachFile(session, "diff", (file, resource) => {
      const draft = placed(session, file, resource);
      const path = pathTo(resource, draft.metadata.namespace, draft.metadata.name);
      const live = session.client.find(path);
      const merged = mergedOf(session, resource, { path, live, modified: withLastApplied(draft) });
      const title = [apiTitle(draft.apiVersion), draft.kind, draft.metadata.namespace ?? "", draft.metadata.name].join(
        ".",
      );
      const text = difference(session, title, shown(live), shown(merged));
      session.write(text);
      differs ||= text !== "";
    });
    return exit !== 0 ? exit : differs ? 1 : 0;
  },
};

function apiTitle(apiVersion: string): string {
  return apiVersion.split("/").join(".");
}

interface Change {
  readonly path: string;
  readonly live: KubeObject | undefined;
  readonly modified: ReturnType<typeof withLastApplied>;
}

/** The object as the server would store it. */
function mergedOf(session: Session, resource: Resource, { path, live, modified }: Change): KubeObject {
  if (live === undefined) {
    const collection = path.slice(0, path.lastIndexOf("/"));
    return session.client.post(`${collection}?dryRun=All&fieldManager=kubectl-client-side-apply`, modified);
  }
  const patch = applyPatch(live, modified, resource as never);
  if (Object.keys(patch).length === 0) return live;
  const struct = rulesOf(modified)?.struct;
  const annotations = (patch.metadata as { annotations?: object } | undefined)?.annotations;
  if (annotations !== undefined) delete (patch.metadata as { annotations?: object }).annotations;
  const answer = session.client.send({
    method: "PATCH",
    path: `${path}?dryRun=All&fieldManager=kubectl-client-side-apply`,
    body: JSON.stringify(patch),
    contentType: struct === undefined ? "application/merge-patch+json" : "application/strategic-merge-patch+json",
  });
  if (answer.code >= 300) throw refused(answer.body as never);
  return answer.body as KubeObject;
}

function shown(object: KubeObject | undefined): string {
  return object === undefined ? "" : printYaml(withoutManagers(object));
}

function difference(session: Session, title: string, live: string, merged: string): string {
  if (live === merged) return "";
  const [before, after] = [`LIVE-${tag(session)}/${title}`, `MERGED-${tag(session)}/${title}`].map((path) =>
    `/tmp/${path}`
  ) as [string, string];
  const time = new Date(session.now).toISOString().replace("T", " ").replace(/Z$/, "000000 +0000");
  return `diff -u -N ${before} ${after}\n--- ${before}\t${time}\n+++ ${after}\t${time}\n${unifiedDiff(live, merged)}`;
}

/** The number of a temporary folder. */
function tag(session: Session): string {
  return String(session.api.store.version).padStart(10, "1");
}

/** Who manages which fields is not compared. */
function withoutManagers(value: unknown): unknown {
  const { metadata, ...rest } = value as { metadata?: { managedFields?: unknown } };
  if (metadata?.managedFields === undefined) return value;
  const { managedFields: _managed, ...shown } = metadata;
  return { ...value as object, metadata: shown, ...rest };
}
