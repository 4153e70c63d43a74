//! Matches that remember.

use super::long;
use crate::abi::{hashlimit as mode, recent as recent_mode};
use crate::filter::context::Context;
use crate::filter::env::Env;
use crate::filter::memory::{Bucket, HashLimitEntry, HashLimitKey, State, PER_SECOND, RECENT_LOOKS};
use crate::flow::tuple::has_ports;
use crate::wire::Prefix;

/// `-m statistic`
#[inline]
pub fn statistic<E: Env>(c: &mut Context<E>, o: &[u32], state: &mut State) -> bool {
    match state {
        State::Nth(count) => {
            *count = if *count == o[2].wrapping_sub(1) { 0 } else { count.wrapping_add(1) };
            *count == 0
        }
        _ => c.env.random() & 0x7fff_ffff < o[2],
    }
}

/// `-m limit`
pub fn limit<E: Env>(c: &mut Context<E>, state: &mut State) -> bool {
    match state {
        State::Bucket(bucket) => bucket.take(c.env.now()),
        _ => false,
    }
}

/// `-m quota`: fits while bytes are left; a packet wider than the rest uses the rest up.
pub fn quota<E: Env>(c: &mut Context<E>, state: &mut State) -> bool {
    let State::Quota(left) = state else { return false };
    let fits = *left >= c.length as u64;
    *left = if fits { *left - c.length as u64 } else { 0 };
    fits
}

/// `-m recent`
pub fn recent<E: Env>(c: &mut Context<E>, o: &[u32], states: &[State], invert: bool) -> bool {
    let State::Recent(list) = states[o[0] as usize] else { return false };
    let (mode, flags, seconds, hitcount) = (o[1], o[2], o[3], o[4]);
    let now = c.env.now();
    let list = &mut c.memory.recents[list];
    let address = if flags & recent_mode::DESTINATION != 0 { c.packet.dst } else { c.packet.src };
    let key = address.0 & list.mask;
    // the ttl as it was before forwarding took one
    let forwarded = c.at.oif != 0 && c.packet.iif != 0;
    let ttl = c.packet.ttl.wrapping_add(forwarded as u8);
    let known = list.entries.get(&key).filter(|entry| flags & recent_mode::TTL == 0 || entry.ttl == ttl);
    let Some(entry) = known else {
        if mode & recent_mode::SET == 0 {
            return invert;
        }
        list.update(key, ttl, now);
        return !invert;
    };
    let hits = mode & RECENT_LOOKS != 0 && {
        let hits = list.hits(entry, seconds, now);
        hits > 0 && hits >= hitcount
    };
    let fits = (mode & (recent_mode::SET | recent_mode::REMOVE) != 0 || hits) != invert;
    if mode & recent_mode::REMOVE != 0 && mode & recent_mode::SET == 0 {
        list.entries.remove(&key);
    } else if mode & recent_mode::SET != 0 || (mode & recent_mode::UPDATE != 0 && fits) {
        list.update(key, ttl, now);
    }
    if flags & recent_mode::REAP != 0 && mode & RECENT_LOOKS != 0 {
        list.reap(seconds, now);
    }
    fits
}

/// `-m hashlimit`
pub fn hashlimit<E: Env>(c: &mut Context<E>, o: &[u32], state: &State) -> bool {
    let State::HashLimit(table) = state else { return false };
    let (bits, interval, burst, most, expire) = (o[1], long(&o[2..]), long(&o[4..]), o[7], o[9] as u64 * 1_000_000);
    let key = limit_key(c, bits, (o[10], o[11]));
    let (now, bytes) = (c.env.now(), bits & mode::BYTES != 0);
    let table = &mut c.memory.limits[*table];
    if !table.entries.contains_key(&key) {
        table.entries.retain(|_, entry| entry.expires > now);
        if most != 0 && table.entries.len() >= most as usize {
            c.hotdrop = true;
            return false;
        }
    }
    let fresh = || HashLimitEntry { bucket: new_bucket(bytes, interval, burst, now), expires: 0 };
    let entry = table.entries.entry(key).or_insert_with(fresh);
    if entry.expires != 0 && entry.expires <= now {
        *entry = fresh();
    }
    entry.expires = now + expire;
    let cost = if bytes { (c.length as u64 * PER_SECOND).div_ceil(interval.max(1)) } else { entry.bucket.cost };
    entry.bucket.take_cost(cost, now) != (bits & mode::INVERT != 0)
}

/// Bytes a second are credit too: what the interval's bytes cost is a second.
fn new_bucket(bytes: bool, interval: u64, burst: u64, now: u64) -> Bucket {
    let credits = if bytes { seconds_of(burst.max(1), interval.max(1)) } else { seconds_of(interval, 10_000) };
    if bytes {
        Bucket::new(credits, 1, now)
    } else {
        Bucket::new(credits, burst, now)
    }
}

/// The credit of `amount / rate` seconds; where that leaves 64 bits, both lose their last digits.
fn seconds_of(amount: u64, rate: u64) -> u64 {
    let (whole, mut rest, mut rate) = (amount / rate, amount % rate, rate);
    while rest > u64::MAX / PER_SECOND {
        (rest, rate) = (rest >> 1, rate >> 1);
    }
    whole.saturating_mul(PER_SECOND).saturating_add(rest * PER_SECOND / rate)
}

fn limit_key<E: Env>(c: &Context<E>, bits: u32, lengths: (u32, u32)) -> HashLimitKey {
    let masked = |ip, length: u32| Prefix::new(ip, length.min(c.at.family.bits() as u32) as u8).network().ip.0;
    let mut key = HashLimitKey::default();
    if bits & mode::SRCIP != 0 {
        key.src = masked(c.packet.src, lengths.0);
    }
    if bits & mode::DSTIP != 0 {
        key.dst = masked(c.packet.dst, lengths.1);
    }
    if !has_ports(c.packet.proto) || !c.packet.has_transport() {
        return key;
    }
    if bits & mode::SRCPORT != 0 {
        key.sport = c.packet.sport;
    }
    if bits & mode::DSTPORT != 0 {
        key.dport = c.packet.dport;
    }
    key
}
