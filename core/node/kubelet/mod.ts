/** The kubelet: pods bound to a node become namespaces, files and processes. */
export { Kubelet } from "./kubelet.ts";
export type { ContainerMachine, ContainerRuntime, KubeletParts } from "./parts.ts";
export type { ClusterDns } from "./resolv_conf.ts";
