//! One table as it runs: its rules' words without the counters, chains by number, counters by line, and the state that
//! stateful matches keep.

use super::classifier::{offsets, runs_of, Run};
use super::memory::{Memory, State};
use super::program::{Chain, Program};
use super::vectors::Cursor;
use crate::abi::{base, op, program as abi, target};
use crate::wire::Family;

/// Packets and bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counter {
    pub packets: u64,
    pub bytes: u64,
}

/// What a table's rules need of the namespace.
#[derive(Clone, Copy, Default)]
pub struct Needs {
    /// Conntrack (nf_ct_netns_get).
    pub conntrack: bool,
    /// Reassembly alone (`socket`).
    pub defrag: bool,
    /// Accounting (`connbytes` forces it on).
    pub accounts: bool,
}

/// One loaded table.
pub struct Table {
    pub id: u32,
    pub family: Family,
    pub chains: Vec<Chain>,
    /// Rules, one after another: words, base, matches, target (program.rs), counters left out.
    pub code: Vec<u32>,
    pub counters: Vec<Counter>,
    pub states: Vec<State>,
    pub needs: Needs,
    /// By chain; chains without runs have nothing here.
    pub compiled: Vec<Compiled>,
    /// Compiled when the first packet comes: a table may be loaded rule by rule before that.
    pub compiles: bool,
    /// Where the packet under way lies in the vectors it met last.
    pub cursor: Cursor,
    /// Return addresses of the packet under way; empty between packets.
    pub stack: Vec<Frame>,
}

/// Where evaluation is in a chain: the next rule, how many are left, its line.
#[derive(Clone, Copy)]
pub struct Frame {
    pub at: usize,
    pub left: u32,
    pub line: u32,
    pub chain: u32,
    /// With so many rules left, `run` is asked which rule is next ([`classifier`](super::classifier)).
    pub stop: u32,
    pub run: u32,
    /// The rule from which the run is searched on.
    pub next: u32,
}

impl Frame {
    /// `stop` of a chain without (more) runs.
    pub const NEVER: u32 = u32::MAX;
}

/// A chain's compiled form: where its rules are, and which of them a hash finds.
#[derive(Default)]
pub struct Compiled {
    pub offsets: Vec<u32>,
    pub runs: Vec<Run>,
}

impl Table {
    /// Builds a table from its program. State of named lists is taken from, and shared through, `memory`.
    pub fn load(program: Program, memory: &mut Memory, now: u64) -> Table {
        let mut table = Table {
            id: program.table,
            family: program.family,
            code: program.code,
            counters: program.counters,
            chains: program.chains,
            states: Vec::new(),
            needs: Needs::default(),
            compiled: Vec::new(),
            compiles: false,
            cursor: Cursor::NOWHERE,
            stack: Vec::new(),
        };
        table.give_states(0, memory, now);
        table
    }
    /// Puts a patch that was read for this table in place. The rules before leave their words and lines behind.
    pub fn patch(&mut self, program: Program, memory: &mut Memory, now: u64) {
        let first = self.code.len();
        self.code.extend(program.code);
        self.counters.extend(program.counters);
        self.chains = program.chains;
        self.give_states(first, memory, now);
        if !self.compiles {
            self.compiled.resize_with(self.chains.len(), Compiled::default);
        }
        for (number, counter, kept) in program.named {
            if kept {
                let (first, policy) = (self.chains[number].line as usize, self.policy_line(number as u32) as usize);
                let lines = if self.chains[number].hook.is_some() { policy..policy + 1 } else { first..policy };
                self.counters[lines].fill(counter);
            } else if !self.compiles {
                self.compiled[number] = self.compile_chain(number);
            }
        }
    }
    /// Compiles chains that have runs; without it the table is walked rule by rule, with the same outcome.
    pub fn compile(&mut self) {
        self.compiled = (0..self.chains.len()).map(|chain| self.compile_chain(chain)).collect();
        if self.compiled.iter().all(|chain| chain.runs.is_empty()) {
            self.compiled.clear();
        }
    }
    fn compile_chain(&self, chain: usize) -> Compiled {
        let offsets = offsets(self, chain);
        let runs = runs_of(self, &offsets);
        if runs.is_empty() {
            Compiled::default()
        } else {
            Compiled { offsets, runs }
        }
    }
    /// Walks rules once, from a place in the code on: notes what they need, and gives each stateful match its place.
    fn give_states(&mut self, mut rule: usize, memory: &mut Memory, now: u64) {
        while rule < self.code.len() {
            let end = rule + self.code[rule] as usize;
            let mut at = rule + 1 + base_words(self.code[rule + 1], self.family);
            let matches = self.code[at];
            at += 1;
            for _ in 0..matches {
                let head = self.code[at];
                let operands = (head >> 16) as usize;
                self.note_match(head & 0xff);
                if let Some(state) =
                    State::of(head & 0xff, &self.code[at + 1..at + 1 + operands], memory, self.family, now)
                {
                    self.code[at + 1] = self.states.len() as u32;
                    self.states.push(state);
                }
                at += 1 + operands;
            }
            self.note_target(at);
            rule = end;
        }
    }
    fn note_match(&mut self, number: u32) {
        self.needs.conntrack |=
            matches!(number, op::CONNTRACK | op::CONNMARK | op::CONNBYTES | op::CONNLIMIT | op::HELPER);
        self.needs.defrag |= number == op::SOCKET;
        self.needs.accounts |= number == op::CONNBYTES;
    }
    fn note_target(&mut self, at: usize) {
        self.needs.conntrack |= match self.code[at] & 0xff {
            target::CONNMARK | target::SNAT | target::DNAT | target::MASQUERADE | target::REDIRECT | target::NETMAP => {
                true
            }
            target::CT => self.code[at + 1] & crate::abi::ct::NOTRACK == 0,
            _ => false,
        };
    }
    /// The line of a built-in chain's policy.
    pub fn policy_line(&self, chain: u32) -> u32 {
        let chain = &self.chains[chain as usize];
        chain.line + chain.rules
    }
}

/// Words of a rule's base part, its flags included.
pub fn base_words(flags: u32, family: Family) -> usize {
    let address = if family == Family::V4 { 2 } else { 8 };
    let mut words = 1;
    for (flag, size) in
        [(base::SOURCE, address), (base::DESTINATION, address), (base::IN, 5), (base::OUT, 5), (base::PROTO, 1)]
    {
        words += if flags & flag != 0 { size } else { 0 };
    }
    words
}

/// Whether a name's length word stands for a prefix (`eth+`).
pub fn name_mask(length: u32) -> u128 {
    let bytes = length & 0xff;
    if length & abi::WILDCARD == 0 || bytes >= 16 {
        u128::MAX
    } else {
        (1u128 << (8 * bytes)) - 1
    }
}

/// An interface name as programs write it: 16 bytes, the first lowest.
pub fn name_word(words: &[u32]) -> u128 {
    words[0] as u128 | (words[1] as u128) << 32 | (words[2] as u128) << 64 | (words[3] as u128) << 96
}

/// A device's name in the same form.
pub fn pack_name(name: &str) -> u128 {
    name.bytes().take(15).enumerate().fold(0, |word, (i, byte)| word | (byte as u128) << (8 * i))
}

/// A text operand's bytes.
pub fn text(words: &[u32]) -> impl Iterator<Item = u8> + Clone + '_ {
    words[1..].iter().flat_map(|word| word.to_le_bytes()).take(words[0] as usize)
}
