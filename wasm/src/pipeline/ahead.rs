//! New flows of a batch, looked ahead for. Where both their directions belong in conntrack's index lies anywhere in the memory:
//! one after the other these words would be waited for, asked for together they come together.
//!
//! ```text
//! each row       the trail it would follow -> its first flow -> two hashes
//! all of them    a word at the home of each hash
//! ```
//! Nothing is decided here: a row looks everything up anew when it is its turn.

use super::places::fresh;
use super::trail::Trail;
use crate::fabric::{Fabric, World};

/// Rows that are looked ahead for together.
pub const AHEAD: usize = 64;

impl Fabric {
    /// Has the memory at hand that rows up to `end`, `AHEAD` of them at most, will ask for, should they begin flows.
    #[cfg_attr(hot, optimize(speed))]
    pub fn look_ahead(&mut self, ns: u32, (first, end): (usize, usize)) {
        let Fabric { world: World { trails, batch, .. }, spaces } = self;
        let mut homes = [(0, [0; 2]); AHEAD];
        for (at, home) in (first..end).zip(&mut homes) {
            let place = trails.likely(&fresh(&batch.key(ns, at)));
            if let Some((ns, birth, _)) = trails.trail(place).and_then(Trail::first_birth) {
                *home = (*ns, birth.hashes(batch.port(at)));
            }
        }
        let mut seen = 0;
        for (ns, hashes) in &homes[..AHEAD.min(end - first)] {
            if let Some(space) = spaces.get(*ns as usize).and_then(Option::as_deref) {
                seen ^= space.hooks.flows.touch(hashes[0]) ^ space.hooks.flows.touch(hashes[1]);
            }
        }
        trails.seen ^= seen;
    }
}
