/** How a client wants something written (its query) or deleted (a body, else its query), refused in the server's words. */
import { DecodeError, decodeStruct } from "../objects/codec.ts";
import { invalid, type Issue, unsupported } from "../objects/issue.ts";
import { SCHEMAS } from "../objects/kinds.ts";
import type { DeleteOptions } from "./api.ts";
import { type FieldValidation, parseObject } from "./decode.ts";
import type { Route } from "./route.ts";
import { badRequest, invalidStatus } from "./status.ts";
import { type ApiRequest, isStatus, type Status } from "./types.ts";

/** What the query of a writing request asks for. */
export interface WriteOptions {
  readonly validation: FieldValidation;
  readonly dryRun: boolean;
}

const VALIDATIONS = ["", "Ignore", "Strict", "Warn"];

/** What the query of a request asks for whose options are of `kind`. */
export function writeOptions({ query }: Route, kind: string): WriteOptions | Status {
  const validation = query.get("fieldValidation") ?? "";
  const dryRun = query.getAll("dryRun");
  const options = { kind, group: "meta.k8s.io" };
  if (!VALIDATIONS.includes(validation)) {
    return invalidStatus(options, "", [unsupported("fieldValidation", validation, VALIDATIONS)]);
  }
  const issues = dryRunIssues(dryRun);
  if (issues.length > 0) return invalidStatus(options, "", issues);
  return { validation: (validation || "Warn") as FieldValidation, dryRun: dryRun.length > 0 };
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
  const policy = propagationPolicy ?? (orphanDependents === true ? "Orphan" : undefined);
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
  const orphan = query.get("orphanDependents");
  return {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(query.has("propagationPolicy") ? { propagationPolicy: query.get("propagationPolicy") ?? "" } : {}),
    // Whatever is not a no is a yes in a query.
    ...(orphan === null ? {} : { orphanDependents: orphan !== "false" && orphan !== "0" }),
    dryRun: query.getAll("dryRun"),
  };
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
