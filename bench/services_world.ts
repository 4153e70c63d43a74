/** The Services, slices and nodes that kube-proxies are measured with. */
import type { EndpointSlice, KubeObject, Service } from "../core/kube/mod.ts";

const META = { uid: "", resourceVersion: "", creationTimestamp: "2026-01-01T00:00:00Z", namespace: "ns" };
/** The address of a pod. */
export const pod = (i: number): string => `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;

/** A Service with a cluster IP and one port. */
export function serviceOf(i: number): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...META, name: `svc${i}` },
    spec: {
      type: "ClusterIP",
      clusterIP: `172.30.${i >> 8}.${i & 255}`,
      ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: 8080 }],
    },
    status: {},
  } as Service;
}

/** Every second endpoint is on the one node, unless `nodeName` says where. */
export function sliceOf(
  i: number,
  addresses: readonly string[],
  nodeName: (n: number) => string = (n) => n % 2 === 0 ? "test-node" : "other",
): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...META, name: `svc${i}-a`, labels: { "kubernetes.io/service-name": `svc${i}` } },
    addressType: "IPv4",
    endpoints: addresses.map((address, n) => ({
      addresses: [address],
      nodeName: nodeName(n),
      conditions: { ready: true },
    })),
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  } as EndpointSlice;
}

/** A node with an address. */
export function nodeOf(name: string, address: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { uid: "", resourceVersion: "", creationTimestamp: META.creationTimestamp, name },
    spec: {},
    status: { addresses: [{ type: "InternalIP", address }] },
  } as KubeObject;
}
