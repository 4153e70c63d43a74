/** Answers in the form the Accept header asks for: the object itself, a Table, or only its metadata. */
import type { KubeObject } from "../objects/object.ts";
import { joinGroupVersion } from "../objects/resource.ts";
import type { ObjectList } from "./read.ts";
import type { Route } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { tableOf } from "./table/table.ts";
import type { ApiRequest, ApiResponse } from "./types.ts";

/** What a handler found, before it is given a form. */
export interface Found {
  readonly code: number;
  readonly body: object;
  readonly warnings?: readonly string[];
}

/** Gives an answer the form a request accepts. */
export function present(server: ApiServer, route: Route, request: ApiRequest, found: Found): ApiResponse {
  const form = acceptedForm(request.accept ?? "");
  return {
    code: found.code,
    contentType: "application/json",
    body: formed(server, route, form, found.body),
    warnings: found.warnings ?? [],
  };
}

/** The forms an answer can have. */
export type Form = "object" | "table" | "metadata" | "metadataList";

/** The first form of an Accept header that the server has. */
export function acceptedForm(accept: string): Form {
  for (const type of accept.split(",")) {
    if (/;as=Table\b/.test(type)) return "table";
    if (/;as=PartialObjectMetadataList\b/.test(type)) return "metadataList";
    if (/;as=PartialObjectMetadata\b/.test(type)) return "metadata";
    if (/^\s*(application\/json|\*\/\*)\s*(;|$)/.test(type)) return "object";
  }
  return "object";
}

function formed(server: ApiServer, route: Route, form: Form, body: object): object {
  const list = "items" in body ? body as ObjectList : undefined;
  if (form === "table") {
    const head = {
      kind: route.resource.kind,
      apiVersion: joinGroupVersion(route.resource.group, route.resource.version),
    };
    const items = (list?.items ?? [body as KubeObject]).map((item) => ({ ...head, ...item }));
    const { resourceVersion, continue: more, remainingItemCount } = list?.metadata ?? (body as ObjectList).metadata;
    const metadata = {
      resourceVersion,
      ...(more === undefined ? {} : { continue: more }),
      ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
    };
    return tableOf({
      resource: route.resource,
      items,
      metadata,
      now: server.clock.now(),
      include: (route.query.get("includeObject") ?? "Metadata") as "Metadata" | "Object" | "None",
    });
  }
  if (form === "metadataList" && list !== undefined) {
    const items = list.items.map(partial);
    return { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata: list.metadata, items };
  }
  return form === "metadata" && list === undefined ? partial(body as KubeObject) : body;
}

/** Only an object's metadata. */
export function partial({ metadata }: KubeObject) {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}
