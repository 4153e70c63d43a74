import { forbidden, invalid, type Issue, required, tooLong, unsupported } from "../issue.ts";
import type { ConfigMap, core, Node, Secret } from "../object.ts";
import { cidrIssues } from "./addresses.ts";
import { check, configMapKey, labelValue, qualifiedName } from "./names.ts";

const MOST_BYTES = 1_048_576;

function bytesOf(base64: string | null): number {
  return Math.floor((base64 ?? "").replace(/=+$/, "").length * 3 / 4);
}

/** What is wrong with a ConfigMap beyond its metadata. */
export function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): Issue[] {
  const issues: Issue[] = [];
  let total = 0;
  for (const [key, value] of Object.entries(data)) {
    issues.push(...check(`data[${key}]`, key, configMapKey));
    if (key in binaryData) issues.push(invalid(`data[${key}]`, key, "duplicate of key present in binaryData"));
    total += new TextEncoder().encode(value).length;
  }
  for (const [key, value] of Object.entries(binaryData)) {
    issues.push(...check(`binaryData[${key}]`, key, configMapKey));
    total += bytesOf(value);
  }
  return total > MOST_BYTES ? [...issues, tooLong("[]", MOST_BYTES)] : issues;
}

type Fixable = ConfigMap | Secret;

function immutableIssues(object: Fixable, old: Fixable): Issue[] {
  if (old.immutable !== true) return [];
  const detail = "field is immutable when `immutable` is set";
  const issues = object.immutable === true ? [] : [forbidden("immutable", detail)];
  for (const field of ["data", "binaryData"] as const) {
    const [now, then] = [object, old].map((one) => JSON.stringify((one as ConfigMap)[field] ?? {}));
    if (now !== then) issues.push(forbidden(field, detail));
  }
  return issues;
}

/** What an update of a ConfigMap may not do. */
export function validateConfigMapUpdate(map: ConfigMap, old: ConfigMap): Issue[] {
  return [...immutableIssues(map, old), ...validateConfigMap(map)];
}

/** Keys a Secret of a type must have; of `basic-auth` one is enough. */
const SECRET_KEYS: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/basic-auth": ["username", "password"],
};

/** What is wrong with a Secret beyond its metadata. */
export function validateSecret({ data = {}, type = "", metadata }: Secret): Issue[] {
  const issues = Object.keys(data).flatMap((key) => check(`data[${key}]`, key, configMapKey));
  const total = Object.values(data).reduce((sum, value) => sum + bytesOf(value), 0);
  if (total > MOST_BYTES) issues.push(tooLong("data", MOST_BYTES));
  const account = "kubernetes.io/service-account.name";
  if (type === "kubernetes.io/service-account-token" && !metadata.annotations?.[account]) {
    issues.push(required(`metadata.annotations[${account}]`));
  }
  const missing = (SECRET_KEYS[type] ?? []).filter((key) => !(key in data));
  if (type === "kubernetes.io/basic-auth" && missing.length < 2) return issues;
  return [...issues, ...missing.map((key) => required(`data[${key}]`))];
}

/** What an update of a Secret may not do. */
export function validateSecretUpdate(secret: Secret, old: Secret): Issue[] {
  const fixed = secret.type === old.type ? [] : [invalid("type", secret.type, "field is immutable")];
  return [...fixed, ...immutableIssues(secret, old), ...validateSecret(secret)];
}

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** What is wrong with a Node beyond its metadata. */
export function validateNode({ spec }: Node): Issue[] {
  const issues = taintIssues("metadata.taints", spec.taints ?? []);
  const cidrs = spec.podCIDRs ?? [];
  cidrs.forEach((cidr, index) => issues.push(...cidrIssues(`spec.podCIDRs[${index}]`, cidr)));
  const families = new Set(cidrs.map((cidr) => cidr.includes(":")));
  if (cidrs.length > 1 && (families.size < 2 || cidrs.length > 2)) {
    issues.push(invalid("spec.podCIDRs", cidrs, "may specify no more than one CIDR for each IP family"));
  }
  return issues;
}

function taintIssues(field: string, taints: readonly core.Taint[]): Issue[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const at = `${field}[${index}]`;
    const issues = check(`${at}.key`, taint.key, qualifiedName);
    const problems = labelValue(taint.value ?? "");
    if (problems.length > 0) issues.push(invalid(`${at}.value`, taint.value, problems.join(";")));
    if (!taint.effect) issues.push(required(`${at}.effect`));
    else if (!EFFECTS.includes(taint.effect)) issues.push(unsupported(`${at}.effect`, taint.effect, EFFECTS));
    const key = `${taint.effect} ${taint.key}`;
    if (seen.has(key)) {
      const shown = JSON.stringify({ Key: taint.key, Value: taint.value ?? "", Effect: taint.effect, TimeAdded: null });
      const message = `Duplicate value: ${shown}: taints must be unique by key and effect pair`;
      issues.push({ field: at, reason: "FieldValueDuplicate", message });
    }
    seen.add(key);
    return issues;
  });
}

/** What an update of a Node may not do. */
export function validateNodeUpdate(node: Node, old: Node): Issue[] {
  const [now, then] = [node.spec.podCIDRs ?? [], old.spec.podCIDRs ?? []];
  const changed = then.length > 0 && JSON.stringify(now) !== JSON.stringify(then);
  const detail = 'node updates may not change podCIDR except from "" to valid';
  // The server looks at taints twice.
  const taints = taintIssues("metadata.taints", node.spec.taints ?? []);
  return [...taints, ...validateNode(node), ...(changed ? [forbidden("spec.podCIDRs", detail)] : [])];
}
