//! Bytes to values: an IP packet from the outside (a tun port, a raw socket) or from within a tunnel. The twin of `print`.

use super::addr::{Ip, Mac};
use super::checksum;
use super::packet::{ether, next, packet, proto, Packet};
use super::pool::Pool;
use super::print::{checksum_place, crc32c, ends};
use crate::abi::tag;

/// The bytes are no packet a receiver would look at: too short, wrong version or length, wrong header checksum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from(bytes[at]) << 8 | u16::from(bytes[at + 1])
}
/// Four bytes from a place that is there.
pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) << 16 | u32::from(u16_at(bytes, at + 2))
}

/// An Ethernet frame.
pub fn parse_frame(bytes: &[u8], pool: &mut Pool) -> Result<Packet, Malformed> {
    if bytes.len() < 14 {
        return Err(Malformed);
    }
    let mac = |at: usize| {
        let mut six = [0; 6];
        six.copy_from_slice(&bytes[at..at + 6]);
        Mac::from_bytes(six)
    };
    let (mut kind, mut rest, mut vlan, mut shift) = (u16_at(bytes, 12), &bytes[14..], 0, 0);
    while matches!(kind, ether::VLAN | ether::QINQ) && rest.len() >= 4 && shift < 32 {
        let protocol = if kind == ether::QINQ { tag::AD } else { 0 };
        vlan |= (u32::from(u16_at(rest, 0)) & tag::ID | tag::PRESENT | protocol) << shift;
        kind = u16_at(rest, 2);
        rest = &rest[4..];
        shift += 16;
    }
    let mut packet = match kind {
        ether::IPV4 | ether::IPV6 => parse_ip(rest, pool)?,
        ether::ARP => parse_arp(rest, pool)?,
        _ => packet! { payload: pool.store(rest), payload_len: rest.len() as u16 },
    };
    (packet.eth_dst, packet.eth_src, packet.ethertype, packet.vlan) = (mac(0), mac(6), kind, vlan);
    Ok(packet)
}

/// What is not as this kernel would print it (padding, a target's address in a request) stays as it came, as payload.
fn parse_arp(bytes: &[u8], pool: &mut Pool) -> Result<Packet, Malformed> {
    if bytes.len() < 28 || bytes[..6] != [0, 1, 8, 0, 6, 4] {
        return Err(Malformed);
    }
    let mut packet = packet! { kind: bytes[7], src: Ip::v4(u32_at(bytes, 14)), dst: Ip::v4(u32_at(bytes, 24)) };
    if bytes.len() > 28 {
        (packet.payload, packet.payload_len) = (pool.store(bytes), bytes.len() as u16);
    }
    Ok(packet)
}

/// An IP packet from its header on; bytes behind its total length are ignored, as Linux trims them.
pub fn parse_ip(bytes: &[u8], pool: &mut Pool) -> Result<Packet, Malformed> {
    match bytes.first().map(|first| first >> 4) {
        Some(4) => parse_ipv4(bytes, pool, false),
        Some(6) => parse_ipv6(bytes, pool, false),
        _ => Err(Malformed),
    }
}

/// ip_rcv_core's checks; a packet `quoted` in an ICMP error may be cut short and is not checked.
fn parse_ipv4(bytes: &[u8], pool: &mut Pool, quoted: bool) -> Result<Packet, Malformed> {
    if bytes.len() < 20 || bytes[0] >> 4 != 4 {
        return Err(Malformed);
    }
    let header = (bytes[0] & 15) as usize * 4;
    let total = u16_at(bytes, 2) as usize;
    if header < 20 || bytes.len() < header || total < header {
        return Err(Malformed);
    }
    if !quoted && (bytes.len() < total || checksum::finish(checksum::add(0, &bytes[..header])) != 0) {
        return Err(Malformed);
    }
    let fragment = u16_at(bytes, 6);
    let mut packet = packet! {
        ethertype: ether::IPV4,
        tos: bytes[1],
        ip_id: u16_at(bytes, 4),
        dont_fragment: fragment & 0x4000 != 0,
        more_fragments: fragment & 0x2000 != 0,
        frag_offset: fragment & 0x1fff,
        ttl: bytes[8],
        proto: bytes[9],
        src: Ip::v4(u32_at(bytes, 12)),
        dst: Ip::v4(u32_at(bytes, 16)),
        options_len: (header - 20) as u8,
    };
    let end = bytes.len().min(total);
    if quoted {
        packet.quoted = end as u16;
    }
    let whole = (total - header) as u32;
    parse_transport(&mut packet, &bytes[20..header], &bytes[header..end], whole, pool)?;
    Ok(packet)
}

/// ipv6_rcv's checks, with hop-by-hop options and a fragment header; other extension headers are payload. IPv4-mapped addresses
/// are not for the wire.
fn parse_ipv6(bytes: &[u8], pool: &mut Pool, quoted: bool) -> Result<Packet, Malformed> {
    if bytes.len() < 40 || bytes[0] >> 4 != 6 {
        return Err(Malformed);
    }
    let whole = u16_at(bytes, 4) as usize;
    let ip = |at: usize| {
        Ip::from_words([u32_at(bytes, at), u32_at(bytes, at + 4), u32_at(bytes, at + 8), u32_at(bytes, at + 12)])
    };
    let mut packet = packet! {
        ethertype: ether::IPV6,
        tos: (u16_at(bytes, 0) >> 4) as u8,
        proto: bytes[6],
        ttl: bytes[7],
        src: ip(8),
        dst: ip(24),
    };
    let end = bytes.len().min(40 + whole);
    if packet.src.is_v4() || packet.dst.is_v4() || (!quoted && end < 40 + whole) {
        return Err(Malformed);
    }
    if quoted {
        packet.quoted = end as u16;
    }
    let mut at = 40;
    if packet.proto == next::HOP_BY_HOP && end >= at + 8 {
        let length = 8 + bytes[at + 1] as usize * 8;
        if end < at + length || length > 248 {
            return Err(Malformed);
        }
        packet.options_len = length as u8;
        packet.proto = bytes[at];
        at += length;
    }
    let options = &bytes[40..at];
    if packet.proto == next::FRAGMENT && end >= at + 8 {
        let word = u16_at(bytes, at + 2);
        (packet.frag_offset, packet.more_fragments, packet.frag_header) = (word >> 3, word & 1 != 0, true);
        packet.ip_id = u16_at(bytes, at + 6);
        packet.proto = bytes[at];
        at += 8;
    }
    parse_transport(&mut packet, options, &bytes[at..end], (40 + whole - at) as u32, pool)?;
    Ok(packet)
}

/// The transport header and payload of a packet whose IP fields are set. `whole` is how many bytes there should be; fewer
/// are there only in a quote.
pub fn parse_transport(
    packet: &mut Packet,
    options: &[u8],
    bytes: &[u8],
    whole: u32,
    pool: &mut Pool,
) -> Result<(), Malformed> {
    let cut = packet.quoted != 0;
    let mut padded = [0; 20];
    let wanted = if packet.has_transport() { fixed_header(packet.proto) } else { 0 };
    let head = if bytes.len() >= wanted {
        bytes
    } else if cut {
        padded[..bytes.len()].copy_from_slice(bytes);
        &padded[..]
    } else {
        packet.headless = true;
        if bytes.len() >= 4 && matches!(packet.proto, proto::TCP | proto::UDP | proto::SCTP) {
            (packet.sport, packet.dport) = (u16_at(bytes, 0), u16_at(bytes, 2));
        }
        packet.bad_checksum = packet.proto == proto::UDP || !checksum_holds(packet, bytes);
        keep_whole(packet, options, bytes, pool);
        return Ok(());
    };
    let read = if wanted == 0 { Some(0) } else { read_transport(packet, head, bytes.len()) };
    if !cut && read.is_some() && packet.has_transport() && !packet.more_fragments {
        packet.bad_checksum = !checksum_holds(packet, bytes);
    }
    let keeps = packet.has_transport() && (packet.more_fragments || packet.bad_checksum || cut || read.is_none());
    if let (true, Some(at)) = (keeps, checksum_place(packet)) {
        let sum = if bytes.len() >= at + 2 { u16_at(bytes, at) } else { 0 };
        packet.sum = checksum::without(sum, ends(packet));
    }
    let Some(length) = read else {
        keep_whole(packet, options, bytes, pool);
        return Ok(());
    };
    packet.payload_len = whole.saturating_sub(length as u32) as u16;
    let data = &bytes[length.min(bytes.len())..];
    if packet.is_icmp_error() && packet.has_transport() && data.len() >= 20 {
        let inner =
            if packet.proto == proto::ICMP { parse_ipv4(data, pool, true) } else { parse_ipv6(data, pool, true) };
        if let Ok(inner) = inner {
            let inner = pool.begin(inner);
            packet.inner = pool.park(inner);
            packet.payload = pool.store(options);
            return Ok(());
        }
    }
    store(packet, options, data, pool);
    Ok(())
}

/// A header that is not whole, or contradicts itself: all of it is payload.
fn keep_whole(packet: &mut Packet, options: &[u8], bytes: &[u8], pool: &mut Pool) {
    packet.headless = true;
    packet.payload_len = bytes.len() as u16;
    store(packet, options, bytes, pool);
}

fn store(packet: &mut Packet, options: &[u8], data: &[u8], pool: &mut Pool) {
    if options.is_empty() {
        packet.payload = pool.store(data);
    } else {
        let mut both = Vec::with_capacity(options.len() + data.len());
        both.extend_from_slice(options);
        both.extend_from_slice(data);
        packet.payload = pool.store(&both);
    }
}

fn fixed_header(number: u8) -> usize {
    match number {
        proto::TCP => 20,
        proto::UDP | proto::ICMP | proto::ICMPV6 => 8,
        proto::SCTP => 12,
        _ => 0,
    }
}

/// Reads the transport header's fields; how many bytes it takes, or nothing where it contradicts itself.
fn read_transport(packet: &mut Packet, head: &[u8], there: usize) -> Option<usize> {
    match packet.proto {
        proto::TCP => return read_tcp(packet, head, there),
        proto::UDP => {
            packet.sport = u16_at(head, 0);
            packet.dport = u16_at(head, 2);
            packet.window = u16_at(head, 4);
            packet.no_checksum = u16_at(head, 6) == 0;
        }
        proto::SCTP => {
            packet.sport = u16_at(head, 0);
            packet.dport = u16_at(head, 2);
            packet.seq = u32_at(head, 4);
            packet.ack = u32_at(head, 8);
        }
        _ => {
            packet.kind = head[0];
            packet.code = head[1];
            if packet.is_icmp_query() {
                packet.sport = u16_at(head, 4);
                packet.dport = packet.sport;
                packet.seq = u32::from(u16_at(head, 6));
            } else {
                packet.seq = u32_at(head, 4);
            }
        }
    }
    Some(fixed_header(packet.proto))
}

fn read_tcp(packet: &mut Packet, head: &[u8], there: usize) -> Option<usize> {
    packet.sport = u16_at(head, 0);
    packet.dport = u16_at(head, 2);
    packet.seq = u32_at(head, 4);
    packet.ack = u32_at(head, 8);
    packet.flags = head[13];
    packet.window = u16_at(head, 14);
    if there < 20 {
        return Some(20);
    }
    let length = (head[12] >> 4) as usize * 4;
    if length < 20 || (length > there && packet.quoted == 0) {
        return None;
    }
    read_tcp_options(packet, &head[20..length.min(there)]);
    Some(length)
}

fn read_tcp_options(packet: &mut Packet, mut options: &[u8]) {
    while let [kind, rest @ ..] = options {
        let length = match (kind, rest) {
            (0, _) => return,
            (1, _) => 1,
            (_, [length, ..]) if *length >= 2 && *length as usize <= options.len() => *length as usize,
            _ => return,
        };
        let value = &options[length.min(2)..length];
        match (kind, value.len()) {
            (2, 2) => packet.mss = u16_at(value, 0),
            (3, 1) => packet.wscale = value[0].min(14) + 1,
            (4, 0) => packet.sack_ok = true,
            (8, 8) => packet.timestamps = Some((u32_at(value, 0), u32_at(value, 4))),
            _ => {}
        }
        options = &options[length..];
    }
}

fn checksum_holds(packet: &Packet, bytes: &[u8]) -> bool {
    let head = match packet.proto {
        proto::ICMP => 0,
        proto::UDP if packet.no_checksum => return true,
        proto::TCP | proto::UDP | proto::ICMPV6 => {
            checksum::pseudo(packet.src, packet.dst, packet.proto, bytes.len() as u32)
        }
        proto::SCTP if !packet.headless => return crc32c(bytes) == packet.ack.swap_bytes(),
        _ => return true,
    };
    checksum::finish(checksum::add(head, bytes)) == 0
}

/// What a vxlan datagram carries: its frame, and the VNI.
pub fn parse_vxlan(bytes: &[u8], pool: &mut Pool) -> Result<(u32, Packet), Malformed> {
    if bytes.len() < 8 || bytes[0] & 8 == 0 {
        return Err(Malformed);
    }
    Ok((u32_at(bytes, 4) >> 8, parse_frame(&bytes[8..], pool)?))
}
