//! A namespace that rules may ask, in which nothing happens: what is measured is the rules.

use plane::filter::{AddrType, At, Env, Note};
use plane::wire::{Family, Ip, Packet};

/// A packet of five words: source, destination, source port << 16 | destination port, protocol, TCP flags.
pub const PACKET: usize = 5;

/// The packets of an input.
pub fn packets(words: &[u32]) -> Vec<Packet> {
    let packet = |w: &[u32]| Packet {
        src: Ip::v4(w[0]),
        dst: Ip::v4(w[1]),
        sport: (w[2] >> 16) as u16,
        dport: w[2] as u16,
        proto: w[3] as u8,
        flags: w[4] as u8,
        ttl: 64,
        ..Packet::EMPTY
    };
    words.chunks_exact(PACKET).map(packet).collect()
}

/// A hook of IPv4 between two devices.
pub fn at(hook: u32) -> At {
    At { family: Family::V4, hook, iif: 2, oif: 3 }
}

/// See the head of the file.
#[derive(Default)]
pub struct Quiet {
    pub now: u64,
}

impl Env for Quiet {
    fn now(&self) -> u64 {
        self.now
    }
    fn random(&mut self) -> u32 {
        0
    }
    fn dev_name(&self, index: u32) -> &str {
        ["", "lo", "eth0", "eth1"][index as usize]
    }
    fn addr_type(&self, _ip: Ip, _dev: u32) -> AddrType {
        AddrType::Unicast
    }
    fn select_address(&self, _dev: u32, _next_hop: Ip) -> Ip {
        Ip::ANY4
    }
    fn next_hop(&self, packet: &Packet) -> Ip {
        packet.dst
    }
    fn reverse_path(&self, _packet: &Packet, _loose: u32) -> bool {
        true
    }
    fn socket_owner(&self, _packet: &Packet) -> Option<(u32, u32)> {
        None
    }
    fn has_socket(&self, _packet: &Packet, _about: u32) -> bool {
        false
    }
    fn length(&self, packet: &Packet) -> u32 {
        packet.len()
    }
    fn unix_time(&self) -> u64 {
        0
    }
    fn path_mtu(&self, _packet: &Packet) -> u32 {
        1500
    }
    fn bytes(&self, _packet: &Packet, _out: &mut Vec<u8>) {}
    fn inner(&self, _packet: &Packet) -> Option<Packet> {
        None
    }
    fn set_inner(&mut self, _packet: &Packet, _inner: Packet) {}
    fn sysctl(&self, _id: u32) -> i64 {
        0
    }
    fn note(&mut self, _packet: &Packet, _note: Note) {}
}
