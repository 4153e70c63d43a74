import { type KubeObject, storeKind } from "../../kube/mod.ts";
import {
  describeAnything,
  describeConfigMap,
  describeNamespace,
  describeNode,
  describeSecret,
  describeServiceAccount,
} from "./cluster.ts";
import { describeCronJob } from "./cron_job.ts";
import type { Describer } from "./common.ts";
import { describeIngress, describeIngressClass, describeNetworkPolicy } from "./networking.ts";
import { describePod } from "./pod.ts";
import { describeAutoscaler, describeBudget } from "./scaling.ts";
import { describeEndpoints, describeEndpointSlice, describeService } from "./service.ts";
import {
  describeDaemonSet,
  describeDeployment,
  describeJob,
  describeReplicaSet,
  describeStatefulSet,
} from "./workloads.ts";

const DESCRIBERS: Readonly<Record<string, Describer>> = {
  Pod: describePod,
  Service: describeService,
  Endpoints: describeEndpoints,
  EndpointSlice: describeEndpointSlice,
  Deployment: describeDeployment,
  ReplicaSet: describeReplicaSet,
  StatefulSet: describeStatefulSet,
  DaemonSet: describeDaemonSet,
  Job: describeJob,
  CronJob: describeCronJob,
  PodDisruptionBudget: describeBudget,
  HorizontalPodAutoscaler: describeAutoscaler,
  Node: describeNode,
  Namespace: describeNamespace,
  ConfigMap: describeConfigMap,
  Secret: describeSecret,
  ServiceAccount: describeServiceAccount,
  NetworkPolicy: describeNetworkPolicy,
  Ingress: describeIngress,
  IngressClass: describeIngressClass,
};

/** How a kind is described; kinds without a way of their own show every field. */
export function describerOf(object: KubeObject): Describer {
  return DESCRIBERS[storeKind(object)] ?? describeAnything;
}
