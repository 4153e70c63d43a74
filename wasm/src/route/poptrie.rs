//! The lookup structure of large tables (Asai and Ohara, "Poptrie", SIGCOMM 2015): a direct table over the first 18
//! bits, then nodes of 64 children whose positions are found by counting bits.
//!
//! ```text
//!   key      [ 18 bits: root ][ 6 ][ 6 ][ 6 ] ...
//!   root     leaf | node ------+
//!   node     inner:  bit c set: child c is a node,   nodes[first_node + ones of inner below c]
//!            starts: bit c set: a run of equal leaves begins at c,
//!                                                    leaves[first_leaf + ones of starts up to c - 1]
//! ```
//! An edit of a prefix longer than 7 bits rebuilds the root slots under it only; what they used before is left
//! behind, and when that is most of the memory the owner builds the whole anew.

use super::key::Key;
use super::rib::{Item, Rib};
use super::trie::NONE;
use std::hint::select_unpredictable;

/// Bits of the direct table.
const ROOT: u8 = 18;
/// Bits of a stride.
const STRIDE: u8 = 6;
/// Marks a root entry that is a leaf; its value is in the other bits.
const LEAF: u32 = 1 << 31;
/// Keys that go down together, a bit each.
const BLOCK: usize = 32;
/// Edits that touch more root slots than this are cheaper as a build of the whole.
const SLOTS: u32 = 1 << 10;

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    inner: u64,
    starts: u64,
    first_node: u32,
    first_leaf: u32,
}

/// See the head of the file.
#[derive(Clone, Debug)]
pub struct Poptrie<K> {
    root: Vec<u32>,
    nodes: Vec<Node>,
    leaves: Vec<u32>,
    /// Memory after the last build of the whole, in nodes and leaves.
    built: usize,
    key: std::marker::PhantomData<K>,
}

impl<K: Key> Poptrie<K> {
    /// Builds the whole; values must be below [`NONE`].
    pub fn build(rib: &Rib<K>) -> Poptrie<K> {
        let mut trie = Poptrie {
            root: vec![LEAF | NONE; 1 << ROOT],
            nodes: Vec::new(),
            leaves: Vec::new(),
            built: 0,
            key: std::marker::PhantomData,
        };
        trie.fill_root(&rib.items());
        trie.nodes.shrink_to_fit();
        trie.leaves.shrink_to_fit();
        trie.built = trie.nodes.len() + trie.leaves.len();
        trie
    }

    fn fill_root(&mut self, items: &[Item<K>]) {
        let mut at = 0;
        while at < items.len() {
            let (network, len, value) = items[at];
            let slot = network.bits(0, ROOT);
            if len <= ROOT {
                let count = 1usize << (ROOT - len);
                self.root[slot as usize..][..count].fill(LEAF | value);
                at += 1;
                continue;
            }
            let end = at + items[at..].partition_point(|i| i.1 > ROOT && i.0.bits(0, ROOT) == slot);
            self.root[slot as usize] = self.node_for(&items[at..end], ROOT, self.root[slot as usize] & !LEAF);
            at = end;
        }
    }

    /// Brings the slots under a prefix that was added or removed up to date; false where a build of the whole is
    /// better (the trie is then stale and must go).
    pub fn update(&mut self, rib: &Rib<K>, network: K, len: u8) -> bool {
        let count = if len >= ROOT { 1 } else { 1u32 << (ROOT - len) };
        let wasted = (self.nodes.len() + self.leaves.len()).saturating_sub(self.built);
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
            true => LEAF | inherited,
            false => self.node_for(&items, ROOT, inherited),
        };
    }

    fn node_for(&mut self, items: &[Item<K>], depth: u8, inherited: u32) -> u32 {
        let at = self.nodes.len();
        self.nodes.push(Node::default());
        self.fill(at, items, depth, inherited);
        at as u32
    }

    /// Fills node `at`, which covers `depth` bits, from the prefixes inside it; all of them are longer than `depth`.
    #[cfg_attr(hot, optimize(speed))]
    fn fill(&mut self, at: usize, items: &[Item<K>], depth: u8, inherited: u32) {
        let mut values = [inherited; 64];
        let mut deeper = [(0usize, 0usize); 64];
        let mut inner = 0u64;
        for (i, &(network, len, value)) in items.iter().enumerate() {
            let child = network.bits(depth, STRIDE) as usize;
            if len <= depth + STRIDE {
                values[child..][..1 << (depth + STRIDE - len)].fill(value);
                continue;
            }
            if inner >> child & 1 == 0 {
                inner |= 1 << child;
                deeper[child].0 = i;
            }
            deeper[child].1 = i + 1;
        }
        let first_leaf = self.leaves.len() as u32;
        let starts = self.push_leaves(&values, inner);
        let first_node = self.nodes.len();
        self.nodes[at] = Node { inner, starts, first_node: first_node as u32, first_leaf };
        self.nodes.resize(first_node + inner.count_ones() as usize, Node::default());
        for (n, child) in ones(inner).enumerate() {
            let (from, to) = deeper[child];
            self.fill(first_node + n, &items[from..to], depth + STRIDE, values[child]);
        }
    }

    /// Appends the runs of equal leaves among the children that are no nodes; where they begin, as bits.
    fn push_leaves(&mut self, values: &[u32; 64], inner: u64) -> u64 {
        let mut starts = 0;
        let mut run = None;
        for child in ones(!inner) {
            if run != Some(values[child]) {
                run = Some(values[child]);
                starts |= 1 << child;
                self.leaves.push(values[child]);
            }
        }
        starts
    }

    /// The value of the longest prefix that holds `key`, or [`NONE`].
    #[inline]
    pub fn best(&self, key: K) -> u32 {
        let entry = self.root[key.bits(0, ROOT) as usize];
        if entry & LEAF != 0 {
            return entry & !LEAF;
        }
        self.descend(entry, key)
    }

    #[inline(always)]
    fn descend(&self, mut entry: u32, key: K) -> u32 {
        let mut at = ROOT;
        loop {
            let (is_node, next) = self.step(entry, key.bits(at, STRIDE));
            if is_node == 0 {
                return self.leaves[next as usize];
            }
            (entry, at) = (next, at + STRIDE);
        }
    }

    /// [`Poptrie::best`] of many keys. A block of them goes down level by level, side by side: their cache misses overlap, and no
    /// branch waits for one. Meanwhile an answer is the number of the key's node, then of its leaf.
    #[cfg_attr(hot, optimize(speed))]
    pub fn best_batch(&self, keys: &[K], out: &mut [u32]) {
        for (block, answers) in keys.chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
            let (mut deep, mut at) = (0u32, ROOT);
            for (i, (key, answer)) in block.iter().zip(&mut *answers).enumerate() {
                let entry = self.root[key.bits(0, ROOT) as usize];
                *answer = entry & !LEAF;
                deep |= (!entry >> 31) << i;
            }
            let mut busy = deep;
            while busy != 0 {
                for i in ones(u64::from(std::mem::take(&mut busy))) {
                    let (is_node, next) = self.step(answers[i], block[i].bits(at, STRIDE));
                    answers[i] = next;
                    busy |= is_node << i;
                }
                at += STRIDE;
            }
            for i in ones(u64::from(deep)) {
                answers[i] = self.leaves[answers[i] as usize];
            }
        }
    }

    /// The child of a node: 1 and its number where it is a node, else 0 and its leaf's.
    #[inline(always)]
    fn step(&self, node: u32, child: u32) -> (u32, u32) {
        let node = &self.nodes[node as usize];
        let below = (1u64 << child) - 1;
        let is_node = node.inner >> child & 1 == 1;
        let before = select_unpredictable(is_node, node.inner & below, node.starts & (below | 1 << child));
        let first = select_unpredictable(is_node, node.first_node, node.first_leaf.wrapping_sub(1));
        (u32::from(is_node), first.wrapping_add(before.count_ones()))
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.root.capacity() * 4 + self.nodes.capacity() * size_of::<Node>() + self.leaves.capacity() * 4
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
