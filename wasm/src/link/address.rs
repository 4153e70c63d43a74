//! Addresses of devices (net/ipv4/devinet.c); the routes they bring are `route/connected.rs`'s.

use super::Place;
use crate::errno::{refuse, refuse_with, Answer, EADDRINUSE, EADDRNOTAVAIL, EEXIST, EINVAL, ENODEV};
use crate::export::records::{AddressSpec, AddressView};
use crate::fabric::Fabric;
use crate::namespace::Stack;
use crate::record::Log;
use crate::route::connected::IfAddr;
use crate::route::route::{protocol, scope, table};
use crate::route::{Route, RouteSpec};
use crate::sysctl;
use crate::wire::{Family, Ip, Prefix};

/// RT_SCOPE_LINK.
pub const LINK: u8 = scope::LINK;

/// One address of a device.
#[derive(Clone, PartialEq, Debug)]
pub struct Address {
    pub ip: Ip,
    pub len: u8,
    /// The far end of a point-to-point address; the address itself otherwise.
    pub peer: Ip,
    pub broadcast: Option<Ip>,
    pub label: String,
    pub scope: u8,
    /// Another address of the device in the same subnet came first.
    pub secondary: bool,
    pub no_prefix_route: bool,
    pub dad: Dad,
}

/// How an IPv6 address stands with duplicate address detection (IFA_F_TENTATIVE, IFA_F_DADFAILED, IFA_F_OPTIMISTIC, IFA_F_NODAD).
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Dad {
    pub tentative: bool,
    pub failed: bool,
    pub optimistic: bool,
    /// Never to be asked about.
    pub none: bool,
    /// Solicitations still to be sent.
    pub left: u8,
    /// Timers of another generation are void.
    pub generation: u32,
}

impl Address {
    /// Whether packets may come from it: it is nobody else's, as far as is known.
    pub fn is_usable(&self) -> bool {
        !self.dad.tentative || self.dad.optimistic && !self.dad.failed
    }
    /// The subnet the address stands for.
    pub fn prefix(&self) -> Prefix {
        Prefix::new(self.peer, self.len)
    }
    pub fn on_link(&self, ip: Ip) -> bool {
        self.prefix().contains(ip)
    }
    /// Whether `ip` is the subnet's or the address's broadcast address.
    pub fn is_broadcast(&self, ip: Ip) -> bool {
        self.broadcast == Some(ip) || (self.len < 31 && self.ip.is_v4() && self.prefix().last() == ip)
    }
}

impl Fabric {
    /// Gives a device an address; EEXIST where it has it.
    pub fn add_address(&mut self, place: Place, spec: AddressSpec) -> Answer<()> {
        if self.ipvlan_has(place, spec.address.ip) {
            return refuse(EADDRINUSE);
        }
        let stack = &mut self.space_mut(place.ns).stack;
        let Some(device) = stack.links.get_mut(place.dev) else { return refuse(ENODEV) };
        let peer = spec.peer.map_or(spec.address.ip, |peer| peer);
        let v4 = spec.address.ip.is_v4();
        let mut address = Address {
            ip: spec.address.ip,
            len: spec.address.len,
            peer,
            broadcast: spec.broadcast,
            label: spec.label.unwrap_or_else(|| device.name.clone()),
            scope: if v4 { spec.scope.unwrap_or(scope::UNIVERSE) } else { scope6(spec.address.ip) },
            secondary: false,
            no_prefix_route: spec.no_prefix_route,
            dad: Dad { tentative: !v4, optimistic: spec.optimistic, none: spec.no_dad, ..Dad::default() },
        };
        if !v4 {
            return self.add_address6(place, address);
        }
        if address.len > 32 {
            return refuse_with(EINVAL, "ipv4: Invalid prefix length");
        }
        for other in device.addresses.iter().filter(|other| other.ip.is_v4() == address.ip.is_v4()) {
            if other.len == address.len && other.on_link(address.peer) {
                if other.ip == address.ip {
                    return refuse_with(EEXIST, "ipv4: Address already assigned");
                }
                if other.scope != address.scope {
                    return refuse_with(EINVAL, "ipv4: Invalid scope value");
                }
                address.secondary = true;
            }
        }
        let fours = device.addresses.partition_point(|other| other.ip.is_v4());
        // Behind the last primary address of no wider scope (__inet_insert_ifa).
        let before = |other: &Address| !other.secondary && address.scope <= other.scope;
        let at = match address.secondary {
            true => fours,
            false => device.addresses[..fours].iter().rposition(before).map_or(0, |at| at + 1),
        };
        device.addresses.insert(at, address.clone());
        stack.connect(place.dev);
        stack.changed();
        self.watch_address(place, &address, false);
        if self.space(place.ns).stack.links.either(place.dev, sysctl::ARP_NOTIFY) {
            self.announce(place, address.ip);
        }
        Ok(())
    }

    /// Takes an address away, and with a primary one its secondaries unless they are promoted; EADDRNOTAVAIL where there is none.
    pub fn remove_address(&mut self, place: Place, wanted: Prefix) -> Answer<()> {
        let stack = &mut self.space_mut(place.ns).stack;
        let Some(device) = stack.links.get_mut(place.dev) else { return refuse(ENODEV) };
        let found = device.addresses.iter().position(|a| a.ip == wanted.ip && a.len == wanted.len);
        let Some(at) = found else {
            let text = if wanted.ip.is_v4() { "ipv4: Address not found" } else { "ipv6: address not found" };
            return refuse_with(EADDRNOTAVAIL, text);
        };
        let address = device.addresses.remove(at);
        let mut gone = vec![address.clone()];
        if address.ip.is_v4() && !address.secondary {
            let promote = stack.links.either(place.dev, sysctl::PROMOTE_SECONDARIES);
            gone.extend(stack.orphaned(place.dev, &address, promote));
        }
        for address in gone.iter().rev() {
            let space = self.space_mut(place.ns);
            space.hooks.flows.masquerade_gone(place.dev, Some(address.ip));
            let routes = space.stack.disconnect(place.dev, address);
            self.watch_routes(place.ns, &routes);
            self.watch_address(place, address, true);
        }
        let stack = &mut self.space_mut(place.ns).stack;
        stack.connect(place.dev);
        stack.changed();
        Ok(())
    }

    /// Every address of a namespace.
    pub fn addresses(&self, ns: u32) -> Log {
        let mut log = Log::default();
        for device in self.space(ns).stack.links.iter() {
            device.addresses.iter().for_each(|address| log.add(&AddressView::of(device.index, address)));
        }
        log
    }
}

impl Stack {
    /// Secondaries of a primary that went: gone too, or the first of them promoted.
    fn orphaned(&mut self, dev: u32, primary: &Address, promote: bool) -> Vec<Address> {
        let Some(device) = self.links.get_mut(dev) else { return Vec::new() };
        let belongs = |a: &Address| a.secondary && a.len == primary.len && primary.on_link(a.ip);
        if promote {
            if let Some(heir) = device.addresses.iter_mut().find(|a| belongs(a)) {
                heir.secondary = false;
            }
            return Vec::new();
        }
        let (gone, kept) = std::mem::take(&mut device.addresses).into_iter().partition(belongs);
        device.addresses = kept;
        gone
    }

    /// Puts in the routes of every address of a device, where they are not there already.
    pub fn connect(&mut self, dev: u32) {
        for family in [Family::V4, Family::V6] {
            let all = self.if_addrs(dev, family);
            all.iter().for_each(|addr| self.fib.connect(dev, addr, &all, &self.links));
        }
    }

    /// Takes away what an address brought, but for what another still stands for.
    fn disconnect(&mut self, dev: u32, address: &Address) -> Vec<Route> {
        let left = self.if_addrs(dev, address.ip.family());
        self.fib.disconnect(dev, &if_addr(address, true), &left, &self.links)
    }

    fn if_addrs(&self, dev: u32, family: Family) -> Vec<IfAddr> {
        let addresses = self.links.get(dev).map_or(&[][..], |device| &device.addresses);
        let router = self.links.most6(dev, sysctl::FORWARDING6) != 0;
        addresses.iter().filter(|a| a.ip.family() == family).map(|a| if_addr(a, router)).collect()
    }
}

impl Stack {
    /// Takes away the anycast addresses of a router on a device; [`Stack::connect`] puts them in again.
    pub fn forget_anycast(&mut self, dev: u32) {
        for address in self.if_addrs(dev, Family::V6) {
            let to = Prefix::new(Prefix::new(address.local, address.subnet.len).network().ip, 128);
            let spec = RouteSpec { table: table::LOCAL, protocol: protocol::KERNEL, dev, ..RouteSpec::new(to) };
            // There may be none.
            let _ = self.fib.remove(&spec);
        }
    }
}

/// RFC 4291's scope of an address as rtnetlink numbers it (rt_scope).
const fn scope6(ip: Ip) -> u8 {
    match () {
        () if ip.is_loopback() => 254,
        () if ip.is_link_local6() => scope::LINK,
        () if ip.0 >> 118 == 0xfec0 >> 6 => 200,
        () => scope::UNIVERSE,
    }
}

fn if_addr(address: &Address, router: bool) -> IfAddr {
    IfAddr {
        ours: address.is_usable(),
        anycast: router && address.is_usable() && address.len < 127,
        local: address.ip,
        subnet: address.prefix(),
        broadcast: address.broadcast.unwrap_or(Ip::ANY4),
        secondary: address.secondary,
        no_prefix_route: address.no_prefix_route,
        metric: 0,
    }
}
