//! The lookup structure of large tables, after Asai and Ohara, "Poptrie", SIGCOMM 2015: a direct table over the first 18
//! bits, then nodes of 64 children, where runs of equal children are kept once and found by counting bits.
//!
//! ```text
//!   key      [ 18 bits: root ][ 6 ][ 6 ][ 6 ] ...          entry   a leaf's value | where in the tree a node begins
//!   node     [ ends, 2 words ][ entry of the last run ] ... [ entry of the first run ]
//!            ends: bit c set: a run of equal children ends at c; child c has the entry that is   ones of ends from c on
//!   IPv6     where prefixes are dense, the next 12 bits ask a second direct table, which is in the tree too
//! ```
//! A direct table leads to nodes only: what is a leaf there already has a node of one run, so that no branch depends on the table.
//! Children stand before their parent, close by. An edit of a prefix longer than 7 bits rebuilds the root slots under it only;
//! what they used before is left behind, and when that is most of the memory the owner builds the whole anew.

use super::key::{Asked, Key};
use super::rib::{Item, Rib};
use super::trie::NONE;

/// Bits of the direct table.
const ROOT: u8 = 18;
/// Bits of a second direct table, two strides.
const SECOND: u8 = 12;
/// Prefixes under a root slot that are worth a second table's 16 KB; IPv4 does without.
const DENSE: usize = 128;
/// Bits of a stride.
const STRIDE: u8 = 6;
/// Bits of the whole strides in a word.
const WORD: u8 = 30;
/// Marks an entry that is no leaf; where its node begins is in the other bits.
const NODE: u32 = 1 << 31;
/// Marks an entry that is a second table; where it begins is in the other bits.
const TABLE: u32 = NODE | 1 << 30;
/// Keys that go down together, a bit each.
const BLOCK: usize = 64;
/// Edits that touch more root slots than this are cheaper as a build of the whole.
const SLOTS: u32 = 1 << 10;

/// See the head of the file.
#[derive(Clone, Debug)]
pub struct Poptrie<K> {
    root: Vec<u32>,
    tree: Vec<u32>,
    /// Words of the tree after the last build of the whole.
    built: usize,
    key: std::marker::PhantomData<K>,
}

impl<K: Key> Poptrie<K> {
    /// Builds the whole; values must be below [`NONE`].
    pub fn build(rib: &Rib<K>) -> Poptrie<K> {
        let mut trie = Poptrie { root: Vec::new(), tree: Vec::new(), built: 0, key: std::marker::PhantomData };
        let mut root = vec![NONE; 1 << ROOT];
        trie.fill(&mut root, &rib.items(), (0, ROOT));
        trie.lead(&mut root);
        trie.root = root;
        trie.tree.shrink_to_fit();
        trie.built = trie.tree.len();
        trie
    }

    /// Brings the slots under a prefix that was added or removed up to date; false where a build of the whole is
    /// better (the trie is then stale and must go).
    pub fn update(&mut self, rib: &Rib<K>, network: K, len: u8) -> bool {
        let count = if len >= ROOT { 1 } else { 1u32 << (ROOT - len) };
        let wasted = self.tree.len().saturating_sub(self.built);
        if count > SLOTS || wasted > self.built + 4096 {
            return false;
        }
        let first = network.bits(0, ROOT);
        for slot in first..first + count {
            self.rebuild_slot(rib, slot);
        }
        true
    }

    fn rebuild_slot(&mut self, rib: &Rib<K>, slot: u32) {
        let start = K::from_bits(slot, ROOT);
        let around = (0..=ROOT).rev().find_map(|len| rib.get(start.network(len), len));
        let inherited = around.unwrap_or(NONE);
        let items = rib.inside(start, ROOT + 1, start.last(ROOT));
        self.root[slot as usize] = self.below(&items, ROOT, inherited);
    }

    /// Writes the entries that `len` bits from bit `at` on ask, for prefixes that are longer than `at` and equal until there. Where
    /// runs of equal entries end, as bits; of no meaning if there are more than 64 entries.
    fn fill(&mut self, entries: &mut [u32], mut items: &[Item<K>], (at, len): (u8, u8)) -> u64 {
        let mut ends = 1 << 63;
        while let [(network, prefix_len, value), ..] = items {
            let slot = network.bits(at, len) as usize;
            let (mut value, mut count, mut used) = (*value, 1, 1);
            if *prefix_len <= at + len {
                count = 1 << (at + len - prefix_len);
            } else {
                let is_below = |item: &&Item<K>| item.1 > at + len && item.0.bits(at, len) as usize == slot;
                used = items.iter().take_while(is_below).count();
                value = self.below(&items[..used], at + len, entries[slot]);
            }
            entries[slot..][..count].fill(value);
            ends |= 1u64.wrapping_shl(slot as u32) >> 1 | 1u64.wrapping_shl((slot + count - 1) as u32);
            items = &items[used..];
        }
        ends
    }

    /// The entry that leads to prefixes longer than `depth` that are equal until there.
    fn below(&mut self, items: &[Item<K>], depth: u8, inherited: u32) -> u32 {
        if K::WIDTH > 32 && depth == ROOT && items.len() >= DENSE {
            let mut entries = vec![inherited; 1 << SECOND];
            self.fill(&mut entries, items, (depth, SECOND));
            self.lead(&mut entries);
            self.tree.extend_from_slice(&entries);
            return TABLE | (self.tree.len() - entries.len()) as u32;
        }
        let mut entries = [inherited; 64];
        let mut ends = self.fill(&mut entries, items, (depth, STRIDE));
        let node = self.tree.len();
        self.tree.extend([ends as u32, (ends >> 32) as u32]);
        while ends != 0 {
            let child = ends.ilog2();
            self.tree.push(entries[child as usize]);
            ends ^= 1 << child;
        }
        NODE | node as u32
    }

    /// Gives the leaves of a direct table nodes, equal neighbours one.
    fn lead(&mut self, entries: &mut [u32]) {
        let mut last = (NODE, NODE);
        for entry in entries.iter_mut().filter(|entry| **entry & NODE == 0) {
            if *entry != last.0 {
                last = (*entry, self.below(&[], 0, *entry));
            }
            *entry = last.1;
        }
    }

    /// The value of the longest prefix that holds `key`, or [`NONE`].
    #[inline]
    pub fn best(&self, key: K) -> u32 {
        let mut entry = self.root[key.bits(0, ROOT) as usize];
        let mut at = ROOT;
        if is_table::<K>(entry) {
            entry = self.second(entry, key);
            at += SECOND;
        }
        while entry & NODE != 0 {
            entry = child(&self.tree, entry, key.bits(at, STRIDE));
            at += STRIDE;
        }
        entry
    }

    #[inline(always)]
    fn second(&self, table: u32, key: K) -> u32 {
        self.tree[((table ^ TABLE) + key.bits(ROOT, SECOND)) as usize]
    }

    /// [`Poptrie::best`] of many keys.
    pub fn best_batch<A: Asked<K>>(&self, keys: &[A], out: &mut [u32]) {
        let ((blocks, rest), (answers, last)) = (keys.as_chunks(), out.as_chunks_mut());
        let mut strides = [0; BLOCK];
        for (keys, answers) in blocks.iter().zip(answers) {
            self.best_block(keys, &mut strides, answers);
        }
        if rest.is_empty() {
            return;
        }
        let (mut keys, mut answers) = ([A::default(); BLOCK], [0; BLOCK]);
        keys[..rest.len()].copy_from_slice(rest);
        self.best_block(&keys, &mut strides, &mut answers);
        last[..rest.len()].copy_from_slice(&answers[..rest.len()]);
    }

    /// A block of keys: the first node for each, where nearly all keys of a table do the same, then level by level, side by
    /// side: their cache misses overlap, and no branch waits for one. Meanwhile an answer is the key's last entry.
    #[cfg_attr(hot, optimize(speed))]
    #[inline(never)]
    fn best_block<A: Asked<K>>(&self, keys: &[A; BLOCK], strides: &mut [u32; BLOCK], answers: &mut [u32; BLOCK]) {
        let root = self.root.first_chunk::<{ 1 << ROOT }>().expect("the direct table");
        let mut busy = match K::WIDTH > 32 {
            true => self.first_nodes(root, keys, strides, answers),
            false => self.first_nodes4(root, keys, strides, answers),
        };
        let mut done = STRIDE;
        while busy != 0 {
            // No IPv4 key has that many bits left.
            if K::WIDTH > 32 && done.is_multiple_of(WORD) {
                for i in ones(busy) {
                    let key = keys[i].key();
                    let first = if is_table::<K>(root[key.bits(0, ROOT) as usize]) { ROOT + SECOND } else { ROOT };
                    strides[i] = key.bits(first + done, 32);
                }
            }
            busy = level(&self.tree, strides, answers, busy);
            done += STRIDE;
        }
    }

    /// The first level; the keys that came to a node.
    #[inline(always)]
    fn first_nodes<A: Asked<K>>(
        &self,
        root: &[u32; 1 << ROOT],
        keys: &[A; BLOCK],
        strides: &mut [u32; BLOCK],
        answers: &mut [u32; BLOCK],
    ) -> u64 {
        for i in 0..BLOCK {
            let key = keys[i].key();
            let mut entry = root[key.bits(0, ROOT) as usize];
            let mut stride = key.bits(ROOT, 32);
            if is_table::<K>(entry) {
                entry = self.second(entry, key);
                stride = key.bits(ROOT + SECOND, 32);
            }
            answers[i] = entry;
            strides[i] = stride.rotate_left(u32::from(STRIDE));
        }
        let (strides, answers) = (strides.as_ptr().cast::<u64>(), answers.as_mut_ptr().cast::<u64>());
        let mut busy = 0;
        for i in 0..BLOCK / 2 {
            // SAFETY: half as many pairs as there are strides and answers.
            let both = unsafe {
                let (two, nodes) = (strides.add(i).read_unaligned(), answers.add(i).read_unaligned());
                let both = children::<0>(&self.tree, two, nodes);
                answers.add(i).write_unaligned(both);
                both
            };
            busy = busy >> 2 | both << 31 & 1 << 62 | both & 1 << 63;
        }
        busy
    }

    /// The first level of IPv4, which is the last for most keys.
    #[inline(always)]
    fn first_nodes4<A: Asked<K>>(
        &self,
        root: &[u32; 1 << ROOT],
        keys: &[A; BLOCK],
        strides: &mut [u32; BLOCK],
        answers: &mut [u32; BLOCK],
    ) -> u64 {
        let (pairs, answers) = (keys.as_ptr().cast::<u64>(), answers.as_mut_ptr().cast::<u64>());
        let mut busy = 0;
        // SAFETY: half as many pairs as there are keys (those of IPv4 are words) and answers.
        for i in 0..BLOCK / 2 {
            let two = unsafe { pairs.add(i).read_unaligned() };
            let entry = |key: u32| u64::from(root[key.bits(0, ROOT) as usize]);
            unsafe { answers.add(i).write_unaligned(entry(two as u32) | entry((two >> 32) as u32) << 32) };
        }
        for i in 0..BLOCK / 2 {
            let (two, nodes) = unsafe { (pairs.add(i).read_unaligned(), answers.add(i).read_unaligned()) };
            let both = children::<{ 32 - ROOT as u32 - STRIDE as u32 }>(&self.tree, two, nodes);
            unsafe { answers.add(i).write_unaligned(both) };
            if both & (u64::from(NODE) << 32 | u64::from(NODE)) != 0 {
                for (i, entry) in [(2 * i, both as u32), (2 * i + 1, (both >> 32) as u32)] {
                    strides[i] = keys[i].key().bits(ROOT + STRIDE, 32);
                    busy |= u64::from(entry >> 31) << i;
                }
            }
        }
        busy
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        (self.root.capacity() + self.tree.capacity()) * 4
    }
}

/// IPv4 has none.
#[inline(always)]
fn is_table<K: Key>(entry: u32) -> bool {
    K::WIDTH > 32 && entry & TABLE == TABLE
}

/// The children of two nodes that the lowest bits of two strides tell. Two go as one word here, the first in its low half: every
/// access is checked where this runs, and one word is one.
#[inline(always)]
fn children<const AT: u32>(tree: &[u32], two: u64, nodes: u64) -> u64 {
    let first = ends(tree, nodes as u32) >> (two >> AT & 63);
    let second = ends(tree, (nodes >> 32) as u32) >> (two >> (32 + AT) & 63);
    let places = nodes + u64::from(first.count_ones()) + (u64::from(second.count_ones()) << 32);
    // SAFETY: a node is whole: two words, then as many as bits are set.
    let entry = |place: u64| u64::from(unsafe { *word(tree, place as u32).add(1) });
    entry(places) | entry(places >> 32) << 32
}

/// Takes the keys of `busy` one level down; those that came to a node. The next stride is on top and turns to the lowest bits.
#[cfg_attr(hot, optimize(speed))]
#[inline(never)]
fn level(tree: &[u32], strides: &mut [u32; BLOCK], answers: &mut [u32; BLOCK], busy: u64) -> u64 {
    let mut deeper = 0;
    for i in ones(busy) {
        strides[i] = strides[i].rotate_left(u32::from(STRIDE));
        let entry = child(tree, answers[i], strides[i]);
        answers[i] = entry;
        deeper |= u64::from(entry >> 31) << i;
    }
    deeper
}

/// The entry of the child of a node that the lowest bits of `stride` tell.
#[inline(always)]
fn child(tree: &[u32], node: u32, stride: u32) -> u32 {
    let ones = (ends(tree, node) >> (stride % 64)).count_ones();
    // SAFETY: a node is whole: two words, then as many as bits are set.
    unsafe { *word(tree, node).add(1 + ones as usize) }
}

/// Where the runs of a node end, as bits.
#[inline(always)]
fn ends(tree: &[u32], node: u32) -> u64 {
    debug_assert!(((node & !NODE) as usize) < tree.len());
    // SAFETY: entries tell where `below` put nodes; the tree never becomes shorter.
    u64::from_le(unsafe { word(tree, node).cast::<u64>().read_unaligned() })
}

/// The word of a tree at an entry; its mark goes as words are counted in bytes.
#[inline(always)]
unsafe fn word(tree: &[u32], entry: u32) -> *const u32 {
    tree.as_ptr().byte_add((entry << 2) as usize)
}

/// The positions of the set bits, lowest first.
#[inline(always)]
fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (at < 64).then_some(at as usize)
    })
}
