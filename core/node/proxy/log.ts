/**
 * What kube-proxy says when it starts, in klog's lines:
 *
 *     E1121 17:13:09.000000       1 server.go:265] "MESSAGE" err="TEXT"        level month day, time, thread, place in its source
 */
import { ipFamily } from "../../base/mod.ts";
import type { EndpointSlice } from "../../kube/mod.ts";
import type { ProxyConfig, ProxyNode } from "./config.ts";
import { familyOfRange } from "./service_ports.ts";

/** A line without time and thread: `E server.go:265] "..."`. */
export type LogLine = `${"E" | "W"} ${string}] ${string}`;

/** What there is to start with. */
export interface Starting {
  readonly config: ProxyConfig;
  readonly node: ProxyNode;
  readonly endpointSlices: readonly EndpointSlice[];
  /** nftables mode finds no table of its own. */
  readonly fresh: boolean;
}

/** The errors and warnings of a start, in the order in which they come. */
export function startLog({ config, node, endpointSlices, fresh }: Starting): LogLine[] {
  const incomplete = badConfig(config, node).map((problem): LogLine =>
    `E server.go:265] "Kube-proxy configuration may be incomplete or incorrect" err=${JSON.stringify(problem)}`
  );
  const nothing: LogLine[] = config.mode === "nftables" && fresh
    ? ['E proxier.go:1169] "Failed to list existing nftables objects" err=<']
    : [];
  return [...incomplete, ...endpointSlices.flatMap(portlessLines), ...nothing];
}

/** A line for each port of a slice that has no number. */
export function portlessLines({ ports }: EndpointSlice): LogLine[] {
  const portless = (ports ?? []).filter(({ port }) => port === undefined || port === null);
  return portless.map(({ name }): LogLine =>
    `E endpointslicecache.go:179] "Ignoring invalid endpoint port" portName=${JSON.stringify(name ?? "")}`
  );
}

/** What of a configuration lets node ports answer where nobody may want them. Both families count as used where something is of both. */
function badConfig(config: ProxyConfig, node: ProxyNode): string[] {
  const addresses = config.nodePortAddresses ?? [];
  if (addresses.length === 0) {
    return config.mode === "nftables" ? [] : [
      "nodePortAddresses is unset; NodePort connections will be accepted on all local IPs. Consider using `--nodeport-addresses primary`",
    ];
  }
  if (addresses[0] === "primary") return [];
  const primary = ipFamily(node.addresses[0] ?? "") ?? 4;
  const pods = config.detectLocalMode === "NodeCIDR" ? node.podCIDRs : [];
  const clusters = (config.clusterCIDR ?? "").split(",").map((cidr) => cidr.trim());
  const dual = [pods, clusters, addresses].some((cidrs) => new Set(cidrs.map(familyOfRange)).size > 1);
  if (!dual || addresses.some((cidr) => familyOfRange(cidr) !== primary)) return [];
  return [
    `cluster appears to be dual-stack but nodePortAddresses contains only IPv${primary} addresses; ` +
    `NodePort connections will be accepted on all local IPv${primary === 4 ? 6 : 4} IPs`,
  ];
}

/** A line as it stands in the log at a time, in milliseconds since 1970. */
export function printLogLine(line: LogLine, at: number): string {
  const [, date = "", time = ""] = /^\d+-(\d+-\d+)T([\d:.]+)Z$/.exec(new Date(at).toISOString()) ?? [];
  return `${line[0]}${date.replace("-", "")} ${time}000       1 ${line.slice(2)}\n`;
}
