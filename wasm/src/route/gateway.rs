//! Whether a next hop can be one: the device is there and up, the gateway is a neighbour (fib_check_nh, fib6_nh_init).

use super::device::Devices;
use super::fib::Fib;
use super::flow::{FlowKey, Found};
use super::info::LegFacts;
use super::lookup;
use super::refusal::{errno, Refusal};
use super::route::{scope, table, NextHopSpec, RouteSpec, RouteType};
use crate::wire::{Family, Ip};

const INVALID_GATEWAY: &str = "Nexthop has invalid gateway";

/// One next hop to check, and the route it is for.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub via: Ip,
    pub dev: u32,
    pub weight: u16,
    pub onlink: bool,
    /// The route's scope and table.
    pub scope: u8,
    pub table: u32,
}

impl Asked {
    /// The next hops a spec names: its legs, or the one it is itself.
    pub fn of(spec: &RouteSpec) -> Vec<Asked> {
        let whole = NextHopSpec { via: spec.via, dev: spec.dev, weight: 1, onlink: spec.onlink };
        let legs = if spec.nexthops.is_empty() { std::slice::from_ref(&whole) } else { &spec.nexthops };
        let (scope, table) = (spec.scope_or_default(), spec.table_id());
        let asked = |leg: &NextHopSpec| Asked {
            via: leg.via,
            dev: leg.dev,
            weight: leg.weight,
            onlink: leg.onlink,
            scope,
            table,
        };
        legs.iter().map(asked).collect()
    }

    fn leg(&self, oif: u32, scope: u8) -> LegFacts {
        LegFacts { oif, via: self.via, scope, weight: self.weight, onlink: self.onlink }
    }
}

/// Resolves a next hop of an IPv4 route; IPv6 gateways are allowed.
pub(super) fn check4(fib: &Fib, asked: &Asked, devices: &impl Devices) -> Result<LegFacts, Refusal> {
    match (asked.via.is_unspecified(), asked.via.family()) {
        (true, _) => check_on_link(asked, devices),
        (false, Family::V6) => check6(fib, asked, devices).map(|leg| LegFacts { scope: scope::LINK, ..leg }),
        (false, Family::V4) if asked.onlink => check_forced(fib, asked, devices),
        (false, Family::V4) => check_gateway(fib, asked, devices),
    }
}

/// No gateway: the destination is a neighbour itself.
fn check_on_link(asked: &Asked, devices: &impl Devices) -> Result<LegFacts, Refusal> {
    if asked.onlink {
        return Err(Refusal::invalid("Invalid flags for nexthop - PERVASIVE and ONLINK can not be set"));
    }
    if !devices.exists(asked.dev) {
        return Err(Refusal::new(errno::ENODEV));
    }
    if !devices.is_up(asked.dev) {
        return Err(Refusal::with(errno::ENETDOWN, "Device for nexthop is not up"));
    }
    Ok(asked.leg(asked.dev, scope::HOST))
}

/// `onlink`: whoever says so promises that the gateway answers on that device.
fn check_forced(fib: &Fib, asked: &Asked, devices: &impl Devices) -> Result<LegFacts, Refusal> {
    if asked.scope >= scope::LINK {
        return Err(Refusal::invalid("Nexthop has invalid scope"));
    }
    if !devices.exists(asked.dev) {
        return Err(Refusal::with(errno::ENODEV, "Nexthop device required for onlink"));
    }
    if !devices.is_up(asked.dev) {
        return Err(Refusal::with(errno::ENETDOWN, "Nexthop device is not up"));
    }
    if fib.addr_type(asked.via, 0, devices) != RouteType::Unicast {
        return Err(Refusal::invalid(INVALID_GATEWAY));
    }
    Ok(asked.leg(asked.dev, scope::LINK))
}

/// The gateway must be reached by a route of narrower scope than the new one, and link at least.
fn check_gateway(fib: &Fib, asked: &Asked, devices: &impl Devices) -> Result<LegFacts, Refusal> {
    let narrower = asked.scope.saturating_add(1).max(scope::LINK);
    let key = FlowKey { oif: asked.dev, scope: narrower, ..FlowKey::to(asked.via) };
    let first = (asked.table != table::MAIN).then_some(asked.table);
    let found =
        lookup::gateway(&fib.v4, first, &key, devices).map_err(|e| Refusal::with(e.errno(), INVALID_GATEWAY))?;
    if !matches!(found.kind, RouteType::Unicast | RouteType::Local) {
        return Err(Refusal::invalid(INVALID_GATEWAY));
    }
    if !devices.is_up(found.oif) {
        return Err(Refusal::new(errno::ENETDOWN));
    }
    Ok(asked.leg(found.oif, found.scope))
}

/// Resolves a next hop of an IPv6 route, or an IPv6 gateway of an IPv4 one.
pub(super) fn check6(fib: &Fib, asked: &Asked, devices: &impl Devices) -> Result<LegFacts, Refusal> {
    if asked.dev != 0 && !devices.exists(asked.dev) {
        return Err(Refusal::new(errno::ENODEV));
    }
    if asked.onlink && asked.dev == 0 {
        return Err(Refusal::with(errno::ENODEV, "Nexthop device required for onlink"));
    }
    if asked.onlink && !devices.is_up(asked.dev) {
        return Err(Refusal::with(errno::ENETDOWN, "Nexthop device is not up"));
    }
    let dev = if asked.via.is_unspecified() { asked.dev } else { check_gateway6(fib, asked, devices)? };
    if dev == 0 {
        return Err(Refusal::new(errno::ENODEV));
    }
    if !devices.speaks(dev, Family::V6) {
        return Err(Refusal::with(errno::EACCES, "IPv6 is disabled on nexthop device"));
    }
    if !devices.is_up(dev) {
        return Err(Refusal::with(errno::ENETDOWN, "Nexthop device is not up"));
    }
    Ok(asked.leg(dev, scope::HOST))
}

/// ip6_validate_gw: the device the gateway is on. A link-local one is taken at its word, another needs a route without gateway.
fn check_gateway6(fib: &Fib, asked: &Asked, devices: &impl Devices) -> Result<u32, Refusal> {
    let link_local = asked.via.is_link_local6();
    let on = |dev: u32| if link_local { dev } else { 0 };
    let own = Refusal::invalid("Gateway can not be a local address");
    if asked.dev != 0 && devices.owns(asked.via, on(asked.dev)) {
        return Err(own);
    }
    if asked.via.is_multicast() {
        return Err(Refusal::invalid("Invalid gateway address"));
    }
    let dev = match (link_local, asked.onlink) {
        (true, _) => asked.dev,
        (false, true) => check_forced6(fib, asked, devices)?,
        (false, false) => find_gateway6(fib, asked, devices)?,
    };
    if dev == 0 {
        return Err(Refusal::invalid("Egress device not specified"));
    }
    if devices.is_loopback(dev) {
        return Err(Refusal::invalid("Egress device can not be loopback device for this route"));
    }
    if asked.dev == 0 && devices.owns(asked.via, on(dev)) {
        return Err(own);
    }
    Ok(dev)
}

fn find_gateway6(fib: &Fib, asked: &Asked, devices: &impl Devices) -> Result<u32, Refusal> {
    let key = FlowKey { oif: asked.dev, ..FlowKey::to(asked.via) };
    let found = lookup::gateway(&fib.v6, Some(asked.table), &key, devices);
    let direct = found.ok().filter(|f| f.via.is_unspecified() && (asked.dev == 0 || f.oif == asked.dev));
    let again = || lookup::gateway(&fib.v6, None, &key, devices).ok().filter(|f| f.via.is_unspecified());
    let found = direct.or_else(again).filter(|f| asked.dev == 0 || f.oif == asked.dev);
    found.map(|f| f.oif).ok_or(Refusal::new(errno::EHOSTUNREACH))
}

/// ip6_route_check_nh_onlink: the main table must not route the gateway over another device, default routes aside.
fn check_forced6(fib: &Fib, asked: &Asked, devices: &impl Devices) -> Result<u32, Refusal> {
    let found = lookup::in_table(&fib.v6, table::MAIN, &FlowKey::to(asked.via), devices).ok();
    let elsewhere = |f: &Found| !f.prefix.ip.is_unspecified() && (f.kind != RouteType::Unicast || f.oif != asked.dev);
    match found.filter(elsewhere) {
        Some(_) => Err(Refusal::invalid("Nexthop has invalid gateway or device mismatch")),
        None => Ok(asked.dev),
    }
}
