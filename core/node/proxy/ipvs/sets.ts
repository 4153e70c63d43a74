/** The ipsets of ipvs mode: names, types and entries. Rules stay few and the same whatever Services there are. */
import { contains, parseIp, requireCidr } from "../../../base/mod.ts";
import type { ServicePort, ServiceView } from "../view.ts";
import { ipvsAddresses, nodePortAddresses } from "./servers.ts";

/** One ipset. */
export interface IpvsSet {
  readonly name: string;
  readonly type: string;
  readonly entries: readonly string[];
}

const TYPES = {
  "KUBE-LOOP-BACK": "hash:ip,port,ip",
  "KUBE-CLUSTER-IP": "hash:ip,port",
  "KUBE-EXTERNAL-IP": "hash:ip,port",
  "KUBE-EXTERNAL-IP-LOCAL": "hash:ip,port",
  "KUBE-LOAD-BALANCER": "hash:ip,port",
  "KUBE-LOAD-BALANCER-LOCAL": "hash:ip,port",
  "KUBE-LOAD-BALANCER-FW": "hash:ip,port",
  "KUBE-LOAD-BALANCER-SOURCE-IP": "hash:ip,port,ip",
  "KUBE-LOAD-BALANCER-SOURCE-CIDR": "hash:ip,port,net",
  "KUBE-NODE-PORT-TCP": "bitmap:port",
  "KUBE-NODE-PORT-UDP": "bitmap:port",
  "KUBE-NODE-PORT-LOCAL-TCP": "bitmap:port",
  "KUBE-NODE-PORT-LOCAL-UDP": "bitmap:port",
  "KUBE-NODE-PORT-SCTP-HASH": "hash:ip,port",
  "KUBE-NODE-PORT-LOCAL-SCTP-HASH": "hash:ip,port",
  "KUBE-HEALTH-CHECK-NODE-PORT": "bitmap:port",
  "KUBE-IPVS-IPS": "hash:ip",
} as const;

/** A set's name without the family. */
export type SetName = keyof typeof TYPES;

const LONGEST = 31;

/** A set's name in a family: `KUBE-6-CLUSTER-IP` in IPv6, cut to what ipset takes. */
export function setName(name: SetName, family: 4 | 6): string {
  return family === 4 ? name : name.replace("KUBE-", "KUBE-6-").slice(0, LONGEST);
}

/** Whether a set is one of ipvs mode. */
export function isIpvsSet(name: string): boolean {
  return (Object.keys(TYPES) as SetName[]).some((each) => setName(each, 4) === name || setName(each, 6) === name);
}

/** The sets of a view, with their entries in order. */
export function ipvsSets(view: ServiceView): IpvsSet[] {
  const entries = new Map<SetName, Set<string>>((Object.keys(TYPES) as SetName[]).map((name) => [name, new Set()]));
  const put = (name: SetName, ...values: readonly string[]) => values.forEach((value) => entries.get(name)?.add(value));
  for (const port of view.ports) fill(port, view, put);
  put("KUBE-IPVS-IPS", ...ipvsAddresses(view));
  return [...entries].map(([name, own]) => ({
    name: setName(name, view.family),
    type: TYPES[name],
    entries: [...own].sort(),
  }));
}

type Put = (name: SetName, ...values: readonly string[]) => void;

function fill(port: ServicePort, view: ServiceView, put: Put): void {
  const { protocol } = port;
  const at = (address: string, number = port.port) => `${address},${protocol}:${number}`;
  for (const { ip, port: number, node } of port.all) {
    if (node === view.nodeName) put("KUBE-LOOP-BACK", `${at(ip, number)},${ip}`);
  }
  put("KUBE-CLUSTER-IP", at(port.clusterIP));
  put(
    port.externalLocal ? "KUBE-EXTERNAL-IP-LOCAL" : "KUBE-EXTERNAL-IP",
    ...port.externalIPs.map((address) => at(address)),
  );
  for (const address of port.loadBalancerIPs) fillBalancer(port, { address: at(address), view, put });
  if (port.nodePort !== 0) fillNodePort(port, view, put);
  if (port.healthCheckNodePort !== 0) put("KUBE-HEALTH-CHECK-NODE-PORT", String(port.healthCheckNodePort));
}

interface Balancer {
  readonly address: string;
  readonly view: ServiceView;
  readonly put: Put;
}

function fillBalancer(port: ServicePort, { address, view, put }: Balancer): void {
  put("KUBE-LOAD-BALANCER", address);
  if (port.externalLocal) put("KUBE-LOAD-BALANCER-LOCAL", address);
  if (port.sourceRanges.length === 0) return;
  put("KUBE-LOAD-BALANCER-FW", address);
  put("KUBE-LOAD-BALANCER-SOURCE-CIDR", ...port.sourceRanges.map((range) => `${address},${range}`));
  const node = parseIp(view.nodeIP);
  const withNode = node !== undefined && port.sourceRanges.some((range) => contains(requireCidr(range), node));
  if (withNode) put("KUBE-LOAD-BALANCER-SOURCE-IP", ...port.loadBalancerIPs.map((vip) => `${address},${vip}`));
}

function fillNodePort(port: ServicePort, view: ServiceView, put: Put): void {
  const { protocol, nodePort, externalLocal } = port;
  if (protocol === "sctp") {
    const values = nodePortAddresses(view).map((address) => `${address},sctp:${nodePort}`);
    put("KUBE-NODE-PORT-SCTP-HASH", ...values);
    if (externalLocal) put("KUBE-NODE-PORT-LOCAL-SCTP-HASH", ...values);
    return;
  }
  const kind = protocol === "tcp" ? "TCP" : "UDP";
  put(`KUBE-NODE-PORT-${kind}`, String(nodePort));
  if (externalLocal) put(`KUBE-NODE-PORT-LOCAL-${kind}`, String(nodePort));
}

/** `ipset restore` text: missing sets made, all emptied and filled. */
export function printIpvsSets(view: ServiceView): string {
  const family = view.family === 4 ? "inet" : "inet6";
  return ipvsSets(view).flatMap(({ name, type, entries }) => [
    `create ${name} ${type} ${
      type === "bitmap:port" ? "range 0-65535" : `family ${family} hashsize 1024 maxelem 65536`
    } -exist\n`,
    `flush ${name}\n`,
    ...entries.map((entry) => `add ${name} ${entry} -exist\n`),
  ]).join("");
}

/** The text of a view's sets; nothing where there is no view. */
export function setsOfView(view: ServiceView | undefined): string {
  return view === undefined ? "" : printIpvsSets(view);
}
