//! Runs of rules that are searched, not walked.
//!
//! Rules next to each other that all test the same fields exactly (source, destination, protocol, destination port), as
//! kube-proxy's chain of Services has thousands, are found by hash: a packet's own values name the only rules that can
//! match, in their order. Longer stretches of other rules are found by bit vectors (`vectors`). All rules between are
//! stepped over. What is found is judged by the linear walk, so a search need only never miss: counters, first-match
//! order and stateful matches are the linear walk's.
//!
//! ```text
//! rules      0   1   2   3   4   5   6   7   8   9
//!            -   [ dst proto dport           ]   -      run: 1..=7
//! same       .   4   .   .   6   .   .   .              rules 1, 4 and 6 test the same values
//! lookup(packet) = 1, then 4, then 6, then on with 8
//! ```
//! A rule's tests count only as far as no match before them remembers anything: skipping `-m limit -m tcp --dport 80`
//! would save a token that the linear walk spends.

use super::table::{base_words, Table};
use super::vectors::{address_key, Cursor, Interval, Vectors};
use crate::abi::{base, op, portinv, program};
use crate::wire::{Family, Packet};

/// Runs shorter than this are walked.
const SHORTEST_HASH: usize = 8;
const SHORTEST_VECTORS: usize = 24;
/// Vectors take up to eight hundred bytes a rule; beyond this many rules they are not worth their memory.
const LONGEST_VECTORS: usize = 1 << 15;

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

/// Some rules of one chain that are searched.
pub struct Run {
    /// First rule and the one after the last, by place in the chain.
    pub first: u32,
    pub end: u32,
    search: Search,
}

enum Search {
    Hash(Hash),
    Vectors(Vectors),
}

struct Hash {
    fields: u8,
    /// hash, first rule; NONE for empty. A power of two long.
    slots: Vec<(u64, u32)>,
    /// By place in the run: the next rule with the same values.
    same: Vec<u32>,
}

/// What a rule tests: exactly, and as intervals of source, destination and service.
#[derive(Clone, Copy, Default)]
pub struct Tested {
    exact: Exact,
    pub intervals: [Option<Interval>; 3],
}

#[cfg(test)]
impl Tested {
    pub fn of_intervals(intervals: [Option<Interval>; 3]) -> Tested {
        Tested { intervals, ..Tested::default() }
    }
}

/// Values tested exactly.
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

/// Reads what a rule tests.
fn tested(rule: &[u32], family: Family) -> Tested {
    let (flags, size) = (rule[1], if family == Family::V4 { 1 } else { 4 });
    let (mut out, mut at) = (Tested::default(), 2);
    for (field, part, inverted) in [(0, base::SOURCE, base::NOT_SOURCE), (1, base::DESTINATION, base::NOT_DESTINATION)]
    {
        if flags & part != 0 {
            read_address(&rule[at..at + 2 * size], family, (field, flags & inverted != 0), &mut out);
            at += 2 * size;
        }
    }
    let matches = 1 + base_words(flags, family);
    if flags & base::PROTO != 0 && flags & base::NOT_PROTO == 0 {
        out.exact.fields |= field::PROTO;
        out.exact.proto = rule[matches - 1] as u8;
        let low = u64::from(rule[matches - 1] & 0xff) << 16;
        out.intervals[2] = Some(Interval { low, high: low | 0xffff, inverted: false });
        read_port(&rule[matches..], &mut out);
    }
    out
}

fn read_address(words: &[u32], family: Family, (field, inverted): (usize, bool), out: &mut Tested) {
    let size = words.len() / 2;
    let ip = super::matches::ip(words, family == Family::V4).0;
    let mask = super::memory::wide_mask(&words[size..], family);
    if mask == u128::MAX && !inverted {
        out.exact.fields |= if field == 0 { field::SOURCE } else { field::DESTINATION };
        *(if field == 0 { &mut out.exact.source } else { &mut out.exact.destination }) = ip;
    }
    // a prefix is an interval; any other mask is left to the walk, and so is what lies below the key of an inverted one
    let is_prefix = mask.count_ones() == mask.leading_ones();
    let fits_key = family == Family::V4 || mask.leading_ones() <= 64;
    if is_prefix && (fits_key || !inverted) {
        let (low, high) = (address_key(ip & mask), address_key(ip | !mask));
        out.intervals[field] = Some(Interval { low, high, inverted });
    }
}

/// The destination port of a TCP or UDP match before any that remembers.
fn read_port(words: &[u32], out: &mut Tested) {
    let mut at = 1;
    for _ in 0..words[0] {
        let head = words[at];
        let operands = &words[at + 1..at + 1 + (head >> 16) as usize];
        at += 1 + operands.len();
        let inversions = match head & 0xff {
            op::TCP => operands[3],
            op::UDP => operands[2],
            op::COMMENT | op::MARK | op::CONNTRACK | op::ADDRTYPE | op::PKTTYPE | op::CONNMARK | op::MULTIPORT => {
                continue
            }
            _ => return,
        };
        if inversions & portinv::DESTINATION != 0 || head & program::INVERT != 0 {
            continue;
        }
        let (low, high) = (operands[1] & 0xffff, operands[1] >> 16);
        if low == high {
            out.exact.fields |= field::PORT;
            out.exact.port = low as u16;
        }
        let proto = u64::from(out.exact.proto) << 16;
        out.intervals[2] =
            Some(Interval { low: proto | u64::from(low), high: proto | u64::from(high.max(low)), inverted: false });
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
    if offsets.len() < SHORTEST_HASH {
        return Vec::new();
    }
    let rules: Vec<Tested> = offsets.iter().map(|at| tested(&table.code[*at as usize..], table.family)).collect();
    let (mut runs, mut first, mut other) = (Vec::new(), 0, 0);
    while first < rules.len() {
        let (end, fields) = hash_run(&rules, first);
        if fields & field::TELLING != 0 && end - first >= SHORTEST_HASH {
            add_vectors(&rules, (other, first), &mut runs);
            runs.push(Run::hashed(&rules[first..end], first as u32, fields));
            other = end;
        }
        first = end;
    }
    add_vectors(&rules, (other, rules.len()), &mut runs);
    runs
}

/// How far rules from `first` on share fields tested exactly, and which.
fn hash_run(rules: &[Tested], first: usize) -> (usize, u8) {
    let (mut end, mut fields) = (first + 1, rules[first].exact.fields);
    while end < rules.len() {
        let common = fields & rules[end].exact.fields;
        // a long run does not give up a field for one more rule
        if common & field::TELLING == 0 || (common != fields && end - first >= SHORTEST_HASH) {
            break;
        }
        (fields, end) = (common, end + 1);
    }
    (end, fields)
}

/// A stretch between hashed runs becomes vectors, when it is long and most of its rules test something.
fn add_vectors(rules: &[Tested], (first, end): (usize, usize), runs: &mut Vec<Run>) {
    let stretch = &rules[first..end];
    let telling = stretch.iter().filter(|rule| rule.intervals.iter().any(Option::is_some)).count();
    if (SHORTEST_VECTORS..=LONGEST_VECTORS).contains(&stretch.len()) && telling * 2 > stretch.len() {
        let search = Search::Vectors(Vectors::build(stretch, first as u32));
        runs.push(Run { first: first as u32, end: end as u32, search });
    }
}

impl Run {
    fn hashed(rules: &[Tested], first: u32, fields: u8) -> Run {
        let slots = vec![(0, NONE); (rules.len() * 2).next_power_of_two()];
        let mut hash = Hash { fields, slots, same: vec![NONE; rules.len()] };
        for place in (0..rules.len()).rev() {
            let value = rules[place].exact.hash(fields);
            let slot = hash.slot(value);
            hash.same[place] = hash.slots[slot].1;
            hash.slots[slot] = (value, first + place as u32);
        }
        Run { first, end: first + rules.len() as u32, search: Search::Hash(hash) }
    }
    /// The next rule that may match, `from` being the run's first or the one after the last that was found; [`NONE`] where
    /// there is none. `place` is the chain's number and the run's.
    #[inline]
    pub fn next(&self, packet: &Packet, from: u32, place: (u32, u32), cursor: &mut Cursor) -> u32 {
        match &self.search {
            Search::Hash(hash) if from == self.first => {
                let value = Exact::of_packet(packet).hash(hash.fields);
                hash.slots[hash.slot(value)].1
            }
            Search::Hash(hash) => hash.same[(from - 1 - self.first) as usize],
            Search::Vectors(vectors) if from < self.end => vectors.next(packet, from, place, cursor),
            Search::Vectors(_) => NONE,
        }
    }
}

impl Hash {
    #[inline]
    fn slot(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at].1 != NONE && self.slots[at].0 != hash {
            at = (at + 1) & mask;
        }
        at
    }
}

/// Whether runs may be used for a packet: missing ports are the linear walk's affair.
#[inline]
pub fn applies(packet: &Packet) -> bool {
    packet.has_transport()
}
