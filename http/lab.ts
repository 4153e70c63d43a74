/** `/v1/labs`: labs by id over HTTP. A lab answers one request at a time, in the order they came: its world is one timeline. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { Lab, type LabHost, type LabOptions } from "../core/lab/mod.ts";
import { answerError, ApiError } from "./errors.ts";
import type { Labs } from "./labs.ts";
import type { Limits } from "./limits.ts";
import * as schemas from "./schemas.ts";

const json = <T extends z.ZodType>(schema: T, description: string) => ({
  content: { "application/json": { schema } },
  description,
});
const body = <T extends z.ZodType>(schema: T) => ({ content: { "application/json": { schema } }, required: true });
const id = z.object({ id: z.string().openapi({ param: { name: "id", in: "path" }, example: "lab-1" }) });
const errors = {
  400: json(schemas.ErrorAnswer, "bad input"),
  404: json(schemas.ErrorAnswer, "no such lab"),
  413: json(schemas.ErrorAnswer, "too large"),
};

const ROUTES = {
  create: createRoute({
    method: "post",
    path: "/v1/labs",
    request: { body: body(schemas.LabRequest) },
    responses: {
      201: json(schemas.LabAnswer, "the lab, booted"),
      ...errors,
      429: json(schemas.ErrorAnswer, "too many labs"),
    },
  }),
  get: createRoute({
    method: "get",
    path: "/v1/labs/{id}",
    request: { params: id },
    responses: { 200: json(schemas.LabAnswer, "the lab as it is now"), ...errors },
  }),
  remove: createRoute({
    method: "delete",
    path: "/v1/labs/{id}",
    request: { params: id },
    responses: { 204: { description: "gone" }, ...errors },
  }),
  exec: createRoute({
    method: "post",
    path: "/v1/labs/{id}/exec",
    request: { params: id, body: body(schemas.ExecRequest) },
    responses: { 200: json(schemas.ExecAnswer, "what the command printed, and its exit status"), ...errors },
  }),
  why: createRoute({
    method: "post",
    path: "/v1/labs/{id}/why",
    request: { params: id, body: body(schemas.WhyRequest) },
    responses: { 200: json(schemas.WhyAnswer, "the verdict both ways and every step that made it"), ...errors },
  }),
  matrix: createRoute({
    method: "post",
    path: "/v1/labs/{id}/matrix",
    request: { params: id, body: body(schemas.MatrixRequest) },
    responses: { 200: json(schemas.MatrixAnswer, "who reaches whom"), ...errors },
  }),
  log: createRoute({
    method: "get",
    path: "/v1/labs/{id}/log",
    request: { params: id },
    responses: {
      200: {
        content: { "text/plain": { schema: z.string() } },
        description: "everything that happened so far, a line each",
      },
      ...errors,
    },
  }),
  events: createRoute({
    method: "get",
    path: "/v1/labs/{id}/events",
    request: { params: id },
    responses: {
      200: {
        content: { "text/event-stream": { schema: z.string() } },
        description:
          "what happened so far and what happens from now on; an event's id is its number, its data {time, text}",
      },
      ...errors,
    },
  }),
  capture: createRoute({
    method: "get",
    path: "/v1/labs/{id}/capture.pcapng",
    request: { params: id, query: schemas.CaptureQuery },
    responses: {
      200: {
        content: { "application/x-pcapng": { schema: z.string().openapi({ format: "binary" }) } },
        description: "what crossed the devices meanwhile",
      },
      ...errors,
    },
  }),
  apply: createRoute({
    method: "post",
    path: "/v1/labs/{id}/apply",
    request: { params: id, body: body(schemas.ApplyRequest) },
    responses: { 200: json(schemas.ApplyAnswer, "what changed"), ...errors },
  }),
} as const;

/** The routes to the labs that one server holds. */
export function labRoutes(host: LabHost, labs: Labs, limits: Limits): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result, c) => result.success ? undefined : answerError(c, result.error),
  });
  const on = <T>(id: string, work: (lab: Lab) => Promise<T> | T): Promise<T> => labs.on(id, work);

  app.openapi(ROUTES.create, async (c) => {
    const name = await labs.open(() => Lab.open(checked(c.req.valid("json"), limits), host), limits.labs);
    return c.json(show(name, labs.get(name)), 201, { location: `/v1/labs/${name}` });
  });
  app.openapi(ROUTES.get, async (c) => {
    const name = c.req.valid("param").id;
    return c.json(await on(name, (lab) => show(name, lab)), 200);
  });
  app.openapi(ROUTES.remove, async (c) => {
    await labs.remove(c.req.valid("param").id);
    return c.body(null, 204);
  });
  app.openapi(ROUTES.exec, async (c) => {
    const { place, command } = c.req.valid("json");
    const answer = await on(c.req.valid("param").id, (lab) => lab.exec(place, command));
    if (answer.stdout.length + answer.stderr.length > limits.output) {
      throw new ApiError(413, "too-large", `more than ${limits.output} bytes of output`);
    }
    return c.json(answer, 200);
  });
  app.openapi(ROUTES.why, async (c) => {
    const { from, to, proto } = c.req.valid("json");
    return c.json(mutable(await on(c.req.valid("param").id, (lab) => lab.why(from, to, { proto }))), 200);
  });
  app.openapi(ROUTES.matrix, async (c) => {
    const { port } = c.req.valid("json");
    return c.json(
      mutable(await on(c.req.valid("param").id, (lab) => lab.matrix(port === undefined ? {} : { port }))),
      200,
    );
  });
  app.openapi(ROUTES.apply, async (c) => {
    const files = c.req.valid("json").files.map(named);
    return c.json({ applied: mutable(await on(c.req.valid("param").id, (lab) => lab.apply(files))) }, 200);
  });
  app.openapi(ROUTES.log, async (c) => c.text(await on(c.req.valid("param").id, (lab) => lab.log()), 200));
  app.openapi(ROUTES.capture, async (c) => {
    const query = c.req.valid("query");
    const bytes = await on(c.req.valid("param").id, (lab) => captureWhile(lab, query));
    return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { "content-type": "application/x-pcapng" });
  });
  app.openapi(ROUTES.events, async (c) => {
    const lab = await on(c.req.valid("param").id, (lab) => lab);
    const seen = Number(c.req.header("last-event-id") ?? -1) + 1;
    return streamSSE(c, (stream) => sendEvents(stream, lab, seen));
  });
  app.onError((error: Error, c: Context) => answerError(c, error));
  return app;
}

/** Watches a place while a command runs and time passes. */
async function captureWhile(lab: Lab, query: z.infer<typeof schemas.CaptureQuery>): Promise<Uint8Array> {
  const { place, device, from, command, seconds } = query;
  const capture = lab.capture(place, device);
  let bytes: Uint8Array;
  try {
    if (command !== undefined) await lab.exec(from ?? place, command);
    if (seconds > 0) await lab.advance(seconds);
  } finally {
    bytes = capture.stop();
  }
  return bytes;
}

/** Sends a lab's events from number `first` on, until the client leaves. */
async function sendEvents(stream: SSEStreamingApi, lab: Lab, first: number): Promise<void> {
  let wake = () => {};
  const stop = lab.listen(() => wake());
  stream.onAbort(() => wake());
  for (let next = first; !stream.aborted;) {
    const event = lab.events[next];
    if (event === undefined) await new Promise<void>((woken) => wake = woken);
    else await stream.writeSSE({ id: String(next++), data: JSON.stringify(event) });
  }
  stop();
}

function show(id: string, lab: Lab): z.infer<typeof schemas.LabAnswer> {
  return { id, ...mutable(lab.overview()) } as unknown as z.infer<typeof schemas.LabAnswer>;
}

/** The same value without `readonly`: what Hono's types ask for. */
function mutable<T>(value: T): Mutable<T> {
  return value as Mutable<T>;
}

type Mutable<T> = T extends readonly (infer E)[] ? Mutable<E>[]
  : T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> }
  : T;

function named(file: string | { name: string; text: string }, index: number): { name: string; text: string } {
  return typeof file === "string" ? { name: `files[${index}]`, text: file } : file;
}

function checked(request: z.infer<typeof schemas.LabRequest>, limits: Limits): LabOptions {
  const options = { ...request, files: request.files.map(named) };
  const { nodes, pods } = Lab.size(options);
  if (nodes > limits.nodes) throw new ApiError(413, "too-large", `${nodes} nodes, at most ${limits.nodes} here`);
  if (pods > limits.pods) throw new ApiError(413, "too-large", `${pods} pods, at most ${limits.pods} here`);
  return options;
}
