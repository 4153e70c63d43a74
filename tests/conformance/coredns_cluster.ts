/** Clusters of the fixture as a store of Kubernetes objects. */
import { type KubeObject, Store } from "../../core/kube/mod.ts";
import type { ClusterFixture, Fixture, JsonObject } from "./coredns_format.ts";

/** The store of a fixture's cluster; namespaces of `names` exist too unless the fixture says that they do not. */
export function clusterOf(fixture: Fixture, key: string, names: readonly string[]): Store {
  const store = new Store();
  const given = (fixture[key] ?? {}) as ClusterFixture;
  const put = (object: unknown) => store.put(object as KubeObject);
  const objects = [
    ...(given.services ?? []).map(service),
    ...(given.serviceImports ?? []).map(serviceImport),
    ...(given.endpointSlices ?? []).map(slice),
    ...(given.pods ?? []).map(pod),
  ];
  const namespaces = new Set([...objects.map(({ metadata }) => metadata.namespace), ...names]);
  for (const name of given.missing_namespaces ?? []) namespaces.delete(name);
  for (const name of namespaces) put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  for (const object of objects) put(object);
  return store;
}

function metadataOf({ name, namespace, labels }: JsonObject) {
  return { name: String(name), namespace: String(namespace), ...(labels === undefined ? {} : { labels }) };
}

function ports(given: JsonObject) {
  return ((given.ports ?? []) as readonly JsonObject[]).filter(({ port }) => port !== -1);
}

function service(given: JsonObject) {
  const { type = "ClusterIP", clusterIPs, externalIPs, externalName } = given;
  const named = externalName === undefined ? {} : { externalName };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadataOf(given),
    spec: { type, clusterIPs, ports: ports(given), ...(externalIPs === undefined ? {} : { externalIPs }), ...named },
    status: {},
  };
}

function serviceImport(given: JsonObject) {
  return {
    apiVersion: "multicluster.x-k8s.io/v1alpha1",
    kind: "ServiceImport",
    metadata: metadataOf(given),
    spec: { type: given.type, ips: given.clusterIPs, ports: ports(given) },
  };
}

function slice(given: JsonObject) {
  const { service = "", clusterId, addresses = [] } = given;
  const labels = clusterId === undefined ? { "kubernetes.io/service-name": service } : {
    "kubernetes.io/service-name": service,
    "multicluster.kubernetes.io/service-name": service,
    "multicluster.kubernetes.io/source-cluster": clusterId,
  };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...metadataOf(given), labels },
    addressType: "IPv4",
    ports: ports(given),
    endpoints: (addresses as readonly JsonObject[]).map(({ ip, hostname, zone, targetRefName, nodeName }) => ({
      addresses: [ip],
      conditions: { ready: true },
      ...(hostname === undefined ? {} : { hostname }),
      ...(zone === undefined ? {} : { zone }),
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(targetRefName === undefined ? {} : { targetRef: { kind: "Pod", name: targetRefName } }),
    })),
  };
}

function pod(given: JsonObject) {
  const status = { phase: "Running", podIP: given.ip, podIPs: [{ ip: given.ip }] };
  return { apiVersion: "v1", kind: "Pod", metadata: metadataOf(given), spec: { containers: [] }, status };
}
