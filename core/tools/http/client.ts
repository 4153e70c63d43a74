/** One request and its response over a connection that stands. */
import { isFailure, joinBytes } from "../../base/mod.ts";
import type { Stream } from "../../linux/mod.ts";
import {
  header,
  type HttpRequest,
  type HttpResponse,
  parseResponseHead,
  printRequestHead,
  type ResponseHead,
} from "./message.ts";
import { type Broken, HttpReader } from "./reader.ts";

/** What came back: a response (`broken` where its body ended early), or why there was none. */
export type Exchanged = { readonly response: HttpResponse; readonly broken?: Broken } | { readonly broken: Broken };

/** Sends a request and reads its response; 1xx answers are passed over. */
export async function exchange(
  stream: Stream,
  reader: HttpReader,
  request: HttpRequest,
  deadline: number,
): Promise<Exchanged> {
  const sent = await stream.write(joinBytes([new TextEncoder().encode(printRequestHead(request)), request.body]));
  if (isFailure(sent)) return { broken: sent };
  const head = await responseHead(reader, deadline);
  if (!isHead(head)) return { broken: head };
  const none = request.method === "HEAD" || head.status === 204 || head.status === 304;
  const body = await reader.body(head.headers, none ? "none" : "response", deadline);
  const response = { ...head, body: body.bytes };
  return body.broken === undefined ? { response } : { response, broken: body.broken };
}

function isHead(value: ResponseHead | Broken): value is ResponseHead {
  return typeof value === "object" && "status" in value;
}

async function responseHead(reader: HttpReader, deadline: number): Promise<ResponseHead | Broken> {
  for (;;) {
    const got = await reader.head(deadline);
    if (typeof got !== "object" || !("head" in got)) return got;
    const head = parseResponseHead(got.head);
    if (head === undefined) return "malformed";
    if (head.status >= 200) return head;
  }
}

/** Whether the connection can carry another request after this response. */
export function staysOpen(response: ResponseHead): boolean {
  const said = (header(response.headers, "Connection") ?? "").toLowerCase();
  if (said === "close") return false;
  if (response.version !== "HTTP/1.1") return said === "keep-alive";
  const sized = header(response.headers, "Content-Length") ?? header(response.headers, "Transfer-Encoding");
  return sized !== undefined || response.status === 204 || response.status === 304;
}
