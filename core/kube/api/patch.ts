import { applyJsonPatch, applyMergePatch, isMap, type Operation, PatchError } from "../patch/json_patch.ts";
import { applyStrategic, StrategicError, usedUp } from "../patch/strategic.ts";
import { rulesOfResource } from "../objects/kinds.ts";
import { invalid } from "../objects/issue.ts";
import type { KubeObject } from "../objects/object.ts";
import { joinGroupVersion } from "../objects/resource.ts";
import { decodeValue, type FieldValidation, type Wanted } from "./decode.ts";
import { storeEphemeral } from "./ephemeral.ts";
import { printGo } from "../patch/go_print.ts";
import { readPatch } from "./patch_body.ts";
import { printPatched, reworded } from "./patch_words.ts";
import { checkPlace } from "./place.ts";
import { readOne } from "./read.ts";
import { isRegistered } from "./registered.ts";
import type { Route } from "./route.ts";
import { SCALE, scaleOf, setScale } from "./scale.ts";
import type { ApiServer } from "./server.ts";
import { serverSideApply } from "./server_side_apply.ts";
import { badRequest, failure, statusResponse, unsupportedMediaType } from "./status.ts";
import { type ApiRequest, type ApiResponse, isStatus, type Status } from "./types.ts";
import { updateObject, type UpdateOptions } from "./update.ts";

/** An object after a patch. */
export interface Patched {
  /** What the patch made, or why that cannot be. */
  readonly object: KubeObject | ReturnType<typeof scaleOf> | Status;
  readonly code: number;
  readonly warnings: readonly string[];
}

/** How to patch. */
export interface PatchOptions {
  readonly validation: FieldValidation;
  readonly dryRun: boolean;
}

const [JSON_PATCH, MERGE, STRATEGIC] = ["json-patch+json", "merge-patch+json", "strategic-merge-patch+json"] as const;

/** Applies a patch to a stored object, or to a part of it. */
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
  const struct = rulesOfResource(route.resource)?.struct;
  const known = type === JSON_PATCH || type === MERGE || (type === STRATEGIC && struct !== undefined);
  if (!known) return unsupportedMediaType(route.resource);
  const old = readOne(server, route);
  if (isStatus(old)) return old;
  const patch = readPatch(type, request.body ?? "");
  if ("refused" in patch) return patch.refused;
  const subject = subjectOf(route, old, struct);
  const value = patchValue(type, subject, patch.value);
  if (!("patched" in value)) return value;
  const problems = options.validation === "Ignore" ? [] : patch.problems;
  return storePatched(server, route, { subject, value: value.patched, patch: patch.value, type, problems }, options);
}

type Struct = Parameters<typeof applyStrategic>[2];

/** What is patched: an object, or its Scale. */
interface Subject {
  readonly current: Record<string, unknown>;
  readonly wanted: Wanted;
  readonly struct: Struct;
}

function subjectOf({ resource, subresource }: Route, old: KubeObject, struct: Struct): Subject {
  if (subresource === "scale") {
    return { current: scaleOf(old, resource) as unknown as Record<string, unknown>, wanted: SCALE, struct: undefined };
  }
  return { current: old as unknown as Record<string, unknown>, wanted: resource, struct };
}

function patchValue(
  type: string,
  { current, struct }: Subject,
  patch: unknown,
): { readonly patched: unknown } | Status {
  try {
    if (type === MERGE) return { patched: applyMergePatch(current, patch) };
    if (type === STRATEGIC) return { patched: applyStrategic(current, patch, struct) };
    return { patched: applyJsonPatch(current, (patch ?? []) as Operation[]) };
  } catch (error) {
    if (error instanceof StrategicError) return strategicRefusal(error);
    if (!(error instanceof PatchError)) throw error;
    const words = "the server rejected our request due to an error in our request";
    return failure(422, "Invalid", words, {});
  }
}

function strategicRefusal({ message, isFormat }: StrategicError): Status {
  return isFormat ? badRequest(message) : failure(500, undefined, message);
}

interface Change {
  readonly subject: Subject;
  readonly value: unknown;
  readonly patch: unknown;
  readonly type: string;
  readonly problems: readonly string[];
}

function storePatched(server: ApiServer, route: Route, change: Change, options: PatchOptions): Patched | Status {
  const { wanted } = change.subject;
  const head = { apiVersion: wantedVersion(change), kind: wanted.kind };
  const value = change.type === STRATEGIC && isMap(change.value) ? { ...change.value, ...head } : change.value;
  const decoded = decodeValue(value, { ...wanted, also: alsoRead(wanted, value) }, options.validation, {
    problems: change.problems,
    body: "",
  });
  if (!("object" in decoded)) return decoded.code === 422 ? decoded : refusedPatch(change, value, decoded);
  const { object, warnings } = decoded;
  const refused = checkPlace(route, object.metadata);
  if (refused !== undefined) return { object: refused, code: 400, warnings };
  const storing = { ...options, patched: true };
  if (route.subresource === "scale") {
    const answer = setScale(server, route.resource, object, storing);
    const shown = isStatus(answer) ? answer : scaleOf(answer, route.resource);
    return { object: shown, code: 200, warnings };
  }
  return { object: storePart(server, route, object, storing), code: 200, warnings };
}

function wantedVersion({ subject: { wanted } }: Change): string {
  return joinGroupVersion(wanted.group, wanted.version);
}

/** The refusal of what a patch made, with its warnings; undefined where it was stored. */
export function refusalOf({ object, warnings }: Patched): ApiResponse | undefined {
  return object.kind === "Status" ? { ...statusResponse(object as Status), warnings } : undefined;
}

/** A patch may make another version of an object that the server still reads. */
function alsoRead({ group, kind }: Wanted, value: unknown): readonly string[] {
  const apiVersion = isMap(value) ? value["apiVersion"] : undefined;
  return typeof apiVersion === "string" && isRegistered(group, apiVersion, kind) ? [apiVersion] : [];
}

/** Stores an object, or what of it a subresource changes. */
export function storePart(
  server: ApiServer,
  { resource, subresource }: Route,
  object: KubeObject,
  { dryRun = false, patched = false }: Omit<UpdateOptions, "part">,
): KubeObject | Status {
  switch (subresource) {
    case "ephemeralcontainers":
      return storeEphemeral(server, resource, object, { dryRun, patched });
    case "status":
    case "resize":
    case "finalize":
      return updateObject(server, resource, object, { dryRun, patched, part: subresource });
    default:
      return updateObject(server, resource, object, { dryRun, patched });
  }
}

/** A patch whose result cannot be read is refused whole: what it is, or what it would have made, as Go prints it. */
function refusedPatch({ subject, patch, type }: Change, value: unknown, why: Status): Status {
  const words = reworded(why.message ?? "", type === STRATEGIC);
  const shown = type === STRATEGIC && isMap(patch) ? printGo(usedUp(patch)) : printPatched(value, subject.current);
  const issue = invalid("patch", shown, words);
  return failure(422, "Invalid", ` "" is invalid: ${issue.field}: ${issue.message}`, { causes: [issue] });
}
