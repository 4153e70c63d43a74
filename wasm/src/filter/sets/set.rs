//! One set: a hash of members by key. Networks are found by trying every prefix length the set has, longest first.

use crate::abi::{program, setflag, settype};
use crate::filter::env::At;
use crate::filter::program::Refusal;
use crate::flow::tuple::{has_ports, is_icmp};
use crate::hash::Map;
use crate::wire::packet::proto;
use crate::wire::{Family, Ip, Packet, Prefix};

/// What a member is found by: up to two addresses with their prefix lengths, one number (port, mark, MAC) and one name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Key {
    pub ips: [Ip; 2],
    pub lens: [u8; 2],
    pub number: u64,
    pub name: u128,
}

/// What a member has beside its key.
#[derive(Clone, Copy, Default)]
pub struct Member {
    pub nomatch: bool,
    /// Virtual time when it goes, 0 for never.
    pub expires: u64,
    pub packets: u64,
    pub bytes: u64,
}

/// A packet asking a set.
pub struct Look<'a> {
    pub packet: &'a Packet,
    pub at: Option<At>,
    /// Bit i: dimension i is the packet's source.
    pub directions: u32,
    pub dimensions: u32,
    pub now: u64,
    pub length: u32,
}

/// What a set says.
pub enum Hit {
    None,
    Member(Key),
    /// The first network it is in is an exception (nomatch).
    Except,
}

/// One set.
pub struct Set {
    family: Family,
    kinds: Vec<u32>,
    flags: u32,
    timeout: u32,
    maxelem: u32,
    netmask: u8,
    members: Map<Key, Member>,
    /// list:set's members in order.
    order: Vec<u32>,
    /// Prefix lengths in use by each address dimension, longest first, with how many members use them.
    lengths: [Vec<(u8, u32)>; 2],
}

fn words_of(kind: u32, family: Family) -> usize {
    let address = if family == Family::V4 { 1 } else { 4 };
    match kind {
        settype::IP => address,
        settype::NET => address + 1,
        settype::MAC => 2,
        settype::IFACE => 4,
        _ => 1,
    }
}

fn masked(ip: Ip, len: u8) -> Ip {
    Prefix::new(ip, len).network().ip
}

impl Set {
    /// Reads a set's words; timeouts count from `now`.
    pub fn read(words: &[u32], now: u64) -> Result<Set, Refusal> {
        let head = words.get(..8).ok_or(Refusal::Malformed)?;
        let family = match (head[0], head[1]) {
            (program::VERSION, 4) => Family::V4,
            (program::VERSION, 6) => Family::V6,
            _ => return Err(Refusal::Malformed),
        };
        let kinds: Vec<u32> = (0..8).map(|i| head[2] >> (4 * i) & 15).take_while(|kind| *kind != 0).collect();
        let mut set = Set {
            family,
            flags: head[3],
            timeout: head[4],
            maxelem: head[5],
            netmask: head[6].min(family.bits() as u32) as u8,
            members: Map::default(),
            order: Vec::new(),
            lengths: Default::default(),
            kinds,
        };
        let size = 6 + set.kinds.iter().map(|kind| words_of(*kind, family)).sum::<usize>();
        if set.kinds.is_empty() || words.len() != 8 + size * head[7] as usize {
            return Err(Refusal::Malformed);
        }
        for member in words[8..].chunks(size) {
            set.read_member(member, now);
        }
        Ok(set)
    }
    fn read_member(&mut self, words: &[u32], now: u64) {
        let long = |at: usize| words[at] as u64 | (words[at + 1] as u64) << 32;
        let expires = if words[1] == 0 { 0 } else { now + words[1] as u64 * 1_000_000 };
        let member = Member { nomatch: words[0] & 1 != 0, expires, packets: long(2), bytes: long(4) };
        let (mut key, mut at, mut addresses) = (Key::default(), 6, 0);
        for kind in self.kinds.clone() {
            let part = &words[at..];
            match kind {
                settype::IP | settype::NET => {
                    let bits = self.family.bits();
                    let (ip, len) = match self.family {
                        Family::V4 => (Ip::v4(part[0]), 1),
                        Family::V6 => (Ip::from_words([part[0], part[1], part[2], part[3]]), 4),
                    };
                    let len = if kind == settype::NET { part[len].min(bits as u32) as u8 } else { self.netmask };
                    (key.ips[addresses], key.lens[addresses]) = (masked(ip, len), len);
                    addresses += 1;
                }
                settype::MAC => key.number = (part[0] as u64) << 32 | part[1] as u64,
                settype::IFACE => key.name = crate::filter::table::name_word(part),
                _ => key.number = part[0] as u64,
            }
            at += words_of(kind, self.family);
        }
        self.put(key, member);
    }
    /// The set's words again, live members only.
    pub fn write(&self, now: u64) -> Vec<u32> {
        let dims = self.kinds.iter().rev().fold(0, |dims, kind| dims << 4 | kind);
        let mut out = vec![
            program::VERSION,
            self.family as u32,
            dims,
            self.flags,
            self.timeout,
            self.maxelem,
            self.netmask as u32,
            0,
        ];
        let ordered: Vec<Key> = match self.is_list() {
            true => self.order.iter().map(|id| Key { number: *id as u64, ..Key::default() }).collect(),
            false => self.members.keys().copied().collect(),
        };
        for key in ordered {
            let Some(member) = self.members.get(&key) else { continue };
            if member.expires == 0 || member.expires > now {
                out[7] += 1;
                self.write_member(&key, member, now, &mut out);
            }
        }
        out
    }
    fn write_member(&self, key: &Key, member: &Member, now: u64, out: &mut Vec<u32>) {
        let left =
            if member.expires == 0 { 0 } else { ((member.expires - now) / 1_000_000).clamp(1, u32::MAX as u64) as u32 };
        out.extend([member.nomatch as u32, left]);
        out.extend([
            member.packets as u32,
            (member.packets >> 32) as u32,
            member.bytes as u32,
            (member.bytes >> 32) as u32,
        ]);
        let mut addresses = 0;
        for kind in &self.kinds {
            match *kind {
                settype::IP | settype::NET => {
                    let ip = key.ips[addresses];
                    match self.family {
                        Family::V4 => out.push(ip.low()),
                        Family::V6 => out.extend(ip.words()),
                    }
                    if *kind == settype::NET {
                        out.push(key.lens[addresses] as u32);
                    }
                    addresses += 1;
                }
                settype::MAC => out.extend([(key.number >> 32) as u32, key.number as u32]),
                settype::IFACE => out.extend([0, 32, 64, 96].map(|shift| (key.name >> shift) as u32)),
                _ => out.push(key.number as u32),
            }
        }
    }

    pub fn dimensions(&self) -> u32 {
        self.kinds.len() as u32
    }
    pub fn is_list(&self) -> bool {
        self.kinds[0] == settype::SET
    }
    /// Whether members may be exceptions (nomatch).
    pub fn has_networks(&self) -> bool {
        self.kinds.contains(&settype::NET)
    }
    pub fn has_counters(&self) -> bool {
        self.flags & setflag::COUNTERS != 0
    }
    /// Default timeout in seconds, 0 for none.
    pub fn timeout(&self) -> u32 {
        self.timeout
    }
    /// Members of a list, those whose time is over included.
    pub fn places(&self) -> usize {
        self.order.len()
    }
    /// The set at a place of a list, while its time lasts.
    pub fn listed(&self, place: usize, now: u64) -> Option<u32> {
        let id = *self.order.get(place)?;
        let member = self.members.get(&Key { number: id as u64, ..Key::default() })?;
        (member.expires == 0 || member.expires > now).then_some(id)
    }
    pub fn member_mut(&mut self, key: &Key) -> Option<&mut Member> {
        self.members.get_mut(key)
    }

    fn put(&mut self, key: Key, member: Member) {
        if self.members.insert(key, member).is_some() {
            return;
        }
        if self.is_list() {
            self.order.push(key.number as u32);
        }
        for (lens, len) in self.lengths.iter_mut().zip(key.lens) {
            match lens.iter_mut().find(|l| l.0 == len) {
                Some(entry) => entry.1 += 1,
                None => {
                    let at = lens.iter().take_while(|entry| entry.0 > len).count();
                    lens.insert(at, (len, 1));
                }
            }
        }
    }
    /// Adds a member, unless it is there (and `exist` does not renew it) or the set is full.
    pub fn add(&mut self, key: Key, member: Member, exist: bool, now: u64) {
        let live = self.members.get(&key).is_some_and(|m| m.expires == 0 || m.expires > now);
        if live && !exist {
            return;
        }
        if !self.members.contains_key(&key) && self.members.len() >= self.maxelem.max(1) as usize {
            self.forget_expired(now);
            if self.members.len() >= self.maxelem.max(1) as usize {
                return;
            }
        }
        self.put(key, member);
    }
    fn forget_expired(&mut self, now: u64) {
        let over: Vec<Key> =
            self.members.iter().filter(|(_, m)| m.expires != 0 && m.expires <= now).map(|(key, _)| *key).collect();
        over.iter().for_each(|key| self.remove(key));
    }
    pub fn remove(&mut self, key: &Key) {
        if self.members.remove(key).is_none() {
            return;
        }
        self.order.retain(|id| *id as u64 != key.number);
        for (lens, len) in self.lengths.iter_mut().zip(key.lens) {
            if let Some(at) = lens.iter().position(|l| l.0 == len) {
                lens[at].1 -= 1;
                if lens[at].1 == 0 {
                    lens.remove(at);
                }
            }
        }
    }

    /// The packet's key with whole addresses; `None` where the packet lacks what a dimension asks for.
    fn key_of(&self, look: &Look, name: &dyn Fn(u32) -> u128) -> Option<Key> {
        let (packet, mut key, mut addresses) = (look.packet, Key::default(), 0);
        for (i, kind) in self.kinds.iter().enumerate() {
            let source = look.directions >> i & 1 == 1;
            match *kind {
                settype::IP | settype::NET => {
                    key.ips[addresses] = if source { packet.src } else { packet.dst };
                    if key.ips[addresses].family() != self.family {
                        return None;
                    }
                    key.lens[addresses] = if *kind == settype::NET { self.family.bits() } else { self.netmask };
                    addresses += 1;
                }
                settype::PORT => key.number = port_of(packet, source, self.kinds.len() == 1)?,
                settype::MARK => key.number = packet.mark as u64,
                settype::MAC => key.number = if source { packet.eth_src.0 } else { packet.eth_dst.0 },
                settype::IFACE => key.name = name(look.at.map_or(0, |at| if source { at.iif } else { at.oif })),
                _ => return None,
            }
        }
        for (ip, len) in key.ips.iter_mut().zip(key.lens) {
            *ip = masked(*ip, len);
        }
        Some(key)
    }
    /// The member a packet would be added as.
    pub fn exact(&self, look: &Look, name: &dyn Fn(u32) -> u128) -> Option<Key> {
        if look.dimensions < self.dimensions() || self.is_list() {
            return None;
        }
        self.key_of(look, name)
    }
    /// The member a packet is.
    pub fn find(&self, look: &Look, name: &dyn Fn(u32) -> u128) -> Hit {
        let Some(whole) = self.key_of(look, name) else { return Hit::None };
        for (first, _) in &self.lengths[0] {
            for (second, _) in &self.lengths[1] {
                let mut key = whole;
                key.lens = [*first, *second];
                key.ips = [masked(whole.ips[0], *first), masked(whole.ips[1], *second)];
                if let Some(member) = self.members.get(&key) {
                    if member.expires == 0 || member.expires > look.now {
                        return if member.nomatch { Hit::Except } else { Hit::Member(key) };
                    }
                }
                // A network that is there with another device alone ends the search all the same (hash:net,iface's multi).
                let same = |other: &Key| other.ips == key.ips && other.lens == key.lens;
                if self.kinds.contains(&settype::IFACE) && self.members.iter().any(|(other, _)| same(other)) {
                    return Hit::None;
                }
            }
        }
        Hit::None
    }
}

/// The port dimension: protocol and port, or for bitmap:port the number of TCP and UDP alone.
fn port_of(packet: &Packet, source: bool, bitmap: bool) -> Option<u64> {
    if !packet.has_transport() {
        return None;
    }
    let port = if source { packet.sport } else { packet.dport } as u64;
    if bitmap {
        return matches!(packet.proto, proto::TCP | proto::UDP).then_some(port);
    }
    let number = if has_ports(packet.proto) {
        port
    } else if is_icmp(packet.proto) {
        (packet.kind as u64) << 8 | packet.code as u64
    } else {
        0
    };
    Some((packet.proto as u64) << 16 | number)
}
