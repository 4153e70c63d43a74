import type { Link, LinkKind } from "../../../wasm/mod.ts";
import { letsOthersIn } from "./bridge_fdb.ts";
import { Entry } from "./entry.ts";
import { linkExtras } from "./extras.ts";
import { type Json, JsonNumber } from "./json.ts";
import { readSysctl } from "../sysctl/store.ts";
import { ADDR_GEN_MODES } from "./link_values.ts";
import type { Kind } from "./kinds/kind.ts";
import { KINDS } from "./kinds/mod.ts";
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
  const [least, most] = mtuRange(tool, link);
  const { gsoSize = 65536, gsoSegs = 65535, groSize = 65536, allmulti } =
    linkExtras(tool.namespace, link.index).looks ?? {};
  const allMulti = (bridged ? 1 : 0) + (allmulti ? 1 : 0);
  const promiscuity = (link.promisc ? 1 : 0) + (bridged ? 1 : 0) + (letsOthersIn(tool, link.index) ? 1 : 0);
  entry.put("promiscuity", promiscuity, ` promiscuity ${promiscuity} `);
  entry.put("allmulti", allMulti, ` allmulti ${allMulti} `);
  entry.put("min_mtu", least, `minmtu ${least} `).put("max_mtu", most, `maxmtu ${most} `);
  if (link.kind !== "") putKind(entry, tool, link, bridged);
  const count = queues(link);
  const tso = tsoOf(tool, link);
  // `ip addr` asks without the families' own attributes.
  const mode = ADDR_GEN_MODES[Number(readSysctl(tool.namespace, `net/ipv6/conf/${link.name}/addr_gen_mode`))] ??
    "eui64";
  if (forLink) entry.put("inet6_addr_gen_mode", mode, `addrgenmode ${mode} `);
  entry.put("num_tx_queues", count, `numtxqueues ${count} `).put("num_rx_queues", count, `numrxqueues ${count} `);
  entry.put("gso_max_size", gsoSize, `gso_max_size ${gsoSize} `).put(
    "gso_max_segs",
    gsoSegs,
    `gso_max_segs ${gsoSegs} `,
  );
  entry.put("tso_max_size", tso, `tso_max_size ${tso} `).put("tso_max_segs", 65535, "tso_max_segs 65535 ");
  entry.put("gro_max_size", groSize, `gro_max_size ${groSize} `);
}

/** What a device may hand down in one piece: a bridge as much as its ports, without any as little as a tun. */
function tsoOf(tool: IpTool, link: Link): number {
  const below = RIDERS.has(link.kind) ? lowerLink(tool, link) : undefined;
  if (below !== undefined) return tsoOf(tool, below);
  const bare = link.kind === "bridge" && !tool.links().some(({ master }) => master === link.index);
  return bare || SMALL.has(link.kind) || (link.kind === "vxlan" && !link.tunnel?.dev) ? 65536 : 524280;
}

const RIDERS: ReadonlySet<LinkKind> = new Set(["vlan", "macvlan", "ipvlan", "vxlan"]);
const SMALL: ReadonlySet<LinkKind> = new Set(["tun", "dummy", "ipip"]);

function lowerLink(tool: IpTool, link: Link): Link | undefined {
  return tool.plane.links(link.linkNs).find(({ index }) => index === link.link);
}

/** The least and the greatest MTU that a device says it takes; 0 and 0 is "any". */
function mtuRange(tool: IpTool, link: Link): readonly [number, number] {
  const data = linkExtras(tool.namespace, link.index).data;
  switch (link.kind) {
    case "":
    case "dummy":
      return [0, 0];
    case "vlan":
      return [0, 65535];
    case "ipip":
      return data?.mode === "ipip" ? [68, 65515] : [0, 0];
    case "macvlan":
      return [68, mtuRange(tool, lowerLink(tool, link) ?? { ...link, kind: "dummy" })[1]];
    default:
      return [68, 65535];
  }
}

function putKind(entry: Entry, tool: IpTool, link: Link, bridged: boolean): void {
  const data = new Entry();
  (KINDS[link.kind]?.put ?? OTHERS[link.kind])?.(data, tool, link);
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

const tun: Kind["put"] = (entry) => {
  entry.put("type", "tun", "type tun ").put("pi", false, "pi off ");
  entry.put("vnet_hdr", false, "vnet_hdr off ").put("persist", true, "persist on ");
};
/** Kinds without settings of their own, or whose settings are not read behind `type KIND` one by one. */
const OTHERS: Readonly<Record<string, Kind["put"]>> = { bridge: putBridge, tun };

/** `8000.2:0:0:0:0:1`: priority and address, hexadecimal without leading zeros. */
function bridgeIdOf(mac: string, priority = 0x8000): string {
  return `${priority.toString(16).padStart(4, "0")}.${
    mac.split(":").map((byte) => parseInt(byte, 16).toString(16)).join(":")
  }`;
}

function putBridge(entry: Entry, tool: IpTool, link: Link): void {
  const given = linkExtras(tool.namespace, link.index).data?.bridge ?? {};
  const numbers = (pairs: readonly (readonly [string, number, string?])[]): void => {
    for (const [key, otherwise, word = key] of pairs) {
      const value = given[word] ?? otherwise;
      entry.put(key, value, `${word} ${value} `);
    }
  };
  const bridgeId = (mac: string): string => bridgeIdOf(mac, given["priority"]);
  numbers([["forward_delay", 1500], ["hello_time", 200], ["max_age", 2000], [
    "ageing_time",
    link.ageing,
  ]]);
  numbers([["stp_state", link.stp ? 1 : 0], ["priority", 32768], ["vlan_filtering", link.vlanFiltering ? 1 : 0]]);
  const vlans = link.vlanFiltering;
  if (vlans) entry.put("vlan_protocol", "802.1Q", "vlan_protocol 802.1Q ");
  entry.put("bridge_id", bridgeId(link.mac), `bridge_id ${bridgeId(link.mac)} `);
  entry.put("root_id", bridgeId(link.mac), `designated_root ${bridgeId(link.mac)} `);
  numbers([["root_port", 0], ["root_path_cost", 0], ["topology_change", 0], ["topology_change_detected", 0]]);
  for (const timer of ["hello_timer", "tcn_timer", "topology_change_timer", "gc_timer"]) {
    entry.put(timer, zero, `${timer}    0.00 `);
  }
  if (vlans) numbers([["vlan_default_pvid", link.defaultPvid], ["vlan_stats_enabled", 0], ["vlan_stats_per_port", 0]]);
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
  const id = bridgeIdOf(bridge?.mac ?? link.mac);
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
