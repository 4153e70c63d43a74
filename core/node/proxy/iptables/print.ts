/**
 * `iptables-restore --noflush` text of kube-proxy in iptables mode:
 *
 *     *filter  :CHAIN - [0:0] ...  -A CHAIN RULE ...  COMMIT
 *     *nat     :CHAIN - [0:0] ...  -A CHAIN RULE ...  -X STALE ...  COMMIT
 *
 * A chain that is declared is emptied first, so a partial text declares the shared chains and those of changed Services.
 */
import { isServiceChain } from "../names.ts";
import { type ServicePort, type ServiceView, totalEndpoints } from "../view.ts";
import { type ChainRules, ownChains, sharedRules } from "./rules.ts";

/** More endpoints than this in all Services, and comments and cleaning are spared. */
export const LARGE_CLUSTER = 1000;

const FILTER_CHAINS = [
  "KUBE-SERVICES",
  "KUBE-EXTERNAL-SERVICES",
  "KUBE-FORWARD",
  "KUBE-NODEPORTS",
  "KUBE-PROXY-FIREWALL",
];
const NAT_CHAINS = ["KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-MARK-MASQ"];

/** What to write. */
export interface PrintOptions {
  /** Only the chains of these Services (`namespace/name`), besides the shared ones; all when left out. */
  readonly only?: ReadonlySet<string>;
  /** Chains to take away: those of Services and endpoints that are gone. */
  readonly stale?: readonly string[];
}

/** The text of a view for one family; the whole of it, or what a change needs. */
export function printIptables(view: ServiceView, options: PrintOptions = {}): string {
  const large = totalEndpoints(view) > LARGE_CLUSTER;
  const wanted = view.ports.filter((port) => options.only?.has(`${port.namespace}/${port.service}`) ?? true);
  const own = wanted.flatMap((port) => ownChains(port, view, large));
  const shared = view.ports.map((port) => sharedRules(port, view));
  const stale = options.stale ?? [];
  return [
    ...table("filter", declared(FILTER_CHAINS, "KUBE-FIREWALL"), [
      ...firewallRule(view),
      ...lines(shared.flatMap((rules) => rules.filter)),
      ...forwardRules(view),
    ]),
    ...table("nat", declared(NAT_CHAINS, ...own.map(({ chain }) => chain), ...stale), [
      ...masqueradeRules(view),
      ...lines(shared.flatMap((rules) => rules.nat)),
      ...lines(own),
      ...nodePortJumps(view),
      ...stale.map((chain) => `-X ${chain}`),
    ]),
    "",
  ].join("\n");
}

/** The nat chains that a view's Services have; what is there beyond them is stale. */
export function activeChains(view: ServiceView): Set<string> {
  const large = totalEndpoints(view) > LARGE_CLUSTER;
  return new Set(view.ports.flatMap((port: ServicePort) => ownChains(port, view, large)).map(({ chain }) => chain));
}

/** The chains among `existing` that kube-proxy made and no longer needs, sorted. */
export function staleChains(existing: Iterable<string>, view: ServiceView): string[] {
  const active = activeChains(view);
  return [...existing].filter((chain) => isServiceChain(chain) && !active.has(chain)).sort();
}

function table(name: string, chains: readonly string[], rules: readonly string[]): string[] {
  return [`*${name}`, ...chains, ...rules, "COMMIT"];
}

function declared(chains: readonly string[], ...more: readonly string[]): string[] {
  return [...chains, ...more].map((chain) => `:${chain} - [0:0]`);
}

function lines(chains: readonly ChainRules[]): string[] {
  return chains.flatMap(({ chain, rules }) => rules.map((rule) => `-A ${chain} ${rule}`));
}

function mark(view: ServiceView): string {
  return `0x${view.masqueradeMark.toString(16).padStart(6, "0")}`;
}

function masqueradeRules(view: ServiceView): string[] {
  const bit = mark(view);
  return [
    `-A KUBE-POSTROUTING -m mark ! --mark ${bit}/${bit} -j RETURN`,
    `-A KUBE-POSTROUTING -j MARK --xor-mark ${bit}`,
    `-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully`,
    `-A KUBE-MARK-MASQ -j MARK --or-mark ${bit}`,
  ];
}

/** Node ports on 127.0.0.1 need route_localnet, which lets in loopback packets of other machines (CVE-2020-8558): not these. */
function firewallRule(view: ServiceView): string[] {
  if (!view.localhostNodePorts) return [];
  return [
    `-A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 ` +
    `-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`,
  ];
}

function forwardRules(view: ServiceView): string[] {
  const counter = view.nfacct ? " -m nfacct --nfacct-name ct_state_invalid_dropped_pkts" : "";
  const bit = mark(view);
  return [
    ...(view.tcpBeLiberal ? [] : [`-A KUBE-FORWARD -m conntrack --ctstate INVALID${counter} -j DROP`]),
    `-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark ${bit}/${bit} -j ACCEPT`,
    `-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  ];
}

function nodePortJumps(view: ServiceView): string[] {
  const head =
    `-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"`;
  if (view.nodePortAddresses !== "all") {
    return reachableAddresses(view).map((address) => `${head} -d ${address} -j KUBE-NODEPORTS`);
  }
  const but = view.family === 6 ? " ! -d ::1/128" : view.localhostNodePorts ? "" : " ! -d 127.0.0.0/8";
  return [`${head} -m addrtype --dst-type LOCAL${but} -j KUBE-NODEPORTS`];
}

function reachableAddresses(view: ServiceView): readonly string[] {
  if (view.nodePortAddresses === "all") return [];
  return view.nodePortAddresses.filter((address) =>
    view.family === 6 ? address !== "::1" : view.localhostNodePorts || !address.startsWith("127.")
  );
}
