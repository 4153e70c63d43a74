//! Conntrack as it is shown: one flow's view for `conntrack -L`, and events for `conntrack -E`.

use super::config::{sctp_state, tcp_state};
use super::entry::{status, Entry, ORIGINAL, REPLY};
use super::table::{is_confirmed, is_over, ticks, Conntrack, Count, SECOND};
use super::tuple::{is_icmp, Wide};
use crate::hash::Map;
use crate::wire::packet::proto;
use crate::wire::{Family, Ip, Packet};

/// An event's kind, as `conntrack -E` heads its lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    New,
    Update,
    Destroy,
}

/// One thing that happened to a flow.
#[derive(Clone)]
pub struct Event {
    pub kind: Kind,
    pub flow: FlowView,
}

/// One direction of a flow, spelled out. ICMP has `kind`, `code` and `id`; other protocols ports (0 where there are none).
#[derive(Clone, Copy, Default)]
pub struct SideView {
    pub src: Ip,
    pub dst: Ip,
    pub sport: u16,
    pub dport: u16,
    pub kind: u8,
    pub code: u8,
    pub id: u16,
    pub count: Count,
}

/// A flow as the tools print it.
#[derive(Clone)]
pub struct FlowView {
    /// Unique while the flow lives; the same flow made anew in its old place has its old id, as in the kernel.
    pub id: u32,
    pub family: Family,
    pub proto: u8,
    /// TCP's or SCTP's state; an event of a living flow has it only where it changed.
    pub state: Option<&'static str>,
    /// Seconds until it goes.
    pub timeout: u32,
    pub original: SideView,
    pub reply: SideView,
    pub mark: u32,
    pub zone: u16,
    /// `entry::status` bits.
    pub status: u16,
    pub helper: String,
}

/// What changed of a flow since its last event (IPCT_*); only kept while somebody watches.
#[derive(Default)]
pub struct Pending {
    pub(super) watched: bool,
    changed: Map<u32, u8>,
}

/// IPCT_* bits that make an UPDATE.
pub mod change {
    pub const REPLY: u8 = 1;
    pub const ASSURED: u8 = 2;
    pub const STATE: u8 = 4;
    pub const MARK: u8 = 8;
}

impl Pending {
    pub(super) fn forget(&mut self, at: u32) {
        if self.watched {
            self.changed.remove(&at);
        }
    }
}

fn side_view(table: &Conntrack, entry: &Entry, side: usize, count: Count) -> SideView {
    let wide = table.widen(entry, side);
    let mut view = SideView { src: wide.src, dst: wide.dst, count, ..SideView::default() };
    if is_icmp(entry.proto) {
        (view.kind, view.code, view.id) = ((wide.dport >> 8) as u8, wide.dport as u8, wide.sport);
    } else {
        (view.sport, view.dport) = (wide.sport, wide.dport);
    }
    view
}

fn state_name(entry: &Entry) -> Option<&'static str> {
    match entry.proto {
        proto::TCP => tcp_state::NAMES.get(entry.state as usize).copied(),
        proto::SCTP => sctp_state::NAMES.get(entry.state as usize).copied(),
        _ => None,
    }
}

impl Conntrack {
    /// Whether events are kept for [`Conntrack::events`].
    pub fn watch(&mut self, on: bool) {
        self.pending = Pending { watched: on, changed: Map::default() };
        self.events.clear();
    }
    /// Notes that something of a flow changed (nf_conntrack_event_cache).
    #[inline]
    pub(super) fn changed(&mut self, at: u32, what: u8) {
        if self.pending.watched {
            *self.pending.changed.entry(at).or_insert(0) |= what;
        }
    }
    /// Tells what had changed, when a packet of the flow comes to its end (nf_ct_deliver_cached_events).
    pub(super) fn deliver(&mut self, at: u32, now: u32) {
        if self.pending.watched && is_confirmed(self.entries.get(at)) && self.pending.changed.contains_key(&at) {
            self.announce_at(at, Kind::Update, now);
        }
    }
    pub(super) fn announce(&mut self, at: u32, kind: Kind) {
        let expires = self.entries.get(at).expires;
        self.announce_at(at, kind, expires);
    }
    pub(super) fn announce_at(&mut self, at: u32, kind: Kind, now: u32) {
        if self.pending.watched {
            let changed = self.pending.changed.remove(&at).unwrap_or(0);
            let mut flow = self.view_at(at, now);
            if kind != Kind::Destroy && changed & change::STATE == 0 {
                flow.state = None;
            }
            self.events.push(Event { kind, flow });
        }
    }
    fn view_at(&self, at: u32, now: u32) -> FlowView {
        let entry = self.entries.get(at);
        let counts = self.accounts.get(at as usize).copied().unwrap_or_default();
        let left = entry.expires.wrapping_sub(now) as i32;
        FlowView {
            id: self.id_of(at),
            family: if entry.is_v6() { Family::V6 } else { Family::V4 },
            proto: entry.proto,
            state: state_name(entry),
            timeout: left.max(0) as u32 / SECOND,
            original: side_view(self, entry, ORIGINAL, counts[ORIGINAL]),
            reply: side_view(self, entry, REPLY, counts[REPLY]),
            mark: entry.mark,
            zone: self.zones[entry.zone as usize],
            status: entry.status,
            helper: self.helpers[entry.helper()].clone(),
        }
    }
    /// The flow a packet carries, confirmed or not.
    pub fn view(&self, handle: u32, now: u64) -> Option<FlowView> {
        self.slot(handle).map(|at| self.view_at(at, ticks(now)))
    }
    /// Every confirmed flow whose time is not over, for `conntrack -L`.
    pub fn dump(&self, now: u64) -> impl Iterator<Item = FlowView> + '_ {
        let now = ticks(now);
        (0..self.entries.end())
            .filter(move |at| is_confirmed(self.entries.get(*at)) && !is_over(self.entries.get(*at), now))
            .map(move |at| self.view_at(at, now))
    }
    /// `conntrack -D` of one flow by its id; false where it is gone.
    pub fn remove(&mut self, id: u32) -> bool {
        let at = id & super::index::NOBODY;
        let there = at < self.entries.end() && is_confirmed(self.entries.get(at)) && self.id_of(at) == id;
        if there {
            self.kill(at);
        }
        there
    }
    /// A slot's number and something of the flow in it: the kernel, too, makes ids of an address and a tuple.
    fn id_of(&self, at: u32) -> u32 {
        let entry = self.entries.get(at);
        let tuple = entry.tuples[ORIGINAL];
        let mixed = tuple.hash(entry.proto) ^ u64::from(tuple.sport).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed >> 56) as u32) << 24 | at
    }
    /// `conntrack -F`.
    pub fn flush(&mut self) {
        self.end_flows(|_, _| true);
    }
    /// Marks the flow of a packet's handle (`-j CONNMARK`).
    pub fn set_mark(&mut self, handle: u32, mark: u32) -> bool {
        let Some(at) = self.slot(handle) else { return false };
        let entry = self.entries.get_mut(at);
        let old = std::mem::replace(&mut entry.mark, mark);
        if old != mark {
            self.changed(at, change::MARK);
        }
        true
    }
    /// Whether a flow has been replied to, is assured, or was translated (`entry::status`).
    pub fn has(&self, handle: u32, bits: u16) -> bool {
        self.entry(handle).is_some_and(|entry| entry.has(bits))
    }
    /// Whether the flow a packet carries is confirmed.
    pub fn confirmed(&self, handle: u32) -> bool {
        self.has(handle, status::CONFIRMED)
    }
}

/// What a conntrack match may ask of a flow.
pub struct Facts {
    pub sides: [super::tuple::Wide; 2],
    pub proto: u8,
    /// `abi::ctstatus` bits.
    pub ctstatus: u32,
    /// Seconds left.
    pub expires: u32,
}

impl Facts {
    /// What `-j CT --zone` puts on a packet before conntrack: no ends, no time, but confirmed.
    pub fn of_template(v4: bool) -> Facts {
        let none = if v4 { Ip::ANY4 } else { Ip::ANY6 };
        let side = super::tuple::Wide { src: none, dst: none, ..Default::default() };
        Facts { sides: [side; 2], proto: 0, ctstatus: status::CONFIRMED as u32, expires: 0 }
    }
}

impl Conntrack {
    /// A flow's facts; `now` in ticks.
    pub fn facts(&self, handle: u32, now: u32) -> Option<Facts> {
        let entry = self.entry(handle)?;
        // a flow that is not confirmed yet has no end the kernel could name
        let left = if entry.has(status::CONFIRMED) { entry.expires.wrapping_sub(now) as i32 } else { 0 };
        Some(Facts {
            sides: [self.widen(entry, ORIGINAL), self.widen(entry, REPLY)],
            proto: entry.proto,
            ctstatus: (entry.status & (status::SEEN_REPLY | status::ASSURED | status::CONFIRMED)) as u32,
            expires: left.max(0) as u32 / SECOND,
        })
    }
    /// `abi::ctstate` bits of a flow's translations.
    pub fn nat_bits(&self, handle: u32) -> u32 {
        let Some(entry) = self.entry(handle) else { return 0 };
        let bit = |have: u16, bit: u32| if entry.has(have) { bit } else { 0 };
        bit(status::SRC_NAT, crate::abi::ctstate::SNAT) | bit(status::DST_NAT, crate::abi::ctstate::DNAT)
    }
    /// Whether the packet has the addresses and ports of a flow's first.
    pub fn began_like(&self, handle: u32, packet: &Packet) -> bool {
        let entry = self.entry(handle);
        entry.is_some_and(|entry| Wide::of(packet).is_some_and(|wide| self.widen(entry, ORIGINAL) == wide))
    }
    /// Whether a flow is there and not closing (`connlimit` counts those).
    pub fn is_open(&self, handle: u32) -> bool {
        let Some(entry) = self.entry(handle) else { return false };
        let closed = entry.proto == proto::TCP && matches!(entry.state, tcp_state::TIME_WAIT | tcp_state::CLOSE);
        !closed && !entry.has(status::DYING)
    }
}
