import { nthIp, printIp, requireCidr } from "../../../base/mod.ts";
import { cniConflist } from "../conflist.ts";
import type { NetworkDesired, NetworkView } from "../view.ts";
import { type Backend, BACKENDS } from "./backend.ts";
import { flannelRules } from "./rules.ts";

const ANNOTATION = "flannel.alpha.coreos.com";

/** flanneld on one node: devices, peers, rules, subnet.env and what it writes on its Node object. Pure. */
export function flannel(view: NetworkView, type: Backend["type"]): NetworkDesired {
  const backend = BACKENDS[type];
  const { self, network } = view;
  const state = backend.desired(view);
  return {
    ...state,
    ...flannelRules(network, self.podCIDR),
    sysctls: {},
    files: {
      "/etc/kube-flannel/net-conf.json": netConf(network, type),
      "/run/flannel/subnet.env": subnetEnv(view, state.podMtu),
      "/etc/cni/net.d/10-flannel.conflist": cniConflist({
        name: "cbr0",
        cniVersion: "0.3.1",
        plugins: [
          { type: "flannel", delegate: { hairpinMode: true, isDefaultGateway: true } },
          { type: "portmap", capabilities: { portMappings: true } },
        ],
      }),
    },
    annotations: {
      [`${ANNOTATION}/backend-data`]: backend.data(view),
      [`${ANNOTATION}/backend-type`]: type,
      [`${ANNOTATION}/kube-subnet-manager`]: "true",
      [`${ANNOTATION}/public-ip`]: self.address,
    },
  };
}

/** The ConfigMap's net-conf.json. */
function netConf(network: string, type: string): string {
  return JSON.stringify({ Network: network, EnableNFTables: false, Backend: { Type: type } }, null, 2) + "\n";
}

/** /run/flannel/subnet.env: what the flannel CNI plugin reads. */
export function subnetEnv({ network, self }: NetworkView, mtu: number): string {
  const cidr = requireCidr(self.podCIDR);
  const gateway = `${printIp(nthIp(cidr, 1))}/${cidr.length}`;
  return `FLANNEL_NETWORK=${network}\nFLANNEL_SUBNET=${gateway}\nFLANNEL_MTU=${mtu}\nFLANNEL_IPMASQ=true\n`;
}

/** The VTEP MACs of a cluster's nodes as they published them, by node name. */
export function publishedMac(annotations: Readonly<Record<string, string>> | undefined): string | undefined {
  const data = annotations?.[`${ANNOTATION}/backend-data`];
  if (data === undefined || data === "null") return undefined;
  return (JSON.parse(data) as { VtepMAC?: string }).VtepMAC;
}
