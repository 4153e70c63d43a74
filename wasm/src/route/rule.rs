//! Policy routing: the rules of one family, in the order in which a lookup asks them (`ip rule`).
//!
//! ```text
//!   0:      from all lookup local       what is ours comes first
//!   ...     whatever was added          32765 downwards where no priority is said
//!   32766:  from all lookup main
//!   32767:  from all lookup default     IPv4 only
//! ```

use super::device::Devices;
use super::flow::FlowKey;
use super::refusal::{errno, Refusal};
use super::route::{protocol, table};
use crate::wire::{Family, Ip, Prefix};

/// What a rule does with a flow that matches it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Look in this table; go on with the next rule where it has no answer. Table 0 picks the first free table number.
    Lookup(u32),
    /// Go on with the rule of this priority, which must lie further down; without such a rule, with the next.
    Goto(u32),
    Nop,
    Blackhole,
    Unreachable,
    Prohibit,
}

/// One line of `ip rule show`.
#[derive(Clone, PartialEq, Eq)]
pub struct Rule {
    pub family: Family,
    pub priority: u32,
    pub not: bool,
    /// As it was written, host bits and all.
    pub from: Prefix,
    pub to: Prefix,
    /// Device names; empty for any. They need not exist (`[detached]`).
    pub iif: String,
    pub oif: String,
    pub mark: u32,
    pub mask: u32,
    pub tos: u8,
    /// IP protocol, 0 for any.
    pub proto: u8,
    /// First and last port, `(0, 0)` for any.
    pub sport: (u16, u16),
    pub dport: (u16, u16),
    pub action: Action,
    /// Answers of this prefix length or shorter don't count.
    pub suppress_prefix_len: Option<u8>,
    /// Who made it, as in routes: kernel for the rules of birth, else boot or what was said.
    pub protocol: u8,
}

impl Rule {
    /// `from all lookup TABLE`.
    pub fn new(family: Family, priority: u32, table: u32) -> Rule {
        let any = Prefix::new(if family == Family::V4 { Ip::ANY4 } else { Ip::ANY6 }, 0);
        Rule {
            family,
            priority,
            not: false,
            from: any,
            to: any,
            iif: String::new(),
            oif: String::new(),
            mark: 0,
            mask: 0,
            tos: 0,
            proto: 0,
            sport: (0, 0),
            dport: (0, 0),
            action: Action::Lookup(table),
            suppress_prefix_len: None,
            protocol: protocol::BOOT,
        }
    }

    /// Whether the flow is the rule's business (fib_rule_match and fib4_rule_match).
    pub fn matches(&self, key: &FlowKey, devices: &impl Devices) -> bool {
        let selected = (self.iif.is_empty() || devices.name(key.iif) == self.iif)
            && (self.oif.is_empty() || (key.oif != 0 && devices.name(key.oif) == self.oif))
            && (key.mark ^ self.mark) & self.mask == 0
            && (self.from.len == 0 || self.from.contains(key.src))
            && (self.to.len == 0 || self.to.contains(key.dst))
            && (self.tos == 0 || self.tos == key.tos & LEGACY_TOS)
            && (self.proto == 0 || self.proto == key.proto)
            && in_range(self.sport, key.sport)
            && in_range(self.dport, key.dport);
        selected != self.not
    }

    /// Whether adding `self` beside `old` would be the same rule again; the kernel leaves `not` and, where the new
    /// rule says none, prefixes out of the comparison (rule_exists).
    fn repeats(&self, old: &Rule) -> bool {
        self.priority == old.priority
            && self.action == old.action
            && self.iif == old.iif
            && self.oif == old.oif
            && (self.mark, self.mask) == (old.mark, old.mask)
            && (self.proto, self.sport, self.dport) == (old.proto, old.sport, old.dport)
            && self.suppress_prefix_len == old.suppress_prefix_len
            && self.protocol == old.protocol
            && self.selects_like(old)
    }

    fn selects_like(&self, old: &Rule) -> bool {
        (self.from.len == 0 || self.from == old.from)
            && (self.to.len == 0 || self.to == old.to)
            && (self.tos == 0 || self.tos == old.tos)
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.tos & !TOS_MASK != 0 {
            return Err(Refusal::invalid("Invalid dsfield (tos): ECN bits must be 0"));
        }
        for (range, text) in [(self.sport, "Invalid sport range"), (self.dport, "Invalid dport range")] {
            if range != (0, 0) && (range.0 == 0 || range.1 == 0xffff || range.1 < range.0) {
                return Err(Refusal::invalid(text));
            }
        }
        self.action.check(self.priority)
    }
}

impl Action {
    fn check(self, priority: u32) -> Result<(), Refusal> {
        match self {
            Action::Goto(target) if target <= priority => Err(Refusal::invalid("Backward goto not supported")),
            _ => Ok(()),
        }
    }

    /// Whether a deletion that says `self` may take a rule that does `other`: the target of a goto is not compared.
    fn is_like(self, other: Action) -> bool {
        self == other || matches!((self, other), (Action::Goto(_), Action::Goto(_)))
    }
}

/// What `ip rule del` says: only what is said must agree.
#[derive(Clone, Default)]
pub struct RuleQuery {
    pub priority: Option<u32>,
    pub from: Option<Prefix>,
    pub to: Option<Prefix>,
    pub iif: Option<String>,
    pub oif: Option<String>,
    pub mark: Option<u32>,
    pub mask: Option<u32>,
    pub tos: u8,
    pub proto: u8,
    pub sport: (u16, u16),
    pub dport: (u16, u16),
    /// `table`, or the action where one is said.
    pub action: Option<Action>,
    pub suppress_prefix_len: Option<u8>,
}

impl RuleQuery {
    fn finds(&self, rule: &Rule) -> bool {
        fn said<T: PartialEq>(wanted: &Option<T>, is: &T) -> bool {
            wanted.as_ref().is_none_or(|w| w == is)
        }
        said(&self.priority, &rule.priority)
            && self.action.is_none_or(|action| action.is_like(rule.action))
            && self.from.is_none_or(|p| p.len == 0 || p == rule.from)
            && self.to.is_none_or(|p| p.len == 0 || p == rule.to)
            && said(&self.iif, &rule.iif)
            && said(&self.oif, &rule.oif)
            && said(&self.mark, &rule.mark)
            && said(&self.mask, &rule.mask)
            && (self.tos == 0 || self.tos == rule.tos)
            && (self.proto == 0 || self.proto == rule.proto)
            && (self.sport == (0, 0) || self.sport == rule.sport)
            && (self.dport == (0, 0) || self.dport == rule.dport)
            && (self.suppress_prefix_len.is_none() || self.suppress_prefix_len == rule.suppress_prefix_len)
    }
}

/// The rules of one family.
#[derive(Clone)]
pub struct RuleList {
    rules: Vec<Rule>,
    /// A rule was ever added or deleted: from then on the kernel keeps the tables local and main apart.
    custom: bool,
}

/// The DSCP bits of the TOS byte (INET_DSCP_MASK).
pub const TOS_MASK: u8 = 0xfc;
/// What of a packet's DS field is held against it: three bits, as of old (fib_dscp_masked_match).
pub const LEGACY_TOS: u8 = 0x1c;

impl RuleList {
    /// The rules a namespace is born with.
    pub fn new(family: Family) -> RuleList {
        let born = [(0, table::LOCAL), (32766, table::MAIN), (32767, table::DEFAULT)];
        let count = if family == Family::V4 { 3 } else { 2 };
        let rule = |&(priority, table)| Rule { protocol: protocol::KERNEL, ..Rule::new(family, priority, table) };
        RuleList { rules: born[..count].iter().map(rule).collect(), custom: false }
    }

    /// In the order of `ip rule show`.
    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether the rules are those of birth, so that a lookup need not walk them.
    pub fn is_default(&self) -> bool {
        !self.custom
    }

    /// Adds a rule; `priority` `None` picks the one before the second rule of the list, as the kernel does.
    /// Refused with EEXIST where the same rule is there, EINVAL for what the kernel checks.
    pub(super) fn add(&mut self, mut rule: Rule, priority: Option<u32>) -> Result<(), Refusal> {
        rule.priority = priority.unwrap_or_else(|| self.free_priority());
        rule.check()?;
        if self.rules.iter().any(|old| rule.repeats(old)) {
            return Err(Refusal::new(errno::EEXIST));
        }
        let at = self.rules.partition_point(|r| r.priority <= rule.priority);
        self.rules.insert(at, rule);
        self.custom = true;
        Ok(())
    }

    /// Deletes the first rule that agrees with all that is said; ENOENT where none does, EINVAL for a goto that could not be.
    pub fn remove(&mut self, query: &RuleQuery) -> Result<Rule, Refusal> {
        if let Some(action) = query.action {
            action.check(query.priority.unwrap_or_else(|| self.free_priority()))?;
        }
        let at = self.rules.iter().position(|r| query.finds(r)).ok_or(Refusal::new(errno::ENOENT))?;
        self.custom = true;
        Ok(self.rules.remove(at))
    }

    fn free_priority(&self) -> u32 {
        self.rules.get(1).map_or(0, |second| second.priority.saturating_sub(1))
    }
}

fn in_range(range: (u16, u16), port: u16) -> bool {
    range == (0, 0) || (range.0 <= port && port <= range.1)
}
