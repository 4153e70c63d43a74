//! IPv4 routes in and out (fib_table_insert, fib_table_delete, fib_create_info): what the kernel accepts, in which
//! order routes to one prefix stand, and what its refusals say.
//!
//! Routes to one prefix stand by tos downwards, then metric upwards, then as they came.

use super::device::Devices;
use super::fib::{Fib, Half};
use super::flow::FlowKey;
use super::gateway::{check4, Asked};
use super::info::{Facts, LegFacts};
use super::lookup;
use super::refusal::{errno, Refusal};
use super::route::{protocol, scope, table, Edit, Route, RouteSpec, RouteType};
use super::rule::TOS_MASK;
use super::table::{Alias, Bucket, Table};
use crate::wire::{Family, Ip};

/// Where among the routes to its prefix a route belongs.
struct Place {
    /// The first with the same tos and metric, if there is one, else where a new one goes.
    first: usize,
    /// One past the last with the same tos and metric.
    end: usize,
}

/// [`Fib::edit`] for IPv4.
pub(super) fn insert(fib: &mut Fib, spec: &RouteSpec, edit: Edit, devices: &impl Devices) -> Result<(), Refusal> {
    check_tos(spec)?;
    let id = spec.table_id();
    fib.v4.table_mut(id);
    check_prefix(spec)?;
    let facts = facts_of(fib, spec, devices)?;
    let half = &mut fib.v4;
    let place = place_of(half, id, spec, spec.metric);
    let aliases = half.table(id).map_or(&[][..], |t| t.at(spec.to));
    let twin = half.infos.find(&facts).and_then(|info| (place.first..place.end).find(|&n| aliases[n].info == info));
    let at = match (place.first < place.end, edit) {
        (true, Edit::Add) => return Err(Refusal::new(errno::EEXIST)),
        (true, Edit::Replace | Edit::Change) => {
            return match twin {
                Some(n) if n == place.first => Ok(()),
                Some(_) => Err(Refusal::new(errno::EEXIST)),
                None => {
                    replace(half, spec, place.first, facts, devices);
                    Ok(())
                }
            };
        }
        (true, _) if twin.is_some() => return Err(Refusal::new(errno::EEXIST)),
        (true, Edit::Append) => place.end,
        (true, Edit::Prepend) => place.first,
        (false, Edit::Change) => return Err(Refusal::new(errno::ENOENT)),
        (false, _) => place.first,
    };
    let info = half.infos.hold(facts, devices, Family::V4);
    half.table_mut(id).insert(spec.to, at, Alias { info, tos: spec.tos });
    Ok(())
}

fn replace(half: &mut Half, spec: &RouteSpec, at: usize, facts: Facts, devices: &impl Devices) {
    let id = facts.table;
    let info = half.infos.hold(facts, devices, Family::V4);
    let old = half.table_mut(id).replace(spec.to, at, Alias { info, tos: spec.tos });
    half.infos.release(old.info);
}

/// fib_find_alias.
fn place_of(half: &Half, id: u32, spec: &RouteSpec, metric: u32) -> Place {
    let aliases = half.table(id).map_or(&[][..], |t| t.at(spec.to));
    let rank = |alias: &Alias| (std::cmp::Reverse(alias.tos), half.infos.get(alias.info).facts.metric);
    let wanted = (std::cmp::Reverse(spec.tos), metric);
    let first = aliases.partition_point(|a| rank(a) < wanted);
    let end = aliases.partition_point(|a| rank(a) <= wanted);
    Place { first, end }
}

fn check_tos(spec: &RouteSpec) -> Result<(), Refusal> {
    match spec.tos & !TOS_MASK {
        0 => Ok(()),
        _ => Err(Refusal::invalid("Invalid dsfield (tos): ECN bits must be 0")),
    }
}

fn check_prefix(spec: &RouteSpec) -> Result<(), Refusal> {
    if spec.to.len > 32 {
        return Err(Refusal::invalid("Invalid prefix length"));
    }
    if spec.to != spec.to.network() {
        return Err(Refusal::invalid("Invalid prefix for given prefix length"));
    }
    Ok(())
}

/// fib_create_info: the route's facts with its next hops resolved, or what is wrong with it.
fn facts_of(fib: &Fib, spec: &RouteSpec, devices: &impl Devices) -> Result<Facts, Refusal> {
    let kind = spec.kind.unwrap_or(RouteType::Unicast);
    let scope = spec.scope_or_default();
    if kind.min_scope() > scope {
        return Err(Refusal::invalid("Invalid scope"));
    }
    let legs = if kind.is_reject() { check_reject(spec)? } else { check_legs(fib, spec, scope, devices)? };
    if !kind.is_reject() && !spec.prefsrc.is_unspecified() && !is_valid_prefsrc(fib, spec, kind, devices) {
        return Err(Refusal::invalid("Invalid prefsrc address"));
    }
    Ok(Facts {
        kind,
        table: spec.table_id(),
        protocol: if spec.protocol == 0 { protocol::BOOT } else { spec.protocol },
        scope,
        prefsrc: spec.prefsrc,
        metric: spec.metric,
        mtu: spec.mtu,
        advmss: spec.advmss,
        legs,
    })
}

fn check_reject(spec: &RouteSpec) -> Result<Vec<LegFacts>, Refusal> {
    if spec.dev != 0 || !spec.via.is_unspecified() || !spec.nexthops.is_empty() {
        return Err(Refusal::invalid("Gateway, device and multipath can not be specified for this route type"));
    }
    Ok(Vec::new())
}

fn check_legs(fib: &Fib, spec: &RouteSpec, scope: u8, devices: &impl Devices) -> Result<Vec<LegFacts>, Refusal> {
    if scope > scope::HOST {
        return Err(Refusal::invalid("Invalid scope"));
    }
    let asked = Asked::of(spec);
    if spec.dev != 0 && asked[0].dev != spec.dev {
        return Err(Refusal::invalid("Nexthop device index does not match RTA_OIF"));
    }
    if scope == scope::HOST {
        return check_own(&asked, devices).map(|leg| vec![leg]);
    }
    asked.iter().map(|leg| check4(fib, leg, devices)).collect()
}

/// A route of host scope is an address of ours: one device, no gateway.
fn check_own(asked: &[Asked], devices: &impl Devices) -> Result<LegFacts, Refusal> {
    let [leg] = asked else {
        return Err(Refusal::invalid("Route with host scope can not have multiple nexthops"));
    };
    if !leg.via.is_unspecified() {
        return Err(Refusal::invalid("Route with host scope can not have a gateway"));
    }
    if !devices.exists(leg.dev) {
        return Err(Refusal::new(errno::ENODEV));
    }
    Ok(LegFacts { oif: leg.dev, via: Ip::ANY4, scope: scope::NOWHERE, weight: 1, onlink: false })
}

/// fib_valid_prefsrc: an address of ours, or the very address that the route makes ours.
fn is_valid_prefsrc(fib: &Fib, spec: &RouteSpec, kind: RouteType, devices: &impl Devices) -> bool {
    if kind == RouteType::Local && spec.prefsrc == spec.to.ip && !spec.to.ip.is_unspecified() {
        return true;
    }
    let key = FlowKey::to(spec.prefsrc);
    let is_local = |id| lookup::in_table(&fib.v4, id, &key, devices).is_ok_and(|f| f.kind == RouteType::Local);
    is_local(table::LOCAL) || (spec.table_id() < table::MAIN && is_local(spec.table_id()))
}

/// [`Fib::remove`] for IPv4 (fib_table_delete).
pub(super) fn remove(half: &mut Half, spec: &RouteSpec) -> Result<Route, Refusal> {
    check_tos(spec)?;
    let id = spec.table_id();
    let table = half.table(id).ok_or(Refusal::with(errno::ESRCH, "FIB table does not exist"))?;
    check_prefix(spec)?;
    let matches = |a: &Alias| a.tos == spec.tos && agrees(&half.infos.get(a.info).facts, spec);
    let at = table.at(spec.to).iter().position(matches).ok_or(Refusal::new(errno::ESRCH))?;
    let gone = table.at(spec.to)[at];
    let route = route_of(half, table, spec.to, gone);
    half.table_mut(id).remove(spec.to, at);
    half.infos.release(gone.info);
    Ok(route)
}

/// Whether a route is what a deletion means: all that it says agrees.
fn agrees(facts: &Facts, spec: &RouteSpec) -> bool {
    spec.kind.is_none_or(|kind| kind == facts.kind)
        && spec.scope.is_none_or(|scope| scope == scope::NOWHERE || scope == facts.scope)
        && (spec.prefsrc.is_unspecified() || spec.prefsrc == facts.prefsrc)
        && (spec.protocol == 0 || spec.protocol == facts.protocol)
        && (spec.metric == 0 || spec.metric == facts.metric)
        && (spec.mtu == 0 || spec.mtu == facts.mtu)
        && (spec.advmss == 0 || spec.advmss == facts.advmss)
        && leads_alike(facts, spec)
}

/// fib_nh_match: device and gateway compare with the first leg; each leg of the route with the one said in its place, whatever
/// its weight.
fn leads_alike(facts: &Facts, spec: &RouteSpec) -> bool {
    if spec.dev != 0 || !spec.via.is_unspecified() {
        let leg = facts.legs.first();
        return leg.is_some_and(|leg| is_leg(leg, spec.dev, spec.via));
    }
    if spec.nexthops.is_empty() {
        return true;
    }
    !facts.legs.is_empty()
        && spec.nexthops.len() >= facts.legs.len()
        && facts.legs.iter().zip(&spec.nexthops).all(|(leg, said)| is_leg(leg, said.dev, said.via))
}

fn is_leg(leg: &LegFacts, dev: u32, via: Ip) -> bool {
    (dev == 0 || dev == leg.oif) && (via.is_unspecified() || via == leg.via)
}

/// The lines of a dump for one prefix.
pub(super) fn dump(half: &Half, table: &Table, bucket: &Bucket) -> Vec<Route> {
    bucket.aliases().iter().map(|&alias| route_of(half, table, bucket.prefix, alias)).collect()
}

/// A route as a dump shows it.
pub(super) fn route_of(half: &Half, table: &Table, to: crate::wire::Prefix, alias: Alias) -> Route {
    let info = half.infos.get(alias.info);
    Route {
        to,
        kind: info.facts.kind,
        table: table.id,
        metric: info.facts.metric,
        tos: alias.tos,
        scope: info.facts.scope,
        protocol: info.facts.protocol,
        prefsrc: info.facts.prefsrc,
        mtu: info.facts.mtu,
        advmss: info.facts.advmss,
        linkdown: info.linkdown,
        nexthops: info.nexthops(),
    }
}
