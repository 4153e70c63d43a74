import { invalid, type Issue } from "../issue.ts";
import type { KubeObject, Service } from "../object.ts";
import type { MetaRules } from "./meta.ts";
import { validateMeta, validateMetaUpdate } from "./meta.ts";
import { type Check, dns1123Label, dns1123Subdomain } from "./names.ts";
import { validateService } from "./service.ts";
import { clusterIpUpdateIssues } from "./service_ips.ts";

/** What the server checks of one kind. */
export interface KindValidation {
  readonly name: Check;
  validate?(object: KubeObject): Issue[];
  /** What an update may not do, beyond what a new object may not be. */
  validateUpdate?(object: KubeObject, old: KubeObject): Issue[];
}

interface Entry {
  readonly name?: Check;
  validate?(object: never): Issue[];
  validateUpdate?(object: never, old: never): Issue[];
}

const ENTRIES: Readonly<Record<string, Entry>> = {
  Namespace: { name: dns1123Label },
  Service: { name: dns1123Label, validate: validateService, validateUpdate: validateServiceUpdate },
};

const NOTHING: Entry = {};

function entry(kind: string): Entry {
  return ENTRIES[kind] ?? NOTHING;
}

function rules(kind: string, namespaced: boolean): MetaRules {
  return { namespaced, name: entry(kind).name ?? dns1123Subdomain };
}

/** Everything wrong with a new object. */
export function validateNew(object: KubeObject, namespaced: boolean): Issue[] {
  const { validate } = entry(object.kind) as KindValidation;
  return [...validateMeta(object.metadata, rules(object.kind, namespaced)), ...(validate?.(object) ?? [])];
}

/** Everything wrong with a changed object. */
export function validateChanged(object: KubeObject, old: KubeObject): Issue[] {
  const { validate, validateUpdate } = entry(object.kind) as KindValidation;
  return [
    ...validateMetaUpdate(object.metadata, old.metadata),
    ...(validateUpdate?.(object, old) ?? []),
    ...(validate?.(object) ?? []),
  ];
}

function validateServiceUpdate(service: Service, old: Service): Issue[] {
  const issues = clusterIpUpdateIssues(service.spec, old.spec);
  if (service.spec.type === "LoadBalancer" && old.spec.type === "LoadBalancer") {
    if (service.spec.loadBalancerClass !== old.spec.loadBalancerClass) {
      issues.push(invalid("spec.loadBalancerClass", service.spec.loadBalancerClass, "may not change once set"));
    }
  }
  return issues;
}
