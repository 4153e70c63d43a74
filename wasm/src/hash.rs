//! A hash map in insertion order: what comes out depends on nothing but what was put in, so the same spec and seed give the
//! same log. Its growth is compiled once for all key and value types.
//!
//! ```text
//! slots    [ hash,at | - | hash,at | hash,at | - ... ]   open addressing, linear, at most 3/4 full
//! entries  [ (key, value) | gone | (key, value) ... ]    in the order of insertion; closed up when half of them are gone
//! ```

use std::hash::{Hash, Hasher};

/// A map with the plane's own hasher.
pub struct Map<K, V> {
    slots: Slots,
    entries: Vec<Option<(K, V)>>,
    live: usize,
}

/// The index: which entry a hash may stand for.
#[derive(Default)]
struct Slots {
    slots: Vec<(u32, u32)>,
}

const EMPTY: u32 = u32::MAX;
/// An entry that went; searches go past it.
const GONE: u32 = u32::MAX - 1;

impl Slots {
    /// Makes the index anew for so many entries; `hashes` are theirs in order.
    fn build(&mut self, room: usize, hashes: impl Iterator<Item = Option<u32>>) {
        self.slots.clear();
        self.slots.resize((room * 2).next_power_of_two().max(8), (0, EMPTY));
        for (at, hash) in hashes.enumerate() {
            if let Some(hash) = hash {
                self.put(hash, at as u32);
            }
        }
    }
    #[inline(never)]
    fn put(&mut self, hash: u32, at: u32) {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        while self.slots[slot].1 < GONE {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = (hash, at);
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Map<K, V> {
        Map { slots: Slots::default(), entries: Vec::new(), live: 0 }
    }
}

impl<K: Hash + Eq, V> Map<K, V> {
    /// The slot and the entry of a key.
    #[inline]
    fn find(&self, key: &K) -> Option<(usize, usize)> {
        let slots = &self.slots.slots;
        let mask = slots.len().wrapping_sub(1);
        let hash = hash_of(key);
        let mut slot = hash as usize & mask;
        loop {
            let (have, at) = *slots.get(slot)?;
            if at == EMPTY {
                return None;
            }
            if have == hash && at != GONE {
                if let Some((other, _)) = &self.entries[at as usize] {
                    if other == key {
                        return Some((slot, at as usize));
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
    }
    #[inline]
    pub fn get(&self, key: &K) -> Option<&V> {
        let (_, at) = self.find(key)?;
        self.entries[at].as_ref().map(|(_, value)| value)
    }
    #[inline]
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let (_, at) = self.find(key)?;
        self.entries[at].as_mut().map(|(_, value)| value)
    }
    pub fn contains_key(&self, key: &K) -> bool {
        self.find(key).is_some()
    }
    /// Puts a value in and gives the old one; a key that is there keeps its place.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Some((_, at)) => self.entries[at].replace((key, value)).map(|(_, old)| old),
            None => {
                self.append(key, value);
                None
            }
        }
    }
    /// The place of a key, taken or not.
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        Entry { map: self, key }
    }
    fn append(&mut self, key: K, value: V) {
        if (self.entries.len() + 1) * 4 > self.slots.slots.len() * 3 {
            self.close_up();
        }
        self.slots.put(hash_of(&key), self.entries.len() as u32);
        self.entries.push(Some((key, value)));
        self.live += 1;
    }
    /// Leaves out what is gone, and makes the index anew.
    fn close_up(&mut self) {
        self.entries.retain(Option::is_some);
        let hashes = self.entries.iter().map(|entry| entry.as_ref().map(|(key, _)| hash_of(key)));
        self.slots.build(self.live + 1, hashes);
    }
    /// Takes a key out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let (slot, at) = self.find(key)?;
        self.slots.slots[slot].1 = GONE;
        self.live -= 1;
        self.entries[at].take().map(|(_, value)| value)
    }
    /// Keeps what the test says.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        for entry in &mut self.entries {
            if entry.as_ref().is_some_and(|(key, value)| !keep(key, value)) {
                *entry = None;
                self.live -= 1;
            }
        }
        self.close_up();
    }
    /// In the order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().flatten().map(|(key, value)| (key, value))
    }
    /// In the order of insertion.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }
    pub fn len(&self) -> usize {
        self.live
    }
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }
    pub fn clear(&mut self) {
        *self = Map::default();
    }
}

/// A place in a map.
pub struct Entry<'a, K, V> {
    map: &'a mut Map<K, V>,
    key: K,
}

impl<'a, K: Hash + Eq, V> Entry<'a, K, V> {
    /// Its value, made where there was none.
    pub fn or_insert_with(self, make: impl FnOnce() -> V) -> &'a mut V {
        let Entry { map, key } = self;
        let at = match map.find(&key) {
            Some((_, at)) => at,
            None => {
                map.append(key, make());
                map.entries.len() - 1
            }
        };
        &mut map.entries[at].as_mut().expect("an entry that was found").1
    }
    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }
}

fn hash_of<K: Hash>(key: &K) -> u32 {
    let mut mixer = Mixer(0);
    key.hash(&mut mixer);
    (mixer.0 >> 32) as u32 ^ mixer.0 as u32
}

/// A multiply-and-rotate hasher, not keyed: nobody attacks a simulation.
#[derive(Default, Clone, Copy)]
pub struct Mixer(u64);

impl Mixer {
    #[inline]
    fn add(&mut self, word: u64) {
        let mixed = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.add(u64::from(*byte)));
    }
    fn write_u8(&mut self, word: u8) {
        self.add(u64::from(word));
    }
    fn write_u16(&mut self, word: u16) {
        self.add(u64::from(word));
    }
    fn write_u32(&mut self, word: u32) {
        self.add(u64::from(word));
    }
    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }
    fn write_u128(&mut self, word: u128) {
        self.add((word >> 64) as u64 ^ (word as u64).rotate_left(1));
    }
    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }
}

/// 32 well-mixed bits of a word, for choices that must not depend on a map (vxlan's source port, route memory).
pub const fn mix(word: u64) -> u32 {
    let word = (word ^ word >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (word >> 32) as u32 ^ word as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn it_holds_what_the_standard_map_holds(steps in prop::collection::vec((0u8..4, 0u32..40), 0..300)) {
            let (mut ours, mut theirs) = (Map::default(), HashMap::new());
            for (at, (what, key)) in steps.into_iter().enumerate() {
                match what {
                    0 | 1 => {
                        ours.insert(key, at);
                        theirs.insert(key, at);
                    }
                    2 => prop_assert_eq!(ours.remove(&key), theirs.remove(&key)),
                    _ => {
                        ours.retain(|k, _| k % 7 != key % 7);
                        theirs.retain(|k, _| k % 7 != key % 7);
                    }
                }
                prop_assert_eq!(ours.len(), theirs.len());
                for key in 0..40 {
                    prop_assert_eq!(ours.get(&key), theirs.get(&key));
                }
            }
        }
    }

    #[test]
    fn it_lists_in_the_order_of_insertion() {
        let mut map = Map::default();
        for key in [5, 3, 9, 1] {
            map.insert(key, ());
        }
        map.remove(&3);
        map.insert(3, ());
        assert_eq!(map.iter().map(|(key, ())| *key).collect::<Vec<_>>(), [5, 9, 1, 3]);
    }
}
