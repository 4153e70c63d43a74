import { type Issue, printIssues } from "../objects/issue.ts";
import { kindName, type Resource, resourceName } from "../objects/resource.ts";
import type { ApiResponse, Status, StatusDetails } from "./types.ts";

/** The server's refusals, with its words, reasons and codes. */
export function failure(
  code: number,
  reason: string | undefined,
  message: string,
  details?: StatusDetails,
): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

type Named = Pick<Resource, "plural" | "group">;

function detailsOf(resource: Named, name: string): StatusDetails {
  return {
    ...(name === "" ? {} : { name }),
    ...(resource.group === "" ? {} : { group: resource.group }),
    kind: resource.plural,
  };
}

/** 404: `services "nope" not found`. */
export function notFound(resource: Named, name: string): Status {
  return failure(
    404,
    "NotFound",
    `${resourceName(resource as Resource)} "${name}" not found`,
    detailsOf(resource, name),
  );
}

/** 404 of a path the server does not know. */
export function noResource(): Status {
  return failure(404, "NotFound", "the server could not find the requested resource", {});
}

/** 409: `services "s" already exists`. */
export function alreadyExists(resource: Named, name: string, terminating: boolean): Status {
  const words = `${resourceName(resource as Resource)} "${name}" already exists`;
  const message = terminating ? `object is being deleted: ${words}` : words;
  return failure(409, "AlreadyExists", message, detailsOf(resource, name));
}

/** 409: somebody changed it in between, or a precondition does not hold. */
export function conflict(resource: Named, name: string, why: string): Status {
  const message = `Operation cannot be fulfilled on ${resourceName(resource as Resource)} "${name}": ${why}`;
  return failure(409, "Conflict", message, detailsOf(resource, name));
}

/** What was asked to be, what it should be, and what it is. */
export type Told = readonly [what: "UID" | "ResourceVersion", wanted: string, found: string];

/** Why an object that is not as a client wants it stays as it is. */
export function preconditionWords([what, wanted, found]: Told): string {
  return `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`;
}

/** The reason of a conflict of resourceVersions. */
export const MODIFIED = "the object has been modified; please apply your changes to the latest version and try again";

/** 403: `namespaces "default" is forbidden: WHY`. */
export function forbiddenStatus(resource: Named, name: string, why: string): Status {
  const message = `${resourceName(resource as Resource)} "${name}" is forbidden: ${why}`;
  return failure(403, "Forbidden", message, detailsOf(resource, name));
}

/** 422: `Service "s" is invalid: ...`, each issue a cause. */
export function invalidStatus(kind: { kind: string; group: string }, name: string, issues: readonly Issue[]): Status {
  return failure(422, "Invalid", `${kindName(kind)} "${name}" is invalid: ${printIssues(issues)}`, {
    ...(name === "" ? {} : { name }),
    ...(kind.group === "" ? {} : { group: kind.group }),
    ...(kind.kind === "" ? {} : { kind: kind.kind }),
    causes: issues.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

/** 400. */
export function badRequest(message: string): Status {
  return failure(400, "BadRequest", message);
}

/** 500 with the server's reason. */
export function internalError(message: string): Status {
  return failure(500, "InternalError", `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

/** 405. */
export function methodNotAllowed(): Status {
  const words = "the server does not allow this method on the requested resource";
  return failure(405, "MethodNotAllowed", words, {});
}

/** 415 of a patch of a type that the resource does not take. */
export function unsupportedMediaType({ schema }: Pick<Resource, "schema">): Status {
  if (schema === undefined) return failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
  const types = ["json-patch+json", "merge-patch+json", "apply-patch+yaml"].map((type) => `application/${type}`);
  return unknownFormat(types);
}

/** 415 with the body types that would have been read. */
export function unknownFormat(types: readonly string[]): Status {
  const words = "the body of the request was in an unknown format - accepted media types include";
  return failure(415, "UnsupportedMediaType", `${words}: ${types.join(", ")}`);
}

/** 413. */
export function requestTooLarge(why: string): Status {
  return failure(413, "RequestEntityTooLarge", `Request entity too large: ${why}`);
}

/** 406 of an answer that is there, but in no form that the client takes. */
export function notAcceptable(why: string): Status {
  return failure(406, "NotAcceptable", why);
}

/** A Status as an answer. */
export function statusResponse(status: Status): ApiResponse {
  return { code: status.code ?? 200, contentType: "application/json", body: status, warnings: [] };
}
