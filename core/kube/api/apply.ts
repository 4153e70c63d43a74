/** Client-side apply, as `kubectl apply` does it: what was applied last is kept in an annotation and compared with. */
import { rulesOfResource } from "../objects/kinds.ts";
import type { Draft, KubeObject } from "../objects/object.ts";
import type { Resource } from "../objects/resource.ts";
import { threeWayPatch } from "../patch/three_way.ts";
import { pathOf } from "./route.ts";
import type { ApiRequest, ApiResponse, Status } from "./types.ts";

/** The annotation that holds what was applied last. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** What applying an object did. */
export interface Applied {
  readonly outcome: "created" | "configured" | "unchanged";
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** Where requests go. */
export type Send = (request: ApiRequest) => ApiResponse;

/** How to apply. */
export interface ApplyOptions {
  /** Asks the server for everything but storing it. */
  readonly dryRun?: "client" | "server";
}

const MANAGER = "fieldManager=kubectl-client-side-apply&fieldValidation=Strict";

/** Creates the object, or patches the live one where it differs from what is asked for. */
export function applyDraft(
  send: Send,
  resource: Resource,
  draft: Draft,
  { dryRun }: ApplyOptions = {},
): Applied | Status {
  const { name = "", namespace } = draft.metadata;
  const path = pathOf(resource, namespace, name);
  const modified = withLastApplied(draft);
  const live = send({ method: "GET", path, accept: "application/json" });
  const dry = dryRun === "server" ? "dryRun=All&" : "";
  if (live.code === 404) {
    if (dryRun === "client") return { outcome: "created", object: modified as unknown as KubeObject, warnings: [] };
    const body = JSON.stringify(modified);
    return done(
      "created",
      send({
        method: "POST",
        path: `${pathOf(resource, namespace)}?${dry}${MANAGER}`,
        body,
        contentType: "application/json",
      }),
    );
  }
  if (live.code >= 300) return live.body as Status;
  const patch = applyPatch(live.body as KubeObject, modified, resource);
  if (Object.keys(patch).length === 0) {
    return { outcome: "unchanged", object: live.body as KubeObject, warnings: live.warnings };
  }
  if (dryRun === "client") return { outcome: "configured", object: live.body as KubeObject, warnings: live.warnings };
  const contentType = rulesOfResource(resource) === undefined
    ? "application/merge-patch+json"
    : "application/strategic-merge-patch+json";
  const answer = send({ method: "PATCH", path: `${path}?${dry}${MANAGER}`, body: JSON.stringify(patch), contentType });
  return done("configured", answer);
}

function done(outcome: Applied["outcome"], { code, body, warnings }: ApiResponse): Applied | Status {
  return code < 300 ? { outcome, object: body as KubeObject, warnings } : body as Status;
}

/** The patch apply would send: empty where the live object already is what is asked for. */
export function applyPatch(live: KubeObject, modified: Draft, resource: Resource): Record<string, unknown> {
  const before = live.metadata.annotations?.[LAST_APPLIED];
  const original = before === undefined ? {} : JSON.parse(before) as unknown;
  const struct = rulesOfResource(resource)?.struct;
  const wanted = modified as unknown as Record<string, unknown>;
  return threeWayPatch(original, wanted, live as unknown as Record<string, unknown>, struct);
}

/** The object with the annotation that says what it was applied as. */
export function withLastApplied(draft: Draft): Draft {
  const { [LAST_APPLIED]: _old, ...annotations } = draft.metadata.annotations ?? {};
  const bare = { ...draft, metadata: { ...draft.metadata, annotations } };
  const text = `${goJson(sorted(bare))}\n`;
  return { ...bare, metadata: { ...bare.metadata, annotations: { ...annotations, [LAST_APPLIED]: text } } };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

/** JSON as Go writes it: `<`, `>` and `&` escaped. */
function goJson(value: unknown): string {
  const escapes: Readonly<Record<string, string>> = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026" };
  return JSON.stringify(value).replace(/[<>&]/g, (one) => escapes[one] as string);
}
