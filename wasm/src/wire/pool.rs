//! Where packets wait and payload bytes lie. Boxes and slots are used again, so a busy plane allocates nothing per packet.
//!
//! ```text
//! Parcel    a packet on its way: whoever holds the box owns it, and handing it on moves the box, not the packet
//! parked    [ P | P | free -> | P | free ]      kept by number: quoted, carried in a tunnel, waiting for a neighbour or an event
//! payloads  [ bytes x2 | bytes x1 | free ]      shared: every copy of a packet counts once
//! spare     boxes whose packets are gone
//! ```
//! Law: whoever ends a packet's way calls `release`; whoever copies one calls `copy`.

use super::packet::{Packet, PacketId, NONE};

/// A packet and the duty to end its way.
pub type Parcel = Box<Packet>;

/// Bytes that packets share.
#[derive(Default)]
struct Slab {
    bytes: Vec<u8>,
    owners: u32,
}

/// The arena of one plane.
#[derive(Default)]
pub struct Pool {
    parked: Vec<Option<Parcel>>,
    free: Vec<PacketId>,
    spare: Vec<Parcel>,
    slabs: Vec<Slab>,
    free_slabs: Vec<u32>,
}

impl Pool {
    /// Sends a packet on its way.
    pub fn begin(&mut self, packet: Packet) -> Parcel {
        match self.spare.pop() {
            Some(mut parcel) => {
                *parcel = packet;
                parcel
            }
            None => Box::new(packet),
        }
    }
    /// Puts a packet away; the number gets it back with [`Pool::take`].
    pub fn park(&mut self, parcel: Parcel) -> PacketId {
        match self.free.pop() {
            Some(id) => {
                self.parked[id as usize] = Some(parcel);
                id
            }
            None => {
                self.parked.push(Some(parcel));
                self.parked.len() as u32 - 1
            }
        }
    }
    /// Takes a parked packet out; its number is free again.
    pub fn take(&mut self, id: PacketId) -> Parcel {
        self.free.push(id);
        self.parked[id as usize].take().expect("no packet is parked there")
    }
    pub fn get(&self, id: PacketId) -> &Packet {
        self.parked[id as usize].as_deref().expect("no packet is parked there")
    }
    pub fn get_mut(&mut self, id: PacketId) -> &mut Packet {
        self.parked[id as usize].as_deref_mut().expect("no packet is parked there")
    }

    /// Stores payload bytes with one owner; [`NONE`] for none at all.
    pub fn store(&mut self, bytes: &[u8]) -> u32 {
        if bytes.is_empty() {
            return NONE;
        }
        let id = self.free_slabs.pop().unwrap_or_else(|| {
            self.slabs.push(Slab::default());
            self.slabs.len() as u32 - 1
        });
        let slab = &mut self.slabs[id as usize];
        slab.bytes.clear();
        slab.bytes.extend_from_slice(bytes);
        slab.owners = 1;
        id
    }
    /// One more packet has the payload.
    pub fn share(&mut self, payload: u32) {
        if payload != NONE {
            self.slabs[payload as usize].owners += 1;
        }
    }
    /// The payload bytes of a packet, IP options first; empty where it carries another packet instead.
    pub fn bytes(&self, packet: &Packet) -> &[u8] {
        if packet.payload == NONE {
            &[]
        } else {
            &self.slabs[packet.payload as usize].bytes
        }
    }
    /// The payload behind IP options.
    pub fn data(&self, packet: &Packet) -> &[u8] {
        let bytes = self.bytes(packet);
        &bytes[(packet.options_len as usize).min(bytes.len())..]
    }

    /// A copy with its own life: payload is shared, a packet inside is copied too.
    pub fn copy(&mut self, packet: &Packet) -> Parcel {
        let mut copy = self.begin(*packet);
        self.share(copy.payload);
        if copy.inner != NONE {
            let inner = *self.get(copy.inner);
            let inner = self.copy(&inner);
            copy.inner = self.park(inner);
        }
        copy
    }
    /// The end of a packet's way.
    pub fn release(&mut self, parcel: Parcel) {
        if parcel.payload != NONE {
            let slab = &mut self.slabs[parcel.payload as usize];
            slab.owners -= 1;
            if slab.owners == 0 {
                self.free_slabs.push(parcel.payload);
            }
        }
        if parcel.inner != NONE {
            let inner = self.take(parcel.inner);
            self.release(inner);
        }
        self.spare.push(parcel);
    }
    /// Packets parked and payloads in use, for tests that look for leaks.
    pub fn in_use(&self) -> (usize, usize) {
        (self.parked.len() - self.free.len(), self.slabs.len() - self.free_slabs.len())
    }
}
