//! `ip route` and `ip rule` arguments as values.

use super::world::Machine;
use crate::route::{tables, Action, NextHopSpec, RouteSpec, RouteType, Rule, RuleQuery};
use crate::wire::{Family, Ip, Prefix};
use std::net::IpAddr;

/// The words of a command line, taken from the front.
pub struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    pub fn new(line: &'a str) -> Words<'a> {
        Words(line.split_whitespace().rev().collect())
    }
    pub fn more(&mut self) -> Option<&'a str> {
        self.0.pop()
    }
    pub fn next(&mut self) -> &'a str {
        self.more().expect("another word")
    }
    pub fn next_or(&mut self, default: &'a str) -> &'a str {
        self.more().unwrap_or(default)
    }
    pub fn take(&mut self, word: &str) -> bool {
        let is_next = self.0.last() == Some(&word);
        if is_next {
            self.0.pop();
        }
        is_next
    }
    pub fn last(&self) -> &'a str {
        self.0[0]
    }
    pub fn rest(self) -> Vec<&'a str> {
        self.0.into_iter().rev().collect()
    }
}

pub fn ip(text: &str) -> Ip {
    match text.parse().unwrap_or_else(|_| panic!("no address {text}")) {
        IpAddr::V4(a) => Ip::v4(a.into()),
        IpAddr::V6(a) => Ip(a.into()),
    }
}

pub fn prefix(text: &str) -> Prefix {
    let (address, len) = text.split_once('/').unwrap_or((text, ""));
    let address = ip(address);
    Prefix::new(address, len.parse().unwrap_or(address.family().bits()))
}

fn prefix_or_default(family: Family, text: &str) -> Prefix {
    match text {
        "default" | "all" => Prefix::new(if family == Family::V4 { Ip::ANY4 } else { Ip::ANY6 }, 0),
        text => prefix(text),
    }
}

pub fn number(text: &str) -> u32 {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).expect("hex"),
        None => text.parse().expect("a number"),
    }
}

pub fn proto(text: &str) -> u8 {
    match text {
        "tcp" => 6,
        "udp" => 17,
        other => number(other) as u8,
    }
}

pub fn table(text: &str) -> u32 {
    match text {
        "main" => tables::MAIN,
        "local" => tables::LOCAL,
        "default" => tables::DEFAULT,
        other => number(other),
    }
}

fn scope(text: &str) -> u8 {
    match text {
        "global" => 0,
        "link" => 253,
        "host" => 254,
        "nowhere" => 255,
        other => number(other) as u8,
    }
}

fn kind(text: &str) -> Option<RouteType> {
    const NAMES: [&str; 9] =
        ["unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw"];
    let n = NAMES.iter().position(|&name| name == text)?;
    RouteType::from_number(n as u8 + 1)
}

pub fn route(family: Family, verb: &str, mut words: Words, machine: &Machine) -> RouteSpec {
    let mut to = words.next();
    let kind = kind(to);
    if kind.is_some() {
        to = words.next();
    }
    let mut spec = RouteSpec { kind, ..RouteSpec::new(prefix_or_default(family, to)) };
    while let Some(word) = words.more() {
        match word {
            "via" => spec.via = gateway(&mut words),
            "dev" => spec.dev = machine.index(words.next()),
            "src" => spec.prefsrc = ip(words.next()),
            "metric" => spec.metric = number(words.next()),
            "tos" => spec.tos = number(words.next()) as u8,
            "table" => spec.table = table(words.next()),
            "scope" => spec.scope = Some(scope(words.next())),
            "proto" => spec.protocol = if words.next() == "static" { 4 } else { 3 },
            "mtu" => spec.mtu = number(words.next()),
            "advmss" => spec.advmss = number(words.next()),
            "onlink" => spec.onlink = true,
            "nexthop" => {
                spec.nexthops.push(NextHopSpec { via: Ip::ANY4, dev: 0, weight: 1, onlink: false });
                legs(&mut spec.nexthops, &mut words, machine);
            }
            other => panic!("no {other}"),
        }
    }
    if verb != "del" && spec.kind.is_none() {
        spec.kind = Some(RouteType::Unicast);
    }
    spec
}

fn gateway(words: &mut Words) -> Ip {
    words.take("inet6");
    ip(words.next())
}

fn legs(legs: &mut Vec<NextHopSpec>, words: &mut Words, machine: &Machine) {
    while let Some(word) = words.more() {
        let leg = legs.last_mut().expect("a leg");
        match word {
            "via" => leg.via = gateway(words),
            "dev" => leg.dev = machine.index(words.next()),
            "weight" => leg.weight = number(words.next()) as u16,
            "onlink" => leg.onlink = true,
            "nexthop" => legs.push(NextHopSpec { via: Ip::ANY4, dev: 0, weight: 1, onlink: false }),
            other => panic!("no {other}"),
        }
    }
}

/// A rule, and its priority where one is said.
pub fn rule(family: Family, words: Words) -> (Rule, Option<u32>) {
    let query = rule_query_of(family, words);
    let mut rule = Rule::new(family, 0, tables::MAIN);
    rule.not = query.1;
    let query = query.0;
    rule.from = query.from.unwrap_or(rule.from);
    rule.to = query.to.unwrap_or(rule.to);
    rule.iif = query.iif.unwrap_or_default();
    rule.oif = query.oif.unwrap_or_default();
    rule.mark = query.mark.unwrap_or(0);
    rule.mask = query.mask.unwrap_or(0);
    (rule.tos, rule.proto, rule.sport, rule.dport) = (query.tos, query.proto, query.sport, query.dport);
    rule.action = query.action.unwrap_or(rule.action);
    rule.suppress_prefix_len = query.suppress_prefix_len;
    (rule, query.priority)
}

/// What a deletion says; table 0 is nothing said.
pub fn rule_query(words: Words) -> RuleQuery {
    let query = rule_query_of(Family::V4, words).0;
    RuleQuery { action: query.action.filter(|&action| action != Action::Lookup(0)), ..query }
}

fn rule_query_of(family: Family, mut words: Words) -> (RuleQuery, bool) {
    let (mut query, mut not) = (RuleQuery::default(), false);
    while let Some(word) = words.more() {
        match word {
            "not" => not = true,
            "pref" => query.priority = Some(number(words.next())),
            "from" => query.from = Some(prefix_or_default(family, words.next())),
            "to" => query.to = Some(prefix_or_default(family, words.next())),
            "iif" => query.iif = Some(words.next().into()),
            "oif" => query.oif = Some(words.next().into()),
            "fwmark" => {
                let text = words.next();
                let (mark, mask) = text.split_once('/').unwrap_or((text, "0xffffffff"));
                (query.mark, query.mask) = (Some(number(mark)), Some(number(mask)));
            }
            "tos" => query.tos = number(words.next()) as u8,
            "ipproto" => query.proto = proto(words.next()),
            "sport" => query.sport = range(words.next()),
            "dport" => query.dport = range(words.next()),
            "table" | "lookup" => {
                query.action = Some(Action::Lookup(table(words.next())));
            }
            "goto" => query.action = Some(Action::Goto(number(words.next()))),
            "nop" => query.action = Some(Action::Nop),
            "blackhole" => query.action = Some(Action::Blackhole),
            "unreachable" => query.action = Some(Action::Unreachable),
            "prohibit" => query.action = Some(Action::Prohibit),
            "suppress_prefixlength" => query.suppress_prefix_len = Some(number(words.next()) as u8),
            other => panic!("no {other}"),
        }
    }
    (query, not)
}

/// A port range; `0` is refused by the kernel, so it must not turn into "any".
fn range(text: &str) -> (u16, u16) {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first) as u16, number(last) as u16);
    if (first, last) == (0, 0) {
        (0, 1)
    } else {
        (first, last)
    }
}
