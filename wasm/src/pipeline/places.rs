//! Where trails are, by the hashes of their keys: buckets of eight places, each with half a hash and a trail's number. No two places
//! of a bucket have the same half, so a look at one trail decides.

use super::trail::{Key, Trail, Trails, FRESH};
use crate::hash::mix;

/// Trails there are at most.
const MOST: usize = 16_384;
/// Trails that are looked for at one place.
const BUCKET: usize = 8;
/// A place without a trail.
const EMPTY: u32 = u32::MAX;

impl Trails {
    /// The trail of a key, where nobody is in a hurry.
    #[inline(never)]
    pub(super) fn known(&self, key: &Key) -> Option<usize> {
        let place = self.likely(key);
        self.trail(place).is_some_and(|trail| trail.key == *key).then_some(place as usize)
    }
    /// Which trail a key's may be: the first of its hash.
    #[inline(always)]
    pub(super) fn likely(&self, key: &Key) -> u32 {
        let hash = hash_of(key);
        let first = self.bucket(hash);
        let Some(words) = self.places.get(first..first + BUCKET) else { return EMPTY };
        // without a branch that nobody could foretell
        let look = |found, word: &u32| if word >> 16 == hash >> 16 { word & 0xffff } else { found };
        words.iter().rev().fold(EMPTY, look)
    }
    /// The trail of a number, if there is one.
    #[inline(always)]
    pub(super) fn trail(&self, place: u32) -> Option<&Trail> {
        self.trails.get(place as usize)
    }
    /// Where a hash's bucket begins.
    fn bucket(&self, hash: u32) -> usize {
        (hash as usize & (self.places.len() / BUCKET).wrapping_sub(1)) * BUCKET
    }
    /// The trail for a key: its own, else a new one, or one that is out of date, or somebody's.
    pub(super) fn place(&mut self, key: &Key) -> usize {
        if let Some(number) = self.known(key) {
            return number;
        }
        let grows = self.places.len() < 2 * MOST;
        if self.free.is_empty() && self.trails.len() * 2 >= self.places.len() && (grows || self.sorted != self.changes)
        {
            self.make_room();
        }
        if self.free.is_empty() && self.trails.len() < MOST {
            self.free.push(self.trails.len() as u32);
            self.trails.push(Trail::default());
        }
        let hash = hash_of(key);
        let first = self.bucket(hash);
        let bucket = &mut self.places[first..first + BUCKET];
        let is_old = |word: &u32| {
            *word == EMPTY
                || self.trails.get((word & 0xffff) as usize).is_none_or(|trail| trail.changes != self.changes)
        };
        let alike = bucket.iter().position(|word| word >> 16 == hash >> 16);
        let at = alike.or_else(|| bucket.iter().position(is_old)).unwrap_or(hash as usize >> 13 & (BUCKET - 1));
        let number = match bucket[at] {
            EMPTY => self.free.pop().unwrap_or(hash & (MOST as u32 - 1)),
            taken => taken & 0xffff,
        };
        bucket[at] = hash & 0xffff_0000 | number;
        number as usize
    }
    /// More places where most trails are in use; else those out of date lose theirs.
    #[cold]
    fn make_room(&mut self) {
        let changes = self.changes;
        let live = self.trails.iter().filter(|trail| trail.changes == changes).count();
        if live * 2 >= self.trails.len() && self.places.len() < 2 * MOST {
            self.places.resize((self.places.len() * 2).max(64 * BUCKET), EMPTY);
        }
        self.places.fill(EMPTY);
        self.free.clear();
        self.sorted = changes;
        for number in 0..self.trails.len() {
            let hash = hash_of(&self.trails[number].key);
            let first = self.bucket(hash);
            let hole = self.places[first..first + BUCKET].iter_mut().find(|word| **word == EMPTY);
            match hole.filter(|_| self.trails[number].changes == changes) {
                Some(word) => *word = hash & 0xffff_0000 | number as u32,
                None => self.free.push(number as u32),
            }
        }
    }
}

fn hash_of(key: &Key) -> u32 {
    let word = u64::from(key[1]) << 32 ^ u64::from(key[3]) ^ u64::from(key[2]).rotate_left(15) << 17;
    mix(word ^ u64::from(key[4]) << 40 ^ u64::from(key[0]).rotate_right(12))
}

/// The key of the first packets of flows from any source port.
#[inline(always)]
pub(super) fn fresh(key: &Key) -> Key {
    [key[0] | FRESH, key[1], key[2], key[3] & 0xffff, key[4]]
}
