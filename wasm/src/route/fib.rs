//! The forwarding information base of one namespace: tables and rules of both families.

use super::device::Devices;
use super::flow::{FlowKey, Found, RouteError};
use super::info::Infos;
use super::multipath::Multipath;
use super::refusal::{errno, Refusal};
use super::route::{table, Edit, Route, RouteSpec, RouteType};
use super::rule::{Action, Rule, RuleList, RuleQuery};
use super::table::{Bucket, Table};
use super::{edit4, edit6, lookup};
use crate::wire::{Family, Ip};

/// Routes and rules of one family.
pub(super) struct Half {
    pub family: Family,
    /// In the order of a dump: by number modulo 256, the youngest first among equals (fib_table_hash).
    pub tables: Vec<Table>,
    pub rules: RuleList,
    pub infos: Infos,
    pub multipath: Multipath,
}

impl Half {
    fn new(family: Family) -> Half {
        let rules = RuleList::new(family);
        let mut half =
            Half { family, tables: Vec::new(), rules, infos: Infos::default(), multipath: Multipath::default() };
        if family == Family::V6 {
            half.table_mut(table::MAIN);
            half.table_mut(table::LOCAL);
        }
        half
    }

    pub fn table(&self, id: u32) -> Option<&Table> {
        self.tables.iter().find(|t| t.id == id)
    }

    /// The table, made where there is none.
    pub fn table_mut(&mut self, id: u32) -> &mut Table {
        let at = match self.tables.iter().position(|t| t.id == id) {
            Some(at) => at,
            None => {
                let at = self.tables.partition_point(|t| t.id & 255 < id & 255);
                self.tables.insert(at, Table::new(self.family, id));
                at
            }
        };
        &mut self.tables[at]
    }

    /// Whether IPv4's local and main are still one trie, in which the longer prefix wins whatever its table.
    pub fn is_merged(&self) -> bool {
        self.family == Family::V4 && self.rules.is_default()
    }

    /// The table of a rule that says table 0 (fib_empty_table).
    fn free_table(&self) -> Result<u32, Refusal> {
        if self.family == Family::V6 {
            return Err(Refusal::invalid("Invalid table"));
        }
        (1..=table::LOCAL).find(|&id| self.table(id).is_none()).ok_or(Refusal::new(errno::ENOBUFS))
    }

    fn dump(&self, id: Option<u32>) -> Vec<Route> {
        let tables = self.tables.iter().filter(|t| id.is_none_or(|id| id == t.id));
        let line = |table: &Table, bucket: &Bucket| match self.family {
            Family::V4 => edit4::dump(self, table, bucket),
            Family::V6 => edit6::dump(self, table, bucket),
        };
        tables.flat_map(|table| table.dump().into_iter().flat_map(|b| line(table, b)).collect::<Vec<_>>()).collect()
    }
}

/// Routes and rules of a namespace. It is born with the default rules and empty tables.
pub struct Fib {
    pub(super) v4: Half,
    pub(super) v6: Half,
    /// Somebody has routed addresses to this host (fib_has_custom_local_routes); for good, as in the kernel.
    custom_local: bool,
}

impl Default for Fib {
    fn default() -> Self {
        Fib::new()
    }
}

impl Fib {
    pub fn new() -> Fib {
        Fib { v4: Half::new(Family::V4), v6: Half::new(Family::V6), custom_local: false }
    }

    pub(super) fn half(&self, family: Family) -> &Half {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    pub(super) fn half_mut(&mut self, family: Family) -> &mut Half {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }

    /// Where a flow goes: rules in order, the longest prefix in each table, then tos, metric and legs.
    #[inline]
    pub fn lookup(&self, key: &FlowKey, devices: &impl Devices) -> Result<Found, RouteError> {
        lookup::route(self.half(key.dst.family()), key, devices)
    }

    /// What an address is to this namespace (inet_addr_type; with `dev`, only as an address of that device): local,
    /// broadcast or multicast, else unicast. For IPv4, `0.0.0.0` and `255.255.255.255` are broadcast.
    pub fn addr_type(&self, ip: Ip, dev: u32, devices: &impl Devices) -> RouteType {
        if ip == Ip::ANY4 || ip == Ip::BROADCAST4 {
            return RouteType::Broadcast;
        }
        if ip.is_multicast() {
            return RouteType::Multicast;
        }
        let half = self.half(ip.family());
        match lookup::in_table(half, table::LOCAL, &FlowKey::to(ip), devices) {
            Ok(found) if dev == 0 || found.oif == dev => found.kind,
            _ => RouteType::Unicast,
        }
    }

    /// Puts a route in as `ip route add|append|prepend|replace|change` does.
    pub fn edit(&mut self, spec: &RouteSpec, edit: Edit, devices: &impl Devices) -> Result<(), Refusal> {
        match spec.family() {
            Family::V4 => edit4::insert(self, spec, edit, devices)?,
            Family::V6 => edit6::insert(self, spec, edit, devices)?,
        }
        self.custom_local |= spec.kind == Some(RouteType::Local);
        Ok(())
    }

    /// Whether nothing but the kernel has said which IPv4 addresses are ours and who may be routed how: then a packet's source
    /// is held against the addresses alone.
    pub fn is_plain(&self) -> bool {
        !self.custom_local && self.v4.rules.is_default()
    }

    /// Takes the first route out that agrees with all that is said, as `ip route del` does; what it was.
    pub fn remove(&mut self, spec: &RouteSpec) -> Result<Vec<Route>, Refusal> {
        match spec.family() {
            Family::V4 => edit4::remove(&mut self.v4, spec).map(|route| vec![route]),
            Family::V6 => edit6::remove(&mut self.v6, spec),
        }
    }

    /// The routes of a table, or of all, in the kernel's order. Legs without carrier show as dead where the sysctl has
    /// them ignored.
    pub fn routes(&self, family: Family, table: Option<u32>, devices: &impl Devices) -> Vec<Route> {
        let mut routes = self.half(family).dump(table);
        for leg in routes.iter_mut().flat_map(|route| &mut route.nexthops) {
            leg.dead |= leg.linkdown && devices.ignores_linkdown(leg.oif, family);
        }
        routes
    }

    /// Whether the table exists: `ip route show table N` fails without (main excepted). IPv4 tables come with their first
    /// route, IPv6's main and local are there from birth and others come with a route or a rule.
    pub fn has_table(&self, family: Family, table: u32) -> bool {
        self.half(family).table(table).is_some()
    }

    /// The rules in the order of `ip rule show`.
    pub fn rules(&self, family: Family) -> &[Rule] {
        self.half(family).rules.all()
    }

    /// Whether some rule asks for protocols or ports: then a packet that is routed again is looked into
    /// (fib4_rules_early_flow_dissect).
    pub fn asks_ports(&self, family: Family) -> bool {
        self.rules(family).iter().any(|rule| (rule.proto, rule.sport, rule.dport) != (0, (0, 0), (0, 0)))
    }

    /// Adds a rule; without `priority` the kernel's choice. An IPv6 rule brings the table it names to life.
    pub fn add_rule(&mut self, mut rule: Rule, priority: Option<u32>) -> Result<(), Refusal> {
        let half = self.half_mut(rule.family);
        if rule.action == Action::Lookup(0) {
            rule.action = Action::Lookup(half.free_table()?);
        }
        let action = rule.action;
        half.rules.add(rule, priority)?;
        if let (Action::Lookup(id), Family::V6) = (action, half.family) {
            half.table_mut(id);
        }
        Ok(())
    }

    /// Deletes the first rule that agrees with all that is said.
    pub fn remove_rule(&mut self, family: Family, query: &RuleQuery) -> Result<Rule, Refusal> {
        self.half_mut(family).rules.remove(query)
    }

    /// Whether where a packet goes may depend on its ports.
    pub fn minds_ports(&self) -> bool {
        [&self.v4, &self.v6].into_iter().any(|half| {
            let by_ports = |rule: &Rule| rule.sport != (0, 0) || rule.dport != (0, 0);
            half.multipath.policy != 0 || !half.rules.is_default() && half.rules.all().iter().any(by_ports)
        })
    }
    /// Sets `fib_multipath_hash_policy` of a family.
    pub fn set_multipath_policy(&mut self, family: Family, policy: u8) {
        self.half_mut(family).multipath.policy = policy;
    }

    /// Sets `fib_multipath_hash_seed`, which both families use.
    pub fn set_multipath_seed(&mut self, seed: u32) {
        self.v4.multipath.seed = seed;
        self.v6.multipath.seed = seed;
    }
}
