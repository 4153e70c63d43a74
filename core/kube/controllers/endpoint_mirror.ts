import { ipFamily, sameJson } from "../../base/mod.ts";
import { LAST_APPLIED } from "../api/apply.ts";
import {
  type core,
  type discovery,
  type Draft,
  type Endpoints,
  type EndpointSlice,
  keyOf,
  type Service,
} from "../objects/object.ts";
import { labelsSelector } from "../store/selector.ts";
import { type Controller, type ControllerApi, splitKey } from "./controller.ts";
import { ownerReference } from "./owners.ts";

/** Mirrors Endpoints somebody wrote by hand, for a Service without a selector, into slices. */
export const endpointMirror: Controller = ({ object }, api) => {
  if (object.kind === "Endpoints" || object.kind === "Service") api.later(mirror, keyOf(object));
};

const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
const MANAGER = "endpointslicemirroring-controller.k8s.io";
const SERVICE_NAME = "kubernetes.io/service-name";
const SKIP = "endpointslice.kubernetes.io/skip-mirror";
const NOT_MIRRORED = [
  "endpoints.kubernetes.io/last-change-trigger-time",
  LAST_APPLIED,
];
const LEADER = "control-plane.alpha.kubernetes.io/leader";

function mirror(key: string, api: ControllerApi): void {
  const { namespace, name } = splitKey(key);
  const endpoints = api.store.get("Endpoints", name, namespace);
  const service = api.store.get("Service", name, namespace);
  const labels = labelsSelector({ [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER });
  const existing = api.store.list("EndpointSlice", { namespace, labels });
  const wanted = shouldMirror(endpoints, service) ? (endpoints?.subsets ?? []).flatMap(slicesOf) : [];
  const free = [...existing];
  for (const content of wanted) {
    const slice = free.find((one) => one.addressType === content.addressType);
    if (slice !== undefined) free.splice(free.indexOf(slice), 1);
    write(endpoints as Endpoints, slice, content, api);
  }
  for (const { metadata } of free) api.delete("EndpointSlice", { name: metadata.name, namespace });
}

function shouldMirror(endpoints: Endpoints | undefined, service: Service | undefined): boolean {
  if (endpoints === undefined || service === undefined) return false;
  const { labels = {}, annotations = {} } = endpoints.metadata;
  return Object.keys(service.spec.selector ?? {}).length === 0 && labels[SKIP] !== "true" &&
    annotations[LEADER] === undefined;
}

interface Content {
  readonly addressType: string;
  readonly endpoints: discovery.Endpoint[];
  readonly ports: discovery.EndpointPort[];
}

function slicesOf({ addresses = [], notReadyAddresses = [], ports = [] }: core.EndpointSubset): Content[] {
  const all = [...addresses.map((one) => mirrored(one, true)), ...notReadyAddresses.map((one) => mirrored(one, false))];
  const listed = ports.map(({ name = "", port, protocol = "TCP", appProtocol }) => ({
    name,
    protocol,
    port,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  }));
  return (["IPv4", "IPv6"] as const).flatMap((addressType) => {
    const endpoints = all.filter((one) => (ipFamily(one.addresses[0] ?? "") === 6 ? "IPv6" : "IPv4") === addressType);
    return endpoints.length === 0 ? [] : [{ addressType, endpoints, ports: listed }];
  });
}

function mirrored({ ip, hostname, nodeName, targetRef }: core.EndpointAddress, ready: boolean): discovery.Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname === undefined ? {} : { hostname }),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}

function write(endpoints: Endpoints, slice: EndpointSlice | undefined, content: Content, api: ControllerApi): void {
  const { name, namespace, labels = {}, annotations = {} } = endpoints.metadata;
  const own = Object.fromEntries(Object.entries(annotations).filter(([key]) => !NOT_MIRRORED.includes(key)));
  const metadata = {
    labels: { ...labels, [MANAGED_BY]: MANAGER, [SERVICE_NAME]: name },
    ...(Object.keys(own).length === 0 ? {} : { annotations: own }),
  };
  if (slice === undefined) {
    api.create({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        generateName: `${name}-`,
        namespace: namespace as string,
        ...metadata,
        ownerReferences: [ownerReference(endpoints)],
      },
      ...content,
    } as Draft);
    return;
  }
  const { endpoints: now, ports } = slice;
  if (
    sameJson({ endpoints: now, ports }, { endpoints: content.endpoints, ports: content.ports })
  ) return;
  api.update({ ...slice, ...content, metadata: { ...slice.metadata, ...metadata } } as EndpointSlice);
}
