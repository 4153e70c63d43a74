/**
 * `iptables-restore --noflush` text of kube-proxy in iptables mode:
 *
 *     *filter  :CHAIN - [0:0] ...  -A CHAIN RULE ...  COMMIT
 *     *nat     :CHAIN - [0:0] ...  -A CHAIN RULE ...  -X STALE ...  COMMIT
 *
 * A chain that is declared is emptied first, so a partial text declares the shared chains and those of changed Services.
 */
import { type ServicePort, type ServiceView, totalEndpoints } from "../view.ts";
import { ownText, type SharedText, sharedText } from "./rules.ts";

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
  /** Only the chains of these ports, besides the shared ones; all when left out. */
  readonly only?: readonly ServicePort[];
  /** Chains to take away: those of Services and endpoints that are gone. */
  readonly stale?: readonly string[];
  /** Whether comments are spared; else the view's endpoints say. */
  readonly large?: boolean;
}

/** The text of a view for one family; the whole of it, or what a change needs. */
export function printIptables(view: ServiceView, options: PrintOptions = {}): string {
  const { stale = [], only = view.ports, large = totalEndpoints(view) > LARGE_CLUSTER } = options;
  const shared = sharedTexts(view);
  const own = only.map((port) => ownText(port, view, large));
  return [
    "*filter\n",
    ...declared([...FILTER_CHAINS, "KUBE-FIREWALL"]),
    ...lines(firewallRule(view)),
    ...shared.map(({ filter }) => filter),
    ...lines(forwardRules(view)),
    "COMMIT\n*nat\n",
    ...declared(NAT_CHAINS),
    ...own.map(({ declared }) => declared),
    ...declared(stale),
    ...lines(masqueradeRules(view)),
    ...shared.map(({ nat }) => nat),
    ...own.map(({ rules }) => rules),
    ...lines(nodePortJumps(view)),
    ...stale.map((chain) => `-X ${chain}\n`),
    "COMMIT\n",
  ].join("");
}

/** How many ports make a block. */
const BLOCK = 128;

/** What ports that stand together add to the shared chains, as it was printed last. */
interface Block extends SharedText {
  readonly ports: readonly ServicePort[];
  readonly of: readonly SharedText[];
}

const blocks = new WeakMap<ServicePort, Block>();

/** The lines of all ports in the shared chains, block by block: with few changes most blocks are what they were. */
function sharedTexts(view: ServiceView): SharedText[] {
  const texts: SharedText[] = [];
  for (let at = 0; at < view.ports.length; at += BLOCK) {
    const first = view.ports[at] as ServicePort;
    const known = blocks.get(first);
    const end = Math.min(at + BLOCK, view.ports.length);
    if (known !== undefined && holds(known, view, { at, end })) texts.push(known);
    else {
      const ports = view.ports.slice(at, end);
      const of = ports.map((port) => sharedText(port, view));
      const block = {
        ports,
        of,
        filter: of.map(({ filter }) => filter).join(""),
        nat: of.map(({ nat }) => nat).join(""),
      };
      blocks.set(first, block);
      texts.push(block);
    }
  }
  return texts;
}

function holds(block: Block, view: ServiceView, { at, end }: { readonly at: number; readonly end: number }): boolean {
  if (block.ports.length !== end - at) return false;
  return block.ports.every((port, i) => view.ports[at + i] === port && sharedText(port, view) === block.of[i]);
}

function declared(chains: readonly string[]): string[] {
  return chains.map((chain) => `:${chain} - [0:0]\n`);
}

function lines(rules: readonly string[]): string[] {
  return rules.map((rule) => `${rule}\n`);
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
