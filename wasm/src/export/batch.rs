//! The hot way in: many packets by one call, as columns of integers in memory that both sides see.
//!
//! ```text
//! memory of a batch, CAPACITY words each (abi::column):
//!   SRC  DST  PORTS(src << 16 | dst)  KIND(proto | TCP flags or ICMP type << 8 | ttl << 16)  LENGTH(payload bytes)
//!   OUTCOME  REASON(Reason)  PLACE(ns << 16 | device)  SEEN_SRC  SEEN_DST  SEEN_PORTS
//! ```
//! Each packet walks to its end before the next begins, or follows the trail of its like (`pipeline/trail.rs`). Receivers are
//! not given the bytes: what counts is who would have got them, and how they looked there. Nothing is allocated on the way.

use super::Plane;
use crate::abi::{column, outcome};
use crate::fabric::Fabric;
use crate::link::Place;
use crate::pipeline::ahead::AHEAD;
use crate::pipeline::local::Birth;
use crate::pipeline::trail::{Key, Verdict};
use crate::trace::Reason;
use crate::wire::packet::proto;
use crate::wire::{Ip, Packet};
use wasm_bindgen::prelude::wasm_bindgen;

/// Packets a batch holds.
pub const CAPACITY: usize = 1024;
const COLUMNS: usize = 11;

/// The columns; empty until somebody asks for them.
#[derive(Default)]
pub struct Batch {
    words: Vec<u32>,
    /// Counts batches, so that what becomes of a packet of an earlier one is not written down in this one.
    number: u32,
}

impl Batch {
    /// A row's value in a column.
    #[inline(always)]
    pub fn get(&self, name: u32, at: usize) -> u32 {
        self.words[name as usize * CAPACITY + at]
    }
    #[inline(always)]
    pub fn set(&mut self, name: u32, at: usize, value: u32) {
        self.words[name as usize * CAPACITY + at] = value;
    }
    /// The words in memory; made at the first call.
    pub fn begin(&mut self) -> *mut u32 {
        self.words.resize(COLUMNS * CAPACITY, 0);
        self.words.as_mut_ptr()
    }
    /// What the packet of a row carries: which batch it is of, and its row.
    fn probe(&self, at: usize) -> u32 {
        ((self.number % (u32::MAX >> 10)) << 10) | (at as u32 + 1)
    }
    /// The row of a packet of this batch.
    fn row(&self, probe: u32) -> Option<usize> {
        let at = (probe - 1) as usize % CAPACITY;
        (probe == self.probe(at)).then_some(at)
    }
    /// Writes down where a packet's way ended. A copy that was delivered counts more than one that was not.
    pub fn judge(&mut self, place: Place, packet: &Packet, (verdict, reason): (u32, Reason)) {
        let Some(at) = self.row(packet.probe) else { return };
        if self.get(column::OUTCOME, at) == outcome::DELIVERED {
            return;
        }
        self.set(column::OUTCOME, at, verdict);
        self.set(column::REASON, at, reason as u32);
        self.set(column::PLACE, at, place.ns << 16 | place.dev & 0xffff);
        self.set(column::SEEN_SRC, at, packet.src.low());
        self.set(column::SEEN_DST, at, packet.dst.low());
        self.set(column::SEEN_PORTS, at, u32::from(packet.sport) << 16 | u32::from(packet.dport));
    }
    #[inline(always)]
    pub fn key(&self, ns: u32, at: usize) -> Key {
        let get = |name| self.get(name, at);
        [ns, get(column::SRC), get(column::DST), get(column::PORTS), get(column::KIND)]
    }
    fn verdict(&self, at: usize) -> Verdict {
        std::array::from_fn(|number| self.get(column::OUTCOME + number as u32, at))
    }
    #[inline(always)]
    fn put_verdict(&mut self, at: usize, verdict: Verdict) {
        for (number, word) in verdict.into_iter().enumerate() {
            self.set(column::OUTCOME + number as u32, at, word);
        }
    }
    /// A row's source port.
    #[inline(always)]
    pub fn port(&self, at: usize) -> u16 {
        (self.get(column::PORTS, at) >> 16) as u16
    }
    /// The length of a row's packet from its IP header on.
    #[inline(always)]
    pub fn length(&self, at: usize) -> u32 {
        let header = match self.get(column::KIND, at) as u8 {
            proto::TCP => 20,
            proto::UDP | proto::ICMP | proto::ICMPV6 => 8,
            proto::SCTP => 12,
            _ => 0,
        };
        20 + header + (self.get(column::LENGTH, at) & 0xffff)
    }
    /// The packet of a row, as a local sender would make it.
    pub fn packet(&self, at: usize) -> Packet {
        let (ports, kind) = (self.get(column::PORTS, at), self.get(column::KIND, at));
        let number = kind as u8;
        let mut packet = Packet {
            src: Ip::v4(self.get(column::SRC, at)),
            dst: Ip::v4(self.get(column::DST, at)),
            sport: (ports >> 16) as u16,
            dport: ports as u16,
            proto: number,
            ttl: (kind >> 16) as u8,
            payload_len: self.get(column::LENGTH, at) as u16,
            probe: self.probe(at),
            ..Packet::EMPTY
        };
        match number {
            proto::TCP => packet.flags = (kind >> 8) as u8,
            proto::ICMP => packet.kind = (kind >> 8) as u8,
            _ => {}
        }
        packet
    }
}

impl Fabric {
    /// Sends rows 0..count from a namespace; sources need not be its own.
    #[cfg_attr(hot, optimize(speed))]
    pub fn send_batch(&mut self, ns: u32, count: usize) {
        self.world.batch.number += 1;
        let count = count.min(CAPACITY);
        for at in 0..count {
            if at % AHEAD == 0 {
                self.look_ahead(ns, (at, count));
            }
            let key = self.world.batch.key(ns, at);
            match self.follow_trail(&key, at) {
                Some(verdict) => self.world.batch.put_verdict(at, verdict),
                None => self.walk(key, at),
            }
        }
    }

    fn walk(&mut self, key: Key, at: usize) {
        let packet = self.world.batch.packet(at);
        debug_assert_eq!(packet.len(), self.world.batch.length(at));
        self.world.batch.put_verdict(at, [outcome::LOST, 0, 0, 0, 0, 0]);
        let chance = self.world.random;
        self.world.trails.begin(packet.len());
        let packet = self.world.pool.begin(packet);
        // The row says what became of it.
        let _ = self.send_born(Birth { ns: key[0], oif: 0, flags: Birth::ANY_SOURCE }, packet);
        self.run_queue();
        let verdict = self.world.batch.verdict(at);
        if self.world.random != chance {
            self.world.trails.spoil();
        }
        self.end_trail(key, verdict);
    }
}

#[wasm_bindgen]
impl Plane {
    /// Where the batch's columns lie in memory, and the plane itself for [`plane_send_batch`].
    #[wasm_bindgen(js_name = beginBatch)]
    pub fn begin_batch(&mut self) -> Vec<u32> {
        vec![self.fabric.world.batch.begin() as u32, &mut self.fabric as *mut Fabric as u32, CAPACITY as u32]
    }
}

/// Sends rows 0..count of the plane's batch from namespace `ns`.
///
/// # Safety
/// `fabric` must be what `beginBatch` of a plane that still lives gave, and no other call into that plane may be under way.
#[no_mangle]
pub unsafe extern "C" fn plane_send_batch(fabric: *mut Fabric, ns: u32, count: u32) {
    (*fabric).send_batch(ns, count as usize);
}
