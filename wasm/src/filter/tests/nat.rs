//! Translation. Criteria are those of reference behaviours 1, 3 to 9 and 13.

use super::world::*;
use crate::abi::{hook, nat as flag, table, target};
use crate::filter::env::why;
use crate::filter::Verdict;
use crate::flow::entry::status;
use crate::wire::packet::proto;
use crate::wire::Packet;

const CLIENT: &str = "10.0.1.5";
const VIP: &str = "10.96.0.1";
const BACKEND: &str = "10.0.3.20";
const OUTSIDE: &str = "198.51.100.7";

fn to_backend() -> Rule {
    dnat(rule().to("10.96.0.1/32").dport(proto::UDP, 53), BACKEND, 5353)
}

#[test]
fn only_the_first_packet_asks_the_table_and_answers_are_undone() {
    let mut world = World::with(&[nat(vec![to_backend()], vec![])]);
    let question = udp(CLIENT, 5000, VIP, 53);
    let seen = world.forward(LAN, WAN, question).unwrap();
    assert!(seen.dst == addr(BACKEND) && seen.dport == 5353 && seen.src == addr(CLIENT) && seen.sport == 5000);
    let back = world.forward(WAN, LAN, answer(&seen)).unwrap();
    assert!(back.src == addr(VIP) && back.sport == 53);
    world.forward(LAN, WAN, question).unwrap();
    assert_eq!(world.counters(table::NAT), [1, 0, 0, 0, 1], "DNAT once, POSTROUTING's policy once");
    assert!(world.flows()[0].status & status::NAT == status::DST_NAT);
}

#[test]
fn a_rule_added_later_leaves_the_flow_alone() {
    let mut world = World::with(&[tracking(), nat(vec![], vec![])]);
    let question = udp(CLIENT, 5000, VIP, 53);
    assert!(world.forward(LAN, WAN, question).unwrap().dst == addr(VIP));
    let (id, chains) = nat(vec![to_backend()], vec![]);
    world.load(id, &chains);
    assert!(world.forward(LAN, WAN, question).unwrap().dst == addr(VIP));
    world.hooks.flows.flush();
    assert!(world.forward(LAN, WAN, question).unwrap().dst == addr(BACKEND));
}

#[test]
fn without_conntrack_the_nat_table_is_never_asked() {
    let mut world = World::with(&[nat(vec![rule().does(target::ACCEPT, &[])], vec![])]);
    world.forward(LAN, WAN, udp(CLIENT, 1, VIP, 2)).unwrap();
    assert_eq!(world.counters(table::NAT), [0, 0, 0, 0, 0]);
}

#[test]
fn two_flows_that_become_one_tuple_get_different_source_ports() {
    let rules = vec![to_backend(), dnat(rule().to("10.96.0.2/32").dport(proto::UDP, 53), BACKEND, 5353)];
    let mut world = World::with(&[nat(rules, vec![])]);
    let one = world.forward(LAN, WAN, udp(CLIENT, 5000, VIP, 53)).unwrap();
    let two = world.forward(LAN, WAN, udp(CLIENT, 5000, "10.96.0.2", 53)).unwrap();
    assert_eq!(one.sport, 5000);
    assert!(two.sport != 5000 && two.sport >= 1024);
    assert_eq!(world.flows()[1].status & status::NAT, status::NAT);
    let back = world.forward(WAN, LAN, answer(&two)).unwrap();
    assert!(back.src == addr("10.96.0.2") && back.dport == 5000);
}

#[test]
fn masquerade_keeps_the_port_unless_it_is_taken_and_then_stays_in_its_class() {
    for (port, low, high) in [(40000, 1024, 65535), (600, 600, 1023), (300, 1, 511)] {
        let mut world = World::with(&[nat(vec![], vec![masquerade(0, (0, 0))])]);
        let one = world.forward(LAN, WAN, udp(CLIENT, port, OUTSIDE, 53)).unwrap();
        assert!(one.src == addr("203.0.113.1") && one.sport == port);
        let two = world.forward(LAN, WAN, udp("10.0.1.6", port, OUTSIDE, 53)).unwrap();
        assert!(two.sport != port && (low..=high).contains(&two.sport), "{port} became {}", two.sport);
        let other = world.forward(LAN, WAN, udp("10.0.1.7", port, "198.51.100.8", 53)).unwrap();
        assert_eq!(other.sport, port, "to another destination it is not taken");
    }
}

#[test]
fn masquerade_with_ports_drops_when_they_are_used_up() {
    let mut world = World::with(&[nat(vec![], vec![masquerade(flag::PORTS, (7000, 7001))])]);
    let send = |world: &mut World, port| world.forward(LAN, WAN, udp(CLIENT, port, OUTSIDE, 53)).map(|seen| seen.sport);
    let mut ports = [send(&mut world, 1).unwrap(), send(&mut world, 2).unwrap()];
    ports.sort_unstable();
    assert_eq!(ports, [7000, 7001]);
    assert_eq!(send(&mut world, 3), Err(Verdict::Drop(why::CLASH)));
}

#[test]
fn one_source_keeps_its_mapping_for_another_destination() {
    let mut world = World::with(&[nat(vec![], vec![masquerade(flag::PORTS, (7000, 7999))])]);
    let one = world.forward(LAN, WAN, udp(CLIENT, 5000, OUTSIDE, 53)).unwrap();
    let two = world.forward(LAN, WAN, udp(CLIENT, 5000, "198.51.100.8", 53)).unwrap();
    assert_eq!(one.sport, two.sport);
}

#[test]
fn echo_ids_are_translated_like_ports() {
    let mut world = World::with(&[nat(vec![], vec![masquerade(0, (0, 0))])]);
    let one = world.forward(LAN, WAN, ping(CLIENT, OUTSIDE, 8, 77)).unwrap();
    let two = world.forward(LAN, WAN, ping("10.0.1.6", OUTSIDE, 8, 77)).unwrap();
    assert_eq!(one.sport, 77);
    assert_ne!(two.sport, 77);
    let back = world.forward(WAN, LAN, Packet { kind: 0, ..answer(&two) }).unwrap();
    assert!(back.dst == addr("10.0.1.6") && back.sport == 77);
}

#[test]
fn an_address_range_gives_a_client_always_the_same() {
    let words = [flag::ADDRESS, addr("10.0.3.20").low(), addr("10.0.3.23").low(), 0, 0];
    let mut world = World::with(&[nat(vec![rule().does(target::DNAT, &words)], vec![])]);
    let mut seen = std::collections::BTreeSet::new();
    for client in ["10.0.1.5", "10.0.1.6", "10.0.1.7", "10.0.1.8", "10.0.1.9", "10.0.1.10"] {
        let first = world.forward(LAN, WAN, udp(client, 1, VIP, 53)).unwrap().dst;
        assert!((addr("10.0.3.20")..=addr("10.0.3.23")).contains(&first));
        for port in 2..5 {
            assert!(world.forward(LAN, WAN, udp(client, port, VIP, 53)).unwrap().dst == first);
        }
        seen.insert(first);
    }
    assert!(seen.len() > 1);
}

#[test]
fn a_destination_port_range_gives_its_first_port() {
    let words = [flag::ADDRESS | flag::PORTS, addr(BACKEND).low(), addr(BACKEND).low(), 8000 | 8010 << 16, 0];
    let mut world = World::with(&[nat(vec![rule().does(target::DNAT, &words)], vec![])]);
    for port in [1, 2, 3] {
        assert_eq!(world.forward(LAN, WAN, udp(CLIENT, port, VIP, 53)).unwrap().dport, 8000);
    }
    let clash = world.forward(LAN, WAN, udp(CLIENT, 1, "10.96.0.2", 53)).unwrap();
    assert_eq!(clash.dport, 8001);
}

#[test]
fn redirect_goes_to_the_in_devices_address_and_locally_to_loopback() {
    let redirect = || vec![rule().does(target::REDIRECT, &[flag::PORTS, 8080 | 8080 << 16])];
    let chains = vec![at_hook(hook::PREROUTING, true, redirect()), at_hook(hook::OUTPUT, true, redirect())];
    let mut world = World::with(&[(table::NAT, chains)]);
    let seen = world.receive(LAN, segment(CLIENT, 1000, OUTSIDE, 80, "S")).unwrap();
    assert!(seen.dst == addr("10.0.1.1") && seen.dport == 8080);
    let mut own = segment("203.0.113.1", 1000, OUTSIDE, 80, "S");
    assert_eq!(world.hook(hook::OUTPUT, 0, WAN, &mut own), Verdict::Accept);
    assert!(own.dst == addr("127.0.0.1") && own.src == addr("203.0.113.1"));
    world.hooks.release(&mut own);
}

#[test]
fn netmap_keeps_the_host_part() {
    let words = [addr("10.0.3.0").low(), 0xffff_ff00];
    let mut world = World::with(&[nat(vec![rule().to("10.96.0.0/24").does(target::NETMAP, &words)], vec![])]);
    assert!(world.forward(LAN, WAN, udp(CLIENT, 1, "10.96.0.77", 53)).unwrap().dst == addr("10.0.3.77"));
}

#[test]
fn an_error_about_a_translated_flow_is_undone_inside_and_out() {
    let mut world = World::with(&[nat(vec![to_backend()], vec![])]);
    let seen = world.forward(LAN, WAN, udp(CLIENT, 5000, VIP, 53)).unwrap();
    let refused = world.icmp_error(BACKEND, addr(CLIENT), (3, 3), seen);
    let refused = world.forward(WAN, LAN, refused).unwrap();
    let inner = world.ground.inners[refused.inner as usize];
    assert!(inner.dst == addr(VIP) && inner.dport == 53 && inner.src == addr(CLIENT));
    assert!(refused.src == addr(VIP));
    let expired = world.icmp_error("192.0.2.99", addr(CLIENT), (11, 0), seen);
    let expired = world.forward(WAN, LAN, expired).unwrap();
    assert!(expired.src == addr(VIP), "a router behind the translation hides behind it too");
}

#[test]
fn an_error_about_a_masqueraded_flow_finds_its_client() {
    let mut world = World::with(&[nat(vec![], vec![masquerade(0, (0, 0))])]);
    let seen = world.forward(LAN, WAN, udp(CLIENT, 5000, OUTSIDE, 53)).unwrap();
    let error = world.icmp_error(OUTSIDE, seen.src, (3, 3), seen);
    let error = world.forward(WAN, LAN, error).unwrap();
    let inner = world.ground.inners[error.inner as usize];
    assert!(error.dst == addr(CLIENT) && inner.src == addr(CLIENT) && inner.sport == 5000);
    let expired = world.icmp_error("192.0.2.99", seen.src, (11, 0), seen);
    let expired = world.forward(WAN, LAN, expired).unwrap();
    assert!(expired.src == addr("192.0.2.99") && expired.dst == addr(CLIENT));
}

#[test]
fn a_reset_of_a_translated_flow_is_translated_though_it_ends_the_flow() {
    let rules = vec![dnat(rule().to("10.96.0.1/32"), BACKEND, 0)];
    let mut world = World::with(&[nat(rules, vec![])]);
    let seen = world.forward(LAN, WAN, segment(CLIENT, 5000, VIP, 80, "S")).unwrap();
    let reset = Packet { ack: 1, ..Packet { flags: 0x14, ..answer(&seen) } };
    let reset = world.forward(WAN, LAN, reset).unwrap();
    assert!(reset.src == addr(VIP));
    assert_eq!(world.hooks.flows.count(), 0);
}

#[test]
fn a_masqueraded_flow_ends_with_its_device() {
    let mut world = World::with(&[nat(vec![], vec![masquerade(0, (0, 0))])]);
    world.forward(LAN, WAN, udp(CLIENT, 5000, OUTSIDE, 53)).unwrap();
    world.hooks.flows.masquerade_gone(LAN, None);
    assert_eq!(world.flows().len(), 1);
    world.hooks.flows.masquerade_gone(WAN, None);
    assert!(world.flows().is_empty());
}

#[test]
fn ipv6_flows_are_translated_by_the_same_rules() {
    let words = |at: &str| addr(at).words();
    let mut to = vec![flag::ADDRESS];
    to.extend(words("fd00::20"));
    to.extend(words("fd00::20"));
    to.extend([0, 0]);
    let (_, chains) = nat(vec![rule().does(target::DNAT, &to)], vec![masquerade(0, (0, 0))]);
    let mut program = program(table::NAT, &chains);
    program[1] = 6;
    let mut world = World::default();
    world.hooks.load(crate::wire::Family::V6, table::NAT, &program, 0).unwrap();
    let seen = world.forward(LAN, LAN, udp("fd00::5", 5000, "fd00:96::1", 53)).unwrap();
    assert!(seen.dst == addr("fd00::20") && seen.src == addr("fd00::5"));
    let back = world.forward(LAN, LAN, answer(&seen)).unwrap();
    assert!(back.src == addr("fd00:96::1"));
    let error = world.icmp_error("fd00::20", addr("fd00::5"), (1, 4), seen);
    let error = world.forward(LAN, LAN, Packet { proto: proto::ICMPV6, ..error }).unwrap();
    assert!(error.src == addr("fd00:96::1") && world.ground.inners[error.inner as usize].dst == addr("fd00:96::1"));
}

#[test]
fn drop_in_a_jump_of_the_nat_table_leaves_no_flow() {
    let mut world = World::with(&[tracking(), nat(vec![rule().does(target::DROP, &[])], vec![])]);
    assert!(world.forward(LAN, WAN, udp(CLIENT, 1, VIP, 2)).is_err());
    assert_eq!(world.hooks.flows.count(), 0);
}

mod laws {
    use super::*;
    use crate::flow::tuple::Wide;
    use proptest::prelude::*;

    proptest! {
        // NAT of a reply inverts NAT of the original, and no two flows get one tuple.
        #[test]
        fn whatever_is_sent_its_answer_comes_back_to_the_sender(flows in proptest::collection::vec((0u8..4, 1u16..6, 0u8..3, any::<bool>()), 1..60)) {
            let rules = vec![dnat(rule().to("10.96.0.0/16").dport(proto::UDP, 53), BACKEND, 5353), dnat(rule().to("10.96.0.2/32"), BACKEND, 0)];
            let mut world = World::with(&[nat(rules, vec![masquerade(0, (0, 0))])]);
            for (client, port, vip, icmp) in flows {
                let (src, dst) = (format!("10.0.1.{client}"), format!("10.96.0.{vip}"));
                let question = if icmp { ping(&src, &dst, 8, port) } else { udp(&src, port, &dst, 53) };
                let seen = world.forward(LAN, WAN, question).unwrap();
                prop_assert!(seen.src == addr("203.0.113.1"));
                let reply = Packet { kind: 0, ..answer(&seen) };
                let back = world.forward(WAN, LAN, reply).unwrap();
                prop_assert!(back.dst == question.src && back.src == question.dst);
                prop_assert_eq!(back.dport, question.sport);
                if !icmp { prop_assert_eq!(back.sport, question.dport); }
            }
            let mut tuples: Vec<_> = world.flows().iter().map(|f| (f.proto, f.reply.src, f.reply.dst, f.reply.sport, f.reply.dport, f.reply.id)).collect();
            let count = tuples.len();
            tuples.sort_unstable();
            tuples.dedup();
            prop_assert_eq!(tuples.len(), count);
        }
    }

    /// Every tuple of a small world, of one protocol.
    fn tuples() -> Vec<Wide> {
        let ips: Vec<_> = (0..4)
            .map(|i| format!("10.0.1.{i}"))
            .chain(["10.96.0.1", "10.96.0.2", BACKEND, "203.0.113.1", "fd00::1", "fd00::2"].map(String::from))
            .map(|text| addr(&text))
            .collect();
        let mut all = Vec::new();
        for src in &ips {
            for dst in ips.iter().filter(|dst| dst.is_v4() == src.is_v4()) {
                for (sport, dport) in [(1, 53), (2, 53), (53, 1), (53, 2), (5353, 1), (5353, 2), (1, 5353), (2, 5353)] {
                    all.push(Wide { src: *src, dst: *dst, sport, dport, proto: proto::UDP });
                }
            }
        }
        all
    }

    proptest! {
        #[test]
        fn the_table_finds_what_a_look_at_every_flow_finds(
            steps in proptest::collection::vec((0u8..5, 0u8..4, 1u16..3, 1u8..3, any::<bool>()), 1..80),
        ) {
            let rules = vec![dnat(rule().to("10.96.0.1/32").dport(proto::UDP, 53), BACKEND, 5353)];
            let mut world = World::with(&[nat(rules, vec![masquerade(0, (0, 0))])]);
            let mut words = program(table::FILTER, &[at_hook(hook::FORWARD, true, vec![rule().state(crate::abi::ctstate::NEW)])]);
            words[1] = 6;
            world.hooks.load(crate::wire::Family::V6, table::FILTER, &words, 0).unwrap();
            for (what, client, port, vip, out) in steps {
                match what {
                    0 => world.wait(u64::from(port) * 11),
                    1 => {
                        let victim = world.flows().get(client as usize).map(|flow| flow.id);
                        victim.map(|id| world.hooks.flows.remove(id));
                    }
                    2 => { let _ = world.forward(LAN, WAN, udp("fd00::1", port, &format!("fd00::{vip}"), 53)); }
                    _ => {
                        let packet = udp(&format!("10.0.1.{client}"), port, &format!("10.96.0.{vip}"), 53);
                        let _ = world.forward(LAN, if out { WAN } else { LAN }, packet);
                    }
                }
                world.hooks.flows.sweep(world.ground.now);
                for wide in tuples() {
                    let [fast, slow] = world.hooks.flows.found_and_scanned(&wide);
                    prop_assert_eq!(fast, slow);
                }
            }
        }
    }
}
