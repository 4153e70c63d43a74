/** Answers in the form the Accept header asks for: the object itself, a Table, or only its metadata; JSON or YAML. */
import type { KubeObject } from "../objects/object.ts";
import { joinGroupVersion } from "../objects/resource.ts";
import type { ObjectList } from "./read.ts";
import { internalName } from "./registered.ts";
import type { Route } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { badRequest, failure, notAcceptable, statusResponse } from "./status.ts";
import { tableOf } from "./table/table.ts";
import type { ApiRequest, ApiResponse, Status } from "./types.ts";

/** What a handler found, before it is given a form. */
export interface Found {
  readonly code: number;
  readonly body: object;
  readonly warnings?: readonly string[];
}

/** Gives an answer the form a request accepts. */
export function present(server: ApiServer, route: Route, request: ApiRequest, found: Found): ApiResponse {
  const form = acceptedForm(request.accept ?? "");
  const body = formed(server, route, form, found.body);
  const warnings = found.warnings ?? [];
  if ("refused" in body) return { ...statusResponse(body.refused), warnings };
  return { code: found.code, contentType: JSON_TYPE, body: body.shown, warnings };
}

/** The forms an answer can have. */
export type Form = "object" | "table" | "metadata" | "metadataList";

const FORMS: Readonly<Record<string, Form>> = {
  Table: "table",
  PartialObjectMetadataList: "metadataList",
  PartialObjectMetadata: "metadata",
};

const JSON_TYPE = "application/json";
const YAML_TYPE = "application/yaml";
const MEDIA = [JSON_TYPE, YAML_TYPE, "application/vnd.kubernetes.protobuf"];

/** One entry of an Accept header. */
interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function clausesOf(accept: string): Clause[] {
  return accept.split(",").map((clause) => {
    const [type = "", ...rest] = clause.split(";").map((part) => part.trim());
    const parameters = rest.map((one) => one.split("=", 2) as [string, string]);
    return { type, parameters: new Map(parameters) };
  });
}

/** The form of a clause; undefined where the server has no such form. */
function formOf({ type, parameters }: Clause): Form | undefined {
  if (![...MEDIA, "*/*"].includes(type)) return undefined;
  const as = parameters.get("as");
  if (as === undefined) return "object";
  const known = parameters.get("g") === "meta.k8s.io" && /^v1(beta1)?$/.test(parameters.get("v") ?? "");
  return known ? FORMS[as] : undefined;
}

/** The first form of an Accept header that the server has. */
export function acceptedForm(accept: string): Form {
  return clausesOf(accept).map(formOf).find((form) => form !== undefined) ?? "object";
}

/** The refusal of a request that takes no answer in any form there is. */
export function unacceptable({ accept = "" }: ApiRequest, watchable: boolean): Status | undefined {
  if (accept === "") return undefined;
  const clauses = clausesOf(accept);
  if (!clauses.some(({ type }) => [...MEDIA, "*/*"].includes(type))) {
    return noRepresentation(
      watchable ? [...MEDIA, ...[MEDIA[0], MEDIA[2]].map((one) => `${one};stream=watch`)] : MEDIA,
    );
  }
  return clauses.some((clause) => formOf(clause) !== undefined) ? undefined : onlyAccepted();
}

/** 406 of a path that has no such representation. */
export function noRepresentation(available: readonly string[]): Status {
  return failure(406, "NotAcceptable", `406: Not Acceptable\n\nAvailable representations: ${available.join(", ")}`, {});
}

/** 406 of representations that there are, but not in that form. */
export function onlyAccepted(): Status {
  return notAcceptable(`only the following media types are accepted: ${MEDIA.join(", ")}`);
}

/** The refusal of a request about the server itself that does not take one of `available`. */
export function unrepresented({ accept = "" }: ApiRequest, available: readonly string[] = MEDIA): Status | undefined {
  if (accept === "" || clausesOf(accept).some(({ type }) => [...available, "*/*"].includes(type))) return undefined;
  return noRepresentation(available);
}

/** An answer as YAML, where that is what the client would rather have. */
export function inMedia(answer: ApiResponse, { accept = "" }: ApiRequest): ApiResponse {
  const first = clausesOf(accept).find((clause) => formOf(clause) !== undefined);
  return first?.type === YAML_TYPE && answer.contentType === JSON_TYPE ? { ...answer, contentType: YAML_TYPE } : answer;
}

type Formed = { readonly shown: object } | { readonly refused: Status };

function formed(server: ApiServer, route: Route, form: Form, body: object): Formed {
  const list = "items" in body ? body as ObjectList : undefined;
  if (form === "table") return table(server, route, body, list);
  if (form === "metadataList") {
    if (list === undefined) return { refused: mismatch(route, "PartialObjectMetadataList", "not a list") };
    const items = list.items.map(partial);
    const shown = { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata: list.metadata, items };
    return { shown };
  }
  if (form !== "metadata") return { shown: body };
  if (list !== undefined) return { refused: mismatch(route, "PartialObjectMetadata", "a list") };
  return { shown: partial(body as KubeObject) };
}

function mismatch({ resource: { group, kind } }: Route, wanted: string, is: string): Status {
  const name = `*${internalName(group, kind)}${is === "a list" ? "List" : ""}`;
  return notAcceptable(`you requested ${wanted}, but the requested object is ${is} (${name})`);
}

const INCLUDES = ["Metadata", "Object", "None", ""];

function table(server: ApiServer, { resource, query }: Route, body: object, list: ObjectList | undefined): Formed {
  const include = query.get("includeObject") ?? "";
  if (!INCLUDES.includes(include)) {
    const words = `includeObject: Invalid value: ${
      JSON.stringify(include)
    }: must be 'Metadata', 'Object', 'None', or empty`;
    return { refused: badRequest(`Unable to convert to Table as requested: ${words}`) };
  }
  const head = { kind: resource.kind, apiVersion: joinGroupVersion(resource.group, resource.version) };
  const items = (list?.items ?? [body as KubeObject]).map((item) => ({ ...head, ...item }));
  const { resourceVersion, continue: more, remainingItemCount } = list?.metadata ?? (body as ObjectList).metadata;
  const metadata = {
    resourceVersion,
    ...(more === undefined ? {} : { continue: more }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
  const shown = tableOf({
    resource,
    items,
    metadata,
    now: server.clock.now(),
    include: (include || "Metadata") as "Metadata" | "Object" | "None",
  });
  return { shown };
}

/** Only an object's metadata. */
export function partial({ metadata }: KubeObject) {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}
