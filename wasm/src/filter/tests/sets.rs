//! Sets, through the `set` match and the SET target.

use super::world::*;
use crate::abi::{hook, op, program, setflag, setmatch, settarget, settype as dim, table, target};
use crate::wire::packet::proto;
use crate::wire::Packet;

fn set(dims: u32, flags: u32, members: &[Vec<u32>]) -> Vec<u32> {
    let mut words = vec![program::VERSION, 4, dims, flags, 0, 65536, 32, members.len() as u32];
    for member in members {
        let (flags, timeout) = (member[0], member[1]);
        words.extend([flags, timeout, 0, 0, 0, 0]);
        words.extend(&member[2..]);
    }
    words
}

fn ip(text: &str) -> u32 {
    addr(text).low()
}

/// Whether a packet fits `--match-set` of set 1 with so many dimensions and directions.
fn fits(words: &[u32], dims: u32, directions: u32, packet: Packet) -> bool {
    let matching = rule().with(op::SET, &[1, dims | directions << 8, 0, 0, 0, 0, 0, 0, 0]);
    let mut world =
        World::with(&[(table::FILTER, vec![at_hook(hook::FORWARD, false, vec![matching.does(target::ACCEPT, &[])])])]);
    world.hooks.sets.load(1, words, 0).unwrap();
    world.forward(LAN, WAN, packet).is_ok()
}

fn web() -> Packet {
    segment("10.0.1.5", 40000, "10.0.3.20", 80, "S")
}

const TCP80: u32 = (proto::TCP as u32) << 16 | 80;

#[test]
fn each_kind_of_set_finds_its_members() {
    let cases: Vec<(&str, Vec<u32>, u32, u32, bool)> = vec![
        ("hash:ip src", set(dim::IP, 0, &[vec![0, 0, ip("10.0.1.5")]]), 1, 1, true),
        ("hash:ip dst", set(dim::IP, 0, &[vec![0, 0, ip("10.0.1.5")]]), 1, 0, false),
        ("hash:net", set(dim::NET, 0, &[vec![0, 0, ip("10.0.3.0"), 24]]), 1, 0, true),
        ("hash:ip,port", set(dim::IP | dim::PORT << 4, 0, &[vec![0, 0, ip("10.0.3.20"), TCP80]]), 2, 0, true),
        (
            "hash:ip,port of udp",
            set(dim::IP | dim::PORT << 4, 0, &[vec![0, 0, ip("10.0.3.20"), 17 << 16 | 80]]),
            2,
            0,
            false,
        ),
        (
            "hash:ip,port,ip",
            set(dim::IP | dim::PORT << 4 | dim::IP << 8, 0, &[vec![0, 0, ip("10.0.3.20"), TCP80, ip("10.0.1.5")]]),
            3,
            4,
            true,
        ),
        (
            "hash:ip,port,net",
            set(dim::IP | dim::PORT << 4 | dim::NET << 8, 0, &[vec![0, 0, ip("10.0.3.20"), TCP80, ip("10.0.1.0"), 24]]),
            3,
            4,
            true,
        ),
        ("hash:net,port", set(dim::NET | dim::PORT << 4, 0, &[vec![0, 0, ip("10.0.0.0"), 16, TCP80]]), 2, 0, true),
        ("bitmap:port", set(dim::PORT, 0, &[vec![0, 0, 80]]), 1, 0, true),
        ("too few dimensions", set(dim::IP | dim::PORT << 4, 0, &[vec![0, 0, ip("10.0.3.20"), TCP80]]), 1, 0, false),
    ];
    for (name, words, dims, directions, expected) in cases {
        assert_eq!(fits(&words, dims, directions, web()), expected, "{name}");
    }
}

#[test]
fn nomatch_is_an_exception_inside_a_wider_network() {
    let words = set(
        dim::NET,
        0,
        &[vec![0, 0, ip("10.0.0.0"), 8], vec![1, 0, ip("10.0.3.0"), 24], vec![0, 0, ip("10.0.3.20"), 32]],
    );
    assert!(fits(&words, 1, 0, udp("10.0.1.5", 1, "10.0.4.1", 2)));
    assert!(!fits(&words, 1, 0, udp("10.0.1.5", 1, "10.0.3.1", 2)));
    assert!(fits(&words, 1, 0, udp("10.0.1.5", 1, "10.0.3.20", 2)), "the longest prefix decides");
}

#[test]
fn return_nomatch_finds_exceptions_only() {
    let words = set(dim::NET, 0, &[vec![0, 0, ip("10.0.0.0"), 8], vec![1, 0, ip("10.0.3.0"), 24]]);
    let matching = rule().with(op::SET, &[1, 1, setmatch::RETURN_NOMATCH, 0, 0, 0, 0, 0, 0]);
    let mut world =
        World::with(&[(table::FILTER, vec![at_hook(hook::FORWARD, false, vec![matching.does(target::ACCEPT, &[])])])]);
    world.hooks.sets.load(1, &words, 0).unwrap();
    assert!(world.forward(LAN, WAN, udp("10.0.1.5", 1, "10.0.3.1", 2)).is_ok());
    assert!(world.forward(LAN, WAN, udp("10.0.1.5", 1, "10.0.4.1", 2)).is_err());
}

#[test]
fn a_list_asks_its_sets_in_order() {
    let matching = rule().with(op::SET, &[9, 1, 0, 0, 0, 0, 0, 0, 0]);
    let mut world =
        World::with(&[(table::FILTER, vec![at_hook(hook::FORWARD, false, vec![matching.does(target::ACCEPT, &[])])])]);
    world.hooks.sets.load(1, &set(dim::IP, 0, &[vec![0, 0, ip("10.9.9.9")]]), 0).unwrap();
    world.hooks.sets.load(2, &set(dim::NET, 0, &[vec![0, 0, ip("10.0.3.0"), 24]]), 0).unwrap();
    world.hooks.sets.load(9, &set(dim::SET, 0, &[vec![0, 0, 1], vec![0, 0, 2]]), 0).unwrap();
    assert!(world.forward(LAN, WAN, web()).is_ok());
    assert!(world.forward(LAN, WAN, udp("10.0.1.5", 1, "10.8.0.1", 2)).is_err());
    assert_eq!(world.hooks.sets.words(9, 0).unwrap()[8 + 6], 1, "members come back in order");
}

#[test]
fn members_time_out_and_are_counted() {
    let words = set(dim::IP, setflag::TIMEOUT | setflag::COUNTERS, &[vec![0, 5000, ip("10.0.3.20")]]);
    let matching = rule().with(op::SET, &[1, 1, 0, 0, 0, 0, 0, 0, 0]);
    let mut world =
        World::with(&[(table::FILTER, vec![at_hook(hook::FORWARD, false, vec![matching.does(target::ACCEPT, &[])])])]);
    world.hooks.sets.load(1, &words, 0).unwrap();
    assert!(world.forward(LAN, WAN, web()).is_ok());
    world.wait(3);
    let seen = world.hooks.sets.words(1, world.ground.now).unwrap();
    assert_eq!((seen[7], seen[9], seen[10]), (1, 2000, 1), "one member, two seconds left, one packet");
    world.wait(2);
    assert!(world.forward(LAN, WAN, web()).is_err());
    assert_eq!(world.hooks.sets.words(1, world.ground.now).unwrap()[7], 0);
}

#[test]
fn the_set_target_adds_and_deletes_who_it_sees() {
    let add = rule().dport(proto::TCP, 80).does(
        target::SET,
        &[1, 1 | 1 << 8, program::NO_SET, 0, program::NO_SET, 0, settarget::EXIST | settarget::TIMEOUT, 60],
    );
    let del =
        rule().dport(proto::TCP, 81).does(target::SET, &[program::NO_SET, 0, 1, 1 | 1 << 8, program::NO_SET, 0, 0, 0]);
    let member = rule().with(op::SET, &[1, 1 | 1 << 8, 0, 0, 0, 0, 0, 0, 0]).does(target::ACCEPT, &[]);
    let mut world = World::with(&[(table::FILTER, vec![at_hook(hook::FORWARD, false, vec![member, add, del])])]);
    world.hooks.sets.load(1, &set(dim::IP, setflag::TIMEOUT, &[]), 0).unwrap();
    let knock =
        |world: &mut World, port| world.forward(LAN, WAN, segment("10.0.1.5", 1, "10.0.3.20", port, "S")).is_ok();
    assert_eq!([80, 22].map(|port| knock(&mut world, port)), [false, true]);
    world.wait(61);
    assert!(!knock(&mut world, 22));
}

#[test]
fn words_of_a_set_read_back_as_themselves() {
    let words = set(dim::NET | dim::PORT << 4, setflag::COUNTERS, &[vec![1, 0, ip("10.0.3.0"), 24, TCP80]]);
    let mut sets = crate::filter::sets::Sets::default();
    sets.load(1, &words, 0).unwrap();
    assert_eq!(sets.words(1, 0).unwrap(), words);
    assert!(sets.load(2, &words[..words.len() - 1], 0).is_err());
}
