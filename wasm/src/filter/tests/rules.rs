//! How chains are walked, and what single matches say.

use super::world::*;
use crate::abi::{base, hook, op, portinv, recent, table, target};
use crate::filter::env::{why, Note};
use crate::filter::program::{Program, Refusal};
use crate::filter::Verdict;
use crate::wire::packet::proto;
use crate::wire::{Family, Packet};

/// The table of most tests here.
const FILTER: (Family, u32) = (Family::V4, table::FILTER);

fn filter(rules: Vec<Rule>, more: Vec<ChainSpec>) -> World {
    let mut chains = vec![at_hook(hook::FORWARD, false, rules)];
    chains.extend(more);
    World::with(&[(table::FILTER, chains)])
}

fn probe() -> Packet {
    udp("10.0.1.5", 1000, "10.0.3.20", 53)
}

#[test]
fn the_first_rule_that_decides_wins_and_only_rules_that_matched_count() {
    let mut world = filter(
        vec![
            rule().from("10.0.2.0/24").does(target::DROP, &[]),
            rule().dport(proto::UDP, 53),
            rule().from("10.0.1.0/24").does(target::ACCEPT, &[]),
            rule().does(target::DROP, &[]),
        ],
        vec![],
    );
    assert!(world.forward(LAN, WAN, probe()).is_ok());
    assert_eq!(world.counters(table::FILTER), [0, 1, 1, 0, 0]);
}

#[test]
fn a_chain_returns_to_its_caller_but_goto_returns_to_the_callers_caller() {
    // FORWARD: -j A ; mark 1 | A: -g B ; mark 2 | B: RETURN
    let mut world = filter(
        vec![rule().does(target::JUMP, &[1]), rule().does(target::MARK, &[1, 1])],
        vec![
            user(vec![rule().does(target::GOTO, &[2]), rule().does(target::MARK, &[2, 2])]),
            user(vec![rule().does(target::RETURN, &[])]),
        ],
    );
    assert_eq!(world.forward(LAN, WAN, probe()).map(|_| ()), Err(Verdict::Drop(why::POLICY)));
    assert_eq!(
        world.counters(table::FILTER),
        [1, 1, 1, 1, 0, 1],
        "two of FORWARD, its policy, A's goto but not what follows, B's return"
    );
}

#[test]
fn return_in_a_built_in_chain_is_its_policy() {
    let mut world = filter(vec![rule().does(target::RETURN, &[]), rule().does(target::ACCEPT, &[])], vec![]);
    assert_eq!(world.forward(LAN, WAN, probe()).map(|_| ()), Err(Verdict::Drop(why::POLICY)));
    assert_eq!(world.counters(table::FILTER), [1, 0, 1]);
}

#[test]
fn counters_count_ip_bytes() {
    let mut world = filter(vec![rule().does(target::ACCEPT, &[])], vec![]);
    world.forward(LAN, WAN, Packet { payload_len: 72, ..probe() }).unwrap();
    let mut out = Vec::new();
    world.hooks.counters(crate::wire::Family::V4, table::FILTER, &mut out);
    assert_eq!(out, [1.0, 100.0, 0.0, 0.0]);
}

#[test]
fn a_program_that_lies_about_its_lengths_is_refused_and_changes_nothing() {
    let good = program(
        table::FILTER,
        &[at_hook(hook::FORWARD, true, vec![rule().dport(proto::TCP, 80).does(target::JUMP, &[1])]), user(vec![])],
    );
    assert!(Program::read(&good, FILTER, None).is_ok());
    for at in 0..good.len() {
        for change in [1u32, 0xffff, 0x1_0000] {
            let mut bad = good.clone();
            bad[at] = bad[at].wrapping_add(change);
            let _ = Program::read(&bad, FILTER, None); // must not panic
        }
        assert!(Program::read(&good[..at], FILTER, None).is_err());
    }
}

#[test]
fn chains_in_a_circle_are_refused() {
    let jump = |to| vec![rule().does(target::JUMP, &[to])];
    let words = program(table::FILTER, &[at_hook(hook::FORWARD, true, jump(1)), user(jump(2)), user(jump(1))]);
    assert_eq!(Program::read(&words, FILTER, None).err(), Some(Refusal::Loop));
    let words =
        program(table::FILTER, &[at_hook(hook::FORWARD, true, jump(1)), user(jump(2)), user(vec![]), user(jump(2))]);
    assert!(Program::read(&words, FILTER, None).is_ok(), "one chain may be called from two");
}

#[test]
fn interfaces_match_by_name_or_by_prefix() {
    for (name, fits) in [("wan", true), ("wa+", true), ("+", true), ("w", false), ("lan", false), ("wan0", false)] {
        let mut world = filter(vec![rule().out(name).does(target::ACCEPT, &[])], vec![]);
        assert_eq!(world.forward(LAN, WAN, probe()).is_ok(), fits, "-o {name}");
    }
    let mut world = filter(vec![rule().out("wan").flag(base::NOT_OUT).does(target::ACCEPT, &[])], vec![]);
    assert!(world.forward(LAN, WAN, probe()).is_err());
}

#[test]
fn a_packet_fits_what_is_said_of_it() {
    let tcp = segment("10.0.1.5", 1000, "10.0.3.20", 443, "SA");
    let echo = ping("10.0.1.5", "10.0.3.20", 8, 7);
    let any = 0xffff_0000u32;
    let cases: Vec<(&str, Packet, Rule, bool)> = vec![
        ("sport in range", probe(), rule().with(op::UDP, &[900 | 1100 << 16, any, 0]), true),
        ("sport inverted", probe(), rule().with(op::UDP, &[900 | 1100 << 16, any, portinv::SOURCE]), false),
        ("SYN,ACK of ALL", tcp, rule().with(op::TCP, &[any, any, 0x3f | 0x12 << 8, 0]), true),
        ("not --syn", tcp, rule().with(op::TCP, &[any, any, 0x17 | 2 << 8, portinv::FLAGS]), true),
        ("a TCP option that is not there", tcp, rule().with(op::TCP, &[any, any, 2 << 16, 0]), false),
        ("icmp any", echo, rule().with(op::ICMP, &[255, 0x00ff_0000]), true),
        ("icmp echo-request", echo, rule().with(op::ICMP, &[8, 255 << 16]), true),
        ("not icmp echo-request", echo, rule().with(op::ICMP, &[8, 255 << 16]).not(), false),
        ("multiport either side", probe(), rule().with(op::MULTIPORT, &[3, 53 | 53 << 16, 80 | 90 << 16]), true),
        ("multiport on icmp", echo, rule().with(op::MULTIPORT, &[3, any]), false),
        ("iprange", probe(), rule().with(op::IPRANGE, &[1, 0x0a000100, 0x0a000106, 0, 0]), true),
        ("not iprange", probe(), rule().with(op::IPRANGE, &[1 | 4, 0x0a000100, 0x0a000106, 0, 0]), false),
        ("addrtype", probe(), rule().with(op::ADDRTYPE, &[0, 1 << 2, 0]), false),
        ("not addrtype", probe(), rule().with(op::ADDRTYPE, &[0, 1 << 2, 2]), true),
        ("ttl under 65", probe(), rule().with(op::TTL, &[2, 65]), true),
        ("length", probe(), rule().with(op::LENGTH, &[28 | 28 << 16]), true),
        ("tos", Packet { tos: 0x10, ..probe() }, rule().with(op::TOS, &[0x10, 0xff]), true),
        ("dscp", Packet { tos: 0xb8, ..probe() }, rule().with(op::DSCP, &[46]), true),
        ("owner of a packet from the wire", probe(), rule().with(op::OWNER, &[1, 0, 0, 0, 0, 0]), false),
        ("not owner of a packet from the wire", probe(), rule().with(op::OWNER, &[1, 1, 0, 0, 0, 0]), true),
        ("mark", Packet { mark: 0x4001, ..probe() }, rule().with(op::MARK, &[0x4000, 0x4000]), true),
        ("physdev of a routed packet", probe(), rule().with(op::PHYSDEV, &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), false),
        ("no IPsec policy", probe(), rule().with(op::POLICY, &[4 | 1]), true),
        ("tcpmss without the option", tcp, rule().with(op::TCPMSS, &[any]), false),
        ("an unmodelled match", probe(), rule().with(op::UNMODELLED, &[3, 0x0066_7062]), false),
        ("another protocol", probe(), rule().proto(proto::TCP), false),
        ("a fragment", Packet { frag_offset: 10, ..probe() }, rule().flag(base::FRAGMENT), true),
        (
            "ports of a later fragment",
            Packet { frag_offset: 10, ..probe() },
            rule().with(op::UDP, &[any, any, 0]),
            false,
        ),
    ];
    for (name, packet, rule, fits) in cases {
        let mut world = filter(vec![rule.does(target::ACCEPT, &[])], vec![]);
        assert_eq!(world.forward(LAN, WAN, packet).is_ok(), fits, "{name}");
    }
}

#[test]
fn the_first_fragment_that_could_hide_flags_is_dropped_by_tcp_rules() {
    let mut world = filter(vec![rule().dport(proto::TCP, 80), rule().does(target::ACCEPT, &[])], vec![]);
    let packet = Packet { frag_offset: 1, ..segment("10.0.1.5", 1, "10.0.3.20", 80, "S") };
    assert_eq!(world.forward(LAN, WAN, packet).map(|_| ()), Err(Verdict::Drop(why::HOTDROP)));
    assert_eq!(world.counters(table::FILTER), [0, 0, 0]);
}

#[test]
fn statistic_nth_takes_every_third_from_the_packet_it_is_told() {
    for (packet, taken) in [(0, [1, 4, 7]), (1, [2, 5, 8]), (2, [3, 6, 9])] {
        let mut world = filter(vec![rule().with(op::STATISTIC, &[0, 1, 3, packet]).does(target::ACCEPT, &[])], vec![]);
        let passed: Vec<i32> = (1..=9).filter(|_| world.forward(LAN, WAN, probe()).is_ok()).collect();
        assert_eq!(passed, taken, "--every 3 --packet {packet}");
    }
}

#[test]
fn limit_lets_a_burst_through_and_then_its_rate() {
    let mut world = filter(vec![rule().with(op::LIMIT, &[0, 10_000, 5]).does(target::ACCEPT, &[])], vec![]);
    let send =
        |world: &mut World, count: usize| (0..count).filter(|_| world.forward(LAN, WAN, probe()).is_ok()).count();
    assert_eq!(send(&mut world, 8), 5);
    world.wait(2);
    assert_eq!(send(&mut world, 8), 2);
}

fn recent_rule(mode: u32, seconds: u32, hits: u32) -> Rule {
    rule().with(op::RECENT, &[0, mode, 0, seconds, hits, u32::MAX, 1, b'x' as u32])
}

#[test]
fn rcheck_with_hitcount_3_drops_from_the_fourth_packet() {
    let rules = vec![
        recent_rule(recent::CHECK, 0, 3).does(target::DROP, &[]),
        recent_rule(recent::SET, 0, 0).does(target::ACCEPT, &[]),
    ];
    let mut world = filter(rules, vec![]);
    let passed: Vec<bool> = (0..5).map(|_| world.forward(LAN, WAN, probe()).is_ok()).collect();
    assert_eq!(passed, [true, true, true, false, false]);
}

#[test]
fn recent_forgets_after_its_seconds_and_lives_through_another_rule_being_added() {
    let rules = || {
        vec![
            recent_rule(recent::CHECK, 10, 0).does(target::DROP, &[]),
            recent_rule(recent::SET, 0, 0).does(target::ACCEPT, &[]),
        ]
    };
    let mut world = filter(rules(), vec![]);
    assert!(world.forward(LAN, WAN, probe()).is_ok());
    let mut more = rules();
    more.push(rule());
    world.load(table::FILTER, &[at_hook(hook::FORWARD, false, more)]);
    assert!(world.forward(LAN, WAN, probe()).is_err(), "the list outlives the table it was named in first");
    world.wait(11);
    assert!(world.forward(LAN, WAN, probe()).is_ok());
}

#[test]
fn hashlimit_counts_each_source_for_itself() {
    // --hashlimit-upto 1/sec --hashlimit-burst 2 --hashlimit-mode srcip
    let upto = rule().with(op::HASHLIMIT, &[0, 4, 10_000, 0, 2, 0, 0, 0, 1000, 10_000, 32, 32, 1, b'h' as u32]);
    let mut world = filter(vec![upto.does(target::ACCEPT, &[])], vec![]);
    let send = |world: &mut World, src: &str| world.forward(LAN, WAN, udp(src, 1, "10.0.3.20", 53)).is_ok();
    assert_eq!([0, 1, 2].map(|_| send(&mut world, "10.0.1.5")), [true, true, false]);
    assert!(send(&mut world, "10.0.1.6"));
}

#[test]
fn string_and_u32_read_the_packets_bytes() {
    let pattern = [0, 65535, 1, 4, u32::from_le_bytes(*b"GeT ")];
    let mut world = filter(vec![rule().with(op::STRING, &pattern).does(target::ACCEPT, &[])], vec![]);
    world.ground.bytes = b"....................GET /index".to_vec();
    assert!(world.forward(LAN, WAN, probe()).is_ok());
    let mut world =
        filter(vec![rule().with(op::U32, &[2, 0, 0, 0xff, 0, 1, 0x10, 0x20]).does(target::ACCEPT, &[])], vec![]);
    world.ground.bytes = vec![0, 0, 0, 0x11];
    assert!(world.forward(LAN, WAN, probe()).is_ok());
}

#[test]
fn targets_change_what_they_name() {
    let mut world = filter(
        vec![
            rule().does(target::MARK, &[0x2, 0x2]),
            rule().does(target::TTL, &[2, 4]),
            rule().does(target::DSCP, &[46]),
            rule().does(target::CLASSIFY, &[0x0001_0002]),
            rule().does(target::ACCEPT, &[]),
        ],
        vec![],
    );
    let seen = world.forward(LAN, WAN, Packet { mark: 1, tos: 3, ..probe() }).unwrap();
    assert_eq!((seen.mark, seen.ttl, seen.tos, seen.priority), (3, 60, 0xbb, 0x0001_0002));
}

#[test]
fn tcpmss_lowers_the_option_and_never_raises_it() {
    for (has, wanted, gets) in [(1460, 1000, 1000), (900, 1000, 900), (1460, 0xffff, 1410), (0, 1000, 536)] {
        let mut world = filter(vec![rule().does(target::TCPMSS, &[wanted]), rule().does(target::ACCEPT, &[])], vec![]);
        let seen =
            world.forward(LAN, WAN, Packet { mss: has, ..segment("10.0.1.5", 1, "10.0.3.20", 80, "S") }).unwrap();
        assert_eq!(seen.mss, gets, "an MSS of {has}, --set-mss {wanted}");
    }
}

#[test]
fn a_trace_names_the_rules_that_matched_the_policy_and_what_is_not_modelled() {
    let mut world = filter(
        vec![rule().with(op::UNMODELLED, &[1, 0x62]), rule().dport(proto::TCP, 80), rule().from("10.0.0.0/8")],
        vec![],
    );
    let _ = world.forward(LAN, WAN, Packet { trace: 1, ..probe() });
    let seen: Vec<String> = world
        .ground
        .notes
        .iter()
        .map(|note| match note {
            Note::Rule { index, .. } => format!("rule {index}"),
            Note::Policy { index, accept, .. } => format!("policy {index} {accept}"),
            Note::Unmodelled { index, .. } => format!("unmodelled {index}"),
            _ => String::new(),
        })
        .collect();
    assert_eq!(seen, ["unmodelled 0", "rule 2", "policy 3 false"]);
}

#[test]
fn without_a_table_nothing_is_asked() {
    let world = World::with(&[(table::RAW, vec![at_hook(hook::PREROUTING, true, vec![])])]);
    assert!(world.hooks.active(crate::wire::Family::V4, hook::PREROUTING));
    assert!(
        !world.hooks.active(crate::wire::Family::V4, hook::FORWARD)
            && !world.hooks.active(crate::wire::Family::V6, hook::PREROUTING)
    );
}
