//! ARP (RFC 826, net/ipv4/arp.c): asking for a neighbour, answering for our own addresses, learning from both.

use super::{Device, Kind, Links, Nud, Place};
use crate::fabric::{Event, Fabric, MILLISECOND, SECOND};
use crate::filter::AddrType;
use crate::namespace::Stack;
use crate::pipeline::icmp::{dest, kind, IcmpError};
use crate::route::{Devices, RouteType};
use crate::sysctl;
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::{ether, packet, proto, KERNEL_SOCKET};
use crate::wire::{Ip, Mac, Packet, PacketType, Parcel, NONE};

/// ARP operations.
pub mod op {
    pub const REQUEST: u8 = 1;
    pub const REPLY: u8 = 2;
}

/// Packets an unresolved entry keeps; what kmalloc makes of `unres_qlen_bytes` for small packets.
const QUEUE_LIMIT: usize = 101;

/// Somebody's protocol and hardware address.
#[derive(Clone, Copy)]
pub struct Party {
    pub ip: Ip,
    pub mac: Mac,
}

impl Fabric {
    /// Gives a packet the MAC of `next_hop` and sends it, or has it wait for the answer (ip_finish_output2, neigh_output).
    pub fn resolve(&mut self, place: Place, next_hop: Ip, mut packet: Parcel) {
        let (space, world) = self.both(place.ns);
        let now = world.now;
        let Some(device) = space.stack.links.get_mut(place.dev) else {
            return self.drop(place, packet, Layer::Link, Reason::DeviceDown);
        };
        if !device.has_header() {
            packet.eth_dst = Mac(u64::from(next_hop.low()));
            return self.xmit(place, packet);
        }
        let reachable = device.neigh(next_hop, sysctl::BASE_REACHABLE_TIME_MS) * MILLISECOND;
        let delay = device.neigh(next_hop, sysctl::DELAY_FIRST_PROBE_TIME) * SECOND;
        let source = device.mac;
        let mac = match device.neighbours.get_mut(next_hop) {
            Some(entry) if entry.state().is_valid() => {
                if entry.state() == Nud::Reachable {
                    world.trails.until(entry.confirmed + reachable);
                }
                if entry.state_at(now, reachable) == Nud::Stale {
                    entry.enter(Nud::Delay);
                    let generation = entry.generation;
                    let (ns, dev, ip) = (place.ns, place.dev, next_hop);
                    let mac = entry.mac;
                    world.at(now + delay, Event::Neighbour { ns, dev, ip, generation });
                    mac
                } else {
                    entry.mac
                }
            }
            _ => match plain_mac(device, next_hop) {
                Some(mac) => mac,
                None => return self.ask(place, next_hop, packet),
            },
        };
        if !packet.resume {
            packet.eth_src = source;
        }
        packet.eth_dst = mac;
        self.xmit(place, packet);
    }

    /// Queues the packet at an unresolved entry.
    fn ask(&mut self, place: Place, next_hop: Ip, mut packet: Parcel) {
        // The kernel's own sockets belong to a namespace only while they speak (icmp_xmit_unlock).
        if packet.socket == KERNEL_SOCKET {
            packet.socket = NONE;
        }
        let now = self.world.now;
        self.world.trails.spoil();
        self.world.note(place, &packet, Layer::Arp, Action::Queued);
        let id = self.world.pool.park(packet);
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return };
        let entry = device.neighbours.entry(next_hop, now);
        entry.queue.push(id);
        let oldest = (entry.queue.len() > QUEUE_LIMIT).then(|| entry.queue.remove(0));
        if let Some(oldest) = oldest {
            let oldest = self.world.pool.take(oldest);
            self.drop(place, oldest, Layer::Arp, Reason::NeighbourQueue);
        }
        self.ask_gateway(place, next_hop);
    }

    /// Starts asking for a neighbour, where nobody does yet (__neigh_event_send).
    pub fn ask_gateway(&mut self, place: Place, next_hop: Ip) {
        let now = self.world.now;
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return };
        let retrans = device.neigh(next_hop, sysctl::RETRANS_TIME_MS) * MILLISECOND;
        let entry = device.neighbours.entry(next_hop, now);
        let starts = entry.state() != Nud::Incomplete;
        if starts {
            entry.enter(Nud::Incomplete);
            entry.probes = 1;
            entry.updated = now;
        }
        let generation = entry.generation;
        if starts {
            self.space_mut(place.ns).stack.changed();
            let (ns, dev, ip) = (place.ns, place.dev, next_hop);
            self.world.at(now + retrans, Event::Neighbour { ns, dev, ip, generation });
            self.solicit(place, next_hop, Mac::BROADCAST);
        }
    }

    /// Sends a request on behalf of the oldest packet that waits (arp_solicit).
    fn solicit(&mut self, place: Place, target: Ip, to: Mac) {
        let stack = &self.space(place.ns).stack;
        let Some(device) = stack.links.get(place.dev) else { return };
        let waiting = device.neighbours.get(target).and_then(|entry| entry.queue.first().copied());
        let waiting = waiting.map(|id| *self.world.pool.get(id));
        if !target.is_v4() {
            return self.solicit6(place, (target, to != Mac::BROADCAST), waiting);
        }
        let announce = stack.links.most(place.dev, sysctl::ARP_ANNOUNCE);
        let own = |ip: Ip| stack.addr_type(ip, 0) == AddrType::Local;
        let hinted = waiting.map(|packet| packet.src).filter(|src| own(*src));
        let hinted = match announce {
            0 => hinted,
            1 => hinted.filter(|src| device.addresses.iter().any(|a| a.on_link(target) && a.on_link(*src))),
            _ => None,
        };
        let src = hinted.unwrap_or_else(|| stack.links.select_source(place.dev, target, super::address::LINK));
        let trace = waiting.map_or(0, |packet| packet.trace);
        let mac = device.mac;
        self.send_arp(place, (op::REQUEST, trace), Party { ip: src, mac }, Party { ip: target, mac: to });
    }

    fn send_arp(&mut self, place: Place, (op, trace): (u8, u32), from: Party, to: Party) {
        let packet = self.world.pool.begin(arp_packet((op, trace), from, to));
        let action = if op == op::REQUEST { Action::Asked } else { Action::Answered };
        self.world.note(place, &packet, Layer::Arp, action);
        self.xmit(place, packet);
    }

    /// Tells a segment about an address of ours (arp_notify, or when an address moves).
    pub fn announce(&mut self, place: Place, ip: Ip) {
        let Some(device) = self.space(place.ns).stack.links.get(place.dev) else { return };
        if !device.up || !device.needs_arp() {
            return;
        }
        let from = Party { ip, mac: device.mac };
        self.send_arp(place, (op::REQUEST, 0), from, Party { ip, mac: Mac::BROADCAST });
    }

    /// An ARP packet arrives (arp_process).
    pub fn arp_receive(&mut self, place: Place, packet: Parcel) {
        let stack = &self.space(place.ns).stack;
        let Some(device) = stack.links.get(place.dev) else { return };
        let wanted = device.needs_arp() && matches!(packet.pkt_type, PacketType::Host | PacketType::Broadcast);
        let local_net = stack.links.either(place.dev, sysctl::ROUTE_LOCALNET);
        let sane = !packet.dst.is_multicast() && (local_net || !packet.dst.is_loopback());
        if !wanted || !sane || !matches!(packet.kind, op::REQUEST | op::REPLY) {
            return self.drop(place, packet, Layer::Arp, Reason::ArpIgnored);
        }
        let asker = Party { ip: packet.src, mac: packet.eth_src };
        let own = Party { ip: packet.dst, mac: device.mac };
        if packet.kind == op::REQUEST {
            match stack.arp_answer(place.dev, &packet) {
                ArpAnswer::Own => {
                    if !packet.src.is_unspecified() {
                        self.learn(place, asker, (Nud::Stale, true));
                    }
                    self.send_arp(place, (op::REPLY, packet.trace), own, asker);
                    return self.finish(place.ns, packet);
                }
                ArpAnswer::Proxy => {
                    self.learn(place, asker, (Nud::Stale, true));
                    self.answer_for_another(place, &packet, own, asker);
                    return self.finish(place.ns, packet);
                }
                ArpAnswer::Silence => return self.drop(place, packet, Layer::Arp, Reason::ArpIgnored),
                ArpAnswer::NotOurs => {}
            }
        }
        self.learn_passing(place, &packet, asker);
        self.finish(place.ns, packet);
    }

    /// A proxy waits up to `proxy_delay` before it speaks for somebody who may speak for himself.
    fn answer_for_another(&mut self, place: Place, packet: &Packet, own: Party, asker: Party) {
        let delay = self.space(place.ns).stack.links.get(place.dev).map_or(0, |d| d.neigh.get(sysctl::PROXY_DELAY));
        if delay == 0 || packet.pkt_type == PacketType::Host {
            return self.send_arp(place, (op::REPLY, packet.trace), own, asker);
        }
        let span = delay as u32 * 10;
        let wait = u64::from(self.world.random.below(span)) * MILLISECOND;
        let reply = arp_packet((op::REPLY, packet.trace), own, asker);
        let reply = self.world.pool.begin(reply);
        let id = self.world.pool.park(reply);
        let at = self.world.now + wait;
        self.world.at(at, Event::Proxy { ns: place.ns, dev: place.dev, packet: id });
    }

    /// What anybody's ARP packet teaches: only about neighbours already known, unless `arp_accept`.
    fn learn_passing(&mut self, place: Place, packet: &Packet, asker: Party) {
        let now = self.world.now;
        let Some(device) = self.space(place.ns).stack.links.get(place.dev) else { return };
        let accepts = self.space(place.ns).stack.links.either(place.dev, sysctl::ARP_ACCEPT);
        let gratuitous = packet.src == packet.dst;
        let Some(entry) = device.neighbours.get(packet.src) else {
            if accepts && (gratuitous || packet.kind == op::REPLY) {
                self.learn(place, asker, (Nud::Stale, true));
            }
            return;
        };
        let lock = device.neigh.get(sysctl::LOCKTIME) as u64 * 10 * MILLISECOND;
        let overrides = now > entry.updated + lock || gratuitous || !entry.state().is_valid();
        let answer = packet.kind == op::REPLY && packet.pkt_type == PacketType::Host;
        let state = if answer { Nud::Reachable } else { Nud::Stale };
        self.learn(place, asker, (state, overrides));
    }

    /// Enters a MAC (neigh_update): permanent entries stay, and an answer sends what waited for it.
    pub fn learn(&mut self, place: Place, party: Party, (state, overrides): (Nud, bool)) {
        let now = self.world.now;
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return };
        let entry = device.neighbours.entry(party.ip, now);
        let old = entry.state();
        if matches!(old, Nud::Permanent | Nud::NoArp) {
            return;
        }
        let changed = entry.mac != party.mac;
        if old.is_valid() && changed && !overrides {
            if !party.ip.is_v4() && old == Nud::Reachable {
                // Somebody else says he is there, without insisting: worth a doubt (NEIGH_UPDATE_F_WEAK_OVERRIDE).
                entry.enter(Nud::Stale);
            }
            return;
        }
        if state == Nud::Reachable {
            entry.confirmed = now;
        } else if old.is_valid() && !changed && old != Nud::Stale {
            return;
        }
        entry.mac = party.mac;
        entry.updated = now;
        entry.probes = 0;
        entry.enter(state);
        let queue = std::mem::take(&mut entry.queue);
        self.space_mut(place.ns).stack.changed();
        for id in queue {
            let packet = self.world.pool.take(id);
            self.resolve(place, party.ip, packet);
        }
        self.watch_neighbour(place, party.ip, false);
    }

    /// Forgets what waits at an entry that is going away.
    pub fn drop_waiting(&mut self, place: Place, queue: Vec<u32>) {
        for id in queue {
            let packet = self.world.pool.take(id);
            self.drop(place, packet, Layer::Arp, Reason::NeighbourFailed);
        }
    }

    /// An entry's timer: ask again, start probing, or give up (neigh_timer_handler).
    pub fn neighbour_timer(&mut self, place: Place, ip: Ip, generation: u32) {
        let now = self.world.now;
        if !self.has_space(place.ns) {
            return;
        }
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return };
        let retrans = device.neigh(ip, sysctl::RETRANS_TIME_MS) * MILLISECOND;
        let limits = [sysctl::MCAST_SOLICIT, sysctl::UCAST_SOLICIT].map(|number| device.neigh(ip, number) as u32);
        let delay = device.neigh(ip, sysctl::DELAY_FIRST_PROBE_TIME) * SECOND;
        let Some(entry) = device.neighbours.get_mut(ip).filter(|entry| entry.generation == generation) else { return };
        let (limit, to) = match entry.state() {
            Nud::Delay if now <= entry.confirmed + delay => return entry.enter(Nud::Reachable),
            Nud::Delay => {
                entry.enter(Nud::Probe);
                entry.probes = 0;
                (limits[1], entry.mac)
            }
            Nud::Probe => (limits[1], entry.mac),
            Nud::Incomplete => (limits[0], Mac::BROADCAST),
            _ => return,
        };
        if entry.probes >= limit {
            return self.fail_neighbour(place, ip);
        }
        entry.probes += 1;
        let generation = entry.generation;
        self.world.at(now + retrans, Event::Neighbour { ns: place.ns, dev: place.dev, ip, generation });
        self.solicit(place, ip, to);
    }

    /// Nobody answered: what waited is told so (arp_error_report).
    fn fail_neighbour(&mut self, place: Place, ip: Ip) {
        let now = self.world.now;
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return };
        let Some(entry) = device.neighbours.get_mut(ip) else { return };
        entry.enter(Nud::Failed);
        entry.updated = now;
        let queue = std::mem::take(&mut entry.queue);
        self.space_mut(place.ns).stack.changed();
        for id in queue {
            let packet = self.world.pool.take(id);
            self.send_icmp_error(place.ns, &packet, IcmpError::new(kind::UNREACHABLE, dest::HOST));
            self.drop(place, packet, Layer::Arp, Reason::NeighbourFailed);
        }
        self.watch_neighbour(place, ip, false);
    }
}

fn arp_packet((op, trace): (u8, u32), from: Party, to: Party) -> Packet {
    packet! {
        ethertype: ether::ARP,
        eth_src: from.mac,
        eth_dst: to.mac,
        src: from.ip,
        dst: to.ip,
        kind: op,
        proto: proto::ICMP - 1,
        trace: trace,
    }
}

/// The MAC where nobody needs to be asked (arp_constructor).
fn plain_mac(device: &Device, next_hop: Ip) -> Option<Mac> {
    if next_hop.is_multicast() {
        let low = u64::from(next_hop.low());
        return Some(Mac(if next_hop.is_v4() { 0x0100_5e00_0000 | low & 0x7f_ffff } else { 0x3333_0000_0000 | low }));
    }
    let broadcast = next_hop == Ip::BROADCAST4 || device.addresses.iter().any(|a| a.is_broadcast(next_hop));
    match () {
        () if matches!(device.kind, Kind::Loopback) => Some(Mac::ZERO),
        () if broadcast => Some(Mac::BROADCAST),
        () if !device.needs_arp() => Some(device.mac),
        () => None,
    }
}

/// What a request deserves.
enum ArpAnswer {
    Own,
    Proxy,
    /// It is ours, but a sysctl says not to tell here.
    Silence,
    NotOurs,
}

impl Stack {
    fn arp_answer(&self, dev: u32, packet: &Packet) -> ArpAnswer {
        let (from, target) = (packet.src, packet.dst);
        if from.is_unspecified() {
            let ours = self.addr_type(target, 0) == AddrType::Local && !self.arp_ignored(dev, from, target);
            return if ours { ArpAnswer::Own } else { ArpAnswer::NotOurs };
        }
        let question = packet! { src: from, dst: target, proto: 0 };
        let Ok(route) = self.route_input(&question, dev, None) else { return ArpAnswer::NotOurs };
        if route.path.kind == RouteType::Broadcast {
            return ArpAnswer::NotOurs;
        }
        if route.path.is_local() {
            let filtered =
                self.links.either(dev, sysctl::ARP_FILTER) && self.route_plain(from).is_none_or(|path| path.oif != dev);
            let silent = self.arp_ignored(dev, from, target) || filtered;
            return if silent { ArpAnswer::Silence } else { ArpAnswer::Own };
        }
        let elsewhere = route.path.oif != dev;
        let proxied = self.links.get(dev).is_some_and(|device| device.neighbours.proxies.contains(&target));
        let proxy_arp = self.links.either(dev, sysctl::PROXY_ARP) && elsewhere;
        let pvlan = self.links.conf(dev, sysctl::PROXY_ARP_PVLAN) != 0 && !elsewhere;
        if self.forwards(dev) && (proxy_arp || pvlan || (proxied && elsewhere)) {
            return ArpAnswer::Proxy;
        }
        ArpAnswer::NotOurs
    }

    /// arp_ignore: whom an address of ours is told to.
    fn arp_ignored(&self, dev: u32, from: Ip, target: Ip) -> bool {
        let links: &Links = &self.links;
        let Some(device) = links.get(dev) else { return true };
        let here = |address: &&super::Address| address.ip == target;
        match links.most(dev, sysctl::ARP_IGNORE) {
            1 => !links.owns(target, dev),
            2 => !device.addresses.iter().filter(here).any(|address| address.on_link(from)),
            3 => !links.iter().flat_map(|d| &d.addresses).filter(here).any(|address| address.scope < 253),
            8 => true,
            _ => false,
        }
    }
}
