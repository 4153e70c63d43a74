import { isExternallyAccessible } from "../defaults/service.ts";
import { duplicate, forbidden, invalid, type Issue, required, unsupported } from "../issue.ts";
import type { core, Service } from "../object.ts";
import { cidrIssues, endpointIpIssues, ipIssues } from "./addresses.ts";
import {
  check,
  dns1123Label,
  dns1123Subdomain,
  labelIssues,
  portNumber,
  portNumberOrName,
  qualifiedName,
} from "./names.ts";
import { clusterIpIssues, isHeadless } from "./service_ips.ts";

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];

/** Whether a Service gets a health check node port. */
export function needsHealthCheck(spec: core.ServiceSpec): boolean {
  return spec.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

/** What is wrong with a Service, beyond its metadata, in the server's order. */
export function validateService({ spec, metadata }: Service): Issue[] {
  return [
    ...typeIssues(spec),
    ...portsIssues(spec),
    ...labelIssues("spec.selector", spec.selector),
    ...affinityIssues(spec),
    ...clusterIpIssues(spec),
    ...externalIpIssues(spec),
    ...oneOf("spec.type", spec.type, TYPES),
    ...duplicatePorts(spec),
    ...loadBalancerIssues(spec, metadata.annotations ?? {}),
    ...trafficIssues(spec),
  ];
}

function oneOf(field: string, value: string | undefined, supported: readonly string[]): Issue[] {
  if (value === undefined || value === "") return [required(field)];
  return supported.includes(value) ? [] : [unsupported(field, value, supported)];
}

function typeIssues(spec: core.ServiceSpec): Issue[] {
  const issues: Issue[] = [];
  if ((spec.ports ?? []).length === 0 && !isHeadless(spec) && spec.type !== "ExternalName") {
    issues.push(required("spec.ports"));
  }
  if ((spec.type === "LoadBalancer" || spec.type === "NodePort") && isHeadless(spec)) {
    issues.push(invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${spec.type} services`));
  }
  return spec.type === "ExternalName" ? [...issues, ...externalNameIssues(spec)] : issues;
}

function externalNameIssues(spec: core.ServiceSpec): Issue[] {
  const not = "may not be set for ExternalName services";
  const issues: Issue[] = [];
  if ((spec.clusterIPs ?? []).length > 0) issues.push(forbidden("spec.clusterIPs", not));
  if ((spec.ipFamilies ?? []).length > 0) issues.push(forbidden("spec.ipFamilies", not));
  if (spec.ipFamilyPolicy !== undefined) issues.push(forbidden("spec.ipFamilyPolicy", not));
  const name = (spec.externalName ?? "").replace(/\.$/, "");
  if (name === "") return [...issues, required("spec.externalName")];
  return [...issues, ...check("spec.externalName", name, dns1123Subdomain)];
}

function portsIssues(spec: core.ServiceSpec): Issue[] {
  const names = new Set<string>();
  const ports = spec.ports ?? [];
  return ports.flatMap((port, index) => portIssues(port, `spec.ports[${index}]`, ports.length > 1, names));
}

function portIssues(port: core.ServicePort, field: string, named: boolean, names: Set<string>): Issue[] {
  const issues: Issue[] = [];
  const name = port.name ?? "";
  if (named && name === "") issues.push(required(`${field}.name`));
  if (name !== "") {
    issues.push(...check(`${field}.name`, name, dns1123Label));
    if (names.has(name)) issues.push(duplicate(`${field}.name`, name));
    names.add(name);
  }
  issues.push(...portNumber(`${field}.port`, port.port));
  issues.push(...oneOf(`${field}.protocol`, port.protocol, PROTOCOLS));
  issues.push(...portNumberOrName(`${field}.targetPort`, port.targetPort as number | string));
  if (port.appProtocol !== undefined) issues.push(...check(`${field}.appProtocol`, port.appProtocol, qualifiedName));
  return issues;
}

function affinityIssues(spec: core.ServiceSpec): Issue[] {
  const issues = oneOf("spec.sessionAffinity", spec.sessionAffinity, ["ClientIP", "None"]);
  if (spec.sessionAffinity !== "ClientIP") return issues;
  const field = "spec.sessionAffinityConfig.clientIP.timeoutSeconds";
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (timeout === undefined) return [...issues, required(field)];
  if (timeout > 0 && timeout <= 86400) return issues;
  return [...issues, invalid(field, timeout, "must be greater than 0 and less than 86400")];
}

function externalIpIssues(spec: core.ServiceSpec): Issue[] {
  return (spec.externalIPs ?? []).flatMap((ip, index) => {
    const field = `spec.externalIPs[${index}]`;
    const issues = ipIssues(field, ip);
    return issues.length > 0 ? issues : endpointIpIssues(field, ip);
  });
}

function duplicatePorts(spec: core.ServiceSpec): Issue[] {
  const issues: Issue[] = [];
  const ports = spec.ports ?? [];
  if (spec.type === "ClusterIP") {
    ports.forEach((port, index) => {
      const field = `spec.ports[${index}].nodePort`;
      if (port.nodePort) issues.push(forbidden(field, "may not be used when `type` is 'ClusterIP'"));
    });
  }
  const nodePorts = new Set<string>();
  ports.forEach((port, index) => {
    const key = `${port.protocol} ${port.nodePort}`;
    if (port.nodePort && nodePorts.has(key)) issues.push(duplicate(`spec.ports[${index}].nodePort`, port.nodePort));
    if (port.nodePort) nodePorts.add(key);
  });
  const seen = new Set<string>();
  ports.forEach((port, index) => {
    const key = `${port.protocol} ${port.port}`;
    if (seen.has(key)) issues.push(duplicate(`spec.ports[${index}]`, internalPort(port)));
    seen.add(key);
  });
  return issues;
}

/** A port as the server's own type prints it in a message about duplicates: only what makes it a duplicate. */
function internalPort({ protocol, port }: core.ServicePort) {
  return { Name: "", Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
}

const RANGES_ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges";

function loadBalancerIssues(spec: core.ServiceSpec, annotations: Record<string, string>): Issue[] {
  const only = "may only be used when `type` is 'LoadBalancer'";
  const issues: Issue[] = [];
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const noted = annotations[RANGES_ANNOTATION];
  const field = ranges.length > 0 ? "spec.LoadBalancerSourceRanges" : `metadata.annotations[${RANGES_ANNOTATION}]`;
  if (spec.type !== "LoadBalancer" && (ranges.length > 0 || noted !== undefined)) issues.push(forbidden(field, only));
  ranges.forEach((range, index) => issues.push(...cidrIssues(`${field}[${index}]`, range.trim())));
  if (ranges.length === 0 && (noted ?? "").trim() !== "") {
    (noted ?? "").split(",").forEach((range) => issues.push(...cidrIssues(field, range.trim())));
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && spec.type !== "LoadBalancer") {
    issues.push(forbidden("spec.allocateLoadBalancerNodePorts", only));
  }
  if (spec.loadBalancerClass !== undefined) {
    issues.push(
      ...(spec.type === "LoadBalancer"
        ? check("spec.loadBalancerClass", spec.loadBalancerClass, qualifiedName)
        : [forbidden("spec.loadBalancerClass", only)]),
    );
  }
  return issues;
}

const DISTRIBUTIONS = ["PreferClose", "PreferSameNode", "PreferSameZone"];

function trafficIssues(spec: core.ServiceSpec): Issue[] {
  const issues: Issue[] = [];
  const external = spec.externalTrafficPolicy;
  if (isExternallyAccessible(spec)) issues.push(...oneOf("spec.externalTrafficPolicy", external, ["Cluster", "Local"]));
  else if (external !== undefined) {
    const detail = "may only be set for externally-accessible services";
    issues.push(invalid("spec.externalTrafficPolicy", external, detail));
  }
  issues.push(...healthCheckIssues(spec));
  if (["NodePort", "LoadBalancer", "ClusterIP"].includes(spec.type ?? "") || spec.internalTrafficPolicy !== undefined) {
    issues.push(...oneOf("spec.internalTrafficPolicy", spec.internalTrafficPolicy, ["Cluster", "Local"]));
  }
  if (spec.trafficDistribution !== undefined) {
    issues.push(...oneOf("spec.trafficDistribution", spec.trafficDistribution, DISTRIBUTIONS));
  }
  return issues;
}

function healthCheckIssues(spec: core.ServiceSpec): Issue[] {
  const field = "spec.healthCheckNodePort";
  const port = spec.healthCheckNodePort ?? 0;
  if (needsHealthCheck(spec)) return port === 0 ? [required(field)] : portNumber(field, port);
  if (port === 0) return [];
  return [invalid(field, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")];
}
