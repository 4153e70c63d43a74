//! A compiled chain is the linear walk, only faster.

use super::world::*;
use crate::abi::{hook, op, table, target};
use crate::wire::packet::proto;
use crate::wire::Packet;
use proptest::prelude::*;

/// Rules over few values, so that many share theirs, with all that may stand between exact tests.
fn any_rule() -> impl Strategy<Value = Rule> {
    let part = (0u8..4, 0u8..4, 0u8..3, 0u16..4, 0u8..8, 0u8..8);
    part.prop_map(|(src, dst, protocol, port, extra, does)| {
        let mut r = rule();
        if extra == 1 {
            r = r.from(&format!("10.0.1.{src}"));
        }
        if extra != 2 {
            r = r.to(&format!("10.96.0.{dst}/{}", if extra == 3 { 24 } else { 32 }));
        }
        if extra == 4 {
            r = r.with(op::STATISTIC, &[0, 1, 2, 0]);
        }
        if extra == 5 {
            r = r.flag(crate::abi::base::NOT_DESTINATION);
        }
        r = match protocol {
            0 => r.dport(proto::TCP, port),
            1 => r.dport(proto::UDP, port),
            _ => r,
        };
        match does {
            0 => r.does(target::ACCEPT, &[]),
            1 => r.does(target::DROP, &[]),
            2 => r.does(target::JUMP, &[1]),
            3 => r.does(target::RETURN, &[]),
            4 => r.does(target::GOTO, &[1]),
            _ => r.does(target::MARK, &[1 << does, 1 << does]),
        }
    })
}

type Seed = (u8, u8, bool, u16, u16);

fn packet_of((src, dst, is_tcp, port, fragment): Seed) -> Packet {
    let (src, dst) = (format!("10.0.1.{src}"), format!("10.96.0.{dst}"));
    let packet = if is_tcp { segment(&src, 1, &dst, port, "S") } else { udp(&src, 1, &dst, port) };
    Packet { frag_offset: fragment.saturating_sub(17), ..packet }
}

fn world(linear: bool, chains: &[ChainSpec]) -> World {
    let mut world = World::default();
    world.hooks.linear = linear;
    world.load(table::FILTER, chains);
    world
}

proptest! {
    #[test]
    fn compiled_chains_decide_and_count_as_the_linear_walk(
        forward in proptest::collection::vec(any_rule(), 0..60),
        called in proptest::collection::vec(any_rule(), 0..30),
        packets in proptest::collection::vec((0u8..4, 0u8..4, any::<bool>(), 0u16..4, 0u16..20), 1..40),
    ) {
        let called: Vec<Rule> = called.into_iter().map(|r| match r.calls() { true => r.does(target::RETURN, &[]), false => r }).collect();
        let chains = [at_hook(hook::FORWARD, true, forward), user(called)];
        let (mut fast, mut slow) = (world(false, &chains), world(true, &chains));
        for packet in packets.into_iter().map(packet_of) {
            let (one, two) = (fast.forward(LAN, WAN, packet), slow.forward(LAN, WAN, packet));
            prop_assert_eq!(one.map(|p| p.mark), two.map(|p| p.mark));
            prop_assert_eq!(fast.counters(table::FILTER), slow.counters(table::FILTER));
        }
    }
}

#[test]
fn a_thousand_services_are_one_lookup() {
    let rules = (0..1000u32).map(|i| {
        rule().to(&format!("10.96.{}.{}", i / 250, i % 250)).dport(proto::TCP, 80).does(target::MARK, &[i + 1, !0])
    });
    let chains = [at_hook(hook::FORWARD, true, rules.chain([rule().does(target::ACCEPT, &[])]).collect())];
    let mut world = world(false, &chains);
    let seen = world.forward(LAN, WAN, segment("10.0.1.5", 1, "10.96.3.7", 80, "S")).unwrap();
    assert_eq!(seen.mark, 758);
    let counters = world.counters(table::FILTER);
    assert_eq!((counters[757], counters[1000], counters.iter().sum::<u64>()), (1, 1, 2));
}

#[test]
fn a_long_access_list_is_searched_and_its_first_match_wins() {
    // networks of several sizes that overlap, port ranges, inversions
    let list = (0..3000u32).map(|i| {
        let net = format!("10.{}.{}.0/{}", i % 7, i % 200, [8, 16, 20, 24][i as usize % 4]);
        let port = (i % 400) as u16;
        let range = port as u32 | (port as u32 + i % 5) << 16;
        let r = if i % 3 == 0 { rule().from(&net) } else { rule().to(&net) };
        let r = if i % 11 == 0 { r.flag(crate::abi::base::NOT_DESTINATION) } else { r };
        r.proto(proto::UDP).with(op::UDP, &[0xffff_0000, range, 0]).does(target::MARK, &[i, !0])
    });
    let chains = [at_hook(hook::FORWARD, true, list.collect())];
    let (mut fast, mut slow) = (world(false, &chains), world(true, &chains));
    for i in 0..300u16 {
        let packet = udp(&format!("10.{}.{}.9", i % 9, i % 256), 1, &format!("10.{}.{}.5", i % 8, i % 211), i % 420);
        assert_eq!(fast.forward(LAN, WAN, packet).unwrap().mark, slow.forward(LAN, WAN, packet).unwrap().mark);
    }
    assert_eq!(fast.counters(table::FILTER), slow.counters(table::FILTER));
    assert!(fast.counters(table::FILTER)[..3000].iter().sum::<u64>() > 300);
}
