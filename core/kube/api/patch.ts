import { parse } from "yaml";
import { rulesOfResource } from "../objects/kinds.ts";
import { invalid } from "../objects/issue.ts";
import type { KubeObject } from "../objects/object.ts";
import { applyJsonPatch, applyMergePatch, isMap, type Operation, PatchError } from "../patch/json_patch.ts";
import { applyStrategic, usedUp } from "../patch/strategic.ts";
import { decodeValue, type FieldValidation } from "./decode.ts";
import { storeEphemeral } from "./ephemeral.ts";
import { printGo } from "./go_print.ts";
import { readOne } from "./read.ts";
import type { Route } from "./route.ts";
import { scaleOf, setScale } from "./scale.ts";
import type { ApiServer } from "./server.ts";
import { serverSideApply } from "./server_side_apply.ts";
import { badRequest, failure, unsupportedMediaType } from "./status.ts";
import { type ApiRequest, isStatus, type Status } from "./types.ts";
import { updateObject } from "./update.ts";

/** An object after a patch. */
export interface Patched {
  readonly object: KubeObject | ReturnType<typeof scaleOf>;
  readonly code: number;
  readonly warnings: readonly string[];
}

/** How to patch. */
export interface PatchOptions {
  readonly validation: FieldValidation;
  readonly dryRun: boolean;
}

const TYPES = ["json-patch+json", "merge-patch+json", "strategic-merge-patch+json"];

/** Applies a patch to a stored object. */
export function patchObject(
  server: ApiServer,
  route: Route,
  request: ApiRequest,
  options: PatchOptions,
): Patched | Status {
  const type = /^application\/([^;]+)/.exec(request.contentType ?? "")?.[1] ?? "";
  if (type === "apply-patch+yaml" && route.subresource === undefined) {
    return serverSideApply(server, route, request, options);
  }
  if (!TYPES.includes(type)) return unsupportedMediaType();
  const old = readOne(server, route);
  if (isStatus(old)) return old;
  const patch = parseBody(request.body ?? "");
  if (patch === undefined) return badRequest("error decoding patch: invalid JSON");
  if (route.subresource === "scale") return patchScale(server, route, { old, patch, type }, options);
  const struct = rulesOfResource(route.resource)?.struct;
  if (type === "strategic-merge-patch+json" && struct === undefined) return unsupportedMediaType();
  const value = patchValue(type, old, patch, struct);
  if (isMap(value) && "kind" in value && isStatus(value as unknown as Status)) return value as unknown as Status;
  return storePatched(server, route, { value, patch, type }, options);
}

interface ScalePatch {
  readonly old: KubeObject;
  readonly patch: unknown;
  readonly type: string;
}

function patchScale(
  server: ApiServer,
  { resource }: Route,
  { old, patch, type }: ScalePatch,
  options: PatchOptions,
): Patched | Status {
  const wanted = patchValue(type, scaleOf(old) as unknown as KubeObject, patch, undefined);
  if (isStatus(wanted as unknown as Status)) return wanted as unknown as Status;
  const { replicas = 0 } = (wanted as { spec?: { replicas?: number } }).spec ?? {};
  const answer = setScale(server, resource, old, replicas, options);
  return isStatus(answer) ? answer : { object: scaleOf(answer) as never, code: 200, warnings: [] };
}

type Struct = Parameters<typeof applyStrategic>[2];

function patchValue(type: string, old: KubeObject, patch: unknown, struct: Struct): Record<string, unknown> {
  const value = old as unknown as Record<string, unknown>;
  if (type === "merge-patch+json") return applyMergePatch(value, patch) as Record<string, unknown>;
  if (type === "strategic-merge-patch+json") return applyStrategic(value, patch, struct);
  try {
    return applyJsonPatch(value, patch as Operation[]) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    const words = "the server rejected our request due to an error in our request";
    return failure(422, "Invalid", words, {}) as unknown as Record<string, unknown>;
  }
}

interface Change {
  readonly value: Record<string, unknown>;
  readonly patch: unknown;
  readonly type: string;
}

function storePatched(
  server: ApiServer,
  route: Route,
  { value, patch, type }: Change,
  options: PatchOptions,
): Patched | Status {
  const { resource, subresource } = route;
  const decoded = decodeValue(value, resource, options.validation);
  if (!("object" in decoded)) {
    const strict = /strict decoding error: .*$/s.exec(decoded.message ?? "")?.[0];
    return strict === undefined ? decoded : refusedPatch(type, patch, strict);
  }
  const { object, warnings } = decoded;
  const answer = subresource === "ephemeralcontainers"
    ? storeEphemeral(server, resource, object, options.dryRun)
    : updateObject(server, resource, object, {
      dryRun: options.dryRun,
      ...(subresource === "status" ? { subresource } : {}),
    });
  return isStatus(answer) ? answer : { object: answer, code: 200, warnings };
}

/** A patch whose result has unknown fields is refused whole, printed as Go prints it. */
function refusedPatch(type: string, patch: unknown, why: string): Status {
  const shown = isMap(patch) && type.startsWith("strategic") ? usedUp(patch) : patch;
  const issue = invalid("patch", printGo(shown), why);
  return failure(422, "Invalid", ` "" is invalid: ${issue.field}: ${issue.message}`, { causes: [issue] });
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    try {
      return parse(body) as unknown;
    } catch {
      return undefined;
    }
  }
}
