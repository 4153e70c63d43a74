//! NAT: a flow's reply direction is altered once, when its first packet passes; every packet after that is made to look
//! like the inverse of the other direction (nf_nat_core).

use super::entry::{status, Entry, ORIGINAL, REPLY};
use super::ports::{choose_port, hash_words};
use super::table::{ticks, zone_of, Conntrack, Key};
use super::track::direction;
use super::tuple::{has_ports, is_icmp, Wide};
use crate::abi::nat as flag;
use crate::filter::Env;
use crate::wire::packet::proto;
use crate::wire::{CtInfo, Ip, Packet};

/// Which half of a packet is rewritten: destinations at PREROUTING and OUTPUT, sources at POSTROUTING and INPUT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manip {
    Source,
    Destination,
}

impl Manip {
    fn status(self) -> u16 {
        match self {
            Manip::Source => status::SRC_NAT,
            Manip::Destination => status::DST_NAT,
        }
    }
    fn done(self) -> u16 {
        match self {
            Manip::Source => status::SRC_NAT_DONE,
            Manip::Destination => status::DST_NAT_DONE,
        }
    }
}

/// Where a translation may go (struct nf_nat_range2); flags are `abi::nat`.
#[derive(Clone, Copy, Default)]
pub struct Range {
    pub flags: u32,
    pub min: Ip,
    pub max: Ip,
    pub ports: (u16, u16),
    pub base: u16,
}

impl Range {
    /// One address, whatever port.
    pub fn address(ip: Ip) -> Range {
        Range { flags: flag::ADDRESS, min: ip, max: ip, ..Range::default() }
    }
    pub(super) fn has(&self, bits: u32) -> bool {
        self.flags & bits != 0
    }
    pub(super) fn is_random(&self) -> bool {
        self.has(flag::RANDOM | flag::RANDOM_FULLY)
    }
    /// Whether what it makes of a flow may depend on the flow's source port, as long as nobody has what it would like best.
    pub fn minds_source_port(&self, manip: Manip, packet: &Packet) -> bool {
        let fixed = manip == Manip::Destination && !is_icmp(packet.proto) && self.ports.0 == self.ports.1;
        self.has(flag::PORTS) && !fixed
    }
    /// Whether a source is already what the range would make it (nf_in_range).
    fn has_source(&self, tuple: &Wide) -> bool {
        let address = !self.has(flag::ADDRESS) || (self.min <= tuple.src && tuple.src <= self.max);
        address && (!self.has(flag::PORTS) || self.has_port(tuple, Manip::Source))
    }
    /// Whether the port (or ICMP id) to be rewritten is in the range.
    pub(super) fn has_port(&self, tuple: &Wide, manip: Manip) -> bool {
        let port = match manip {
            _ if is_icmp(tuple.proto) => tuple.sport,
            _ if !has_ports(tuple.proto) => return true,
            Manip::Source => tuple.sport,
            Manip::Destination => tuple.dport,
        };
        self.ports.0 <= port && port <= self.ports.1
    }
}

impl Conntrack {
    /// Whether this half of the packet's flow has been settled.
    pub fn is_bound(&self, packet: &Packet, manip: Manip) -> bool {
        self.has(packet.ct, manip.done())
    }

    /// Settles one half of an unconfirmed flow within a range (nf_nat_setup_info). A confirmed flow stays as it is.
    pub fn bind<E: Env>(&mut self, packet: &Packet, range: &Range, manip: Manip, env: &mut E) {
        let Some(at) = self.slot(packet.ct) else { return };
        if self.entries.get(at).has(status::CONFIRMED) {
            return;
        }
        let reply = self.widen(self.entries.get(at), REPLY);
        let Some(current) = reply.inverse() else { return };
        let mut choice = Choice { at, manip, range, now: ticks(env.now()) };
        let chosen = self.unique_tuple(&current, &mut choice, env);
        let entry = self.entries.get_mut(at);
        entry.status |= manip.done();
        if chosen != current {
            entry.status |= manip.status();
            if let Some(reply) = chosen.inverse() {
                self.set_reply(at, &reply);
            }
        }
    }

    /// Settles a half that no rule touched: the address stays, but a taken source port does not.
    pub fn bind_null<E: Env>(&mut self, packet: &Packet, manip: Manip, env: &mut E) {
        let Some(entry) = self.entry(packet.ct) else { return };
        let reply = self.widen(entry, REPLY);
        let ip = if manip == Manip::Source { reply.dst } else { reply.src };
        self.bind(packet, &Range::address(ip), manip, env);
    }

    /// Remembers the device a flow is masqueraded to: it ends when the packet leaves by another, or the device goes.
    pub fn set_masquerade(&mut self, packet: &Packet, device: u32) {
        let number = self.device_number(device);
        if let Some(entry) = self.entry_mut(packet.ct) {
            entry.masquerade = number;
        }
    }

    /// A masqueraded flow leaves by another device than it was masqueraded to: it ends, and the packet with it.
    pub fn masquerade_moved(&mut self, packet: &Packet, device: u32) -> bool {
        let Some(entry) = self.entry(packet.ct) else { return false };
        let moved = entry.masquerade != 0
            && self.devices[entry.masquerade as usize] != device
            && direction(packet.ct_info) == ORIGINAL;
        if moved {
            if let Some(at) = self.slot(packet.ct) {
                self.kill_held(at);
            }
        }
        moved
    }

    /// A tuple nobody has: the one it is, the one this source already has elsewhere, or the best of the range (get_unique_tuple).
    fn unique_tuple<E: Env>(&mut self, current: &Wide, choice: &mut Choice, env: &mut E) -> Wide {
        let (range, manip) = (choice.range, choice.manip);
        if manip == Manip::Source && !range.is_random() {
            if range.has_source(current) {
                if !self.is_taken(current, choice) {
                    return *current;
                }
            } else if let Some(same) = self.source_elsewhere(current, choice) {
                if !self.is_taken(&same, choice) {
                    return same;
                }
            }
        }
        let mut tuple = *current;
        self.choose_address(&mut tuple, choice);
        if !range.is_random() {
            if range.has(flag::PORTS) {
                let single = range.ports.0 == range.ports.1;
                let fits = !range.has(flag::PORT_OFFSET) && range.has_port(&tuple, manip);
                if fits && (single || !self.is_taken(&tuple, choice)) {
                    return tuple;
                }
            } else if !self.is_taken(&tuple, choice) {
                return tuple;
            }
        }
        choose_port(&mut tuple, range, manip, env, |tuple| self.is_taken(tuple, choice))
    }

    /// Whether the answer to such a packet would belong to another flow (nf_nat_used_tuple).
    fn is_taken(&mut self, tuple: &Wide, choice: &Choice) -> bool {
        let Some(reply) = tuple.inverse() else { return false };
        let own = *self.entries.get(choice.at);
        let zones = Key::of(&own).zones;
        let Some(slot) = self.lookup(&reply, zones, choice.now) else { return false };
        if zones[slot.side] != zones[REPLY] {
            return false; // a zone of one direction only: the kernel looks where the reply's zone hashes to
        }
        let other = self.entries.get(slot.entry);
        other.tuples[ORIGINAL] != own.tuples[ORIGINAL] || zone_of(other, ORIGINAL) != zone_of(&own, ORIGINAL)
    }

    /// Where this very source (address, port, protocol) was translated to for another destination (find_appropriate_src).
    fn source_elsewhere(&self, current: &Wide, choice: &Choice) -> Option<Wide> {
        let own = self.entries.get(choice.at);
        let source = self.narrow(current)?;
        let key = Key::of(own);
        let mut latest = None;
        self.sources.find(source.source_hash(own.proto), |slot| {
            let other = self.entries.get(slot.entry);
            let theirs = other.tuples[ORIGINAL];
            let same = (theirs.src, theirs.sport) == (source.src, source.sport);
            if same
                && other.proto == key.proto
                && other.is_v6() == key.v6
                && zone_of(other, ORIGINAL) == key.zones[ORIGINAL]
            {
                let reply = self.widen(other, REPLY);
                let mapped = Wide {
                    src: reply.dst,
                    sport: if is_icmp(key.proto) { reply.sport } else { reply.dport },
                    ..*current
                };
                if choice.range.has_source(&mapped) {
                    latest = Some(mapped);
                }
            }
            false
        });
        latest
    }

    /// Spreads flows over an address range by hash, so that a client keeps its address (find_best_ips_proto).
    fn choose_address(&self, tuple: &mut Wide, choice: &Choice) {
        let range = choice.range;
        if !range.has(flag::ADDRESS) {
            return;
        }
        let chosen = if range.min == range.max {
            range.min
        } else {
            spread(tuple, choice, self.zones[self.entries.get(choice.at).zone as usize])
        };
        match choice.manip {
            Manip::Source => tuple.src = chosen,
            Manip::Destination => tuple.dst = chosen,
        }
    }

    /// Rewrites the packet's half to its flow's translation; true when something changed (nf_nat_packet).
    #[inline]
    pub fn rewrite(&self, packet: &mut Packet, manip: Manip) -> bool {
        let Some(entry) = self.entry(packet.ct) else { return false };
        let dir = direction(packet.ct_info);
        let bits = if dir == REPLY { manip.status() ^ status::NAT } else { manip.status() };
        if !entry.has(bits) {
            return false;
        }
        let other = self.widen(entry, 1 - dir);
        put(packet, &other, manip);
        true
    }

    /// Whether the packet's flow translates this half of packets in its direction.
    pub fn translates(&self, packet: &Packet, manip: Manip) -> bool {
        let bits = if direction(packet.ct_info) == REPLY { manip.status() ^ status::NAT } else { manip.status() };
        self.has(packet.ct, bits)
    }

    /// Translates an ICMP error about a flow, the quoted header too (nf_nat_icmp_reply_translation). False: it must be dropped.
    pub fn rewrite_error<E: Env>(&self, packet: &mut Packet, manip: Manip, env: &mut E) -> bool {
        let Some(entry) = self.entry(packet.ct) else { return true };
        if is_redirect(packet) && (!settled(entry) || entry.has(status::NAT)) {
            return false;
        }
        let dir = direction(packet.ct_info);
        let bits = if dir == REPLY { manip.status() ^ status::NAT } else { manip.status() };
        let Some(mut inner) = env.inner(packet) else { return false };
        if !entry.has(bits) {
            return true;
        }
        let other = self.widen(entry, 1 - dir);
        put_quoted(&mut inner, &other, manip);
        env.set_inner(packet, inner);
        // whoever sent it: even a router in between is seen as the translated end
        match manip {
            Manip::Source => packet.src = other.dst,
            Manip::Destination => packet.dst = other.src,
        }
        true
    }
}

struct Choice<'a> {
    at: u32,
    manip: Manip,
    range: &'a Range,
    now: u32,
}

fn is_redirect(packet: &Packet) -> bool {
    (packet.proto == proto::ICMP && packet.kind == 5) || (packet.proto == proto::ICMPV6 && packet.kind == 137)
}

fn settled(entry: &Entry) -> bool {
    entry.status & status::NAT_DONE == status::NAT_DONE
}

/// Makes half of a packet the inverse of the other direction's tuple.
fn put(packet: &mut Packet, other: &Wide, manip: Manip) {
    let ports = has_ports(packet.proto) && packet.has_transport();
    forget_crc(packet);
    match manip {
        Manip::Source => {
            packet.src = other.dst;
            if ports {
                packet.sport = other.dport;
            }
        }
        Manip::Destination => {
            packet.dst = other.src;
            if ports {
                packet.dport = other.sport;
            }
        }
    }
    if is_icmp(packet.proto) && packet.has_transport() {
        (packet.sport, packet.dport) = (other.sport, other.sport);
    }
}

/// The header is put into one place; SCTP's CRC is reckoned anew over what is there, where other checksums are only corrected
/// (sctp_manip_pkt).
fn forget_crc(packet: &mut Packet) {
    packet.gather();
    if packet.proto == proto::SCTP {
        packet.ack = 0;
    }
}

/// Makes the opposite half of a quoted packet what its own direction's tuple says.
fn put_quoted(inner: &mut Packet, other: &Wide, manip: Manip) {
    let ports = has_ports(inner.proto);
    forget_crc(inner);
    match manip {
        Manip::Destination => {
            inner.src = other.src;
            if ports {
                inner.sport = other.sport;
            }
        }
        Manip::Source => {
            inner.dst = other.dst;
            if ports {
                inner.dport = other.dport;
            }
        }
    }
    if is_icmp(inner.proto) {
        (inner.sport, inner.dport) = (other.sport, other.sport);
    }
}

/// The address of a range for this flow: jhash of source (and destination, unless persistent), scaled word by word.
fn spread(tuple: &Wide, choice: &Choice, zone: u16) -> Ip {
    let range = choice.range;
    let persistent = range.has(flag::PERSISTENT);
    let v4 = tuple.src.is_v4();
    let words = |ip: Ip| if v4 { [ip.low(), 0, 0, 0] } else { ip.words() };
    let (source, destination) = (words(tuple.src), words(tuple.dst));
    let last = if v4 { 0 } else { 3 };
    let seed = if persistent { 0 } else { destination[last].swap_bytes() ^ zone as u32 };
    let mut hash = hash_words(source.map(u32::swap_bytes), seed);
    let (min, max) = (words(range.min), words(range.max));
    let (mut out, mut full) = ([0u32; 4], false);
    for i in 0..=last {
        let (low, size) = if full { (0, u32::MAX) } else { (min[i], max[i].wrapping_sub(min[i]).wrapping_add(1)) };
        out[i] = low.wrapping_add(((hash as u64 * size as u64) >> 32) as u32);
        full |= out[i] != max[i];
        if !persistent {
            // A new destination has its first words by then.
            let word = if choice.manip == Manip::Destination { out[i] } else { destination[i] };
            hash ^= word.swap_bytes();
        }
    }
    if v4 {
        Ip::v4(out[0])
    } else {
        Ip::from_words(out)
    }
}

/// Whether NAT treats the packet as an ICMP error about a flow.
pub fn is_related_error(packet: &Packet) -> bool {
    matches!(packet.ct_info, CtInfo::Related | CtInfo::RelatedReply) && is_icmp(packet.proto)
}
