/** calico-node: what it says of its node, the tunnel's address, Felix, and the CNI configuration once Felix has begun. */
import { type Api, copyOf, isStatus } from "../../kube/mod.ts";
import type { Machine } from "../../linux/mod.ts";
import { cniConflist } from "../network/conflist.ts";
import { type Family, NODE_ANNOTATIONS, tunnelMac, tunnelMtu } from "../network/calico/mod.ts";
import { clusterIpam } from "./datastore.ts";
import { startFelix } from "./felix.ts";

/** What it is started with. */
export interface CalicoNodeOptions {
  readonly machine: Machine;
  readonly node: string;
  readonly api: Api;
  /** All pods; a pair on a dual-stack cluster. */
  readonly clusterCIDR: string;
  /** The device with the node's addresses, and its MTU. */
  readonly device: string;
  readonly mtu: number;
}

const CONFLIST = "/etc/cni/net.d/10-calico.conflist";

/** Starts it; it follows the cluster from now on. */
export function startCalicoNode(options: CalicoNodeOptions): () => void {
  const { machine, node, api, clusterCIDR, device, mtu } = options;
  const families: Family[] = clusterCIDR.includes(",") ? [4, 6] : [4];
  announce(options, families);
  return startFelix({
    machine,
    node,
    store: api.store,
    device,
    mtu,
    families,
    // What Calico's manifest sets in calico-node's environment.
    defaultEndpointToHostAction: "Accept",
    synced: () => machine.files.put(CONFLIST, conflist(node, tunnelMtu(mtu, families.at(-1) as Family))),
  });
}

/** The node's address and its end of the tunnel, as annotations of its Node object. */
function announce({ machine, node, api, device }: CalicoNodeOptions, families: readonly Family[]): void {
  const object = api.store.get("Node", node);
  if (object === undefined) throw new Error(`no node ${node}`);
  const next = copyOf(object);
  next.metadata.annotations = {
    ...next.metadata.annotations,
    ...Object.assign(
      {},
      ...families.map((family) => {
        const names = NODE_ANNOTATIONS[family];
        return {
          [names.address]: addressOf(machine, device, family),
          [names.tunnel]: tunnelAddress(api, node, family),
          [names.mac]: tunnelMac(node, family),
        };
      }),
    ),
  };
  const answer = api.update(next);
  if (isStatus(answer)) throw new Error(`annotations of node ${node}: ${answer.message}`);
}

/** `172.18.0.2/16`: the device's first global address of a family. */
function addressOf({ plane, ns }: Machine, device: string, family: Family): string {
  const dev = plane.links(ns.id).find(({ name }) => name === device)?.index;
  const own = plane.addresses(ns.id).filter((each) => each.dev === dev).map(({ address }) => address);
  const found = own.find((address) => address.includes(":") === (family === 6) && !address.startsWith("fe80:"));
  if (found === undefined) throw new Error(`${device} has no IPv${family} address`);
  return found;
}

/** IPAM's, under a handle of the node's own; the one it has already where it has one. */
function tunnelAddress(api: Api, node: string, family: Family): string {
  const ipam = clusterIpam(api);
  const handle = `vxlan-${family === 4 ? "" : "v6-"}tunnel-addr-${node}`;
  const [had] = ipam.addressesOf(handle);
  if (had !== undefined) return had;
  const attributes = { node, type: family === 4 ? "vxlanTunnelAddress" : "vxlanV6TunnelAddress" };
  const { addresses } = ipam.autoAssign({ host: node, family, count: 1, handle, attributes, use: "Tunnel" });
  const [address] = addresses;
  if (address === undefined) throw new Error(`no address for the tunnel of ${node}`);
  return address.split("/")[0] as string;
}

function conflist(node: string, mtu: number): string {
  return cniConflist({
    name: "k8s-pod-network",
    cniVersion: "0.3.1",
    plugins: [
      {
        type: "calico",
        log_level: "info",
        log_file_path: "/var/log/calico/cni/cni.log",
        datastore_type: "kubernetes",
        nodename: node,
        mtu,
        ipam: { type: "calico-ipam" },
        policy: { type: "k8s" },
        kubernetes: { kubeconfig: "/etc/cni/net.d/calico-kubeconfig" },
      },
      { type: "portmap", snat: true, capabilities: { portMappings: true } },
      { type: "bandwidth", capabilities: { bandwidth: true } },
    ],
  });
}
