//! What `ip link` does to devices: add, set, remove; and what follows from it for carriers, routes and neighbours.

use super::vxlan::{is_six, LONGER6, OVERHEAD};
use super::{Device, Kind, Place, Vxlan};
use crate::errno::*;
use crate::export::records::{AddressSpec, LinkChange, LinkKind, LinkMode, LinkSpec, Tunnel};
use crate::fabric::Fabric;
use crate::route::purge::Gone;
use crate::sysctl;
use crate::wire::{Family, Ip, Mac, Prefix};

/// The longest MTU an Ethernet device of ours takes, and the least.
const MTU_RANGE: std::ops::RangeInclusive<u32> = 68..=65535;

/// `veth12` of `veth` and 12, without the digits of the standard library in the module.
fn numbered(stem: &str, number: u32) -> String {
    let mut name = if number < 10 { stem.to_string() } else { numbered(stem, number / 10) };
    name.push((b'0' + (number % 10) as u8) as char);
    name
}

impl Fabric {
    /// A random locally administered MAC, as eth_random_addr makes it.
    fn random_mac(&mut self) -> Mac {
        let random = u64::from(self.world.random.draw()) << 32 | u64::from(self.world.random.draw());
        Mac(random & 0xfeff_ffff_ffff | 0x0200_0000_0000)
    }

    /// `ip link add`.
    pub fn add_link(&mut self, ns: u32, spec: LinkSpec) -> Answer<u32> {
        let links = &self.space(ns).stack.links;
        if links.named(&spec.name).is_some() {
            return refuse(EEXIST);
        }
        if !matches!(spec.kind, LinkKind::Dummy) && spec.mtu.is_some_and(|mtu| !MTU_RANGE.contains(&mtu)) {
            return refuse_with(
                EINVAL,
                if spec.mtu < Some(68) { "mtu less than device minimum" } else { "mtu greater than device maximum" },
            );
        }
        match spec.kind {
            LinkKind::Veth => self.add_veth(ns, spec),
            LinkKind::Bridge => {
                let dev = self.plug_in(ns, &spec, Kind::Bridge(Box::default()));
                self.set_vlans(Place { ns, dev }, &super::master::default_vlans(1));
                Ok(dev)
            }
            LinkKind::Dummy => Ok(self.plug_in(ns, &spec, Kind::Dummy)),
            LinkKind::Tun => Ok(self.plug_in(ns, &spec, Kind::Tun)),
            LinkKind::Vxlan => self.add_vxlan(ns, spec),
            LinkKind::Vlan | LinkKind::Macvlan | LinkKind::Ipvlan => self.add_upper(ns, spec),
            LinkKind::Ipip => self.add_ipip(ns, spec),
            _ => refuse_with(EOPNOTSUPP, "Unknown device type"),
        }
    }

    /// Makes the device and puts it into the namespace, with the next index.
    pub fn plug_in(&mut self, ns: u32, spec: &LinkSpec, kind: Kind) -> u32 {
        let index = self.space(ns).stack.links.next_index();
        let mut device = Device::new(index, spec.name.clone(), kind);
        device.mac_set = spec.mac.is_some();
        device.mac = match spec.mac {
            Some(mac) => mac,
            None if device.has_header() => self.random_mac(),
            None => Mac::ZERO,
        };
        if let Some(mtu) = spec.mtu {
            device.mtu = mtu;
            device.mtu_set = true;
        }
        let links = &mut self.space_mut(ns).stack.links;
        device.take_defaults(links);
        links.insert(Box::new(device));
        self.space_mut(ns).stack.changed();
        let place = Place { ns, dev: index };
        if self.space(ns).stack.links.get(index).is_some_and(|device| device.bridge().is_some()) {
            let mac = self.space(ns).stack.links.get(index).map_or(Mac::ZERO, |device| device.mac);
            self.set_mac(place, mac);
        }
        self.watch_link(place, false);
        index
    }

    /// Both ends; the peer is born first, so its index is the lower one.
    fn add_veth(&mut self, ns: u32, spec: LinkSpec) -> Answer<u32> {
        let peer = spec.peer.clone();
        let peer_ns = peer.as_ref().and_then(|peer| peer.ns).unwrap_or(ns);
        let peer_name = match &peer {
            Some(peer) => peer.name.clone(),
            None => self.free_name(peer_ns, "veth"),
        };
        if !self.has_space(peer_ns) {
            return refuse(EINVAL);
        }
        if self.space(peer_ns).stack.links.named(&peer_name).is_some() || (peer_ns == ns && peer_name == spec.name) {
            return refuse(EEXIST);
        }
        let peer_spec = LinkSpec {
            name: peer_name,
            mac: peer.as_ref().and_then(|peer| peer.mac),
            mtu: peer.as_ref().and_then(|peer| peer.mtu).or(spec.mtu),
            peer: None,
            ..spec.clone()
        };
        let nowhere = Place { ns: 0, dev: 0 };
        let far = Place { ns: peer_ns, dev: self.plug_in(peer_ns, &peer_spec, Kind::Veth(nowhere)) };
        let near = Place { ns, dev: self.plug_in(ns, &spec, Kind::Veth(far)) };
        self.set_peer(far, near);
        Ok(near.dev)
    }

    fn set_peer(&mut self, end: Place, other: Place) {
        if let Some(device) = self.space_mut(end.ns).stack.links.get_mut(end.dev) {
            device.kind = Kind::Veth(other);
        }
    }

    /// The first of `veth0`, `veth1` ... that is free.
    fn free_name(&self, ns: u32, stem: &str) -> String {
        let links = &self.space(ns).stack.links;
        let names = (0..).map(|number| numbered(stem, number));
        names.into_iter().find(|name| links.named(name).is_none()).unwrap_or_default()
    }

    fn add_vxlan(&mut self, ns: u32, mut spec: LinkSpec) -> Answer<u32> {
        let Some(ask) = spec.tunnel.clone() else {
            return refuse_with(EINVAL, "Required attributes not provided to perform the operation");
        };
        let ask = Tunnel { port: ask.port.filter(|port| *port != 0).or(Some(8472)), ..ask };
        let links = &self.space(ns).stack.links;
        let lower = ask.dev.unwrap_or(0);
        if lower != 0 && links.get(lower).is_none() {
            return refuse_with(ENODEV, "Invalid local interface, device not found");
        }
        let key = |tunnel: &Tunnel| (tunnel.id, tunnel.port, is_six(tunnel));
        let twin = |device: &Device| matches!(&device.kind, Kind::Vxlan(v) if key(&v.tunnel) == key(&ask));
        if links.iter().any(twin) {
            return refuse_with(EEXIST, "A VXLAN device with the specified VNI already exists");
        }
        let overhead = if is_six(&ask) { OVERHEAD + LONGER6 } else { OVERHEAD };
        let room = links.get(lower).map_or(1500, |device| device.mtu - overhead);
        spec.mtu = spec.mtu.or(Some(room));
        Ok(self.plug_in(ns, &spec, Kind::Vxlan(Box::new(Vxlan::new(ask)))))
    }

    /// An IP tunnel; two between the same ends cannot be.
    fn add_ipip(&mut self, ns: u32, mut spec: LinkSpec) -> Answer<u32> {
        let Some(tunnel) = spec.tunnel.clone() else { return refuse(EINVAL) };
        let twin = |device: &Device| matches!(&device.kind, Kind::Tunnel(other) if (other.local, other.remote) == (tunnel.local, tunnel.remote));
        let links = &self.space(ns).stack.links;
        if links.iter().any(twin) {
            return refuse(EEXIST);
        }
        let lower = links.get(tunnel.dev.unwrap_or(0));
        spec.mtu = spec.mtu.or(lower.map(|device| device.mtu.min(65535) - 20));
        Ok(self.plug_in(ns, &spec, Kind::Tunnel(Box::new(tunnel))))
    }

    /// `ip link set` and `bridge link set`: each change in rtnetlink's order, the first refusal ends it.
    pub fn set_link(&mut self, mut place: Place, change: LinkChange) -> Answer<()> {
        if self.space(place.ns).stack.links.get(place.dev).is_none() {
            return refuse(ENODEV);
        }
        if let Some(ns) = change.ns.filter(|ns| *ns != place.ns) {
            place = self.move_link(place, ns, change.name.as_deref())?;
        }
        if let Some(mac) = change.mac {
            self.change_mac(place, mac)?;
        }
        if let Some(mtu) = change.mtu {
            self.change_mtu(place, mtu)?;
        }
        if let Some(name) = change.name.clone() {
            self.rename(place, name)?;
        }
        if let Some(master) = change.master {
            self.set_master(place, master)?;
        }
        self.set_plain(place, &change)?;
        if let Some(up) = change.up {
            if up {
                self.may_open(place)?;
            }
            self.set_up(place, up);
        }
        Ok(())
    }

    /// Fields that nothing else depends on.
    fn set_plain(&mut self, place: Place, change: &LinkChange) -> Answer<()> {
        if let Some(vlans) = &change.vlans {
            self.set_vlans(place, vlans);
        }
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return refuse(ENODEV) };
        let ports = [change.hairpin, change.learning, change.flood, change.isolated];
        if ports.iter().any(Option::is_some) && device.master == 0 {
            return refuse_with(EOPNOTSUPP, "The device is not a bridge port");
        }
        match (&change.tunnel, &mut device.kind) {
            (Some(to), Kind::Tunnel(tunnel)) => **tunnel = to.clone(),
            (Some(to), Kind::Vxlan(vxlan)) => {
                vxlan.set_remote(to.remote, 0);
                vxlan.tunnel = to.clone();
            }
            _ => {}
        }
        if let Some(upper) = device.upper().filter(|_| change.mode.is_some() || change.flag.is_some()) {
            let mode = change.mode.unwrap_or(upper.mode);
            if upper.kind == LinkKind::Macvlan && (mode == LinkMode::Passthru) != (upper.mode == LinkMode::Passthru) {
                return refuse(EINVAL);
            }
            self.set_mode(place, mode, change.flag.unwrap_or(upper.flag));
            return Ok(());
        }
        device.no_arp = change.arp.map_or(device.no_arp, |arp| !arp);
        device.promisc = change.promisc.unwrap_or(device.promisc);
        device.txqlen = change.txqlen.unwrap_or(device.txqlen);
        let port = &mut device.port;
        port.hairpin = change.hairpin.unwrap_or(port.hairpin);
        port.learning = change.learning.unwrap_or(port.learning);
        port.flood = change.flood.unwrap_or(port.flood);
        port.isolated = change.isolated.unwrap_or(port.isolated);
        let ageing = change.ageing.map(|ageing| u64::from(ageing) * 10_000_000);
        if let Some(vxlan) = device.vxlan_mut() {
            vxlan.ageing = ageing.unwrap_or(vxlan.ageing);
            return Ok(());
        }
        let options = [change.mcast_snooping, change.stp, change.vlan_filtering];
        let Some(bridge) = device.bridge_mut() else {
            let asked = ageing.is_some() || options.iter().any(Option::is_some);
            return if asked { refuse(EOPNOTSUPP) } else { Ok(()) };
        };
        bridge.ageing = ageing.unwrap_or(bridge.ageing);
        bridge.default_pvid = change.default_pvid.map_or(bridge.default_pvid, |pvid| pvid as u16);
        bridge.mcast_snooping = change.mcast_snooping.unwrap_or(bridge.mcast_snooping);
        bridge.stp = change.stp.unwrap_or(bridge.stp);
        bridge.vlan_filtering = change.vlan_filtering.unwrap_or(bridge.vlan_filtering);
        Ok(())
    }

    fn change_mac(&mut self, place: Place, mac: Mac) -> Answer<()> {
        if mac.is_multicast() || mac == Mac::ZERO {
            return refuse(EADDRNOTAVAIL);
        }
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return refuse(ENODEV) };
        if !device.has_header() || device.upper().is_some_and(|upper| upper.kind == LinkKind::Ipvlan) {
            return refuse(EOPNOTSUPP);
        }
        device.mac_set = true;
        self.set_mac(place, mac);
        self.tell_uppers(place);
        self.watch_link(place, false);
        Ok(())
    }

    pub fn change_mtu(&mut self, place: Place, mtu: u32) -> Answer<()> {
        let stack = &self.space(place.ns).stack;
        let Some(device) = stack.links.get(place.dev) else { return refuse(ENODEV) };
        let most = match &device.kind {
            Kind::Vxlan(vxlan) => {
                stack.links.get(vxlan.tunnel.dev.unwrap_or(0)).map_or(65485, |lower| lower.mtu - OVERHEAD)
            }
            Kind::Loopback | Kind::Dummy => u32::MAX,
            Kind::Tunnel(_) => 65515,
            Kind::Upper(upper) if upper.kind != LinkKind::Ipvlan => {
                if self.device(upper.lower).is_some_and(|lower| lower.mtu < mtu) {
                    return refuse(if upper.kind == LinkKind::Vlan { ERANGE } else { EINVAL });
                }
                u32::MAX
            }
            _ => *MTU_RANGE.end(),
        };
        if mtu < *MTU_RANGE.start() && !matches!(device.kind, Kind::Loopback | Kind::Dummy) {
            return refuse_with(EINVAL, "mtu less than device minimum");
        }
        if mtu > most {
            let text = if matches!(device.kind, Kind::Vxlan(_)) { "" } else { "mtu greater than device maximum" };
            return refuse_with(EINVAL, text);
        }
        let master = device.master;
        if let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) {
            device.mtu = mtu;
            device.mtu_set = true;
        }
        self.space_mut(place.ns).stack.changed();
        self.refresh_bridge(Place { ns: place.ns, dev: master });
        self.tell_uppers(place);
        self.watch_link(place, false);
        self.refresh_inet6(place);
        Ok(())
    }

    fn rename(&mut self, place: Place, name: String) -> Answer<()> {
        let links = &mut self.space_mut(place.ns).stack.links;
        match links.named(&name) {
            Some(other) if other != place.dev => return refuse(EEXIST),
            _ => {}
        }
        let odd = |byte| matches!(byte, b'/' | b':' | b' ' | b'\t');
        let bad = name.is_empty() || name.len() > 15 || name == "." || name == ".." || name.bytes().any(odd);
        if bad {
            return refuse(EINVAL);
        }
        let Some(device) = links.get_mut(place.dev) else { return refuse(ENODEV) };
        let old = std::mem::replace(&mut device.name, name.clone());
        device.addresses.iter_mut().filter(|a| a.label == old).for_each(|a| a.label.clone_from(&name));
        self.space_mut(place.ns).stack.changed();
        self.watch_link(place, false);
        Ok(())
    }

    /// IFF_UP on or off, with all that hangs on it: the peer's carrier, addresses' routes, the bridge's ports.
    pub fn set_up(&mut self, place: Place, up: bool) {
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return };
        if device.up == up {
            return;
        }
        device.up = up;
        if let Some(upper) = device.upper().filter(|upper| up && upper.kind == LinkKind::Ipvlan) {
            device.no_arp = upper.mode != LinkMode::L2;
        }
        let (master, loopback, bare) = (device.master, device.is_loopback(), device.addresses.is_empty());
        let peer = if let Kind::Veth(peer) = device.kind { Some(peer) } else { None };
        let bridge = device.bridge().is_some();
        self.space_mut(place.ns).stack.changed();
        if up {
            self.routes_up(place);
            if loopback && bare {
                let address = Prefix::new(Ip::v4(0x7f00_0001), 8);
                let spec = AddressSpec { scope: Some(254), ..AddressSpec::new(address) };
                let _ = self.add_address(place, spec);
            }
        } else {
            self.inet6_down(place);
            self.routes_down(place);
        }
        if let Some(peer) = peer {
            let both = up && self.space(peer.ns).stack.links.get(peer.dev).is_some_and(|device| device.up);
            self.set_carrier(place, both);
            self.set_carrier(peer, both);
        }
        if master != 0 {
            self.forget_when_down(place, master, up);
        }
        if bridge {
            self.refresh_bridge(place);
        }
        self.tell_uppers(place);
        self.watch_link(place, false);
        self.refresh_inet6(place);
    }

    fn forget_when_down(&mut self, port: Place, master: u32, up: bool) {
        let links = &mut self.space_mut(port.ns).stack.links;
        if let (false, Some(bridge)) = (up, links.get_mut(master).and_then(Device::bridge_mut)) {
            bridge.forget_port(port.dev, false);
        }
        self.refresh_bridge(Place { ns: port.ns, dev: master });
    }

    fn routes_up(&mut self, place: Place) {
        let stack = &mut self.space_mut(place.ns).stack;
        stack.fib.device_up(place.dev, &stack.links);
        stack.connect(place.dev);
    }

    fn routes_down(&mut self, place: Place) {
        let space = self.space_mut(place.ns);
        space.hooks.flows.masquerade_gone(place.dev, None);
        let stack = &mut space.stack;
        let gone = stack.fib.device_gone(place.dev, Gone::Down, &stack.links);
        self.watch_routes(place.ns, &gone);
        self.flush_neighbours(place, Family::V4);
    }

    /// Forgets the neighbours of a device.
    pub fn flush_neighbours(&mut self, place: Place, family: Family) {
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return };
        for ip in device.neighbours.list().into_iter().filter(|ip| ip.family() == family) {
            let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return };
            if let Some(entry) = device.neighbours.remove(ip) {
                self.drop_waiting(place, entry.queue);
            }
        }
    }

    /// netif_carrier_on, netif_carrier_off: routes follow, and so does the bridge above.
    pub fn set_carrier(&mut self, place: Place, on: bool) {
        let stack = &mut self.space_mut(place.ns).stack;
        let Some(device) = stack.links.get_mut(place.dev) else { return };
        device.watched = true;
        if device.carrier == on {
            return;
        }
        device.carrier = on;
        device.low = false;
        let master = device.master;
        stack.fib.carrier_changed(place.dev, &stack.links);
        stack.changed();
        if master != 0 {
            self.forget_when_down(place, master, on);
        }
        self.tell_uppers(place);
        self.watch_link(place, false);
        self.refresh_inet6(place);
    }

    /// A device moves to another namespace: down, without master, addresses, routes and neighbours; its name and, where
    /// it is free, its index go with it.
    fn move_link(&mut self, place: Place, ns: u32, name: Option<&str>) -> Answer<Place> {
        let Some(device) = self.space(place.ns).stack.links.get(place.dev) else { return refuse(ENODEV) };
        if device.is_loopback() || device.bridge().is_some() {
            return refuse_with(EINVAL, "The interface netns is immutable");
        }
        if !self.has_space(ns) {
            return refuse(EINVAL);
        }
        let name = name.unwrap_or(&device.name).to_string();
        if self.space(ns).stack.links.named(&name).is_some() {
            return refuse(EEXIST);
        }
        let low = device.watched && !device.carrier && self.is_low(place.ns, device);
        self.bare(place);
        self.watch_link(place, true);
        let links = &mut self.space_mut(place.ns).stack.links;
        let Some(mut device) = links.remove(place.dev) else { return refuse(ENODEV) };
        let links = &mut self.space_mut(ns).stack.links;
        let free = links.is_free(device.index);
        device.index = if free { device.index } else { links.next_index() };
        device.name = name;
        device.take_defaults(links);
        device.low = low;
        let new = Place { ns, dev: device.index };
        let (peer, below) = (if let Kind::Veth(peer) = device.kind { Some(peer) } else { None }, device.upper());
        let uppers = device.uppers.clone();
        links.insert(device);
        self.space_mut(ns).stack.changed();
        if let Some(peer) = peer {
            self.set_peer(peer, new);
        }
        for above in uppers {
            if let Some(Kind::Upper(upper)) = self.device_mut(above).map(|device| &mut device.kind) {
                upper.lower = new;
            }
        }
        if let Some(device) = below.and_then(|upper| self.device_mut(upper.lower)) {
            device.uppers.iter_mut().filter(|above| **above == place).for_each(|above| *above = new);
        }
        self.watch_link(new, false);
        Ok(new)
    }

    /// Takes everything off a device that is about to go.
    fn bare(&mut self, place: Place) {
        self.set_up(place, false);
        if self.space(place.ns).stack.links.get(place.dev).is_some_and(|device| device.master != 0) {
            self.leave_master(place);
        }
        let addresses = self.space(place.ns).stack.links.get(place.dev).map(|device| device.addresses.clone());
        for address in addresses.unwrap_or_default() {
            let _ = self.remove_address(place, Prefix::new(address.ip, address.len));
        }
        let stack = &mut self.space_mut(place.ns).stack;
        let gone = stack.fib.device_gone(place.dev, Gone::Removed, &stack.links);
        stack.changed();
        self.watch_routes(place.ns, &gone);
        self.flush_neighbours(place, Family::V4);
    }

    /// `ip link del`.
    pub fn remove_link(&mut self, place: Place) -> Answer<()> {
        match self.space(place.ns).stack.links.get(place.dev) {
            None => refuse(ENODEV),
            Some(device) if device.is_loopback() => refuse(EOPNOTSUPP),
            Some(_) => {
                self.destroy_link(place);
                Ok(())
            }
        }
    }

    /// Takes a device away with its peer, as a port, and as a master.
    pub fn destroy_link(&mut self, place: Place) {
        let links = &self.space(place.ns).stack.links;
        let Some(device) = links.get(place.dev) else { return };
        let peer = if let Kind::Veth(peer) = device.kind { Some(peer) } else { None };
        let below = device.upper().map(|upper| upper.lower);
        let uppers = device.uppers.clone();
        uppers.into_iter().for_each(|upper| self.destroy_link(upper));
        let on_it = |device: &&Device| matches!(&device.kind, Kind::Vxlan(v) if v.tunnel.dev == Some(place.dev));
        let tunnels: Vec<u32> =
            self.space(place.ns).stack.links.iter().filter(on_it).map(|device| device.index).collect();
        tunnels.into_iter().for_each(|dev| self.destroy_link(Place { ns: place.ns, dev }));
        if let Some(lower) = below.and_then(|lower| self.device_mut(lower)) {
            lower.uppers.retain(|upper| *upper != place);
        }
        for port in self.space(place.ns).stack.links.ports(place.dev) {
            self.leave_master(Place { ns: place.ns, dev: port });
        }
        self.bare(place);
        self.watch_link(place, true);
        self.space_mut(place.ns).stack.links.remove(place.dev);
        if let Some(peer) = peer.filter(|peer| self.has_space(peer.ns)) {
            let still = self.space(peer.ns).stack.links.get(peer.dev);
            if still.is_some_and(|device| matches!(device.kind, Kind::Veth(other) if other == place)) {
                self.destroy_link(peer);
            }
        }
    }

    /// `net.ipv4.ip_forward` and `conf.all.forwarding` write to every device and to the default; other `all` and
    /// `default` values stand for themselves.
    pub fn set_forwarding(&mut self, ns: u32, value: i64) {
        let stack = &mut self.space_mut(ns).stack;
        stack.changed();
        stack.sysctls.set(sysctl::IP_FORWARD, value);
        stack.links.all.set(sysctl::FORWARDING, value);
        stack.links.default[0].set(sysctl::FORWARDING, value);
        stack.links.iter_mut().for_each(|device| device.conf.set(sysctl::FORWARDING, value));
        stack.links.all.set(sysctl::ACCEPT_REDIRECTS, i64::from(value == 0));
    }
}
