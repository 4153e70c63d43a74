/** Calico on a node: calico-node with Felix, and its CNI plugins. */
export { type CalicoNodeOptions, startCalicoNode } from "./calico_node.ts";
export { clusterIpam } from "./datastore.ts";
export { calicoPlugins } from "./cni.ts";
export { type FelixOptions, startFelix } from "./felix.ts";
export { calicoActs, defineCalico, installCalico } from "./install.ts";
