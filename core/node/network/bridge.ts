import { cniConflist } from "./conflist.ts";
import type { NetworkDesired, NetworkView } from "./view.ts";

/** The plainest pod network: CNI's bridge plugin on every node, and a route to every peer's pods by way of the peer. Pure. */
export function plainBridge({ network, network6, self, peers, device, mtu }: NetworkView): NetworkDesired {
  const { six } = self;
  const masq = '-m comment --comment "bridge network: traffic that leaves the pods"';
  return {
    devices: [],
    routes: peers.flatMap((peer) => peer.six === undefined ? [peer] : [peer, peer.six]).map(({ podCIDR, address }) =>
      `${podCIDR} via ${address} dev ${device}`
    ),
    neighbours: [],
    fdb: [],
    rules: `*nat\n:POD-MASQ - [0:0]\n-A POD-MASQ -s ${self.podCIDR} ! -d ${network} ${masq} -j MASQUERADE\nCOMMIT\n`,
    ...(six === undefined ? {} : {
      rules6: `*nat\n:POD-MASQ - [0:0]\n-A POD-MASQ -s ${six.podCIDR} ! -d ${network6} ${masq} -j MASQUERADE\nCOMMIT\n`,
    }),
    jumps: [{ table: "nat", chain: "POSTROUTING", rule: `${masq} -j POD-MASQ` }],
    sysctls: {},
    files: {
      "/etc/cni/net.d/10-bridge.conflist": cniConflist({
        name: "bridge",
        cniVersion: "1.0.0",
        plugins: [{
          type: "bridge",
          bridge: "cni0",
          isDefaultGateway: true,
          hairpinMode: true,
          ipam: {
            type: "host-local",
            ranges: [self, ...(six === undefined ? [] : [six])].map(({ podCIDR }) => [{ subnet: podCIDR }]),
          },
        }],
      }),
    },
    annotations: {},
    podMtu: mtu,
  };
}
