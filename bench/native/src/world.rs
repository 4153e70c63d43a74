//! A whole plane, built by the calls that built another one (`bench/record.ts`), given the same packets.
//!
//! ```text
//!   load   (number, words, word*)*      1 call: number, word*    2 table: ns, family, table, word*    3 set: ns, set, word*
//!                                       4 run: milliseconds as two words    5 send to: socket, port, source and target, bytes
//!   keys   ns, then rows of five words: the columns of a batch
//! ```
//! A run sends all rows; its answers are their outcomes. Kind 1 takes every flow away first.

use super::Part;
use plane::abi::column;
use plane::export::batch::CAPACITY;
use plane::export::Plane;

const ASKED: [u32; 5] = [column::SRC, column::DST, column::PORTS, column::KIND, column::LENGTH];
/// Words of two addresses as a call has them.
const ADDRESSES: usize = 8;

pub struct World {
    plane: Plane,
    ns: u32,
    rows: Vec<[u32; 5]>,
    answers: Vec<u32>,
}

impl Default for World {
    fn default() -> World {
        World { plane: Plane::new(1.0, 0.0), ns: 0, rows: Vec::new(), answers: Vec::new() }
    }
}

impl World {
    fn repeat(&mut self, number: u32, words: &[u32]) {
        match number {
            1 => drop(self.plane.call(words[0], &words[1..])),
            2 => drop(self.plane.load_table(words[0], words[1], words[2], &words[3..])),
            3 => drop(self.plane.load_set(words[0], words[1], &words[2..])),
            4 => self.plane.run(f64::from_bits(u64::from(words[0]) | u64::from(words[1]) << 32)),
            5 => {
                let (ips, bytes) = words[2..].split_at(ADDRESSES);
                let bytes: Vec<u8> = bytes.iter().map(|word| *word as u8).collect();
                self.plane.send_to(words[0], &bytes, ips, words[1] as u16);
            }
            other => panic!("no call of kind {other}"),
        }
    }
    fn forget(&mut self) {
        let fabric = &mut self.plane.fabric;
        fabric.interrupt();
        fabric.spaces.iter_mut().flatten().for_each(|space| space.hooks.flows.flush());
    }
}

impl Part for World {
    fn load(&mut self, words: &[u32]) {
        let mut at = 0;
        while at < words.len() {
            let end = at + 2 + words[at + 1] as usize;
            self.repeat(words[at], &words[at + 2..end]);
            at = end;
        }
        self.plane.begin_batch();
    }
    fn keys(&mut self, words: &[u32]) -> usize {
        self.ns = words[0];
        self.rows = words[1..].chunks_exact(5).map(|row| row.try_into().expect("five words")).collect();
        self.answers = vec![0; self.rows.len()];
        self.rows.len()
    }
    fn run(&mut self, kind: u32) {
        if kind == 1 {
            self.forget();
        }
        for (rows, answers) in self.rows.chunks(CAPACITY).zip(self.answers.chunks_mut(CAPACITY)) {
            let fabric = &mut self.plane.fabric;
            for (at, row) in rows.iter().enumerate() {
                ASKED.iter().zip(row).for_each(|(name, word)| fabric.world.batch.set(*name, at, *word));
            }
            fabric.send_batch(self.ns, rows.len());
            for (at, answer) in answers.iter_mut().enumerate() {
                *answer = fabric.world.batch.get(column::OUTCOME, at);
            }
        }
    }
    fn answers(&self) -> &[u32] {
        &self.answers
    }
    fn bytes(&self) -> usize {
        let fabric = &self.plane.fabric;
        fabric.spaces.iter().flatten().map(|space| space.hooks.flows.bytes()).sum()
    }
}
