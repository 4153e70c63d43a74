//! A busy plane allocates nothing: every allocation is counted while batches go through client, router with NAT and server.

use plane::abi::{column, hook, outcome, program, table, target};
use plane::export::control::Key;
use plane::export::records::{
    AddressSpec, LinkChange, LinkKind, LinkSpec, PeerSpec, RouteMode, RouteRecord, SocketKind,
};
use plane::fabric::{Fabric, MILLISECOND};
use plane::link::Place;
use plane::record::{Field, Reader};
use plane::route::Trie;
use plane::sysctl;
use plane::wire::{Family, Ip, Prefix};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        System.alloc(layout)
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        System.dealloc(at, layout);
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        System.realloc(at, layout, size)
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ROWS: usize = 512;
const CLIENT: u32 = 0x0a01_0002;
const SERVER: u32 = 0x0a02_0002;

/// A record in which nothing is said.
fn blank<T: Field>() -> T {
    T::get(&mut Reader::new(&[0; 64]))
}

fn cable(fabric: &mut Fabric, (from, to): (u32, u32), (names, ips): ([&str; 2], [u32; 2])) {
    let peer = PeerSpec { name: names[1].into(), ns: Some(to), mac: None, mtu: None };
    let spec = LinkSpec { kind: LinkKind::Veth, name: names[0].into(), peer: Some(peer), ..blank() };
    fabric.add_link(from, spec).expect("a cable");
    for ((ns, name), ip) in [from, to].into_iter().zip(names).zip(ips) {
        let dev = fabric.space(ns).stack.links.iter().find(|device| device.name == name).expect("there").index;
        let place = Place { ns, dev };
        fabric.add_address(place, AddressSpec::new(Prefix::new(Ip::v4(ip), 24))).expect("an address");
        fabric.set_link(place, LinkChange { up: Some(true), ..blank() }).expect("up");
    }
}

/// Client, router, server: all that comes from the client is masqueraded.
fn stage() -> (Fabric, u32) {
    let mut fabric = Fabric::new(1, 0);
    let [client, router, server] = [(); 3].map(|()| fabric.add_namespace());
    cable(&mut fabric, (client, router), (["eth0", "eth0"], [CLIENT, CLIENT - 1]));
    cable(&mut fabric, (router, server), (["eth1", "eth0"], [SERVER - 1, SERVER]));
    for (ns, via) in [(client, CLIENT - 1), (server, SERVER - 1)] {
        let route = RouteRecord { to: Prefix::new(Ip::v4(0), 0), via: Some(Ip::v4(via)), ..blank() };
        fabric.add_route(ns, &route, RouteMode::Add).expect("a route");
    }
    fabric.set_sysctl(router, Key::of(sysctl::IP_FORWARD), 1).expect("a setting");
    let masquerade = [10, 0, 0, 0, 0, 0, 0, target::MASQUERADE | 2 << 16, 0, 0];
    let words = [&[program::VERSION, 4, table::NAT, 1, hook::POSTROUTING, 1, 1, 0, 0, 0, 0], &masquerade[..]].concat();
    fabric.space_mut(router).hooks.load(Family::V4, table::NAT, &words, 0).expect("a program");
    let socket = fabric.socket(server, SocketKind::Udp, (4, 0));
    fabric.bind(socket, Ip::v4(0), 53).expect("a port");
    fabric.world.batch.begin();
    (fabric, client)
}

fn fill(fabric: &mut Fabric, sport: impl Fn(usize) -> u32) {
    for at in 0..ROWS {
        let row = [CLIENT, SERVER, sport(at) << 16 | 53, 17 | 64 << 16, at as u32];
        [column::SRC, column::DST, column::PORTS, column::KIND, column::LENGTH]
            .into_iter()
            .zip(row)
            .for_each(|(name, word)| fabric.world.batch.set(name, at, word));
    }
}

/// Allocations of the work once it has been done eight times.
fn steady(mut work: impl FnMut()) -> usize {
    (0..8).for_each(|_| work());
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    (0..8).for_each(|_| work());
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

fn send(fabric: &mut Fabric, client: u32) {
    fabric.send_batch(client, ROWS);
    assert!((0..ROWS).all(|at| fabric.world.batch.get(column::OUTCOME, at) == outcome::DELIVERED));
}

/// One test, so that nobody else allocates meanwhile.
#[test]
fn batches_allocate_nothing() {
    assert_eq!(steady(|| drop(std::hint::black_box(vec![1]))), 8, "what is allocated is counted");
    let (mut fabric, client) = stage();
    fill(&mut fabric, |_| 1);
    fabric.send_batch(client, 1);

    fill(&mut fabric, |at| 1000 + at as u32 % 64);
    let followed = steady(|| {
        let until = fabric.world.now + MILLISECOND;
        fabric.run(until);
        send(&mut fabric, client);
    });
    assert_eq!(followed, 0, "packets on trails");
    let walked = steady(|| {
        fabric.interrupt();
        send(&mut fabric, client);
    });
    assert_eq!(walked, 0, "packets that walk");
    fill(&mut fabric, |at| 2000 + at as u32);
    let new = steady(|| {
        fabric.spaces.iter_mut().flatten().for_each(|space| space.hooks.flows.flush());
        fabric.interrupt();
        send(&mut fabric, client);
    });
    assert_eq!(new, 0, "first packets of flows");
    let dropped = steady(|| {
        fabric.world.batch.set(column::KIND, 0, 17 | 1 << 16);
        fabric.world.batch.set(column::DST, 1, 0);
        fabric.send_batch(client, 2);
    });
    assert_eq!(dropped, 0, "packets that go astray");

    let (mut trie, keys, mut answers) = (Trie::default(), [7u32, 0x0a00_0001], [0; 2]);
    (0..10_000u32).for_each(|n| trie.insert(n << 12, 20, n));
    assert_eq!(steady(|| trie.best_batch(&keys, &mut answers)), 0, "route lookups");
}
