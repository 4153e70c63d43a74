import { zeroOf } from "./codec.ts";
import {
  defaultCronJob,
  defaultDaemonSet,
  defaultDeployment,
  defaultJob,
  defaultReplicaSet,
  defaultReplicationController,
  defaultStatefulSet,
} from "./defaults/workloads.ts";
import {
  defaultEndpoints,
  defaultEndpointSlice,
  defaultIngressClass,
  defaultNetworkPolicy,
} from "./defaults/networking.ts";
import { defaultNode } from "./defaults/node.ts";
import { defaultPod } from "./defaults/pod.ts";
import { defaultService } from "./defaults/service.ts";
import { defaultDefinition } from "./definition.ts";
import type { Draft, KubeObject } from "./object.ts";
import { BUILTIN, type Resource } from "./resource.ts";
import { Schema, type Struct } from "./schema.ts";
import { APIEXTENSIONS } from "./schema/apiextensions.ts";
import { APPS } from "./schema/apps.ts";
import { AUTHORIZATION } from "./schema/authorization.ts";
import { AUTOSCALING } from "./schema/autoscaling.ts";
import { BATCH } from "./schema/batch.ts";
import { COORDINATION } from "./schema/coordination.ts";
import { CORE } from "./schema/core.ts";
import { DISCOVERY } from "./schema/discovery.ts";
import { META } from "./schema/meta.ts";
import { NETWORKING } from "./schema/networking.ts";
import { POD } from "./schema/pod.ts";
import { POLICY } from "./schema/policy.ts";
import { VOLUME } from "./schema/volume.ts";

const META_SCHEMA = new Schema(META);
const CORE_SCHEMA = new Schema(CORE + POD + VOLUME, META_SCHEMA);

/** Every group's types. */
export const SCHEMAS = {
  meta: META_SCHEMA,
  core: CORE_SCHEMA,
  apps: new Schema(APPS, CORE_SCHEMA),
  batch: new Schema(BATCH, CORE_SCHEMA),
  discovery: new Schema(DISCOVERY, CORE_SCHEMA),
  networking: new Schema(NETWORKING, CORE_SCHEMA),
  authorization: new Schema(AUTHORIZATION, META_SCHEMA),
  autoscaling: new Schema(AUTOSCALING, META_SCHEMA),
  policy: new Schema(POLICY, META_SCHEMA),
  coordination: new Schema(COORDINATION, META_SCHEMA),
  apiextensions: new Schema(APIEXTENSIONS, META_SCHEMA),
} as const;

/** What the server knows of a kind beyond its name: its type, its defaults, whether it counts generations. */
export interface KindRules {
  readonly struct: Struct;
  /** Fills in what was left out, in place. */
  defaults?(object: KubeObject): void;
  readonly generation: boolean;
  /** Whether podwire gives the kind a meaning; others are kept and listed. */
  readonly modelled: boolean;
}

interface RuleOptions {
  defaults?(object: never): void;
  readonly generation?: boolean;
  readonly kept?: boolean;
}

function rules(schema: Schema, kind: string, options: RuleOptions = {}): KindRules {
  return {
    struct: schema.struct(kind),
    ...(options.defaults === undefined ? {} : { defaults: options.defaults as (object: KubeObject) => void }),
    generation: options.generation ?? false,
    modelled: options.kept !== true,
  };
}

const { core, apps, autoscaling, batch, discovery, networking, policy, coordination, apiextensions } = SCHEMAS;

/** The kinds with a type, by name. */
export const KINDS: Readonly<Record<string, KindRules>> = {
  Namespace: rules(core, "Namespace"),
  Node: rules(core, "Node", { defaults: defaultNode }),
  Pod: rules(core, "Pod", { defaults: defaultPod, generation: true }),
  PodTemplate: rules(core, "PodTemplate", { kept: true }),
  Service: rules(core, "Service", { defaults: defaultService }),
  Endpoints: rules(core, "Endpoints", { defaults: defaultEndpoints }),
  ConfigMap: rules(core, "ConfigMap"),
  Secret: rules(core, "Secret"),
  ServiceAccount: rules(core, "ServiceAccount"),
  Event: rules(core, "Event"),
  PersistentVolumeClaim: rules(core, "PersistentVolumeClaim", { kept: true }),
  ReplicationController: rules(core, "ReplicationController", {
    defaults: defaultReplicationController,
    generation: true,
    kept: true,
  }),
  Deployment: rules(apps, "Deployment", { defaults: defaultDeployment, generation: true }),
  ReplicaSet: rules(apps, "ReplicaSet", { defaults: defaultReplicaSet, generation: true }),
  StatefulSet: rules(apps, "StatefulSet", { defaults: defaultStatefulSet, generation: true }),
  DaemonSet: rules(apps, "DaemonSet", { defaults: defaultDaemonSet, generation: true }),
  ControllerRevision: rules(apps, "ControllerRevision"),
  Job: rules(batch, "Job", { defaults: defaultJob, generation: true }),
  CronJob: rules(batch, "CronJob", { defaults: defaultCronJob, generation: true }),
  HorizontalPodAutoscaler: rules(autoscaling, "HorizontalPodAutoscaler"),
  EndpointSlice: rules(discovery, "EndpointSlice", { defaults: defaultEndpointSlice, generation: true }),
  NetworkPolicy: rules(networking, "NetworkPolicy", { defaults: defaultNetworkPolicy, generation: true }),
  Ingress: rules(networking, "Ingress", { generation: true }),
  IngressClass: rules(networking, "IngressClass", { defaults: defaultIngressClass, generation: true }),
  IPAddress: rules(networking, "IPAddress", { generation: true, kept: true }),
  ServiceCIDR: rules(networking, "ServiceCIDR", { kept: true }),
  PodDisruptionBudget: rules(policy, "PodDisruptionBudget", { generation: true }),
  CustomResourceDefinition: rules(apiextensions, "CustomResourceDefinition", {
    defaults: defaultDefinition,
    generation: true,
  }),
  Lease: rules(coordination, "Lease", { kept: true }),
};

const BY_KIND = new Map<string, Resource>();
for (const resource of BUILTIN) {
  if (!BY_KIND.has(resource.kind) && resource.verbs.includes("list")) BY_KIND.set(resource.kind, resource);
}

/** The resource of a built-in kind, the preferred version's. */
export function resourceOf(kind: string): Resource | undefined {
  return BY_KIND.get(kind);
}

/** The built-in resource of an apiVersion and kind. */
export function resourceFor(apiVersion: string, kind: string): Resource | undefined {
  return BUILTIN.find((one) => one.kind === kind && versionOf(one) === apiVersion);
}

function versionOf({ group, version }: Pick<Resource, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

const SERVED = new Set(BUILTIN.map((one) => `${versionOf(one)} ${one.kind}`));

/** What is known of an object's kind; nothing of kinds of the same name in groups that others define. */
export function rulesOf(object: Pick<Draft, "apiVersion" | "kind">): KindRules | undefined {
  return KINDS[storeKind(object)];
}

/** {@link rulesOf} the objects of a resource. */
export function rulesOfResource(resource: Pick<Resource, "group" | "version" | "kind">): KindRules | undefined {
  return rulesOf({ apiVersion: versionOf(resource), kind: resource.kind });
}

/** Under which kind the store keeps an object: bare for built-in kinds, `Kind.group` for others. */
export function storeKind({ apiVersion, kind }: Pick<Draft, "apiVersion" | "kind">): string {
  if (BY_KIND.has(kind) && SERVED.has(`${apiVersion} ${kind}`)) return kind;
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  return group === "" ? kind : `${kind}.${group}`;
}

/** Whether objects of a kind have a status of their own, written through the status subresource. */
export function hasStatus(resource: Resource): boolean {
  return resource.subresources.some(({ name }) => name === "status");
}

/** The status a new object of a kind starts with, as the server shows it. */
export function emptyStatus(kind: string): unknown {
  const field = KINDS[kind]?.struct.fields.get("status");
  return field === undefined ? undefined : zeroOf(field.ref);
}
