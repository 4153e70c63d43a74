//! IPv6 addresses by number: each is kept once, with a count of the tuples that name it.

use crate::wire::Ip;

/// The interned addresses of one conntrack table: open addressing over a dense list.
#[derive(Default)]
pub struct Addresses {
    list: Vec<(u128, u32)>,
    free: Vec<u32>,
    /// Number + 1, 0 for an empty slot; a power of two long, at most half full.
    slots: Vec<u32>,
    live: usize,
}

const EMPTY: u32 = 0;

fn hash(ip: u128) -> usize {
    let x = ip as u64 ^ ((ip >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32) as usize
}

impl Addresses {
    /// The number of an address some tuple names.
    pub fn find(&self, ip: Ip) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut at = hash(ip.0) & mask;
        while self.slots[at] != EMPTY {
            let number = self.slots[at] - 1;
            if self.list[number as usize].0 == ip.0 {
                return Some(number);
            }
            at = (at + 1) & mask;
        }
        None
    }
    /// The address of a number.
    pub fn get(&self, number: u32) -> Ip {
        Ip(self.list[number as usize].0)
    }
    /// One more tuple names the address.
    pub fn hold(&mut self, ip: Ip) -> u32 {
        if let Some(number) = self.find(ip) {
            self.list[number as usize].1 += 1;
            return number;
        }
        if (self.live + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.list.push((0, 0));
            self.list.len() as u32 - 1
        });
        self.list[number as usize] = (ip.0, 1);
        self.place(number);
        self.live += 1;
        number
    }
    /// One tuple less; the last one takes the number with it.
    pub fn drop(&mut self, number: u32) {
        let entry = &mut self.list[number as usize];
        entry.1 -= 1;
        if entry.1 == 0 {
            let ip = entry.0;
            self.remove(number, ip);
        }
    }

    fn place(&mut self, number: u32) {
        let mask = self.slots.len() - 1;
        let mut at = hash(self.list[number as usize].0) & mask;
        while self.slots[at] != EMPTY {
            at = (at + 1) & mask;
        }
        self.slots[at] = number + 1;
    }
    fn remove(&mut self, number: u32, ip: u128) {
        let mask = self.slots.len() - 1;
        let mut at = hash(ip) & mask;
        while self.slots[at] != number + 1 {
            at = (at + 1) & mask;
        }
        self.slots[at] = EMPTY;
        self.free.push(number);
        self.live -= 1;
        // whoever had been pushed past the hole moves up
        let mut next = (at + 1) & mask;
        while self.slots[next] != EMPTY {
            let moved = std::mem::replace(&mut self.slots[next], EMPTY) - 1;
            self.place(moved);
            next = (next + 1) & mask;
        }
    }
    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(16);
        let old = std::mem::replace(&mut self.slots, vec![EMPTY; size]);
        for slot in old.into_iter().filter(|slot| *slot != EMPTY) {
            self.place(slot - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn every_held_address_is_found_and_no_other(steps in proptest::collection::vec((0u128..40, any::<bool>()), 1..300)) {
            let (mut fast, mut slow) = (Addresses::default(), HashMap::<u128, (u32, u32)>::new());
            for (ip, hold) in steps {
                if hold {
                    let number = fast.hold(Ip(ip));
                    let entry = slow.entry(ip).or_insert((number, 0));
                    prop_assert_eq!(entry.0, number);
                    entry.1 += 1;
                } else if let Some((number, count)) = slow.get_mut(&ip) {
                    fast.drop(*number);
                    *count -= 1;
                    if *count == 0 { slow.remove(&ip); }
                }
                for ip in 0..40u128 {
                    prop_assert_eq!(fast.find(Ip(ip)), slow.get(&ip).map(|e| e.0));
                }
            }
        }
    }
}
