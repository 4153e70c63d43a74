import { chainsOf, endpointChainOf, type PortChains, traffic } from "./chains.ts";
import { externallyAccessible, type LocalTraffic, type ServicePort, type ServiceView } from "../view.ts";
import { contains, parseIp, requireCidr } from "../../../base/mod.ts";

/** Rules of one chain of one table: the arguments after `-A CHAIN`. */
interface ChainRules {
  readonly chain: string;
  readonly rules: readonly string[];
}

interface SharedRules {
  readonly filter: readonly ChainRules[];
  readonly nat: readonly ChainRules[];
}

const comment = (text: string): string => `-m comment --comment "${text}"`;
const bareComment = (text: string): string => `-m comment --comment ${text}`;

function destination(port: ServicePort, address: string): string {
  return `-m ${port.protocol} -p ${port.protocol} -d ${address} --dport ${port.port}`;
}

// ------------------------------------------------------------------------------------------------ shared chains

/** What a Service port adds to KUBE-SERVICES, KUBE-EXTERNAL-SERVICES, KUBE-NODEPORTS and KUBE-PROXY-FIREWALL, as lines. */
export interface SharedText {
  readonly filter: string;
  readonly nat: string;
}

/** The lines of a Service port in the chains that all share. */
export function sharedText(port: ServicePort, view: ServiceView): SharedText {
  const make = () => {
    const { filter, nat } = makeShared(port, view);
    return { filter: linesOf(filter), nat: linesOf(nat) };
  };
  return once(shared, port, { key: viewKey(port, view), make });
}

function linesOf(chains: readonly ChainRules[]): string {
  let text = "";
  for (const { chain, rules } of chains) for (const rule of rules) text += `-A ${chain} ${rule}\n`;
  return text;
}

const shared = new WeakMap<ServicePort, Made<SharedText>>();
const own = new WeakMap<ServicePort, Made<OwnText>>();

/** What was made of a port, and for what kind of view. */
interface Made<T> {
  readonly key: string;
  readonly value: T;
}

/** Ports are values: what was made of one holds for every view of the same kind. */
function once<T>(
  kept: WeakMap<ServicePort, Made<T>>,
  port: ServicePort,
  { key, make }: { readonly key: string; readonly make: () => T },
): T {
  const known = kept.get(port);
  if (known?.key === key) return known.value;
  const value = make();
  kept.set(port, { key, value });
  return value;
}

const keys = new WeakMap<ServiceView, string>();

/** What of a view, beside its ports, decides about a port's rules: the node itself only where source ranges may hold it. */
function viewKey(port: ServicePort, view: ServiceView): string {
  let key = keys.get(view);
  if (key === undefined) {
    const { localTraffic, localhostNodePorts, masqueradeAll, nfacct } = view;
    key = JSON.stringify([localTraffic, localhostNodePorts, masqueradeAll, nfacct]);
    keys.set(view, key);
  }
  return port.sourceRanges.length === 0 ? key : `${key} ${view.nodeIP}`;
}

function makeShared(port: ServicePort, view: ServiceView): SharedRules {
  const { name } = port;
  const chains = chainsOf(port);
  const to = traffic(port);
  const refuse = to.any ? `-j DROP` : `-j REJECT`;
  const why = to.any ? `${name} has no local endpoints` : `${name} has no endpoints`;
  const nat: string[] = [];
  const services: string[] = [];
  const external: string[] = [];
  if (to.internal) {
    nat.push(`${comment(`${name} cluster IP`)} ${destination(port, port.clusterIP)} -j ${to.internalChain}`);
  } else services.push(`${comment(why)} ${destination(port, port.clusterIP)} ${refuse}`);
  for (const address of port.externalIPs) {
    if (to.any) nat.push(`${comment(`${name} external IP`)} ${destination(port, address)} -j ${chains.external}`);
    if (!to.external) external.push(`${comment(why)} ${destination(port, address)} ${refuse}`);
  }
  const balanced = to.firewall ? chains.firewall : chains.external;
  for (const address of port.loadBalancerIPs) {
    if (to.any) nat.push(`${comment(`${name} loadbalancer IP`)} ${destination(port, address)} -j ${balanced}`);
    if (!to.external) external.push(`${comment(why)} ${destination(port, address)} ${refuse}`);
  }
  if (port.nodePort !== 0 && !to.external) {
    const any = `-m addrtype --dst-type LOCAL -m ${port.protocol} -p ${port.protocol} --dport ${port.nodePort}`;
    external.push(`${comment(why)} ${any} ${refuse}`);
  }
  return {
    filter: [
      { chain: "KUBE-SERVICES", rules: services },
      { chain: "KUBE-EXTERNAL-SERVICES", rules: external },
      { chain: "KUBE-NODEPORTS", rules: healthRules(port) },
      { chain: "KUBE-PROXY-FIREWALL", rules: to.firewall ? firewallDrops(port, chains) : [] },
    ],
    nat: [
      { chain: "KUBE-SERVICES", rules: nat },
      { chain: "KUBE-NODEPORTS", rules: to.any ? nodePortRules(port, view) : [] },
    ],
  };
}

function healthRules(port: ServicePort): string[] {
  if (port.healthCheckNodePort === 0) return [];
  return [
    `${comment(`${port.name} health check node port`)} -m tcp -p tcp --dport ${port.healthCheckNodePort} -j ACCEPT`,
  ];
}

function firewallDrops(port: ServicePort, chains: PortChains): string[] {
  const text = comment(`${port.name} traffic not accepted by ${chains.firewall}`);
  return port.loadBalancerIPs.map((address) => `${text} ${destination(port, address)} -j DROP`);
}

function nodePortRules(port: ServicePort, view: ServiceView): string[] {
  if (port.nodePort === 0) return [];
  const { protocol, nodePort } = port;
  const [head, tail] = [`${bareComment(port.name)} -m ${protocol} -p ${protocol}`, `-j ${chainsOf(port).external}`];
  const counted =
    `${head} -d 127.0.0.0/8 --dport ${nodePort} -m nfacct --nfacct-name localhost_nps_accepted_pkts ${tail}`;
  const plain = `${head} --dport ${nodePort} ${tail}`;
  return view.localhostNodePorts && view.nfacct ? [counted, plain] : [plain];
}

// ------------------------------------------------------------------------------------------------ chains of its own

/** The chains that a Service port has for itself, as text: their declarations, and their rules. */
export interface OwnText {
  readonly chains: readonly string[];
  readonly declared: string;
  readonly rules: string;
}

/** A Service port's own chains, in the order they are written. `large` leaves out the balancing comments. */
export function ownText(port: ServicePort, view: ServiceView, large: boolean): OwnText {
  const make = () => {
    const made = makeOwn(port, view, large);
    const chains = made.map(({ chain }) => chain);
    return { chains, declared: chains.map((chain) => `:${chain} - [0:0]\n`).join(""), rules: linesOf(made) };
  };
  return once(own, port, { key: `${viewKey(port, view)}${large}`, make });
}

/** The names of a Service port's own chains. */
export function chainNames(port: ServicePort, view: ServiceView): readonly string[] {
  return own.get(port)?.value.chains ?? makeOwn(port, view, true).map(({ chain }) => chain);
}

function makeOwn(port: ServicePort, view: ServiceView, large: boolean): ChainRules[] {
  const to = traffic(port);
  if (!to.any) return [];
  const chains = chainsOf(port);
  const written = new Map<string, string[]>();
  const at = (chain: string): string[] => {
    const rules = written.get(chain) ?? [];
    written.set(chain, rules);
    return rules;
  };
  if (externallyAccessible(port)) at(chains.external).push(...externalRules(port, view));
  if (to.firewall) at(chains.firewall).push(...firewallRules(port, view));
  if (to.clusterChain) at(chains.cluster).push(...balancing(port, port.cluster, large));
  if (to.localChain) at(chains.local).push(...balancing(port, port.local, large));
  if (to.internal) at(to.internalChain).unshift(...internalRules(port, view));
  for (const endpoint of port.reachable) {
    at(endpointChainOf(port, endpoint)).push(...endpointRules(port, endpoint, large));
  }
  return [...written].map(([chain, rules]) => ({ chain, rules }));
}

function internalRules(port: ServicePort, view: ServiceView): string[] {
  const text = `${comment(`${port.name} cluster IP`)} ${destination(port, port.clusterIP)}`;
  if (view.masqueradeAll) return [`${text} -j KUBE-MARK-MASQ`];
  return view.localTraffic === undefined ? [] : [`${text} ${ifNotLocal(view.localTraffic)} -j KUBE-MARK-MASQ`];
}

function ifLocal(local: LocalTraffic): string {
  return local.by === "source" ? `-s ${local.cidr}` : `-i ${local.pattern}`;
}

function ifNotLocal(local: LocalTraffic): string {
  return `! ${ifLocal(local)}`;
}

function externalRules(port: ServicePort, view: ServiceView): string[] {
  const { cluster, local } = chainsOf(port);
  const to = traffic(port);
  const rules: string[] = [];
  const about = (text: string) => comment(`${text} ${port.name} external destinations`);
  if (!port.externalLocal) {
    rules.push(`${about("masquerade traffic for")} -j KUBE-MARK-MASQ`);
  } else {
    if (view.localTraffic !== undefined) {
      rules.push(`${about("pod traffic for")} ${ifLocal(view.localTraffic)} -j ${cluster}`);
    }
    rules.push(`${about("masquerade LOCAL traffic for")} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`);
    rules.push(`${about("route LOCAL traffic for")} -m addrtype --src-type LOCAL -j ${cluster}`);
  }
  if (to.external) rules.push(`-j ${port.externalLocal ? local : cluster}`);
  return rules;
}

/** A range that holds the node's own address lets the load balancer's address in as a source as well: the node's packets to it carry it. */
function firewallRules(port: ServicePort, view: ServiceView): string[] {
  const text = comment(`${port.name} loadbalancer IP`);
  const to = `-j ${chainsOf(port).external}`;
  const node = parseIp(view.nodeIP);
  const withNode = node !== undefined && port.sourceRanges.some((range) => contains(requireCidr(range), node));
  return [
    ...port.sourceRanges.map((range) => `${text} -s ${range} ${to}`),
    ...(withNode ? port.loadBalancerIPs.map((address) => `${text} -s ${address} ${to}`) : []),
    comment(`other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL`),
  ];
}

/** The chance of one among so many, as kube-proxy writes it. */
export function printProbability(among: number): string {
  return (1 / among).toFixed(10);
}

function balancing(port: ServicePort, endpoints: ServicePort["cluster"], large: boolean): string[] {
  const rules: string[] = [];
  const lead = (text: string) => (large ? "" : `${comment(`${port.name} -> ${text}`)} `);
  for (const endpoint of port.affinity === undefined ? [] : endpoints) {
    const chain = endpointChainOf(port, endpoint);
    const recent = `-m recent --name ${chain} --rcheck --seconds ${port.affinity} --reap`;
    rules.push(`${lead(endpoint.text)}${recent} -j ${chain}`);
  }
  endpoints.forEach((endpoint, i) => {
    const left = endpoints.length - i;
    const chance = left > 1 ? `-m statistic --mode random --probability ${printProbability(left)} ` : "";
    rules.push(`${lead(endpoint.text)}${chance}-j ${endpointChainOf(port, endpoint)}`);
  });
  return rules;
}

function endpointRules(port: ServicePort, endpoint: ServicePort["cluster"][number], large: boolean): string[] {
  const lead = large ? "" : `${bareComment(port.name)} `;
  const chain = endpointChainOf(port, endpoint);
  const recent = port.affinity === undefined ? "" : `-m recent --name ${chain} --set `;
  const { protocol } = port;
  return [
    `${lead}-s ${endpoint.ip} -j KUBE-MARK-MASQ`,
    `${lead}${recent}-m ${protocol} -p ${protocol} -j DNAT --to-destination ${endpoint.text}`,
  ];
}
