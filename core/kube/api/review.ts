/** Questions that are POSTed and never kept: may I, who am I, a token. Everybody may do everything here. */
import type { Resource } from "../objects/resource.ts";
import type { ApiServer } from "./server.ts";
import { badRequest } from "./status.ts";
import type { Status } from "./types.ts";

type Review = Record<string, unknown> & { spec?: Record<string, unknown> };

/** The user of an administrator's kubeconfig as kubeadm makes it. */
const ADMIN = { username: "kubernetes-admin", groups: ["kubeadm:cluster-admins", "system:authenticated"] };
const ALL = ["*"];
const HOUR = 3_600_000;

const ANSWERS: Readonly<Record<string, (server: ApiServer, review: Review) => unknown>> = {
  SelfSubjectAccessReview: () => ({ allowed: true }),
  SubjectAccessReview: () => ({ allowed: true }),
  LocalSubjectAccessReview: () => ({ allowed: true }),
  SelfSubjectRulesReview: () => ({
    resourceRules: [{ verbs: ALL, apiGroups: ALL, resources: ALL }],
    nonResourceRules: [{ verbs: ALL, nonResourceURLs: ALL }],
    incomplete: false,
  }),
  SelfSubjectReview: () => ({ userInfo: ADMIN }),
  TokenReview: () => ({ authenticated: true, user: ADMIN }),
};

/** Whether a resource's objects are such questions. */
export function isReview({ kind }: Pick<Resource, "kind">): boolean {
  return ANSWERS[kind] !== undefined;
}

/** The question with its answer as status. */
export function answerReview(server: ApiServer, resource: Resource, body: string): object | Status {
  const review = parse(body);
  if (review === undefined) return badRequest("couldn't get version/kind; json parse error");
  return {
    kind: resource.kind,
    apiVersion: `${resource.group}/${resource.version}`,
    metadata: {},
    spec: review.spec ?? {},
    status: ANSWERS[resource.kind]?.(server, review),
  };
}

/** A token for a service account: it is good for nothing here, since nobody is asked for one. */
export function tokenRequest(
  server: ApiServer,
  body: string,
  account: { name: string; namespace: string },
): object | Status {
  const review = parse(body);
  if (review === undefined) return badRequest("couldn't get version/kind; json parse error");
  const seconds = Number(review.spec?.["expirationSeconds"] ?? 3600);
  const now = server.clock.now();
  const claims = {
    aud: review.spec?.["audiences"] ?? ["https://kubernetes.default.svc.cluster.local"],
    exp: Math.floor(now / 1000) + seconds,
    iat: Math.floor(now / 1000),
    iss: "https://kubernetes.default.svc.cluster.local",
    jti: server.random.uuid(),
    sub: `system:serviceaccount:${account.namespace}:${account.name}`,
  };
  const token = [{ alg: "RS256" }, claims].map((part) => base64url(JSON.stringify(part))).join(".");
  return {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name: account.name, namespace: account.namespace, creationTimestamp: server.now() },
    spec: { audiences: claims.aud, expirationSeconds: seconds, boundObjectRef: null },
    status: {
      token: `${token}.${base64url(server.random.text(64, "0123456789abcdef"))}`,
      expirationTimestamp: new Date(now + (seconds * HOUR) / 3600).toISOString().replace(/\.\d+Z$/, "Z"),
    },
  };
}

function base64url(text: string): string {
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function parse(body: string): Review | undefined {
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === "object" && value !== null ? value as Review : undefined;
  } catch {
    return undefined;
  }
}
