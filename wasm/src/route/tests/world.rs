//! The least of a machine that routes need: devices, addresses, and the `ip` commands that change them.

use super::command::{self, Words};
use super::print;
use crate::route::{Devices, Edit, Fib, FlowKey, Gone, IfAddr, Reach};
use crate::wire::{Family, Ip, Prefix};

pub struct Dev {
    pub name: String,
    pub up: bool,
    pub peer: u32,
    pub addrs: Vec<IfAddr>,
}

/// Device `n` is `devs[n - 1]`.
#[derive(Default)]
pub struct Machine {
    pub devs: Vec<Dev>,
    pub ignore_linkdown: bool,
}

pub struct World {
    pub machine: Machine,
    pub fib: Fib,
}

impl Machine {
    fn dev(&self, index: u32) -> Option<&Dev> {
        self.devs.get(index.wrapping_sub(1) as usize)
    }

    pub fn index(&self, name: &str) -> u32 {
        let at = self.devs.iter().position(|d| d.name == name);
        at.unwrap_or_else(|| panic!("no device {name}")) as u32 + 1
    }

    fn of_family(&self, dev: u32, family: Family) -> Vec<IfAddr> {
        self.dev(dev).map_or(Vec::new(), |d| d.addrs.iter().filter(|a| a.local.family() == family).copied().collect())
    }
}

impl Devices for Machine {
    fn exists(&self, dev: u32) -> bool {
        self.dev(dev).is_some()
    }
    fn is_up(&self, dev: u32) -> bool {
        self.dev(dev).is_some_and(|d| d.up)
    }
    fn has_carrier(&self, dev: u32) -> bool {
        self.dev(dev).is_some_and(|d| d.peer == 0 || (d.up && self.is_up(d.peer)))
    }
    fn is_loopback(&self, dev: u32) -> bool {
        dev == 1
    }
    fn name(&self, dev: u32) -> &str {
        self.dev(dev).map_or("", |d| &d.name)
    }
    fn speaks(&self, _dev: u32, _family: Family) -> bool {
        true
    }
    fn ignores_linkdown(&self, _dev: u32, family: Family) -> bool {
        family == Family::V4 && self.ignore_linkdown
    }
    fn owns(&self, ip: Ip, dev: u32) -> bool {
        (1..=self.devs.len() as u32)
            .filter(|&n| dev == 0 || n == dev)
            .any(|n| self.dev(n).is_some_and(|d| d.addrs.iter().any(|a| a.local == ip)))
    }
    fn select_source(&self, dev: u32, to: Ip, scope: u8) -> Ip {
        // lo's addresses are of host scope.
        let usable = |n| n != 1 || scope >= 254;
        let all = |n| if usable(n) { self.of_family(n, to.family()) } else { Vec::new() };
        let own = all(dev);
        if !to.is_v4() && self.owns(to, 0) {
            return to;
        }
        let near = own.iter().find(|a| a.subnet.contains(to)).or(own.first()).copied();
        let loopback = || self.of_family(1, to.family()).first().copied().filter(|_| !to.is_v4());
        let elsewhere = || (if to.is_v4() { 1 } else { 2 }..=self.devs.len() as u32).flat_map(all).next();
        near.or_else(elsewhere).or_else(loopback).map_or(if to.is_v4() { Ip::ANY4 } else { Ip::ANY6 }, |a| a.local)
    }
    fn reach(&self, _dev: u32, _ip: Ip) -> Reach {
        Reach::Unknown
    }
}

impl World {
    pub fn new() -> World {
        let lo = Dev { name: "lo".into(), up: false, peer: 0, addrs: vec![] };
        World { machine: Machine { devs: vec![lo], ignore_linkdown: false }, fib: Fib::new() }
    }

    /// Runs a command line; what it prints.
    pub fn run(&mut self, line: &str) -> String {
        let mut words = Words::new(line);
        match words.next() {
            "sysctl" => self.sysctl(words.last()),
            "ip" => self.ip(words),
            other => panic!("no command {other}"),
        }
    }

    fn sysctl(&mut self, setting: &str) -> String {
        let (key, value) = setting.split_once('=').expect("key=value");
        let value: u32 = value.parse().expect("a number");
        match key.rsplit('.').next().unwrap() {
            "fib_multipath_hash_seed" => self.fib.set_multipath_seed(value),
            "fib_multipath_hash_policy" if key.contains("ipv6") => {
                self.fib.set_multipath_policy(Family::V6, value as u8)
            }
            "fib_multipath_hash_policy" => self.fib.set_multipath_policy(Family::V4, value as u8),
            "ignore_routes_with_linkdown" => self.machine.ignore_linkdown = value != 0,
            "accept_dad" => {}
            other => panic!("no sysctl {other}"),
        }
        String::new()
    }

    fn ip(&mut self, mut words: Words) -> String {
        let family = if words.take("-6") { Family::V6 } else { Family::V4 };
        match (words.next(), words.next_or("show")) {
            ("link", "add") => self.link_add(words),
            ("link", "set") => self.link_set(words),
            ("addr", verb) => self.addr(verb, words),
            ("route", "show") => print::routes(self, family, words),
            ("route", "get") => self.get(family, words),
            ("route", verb) => self.route(family, verb, words),
            ("rule", "show") => print::rules(self, family),
            ("rule", verb) => self.rule(family, verb, words),
            (noun, verb) => panic!("no ip {noun} {verb}"),
        }
    }

    fn link_add(&mut self, words: Words) -> String {
        let [name, "type", "veth", "peer", "name", peer] = words.rest()[..] else { panic!("veth only") };
        let first = self.machine.devs.len() as u32 + 1;
        let dev = |name: &str, peer| Dev { name: name.into(), up: false, peer, addrs: vec![] };
        // The kernel registers the peer first.
        self.machine.devs.push(dev(peer, first + 1));
        self.machine.devs.push(dev(name, first));
        String::new()
    }

    fn link_set(&mut self, words: Words) -> String {
        match words.rest()[..] {
            [name, "up"] => self.up(self.machine.index(name)),
            [name, "down"] => self.down(self.machine.index(name)),
            [_, "addrgenmode", "none"] => {}
            _ => panic!("up or down"),
        }
        String::new()
    }

    fn up(&mut self, dev: u32) {
        self.machine.devs[dev as usize - 1].up = true;
        if dev == 1 {
            for (ip, len) in [("127.0.0.1", 8), ("::1", 128)] {
                let addr = address(Prefix::new(command::ip(ip), len), &[]);
                self.machine.devs[0].addrs.push(addr);
            }
        }
        let World { machine, fib } = self;
        for family in [Family::V4, Family::V6] {
            let all = machine.of_family(dev, family);
            all.iter().for_each(|addr| fib.connect(dev, addr, &all, machine));
        }
        fib.device_up(dev, machine);
        self.carrier(dev);
    }

    /// IPv6 begins on a veth when both ends are up.
    fn carrier(&mut self, dev: u32) {
        let peer = self.machine.devs[dev as usize - 1].peer;
        for dev in [dev, peer].into_iter().filter(|&d| d > 1) {
            self.fib.carrier_changed(dev, &self.machine);
            if self.machine.has_carrier(dev) {
                self.fib.connect_multicast6(dev, &self.machine);
            }
        }
    }

    fn down(&mut self, dev: u32) {
        self.machine.devs[dev as usize - 1].up = false;
        self.fib.device_gone(dev, Gone::Down, &self.machine);
        self.machine.devs[dev as usize - 1].addrs.retain(|a| a.local.is_v4());
        self.carrier(dev);
    }

    fn addr(&mut self, verb: &str, mut words: Words) -> String {
        let prefix = command::prefix(words.next());
        let (mut dev, mut no_prefix_route, mut broadcast) = (0, false, Ip::ANY4);
        while let Some(word) = words.more() {
            match word {
                "dev" => dev = self.machine.index(words.next()),
                "noprefixroute" => no_prefix_route = true,
                "brd" => broadcast = command::ip(words.next()),
                other => panic!("no {other}"),
            }
        }
        let World { machine, fib } = self;
        let at = dev as usize - 1;
        if verb == "add" {
            let addr = IfAddr { no_prefix_route, broadcast, ..address(prefix, &machine.devs[at].addrs) };
            machine.devs[at].addrs.push(addr);
            fib.connect(dev, &addr, &machine.of_family(dev, prefix.ip.family()), machine);
            return String::new();
        }
        let gone = machine.devs[at].addrs.iter().position(|a| a.local == prefix.ip).expect("the address");
        let gone = machine.devs[at].addrs.remove(gone);
        // Secondaries go with their primary (promote_secondaries is 0).
        let subnet = |a: &IfAddr| a.subnet.len == gone.subnet.len && a.subnet.network() == gone.subnet.network();
        while let Some(n) = machine.devs[at].addrs.iter().position(|a| !gone.secondary && a.secondary && subnet(a)) {
            let secondary = machine.devs[at].addrs.remove(n);
            let left: Vec<IfAddr> = machine.of_family(dev, Family::V4).into_iter().chain([gone]).collect();
            fib.disconnect(dev, &secondary, &left, machine);
        }
        fib.disconnect(dev, &gone, &machine.of_family(dev, prefix.ip.family()), machine);
        String::new()
    }

    fn route(&mut self, family: Family, verb: &str, words: Words) -> String {
        let spec = command::route(family, verb, words, &self.machine);
        let edit = match verb {
            "add" => Edit::Add,
            "append" => Edit::Append,
            "prepend" => Edit::Prepend,
            "replace" => Edit::Replace,
            "change" => Edit::Change,
            "del" => return print::refusal(self.fib.remove(&spec).err()),
            other => panic!("no ip route {other}"),
        };
        print::refusal(self.fib.edit(&spec, edit, &self.machine).err())
    }

    fn rule(&mut self, family: Family, verb: &str, words: Words) -> String {
        match verb {
            "add" => {
                let (rule, priority) = command::rule(family, words);
                print::refusal(self.fib.add_rule(rule, priority).err())
            }
            "del" => print::refusal(self.fib.remove_rule(family, &command::rule_query(words)).err()),
            other => panic!("no ip rule {other}"),
        }
    }

    fn get(&self, family: Family, mut words: Words) -> String {
        let mut key = FlowKey::to(command::ip(words.next()));
        while let Some(word) = words.more() {
            match word {
                "from" => key.src = command::ip(words.next()),
                "oif" => key.oif = self.machine.index(words.next()),
                "mark" => key.mark = command::number(words.next()),
                "tos" => key.tos = command::number(words.next()) as u8,
                "ipproto" => key.proto = command::proto(words.next()),
                "sport" => key.sport = command::number(words.next()) as u16,
                "dport" => key.dport = command::number(words.next()) as u16,
                other => panic!("no {other}"),
            }
        }
        match self.fib.output(&key, &self.machine) {
            Ok(output) => print::output(self, family, &key, &output),
            Err(error) => print::refusal(Some(crate::route::Refusal::new(error.errno()))),
        }
    }
}

fn address(prefix: Prefix, before: &[IfAddr]) -> IfAddr {
    let same = |a: &&IfAddr| a.subnet.len == prefix.len && a.subnet.network() == prefix.network();
    IfAddr {
        ours: true,
        anycast: false,
        local: prefix.ip,
        subnet: prefix,
        broadcast: Ip::ANY4,
        secondary: prefix.ip.is_v4() && before.iter().any(|a| same(&a)),
        no_prefix_route: false,
        metric: 0,
    }
}
