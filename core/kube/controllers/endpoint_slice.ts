import { canonicalJson, ipFamily, sameJson } from "../../base/mod.ts";
import { type discovery, type Draft, type EndpointSlice, keyOf, type Pod, type Service } from "../objects/object.ts";
import { labelsSelector, matches, type Selector } from "../store/selector.ts";
import type { Change } from "../store/store.ts";
import { type Controller, type ControllerApi, splitKey, type Sync } from "./controller.ts";
import { portsOf } from "./endpoint_ports.ts";
import { isOwnedBy, ownerReference } from "./owners.ts";
import { isReady, isTerminal } from "./pods.ts";
import { TriggerTimes, withTriggerTime } from "./trigger_time.ts";

/** Writes down which pods a Service's traffic may go to, in slices of a hundred. */
export const endpointSlices: Controller = (change, api) => {
  const { object } = change;
  if (object.kind === "Service") api.later(syncService, keyOf(object));
  if (object.kind === "Pod") enqueueServices(change, syncService, api);
  if (object.kind === "EndpointSlice" && change.type === "DELETED") {
    const name = object.metadata.labels?.[SERVICE_NAME];
    if (name !== undefined) api.later(syncService, `${object.metadata.namespace}/${name}`);
  }
};

const SERVICE_NAME = "kubernetes.io/service-name";
const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
const MANAGER = "endpointslice-controller.k8s.io";
const HEADLESS = "service.kubernetes.io/headless";
const MOST = 100;
const triggers = new TriggerTimes();

/** The Services that select a pod, or did before it changed. */
export function enqueueServices({ object, old }: Change, sync: Sync, api: ControllerApi): void {
  const pods = [object, old].filter((one) => one !== undefined);
  for (const service of api.store.list("Service", { namespace: object.metadata.namespace ?? "" })) {
    const selector = selectorOf(service);
    if (selector !== undefined && pods.some(({ metadata }) => matches(selector, metadata.labels))) {
      api.later(sync, keyOf(service));
    }
  }
}

const selectors = new WeakMap<Service, Selector | null>();

/** The selector of a Service, worked out once for each of its versions. */
function selectorOf(service: Service): Selector | undefined {
  const known = selectors.get(service);
  if (known !== undefined) return known ?? undefined;
  const labels = service.spec.selector ?? {};
  const none = service.spec.type === "ExternalName" || Object.keys(labels).length === 0;
  const selector = none ? null : labelsSelector(labels);
  selectors.set(service, selector);
  return selector ?? undefined;
}

/** The pods a Service selects that have an address, by name in order; undefined for a Service that selects none. */
export function selectedPods(service: Service, api: ControllerApi): Pod[] | undefined {
  const selector = selectorOf(service);
  if (selector === undefined) return undefined;
  const pods = api.store.list("Pod", { namespace: service.metadata.namespace ?? "", labels: selector });
  return pods.filter((pod) => (pod.status.podIP ?? "") !== "" && !isTerminal(pod));
}

function syncService(key: string, api: ControllerApi): number {
  const { namespace, name } = splitKey(key);
  const service = api.store.get("Service", name, namespace);
  if (service === undefined || service.metadata.deletionTimestamp !== undefined) return 0;
  const pods = selectedPods(service, api);
  if (pods === undefined) return 0;
  const existing = api.store.list("EndpointSlice", { namespace, labels: labelsSelector({ [SERVICE_NAME]: name }) })
    .filter((slice) => slice.metadata.labels?.[MANAGED_BY] === MANAGER && isOwnedBy(slice, service));
  const time = triggers.next(service, pods, api);
  const families = service.spec.ipFamilies ?? ["IPv4"];
  for (const family of families) {
    const mine = existing.filter(({ addressType }) => addressType === family);
    reconcile({ service, family, pods, existing: mine, time }, api);
  }
  for (const { addressType, metadata } of existing) {
    if (!families.includes(addressType)) api.delete("EndpointSlice", { name: metadata.name, namespace });
  }
  return pods.length;
}

type Port = discovery.EndpointPort;

/** What one slice should hold. */
interface Wanted {
  readonly ports: readonly Port[];
  readonly endpoints: discovery.Endpoint[];
}

interface Reconciling {
  readonly service: Service;
  readonly family: string;
  readonly pods: readonly Pod[];
  readonly existing: readonly EndpointSlice[];
  readonly time: string | undefined;
}

/** Existing slices keep what still holds; what is new fills them up before more are made; none at all leaves an empty one. */
function reconcile({ service, family, pods, existing, time }: Reconciling, api: ControllerApi): void {
  const groups = groupByPorts(service, family, pods, api);
  const free = [...existing];
  const plans: { slice?: EndpointSlice; wanted: Wanted }[] = [];
  for (const { ports, endpoints } of groups) {
    const same = free.filter((slice) => sameJson(slice.ports ?? [], ports));
    for (const slice of same) free.splice(free.indexOf(slice), 1);
    for (const { slice, kept } of distribute(endpoints, same)) {
      plans.push({ ...(slice === undefined ? {} : { slice }), wanted: { ports, endpoints: kept } });
    }
  }
  if (plans.length === 0) plans.push({ wanted: { ports: [], endpoints: [] } });
  for (const plan of plans) {
    const reused = plan.slice ?? free.shift();
    write({ service, family, slice: reused, wanted: plan.wanted, time }, api);
  }
  for (const { metadata } of free) {
    api.delete("EndpointSlice", { name: metadata.name, namespace: metadata.namespace as string });
  }
}

function groupByPorts(service: Service, family: string, pods: readonly Pod[], api: ControllerApi): Wanted[] {
  const groups = new Map<string, Wanted>();
  for (const pod of pods) {
    const address = addressOf(pod, family);
    if (address === undefined) continue;
    const ports = portsOf(service, pod);
    const group = groups.get(canonicalJson(ports)) ?? { ports, endpoints: [] };
    groups.set(canonicalJson(ports), group);
    group.endpoints.push(endpointOf(service, pod, address, api));
  }
  return [...groups.values()];
}

function addressOf({ status }: Pod, family: string): string | undefined {
  const all = status.podIPs?.map(({ ip }) => ip) ?? [status.podIP];
  return all.find((ip) => ip !== undefined && (ipFamily(ip) === 6 ? "IPv6" : "IPv4") === family);
}

function endpointOf(service: Service, pod: Pod, address: string, api: ControllerApi): discovery.Endpoint {
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const serving = isReady(pod);
  const terminating = deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const node = pod.spec.nodeName;
  const zone = api.store.get("Node", node ?? "")?.metadata.labels?.["topology.kubernetes.io/zone"];
  const hostname = pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hostname ? { hostname } : {}),
    targetRef: { kind: "Pod", namespace: namespace as string, name, uid },
    ...(node ? { nodeName: node } : {}),
    ...(zone ? { zone } : {}),
    ...hintsOf(service, { ready, zone, node }),
  };
}

interface Topology {
  readonly ready: boolean;
  readonly zone: string | undefined;
  readonly node: string | undefined;
}

const ZONAL = ["PreferClose", "PreferSameZone", "PreferSameNode"];

/** `trafficDistribution`: each ready endpoint is for its own zone, and with PreferSameNode for its node. */
function hintsOf({ spec }: Service, { ready, zone, node }: Topology): { hints?: discovery.EndpointHints } {
  const distribution = spec.trafficDistribution as string | undefined;
  if (!ready || distribution === undefined || !ZONAL.includes(distribution) || !zone) return {};
  const forNodes = distribution === "PreferSameNode" && node ? { forNodes: [{ name: node }] } : {};
  return { hints: { forZones: [{ name: zone }], ...forNodes } as discovery.EndpointHints };
}

function distribute(endpoints: readonly discovery.Endpoint[], slices: readonly EndpointSlice[]) {
  const left = new Map(endpoints.map((one) => [one.targetRef?.uid ?? one.addresses[0], one]));
  const plans: { slice?: EndpointSlice; kept: discovery.Endpoint[] }[] = slices.map((slice) => {
    const kept = (slice.endpoints ?? []).flatMap((old) => {
      const uid = old.targetRef?.uid ?? old.addresses[0];
      const now = left.get(uid);
      left.delete(uid);
      return now === undefined ? [] : [now];
    });
    return { slice, kept };
  });
  const fresh = [...left.values()];
  for (const plan of plans) plan.kept.push(...fresh.splice(0, MOST - plan.kept.length));
  while (fresh.length > 0) plans.push({ kept: fresh.splice(0, MOST) });
  return plans.filter(({ kept }) => kept.length > 0);
}

interface Writing {
  readonly service: Service;
  readonly family: string;
  readonly slice: EndpointSlice | undefined;
  readonly wanted: Wanted;
  readonly time: string | undefined;
}

function write({ service, family, slice, wanted, time }: Writing, api: ControllerApi): void {
  const { name, namespace } = service.metadata;
  const labels = labelsOf(service);
  const annotations = withTriggerTime(slice?.metadata.annotations, time);
  const content = {
    endpoints: wanted.endpoints.length > 0 ? wanted.endpoints : null,
    ports: wanted.ports.length > 0 ? wanted.ports.map((port) => ({ ...port })) : null,
  };
  if (slice === undefined) {
    api.create({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        generateName: `${name}-`,
        namespace: namespace as string,
        labels,
        annotations,
        ownerReferences: [ownerReference(service)],
      },
      addressType: family,
      ...content,
    } as Draft);
    return;
  }
  const same = sameJson({ endpoints: slice.endpoints, ports: slice.ports }, content) &&
    sameJson(slice.metadata.labels, labels);
  if (!same) {
    api.update({ ...slice, ...content, metadata: { ...slice.metadata, labels, annotations } } as EndpointSlice);
  }
}

function labelsOf({ metadata, spec }: Service): Record<string, string> {
  const { [SERVICE_NAME]: _name, [MANAGED_BY]: _managed, [HEADLESS]: _headless, ...own } = metadata.labels ?? {};
  const headless: Record<string, string> = spec.clusterIP === "None" ? { [HEADLESS]: "" } : {};
  return { ...own, ...headless, [MANAGED_BY]: MANAGER, [SERVICE_NAME]: metadata.name };
}
