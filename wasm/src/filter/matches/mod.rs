//! Matches, by what they look at. Each takes the context and its operands as `program.rs` lays them out, and says whether
//! the packet fits, before the head's INVERT is applied; matches with inversions of their own apply those themselves.

pub mod address;
pub mod link;
pub mod memory;
pub mod payload;
pub mod state;
pub mod transport;

use super::context::Context;
use super::env::Env;
use super::memory::State;
use crate::abi::{op, program};
use crate::wire::Ip;

/// Whether a packet fits one match.
#[inline]
pub fn fits<E: Env>(head: u32, operands: &[u32], context: &mut Context<E>, states: &mut [State]) -> bool {
    let c = context;
    let o = operands;
    let fits = match head & 0xff {
        op::COMMENT => return true,
        op::TCP => transport::tcp(c.packet, o, &mut c.hotdrop),
        op::UDP => transport::udp(c.packet, o, &mut c.hotdrop),
        op::MULTIPORT => transport::multiport(c.packet, o, &mut c.hotdrop),
        op::ICMP => return transport::icmp(c.packet, o, head & program::INVERT != 0, &mut c.hotdrop),
        op::SCTP => transport::sctp(c, o),
        op::TCPMSS => transport::tcpmss(c.packet, o, &mut c.hotdrop),
        op::ECN => transport::ecn(c.packet, o),
        op::CONNTRACK => state::conntrack(c, o),
        op::CONNMARK => return state::connmark(c, o, head & program::INVERT != 0),
        op::CONNBYTES => return state::connbytes(c, o, head & program::INVERT != 0),
        op::CONNLIMIT => state::connlimit(c, o, &mut states[o[0] as usize]),
        op::HELPER => false, // no flow has a master here: expectations are not modelled
        op::MARK => c.packet.mark & o[1] == o[0],
        op::SET => c.sets.fits(c.packet, o, c.env),
        op::STATISTIC => memory::statistic(c, o, &mut states[o[0] as usize]),
        op::RECENT => return memory::recent(c, o, states, head & program::INVERT != 0),
        op::LIMIT => memory::limit(c, &mut states[o[0] as usize]),
        op::HASHLIMIT => memory::hashlimit(c, o, &states[o[0] as usize]),
        op::QUOTA => memory::quota(c, &mut states[o[0] as usize]),
        op::IPRANGE => address::iprange(c.packet, o),
        op::ADDRTYPE => address::addrtype(c, o),
        op::RPFILTER => address::rpfilter(c, o),
        op::OWNER => address::owner(c, o),
        op::SOCKET => address::socket(c, o),
        op::MAC => return link::mac(c.packet, o, head & program::INVERT != 0),
        op::PHYSDEV => link::physdev(c, o),
        op::PKTTYPE => link::pkttype(c.packet, o),
        op::LENGTH => payload::in_range(c.length, o[0]),
        op::TTL => payload::ttl(c.packet.ttl as u32, o),
        op::TOS => c.packet.tos as u32 & o[1] == o[0],
        op::DSCP => (c.packet.tos >> 2) as u32 == o[0],
        op::U32 => payload::u32_match(c, o),
        op::STRING => payload::string(c, o),
        op::TIME => payload::time(c.env.unix_time(), o),
        op::CPU => o[0] == 0,
        op::NFACCT => return true,
        op::POLICY => o[0] & 4 != 0,
        _ => {
            c.unmodelled = true;
            return false;
        }
    };
    fits != (head & program::INVERT != 0)
}

/// An address operand.
pub fn ip(words: &[u32], v4: bool) -> Ip {
    if v4 {
        Ip::v4(words[0])
    } else {
        Ip::from_words([words[0], words[1], words[2], words[3]])
    }
}

/// A 64-bit operand.
pub fn long(words: &[u32]) -> u64 {
    words[0] as u64 | (words[1] as u64) << 32
}
