//! Where packets wait and payload bytes lie. Slots are reused, so a busy plane allocates nothing per packet.
//!
//! ```text
//! packets   [ P | P | free -> | P | free ]      parked: in the run queue, quoted, carried in a tunnel, waiting for a neighbour
//! payloads  [ bytes x2 | bytes x1 | free ]      shared: every copy of a packet counts once
//! ```
//! Law: whoever ends a packet's way calls `release`; whoever copies one calls `copy`.

use super::packet::{Packet, PacketId, NONE};

/// Bytes that packets share.
#[derive(Default)]
struct Slab {
    bytes: Vec<u8>,
    owners: u32,
}

/// The arena of one plane.
#[derive(Default)]
pub struct Pool {
    packets: Vec<Packet>,
    free_packets: Vec<PacketId>,
    slabs: Vec<Slab>,
    free_slabs: Vec<u32>,
}

impl Pool {
    /// Puts a packet away; the number gets it back with [`Pool::take`].
    pub fn park(&mut self, packet: &Packet) -> PacketId {
        match self.free_packets.pop() {
            Some(id) => {
                self.packets[id as usize] = *packet;
                id
            }
            None => {
                self.packets.push(*packet);
                self.packets.len() as u32 - 1
            }
        }
    }
    /// Takes a parked packet out; its number is free again.
    pub fn take(&mut self, id: PacketId) -> Packet {
        self.free_packets.push(id);
        self.packets[id as usize]
    }
    pub fn get(&self, id: PacketId) -> &Packet {
        &self.packets[id as usize]
    }
    pub fn get_mut(&mut self, id: PacketId) -> &mut Packet {
        &mut self.packets[id as usize]
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
    pub fn copy(&mut self, packet: &Packet) -> Packet {
        let mut copy = *packet;
        if copy.payload != NONE {
            self.slabs[copy.payload as usize].owners += 1;
        }
        if copy.inner != NONE {
            let inner = self.packets[copy.inner as usize];
            let inner = self.copy(&inner);
            copy.inner = self.park(&inner);
        }
        copy
    }
    /// Lets go of what a packet holds; the packet itself must not be used as a whole afterwards.
    pub fn release(&mut self, packet: &mut Packet) {
        if packet.payload != NONE {
            self.release_bytes(packet.payload);
            packet.payload = NONE;
        }
        if packet.inner != NONE {
            let mut inner = self.take(packet.inner);
            packet.inner = NONE;
            self.release(&mut inner);
        }
    }
    fn release_bytes(&mut self, id: u32) {
        let slab = &mut self.slabs[id as usize];
        slab.owners -= 1;
        if slab.owners == 0 {
            self.free_slabs.push(id);
        }
    }
    /// Packets and payloads in use, for tests that look for leaks.
    pub fn in_use(&self) -> (usize, usize) {
        (self.packets.len() - self.free_packets.len(), self.slabs.len() - self.free_slabs.len())
    }
}
