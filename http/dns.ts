/** `/v1/labs/{id}/dns-query`: DNS over HTTPS (RFC 8484) from a place of a lab. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { decodeBase64Url } from "@std/encoding";
import { isMalformed, parseMessage } from "../core/lab/mod.ts";
import { answerError, ApiError } from "./errors.ts";
import type { Labs } from "./labs.ts";
import * as schemas from "./schemas.ts";

const MEDIA = "application/dns-message";
/** The most octets a DNS message has. */
const MOST = 65535;

const params = z.object({ id: z.string().openapi({ param: { name: "id", in: "path" }, example: "lab-1" }) });
const place = z.string().optional().openapi({
  description: "who asks; without it the lab's first machine, or `admin` of a cluster",
  example: "pod/client",
});
const message = {
  content: { [MEDIA]: { schema: z.string().openapi({ format: "binary" }) } },
  description: "the reply",
};
const error = (description: string) => ({
  content: { "application/json": { schema: schemas.ErrorAnswer } },
  description,
});
const responses = {
  200: message,
  400: error("no DNS message"),
  404: error("no such lab"),
  415: error("another media type"),
  504: error("no name server answered"),
};
const path = "/v1/labs/{id}/dns-query";

const GET = createRoute({
  method: "get",
  path,
  request: { params, query: z.object({ place, dns: z.string().openapi({ description: "the message in base64url" }) }) },
  responses,
});
const POST = createRoute({
  method: "post",
  path,
  request: {
    params,
    query: z.object({ place }),
    body: { content: { [MEDIA]: { schema: z.string().openapi({ format: "binary" }) } } },
  },
  responses,
});

/** The routes. */
export function dnsRoutes(labs: Labs): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result, c) => (result.success ? undefined : answerError(c, result.error)),
  });
  app.openapi(GET, async (c) => {
    const { place, dns } = c.req.valid("query");
    return await reply(labs, { id: c.req.valid("param").id, place, bytes: decoded(dns) });
  });
  app.openapi(POST, async (c) => {
    if (c.req.header("content-type") !== MEDIA) {
      throw new ApiError(415, "bad-request", `the body is to be ${MEDIA}`);
    }
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const { place } = c.req.valid("query");
    return await reply(labs, { id: c.req.valid("param").id, place, bytes });
  });
  app.onError((error, c) => answerError(c, error));
  return app;
}

interface Query {
  readonly id: string;
  readonly place: string | undefined;
  readonly bytes: Uint8Array;
}

async function reply(labs: Labs, { id, place, bytes }: Query): Promise<Response> {
  if (bytes.length > MOST || isMalformed(parseMessage(bytes))) {
    throw new ApiError(400, "bad-request", "this is no DNS message");
  }
  const answer = await labs.on(id, async (lab) => {
    const gate = lab.dns(place ?? lab.firstPlace());
    const first = await gate.ask(bytes, "udp");
    // What was cut for UDP is asked again over TCP: HTTP carries it whole.
    return first !== undefined && isCut(first) ? await gate.ask(bytes, "tcp") ?? first : first;
  });
  if (answer === undefined) throw new ApiError(504, "no-answer", "no name server answered");
  return new Response(answer as Uint8Array<ArrayBuffer>, {
    headers: { "content-type": MEDIA, "cache-control": `max-age=${lowestTtl(answer)}` },
  });
}

function isCut(bytes: Uint8Array): boolean {
  return ((bytes[2] ?? 0) & 0x02) !== 0;
}

/** How long the reply may be kept: its lowest TTL (RFC 8484 5.1). */
function lowestTtl(bytes: Uint8Array): number {
  const message = parseMessage(bytes);
  if (isMalformed(message)) return 0;
  const records = message.answers.length > 0 ? message.answers : message.authorities;
  return records.length === 0 ? 0 : Math.min(...records.map(({ ttl }) => ttl));
}

function decoded(text: string): Uint8Array {
  try {
    return decodeBase64Url(text);
  } catch {
    throw new ApiError(400, "bad-request", "`dns` is no base64url");
  }
}
