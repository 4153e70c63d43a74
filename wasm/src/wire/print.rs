//! Values to bytes: a packet as it would stand on the wire, with right lengths and checksums. The twin of `parse`.

use super::addr::Family;
use super::checksum;
use super::packet::{ether, next, proto, Packet, NONE};
use super::pool::Pool;
use crate::abi::tag;

/// The whole frame from its Ethernet header on.
pub fn print_frame(packet: &Packet, pool: &Pool, out: &mut Vec<u8>) {
    out.extend_from_slice(&packet.eth_dst.bytes());
    out.extend_from_slice(&packet.eth_src.bytes());
    let mut tags = packet.vlan;
    while tags != 0 {
        let kind = if tags & tag::AD != 0 { ether::QINQ } else { ether::VLAN };
        put32(out, u32::from(kind) << 16 | tags & tag::ID);
        tags >>= 16;
    }
    put16(out, packet.ethertype);
    match packet.ethertype {
        ether::ARP if packet.payload_len == 0 => print_arp(packet, out),
        ether::IPV4 | ether::IPV6 => print_ip(packet, pool, out),
        _ => out.extend_from_slice(pool.bytes(packet)),
    }
}

#[inline(never)]
fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

#[inline(never)]
fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Both ports as they stand in a header.
fn ports(packet: &Packet) -> u32 {
    u32::from(packet.sport) << 16 | u32::from(packet.dport)
}

/// ARP over Ethernet for IPv4 (RFC 826); a request leaves the target's hardware address zero.
fn print_arp(packet: &Packet, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0, 1, 8, 0, 6, 4, 0, packet.kind]);
    out.extend_from_slice(&packet.eth_src.bytes());
    put32(out, packet.src.low());
    out.extend_from_slice(if packet.kind == 1 { &[0; 6] } else { &[0xff; 6] });
    if packet.kind != 1 {
        let at = out.len() - 6;
        out[at..].copy_from_slice(&packet.eth_dst.bytes());
    }
    put32(out, packet.dst.low());
}

/// From the IP header on; a quoted packet ends where its quote ends.
pub fn print_ip(packet: &Packet, pool: &Pool, out: &mut Vec<u8>) {
    let start = out.len();
    match packet.family() {
        Family::V4 => print_ipv4_header(packet, pool, out),
        Family::V6 => print_ipv6_header(packet, pool, out),
    }
    print_transport(packet, pool, out);
    if packet.quoted != 0 {
        out.truncate(start + packet.quoted as usize);
    }
}

fn print_ipv4_header(packet: &Packet, pool: &Pool, out: &mut Vec<u8>) {
    let start = out.len();
    let words = (packet.header_len() / 4) as u8;
    let fragment = u16::from(packet.dont_fragment) << 14 | u16::from(packet.more_fragments) << 13 | packet.frag_offset;
    put32(out, u32::from_be_bytes([0x40 | words, packet.tos, 0, 0]) | packet.len() & 0xffff);
    put32(out, u32::from(packet.ip_id) << 16 | u32::from(fragment));
    out.extend_from_slice(&[packet.ttl, packet.proto, 0, 0]);
    put32(out, packet.src.low());
    put32(out, packet.dst.low());
    let options = packet.options_len as usize;
    out.extend_from_slice(&pool.bytes(packet)[..options]);
    let sum = checksum::finish(checksum::add(0, &out[start..]));
    out[start + 10..start + 12].copy_from_slice(&sum.to_be_bytes());
}

/// The header, hop-by-hop options where there are any, a fragment header where it is one (RFC 8200 4.3, 4.5).
fn print_ipv6_header(packet: &Packet, pool: &Pool, out: &mut Vec<u8>) {
    let first = 6u32 << 28 | u32::from(packet.tos) << 20;
    put32(out, first);
    put16(out, (packet.len() - 40) as u16);
    let inner = if packet.is_fragment() { next::FRAGMENT } else { packet.proto };
    let options = packet.options_len as usize;
    out.extend_from_slice(&[if options > 0 { next::HOP_BY_HOP } else { inner }, packet.ttl]);
    out.extend_from_slice(&packet.src.0.to_be_bytes());
    out.extend_from_slice(&packet.dst.0.to_be_bytes());
    let start = out.len();
    out.extend_from_slice(&pool.bytes(packet)[..options]);
    if options > 0 {
        out[start] = inner;
    }
    if packet.is_fragment() {
        let word = packet.frag_offset << 3 | u16::from(packet.more_fragments);
        put32(out, u32::from(packet.proto) << 24 | u32::from(word));
        put32(out, packet.ip_id.into());
    }
}

/// The transport header and all behind it.
pub fn print_transport(packet: &Packet, pool: &Pool, out: &mut Vec<u8>) {
    let start = out.len();
    match packet.proto {
        _ if !packet.has_transport() => {
            print_payload(packet, pool, out);
            // What a quote has of a header that was cut short is translated as far as it goes (tcp_manip_pkt).
            if !packet.headless || packet.payload_len < 8 || packet.proto != proto::TCP {
                return;
            }
            out[start..start + 4].copy_from_slice(&ports(packet).to_be_bytes());
            if packet.payload_len < 20 {
                return;
            }
        }
        proto::TCP => print_tcp(packet, pool, out),
        proto::UDP => print_udp(packet, pool, out),
        proto::ICMP | proto::ICMPV6 => print_icmp(packet, pool, out),
        proto::SCTP => print_sctp(packet, pool, out),
        _ => print_payload(packet, pool, out),
    }
    let Some(at) = checksum_place(packet) else { return };
    if keeps_sum(packet, pool) {
        let sum = checksum::finish(u32::from(packet.sum) + ends(packet));
        return out[start + at..start + at + 2].copy_from_slice(&sum.to_be_bytes());
    }
    let length = out.len() - start;
    let head = match packet.proto {
        proto::ICMP => 0,
        other => checksum::pseudo(packet.src, packet.dst, other, length as u32),
    };
    let sum = checksum::finish(checksum::add(head, &out[start..]));
    let sum = if sum == 0 && packet.proto == proto::UDP { 0xffff } else { sum };
    out[start + at..start + at + 2].copy_from_slice(&sum.to_be_bytes());
}

/// Whether the checksum is not that of the bytes here: a first fragment, a header cut short, a wrong one, a quote that ends before its packet does.
fn keeps_sum(packet: &Packet, pool: &Pool) -> bool {
    let short = || packet.quoted != 0 && packet.inner == NONE && pool.data(packet).len() < packet.payload_len as usize;
    packet.headless || packet.more_fragments || packet.bad_checksum || short()
}

/// The sum of what NAT may change: addresses and ports.
pub fn ends(packet: &Packet) -> u32 {
    let ports = match packet.proto {
        proto::TCP | proto::UDP => u32::from(packet.sport) + u32::from(packet.dport),
        _ => return u32::from(packet.sport),
    };
    checksum::pseudo(packet.src, packet.dst, 0, 0) + ports
}

/// Where in the transport header its Internet checksum stands, if it has one.
pub fn checksum_place(packet: &Packet) -> Option<usize> {
    match packet.proto {
        proto::TCP => Some(16),
        proto::UDP if !packet.no_checksum => Some(6),
        proto::ICMP | proto::ICMPV6 => Some(2),
        _ => None,
    }
}

fn print_tcp(packet: &Packet, pool: &Pool, out: &mut Vec<u8>) {
    let words = (packet.transport_len() / 4) as u8;
    put32(out, ports(packet));
    put32(out, packet.seq);
    put32(out, packet.ack);
    put32(out, u32::from_be_bytes([words << 4, packet.flags, 0, 0]) | u32::from(packet.window));
    put32(out, 0);
    print_tcp_options(packet, out);
    print_payload(packet, pool, out);
}

/// Options in the order and with the padding of tcp_options_write: MSS, (SACK permitted) timestamps, window scale.
fn print_tcp_options(packet: &Packet, out: &mut Vec<u8>) {
    if packet.mss != 0 {
        put32(out, 0x0204_0000 | u32::from(packet.mss));
    }
    if let Some((value, echo)) = packet.timestamps {
        put32(out, if packet.sack_ok { 0x0402_080a } else { 0x0101_080a });
        put32(out, value);
        put32(out, echo);
    } else if packet.sack_ok {
        put32(out, 0x0101_0402);
    }
    if packet.wscale != 0 {
        put32(out, 0x0103_0300 | u32::from(packet.wscale - 1));
    }
}

fn print_udp(packet: &Packet, pool: &Pool, out: &mut Vec<u8>) {
    put32(out, ports(packet));
    let length = if packet.more_fragments { packet.window } else { 8 + packet.payload_len };
    put32(out, u32::from(length) << 16);
    if packet.inner != NONE {
        put32(out, 8 << 24);
        put32(out, packet.tunnel << 8);
    }
    print_payload(packet, pool, out);
}

fn print_icmp(packet: &Packet, pool: &Pool, out: &mut Vec<u8>) {
    let rest = if packet.is_icmp_query() { u32::from(packet.sport) << 16 | (packet.seq & 0xffff) } else { packet.seq };
    put32(out, u32::from_be_bytes([packet.kind, packet.code, 0, 0]));
    put32(out, rest);
    print_payload(packet, pool, out);
}

/// SCTP's CRC-32c stands over the whole packet (RFC 9260 6.8).
fn print_sctp(packet: &Packet, pool: &Pool, out: &mut Vec<u8>) {
    let start = out.len();
    put32(out, ports(packet));
    put32(out, packet.seq);
    put32(out, 0);
    print_payload(packet, pool, out);
    let end = match packet.quoted {
        0 => out.len(),
        quoted => out.len().min(start + (u32::from(quoted) - packet.header_len()) as usize),
    };
    let known = packet.ack != 0 && keeps_sum(packet, pool);
    let crc = if known { packet.ack } else { crc32c(&out[start..end]).swap_bytes() };
    out[start + 8..start + 12].copy_from_slice(&crc.to_be_bytes());
}

/// RFC 9260, appendix A; the checksum's own place counts as zeros.
pub fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for (at, byte) in bytes.iter().enumerate() {
        crc ^= if at & !3 == 8 { 0 } else { u32::from(*byte) };
        for _ in 0..8 {
            crc = crc >> 1 ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// A packet inside is quoted from its IP header (ICMP) or carried with its Ethernet header (vxlan). Packets of a batch
/// have a length but no bytes: zeros.
fn print_payload(packet: &Packet, pool: &Pool, out: &mut Vec<u8>) {
    if packet.inner == NONE {
        let data = pool.data(packet);
        let length = packet.payload_len as usize;
        out.extend_from_slice(&data[..data.len().min(length)]);
        out.resize(out.len() + length.saturating_sub(data.len()), 0);
    } else if packet.proto == proto::UDP {
        print_frame(pool.get(packet.inner), pool, out);
    } else {
        print_ip(pool.get(packet.inner), pool, out);
    }
}
