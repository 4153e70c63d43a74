/** flannel's backends: how packets reach the pods of another node. Recorded from flanneld 0.28. */
import { network, printCidr, printIp, requireCidr } from "../../../base/mod.ts";
import type { NetworkDesired, NetworkNode, NetworkView } from "../view.ts";

/** The part of the desired state that depends on the backend. */
export type BackendDesired = Pick<NetworkDesired, "devices" | "routes" | "neighbours" | "fdb" | "podMtu">;

/** One backend: its name in net-conf.json, its state, and what it publishes of itself (annotation `backend-data`). */
export interface Backend {
  readonly type: "vxlan" | "host-gw";
  desired(view: NetworkView): BackendDesired;
  data(view: NetworkView): string;
}

const VNI = 1;
const DEVICE = `flannel.${VNI}`;
const DEVICE6 = `flannel-v6.${VNI}`;
const PORT = 8472;
/** Outer Ethernet, IPv4, UDP and VXLAN headers. */
const OVERHEAD = 50;
/** The same with an outer IPv6 header. */
const OVERHEAD6 = 70;

/** The first address of a pod CIDR, which a node's flannel.1 has: `10.244.1.0`. */
export function tunnelAddress(podCIDR: string): string {
  return printIp(network(requireCidr(podCIDR)).ip);
}

function plain(podCIDR: string): string {
  return printCidr(network(requireCidr(podCIDR)));
}

/** A tunnel device; each peer is a route over it, a neighbour entry for that route's gateway, and where its MAC is to be sent. */
const vxlan: Backend = {
  type: "vxlan",
  desired(view) {
    const { self, peers } = view;
    const four = tunnel({ ...view, name: DEVICE, overhead: OVERHEAD }, self, peers);
    if (self.six === undefined) return four;
    const others = peers.flatMap(({ six }) => six ?? []);
    const six = tunnel({ ...view, name: DEVICE6, overhead: OVERHEAD6 }, self.six, others);
    return {
      devices: [...four.devices, ...six.devices],
      routes: [...four.routes, ...six.routes],
      neighbours: [...four.neighbours, ...six.neighbours],
      fdb: [...four.fdb, ...six.fdb],
      podMtu: four.podMtu,
    };
  },
  data: ({ self }) => JSON.stringify({ VNI, VtepMAC: self.vtepMac }),
};

type End = Pick<NetworkNode, "address" | "podCIDR" | "vtepMac">;

/** The tunnel of one family. */
function tunnel(
  { name, overhead, device, mtu }: { name: string; overhead: number; device: string; mtu: number },
  self: End,
  peers: readonly End[],
): BackendDesired {
  const known = peers.filter(({ vtepMac }) => vtepMac !== undefined);
  return {
    devices: [
      `link add ${name} address ${self.vtepMac} type vxlan id ${VNI} local ${self.address} dev ${device} dstport ${PORT} nolearning`,
      `link set ${name} mtu ${mtu - overhead}`,
      `link set ${name} up`,
      `addr add ${tunnelAddress(self.podCIDR)}/${self.podCIDR.includes(":") ? 128 : 32} dev ${name}`,
    ],
    routes: known.map((peer) => wayTo(peer, name).route),
    neighbours: known.map((peer) => wayTo(peer, name).neighbour),
    fdb: known.map((peer) => wayTo(peer, name).fdb),
    podMtu: mtu - overhead,
  };
}

interface Way {
  readonly route: string;
  readonly neighbour: string;
  readonly fdb: string;
}

/** Every node has the same way to a peer, so it is written down once. */
const WAYS = new WeakMap<End, Way>();

function wayTo(peer: End, device: string): Way {
  const known = WAYS.get(peer);
  if (known !== undefined) return known;
  const { podCIDR, vtepMac, address } = peer;
  const gateway = tunnelAddress(podCIDR);
  const way = {
    route: `${plain(podCIDR)} via ${gateway} dev ${device} onlink`,
    neighbour: `${gateway} lladdr ${vtepMac} dev ${device} nud permanent`,
    fdb: `${vtepMac} dev ${device} dst ${address} self permanent`,
  };
  WAYS.set(peer, way);
  return way;
}

/** Plain routes: every peer's pods by way of the peer, which must be on the same link. */
const hostGw: Backend = {
  type: "host-gw",
  desired: ({ peers, device, mtu }) => ({
    devices: [],
    routes: peers.flatMap((peer) => peer.six === undefined ? [peer] : [peer, peer.six]).map(({ podCIDR, address }) =>
      `${plain(podCIDR)} via ${address} dev ${device}`
    ),
    neighbours: [],
    fdb: [],
    podMtu: mtu,
  }),
  data: () => "null",
};

/** Backends by their names in net-conf.json. */
export const BACKENDS: Readonly<Record<Backend["type"], Backend>> = { vxlan, "host-gw": hostGw };
