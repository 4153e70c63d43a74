import { ipFamily } from "../../../../base/mod.ts";
import { type EndpointSlice, type KubeObject, matches, type Service } from "../../../../kube/mod.ts";
import type { ClusterView } from "../../plugin.ts";
import type { KubernetesOptions } from "./setup.ts";

/** A port of a Service or of its endpoints; -1 stands for "no ports at all", which gives addresses but no SRV. */
export interface PortEntry {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

/** A Service as DNS needs it. */
export interface ServiceEntry {
  readonly name: string;
  readonly namespace: string;
  readonly headless: boolean;
  /** Target of an ExternalName Service. */
  readonly externalName: string | undefined;
  readonly clusterIPs: readonly string[];
  readonly ports: readonly PortEntry[];
  /** Addresses and host names outside the cluster: its own, then its load balancer's. */
  readonly externalIPs: readonly string[];
}

/** A pod that may ask. */
export interface PodEntry {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** One ready address of an EndpointSlice. */
export interface AddressEntry {
  readonly ip: string;
  readonly hostname: string | undefined;
  readonly pod: string | undefined;
  /** The topology zone it is in, lower case. */
  readonly zone: string;
}

/** One EndpointSlice: its ready addresses with its ports. */
export interface SliceEntry {
  readonly service: string;
  readonly namespace: string;
  readonly addresses: readonly AddressEntry[];
  readonly ports: readonly PortEntry[];
  /** The cluster it was imported from; empty for this one. */
  readonly cluster: string;
}

/** What multicluster zones answer from (the Multi-Cluster Services API). */
interface ServiceImport extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly ips?: readonly string[];
    readonly ports?: readonly AnyPort[];
  };
}

const IMPORTS = ["ServiceImport", "ServiceImport.multicluster.x-k8s.io"] as const;
const KINDS = new Set(["Service", "EndpointSlice", "Namespace", "Pod", ...IMPORTS]);
const SERVICE_LABEL = "kubernetes.io/service-name";
const IMPORTED_LABEL = "multicluster.kubernetes.io/service-name";
const CLUSTER_LABEL = "multicluster.kubernetes.io/source-cluster";

/** Services and their endpoints by `NAMESPACE/NAME`. */
export interface ServiceObjects {
  readonly services: ReadonlyMap<string, ServiceEntry>;
  readonly slices: ReadonlyMap<string, readonly SliceEntry[]>;
}

/** The cluster's objects by what names ask for. Built anew when an object changed, at the next question. */
export class ClusterIndex {
  readonly namespaces = new Set<string>();
  readonly services = new Map<string, ServiceEntry>();
  readonly servicesByIp = new Map<string, ServiceEntry[]>();
  readonly slices = new Map<string, SliceEntry[]>();
  readonly slicesByIp = new Map<string, SliceEntry[]>();
  readonly #imported = new Map<string, ServiceEntry>();
  readonly #importedSlices = new Map<string, SliceEntry[]>();
  /** The pods that have an address. */
  readonly podsByIp = new Map<string, PodEntry[]>();
  /** Seconds of the last change of an address outside the cluster; 0 before there was one. */
  externalSerial = 0;
  #stale = true;
  #changed: number;

  constructor(
    readonly cluster: ClusterView | undefined,
    readonly options: KubernetesOptions,
    readonly now: () => number,
  ) {
    this.#changed = now();
    cluster?.watch(({ object, old }) => {
      if (!KINDS.has(object.kind)) return;
      if ([object, old].some(hasExternal)) this.externalSerial = Math.floor(now() / 1000);
      this.#stale = true;
      this.#changed = now();
    });
  }

  /** Whether the API server has told of its objects. */
  get synced(): boolean {
    return this.cluster !== undefined;
  }

  /** Serial of the zones: seconds of the last change. */
  get serial(): number {
    return this.synced ? Math.floor(this.#changed / 1000) : 0;
  }

  /** The index as of now. */
  current(): this {
    if (this.#stale && this.cluster !== undefined) this.#rebuild(this.cluster);
    this.#stale = false;
    return this;
  }

  /** The Services a zone answers from: its own, or those imported from other clusters. */
  objects(zone: string): ServiceObjects {
    if (!this.options.multicluster.includes(zone)) return this;
    return { services: this.#imported, slices: this.#importedSlices };
  }

  /** Whether names of a namespace are answered at all. */
  exposes(namespace: string): boolean {
    const { namespaces } = this.options;
    return (namespaces.length === 0 || namespaces.includes(namespace)) && this.namespaces.has(namespace);
  }

  #rebuild(cluster: ClusterView): void {
    for (const map of [this.services, this.servicesByIp, this.slices, this.slicesByIp, this.podsByIp]) map.clear();
    for (const map of [this.#imported, this.#importedSlices]) map.clear();
    this.namespaces.clear();
    const { labels, namespaceLabels, pods, endpoints } = this.options;
    for (const { metadata } of cluster.list("Namespace")) {
      if (namespaceLabels === undefined || matches(namespaceLabels, metadata.labels)) {
        this.namespaces.add(metadata.name);
      }
    }
    for (const service of cluster.list("Service", labels === undefined ? {} : { labels })) this.#addService(service);
    if (this.options.multicluster.length > 0) {
      for (const kind of IMPORTS) for (const object of cluster.list(kind)) this.#addImport(object);
    }
    if (endpoints) {
      for (const slice of cluster.list("EndpointSlice", labels === undefined ? {} : { labels })) {
        this.#addSlice(slice);
      }
    }
    if (pods !== "verified") return;
    for (const pod of cluster.list("Pod")) {
      const { name, namespace = "", labels = {} } = pod.metadata;
      const ended = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
      for (const { ip } of ended ? [] : pod.status?.podIPs ?? []) {
        if (ip) push(this.podsByIp, ip, { name, namespace, labels });
      }
    }
  }

  #addService({ metadata, spec, status }: Service): void {
    const clusterIPs = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP ?? ""];
    const entry: ServiceEntry = {
      name: metadata.name,
      namespace: metadata.namespace ?? "",
      headless: clusterIPs[0] === "None",
      externalName: spec.type === "ExternalName" ? spec.externalName ?? "" : undefined,
      clusterIPs: clusterIPs.filter((ip) => ipFamily(ip) !== undefined),
      ports: portEntries(spec.ports),
      externalIPs: [...spec.externalIPs ?? [], ...ingressOf(status)],
    };
    this.services.set(`${entry.namespace}/${entry.name}`, entry);
    for (const ip of entry.clusterIPs) push(this.servicesByIp, ip, entry);
  }

  #addImport({ metadata, spec = {} }: ServiceImport): void {
    const { name, namespace = "" } = metadata;
    this.#imported.set(`${namespace}/${name}`, {
      name,
      namespace,
      headless: spec.type === "Headless",
      externalName: undefined,
      clusterIPs: spec.ips ?? [],
      ports: portEntries(spec.ports),
      externalIPs: [],
    });
  }

  #addSlice(slice: EndpointSlice): void {
    const { labels = {}, namespace = "" } = slice.metadata;
    const own = labels[SERVICE_LABEL];
    const imported = labels[IMPORTED_LABEL];
    if (own !== undefined) {
      const entry = sliceEntry(slice, own, "");
      push(this.slices, `${namespace}/${own}`, entry);
      for (const ip of new Set(entry.addresses.map((address) => address.ip))) push(this.slicesByIp, ip, entry);
    }
    if (imported === undefined) return;
    const entry = sliceEntry(slice, imported, labels[CLUSTER_LABEL] ?? "");
    push(this.#importedSlices, `${namespace}/${imported}`, entry);
  }
}

/** The ready addresses of a slice with its ports. */
function sliceEntry(slice: EndpointSlice, service: string, cluster: string): SliceEntry {
  const ready = (slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready ?? true);
  const addresses = ready.flatMap(({ addresses, hostname, targetRef, zone }) =>
    addresses.map((ip) => ({
      ip,
      hostname: hostname || undefined,
      pod: targetRef?.name,
      zone: (zone ?? "").toLowerCase(),
    }))
  );
  const namespace = slice.metadata.namespace ?? "";
  return { service, namespace, addresses, ports: portEntries(slice.ports ?? []), cluster: cluster.toLowerCase() };
}

function hasExternal(object: KubeObject | undefined): boolean {
  if (object?.kind !== "Service") return false;
  const { spec, status } = object as Service;
  return (spec.externalIPs ?? []).length + ingressOf(status).length > 0;
}

/** Addresses of a load balancer, its host names where it has no address. */
function ingressOf(status: Service["status"]): string[] {
  return (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "").filter(Boolean);
}

type AnyPort = { readonly name?: string | null; readonly protocol?: string | null; readonly port?: number | null };

function portEntries(ports: readonly AnyPort[] | undefined): PortEntry[] {
  if (ports === undefined || ports.length === 0) return [{ name: "", protocol: "", port: -1 }];
  return ports.map(({ name, protocol, port }) => ({ name: name ?? "", protocol: protocol ?? "TCP", port: port ?? 0 }));
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** The label of an endpoint: its hostname, its pod's name where asked for, else its address with dashes. */
export function endpointLabel({ ip, hostname, pod }: AddressEntry, podNames: boolean): string {
  if (hostname !== undefined) return hostname;
  if (podNames && pod !== undefined && pod !== "" && pod.length < 64) return pod;
  const dashed = ip.replaceAll(/[.:]/g, "-");
  return dashed.endsWith("-") ? `${dashed}0` : dashed;
}
