//! Routes and rules in the words of the joint.

use super::records::*;
use crate::errno::{refuse, Answer, EHOSTUNREACH, EINVAL, ENETUNREACH, ENODEV, ENOENT};
use crate::fabric::{Fabric, SECOND};
use crate::pipeline::routing::{InputError, OutputKey};
use crate::record::Log;
use crate::route::{Action, Edit, NextHop, NextHopSpec, Route, RouteSpec, RouteType, Rule, RuleQuery as RuleAsk};
use crate::wire::packet::packet;
use crate::wire::{Family, Ip, Prefix};

/// The family of a number as users say it.
pub fn family_of(number: u32) -> Family {
    if number == 6 {
        Family::V6
    } else {
        Family::V4
    }
}

const fn any(family: Family) -> Ip {
    match family {
        Family::V4 => Ip::ANY4,
        Family::V6 => Ip::ANY6,
    }
}

fn spec_of(record: &RouteRecord) -> RouteSpec {
    let none = any(record.to.ip.family());
    let leg = |leg: &NextHopView| NextHopSpec {
        via: leg.via.unwrap_or(none),
        dev: leg.dev.unwrap_or(0),
        weight: leg.weight as u16,
        onlink: leg.onlink.unwrap_or(false),
    };
    RouteSpec {
        to: record.to,
        kind: record.kind.and_then(|kind| RouteType::from_number(kind as u8 + 1)),
        table: record.table.unwrap_or(0),
        metric: record.metric.unwrap_or(0),
        tos: record.tos.unwrap_or(0),
        scope: record.scope,
        protocol: record.protocol.unwrap_or(0),
        via: record.via.unwrap_or(none),
        dev: record.dev.unwrap_or(0),
        prefsrc: record.src.unwrap_or(none),
        onlink: record.onlink.unwrap_or(false),
        mtu: record.mtu.unwrap_or(0),
        advmss: record.advmss.unwrap_or(0),
        nexthops: record.nexthops.as_deref().unwrap_or(&[]).iter().map(leg).collect(),
    }
}

fn some_ip(ip: Ip) -> Option<Ip> {
    (!ip.is_unspecified()).then_some(ip)
}

fn some<T: PartialEq + Default>(value: T) -> Option<T> {
    (value != T::default()).then_some(value)
}

fn kind_of(kind: RouteType) -> RouteKind {
    RouteKind::ALL[kind as usize - 1]
}

/// A line of a dump; one leg stands in the route itself, more in its nexthops.
pub fn record_of(route: &Route) -> RouteRecord {
    let single = if route.nexthops.len() == 1 { route.nexthops.first() } else { None };
    let legs = (route.nexthops.len() > 1).then(|| {
        let leg = |leg: &crate::route::NextHop| NextHopView {
            via: some_ip(leg.via),
            dev: some(leg.oif),
            weight: u32::from(leg.weight),
            onlink: some(leg.onlink),
        };
        route.nexthops.iter().map(leg).collect()
    });
    RouteRecord {
        to: route.to,
        kind: Some(kind_of(route.kind)),
        table: Some(route.table),
        metric: Some(route.metric),
        tos: some(route.tos),
        via: single.and_then(|leg| some_ip(leg.via)),
        dev: single.and_then(|leg| some(leg.oif)),
        src: some_ip(route.prefsrc),
        scope: Some(route.scope),
        protocol: Some(route.protocol),
        onlink: single.and_then(|leg| some(leg.onlink)),
        mtu: some(route.mtu),
        advmss: some(route.advmss),
        nexthops: legs,
        linkdown: single.is_some_and(|leg| leg.linkdown),
        dead: single.is_some_and(|leg| leg.dead),
        expires: None,
    }
}

fn ports_of(range: &Option<PortRange>) -> (u16, u16) {
    range.as_ref().map_or((0, 0), |range| (range.low, range.high))
}

fn rule_of(record: &RuleRecord) -> Answer<Rule> {
    let family = family_of(record.family);
    let all = Prefix::new(any(family), 0);
    Ok(Rule {
        family,
        protocol: crate::route::route::protocol::BOOT,
        priority: record.priority.unwrap_or(0),
        not: record.not.unwrap_or(false),
        from: record.from.unwrap_or(all),
        to: record.to.unwrap_or(all),
        iif: record.iif.clone().unwrap_or_default(),
        oif: record.oif.clone().unwrap_or_default(),
        mark: record.mark.unwrap_or(0),
        mask: record.mask.unwrap_or(if record.mark.is_some() { u32::MAX } else { 0 }),
        tos: record.tos.unwrap_or(0),
        proto: record.proto.unwrap_or(0),
        sport: ports_of(&record.sport),
        dport: ports_of(&record.dport),
        action: action_of(record).unwrap_or(Action::Lookup(crate::route::route::table::MAIN)),
        suppress_prefix_len: record.suppress_prefix_length,
    })
}

fn action_of(record: &RuleRecord) -> Option<Action> {
    Some(match record.action {
        Some(RuleAction::Blackhole) => Action::Blackhole,
        Some(RuleAction::Unreachable) => Action::Unreachable,
        Some(RuleAction::Prohibit) => Action::Prohibit,
        Some(RuleAction::Goto) => Action::Goto(record.goto.unwrap_or(0)),
        Some(RuleAction::Nop) => Action::Nop,
        _ => Action::Lookup(record.table?),
    })
}

fn query_of(record: &RuleRecord) -> RuleAsk {
    RuleAsk {
        priority: record.priority,
        from: record.from,
        to: record.to,
        iif: record.iif.clone(),
        oif: record.oif.clone(),
        mark: record.mark,
        mask: record.mask,
        tos: record.tos.unwrap_or(0),
        proto: record.proto.unwrap_or(0),
        sport: ports_of(&record.sport),
        dport: ports_of(&record.dport),
        action: action_of(record),
        suppress_prefix_len: record.suppress_prefix_length,
    }
}

fn rule_record(rule: &Rule) -> RuleRecord {
    let prefix = |prefix: Prefix| (prefix.len != 0).then_some(prefix);
    let name = |name: &str| (!name.is_empty()).then(|| name.to_string());
    let ports = |range: (u16, u16)| (range != (0, 0)).then_some(PortRange { low: range.0, high: range.1 });
    let (action, table, goto) = match rule.action {
        Action::Lookup(table) => (RuleAction::Lookup, Some(table), None),
        Action::Goto(goto) => (RuleAction::Goto, None, Some(goto)),
        Action::Nop => (RuleAction::Nop, None, None),
        Action::Blackhole => (RuleAction::Blackhole, None, None),
        Action::Unreachable => (RuleAction::Unreachable, None, None),
        Action::Prohibit => (RuleAction::Prohibit, None, None),
    };
    RuleRecord {
        family: rule.family as u32,
        priority: Some(rule.priority),
        not: some(rule.not),
        from: prefix(rule.from),
        to: prefix(rule.to),
        iif: name(&rule.iif),
        oif: name(&rule.oif),
        mark: (rule.mask != 0).then_some(rule.mark),
        mask: (rule.mask != 0).then_some(rule.mask),
        tos: some(rule.tos),
        proto: some(rule.proto),
        sport: ports(rule.sport),
        dport: ports(rule.dport),
        table,
        action: Some(action),
        goto,
        suppress_prefix_length: rule.suppress_prefix_len,
    }
}

impl Fabric {
    /// `ip route del`.
    pub fn remove_route(&mut self, ns: u32, record: &RouteRecord) -> Answer<()> {
        let stack = &mut self.space_mut(ns).stack;
        stack.changed();
        if record.expires.is_some() {
            return stack.exceptions.remove(&record.to.ip).map(|_| ()).ok_or(crate::errno::Refusal::new(ENOENT));
        }
        let gone = stack.fib.remove(&spec_of(record))?;
        self.watch_routes(ns, &gone);
        Ok(())
    }

    /// `ip route show table all`, and behind it what was learned about destinations, which expires.
    pub fn routes(&self, ns: u32, family: u32) -> Log {
        let mut log = Log::default();
        let stack = &self.space(ns).stack;
        let family = family_of(family);
        stack.fib.routes(family, None, &stack.links).iter().for_each(|route| log.add(&record_of(route)));
        for (ip, known) in stack.exceptions.iter().filter(|(ip, _)| ip.family() == family) {
            let Ok(path) = stack.route_output(&OutputKey::to(*ip)) else { continue };
            let leg = NextHop { oif: path.oif, via: path.via, weight: 1, onlink: false, dead: false, linkdown: false };
            let route = Route {
                to: Prefix::new(*ip, family.bits()),
                kind: path.kind,
                table: path.table,
                metric: 0,
                tos: 0,
                scope: 0,
                protocol: 0,
                prefsrc: Ip::ANY4,
                mtu: known.mtu,
                advmss: 0,
                linkdown: false,
                nexthops: vec![leg],
            };
            log.add(&RouteRecord { expires: Some(self.seconds_until(known.expires)), ..record_of(&route) });
        }
        log
    }

    /// Whole seconds, when the moment has passed that asking takes.
    fn seconds_until(&self, time: u64) -> u32 {
        (time.saturating_sub(self.world.now + 1) / SECOND) as u32
    }

    /// `ip rule show`.
    pub fn rules(&self, ns: u32, family: u32) -> Log {
        let mut log = Log::default();
        self.space(ns).stack.fib.rules(family_of(family)).iter().for_each(|rule| log.add(&rule_record(rule)));
        log
    }

    /// `ip rule add`.
    pub fn add_rule(&mut self, ns: u32, record: &RuleRecord) -> Answer<()> {
        let stack = &mut self.space_mut(ns).stack;
        stack.changed();
        stack.fib.add_rule(rule_of(record)?, record.priority)
    }

    /// `ip rule del`.
    pub fn remove_rule(&mut self, ns: u32, record: &RuleRecord) -> Answer<()> {
        let stack = &mut self.space_mut(ns).stack;
        stack.changed();
        stack.fib.remove_rule(family_of(record.family), &query_of(record)).map(|_| ())
    }

    /// `ip route add|append|prepend|replace|change`.
    pub fn add_route(&mut self, ns: u32, record: &RouteRecord, mode: RouteMode) -> Answer<()> {
        let edit = match mode {
            RouteMode::Add => Edit::Add,
            RouteMode::Append => Edit::Append,
            RouteMode::Prepend => Edit::Prepend,
            RouteMode::Replace => Edit::Replace,
            RouteMode::Change => Edit::Change,
        };
        let stack = &mut self.space_mut(ns).stack;
        stack.fib.edit(&spec_of(record), edit, &stack.links)?;
        stack.changed();
        if self.world.watching {
            self.watch_route(ns, record.clone(), false);
        }
        Ok(())
    }

    /// `ip route get`: for packets of ours, or as if they came in by `iif`.
    pub fn route_get(&self, ns: u32, query: &RouteQuery) -> Answer<RouteAnswer> {
        let stack = &self.space(ns).stack;
        let none = any(query.to.family());
        let key = OutputKey {
            src: query.from.unwrap_or(none),
            dst: query.to,
            oif: query.oif.unwrap_or(0),
            mark: query.mark.unwrap_or(0),
            tos: query.tos.unwrap_or(0),
            proto: query.proto.unwrap_or(17),
            sport: query.sport.unwrap_or(0),
            dport: query.dport.unwrap_or(0),
            any_source: false,
            about: None,
        };
        let path = match query.iif {
            None => stack.route_output(&key).map_err(crate::errno::Refusal::new)?,
            Some(iif) => {
                if stack.links.get(iif).is_none() {
                    return refuse(ENODEV);
                }
                let packet = packet! {
                    src: key.src,
                    dst: key.dst,
                    mark: key.mark,
                    tos: key.tos,
                    proto: key.proto,
                    sport: key.sport,
                    dport: key.dport,
                };
                match stack.route_input(&packet, iif, None) {
                    Ok(route) => route.path,
                    Err(error) => return refuse(input_errno(error)),
                }
            }
        };
        Ok(RouteAnswer {
            kind: kind_of(path.kind),
            to: query.to,
            via: some_ip(path.via),
            dev: path.oif,
            src: path.src,
            table: path.table,
            mtu: some(path.mtu),
            expires: stack.exceptions.get(&query.to).map(|known| self.seconds_until(known.expires)),
        })
    }

    /// Tells `ip monitor` about routes that went.
    pub fn watch_routes(&mut self, ns: u32, gone: &[Route]) {
        if self.world.watching {
            gone.iter().for_each(|route| self.watch_route(ns, record_of(route), true));
        }
    }

    fn watch_route(&mut self, ns: u32, route: RouteRecord, deleted: bool) {
        let event = KernelEvent { route: Some(route), ..KernelEvent::of(ns, deleted, KernelWhat::Route) };
        self.world.kernel_events.add(&event);
    }
}

const fn input_errno(error: InputError) -> u32 {
    match error {
        InputError::NetUnreach => ENETUNREACH,
        InputError::HostUnreach | InputError::ForwardingOff => EHOSTUNREACH,
        InputError::Prohibit => crate::errno::EACCES,
        InputError::ReversePath => 18,
        InputError::Blackhole | InputError::MartianSource | InputError::MartianDestination => EINVAL,
    }
}
