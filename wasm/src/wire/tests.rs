//! The law of the twins: what is printed parses back to the same, and prints to the same bytes.

use super::packet::{ether, proto, tcp, Packet, NONE};
use super::{parse, print, Ip, Mac, Pool};
use proptest::prelude::*;

fn ip_fields() -> impl Strategy<Value = Packet> {
    let fields = (any::<u32>(), any::<u32>(), any::<u8>(), any::<u8>(), any::<u16>(), any::<bool>());
    fields.prop_map(|(src, dst, ttl, tos, ip_id, dont_fragment)| Packet {
        src: Ip::v4(src),
        dst: Ip::v4(dst),
        ttl,
        tos,
        ip_id,
        dont_fragment,
        ..Packet::EMPTY
    })
}

fn transport() -> impl Strategy<Value = Packet> {
    let number = prop_oneof![Just(proto::TCP), Just(proto::UDP), Just(proto::ICMP), Just(proto::SCTP), Just(47)];
    let ports = (any::<u16>(), any::<u16>(), any::<u32>(), any::<u32>(), any::<u16>());
    let options = (any::<u16>(), 0u8..15, any::<bool>(), any::<Option<(u32, u32)>>(), 0u8..64);
    (ip_fields(), number, ports, options).prop_map(|(packet, number, ports, options)| {
        let (sport, dport, seq, ack, window) = ports;
        let (mss, wscale, sack_ok, timestamps, flags) = options;
        let packet = Packet { proto: number, ..packet };
        match number {
            proto::TCP => Packet { sport, dport, seq, ack, window, mss, wscale, sack_ok, timestamps, flags, ..packet },
            proto::UDP => Packet { sport, dport, ..packet },
            proto::SCTP => Packet { sport, dport, seq, ..packet },
            proto::ICMP => Packet { kind: 8, sport, dport: sport, seq: seq & 0xffff, ..packet },
            _ => packet,
        }
    })
}

fn printed(packet: &Packet, pool: &Pool) -> Vec<u8> {
    let mut bytes = Vec::new();
    print::print_ip(packet, pool, &mut bytes);
    bytes
}

proptest! {
    #[test]
    fn an_ip_packet_parses_back_to_its_fields(packet in transport(), data in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut pool = Pool::default();
        let packet = Packet { payload_len: data.len() as u16, payload: pool.store(&data), ..packet };
        let bytes = printed(&packet, &pool);
        prop_assert_eq!(bytes.len() as u32, packet.len());
        let back = parse::parse_ip(&bytes, &mut pool).unwrap();
        prop_assert!(!back.bad_checksum);
        prop_assert_eq!((back.src, back.dst, back.proto, back.ttl, back.tos), (packet.src, packet.dst, packet.proto, packet.ttl, packet.tos));
        let ack = if packet.proto == proto::TCP { back.ack } else { 0 };
        prop_assert_eq!((back.sport, back.dport, back.seq, ack), (packet.sport, packet.dport, packet.seq, packet.ack));
        prop_assert_eq!((back.mss, back.wscale, back.sack_ok, back.timestamps), (packet.mss, packet.wscale, packet.sack_ok, packet.timestamps));
        prop_assert_eq!(pool.data(&back), &data[..]);
        prop_assert_eq!(printed(&back, &pool), bytes);
    }

    #[test]
    fn an_icmp_error_quotes_its_cause_and_parses_back(packet in transport(), room in 28u32..200) {
        let mut pool = Pool::default();
        let mut inner = pool.begin(packet);
        inner.quoted = inner.len().min(room) as u16;
        let quoted = inner.quoted;
        let error = Packet { proto: proto::ICMP, kind: 3, code: 1, inner: pool.park(inner), payload_len: quoted, ..Packet::EMPTY };
        let bytes = printed(&error, &pool);
        prop_assert_eq!(bytes.len(), 28 + quoted as usize);
        let back = parse::parse_ip(&bytes, &mut pool).unwrap();
        prop_assert!(back.inner != NONE);
        let cause = pool.get(back.inner);
        prop_assert_eq!((cause.src, cause.dst, cause.proto), (packet.src, packet.dst, packet.proto));
        prop_assert_eq!((cause.sport, cause.dport), (packet.sport, packet.dport));
    }

    #[test]
    fn one_wrong_bit_is_noticed(packet in transport(), data in prop::collection::vec(any::<u8>(), 1..40), at in any::<prop::sample::Index>()) {
        prop_assume!(matches!(packet.proto, proto::TCP | proto::UDP | proto::ICMP));
        let mut pool = Pool::default();
        let packet = Packet { payload_len: data.len() as u16, payload: pool.store(&data), ..packet };
        let mut bytes = printed(&packet, &pool);
        let start = bytes.len() - data.len();
        bytes[start + at.index(data.len())] ^= 4;
        prop_assert!(parse::parse_ip(&bytes, &mut pool).unwrap().bad_checksum);
    }
}

#[test]
fn a_frame_in_a_vxlan_datagram_comes_out_as_it_went_in() {
    let mut pool = Pool::default();
    let inner = Packet {
        eth_src: Mac(0x02_00_00_00_00_01),
        eth_dst: Mac(0x02_00_00_00_00_02),
        proto: proto::TCP,
        sport: 40_000,
        dport: 80,
        flags: tcp::SYN,
        ..Packet::EMPTY
    };
    let length = inner.frame_len();
    let mut whole = Vec::new();
    print::print_frame(&inner, &pool, &mut whole);
    let inner = pool.begin(inner);
    let outer = Packet {
        proto: proto::UDP,
        sport: 50_000,
        dport: 4789,
        tunnel: 7,
        payload_len: (8 + length) as u16,
        inner: pool.park(inner),
        ..Packet::EMPTY
    };
    let bytes = printed(&outer, &pool);
    let back = parse::parse_ip(&bytes, &mut pool).unwrap();
    let data = pool.data(&back).to_vec();
    let (vni, frame) = parse::parse_vxlan(&data, &mut pool).unwrap();
    let mut again = Vec::new();
    print::print_frame(&frame, &pool, &mut again);
    assert_eq!((vni, again), (7, whole));
}

#[test]
fn an_arp_request_is_42_bytes_and_names_no_hardware_target() {
    let packet = Packet {
        ethertype: ether::ARP,
        eth_src: Mac(0x02_00_00_00_00_01),
        eth_dst: Mac::BROADCAST,
        src: Ip::v4(0x0a00_0001),
        dst: Ip::v4(0x0a00_0002),
        kind: 1,
        ..Packet::EMPTY
    };
    let mut bytes = Vec::new();
    print::print_frame(&packet, &Pool::default(), &mut bytes);
    assert_eq!(bytes.len(), 42);
    assert_eq!(bytes[32..38], [0; 6]);
    let back = parse::parse_frame(&bytes, &mut Pool::default()).unwrap();
    assert_eq!((back.src, back.dst, back.kind, back.eth_src), (packet.src, packet.dst, 1, packet.eth_src));
}

#[test]
fn a_pool_gives_back_what_it_was_given() {
    let mut pool = Pool::default();
    let payload = pool.store(b"bytes");
    let inner = pool.begin(Packet { payload, ..Packet::EMPTY });
    let inner = pool.park(inner);
    let outer = pool.begin(Packet { inner, ..Packet::EMPTY });
    let copy = pool.copy(&outer);
    assert_eq!(pool.in_use(), (2, 1));
    pool.release(outer);
    assert_eq!(pool.data(pool.get(copy.inner)), b"bytes");
    pool.release(copy);
    assert_eq!(pool.in_use(), (0, 0));
}
