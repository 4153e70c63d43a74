/** /etc/hosts of a pod, as kubelet writes it: its own name, and hostAliases. */
import type { Pod } from "../../kube/mod.ts";

const HEAD = [
  "# Kubernetes-managed hosts file.",
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "fe00::0\tip6-mcastprefix",
  "fe00::1\tip6-allnodes",
  "fe00::2\tip6-allrouters",
];

/** The host name of a pod: `spec.hostname`, else its own name, cut to 63 characters. */
export function podHostname({ spec, metadata }: Pod): string {
  return (spec.hostname ?? metadata.name).slice(0, 63).replace(/[-.]+$/, "");
}

/** The text for a pod with that address; `domain` is the cluster's (`cluster.local`). */
export function podHosts(pod: Pod, address: string, domain: string): string {
  const hostname = podHostname(pod);
  const { subdomain } = pod.spec;
  const qualified = subdomain === undefined ? [] : [`${hostname}.${subdomain}.${pod.metadata.namespace}.svc.${domain}`];
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip, hostnames }) => [ip, ...hostnames ?? []].join("\t"));
  return [
    ...HEAD,
    [address, ...qualified, hostname].join("\t"),
    ...(aliases.length === 0 ? [] : ["", "# Entries added by HostAliases.", ...aliases]),
    "",
  ].join("\n");
}

/** /etc/hosts of a hostNetwork pod: the node's own, with hostAliases behind. */
export function nodeHosts(pod: Pod, node: string): string {
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip, hostnames }) => [ip, ...hostnames ?? []].join("\t"));
  const head = `# Kubernetes-managed hosts file (host network).\n${node}`;
  return aliases.length === 0 ? head : `${head}\n# Entries added by HostAliases.\n${aliases.join("\n")}\n`;
}
