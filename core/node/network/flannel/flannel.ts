import { nthIp, printIp, requireCidr } from "../../../base/mod.ts";
import { cniConflist } from "../conflist.ts";
import type { NetworkDesired, NetworkView } from "../view.ts";
import { type Backend, BACKENDS } from "./backend.ts";
import { flannelRules } from "./rules.ts";

const ANNOTATION = "flannel.alpha.coreos.com";

/** flanneld on one node: devices, peers, rules, subnet.env and what it writes on its Node object. Pure. */
export function flannel(view: NetworkView, type: Backend["type"]): NetworkDesired {
  const backend = BACKENDS[type];
  const { self, network, network6 } = view;
  const state = backend.desired(view);
  return {
    ...state,
    ...flannelRules(network, self.podCIDR),
    ...(self.six === undefined || network6 === undefined
      ? {}
      : { rules6: flannelRules(network6, self.six.podCIDR).rules }),
    sysctls: {},
    files: {
      "/etc/kube-flannel/net-conf.json": netConf(view, type),
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
      ...(self.six === undefined ? {} : {
        [`${ANNOTATION}/backend-v6-data`]: backend.data({ ...view, self: { name: self.name, ...self.six } }),
        [`${ANNOTATION}/public-ipv6`]: self.six.address,
      }),
    },
  };
}

/** The ConfigMap's net-conf.json. */
function netConf({ network, network6 }: NetworkView, type: string): string {
  const six = network6 === undefined ? {} : { EnableIPv6: true, IPv6Network: network6 };
  return JSON.stringify({ Network: network, ...six, EnableNFTables: false, Backend: { Type: type } }, null, 2) + "\n";
}

/** /run/flannel/subnet.env: what the flannel CNI plugin reads. */
function subnetEnv({ network, network6, self }: NetworkView, mtu: number): string {
  const six = self.six === undefined
    ? ""
    : `FLANNEL_IPV6_NETWORK=${network6}\nFLANNEL_IPV6_SUBNET=${gateway(self.six.podCIDR)}\n`;
  const four = `FLANNEL_NETWORK=${network}\nFLANNEL_SUBNET=${gateway(self.podCIDR)}\n`;
  return `${four}${six}FLANNEL_MTU=${mtu}\nFLANNEL_IPMASQ=true\n`;
}

/** `10.244.1.1/24` of `10.244.1.0/24`. */
function gateway(podCIDR: string): string {
  const cidr = requireCidr(podCIDR);
  return `${printIp(nthIp(cidr, 1))}/${cidr.length}`;
}

/** The VTEP MACs of a cluster's nodes as they published them, by node name. */
export function publishedMac(
  annotations: Readonly<Record<string, string>> | undefined,
  key: "backend-data" | "backend-v6-data" = "backend-data",
): string | undefined {
  const data = annotations?.[`${ANNOTATION}/${key}`];
  if (data === undefined || data === "null") return undefined;
  return (JSON.parse(data) as { VtepMAC?: string }).VtepMAC;
}
