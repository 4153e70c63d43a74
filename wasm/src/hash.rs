//! Hash maps whose order depends on nothing but what was put in: same spec, same seed, same log.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map with the plane's own hasher.
pub type Map<K, V> = HashMap<K, V, BuildHasherDefault<Mixer>>;

/// A multiply-and-rotate hasher (as rustc's own), not keyed: nobody attacks a simulation.
#[derive(Default, Clone, Copy)]
pub struct Mixer(u64);

impl Mixer {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 29
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
        self.add((word >> 64) as u64);
        self.add(word as u64);
    }
    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }
}

/// 32 well-mixed bits of a word, for choices that must not depend on a map (vxlan's source port, netem).
pub const fn mix(word: u64) -> u32 {
    let word = (word ^ word >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (word >> 32) as u32 ^ word as u32
}
