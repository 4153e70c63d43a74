//! Neighbour entries: who has which MAC, how sure that is, and what waits for the answer (net/core/neighbour.c).
//!
//! ```text
//! (none) --send--> INCOMPLETE --answer--> REACHABLE --30 s--> STALE --send--> DELAY --5 s--> PROBE --3 unanswered--> FAILED
//!                      `--3 requests unanswered--> FAILED                        `--confirmed--> REACHABLE
//! ```

use crate::hash::Map;
use crate::record::words;
use crate::route::Reach;
use crate::wire::{Ip, Mac, PacketId};

words! {
    /// Neighbour states by iproute2's names.
    Nud {
        Incomplete = "INCOMPLETE", Reachable = "REACHABLE", Stale = "STALE", Delay = "DELAY", Probe = "PROBE",
        Failed = "FAILED", NoArp = "NOARP", Permanent = "PERMANENT",
    }
}

impl Nud {
    /// A MAC is known (NUD_VALID).
    pub const fn is_valid(self) -> bool {
        !matches!(self, Nud::Incomplete | Nud::Failed)
    }
}

/// One entry.
pub struct Neighbour {
    pub mac: Mac,
    state: Nud,
    /// When somebody last proved to be there, and when the entry last changed.
    pub confirmed: u64,
    pub updated: u64,
    pub probes: u32,
    /// Packets that wait for the answer, oldest first.
    pub queue: Vec<PacketId>,
    /// Timers of an older generation are void.
    pub generation: u32,
    pub router: bool,
}

impl Neighbour {
    pub const fn state(&self) -> Nud {
        self.state
    }
    /// The state with the passage of time: what was confirmed long ago is stale.
    pub const fn state_at(&self, now: u64, reachable: u64) -> Nud {
        match self.state {
            Nud::Reachable if now > self.confirmed + reachable => Nud::Stale,
            state => state,
        }
    }
    /// Moves to a state; timers set before are void.
    pub fn enter(&mut self, state: Nud) {
        self.state = state;
        self.generation += 1;
    }
}

/// The entries of one device, and addresses it answers for (proxies).
#[derive(Default)]
pub struct Neighbours {
    entries: Map<Ip, Neighbour>,
    pub proxies: Vec<Ip>,
}

impl Neighbours {
    pub fn get(&self, ip: Ip) -> Option<&Neighbour> {
        self.entries.get(&ip)
    }
    pub fn get_mut(&mut self, ip: Ip) -> Option<&mut Neighbour> {
        self.entries.get_mut(&ip)
    }
    /// The entry, made (INCOMPLETE, unasked) where there was none.
    pub fn entry(&mut self, ip: Ip, now: u64) -> &mut Neighbour {
        self.entries.entry(ip).or_insert_with(|| Neighbour {
            mac: Mac::ZERO,
            state: Nud::Failed,
            confirmed: 0,
            updated: now,
            probes: 0,
            queue: Vec::new(),
            generation: 0,
            router: false,
        })
    }
    pub fn remove(&mut self, ip: Ip) -> Option<Neighbour> {
        self.entries.remove(&ip)
    }
    /// Addresses in the order their entries were made.
    pub fn list(&self) -> Vec<Ip> {
        self.entries.keys().copied().collect()
    }
    pub fn reach(&self, ip: Ip) -> Reach {
        match self.get(ip).map(Neighbour::state) {
            None | Some(Nud::Failed) => Reach::Unknown,
            Some(Nud::Incomplete) => Reach::Incomplete,
            Some(Nud::Reachable) => Reach::Reachable,
            Some(_) => Reach::Valid,
        }
    }
}
