/** `serviceaccounts/NAME/token`: tokens, which are good for nothing here, since nobody is asked for one. */
import { invalid } from "../objects/issue.ts";
import type { KubeObject } from "../objects/object.ts";
import { decodeBody } from "./decode.ts";
import { writeOptions } from "./options.ts";
import { placeIn } from "./place.ts";
import type { Reviewed } from "./review.ts";
import type { Route } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { badRequest, invalidStatus, notFound } from "./status.ts";
import type { ApiRequest, Status } from "./types.ts";

const TOKEN = { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" };
const SHORTEST = 600;
const LONGEST = 2 ** 32;

interface TokenRequest extends KubeObject {
  readonly spec: {
    readonly audiences: readonly string[] | null;
    readonly expirationSeconds?: number;
    readonly boundObjectRef?: { readonly kind?: string; readonly apiVersion?: string; readonly name?: string };
  };
}

/** A token for a service account. */
export function tokenRequest(
  server: ApiServer,
  route: Route,
  { body = "" }: ApiRequest,
  account: KubeObject,
): Reviewed | Status {
  const options = writeOptions(route, "CreateOptions");
  if ("kind" in options) return options;
  const decoded = decodeBody(body, TOKEN, options.validation);
  if ("kind" in decoded) return decoded;
  const request = decoded.object as TokenRequest;
  const refused = placeIn(route, request.metadata) ?? tokenProblem(server, request, account);
  return refused ?? { body: issued(server, request, account), warnings: decoded.warnings };
}

function tokenProblem(server: ApiServer, request: TokenRequest, { metadata }: KubeObject): Status | undefined {
  const { expirationSeconds = 3600, boundObjectRef } = request.spec;
  const { name = "" } = request.metadata;
  if (name !== "" && name !== metadata.name) {
    const issue = invalid("metadata.name", name, "must match the service account name if specified");
    return invalidStatus(TOKEN, metadata.name, [issue]);
  }
  const field = "spec.expirationSeconds";
  const words = expirationSeconds < SHORTEST
    ? "may not specify a duration less than 10 minutes"
    : expirationSeconds > LONGEST
    ? "may not specify a duration larger than 2^32 seconds"
    : undefined;
  if (words !== undefined) return invalidStatus(TOKEN, "", [invalid(field, expirationSeconds, words)]);
  return boundObjectRef === undefined ? undefined : boundProblem(server, boundObjectRef, metadata.namespace);
}

/** What a token can be bound to. */
const BINDABLE: Readonly<Record<string, string>> = { Pod: "pods", Secret: "secrets", Node: "nodes" };

function boundProblem(
  { store }: ApiServer,
  { kind = "", apiVersion = "", name = "" }: NonNullable<TokenRequest["spec"]["boundObjectRef"]>,
  namespace: string | undefined,
): Status | undefined {
  const plural = BINDABLE[kind];
  if (plural === undefined || apiVersion !== "v1") {
    const named = `${apiVersion.includes("/") ? "" : "/"}${apiVersion}, Kind=${kind}`;
    return badRequest(`cannot bind token to object of type ${named}`);
  }
  const found = store.get(kind, name, kind === "Node" ? undefined : namespace);
  return found === undefined ? notFound({ plural, group: "" }, name) : undefined;
}

function issued(server: ApiServer, { spec }: TokenRequest, { metadata }: KubeObject): object {
  const { expirationSeconds = 3600, boundObjectRef = null } = spec;
  const { name, namespace, uid } = metadata;
  const now = server.clock.now();
  const audiences = (spec.audiences ?? []).length > 0
    ? spec.audiences
    : ["https://kubernetes.default.svc.cluster.local"];
  const claims = {
    aud: audiences,
    exp: Math.floor(now / 1000) + expirationSeconds,
    iat: Math.floor(now / 1000),
    iss: "https://kubernetes.default.svc.cluster.local",
    jti: server.random.uuid(),
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
  const token = [{ alg: "RS256" }, claims].map((part) => base64url(JSON.stringify(part))).join(".");
  return {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name, namespace, uid, creationTimestamp: server.now() },
    spec: { audiences, expirationSeconds, boundObjectRef },
    status: {
      token: `${token}.${base64url(server.random.text(64, "0123456789abcdef"))}`,
      expirationTimestamp: new Date(now + expirationSeconds * 1000).toISOString().replace(/\.\d+Z$/, "Z"),
    },
  };
}

function base64url(text: string): string {
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
