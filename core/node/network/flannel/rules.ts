/**
 * flannel's iptables rules, as flanneld 0.28 writes them with --ip-masq:
 *
 *     filter FORWARD     -> FLANNEL-FWD       pods' traffic is accepted, whatever the policy
 *     nat    POSTROUTING -> FLANNEL-POSTRTG   what leaves the pod network gets the node's address; kube-proxy's mark goes first
 */
import type { NetworkDesired } from "../view.ts";

const FORWARD = '-m comment --comment "flanneld forward"';
const MASQ = '-m comment --comment "flanneld masq"';

/** The rules for a pod network and this node's part of it. */
export function flannelRules(network: string, podCIDR: string): Pick<NetworkDesired, "rules" | "jumps"> {
  const multicast = network.includes(":") ? "ff00::/8" : "224.0.0.0/4";
  return {
    rules: [
      "*filter",
      ":FLANNEL-FWD - [0:0]",
      `-A FLANNEL-FWD -s ${network} ${FORWARD} -j ACCEPT`,
      `-A FLANNEL-FWD -d ${network} ${FORWARD} -j ACCEPT`,
      "COMMIT",
      "*nat",
      ":FLANNEL-POSTRTG - [0:0]",
      `-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 ${MASQ} -j RETURN`,
      `-A FLANNEL-POSTRTG -s ${podCIDR} -d ${network} ${MASQ} -j RETURN`,
      `-A FLANNEL-POSTRTG -s ${network} -d ${podCIDR} ${MASQ} -j RETURN`,
      `-A FLANNEL-POSTRTG ! -s ${network} -d ${podCIDR} ${MASQ} -j RETURN`,
      `-A FLANNEL-POSTRTG -s ${network} ! -d ${multicast} ${MASQ} -j MASQUERADE --random-fully`,
      `-A FLANNEL-POSTRTG ! -s ${network} -d ${network} ${MASQ} -j MASQUERADE --random-fully`,
      "COMMIT",
      "",
    ].join("\n"),
    jumps: [
      { table: "filter", chain: "FORWARD", rule: `${FORWARD} -j FLANNEL-FWD` },
      { table: "nat", chain: "POSTROUTING", rule: `${MASQ} -j FLANNEL-POSTRTG` },
    ],
  };
}
