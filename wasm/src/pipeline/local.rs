//! The local ends of the path: packets born here on their way out, packets for this host on their way in.

use super::icmp::{kind, IcmpError};
use super::reject::Refused;
use super::routing::OutputKey;
use crate::abi::hook;
use crate::fabric::Fabric;
use crate::filter::env::why;
use crate::filter::{AddrType, Verdict};
use crate::link::Place;
use crate::namespace::{Path, Stack};
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::{ether, KERNEL_SOCKET};
use crate::wire::{Ip, Packet, Parcel};

/// Where a packet is born.
#[derive(Clone, Copy)]
pub struct Birth {
    pub ns: u32,
    /// The device it must leave by, 0 for any.
    pub oif: u32,
    pub flags: u32,
}

impl Birth {
    /// A tunnel's outer packet: its record says encapsulated, not sent. The tunnel's index stands in the bits from 8 on.
    pub const TUNNEL: u32 = 1;
    /// The source need not be ours.
    pub const ANY_SOURCE: u32 = 2;
}

/// What a rule at OUTPUT has a packet routed again by when it changes it; of IPv6 its hops too (ip6t_mangle_out).
fn routed_by(packet: &Packet) -> (Ip, Ip, u32, u8, u8) {
    (packet.src, packet.dst, packet.mark, packet.tos, if packet.dst.is_v4() { 0 } else { packet.ttl })
}

impl Fabric {
    /// Routes a packet born here and sends it; its source is filled in where it has none. The error is an errno.
    pub fn send_born(&mut self, birth: Birth, mut packet: Parcel) -> Result<(), u32> {
        let key = OutputKey {
            src: packet.src,
            dst: packet.dst,
            oif: birth.oif,
            mark: packet.mark,
            // What IPv6's stack says itself is marked, but not routed by it.
            tos: if packet.socket >= KERNEL_SOCKET && !packet.dst.is_v4() { 0 } else { packet.tos },
            proto: packet.proto,
            sport: packet.sport,
            dport: packet.dport,
            any_source: birth.flags & Birth::ANY_SOURCE != 0,
            about: None,
        };
        let path = match self.space_mut(birth.ns).stack.find_output(&key) {
            Ok(path) => path,
            Err(errno) => {
                self.drop(Place { ns: birth.ns, dev: 0 }, packet, Layer::Route, Reason::NoRoute);
                return Err(errno);
            }
        };
        if birth.flags & Birth::TUNNEL != 0 && (path.is_local() || path.oif == birth.flags >> 8) {
            self.drop(Place { ns: birth.ns, dev: path.oif }, packet, Layer::Tunnel, Reason::TunnelLoop);
            return Err(crate::errno::ENETUNREACH);
        }
        packet.src = path.src;
        // An answer of the stack's own: as many hops as where it leaves by says.
        if packet.ttl == 0 {
            packet.ttl = self.space(birth.ns).stack.hop_limit(packet.dst, path.oif);
        }
        if packet.dst == Ip::ANY4 {
            packet.dst = path.src;
        }
        if birth.flags & Birth::TUNNEL == 0 {
            self.world.note(Place { ns: birth.ns, dev: path.oif }, &packet, Layer::Local, Action::Sent);
        }
        self.local_out(birth.ns, packet, path)
    }

    /// ip_local_out: OUTPUT, and another route where a rule changed what routes depend on (ip_route_me_harder).
    pub fn local_out(&mut self, ns: u32, mut packet: Parcel, mut path: Path) -> Result<(), u32> {
        if packet.probe == 0 {
            self.world.trails.disturb();
        }
        packet.iif = 0;
        packet.ethertype = if packet.dst.is_v4() { ether::IPV4 } else { ether::IPV6 };
        let place = Place { ns, dev: path.oif };
        self.note_path(place, &packet, &path);
        let before = routed_by(&packet);
        let verdict = self.run_hook((ns, hook::OUTPUT), (0, path.oif), &mut packet, Some(path));
        let oif = self.world.bound_to(&packet, path.oif);
        if verdict != Verdict::Accept {
            let queued = verdict == Verdict::Drop(why::QUEUE);
            // Only a packet that lost its route says why (NF_DROP_ERR).
            let lost = verdict == Verdict::Drop(why::REROUTE);
            let other = self.space(ns).stack.reroute(&packet, oif);
            let errno = other.err().filter(|_| lost).unwrap_or(crate::errno::EPERM);
            // Mangle and NAT had given it another route before it was refused.
            let moved = before != routed_by(&packet);
            let path = other.ok().filter(|_| moved).or(Some(path));
            self.refuse(Refused { ns, hook: hook::OUTPUT, path }, verdict, packet);
            return if queued { Ok(()) } else { Err(errno) };
        }
        if before != routed_by(&packet) {
            path = match self.space(ns).stack.reroute(&packet, oif) {
                Ok(other) => other,
                Err(errno) => {
                    self.drop(place, packet, Layer::Route, Reason::NoRoute);
                    return Err(errno);
                }
            };
            self.note_path(place, &packet, &path);
        }
        self.output(ns, packet, path)
    }

    /// ip_local_deliver: whole packets only, INPUT, then the protocol. IPv6 shows fragments to INPUT before it collects them
    /// (ip6_input, ipv6_frag_rcv).
    pub fn local_in(&mut self, place: Place, mut packet: Parcel) {
        if packet.is_fragment() && packet.dst.is_v4() {
            let Some(whole) = self.defragment(place.ns, packet, hook::INPUT) else { return };
            packet = whole;
        }
        let verdict = self.run_hook((place.ns, hook::INPUT), (place.dev, 0), &mut packet, None);
        if verdict == Verdict::Forward {
            packet.ttl = packet.ttl.saturating_sub(1);
            match self.space(place.ns).stack.reroute(&packet, 0) {
                Ok(path) => drop(self.local_out(place.ns, packet, path)),
                Err(_) => self.drop(place, packet, Layer::Route, Reason::NoRoute),
            }
            return;
        }
        if verdict != Verdict::Accept {
            return self.refuse(Refused { ns: place.ns, hook: hook::INPUT, path: None }, verdict, packet);
        }
        if packet.is_truncated6() {
            self.send_icmp_error(place.ns, &packet, IcmpError::new(kind::PARAMETER6, 3));
            return self.drop(place, packet, Layer::Local, Reason::Malformed);
        }
        if packet.more_fragments || packet.frag_offset != 0 {
            let Some(whole) = self.defragment(place.ns, packet, hook::INPUT) else { return };
            packet = whole;
        }
        self.deliver(place, packet);
    }
}

impl Stack {
    /// The route of a packet as it is now (ip_route_me_harder): a source that is not ours is allowed, one that is nobody's
    /// lets the route choose.
    pub fn reroute(&self, packet: &Packet, oif: u32) -> Result<Path, u32> {
        let kind = self.addr_type(packet.src, 0);
        let known = matches!(kind, AddrType::Local | AddrType::Unicast);
        let asked = self.fib.asks_ports(packet.family());
        let (proto, (sport, dport)) = if asked { (packet.proto, packet.flow_ports()) } else { (0, (0, 0)) };
        let key = OutputKey {
            proto,
            sport,
            dport,
            src: if known { packet.src } else { OutputKey::to(packet.dst).src },
            oif,
            mark: packet.mark,
            tos: packet.tos,
            any_source: true,
            ..OutputKey::to(packet.dst)
        };
        self.route_output(&key)
    }
}
