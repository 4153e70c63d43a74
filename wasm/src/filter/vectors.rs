//! Access lists by bit vectors (Lakshman and Stiliadis' scheme, in blocks): for each field a sorted list of the places where
//! the set of fitting rules changes, and the set itself, a bit a rule, for each stretch between two places.
//!
//! ```text
//! rules            0: -s 10.0.0.0/8    1: -s 10.1.0.0/16 --dport 80    2: --dport 53
//! source     0 | 10.0.0.0 | 10.1.0.0 | 10.2.0.0 | 11.0.0.0         service  ... | udp 53 | ... | tcp 80 | ...
//!          001 |   101    |   111    |   101    |   001                     100 |  101   | 100 |  110   | 100
//! ```
//! A packet finds its stretch in each field by bisection; the rules that may match are where all its vectors have a bit.
//! Like the hash of `classifier`, this need only never miss: what it names is judged by the linear walk.

use super::classifier::{Tested, NONE};
use crate::wire::Packet;

/// Rules a block holds: more would make the vectors grow with the square of the chain.
const BLOCK: usize = 1024;
/// Source, destination, protocol with destination port.
const FIELDS: usize = 3;

/// Where the set of fitting rules changes (ascending, the first 0), and the set from there on: `words` words a place, with
/// a summary that has bit w where word w is not empty.
struct Field {
    /// Which of the packet's keys it is about.
    key: usize,
    places: Vec<u64>,
    summaries: Vec<u32>,
    sets: Vec<u64>,
}

/// A block of consecutive rules; the field that excludes most of them comes first, and often decides alone.
struct Block {
    words: usize,
    fields: [Field; FIELDS],
}

/// A stretch of rules compiled to blocks.
pub struct Vectors {
    first: u32,
    blocks: Vec<Block>,
}

/// Where the packet under way lies in one block, so that the next question about it needs no bisection.
#[derive(Clone, Copy)]
pub struct Cursor {
    /// The chain, the run and the block it is for; chain NONE for nowhere.
    pub place: (u32, u32, u32),
    rows: [u32; FIELDS],
    /// Words of the block where a rule may match.
    words: u32,
}

impl Cursor {
    pub const NOWHERE: Cursor = Cursor { place: (NONE, 0, 0), rows: [0; FIELDS], words: 0 };
}

/// What a rule tests of a field: values from `low` to `high`, or all but those.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    pub low: u64,
    pub high: u64,
    pub inverted: bool,
}

/// A packet's value of each field: addresses as [`address_key`] has them, protocol << 16 | destination port.
pub fn keys_of(packet: &Packet) -> [u64; FIELDS] {
    let service = u64::from(packet.proto) << 16 | u64::from(packet.dport);
    [address_key(packet.src.0), address_key(packet.dst.0), service]
}

/// An address in 64 bits: an IPv4 address, or the upper half of an IPv6 one (what differs below is the linear walk's affair).
pub fn address_key(ip: u128) -> u64 {
    if ip >> 32 == 0xffff {
        ip as u32 as u64
    } else {
        (ip >> 64) as u64
    }
}

/// Shell's sort: the library's is faster, and four kilobytes long.
fn sort(items: &mut [(u64, u32)]) {
    let mut gap = items.len();
    while gap > 1 {
        gap = (gap * 5 / 11).max(1);
        for at in gap..items.len() {
            let (item, mut to) = (items[at], at);
            while to >= gap && items[to - gap] > item {
                items[to] = items[to - gap];
                to -= gap;
            }
            items[to] = item;
        }
    }
}

impl Field {
    fn build(rules: &[Tested], field: usize, words: usize) -> Field {
        let mut set = vec![0u64; words];
        let mut changes = Vec::with_capacity(rules.len() * 2);
        for (number, rule) in rules.iter().enumerate() {
            let mut here = true;
            if let Some(interval) = rule.intervals[field] {
                here = (interval.low == 0) != interval.inverted;
                changes.extend((interval.low != 0).then_some((interval.low, number as u32)));
                changes.extend(interval.high.checked_add(1).map(|next| (next, number as u32)));
            }
            set[number / 64] |= u64::from(here) << (number % 64);
        }
        sort(&mut changes);
        let mut built = Field { key: field, places: Vec::new(), summaries: Vec::new(), sets: Vec::new() };
        built.push(0, &set);
        for (at, (place, number)) in changes.iter().enumerate() {
            set[*number as usize / 64] ^= 1 << (number % 64);
            if changes.get(at + 1).is_none_or(|next| next.0 != *place) {
                built.push(*place, &set);
            }
        }
        built
    }
    fn push(&mut self, place: u64, set: &[u64]) {
        self.places.push(place);
        self.summaries.push(set.iter().enumerate().fold(0, |bits, (word, set)| bits | u32::from(*set != 0) << word));
        self.sets.extend_from_slice(set);
    }
    /// Bits in all sets: the fewer, the more the field excludes.
    fn weight(&self) -> u64 {
        self.sets.iter().map(|set| u64::from(set.count_ones())).sum::<u64>() / self.places.len() as u64
    }
    fn row(&self, key: u64) -> u32 {
        self.places.partition_point(|place| *place <= key) as u32 - 1
    }
}

impl Block {
    fn build(rules: &[Tested]) -> Block {
        let words = rules.len().div_ceil(64);
        let mut fields = [0, 1, 2].map(|field| Field::build(rules, field, words));
        for (one, other) in [(0, 1), (1, 2), (0, 1)] {
            if fields[other].weight() < fields[one].weight() {
                fields.swap(one, other);
            }
        }
        Block { words, fields }
    }
    /// Where a packet's keys lie, as far as one field after the other leaves rules to ask about.
    fn enter(&self, keys: &[u64; FIELDS], place: (u32, u32, u32)) -> Cursor {
        let mut cursor = Cursor { place, rows: [0; FIELDS], words: u32::MAX };
        for (row, field) in cursor.rows.iter_mut().zip(&self.fields) {
            *row = field.row(keys[field.key]);
            cursor.words &= field.summaries[*row as usize];
            if cursor.words == 0 {
                break;
            }
        }
        cursor
    }
    /// The first rule from `from` on whose bit is in all of the packet's vectors.
    fn next(&self, cursor: &Cursor, from: usize) -> Option<usize> {
        let mut words = cursor.words & u32::MAX.checked_shl(from as u32 / 64).unwrap_or(0);
        while words != 0 {
            let word = words.trailing_zeros() as usize;
            let set = |field: usize| self.fields[field].sets[cursor.rows[field] as usize * self.words + word];
            let mask = if word == from / 64 { u64::MAX << (from % 64) } else { u64::MAX };
            let fitting = set(0) & set(1) & set(2) & mask;
            if fitting != 0 {
                return Some(word * 64 + fitting.trailing_zeros() as usize);
            }
            words &= words - 1;
        }
        None
    }
}

impl Vectors {
    pub fn build(rules: &[Tested], first: u32) -> Vectors {
        Vectors { first, blocks: rules.chunks(BLOCK).map(Block::build).collect() }
    }
    /// The first rule, at `from` or after it, that may match; [`NONE`] where none can. `place` is the chain and the run.
    pub fn next(&self, packet: &Packet, from: u32, place: (u32, u32), cursor: &mut Cursor) -> u32 {
        let mut from = (from - self.first) as usize;
        for (number, block) in self.blocks.iter().enumerate().skip(from / BLOCK) {
            let here = (place.0, place.1, number as u32);
            if cursor.place != here {
                *cursor = block.enter(&keys_of(packet), here);
            }
            if let Some(found) = block.next(cursor, from % BLOCK) {
                return self.first + (number * BLOCK + found) as u32;
            }
            from = (number + 1) * BLOCK;
        }
        NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts(mut items in proptest::collection::vec((0u64..50, 0u32..9), 0..200)) {
            let mut sorted = items.clone();
            sorted.sort();
            sort(&mut items);
            prop_assert_eq!(items, sorted);
        }
    }

    fn interval() -> impl Strategy<Value = Option<Interval>> {
        let some = (0u64..20, 0u64..20, any::<bool>(), any::<bool>()).prop_map(|(a, b, inverted, top)| {
            let high = if top { u64::MAX } else { a.max(b) };
            Interval { low: a.min(b), high, inverted }
        });
        proptest::option::weighted(0.8, some)
    }

    fn fits(interval: Option<Interval>, key: u64) -> bool {
        interval.is_none_or(|i| (i.low <= key && key <= i.high) != i.inverted)
    }

    proptest! {
        #[test]
        fn vectors_name_exactly_the_rules_whose_intervals_hold_the_keys(
            rules in proptest::collection::vec([interval(), interval(), interval()], 1..200),
            keys in [0u64..22, 0u64..22, 0u64..22],
        ) {
            let tested: Vec<Tested> = rules.iter().map(|intervals| Tested::of_intervals(*intervals)).collect();
            let block = Block::build(&tested);
            let cursor = block.enter(&keys, (0, 0, 0));
            let (mut found, mut from) = (Vec::new(), 0);
            while from < rules.len() {
                let Some(rule) = block.next(&cursor, from) else { break };
                found.push(rule);
                from = rule + 1;
            }
            let expected: Vec<usize> = (0..rules.len()).filter(|n| (0..3).all(|field| fits(rules[*n][field], keys[field]))).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
