/** Every error of the API as JSON, with where the text went wrong when a text was wrong. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "@hono/zod-openapi";
import { TextError } from "../core/base/mod.ts";
import { PlaceError } from "../core/lab/mod.ts";
import type { ErrorAnswer } from "./schemas.ts";

type ErrorBody = z.infer<typeof ErrorAnswer>["error"];

/** A refusal with its HTTP status. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(readonly status: ContentfulStatusCode, readonly code: ErrorBody["code"], message: string) {
    super(message);
  }
}

/** The JSON answer for an error; throws on when the error is our own bug. */
export function answerError(c: Context, error: unknown): Response {
  const [status, body] = describe(error);
  return c.json({ error: body }, status);
}

function describe(error: unknown): [ContentfulStatusCode, ErrorBody] {
  if (error instanceof ApiError) return [error.status, { code: error.code, message: error.message }];
  if (error instanceof TextError) {
    const { file, line, column, expected } = error;
    return [400, { code: "bad-text", message: error.message, file, line, column, expected }];
  }
  if (error instanceof PlaceError) return [400, { code: "bad-place", message: error.message }];
  if (error instanceof z.ZodError) {
    return [400, { code: "bad-request", message: error.issues.map(issueText).join("; ") }];
  }
  if (error instanceof SyntaxError || isMalformedBody(error)) {
    return [400, { code: "bad-request", message: "the body is not JSON" }];
  }
  throw error;
}

function issueText({ path, message }: z.core.$ZodIssue): string {
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}

function isMalformedBody(error: unknown): boolean {
  return error instanceof Error && "status" in error && error.status === 400;
}
