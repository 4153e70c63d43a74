import type { Draft, KubeObject } from "../objects/object.ts";

/** One request to the API server, as on the wire: `path` with its query, `body` as text. Header names are fields. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS";
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
}

/** The answer: a JSON value, or text where the server answers text. */
export interface ApiResponse {
  readonly code: number;
  readonly contentType: string;
  readonly body: unknown;
  readonly warnings: readonly string[];
  /** By how many blanks the server indents this JSON, which then ends without a line feed; left out: not at all. */
  readonly indent?: number;
  /** Clients may keep this answer, and ask whether it is still the same: discovery, OpenAPI. */
  readonly etag?: true;
}

/** One thing wrong with an object; a Status lists them as causes. */
export interface Cause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

/** The server's refusal (`kind: Status`, `status: Failure`), with its words. */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Record<string, unknown>;
  readonly status: "Failure" | "Success";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/** What a Status is about. */
export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** Whether the server refused. */
export function isStatus(answer: KubeObject | Status | Draft): answer is Status {
  return answer.kind === "Status";
}
