//! Devices on top of another one: vlan (802.1Q, 802.1ad), macvlan, ipvlan.
//!
//! ```text
//! out: upper --tag, or nothing new--> xmit of the device below       macvlan bridge, ipvlan: a sibling has it at once
//! in:  below --tag known?--> its vlan                                 (vlan_do_receive, before bridge and IP)
//!            --a macvlan's MAC, an ipvlan's IP?--> that device        broadcasts: a copy each, and the device below
//!            `--> bridge, IP stack of the device below
//! ```

use super::{Device, Kind, Place};
use crate::abi::{hook, tag};
use crate::errno::*;
use crate::export::records::{LinkKind, LinkMode, LinkSpec};
use crate::fabric::Fabric;
use crate::filter::Verdict;
use crate::pipeline::local::Birth;
use crate::pipeline::reject::Refused;
use crate::trace::{Layer, Reason};
use crate::wire::packet::ether;
use crate::wire::{Ip, Mac, Packet, PacketType, Parcel};

/// What makes a device an upper one.
#[derive(Clone, Copy)]
pub struct Upper {
    pub kind: LinkKind,
    pub lower: Place,
    /// vlan: the tag, with bits of [`tag`].
    pub tag: u32,
    /// How macvlans and ipvlans treat their siblings; an ipvlan has it from all on its device.
    pub mode: LinkMode,
    pub flag: LinkMode,
}

/// An upper device as the one below sees it.
#[derive(Clone, Copy)]
struct Rider {
    at: Place,
    up: bool,
    mac: Mac,
    upper: Upper,
}

/// What tells two vlans of a device apart.
const TAG: u32 = tag::ID | tag::AD;

impl Device {
    pub fn upper(&self) -> Option<Upper> {
        match self.kind {
            Kind::Upper(upper) => Some(upper),
            _ => None,
        }
    }
}

impl Fabric {
    pub fn device(&self, place: Place) -> Option<&Device> {
        self.spaces.get(place.ns as usize)?.as_deref()?.stack.links.get(place.dev)
    }
    pub fn device_mut(&mut self, place: Place) -> Option<&mut Device> {
        self.spaces.get_mut(place.ns as usize)?.as_deref_mut()?.stack.links.get_mut(place.dev)
    }
    fn upper(&self, place: Place) -> Option<Upper> {
        self.device(place)?.upper()
    }
    /// What stands on a device, but for vlans unless they are wanted.
    #[inline(never)]
    fn riders(&self, lower: Place, vlans: bool) -> Vec<Rider> {
        let mut riders = Vec::new();
        for at in self.device(lower).map_or(&[][..], |device| &device.uppers) {
            let Some(device) = self.device(*at) else { continue };
            let Some(upper) = device.upper() else { continue };
            if vlans || upper.kind != LinkKind::Vlan {
                riders.push(Rider { at: *at, up: device.up, mac: device.mac, upper });
            }
        }
        riders
    }

    // ------------------------------------------------------------------------------------------- making them

    /// `ip link add link DEV type vlan|macvlan|ipvlan`.
    pub fn add_upper(&mut self, ns: u32, mut spec: LinkSpec) -> Answer<u32> {
        let kind = spec.kind;
        let vlan = kind == LinkKind::Vlan;
        let Some(dev) = spec.lower else { return refuse(EINVAL) };
        let mut lower = Place { ns: spec.lower_ns.unwrap_or(ns), dev };
        if let Some(below) = self.upper(lower).filter(|below| !vlan && below.kind == kind) {
            lower = below.lower;
        }
        let Some(device) = self.device(lower) else { return refuse(ENODEV) };
        if device.is_loopback() || !device.has_header() {
            return refuse(if vlan { EOPNOTSUPP } else { EINVAL });
        }
        let tag = spec.tag.unwrap_or(0);
        let mode = spec.mode.unwrap_or(if kind == LinkKind::Macvlan { LinkMode::Vepa } else { LinkMode::L3 });
        let mut flag = LinkMode::Bridge;
        if !vlan && device.master != 0 {
            return refuse(EBUSY);
        }
        for Rider { upper, .. } in self.riders(lower, vlan) {
            if vlan {
                if upper.kind == kind && (upper.tag ^ tag) & TAG == 0 {
                    return refuse(EEXIST);
                }
            } else if upper.kind != kind {
                return refuse(EBUSY);
            } else if mode == LinkMode::Passthru || upper.mode == LinkMode::Passthru {
                return refuse(EINVAL);
            }
            flag = upper.flag;
        }
        let flag = spec.flag.unwrap_or(flag);
        if kind != LinkKind::Ipvlan && spec.mtu > Some(device.mtu) {
            return refuse(EINVAL);
        }
        let random = kind == LinkKind::Macvlan && mode != LinkMode::Passthru;
        let own = if random { None } else { Some(device.mac) };
        let mac = if kind == LinkKind::Ipvlan { own } else { spec.mac.or(own) };
        let (no_arp, carrier, given) = (device.no_arp, device.carrier, spec.mac.is_some());
        spec.mtu = spec.mtu.or(Some(device.mtu));
        spec.mac = mac;
        let upper = Upper { kind, lower, tag: tag | tag::PRESENT, mode, flag };
        let dev = self.plug_in(ns, &spec, Kind::Upper(upper));
        let place = Place { ns, dev };
        if let Some(device) = self.device_mut(place) {
            device.mac_set = given;
            device.no_arp = vlan && no_arp;
            device.watched = kind != LinkKind::Ipvlan || !carrier;
            device.carrier = carrier;
        }
        self.set_mode(place, mode, flag);
        if let Some(device) = self.device_mut(lower) {
            device.uppers.push(place);
        }
        Ok(dev)
    }

    /// An ipvlan's mode is that of all on its device (ipvlan_set_port_mode); a macvlan's its own.
    pub fn set_mode(&mut self, place: Place, mode: LinkMode, flag: LinkMode) {
        let Some(Upper { kind, lower, .. }) = self.upper(place) else { return };
        for Rider { at, .. } in self.riders(lower, false) {
            if kind != LinkKind::Ipvlan && at != place {
                continue;
            }
            let Some(device) = self.device_mut(at) else { continue };
            let Kind::Upper(upper) = &mut device.kind else { continue };
            if kind == LinkKind::Ipvlan && upper.mode != mode {
                device.no_arp = mode != LinkMode::L2;
            }
            (upper.mode, upper.flag) = (mode, flag);
        }
    }

    /// Whether an upper device may go up: a vlan needs the device below, a macvlan an address that is its own.
    pub fn may_open(&self, place: Place) -> Answer<()> {
        let Some(device) = self.device(place) else { return refuse(ENODEV) };
        let Some(upper) = device.upper() else { return Ok(()) };
        let Some(lower) = self.device(upper.lower) else { return refuse(ENODEV) };
        if upper.kind == LinkKind::Vlan && !lower.up && upper.tag & tag::LOOSE == 0 {
            return refuse(ENETDOWN);
        }
        if upper.kind == LinkKind::Macvlan && upper.mode != LinkMode::Passthru {
            let riders = self.riders(upper.lower, false);
            let taken = |other: &Rider| other.at != place && other.up && other.mac == device.mac;
            if lower.mac == device.mac || riders.iter().any(taken) {
                return refuse(EADDRINUSE);
            }
        }
        Ok(())
    }

    /// The devices above hear what became of the one below: up or down (vlans go with it), its carrier, MAC or MTU.
    pub fn tell_uppers(&mut self, place: Place) {
        let Some(lower) = self.device(place).filter(|lower| !lower.uppers.is_empty()) else { return };
        let (up, carrier, mac, mtu) = (lower.up, lower.carrier, lower.mac, lower.mtu);
        for Rider { at, mac: old, upper, .. } in self.riders(place, true) {
            let Some(device) = self.device(at) else { continue };
            let vlan = upper.kind == LinkKind::Vlan;
            let ipvlan = upper.kind == LinkKind::Ipvlan;
            let follows = ipvlan || (vlan && !device.mac_set) || upper.mode == LinkMode::Passthru;
            let cut = if ipvlan { device.mtu != mtu } else { device.mtu > mtu };
            if device.carrier != carrier {
                self.set_carrier(at, carrier);
            }
            if follows && old != mac {
                self.set_mac(at, mac);
                self.tell_uppers(at);
            }
            if cut {
                let _ = self.change_mtu(at, mtu);
            }
            if vlan && upper.tag & tag::LOOSE == 0 {
                self.set_up(at, up);
            }
        }
    }

    // ------------------------------------------------------------------------------------------- out

    /// The device sends a frame (vlan_dev_hard_start_xmit, macvlan_start_xmit, ipvlan_queue_xmit).
    pub fn upper_send(&mut self, place: Place, mut packet: Parcel) {
        let Some(upper) = self.upper(place) else { return };
        let lower = upper.lower;
        let l2 = upper.mode == LinkMode::L2;
        let group = packet.eth_dst.is_multicast();
        let beside = match upper.kind {
            LinkKind::Vlan => {
                packet.vlan = packet.vlan << 16 | upper.tag & (TAG | tag::PRESENT);
                None
            }
            LinkKind::Macvlan if upper.mode == LinkMode::Bridge && !group => {
                self.rider_of(lower, &packet).filter(|rider| rider.upper.mode == LinkMode::Bridge).map(|rider| rider.at)
            }
            LinkKind::Ipvlan if upper.flag != LinkMode::Vepa && (!l2 || packet.eth_dst == packet.eth_src) => {
                let sibling = self.rider_of(lower, &packet).map(|rider| rider.at);
                if sibling.is_some() && upper.flag == LinkMode::Private {
                    return self.drop(place, packet, Layer::Link, Reason::Hairpin);
                }
                sibling.or(l2.then_some(lower))
            }
            _ => None,
        };
        if let Some(to) = beside {
            return self.hand_beside(place, to, packet);
        }
        let routed = upper.kind == LinkKind::Ipvlan && !l2;
        if group && routed {
            return self.drop(place, packet, Layer::Link, Reason::NotForUs);
        }
        if group && upper.kind != LinkKind::Vlan {
            self.flood_riders(lower, (Some(place), true), &packet);
        }
        self.scrub(place.ns, lower.ns, &mut packet);
        if routed {
            // ipvlan_process_outbound: the device below routes it as its own.
            let birth = Birth { ns: lower.ns, oif: lower.dev, flags: Birth::TUNNEL | Birth::ANY_SOURCE };
            let _ = self.send_born(birth, packet);
            return;
        }
        self.xmit(lower, packet);
    }

    /// To a device on the same wire, without going out.
    fn hand_beside(&mut self, place: Place, to: Place, mut packet: Parcel) {
        self.scrub(place.ns, to.ns, &mut packet);
        self.hand(place, to, packet);
    }

    // ------------------------------------------------------------------------------------------- in

    /// A frame on a device with others on top, or with a tag: gives back what is for the device itself.
    #[cold]
    pub fn rise(&mut self, place: Place, mut packet: Parcel) -> Option<Parcel> {
        let tagged = packet.vlan & tag::PRESENT != 0;
        let riders = self.riders(place, tagged);
        let vlan = riders
            .iter()
            .find(|rider| tagged && rider.upper.kind == LinkKind::Vlan && (rider.upper.tag ^ packet.vlan) & TAG == 0);
        if let Some(vlan) = vlan {
            packet.vlan >>= 16;
            return self.lift(place, vlan.at, packet);
        }
        if let Some(upper) = riders.iter().map(|rider| rider.upper).find(|upper| upper.kind != LinkKind::Vlan) {
            let group = packet.eth_dst.is_multicast();
            if upper.mode == LinkMode::L3s {
                return self.ipvlan_input(place, packet);
            }
            if group && upper.mode != LinkMode::L3 {
                self.flood_riders(place, (None, false), &packet);
            } else if let Some(rider) = self.rider_of(place, &packet) {
                return self.lift(place, rider.at, packet);
            }
        }
        let bridged = self.device(place).is_some_and(|device| device.master != 0);
        if packet.vlan & tag::ID != 0 && !bridged {
            packet.pkt_type = PacketType::OtherHost;
        }
        Some(packet)
    }

    /// The device on top takes the frame in.
    fn lift(&mut self, from: Place, to: Place, mut packet: Parcel) -> Option<Parcel> {
        self.scrub(from.ns, to.ns, &mut packet);
        match self.device(to).filter(|device| device.up) {
            Some(device) => {
                if packet.eth_dst == device.mac {
                    packet.pkt_type = PacketType::Host;
                }
                self.receive_from_below(to, packet);
            }
            None => self.drop(to, packet, Layer::Link, Reason::DeviceDown),
        }
        None
    }

    /// What Linux keeps beside a packet stays in the namespace it leaves (skb_scrub_packet).
    fn scrub(&mut self, from: u32, to: u32, packet: &mut Packet) {
        if from != to {
            self.space_mut(from).hooks.release(packet);
            packet.forget();
            packet.mark = 0;
        }
    }

    /// The macvlan that has the frame's MAC (in passthru, the only one), or the ipvlan that has its IP address.
    fn rider_of(&self, lower: Place, packet: &Packet) -> Option<Rider> {
        for rider in self.riders(lower, false) {
            let mine = match rider.upper.kind {
                LinkKind::Ipvlan => self.has_address(rider, packet.dst),
                _ => rider.mac == packet.eth_dst || rider.upper.mode == LinkMode::Passthru,
            };
            if mine {
                return Some(rider);
            }
        }
        None
    }
    fn has_address(&self, rider: Rider, ip: Ip) -> bool {
        let device = self.device(rider.at);
        device.is_some_and(|device| device.up && device.addresses.iter().any(|address| address.ip == ip))
    }
    /// Whether a sibling of an ipvlan has the address already.
    pub fn ipvlan_has(&self, place: Place, ip: Ip) -> bool {
        let Some(upper) = self.upper(place).filter(|upper| upper.kind == LinkKind::Ipvlan) else { return false };
        self.riders(upper.lower, false).iter().any(|rider| rider.at != place && self.has_address(*rider, ip))
    }

    /// A copy to every macvlan or ipvlan that should hear a broadcast, on its way in or out (macvlan_process_broadcast,
    /// ipvlan_process_multicast). From a macvlan of a bridge its fellows hear it on its way out, those of vepa when it comes back.
    fn flood_riders(&mut self, lower: Place, (from, outbound): (Option<Place>, bool), packet: &Packet) {
        let riders = self.riders(lower, false);
        let (mut from, mut mode) = (from, None);
        for rider in &riders {
            if from.is_none() && rider.upper.kind == LinkKind::Macvlan && rider.mac == packet.eth_src {
                from = Some(rider.at);
            }
            if from == Some(rider.at) {
                mode = Some(rider.upper.mode);
            }
        }
        for Rider { at, upper, .. } in riders {
            let other = from != Some(at);
            let hears = match mode {
                Some(LinkMode::Bridge) if outbound => other && upper.mode == LinkMode::Bridge,
                Some(LinkMode::Bridge) => upper.mode == LinkMode::Vepa,
                Some(LinkMode::Vepa) => other && !outbound && matches!(upper.mode, LinkMode::Vepa | LinkMode::Bridge),
                Some(LinkMode::Private | LinkMode::Passthru) => !other && !outbound,
                _ => other,
            };
            if hears {
                let copy = self.copy(from.unwrap_or(lower).ns, packet);
                self.hand_beside(from.unwrap_or(lower), at, copy);
            }
        }
    }

    /// ipvlan's L3S: PREROUTING and INPUT are those of the namespace below, the socket is above (ipvlan_l3_rcv, ipvlan_nf_input).
    fn ipvlan_input(&mut self, place: Place, mut packet: Parcel) -> Option<Parcel> {
        if packet.ethertype != ether::IPV4 || packet.pkt_type != PacketType::Host || packet.is_fragment() {
            return Some(packet);
        }
        for hook in [hook::PREROUTING, hook::INPUT] {
            let verdict = self.run_hook((place.ns, hook), (place.dev, 0), &mut packet, None);
            if verdict != Verdict::Accept {
                self.refuse(Refused { ns: place.ns, hook, path: None }, verdict, packet);
                return None;
            }
            if self.rider_of(place, &packet).is_none() {
                packet.bridged = true;
                return Some(packet);
            }
        }
        if let Some(Rider { at, .. }) = self.rider_of(place, &packet) {
            self.scrub(place.ns, at.ns, &mut packet);
            packet.iif = at.dev;
            if let Some(device) = self.device_mut(at) {
                device.rx.count(packet.frame_len());
            }
            self.deliver(at, packet);
        }
        None
    }
}
