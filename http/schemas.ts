/** Every body of the API once: validation of requests, `/openapi.json` and the types come from the same schemas. */
import { z } from "@hono/zod-openapi";

/** A text with the name its errors are reported under. */
export const File = z.object({
  name: z.string().min(1).max(200).openapi({ example: "shop.yaml" }),
  text: z.string().openapi({ example: "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n" }),
}).strict().openapi("File");

/** Body of `POST /v1/labs`. */
export const LabRequest = z.object({
  files: z.array(z.union([File, z.string()])).max(200).default([]).openapi({
    description: "Manifests and at most one Lab, as texts or with names",
  }),
  nodes: z.number().int().min(0).max(1000).optional(),
  network: z.enum(["flannel", "calico", "bridge"]).optional(),
  proxy: z.enum(["iptables", "none"]).optional(),
  seed: z.number().int().min(0).max(0xffff_ffff).optional(),
}).strict().openapi("LabRequest");

/** Body of `POST /v1/labs/{id}/exec`. */
export const ExecRequest = z.object({
  place: z.string().min(1).openapi({ example: "deploy/frontend" }),
  command: z.string().min(1).openapi({ example: "nslookup cartservice" }),
}).strict().openapi("ExecRequest");

/** Body of `POST /v1/labs/{id}/why`. */
export const WhyRequest = z.object({
  from: z.string().min(1).openapi({ example: "deploy/frontend" }),
  to: z.string().min(1).openapi({ example: "svc/cartservice:7070" }),
  proto: z.enum(["tcp", "udp", "icmp", "sctp"]).default("tcp"),
}).strict().openapi("WhyRequest");

/** Body of `POST /v1/labs/{id}/matrix`. */
export const MatrixRequest = z.object({ port: z.number().int().min(1).max(65535).optional() }).strict().openapi(
  "MatrixRequest",
);

/** Body of `POST /v1/labs/{id}/apply`. */
export const ApplyRequest = z.object({ files: z.array(z.union([File, z.string()])).min(1).max(200) }).strict().openapi(
  "ApplyRequest",
);

/** Query of `GET /v1/labs/{id}/capture.pcapng`. */
export const CaptureQuery = z.object({
  place: z.string().min(1).openapi({ example: "node/node-1", description: "whose devices are watched" }),
  device: z.string().optional().openapi({ example: "cni0", description: "one of them; all without it" }),
  from: z.string().optional().openapi({
    example: "pod/client",
    description: "where the command is typed; the place itself without it",
  }),
  command: z.string().optional().openapi({ example: "curl -s http://web", description: "what is run while watching" }),
  seconds: z.coerce.number().min(0).max(86_400).default(0).openapi({ description: "virtual seconds to watch on" }),
}).openapi("CaptureQuery");

const Row = z.record(z.string(), z.unknown());

/** Answer of `POST` and `GET` of a lab. */
export const LabAnswer = z.object({
  id: z.string(),
  seed: z.number(),
  network: z.string(),
  proxy: z.string(),
  ready: z.number().openapi({ description: "virtual seconds until everything was ready" }),
  nodes: z.array(Row),
  pods: z.array(Row),
  services: z.array(Row),
  machines: z.array(Row),
  warnings: z.array(z.string()),
}).openapi("Lab");

/** Answer of `exec`. */
export const ExecAnswer = z.object({ stdout: z.string(), stderr: z.string(), exit: z.number().int() }).openapi("Exec");

const Step = z.object({ place: z.string(), layer: z.string(), action: z.string(), detail: z.string() }).openapi("Step");
const Verdict = z.enum(["delivered", "refused", "dropped", "unreachable", "timeout"]);
const Steps = z.object({ steps: z.array(Step) });
const DecidedBy = z.object({
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  rule: z.string(),
  because: z.string().optional(),
  also: z.array(z.string()).optional(),
});

/** Answer of `why`. */
export const WhyAnswer = z.object({
  from: z.string(),
  to: z.string(),
  protocol: z.string(),
  verdict: Verdict,
  backend: z.string().nullable(),
  receivedBy: z.string().nullable(),
  sees: z.object({ src: z.string(), dst: z.string() }).nullable(),
  decidedBy: DecidedBy.nullable(),
  forward: Steps,
  reply: Steps,
}).openapi("Why");

/** Answer of `matrix`. */
export const MatrixAnswer = z.array(
  z.object({
    from: z.string(),
    to: z.string(),
    port: z.number(),
    proto: z.string(),
    verdict: Verdict,
    decidedBy: DecidedBy.optional(),
  }),
).openapi("Matrix");

/** Answer of `apply`. */
export const ApplyAnswer = z.object({ applied: z.array(z.object({ object: z.string(), change: z.string() })) }).openapi(
  "Applied",
);

/** Every error. `file`, `line`, `column`, `expected` are there when a text was wrong. */
export const ErrorAnswer = z.object({
  error: z.object({
    code: z.enum(["bad-request", "bad-text", "bad-place", "not-found", "too-large", "too-many", "no-answer"]),
    message: z.string(),
    file: z.string().optional(),
    line: z.number().optional(),
    column: z.number().optional(),
    expected: z.string().optional(),
  }),
}).openapi("Error");
