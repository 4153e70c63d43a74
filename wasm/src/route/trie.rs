//! Longest-prefix match: the prefixes kept for edits, and beside them a lookup structure that is built when lookups
//! come, thrown away when an edit is cheaper than keeping it, and chosen by size.
//!
//! ```text
//!   edits ----> rib (rib.rs)       --build-->  ranges    up to 4,096 prefixes
//!                    |                         poptrie   beyond; small edits in place
//!                    +-- answers by itself while edits and lookups alternate (a bulk load checks each gateway)
//! ```

use super::key::{Asked, Key};
use super::poptrie::Poptrie;
use super::ranges::Ranges;
use super::rib::Rib;
use std::cell::{Cell, OnceCell};

/// "No prefix holds it"; values are below.
pub const NONE: u32 = 0x7fff_ffff;

/// More prefixes than this make a poptrie.
const MANY: usize = 4096;

#[derive(Clone, Debug)]
enum Index<K> {
    Ranges(Ranges<K>),
    Poptrie(Poptrie<K>),
}

/// A map from prefixes to numbers below [`NONE`] that finds the longest prefix holding a key.
#[derive(Clone, Debug)]
pub struct Trie<K> {
    rib: Rib<K>,
    /// How many prefixes there are of each length.
    lengths: Vec<u32>,
    index: OnceCell<Index<K>>,
    /// Lookups answered without index since it went.
    misses: Cell<u32>,
}

impl<K: Key> Default for Trie<K> {
    fn default() -> Self {
        let lengths = vec![0; K::WIDTH as usize + 1];
        Trie { rib: Rib::default(), lengths, index: OnceCell::new(), misses: Cell::new(0) }
    }
}

impl<K: Key> Trie<K> {
    pub fn len(&self) -> usize {
        self.rib.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rib.len() == 0
    }

    /// The value of exactly this prefix; host bits of `network` must be 0 here and below.
    pub fn get(&self, network: K, len: u8) -> Option<u32> {
        self.rib.get(network, len)
    }

    /// Sets the value of a prefix.
    pub fn insert(&mut self, network: K, len: u8, value: u32) {
        debug_assert!(value < NONE && network == network.network(len));
        if self.rib.insert(network, len, value) {
            self.lengths[len as usize] += 1;
        }
        self.edited(network, len);
    }

    /// Takes a prefix out; its value, if it was there.
    pub fn remove(&mut self, network: K, len: u8) -> Option<u32> {
        let value = self.rib.remove(network, len)?;
        self.lengths[len as usize] -= 1;
        self.edited(network, len);
        Some(value)
    }

    fn edited(&mut self, network: K, len: u8) {
        let keep = match self.index.get_mut() {
            Some(Index::Poptrie(trie)) => self.rib.len() > MANY / 2 && trie.update(&self.rib, network, len),
            _ => false,
        };
        if !keep {
            self.index.take();
            self.misses.set(0);
        }
    }

    /// The value of the longest prefix that holds `key`, or [`NONE`].
    #[inline]
    pub fn best(&self, key: K) -> u32 {
        match self.index.get() {
            Some(Index::Ranges(ranges)) => ranges.best(key),
            Some(Index::Poptrie(trie)) => trie.best(key),
            None => self.best_unindexed(key),
        }
    }

    /// Walks the lengths until so many lookups have come that an index pays.
    #[cold]
    fn best_unindexed(&self, key: K) -> u32 {
        let misses = self.misses.get() + 1;
        self.misses.set(misses);
        if misses as usize > 4 + self.rib.len() / 16 {
            self.index();
            return self.best(key);
        }
        self.covering(key).next().map_or(NONE, |(_, value)| value)
    }

    fn index(&self) -> &Index<K> {
        self.index.get_or_init(|| match self.rib.len() > MANY {
            true => Index::Poptrie(Poptrie::build(&self.rib)),
            false => Index::Ranges(Ranges::build(self.rib.iter())),
        })
    }

    /// [`Trie::best`] of many keys at once.
    pub fn best_batch<A: Asked<K>>(&self, keys: &[A], out: &mut [u32]) {
        match self.index() {
            Index::Poptrie(trie) => trie.best_batch(keys, out),
            Index::Ranges(ranges) => {
                for (key, answer) in keys.iter().zip(out) {
                    *answer = ranges.best(key.key());
                }
            }
        }
    }

    /// All prefixes that hold `key` with their values, the longest first; by exact search, whatever the index.
    pub fn covering(&self, key: K) -> impl Iterator<Item = (u8, u32)> + '_ {
        let lengths = (0..=K::WIDTH).rev().filter(|&len| self.lengths[len as usize] > 0);
        lengths.filter_map(move |len| Some((len, self.get(key.network(len), len)?)))
    }

    /// All prefixes in the order (network, length).
    pub fn iter(&self) -> impl Iterator<Item = (K, u8, u32)> + '_ {
        self.rib.iter().copied()
    }

    /// Bytes of the lookup structure, which is built if it is not there.
    pub fn index_bytes(&self) -> usize {
        match self.index() {
            Index::Poptrie(trie) => trie.bytes(),
            Index::Ranges(ranges) => ranges.bytes(),
        }
    }
}
