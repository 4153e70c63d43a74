//! One routing table: the routes to each prefix in the order in which a lookup tries them, found by a trie.

use super::trie::{Trie, NONE};
use crate::wire::{Family, Ip, Prefix};

/// One route to a prefix: the tos it is for and the info it shares (struct fib_alias).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Alias {
    pub info: u32,
    pub tos: u8,
}

/// The routes to one prefix; nearly always one.
pub(super) struct Bucket {
    pub prefix: Prefix,
    aliases: Aliases,
}

enum Aliases {
    One(Alias),
    Many(Vec<Alias>),
}

impl Bucket {
    /// The routes in the order of a lookup; empty only in a bucket that is free.
    pub fn aliases(&self) -> &[Alias] {
        match &self.aliases {
            Aliases::One(alias) => std::slice::from_ref(alias),
            Aliases::Many(aliases) => aliases,
        }
    }
}

enum Tries {
    V4(Trie<u32>),
    V6(Trie<u128>),
}

/// See the head of the file.
pub(super) struct Table {
    pub id: u32,
    tries: Tries,
    buckets: Vec<Bucket>,
    free: Vec<u32>,
}

impl Table {
    pub fn new(family: Family, id: u32) -> Table {
        let tries = match family {
            Family::V4 => Tries::V4(Trie::default()),
            Family::V6 => Tries::V6(Trie::default()),
        };
        Table { id, tries, buckets: Vec::new(), free: Vec::new() }
    }

    /// The routes to the longest prefix that holds `ip`.
    #[inline]
    pub fn best(&self, ip: Ip) -> Option<&Bucket> {
        let slot = match &self.tries {
            Tries::V4(trie) => trie.best(ip.low()),
            Tries::V6(trie) => trie.best(ip.0),
        };
        if slot == NONE {
            return None;
        }
        Some(&self.buckets[slot as usize])
    }

    /// The routes to every prefix that holds `ip`, the longest prefix first.
    pub fn covering(&self, ip: Ip) -> Vec<&Bucket> {
        let bucket = |(_, slot): (u8, u32)| &self.buckets[slot as usize];
        match &self.tries {
            Tries::V4(trie) => trie.covering(ip.low()).map(bucket).collect(),
            Tries::V6(trie) => trie.covering(ip.0).map(bucket).collect(),
        }
    }

    /// The routes to exactly this prefix, in order.
    pub fn at(&self, prefix: Prefix) -> &[Alias] {
        self.bucket(prefix).map_or(&[], Bucket::aliases)
    }

    pub fn bucket(&self, prefix: Prefix) -> Option<&Bucket> {
        self.slot(prefix).map(|slot| &self.buckets[slot as usize])
    }

    fn slot(&self, prefix: Prefix) -> Option<u32> {
        match &self.tries {
            Tries::V4(trie) => trie.get(prefix.ip.low(), prefix.len),
            Tries::V6(trie) => trie.get(prefix.ip.0, prefix.len),
        }
    }

    /// Puts a route to `prefix` (host bits 0) before the `at`th.
    pub fn insert(&mut self, prefix: Prefix, at: usize, alias: Alias) {
        let Some(slot) = self.slot(prefix) else {
            return self.insert_first(prefix, alias);
        };
        let bucket = &mut self.buckets[slot as usize];
        match &mut bucket.aliases {
            Aliases::Many(all) => all.insert(at, alias),
            Aliases::One(one) if at == 0 => bucket.aliases = Aliases::Many(vec![alias, *one]),
            Aliases::One(one) => bucket.aliases = Aliases::Many(vec![*one, alias]),
        }
    }

    fn insert_first(&mut self, prefix: Prefix, alias: Alias) {
        let bucket = Bucket { prefix, aliases: Aliases::One(alias) };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.buckets[slot as usize] = bucket;
                slot
            }
            None => {
                self.buckets.push(bucket);
                self.buckets.len() as u32 - 1
            }
        };
        match &mut self.tries {
            Tries::V4(trie) => trie.insert(prefix.ip.low(), prefix.len, slot),
            Tries::V6(trie) => trie.insert(prefix.ip.0, prefix.len, slot),
        }
    }

    /// Puts another route in the place of the `at`th; the one that was there.
    pub fn replace(&mut self, prefix: Prefix, at: usize, alias: Alias) -> Alias {
        let slot = self.slot(prefix).expect("the prefix has routes");
        let place = match &mut self.buckets[slot as usize].aliases {
            Aliases::One(one) => one,
            Aliases::Many(all) => &mut all[at],
        };
        std::mem::replace(place, alias)
    }

    /// Takes the `at`th route to `prefix` out.
    pub fn remove(&mut self, prefix: Prefix, at: usize) -> Alias {
        let slot = self.slot(prefix).expect("the prefix has routes");
        let bucket = &mut self.buckets[slot as usize];
        if let Aliases::Many(all) = &mut bucket.aliases {
            let gone = all.remove(at);
            if all.is_empty() {
                self.forget(prefix, slot);
            }
            return gone;
        }
        let gone = bucket.aliases()[0];
        self.forget(prefix, slot);
        gone
    }

    fn forget(&mut self, prefix: Prefix, slot: u32) {
        match &mut self.tries {
            Tries::V4(trie) => trie.remove(prefix.ip.low(), prefix.len),
            Tries::V6(trie) => trie.remove(prefix.ip.0, prefix.len),
        };
        self.buckets[slot as usize].aliases = Aliases::Many(Vec::new());
        self.free.push(slot);
    }

    /// Every prefix with its routes, in the kernel's order of a dump: IPv4 by network and then the longer prefix first
    /// (fib_trie leaves), IPv6 the longer prefix before the shorter that holds it (fib6_walk).
    pub fn dump(&self) -> Vec<&Bucket> {
        match &self.tries {
            Tries::V4(trie) => {
                let mut buckets: Vec<&Bucket> = trie.iter().map(|(_, _, slot)| &self.buckets[slot as usize]).collect();
                buckets.chunk_by_mut(|a, b| a.prefix.ip == b.prefix.ip).for_each(|group| group.reverse());
                buckets
            }
            Tries::V6(trie) => inner_first(trie.iter().map(|(_, _, slot)| &self.buckets[slot as usize])),
        }
    }
}

/// From the order (network, length) to each prefix after all that it holds.
fn inner_first<'a>(buckets: impl Iterator<Item = &'a Bucket>) -> Vec<&'a Bucket> {
    let (mut done, mut open): (Vec<&Bucket>, Vec<&Bucket>) = (Vec::new(), Vec::new());
    for bucket in buckets {
        while let Some(outer) = open.pop_if(|outer| !outer.prefix.contains(bucket.prefix.ip)) {
            done.push(outer);
        }
        open.push(bucket);
    }
    done.extend(open.into_iter().rev());
    done
}
