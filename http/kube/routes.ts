/** `/v1/labs/{id}/kube`: the Kubernetes API of a lab's cluster, for unmodified clients; `/v1/labs/{id}/kubeconfig`. */
import { Hono } from "hono";
import { type ApiRequest, type ApiResponse, decodeProtobuf } from "../../core/kube/mod.ts";
import type { KubeDoor, PodTarget } from "../../core/lab/mod.ts";
import { ApiError } from "../errors.ts";
import type { Labs } from "../labs.ts";
import type { Held } from "../pace.ts";
import { PROTOBUF, refusedBody, toResponse } from "./answer.ts";
import { PROTOCOLS } from "./channels.ts";
import { execQuery, runAttach, runExec, webSocketStreams } from "./exec.ts";
import { kubeAddress, kubeconfig } from "./kubeconfig.ts";
import { follows, followStream, logQuery } from "./log.ts";
import { forwardOverWebSocket, TUNNEL_PROTOCOL } from "./port_forward.ts";
import { upgrade } from "./upgrade.ts";
import { watchStream } from "./watch.ts";

/** One request to one cluster. */
interface Call {
  readonly door: KubeDoor;
  readonly raw: Request;
  readonly request: ApiRequest;
  /** Keeps the lab's time going; the returned function lets go. */
  hold(): () => void;
}

/** The routes. */
export function kubeRoutes({ labs, pace }: Held): Hono {
  const app = new Hono();
  app.get("/v1/labs/:id/kubeconfig", (c) => {
    const id = c.req.param("id");
    doorOf(labs, id);
    const text = kubeconfig(kubeAddress(new URL(c.req.url).origin, id), id);
    return c.text(text, 200, { "content-type": "application/yaml" });
  });
  app.all("/v1/labs/:id/kube/*", async (c) => {
    const id = c.req.param("id");
    const door = doorOf(labs, id);
    pace.touch(id);
    const request = await readRequest(c.req.raw, id);
    return await answer({ door, raw: c.req.raw, request, hold: () => pace.hold(id) });
  });
  return app;
}

function doorOf(labs: Labs, id: string): KubeDoor {
  const door = labs.get(id).kube();
  if (door === undefined) throw new ApiError(404, "not-found", `${id} has no cluster`);
  return door;
}

async function readRequest(raw: Request, id: string): Promise<ApiRequest> {
  const { pathname, search } = new URL(raw.url);
  const accept = raw.headers.get("accept");
  const contentType = raw.headers.get("content-type");
  const body = ["GET", "HEAD"].includes(raw.method) ? undefined : await readBody(raw, contentType ?? "");
  return {
    method: raw.method as ApiRequest["method"],
    path: pathname.slice(`/v1/labs/${id}/kube`.length) + search,
    ...(accept === null ? {} : { accept }),
    ...(contentType === null ? {} : { contentType }),
    ...(body === undefined || body.body === "" ? {} : body),
  };
}

/** A body as text; what typed clients send as protobuf is JSON from here on. */
async function readBody(raw: Request, contentType: string): Promise<Pick<ApiRequest, "body" | "contentType">> {
  if (!contentType.startsWith(PROTOBUF)) return { body: await raw.text() };
  const bytes = new Uint8Array(await raw.arrayBuffer());
  if (bytes.length === 0) return { body: "", contentType: "application/json" };
  const object = decodeProtobuf(bytes);
  return object === undefined ? { body: "" } : { body: JSON.stringify(object), contentType: "application/json" };
}

async function answer(call: Call): Promise<Response> {
  const { door, raw, request } = call;
  const stream = streamOf(call);
  if (stream !== undefined) return stream;
  const refused = refusedBody(request.contentType ?? "");
  return watch(call) ?? await toResponse(refused ?? door.handle(request), raw);
}

/** A watch that was opened, or its refusal; undefined where the request is none. */
function watch({ door, request, raw, hold }: Call): Response | Promise<Response> | undefined {
  let tell: Parameters<KubeDoor["api"]["watch"]>[1] = () => {};
  const watching = door.api.watch(request, (event) => tell(event));
  if (watching === undefined) return undefined;
  if (!("initial" in watching)) return watchRefusal(watching, raw);
  const body = watchStream((hears) => (tell = hears, watching), hold());
  return new Response(body, {
    headers: { "content-type": streamType(request), "cache-control": "no-cache, private" },
  });
}

/** The stream's type, as the client called it. */
function streamType({ accept = "" }: ApiRequest): string {
  return /;\s*stream=watch\b/.test(accept) ? "application/json;stream=watch" : "application/json";
}

/** A refusal in the stream is one line; any other is an answer. */
function watchRefusal(answer: ApiResponse, raw: Request): Promise<Response> {
  const [event] = Array.isArray(answer.body) ? answer.body as unknown[] : [];
  return toResponse(event === undefined ? answer : { ...answer, body: event }, raw);
}

const STREAMS = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/(exec|attach|portforward|log)$/;

/** What is answered by a stream of its own; undefined for all other requests. */
function streamOf(call: Call): Response | Promise<Response> | undefined {
  const [path = "", search = ""] = call.request.path.split(/\?(.*)/s);
  const found = STREAMS.exec(path);
  if (found === null || !["GET", "POST"].includes(call.request.method)) return undefined;
  const [, namespace = "", pod = "", what] = found.map(decodeURIComponent);
  const query = new URLSearchParams(search);
  const container = query.get("container") ?? "";
  const target = { namespace, pod, ...(container === "" ? {} : { container }) };
  if (what === "log") return call.request.method === "GET" ? log(call, target, query) : undefined;
  return upgraded(call, target, { what: what as Streaming, query });
}

type Streaming = "exec" | "attach" | "portforward";

function log({ door, hold }: Call, target: PodTarget, query: URLSearchParams): Response {
  const text = door.log(target, logQuery(query));
  if (typeof text !== "string") return Response.json(text, { status: text.code ?? 500 });
  const headers = { "content-type": "text/plain" };
  if (!follows(query)) return new Response(text, { headers });
  const timestamps = logQuery(query).timestamps ?? false;
  return new Response(followStream(door, target, { text, timestamps }, hold()), { headers });
}

/** Upgrades to a WebSocket where the client asks for one that podwire speaks. */
function upgraded(
  { door, raw, hold }: Call,
  target: PodTarget,
  { what, query }: { readonly what: Streaming; readonly query: URLSearchParams },
): Response {
  const missing = door.missing(target);
  if (missing !== undefined) return refuse(missing.code, missing.refused);
  if ((raw.headers.get("upgrade") ?? "").toLowerCase() !== "websocket") return refuse(400, "Upgrade request required");
  const offered = (raw.headers.get("sec-websocket-protocol") ?? "").split(/\s*,\s*/);
  const spoken = what === "portforward" ? [TUNNEL_PROTOCOL] : PROTOCOLS;
  const protocol = spoken.find((one) => offered.includes(one));
  if (protocol === undefined) return refuse(400, `none of the subprotocols ${offered.join(", ")} is spoken here`);
  const { socket, response } = upgrade(raw, protocol);
  socket.addEventListener("close", hold());
  if (what === "portforward") forwardOverWebSocket(door, target, socket);
  else if (what === "attach") runAttach(door, target, webSocketStreams(socket));
  else runExec(door, target, execQuery(query), webSocketStreams(socket));
  return response;
}

function refuse(code: number, message: string): Response {
  const reason = code === 404 ? "NotFound" : "BadRequest";
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
  return Response.json(status, { status: code });
}
