//! Matches on addresses and on who holds them.

use super::ip;
use crate::abi::{addrtype as type_flag, iprange as range_flag, owner as owner_test, rpfilter as rp};
use crate::filter::context::Context;
use crate::filter::env::{AddrType, Env};
use crate::wire::packet::KERNEL_SOCKET;
use crate::wire::{Family, Ip, Packet};

/// `-m iprange`
pub fn iprange(packet: &Packet, o: &[u32]) -> bool {
    let v4 = packet.src.is_v4();
    let size = if v4 { 1 } else { 4 };
    let bound = |which: usize| ip(&o[1 + which * size..], v4);
    let source = o[0] & range_flag::SOURCE == 0
        || (bound(0) <= packet.src && packet.src <= bound(1)) != (o[0] & range_flag::NOT_SOURCE != 0);
    let destination = o[0] & range_flag::DESTINATION == 0
        || (bound(2) <= packet.dst && packet.dst <= bound(3)) != (o[0] & range_flag::NOT_DESTINATION != 0);
    source && destination
}

fn rtn(kind: AddrType) -> u32 {
    match kind {
        AddrType::Unspec => 0,
        AddrType::Unicast => 1,
        AddrType::Local => 2,
        AddrType::Broadcast => 3,
        AddrType::Anycast => 4,
        AddrType::Multicast => 5,
        AddrType::Blackhole => 6,
        AddrType::Unreachable => 7,
        AddrType::Prohibit => 8,
        AddrType::Throw => 9,
    }
}

/// `-m addrtype`
pub fn addrtype<E: Env>(c: &mut Context<E>, o: &[u32]) -> bool {
    let device = if o[2] & type_flag::LIMIT_IN != 0 {
        c.at.iif
    } else if o[2] & type_flag::LIMIT_OUT != 0 {
        c.at.oif
    } else {
        0
    };
    let v4 = c.at.family == Family::V4;
    let is = |types: u32, address: Ip| {
        let kind = 1 << rtn(c.env.addr_type(address, device));
        if v4 {
            return types & kind != 0;
        }
        // match_type6: what the address says of itself must hold as well as what a route to it says.
        let own = match () {
            () if address.is_multicast() => 1 << 5,
            () if address.is_unspecified() => 1,
            () => 1 << 1,
        };
        let routed = types & (1 << 2 | 1 << 4 | 1 << 7);
        types & (1 | 1 << 1 | 1 << 5) & !own == 0 && (routed == 0 || routed & kind != 0)
    };
    (o[0] == 0 || is(o[0], c.packet.src) != (o[2] & type_flag::NOT_SOURCE != 0))
        && (o[1] == 0 || is(o[1], c.packet.dst) != (o[2] & type_flag::NOT_DESTINATION != 0))
}

/// `-m rpfilter`: what this machine sent to itself, by `lo` or as the copy of a broadcast, always fits (rpfilter_is_loopback).
pub fn rpfilter<E: Env>(c: &mut Context<E>, o: &[u32]) -> bool {
    let dst = c.packet.dst;
    let from_nowhere = c.packet.src.is_unspecified() && (!dst.is_v4() || dst == Ip::BROADCAST4 || dst.is_multicast());
    let fits = c.packet.routed || from_nowhere || c.env.reverse_path(c.packet, o[0]);
    fits != (o[0] & rp::INVERT != 0)
}

/// `-m owner`: packets of local sockets only.
pub fn owner<E: Env>(c: &mut Context<E>, o: &[u32]) -> bool {
    let (what, inverted) = (o[0], o[1]);
    let Some((uid, gid)) = c.env.socket_owner(c.packet) else {
        let asked = what & !inverted;
        let owners = asked & (owner_test::UID | owner_test::GID) == 0;
        return match c.packet.socket {
            KERNEL_SOCKET => owners && inverted & owner_test::SOCKET == 0,
            _ => owners && asked & owner_test::SOCKET == 0,
        };
    };
    let test = |bit: u32, fits: bool| what & bit == 0 || fits != (inverted & bit != 0);
    test(owner_test::SOCKET, true)
        && test(owner_test::UID, o[2] <= uid && uid <= o[3])
        && test(owner_test::GID, o[4] <= gid && gid <= o[5])
}

/// `-m socket`
pub fn socket<E: Env>(c: &mut Context<E>, o: &[u32]) -> bool {
    c.env.has_socket(c.packet, o[0])
}
