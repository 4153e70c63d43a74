/** Server-side apply: a manager says which fields it wants and how; the server keeps who said what in managedFields. */
import { parse } from "yaml";
import { jsonType } from "../objects/codec.ts";
import { required } from "../objects/issue.ts";
import { rulesOfResource } from "../objects/kinds.ts";
import { joinGroupVersion, type Resource } from "../objects/resource.ts";
import type { KubeObject } from "../objects/object.ts";
import {
  clashes,
  clashSet,
  type FieldSet,
  fieldsOf,
  mergeApplied,
  minus,
  rootPlace,
  withoutFields,
} from "../patch/field_set.ts";
import { isMap } from "../patch/json_patch.ts";
import { typedProblems } from "../patch/typed_problems.ts";
import { type YamlProblem, yamlWords } from "../yaml/problem.ts";
import { createObject } from "./create.ts";
import { decodeValue } from "./decode.ts";
import { flag } from "./list_options.ts";
import type { Patched, PatchOptions } from "./patch.ts";
import { checkPlace } from "./place.ts";
import { kindKey } from "./registry.ts";
import type { Route } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { badRequest, conflict, failure, invalidStatus } from "./status.ts";
import { type ApiRequest, isStatus, type Status } from "./types.ts";
import { updateObject } from "./update.ts";

interface Entry {
  readonly manager: string;
  readonly operation: "Apply";
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: "FieldsV1";
  readonly fieldsV1: FieldSet;
}

type Json = Record<string, unknown>;
type Metadata = KubeObject["metadata"] & { managedFields?: Entry[] };

/** Applies a configuration for a field manager. */
export function serverSideApply(
  server: ApiServer,
  route: Route,
  request: ApiRequest,
  options: PatchOptions,
): Patched | Status {
  const { resource, name = "", namespace, query } = route;
  const manager = query.get("fieldManager") ?? "";
  if (manager === "") {
    const kind = { kind: "PatchOptions", group: "meta.k8s.io" };
    return invalidStatus(kind, "", [required("fieldManager", "is required for apply patch")]);
  }
  const applied = read(request.body ?? "");
  if (typeof applied === "string") return badRequest(`error decoding YAML: ${applied}`);
  const refused = wrongType(applied, resource);
  if (refused !== undefined) return refused;
  const { name: given, namespace: within, ...rest } = (applied["metadata"] ?? {}) as Json;
  const metadata = { ...rest, name, ...(namespace === undefined ? {} : { namespace }) };
  const wanted = { ...applied, metadata };
  const live = server.store.get(kindKey(resource), name, namespace);
  const entry: Entry = {
    manager,
    operation: "Apply",
    apiVersion: joinGroupVersion(resource.group, resource.version),
    time: server.now(),
    fieldsType: "FieldsV1",
    fieldsV1: ownFields(wanted, resource),
  };
  const misplaced = () => checkPlace(route, placed(given, within));
  if (live === undefined) {
    const { resourceVersion: _none, ...fresh } = metadata as Json;
    return misplaced() ?? unknownUid(resource, metadata) ??
      write(server, { resource, isNew: true, wanted: { ...wanted, metadata: fresh }, entries: [entry] }, options);
  }
  const others = managed(live).filter((one) => one.manager !== manager);
  const forced = flag(query, "force") === true;
  const clash = (forced ? undefined : conflictWith(others, entry, wanted, live)) ?? misplaced();
  if (clash !== undefined) return clash;
  const value = merged(live, wanted, { entry, others, resource });
  const kept = others.map((one) =>
    forced
      ? { ...one, fieldsV1: minus(one.fieldsV1, clashSet(entry.fieldsV1, one.fieldsV1, { applied: wanted, live })) }
      : one
  );
  return write(server, { resource, isNew: false, wanted: value, entries: [...kept, entry] }, options);
}

/** The configuration in a body, or why there is none. */
function read(body: string): Json | string {
  try {
    const value = parse(body, { uniqueKeys: false, prettyErrors: false }) as unknown ?? {};
    if (isMap(value)) return value;
    const words = `json: cannot unmarshal ${jsonType(value)} into Go value of type map[string]interface {}`;
    return `error unmarshaling JSON: while decoding JSON: ${words}`;
  } catch (error) {
    return `error converting YAML to JSON: yaml: ${yamlWords(error as YamlProblem)}`;
  }
}

/** The refusal of a configuration that is not of the resource's type. */
function wrongType(applied: Json, resource: Resource): Status | undefined {
  const [kind, apiVersion] = [applied["kind"], applied["apiVersion"]].map((one) => typeof one === "string" ? one : "");
  const metadata = applied["metadata"] as Json | undefined;
  const named = `${apiVersion?.includes("/") ? "" : "/"}${apiVersion}, Kind=${kind}`;
  if (kind !== resource.kind || apiVersion !== joinGroupVersion(resource.group, resource.version)) {
    return badRequest(`invalid object type: ${named}`);
  }
  if (metadata?.["managedFields"] !== undefined) return badRequest("metadata.managedFields must be nil");
  const struct = rulesOfResource(resource)?.struct;
  const problems = struct === undefined ? [] : typedProblems(applied, struct);
  if (problems.length === 0) return undefined;
  const object = `${metadata?.["namespace"] ?? ""}/${metadata?.["name"] ?? ""}; ${named}`;
  const words = problems.length === 1 ? problems[0] : `errors:\n${problems.map((one) => `  ${one}`).join("\n")}`;
  return failure(500, undefined, `failed to create typed patch object (${object}): ${words}`);
}

function placed(name: unknown, namespace: unknown): { name?: string; namespace?: string } {
  return {
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof namespace === "string" ? { namespace } : {}),
  };
}

/** Who names a uid means an object that is there. */
function unknownUid(resource: Resource, { name, uid }: Json): Status | undefined {
  if (typeof uid !== "string" || uid === "") return undefined;
  const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
  return conflict(resource, name as string, why);
}

/** What a configuration sets beyond what names the object. */
function ownFields(
  { apiVersion: _version, kind: _kind, metadata, status: _status, ...rest }: Json,
  resource: Resource,
): FieldSet {
  const { name: _name, namespace: _namespace, ...meta } = metadata as Json;
  const own = Object.keys(meta).length === 0 ? rest : { metadata: meta, ...rest };
  return fieldsOf(own, rootPlace(rulesOfResource(resource)?.struct));
}

function managed({ metadata }: KubeObject): Entry[] {
  return (metadata as Metadata).managedFields ?? [];
}

function conflictWith(others: readonly Entry[], entry: Entry, wanted: Json, live: KubeObject): Status | undefined {
  const found = others.flatMap((other) =>
    clashes(entry.fieldsV1, other.fieldsV1, { applied: wanted, live }).map((field) => ({ other, field }))
  );
  const [first] = found;
  if (first === undefined) return undefined;
  const causes = found.map(({ other, field }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${JSON.stringify(other.manager)}`,
    field,
  }));
  const managers = [...new Set(found.map(({ other }) => other.manager))];
  const lists = managers.map((manager) => {
    const fields = found.filter(({ other }) => other.manager === manager).map(({ field }) => `- ${field}`);
    return `conflicts with ${JSON.stringify(manager)}:\n${fields.join("\n")}`;
  });
  const words = found.length === 1
    ? `1 conflict: conflict with ${JSON.stringify(first.other.manager)}: ${first.field}`
    : `${found.length} conflicts: ${lists.join("\n")}`;
  return failure(409, "Conflict", `Apply failed with ${words}`, { causes });
}

interface Merging {
  readonly entry: Entry;
  readonly others: readonly Entry[];
  readonly resource: Resource;
}

/** The live object without what the manager gave up and nobody else set, with what it wants put over it. */
function merged(live: KubeObject, wanted: Json, { entry, others, resource }: Merging): Json {
  const place = rootPlace(rulesOfResource(resource)?.struct);
  const before = managed(live).find(({ manager }) => manager === entry.manager)?.fieldsV1 ?? {};
  const gone = others.reduce((left, { fieldsV1 }) => minus(left, fieldsV1), minus(before, entry.fieldsV1));
  return mergeApplied(withoutFields(live, gone, place), wanted, place) as Json;
}

interface Writing {
  readonly resource: Resource;
  readonly isNew: boolean;
  readonly wanted: Json;
  readonly entries: readonly Entry[];
}

function write(
  server: ApiServer,
  { resource, isNew, wanted, entries }: Writing,
  options: PatchOptions,
): Patched | Status {
  const decoded = decodeValue(wanted, resource, options.validation);
  if (!("object" in decoded)) return decoded;
  const answer = isNew
    ? createObject(server, resource, decoded.object, options)
    : updateObject(server, resource, decoded.object, { dryRun: options.dryRun, patched: true });
  if (isStatus(answer)) return answer;
  return {
    object: keepEntries(server, answer, entries, options),
    code: isNew ? 201 : 200,
    warnings: decoded.warnings,
  };
}

/** Who said what is kept with the object; the same again is no change. */
function keepEntries(
  server: ApiServer,
  object: KubeObject,
  entries: readonly Entry[],
  { dryRun }: PatchOptions,
): KubeObject {
  const timeless = (list: readonly Entry[]) => JSON.stringify(list.map((one) => ({ ...one, time: "" })));
  if (timeless(managed(object)) === timeless(entries)) return object;
  const kept = { ...object, metadata: { ...object.metadata, managedFields: [...entries] } };
  if (dryRun) return kept as KubeObject;
  const resource = server.registry.ofKind(object.apiVersion, object.kind);
  return server.store.put(kept as KubeObject, resource === undefined ? object.kind : kindKey(resource));
}
