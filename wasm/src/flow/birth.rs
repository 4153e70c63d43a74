//! A flow's birth, done again for another source port: what the first packet of a flow made of the table, the first packets of its
//! like make too (`pipeline/trail.rs`), without asking rules or NAT anew. That is so as long as nobody stands in the way:
//!
//! ```text
//! the packet's tuple is nobody's     else it belongs to that flow
//! the answer's tuple is nobody's     else NAT looks for another port
//! translated sources: the same source is translated alike elsewhere, or not at all
//! the table is not full              else a flow is dropped for it
//! ```
//! Else nothing has happened, and the packet must walk.

use super::entry::{status, Entry, ORIGINAL, REPLY};
use super::table::{ticks, zone_of, Conntrack, Count, Key};
use super::track::{Hit, Judged};
use super::tuple::is_icmp;
use crate::wire::packet::{proto, NONE};
use crate::wire::{CtInfo, Packet};

/// A flow as its first packet left it, but for its source port.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Birth(Entry);

/// A flow's first packet: its source port, what [`Birth::hashes`] makes of it, its length and when.
pub struct First {
    pub port: u16,
    pub hashes: [u64; 2],
    pub length: u32,
    pub now: u64,
}

/// What may be said of a flow that its first packet has just made.
const NEW: u16 = status::LIVE
    | status::CONFIRMED
    | status::HAS_WINDOW
    | status::NAT
    | status::NAT_DONE
    | status::ZONE_ORIGINAL
    | status::ZONE_REPLY;

impl Birth {
    /// Whether its protocol looks at the packet's headers.
    pub fn looks(&self) -> bool {
        self.0.proto != proto::UDP
    }
    /// What both directions hash to.
    #[inline(always)]
    pub fn hashes(&self, port: u16) -> [u64; 2] {
        self.with_port(port).hashes()
    }
    fn with_port(mut self, port: u16) -> Entry {
        self.0.tuples[ORIGINAL].sport = port;
        *answer_port(&mut self.0) = port;
        self.0
    }
}

/// Where the answer has the source port, as long as NAT left it alone.
fn answer_port(entry: &mut Entry) -> &mut u16 {
    let reply = &mut entry.tuples[REPLY];
    if is_icmp(entry.proto) {
        &mut reply.sport
    } else {
        &mut reply.dport
    }
}

impl Conntrack {
    /// Whether the packet has just begun its flow, and has no options that a flow would remember.
    pub fn begins(&self, packet: &Packet) -> bool {
        let new = self.entry(packet.ct).is_some_and(|entry| !entry.has(status::CONFIRMED));
        new && packet.ct_info == CtInfo::New && packet.mss == 0
    }
    /// How a flow was born that the packet under way has made from this source port; nothing where that is not all it did.
    pub fn birth(&self, handle: u32, port: u16) -> Option<Birth> {
        let mut entry = *self.entry(handle)?;
        let known = entry.has(status::CONFIRMED) && entry.status & !NEW == 0;
        let kept = entry.tuples[ORIGINAL].sport == port && *answer_port(&mut entry) == port;
        // NAT may give an echo request another id before it comes to the source
        let plain = match entry.proto {
            proto::TCP | proto::UDP => true,
            proto::ICMP => !entry.has(status::NAT),
            _ => false,
        };
        // nor may another flow of its source have decided what it became
        if !known || !kept || !plain || self.pending.watched || self.meets_source(&entry, handle) {
            return None;
        }
        entry.status &= !(status::CONFIRMED | status::HAS_WINDOW);
        (entry.held, entry.generation) = (entry.held & 0xf0 | 1, 0);
        (entry.state, entry.expires, entry.extra) = (0, 0, 0);
        Some(Birth(Birth(entry).with_port(0)))
    }

    /// Reads a word where flows of this hash begin.
    #[inline(always)]
    pub fn touch(&self, hash: u64) -> u32 {
        self.index.touch(hash)
    }
    /// Makes the flow of a packet; it is for [`Conntrack::link_at`] or [`Conntrack::unbear`] then.
    #[cfg_attr(hot, optimize(speed))]
    pub fn bear(&mut self, birth: &Birth, packet: &Packet, first: First) -> Option<u32> {
        let First { port, hashes, length, now } = first;
        let now = ticks(now);
        let mut entry = birth.with_port(port);
        if self.count() >= self.config.max as usize && self.config.max != 0 || self.is_in_the_way(&entry, hashes) {
            return None;
        }
        let at = self.entries.take();
        let slot = self.entries.get_mut(at);
        entry.generation = slot.generation;
        *slot = entry;
        if self.config.acct {
            *self.account_slot(at) = [Count::default(); 2];
        }
        let Judged::Live(timeout) = self.judge_headers(Hit { at, dir: ORIGINAL, now }, packet, entry.proto) else {
            self.unbear(at);
            return None;
        };
        self.refresh(at, timeout, now);
        self.account(at, ORIGINAL, length);
        Some(at)
    }

    /// Whether any flow has a part in what such a new one becomes.
    fn is_in_the_way(&self, entry: &Entry, hashes: [u64; 2]) -> bool {
        let is_taken = |side: usize| self.find_at(hashes[side], &entry.tuples[side], Key::of(entry)).is_some();
        is_taken(ORIGINAL) || is_taken(REPLY) || self.meets_source(entry, NONE)
    }

    /// Whether the source of a flow is translated for another flow as well; for one that is not born yet (`own` none): otherwise.
    fn meets_source(&self, entry: &Entry, own: u32) -> bool {
        if !entry.has(status::SRC_NAT) {
            return false;
        }
        let zone = zone_of(entry, ORIGINAL);
        let [original, reply] = entry.tuples;
        let mut meets = false;
        self.sources.find(original.source_hash(entry.proto), |slot| {
            let mut other = *self.entries.get(slot.entry);
            let theirs = other.tuples[ORIGINAL];
            let same = (theirs.src, theirs.sport, other.proto) == (original.src, original.sport, entry.proto)
                && zone_of(&other, ORIGINAL) == zone;
            let alike = (other.tuples[REPLY].dst, *answer_port(&mut other)) == (reply.dst, original.sport);
            meets |= same && slot.entry != own && (own != NONE || !alike);
            false
        });
        meets
    }

    /// Takes a birth back: the table is as if nothing had been.
    #[cold]
    pub fn unbear(&mut self, at: u32) {
        let entry = self.entries.get_mut(at);
        if entry.has(status::HAS_WINDOW) {
            self.windows.give(entry.extra);
        }
        entry.status = 0;
        self.entries.give(at);
    }
}
