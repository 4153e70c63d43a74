//! What tells one flow from another: two endpoints, and how a protocol turns them round.
//!
//! Inside the table an address is 32 bits: an IPv4 address itself, or the number of an interned IPv6 address
//! ([`super::addresses`]), so that a tuple stays 12 bytes. [`Wide`] is the same with whole addresses, as NAT computes.

use crate::wire::packet::proto;
use crate::wire::{Ip, Packet};

/// One direction of a flow as the table stores it. ICMP: `sport` is the id, `dport` is type << 8 | code. Protocols
/// without ports: both 0.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[repr(C)]
pub struct Tuple {
    pub src: u32,
    pub dst: u32,
    pub sport: u16,
    pub dport: u16,
}

/// One direction of a flow with whole addresses.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Wide {
    pub src: Ip,
    pub dst: Ip,
    pub sport: u16,
    pub dport: u16,
    pub proto: u8,
}

/// ICMP types that ask, and what answers them (RFC 792, 950); `None` for types that no flow is made of.
pub const fn icmp_answer(kind: u8) -> Option<u8> {
    match kind {
        8 => Some(0),
        0 => Some(8),
        13 => Some(14),
        14 => Some(13),
        15 => Some(16),
        16 => Some(15),
        17 => Some(18),
        18 => Some(17),
        _ => None,
    }
}

/// The same for ICMPv6: echo and node information (RFC 4443, 4620).
pub const fn icmpv6_answer(kind: u8) -> Option<u8> {
    match kind {
        128 => Some(129),
        129 => Some(128),
        139 => Some(140),
        140 => Some(139),
        _ => None,
    }
}

/// Whether an ICMP message of this type may open a flow.
pub const fn opens(protocol: u8, kind: u8) -> bool {
    match protocol {
        proto::ICMP => matches!(kind, 8 | 13 | 15 | 17),
        _ => matches!(kind, 128 | 139),
    }
}

/// Protocols whose tuples have ports.
pub const fn has_ports(protocol: u8) -> bool {
    matches!(protocol, proto::TCP | proto::UDP | proto::SCTP | 136)
}

/// ICMP of either family: the id stands for both ports.
pub const fn is_icmp(protocol: u8) -> bool {
    matches!(protocol, proto::ICMP | proto::ICMPV6)
}

impl Wide {
    /// The packet's own direction; `None` where the header is not there (a later fragment), or not even its first eight bytes.
    pub fn of(packet: &Packet) -> Option<Wide> {
        if packet.frag_offset != 0 || packet.headless && packet.payload_len < 8 {
            return None;
        }
        let (sport, dport) = ports(packet);
        Some(Wide { src: packet.src, dst: packet.dst, sport, dport, proto: packet.proto })
    }
    /// What an answer looks like; `None` for ICMP messages that have none.
    pub fn inverse(&self) -> Option<Wide> {
        let (sport, dport) = turned(self.proto, self.sport, self.dport)?;
        Some(Wide { src: self.dst, dst: self.src, sport, dport, proto: self.proto })
    }
}

impl Tuple {
    /// The answer's tuple, for a protocol known to have one.
    pub fn inverse(&self, protocol: u8) -> Option<Tuple> {
        let (sport, dport) = turned(protocol, self.sport, self.dport)?;
        Some(Tuple { src: self.dst, dst: self.src, sport, dport })
    }
    /// A hash that both directions of an untranslated flow share, so that one slot finds either.
    #[inline]
    pub fn hash(&self, protocol: u8) -> u64 {
        let icmp = is_icmp(protocol);
        let (sport, dport) = if icmp { (self.sport, self.sport) } else { (self.sport, self.dport) };
        let a = (self.src as u64) << 16 | sport as u64;
        let b = (self.dst as u64) << 16 | dport as u64;
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        mix(low, high ^ (protocol as u64) << 56)
    }
    /// The hash under which source translations are found again: source endpoint and protocol.
    pub fn source_hash(&self, protocol: u8) -> u64 {
        mix((self.src as u64) << 16 | self.sport as u64, protocol as u64)
    }
}

fn turned(protocol: u8, sport: u16, dport: u16) -> Option<(u16, u16)> {
    if !is_icmp(protocol) {
        return Some((dport, sport));
    }
    let kind = (dport >> 8) as u8;
    let answer = if protocol == proto::ICMP { icmp_answer(kind) } else { icmpv6_answer(kind) }?;
    Some((sport, (answer as u16) << 8 | dport & 0xff))
}

#[inline]
fn ports(packet: &Packet) -> (u16, u16) {
    if has_ports(packet.proto) {
        (packet.sport, packet.dport)
    } else if is_icmp(packet.proto) {
        (packet.sport, (packet.kind as u16) << 8 | packet.code as u16)
    } else {
        (0, 0)
    }
}

#[inline]
fn mix(a: u64, b: u64) -> u64 {
    let mut x = a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b.wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(31);
    x ^= x >> 32;
    x = x.wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^ x >> 29
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(protocol: u8, sport: u16, dport: u16) -> Wide {
        Wide { src: Ip::v4(0x0a000001), dst: Ip::v4(0x0a000002), sport, dport, proto: protocol }
    }

    #[test]
    fn an_echo_request_is_answered_by_a_reply_with_the_same_id() {
        let reply = wide(proto::ICMP, 0x1234, 8 << 8).inverse().unwrap();
        assert_eq!((reply.sport, reply.dport), (0x1234, 0));
        assert!(wide(proto::ICMP, 1, 9 << 8).inverse().is_none(), "a router solicitation has no answer");
    }

    #[test]
    fn both_directions_hash_alike() {
        for (protocol, sport, dport) in [(proto::TCP, 40000, 80), (proto::ICMP, 7, 8 << 8), (47, 0, 0)] {
            let one = Tuple { src: 1, dst: 2, sport, dport };
            let other = one.inverse(protocol).unwrap();
            assert_eq!(one.hash(protocol), other.hash(protocol));
            assert!(one == other.inverse(protocol).unwrap());
        }
    }
}
