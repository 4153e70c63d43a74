//! Where a tuple's entry lies: open addressing with linear probing, four bytes a slot.
//!
//! ```text
//! slot = tag(7) side(1) entry(24)       entry 0xff_ffff: nobody
//! ```
//! The tag saves most looks at entries that are someone else's. A hash picks its home by multiplication, so the table
//! may have any size: it grows by a quarter, which keeps a million flows close together. Removal moves later slots up,
//! so there are no tombstones and a probe ends at the first hole. Slots of one hash stay in the order they came.

/// The index; what hashes to what is the caller's ([`super::table`]).
#[derive(Default)]
pub struct Index {
    slots: Vec<u32>,
    live: usize,
}

/// No entry: the widest number 24 bits hold.
pub const NOBODY: u32 = 0xff_ffff;
const EMPTY: u32 = u32::MAX;

/// A slot's entry and side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    pub entry: u32,
    pub side: usize,
}

fn unpack(word: u32) -> Slot {
    Slot { entry: word & NOBODY, side: (word >> 24 & 1) as usize }
}

fn pack(slot: Slot, hash: u64) -> u32 {
    tag(hash) << 25 | (slot.side as u32) << 24 | slot.entry
}

fn tag(hash: u64) -> u32 {
    hash as u32 & 0x7f
}

impl Index {
    /// Slots in use.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.live
    }
    /// Bytes the slots take.
    pub fn bytes(&self) -> usize {
        self.slots.capacity() * 4
    }
    fn home(&self, hash: u64) -> usize {
        (((hash >> 32) * self.slots.len() as u64) >> 32) as usize
    }
    fn next(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() {
            0
        } else {
            at + 1
        }
    }
    /// The word at a hash's home.
    #[inline(always)]
    pub fn touch(&self, hash: u64) -> u32 {
        self.slots.get(self.home(hash)).copied().unwrap_or(EMPTY)
    }
    /// The first slot under this hash that `is` says is the one.
    #[inline]
    pub fn find(&self, hash: u64, mut is: impl FnMut(Slot) -> bool) -> Option<Slot> {
        if self.slots.is_empty() {
            return None;
        }
        let mut at = self.home(hash);
        loop {
            let word = self.slots[at];
            if word == EMPTY {
                return None;
            }
            if word >> 25 == tag(hash) && is(unpack(word)) {
                return Some(unpack(word));
            }
            at = self.next(at);
        }
    }
    /// Up to `limit` slots from a hash's home on, whoever's they are (early drop looks for a victim there).
    pub fn near(&self, hash: u64, limit: usize) -> impl Iterator<Item = Slot> + '_ {
        let size = self.slots.len();
        let home = if size == 0 { 0 } else { self.home(hash) };
        (0..limit.min(size)).map(move |i| self.slots[(home + i) % size]).filter(|word| *word != EMPTY).map(unpack)
    }
    /// Adds a slot; `rehash` gives the hash of any slot already there, for growing.
    pub fn insert(&mut self, hash: u64, slot: Slot, rehash: impl Fn(Slot) -> u64) {
        if (self.live + 1) * 5 > self.slots.len() * 4 {
            self.grow(rehash);
        }
        self.put(hash, slot);
        self.live += 1;
    }
    fn put(&mut self, hash: u64, slot: Slot) {
        let mut at = self.home(hash);
        while self.slots[at] != EMPTY {
            at = self.next(at);
        }
        self.slots[at] = pack(slot, hash);
    }
    /// Takes a slot away and closes the hole.
    pub fn remove(&mut self, hash: u64, slot: Slot, rehash: impl Fn(Slot) -> u64) {
        if self.live == 0 {
            return;
        }
        let word = pack(slot, hash);
        let mut hole = self.home(hash);
        while self.slots[hole] != word {
            if self.slots[hole] == EMPTY {
                return;
            }
            hole = self.next(hole);
        }
        self.live -= 1;
        let mut at = hole;
        loop {
            at = self.next(at);
            let moved = self.slots[at];
            if moved == EMPTY {
                break;
            }
            let home = self.home(rehash(unpack(moved)));
            if self.distance(home, at) >= self.distance(hole, at) {
                self.slots[hole] = moved;
                hole = at;
            }
        }
        self.slots[hole] = EMPTY;
    }
    fn distance(&self, from: usize, to: usize) -> usize {
        if to >= from {
            to - from
        } else {
            to + self.slots.len() - from
        }
    }
    fn grow(&mut self, rehash: impl Fn(Slot) -> u64) {
        let size = self.slots.len();
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; (size + size / 4).max(size + 16)]);
        // from a hole on, so that a run that wraps round the end keeps its order
        let start = old.iter().position(|word| *word == EMPTY).unwrap_or(0);
        for i in 0..size {
            let word = old[(start + i) % size];
            if word != EMPTY {
                self.put(rehash(unpack(word)), unpack(word));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // A poor hash on purpose: many homes collide, and some tags too.
    fn hash_of(entry: u32) -> u64 {
        ((entry as u64 % 7) << 61) | (entry as u64 & 0x3)
    }

    proptest! {
        #[test]
        fn the_index_finds_what_a_plain_list_finds(steps in proptest::collection::vec((0u32..64, any::<bool>()), 1..400)) {
            let (mut fast, mut slow) = (Index::default(), Vec::<u32>::new());
            for (entry, insert) in steps {
                let slot = Slot { entry, side: (entry & 1) as usize };
                if insert && !slow.contains(&entry) {
                    fast.insert(hash_of(entry), slot, |s| hash_of(s.entry));
                    slow.push(entry);
                } else if !insert {
                    fast.remove(hash_of(entry), slot, |s| hash_of(s.entry));
                    slow.retain(|e| *e != entry);
                }
                prop_assert_eq!(fast.len(), slow.len());
                for entry in 0..64 {
                    let found = fast.find(hash_of(entry), |s| s.entry == entry);
                    prop_assert_eq!(found.is_some(), slow.contains(&entry));
                }
                // all of one hash come in the order they were put in
                for hash in 0..64 {
                    let mut seen = Vec::new();
                    fast.find(hash_of(hash), |s| { if hash_of(s.entry) == hash_of(hash) { seen.push(s.entry); } false });
                    let expected: Vec<u32> = slow.iter().copied().filter(|e| hash_of(*e) == hash_of(hash)).collect();
                    prop_assert_eq!(seen, expected);
                }
            }
        }
    }
}
