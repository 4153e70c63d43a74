//! Longest-prefix match, fast and slow, both families. Tables are records of address, length, value; inputs are addresses.

use super::Part;
use plane::route::{Key, Trie, NONE};

#[allow(dead_code)]
#[path = "../../../wasm/src/golden.rs"]
mod golden;

/// An address of one or four words.
pub trait Address: Key {
    const WORDS: usize;
    fn of(words: &[u32]) -> Self;
}

impl Address for u32 {
    const WORDS: usize = 1;
    fn of(words: &[u32]) -> u32 {
        words[0]
    }
}

impl Address for u128 {
    const WORDS: usize = 4;
    fn of(words: &[u32]) -> u128 {
        words[..4].iter().fold(0, |address, &word| address << 32 | u128::from(word))
    }
}

fn records<A: Address>(words: &[u32]) -> impl Iterator<Item = (A, u8, u32)> + '_ {
    words.chunks_exact(A::WORDS + 2).map(|r| (A::of(r), r[A::WORDS] as u8, r[A::WORDS + 1]))
}

/// The plane's trie.
#[derive(Default)]
pub struct Routes<A: Address> {
    trie: Trie<A>,
    keys: Vec<A>,
    answers: Vec<u32>,
}
pub type Routes4 = Routes<u32>;
pub type Routes6 = Routes<u128>;

impl<A: Address> Part for Routes<A> {
    fn load(&mut self, words: &[u32]) {
        self.trie = Trie::default();
        records(words).for_each(|(address, len, value)| self.trie.insert(address, len, value));
        self.trie.index_bytes();
    }
    fn keys(&mut self, words: &[u32]) -> usize {
        self.keys = words.chunks_exact(A::WORDS).map(A::of).collect();
        self.answers = vec![0; self.keys.len()];
        self.keys.len()
    }
    fn run(&mut self, _kind: u32) {
        self.trie.best_batch(&self.keys, &mut self.answers);
    }
    fn answers(&self) -> &[u32] {
        &self.answers
    }
    fn bytes(&self) -> usize {
        self.trie.index_bytes()
    }
}

/// A scan of all prefixes.
#[derive(Default)]
pub struct Golden<A: Address> {
    table: golden::Lpm<A>,
    keys: Vec<A>,
    answers: Vec<u32>,
}
pub type Golden4 = Golden<u32>;
pub type Golden6 = Golden<u128>;

impl<A: Address> Part for Golden<A> {
    fn load(&mut self, words: &[u32]) {
        self.table.prefixes = records(words).collect();
    }
    fn keys(&mut self, words: &[u32]) -> usize {
        self.keys = words.chunks_exact(A::WORDS).map(A::of).collect();
        self.answers = vec![0; self.keys.len()];
        self.keys.len()
    }
    fn run(&mut self, _kind: u32) {
        for (&key, answer) in self.keys.iter().zip(&mut self.answers) {
            *answer = self.table.best(key).unwrap_or(NONE);
        }
    }
    fn answers(&self) -> &[u32] {
        &self.answers
    }
    fn bytes(&self) -> usize {
        self.table.prefixes.capacity() * size_of::<(A, u8, u32)>()
    }
}
