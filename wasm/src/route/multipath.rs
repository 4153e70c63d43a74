//! Which leg of a multipath route a flow takes: the kernel's hash of the flow, and the share of the hash space that
//! each leg's weight gives it. With the same seed the same flow takes the same leg as on Linux.

use super::flow::{Ends, FlowKey};
use super::info::Info;
use crate::wire::{packet::proto, Family, Ip};

/// `fib_multipath_hash_policy` and `fib_multipath_hash_seed` of a family.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Multipath {
    /// 0: addresses (IPv6: and flow label and protocol). 1: addresses, protocol and ports.
    pub policy: u8,
    /// IPv4 and IPv6 share it.
    pub seed: u32,
}

impl Multipath {
    /// The flow's 31-bit hash (fib_multipath_hash, rt6_multipath_hash).
    pub fn hash(self, key: &FlowKey) -> u32 {
        let about = key.about.filter(|about| self.policy == 0 || about.born);
        let own = Ends { src: key.src, dst: key.dst, proto: key.proto, ports: (key.sport, key.dport), born: false };
        let Ends { src, dst, proto, ports, .. } = about.unwrap_or(own);
        let mut flow = HashedFlow { src, dst, family: key.dst.family(), ..HashedFlow::default() };
        if self.policy == 1 {
            flow.proto = proto;
            flow.ports = if has_ports(proto) { ports } else { (0, 0) };
        } else if flow.family == Family::V6 {
            flow.proto = proto;
            flow.flow_label = key.flow_label;
        }
        flow.hash(self.seed) >> 1
    }
}

fn has_ports(number: u8) -> bool {
    matches!(number, proto::TCP | proto::UDP | proto::SCTP)
}

/// The fields of struct flow_keys that are hashed.
struct HashedFlow {
    family: Family,
    src: Ip,
    dst: Ip,
    proto: u8,
    ports: (u16, u16),
    flow_label: u32,
}

impl Default for HashedFlow {
    fn default() -> Self {
        HashedFlow { family: Family::V4, src: Ip::ANY4, dst: Ip::ANY4, proto: 0, ports: (0, 0), flow_label: 0 }
    }
}

impl HashedFlow {
    /// flow_hash_from_keys_seed; 0 becomes 1.
    fn hash(self, seed: u32) -> u32 {
        let word = (seed as u64) << 32 | seed as u64;
        let (words, count) = self.in_order().words();
        match siphash(word, &words[..count]) as u32 {
            0 => 1,
            hash => hash,
        }
    }

    /// __flow_hash_consistentify: both directions of a flow hash alike. Addresses and ports are ordered apart, IPv4
    /// addresses and ports as a little-endian machine reads them.
    fn in_order(mut self) -> HashedFlow {
        let rank = |ip: Ip| match self.family {
            Family::V4 => ip.low().swap_bytes() as u128,
            Family::V6 => ip.0,
        };
        if rank(self.dst) < rank(self.src) {
            (self.src, self.dst) = (self.dst, self.src);
        }
        if self.ports.1.swap_bytes() < self.ports.0.swap_bytes() {
            self.ports = (self.ports.1, self.ports.0);
        }
        self
    }

    /// From the member `basic` on, on a little-endian machine, in words of 8 bytes: protocol, label, ports, addresses, padding; how
    /// many words there are.
    fn words(&self) -> ([u64; 10], usize) {
        let mut words = [0; 10];
        words[0] = u64::from(self.proto) << 16 | u64::from(self.flow_label) << 32;
        let (source, destination) = (self.ports.0.swap_bytes(), self.ports.1.swap_bytes());
        words[3] = u64::from(source) << 32 | u64::from(destination) << 48;
        // the addresses follow the ports half a word later
        let mut at = 36;
        for ip in [self.src, self.dst] {
            let parts = ip.words();
            for word in if self.family == Family::V4 { &parts[3..] } else { &parts } {
                words[at / 8] |= u64::from(word.swap_bytes()) << (at % 8 * 8);
                at += 4;
            }
        }
        (words, at.div_ceil(8))
    }
}

/// SipHash-2-4 (Aumasson and Bernstein) with both key words alike.
fn siphash(key: u64, words: &[u64]) -> u64 {
    let constants = [0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261, 0x7465646279746573u64];
    let mut v = constants.map(|c| c ^ key);
    for word in words.iter().copied().chain([(words.len() as u64) << 59]) {
        v[3] ^= word;
        sip_rounds(&mut v, 2);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    sip_rounds(&mut v, 4);
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

#[inline(never)]
fn sip_rounds(v: &mut [u64; 4], count: u32) {
    for _ in 0..count {
        v[0] = v[0].wrapping_add(v[1]);
        v[2] = v[2].wrapping_add(v[3]);
        v[1] = v[1].rotate_left(13) ^ v[0];
        v[3] = v[3].rotate_left(16) ^ v[2];
        v[0] = v[0].rotate_left(32);
        v[2] = v[2].wrapping_add(v[1]);
        v[0] = v[0].wrapping_add(v[3]);
        v[1] = v[1].rotate_left(17) ^ v[2];
        v[3] = v[3].rotate_left(21) ^ v[0];
        v[2] = v[2].rotate_left(32);
    }
}

/// Shares the hash space among legs by weight; a weight of `None` is a leg that takes no part (fib_rebalance).
pub(super) fn upper_bounds(weights: impl Iterator<Item = Option<u16>> + Clone) -> impl Iterator<Item = i64> {
    let total: u64 = weights.clone().flatten().map(u64::from).sum();
    let mut sum = 0u64;
    weights.map(move |weight| {
        let Some(weight) = weight else { return -1 };
        sum += u64::from(weight);
        (((sum << 31) + total / 2) / total) as i64 - 1
    })
}

impl Info {
    /// Shares the hash space anew after a leg came or went.
    pub(super) fn rebalance(&mut self, ignores_linkdown: impl Fn(u32) -> bool) {
        if self.facts.legs.len() < 2 {
            return;
        }
        let legs: Vec<Option<u16>> = (0..self.facts.legs.len())
            .map(|n| self.is_good(n, 0, &ignores_linkdown).then_some(self.facts.legs[n].weight))
            .collect();
        for (state, bound) in self.states.iter_mut().zip(upper_bounds(legs.into_iter())) {
            state.upper_bound = bound;
        }
    }

    /// The leg for a hash; one whose own address is the bound source is preferred (fib_select_multipath). `None`:
    /// no leg takes part.
    pub(super) fn select_leg(&self, hash: u32, source: Option<Ip>) -> Option<usize> {
        let mut best: Option<(usize, u8)> = None;
        for (n, state) in self.states.iter().enumerate().filter(|(_, s)| s.upper_bound >= 0) {
            let bonus = if source.is_some_and(|s| s == state.source) { 2 } else { 0 };
            let score = bonus + u8::from(i64::from(hash) <= state.upper_bound);
            if best.is_none_or(|(_, held)| held < score) {
                best = Some((n, score));
            }
            if score == 3 || (source.is_none() && score == 1) {
                break;
            }
        }
        best.map(|(n, _)| n)
    }
}
