/** The whole server as one fetch handler: the same in Deno, in workerd and in a test. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import type { LabHost } from "../core/lab/mod.ts";
import { dnsRoutes } from "./dns.ts";
import { answerError, ApiError } from "./errors.ts";
import { kubeRoutes } from "./kube/routes.ts";
import { labRoutes } from "./lab.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { type Held, holdLabs } from "./pace.ts";

const INFO = {
  title: "podwire",
  version: "0.1.0",
  description: "A Kubernetes cluster's network that answers any packet and says why",
};

/** The API over a host that can open labs. */
export function createApp(host: LabHost, limits: Limits = DEFAULT_LIMITS, held: Held = holdLabs()): OpenAPIHono {
  const app = new OpenAPIHono();
  app.use(bodyLimit({
    maxSize: limits.body,
    onError: (c) => answerError(c, new ApiError(413, "too-large", `the body is over ${limits.body} bytes`)),
  }));
  app.route("/", labRoutes(host, held.labs, limits));
  app.route("/", dnsRoutes(held.labs));
  app.route("/", kubeRoutes(held));
  app.doc31("/openapi.json", { openapi: "3.1.0", info: INFO });
  app.notFound((c) => answerError(c, new ApiError(404, "not-found", `nothing at ${c.req.method} ${c.req.path}`)));
  app.onError((error, c) => answerError(c, error));
  return app;
}
