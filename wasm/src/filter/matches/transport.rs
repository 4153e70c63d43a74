//! Ports, flags, types: matches on the transport header. Later fragments have none; packets cut short and the first fragments
//! of broken ones (offset 1, which could overwrite TCP's flags) are dropped outright.

use crate::abi::portinv;
use crate::filter::context::Context;
use crate::filter::env::Env;
use crate::flow::sctp_chunks;
use crate::wire::packet::proto;
use crate::wire::Packet;

#[inline]
fn within(port: u16, range: u32) -> bool {
    let port = port as u32;
    range & 0xffff <= port && port <= range >> 16
}

fn has_header(packet: &Packet, hotdrop: &mut bool) -> bool {
    *hotdrop |= packet.frag_offset == 1 || packet.headless;
    packet.has_transport()
}

#[inline]
fn ports(packet: &Packet, o: &[u32]) -> bool {
    within(packet.sport, o[0]) != (o[2] & portinv::SOURCE != 0)
        && within(packet.dport, o[1]) != (o[2] & portinv::DESTINATION != 0)
}

/// `-p tcp --sport --dport --tcp-flags --syn --tcp-option`
#[inline]
pub fn tcp(packet: &Packet, o: &[u32], hotdrop: &mut bool) -> bool {
    if !has_header(packet, hotdrop) {
        return false;
    }
    let inverted = o[3];
    let (mask, compare) = (o[2] & 0xff, o[2] >> 8 & 0xff);
    let flags = packet.flags as u32 & mask == compare;
    let option = (o[2] >> 16) as u8;
    let ports = within(packet.sport, o[0]) != (inverted & portinv::SOURCE != 0)
        && within(packet.dport, o[1]) != (inverted & portinv::DESTINATION != 0);
    ports
        && flags != (inverted & portinv::FLAGS != 0)
        && (option == 0 || has_option(packet, option) != (inverted & portinv::OPTION != 0))
}

fn has_option(packet: &Packet, option: u8) -> bool {
    match option {
        2 => packet.mss != 0,
        3 => packet.wscale != 0,
        4 => packet.sack_ok,
        8 => packet.timestamps.is_some(),
        _ => false,
    }
}

/// `-p udp --sport --dport`
#[inline]
pub fn udp(packet: &Packet, o: &[u32], hotdrop: &mut bool) -> bool {
    has_header(packet, hotdrop) && ports(packet, o)
}

/// `-m multiport`
#[inline]
pub fn multiport(packet: &Packet, o: &[u32], hotdrop: &mut bool) -> bool {
    // Ports are enough for it.
    let headless = packet.headless && packet.payload_len < 4;
    *hotdrop |= headless;
    if packet.frag_offset != 0 || headless || !matches!(packet.proto, proto::TCP | proto::UDP | proto::SCTP | 33 | 136)
    {
        return false;
    }
    o[1..]
        .iter()
        .any(|range| (o[0] & 1 != 0 && within(packet.sport, *range)) || (o[0] & 2 != 0 && within(packet.dport, *range)))
}

/// `-p icmp --icmp-type`; without a header it never fits, inverted or not.
#[inline]
pub fn icmp(packet: &Packet, o: &[u32], invert: bool, hotdrop: &mut bool) -> bool {
    *hotdrop |= packet.headless;
    if !packet.has_transport() {
        return false;
    }
    let fits = o[0] == 255 || (packet.kind as u32 == o[0] && within(packet.code as u16, o[1]));
    fits != invert
}

/// `-p sctp --sport --dport --chunk-types`
pub fn sctp<E: Env>(c: &mut Context<E>, o: &[u32]) -> bool {
    if !has_header(c.packet, &mut c.hotdrop) || !ports(c.packet, o) {
        return false;
    }
    o[3] == 0 || chunks_fit(c, o) != (o[2] & portinv::CHUNKS != 0)
}

fn chunks_fit<E: Env>(c: &mut Context<E>, o: &[u32]) -> bool {
    const ANY: u32 = 1;
    const ONLY: u32 = 3;
    let header = (c.length as usize).saturating_sub(c.packet.payload_len as usize + 12);
    let wanted = |kind: u8| o[4 + kind as usize / 32] >> (kind % 32) & 1 == 1;
    let flags_fit = |kind: u8, flags: u8| {
        let rule = o[13..].iter().find(|word| **word & 0xff == kind as u32);
        rule.is_none_or(|word| flags as u32 & (word >> 8 & 0xff) == word >> 16 & 0xff)
    };
    let mut left = [o[4], o[5], o[6], o[7], o[8], o[9], o[10], o[11]];
    let bytes = c.bytes();
    for (kind, flags, _) in sctp_chunks(bytes.get(header..).unwrap_or(&[])) {
        let fits = wanted(kind) && flags_fit(kind, flags);
        match o[3] {
            ANY if fits => return true,
            ONLY if !fits => return false,
            _ if fits => left[kind as usize / 32] &= !(1 << (kind % 32)),
            _ => {}
        }
    }
    o[3] == ONLY || (o[3] != ANY && left.iter().all(|word| *word == 0))
}

/// `-m tcpmss --mss`; what is not whole is dropped.
pub fn tcpmss(packet: &Packet, o: &[u32], hotdrop: &mut bool) -> bool {
    *hotdrop |= packet.headless;
    packet.mss != 0 && within(packet.mss, o[0])
}

/// `-m ecn`
pub fn ecn(packet: &Packet, o: &[u32]) -> bool {
    const IP: u32 = 1;
    const CWR: u32 = 2;
    const ECE: u32 = 4;
    let (what, inverted) = (o[0], o[1]);
    let test = |bit: u32, fits: bool| what & bit == 0 || fits != (inverted & bit != 0);
    let is_tcp = what & (CWR | ECE) == 0 || packet.proto == proto::TCP;
    is_tcp
        && test(IP, packet.tos as u32 & 3 == o[2])
        && test(CWR, packet.flags & 0x80 != 0)
        && test(ECE, packet.flags & 0x40 != 0)
}
