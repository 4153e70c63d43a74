/** Questions that are POSTed and never kept: may I, who am I, a token. Everybody may do everything here. */
import { invalid, type Issue } from "../objects/issue.ts";
import type { KubeObject } from "../objects/object.ts";
import { joinGroupVersion, type Resource } from "../objects/resource.ts";
import { decodeBody } from "./decode.ts";
import { writeOptions } from "./options.ts";
import { placeIn } from "./place.ts";
import type { Route } from "./route.ts";
import type { ApiServer } from "./server.ts";
import { badRequest, invalidStatus } from "./status.ts";
import type { ApiRequest, Status } from "./types.ts";

/** What may be asked about. */
interface Attributes {
  readonly namespace?: string;
  readonly path?: string;
  readonly verb?: string;
}

interface Review extends KubeObject {
  readonly spec?: {
    readonly resourceAttributes?: Attributes;
    readonly nonResourceAttributes?: Attributes;
    readonly user?: string;
    readonly groups?: readonly string[];
    readonly namespace?: string;
    readonly token?: string;
  };
}

/** The user of an administrator's kubeconfig as kubeadm makes it. */
const ADMIN = { username: "kubernetes-admin", groups: ["kubeadm:cluster-admins", "system:authenticated"] };
const ALL = ["*"];

/** What is answered to a kind of question, and what no such question may say. */
interface Answering {
  answer(review: Review): unknown;
  check?(review: Review): Issue[] | string | undefined;
}

const ALLOWED = { allowed: true };

const ANSWERS: Readonly<Record<string, Answering>> = {
  SelfSubjectAccessReview: { answer: () => ALLOWED, check: attributeIssues },
  SubjectAccessReview: { answer: () => ALLOWED, check: subjectIssues },
  LocalSubjectAccessReview: { answer: () => ALLOWED, check: localIssues },
  SelfSubjectRulesReview: {
    answer: () => ({
      resourceRules: [{ verbs: ALL, apiGroups: ALL, resources: ALL }],
      nonResourceRules: [{ verbs: ALL, nonResourceURLs: ALL }],
      incomplete: false,
    }),
    check: ({ spec }) => spec?.namespace ? undefined : "no namespace on request",
  },
  SelfSubjectReview: { answer: () => ({ userInfo: ADMIN }) },
  TokenReview: {
    answer: () => ({ authenticated: true, user: ADMIN }),
    check: ({ spec }) => spec?.token ? undefined : "token is required for TokenReview in authentication",
  },
};

/** Whether a resource's objects are such questions. */
export function isReview({ kind }: Pick<Resource, "kind">): boolean {
  return ANSWERS[kind] !== undefined;
}

/** An answer, and what to warn of in the question. */
export interface Reviewed {
  readonly body: object;
  readonly warnings: readonly string[];
}

/** The question with its answer as status. */
export function answerReview(server: ApiServer, route: Route, { body = "" }: ApiRequest): Reviewed | Status {
  const { resource } = route;
  const options = writeOptions(route, "CreateOptions");
  if ("kind" in options) return options;
  const decoded = decodeBody(body, resource, options.validation);
  if ("kind" in decoded) return decoded;
  const review = decoded.object as Review;
  const misplaced = placeIn(route, review.metadata);
  if (misplaced !== undefined) return misplaced;
  const { answer, check } = ANSWERS[resource.kind] as Answering;
  const problem = check?.(review);
  if (typeof problem === "string") return badRequest(problem);
  const issues = [...problem ?? [], ...metaIssues(review)];
  if (issues.length > 0) return invalidStatus({ kind: "", group: resource.group }, "", issues);
  const { metadata, spec } = review;
  const answered = {
    kind: resource.kind,
    apiVersion: joinGroupVersion(resource.group, resource.version),
    metadata: resource.kind === "SelfSubjectReview" ? { creationTimestamp: server.now() } : metadata,
    ...(spec === undefined ? {} : { spec: resource.kind === "SelfSubjectRulesReview" ? {} : spec }),
    status: answer(review),
  };
  return { body: answered, warnings: decoded.warnings };
}

/** Questions have no names. */
function metaIssues({ metadata, kind }: Review): Issue[] {
  const { namespace: _place, ...rest } = metadata;
  const named = Object.keys(rest).length > 0 && kind.endsWith("AccessReview");
  return named ? [invalid("metadata", rest, "must be empty")] : [];
}

function attributeIssues({ spec }: Review): Issue[] {
  const { resourceAttributes, nonResourceAttributes: other } = spec ?? {};
  if (resourceAttributes !== undefined && other !== undefined) {
    const shown = { Path: other.path ?? "", Verb: other.verb ?? "" };
    return [invalid("spec.nonResourceAttributes", shown, "cannot be specified in combination with resourceAttributes")];
  }
  if (resourceAttributes !== undefined || other !== undefined) return [];
  const words = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
  return [invalid("spec.resourceAttributes", null, words)];
}

function subjectIssues(review: Review): Issue[] {
  const { user = "", groups = [] } = review.spec ?? {};
  const nobody = user === "" && groups.length === 0;
  return [
    ...attributeIssues(review),
    ...(nobody ? [invalid("spec.user", "", "at least one of user or group must be specified")] : []),
  ];
}

function localIssues(review: Review): Issue[] {
  const { namespace = "" } = review.spec?.resourceAttributes ?? {};
  const field = "spec.resourceAttributes.namespace";
  const matches = namespace === (review.metadata.namespace ?? "");
  return [...subjectIssues(review), ...(matches ? [] : [invalid(field, namespace, "must match metadata.namespace")])];
}
