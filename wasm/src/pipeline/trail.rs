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
//! the trail looks at lengths, else it is narrow. Everything else (limits, `statistic`, sets, new flows, ICMP errors, floods,
//! fragments, netem, captures) spoils a walk: it is not remembered. `tests/trail_test.ts` is the slow twin.

use crate::fabric::{Fabric, World};
use crate::flow::{Before, Meeting};
use crate::hash::mix;
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

/// Places for trails: sets of two.
const PLACES: usize = 4096;

/// A row's question but for its length, with its namespace first.
pub type Key = [u32; 5];
/// A row's answer.
pub type Verdict = [u32; 6];

/// What a walk left behind.
#[derive(Default)]
struct Prints {
    counters: Vec<(Counter, u32)>,
    stages: Vec<Stage>,
    deeds: Vec<Deed>,
    /// The last nanosecond for which nothing it met has aged.
    until: u64,
    narrow: bool,
}

#[derive(Default)]
struct Trail {
    key: Key,
    verdict: Verdict,
    prints: Prints,
    /// Two equal walks have made it.
    holds: bool,
    /// A flow on it looks at headers.
    looks: bool,
    /// Packet lengths it is for.
    lengths: (u32, u32),
    changes: u64,
    /// When somebody last did its deeds.
    trodden: u64,
    /// Packets and bytes that its counters do not know of yet.
    packets: u64,
    bytes: u64,
}

/// Trails, and the footprints of the walk under way.
#[derive(Default)]
pub struct Trails {
    trails: Vec<Trail>,
    /// Trails with packets to be counted.
    owing: Vec<u32>,
    prints: Prints,
    /// Length of the packet that walks, at its birth.
    length: u32,
    noting: bool,
    spoiled: bool,
    /// How often anything may have changed that a trail depends on.
    changes: u64,
    undo: Vec<Before>,
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
        (self.noting, self.spoiled, self.length) = (true, false, length);
        self.prints.counters.clear();
        self.prints.stages.clear();
        self.prints.deeds.clear();
        (self.prints.until, self.prints.narrow) = (u64::MAX, false);
    }
    /// The place for a key's trail: its own, else one that is out of date.
    fn place(&mut self, key: &Key) -> usize {
        if self.trails.is_empty() {
            self.trails.resize_with(PLACES, Trail::default);
        }
        let both = places(key);
        let old = both.into_iter().find(|at| self.trails[*at].key == *key);
        old.or_else(|| both.into_iter().find(|at| self.trails[*at].changes != self.changes)).unwrap_or(both[0])
    }
    /// Keeps the footprints: are they the same again?
    fn end(&mut self, place: usize, key: Key, verdict: Verdict) {
        let (changes, length, prints) = (self.changes, self.length, &mut self.prints);
        let trail = &mut self.trails[place];
        let known = trail.key == key && trail.changes == changes && trail.verdict == verdict;
        let equal = known && trail.prints.is_as(prints) && !(prints.narrow && trail.lengths.1 != length);
        trail.lengths = match () {
            () if prints.narrow => (length, length),
            () if equal => (0, trail.lengths.1.max(length)),
            () => (0, length),
        };
        std::mem::swap(&mut trail.prints, prints);
        trail.looks = trail.prints.stages.iter().any(|(_, meeting, _)| meeting.looks);
        (trail.key, trail.verdict, trail.changes, trail.holds) = (key, verdict, changes, equal);
    }
    /// The trail for a packet, where it holds.
    #[inline(always)]
    fn holding(&self, key: &Key, length: u32, now: u64) -> Option<usize> {
        let holds = |at: &usize| {
            self.trails.get(*at).is_some_and(|trail| {
                trail.key == *key
                    && trail.holds
                    && trail.changes == self.changes
                    && now <= trail.prints.until
                    && (trail.lengths.0..=trail.lengths.1).contains(&length)
            })
        };
        places(key).into_iter().find(holds)
    }
}

impl Prints {
    fn is_as(&self, other: &Prints) -> bool {
        self.counters == other.counters && self.stages == other.stages && self.deeds == other.deeds
    }
}

/// The two places where a key's trail may be.
fn places(key: &Key) -> [usize; 2] {
    let word = u64::from(key[1]) << 32 ^ u64::from(key[3]) ^ u64::from(key[2]).rotate_left(15) << 17;
    let at = mix(word ^ u64::from(key[4]) << 40 ^ u64::from(key[0]) << 20) as usize % PLACES;
    [at, at ^ 1]
}

/// Whether a walk met one flow twice: each meeting would undo what the other did.
fn twice(stages: &[Stage]) -> bool {
    let same = |(at, one): (usize, &Stage)| stages[..at].iter().any(|other| other.0 == one.0 && other.1.is_of(&one.1));
    stages.iter().enumerate().any(same)
}

impl Fabric {
    /// Leaves a trail's footprints once more; its verdict, or nothing where the packet must walk itself.
    #[cfg_attr(hot, optimize(speed))]
    pub fn follow_trail(&mut self, key: &Key, at: usize) -> Option<Verdict> {
        let (now, length) = (self.world.now, self.world.batch.length(at));
        let place = self.world.trails.holding(key, length, now)?;
        let met = if self.world.trails.trails[place].looks {
            let packet = self.world.batch.packet(at);
            self.meet_flows(place, &packet, length)
        } else {
            self.meet_flows(place, &Packet::EMPTY, length)
        };
        if !met {
            return None;
        }
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
        Some(trail.verdict)
    }

    /// The packet's way is over; a walk that was not spoiled makes a trail, or confirms it.
    pub fn end_trail(&mut self, key: Key, verdict: Verdict) {
        self.world.trails.noting = false;
        let place = self.world.trails.place(&key);
        let trails = &mut self.world.trails;
        if trails.spoiled || twice(&trails.prints.stages) {
            trails.trails[place].holds &= trails.trails[place].key != key;
            return;
        }
        self.settle_place(place);
        self.world.trails.end(place, key, verdict);
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
            let space = spaces[*ns as usize].as_deref_mut().expect("calls that end a namespace end its trails");
            let Some(before) = space.hooks.flows.meet(meeting, packet, (length.wrapping_add(*extra), *now)) else {
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
            let space = spaces[*ns as usize].as_deref_mut().expect("it was there just now");
            space.hooks.flows.part(before, meeting, length.wrapping_add(*extra));
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
    /// Notes how a packet met its flow; one that is new, watched or nobody's spoils the walk.
    pub fn note_flow(&self, packet: &Packet, trails: &mut Trails) {
        if packet.ct == NONE {
            trails.spoiled |= packet.ct_info == CtInfo::Invalid;
        } else if let Some(meeting) = self.hooks.flows.meeting(packet) {
            let extra = packet.len().wrapping_sub(trails.length);
            trails.prints.stages.push((self.stack.ns, meeting, extra));
        } else {
            trails.spoil();
        }
    }
}
