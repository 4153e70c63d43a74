import { autoscaler } from "./autoscaler.ts";
import type { Controller } from "./controller.ts";
import { cronJobs } from "./cronjob.ts";
import { daemonSets } from "./daemonset.ts";
import { deployments } from "./deployment.ts";
import { disruption } from "./disruption.ts";
import { endpointMirror } from "./endpoint_mirror.ts";
import { endpointSlices } from "./endpoint_slice.ts";
import { endpoints } from "./endpoints.ts";
import { garbageCollector } from "./garbage_collector.ts";
import { jobs } from "./job.ts";
import { loadBalancers } from "./load_balancer.ts";
import { namespaces } from "./namespace.ts";
import { nodeIpam } from "./node_ipam.ts";
import { nodeLifecycle } from "./node_lifecycle.ts";
import { replicaSets } from "./replicaset.ts";
import { scheduler } from "./scheduler.ts";
import { statefulSets } from "./statefulset.ts";
import { taintEviction } from "./taint_eviction.ts";

/** Every controller, in the order in which they look at a change. */
export const CONTROLLERS: Readonly<Record<string, Controller>> = {
  "node-ipam-controller": nodeIpam,
  "node-lifecycle-controller": nodeLifecycle,
  "taint-eviction-controller": taintEviction,
  "namespace-controller": namespaces,
  "deployment-controller": deployments,
  "replicaset-controller": replicaSets,
  "statefulset-controller": statefulSets,
  "daemonset-controller": daemonSets,
  "job-controller": jobs,
  "cronjob-controller": cronJobs,
  "horizontal-pod-autoscaler-controller": autoscaler,
  "disruption-controller": disruption,
  "default-scheduler": scheduler,
  "service-lb-controller": loadBalancers,
  "endpointslice-controller": endpointSlices,
  "endpoints-controller": endpoints,
  "endpointslice-mirroring-controller": endpointMirror,
  "garbage-collector-controller": garbageCollector,
};
