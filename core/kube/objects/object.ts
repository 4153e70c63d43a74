import { copyJson } from "../../base/mod.ts";
import type * as apps from "kubernetes-types/apps/v1";
import type * as autoscaling from "kubernetes-types/autoscaling/v2";
import type * as batch from "kubernetes-types/batch/v1";
import type * as core from "kubernetes-types/core/v1";
import type * as discovery from "kubernetes-types/discovery/v1";
import type { LabelSelector, ObjectMeta, OwnerReference } from "kubernetes-types/meta/v1";
import type * as networking from "kubernetes-types/networking/v1";
import type * as policy from "kubernetes-types/policy/v1";

export type {
  apps,
  autoscaling,
  batch,
  core,
  discovery,
  LabelSelector,
  networking,
  ObjectMeta,
  OwnerReference,
  policy,
};

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** Metadata of an object in the store: what the server always fills in is there. Times are RFC 3339 in whole seconds. */
export interface Meta extends Omit<ObjectMeta, "generation" | "deletionTimestamp" | "deletionGracePeriodSeconds"> {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
  generation?: number;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
}

/** Any object of the API, as it stands in the store. Stored objects are never changed in place: copy, then update. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Meta;
}

/** An object as somebody writes it, before the server filled in its metadata. */
export interface Draft {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** A Namespace as it is stored. */
export interface Namespace extends KubeObject {
  kind: "Namespace";
  spec: core.NamespaceSpec;
  status: core.NamespaceStatus;
}
/** A Node as it is stored. */
export interface Node extends KubeObject {
  kind: "Node";
  spec: core.NodeSpec;
  status: core.NodeStatus;
}
/** A Pod as it is stored. */
export interface Pod extends KubeObject {
  kind: "Pod";
  spec: core.PodSpec;
  status: core.PodStatus;
}
/** A Service as it is stored. */
export interface Service extends KubeObject {
  kind: "Service";
  spec: core.ServiceSpec;
  status: core.ServiceStatus;
}
/** An Endpoints as it is stored. */
export interface Endpoints extends KubeObject {
  kind: "Endpoints";
  subsets?: core.EndpointSubset[];
}
/** An EndpointSlice as it is stored. */
export interface EndpointSlice extends KubeObject {
  kind: "EndpointSlice";
  addressType: "IPv4" | "IPv6" | "FQDN";
  endpoints: discovery.Endpoint[] | null;
  ports: discovery.EndpointPort[] | null;
}
/** A ConfigMap as it is stored. */
export interface ConfigMap extends KubeObject {
  kind: "ConfigMap";
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
  immutable?: boolean;
}
/** A Secret as it is stored. */
export interface Secret extends KubeObject {
  kind: "Secret";
  data?: Record<string, string>;
  type?: string;
  immutable?: boolean;
}
/** A ServiceAccount as it is stored. */
export interface ServiceAccount extends KubeObject {
  kind: "ServiceAccount";
}
/** A KubeEvent as it is stored. */
export interface KubeEvent extends KubeObject {
  kind: "Event";
  involvedObject: core.ObjectReference;
  reason?: string;
  message?: string;
  type?: string;
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  source?: core.EventSource;
}
/** A Deployment as it is stored. */
export interface Deployment extends KubeObject {
  kind: "Deployment";
  spec: apps.DeploymentSpec;
  status: apps.DeploymentStatus;
}
/** A ReplicaSet as it is stored. */
export interface ReplicaSet extends KubeObject {
  kind: "ReplicaSet";
  spec: apps.ReplicaSetSpec;
  status: apps.ReplicaSetStatus;
}
/** A StatefulSet as it is stored. */
export interface StatefulSet extends KubeObject {
  kind: "StatefulSet";
  spec: apps.StatefulSetSpec;
  status: apps.StatefulSetStatus;
}
/** A DaemonSet as it is stored. */
export interface DaemonSet extends KubeObject {
  kind: "DaemonSet";
  spec: apps.DaemonSetSpec;
  status: apps.DaemonSetStatus;
}
/** A Job as it is stored. */
export interface Job extends KubeObject {
  kind: "Job";
  spec: batch.JobSpec;
  status: batch.JobStatus;
}
/** A CronJob as it is stored. */
export interface CronJob extends KubeObject {
  kind: "CronJob";
  spec: batch.CronJobSpec;
  status: batch.CronJobStatus;
}
/** A PodDisruptionBudget as it is stored. */
export interface PodDisruptionBudget extends KubeObject {
  kind: "PodDisruptionBudget";
  spec: policy.PodDisruptionBudgetSpec;
  status: policy.PodDisruptionBudgetStatus;
}
/** A HorizontalPodAutoscaler as it is stored: of autoscaling/v2, or of v1 with its one percentage. */
export interface HorizontalPodAutoscaler extends KubeObject {
  kind: "HorizontalPodAutoscaler";
  spec: autoscaling.HorizontalPodAutoscalerSpec & { targetCPUUtilizationPercentage?: number };
  status?: Omit<autoscaling.HorizontalPodAutoscalerStatus, "currentMetrics"> & {
    currentMetrics?: autoscaling.MetricStatus[] | null;
  };
}
/** A NetworkPolicy as it is stored. */
export interface NetworkPolicy extends KubeObject {
  kind: "NetworkPolicy";
  spec: networking.NetworkPolicySpec;
}
/** An Ingress as it is stored. */
export interface Ingress extends KubeObject {
  kind: "Ingress";
  spec: networking.IngressSpec;
  status: networking.IngressStatus;
}
/** An IngressClass as it is stored. */
export interface IngressClass extends KubeObject {
  kind: "IngressClass";
  spec: networking.IngressClassSpec;
}

/** The kinds that have a type of their own, by name. */
export interface Kinds {
  Namespace: Namespace;
  Node: Node;
  Pod: Pod;
  Service: Service;
  Endpoints: Endpoints;
  EndpointSlice: EndpointSlice;
  ConfigMap: ConfigMap;
  Secret: Secret;
  ServiceAccount: ServiceAccount;
  Event: KubeEvent;
  Deployment: Deployment;
  ReplicaSet: ReplicaSet;
  StatefulSet: StatefulSet;
  DaemonSet: DaemonSet;
  Job: Job;
  CronJob: CronJob;
  PodDisruptionBudget: PodDisruptionBudget;
  HorizontalPodAutoscaler: HorizontalPodAutoscaler;
  NetworkPolicy: NetworkPolicy;
  Ingress: Ingress;
  IngressClass: IngressClass;
}

/** The type of a kind's objects: its own where there is one. */
export type ObjectOf<K extends string> = K extends keyof Kinds ? Kinds[K] : KubeObject;

/** A deep copy of an object, free to change. */
export function copyOf<T>(object: T): T {
  return copyJson(object);
}

/** `NAMESPACE/NAME`, or just the name of a cluster-wide object. */
export function keyOf(object: { readonly metadata: { name?: string; namespace?: string } }): string {
  const { namespace, name = "" } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}
