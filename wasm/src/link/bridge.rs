//! A learning bridge (net/bridge): which port a MAC was last seen on, flooding where none is known.
//!
//! ```text
//! port --frame--> br_netfilter PREROUTING --> learn source --> known unicast --> one port      --> FORWARD, POSTROUTING --> out
//!                                                          |-> unknown, broadcast --> all ports
//!                                                          `-> the bridge's own MAC, broadcast --> up: the IP stack of the bridge device
//! ```

use super::{Device, Links, Place};
use crate::abi::{portvlan, tag};
use crate::fabric::{Fabric, SECOND};
use crate::hash::Map;
use crate::pipeline::trail::Found;
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::ether;
use crate::wire::{Mac, Packet, PacketType, Parcel, NONE};

/// The key of an FDB entry in a VLAN (0: of a bridge that filters none, and local entries).
pub const fn in_vlan(mac: Mac, vid: u32) -> Mac {
    Mac(mac.0 | (vid as u64) << 48)
}

/// The VLAN of a frame that a port, or the bridge itself, lets in, with its tag set to it (__allowed_ingress).
fn admit(device: &Device, packet: &mut Packet) -> Option<u32> {
    let known = if packet.vlan & tag::AD == 0 { packet.vlan & tag::ID } else { 0 };
    if known == 0 {
        let pvid = device.vlans.iter().find(|vlan| u32::from(**vlan) & portvlan::PVID != 0)?;
        let rest = if packet.vlan & tag::AD != 0 { packet.vlan << 16 } else { packet.vlan >> 16 << 16 };
        packet.vlan = rest | u32::from(*pvid) & tag::ID | tag::PRESENT;
    }
    let vid = packet.vlan & tag::ID;
    device.vlan(vid).map(|_| vid)
}

impl Device {
    /// A VLAN of a bridge or port, with its bits.
    pub fn vlan(&self, vid: u32) -> Option<u32> {
        self.vlans.iter().map(|vlan| u32::from(*vlan)).find(|vlan| vlan & tag::ID == vid)
    }
    /// Whether a frame's VLAN may leave here, and without its tag if it shall (br_allowed_egress, br_handle_vlan).
    fn strip(&self, packet: &mut Packet) -> bool {
        let Some(vlan) = self.vlan(packet.vlan & tag::ID) else { return false };
        if vlan & portvlan::UNTAGGED != 0 {
            packet.vlan >>= 16;
        }
        true
    }
}

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
    pub default_pvid: u16,
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
            default_pvid: 1,
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
    /// Where a bridge has a MAC in a VLAN: local addresses are there in every VLAN of their owner.
    fn bridge_knows(&mut self, at: Bridging, (mac, vid): (Mac, u32)) -> Option<FdbEntry> {
        let now = self.world.now;
        let Fabric { spaces, world } = self;
        let links: &Links = &spaces.get(at.ns as usize)?.as_deref()?.stack.links;
        let bridge = links.get(at.bridge)?.bridge()?;
        let found = if mac.is_multicast() { return None } else { bridge.find(in_vlan(mac, vid), now) };
        if let Some(entry) = found {
            world.trails.until(bridge.fresh_until(&entry));
        }
        if found.is_some() || vid == 0 {
            return found;
        }
        let local = bridge.find(mac, now).filter(|entry| entry.local)?;
        links.get(local.port)?.vlan(vid).map(|_| local)
    }

    fn filters(&self, at: Bridging) -> bool {
        let device = self.space(at.ns).stack.links.get(at.bridge);
        device.and_then(Device::bridge).is_some_and(|bridge| bridge.vlan_filtering)
    }

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
    pub fn bridge_forward(&mut self, at: Bridging, mut packet: Parcel) {
        let now = self.world.now;
        let filters = self.filters(at);
        let links = &mut self.space_mut(at.ns).stack.links;
        let Some(device) = links.get(at.from) else { return };
        let learning = device.port.learning;
        let vid = if filters { admit(device, &mut packet) } else { Some(0) };
        let Some(vid) = vid else {
            return self.drop(Place { ns: at.ns, dev: at.from }, packet, Layer::Bridge, Reason::Vlan);
        };
        let Some(device) = links.get_mut(at.bridge) else { return };
        let promisc = device.promisc;
        let Some(bridge) = device.bridge_mut() else { return };
        let news = learning && bridge.learn(in_vlan(packet.eth_src, vid), at.from, now);
        let known = self.bridge_knows(at, (packet.eth_dst, vid));
        if news {
            self.world.trails.disturb();
        } else if learning {
            self.world.trails.note_place(at.place(), in_vlan(packet.eth_src, vid), Found::Port(at.from));
        }
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
    fn bridge_up(&mut self, at: Bridging, mut packet: Parcel) {
        let filters = self.filters(at);
        if let Some(device) = self.device(at.place()).filter(|_| filters) {
            if !device.strip(&mut packet) && !device.promisc {
                return self.drop(at.place(), packet, Layer::Bridge, Reason::Vlan);
            }
        }
        self.receive_from_below(at.place(), packet);
    }

    /// The bridge device sends (br_dev_xmit).
    pub fn bridge_send(&mut self, place: Place, mut packet: Parcel) {
        let at = Bridging { ns: place.ns, bridge: place.dev, from: 0 };
        let mut vid = Some(0);
        if let Some(device) = self.device(place).filter(|_| self.filters(at)) {
            vid = admit(device, &mut packet);
        }
        let Some(vid) = vid else { return self.drop(place, packet, Layer::Bridge, Reason::Vlan) };
        match self.bridge_knows(at, (packet.eth_dst, vid)) {
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
            if floods && self.may_leave(at, port, packet) {
                let copy = self.copy(at.ns, packet);
                self.bridge_out(at, port, copy);
            }
        }
    }

    fn bridge_to_port(&mut self, at: Bridging, port: u32, packet: Parcel) {
        if !self.may_leave(at, port, &packet) {
            return self.drop(Place { ns: at.ns, dev: port }, packet, Layer::Bridge, Reason::Hairpin);
        }
        self.world.note(Place { ns: at.ns, dev: port }, &packet, Layer::Bridge, Action::Bridged);
        self.bridge_out(at, port, packet);
    }

    /// should_deliver: not back out of the port it came from unless that is a hairpin, not between isolated ports.
    fn may_leave(&self, at: Bridging, port: u32, packet: &Packet) -> bool {
        let links = &self.space(at.ns).stack.links;
        let isolated = |index| links.get(index).is_some_and(|device: &Device| device.port.isolated);
        let Some(device) = links.get(port) else { return false };
        (device.port.hairpin || port != at.from)
            && device.up
            && device.carrier
            && !(at.from != 0 && isolated(at.from) && device.port.isolated)
            && (packet.vlan == 0 || !self.filters(at) || device.vlan(packet.vlan & tag::ID).is_some())
    }

    /// Out of a port, past the FORWARD and POSTROUTING hooks where bridged frames are shown to iptables.
    fn bridge_out(&mut self, at: Bridging, port: u32, mut packet: Parcel) {
        let place = Place { ns: at.ns, dev: port };
        if packet.vlan != 0 && self.filters(at) {
            self.device(place).map(|device| device.strip(&mut packet));
        }
        if at.from != 0 && packet.bridged && self.bridge_calls_iptables(at.ns, &packet) {
            return self.bridge_hooks_out(at, port, packet);
        }
        self.bridge_push(place, packet);
    }

    /// br_dev_queue_push_xmit: a frame longer than the port's MTU is dropped.
    pub fn bridge_push(&mut self, port: Place, packet: Parcel) {
        let mtu = self.space(port.ns).stack.links.get(port.dev).map_or(0, |device| device.mtu);
        if packet.ethertype != ether::ARP && packet.len() > mtu {
            return self.drop(port, packet, Layer::Bridge, Reason::FragmentationNeeded);
        }
        self.xmit(port, packet);
    }

    /// A copy with its own life, conntrack's hold on it included; it is no socket's (skb_clone).
    pub fn copy(&mut self, ns: u32, packet: &Packet) -> Parcel {
        self.world.trails.spoil();
        if packet.ct != NONE {
            self.space_mut(ns).hooks.hold(packet);
        }
        let mut copy = self.world.pool.copy(packet);
        copy.socket = NONE;
        copy
    }
}
