/** How a client wants something written (its query) or deleted (a body, else its query), refused in the server's words. */
import { DecodeError, decodeStruct } from "../objects/codec.ts";
import { forbidden, invalid, type Issue, tooLong, unsupported } from "../objects/issue.ts";
import { SCHEMAS } from "../objects/kinds.ts";
import type { DeleteOptions } from "./api.ts";
import { type FieldValidation, parseObject } from "./decode.ts";
import { flag } from "./list_options.ts";
import type { Route } from "./route.ts";
import { badRequest, invalidStatus } from "./status.ts";
import { type ApiRequest, isStatus, type Status } from "./types.ts";

/** What the query of a writing request asks for. */
export interface WriteOptions {
  readonly validation: FieldValidation;
  readonly dryRun: boolean;
}

const VALIDATIONS = ["", "Ignore", "Strict", "Warn"];

const LONGEST_MANAGER = 128;

/** What the query of a patch asks for; only what is applied can be forced. */
export function patchOptions(route: Route, { contentType = "" }: ApiRequest): WriteOptions | Status {
  return writeOptions(route, "PatchOptions", contentType.startsWith("application/apply-patch"));
}

/** What the query of a request asks for whose options are of `kind`. */
export function writeOptions({ query }: Route, kind: string, isApply = false): WriteOptions | Status {
  const validation = query.get("fieldValidation") ?? "";
  const dryRun = query.getAll("dryRun");
  const issues = [
    ...(query.has("force") && kind === "PatchOptions" && !isApply
      ? [forbidden("force", "may not be specified for non-apply patch")]
      : []),
    ...managerIssues(query.get("fieldManager") ?? ""),
    ...dryRunIssues(dryRun),
    ...(VALIDATIONS.includes(validation) ? [] : [unsupported("fieldValidation", validation, VALIDATIONS)]),
  ];
  if (issues.length > 0) return invalidStatus({ kind, group: "meta.k8s.io" }, "", issues);
  return { validation: (validation || "Warn") as FieldValidation, dryRun: dryRun.length > 0 };
}

/** What a field manager may not be called. */
function managerIssues(manager: string): Issue[] {
  if (manager.length > LONGEST_MANAGER) return [tooLong("fieldManager", LONGEST_MANAGER)];
  const at = [...manager].findIndex((one) => /\p{C}/u.test(one));
  if (at < 0) return [];
  const code = [...manager][at]?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
  return [invalid("fieldManager", manager, `invalid character U+${code} (at position ${at})`)];
}

/** The fields as a body or a query gives them. */
interface Given {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly orphanDependents?: boolean;
  readonly dryRun?: readonly string[];
  readonly preconditions?: DeleteOptions["preconditions"];
}

const STRUCT = SCHEMAS.meta.struct("DeleteOptions");
const POLICIES = ["Foreground", "Background", "Orphan", "nil"];
const KIND = { kind: "DeleteOptions", group: "meta.k8s.io" };

/** Seconds beyond which no time has a date. */
const LONGEST_GRACE = 2 ** 40;

/** What a DELETE request asks for. A body, where there is one, is all that counts. */
export function deleteOptions({ query }: Route, { body = "" }: ApiRequest): DeleteOptions | Status {
  const given = body === "" ? fromQuery(query) : fromBody(body);
  return "kind" in given ? given : checkDeleteOptions(given);
}

/** What given fields ask for; the refusal of what none may ask. */
export function checkDeleteOptions(given: object): DeleteOptions | Status {
  const { gracePeriodSeconds: grace, propagationPolicy, orphanDependents, dryRun = [], preconditions } = given as Given;
  const issues = [...policyIssues(given as Given), ...dryRunIssues(dryRun)];
  if (issues.length > 0) return invalidStatus(KIND, "", issues);
  const policy = propagationPolicy ??
    (orphanDependents === undefined ? undefined : orphanDependents ? "Orphan" : "Background");
  return {
    // The server makes a second of a negative time.
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace < 0 ? 1 : Math.min(grace, LONGEST_GRACE) }),
    ...(policy === undefined ? {} : { propagationPolicy: policy as "Background" }),
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(dryRun.length === 0 ? {} : { dryRun: true }),
  };
}

function dryRunIssues(dryRun: readonly string[]): Issue[] {
  return dryRun.some((one) => one !== "All") ? [unsupported("dryRun", dryRun, ["All"])] : [];
}

function policyIssues({ propagationPolicy: policy, orphanDependents }: Given): Issue[] {
  if (policy === undefined) return [];
  if (orphanDependents !== undefined) {
    return [invalid("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set")];
  }
  return POLICIES.slice(0, -1).includes(policy) ? [] : [unsupported("propagationPolicy", policy, POLICIES)];
}

function fromQuery(query: URLSearchParams): Given | Status {
  const grace = query.get("gracePeriodSeconds");
  if (grace !== null && !/^[+-]?\d+$/.test(grace)) {
    return badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
  }
  const orphanDependents = flag(query, "orphanDependents");
  return {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(query.has("propagationPolicy") ? { propagationPolicy: query.get("propagationPolicy") ?? "" } : {}),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    dryRun: query.getAll("dryRun"),
    ...conditionsIn(query),
  };
}

/** The object that is meant, as a query says it. */
function conditionsIn(query: URLSearchParams): Pick<Given, "preconditions"> {
  const [uid, resourceVersion] = [query.get("uid"), query.get("resourceVersion")];
  if (uid === null && resourceVersion === null) return {};
  const preconditions = { ...(uid === null ? {} : { uid }), ...(resourceVersion === null ? {} : { resourceVersion }) };
  return { preconditions };
}

function fromBody(body: string): Given | Status {
  const value = parseObject(body);
  if (isStatus(value as Status)) return value as Status;
  const { kind = "DeleteOptions", apiVersion = "v1", ...fields } = value as Record<string, unknown>;
  if (kind !== "DeleteOptions") {
    return badRequest(
      `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  try {
    return decodeStruct(STRUCT, fields).value as Given;
  } catch (error) {
    if (error instanceof DecodeError) return badRequest(error.message);
    throw error;
  }
}
