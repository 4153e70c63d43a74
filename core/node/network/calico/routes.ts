/**
 * How packets reach the pods of other nodes: a route per block, over the VXLAN device, or plainly by the node where both
 * are in one subnet (CrossSubnet); and a blackhole for a node's own blocks, so that addresses nobody has go nowhere.
 */
import { cidrHas, network, printCidr, requireCidr } from "../../../base/mod.ts";
import { type Family, VXLAN_PORT } from "./names.ts";
import type { CalicoNode, IPAMBlock, IPPool } from "./objects.ts";

/** What the routes of a node and family are made of. */
export interface RouteInput {
  readonly family: Family;
  readonly self: CalicoNode;
  readonly peers: readonly CalicoNode[];
  readonly pools: readonly IPPool[];
  readonly blocks: readonly IPAMBlock[];
  /** The device with the node's address, and its MTU. */
  readonly device: string;
  readonly mtu: number;
}

/** Lines of `ip`, `bridge fdb` and `ip neigh` by what they name first, each in its tool's words. */
export interface RouteState {
  /** The VXLAN device's name where one is needed, and the lines that make it. */
  readonly tunnel: string | undefined;
  readonly devices: readonly string[];
  readonly routes: ReadonlyMap<string, string>;
  readonly neighbours: ReadonlyMap<string, string>;
  readonly fdb: ReadonlyMap<string, string>;
}

const VNI = 4096;
const DEVICE: Readonly<Record<Family, string>> = { 4: "vxlan.calico", 6: "vxlan-v6.calico" };
/** Outer Ethernet, IP, UDP and VXLAN headers. */
const OVERHEAD: Readonly<Record<Family, number>> = { 4: 50, 6: 70 };
/** Felix's number among routing protocols. */
const PROTOCOL = 80;

/** Whether some pool tunnels by VXLAN. */
export function usesVxlan(pools: readonly IPPool[]): boolean {
  return pools.some(({ spec }) => (spec.vxlanMode ?? "Never") !== "Never");
}

/** Whether some pool tunnels by IPIP. */
export function usesIpip(pools: readonly IPPool[]): boolean {
  return pools.some(({ spec }) => (spec.ipipMode ?? "Never") !== "Never");
}

/** The pools of a family. */
export function poolsOf(pools: readonly IPPool[], family: Family): IPPool[] {
  return pools.filter(({ spec }) => spec.cidr.includes(":") === (family === 6));
}

/** MTU of the VXLAN device, and of pods behind it. */
export function tunnelMtu(mtu: number, family: Family): number {
  return mtu - OVERHEAD[family];
}

/** The state that a node should have. Pure. */
export function routeState(input: RouteInput): RouteState {
  const { family, self, peers, pools } = input;
  const own = poolsOf(pools, family);
  const vxlan = usesVxlan(own) && self.tunnel !== undefined;
  const tunnelled = vxlan ? peers.filter(({ tunnel }) => tunnel !== undefined) : [];
  const device = DEVICE[family];
  return {
    tunnel: vxlan ? device : undefined,
    devices: vxlan ? tunnelDevice(input) : [],
    routes: new Map(
      input.blocks.map((block) => blockRoute(block, { ...input, pools: own })).filter((route) => route !== undefined),
    ),
    neighbours: new Map(tunnelled.map(({ tunnel }) => [
      tunnel?.address ?? "",
      `lladdr ${tunnel?.mac} dev ${device} nud permanent`,
    ])),
    fdb: new Map(tunnelled.map(({ tunnel, address }) => [
      tunnel?.mac ?? "",
      `dev ${device} dst ${bare(address)} self permanent`,
    ])),
  };
}

function tunnelDevice({ family, self, device, mtu }: RouteInput): string[] {
  const name = DEVICE[family];
  return [
    `link add ${name} address ${self.tunnel?.mac} type vxlan id ${VNI} local ${
      bare(self.address)
    } dev ${device} dstport ${VXLAN_PORT} nolearning`,
    `link set ${name} mtu ${tunnelMtu(mtu, family)}`,
    `addr add ${self.tunnel?.address}/${family === 4 ? "32" : "128"} dev ${name}${
      family === 4 ? "" : " noprefixroute"
    }`,
    `link set ${name} up`,
  ];
}

/** A block's route and its arguments; undefined for a block that Felix has no route for (that is BGP's business). */
function blockRoute({ spec }: IPAMBlock, input: RouteInput): [string, string] | undefined {
  const { family, self, peers, pools, device, mtu } = input;
  const pool = pools.find((each) => cidrHas(each.spec.cidr, bare(spec.cidr)));
  const { vxlanMode = "Never", ipipMode = "Never" } = pool?.spec ?? {};
  const mode = vxlanMode === "Never" ? ipipMode : vxlanMode;
  if (mode === "Never") return undefined;
  const host = spec.affinity?.replace(/^host:/, "");
  if (host === self.name) return [spec.cidr, `blackhole ${spec.cidr} proto ${PROTOCOL}`];
  const peer = peers.find(({ name }) => name === host);
  if (peer === undefined) return undefined;
  if (mode === "CrossSubnet" && sameSubnet(self, peer)) {
    return [spec.cidr, `${spec.cidr} via ${bare(peer.address)} dev ${device} onlink proto ${PROTOCOL}`];
  }
  if (vxlanMode === "Never" || peer.tunnel === undefined || self.tunnel === undefined) return undefined;
  const via = `${spec.cidr} via ${peer.tunnel.address} dev ${DEVICE[family]} onlink`;
  return [spec.cidr, `${via} mtu lock ${tunnelMtu(mtu, family)}`];
}

function sameSubnet(a: CalicoNode, b: CalicoNode): boolean {
  return cidrHas(printCidr(network(requireCidr(a.address))), bare(b.address));
}

function bare(address: string): string {
  return address.split("/")[0] as string;
}
