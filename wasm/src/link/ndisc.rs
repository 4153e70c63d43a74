//! Neighbour discovery (RFC 4861, net/ipv6/ndisc.c): ARP's work in ICMPv6, entries and timers shared with it.

use super::arp::Party;
use super::{Nud, Place};
use crate::fabric::Fabric;
use crate::namespace::{Path, Stack};
use crate::route::RouteType;
use crate::sysctl;
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::{ether, packet, proto, KERNEL_SOCKET};
use crate::wire::{Ip, Mac, Packet, Parcel};

/// ICMPv6 types of neighbour discovery.
pub mod kind {
    pub const SOLICITATION: u8 = 135;
    pub const ADVERTISEMENT: u8 = 136;
}

/// Options: the sender's or the target's hardware address, and a number that tells one's own solicitation from a twin's.
mod option {
    pub const SOURCE: u8 = 1;
    pub const TARGET: u8 = 2;
    pub const NONCE: u8 = 14;
}

/// Flags of an advertisement.
const ROUTER: u32 = 1 << 31;
const SOLICITED: u32 = 1 << 30;
const OVERRIDE: u32 = 1 << 29;

/// ff02::1.
const ALL_NODES: Ip = Ip(0xff02 << 112 | 1);

/// A message but for its addresses.
struct Message {
    kind: u8,
    flags: u32,
    target: Ip,
    option: Option<(u8, Mac)>,
    trace: u32,
}

impl Fabric {
    fn send_nd(&mut self, place: Place, (src, dst): (Ip, Ip), message: Message) {
        let mut data = message.target.0.to_be_bytes().to_vec();
        if let Some((kind, mac)) = message.option {
            data.extend([kind, 1]);
            data.extend(mac.bytes());
        }
        let packet = packet! {
            ethertype: ether::IPV6,
            src: src,
            dst: dst,
            proto: proto::ICMPV6,
            ttl: 255,
            kind: message.kind,
            seq: message.flags,
            payload_len: data.len() as u16,
            payload: self.world.pool.store(&data),
            socket: KERNEL_SOCKET,
            trace: message.trace,
        };
        let packet = self.world.pool.begin(packet);
        let action = if message.kind == kind::SOLICITATION { Action::Asked } else { Action::Answered };
        self.world.note(place, &packet, Layer::Arp, action);
        let kind = if dst.is_multicast() { RouteType::Multicast } else { RouteType::Unicast };
        let path = Path { kind, oif: place.dev, via: Ip::ANY6, src, mtu: 0, advmss: 0, table: 0 };
        // Nobody waits for the outcome.
        let _ = self.local_out(place.ns, packet, path);
    }

    /// Asks for a neighbour on behalf of a packet that waits, all who may be meant or the one who was there (ndisc_solicit).
    pub fn solicit6(&mut self, place: Place, (target, unicast): (Ip, bool), waiting: Option<Packet>) {
        let stack = &self.space(place.ns).stack;
        let Some(device) = stack.links.get(place.dev) else { return };
        let own = |ip: Ip| device.owned(ip).is_some_and(|address| !address.dad.tentative);
        let hinted = waiting.map(|packet| packet.src).filter(|src| own(*src));
        let src = hinted.unwrap_or_else(|| stack.links.select_source6(place.dev, ALL_NODES));
        if src.is_unspecified() {
            return;
        }
        let (dst, mac) = (if unicast { target } else { target.solicited_node() }, device.mac);
        let trace = waiting.map_or(0, |packet| packet.trace);
        let option = Some((option::SOURCE, mac));
        self.send_nd(place, (src, dst), Message { kind: kind::SOLICITATION, flags: 0, target, option, trace });
    }

    /// Asks whether anybody else has an address that is to be ours.
    pub fn ask_for_twins(&mut self, place: Place, target: Ip, nonce: Mac) {
        let option = Some((option::NONCE, nonce));
        let message = Message { kind: kind::SOLICITATION, flags: 0, target, option, trace: 0 };
        self.send_nd(place, (Ip::ANY6, target.solicited_node()), message);
    }

    /// Tells a segment about an address of ours (`ndisc_notify`).
    pub fn announce6(&mut self, place: Place, ip: Ip) {
        self.advertise(place, (ip, ALL_NODES), (OVERRIDE, 0));
    }

    fn advertise(&mut self, place: Place, (target, dst): (Ip, Ip), (flags, trace): (u32, u32)) {
        let stack = &self.space(place.ns).stack;
        let Some(device) = stack.links.get(place.dev) else { return };
        let router = if device.conf6.is_on(sysctl::FORWARDING6) { ROUTER } else { 0 };
        let src = if device.owned(target).is_some() { target } else { stack.links.select_source6(place.dev, dst) };
        let option = (flags & OVERRIDE != 0 || dst.is_multicast()).then_some((option::TARGET, device.mac));
        let flags = flags | router;
        self.send_nd(place, (src, dst), Message { kind: kind::ADVERTISEMENT, flags, target, option, trace });
    }

    /// A solicitation or advertisement for this host; believed only when no router can have passed it on.
    pub fn nd_receive(&mut self, place: Place, packet: Parcel) {
        let data = self.world.pool.data(&packet);
        let whole = packet.ttl == 255 && packet.code == 0 && data.len() >= 16;
        let target = whole.then(|| Ip(u128::from_be_bytes(std::array::from_fn(|at| data[at]))));
        let Some(target) = target.filter(|ip| !ip.is_multicast() && !ip.is_v4()) else {
            return self.drop(place, packet, Layer::Arp, Reason::Malformed);
        };
        if packet.kind == kind::SOLICITATION {
            let mac = find_option(&data[16..], option::SOURCE);
            self.solicited(place, (target, mac), &packet);
        } else {
            let mac = find_option(&data[16..], option::TARGET);
            self.advertised(place, (target, mac), &packet);
        }
        self.finish(place.ns, packet);
    }

    /// Somebody asks for an address (ndisc_recv_ns).
    fn solicited(&mut self, place: Place, (target, mac): (Ip, Option<Mac>), packet: &Packet) {
        let stack = &self.space(place.ns).stack;
        let Some(device) = stack.links.get(place.dev) else { return };
        let twin = packet.src.is_unspecified();
        let own = device.owned(target).map(|address| address.dad);
        match own {
            Some(dad) if twin && dad.tentative => {
                if packet.eth_src != device.mac {
                    self.dad_failed(place, target);
                }
                return;
            }
            Some(dad) if dad.tentative && (!dad.optimistic || dad.failed) => return,
            None if !stack.proxies6(place.dev, target) => return,
            _ => {}
        }
        let group = packet.dst.is_multicast();
        let overrides = if own.is_some() && (group || twin) { OVERRIDE } else { 0 };
        if twin {
            return self.advertise(place, (target, ALL_NODES), (overrides, packet.trace));
        }
        if let Some(mac) = mac {
            self.learn(place, Party { ip: packet.src, mac }, (Nud::Stale, true));
        }
        self.advertise(place, (target, packet.src), (overrides | SOLICITED, packet.trace));
    }

    /// Somebody says where an address is: news about neighbours that are known (ndisc_recv_na).
    fn advertised(&mut self, place: Place, (target, mac): (Ip, Option<Mac>), packet: &Packet) {
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return };
        if let Some(address) = device.owned(target) {
            if address.dad.tentative && packet.eth_src != device.mac {
                self.dad_failed(place, target);
            }
            return;
        }
        let Some(entry) = device.neighbours.get_mut(target).filter(|entry| entry.state() != Nud::Failed) else {
            return;
        };
        let Some(mac) = mac.or(entry.state().is_valid().then_some(entry.mac)) else { return };
        entry.router = packet.seq & ROUTER != 0;
        let state = if packet.seq & SOLICITED != 0 { Nud::Reachable } else { Nud::Stale };
        let overrides = packet.seq & OVERRIDE != 0 || !entry.state().is_valid();
        self.learn(place, Party { ip: target, mac }, (state, overrides));
    }
}

impl Stack {
    /// Whether we answer for somebody else's address there.
    fn proxies6(&self, dev: u32, target: Ip) -> bool {
        let listed = self.links.get(dev).is_some_and(|device| device.neighbours.proxies.contains(&target));
        listed && self.links.most6(dev, sysctl::PROXY_NDP) > 0
    }

    /// Whether a device listens to a multicast group.
    pub fn listens6(&self, dev: u32, group: Ip) -> bool {
        let Some(device) = self.links.get(dev) else { return false };
        let router = device.conf6.is_on(sysctl::FORWARDING6);
        let (scope, rest) = ((group.0 >> 112) as u16, group.0 << 16 >> 16);
        match (scope, rest) {
            (0xff01 | 0xff02, 1) => true,
            (0xff01 | 0xff02 | 0xff05, 2) => router,
            _ => {
                let asks = |ip: Ip| !ip.is_v4() && ip.solicited_node() == group;
                // Who is not asked for by neighbours joins no group for that (addrconf_join_solict).
                device.needs_arp() && (router && asks(Ip::ANY6) || device.addresses.iter().any(|a| asks(a.ip)))
            }
        }
    }

    /// `forwarding` was written: routers answer to their subnets' anycast addresses.
    pub fn become_router(&mut self, dev: u32) {
        self.forget_anycast(dev);
        self.connect(dev);
    }
}

/// The hardware address in an option of the kind.
fn find_option(mut options: &[u8], wanted: u8) -> Option<Mac> {
    while let [kind, units, a, b, c, d, e, f, ..] = *options {
        if kind == wanted {
            return Some(Mac::from_bytes([a, b, c, d, e, f]));
        }
        if units == 0 {
            return None;
        }
        options = options.get(units as usize * 8..)?;
    }
    None
}
