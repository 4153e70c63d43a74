//! A packet meets conntrack: which flow it belongs to, and what it does to it (nf_conntrack_in, nf_confirm).

use super::config::timeout;
use super::entry::{status, ORIGINAL, REPLY};
use super::event::{change, Kind};
use super::index::Slot;
use super::table::{is_confirmed, is_over, ticks, Conntrack, Key, Zone, SECOND};
use super::tuple::{opens, Wide};
use crate::abi::hook;
use crate::filter::{At, Env};
use crate::wire::packet::proto;
use crate::wire::{CtInfo, Family, Packet, NONE};

/// What a protocol says of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judged {
    /// It belongs, but does not prolong the flow.
    Accept,
    /// It belongs, and the flow lives so many ticks more.
    Live(u32),
    /// It belongs, and ends the flow at once (a refused connection).
    Close,
    /// It belongs to no flow.
    Invalid,
    /// The flow it hit is over, and it begins a new one with the same tuple.
    Repeat,
}

/// What `-j CT` asked for before a flow is made.
#[derive(Clone, Copy, Default)]
pub struct Template {
    pub zone: Zone,
    /// [`Conntrack::helper_number`]; 0 is none.
    pub helper: u8,
}

/// What tracking has to say to the hook.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tracked {
    Accept,
    /// `nf_conntrack: table full, dropping packet`.
    Full,
}

/// How the packet stands to its flow.
pub fn direction(info: CtInfo) -> usize {
    matches!(info, CtInfo::EstablishedReply | CtInfo::RelatedReply) as usize
}

impl Conntrack {
    /// Finds or makes the packet's flow and lets it act. Afterwards `packet.ct_info` is the packet's `--ctstate`.
    pub fn track<E: Env>(&mut self, at: &At, packet: &mut Packet, template: Template, env: &E) -> Tracked {
        if packet.ct_info == CtInfo::Untracked || self.slot(packet.ct).is_some() {
            return Tracked::Accept; // seen before: loopback, or an answer that was attached
        }
        packet.ct = NONE;
        packet.ct_info = CtInfo::Invalid;
        if !packet.has_transport() || self.checksum_is_wrong(at, packet) {
            self.statistics.invalid += 1;
            return Tracked::Accept;
        }
        if matches!(packet.proto, proto::ICMP | proto::ICMPV6) && self.track_icmp(packet, template, env) {
            return Tracked::Accept;
        }
        let tracked = self.track_flow(packet, template, env);
        if packet.ct_info == CtInfo::Invalid {
            self.statistics.invalid += 1;
        }
        tracked
    }

    fn checksum_is_wrong(&self, at: &At, packet: &mut Packet) -> bool {
        let checked = matches!(packet.proto, proto::TCP | proto::UDP | proto::ICMP | proto::ICMPV6 | proto::SCTP | 136);
        if !checked || !self.config.checksum || at.hook != hook::PREROUTING {
            return false;
        }
        if packet.proto == proto::SCTP {
            packet.gather(); // sctp_error
        }
        if packet.summed == Packet::BY_NOBODY {
            packet.summed = packet.head();
        }
        packet.sum_trusted &= !packet.bad_checksum;
        packet.bad_checksum
    }

    fn track_flow<E: Env>(&mut self, packet: &mut Packet, template: Template, env: &E) -> Tracked {
        let now = ticks(env.now());
        let length = if self.config.acct { env.length(packet) } else { 0 };
        loop {
            let (at, info) = match self.resolve(packet, template, now) {
                Ok(Some(found)) => found,
                Ok(None) => return Tracked::Accept,
                Err(Tracked::Full) => return Tracked::Full,
                Err(other) => return other,
            };
            let dir = direction(info);
            match self.judge(Hit { at, dir, now }, packet, env) {
                Judged::Invalid => {
                    self.forget_new(at);
                    return Tracked::Accept;
                }
                Judged::Repeat => {
                    self.kill(at);
                    continue;
                }
                Judged::Accept => {}
                Judged::Live(timeout) => {
                    self.refresh(at, timeout, now);
                    self.account(at, dir, length);
                }
                Judged::Close => {
                    self.account(at, dir, length);
                    self.kill_held(at);
                }
            }
            self.statistics.found += is_confirmed(self.entries.get(at)) as u64;
            if info == CtInfo::EstablishedReply && !self.entries.get(at).has(status::SEEN_REPLY) {
                self.entries.get_mut(at).status |= status::SEEN_REPLY;
                self.changed(at, change::REPLY);
            }
            packet.ct = self.handle(at);
            packet.ct_info = info;
            return Tracked::Accept;
        }
    }

    /// A flow made for a packet that turned out to be nobody's.
    fn forget_new(&mut self, at: u32) {
        if !self.entries.get(at).has(status::CONFIRMED) {
            self.release_flow(self.handle(at));
        }
    }

    /// The packet's flow and its place in it (resolve_normal_ct); `None` where no flow can have such a packet.
    fn resolve(&mut self, packet: &Packet, template: Template, now: u32) -> Result<Option<(u32, CtInfo)>, Tracked> {
        let Some(wide) = Wide::of(packet) else { return Ok(None) };
        let zones = self.zone_numbers(template.zone);
        let found = self.lookup(&wide, zones, now);
        if let Some(slot) = found {
            let entry = self.entries.get(slot.entry);
            let seen = entry.has(status::SEEN_REPLY);
            // Who speaks to himself is found by the reply, which was put in last; in zones of one direction by where that hashes to.
            let zoned = zones[ORIGINAL] != zones[REPLY] && entry.tuples[ORIGINAL] == entry.tuples[REPLY];
            let info = match (slot.side, seen) {
                (REPLY, _) if !zoned => CtInfo::EstablishedReply,
                (_, true) => CtInfo::Established,
                _ => CtInfo::New,
            };
            return Ok(Some((slot.entry, info)));
        }
        if wide.inverse().is_none() {
            return Ok(None);
        }
        if self.count() >= self.config.max as usize && self.config.max != 0 && !self.early_drop(&wide, now) {
            self.statistics.drop += 1;
            return Err(Tracked::Full);
        }
        let Some(at) = self.create(&wide, template.zone) else { return Ok(None) };
        self.entries.get_mut(at).held |= template.helper << 4;
        Ok(Some((at, CtInfo::New)))
    }

    fn judge<E: Env>(&mut self, hit: Hit, packet: &Packet, env: &E) -> Judged {
        if packet.proto != proto::SCTP {
            return self.judge_headers(hit, packet, packet.proto);
        }
        let mut bytes = Vec::new();
        env.bytes(packet, &mut bytes);
        let header = transport_offset(packet, &bytes);
        self.sctp(hit.at, hit.dir, bytes.get(header..).unwrap_or(&[]))
    }

    /// What protocols say that look at parsed headers only.
    pub(super) fn judge_headers(&mut self, hit: Hit, packet: &Packet, protocol: u8) -> Judged {
        match protocol {
            proto::TCP => self.tcp(hit.at, hit.dir, packet, hit.now),
            proto::UDP | 136 => self.udp(hit),
            proto::ICMP | proto::ICMPV6 => self.icmp(hit, packet),
            proto::GRE => self.gre(hit),
            _ => Judged::Live(self.config.timeouts[timeout::GENERIC].saturating_mul(SECOND)),
        }
    }

    /// UDP: thirty seconds, or two minutes once traffic both ways has gone on for two.
    fn udp(&mut self, hit: Hit) -> Judged {
        let (short, long) = (
            self.config.timeouts[timeout::UDP].saturating_mul(SECOND),
            self.config.timeouts[timeout::UDP_STREAM].saturating_mul(SECOND),
        );
        let entry = self.entries.get_mut(hit.at);
        if !entry.has(status::CONFIRMED) {
            entry.extra = hit.now.wrapping_add(2 * SECOND);
        }
        let stream = entry.has(status::SEEN_REPLY) && (hit.now.wrapping_sub(entry.extra) as i32) > 0;
        if stream && !entry.has(status::ASSURED | status::CLASH) {
            entry.status |= status::ASSURED;
            self.changed(hit.at, change::ASSURED);
        }
        Judged::Live(if stream { long } else { short })
    }

    fn gre(&mut self, hit: Hit) -> Judged {
        if !self.entries.get(hit.at).has(status::SEEN_REPLY) {
            return Judged::Live(self.config.timeouts[timeout::GRE].saturating_mul(SECOND));
        }
        if !self.entries.get(hit.at).has(status::ASSURED) {
            self.entries.get_mut(hit.at).status |= status::ASSURED;
            self.changed(hit.at, change::ASSURED);
        }
        Judged::Live(self.config.timeouts[timeout::GRE_STREAM].saturating_mul(SECOND))
    }

    fn icmp(&mut self, hit: Hit, packet: &Packet) -> Judged {
        if !self.entries.get(hit.at).has(status::CONFIRMED) && !opens(packet.proto, packet.kind) {
            return Judged::Invalid;
        }
        let which = if packet.proto == proto::ICMP { timeout::ICMP } else { timeout::ICMPV6 };
        let seconds = self.config.timeouts[which];
        Judged::Live(seconds.saturating_mul(SECOND))
    }

    /// ICMP that is no flow of its own: errors, neighbour discovery, unknown types. True when that settles it.
    fn track_icmp<E: Env>(&mut self, packet: &mut Packet, template: Template, env: &E) -> bool {
        if packet.proto == proto::ICMPV6 && matches!(packet.kind, 130..=136 | 143) {
            packet.ct_info = CtInfo::Untracked;
            return true;
        }
        if packet.proto == proto::ICMP && packet.kind > 18 {
            self.statistics.invalid += 1;
            return true;
        }
        if !packet.is_icmp_error() {
            return false;
        }
        match self.flow_of_error(packet, template, env) {
            Some((at, dir)) => {
                packet.ct = self.handle(at);
                packet.ct_info = if dir == REPLY { CtInfo::RelatedReply } else { CtInfo::Related };
            }
            None => self.statistics.invalid += 1,
        }
        true
    }

    /// The flow an ICMP error is about: the quoted header, turned round, is one of its directions, and the error goes
    /// where that direction goes.
    fn flow_of_error<E: Env>(&mut self, packet: &Packet, template: Template, env: &E) -> Option<(u32, usize)> {
        let inner = env.inner(packet)?;
        let answer = Wide::of(&inner)?.inverse()?;
        let zones = self.zone_numbers(template.zone);
        let slot = self.lookup(&answer, zones, ticks(env.now()))?;
        let entry = self.entries.get(slot.entry);
        (self.widen(entry, slot.side).dst == packet.dst).then_some((slot.entry, slot.side))
    }

    /// Makes room: ends an unassured (or closing) flow near the newcomer's place in the index.
    fn early_drop(&mut self, wide: &Wide, now: u32) -> bool {
        let hash = self.narrow(wide).map_or(wide.src.0 as u64 ^ (wide.sport as u64) << 40, |t| t.hash(wide.proto));
        let entries = &self.entries;
        let victim = self.index.near(hash, 64).find(|slot| {
            let entry = entries.get(slot.entry);
            is_over(entry, now)
                || !entry.has(status::ASSURED)
                || (entry.proto == proto::TCP && super::tcp::is_closing(entry.state))
        });
        let Some(slot) = victim else { return false };
        self.kill(slot.entry);
        self.statistics.early_drop += 1;
        true
    }

    /// The end of a packet's way through the hooks: a new flow becomes findable. False: its tuple was taken, drop it.
    pub fn confirm(&mut self, packet: &mut Packet, now: u64) -> bool {
        let Some(at) = self.slot(packet.ct) else { return true };
        let now = ticks(now);
        if self.entries.get(at).has(status::CONFIRMED) {
            self.deliver(at, now);
            return true;
        }
        if direction(packet.ct_info) != ORIGINAL {
            return true; // a RST or ICMP error of ours, about a flow that will never be
        }
        if let Some(winner) = self.clash(at, now) {
            return self.resolve_clash(at, winner, packet);
        }
        self.link(at, now);
        self.announce_at(at, Kind::New, now);
        true
    }

    /// A confirmed flow that already has one of this one's directions.
    fn clash(&mut self, at: u32, now: u32) -> Option<Slot> {
        for side in [ORIGINAL, REPLY] {
            let entry = *self.entries.get(at);
            let key = Key::of(&entry);
            while let Some(slot) =
                self.find(&entry.tuples[side], key).filter(|slot| key.zones[slot.side] == key.zones[side])
            {
                if !is_over(self.entries.get(slot.entry), now) {
                    return Some(slot);
                }
                self.kill(slot.entry);
            }
        }
        None
    }

    /// Two packets of one new datagram flow were under way at once: the second takes the first one's flow.
    fn resolve_clash(&mut self, loser: u32, winner: Slot, packet: &mut Packet) -> bool {
        let (own, other) = (*self.entries.get(loser), *self.entries.get(winner.entry));
        let datagrams = matches!(own.proto, proto::UDP | 136 | 47);
        let same = own.tuples == other.tuples;
        if !datagrams || winner.side != ORIGINAL || (!same && other.has(status::NAT_DONE)) {
            self.statistics.insert_failed += 1;
            return false;
        }
        self.release_flow(packet.ct);
        packet.ct = self.handle(winner.entry);
        packet.ct_info = if other.has(status::SEEN_REPLY) { CtInfo::Established } else { CtInfo::New };
        self.statistics.clash_resolve += 1;
        true
    }

    /// The packet is copied: both carry the flow.
    pub fn hold_packet(&mut self, packet: &Packet) {
        self.hold_flow(packet.ct);
    }
    /// The packet is gone, or leaves the namespace: it carries no flow any more.
    pub fn release(&mut self, packet: &mut Packet) {
        if packet.ct != NONE {
            self.release_flow(packet.ct);
        }
        packet.ct = NONE;
        packet.ct_info = CtInfo::None;
    }
    /// An ICMP error or RST made because of `cause` belongs to its flow, in the other direction (nf_conntrack_attach).
    pub fn attach(&mut self, answer: &mut Packet, cause: &Packet) {
        if self.slot(cause.ct).is_none() {
            if cause.ct_info == CtInfo::Untracked {
                answer.ct_info = CtInfo::Attached;
            }
            return;
        }
        answer.ct = cause.ct;
        answer.ct_info = if direction(cause.ct_info) == ORIGINAL { CtInfo::RelatedReply } else { CtInfo::Related };
        self.hold_flow(cause.ct);
    }
}

/// A packet's flow, its direction in it, and when.
#[derive(Clone, Copy)]
pub(super) struct Hit {
    pub at: u32,
    pub dir: usize,
    pub now: u32,
}

fn transport_offset(packet: &Packet, bytes: &[u8]) -> usize {
    match packet.family() {
        Family::V4 => bytes.first().map_or(20, |b| (b & 15) as usize * 4),
        Family::V6 => 40 + packet.options_len as usize,
    }
}
