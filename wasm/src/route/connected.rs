//! The routes that an address brings with it and takes away again (fib_add_ifaddr, fib_del_ifaddr, addrconf).
//!
//! ```text
//!   192.168.1.10/24 on eth0   local      192.168.1.10    table local  scope host
//!                             unicast    192.168.1.0/24  table main   scope link   while eth0 is up, unless noprefixroute
//!                             broadcast  192.168.1.255   table local  scope link   while eth0 is up
//!   2001:db8::1/64 on eth0    local      2001:db8::1     table local  metric 0     while eth0 is up, once it is no more tentative
//!                             anycast    2001:db8::      table local  metric 0     the same, on a router
//!                             unicast    2001:db8::/64   table main   metric 256   while eth0 is up, unless noprefixroute
//! ```
//! On lo the unicast route is local. All have `proto kernel` and, in IPv4, the primary address of their subnet as `src`.

use super::device::Devices;
use super::edit6::insert_one;
use super::fib::Fib;
use super::info::{Facts, LegFacts};
use super::purge::Gone;
use super::route::{protocol, scope, table, Edit, Route, RouteSpec, RouteType};
use crate::wire::{Family, Ip, Prefix};

/// An address of a device, as far as its routes go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IfAddr {
    pub local: Ip,
    /// The subnet: the peer's address, or the local one, with the prefix length.
    pub subnet: Prefix,
    /// IPv6: duplicate address detection is through with it; and it brings the anycast address of its subnet's routers.
    pub ours: bool,
    pub anycast: bool,
    /// IPv4; unspecified for none.
    pub broadcast: Ip,
    /// IPv4: a primary address of the same subnet was there first.
    pub secondary: bool,
    pub no_prefix_route: bool,
    /// `metric` of the prefix route, 0 for the default.
    pub metric: u32,
}

/// IP6_RT_PRIO_ADDRCONF.
const ADDRCONF_METRIC: u32 = 256;

impl Fib {
    /// Puts in the routes of an address that is new, or whose device was just set up; those that are there already stay.
    /// `all` are the device's addresses of the family, `addr` among them.
    pub fn connect(&mut self, dev: u32, addr: &IfAddr, all: &[IfAddr], devices: &impl Devices) {
        match addr.local.family() {
            Family::V4 => {
                for spec in wanted4(dev, addr, all, devices) {
                    // EEXIST is the only refusal that can come, and means that it is done.
                    let _ = super::edit4::insert(self, &spec, Edit::Append, devices);
                }
            }
            Family::V6 => {
                for (to, facts) in wanted6(dev, addr, devices) {
                    let _ = insert_one(&mut self.v6, to, facts, Edit::Append, devices);
                }
            }
        }
    }

    /// Takes out the routes of an address that was deleted, but for those that `left`, the device's remaining addresses
    /// of the family, want too, and all routes that depended on it.
    pub fn disconnect(&mut self, dev: u32, addr: &IfAddr, left: &[IfAddr], devices: &impl Devices) -> Vec<Route> {
        match addr.local.family() {
            Family::V4 => self.disconnect4(dev, addr, left, devices),
            Family::V6 => self.disconnect6(dev, addr, left, devices),
        }
    }

    fn disconnect4(&mut self, dev: u32, addr: &IfAddr, left: &[IfAddr], devices: &impl Devices) -> Vec<Route> {
        let before: Vec<IfAddr> = left.iter().chain([addr]).copied().collect();
        let kept: Vec<RouteSpec> = left.iter().flat_map(|a| wanted4(dev, a, left, devices)).collect();
        let mut gone = Vec::new();
        for spec in wanted4(dev, addr, &before, devices) {
            if !kept.iter().any(|k| is_same(k, &spec)) {
                gone.extend(self.remove(&spec).unwrap_or_default());
            }
        }
        if self.addr_type(addr.local, 0, devices) != RouteType::Local {
            gone.extend(self.address_gone(addr.local, dev));
        }
        if left.is_empty() {
            gone.extend(self.device_gone4(dev, Gone::Addressless, devices));
        }
        gone
    }

    fn disconnect6(&mut self, dev: u32, addr: &IfAddr, left: &[IfAddr], devices: &impl Devices) -> Vec<Route> {
        let kept: Vec<(Prefix, Facts)> = left.iter().flat_map(|a| wanted6(dev, a, devices)).collect();
        let mut gone = Vec::new();
        for (to, facts) in wanted6(dev, addr, devices) {
            if kept.iter().any(|(prefix, k)| *prefix == to && *k == facts) {
                continue;
            }
            let spec = RouteSpec {
                table: facts.table,
                metric: facts.metric,
                protocol: protocol::KERNEL,
                dev,
                ..RouteSpec::new(to)
            };
            gone.extend(self.remove(&spec).unwrap_or_default());
        }
        gone.extend(self.address_gone(addr.local, dev));
        gone
    }

    /// IPv6 came to life on a device: `multicast ff00::/8` of the local table (addrconf_add_mroute).
    pub fn connect_multicast6(&mut self, dev: u32, devices: &impl Devices) {
        let all = Prefix::new(Ip(0xff << 120), 8);
        let facts = facts6(dev, RouteType::Multicast, table::LOCAL, ADDRCONF_METRIC);
        let _ = insert_one(&mut self.v6, all, facts, Edit::Append, devices);
    }
}

fn is_same(a: &RouteSpec, b: &RouteSpec) -> bool {
    (a.to, a.kind, a.prefsrc, a.metric) == (b.to, b.kind, b.prefsrc, b.metric)
}

fn wanted4(dev: u32, addr: &IfAddr, all: &[IfAddr], devices: &impl Devices) -> Vec<RouteSpec> {
    let subnet = addr.subnet.network();
    let same_subnet = |a: &&IfAddr| !a.secondary && a.subnet.len == subnet.len && a.subnet.network() == subnet;
    let primary = if addr.secondary { all.iter().find(same_subnet).unwrap_or(addr) } else { addr };
    let route = |kind, to| RouteSpec {
        kind: Some(kind),
        table: if kind == RouteType::Unicast { table::MAIN } else { table::LOCAL },
        scope: Some(if kind == RouteType::Local { scope::HOST } else { scope::LINK }),
        protocol: protocol::KERNEL,
        dev,
        prefsrc: primary.local,
        ..RouteSpec::new(to)
    };
    let mut routes = vec![route(RouteType::Local, Prefix::new(addr.local, 32))];
    if !devices.is_up(dev) {
        return routes;
    }
    let broadcast = |ip| route(RouteType::Broadcast, Prefix::new(ip, 32));
    if !addr.broadcast.is_unspecified() && addr.broadcast != Ip::BROADCAST4 {
        routes.push(broadcast(addr.broadcast));
    }
    let is_host = subnet.ip == addr.local && subnet.len == 32;
    if subnet.ip.is_unspecified() || addr.secondary || is_host {
        return routes;
    }
    if !addr.no_prefix_route {
        let kind = if devices.is_loopback(dev) { RouteType::Local } else { RouteType::Unicast };
        routes.push(RouteSpec { metric: addr.metric, ..route(kind, subnet) });
    }
    if subnet.len < 31 {
        routes.push(broadcast(subnet.last()));
    }
    routes
}

fn wanted6(dev: u32, addr: &IfAddr, devices: &impl Devices) -> Vec<(Prefix, Facts)> {
    if !devices.is_up(dev) {
        return Vec::new();
    }
    let mut routes = Vec::new();
    let own = Prefix::new(addr.local, addr.subnet.len).network();
    if addr.ours {
        routes.push((Prefix::new(addr.local, 128), facts6(dev, RouteType::Local, table::LOCAL, 0)));
    }
    if addr.anycast && own.ip != Ip::ANY6 {
        routes.push((Prefix::new(own.ip, 128), facts6(dev, RouteType::Anycast, table::LOCAL, 0)));
    }
    if !addr.no_prefix_route && !devices.is_loopback(dev) {
        let metric = if addr.metric == 0 { ADDRCONF_METRIC } else { addr.metric };
        let facts = facts6(dev, RouteType::Unicast, table::MAIN, metric);
        routes.push((own, facts.clone()));
        if addr.subnet.network() != own {
            routes.push((addr.subnet.network(), facts));
        }
    }
    routes
}

fn facts6(dev: u32, kind: RouteType, table: u32, metric: u32) -> Facts {
    let own = matches!(kind, RouteType::Local | RouteType::Anycast);
    let scope = if own { scope::NOWHERE } else { scope::HOST };
    Facts {
        kind,
        table,
        protocol: protocol::KERNEL,
        scope: scope::UNIVERSE,
        prefsrc: Ip::ANY6,
        metric,
        mtu: 0,
        advmss: 0,
        legs: vec![LegFacts { oif: dev, via: Ip::ANY6, scope, weight: 1, onlink: false }],
    }
}
