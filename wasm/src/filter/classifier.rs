//! Runs of rules that one hash lookup decides, as kube-proxy's chain of Services has thousands.
//!
//! Rules next to each other that all test the same fields exactly (source, destination, protocol, destination port) form a
//! run. A packet's own values of those fields name the only rules of the run that can match, in their order; all others
//! are stepped over. What is left is judged by the linear walk, so the hash need only never miss: counters, first-match
//! order and stateful matches are the linear walk's.
//!
//! ```text
//! rules      0   1   2   3   4   5   6   7   8   9
//!            -   [ dst proto dport           ]   -      run: 1..=7
//! same       .   4   .   .   6   .   .   .              rules 1, 4 and 6 test the same values
//! lookup(packet) = 1, then 4, then 6, then on with 8
//! ```
//! A rule's exact tests count only as far as no match before them remembers anything: skipping `-m limit -m tcp --dport 80`
//! would save a token that the linear walk spends.

use super::table::{base_words, Table};
use crate::abi::{base, op, program};
use crate::wire::{Family, Packet};

/// A run shorter than this is walked.
const SHORTEST: usize = 8;

/// No rule.
pub const NONE: u32 = u32::MAX;

/// Fields a rule tests exactly.
mod field {
    pub const SOURCE: u8 = 1;
    pub const DESTINATION: u8 = 2;
    pub const PROTO: u8 = 4;
    pub const PORT: u8 = 8;
    /// Those that make a run worth its hash.
    pub const TELLING: u8 = SOURCE | DESTINATION | PORT;
}

/// Some rules of one chain, found by hash.
pub struct Run {
    /// First rule and the one after the last, by place in the chain.
    pub first: u32,
    pub end: u32,
    fields: u8,
    /// hash, first rule; NONE for empty. A power of two long.
    slots: Vec<(u64, u32)>,
    /// By place in the run: the next rule with the same values.
    same: Vec<u32>,
}

/// What a rule asks for.
#[derive(Clone, Copy, Default)]
struct Exact {
    fields: u8,
    source: u128,
    destination: u128,
    proto: u8,
    port: u16,
}

impl Exact {
    fn of_packet(packet: &Packet) -> Exact {
        let (source, destination) = (packet.src.0, packet.dst.0);
        Exact { fields: u8::MAX, source, destination, proto: packet.proto, port: packet.dport }
    }
    #[inline]
    fn hash(&self, fields: u8) -> u64 {
        let fold = |ip: u128| ip as u64 ^ ((ip >> 64) as u64).rotate_left(29);
        let mut hash = fields as u64;
        let mut add = |value: u64| {
            hash = (hash ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            hash ^= hash >> 29;
        };
        if fields & field::SOURCE != 0 {
            add(fold(self.source));
        }
        if fields & field::DESTINATION != 0 {
            add(fold(self.destination));
        }
        if fields & (field::PROTO | field::PORT) != 0 {
            let proto = if fields & field::PROTO != 0 { self.proto as u64 } else { 0 };
            let port = if fields & field::PORT != 0 { self.port as u64 } else { 0 };
            add(proto << 16 | port);
        }
        hash ^ hash >> 32
    }
}

/// Reads what a rule tests exactly.
fn exact_of(rule: &[u32], family: Family) -> Exact {
    let (flags, size) = (rule[1], if family == Family::V4 { 1 } else { 4 });
    let (mut exact, mut at) = (Exact::default(), 2);
    for (part, inverted, is) in [
        (base::SOURCE, base::NOT_SOURCE, field::SOURCE),
        (base::DESTINATION, base::NOT_DESTINATION, field::DESTINATION),
    ] {
        if flags & part == 0 {
            continue;
        }
        let whole = rule[at + size..at + 2 * size].iter().all(|mask| *mask == u32::MAX);
        if whole && flags & inverted == 0 {
            let ip = super::matches::ip(&rule[at..], family == Family::V4);
            exact.fields |= is;
            *(if is == field::SOURCE { &mut exact.source } else { &mut exact.destination }) = ip.0;
        }
        at += 2 * size;
    }
    let matches = 1 + base_words(flags, family);
    if flags & base::PROTO != 0 && flags & base::NOT_PROTO == 0 {
        exact.fields |= field::PROTO;
        exact.proto = rule[matches - 1] as u8;
    }
    add_port(&rule[matches..], &mut exact);
    exact
}

/// The destination port, where a match before any that remembers gives exactly one.
fn add_port(words: &[u32], exact: &mut Exact) {
    let mut at = 1;
    for _ in 0..words[0] {
        let head = words[at];
        let operands = &words[at + 1..at + 1 + (head >> 16) as usize];
        let inversions = match head & 0xff {
            op::TCP => operands[3],
            op::UDP => operands[2],
            op::COMMENT | op::MARK | op::CONNTRACK | op::ADDRTYPE | op::PKTTYPE | op::CONNMARK | op::MULTIPORT => {
                at += 1 + operands.len();
                continue;
            }
            _ => return,
        };
        let (low, high) = (operands[1] & 0xffff, operands[1] >> 16);
        if low == high && inversions & crate::abi::portinv::DESTINATION == 0 && head & program::INVERT == 0 {
            exact.fields |= field::PORT;
            exact.port = low as u16;
        }
        at += 1 + operands.len();
    }
}

/// Where each rule of a chain begins.
pub fn offsets(table: &Table, chain: usize) -> Vec<u32> {
    let (mut at, mut offsets) = (table.chains[chain].start, Vec::new());
    for _ in 0..table.chains[chain].rules {
        offsets.push(at);
        at += table.code[at as usize];
    }
    offsets
}

/// The runs of a chain, in order.
pub fn runs_of(table: &Table, offsets: &[u32]) -> Vec<Run> {
    if offsets.len() < SHORTEST {
        return Vec::new();
    }
    let rules: Vec<Exact> = offsets.iter().map(|at| exact_of(&table.code[*at as usize..], table.family)).collect();
    let (mut runs, mut first) = (Vec::new(), 0);
    while first < rules.len() {
        let (mut end, mut fields) = (first + 1, rules[first].fields);
        while end < rules.len() {
            let common = fields & rules[end].fields;
            // a long run does not give up a field for one more rule
            if common & field::TELLING == 0 || (common != fields && end - first >= SHORTEST) {
                break;
            }
            (fields, end) = (common, end + 1);
        }
        if fields & field::TELLING != 0 && end - first >= SHORTEST {
            runs.push(Run::build(&rules[first..end], first as u32, fields));
        }
        first = end;
    }
    runs
}

impl Run {
    fn build(rules: &[Exact], first: u32, fields: u8) -> Run {
        let slots = vec![(0, NONE); (rules.len() * 2).next_power_of_two()];
        let mut run = Run { first, end: first + rules.len() as u32, fields, slots, same: vec![NONE; rules.len()] };
        for place in (0..rules.len()).rev() {
            let hash = rules[place].hash(fields);
            let slot = run.slot(hash);
            run.same[place] = run.slots[slot].1;
            run.slots[slot] = (hash, first + place as u32);
        }
        run
    }
    #[inline]
    fn slot(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at].1 != NONE && self.slots[at].0 != hash {
            at = (at + 1) & mask;
        }
        at
    }
    /// The first rule of the run that may match; [`NONE`] where none can.
    #[inline]
    pub fn find(&self, packet: &Packet) -> u32 {
        let hash = Exact::of_packet(packet).hash(self.fields);
        self.slots[self.slot(hash)].1
    }
    /// The next that may, after `rule`.
    #[inline]
    pub fn after(&self, rule: u32) -> u32 {
        self.same[(rule - self.first) as usize]
    }
}

/// Whether runs may be used for a packet: a fragment's missing ports are the linear walk's affair.
#[inline]
pub fn applies(packet: &Packet) -> bool {
    packet.frag_offset == 0
}
