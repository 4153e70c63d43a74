import { copyJson } from "../../../base/mod.ts";
import { decodeStruct } from "../codec.ts";
import { emptyStatus, resourceFor, rulesOf } from "../kinds.ts";
import type { Issue } from "../issue.ts";
import type { Draft, KubeObject, Service } from "../object.ts";
import { needsHealthCheck } from "./service.ts";
import { validateNew } from "./table.ts";

/** What would be wrong with a draft, as far as that can be told without a server: defaults applied, nothing allocated. */
export function draftIssues(draft: Draft): Issue[] {
  const rules = rulesOf(draft);
  const resource = resourceFor(draft.apiVersion, draft.kind);
  if (rules === undefined || resource === undefined) return [];
  const { value } = decodeStruct(rules.struct, copyJson(draft));
  const object = { apiVersion: draft.apiVersion, kind: draft.kind, ...value } as unknown as KubeObject;
  if (resource.namespaced) object.metadata.namespace ??= "default";
  if (!object.metadata.name && object.metadata.generateName) object.metadata.name = `${object.metadata.generateName}x`;
  rules.defaults?.(object);
  const status = emptyStatus(draft.kind);
  if (status !== undefined) (object as { status?: unknown }).status = status;
  if (object.kind === "Service") pretendAllocated(object as Service);
  return validateNew(object, resource.namespaced);
}

/** Values the server would choose itself are taken as chosen. */
function pretendAllocated({ spec }: Service): void {
  if (spec.clusterIP && spec.clusterIPs === undefined) spec.clusterIPs = [spec.clusterIP];
  if (needsHealthCheck(spec)) spec.healthCheckNodePort ??= 30000;
}
