/** What the server warns about in objects it accepts. */
import { storeKind } from "../objects/kinds.ts";
import type { core, EndpointSlice, Ingress, KubeObject, Pod, Secret, Service } from "../objects/object.ts";
import { isHeadless } from "../objects/validate/service_ips.ts";
import { dns1123Label } from "../objects/validate/names.ts";

type Warn = (object: never) => string[];

const WARNINGS: Readonly<Record<string, Warn>> = {
  Service: serviceWarnings,
  Secret: secretWarnings,
  Pod: podWarnings,
  Deployment: templateWarnings,
  ReplicaSet: templateWarnings,
  StatefulSet: templateWarnings,
  DaemonSet: templateWarnings,
  Job: templateWarnings,
};

const INGRESS_CLASS = "kubernetes.io/ingress.class";

/** What the server warns about in new objects alone. */
const WARNINGS_OF_NEW: Readonly<Record<string, Warn>> = {
  EndpointSlice: ({ addressType }: EndpointSlice) =>
    addressType === "FQDN" ? ["spec.addressType: FQDN endpoints are deprecated"] : [],
  Ingress: ({ metadata, spec }: Ingress) =>
    metadata.annotations?.[INGRESS_CLASS] === undefined || spec.ingressClassName !== undefined
      ? []
      : [`annotation "${INGRESS_CLASS}" is deprecated, please use 'spec.ingressClassName' instead`],
  ReplicaSet: ({ metadata }: KubeObject) => nameWarnings(metadata.name, "in Pod names and hostnames"),
};

/** The warnings of an object, in the server's words. */
export function warningsOf(object: KubeObject, isNew = false): string[] {
  const first = isNew ? WARNINGS_OF_NEW[storeKind(object)]?.(object as never) ?? [] : [];
  return [...first, ...WARNINGS[storeKind(object)]?.(object as never) ?? []];
}

/** Names that are no host names, where pods are named after them. */
function nameWarnings(name: string, where: string): string[] {
  const problems = dns1123Label(name);
  const advice = `this is used ${where}, which can result in surprising behavior; a DNS label is recommended`;
  return problems.length === 0 ? [] : [`metadata.name: ${advice}: [${problems.join(" ")}]`];
}

/** What Go's crypto/tls finds wrong with a certificate and its key before it reads them. */
function secretWarnings({ type, data = {} }: Secret): string[] {
  if (type !== "kubernetes.io/tls") return [];
  const hasBlock = (key: string) => atob((data[key] ?? "").replaceAll("\n", "")).includes("-----BEGIN ");
  if (!hasBlock("tls.crt")) return ["tls: failed to find any PEM data in certificate input"];
  return hasBlock("tls.key") ? [] : ["tls: failed to find any PEM data in key input"];
}

function serviceWarnings({ spec, metadata }: Service): string[] {
  const warnings: string[] = [];
  const hints = "service.kubernetes.io/topology-aware-hints";
  if (metadata.annotations?.[hints] !== undefined) {
    warnings.push(`annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`);
  }
  const external = (spec.externalIPs ?? []).length > 0;
  if (isHeadless(spec)) {
    if (spec.loadBalancerIP) warnings.push("spec.loadBalancerIP is ignored for headless services");
    if (external) warnings.push("spec.externalIPs is ignored for headless services");
    if (spec.sessionAffinity !== "None") warnings.push("spec.SessionAffinity is ignored for headless services");
  } else if (external && spec.type !== "ExternalName") {
    warnings.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
  }
  if (spec.type === "ExternalName" && external) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (spec.type !== "ExternalName" && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === "PreferClose") {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return warnings;
}

function podWarnings(pod: Pod): string[] {
  return [...nameWarnings(pod.metadata.name, "in the Pod's hostname"), ...specWarnings("spec", pod.spec)];
}

function templateWarnings({ spec }: { spec: { template?: core.PodTemplateSpec } }): string[] {
  return spec.template?.spec === undefined ? [] : specWarnings("spec.template.spec", spec.template.spec);
}

function specWarnings(field: string, spec: core.PodSpec): string[] {
  const groups = [["initContainers", spec.initContainers ?? []], ["containers", spec.containers ?? []]] as const;
  const seen = new Map<string, { field: string; port: core.ContainerPort }[]>();
  return groups.flatMap(([group, containers]) =>
    containers.flatMap((container, index) => {
      const at = `${field}.${group}[${index}]`;
      return [
        ...envWarnings(`${at}.env`, container.env ?? []),
        ...portWarnings(`${at}.ports`, container.ports ?? [], seen),
      ];
    })
  );
}

function envWarnings(field: string, variables: readonly core.EnvVar[]): string[] {
  const names = new Set<string>();
  return variables.flatMap(({ name, value = "", valueFrom }, index) => {
    const hides = names.has(name) &&
      (valueFrom !== undefined || value === `$(${name})` || !value.includes(`$(${name})`));
    names.add(name);
    return hides
      ? [`${field}[${index}]: hides previous definition of "${name}", which may be dropped when using apply`]
      : [];
  });
}

type Seen = Map<string, { readonly field: string; readonly port: core.ContainerPort }[]>;

function portWarnings(field: string, ports: readonly core.ContainerPort[], seen: Seen): string[] {
  return ports.flatMap((port, index) => {
    const at = `${field}[${index}]`;
    const key = `${port.containerPort}/${port.protocol}`;
    const others = seen.get(key) ?? [];
    seen.set(key, [...others, { field: at, port }]);
    return others.flatMap((other) => {
      if (port.hostIP === other.port.hostIP && port.hostPort === other.port.hostPort) {
        return [`${at}: duplicate port definition with ${other.field}`];
      }
      return !port.hostPort || !other.port.hostPort ? [`${at}: overlapping port definition with ${other.field}`] : [];
    });
  });
}
