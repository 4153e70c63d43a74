//! New flows of a batch, looked ahead for. Where both their directions belong in conntrack's index lies anywhere in the memory:
//! one after the other these words would be waited for, asked for together they come together.
//!
//! ```text
//! each row       the trail it would follow -> its first flow -> two hashes
//! all of them    a word at the home of each hash
//! ```
//! Nothing is decided here: a row asks the trail and the index when it is its turn. It takes the number of the trail and the hashes from
//! here, as long as no packet has walked meanwhile.

use super::places::fresh;
use super::trail::Trail;
use crate::fabric::{Fabric, World};
use crate::wire::packet::NONE;

/// Rows that are looked ahead for together.
pub const AHEAD: usize = 64;

/// A row's likely trail, and what the first flow on it hashes to, in its namespace.
#[derive(Clone, Copy)]
pub struct Sight {
    pub(super) place: u32,
    ns: u32,
    pub(super) hashes: [u64; 2],
}

impl Fabric {
    /// Has the memory at hand that rows up to `end`, `AHEAD` of them at most, will ask for, should they begin flows.
    #[cfg_attr(hot, optimize(speed))]
    pub fn look_ahead(&mut self, ns: u32, (first, end): (usize, usize)) {
        let Fabric { world: World { trails, batch, .. }, spaces } = self;
        trails.sights.clear();
        if !trails.begins {
            return;
        }
        for at in first..end.min(first + AHEAD) {
            let place = trails.likely(&fresh(&batch.key(ns, at)));
            let birth = trails.trail(place).and_then(Trail::first_birth);
            let (ns, hashes) = birth.map_or((NONE, [0; 2]), |(ns, birth, _)| (*ns, birth.hashes(batch.port(at))));
            trails.sights.push(Sight { place, ns, hashes });
        }
        let mut seen = 0;
        for Sight { ns, hashes, .. } in &trails.sights {
            if let Some(space) = spaces.get(*ns as usize).and_then(Option::as_deref) {
                seen ^= space.hooks.flows.touch(hashes[0]) ^ space.hooks.flows.touch(hashes[1]);
            }
        }
        trails.seen ^= seen;
    }
}
