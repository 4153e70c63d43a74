/** What the server does to Services beyond defaults: families, cluster addresses and node ports, at creation and update. */
import type { Random } from "../../base/mod.ts";
import { invalid, type Issue, required } from "../objects/issue.ts";
import type { core, Service } from "../objects/object.ts";
import { clusterIpIssues, familyOf, isHeadless } from "../objects/validate/service_ips.ts";
import { check, pathSegment } from "../objects/validate/names.ts";
import { needsHealthCheck } from "../objects/validate/service.ts";
import { isExternallyAccessible } from "../objects/defaults/service.ts";
import type { Allocators } from "./allocate/allocators.ts";
import { internalError, invalidStatus } from "./status.ts";
import type { Status } from "./types.ts";

const SERVICE = { kind: "Service", group: "" };

/** What an allocation needs to know. */
export interface Allocation {
  readonly allocators: Allocators;
  readonly random: Random;
}

/** Fills in families, addresses and ports of a new Service; the refusal where they cannot be had. */
export function allocateNew(service: Service, allocation: Allocation): Status | undefined {
  const { spec } = service;
  if ((spec.clusterIP ?? "") !== "" && (spec.clusterIPs ?? []).length === 0) {
    spec.clusterIPs = [spec.clusterIP as string];
  }
  return initFamilies(service, undefined, allocation.allocators) ?? takeIps(service, undefined, allocation) ??
    takeNodePorts(service, undefined, allocation);
}

/** The same for an update: what was allocated stays, what is no longer needed goes. */
export function allocateUpdate(service: Service, old: Service, allocation: Allocation): Status | undefined {
  keepAllocated(service.spec, old.spec);
  normalizeIps(service.spec, old.spec);
  const refused = initFamilies(service, old, allocation.allocators);
  if (refused !== undefined) return refused;
  const wasNamed = old.spec.type === "ExternalName" && service.spec.type !== "ExternalName";
  const upgraded = (old.spec.ipFamilies ?? []).length === 1 && (service.spec.ipFamilies ?? []).length === 2;
  const takesIps = wasNamed || (upgraded && !isHeadless(old.spec));
  return (takesIps ? takeIps(service, old, allocation) : undefined) ?? takeNodePorts(service, old, allocation);
}

/** An update that leaves allocated values out means the old ones. */
function keepAllocated(spec: core.ServiceSpec, old: core.ServiceSpec): void {
  if (spec.type !== "ExternalName" && old.type !== "ExternalName") {
    if ((spec.clusterIP ?? "") === "" && old.clusterIP !== undefined) spec.clusterIP = old.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && old.clusterIPs !== undefined && spec.clusterIP === old.clusterIP) {
      spec.clusterIPs = old.clusterIPs;
    }
  }
  if (hasNodePorts(spec) && hasNodePorts(old)) {
    for (const port of spec.ports ?? []) {
      const before = old.ports?.find((one) => one.port === port.port && one.protocol === port.protocol);
      if (!port.nodePort && before?.nodePort && !spec.ports?.some((one) => one.nodePort === before.nodePort)) {
        port.nodePort = before.nodePort;
      }
    }
  }
  if (needsHealthCheck(spec) && needsHealthCheck(old)) spec.healthCheckNodePort ??= old.healthCheckNodePort as number;
}

function normalizeIps(spec: core.ServiceSpec, old: core.ServiceSpec): void {
  if (spec.clusterIP === old.clusterIP || spec.clusterIP === undefined) return;
  const same = JSON.stringify(spec.clusterIPs ?? []) === JSON.stringify(old.clusterIPs ?? []);
  if (same || (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
}

/** Drops fields that meant something for the old type only, unless the update also changed them. */
export function dropTypeDependent(service: Service, old: Service): void {
  const [now, then] = [service.spec, old.spec];
  const same = (field: keyof core.ServiceSpec) => JSON.stringify(now[field]) === JSON.stringify(then[field]);
  if (then.type !== "ExternalName" && now.type === "ExternalName") {
    if (same("clusterIP") && same("clusterIPs")) {
      delete now.clusterIP;
      delete now.clusterIPs;
    }
    if (same("ipFamilies")) delete now.ipFamilies;
    if (same("ipFamilyPolicy")) delete now.ipFamilyPolicy;
  }
  if (hasNodePorts(then) && !hasNodePorts(now)) {
    const before = new Set((then.ports ?? []).map((port) => port.nodePort));
    const kept = (now.ports ?? []).every((port) => !port.nodePort || before.has(port.nodePort));
    if (kept) now.ports?.forEach((port) => delete port.nodePort);
  }
  if (needsHealthCheck(then) && !needsHealthCheck(now) && same("healthCheckNodePort")) delete now.healthCheckNodePort;
  if (then.type === "LoadBalancer" && now.type !== "LoadBalancer") {
    if (same("allocateLoadBalancerNodePorts")) delete now.allocateLoadBalancerNodePorts;
    if (same("loadBalancerClass")) delete now.loadBalancerClass;
  }
  if (isExternallyAccessible(then) && !isExternallyAccessible(now) && same("externalTrafficPolicy")) {
    delete now.externalTrafficPolicy;
  }
  if (now.type !== "LoadBalancer") service.status = { loadBalancer: {} };
}

function hasNodePorts(spec: core.ServiceSpec): boolean {
  return spec.type === "NodePort" || spec.type === "LoadBalancer";
}

function refuse(service: Service, issues: readonly Issue[]): Status | undefined {
  return issues.length === 0 ? undefined : invalidStatus(SERVICE, service.metadata.name ?? "", issues);
}

function initFamilies(service: Service, old: Service | undefined, allocators: Allocators): Status | undefined {
  const { spec } = service;
  if (spec.type === "ExternalName") return undefined;
  const selectorless = spec.clusterIP === "None" && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= old?.spec.ipFamilyPolicy ?? (selectorless ? "RequireDualStack" : "SingleStack");
  const wrong = clusterIpIssues(spec);
  if (wrong.length > 0) return refuse(service, wrong);
  if (old !== undefined && spec.ipFamilyPolicy === "SingleStack") downgrade(spec, old.spec);
  const issues = [...policyIssues(spec), ...inferFamilies(spec, allocators)];
  if (issues.length > 0) return refuse(service, issues);
  if (selectorless) {
    spec.ipFamilies ??= [allocators.ranges[0]?.family ?? "IPv4"];
    if (spec.ipFamilyPolicy !== "SingleStack") addOtherFamily(spec);
    return undefined;
  }
  return refuse(service, configuredIssues(spec, allocators)) ?? completeFamilies(spec, allocators);
}

function downgrade(spec: core.ServiceSpec, old: core.ServiceSpec): void {
  const same = (a: unknown, b: unknown) => JSON.stringify(a ?? []) === JSON.stringify(b ?? []);
  if (same(spec.clusterIPs, old.clusterIPs) && (spec.clusterIPs ?? []).length > 1) {
    spec.clusterIPs = spec.clusterIPs?.slice(0, 1) ?? [];
  }
  if (same(spec.ipFamilies, old.ipFamilies) && (spec.ipFamilies ?? []).length > 1) {
    spec.ipFamilies = spec.ipFamilies?.slice(0, 1) ?? [];
  }
}

function policyIssues(spec: core.ServiceSpec): Issue[] {
  if (spec.ipFamilyPolicy !== "SingleStack") return [];
  const must = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
  const issue = (what: string) => invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, `${must} ${what} are specified`);
  return [
    ...((spec.clusterIPs ?? []).length === 2 ? [issue("cluster IPs")] : []),
    ...((spec.ipFamilies ?? []).length === 2 ? [issue("IP families")] : []),
  ];
}

function inferFamilies(spec: core.ServiceSpec, allocators: Allocators): Issue[] {
  const ips = spec.clusterIPs ?? [];
  if (ips[0] === "None") return [];
  return ips.flatMap((ip, index) => {
    if (index < (spec.ipFamilies ?? []).length) return [];
    const family = familyOf(ip);
    if (allocators.range(family) === undefined) {
      return [invalid(`spec.clusterIPs[${index}]`, ips, `${family} is not configured on this cluster`)];
    }
    spec.ipFamilies = [...(spec.ipFamilies ?? []), family];
    return [];
  });
}

function configuredIssues(spec: core.ServiceSpec, allocators: Allocators): Issue[] {
  const issues: Issue[] = [];
  if (spec.ipFamilyPolicy === "RequireDualStack" && allocators.ranges.length < 2) {
    const detail = "this cluster is not configured for dual-stack services";
    issues.push(invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy, detail));
  }
  (spec.ipFamilies ?? []).forEach((family, index) => {
    if (allocators.range(family) !== undefined) return;
    issues.push(invalid(`spec.ipFamilies[${index}]`, family, "not configured on this cluster"));
  });
  return issues;
}

function completeFamilies(spec: core.ServiceSpec, allocators: Allocators): undefined {
  if ((spec.ipFamilies ?? []).length === 0) spec.ipFamilies = [allocators.ranges[0]?.family ?? "IPv4"];
  if (spec.ipFamilyPolicy !== "SingleStack" && allocators.ranges.length === 2) addOtherFamily(spec);
}

function addOtherFamily(spec: core.ServiceSpec): void {
  if (spec.ipFamilies?.length === 1) spec.ipFamilies.push(spec.ipFamilies[0] === "IPv4" ? "IPv6" : "IPv4");
}

function takeIps(service: Service, old: Service | undefined, { allocators, random }: Allocation): Status | undefined {
  const { spec } = service;
  if (spec.type === "ExternalName" || spec.clusterIPs?.[0] === "None") return undefined;
  const name = service.metadata.name ?? "";
  const unwritten = unwritable(name);
  const ips = spec.clusterIPs ?? [];
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    const range = allocators.range(family);
    const asked = ips[index] ?? "";
    if (asked === "") {
      const free = range?.next(random);
      if (unwritten !== undefined) {
        return refuse(service, [invalid("spec.clusterIPs", [""], `failed to allocate IP: ${unwritten(free ?? "")}`)]);
      }
      if (free === undefined) {
        return internalError(`failed to allocate a serviceIP for Service "${name}": range is full`);
      }
      ips[index] = free;
      continue;
    }
    const why = range?.refuse(asked) ?? unwritten?.(asked);
    if (why !== undefined && !old?.spec.clusterIPs?.includes(asked)) {
      return refuse(service, [invalid("spec.clusterIPs", ips, `failed to allocate IP ${asked}: ${why}`)]);
    }
  }
  spec.clusterIPs = ips;
  spec.clusterIP = ips[0] as string;
  return undefined;
}

/** A Service whose name cannot be part of a path fails where its address is written down; undefined for all others. */
function unwritable(name: string): ((ip: string) => string) | undefined {
  const issue = name === "" ? required("") : check("", name, pathSegment)[0];
  if (issue === undefined) return undefined;
  return (ip) => `IPAddress.networking.k8s.io "${ip}" is invalid: spec.parentRef.name: ${issue.message}`;
}

function takeNodePorts(service: Service, old: Service | undefined, allocation: Allocation): Status | undefined {
  const held = new Set<number>();
  const mine = new Set((old === undefined ? [] : old.spec.ports ?? []).map((port) => port.nodePort ?? 0));
  if (hasNodePorts(service.spec)) {
    for (const [index, port] of (service.spec.ports ?? []).entries()) {
      const refused = takeNodePort(service, { port, index, held, mine }, allocation);
      if (refused !== undefined) return refused;
    }
  }
  return takeHealthPort(service, old, held, allocation);
}

interface Taking {
  readonly port: core.ServicePort;
  readonly index: number;
  /** Node ports this request took already. */
  readonly held: Set<number>;
  /** Node ports the Service had before. */
  readonly mine: ReadonlySet<number>;
}

function takeNodePort(service: Service, taking: Taking, { allocators, random }: Allocation): Status | undefined {
  const { port, index, held, mine } = taking;
  const { spec } = service;
  const allocates = spec.type !== "LoadBalancer" || spec.allocateLoadBalancerNodePorts !== false;
  if (!port.nodePort && !allocates) return undefined;
  const twin = spec.ports?.find((one) => one !== port && one.port === port.port && one.nodePort);
  const asked = port.nodePort || twin?.nodePort;
  if (asked) {
    port.nodePort = asked;
    if (mine.has(asked) || (twin?.nodePort === asked && held.has(asked))) return undefined;
    const why = allocators.nodePorts.refuse(asked, held);
    if (why !== undefined) return refuse(service, [invalid(`spec.ports[${index}].nodePort`, asked, why)]);
    held.add(asked);
    return undefined;
  }
  const free = allocators.nodePorts.next(random, held);
  if (free === undefined) return internalError("failed to allocate a nodePort: range is full");
  port.nodePort = free;
  held.add(free);
  return undefined;
}

function takeHealthPort(
  service: Service,
  old: Service | undefined,
  held: ReadonlySet<number>,
  { allocators, random }: Allocation,
): Status | undefined {
  const { spec } = service;
  if (!needsHealthCheck(spec) || (old !== undefined && needsHealthCheck(old.spec))) return undefined;
  const asked = spec.healthCheckNodePort ?? 0;
  if (asked !== 0) {
    const why = allocators.nodePorts.refuse(asked, held);
    if (why === undefined) return undefined;
    return internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${why}`);
  }
  const free = allocators.nodePorts.next(random, held);
  if (free === undefined) return internalError("failed to allocate a HealthCheck NodePort 0: range is full");
  spec.healthCheckNodePort = free;
  return undefined;
}
