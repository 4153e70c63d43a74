/**
 * The order of plugins in a chain, which is a release's and never the Corefile's (plugin.cfg of each release). What stands
 * here is also what a Corefile may name.
 */
import { ORDERS } from "./order_table.ts";

/** The release whose behaviour podwire models where versions differ and none is asked for. */
export const COREDNS_VERSION = "1.14.7";

/** The plugins of a release (`1.11.1`) in their order; an unknown one gets that of the next older release known. */
export function pluginOrder(version: string = COREDNS_VERSION): readonly string[] {
  const wanted = versionNumber(version);
  let order = (ORDERS[0] as readonly [string, string])[1];
  for (const [versions, words] of ORDERS) if (versionNumber(versions.split(" ")[0] as string) <= wanted) order = words;
  return order.split(/\s+/);
}

/** Every release whose order is known, oldest first. */
export const COREDNS_VERSIONS: readonly string[] = ORDERS.flatMap(([versions]) => versions.split(" "));

function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, "").split(".").map(Number);
  return (major * 1000 + minor) * 1000 + patch;
}

/** CoreDNS by kubeadm's minor release: what `registry.k8s.io/coredns/coredns` a cluster runs. */
export const COREDNS_BY_KUBERNETES: Readonly<Record<string, string>> = {
  "1.22": "1.8.4",
  "1.23": "1.8.6",
  "1.24": "1.8.6",
  "1.25": "1.9.3",
  "1.26": "1.9.3",
  "1.27": "1.10.1",
  "1.28": "1.10.1",
  "1.29": "1.11.1",
  "1.30": "1.11.1",
  "1.31": "1.11.3",
  "1.32": "1.11.3",
  "1.33": "1.12.0",
  "1.34": "1.12.1",
};

/** The CoreDNS release of a Kubernetes version (`v1.31.2`); the modelled one where none is known. */
export function corednsFor(kubernetes: string): string {
  const [, minor = ""] = /^v?(\d+\.\d+)/.exec(kubernetes) ?? [];
  return COREDNS_BY_KUBERNETES[minor] ?? COREDNS_VERSION;
}
