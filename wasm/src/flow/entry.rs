//! A flow as it lies in memory: 44 bytes for any, 48 more for TCP and SCTP.

use super::tuple::Tuple;

/// IPS_* bits of [`Entry::status`], and what the table itself must know of an entry.
pub mod status {
    pub const SEEN_REPLY: u16 = 1 << 1;
    pub const ASSURED: u16 = 1 << 2;
    pub const CONFIRMED: u16 = 1 << 3;
    pub const SRC_NAT: u16 = 1 << 4;
    pub const DST_NAT: u16 = 1 << 5;
    pub const SRC_NAT_DONE: u16 = 1 << 7;
    pub const DST_NAT_DONE: u16 = 1 << 8;
    /// Its tuple clashed and was let in without a full entry (IPS_NAT_CLASH): never assured, gone after a second.
    pub const CLASH: u16 = 1 << 9;
    /// The window of TCP or SCTP lies at [`super::Entry::extra`].
    pub const HAS_WINDOW: u16 = 1 << 10;
    /// IPv6: the tuples' addresses are interned numbers.
    pub const V6: u16 = 1 << 11;
    /// The zone counts for the original, the reply direction.
    pub const ZONE_ORIGINAL: u16 = 1 << 12;
    pub const ZONE_REPLY: u16 = 1 << 13;
    /// The slot is in use.
    pub const LIVE: u16 = 1 << 14;
    /// Ended, but a packet still carries it.
    pub const DYING: u16 = 1 << 15;
    pub const NAT: u16 = SRC_NAT | DST_NAT;
    pub const NAT_DONE: u16 = SRC_NAT_DONE | DST_NAT_DONE;
}

/// Directions (enum ip_conntrack_dir).
pub const ORIGINAL: usize = 0;
pub const REPLY: usize = 1;

/// One flow. Times are ticks of 4 ms ([`super::ticks`]) and wrap, as jiffies do.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Entry {
    pub tuples: [Tuple; 2],
    pub proto: u8,
    /// Counts the lives of this slot: the high byte of a handle.
    pub generation: u8,
    /// Number of the zone in the table's list of zones, 0 for zone 0.
    pub zone: u8,
    /// Number of the device it was masqueraded to in the table's list, 0 for none.
    pub masquerade: u8,
    pub mark: u32,
    /// When it goes; before it is confirmed, how long it will live.
    pub expires: u32,
    pub status: u16,
    /// TCP or SCTP state.
    pub state: u8,
    /// High four bits: helper's number; low four: packets that hold it while unconfirmed.
    pub held: u8,
    /// TCP, SCTP: number of the window; else when two seconds are over (udp.stream_ts).
    pub extra: u32,
}

impl Entry {
    #[inline]
    pub fn has(&self, bits: u16) -> bool {
        self.status & bits != 0
    }
    pub fn is_v6(&self) -> bool {
        self.has(status::V6)
    }
    pub fn helper(&self) -> usize {
        (self.held >> 4) as usize
    }
    /// What its directions hash to: the same where no address or port was rewritten, and one slot of the index serves both.
    #[inline(always)]
    pub fn hashes(&self) -> [u64; 2] {
        [self.tuples[ORIGINAL].hash(self.proto), self.tuples[REPLY].hash(self.proto)]
    }
}

/// What window tracking knows of one end (struct ip_ct_tcp_state).
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Side {
    /// Highest sequence number it sent, +1.
    pub end: u32,
    /// Highest that its peer will take.
    pub max_end: u32,
    /// Widest window it offered.
    pub max_win: u32,
    /// Highest acknowledgement it sent.
    pub max_ack: u32,
}

/// The rest of ip_ct_tcp. SCTP keeps its verification tags in `sides[..].end`.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Window {
    pub sides: [Side; 2],
    pub last_end: u32,
    /// What the last plain ACK looked like, folded: an equal one is a retransmission.
    pub last_look: u32,
    pub last_win: u16,
    /// Scales of original (low four bits) and reply.
    pub scales: u8,
    pub flags: [u8; 2],
    /// Index of the last packet (low three bits), its direction (bit 3), retransmissions seen (high four, saturating).
    pub last: u8,
    /// Flags and scale of a SYN that was let through unexamined.
    pub last_flags: u8,
    pub last_scale: u8,
}

impl Window {
    pub fn scale(&self, dir: usize) -> u32 {
        (self.scales >> (4 * dir) & 15) as u32
    }
    pub fn set_scale(&mut self, dir: usize, scale: u8) {
        self.scales = self.scales & !(15 << (4 * dir)) | (scale & 15) << (4 * dir);
    }
    pub fn last_index(&self) -> u8 {
        self.last & 7
    }
    pub fn last_dir(&self) -> usize {
        (self.last >> 3 & 1) as usize
    }
    pub fn set_last(&mut self, index: u8, dir: usize) {
        self.last = self.last & 0xf0 | (dir as u8) << 3 | index;
    }
    pub fn retransmissions(&self) -> u8 {
        self.last >> 4
    }
    pub fn set_retransmissions(&mut self, count: u8) {
        self.last = self.last & 15 | count.min(15) << 4;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_flow_is_small() {
        assert_eq!(std::mem::size_of::<super::Entry>(), 44);
        assert_eq!(std::mem::size_of::<super::Window>(), 48);
    }
}
