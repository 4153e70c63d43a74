//! A learning bridge (net/bridge): which port a MAC was last seen on, flooding where none is known.
//!
//! ```text
//! port --frame--> br_netfilter PREROUTING --> learn source --> known unicast --> one port      --> FORWARD, POSTROUTING --> out
//!                                                          |-> unknown, broadcast --> all ports
//!                                                          `-> the bridge's own MAC, broadcast --> up: the IP stack of the bridge device
//! ```

use super::{Device, Kind, Place};
use crate::fabric::{Fabric, SECOND};
use crate::hash::Map;
use crate::pipeline::trail::Found;
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::ether;
use crate::wire::{Mac, Packet, PacketType, Parcel, NONE};

/// Where a MAC is.
#[derive(Clone, Copy)]
pub struct FdbEntry {
    /// The port; the bridge itself for its own addresses.
    pub port: u32,
    /// When it was last seen as a source.
    pub updated: u64,
    /// Put there by hand, not to be aged or moved.
    pub fixed: bool,
    /// Belongs to the bridge or a port: frames to it go up (`permanent`).
    pub local: bool,
}

/// What makes a device a bridge.
pub struct Bridge {
    /// Newest first.
    pub ports: Vec<u32>,
    pub fdb: Map<Mac, FdbEntry>,
    /// Nanoseconds after which a learned address is forgotten.
    pub ageing: u64,
    pub stp: bool,
    pub mcast_snooping: bool,
    pub vlan_filtering: bool,
}

impl Default for Bridge {
    fn default() -> Bridge {
        Bridge {
            ports: Vec::new(),
            fdb: Map::default(),
            ageing: 300 * SECOND,
            stp: false,
            mcast_snooping: true,
            vlan_filtering: false,
        }
    }
}

impl Bridge {
    /// The entry for a MAC, unless it has aged out.
    pub fn find(&self, mac: Mac, now: u64) -> Option<FdbEntry> {
        let entry = *self.fdb.get(&mac)?;
        (now <= self.fresh_until(&entry)).then_some(entry)
    }
    /// The last nanosecond at which an entry has not aged out.
    fn fresh_until(&self, entry: &FdbEntry) -> u64 {
        if entry.fixed || entry.local {
            u64::MAX
        } else {
            (entry.updated + self.ageing).saturating_sub(1)
        }
    }
    /// Learns that `mac` is behind `port`; what is fixed or the bridge's own stays. Whether that is news.
    pub fn learn(&mut self, mac: Mac, port: u32, now: u64) -> bool {
        if let Some(entry) = self.fdb.get_mut(&mac) {
            let moved = entry.port != port && !entry.local && !entry.fixed;
            if moved {
                entry.port = port;
            }
            entry.updated = now;
            return moved;
        }
        self.fdb.insert(mac, FdbEntry { port, updated: now, fixed: false, local: false });
        true
    }
    /// Forgets all that lies behind a port; `all` also what was put there by hand.
    pub fn forget_port(&mut self, port: u32, all: bool) {
        self.fdb.retain(|_, entry| entry.port != port || (!all && (entry.fixed || entry.local)));
    }
}

/// Where a frame goes from a bridge.
#[derive(Clone, Copy)]
pub struct Bridging {
    pub ns: u32,
    pub bridge: u32,
    /// The port it came in by; 0 when the bridge device itself sends.
    pub from: u32,
}

impl Bridging {
    pub const fn place(&self) -> Place {
        Place { ns: self.ns, dev: self.bridge }
    }
}

impl Fabric {
    /// A frame arrives on a bridge port (br_handle_frame).
    pub fn bridge_receive(&mut self, at: Bridging, mut packet: Parcel) {
        let from = Place { ns: at.ns, dev: at.from };
        let Some(bridge) = self.space(at.ns).stack.links.get(at.bridge) else { return };
        if !bridge.up {
            return self.world.drop(from, packet, Layer::Bridge, Reason::DeviceDown);
        }
        if packet.eth_src.is_multicast() || packet.eth_src == Mac::ZERO {
            return self.world.drop(from, packet, Layer::Bridge, Reason::Malformed);
        }
        if packet.eth_dst == bridge.mac {
            packet.pkt_type = PacketType::Host;
        }
        if self.bridge_calls_iptables(at.ns, &packet) {
            self.bridge_prerouting(at, packet);
        } else {
            self.bridge_forward(at, packet);
        }
    }

    /// Learns, and decides where the frame goes (br_handle_frame_finish).
    pub fn bridge_forward(&mut self, at: Bridging, packet: Parcel) {
        let now = self.world.now;
        let Some(device) = self.space_mut(at.ns).stack.links.get(at.from) else { return };
        let learning = device.port.learning;
        let Some(device) = self.space_mut(at.ns).stack.links.get_mut(at.bridge) else { return };
        let promisc = device.promisc;
        let Some(bridge) = device.bridge_mut() else { return };
        let news = learning && bridge.learn(packet.eth_src, at.from, now);
        let known = if packet.eth_dst.is_multicast() { None } else { bridge.find(packet.eth_dst, now) };
        let until = known.map_or(u64::MAX, |entry| bridge.fresh_until(&entry));
        if news {
            self.world.trails.disturb();
        } else if learning {
            self.world.trails.note_place(at.place(), packet.eth_src, Found::Port(at.from));
        }
        self.world.trails.until(until);
        let up = promisc || packet.eth_dst.is_multicast();
        match known {
            Some(entry) if entry.local => return self.bridge_up(at, packet),
            Some(entry) => {
                if up {
                    let copy = self.copy(at.ns, &packet);
                    self.bridge_up(at, copy);
                }
                return self.bridge_to_port(at, entry.port, packet);
            }
            None => self.bridge_flood(at, &packet),
        }
        if up {
            return self.bridge_up(at, packet);
        }
        self.finish(at.ns, packet);
    }

    /// The frame goes to the bridge device's own stack (br_pass_frame_up).
    fn bridge_up(&mut self, at: Bridging, packet: Parcel) {
        self.receive_from_below(at.place(), packet);
    }

    /// The bridge device sends (br_dev_xmit).
    pub fn bridge_send(&mut self, place: Place, packet: Parcel) {
        let at = Bridging { ns: place.ns, bridge: place.dev, from: 0 };
        let now = self.world.now;
        let known = match self.space(place.ns).stack.links.get(place.dev).map(|device| &device.kind) {
            Some(Kind::Bridge(bridge)) if !packet.eth_dst.is_multicast() => {
                bridge.find(packet.eth_dst, now).map(|entry| (entry, bridge.fresh_until(&entry)))
            }
            _ => None,
        };
        self.world.trails.until(known.map_or(u64::MAX, |(_, until)| until));
        match known.map(|(entry, _)| entry) {
            Some(entry) if entry.local => self.drop(place, packet, Layer::Bridge, Reason::Hairpin),
            Some(entry) => self.bridge_to_port(at, entry.port, packet),
            None => {
                self.bridge_flood(at, &packet);
                self.finish(at.ns, packet);
            }
        }
    }

    /// A copy to every port that may have it; the original stays with the caller.
    fn bridge_flood(&mut self, at: Bridging, packet: &Packet) {
        self.world.trails.spoil();
        self.world.note(at.place(), packet, Layer::Bridge, Action::Flooded);
        let known = !packet.eth_dst.is_multicast();
        for port in self.space(at.ns).stack.links.ports(at.bridge) {
            let floods = self.space(at.ns).stack.links.get(port).is_some_and(|device| device.port.flood || !known);
            if floods && self.may_leave(at, port) {
                let copy = self.copy(at.ns, packet);
                self.bridge_out(at, port, copy);
            }
        }
    }

    fn bridge_to_port(&mut self, at: Bridging, port: u32, packet: Parcel) {
        if !self.may_leave(at, port) {
            return self.drop(Place { ns: at.ns, dev: port }, packet, Layer::Bridge, Reason::Hairpin);
        }
        self.world.note(Place { ns: at.ns, dev: port }, &packet, Layer::Bridge, Action::Bridged);
        self.bridge_out(at, port, packet);
    }

    /// should_deliver: not back out of the port it came from unless that is a hairpin, not between isolated ports.
    fn may_leave(&self, at: Bridging, port: u32) -> bool {
        let links = &self.space(at.ns).stack.links;
        let isolated = |index| links.get(index).is_some_and(|device: &Device| device.port.isolated);
        let Some(device) = links.get(port) else { return false };
        (device.port.hairpin || port != at.from)
            && device.up
            && device.carrier
            && !(at.from != 0 && isolated(at.from) && device.port.isolated)
    }

    /// Out of a port, past the FORWARD and POSTROUTING hooks where bridged frames are shown to iptables.
    fn bridge_out(&mut self, at: Bridging, port: u32, packet: Parcel) {
        if at.from != 0 && packet.bridged && self.bridge_calls_iptables(at.ns, &packet) {
            return self.bridge_hooks_out(at, port, packet);
        }
        self.bridge_push(Place { ns: at.ns, dev: port }, packet);
    }

    /// br_dev_queue_push_xmit: a frame longer than the port's MTU is dropped.
    pub fn bridge_push(&mut self, port: Place, packet: Parcel) {
        let mtu = self.space(port.ns).stack.links.get(port.dev).map_or(0, |device| device.mtu);
        if packet.ethertype != ether::ARP && packet.len() > mtu {
            return self.drop(port, packet, Layer::Bridge, Reason::FragmentationNeeded);
        }
        self.xmit(port, packet);
    }

    /// A copy with its own life, conntrack's hold on it included.
    pub fn copy(&mut self, ns: u32, packet: &Packet) -> Parcel {
        self.world.trails.spoil();
        if packet.ct != NONE {
            self.space_mut(ns).hooks.hold(packet);
        }
        self.world.pool.copy(packet)
    }
}
