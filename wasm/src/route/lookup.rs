//! The lookup: rules in order, tables by longest prefix, routes by tos and scope, legs by life and hash.
//!
//! ```text
//!   rule -> table -> prefix (longest first) -> route (tos, then metric) -> leg
//!    ^        |           |                       |  reject: the error, at once
//!    +- throw +- none     +-- next shorter -------+- none fits
//! ```
//! While IPv4's rules are those of birth, the kernel keeps local and main in one trie: there the longer prefix wins,
//! local only among equals, and the answer's table is main.

use super::device::{Devices, Reach};
use super::fib::Half;
use super::flow::{FlowKey, Found, RouteError};
use super::info::Info;
use super::multipath::upper_bounds;
use super::route::{scope, table, RouteType};
use super::rule::{Action, Rule, LEGACY_TOS};
use super::table::{Alias, Bucket, Table};
use crate::wire::{Family, Ip, Prefix};
use std::ops::ControlFlow::{self, Break, Continue};

/// What a table has to say: an answer for good, or nothing.
type Answer = Result<Found, RouteError>;

/// A lookup under way.
struct Query<'a, D> {
    half: &'a Half,
    key: &'a FlowKey,
    devices: &'a D,
    /// FIB_LOOKUP_IGNORE_LINKSTATE: routes over devices without carrier count, whatever the sysctl says.
    ignore_linkstate: bool,
    /// Multipath and default routers are chosen among; the check of a gateway takes the first leg instead.
    select: bool,
}

/// Where a flow goes, by rules.
#[inline]
pub(super) fn route(half: &Half, key: &FlowKey, devices: &impl Devices) -> Answer {
    Query { half, key, devices, ignore_linkstate: false, select: true }.run()
}

/// Where a flow goes as the check of a gateway asks it: in `table` first if that is given and there, then by rules.
pub(super) fn gateway(half: &Half, table: Option<u32>, key: &FlowKey, devices: &impl Devices) -> Answer {
    let query = Query { half, key, devices, ignore_linkstate: true, select: false };
    let first = table.and_then(|id| half.table(id)).map(|table| query.in_table(table));
    match first {
        Some(Some(Ok(found))) => Ok(found),
        _ => query.run(),
    }
}

/// What one table says, without rules.
pub(super) fn in_table(half: &Half, id: u32, key: &FlowKey, devices: &impl Devices) -> Answer {
    let query = Query { half, key, devices, ignore_linkstate: false, select: false };
    if half.is_merged() && id >= table::MAIN {
        return query.merged().unwrap_or(Err(RouteError::NetUnreach));
    }
    half.table(id).and_then(|table| query.in_table(table)).unwrap_or(Err(RouteError::NetUnreach))
}

impl<D: Devices> Query<'_, D> {
    fn run(&self) -> Answer {
        if !self.half.rules.is_default() {
            return self.by_rules();
        }
        let answer = match self.half.family {
            Family::V4 => self.merged().or_else(|| self.table(table::DEFAULT)),
            Family::V6 => self.table(table::LOCAL).or_else(|| self.table(table::MAIN)),
        };
        answer.unwrap_or(Err(RouteError::NetUnreach))
    }

    fn by_rules(&self) -> Answer {
        let rules = self.half.rules.all();
        let mut at = 0;
        while let Some(rule) = rules.get(at) {
            at += 1;
            if !rule.matches(self.key, self.devices) {
                continue;
            }
            match rule.action {
                Action::Nop => {}
                Action::Goto(target) => at = goto(rules, at, target),
                Action::Blackhole => return Err(RouteError::Blackhole),
                Action::Prohibit => return Err(RouteError::Prohibit),
                Action::Unreachable => return Err(RouteError::NetUnreach),
                Action::Lookup(id) => match self.table(id) {
                    Some(Ok(found)) if rule.suppresses(&found) => {}
                    Some(answer) => return answer,
                    None => {}
                },
            }
        }
        Err(RouteError::NetUnreach)
    }

    fn table(&self, id: u32) -> Option<Answer> {
        self.half.table(id).and_then(|table| self.in_table(table))
    }

    fn in_table(&self, table: &Table) -> Option<Answer> {
        match self.in_bucket(table.id, table.best(self.key.dst)?) {
            Break(answer) => answer,
            Continue(()) => self.in_shorter(table),
        }
    }

    /// Local and main as one trie.
    fn merged(&self) -> Option<Answer> {
        let find = |id| self.half.table(id).and_then(|t| t.best(self.key.dst));
        let (local, main) = (find(table::LOCAL), find(table::MAIN));
        let best = match (local, main) {
            (Some(local), Some(main)) if main.prefix.len > local.prefix.len => main,
            (local, main) => local.or(main)?,
        };
        match self.in_bucket(table::MAIN, best) {
            Break(answer) => answer,
            Continue(()) => self.merged_shorter(),
        }
    }

    #[cold]
    fn merged_shorter(&self) -> Option<Answer> {
        let tables = [table::LOCAL, table::MAIN].map(|id| self.half.table(id));
        for len in (0..=32).rev() {
            let prefix = Prefix::new(self.key.dst, len).network();
            for bucket in tables.iter().flatten().filter_map(|table| table.bucket(prefix)) {
                if let Break(answer) = self.in_bucket(table::MAIN, bucket) {
                    return answer;
                }
            }
        }
        None
    }

    /// Once the longest prefix had nothing that fits.
    #[cold]
    fn in_shorter(&self, table: &Table) -> Option<Answer> {
        for bucket in table.covering(self.key.dst).into_iter().skip(1) {
            if let Break(answer) = self.in_bucket(table.id, bucket) {
                return answer;
            }
        }
        None
    }

    /// What the routes to one prefix say: `Continue` when none of them fits, `Break(None)` at a throw route.
    #[inline]
    fn in_bucket(&self, id: u32, bucket: &Bucket) -> ControlFlow<Option<Answer>> {
        match self.half.family {
            Family::V4 => self.in_bucket4(id, bucket),
            Family::V6 => self.in_bucket6(id, bucket),
        }
    }

    #[inline]
    fn in_bucket4(&self, id: u32, bucket: &Bucket) -> ControlFlow<Option<Answer>> {
        for alias in bucket.aliases() {
            let info = self.half.infos.get(alias.info);
            let fits = (alias.tos == 0 || alias.tos == self.key.tos & LEGACY_TOS) && info.facts.scope >= self.key.scope;
            if !fits || info.dead {
                continue;
            }
            if info.facts.kind.is_reject() {
                return Break(reject(info.facts.kind));
            }
            let good = (0..info.facts.legs.len()).find(|&n| self.is_good(info, n, self.key.oif));
            if let Some(first) = good {
                return Break(Some(Ok(self.choose4(id, bucket, *alias, first))));
            }
        }
        Continue(())
    }

    /// fib_select_path: the leg by hash, or the first default router that answers.
    #[inline]
    fn choose4(&self, id: u32, bucket: &Bucket, alias: Alias, first: usize) -> Found {
        let info = self.half.infos.get(alias.info);
        if !self.select || self.key.oif != 0 {
            return self.found(id, bucket, alias, first);
        }
        if info.facts.legs.len() > 1 {
            let bound = (self.key.iif == 1 && !self.key.src.is_unspecified()).then_some(self.key.src);
            let leg = info.select_leg(self.half.multipath.hash(self.key), bound).unwrap_or(first);
            return self.found(id, bucket, alias, leg);
        }
        if bucket.prefix.len == 0 && bucket.aliases().len() > 1 && info.facts.kind == RouteType::Unicast {
            return self.found(id, bucket, self.default_router(bucket, alias), 0);
        }
        self.found(id, bucket, alias, first)
    }

    /// Among default routes of one metric, the first whose router is known to be there (fib_select_default).
    #[cold]
    fn default_router(&self, bucket: &Bucket, chosen: Alias) -> Alias {
        let metric = self.half.infos.get(chosen.info).facts.metric;
        let is_candidate = |alias: &&Alias| {
            let info = self.half.infos.get(alias.info);
            let leg = info.facts.legs.first();
            alias.tos == chosen.tos
                && info.facts.metric == metric
                && !info.dead
                && info.facts.kind == RouteType::Unicast
                && leg.is_some_and(|l| !l.via.is_unspecified() && l.scope == scope::LINK)
        };
        let reach = |alias: &&Alias| {
            let leg = &self.half.infos.get(alias.info).facts.legs[0];
            self.devices.reach(leg.oif, leg.via)
        };
        let candidates: Vec<&Alias> = bucket.aliases().iter().filter(is_candidate).collect();
        let answering = candidates.iter().find(|a| matches!(reach(a), Reach::Reachable | Reach::Valid));
        let untried = candidates.iter().find(|a| reach(a) != Reach::Incomplete);
        **answering.or(untried).unwrap_or(&&chosen)
    }

    fn is_good(&self, info: &Info, leg: usize, oif: u32) -> bool {
        let family = self.half.family;
        info.is_good(leg, oif, |dev| !self.ignore_linkstate && self.devices.ignores_linkdown(dev, family))
    }

    /// fib6_select: among the routes of the lowest metric that has one that fits, the first over the asked device.
    fn in_bucket6(&self, id: u32, bucket: &Bucket) -> ControlFlow<Option<Answer>> {
        let (dev, strict) = self.preferred_device();
        let mut best: Option<(Alias, bool)> = None;
        for alias in bucket.aliases() {
            let info = self.half.infos.get(alias.info);
            if best.is_some_and(|(held, _)| self.half.infos.get(held.info).facts.metric < info.facts.metric) {
                break;
            }
            let over = dev == 0 || info.facts.legs[0].oif == dev;
            if !self.is_good(info, 0, 0) || (strict && !over) {
                continue;
            }
            if best.is_none() || (over && best.is_some_and(|b| !b.1)) {
                best = Some((*alias, over));
            }
        }
        let Some((alias, _)) = best else { return Continue(()) };
        let kind = self.half.infos.get(alias.info).facts.kind;
        if kind.is_reject() {
            // A gateway behind a throw route is no gateway.
            return Break(if self.select { reject(kind) } else { Some(Err(RouteError::HostUnreach)) });
        }
        let (alias, leg) = if self.select { self.choose6(bucket, alias) } else { (alias, 0) };
        let found = Found { leg, ..self.found(id, bucket, alias, 0) };
        Break(Some(Ok(found)))
    }

    /// The device routes should leave by, and whether no other will do (RT6_LOOKUP_F_IFACE).
    fn preferred_device(&self) -> (u32, bool) {
        let needs_device = self.key.dst.is_multicast() || self.key.dst.is_link_local6();
        match (self.key.oif, self.key.iif) {
            (0, iif) if iif > 1 => (iif, needs_device),
            (oif, _) => (oif, oif != 0),
        }
    }

    /// fib6_select_path: among the siblings of a route by gateway, the one whose share of the hash space it is.
    fn choose6(&self, bucket: &Bucket, alias: Alias) -> (Alias, u16) {
        if !is_sibling(self.half, alias) {
            return (alias, 0);
        }
        let metric = self.half.infos.get(alias.info).facts.metric;
        let siblings: Vec<Alias> = siblings(self.half, bucket, metric).collect();
        let (dev, strict) = self.preferred_device();
        if siblings.len() < 2 {
            return (alias, 0);
        }
        let weight = |a: &Alias| {
            let info = self.half.infos.get(a.info);
            self.is_good(info, 0, 0).then_some(info.facts.legs[0].weight)
        };
        let bounds: Vec<i64> = upper_bounds(siblings.iter().map(weight)).collect();
        let hash = i64::from(self.half.multipath.hash(self.key));
        let n = bounds.iter().position(|&bound| hash <= bound);
        let fits = |n: &usize| !strict || self.half.infos.get(siblings[*n].info).facts.legs[0].oif == dev;
        n.filter(fits).map_or((alias, 0), |n| (siblings[n], n as u16))
    }

    #[inline]
    fn found(&self, id: u32, bucket: &Bucket, alias: Alias, leg: usize) -> Found {
        let facts = &self.half.infos.get(alias.info).facts;
        let LegView { oif, via } = LegView::of(facts, leg);
        Found {
            kind: facts.kind,
            oif,
            via,
            prefsrc: facts.prefsrc,
            table: id,
            prefix: bucket.prefix,
            metric: facts.metric,
            tos: alias.tos,
            scope: facts.scope,
            protocol: facts.protocol,
            mtu: facts.mtu,
            advmss: facts.advmss,
            route: alias.info,
            leg: leg as u16,
        }
    }
}

struct LegView {
    oif: u32,
    via: Ip,
}

impl LegView {
    /// A gateway that is an address of ours is no gateway: the destination is then taken to be on link.
    fn of(facts: &super::info::Facts, leg: usize) -> LegView {
        let leg = &facts.legs[leg];
        let via = if leg.scope == scope::LINK || !leg.via.is_v4() { leg.via } else { Ip::ANY4 };
        LegView { oif: leg.oif, via }
    }
}

impl Rule {
    fn suppresses(&self, found: &Found) -> bool {
        self.suppress_prefix_len.is_some_and(|len| found.prefix.len <= len)
    }
}

/// Where a rule's goto leads: to the first rule of that priority, or on.
fn goto(rules: &[Rule], next: usize, target: u32) -> usize {
    rules.iter().position(|r| r.priority == target).unwrap_or(next)
}

/// The error of a reject route; throw is no answer.
fn reject(kind: RouteType) -> Option<Answer> {
    match kind {
        RouteType::Throw => None,
        RouteType::Blackhole => Some(Err(RouteError::Blackhole)),
        RouteType::Prohibit => Some(Err(RouteError::Prohibit)),
        _ => Some(Err(RouteError::HostUnreach)),
    }
}

/// Whether an IPv6 route can be a leg beside others (rt6_qualify_for_ecmp): it has a gateway.
pub(super) fn is_sibling(half: &Half, alias: Alias) -> bool {
    !half.infos.get(alias.info).facts.legs[0].via.is_unspecified()
}

/// The routes by gateway of one metric to one prefix: together they are a multipath route.
pub(super) fn siblings<'a>(half: &'a Half, bucket: &'a Bucket, metric: u32) -> impl Iterator<Item = Alias> + 'a {
    let of_metric = move |a: &&Alias| half.infos.get(a.info).facts.metric == metric;
    bucket.aliases().iter().filter(of_metric).copied().filter(|&a| is_sibling(half, a))
}
