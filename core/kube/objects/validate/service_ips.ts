/** The linked fields clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy of a Service. */
import { ipFamily } from "../../../base/mod.ts";
import { duplicate, invalid, type Issue, required, unsupported } from "../issue.ts";
import type { core } from "../object.ts";
import { ipIssues } from "./addresses.ts";

const FAMILIES = ["IPv4", "IPv6"];
const POLICIES = ["PreferDualStack", "RequireDualStack", "SingleStack"];

/** Whether a Service asked for no cluster address. */
export function isHeadless(spec: core.ServiceSpec): boolean {
  return spec.clusterIPs?.[0] === "None" || (spec.clusterIPs === undefined && spec.clusterIP === "None");
}

/** `IPv4` or `IPv6` by an address's text. */
export function familyOf(ip: string): "IPv4" | "IPv6" {
  return ipFamily(ip) === 6 ? "IPv6" : "IPv4";
}

/** What is wrong with them, each by itself and together. */
export function clusterIpIssues(spec: core.ServiceSpec): Issue[] {
  if (spec.type === "ExternalName") return [];
  const ips = spec.clusterIPs ?? [];
  const issues = [...singularIssues(spec, ips), ...familyIssues(spec)];
  const bad = ips.flatMap((ip, index) => addressIssues(ips, ip, index));
  issues.push(...bad);
  if (ips.length > 2) issues.push(invalid("spec.clusterIPs", ips, "may only hold up to 2 values"));
  if (bad.length > 0) return issues;
  if (ips.length > 1 && new Set(ips.map(familyOf)).size < ips.length) {
    issues.push(invalid("spec.clusterIPs", ips, "may specify no more than one IP for each IP family"));
  }
  return [...issues, ...(isHeadless(spec) ? [] : matchIssues(ips, spec.ipFamilies ?? []))];
}

function singularIssues({ clusterIP = "" }: core.ServiceSpec, ips: readonly string[]): Issue[] {
  if (clusterIP === "") {
    return ips.length > 0 ? [invalid("spec.clusterIPs", ips, "must be empty when `clusterIP` is not specified")] : [];
  }
  if (ips.length === 0) return [required("spec.clusterIPs")];
  return ips[0] === clusterIP ? [] : [invalid("spec.clusterIPs", ips, "first value must match `clusterIP`")];
}

function familyIssues(spec: core.ServiceSpec): Issue[] {
  const seen = new Set<string>();
  const issues: Issue[] = [];
  (spec.ipFamilies ?? []).forEach((family, index) => {
    const field = `spec.ipFamilies[${index}]`;
    if (!FAMILIES.includes(family)) issues.push(unsupported(field, family, FAMILIES));
    if (seen.has(family)) issues.push(duplicate(field, family));
    seen.add(family);
  });
  const policy = spec.ipFamilyPolicy;
  if (policy !== undefined && !POLICIES.includes(policy)) {
    issues.push(unsupported("spec.ipFamilyPolicy", policy, POLICIES));
  }
  return issues;
}

function addressIssues(ips: readonly string[], ip: string, index: number): Issue[] {
  if (index === 0 && ip === "None") {
    return ips.length > 1 ? [invalid("spec.clusterIPs", ips, "'None' must be the first and only value")] : [];
  }
  return ipIssues(`spec.clusterIPs[${index}]`, ip);
}

function matchIssues(ips: readonly string[], families: readonly string[]): Issue[] {
  return ips.flatMap((ip, index) => {
    const family = families[index];
    if (family === undefined || !FAMILIES.includes(family) || familyOf(ip) === family) return [];
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    return [invalid(`spec.clusterIPs[${index}]`, ip, detail)];
  });
}

/** What an update of these fields may not do. */
export function clusterIpUpdateIssues(spec: core.ServiceSpec, old: core.ServiceSpec): Issue[] {
  if (spec.type === "ExternalName" || old.type === "ExternalName") return [];
  if (isHeadless(spec) && isHeadless(old)) return [];
  return [...ipsUpdate(spec, old), ...(isHeadless(spec) === isHeadless(old) ? familiesUpdate(spec, old) : [])];
}

const ONCE = "may not change once set";

function ipsUpdate(spec: core.ServiceSpec, old: core.ServiceSpec): Issue[] {
  const [now, then] = [spec.clusterIPs ?? [], old.clusterIPs ?? []];
  const at = (index: number, detail: string) => invalid(`spec.clusterIPs[${index}]`, spec.clusterIPs ?? null, detail);
  if (now.length === then.length) return then.flatMap((ip, index) => (ip === now[index] ? [] : [at(index, ONCE)]));
  if (now.length === 0) return [at(0, "primary clusterIP can not be unset")];
  const issues = then.length > 0 && now[0] !== then[0] ? [at(0, ONCE)] : [];
  if (now.length < then.length && spec.ipFamilyPolicy !== "SingleStack") {
    const detail = "must be set to 'SingleStack' when releasing the secondary clusterIP";
    issues.push(invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, detail));
  }
  return issues;
}

function familiesUpdate(spec: core.ServiceSpec, old: core.ServiceSpec): Issue[] {
  const [now, then] = [spec.ipFamilies ?? [], old.ipFamilies ?? []];
  const changed = invalid("spec.ipFamilies[0]", spec.ipFamilies ?? null, ONCE);
  if (now.length === then.length) return then.flatMap((family, index) => (family === now[index] ? [] : [changed]));
  const issues: Issue[] = now.length > 0 && then.length > 0 && now[0] !== then[0] ? [changed] : [];
  if (now.length === 1 && spec.ipFamilyPolicy !== "SingleStack") {
    const detail = "must be set to 'SingleStack' when releasing the secondary ipFamily";
    issues.push(invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, detail));
  }
  return issues;
}
