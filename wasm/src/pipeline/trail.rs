//! Well-trodden trails. Packets of one flow leave the same footprints again and again; once two of them have left equal ones, the
//! next need not walk: it leaves them at once.
//!
//! ```text
//! walk 1   device, bridge, rule, rule, flow ...   noted
//! walk 2   the same                               the trail holds
//! row 3    not walked: flows judge the packet, MACs are learned again, IP ids are used up, the row gets the trail's verdict;
//!          devices and rules get their packets and bytes when somebody looks (`settle`)
//! ```
//! What a walk depends on is either part of the key, or looked at again by each packet (its flows: protocol, window, status,
//! mark), or has an end that the trail keeps (neighbours and forwarding entries age), or makes itself heard when it changes
//! (`disturb`: calls, timers, packets that are no batch's). Packets may be shorter than the longest that walked, as no rule on
//! the trail looks at lengths, else it is narrow. Everything else (limits, `statistic`, sets but steady ones, ICMP errors, floods, fragments,
//! netem, captures) spoils a walk: it is not remembered. `tests/trail_test.ts` is the slow twin.
//!
//! The first packets of flows have trails of their own, which are for all source ports: such a packet must have met none but new
//! flows, and its source port mattered to nobody (`port`: rules, routes by port, connected sockets, port ranges, tunnels). Those
//! that follow make flows like those that the walks made (`flow/birth.rs`).

use super::ahead::{Sight, AHEAD};
use super::places::fresh;
use crate::fabric::{Fabric, World};
use crate::flow::{ticks, Before, Birth, Conntrack, First, Meeting};
use crate::link::Place;
use crate::namespace::Namespace;
use crate::wire::packet::NONE;
use crate::wire::{CtInfo, Family, Ip, Mac, Packet};

/// Who counts packets and bytes of a walk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// A device, coming in or going out.
    Device { ns: u32, dev: u32, sent: bool },
    /// A rule or policy.
    Rule { ns: u32, family: Family, table: u32, line: u32 },
}

/// Behind what a sender was found again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Port(u32),
    Remote(Ip),
}

/// What every packet of a trail does anew; the packet's length may be longer at that place than at its birth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Learn(u32, u32, Mac, Found),
    /// An IP id is used up.
    Number(u32),
}

/// A flow on the way, in its namespace, and how much longer than at its birth the packet is there.
type Stage = (u32, Meeting, u32);

/// A flow that begins on the way, likewise.
pub(super) type Beginning = (u32, Birth, u32);

/// In a key's first word: it is for the first packets of flows, whatever their source port.
pub(super) const FRESH: u32 = 1 << 31;

/// A row's question but for its length, with its namespace first.
pub type Key = [u32; 5];
/// A row's answer.
pub type Verdict = [u32; 6];

/// What a walk left behind.
#[derive(Default)]
struct Prints {
    counters: Vec<(Counter, u32)>,
    stages: Vec<Stage>,
    births: Vec<Beginning>,
    deeds: Vec<Deed>,
    /// The last nanosecond for which nothing it met has aged.
    until: u64,
    narrow: bool,
}

#[derive(Default)]
pub(super) struct Trail {
    pub(super) key: Key,
    verdict: Verdict,
    prints: Prints,
    /// Two equal walks have made it.
    holds: bool,
    /// A flow on it looks at headers.
    looks: bool,
    /// Packet lengths it is for.
    lengths: (u32, u32),
    /// The source port of the last walk, where it is for all of them.
    port: u16,
    pub(super) changes: u64,
    /// When somebody last did its deeds.
    trodden: u64,
    /// Packets and bytes that its counters do not know of yet.
    packets: u64,
    bytes: u64,
}

/// Trails, and the footprints of the walk under way.
#[derive(Default)]
pub struct Trails {
    pub(super) trails: Vec<Trail>,
    /// Where trails are: half a hash, and a number (`places.rs`).
    pub(super) places: Vec<u32>,
    /// Trails that no place leads to.
    pub(super) free: Vec<u32>,
    /// `changes` when `places` were last made anew.
    pub(super) sorted: u64,
    /// Trails with packets to be counted.
    owing: Vec<u32>,
    prints: Prints,
    /// Flows that began on the walk: namespace, flow, and how much longer than at its birth the packet was there.
    begun: Vec<(u32, u32, u32)>,
    /// Its source port mattered.
    ported: bool,
    /// Length of the packet that walks, at its birth.
    length: u32,
    noting: bool,
    spoiled: bool,
    /// How often anything may have changed that a trail depends on.
    pub(super) changes: u64,
    undo: Vec<Before>,
    /// Whether the last packet that followed a trail began flows.
    pub begins: bool,
    /// What rows will ask for, from the last one on that is a multiple of their number; none where a packet has walked since.
    pub(super) sights: Vec<Sight>,
    /// What was read only to be at hand (`ahead.rs`).
    pub(super) seen: u32,
    /// Flows of the packet that follows a trail, by namespace, with their hashes.
    born: Vec<(u32, u32, [u64; 2])>,
}

impl Trails {
    /// Notes that somebody counted a packet of so many bytes.
    #[inline]
    pub fn note(&mut self, counter: Counter, bytes: u32) {
        if self.noting {
            self.prints.counters.push((counter, bytes.wrapping_sub(self.length)));
        }
    }
    /// Notes that a bridge or tunnel learned again where a MAC is.
    pub fn note_place(&mut self, at: Place, mac: Mac, found: Found) {
        self.note_deed(Deed::Learn(at.ns, at.dev, mac, found));
    }
    /// Notes that a namespace gave an IP id.
    pub fn note_number(&mut self, ns: u32) {
        self.note_deed(Deed::Number(ns));
    }
    fn note_deed(&mut self, deed: Deed) {
        if self.noting {
            self.prints.deeds.push(deed);
        }
    }
    /// The walk under way depends on something that ages.
    #[inline]
    pub fn until(&mut self, end: u64) {
        self.prints.until = self.prints.until.min(end);
    }
    /// It depends on its packet's length or bytes.
    pub fn narrow(&mut self) {
        self.prints.narrow = true;
    }
    /// It depends on its packet's source port.
    #[inline]
    pub fn port(&mut self) {
        self.ported = true;
    }
    /// It depends on more than its packet.
    #[inline]
    pub fn spoil(&mut self) {
        self.spoiled = true;
    }
    /// Something changed that trails may depend on.
    #[inline]
    pub fn disturb(&mut self) {
        self.spoiled = true;
        self.changes += 1;
    }
    /// A packet of a batch sets out.
    pub fn begin(&mut self, length: u32) {
        (self.noting, self.spoiled, self.ported, self.length) = (true, false, false, length);
        self.begun.clear();
        self.prints.counters.clear();
        self.prints.stages.clear();
        self.prints.births.clear();
        self.prints.deeds.clear();
        (self.prints.until, self.prints.narrow) = (u64::MAX, false);
    }
    /// A walk of the key was not as its trail says, or cannot be followed.
    fn forget(&mut self, key: &Key) {
        if let Some(number) = self.known(key) {
            self.trails[number].holds = false;
        }
    }
    /// Keeps the footprints: are they the same again?
    fn end(&mut self, place: usize, (key, verdict): (Key, Verdict), port: u16) {
        let (changes, length, prints) = (self.changes, self.length, &mut self.prints);
        let trail = &mut self.trails[place];
        let known = trail.key == key && trail.changes == changes && trail.verdict == verdict;
        let another = prints.births.is_empty() || trail.port != port;
        let equal = known && another && trail.prints.is_as(prints) && !(prints.narrow && trail.lengths.1 != length);
        trail.lengths = match () {
            () if prints.narrow => (length, length),
            () if equal => (0, trail.lengths.1.max(length)),
            () => (0, length),
        };
        std::mem::swap(&mut trail.prints, prints);
        trail.looks = trail.prints.stages.iter().any(|(_, meeting, _)| meeting.looks)
            || trail.prints.births.iter().any(|(_, birth, _)| birth.looks());
        (trail.key, trail.verdict, trail.port, trail.changes, trail.holds) = (key, verdict, port, changes, equal);
    }
    /// The trail for a packet, where it holds.
    #[inline(always)]
    fn holding(&self, place: u32, (key, length): (&Key, u32), now: u64) -> Option<usize> {
        let trail = self.trail(place)?;
        let holds = trail.key == *key
            && trail.holds
            && trail.changes == self.changes
            && now <= trail.prints.until
            && (trail.lengths.0..=trail.lengths.1).contains(&length);
        holds.then_some(place as usize)
    }
}

impl Trail {
    #[inline(always)]
    pub(super) fn first_birth(&self) -> Option<&Beginning> {
        self.prints.births.first()
    }
}

impl Prints {
    fn is_as(&self, other: &Prints) -> bool {
        self.counters == other.counters
            && (&self.stages, &self.births, &self.deeds) == (&other.stages, &other.births, &other.deeds)
    }
}

/// A row that follows a trail: its length, its source port, and the hashes of the first flow it begins, if they are known.
struct Row {
    at: usize,
    length: u32,
    port: u16,
    hashes: Option<[u64; 2]>,
}

/// Whether a walk met one flow twice: each meeting would undo what the other did.
fn twice(stages: &[Stage]) -> bool {
    let same = |(at, one): (usize, &Stage)| stages[..at].iter().any(|other| other.0 == one.0 && other.1.is_of(&one.1));
    stages.iter().enumerate().any(same)
}

fn flows_of(spaces: &mut [Option<Box<Namespace>>], ns: u32) -> &mut Conntrack {
    &mut spaces[ns as usize].as_deref_mut().expect("calls that end a namespace end its trails").hooks.flows
}

impl Fabric {
    /// Leaves a trail's footprints once more; its verdict, or nothing where the packet must walk itself.
    #[cfg_attr(hot, optimize(speed))]
    pub fn follow_trail(&mut self, key: &Key, at: usize) -> Option<Verdict> {
        let length = self.world.batch.length(at);
        // What the row before was, this one is as well, most times. A flow that is there is in the way of its like being born again,
        // so it does not matter which is asked first.
        let fresh = fresh(key);
        let like = self.world.trails.begins;
        let mut asked = if like { &fresh } else { key };
        let place = loop {
            let trails = &self.world.trails;
            let sight = trails.sights.get(at % AHEAD).filter(|_| asked[0] & FRESH != 0).copied();
            let place = sight.map_or_else(|| trails.likely(asked), |sight| sight.place);
            let found = trails.holding(place, (asked, length), self.world.now);
            let row = Row { at, length, port: (key[3] >> 16) as u16, hashes: sight.map(|sight| sight.hashes) };
            match found.filter(|place| self.pass(*place, &row)) {
                Some(place) => break place,
                None if like == (asked[0] & FRESH != 0) => asked = if like { key } else { &fresh },
                None => return None,
            }
        };
        let now = self.world.now;
        let first = self.world.trails.trails[place].trodden != now;
        for at in 0..self.world.trails.trails[place].prints.deeds.len() {
            match self.world.trails.trails[place].prints.deeds[at] {
                Deed::Learn(ns, dev, mac, found) if first => self.learn_again(Place { ns, dev }, mac, found),
                Deed::Learn(..) => {}
                Deed::Number(ns) => {
                    self.space_mut(ns).stack.next_ip_id();
                }
            }
        }
        let Trails { trails, owing, .. } = &mut self.world.trails;
        let trail = &mut trails[place];
        if trail.packets == 0 {
            owing.push(place as u32);
        }
        trail.trodden = now;
        trail.packets += 1;
        trail.bytes += u64::from(length);
        let mut verdict = trail.verdict;
        let begins = trail.key[0] & FRESH != 0;
        self.world.trails.begins = begins;
        if begins {
            verdict[5] |= key[3] & 0xffff_0000;
        }
        Some(verdict)
    }

    /// Has the flows of a trail see a packet, or begin with it: whether all went as in the walks.
    #[inline(always)]
    fn pass(&mut self, place: usize, row: &Row) -> bool {
        let trail = &self.world.trails.trails[place];
        let packet = if trail.looks { &self.world.batch.packet(row.at) } else { &Packet::EMPTY };
        match trail.prints.births.is_empty() {
            true => self.meet_flows(place, packet, row.length),
            false => row.port != 0 && self.begin_flows(place, packet, row),
        }
    }

    /// The packet's way is over; a walk that was not spoiled makes a trail, or confirms it.
    pub fn end_trail(&mut self, key: Key, verdict: Verdict) {
        let trails = &mut self.world.trails;
        trails.noting = false;
        trails.sights.clear();
        let mut made = (!trails.spoiled && !twice(&trails.prints.stages)).then_some((key, verdict));
        if !trails.begun.is_empty() {
            trails.forget(&key);
            made = made.and_then(|_| self.fresh_trail(&key, verdict));
        }
        let trails = &mut self.world.trails;
        let Some(made) = made else {
            trails.forget(&key);
            return trails.forget(&fresh(&key));
        };
        let place = trails.place(&made.0);
        self.settle_place(place);
        self.world.trails.end(place, made, (key[3] >> 16) as u16);
    }

    /// A walk on which flows began, as a trail for packets from all source ports; nothing where it was not the same for all of them.
    fn fresh_trail(&mut self, key: &Key, mut verdict: Verdict) -> Option<(Key, Verdict)> {
        let port = key[3] >> 16;
        let Trails { begun, prints, ported, .. } = &mut self.world.trails;
        if *ported || !prints.stages.is_empty() || port == 0 || verdict[5] >> 16 != port {
            return None;
        }
        let spaces = &self.spaces;
        let space = |ns: u32| spaces.get(ns as usize).and_then(Option::as_deref);
        for (at, (ns, flow, extra)) in begun.iter().enumerate() {
            let birth = space(*ns)?.hooks.flows.birth(*flow, port as u16)?;
            if begun[..at].iter().any(|(other, ..)| other == ns) {
                return None;
            }
            prints.births.push((*ns, birth, *extra));
        }
        for (counter, _) in &prints.counters {
            let Counter::Device { ns, .. } = counter else { continue };
            if space(*ns)?.stack.fib.minds_ports() {
                return None;
            }
        }
        verdict[5] &= 0xffff;
        Some((fresh(key), verdict))
    }

    /// Has the flows of a trail begin with a packet from another port; where one cannot, none does.
    #[cfg_attr(hot, optimize(speed))]
    fn begin_flows(&mut self, place: usize, packet: &Packet, row: &Row) -> bool {
        let Fabric { world: World { trails, now, .. }, spaces } = self;
        let Trails { trails, born, .. } = trails;
        let births = &trails[place].prints.births;
        for (ns, birth, extra) in births {
            // what was seen ahead is of the first one
            let hashes = row.hashes.filter(|_| born.is_empty()).unwrap_or_else(|| birth.hashes(row.port));
            let first = First { port: row.port, hashes, length: row.length.wrapping_add(*extra), now: *now };
            let Some(at) = flows_of(spaces, *ns).bear(birth, packet, first) else { break };
            born.push((*ns, at, hashes));
        }
        let all = born.len() == births.len();
        while let Some((ns, at, hashes)) = born.pop() {
            match all {
                true => flows_of(spaces, ns).link_at(at, hashes, ticks(*now)),
                false => flows_of(spaces, ns).unbear(at),
            }
        }
        all
    }

    /// Has every flow of a trail judge the packet; where one does not know it any more, none has seen it.
    #[cfg_attr(hot, optimize(speed))]
    fn meet_flows(&mut self, place: usize, packet: &Packet, length: u32) -> bool {
        let Fabric { world: World { trails, now, .. }, spaces } = self;
        let Trails { trails, undo, .. } = trails;
        undo.clear();
        let stages = &trails[place].prints.stages;
        let mut met = 0;
        for (ns, meeting, extra) in stages {
            let Some(before) = flows_of(spaces, *ns).meet(meeting, packet, (length.wrapping_add(*extra), *now)) else {
                break;
            };
            met += 1;
            if met < stages.len() {
                undo.push(before);
            }
        }
        if met == stages.len() {
            return true;
        }
        for (before, (ns, meeting, extra)) in undo.iter().zip(stages) {
            flows_of(spaces, *ns).part(before, meeting, length.wrapping_add(*extra));
        }
        false
    }

    fn learn_again(&mut self, at: Place, mac: Mac, found: Found) {
        let now = self.world.now;
        let Some(device) = self.space_mut(at.ns).stack.links.get_mut(at.dev) else { return };
        let news = match found {
            Found::Port(port) => device.bridge_mut().is_some_and(|bridge| bridge.learn(mac, port, now)),
            Found::Remote(ip) => device.vxlan_mut().is_some_and(|vxlan| vxlan.learn(mac, ip, now)),
        };
        if news {
            self.world.trails.disturb();
        }
    }

    /// Counts the packets of trails where they were not: before anybody looks at counters, and before time moves.
    pub fn settle(&mut self) {
        while let Some(place) = self.world.trails.owing.pop() {
            self.settle_place(place as usize);
        }
    }

    fn settle_place(&mut self, place: usize) {
        let trail = &mut self.world.trails.trails[place];
        let (packets, bytes) = (std::mem::take(&mut trail.packets), std::mem::take(&mut trail.bytes));
        if packets == 0 {
            return;
        }
        let counters = std::mem::take(&mut trail.prints.counters);
        for (counter, extra) in &counters {
            let bytes = bytes.wrapping_add_signed(packets as i64 * i64::from(*extra as i32));
            match *counter {
                Counter::Device { ns, dev, sent } => {
                    if let Some(device) = self.space_mut(ns).stack.links.get_mut(dev) {
                        let stats = if sent { &mut device.tx } else { &mut device.rx };
                        stats.packets += packets;
                        stats.bytes += bytes;
                    }
                }
                Counter::Rule { ns, family, table, line } => {
                    self.space_mut(ns).hooks.count((family, table, line), packets, bytes);
                }
            }
        }
        self.world.trails.trails[place].prints.counters = counters;
    }

    /// A call into the plane that may change what trails depend on.
    pub fn interrupt(&mut self) {
        self.settle();
        self.world.trails.disturb();
    }
}

impl Namespace {
    /// Notes how a packet met its flow, or began it; one that is watched or nobody's spoils the walk.
    pub fn note_flow(&self, packet: &Packet, trails: &mut Trails) {
        let (ns, extra) = (self.stack.ns, packet.len().wrapping_sub(trails.length));
        if packet.ct == NONE {
            trails.spoiled |= packet.ct_info == CtInfo::Invalid;
        } else if let Some(meeting) = self.hooks.flows.meeting(packet) {
            trails.prints.stages.push((ns, meeting, extra));
        } else if self.hooks.flows.begins(packet) {
            trails.begun.push((ns, packet.ct, extra));
        } else {
            trails.spoil();
        }
    }
}
