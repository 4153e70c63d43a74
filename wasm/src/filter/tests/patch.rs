//! Chains of a loaded table anew.

use super::world::*;
use crate::abi::{hook, program as abi, table, target};
use crate::filter::program::Refusal;
use crate::wire::packet::proto;
use crate::wire::{Family, Packet};

fn probe() -> Packet {
    segment("10.0.1.5", 1000, "10.0.3.20", 80, "S")
}

/// A patch of IPv4 FILTER: chains by number, with their rules, or without where they are kept.
fn patch(chains: &[(u32, Option<ChainSpec>)]) -> Vec<u32> {
    let mut words = vec![abi::PATCH, 4, table::FILTER, chains.len() as u32];
    for (number, chain) in chains {
        let Some(chain) = chain else {
            words.extend([*number, abi::NO_HOOK, abi::KEPT, 0, 0, 0, 0, 0]);
            continue;
        };
        words.extend([*number, chain.hook, chain.rules.len() as u32, chain.accepts as u32, 0, 0, 0, 0]);
    }
    for rule in chains.iter().flat_map(|(_, chain)| chain).flat_map(|chain| &chain.rules) {
        words.extend(rule.words());
    }
    words
}

#[test]
fn a_patch_replaces_its_chains_and_leaves_the_counters_of_others() {
    let to = |number| rule().does(target::JUMP, &[number]);
    let port = |port, verdict| rule().dport(proto::TCP, port).does(verdict, &[]);
    for linear in [true, false] {
        let mut world = World::default();
        world.hooks.linear = linear;
        let many = (0..40).map(|n| port(n, target::ACCEPT)).collect();
        world.load(table::FILTER, &[at_hook(hook::FORWARD, false, vec![to(1), to(2)]), user(vec![]), user(many)]);
        assert!(world.forward(LAN, WAN, probe()).is_err(), "nothing accepts port 80");
        assert_eq!(world.counters(table::FILTER)[..3], [1, 1, 1], "two jumps and the policy");
        let drops = (0..40).map(|n| port(100 + n, target::DROP));
        let fresh = user(drops.chain([to(3)]).collect());
        let more = patch(&[(1, Some(fresh)), (3, Some(user(vec![port(80, target::ACCEPT)])))]);
        world.hooks.load(Family::V4, table::FILTER, &more, 0).unwrap();
        assert!(world.forward(LAN, WAN, probe()).is_ok());
        let counters = world.counters(table::FILTER);
        assert_eq!(counters[..3], [2, 1, 1], "the first jump goes on, the second is not reached");
        assert_eq!(counters[43..], [[0; 40].as_slice(), &[1, 1]].concat(), "new chains' lines stand behind all others");
        let zero = patch(&[(3, None)]);
        world.hooks.load(Family::V4, table::FILTER, &zero, 0).unwrap();
        assert_eq!(world.counters(table::FILTER)[83..], [1, 0], "a kept chain counts from nothing");
    }
}

#[test]
fn a_patch_that_makes_a_circle_or_lies_changes_nothing() {
    let to = |number| vec![rule().does(target::JUMP, &[number])];
    let mut world = World::default();
    let family = Family::V4;
    let (circle, good) = (patch(&[(2, Some(user(to(1))))]), patch(&[(2, Some(user(vec![])))]));
    world.load(table::FILTER, &[at_hook(hook::FORWARD, true, to(1)), user(to(2)), user(vec![])]);
    let before = world.counters(table::FILTER);
    assert_eq!(world.hooks.load(family, table::FILTER, &circle, 0), Err(Refusal::Loop));
    assert!(world.hooks.load(family, table::FILTER, &patch(&[(0, Some(user(vec![])))]), 0).is_err(), "no base chain");
    assert!(world.hooks.load(family, table::FILTER, &patch(&[(4, Some(user(vec![])))]), 0).is_err(), "a gap");
    for at in 0..good.len() {
        assert!(world.hooks.load(family, table::FILTER, &good[..at], 0).is_err());
    }
    assert_eq!(world.counters(table::FILTER), before);
    assert!(world.hooks.load(family, table::MANGLE, &good, 0).is_err(), "a table that is not there");
    world.hooks.load(family, table::FILTER, &good, 0).unwrap();
}
