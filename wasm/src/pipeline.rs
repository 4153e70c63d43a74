//! LIFE OF A PACKET. Read it top to bottom; each step names the kernel function it models.
//!
//! ```text
//!                 device                                                     device
//!                   | receive                                                  ^ xmit
//!          bridge port? --yes--> link/bridge ... up ----.                      | resolve: neighbour, ARP
//!                   | no                                |                      | output: POSTROUTING, fragments
//!          ARP? ----+--yes--> link/arp                  |                      |
//!                   v                                   v                      |
//!   ip_receive: sanity, (defragment), PREROUTING  <-----'                      |
//!                   v                                                          |
//!   route_input: martians, local table, rp_filter, forwarding?                 |
//!          |                    |                                              |
//!          | ours               | not ours                                     |
//!          v                    `--> forward: TTL, redirect, MTU, FORWARD -----+
//!   local_in: fragments, INPUT                                                 |
//!          v                                                                   |
//!   deliver: UDP, TCP, ICMP, raw, vxlan                local_out: OUTPUT, reroute
//!          |                                                                   ^
//!          `------- sockets, echo replies, errors, RST ---- send_born ---------'
//! ```

pub mod ahead;
pub mod cache;
pub mod deliver;
pub mod fragment;
pub mod icmp;
pub mod limit;
pub mod local;
mod places;
pub mod reject;
pub mod routing;
pub mod trail;

use crate::abi::{hook, outcome};
use crate::export::records::CapturedFrame;
use crate::fabric::{Fabric, HOP_LIMIT};
use crate::filter::{At, Verdict};
use crate::link::bridge::Bridging;
use crate::link::{Device, Kind, Place};
use crate::namespace::{Path, View};
use crate::route::RouteType;
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::{ether, proto, KERNEL_SOCKET};
use crate::wire::{print, Family, Ip, Mac, Packet, PacketType, Parcel, NONE};
use icmp::{dest, kind, IcmpError};
use reject::Refused;
use routing::InputError;
use trail::Counter;

impl Fabric {
    // ---------------------------------------------------------------------------------------------- in

    /// A device takes a frame in (netif_receive_skb).
    pub fn receive(&mut self, place: Place, mut packet: Parcel) {
        if !self.has_space(place.ns) {
            return self.world.pool.release(packet);
        }
        if packet.probe == 0 {
            self.world.trails.disturb();
        }
        let (space, world) = self.both(place.ns);
        let Some(device) = space.stack.links.get_mut(place.dev) else {
            return self.drop(place, packet, Layer::Link, Reason::DeviceDown);
        };
        if !device.up {
            device.rx.dropped += 1;
            world.trails.spoil();
            return self.drop(place, packet, Layer::Link, Reason::DeviceDown);
        }
        if device.has_header() && !packet.routed {
            packet.pkt_type = whom(packet.eth_dst, device.mac);
        }
        self.receive_from_below(place, packet);
    }

    /// The same for a frame that a bridge hands up to its own device: whom it is for has been decided.
    pub fn receive_from_below(&mut self, place: Place, mut packet: Parcel) {
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return };
        let master = device.master;
        let capture = device.capture;
        let stacked = !device.uppers.is_empty() || packet.vlan != 0;
        let bytes = packet.frame_len() - if device.counts_headers() { 0 } else { 14 };
        device.rx.count(bytes);
        packet.iif = place.dev;
        if packet.probe != 0 {
            self.note_device(place, (false, capture), bytes);
        }
        if capture {
            self.capture(place, &packet, false);
        }
        self.world.note(place, &packet, Layer::Link, Action::Received);
        if stacked {
            let Some(own) = self.rise(place, packet) else { return };
            packet = own;
        }
        if master != 0 {
            return self.bridge_receive(Bridging { ns: place.ns, bridge: master, from: place.dev }, packet);
        }
        match packet.ethertype {
            ether::IPV4 | ether::IPV6 => self.ip_receive(place, packet),
            ether::ARP => self.arp_receive(place, packet),
            _ => self.drop(place, packet, Layer::Link, Reason::Protocol),
        }
    }

    /// ip_rcv, ipv6_rcv: PREROUTING, then the route decides.
    fn ip_receive(&mut self, place: Place, mut packet: Parcel) {
        if packet.pkt_type == PacketType::OtherHost {
            return self.drop(place, packet, Layer::Link, Reason::NotForUs);
        }
        if packet.quoted != 0 {
            return self.drop(place, packet, Layer::Local, Reason::Malformed);
        }
        if packet.family() == Family::V6 {
            if let Err(reason) = self.space(place.ns).stack.check6(&packet, place.dev) {
                return self.drop(place, packet, Layer::Route, reason);
            }
        }
        // Whoever put it together before, the IP layer begins with an empty control block.
        packet.frag_max = 0;
        let before = packet.dst;
        if !packet.bridged {
            let hook = hook::PREROUTING;
            if self.collects(place.ns, &packet) {
                let Some(whole) = self.defragment(place.ns, packet, hook) else { return };
                packet = whole;
            }
            let verdict = self.run_hook((place.ns, hook), (place.dev, 0), &mut packet, None);
            if verdict != Verdict::Accept {
                return self.refuse(Refused { ns: place.ns, hook, path: None }, verdict, packet);
            }
        }
        if packet.routed && packet.dst == before {
            packet.routed = false;
            return self.local_in(place, packet);
        }
        packet.routed = false;
        let about = self.quoted_ends(&packet);
        let route = self.space_mut(place.ns).stack.find_input(&packet, place.dev, about);
        match route {
            Ok(route) if route.path.is_local() => {
                self.note_path(place, &packet, &route.path);
                self.local_in(place, packet)
            }
            Ok(route) => {
                self.note_path(place, &packet, &route.path);
                self.forward(place, packet, (route.path, route.redirect))
            }
            Err(problem) => self.no_input_route(place, packet, problem),
        }
    }

    /// Why a packet is not routed on, and what its sender is told (ip_error).
    fn no_input_route(&mut self, place: Place, packet: Parcel, problem: InputError) {
        let v4 = packet.family() == Family::V4;
        let (code, reason) = match problem {
            InputError::NetUnreach => (Some(dest::NET), Reason::NoRoute),
            InputError::HostUnreach if v4 => (Some(dest::HOST), Reason::Unreachable),
            InputError::HostUnreach => (Some(dest::NET), Reason::Unreachable),
            InputError::Prohibit => (Some(dest::ADMIN), Reason::Prohibited),
            InputError::Blackhole => (None, Reason::Blackhole),
            InputError::ForwardingOff => (None, Reason::ForwardingOff),
            InputError::MartianSource => (None, Reason::MartianSource),
            InputError::MartianDestination => (None, Reason::MartianDestination),
            InputError::ReversePath => (None, Reason::RpFilter),
        };
        let forwards = !v4 || self.space(place.ns).stack.forwards(place.dev);
        if let Some(code) = code.filter(|_| forwards) {
            if !v4 || self.route_error_allowed(place.ns, packet.src) {
                self.send_icmp_error(place.ns, &packet, IcmpError::new(kind::UNREACHABLE, code));
            }
        }
        self.drop(place, packet, Layer::Route, reason);
    }

    // ---------------------------------------------------------------------------------------------- on

    /// ip_forward, ip6_forward: TTL, PMTU, redirect, FORWARD.
    fn forward(&mut self, place: Place, mut packet: Parcel, (path, redirect): (Path, bool)) {
        if packet.pkt_type != PacketType::Host {
            return self.drop(place, packet, Layer::Route, Reason::NotForUs);
        }
        if packet.ttl <= 1 {
            self.send_icmp_error(place.ns, &packet, IcmpError::new(kind::TIME_EXCEEDED, 0));
            return self.drop(place, packet, Layer::Route, Reason::Ttl);
        }
        let v4 = packet.family() == Family::V4;
        if path.oif != place.dev && (packet.src.is_link_local6() || packet.src == Ip::ANY6) {
            if !packet.src.is_unspecified() {
                self.send_icmp_error(place.ns, &packet, IcmpError::new(kind::UNREACHABLE6, dest::BEYOND_SCOPE6));
            }
            return self.drop(place, packet, Layer::Route, Reason::Unreachable);
        }
        let mtu = self.space(place.ns).stack.forward_mtu(&path, v4);
        // What was put together may be cut again (ignore_df), but no piece of it.
        let length = if packet.frag_list == 0 { packet.len() } else { packet.frag_max.into() };
        if (packet.dont_fragment || !v4) && length > mtu {
            self.send_icmp_error(
                place.ns,
                &packet,
                IcmpError { rest: mtu, ..IcmpError::new(kind::UNREACHABLE, dest::FRAG) },
            );
            return self.drop(place, packet, Layer::Route, Reason::FragmentationNeeded);
        }
        packet.ttl -= 1;
        if redirect {
            self.send_redirect(place, &packet, &path);
        }
        packet.priority = 0;
        let verdict = self.run_hook((place.ns, hook::FORWARD), (place.dev, path.oif), &mut packet, Some(path));
        if verdict != Verdict::Accept {
            return self.refuse(Refused { ns: place.ns, hook: hook::FORWARD, path: Some(path) }, verdict, packet);
        }
        self.world.note(place, &packet, Layer::Route, Action::Forwarded);
        // What POSTROUTING decides about a forwarded packet nobody waits for.
        let _ = self.output(place.ns, packet, path);
    }

    // ---------------------------------------------------------------------------------------------- out

    /// ip_output: POSTROUTING, fragments, neighbour. The error is what a local sender is told.
    pub fn output(&mut self, ns: u32, mut packet: Parcel, path: Path) -> Result<(), u32> {
        let place = Place { ns, dev: path.oif };
        let heard = match path.kind {
            RouteType::Broadcast => path.oif != 1 && packet.iif == 0,
            // Neighbour discovery is not for one's own ears.
            _ => packet.socket < KERNEL_SOCKET && !packet.dst.is_v4() && packet.dst.is_multicast() && path.oif != 1,
        };
        if heard && (packet.dst.is_v4() || self.space(ns).stack.listens6(path.oif, packet.dst)) {
            self.loop_back(place, &packet, path);
        }
        let verdict = self.run_hook((ns, hook::POSTROUTING), (packet.iif, path.oif), &mut packet, Some(path));
        if verdict != Verdict::Accept {
            self.refuse(Refused { ns, hook: hook::POSTROUTING, path: Some(path) }, verdict, packet);
            let queued = verdict == Verdict::Drop(crate::filter::env::why::QUEUE);
            return if queued { Ok(()) } else { Err(crate::errno::EPERM) };
        }
        let mtu = self.space(ns).stack.path_mtu(&path);
        let grown = packet.frag_max != 0 && (packet.dst.is_v4() || packet.len() > packet.frag_max.into());
        if packet.len() <= mtu && !grown {
            self.resolve(place, path.next_hop(packet.dst), packet);
            return Ok(());
        }
        let v4 = packet.dst.is_v4();
        let fixed = if v4 { packet.dont_fragment } else { packet.iif != 0 };
        // Pieces of IPv6 are as long as their sender made them or shorter ones are asked for.
        let long = !v4 && u32::from(packet.frag_max) > mtu;
        if long || fixed && packet.frag_list == 0 && !self.may_cut(&packet) {
            self.send_icmp_error(ns, &packet, IcmpError { rest: mtu, ..IcmpError::new(kind::UNREACHABLE, dest::FRAG) });
            self.drop(place, packet, Layer::Route, Reason::FragmentationNeeded);
            return Err(crate::errno::EMSGSIZE);
        }
        // Cut where it was cut, unless an IPv6 packet has to make room for a tunnel's headers (ip6_fragment's slow path).
        let makes_room = |device: &Device| matches!(device.kind, Kind::Vxlan(_)) && !v4;
        let least = if self.device(place).is_some_and(makes_room) { 1280 } else { 0 };
        let mtu = if packet.frag_list != 0 { mtu.min(least.max(packet.frag_list.into())) } else { mtu };
        let next_hop = path.next_hop(packet.dst);
        self.fragment(ns, mtu, packet, &mut |fabric, piece| fabric.resolve(place, next_hop, piece));
        Ok(())
    }

    /// Whether a socket here sent it that did not ask for path MTU discovery in so many words (ip_sk_ignore_df): then it may be
    /// cut even where it says otherwise, when a rule sent it by a narrower device.
    fn may_cut(&self, packet: &Packet) -> bool {
        let socket = self.world.sockets.get(packet.socket);
        packet.proto != proto::IPIP && socket.is_some_and(|socket| socket.options.dont_fragment != Some(true))
    }

    /// A broadcast is heard by its sender's own stack too: a copy goes through POSTROUTING before it (ip_mc_output).
    fn loop_back(&mut self, place: Place, packet: &Packet, path: Path) {
        let mut copy = self.copy(place.ns, packet);
        let verdict = self.run_hook((place.ns, hook::POSTROUTING), (0, place.dev), &mut copy, Some(path));
        if verdict != Verdict::Accept {
            return self.refuse(Refused { ns: place.ns, hook: hook::POSTROUTING, path: Some(path) }, verdict, copy);
        }
        copy.routed = true;
        copy.pkt_type = if packet.dst.is_v4() { PacketType::Broadcast } else { PacketType::Multicast };
        self.hand(place, place, copy);
    }

    /// dev_queue_xmit: netem has its say, then the frame leaves.
    pub fn xmit(&mut self, place: Place, mut packet: Parcel) {
        let (space, world) = self.both(place.ns);
        let Some(device) = space.stack.links.get_mut(place.dev) else {
            return self.drop(place, packet, Layer::Link, Reason::DeviceDown);
        };
        let Some(netem) = device.netem.as_deref_mut() else { return self.leave(place, packet) };
        world.trails.spoil();
        let fate = netem.fate(world.now, packet.frame_len(), &mut world.random);
        let waits = fate.at > world.now;
        netem.held += u32::from(waits && !fate.lost) + u32::from(fate.duplicated);
        if fate.duplicated {
            let copy = self.copy(place.ns, &packet);
            self.leave_at(fate.at, place, copy);
        }
        if fate.lost {
            return self.drop(place, packet, Layer::Link, Reason::Loss);
        }
        packet.bad_checksum |= fate.corrupted;
        if waits {
            self.leave_at(fate.at, place, packet);
        } else {
            self.leave(place, packet);
        }
    }

    fn leave_at(&mut self, at: u64, place: Place, packet: Parcel) {
        let id = self.world.pool.park(packet);
        self.world.at(at, crate::fabric::Event::Leave { ns: place.ns, dev: place.dev, packet: id });
    }

    /// The device does what its kind does (ndo_start_xmit).
    pub fn leave(&mut self, place: Place, mut packet: Parcel) {
        if !self.has_space(place.ns) {
            return self.world.pool.release(packet);
        }
        let (space, world) = self.both(place.ns);
        let Some(device) = space.stack.links.get_mut(place.dev) else {
            return self.drop(place, packet, Layer::Link, Reason::DeviceDown);
        };
        if !device.up {
            device.tx.dropped += 1;
            world.trails.spoil();
            return self.drop(place, packet, Layer::Link, Reason::DeviceDown);
        }
        let bytes = packet.frame_len() - if matches!(device.kind, Kind::Vxlan(_) | Kind::Tunnel(_)) { 14 } else { 0 };
        device.tx.count(bytes);
        let capture = device.capture;
        enum Way {
            Up,
            Veth(Place),
            Bridge,
            Vxlan,
            Upper,
            Tunnel,
            Nowhere,
            Outside,
        }
        let way = match &device.kind {
            Kind::Loopback => Way::Up,
            Kind::Veth(peer) => Way::Veth(*peer),
            Kind::Bridge(_) => Way::Bridge,
            Kind::Vxlan(_) => Way::Vxlan,
            Kind::Upper(_) => Way::Upper,
            Kind::Tunnel(_) => Way::Tunnel,
            Kind::Dummy => Way::Nowhere,
            Kind::Tun => Way::Outside,
        };
        if packet.probe != 0 {
            self.note_device(place, (true, capture), bytes);
        }
        if capture {
            self.capture(place, &packet, true);
        }
        self.world.note(place, &packet, Layer::Link, Action::Transmitted);
        match way {
            Way::Veth(peer) => self.cross(place, peer, packet),
            Way::Bridge if packet.resume => self.bridge_resume(place, packet),
            Way::Bridge => self.bridge_send(place, packet),
            Way::Vxlan => self.vxlan_send(place, packet),
            Way::Upper => self.upper_send(place, packet),
            Way::Tunnel => self.ipip_send(place, packet),
            Way::Up => {
                packet.routed = true;
                self.hand(place, place, packet);
            }
            Way::Nowhere => self.drop(place, packet, Layer::Link, Reason::Dummy),
            Way::Outside => self.take_outside(place, packet),
        }
    }

    /// Through a veth pair (veth_xmit): what the kernel keeps beside the bytes stays behind.
    fn cross(&mut self, place: Place, peer: Place, mut packet: Parcel) {
        let other = self.spaces.get(peer.ns as usize).and_then(Option::as_deref);
        let ready = other.and_then(|space| space.stack.links.get(peer.dev)).is_some_and(|device| device.up);
        if !ready {
            return self.drop(place, packet, Layer::Link, Reason::NoCarrier);
        }
        if packet.ct != NONE {
            self.space_mut(place.ns).hooks.release(&mut packet);
        }
        packet.forget();
        if peer.ns != place.ns {
            packet.mark = 0;
        }
        self.hand(place, peer, packet);
    }

    /// Into the run queue, unless it has been handed on too often.
    pub fn hand(&mut self, from: Place, to: Place, mut packet: Parcel) {
        packet.hops += 1;
        let handed = if packet.hops > HOP_LIMIT { Err(packet) } else { self.world.hand_on(to, packet) };
        if let Err(packet) = handed {
            self.drop(from, packet, Layer::Link, Reason::Loop);
        }
    }

    fn take_outside(&mut self, place: Place, packet: Parcel) {
        if packet.probe != 0 {
            self.world.batch.judge(place, &packet, (outcome::OUT, Reason::None));
            return self.finish(place.ns, packet);
        }
        let mut bytes = Vec::new();
        print::print_ip(&packet, &self.world.pool, &mut bytes);
        self.world.out.add(&CapturedFrame::new(self.world.now, place, true, bytes));
        self.world.note(place, &packet, Layer::Link, Action::Delivered);
        self.finish(place.ns, packet);
    }

    // ---------------------------------------------------------------------------------------------- tools of the trade

    /// Runs one netfilter hook over the packet, if anything stands there.
    #[inline]
    pub fn run_hook(
        &mut self,
        (ns, hook): (u32, u32),
        (iif, oif): (u32, u32),
        packet: &mut Packet,
        path: Option<Path>,
    ) -> Verdict {
        let (space, world) = self.both(ns);
        let family = packet.family();
        if !space.hooks.active(family, hook) {
            return Verdict::Accept;
        }
        let carried = packet.ct;
        let mut view = View { stack: &mut space.stack, world, path };
        let verdict = space.hooks.run(At { family, hook, iif, oif }, packet, &mut view);
        if packet.probe != 0 && carried == NONE {
            space.note_flow(packet, &mut world.trails);
        }
        verdict
    }

    /// A device counts a packet of a batch; one that is being captured spoils the trail.
    fn note_device(&mut self, place: Place, (sent, capture): (bool, bool), bytes: u32) {
        let (ns, dev) = (place.ns, place.dev);
        self.world.trails.note(Counter::Device { ns, dev, sent }, bytes);
        if capture {
            self.world.trails.spoil();
        }
    }

    /// Ends a packet's way: notes why, gives back what it holds, conntrack's part included.
    pub fn drop(&mut self, place: Place, mut packet: Parcel, layer: Layer, reason: Reason) {
        if packet.ct != NONE {
            if let Some(Some(space)) = self.spaces.get_mut(place.ns as usize) {
                space.hooks.release(&mut packet);
            }
        }
        self.world.drop(place, packet, layer, reason);
    }

    /// Ends the way of a packet that got where it should.
    pub fn finish(&mut self, ns: u32, mut packet: Parcel) {
        if packet.ct != NONE {
            self.space_mut(ns).hooks.release(&mut packet);
        }
        self.world.pool.release(packet);
    }

    pub fn note_path(&mut self, place: Place, packet: &Packet, path: &Path) {
        self.world.note_route(place, packet, Action::Routed, (path.via, path.oif, path.table));
    }

    /// Writes a frame down for those who watch the device; a tun port shows it from the IP header on.
    #[cold]
    fn capture(&mut self, place: Place, packet: &Packet, outgoing: bool) {
        let has_header = self.space(place.ns).stack.links.get(place.dev).is_some_and(|device| device.has_header());
        let mut bytes = Vec::new();
        match has_header {
            true => print::print_frame(packet, &self.world.pool, &mut bytes),
            false => print::print_ip(packet, &self.world.pool, &mut bytes),
        }
        self.world.frames.add(&CapturedFrame::new(self.world.now, place, outgoing, bytes));
    }
}

/// eth_type_trans: whom a frame is for.
fn whom(dst: Mac, own: Mac) -> PacketType {
    match () {
        () if dst == own => PacketType::Host,
        () if dst == Mac::BROADCAST => PacketType::Broadcast,
        () if dst.is_multicast() => PacketType::Multicast,
        () => PacketType::OtherHost,
    }
}
