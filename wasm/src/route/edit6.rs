//! IPv6 routes in and out (ip6_route_add, fib6_add_rt2node, ip6_route_del). Each leg of a multipath route is a route of its
//! own; those by gateway that share prefix and metric are siblings.
//!
//! Routes to one prefix stand by metric upwards, then as they came.

use super::device::Devices;
use super::edit4::route_of;
use super::fib::{Fib, Half};
use super::gateway::{check6, Asked};
use super::info::{Facts, LegFacts};
use super::lookup::{is_sibling, siblings};
use super::refusal::{errno, Refusal};
use super::route::{protocol, scope, Edit, Route, RouteSpec, RouteType};
use super::table::{Alias, Bucket, Table};
use crate::wire::{Family, Ip, Prefix};

/// IP6_RT_PRIO_USER.
const USER_METRIC: u32 = 1024;
/// The loopback device, over which reject routes lead.
const LO: u32 = 1;

/// [`Fib::edit`] for IPv6.
pub(super) fn insert(fib: &mut Fib, spec: &RouteSpec, edit: Edit, devices: &impl Devices) -> Result<(), Refusal> {
    if spec.tos != 0 {
        return Err(Refusal::invalid("Invalid dsfield (tos): option not available for IPv6"));
    }
    if spec.to.len > 128 {
        return Err(Refusal::invalid("Invalid prefix length"));
    }
    let to = spec.to.network();
    fib.v6.table_mut(spec.table_id());
    let legs = legs_of(fib, spec, devices)?;
    let metric = if spec.metric == 0 { USER_METRIC } else { spec.metric };
    let half = &mut fib.v6;
    let mut done: Vec<LegFacts> = Vec::new();
    for leg in legs {
        let edit = if done.is_empty() { edit } else { Edit::Append };
        if let Err(refusal) = insert_one(half, to, facts_of(spec, leg, metric), edit, devices) {
            done.iter().for_each(|leg| take_back(half, to, &facts_of(spec, *leg, metric)));
            return Err(refusal);
        }
        done.push(leg);
    }
    Ok(())
}

/// Puts a route in whose facts are known to be right; what the kernel makes by itself comes this way too.
pub(super) fn insert_one(
    half: &mut Half,
    to: Prefix,
    facts: Facts,
    edit: Edit,
    devices: &impl Devices,
) -> Result<(), Refusal> {
    let id = facts.table;
    let aliases = half.table_mut(id).at(to).to_vec();
    let metric = |a: &Alias| half.infos.get(a.info).facts.metric;
    let first = aliases.partition_point(|a| metric(a) < facts.metric);
    let end = aliases.partition_point(|a| metric(a) <= facts.metric);
    let same = &aliases[first..end];
    let leads_alike = |a: &&Alias| {
        let leg = &half.infos.get(a.info).facts.legs[0];
        (leg.oif, leg.via) == (facts.legs[0].oif, facts.legs[0].via)
    };
    match edit {
        Edit::Add if !same.is_empty() => return Err(Refusal::new(errno::EEXIST)),
        Edit::Replace | Edit::Change if !same.is_empty() => {
            replace(half, to, (first, end), facts, devices);
            return Ok(());
        }
        Edit::Change if aliases.is_empty() && to.len > 0 => {
            return Err(Refusal::with(errno::ENOENT, "Can not replace route - no match found"));
        }
        Edit::Change => return Err(Refusal::new(errno::ENOENT)),
        _ if same.iter().any(|a| leads_alike(&a)) => return Err(Refusal::new(errno::EEXIST)),
        _ => {}
    }
    let info = half.infos.hold(facts, devices, Family::V6);
    half.table_mut(id).insert(to, end, Alias { info, tos: 0 });
    Ok(())
}

/// Takes the place of the first route of the metric that is by gateway as the new one is (or is not), else of the first;
/// with a sibling go all its siblings.
fn replace(half: &mut Half, to: Prefix, (first, end): (usize, usize), facts: Facts, devices: &impl Devices) {
    let id = facts.table;
    let by_gateway = !facts.legs[0].via.is_unspecified();
    let aliases = half.table_mut(id).at(to).to_vec();
    let alike = (first..end).find(|&n| is_sibling(half, aliases[n]) == by_gateway);
    let at = alike.unwrap_or(first);
    let others: Vec<usize> = match is_sibling(half, aliases[at]) {
        true => (first..end).filter(|&n| n != at && is_sibling(half, aliases[n])).collect(),
        false => Vec::new(),
    };
    let info = half.infos.hold(facts, devices, Family::V6);
    let old = half.table_mut(id).replace(to, at, Alias { info, tos: 0 });
    half.infos.release(old.info);
    for n in others.into_iter().rev() {
        let gone = half.table_mut(id).remove(to, n);
        half.infos.release(gone.info);
    }
}

/// Undoes an insertion of a multipath route that failed at a later leg.
fn take_back(half: &mut Half, to: Prefix, facts: &Facts) {
    let info = half.infos.find(facts);
    let at = half.table_mut(facts.table).at(to).iter().position(|a| Some(a.info) == info);
    if let Some(at) = at {
        let gone = half.table_mut(facts.table).remove(to, at);
        half.infos.release(gone.info);
    }
}

fn legs_of(fib: &Fib, spec: &RouteSpec, devices: &impl Devices) -> Result<Vec<LegFacts>, Refusal> {
    let kind = spec.kind.unwrap_or(RouteType::Unicast);
    if kind.is_reject() {
        let leg = LegFacts { oif: LO, via: Ip::ANY6, scope: scope::HOST, weight: 1, onlink: false };
        return check_prefsrc(spec, &leg, devices).map(|()| vec![leg]);
    }
    let asked: Vec<Asked> = Asked::of(spec).into_iter().map(|leg| Asked { via: gateway(leg.via), ..leg }).collect();
    let mut legs: Vec<LegFacts> = Vec::new();
    for leg in &asked {
        if asked.len() > 1 && leg.via.is_unspecified() {
            let text = "Device only routes can not be added for IPv6 using the multipath API";
            return Err(Refusal::invalid(text));
        }
        let leg = check6(fib, leg, devices)?;
        check_prefsrc(spec, &leg, devices)?;
        if legs.iter().any(|l| (l.oif, l.via) == (leg.oif, leg.via)) {
            return Err(Refusal::new(errno::EEXIST));
        }
        legs.push(leg);
    }
    Ok(legs)
}

/// No gateway is `::` here, however it was said.
fn gateway(via: Ip) -> Ip {
    if via.is_unspecified() {
        Ip::ANY6
    } else {
        via
    }
}

fn check_prefsrc(spec: &RouteSpec, leg: &LegFacts, devices: &impl Devices) -> Result<(), Refusal> {
    let link_local = spec.prefsrc.is_link_local6();
    let dev = if link_local { leg.oif } else { 0 };
    if spec.prefsrc.is_unspecified() || devices.owns(spec.prefsrc, dev) {
        return Ok(());
    }
    Err(Refusal::invalid("Invalid source address"))
}

fn facts_of(spec: &RouteSpec, leg: LegFacts, metric: u32) -> Facts {
    Facts {
        kind: spec.kind.unwrap_or(RouteType::Unicast),
        table: spec.table_id(),
        protocol: if spec.protocol == 0 { protocol::BOOT } else { spec.protocol },
        scope: scope::UNIVERSE,
        prefsrc: gateway(spec.prefsrc),
        metric,
        mtu: spec.mtu,
        advmss: spec.advmss,
        legs: vec![leg],
    }
}

/// [`Fib::remove`] for IPv6: without a gateway said, all siblings of the route go with it.
pub(super) fn remove(half: &mut Half, spec: &RouteSpec) -> Result<Vec<Route>, Refusal> {
    let id = spec.table_id();
    if half.table(id).is_none() {
        return Err(Refusal::with(errno::ESRCH, "FIB table does not exist"));
    }
    if spec.nexthops.is_empty() {
        return remove_one(half, spec);
    }
    let leg = |leg: &super::route::NextHopSpec| RouteSpec {
        via: leg.via,
        dev: leg.dev,
        nexthops: Vec::new(),
        ..spec.clone()
    };
    let legs: Vec<RouteSpec> = spec.nexthops.iter().map(leg).collect();
    let mut gone = Vec::new();
    let mut refused = None;
    for leg in legs {
        match remove_one(half, &leg) {
            Ok(routes) => gone.extend(routes),
            Err(refusal) => refused = Some(refusal),
        }
    }
    refused.map_or(Ok(gone), Err)
}

fn remove_one(half: &mut Half, spec: &RouteSpec) -> Result<Vec<Route>, Refusal> {
    let (id, to) = (spec.table_id(), spec.to.network());
    let table = half.table(id).expect("checked before");
    let agrees = |a: &Alias| {
        let facts = &half.infos.get(a.info).facts;
        let leg = &facts.legs[0];
        (spec.metric == 0 || spec.metric == facts.metric)
            && (spec.protocol == 0 || spec.protocol == facts.protocol)
            && (spec.dev == 0 || spec.dev == leg.oif)
            && (spec.via.is_unspecified() || spec.via == leg.via)
    };
    let aliases = table.at(to).to_vec();
    let Some(first) = aliases.iter().position(agrees) else {
        return Err(Refusal::new(if means_the_root(spec, &aliases) { errno::ENOENT } else { errno::ESRCH }));
    };
    let metric = half.infos.get(aliases[first].info).facts.metric;
    let with_siblings = spec.via.is_unspecified() && is_sibling(half, aliases[first]);
    let goes = |n: &usize| {
        *n == first
            || with_siblings && is_sibling(half, aliases[*n]) && half.infos.get(aliases[*n].info).facts.metric == metric
    };
    let gone: Vec<usize> = (0..aliases.len()).filter(goes).collect();
    let routes = gone.iter().map(|&n| route_of(half, table, to, aliases[n])).collect();
    for n in gone.into_iter().rev() {
        let alias = half.table_mut(id).remove(to, n);
        half.infos.release(alias.info);
    }
    Ok(routes)
}

/// Without a default route the root of a table holds an unreachable route over lo that cannot be deleted (fib6_null_entry).
fn means_the_root(spec: &RouteSpec, aliases: &[Alias]) -> bool {
    let over_lo = (spec.dev == 0 || spec.dev == LO) && spec.via.is_unspecified();
    spec.to.len == 0 && aliases.is_empty() && spec.metric == 0 && spec.protocol == 0 && over_lo
}

/// The lines of a dump for one prefix. Siblings are one line, and what stands between them is passed over, as the
/// kernel does (fib6_dump_node).
pub(super) fn dump(half: &Half, table: &Table, bucket: &Bucket) -> Vec<Route> {
    let aliases = bucket.aliases();
    let mut lines = Vec::new();
    let mut at = 0;
    while at < aliases.len() {
        let mut line = route_of(half, table, bucket.prefix, aliases[at]);
        let legs: Vec<Alias> = match is_sibling(half, aliases[at]) {
            true => siblings(half, bucket, line.metric).collect(),
            false => vec![aliases[at]],
        };
        line.linkdown &= legs.len() == 1;
        line.nexthops = legs.iter().flat_map(|leg| half.infos.get(leg.info).nexthops()).collect();
        lines.push(line);
        at = match legs.len() {
            1 => at + 1,
            _ => 1 + aliases.iter().rposition(|a| Some(a) == legs.last()).expect("a sibling is a route"),
        };
    }
    lines
}
