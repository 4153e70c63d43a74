//! What `ip route` and `ip rule` print, as iproute2 6.1 does.

use super::command::{table, Words};
use super::world::World;
use crate::route::{tables, Action, FlowKey, NextHop, Output, Refusal, Route, RouteType, Rule};
use crate::wire::{Family, Ip, Prefix};
use std::net::{Ipv4Addr, Ipv6Addr};

pub fn ip(ip: Ip) -> String {
    match ip.family() {
        Family::V4 => Ipv4Addr::from(ip.low()).to_string(),
        Family::V6 => Ipv6Addr::from(ip.0).to_string(),
    }
}

fn prefix(prefix: Prefix) -> String {
    match prefix.len {
        0 => "default".into(),
        len if len == prefix.ip.family().bits() => ip(prefix.ip),
        len => format!("{}/{len}", ip(prefix.ip)),
    }
}

/// What `ip` prints for a refusal; nothing for success.
pub fn refusal(refusal: Option<Refusal>) -> String {
    let Some(Refusal { errno, extack }) = refusal else { return String::new() };
    if !extack.is_empty() {
        return format!("Error: {extack}.\n");
    }
    format!(
        "RTNETLINK answers: {}\n",
        std::io::Error::from_raw_os_error(errno as i32).to_string().split(" (os").next().unwrap()
    )
}

pub fn routes(world: &World, family: Family, mut words: Words) -> String {
    words.take("table");
    let wanted = words.next_or("main");
    if wanted == "all" {
        // `ip` asks for both families unless told -6.
        let v4 = if family == Family::V4 { world.fib.routes(Family::V4, None, &world.machine) } else { Vec::new() };
        return v4
            .into_iter()
            .chain(world.fib.routes(Family::V6, None, &world.machine))
            .map(|route| line(world, &route, true))
            .collect();
    }
    let id = table(wanted);
    if !world.fib.has_table(family, id) && id != tables::MAIN {
        let number = if family == Family::V4 { 4 } else { 6 };
        return format!("Error: ipv{number}: FIB table does not exist.\nDump terminated\n");
    }
    world.fib.routes(family, Some(id), &world.machine).iter().map(|route| line(world, route, false)).collect()
}

fn type_word(kind: RouteType) -> String {
    match kind {
        RouteType::Unicast => String::new(),
        kind => format!("{kind:?} ").to_lowercase(),
    }
}

fn table_name(id: u32) -> String {
    match id {
        tables::LOCAL => "local".into(),
        tables::MAIN => "main".into(),
        tables::DEFAULT => "default".into(),
        id => id.to_string(),
    }
}

fn scope_name(scope: u8) -> String {
    match scope {
        253 => "link".into(),
        254 => "host".into(),
        n => n.to_string(),
    }
}

fn protocol(number: u8) -> &'static str {
    match number {
        2 => "proto kernel ",
        4 => "proto static ",
        _ => "",
    }
}

fn attributes(mtu: u32, advmss: u32) -> String {
    let said = [("mtu", mtu), ("advmss", advmss)].into_iter().filter(|v| v.1 != 0);
    said.map(|(name, value)| format!("{name} {value} ")).collect()
}

fn via(world: &World, route: &Route, leg: &NextHop) -> String {
    let mut text = String::new();
    if !leg.via.is_unspecified() {
        let other = if leg.via.family() == route.to.ip.family() { "" } else { "inet6 " };
        text += &format!("via {other}{} ", ip(leg.via));
    }
    text + &format!("dev {} ", crate::route::Devices::name(&world.machine, leg.oif))
}

fn flags(leg: &NextHop) -> String {
    let words = [(leg.dead, "dead "), (leg.onlink, "onlink "), (leg.linkdown, "linkdown ")];
    words.iter().filter(|w| w.0).map(|w| w.1).collect()
}

fn line(world: &World, route: &Route, with_table: bool) -> String {
    let mut text = type_word(route.kind) + &prefix(route.to) + " ";
    let single = if let [leg] = &route.nexthops[..] { Some(leg) } else { None };
    if route.tos != 0 {
        text += &format!("tos {:#x} ", route.tos);
    }
    text += &single.map_or(String::new(), |leg| via(world, route, leg));
    if with_table && route.table != tables::MAIN {
        text += &format!("table {} ", table_name(route.table));
    }
    text += protocol(route.protocol);
    if route.scope != 0 {
        text += &format!("scope {} ", scope_name(route.scope));
    }
    if !route.prefsrc.is_unspecified() {
        text += &format!("src {} ", ip(route.prefsrc));
    }
    if route.metric != 0 || !route.to.ip.is_v4() {
        text += &format!("metric {} ", route.metric);
    }
    text += &single.map_or(String::new(), flags);
    if single.is_none() && route.linkdown {
        text += "linkdown ";
    }
    text += &attributes(route.mtu, route.advmss);
    if !route.to.ip.is_v4() {
        text += "pref medium";
    }
    text += "\n";
    if single.is_none() {
        for leg in &route.nexthops {
            text += &format!("\tnexthop {}weight {} {}\n", via(world, route, leg), leg.weight, flags(leg));
        }
    }
    text
}

/// `ip route get`.
pub fn output(world: &World, family: Family, key: &FlowKey, output: &Output) -> String {
    let found = &output.found;
    let mut text = type_word(found.kind) + &ip(key.dst) + " ";
    if family == Family::V6 {
        text += "from :: ";
    } else if !key.src.is_unspecified() {
        text += &format!("from {} ", ip(key.src));
    }
    if found.tos != 0 {
        text += &format!("tos {:#x} ", found.tos);
    }
    if !found.via.is_unspecified() {
        text += &format!("via {}{} ", if found.via.family() == family { "" } else { "inet6 " }, ip(found.via));
    }
    text += &format!("dev {} ", crate::route::Devices::name(&world.machine, found.oif));
    if found.table != tables::MAIN && found.table != 0 {
        text += &format!("table {} ", table_name(found.table));
    }
    if family == Family::V6 {
        return text
            + &format!(
                "{}src {} metric {} {}pref medium",
                protocol(found.protocol),
                ip(output.src),
                found.metric,
                attributes(found.mtu, found.advmss)
            );
    }
    if key.src.is_unspecified() {
        text += &format!("src {} ", ip(output.src));
    }
    if key.mark != 0 {
        text += &format!("mark {} ", key.mark);
    }
    if found.kind == RouteType::Multicast {
        // RTCF_MULTICAST and RTM_F_OFFLOAD_FAILED are the same bit.
        text += "rt_offload_failed ";
    }
    text += "uid 0 \n    cache ";
    text += match found.kind {
        _ if found.oif == 1 => "<local> ",
        RouteType::Broadcast => "<local,brd> ",
        RouteType::Multicast => "<mc> ",
        _ => "",
    };
    text + &attributes(found.mtu, found.advmss)
}

pub fn rules(world: &World, family: Family) -> String {
    let all = world.fib.rules(family);
    all.iter().map(|rule| rule_line(rule, all, world)).collect()
}

fn rule_line(rule: &Rule, all: &[Rule], world: &World) -> String {
    let with_len = |p: Prefix| if p.len == p.ip.family().bits() { ip(p.ip) } else { format!("{}/{}", ip(p.ip), p.len) };
    let mut text = format!("{}:\t{}from ", rule.priority, if rule.not { "not " } else { "" });
    text += &if rule.from.len == 0 { "all ".into() } else { with_len(rule.from) + " " };
    if rule.to.len != 0 {
        text += &format!("to {} ", with_len(rule.to));
    }
    if rule.tos != 0 {
        text += &format!("tos {:#x} ", rule.tos);
    }
    if rule.mask == u32::MAX {
        text += &format!("fwmark {:#x} ", rule.mark);
    } else if rule.mask != 0 {
        text += &format!(
            "fwmark {}/{:#x} ",
            if rule.mark == 0 { "0".into() } else { format!("{:#x}", rule.mark) },
            rule.mask
        );
    }
    for (word, name) in [("iif", &rule.iif), ("oif", &rule.oif)].into_iter().filter(|w| !w.1.is_empty()) {
        let detached = if world.machine.devs.iter().any(|d| d.name == *name) { "" } else { "[detached] " };
        text += &format!("{word} {name} {detached}");
    }
    if rule.proto != 0 {
        text += &format!("ipproto {} ", if rule.proto == 6 { "tcp" } else { "udp" });
    }
    for (word, range) in [("sport", rule.sport), ("dport", rule.dport)].into_iter().filter(|w| w.1 != (0, 0)) {
        text += &if range.0 == range.1 {
            format!("{word} {} ", range.0)
        } else {
            format!("{word} {}-{} ", range.0, range.1)
        };
    }
    text += &match rule.action {
        Action::Lookup(id) => format!("lookup {} ", table_name(id)),
        Action::Goto(to) if all.iter().any(|r| r.priority == to) => format!("goto {to} "),
        Action::Goto(to) => format!("goto {to} [unresolved] "),
        action => format!("{action:?} ").to_lowercase(),
    };
    if let Some(len) = rule.suppress_prefix_len {
        text += &format!("suppress_prefixlength {len} ");
    }
    text + "\n"
}
