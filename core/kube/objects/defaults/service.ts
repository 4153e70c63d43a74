import type { core } from "../object.ts";

/** Whether a Service is reached from outside: NodePort, LoadBalancer, or with external addresses. */
export function isExternallyAccessible(spec: core.ServiceSpec): boolean {
  return spec.type === "LoadBalancer" || spec.type === "NodePort" ||
    (spec.type === "ClusterIP" && (spec.externalIPs?.length ?? 0) > 0);
}

/** What the server fills in for a Service before addresses are allocated. */
export function defaultService({ spec }: { spec: core.ServiceSpec }): void {
  spec.sessionAffinity ??= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP") defaultAffinity(spec);
  spec.type ??= "ClusterIP";
  spec.ports?.forEach((port) => {
    port.protocol ??= "TCP";
    if (port.targetPort === 0 || port.targetPort === "" || port.targetPort === undefined) port.targetPort = port.port;
  });
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ??= "Cluster";
  if (spec.type === "NodePort" || spec.type === "LoadBalancer" || spec.type === "ClusterIP") {
    spec.internalTrafficPolicy ??= "Cluster";
  }
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
}

function defaultAffinity(spec: core.ServiceSpec): void {
  if (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
  }
}
