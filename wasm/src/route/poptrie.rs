//! The lookup structure of large tables, after Asai and Ohara, "Poptrie", SIGCOMM 2015: a direct table over the first 18
//! bits, then nodes of 64 children, where runs of equal children are kept once and found by counting bits.
//!
//! ```text
//!   key      [ 18 bits: root ][ 6 ][ 6 ][ 6 ] ...          entry   a leaf's value | where in the tree a node begins
//!   node     [ ends, 2 words ][ entry of the last run ] ... [ entry of the first run ]
//!            ends: bit c set: a run of equal children ends at c; child c has the entry that is   ones of ends from c on
//!   IPv6     where prefixes are dense, the next 12 bits ask a second direct table, which is in the tree too
//! ```
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
        self.root[slot as usize] = match items.is_empty() {
            true => inherited,
            false => self.below(&items, ROOT, inherited),
        };
    }

    /// Writes the entries that `len` bits from bit `at` on ask, for prefixes that are longer than `at` and equal until there. Where
    /// runs of equal entries end, as bits; of no meaning if there are more than 64 entries.
    #[cfg_attr(hot, optimize(speed))]
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
    #[cfg_attr(hot, optimize(speed))]
    fn below(&mut self, items: &[Item<K>], depth: u8, inherited: u32) -> u32 {
        if K::WIDTH > 32 && depth == ROOT && items.len() >= DENSE {
            let mut entries = vec![inherited; 1 << SECOND];
            self.fill(&mut entries, items, (depth, SECOND));
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
        let mut busy = 0u64;
        for i in 0..BLOCK {
            let key = keys[i].key();
            let mut entry = root[key.bits(0, ROOT) as usize];
            let mut stride = next_strides(key, ROOT);
            if is_table::<K>(entry) {
                entry = self.second(entry, key);
                stride = next_strides(key, ROOT + SECOND);
            }
            if entry & NODE != 0 {
                entry = child(&self.tree, entry, if K::WIDTH > 32 { stride } else { key.bits(ROOT, STRIDE) });
            }
            answers[i] = entry;
            // Few IPv4 keys go deeper: their strides are cut anew then. So many IPv6 keys do that a branch would often be mistaken.
            if K::WIDTH > 32 || entry & NODE != 0 {
                strides[i] = match K::WIDTH > 32 {
                    true => stride.rotate_left(u32::from(STRIDE)),
                    false => next_strides(key, ROOT + STRIDE),
                };
                busy |= u64::from(entry >> 31) << i;
            }
        }
        let mut done = STRIDE;
        while busy != 0 {
            if done.is_multiple_of(WORD) {
                for i in ones(busy) {
                    let key = keys[i].key();
                    let first = if is_table::<K>(root[key.bits(0, ROOT) as usize]) { ROOT + SECOND } else { ROOT };
                    strides[i] = next_strides(key, first + done);
                }
            }
            busy = level(&self.tree, strides, answers, busy);
            done += STRIDE;
        }
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

/// The strides of a key from bit `at` on: the first one is in the lowest bits, the next ones come there by turning to the left.
#[inline(always)]
fn next_strides<K: Key>(key: K, at: u8) -> u32 {
    key.bits(at, 32).rotate_left(u32::from(STRIDE))
}

/// Takes the keys of `busy` one level down; those that came to a node.
#[cfg_attr(hot, optimize(speed))]
#[inline(never)]
fn level(tree: &[u32], strides: &mut [u32; BLOCK], answers: &mut [u32; BLOCK], busy: u64) -> u64 {
    let mut deeper = 0;
    for i in ones(busy) {
        let entry = child(tree, answers[i], strides[i]);
        strides[i] = strides[i].rotate_left(u32::from(STRIDE));
        answers[i] = entry;
        deeper |= u64::from(entry >> 31) << i;
    }
    deeper
}

/// The entry of the child of a node that the lowest bits of `stride` tell.
#[inline(always)]
fn child(tree: &[u32], node: u32, stride: u32) -> u32 {
    let node = node & !NODE;
    debug_assert!((node as usize) < tree.len());
    // SAFETY: entries tell where `below` put nodes, whole: two words, then as many as bits are set. The tree never becomes shorter.
    unsafe {
        let node = tree.as_ptr().add(node as usize);
        let ends = u64::from_le(node.cast::<u64>().read_unaligned());
        *node.add(1 + (ends >> (stride % 64)).count_ones() as usize)
    }
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
