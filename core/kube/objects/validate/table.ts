import { invalid, type Issue } from "../issue.ts";
import { validateDefinition } from "../definition.ts";
import { validateAutoscaler } from "./autoscaling.ts";
import { storeKind } from "../kinds.ts";
import type { KubeObject, Service } from "../object.ts";
import {
  validateConfigMap,
  validateConfigMapUpdate,
  validateNode,
  validateNodeUpdate,
  validateSecret,
  validateSecretUpdate,
} from "./core.ts";
import { validateCronJob } from "./cronjob.ts";
import { type MetaRules, validateMeta, validateMetaUpdate } from "./meta.ts";
import { validateBudget } from "./budget.ts";
import { type Check, dns1123Label, dns1123Subdomain, pathSegment } from "./names.ts";
import {
  validateEndpoints,
  validateEndpointSlice,
  validateEndpointSliceUpdate,
  validateIngress,
  validateIngressClass,
  validateIngressClassUpdate,
  validateNetworkPolicy,
  validateNewIngress,
} from "./networking.ts";
import { validatePod, validatePodUpdate } from "./pod.ts";
import { validateService } from "./service.ts";
import { clusterIpUpdateIssues } from "./service_ips.ts";
import {
  validateDaemonSet,
  validateDaemonSetUpdate,
  validateDeployment,
  validateDeploymentUpdate,
  validateJob,
  validateReplicaSet,
  validateReplicaSetUpdate,
  validateStatefulSet,
  validateStatefulSetUpdate,
} from "./workloads.ts";

/** What the server checks of one kind. */
interface KindValidation {
  readonly name?: Check;
  validate?(object: KubeObject): Issue[];
  /** Everything wrong with a changed object; left out, the same as of a new one. */
  validateUpdate?(object: KubeObject, old: KubeObject): Issue[];
}

interface Entry {
  readonly name?: Check;
  validate?(object: never): Issue[];
  validateUpdate?(object: never, old: never): Issue[];
}

const ENTRIES: Readonly<Record<string, Entry>> = {
  Namespace: { name: dns1123Label },
  Node: { validate: validateNode, validateUpdate: validateNodeUpdate },
  Pod: { validate: validatePod, validateUpdate: validatePodUpdate },
  Service: { name: dns1123Label, validate: validateService, validateUpdate: validateServiceUpdate },
  Endpoints: { validate: validateEndpoints },
  EndpointSlice: { validate: validateEndpointSlice, validateUpdate: validateEndpointSliceUpdate },
  ConfigMap: { validate: validateConfigMap, validateUpdate: validateConfigMapUpdate },
  Secret: { validate: validateSecret, validateUpdate: validateSecretUpdate },
  Deployment: { validate: validateDeployment, validateUpdate: validateDeploymentUpdate },
  ReplicaSet: { validate: validateReplicaSet, validateUpdate: validateReplicaSetUpdate },
  StatefulSet: { name: dns1123Label, validate: validateStatefulSet, validateUpdate: validateStatefulSetUpdate },
  DaemonSet: { validate: validateDaemonSet, validateUpdate: validateDaemonSetUpdate },
  Job: { validate: validateJob },
  CronJob: { validate: validateCronJob },
  HorizontalPodAutoscaler: { validate: validateAutoscaler },
  NetworkPolicy: { validate: validateNetworkPolicy },
  Ingress: { validate: validateNewIngress, validateUpdate: validateIngress },
  IngressClass: { validate: validateIngressClass, validateUpdate: validateIngressClassUpdate },
  PodDisruptionBudget: { name: pathSegment, validate: validateBudget },
  CustomResourceDefinition: { validate: validateDefinition },
};

const NOTHING: Entry = {};

function entry(kind: string): KindValidation {
  return (ENTRIES[kind] ?? NOTHING) as KindValidation;
}

function rules(kind: string, namespaced: boolean): MetaRules {
  return { namespaced, name: entry(kind).name ?? dns1123Subdomain };
}

/** Everything wrong with a new object. */
export function validateNew(object: KubeObject, namespaced: boolean): Issue[] {
  const issues = entry(storeKind(object)).validate?.(object) ?? [];
  return [...validateMeta(object.metadata, rules(storeKind(object), namespaced)), ...issues];
}

/** Kinds that the server checks as if they were new after it has looked at what changed: their metadata once more, too. */
const AS_NEW = /^(ConfigMap|Secret|Pod|Endpoints|ServiceAccount|Node|Namespace|Ingress|IngressClass|Job)$/;

/** Everything wrong with a changed object. */
export function validateChanged(object: KubeObject, old: KubeObject): Issue[] {
  const { validate, validateUpdate } = entry(storeKind(object));
  const issues = validateUpdate?.(object, old) ?? validate?.(object) ?? [];
  const namespaced = (object.metadata.namespace ?? "") !== "";
  const again = AS_NEW.test(storeKind(object))
    ? validateMeta(object.metadata, rules(storeKind(object), namespaced))
    : [];
  return [...validateMetaUpdate(object.metadata, old.metadata), ...again, ...issues];
}

function validateServiceUpdate(service: Service, old: Service): Issue[] {
  const issues = clusterIpUpdateIssues(service.spec, old.spec);
  if (service.spec.type === "LoadBalancer" && old.spec.type === "LoadBalancer") {
    if (service.spec.loadBalancerClass !== old.spec.loadBalancerClass) {
      issues.push(invalid("spec.loadBalancerClass", service.spec.loadBalancerClass, "may not change once set"));
    }
  }
  return [...issues, ...validateService(service)];
}
