//! br_netfilter: bridged IPv4 frames pass the IP hooks (net/bridge/br_netfilter_hooks.c), with the ports as physdev.
//!
//! ```text
//! port in -> PREROUTING --same destination----------------------------------> bridge_forward -> FORWARD -> POSTROUTING -> port out
//!                       `-DNATed-> route -> leaves by this bridge: new MAC --^   (bridged still: TTL stays, hairpin rules hold)
//!                                        `-> leaves elsewhere: to the bridge's own MAC, up, routed (PREROUTING is not run again)
//! ```

use super::bridge::Bridging;
use super::Place;
use crate::abi::hook;
use crate::fabric::Fabric;
use crate::filter::Verdict;
use crate::pipeline::icmp::{kind, IcmpError};
use crate::pipeline::reject::Refused;
use crate::sysctl;
use crate::trace::{Layer, Reason};
use crate::wire::packet::ether;
use crate::wire::{Mac, Packet, PacketType, Parcel};

impl Fabric {
    /// Whether bridged frames of this kind are shown to the IP hooks.
    pub fn bridge_calls_iptables(&self, ns: u32, packet: &Packet) -> bool {
        let number = match packet.ethertype {
            _ if packet.vlan != 0 => return false,
            ether::IPV4 => sysctl::BRIDGE_NF_CALL_IPTABLES,
            ether::IPV6 => sysctl::BRIDGE_NF_CALL_IP6TABLES,
            _ => return false,
        };
        self.space(ns).stack.sysctls.is_on(number)
    }

    /// PREROUTING for a frame that came in by a port (br_nf_pre_routing).
    pub fn bridge_prerouting(&mut self, at: Bridging, mut packet: Parcel) {
        packet.bridged = true;
        packet.phys_in = at.from;
        packet.phys_out = 0;
        packet.iif = at.bridge;
        if self.collects(at.ns, &packet) {
            let Some(whole) = self.defragment(at.ns, packet, hook::PREROUTING) else { return };
            packet = whole;
        }
        let other_host = packet.pkt_type == PacketType::OtherHost;
        if other_host {
            packet.pkt_type = PacketType::Host;
        }
        let before = packet.dst;
        let verdict = self.run_hook((at.ns, hook::PREROUTING), (at.bridge, 0), &mut packet, None);
        if verdict != Verdict::Accept {
            let refused = Refused { ns: at.ns, hook: hook::PREROUTING, path: None };
            return self.refuse(refused, verdict, packet);
        }
        if packet.dst != before {
            return self.bridge_dnat(at, packet);
        }
        if other_host {
            packet.pkt_type = PacketType::OtherHost;
        }
        self.bridge_forward(at, packet);
    }

    /// The destination is another one now (br_nf_pre_routing_finish).
    fn bridge_dnat(&mut self, at: Bridging, mut packet: Parcel) {
        let about = self.quoted_ends(&packet);
        let stack = &mut self.space_mut(at.ns).stack;
        // Where forwarding is off it ends here, though it would stay on the bridge: Linux 6.18 takes every refusal for one.
        match stack.find_input(&packet, at.bridge, about) {
            Err(_) => self.drop(at.place(), packet, Layer::Route, Reason::NoRoute),
            Ok(route) if route.path.oif == at.bridge => {
                let next_hop = route.path.next_hop(packet.dst);
                packet.resume = true;
                self.resolve(at.place(), next_hop, packet);
            }
            Ok(_) => {
                let mac = self.space(at.ns).stack.links.get(at.bridge).map_or(Mac::ZERO, |bridge| bridge.mac);
                packet.eth_dst = mac;
                packet.pkt_type = PacketType::Host;
                self.bridge_forward(at, packet);
            }
        }
    }

    /// The bridge device is asked to send a frame that is still bridged (br_nf_dev_xmit): its neighbour is known now, and it
    /// goes on from the port it came in by.
    pub fn bridge_resume(&mut self, place: Place, mut packet: Parcel) {
        let at = Bridging { ns: place.ns, bridge: place.dev, from: packet.phys_in };
        packet.resume = false;
        self.bridge_forward(at, packet);
    }

    /// FORWARD and POSTROUTING for a frame on its way out of a port (br_nf_forward_ip, br_nf_post_routing).
    pub fn bridge_hooks_out(&mut self, at: Bridging, port: u32, mut packet: Parcel) {
        packet.phys_out = port;
        if packet.pkt_type == PacketType::OtherHost {
            packet.pkt_type = PacketType::Host;
        }
        let hooks = [(hook::FORWARD, at.bridge), (hook::POSTROUTING, 0)];
        for (hook, iif) in hooks {
            let verdict = self.run_hook((at.ns, hook), (iif, at.bridge), &mut packet, None);
            if verdict != Verdict::Accept {
                return self.refuse(Refused { ns: at.ns, hook, path: None }, verdict, packet);
            }
        }
        let links = &self.space(at.ns).stack.links;
        let mtu = |dev: u32| links.get(dev).map_or(0, |device| device.mtu);
        let (room, whole, v4) = (mtu(port), mtu(at.bridge), packet.dst.is_v4());
        let longest = if packet.frag_max == 0 { u32::MAX } else { packet.frag_max.into() };
        let place = Place { ns: at.ns, dev: port };
        if packet.len() <= room.min(longest) {
            return self.bridge_push(place, packet);
        }
        // It is handed to ip_do_fragment, or to ip6_fragment, which complains.
        let piece = if v4 { whole.min(longest) } else { packet.frag_list.into() };
        let fixed = packet.frag_list == 0 && (!v4 || packet.dont_fragment);
        if !fixed && (longest <= whole || longest == u32::MAX) {
            return self.fragment(at.ns, piece, packet, &mut |fabric, piece| fabric.bridge_push(place, piece));
        }
        if !v4 {
            self.send_icmp_error(at.ns, &packet, IcmpError { rest: whole, ..IcmpError::new(kind::TOO_BIG6, 0) });
        }
        self.drop(place, packet, Layer::Route, Reason::FragmentationNeeded);
    }
}
