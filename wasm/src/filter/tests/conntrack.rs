//! What conntrack believes. Criteria are those of reference behaviours 2, 10 to 14.

use super::world::*;
use crate::abi::{ct, ctstate, hook, op, table, target};
use crate::filter::env::why;
use crate::filter::Verdict;
use crate::flow::config::knob;
use crate::flow::entry::status;
use crate::flow::Kind;
use crate::wire::packet::proto;
use crate::wire::{CtInfo, Packet, NONE};

const CLIENT: &str = "10.0.1.5";
const SERVER: &str = "10.0.3.20";

fn world() -> World {
    World::with(&[tracking()])
}

/// `--ctstate` of a packet forwarded now.
fn state(world: &mut World, packet: Packet) -> CtInfo {
    world.forward(LAN, WAN, packet).unwrap().ct_info
}

/// The two ends of a TCP exchange, with sequence numbers kept.
struct Exchange {
    seq: u32,
    ack: u32,
}

impl Exchange {
    fn client(&self, flags: &str) -> Packet {
        Packet { seq: self.seq, ack: self.ack, ..segment(CLIENT, 40000, SERVER, 80, flags) }
    }
    fn server(&self, flags: &str) -> Packet {
        Packet { seq: self.ack, ack: self.seq, ..segment(SERVER, 80, CLIENT, 40000, flags) }
    }
    /// A finished handshake.
    fn open(world: &mut World) -> Exchange {
        let mut tcp = Exchange { seq: 1000, ack: 0 };
        assert_eq!(state(world, tcp.client("S")), CtInfo::New);
        tcp.seq = 1001;
        tcp.ack = 5000;
        assert_eq!(state(world, tcp.server("SA")), CtInfo::EstablishedReply);
        tcp.ack = 5001;
        assert_eq!(state(world, tcp.client("A")), CtInfo::Established);
        tcp
    }
}

fn tcp_state(world: &World) -> &'static str {
    world.flows()[0].state.unwrap()
}

#[test]
fn conntrack_is_on_only_while_a_rule_needs_it() {
    let mut world = world();
    state(&mut world, udp(CLIENT, 1, SERVER, 2));
    assert_eq!(world.flows().len(), 1);
    world.load(table::FILTER, &[at_hook(hook::FORWARD, true, vec![])]);
    assert!(!world.hooks.tracks(crate::wire::Family::V4) && !world.hooks.wants_defrag(crate::wire::Family::V4));
    assert_eq!(state(&mut world, udp(CLIENT, 3, SERVER, 4)), CtInfo::None);
    assert_eq!(world.flows().len(), 1, "what was there stays");
}

#[test]
fn a_tcp_connection_goes_through_its_states() {
    let mut world = world();
    let mut tcp = Exchange::open(&mut world);
    assert_eq!((tcp_state(&world), world.flows()[0].timeout), ("ESTABLISHED", 432_000));
    assert!(world.flows()[0].status & status::ASSURED != 0);
    state(&mut world, tcp.client("FA"));
    tcp.seq += 1;
    assert_eq!((tcp_state(&world), world.flows()[0].timeout), ("FIN_WAIT", 120));
    state(&mut world, tcp.server("A"));
    assert_eq!(tcp_state(&world), "CLOSE_WAIT");
    state(&mut world, tcp.server("FA"));
    tcp.ack += 1;
    assert_eq!(tcp_state(&world), "LAST_ACK");
    state(&mut world, tcp.client("A"));
    assert_eq!((tcp_state(&world), world.flows()[0].timeout), ("TIME_WAIT", 120));
}

#[test]
fn a_syn_on_time_wait_begins_a_new_flow() {
    let mut world = world();
    world.hooks.flows.watch(true);
    let mut tcp = Exchange::open(&mut world);
    state(&mut world, tcp.client("FA"));
    tcp.seq += 1;
    state(&mut world, tcp.server("FA"));
    tcp.ack += 1;
    state(&mut world, tcp.client("A"));
    assert_eq!(tcp_state(&world), "TIME_WAIT");
    world.hooks.flows.events.clear();
    assert_eq!(state(&mut world, Packet { seq: 90_000, ..segment(CLIENT, 40000, SERVER, 80, "S") }), CtInfo::New);
    let kinds: Vec<Kind> = world.hooks.flows.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [Kind::Destroy, Kind::New]);
    assert_eq!(tcp_state(&world), "SYN_SENT");
}

#[test]
fn segments_that_begin_no_connection_are_invalid() {
    for flags in ["SA", "R", "FA", "", "FPU", "SF", "SR", "RA"] {
        let mut world = world();
        assert_eq!(state(&mut world, segment(CLIENT, 1, SERVER, 80, flags)), CtInfo::Invalid, "{flags}");
        assert!(world.flows().is_empty() && world.hooks.flows.count() == 0);
    }
}

#[test]
fn a_connection_is_picked_up_in_the_middle() {
    let mut world = world();
    assert_eq!(state(&mut world, segment(CLIENT, 1, SERVER, 80, "A")), CtInfo::New);
    assert_eq!((tcp_state(&world), world.flows()[0].timeout), ("ESTABLISHED", 300));
    let mut strict = World::with(&[tracking()]);
    strict.hooks.flows.config.set(knob("tcp_loose"), 0);
    assert_eq!(state(&mut strict, segment(CLIENT, 1, SERVER, 80, "A")), CtInfo::Invalid);
}

#[test]
fn a_retransmitted_syn_is_new_again_and_does_not_prolong() {
    let mut world = world();
    let tcp = Exchange { seq: 7, ack: 0 };
    state(&mut world, tcp.client("S"));
    world.wait(50);
    assert_eq!(state(&mut world, tcp.client("S")), CtInfo::New);
    assert_eq!(world.flows()[0].timeout, 70);
}

#[test]
fn a_rst_as_first_answer_ends_the_flow_at_once() {
    let mut world = world();
    world.hooks.flows.watch(true);
    let mut tcp = Exchange { seq: 1000, ack: 0 };
    state(&mut world, tcp.client("S"));
    tcp.seq = 1001;
    assert_eq!(state(&mut world, tcp.server("RA")), CtInfo::EstablishedReply);
    assert!(world.flows().is_empty() && world.hooks.flows.count() == 0);
    let last = world.hooks.flows.events.last().unwrap();
    assert_eq!((last.kind, last.flow.state), (Kind::Destroy, Some("CLOSE")));
}

#[test]
fn a_rst_out_of_sequence_is_invalid() {
    let mut world = world();
    let tcp = Exchange::open(&mut world);
    let wrong = Packet { seq: 1, ..tcp.server("R") };
    assert_eq!(state(&mut world, wrong), CtInfo::Invalid);
    assert_eq!(tcp_state(&world), "ESTABLISHED");
    state(&mut world, tcp.server("R"));
    assert_eq!((tcp_state(&world), world.flows()[0].timeout), ("CLOSE", 10));
}

#[test]
fn data_beyond_the_window_is_invalid() {
    let mut world = world();
    let tcp = Exchange::open(&mut world);
    let far = Packet { seq: tcp.seq.wrapping_add(10_000_000), payload_len: 100, ..tcp.client("PA") };
    assert_eq!(state(&mut world, far), CtInfo::Invalid);
    let good = Packet { payload_len: 100, ..tcp.client("PA") };
    assert_eq!(state(&mut world, good), CtInfo::Established);
    world.hooks.flows.config.set(knob("tcp_be_liberal"), 1);
    assert_eq!(state(&mut world, far), CtInfo::Established);
}

#[test]
fn udp_is_established_by_an_answer_and_assured_when_it_goes_on() {
    let mut world = world();
    let question = udp(CLIENT, 5000, SERVER, 53);
    assert_eq!(state(&mut world, question), CtInfo::New);
    assert_eq!(state(&mut world, question), CtInfo::New, "a second question is still new");
    assert_eq!(state(&mut world, answer(&question)), CtInfo::EstablishedReply);
    assert_eq!(world.flows()[0].status & (status::SEEN_REPLY | status::ASSURED), status::SEEN_REPLY);
    assert_eq!(world.flows()[0].timeout, 30);
    world.wait(3);
    assert_eq!(state(&mut world, question), CtInfo::Established);
    assert_eq!(world.flows()[0].timeout, 120);
    assert!(world.flows()[0].status & status::ASSURED != 0);
}

#[test]
fn a_flow_goes_when_its_time_is_over() {
    let mut world = world();
    world.hooks.flows.watch(true);
    state(&mut world, udp(CLIENT, 5000, SERVER, 53));
    assert_eq!(world.hooks.flows.next_due(world.ground.now), Some(30_000_000_000));
    world.wait(29);
    world.hooks.flows.sweep(world.ground.now);
    assert_eq!(world.flows().len(), 1);
    world.wait(1);
    assert!(world.flows().is_empty(), "it is not shown any more");
    world.hooks.flows.sweep(world.ground.now);
    assert_eq!(world.hooks.flows.count(), 0);
    assert_eq!(world.hooks.flows.events.last().unwrap().kind, Kind::Destroy);
}

#[test]
fn echo_and_timestamp_open_flows_and_other_icmp_does_not() {
    let mut world = world();
    assert_eq!(state(&mut world, ping(CLIENT, SERVER, 0, 9)), CtInfo::Invalid);
    assert_eq!(state(&mut world, ping(CLIENT, SERVER, 13, 9)), CtInfo::New);
    let echo = ping(CLIENT, SERVER, 8, 7);
    assert_eq!(state(&mut world, echo), CtInfo::New);
    let reply = Packet { kind: 0, ..answer(&echo) };
    assert_eq!(state(&mut world, reply), CtInfo::EstablishedReply);
    assert_eq!(state(&mut world, reply), CtInfo::EstablishedReply, "many replies are fine");
    assert_eq!(state(&mut world, ping(CLIENT, SERVER, 9, 0)), CtInfo::Invalid);
}

#[test]
fn unknown_protocols_are_tracked_by_address() {
    let mut world = world();
    let packet = Packet { proto: 99, ..udp(CLIENT, 0, SERVER, 0) };
    assert_eq!(state(&mut world, packet), CtInfo::New);
    assert_eq!(world.flows()[0].timeout, 600);
    assert_eq!(state(&mut world, answer(&packet)), CtInfo::EstablishedReply);
}

#[test]
fn a_wrong_checksum_is_invalid_but_none_is_fine() {
    let mut world = world();
    assert_eq!(state(&mut world, Packet { bad_checksum: true, ..udp(CLIENT, 1, SERVER, 2) }), CtInfo::Invalid);
    assert_eq!(state(&mut world, Packet { no_checksum: true, ..udp(CLIENT, 1, SERVER, 2) }), CtInfo::New);
    world.hooks.flows.config.set(knob("checksum"), 0);
    assert_eq!(state(&mut world, Packet { bad_checksum: true, ..udp(CLIENT, 3, SERVER, 2) }), CtInfo::New);
}

#[test]
fn an_icmp_error_belongs_to_the_flow_it_quotes() {
    let mut world = world();
    let question = udp(CLIENT, 5000, SERVER, 53);
    state(&mut world, question);
    let error = world.icmp_error("192.0.2.99", question.src, (11, 0), question);
    assert_eq!(state(&mut world, error), CtInfo::RelatedReply);
    let stranger = world.icmp_error("192.0.2.99", question.src, (11, 0), udp(CLIENT, 5001, SERVER, 53));
    assert_eq!(state(&mut world, stranger), CtInfo::Invalid);
    let astray = world.icmp_error("192.0.2.99", addr("10.0.1.77"), (11, 0), question);
    assert_eq!(state(&mut world, astray), CtInfo::Invalid, "it goes to somebody who did not ask");
}

#[test]
fn a_dropped_first_packet_leaves_no_flow() {
    let mut world =
        World::with(&[(table::FILTER, vec![at_hook(hook::FORWARD, false, vec![rule().state(ctstate::INVALID)])])]);
    assert!(world.forward(LAN, WAN, udp(CLIENT, 1, SERVER, 2)).is_err());
    assert_eq!(world.hooks.flows.count(), 0);
}

#[test]
fn an_answer_attached_to_a_dropped_packet_keeps_its_flow_until_both_are_gone() {
    let mut world = world();
    let mut packet = udp(CLIENT, 1, SERVER, 2);
    world.hook(hook::PREROUTING, LAN, 0, &mut packet);
    let mut reject = ping("10.0.1.1", CLIENT, 3, 0);
    world.hooks.attach(&mut reject, &packet);
    assert_eq!(reject.ct_info, CtInfo::RelatedReply);
    world.hooks.release(&mut packet);
    assert_eq!(world.hooks.flows.count(), 1);
    assert_eq!(world.hook(hook::POSTROUTING, 0, LAN, &mut reject), Verdict::Accept);
    assert!(world.flows().is_empty(), "an answer confirms nothing");
    world.hooks.release(&mut reject);
    assert_eq!(world.hooks.flows.count(), 0);
}

#[test]
fn notrack_keeps_a_packet_out_and_ct_puts_it_into_a_zone() {
    let raw = |flags, zone| {
        (table::RAW, vec![at_hook(hook::PREROUTING, true, vec![rule().does(target::CT, &[flags, zone, 0, 0])])])
    };
    let mut world = World::with(&[tracking(), raw(ct::NOTRACK, 0)]);
    assert_eq!(state(&mut world, udp(CLIENT, 1, SERVER, 2)), CtInfo::Untracked);
    assert_eq!(world.hooks.flows.count(), 0);
    let mut world = World::with(&[tracking(), raw(0, 7)]);
    let question = udp(CLIENT, 1, SERVER, 2);
    state(&mut world, question);
    assert_eq!(world.flows()[0].zone, 7);
    world.load(table::RAW, &[at_hook(hook::PREROUTING, true, vec![])]);
    assert_eq!(state(&mut world, answer(&question)), CtInfo::New, "zone 0 knows nothing of zone 7");
}

#[test]
fn a_full_table_sacrifices_unassured_flows_and_then_drops() {
    let mut world = world();
    world.hooks.flows.config.set(knob("max"), 2);
    for port in 1..=3 {
        assert!(world.forward(LAN, WAN, udp(CLIENT, port, SERVER, 53)).is_ok());
    }
    assert_eq!((world.flows().len(), world.hooks.flows.statistics.early_drop), (2, 1));
    for flow in world.flows() {
        let back = Packet {
            src: flow.reply.src,
            dst: flow.reply.dst,
            sport: flow.reply.sport,
            dport: flow.reply.dport,
            ..udp(SERVER, 0, CLIENT, 0)
        };
        state(&mut world, back);
        world.wait(3);
        state(&mut world, answer(&back));
    }
    let newcomer = world.forward(LAN, WAN, udp(CLIENT, 99, SERVER, 53));
    assert_eq!(newcomer.map(|_| ()), Err(Verdict::Drop(why::TABLE_FULL)));
}

#[test]
fn conntrack_facts_can_be_matched() {
    let what = |bit: u32, fill: &dyn Fn(&mut [u32])| {
        let mut o = [0u32; 19];
        o[0] = bit;
        fill(&mut o);
        rule().with(op::CONNTRACK, &o).does(target::ACCEPT, &[])
    };
    use crate::abi::ctmatch as m;
    let cases: Vec<(&str, Rule, bool)> = vec![
        ("proto", what(m::PROTO, &|o| o[6] = 17), true),
        ("original source", what(m::ORIGSRC, &|o| (o[11], o[12]) = (addr(CLIENT).low(), u32::MAX)), true),
        ("original source, another", what(m::ORIGSRC, &|o| (o[11], o[12]) = (addr(SERVER).low(), u32::MAX)), false),
        ("original destination port", what(m::ORIGDST_PORT, &|o| o[8] = 53 | 53 << 16), true),
        ("status", what(m::STATUS, &|o| o[3] = crate::abi::ctstatus::ASSURED), false),
        ("direction", what(m::DIRECTION, &|_| ()), true),
        ("expires", what(m::EXPIRES, &|o| (o[4], o[5]) = (0, 0)), true),
    ];
    for (name, rule, fits) in cases {
        let mut world = World::with(&[(table::FILTER, vec![at_hook(hook::FORWARD, false, vec![rule])])]);
        assert_eq!(world.forward(LAN, WAN, udp(CLIENT, 5000, SERVER, 53)).is_ok(), fits, "{name}");
    }
}

#[test]
fn connmark_carries_a_mark_from_one_packet_to_the_next() {
    let rules = vec![
        rule().does(target::CONNMARK, &[2, 0, !0, !0, 0]),
        rule().with(op::MARK, &[0, !0]).does(target::MARK, &[5, !0]),
        rule().does(target::CONNMARK, &[1, 0, !0, !0, 0]),
    ];
    let mut world = World::with(&[(table::MANGLE, vec![at_hook(hook::PREROUTING, true, rules)])]);
    state(&mut world, udp(CLIENT, 1, SERVER, 2));
    assert_eq!(world.flows()[0].mark, 5);
    let back = world.forward(WAN, LAN, udp(SERVER, 2, CLIENT, 1)).unwrap();
    assert_eq!(back.mark, 5);
    assert_eq!(world.counters(table::MANGLE)[..3], [2, 1, 2]);
}

#[test]
fn connlimit_counts_live_flows_of_an_address() {
    let above_two = rule().with(op::CONNLIMIT, &[0, 2, 0, u32::MAX]).does(target::DROP, &[]);
    let mut world = World::with(&[(table::FILTER, vec![at_hook(hook::FORWARD, true, vec![above_two])])]);
    let open = |world: &mut World, port| world.forward(LAN, WAN, segment(CLIENT, port, SERVER, 80, "S")).is_ok();
    assert_eq!([1, 2, 3].map(|port| open(&mut world, port)), [true, true, false]);
    assert!(
        world.forward(LAN, WAN, segment("10.0.1.6", 1, SERVER, 80, "S")).is_ok(),
        "another address has its own count"
    );
    world.hooks.flows.flush();
    assert!(open(&mut world, 4));
}

#[test]
fn accounts_are_kept_when_somebody_asks_for_bytes() {
    let rules = vec![rule().with(op::CONNBYTES, &[1, 0, 50, 0, 1000, 0]).does(target::DROP, &[])];
    let mut world = World::with(&[(table::FILTER, vec![at_hook(hook::FORWARD, true, rules)])]);
    let packet = udp(CLIENT, 1, SERVER, 2);
    assert_eq!([0, 1, 2].map(|_| world.forward(LAN, WAN, packet).is_ok()), [true, false, false]);
    assert_eq!(world.flows()[0].original.count.packets, 3);
}

#[test]
fn a_packets_handle_of_a_dead_flow_is_nobodys() {
    let mut world = world();
    let mut packet = udp(CLIENT, 1, SERVER, 2);
    world.hook(hook::PREROUTING, LAN, 0, &mut packet);
    world.hook(hook::POSTROUTING, LAN, WAN, &mut packet);
    world.hooks.flows.flush();
    state(&mut world, udp(CLIENT, 77, SERVER, 2));
    assert!(world.hooks.flows.entry(packet.ct).is_none(), "the slot lives again, for another flow");
    world.hooks.release(&mut packet);
    assert_eq!((packet.ct, world.flows().len()), (NONE, 1));
}

#[test]
fn ipv6_flows_are_tracked_too() {
    let rules = vec![rule().state(ctstate::ESTABLISHED)];
    let mut words = program(table::FILTER, &[at_hook(hook::FORWARD, true, rules)]);
    words[1] = 6;
    let mut world = World::default();
    world.hooks.load(crate::wire::Family::V6, table::FILTER, &words, 0).unwrap();
    let question = udp("fd00::5", 5000, "fd00::20", 53);
    assert_eq!(state(&mut world, question), CtInfo::New);
    assert_eq!(state(&mut world, answer(&question)), CtInfo::EstablishedReply);
    assert_eq!(world.flows()[0].original.src.words(), addr("fd00::5").words());
    let solicitation = Packet { proto: proto::ICMPV6, kind: 135, ..udp("fd00::5", 0, "fd00::20", 0) };
    assert_eq!(state(&mut world, solicitation), CtInfo::Untracked);
    world.hooks.flows.flush();
    assert_eq!(world.hooks.flows.count(), 0);
}
