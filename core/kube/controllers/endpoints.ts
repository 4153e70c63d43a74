import { canonicalJson, order, parseIp, sameJson } from "../../base/mod.ts";
import { type core, type Draft, type Endpoints, keyOf, type Pod, type Service } from "../objects/object.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { portsOf } from "./endpoint_ports.ts";
import { enqueueServices, selectedPods } from "./endpoint_slice.ts";
import { isReady } from "./pods.ts";
import { TriggerTimes, withTriggerTime } from "./trigger_time.ts";

/** Keeps the old Endpoints of a Service beside its slices, and takes them away with it. */
export const endpoints: Controller = (change, api) => {
  if (change.object.kind === "Service") api.later(syncEndpoints, keyOf(change.object));
  if (change.object.kind === "Pod") enqueueServices(change, syncEndpoints, api);
};

const HEADLESS = "service.kubernetes.io/headless";
const MANAGED_BY = "endpoints.kubernetes.io/managed-by";
const triggers = new TriggerTimes();

function syncEndpoints(key: string, api: ControllerApi): number {
  const { namespace, name } = splitKey(key);
  const service = api.store.get("Service", name, namespace);
  const known = api.store.get("Endpoints", name, namespace);
  if (service === undefined) {
    if (known !== undefined) api.delete("Endpoints", { name, namespace });
    return 0;
  }
  const pods = selectedPods(service, api);
  if (pods === undefined) return 0;
  const subsets = repack(pods.flatMap((pod) => subsetOf(service, pod)));
  const labels = labelsOf(service);
  const annotations = withTriggerTime(known?.metadata.annotations, triggers.next(service, pods, api));
  if (known === undefined) {
    const metadata = { name, namespace, labels, annotations };
    api.create({ apiVersion: "v1", kind: "Endpoints", metadata, ...(subsets.length > 0 ? { subsets } : {}) } as Draft);
    return 0;
  }
  const same = sameJson(known.subsets ?? [], subsets) &&
    sameJson(known.metadata.labels, labels);
  if (!same) api.update({ ...known, metadata: { ...known.metadata, labels, annotations }, subsets } as Endpoints);
  return pods.length;
}

function labelsOf({ metadata, spec }: Service): Record<string, string> {
  const { [HEADLESS]: _headless, ...own } = metadata.labels ?? {};
  const headless: Record<string, string> = spec.clusterIP === "None" ? { [HEADLESS]: "" } : {};
  return { ...own, ...headless, [MANAGED_BY]: "endpoint-controller" };
}

/** One pod's addresses and ports; a pod on its way out has none. */
function subsetOf(service: Service, pod: Pod): core.EndpointSubset[] {
  const publish = service.spec.publishNotReadyAddresses === true;
  if (pod.metadata.deletionTimestamp !== undefined && !publish) return [];
  const ports = portsOf(service, pod);
  if (ports.length === 0 && (service.spec.ports ?? []).length > 0) return [];
  const { name, namespace, uid } = pod.metadata;
  const hostname = pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
  const address: core.EndpointAddress = {
    ip: pod.status.podIP as string,
    ...(hostname ? { hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: "Pod", namespace: namespace as string, name, uid },
  };
  const listed = ports.map(({ name = "", port = 0, protocol = "TCP", appProtocol }) => ({
    ...(name === "" ? {} : { name }),
    port,
    protocol,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
  const ready = publish || isReady(pod);
  return [{ [ready ? "addresses" : "notReadyAddresses"]: [address], ...(listed.length > 0 ? { ports: listed } : {}) }];
}

/** Joins subsets of the same ports; addresses in their order. */
function repack(all: readonly core.EndpointSubset[]): core.EndpointSubset[] {
  const groups = new Map<string, Joined>();
  for (const { addresses = [], notReadyAddresses = [], ports } of all) {
    const key = canonicalJson(ports ?? []);
    const group = groups.get(key) ?? { addresses: [], notReadyAddresses: [], ports };
    groups.set(key, group);
    group.addresses.push(...addresses);
    group.notReadyAddresses.push(...notReadyAddresses);
  }
  return [...groups.values()].map(({ addresses, notReadyAddresses, ports }) => ({
    ...(addresses.length === 0 ? {} : { addresses: inOrder(addresses) }),
    ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses: inOrder(notReadyAddresses) }),
    ...(ports === undefined ? {} : { ports }),
  }));
}

interface Joined {
  readonly addresses: core.EndpointAddress[];
  readonly notReadyAddresses: core.EndpointAddress[];
  readonly ports: core.EndpointPort[] | undefined;
}

function inOrder(addresses: readonly core.EndpointAddress[]): core.EndpointAddress[] {
  const keyed = addresses.map((address) => [parseIp(address.ip)?.value ?? 0n, address] as const);
  return keyed.sort(([a], [b]) => order(a, b)).map(([, address]) => address);
}
