//! The small namespace: three devices, a clock, chance that counts, and programs written rule by rule.

use crate::abi::{base, hook, op, program as abi, table, target};
use crate::filter::env::{AddrType, At, Env, Note};
use crate::filter::{Hooks, Verdict};
use crate::flow::FlowView;
use crate::wire::packet::{proto, tcp};
use crate::wire::{Family, Ip, Packet, PacketId, NONE};

/// Devices by index: lo, lan (10.0.1.1), wan (203.0.113.1).
const NAMES: [&str; 4] = ["", "lo", "lan", "wan"];
pub const LAN: u32 = 2;
pub const WAN: u32 = 3;

/// 10.0.1.5 and the like, from their text.
pub fn addr(text: &str) -> Ip {
    match text.parse().unwrap() {
        std::net::IpAddr::V4(ip) => Ip::v4(ip.into()),
        std::net::IpAddr::V6(ip) => Ip(ip.into()),
    }
}

/// What rules may ask here.
#[derive(Default)]
pub struct Ground {
    pub now: u64,
    pub chance: u32,
    pub inners: Vec<Packet>,
    pub notes: Vec<Note>,
    pub owner: Option<(u32, u32)>,
    pub bytes: Vec<u8>,
}

impl Env for Ground {
    fn now(&self) -> u64 {
        self.now
    }
    fn random(&mut self) -> u32 {
        self.chance = self.chance.wrapping_add(4096);
        self.chance
    }
    fn dev_name(&self, index: u32) -> &str {
        NAMES[index as usize]
    }
    fn addr_type(&self, ip: Ip, _dev: u32) -> AddrType {
        match ip {
            ip if ip == addr("10.0.1.1") || ip == addr("203.0.113.1") || ip.is_loopback() => AddrType::Local,
            ip if ip.is_multicast() => AddrType::Multicast,
            _ => AddrType::Unicast,
        }
    }
    fn select_address(&self, dev: u32, _next_hop: Ip) -> Ip {
        addr(if dev == WAN { "203.0.113.1" } else { "10.0.1.1" })
    }
    fn next_hop(&self, packet: &Packet) -> Ip {
        packet.dst
    }
    fn reverse_path(&self, _packet: &Packet, loose: u32) -> bool {
        loose & crate::abi::rpfilter::LOOSE != 0
    }
    fn socket_owner(&self, _packet: &Packet) -> Option<(u32, u32)> {
        self.owner
    }
    fn has_socket(&self, _packet: &Packet, _flags: u32) -> bool {
        false
    }
    fn length(&self, packet: &Packet) -> u32 {
        packet.len()
    }
    fn unix_time(&self) -> u64 {
        self.now / 1_000_000_000
    }
    fn path_mtu(&self, _packet: &Packet) -> u32 {
        1450
    }
    fn bytes(&self, _packet: &Packet, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }
    fn inner(&self, packet: &Packet) -> Option<Packet> {
        self.inners.get(packet.inner as usize).copied()
    }
    fn set_inner(&mut self, packet: &Packet, inner: Packet) {
        self.inners[packet.inner as usize] = inner;
    }
    fn sysctl(&self, _id: u32) -> i64 {
        0
    }
    fn note(&mut self, _packet: &Packet, note: Note) {
        self.notes.push(note);
    }
}

/// A rule being written.
#[derive(Clone, Default, Debug)]
pub struct Rule {
    flags: u32,
    parts: Vec<u32>,
    matches: Vec<Vec<u32>>,
    target: Vec<u32>,
}

/// A rule without anything: matches every packet.
pub fn rule() -> Rule {
    Rule { target: vec![target::NONE], ..Rule::default() }
}

fn masked(text: &str) -> [u32; 2] {
    let (ip, len) = text.split_once('/').unwrap_or((text, "32"));
    let len: u32 = len.parse().unwrap();
    [addr(ip).low(), if len == 0 { 0 } else { u32::MAX << (32 - len) }]
}

impl Rule {
    pub fn from(mut self, prefix: &str) -> Rule {
        self.flags |= base::SOURCE;
        self.parts.extend(masked(prefix));
        self
    }
    pub fn to(mut self, prefix: &str) -> Rule {
        self.flags |= base::DESTINATION;
        self.parts.extend(masked(prefix));
        self
    }
    pub fn out(mut self, name: &str) -> Rule {
        let (name, wildcard) = match name.strip_suffix('+') {
            Some(prefix) => (prefix, abi::WILDCARD),
            None => (name, 0),
        };
        self.flags |= base::OUT;
        let word = crate::filter::table::pack_name(name);
        self.parts.extend([0, 32, 64, 96].map(|shift| (word >> shift) as u32));
        self.parts.push(name.len() as u32 | wildcard);
        self
    }
    pub fn proto(mut self, number: u8) -> Rule {
        self.flags |= base::PROTO;
        self.parts.push(number as u32);
        self
    }
    pub fn flag(mut self, flags: u32) -> Rule {
        self.flags |= flags;
        self
    }
    pub fn with(mut self, number: u32, operands: &[u32]) -> Rule {
        self.matches
            .push(std::iter::once(number | (operands.len() as u32) << 16).chain(operands.iter().copied()).collect());
        self
    }
    /// Turns the last match round.
    pub fn not(mut self) -> Rule {
        self.matches.last_mut().unwrap()[0] |= abi::INVERT;
        self
    }
    pub fn state(self, states: u32) -> Rule {
        self.with(op::CONNTRACK, &[crate::abi::ctmatch::STATE, 0, states])
    }
    pub fn dport(self, protocol: u8, port: u16) -> Rule {
        let range = port as u32 | (port as u32) << 16;
        match protocol {
            proto::TCP => self.proto(protocol).with(op::TCP, &[0xffff_0000, range, 0, 0]),
            _ => self.proto(protocol).with(op::UDP, &[0xffff_0000, range, 0]),
        }
    }
    pub fn does(mut self, number: u32, operands: &[u32]) -> Rule {
        self.target = std::iter::once(number | (operands.len() as u32) << 16).chain(operands.iter().copied()).collect();
        self
    }
    /// Whether it jumps or goes to another chain.
    pub fn calls(&self) -> bool {
        matches!(self.target[0] & 0xff, target::JUMP | target::GOTO)
    }
    pub fn words(&self) -> Vec<u32> {
        let mut words = vec![0, 0, 0, 0, 0, self.flags];
        words.extend(&self.parts);
        words.push(self.matches.len() as u32);
        self.matches.iter().for_each(|m| words.extend(m));
        words.extend(&self.target);
        words[0] = words.len() as u32;
        words
    }
}

/// A chain being written: built in at a hook with a policy, or a user's.
pub struct ChainSpec {
    pub hook: u32,
    pub accepts: bool,
    pub rules: Vec<Rule>,
}

pub fn at_hook(hook: u32, accepts: bool, rules: Vec<Rule>) -> ChainSpec {
    ChainSpec { hook, accepts, rules }
}

pub fn user(rules: Vec<Rule>) -> ChainSpec {
    ChainSpec { hook: abi::NO_HOOK, accepts: false, rules }
}

/// A table's program.
pub fn program(id: u32, chains: &[ChainSpec]) -> Vec<u32> {
    let rules = chains.iter().map(|chain| chain.rules.len()).sum::<usize>();
    let mut words = vec![abi::VERSION, 4, id, chains.len() as u32];
    for chain in chains {
        words.extend([chain.hook, chain.rules.len() as u32, chain.accepts as u32, 0, 0, 0, 0]);
    }
    chains.iter().flat_map(|chain| &chain.rules).for_each(|rule| words.extend(rule.words()));
    assert!(rules < 100_000);
    words
}

/// Hooks and ground together.
#[derive(Default)]
pub struct World {
    pub hooks: Hooks,
    pub ground: Ground,
}

impl World {
    pub fn with(tables: &[(u32, Vec<ChainSpec>)]) -> World {
        let mut world = World::default();
        for (id, chains) in tables {
            world.load(*id, chains);
        }
        world
    }
    pub fn load(&mut self, id: u32, chains: &[ChainSpec]) {
        self.hooks.load(Family::V4, id, &program(id, chains), self.ground.now).unwrap();
    }
    pub fn counters(&self, id: u32) -> Vec<u64> {
        let mut out = Vec::new();
        self.hooks.counters(Family::V4, id, &mut out);
        out.chunks(2).map(|pair| pair[0] as u64).collect()
    }
    pub fn wait(&mut self, seconds: u64) {
        self.ground.now += seconds * 1_000_000_000;
    }
    pub fn hook(&mut self, hook: u32, iif: u32, oif: u32, packet: &mut Packet) -> Verdict {
        self.hooks.run(At { family: packet.family(), hook, iif, oif }, packet, &mut self.ground)
    }
    /// Through the machine: PREROUTING, FORWARD, POSTROUTING; released at the end.
    pub fn forward(&mut self, iif: u32, oif: u32, mut packet: Packet) -> Result<Packet, Verdict> {
        packet.iif = iif;
        for (hook, iif, oif) in [(hook::PREROUTING, iif, 0), (hook::FORWARD, iif, oif), (hook::POSTROUTING, iif, oif)] {
            let verdict = self.hook(hook, iif, oif, &mut packet);
            if verdict != Verdict::Accept {
                self.hooks.release(&mut packet);
                return Err(verdict);
            }
        }
        let seen = packet;
        self.hooks.release(&mut packet);
        Ok(seen)
    }
    /// PREROUTING and INPUT.
    pub fn receive(&mut self, iif: u32, mut packet: Packet) -> Result<Packet, Verdict> {
        for hook in [hook::PREROUTING, hook::INPUT] {
            let verdict = self.hook(hook, iif, 0, &mut packet);
            if verdict != Verdict::Accept {
                self.hooks.release(&mut packet);
                return Err(verdict);
            }
        }
        let seen = packet;
        self.hooks.release(&mut packet);
        Ok(seen)
    }
    pub fn flows(&self) -> Vec<FlowView> {
        self.hooks.flows.dump(self.ground.now).collect()
    }
    /// An ICMP error of `from` to `to` about `quoted`.
    pub fn icmp_error(&mut self, from: &str, to: Ip, kind: (u8, u8), quoted: Packet) -> Packet {
        self.ground.inners.push(Packet { ct: NONE, ..quoted });
        let inner = self.ground.inners.len() as PacketId - 1;
        Packet {
            src: addr(from),
            dst: to,
            proto: proto::ICMP,
            ttl: 64,
            kind: kind.0,
            code: kind.1,
            inner,
            ..Packet::default()
        }
    }
}

pub fn udp(src: &str, sport: u16, dst: &str, dport: u16) -> Packet {
    Packet { src: addr(src), dst: addr(dst), proto: proto::UDP, sport, dport, ttl: 64, ..Packet::default() }
}

/// A TCP segment; flags by letter (`"SA"`).
pub fn segment(src: &str, sport: u16, dst: &str, dport: u16, flags: &str) -> Packet {
    let bit = |letter| match letter {
        'S' => tcp::SYN,
        'A' => tcp::ACK,
        'F' => tcp::FIN,
        'R' => tcp::RST,
        'P' => tcp::PSH,
        _ => tcp::URG,
    };
    let flags = flags.chars().fold(0, |flags, letter| flags | bit(letter));
    Packet { proto: proto::TCP, flags, window: 64240, ..udp(src, sport, dst, dport) }
}

pub fn ping(src: &str, dst: &str, kind: u8, id: u16) -> Packet {
    Packet { proto: proto::ICMP, kind, sport: id, dport: id, ..udp(src, 0, dst, 0) }
}

/// The answer to a packet: ends turned round.
pub fn answer(packet: &Packet) -> Packet {
    Packet {
        src: packet.dst,
        dst: packet.src,
        sport: packet.dport,
        dport: packet.sport,
        ct: NONE,
        ct_info: Default::default(),
        ..*packet
    }
}

/// A filter table that only turns conntrack on.
pub fn tracking() -> (u32, Vec<ChainSpec>) {
    let rules = vec![rule().state(crate::abi::ctstate::INVALID).does(target::NONE, &[])];
    (
        table::FILTER,
        vec![
            at_hook(hook::INPUT, true, vec![]),
            at_hook(hook::FORWARD, true, rules),
            at_hook(hook::OUTPUT, true, vec![]),
        ],
    )
}

pub fn nat(prerouting: Vec<Rule>, postrouting: Vec<Rule>) -> (u32, Vec<ChainSpec>) {
    let chains = vec![
        at_hook(hook::PREROUTING, true, prerouting),
        at_hook(hook::INPUT, true, vec![]),
        at_hook(hook::OUTPUT, true, vec![]),
        at_hook(hook::POSTROUTING, true, postrouting),
    ];
    (table::NAT, chains)
}

/// `-j DNAT --to-destination address:port` (port 0: none).
pub fn dnat(rule: Rule, to: &str, port: u16) -> Rule {
    let flags = crate::abi::nat::ADDRESS | if port == 0 { 0 } else { crate::abi::nat::PORTS };
    rule.does(target::DNAT, &[flags, addr(to).low(), addr(to).low(), port as u32 | (port as u32) << 16, 0])
}

/// `-j MASQUERADE` with flags and ports.
pub fn masquerade(flags: u32, ports: (u16, u16)) -> Rule {
    rule().out("wan").does(target::MASQUERADE, &[flags, ports.0 as u32 | (ports.1 as u32) << 16])
}
