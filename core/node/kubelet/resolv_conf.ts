/**
 * /etc/resolv.conf of a pod, by its dnsPolicy and dnsConfig:
 *
 *     ClusterFirst               cluster DNS, the namespace's search list, ndots:5; Default for hostNetwork pods
 *     ClusterFirstWithHostNet    the same for hostNetwork pods, too
 *     Default                    the node's own
 *     None                       dnsConfig alone
 *
 * dnsConfig is added to each: name servers and search domains behind (each once), options by name over those there.
 */
import { parseResolvConf } from "../../dns/mod.ts";
import type { Pod } from "../../kube/mod.ts";

/** The cluster's DNS as kubelet's configuration names it. */
export interface ClusterDns {
  readonly servers: readonly string[];
  /** `cluster.local` */
  readonly domain: string;
}

interface Config {
  readonly search: readonly string[];
  readonly servers: readonly string[];
  readonly options: readonly string[];
}

/** Most name servers and search domains that a pod gets, and the longest search line. */
const MAX_SERVERS = 3;
const MAX_SEARCH = 32;

/** The text for a pod on a node whose own resolv.conf is `node`. */
export function podResolvConf(pod: Pod, node: string, dns: ClusterDns): string {
  const { search, servers, options } = withDnsConfig(base(pod, readNode(node), dns), pod.spec.dnsConfig ?? {});
  return [
    ...(search.length === 0 ? [] : [`search ${search.slice(0, MAX_SEARCH).join(" ")}`]),
    ...servers.slice(0, MAX_SERVERS).map((server) => `nameserver ${server}`),
    ...(options.length === 0 ? [] : [`options ${options.join(" ")}`]),
  ].map((line) => `${line}\n`).join("");
}

function readNode(text: string): Config {
  const { nameservers: servers, search } = parseResolvConf(text);
  const options = /^options\s+(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  return { servers, search, options };
}

function base({ spec, metadata }: Pod, node: Config, { servers, domain }: ClusterDns): Config {
  const policy = spec.dnsPolicy ?? "ClusterFirst";
  if (policy === "None") return { search: [], servers: [], options: [] };
  if (policy === "Default" || (policy === "ClusterFirst" && spec.hostNetwork === true)) return node;
  const search = [`${metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain, ...node.search];
  return { search, servers, options: ["ndots:5"] };
}

function withDnsConfig({ search, servers, options }: Config, config: NonNullable<Pod["spec"]["dnsConfig"]>): Config {
  const added = (config.options ?? []).map(({ name, value }) => (value === undefined ? `${name}` : `${name}:${value}`));
  const names = new Set(added.map(optionName));
  return {
    search: [...new Set([...search, ...config.searches ?? []])],
    servers: [...new Set([...servers, ...config.nameservers ?? []])],
    options: [...options.filter((option) => !names.has(optionName(option))), ...added],
  };
}

function optionName(option: string): string {
  return option.split(":")[0] as string;
}
