//! Which port a translated flow gets when its own is not to be had (nf_nat_l4proto_unique_tuple), and the hash that
//! spreads flows over addresses (Bob Jenkins' lookup3, as the kernel's jhash2 has it).

use super::nat::{Manip, Range};
use super::tuple::{has_ports, is_icmp, Wide};
use crate::abi::nat as flag;
use crate::filter::Env;

/// Tries before the kernel gives up a window of ports (NF_NAT_MAX_ATTEMPTS).
const ATTEMPTS: u32 = 128;

/// The ports to search: the first, and how many. `None`: this half has no port of its own to change.
fn class_of(tuple: &Wide, range: &Range, manip: Manip) -> Option<(u32, u32)> {
    let (low, high) = (range.ports.0 as u32, range.ports.1 as u32);
    if is_icmp(tuple.proto) {
        return Some(if range.has(flag::PORTS) { (low, high + 1 - low) } else { (0, 65536) });
    }
    if !has_ports(tuple.proto) {
        return None;
    }
    if range.has(flag::PORTS) {
        let (low, high) = (low.min(high), low.max(high));
        return Some((low, high - low + 1));
    }
    if manip == Manip::Destination {
        return None;
    }
    // privileged ports stay privileged; those below 512 say who somebody is (rsh)
    Some(match tuple.sport {
        0..=511 => (1, 511),
        512..=1023 => (600, 424),
        _ => (1024, 64512),
    })
}

fn set_port(tuple: &mut Wide, port: u16, manip: Manip) {
    if manip == Manip::Source || is_icmp(tuple.proto) {
        tuple.sport = port;
    } else {
        tuple.dport = port;
    }
}

/// The tuple with a port nobody has; after too many tries, with the last one tried (confirming it then drops the packet).
pub(super) fn choose_port<E: Env>(
    tuple: &mut Wide,
    range: &Range,
    manip: Manip,
    env: &mut E,
    mut is_taken: impl FnMut(&Wide) -> bool,
) -> Wide {
    let Some((first, size)) = class_of(tuple, range, manip) else { return *tuple };
    let own = if manip == Manip::Source || is_icmp(tuple.proto) { tuple.sport } else { tuple.dport };
    let mut offset = if range.has(flag::PORT_OFFSET) {
        own.wrapping_sub(range.base) as u32
    } else if range.is_random() || manip == Manip::Source {
        env.random() & 0xffff
    } else {
        0
    };
    let mut attempts = size.min(ATTEMPTS);
    loop {
        for _ in 0..attempts {
            set_port(tuple, (first + offset % size) as u16, manip);
            if !is_taken(tuple) {
                return *tuple;
            }
            offset = offset.wrapping_add(1) & 0xffff;
        }
        if attempts >= size || attempts < 16 {
            return *tuple;
        }
        attempts /= 2;
        offset = env.random() & 0xffff;
    }
}

/// jhash2 of four words.
pub(super) fn hash_words(words: [u32; 4], seed: u32) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(16).wrapping_add(seed);
    let (mut a, mut b, mut c) =
        (start.wrapping_add(words[0]), start.wrapping_add(words[1]), start.wrapping_add(words[2]));
    let step = |x: &mut u32, y: &mut u32, z: &mut u32, turn: u32| {
        *x = x.wrapping_sub(*z) ^ z.rotate_left(turn);
        *z = z.wrapping_add(*y);
    };
    step(&mut a, &mut b, &mut c, 4);
    step(&mut b, &mut c, &mut a, 6);
    step(&mut c, &mut a, &mut b, 8);
    step(&mut a, &mut b, &mut c, 16);
    step(&mut b, &mut c, &mut a, 19);
    step(&mut c, &mut a, &mut b, 4);
    a = a.wrapping_add(words[3]);
    let end = |x: u32, y: u32, turn: u32| (x ^ y).wrapping_sub(y.rotate_left(turn));
    c = end(c, b, 14);
    a = end(a, c, 11);
    b = end(b, a, 25);
    c = end(c, b, 16);
    a = end(a, c, 4);
    b = end(b, a, 14);
    end(c, b, 24)
}
