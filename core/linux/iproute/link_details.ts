import type { Link } from "../../../wasm/mod.ts";
import { Entry } from "./entry.ts";
import { linkExtras } from "./extras.ts";
import { type Json, JsonNumber } from "./json.ts";
import { readSysctl } from "../sysctl/store.ts";
import { ADDR_GEN_MODES } from "./link_set.ts";
import type { IpTool } from "./tool.ts";

const onOff = (on: boolean): string => (on ? "on" : "off");
const zero = new JsonNumber("0.00");
/** Queues of a device: veth has one a CPU, and these machines have two. */
const queues = (link: Link): number => (link.kind === "veth" ? 2 : 1);

/** What `ip -d` adds: limits, the kind with its data, a bridge port's data, queue sizes. */
export function putDetails(
  entry: Entry,
  tool: IpTool,
  { link, forLink }: { readonly link: Link; readonly forLink: boolean },
): void {
  const bridged = tool.links().find((other) => other.index === link.master)?.kind === "bridge";
  const [least, most] = link.kind === "" ? [0, 0] : [68, 65535];
  const promiscuity = (link.promisc ? 1 : 0) + (bridged ? 1 : 0);
  entry.put("promiscuity", promiscuity, ` promiscuity ${promiscuity} `);
  entry.put("allmulti", bridged ? 1 : 0, ` allmulti ${bridged ? 1 : 0} `);
  entry.put("min_mtu", least, `minmtu ${least} `).put("max_mtu", most, `maxmtu ${most} `);
  if (link.kind !== "") putKind(entry, tool, link, bridged);
  const count = queues(link);
  const tso = tsoOf(tool, link);
  // `ip addr` asks without the families' own attributes.
  const mode = ADDR_GEN_MODES[Number(readSysctl(tool.namespace, `net/ipv6/conf/${link.name}/addr_gen_mode`))] ??
    "eui64";
  if (forLink) entry.put("inet6_addr_gen_mode", mode, `addrgenmode ${mode} `);
  entry.put("num_tx_queues", count, `numtxqueues ${count} `).put("num_rx_queues", count, `numrxqueues ${count} `);
  entry.put("gso_max_size", 65536, "gso_max_size 65536 ").put("gso_max_segs", 65535, "gso_max_segs 65535 ");
  entry.put("tso_max_size", tso, `tso_max_size ${tso} `).put("tso_max_segs", 65535, "tso_max_segs 65535 ");
  entry.put("gro_max_size", 65536, "gro_max_size 65536 ");
}

/** What a device may hand down in one piece: a bridge as much as its ports, without any as little as a tun. */
function tsoOf(tool: IpTool, link: Link): number {
  const bare = link.kind === "bridge" && !tool.links().some(({ master }) => master === link.index);
  return bare || link.kind === "tun" ? 65536 : 524280;
}

function putKind(entry: Entry, tool: IpTool, link: Link, bridged: boolean): void {
  const data = new Entry();
  KINDS[link.kind]?.(data, tool, link);
  const fields: Record<string, Json | undefined> = { info_kind: link.kind };
  if (Object.keys(data.json).length > 0) fields["info_data"] = data.json;
  let text = `${tool.feed}    ${link.kind} ${data.text}`;
  if (bridged) {
    const slave = new Entry();
    putBridgeSlave(slave, tool, link);
    Object.assign(fields, { info_slave_kind: "bridge", info_slave_data: slave.json });
    text += `${tool.feed}    bridge_slave ${slave.text}`;
  }
  entry.put("linkinfo", fields, text);
}

type PutKind = (entry: Entry, tool: IpTool, link: Link) => void;

const KINDS: Readonly<Record<string, PutKind>> = {
  bridge: putBridge,
  vxlan: putVxlan,
  macvlan: (entry, tool, link) => {
    const mode = linkExtras(tool.namespace, link.index).mode ?? "vepa";
    entry.put("mode", mode, `mode ${mode} `).put("bcqueuelen", 1000, "bcqueuelen 1000 ");
    entry.put("usedbcqueuelen", 1000, "usedbcqueuelen 1000 ");
  },
  ipvlan: (entry, tool, link) => {
    const mode = linkExtras(tool.namespace, link.index).mode ?? "l3";
    entry.put("mode", mode, ` mode ${mode} `).put("mode_flag", "bridge", "bridge ");
  },
  vlan: (entry, tool, link) => {
    const { vlanId = 0 } = linkExtras(tool.namespace, link.index);
    entry.put("protocol", "802.1Q", "protocol 802.1Q ").put("id", vlanId, `id ${vlanId} `);
    entry.put("flags", ["REORDER_HDR"], "<REORDER_HDR> ");
  },
  tun: (entry) => {
    entry.put("type", "tun", "type tun ").put("pi", false, "pi off ");
    entry.put("vnet_hdr", false, "vnet_hdr off ").put("persist", true, "persist on ");
  },
  ipip: (entry) => entry.put("remote", "any", "any ").put("local", "any", "remote any local "),
};

/** `8000.2:0:0:0:0:1`: priority and address, hexadecimal without leading zeros. */
function bridgeId(mac: string): string {
  return `8000.${mac.split(":").map((byte) => parseInt(byte, 16).toString(16)).join(":")}`;
}

function putBridge(entry: Entry, _tool: IpTool, link: Link): void {
  const numbers = (pairs: readonly (readonly [string, number, string?])[]): void => {
    for (const [key, value, word] of pairs) entry.put(key, value, `${word ?? key} ${value} `);
  };
  numbers([["forward_delay", 1500], ["hello_time", 200], ["max_age", 2000], [
    "ageing_time",
    link.ageing,
  ]]);
  numbers([["stp_state", link.stp ? 1 : 0], ["priority", 32768], ["vlan_filtering", link.vlanFiltering ? 1 : 0]]);
  entry.put("bridge_id", bridgeId(link.mac), `bridge_id ${bridgeId(link.mac)} `);
  entry.put("root_id", bridgeId(link.mac), `designated_root ${bridgeId(link.mac)} `);
  numbers([["root_port", 0], ["root_path_cost", 0], ["topology_change", 0], ["topology_change_detected", 0]]);
  for (const timer of ["hello_timer", "tcn_timer", "topology_change_timer", "gc_timer"]) {
    entry.put(timer, zero, `${timer}    0.00 `);
  }
  entry.put("group_fwd_mask", "0", "group_fwd_mask 0 ");
  entry.put("group_addr", "01:80:c2:00:00:00", "group_address 01:80:c2:00:00:00 ");
  numbers([["mcast_snooping", link.mcastSnooping ? 1 : 0], ["no_linklocal_learn", 0], ["mcast_vlan_snooping", 0]]);
  numbers([["mcast_router", 1], ["mcast_query_use_ifaddr", 0], ["mcast_querier", 0], ["mcast_hash_elasticity", 16]]);
  numbers([["mcast_hash_max", 4096], ["mcast_last_member_cnt", 2, "mcast_last_member_count"]]);
  numbers([["mcast_startup_query_cnt", 2, "mcast_startup_query_count"]]);
  numbers([["mcast_last_member_intvl", 100, "mcast_last_member_interval"]]);
  numbers([["mcast_membership_intvl", 26000, "mcast_membership_interval"]]);
  numbers([["mcast_querier_intvl", 25500, "mcast_querier_interval"], [
    "mcast_query_intvl",
    12500,
    "mcast_query_interval",
  ]]);
  numbers([["mcast_query_response_intvl", 1000, "mcast_query_response_interval"]]);
  numbers([["mcast_startup_query_intvl", 3124, "mcast_startup_query_interval"], ["mcast_stats_enabled", 0]]);
  numbers([["mcast_igmp_version", 2], ["mcast_mld_version", 1], ["nf_call_iptables", 0], ["nf_call_ip6tables", 0]]);
  numbers([["nf_call_arptables", 0]]);
}

function putBridgeSlave(entry: Entry, tool: IpTool, link: Link): void {
  const ports = tool.links().filter((other) => other.master === link.master);
  const number = ports.findIndex((port) => port.index === link.index) + 1;
  const bridge = tool.links().find((other) => other.index === link.master);
  const id = bridgeId(bridge?.mac ?? link.mac);
  const flags = (pairs: readonly (readonly [string, boolean, string?])[]): void => {
    for (const [key, on, word] of pairs) entry.put(key, on, `${word ?? key} ${onOff(on)} `);
  };
  const state = portState(link, bridge);
  entry.put("state", state, `state ${state} `).put("priority", 32, "priority 32 ").put("cost", 2, "cost 2 ");
  flags([["hairpin", link.hairpin], ["guard", false], ["root_block", false], ["fastleave", false]]);
  flags([["learning", link.learning], ["flood", link.flood]]);
  entry.put("id", `0x${(0x8000 + number).toString(16)}`, `port_id 0x${(0x8000 + number).toString(16)} `);
  entry.put("no", `0x${number.toString(16)}`, `port_no 0x${number.toString(16)} `);
  entry.put("designated_port", 0x8000 + number, `designated_port ${0x8000 + number} `);
  entry.put("designated_cost", 0, "designated_cost 0 ");
  entry.put("bridge_id", id, `designated_bridge ${id} `).put("root_id", id, `designated_root ${id} `);
  for (const timer of ["hold_timer", "message_age_timer", "forward_delay_timer"]) {
    entry.put(timer, zero, `${timer}    0.00 `);
  }
  entry.put("topology_change_ack", 0, "topology_change_ack 0 ").put("config_pending", 0, "config_pending 0 ");
  flags([["proxy_arp", false], ["proxy_arp_wifi", false]]);
  entry.put("multicast_router", 1, "mcast_router 1 ").say("mcast_fast_leave off ");
  flags([["mcast_flood", true], ["bcast_flood", true], ["mcast_to_unicast", false], ["neigh_suppress", false]]);
  entry.put("group_fwd_mask", "0", "group_fwd_mask 0 ").put("group_fwd_mask_str", "0x0", "group_fwd_mask_str 0x0 ");
  flags([["vlan_tunnel", false], ["isolated", link.isolated], ["locked", false]]);
}

/** A bridge port's state without spanning tree: forwarding as soon as it has carrier and the bridge is up. */
export function portState(link: Link, bridge: Link | undefined): "forwarding" | "disabled" {
  return bridge?.up && link.up && link.carrier ? "forwarding" : "disabled";
}

function putVxlan(entry: Entry, tool: IpTool, link: Link): void {
  const { vxlan } = link;
  if (vxlan === undefined) return;
  const key = (text: string, name: string): string => (text.includes(":") ? `${name}6` : name);
  entry.put("id", vxlan.id, `id ${vxlan.id} `);
  if (isSet(vxlan.remote)) entry.put(key(vxlan.remote, "remote"), vxlan.remote, `remote ${vxlan.remote} `);
  if (isSet(vxlan.local)) entry.put(key(vxlan.local, "local"), vxlan.local, `local ${vxlan.local} `);
  if (vxlan.dev !== 0) entry.put("link", tool.name(vxlan.dev), `dev ${tool.name(vxlan.dev)} `);
  entry.put("port_range", { low: 0, high: 0 }, "srcport 0 0 ").put("port", vxlan.port, `dstport ${vxlan.port} `);
  entry.put("learning", vxlan.learning, vxlan.learning ? "" : "nolearning ");
  entry.put("ttl", 0, "ttl auto ").note("df", "unset").put("ageing", 300, "ageing 300 ");
  entry.put("udp_csum", true, "udpcsum ").put("udp_zero_csum6_tx", false, "noudp6zerocsumtx ");
  entry.put("udp_zero_csum6_rx", false, "noudp6zerocsumrx ");
}

/** Whether an address of a tunnel was given. */
function isSet(address: string): boolean {
  return address !== "" && address !== "0.0.0.0" && address !== "::";
}
