//! What stateful matches remember: per rule ([`State`]), or by name and shared by all rules that say it ([`Memory`]).

use super::table::text;
use crate::abi::{op, recent};
use crate::hash::Map;
use crate::wire::Family;

/// One rule's state.
pub enum State {
    /// statistic nth: xt_statistic's counter.
    Nth(u32),
    /// statistic random has none, but owns a place like the others.
    Nothing,
    Bucket(Bucket),
    /// Number of a list in [`Memory`].
    Recent(usize),
    HashLimit(usize),
    /// connlimit: flows by masked address.
    Connections(Map<u128, Vec<u32>>),
    /// Bytes left.
    Quota(u64),
}

/// A token bucket: credits come by themselves, 32,000 a second.
#[derive(Clone, Copy)]
pub struct Bucket {
    pub credit: u64,
    pub cap: u64,
    pub cost: u64,
    pub last: u64,
}

/// A jiffy: the grain in which the kernel lets credit grow.
const JIFFY: u64 = 4_000_000;
/// Credits a jiffy brings (CREDITS_PER_JIFFY at HZ=250).
const PER_JIFFY: u64 = 128;
/// Credits a second brings.
pub const PER_SECOND: u64 = 250 * PER_JIFFY;

/// xt_limit's credits of a time in 1/10000 s, in the kernel's 32 bits: long intervals overflow there, too.
fn limit_credits(user: u32) -> u32 {
    const RATE: u32 = PER_SECOND as u32;
    if user > u32::MAX / RATE {
        (user / 10_000).wrapping_mul(RATE)
    } else {
        user * RATE / 10_000
    }
}

/// Whether the kernel takes a limit of this interval and burst (else ERANGE).
pub fn limit_fits(interval: u32, burst: u32) -> bool {
    burst != 0 && limit_credits(interval.wrapping_mul(burst)) >= limit_credits(interval)
}

impl Bucket {
    /// A full bucket of xt_limit; `interval` is the time one packet costs in 1/10000 s.
    pub fn of_limit(interval: u32, burst: u32, now: u64) -> Bucket {
        let (cost, cap) = (limit_credits(interval) as u64, limit_credits(interval.wrapping_mul(burst)) as u64);
        Bucket { credit: cap, cap, cost, last: now / JIFFY }
    }
    /// A full bucket of hashlimit, which reckons in 64 bits.
    pub fn new(cost: u64, burst: u64, now: u64) -> Bucket {
        let cap = cost.saturating_mul(burst);
        Bucket { credit: cap, cap, cost, last: now / JIFFY }
    }
    fn fill(&mut self, now: u64) {
        let now = now / JIFFY;
        let grown = now.saturating_sub(self.last).saturating_mul(PER_JIFFY);
        self.credit = self.credit.saturating_add(grown).min(self.cap);
        self.last = now;
    }
    /// Whether one packet may pass; takes its cost if so.
    pub fn take(&mut self, now: u64) -> bool {
        let cost = self.cost;
        self.take_cost(cost, now)
    }
    /// The same at a given cost.
    pub fn take_cost(&mut self, cost: u64, now: u64) -> bool {
        self.fill(now);
        let passes = self.credit >= cost;
        if passes {
            self.credit -= cost;
        }
        passes
    }
}

/// One address of a recent list.
pub struct Recent {
    pub ttl: u8,
    /// Times it was seen, a ring: `next` is the oldest once it is full. Jiffies.
    pub stamps: Vec<u64>,
    pub next: usize,
    /// Grows with every update: the smallest is the least recently used.
    pub used: u64,
}

/// A recent list (`/proc/net/xt_recent/NAME`).
pub struct RecentList {
    name: Vec<u8>,
    family: Family,
    uses: u32,
    pub mask: u128,
    /// Stamps kept per address, less one.
    pub stamp_mask: usize,
    pub entries: Map<u128, Recent>,
    clock: u64,
}

/// Addresses a recent list holds (ip_list_tot).
const RECENT_ADDRESSES: usize = 100;

impl RecentList {
    /// Adds an address, or stamps it again.
    pub fn update(&mut self, address: u128, ttl: u8, now: u64) {
        self.clock += 1;
        let (clock, ring, stamp) = (self.clock, self.stamp_mask + 1, now / JIFFY);
        if let Some(entry) = self.entries.get_mut(&address) {
            let at = entry.next % ring;
            if at < entry.stamps.len() {
                entry.stamps[at] = stamp;
            } else {
                entry.stamps.push(stamp);
            }
            (entry.next, entry.ttl, entry.used) = ((at + 1) % ring, ttl, clock);
            return;
        }
        if self.entries.len() >= RECENT_ADDRESSES {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(address, _)| *address);
            self.entries.remove(&oldest.unwrap_or(0));
        }
        self.entries.insert(address, Recent { ttl, stamps: vec![stamp], next: 1 % ring, used: clock });
    }
    /// How many stamps are no older than `seconds` (0: all).
    pub fn hits(&self, entry: &Recent, seconds: u32, now: u64) -> u32 {
        let oldest = (now / JIFFY).saturating_sub(seconds as u64 * 250);
        entry.stamps.iter().filter(|stamp| seconds == 0 || **stamp >= oldest).count() as u32
    }
    /// `--reap`: forgets addresses whose last stamp is older than `seconds`.
    pub fn reap(&mut self, seconds: u32, now: u64) {
        let oldest = (now / JIFFY).saturating_sub(seconds as u64 * 250);
        self.entries.retain(|_, entry| entry.stamps.iter().any(|stamp| *stamp >= oldest));
    }
}

/// A hashlimit table (`/proc/net/ipt_hashlimit/NAME`).
pub struct HashLimitTable {
    name: Vec<u8>,
    family: Family,
    uses: u32,
    pub entries: Map<HashLimitKey, HashLimitEntry>,
}

/// What a hashlimit entry is for; parts its mode leaves out are 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct HashLimitKey {
    pub src: u128,
    pub dst: u128,
    pub sport: u16,
    pub dport: u16,
}

/// One limit, and when it is forgotten (ns).
pub struct HashLimitEntry {
    pub bucket: Bucket,
    pub expires: u64,
}

/// Named state of one namespace. Lists live while a rule of some table names them.
#[derive(Default)]
pub struct Memory {
    pub recents: Vec<RecentList>,
    pub limits: Vec<HashLimitTable>,
}

impl Memory {
    fn recent(&mut self, name: Vec<u8>, family: Family, spec: RecentSpec) -> usize {
        let found = self.recents.iter().position(|list| list.uses > 0 && list.name == name && list.family == family);
        if let Some(at) = found {
            let list = &mut self.recents[at];
            list.uses += 1;
            if spec.stamp_mask > list.stamp_mask {
                list.stamp_mask = spec.stamp_mask;
                list.entries.clear();
            }
            return at;
        }
        let list = RecentList {
            name,
            family,
            uses: 1,
            mask: spec.mask,
            stamp_mask: spec.stamp_mask,
            entries: Map::default(),
            clock: 0,
        };
        place(&mut self.recents, list, |list| list.uses == 0)
    }
    fn limit(&mut self, name: Vec<u8>, family: Family) -> usize {
        let found = self.limits.iter().position(|table| table.uses > 0 && table.name == name && table.family == family);
        if let Some(at) = found {
            self.limits[at].uses += 1;
            return at;
        }
        place(&mut self.limits, HashLimitTable { name, family, uses: 1, entries: Map::default() }, |table| {
            table.uses == 0
        })
    }
    /// A table goes: lists nobody names any more are forgotten.
    pub fn release(&mut self, states: &[State]) {
        for state in states {
            match state {
                State::Recent(at) => {
                    self.recents[*at].uses -= 1;
                    if self.recents[*at].uses == 0 {
                        self.recents[*at].entries.clear();
                    }
                }
                State::HashLimit(at) => {
                    self.limits[*at].uses -= 1;
                    if self.limits[*at].uses == 0 {
                        self.limits[*at].entries.clear();
                    }
                }
                _ => {}
            }
        }
    }
    /// A recent list by name, for `/proc/net/xt_recent`.
    pub fn recent_list(&self, name: &[u8], family: Family) -> Option<&RecentList> {
        self.recents.iter().find(|list| list.uses > 0 && list.name == name && list.family == family)
    }
}

fn place<T>(list: &mut Vec<T>, value: T, is_free: impl Fn(&T) -> bool) -> usize {
    match list.iter().position(is_free) {
        Some(at) => {
            list[at] = value;
            at
        }
        None => {
            list.push(value);
            list.len() - 1
        }
    }
}

struct RecentSpec {
    mask: u128,
    stamp_mask: usize,
}

fn long(words: &[u32]) -> u64 {
    words[0] as u64 | (words[1] as u64) << 32
}

/// The 128-bit mask of a program's mask words, in the form addresses have inside ([`crate::wire::Ip`]).
pub fn wide_mask(words: &[u32], family: Family) -> u128 {
    match family {
        Family::V4 => !0u128 << 32 | words[0] as u128,
        Family::V6 => crate::wire::Ip::from_words([words[0], words[1], words[2], words[3]]).0,
    }
}

impl State {
    /// The state a match of this kind begins with; `None` for matches without memory.
    pub fn of(number: u32, operands: &[u32], memory: &mut Memory, family: Family, now: u64) -> Option<State> {
        let address = if family == Family::V4 { 1 } else { 4 };
        Some(match number {
            op::STATISTIC if operands[1] == 1 => State::Nth(operands[2].wrapping_sub(1).wrapping_sub(operands[3])),
            op::STATISTIC => State::Nothing,
            op::LIMIT => State::Bucket(Bucket::of_limit(operands[1], operands[2], now)),
            op::QUOTA => State::Quota(long(&operands[1..])),
            op::CONNLIMIT => State::Connections(Map::default()),
            op::RECENT => {
                let hits = operands[4];
                let stamp_mask = if hits == 0 { 31 } else { hits.next_power_of_two() as usize - 1 };
                let spec = RecentSpec { mask: wide_mask(&operands[5..], family), stamp_mask };
                State::Recent(memory.recent(text(&operands[5 + address..]).collect(), family, spec))
            }
            op::HASHLIMIT => State::HashLimit(memory.limit(text(&operands[12..]).collect(), family)),
            _ => return None,
        })
    }
}

/// Modes of recent that look an address up.
pub const RECENT_LOOKS: u32 = recent::CHECK | recent::UPDATE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_lets_its_burst_through_and_then_one_each_interval() {
        let mut bucket = Bucket::of_limit(10_000, 3, 0);
        assert_eq!((0..5).filter(|_| bucket.take(0)).count(), 3);
        assert!(!bucket.take(999_000_000), "a second is not over");
        assert!(bucket.take(1_000_000_000));
        assert!(!bucket.take(1_000_000_000));
    }

    #[test]
    fn a_burst_of_three_a_day_is_one_in_32_bits() {
        let mut bucket = Bucket::of_limit(864_000_000, 3, 0);
        assert_eq!((0..5).filter(|_| bucket.take(0)).count(), 1);
        assert!(limit_fits(864_000_000, 3) && !limit_fits(864_000_000, 2) && !limit_fits(1, 0));
    }

    #[test]
    fn a_list_forgets_the_least_recently_seen_of_a_hundred_addresses() {
        let mut memory = Memory::default();
        let at = memory.recent(b"x".to_vec(), Family::V4, RecentSpec { mask: u128::MAX, stamp_mask: 3 });
        let list = &mut memory.recents[at];
        for address in 0..100 {
            list.update(address, 64, 0);
        }
        list.update(0, 64, 0);
        list.update(100, 64, 0);
        assert!(list.entries.contains_key(&0) && !list.entries.contains_key(&1) && list.entries.len() == 100);
    }
}
