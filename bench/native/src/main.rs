//! The plane's structures built native, measured on request. Reads requests line by line, answers each with one line:
//!
//! ```text
//!   load4 FILE    triples (address, length, value)      -> nanoseconds to build
//!   keys4 FILE    addresses                             -> how many
//!   run4          looks them all up                     -> nanoseconds
//!   load6, keys6, run6                                  the same with four words an address
//! ```
//! Files are little-endian 32-bit words.
use plane::route::Trie;
use std::io::{BufRead, Write};
use std::time::Instant;

#[derive(Default)]
struct Bench {
    v4: Trie<u32>,
    v6: Trie<u128>,
    keys4: Vec<u32>,
    keys6: Vec<u128>,
    answers: Vec<u32>,
}

fn words(path: &str) -> Vec<u32> {
    let bytes = std::fs::read(path).expect("a file of words");
    bytes.chunks_exact(4).map(|w| u32::from_le_bytes(w.try_into().expect("4 bytes"))).collect()
}

fn address6(words: &[u32]) -> u128 {
    words[..4].iter().fold(0, |address, &word| address << 32 | u128::from(word))
}

impl Bench {
    fn answer(&mut self, verb: &str, path: &str) -> u128 {
        match verb {
            "load4" => {
                let triples = words(path);
                timed(|| {
                    self.v4 = Trie::default();
                    triples.chunks_exact(3).for_each(|t| self.v4.insert(t[0], t[1] as u8, t[2]));
                    self.v4.index_bytes();
                })
            }
            "load6" => {
                let sextuples = words(path);
                timed(|| {
                    self.v6 = Trie::default();
                    sextuples.chunks_exact(6).for_each(|s| self.v6.insert(address6(s), s[4] as u8, s[5]));
                    self.v6.index_bytes();
                })
            }
            "keys4" => {
                self.keys4 = words(path);
                self.answers = vec![0; self.keys4.len()];
                self.keys4.len() as u128
            }
            "keys6" => {
                self.keys6 = words(path).chunks_exact(4).map(address6).collect();
                self.answers = vec![0; self.keys6.len()];
                self.keys6.len() as u128
            }
            "run4" => timed(|| self.v4.best_batch(&self.keys4, &mut self.answers)),
            "run6" => timed(|| {
                for (&key, answer) in self.keys6.iter().zip(&mut self.answers) {
                    *answer = self.v6.best(key);
                }
            }),
            other => panic!("no request {other}"),
        }
    }
}

fn timed(work: impl FnOnce()) -> u128 {
    let start = Instant::now();
    work();
    start.elapsed().as_nanos()
}

fn main() {
    let mut bench = Bench::default();
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let (verb, path) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = bench.answer(verb, path);
        let _ = writeln!(out, "{answer}").and_then(|()| out.flush());
    }
}
