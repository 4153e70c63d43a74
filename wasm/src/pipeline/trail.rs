//! Well-trodden trails. A batch often holds the same packet again and again. Once such a packet has left exactly the same
//! footprints often enough, and nothing else has happened since, the next one is not walked: it leaves the same footprints at once.
//!
//! ```text
//! walk 1   device, rule, rule, flow ...    noted
//! walk 2   the same                        equal 1          (a flow's stamp holds its timeout, state, status and mark)
//! ...
//! walk 17  the same                        equal 16         conntrack's counts of repeats are full by now: a fixed point
//! row 18   not walked: every device and rule on the trail counts it, the row gets the trail's verdict
//! ```
//! A trail holds for one instant of virtual time and until any call into the plane, or any packet that walked another way than
//! before, may have changed something. What chance, state or another packet has a part in (limits, `statistic`, sets that
//! change, ICMP, ARP, floods, fragments, netem, captures, new flows) spoils a walk: it is never remembered.

use crate::fabric::{Fabric, World};
use crate::hash::Map;
use crate::namespace::Namespace;
use crate::wire::Family;

/// What a walk left behind at one place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Print {
    /// A device counted it, coming in or going out.
    Device { ns: u32, dev: u32, sent: bool, bytes: u32 },
    /// A rule or policy counted it.
    Rule { ns: u32, family: Family, table: u32, line: u32, bytes: u32 },
    /// A flow knew it, and was then in this state.
    Flow { ns: u32, handle: u32, stamp: u64 },
}

/// Walks that must have been equal: repeats that conntrack counts (four bits) no longer count after so many.
const ENOUGH: u32 = 16;
/// Trails that are kept.
const MOST: usize = 4096;

/// A row's question, with its namespace first.
pub type Key = [u32; 6];
/// A row's answer.
pub type Verdict = [u32; 6];

struct Trail {
    prints: Vec<Print>,
    verdict: Verdict,
    equal: u32,
    now: u64,
    changes: u64,
}

/// Trails, and the footprints of the walk under way.
#[derive(Default)]
pub struct Trails {
    trails: Map<Key, Trail>,
    prints: Vec<Print>,
    noting: bool,
    spoiled: bool,
    /// How often anything may have changed that a trail depends on.
    pub changes: u64,
}

impl Trails {
    /// Notes a footprint, if somebody asked.
    #[inline]
    pub fn note(&mut self, print: Print) {
        if self.noting {
            self.prints.push(print);
        }
    }
    /// The walk under way depends on more than its packet.
    #[inline]
    pub fn spoil(&mut self) {
        self.spoiled = true;
    }
    pub fn begin(&mut self) {
        self.noting = true;
        self.spoiled = false;
        self.prints.clear();
    }
    /// The walk is over: is it the same again?
    pub fn end(&mut self, key: Key, verdict: Verdict, now: u64) {
        self.noting = false;
        if self.trails.len() >= MOST {
            self.trails.clear();
        }
        let known = self.trails.get_mut(&key);
        if self.spoiled {
            self.changes += 1;
            self.trails.remove(&key);
            return;
        }
        match known {
            Some(trail) if trail.verdict == verdict && trail.prints == self.prints => {
                trail.equal += 1;
                (trail.now, trail.changes) = (now, self.changes);
            }
            _ => {
                self.changes += 1;
                let prints = self.prints.clone();
                self.trails.insert(key, Trail { prints, verdict, equal: 0, now, changes: self.changes });
            }
        }
    }
}

impl World {
    /// The trail of a row, if it is trodden and still holds.
    fn trodden(&mut self, key: &Key) -> Option<(Vec<Print>, Verdict)> {
        let (now, changes) = (self.now, self.trails.changes);
        let trail = self.trails.trails.get_mut(key)?;
        let holds = trail.equal >= ENOUGH && trail.now == now && trail.changes == changes;
        holds.then(|| (std::mem::take(&mut trail.prints), trail.verdict))
    }
    fn put_back(&mut self, key: &Key, prints: Vec<Print>) {
        if let Some(trail) = self.trails.trails.get_mut(key) {
            trail.prints = prints;
        }
    }
}

impl Fabric {
    /// Leaves a trodden trail's footprints once more; its verdict, or nothing where the packet must walk itself.
    pub fn follow_trail(&mut self, key: &Key) -> Option<Verdict> {
        let (prints, verdict) = self.world.trodden(key)?;
        for print in &prints {
            match *print {
                Print::Device { ns, dev, sent, bytes } => {
                    if let Some(device) = self.space_mut(ns).stack.links.get_mut(dev) {
                        let stats = if sent { &mut device.tx } else { &mut device.rx };
                        stats.count(bytes);
                    }
                }
                Print::Rule { ns, family, table, line, bytes } => {
                    self.space_mut(ns).hooks.count(family, table, line, bytes);
                }
                Print::Flow { .. } => {}
            }
        }
        self.world.put_back(key, prints);
        Some(verdict)
    }
}

impl Namespace {
    /// Notes the state of the flow that a packet carries; flows that are new, counted or watched spoil the walk.
    pub fn note_flow(&self, handle: u32, trails: &mut Trails) {
        let flows = &self.hooks.flows;
        match flows.stamp(handle) {
            Some(stamp) => trails.note(Print::Flow { ns: self.stack.ns, handle, stamp }),
            None => trails.spoil(),
        }
    }
}
