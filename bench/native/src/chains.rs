//! The filter table's FORWARD hook. The table is a program (`wasm/src/filter/program.rs`), inputs are packets, answers 1 for
//! ACCEPT and 0 for DROP.

use super::quiet::{at, packets, Quiet};
use super::Part;
use plane::abi::{hook, table};
use plane::filter::{Hooks, Verdict};
use plane::wire::{Family, Packet};

/// Compiled chains, or every rule in turn.
pub struct Chains {
    hooks: Hooks,
    env: Quiet,
    packets: Vec<Packet>,
    answers: Vec<u32>,
    words: usize,
}

impl Chains {
    /// `linear`: the slow twin.
    pub fn new(linear: bool) -> Chains {
        let mut hooks = Hooks::default();
        hooks.linear = linear;
        Chains { hooks, env: Quiet::default(), packets: Vec::new(), answers: Vec::new(), words: 0 }
    }
}

impl Part for Chains {
    fn load(&mut self, words: &[u32]) {
        self.words = words.len();
        self.hooks.load(Family::V4, table::FILTER, words, 0).expect("a sound program");
    }
    fn keys(&mut self, words: &[u32]) -> usize {
        self.packets = packets(words);
        self.answers = vec![0; self.packets.len()];
        self.packets.len()
    }
    fn run(&mut self, _kind: u32) {
        for (packet, answer) in self.packets.iter_mut().zip(&mut self.answers) {
            *answer = u32::from(self.hooks.run(at(hook::FORWARD), packet, &mut self.env) == Verdict::Accept);
        }
    }
    fn answers(&self) -> &[u32] {
        &self.answers
    }
    fn bytes(&self) -> usize {
        self.words * 4
    }
}
