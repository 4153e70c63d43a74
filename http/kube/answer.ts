/** Answers of the handlers as HTTP: status, headers, body. */
import { type ApiResponse, JsonText, printYaml } from "../../core/kube/mod.ts";

/** The media type of typed clients' bodies. */
export const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** The response; JSON as the server writes it, text as it is. */
export async function toResponse(answer: ApiResponse, request: Request): Promise<Response> {
  const text = answer.body instanceof Uint8Array ? answer.body as Uint8Array<ArrayBuffer> : textOf(answer);
  const headers = new Headers({ "content-type": answer.contentType, "cache-control": "no-cache, private" });
  for (const warning of answer.warnings) headers.append("warning", `299 - ${JSON.stringify(warning)}`);
  if (answer.etag !== true || typeof text !== "string") return new Response(text, { status: answer.code, headers });
  const etag = `"${await sha512(text)}"`;
  headers.set("etag", etag);
  headers.set("vary", "Accept");
  const same = request.headers.get("if-none-match") === etag;
  return new Response(same ? null : text, { status: same ? 304 : answer.code, headers });
}

function textOf({ body, indent, contentType }: ApiResponse): string {
  if (typeof body === "string") return body;
  if (contentType === "application/yaml") return printYaml(body);
  if (body instanceof JsonText) return body.text;
  return indent === undefined ? `${JSON.stringify(body)}\n` : JSON.stringify(body, null, indent);
}

/** The refusal of a body that is not read here. */
export function refusedBody(contentType: string): ApiResponse | undefined {
  if (!contentType.startsWith(PROTOBUF)) return undefined;
  const message = `the body of the request was in an unknown format - accepted media types include: ` +
    `application/json, application/yaml`;
  return {
    code: 415,
    contentType: "application/json",
    warnings: [],
    body: {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      reason: "UnsupportedMediaType",
      code: 415,
    },
  };
}

async function sha512(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-512", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();
}
