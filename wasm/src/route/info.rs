//! What routes share: kind, next hops and attributes, each different one kept once (struct fib_info), so that a device
//! that goes down is a change to a few of them and not to a million routes.

use super::device::Devices;
use super::route::{scope, NextHop, RouteType};
use crate::wire::{Family, Ip};

/// What makes two routes the same but for their prefix and tos.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Facts {
    pub kind: RouteType,
    pub table: u32,
    pub protocol: u8,
    pub scope: u8,
    pub prefsrc: Ip,
    pub metric: u32,
    pub mtu: u32,
    pub advmss: u32,
    /// None for an IPv4 reject route.
    pub legs: Vec<LegFacts>,
}

/// A next hop as it was asked for and resolved.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LegFacts {
    pub oif: u32,
    pub via: Ip,
    /// The scope of the route that leads to the gateway; host for one on link, nowhere for an address of ours.
    pub scope: u8,
    pub weight: u16,
    pub onlink: bool,
}

/// What changes over a next hop's life.
#[derive(Clone, Copy, Default)]
pub(super) struct LegState {
    pub dead: bool,
    pub linkdown: bool,
    /// The address that speaks for this leg, as it was when the route came.
    pub source: Ip,
    /// Hashes up to here are this leg's, -1 for none (fib_nh_upper_bound).
    pub upper_bound: i64,
}

pub(super) struct Info {
    pub facts: Facts,
    pub states: Vec<LegState>,
    /// All legs are dead, or its source address is gone: about to be flushed.
    pub dead: bool,
    /// RTNH_F_LINKDOWN of the whole: the last change of carrier left no leg.
    pub linkdown: bool,
    refs: u32,
}

impl Info {
    /// The legs as a dump shows them.
    pub fn nexthops(&self) -> Vec<NextHop> {
        let leg = |(leg, state): (&LegFacts, &LegState)| NextHop {
            oif: leg.oif,
            via: leg.via,
            weight: leg.weight,
            onlink: leg.onlink,
            dead: state.dead,
            linkdown: state.linkdown,
        };
        self.facts.legs.iter().zip(&self.states).map(leg).collect()
    }

    /// Whether leg `n` may carry a packet (fib_lookup_good_nhc): alive, and by `oif` where that is asked for.
    pub fn is_good(&self, n: usize, oif: u32, ignores_linkdown: impl Fn(u32) -> bool) -> bool {
        let (leg, state) = (&self.facts.legs[n], &self.states[n]);
        let gone = state.dead || (state.linkdown && ignores_linkdown(leg.oif));
        !gone && (oif == 0 || oif == leg.oif)
    }
}

/// All infos of one family, by number.
#[derive(Default)]
pub(super) struct Infos {
    all: Vec<Option<Info>>,
    free: Vec<u32>,
    /// Numbers in the order of their facts.
    order: Vec<u32>,
}

impl Infos {
    pub fn get(&self, id: u32) -> &Info {
        self.all[id as usize].as_ref().expect("an alias holds its info")
    }

    fn get_mut(&mut self, id: u32) -> &mut Info {
        self.all[id as usize].as_mut().expect("an alias holds its info")
    }

    fn place(&self, facts: &Facts) -> Result<usize, usize> {
        self.order.binary_search_by(|&id| self.get(id).facts.cmp(facts))
    }

    /// The living info with these facts, if any route has them.
    pub fn find(&self, facts: &Facts) -> Option<u32> {
        self.place(facts).ok().map(|at| self.order[at])
    }

    /// The info with these facts, made where there is none, held once more.
    pub fn hold(&mut self, facts: Facts, devices: &impl Devices, family: Family) -> u32 {
        let at = match self.place(&facts) {
            Ok(at) => {
                let id = self.order[at];
                self.get_mut(id).refs += 1;
                return id;
            }
            Err(at) => at,
        };
        let states: Vec<LegState> = facts.legs.iter().map(|leg| state_of(leg, &facts, devices)).collect();
        let linkdown = !states.is_empty() && states.iter().all(|s| s.linkdown);
        let mut info = Info { facts, states, dead: false, linkdown, refs: 1 };
        info.rebalance(|dev| devices.ignores_linkdown(dev, family));
        let id = self.free.pop().unwrap_or_else(|| {
            self.all.push(None);
            self.all.len() as u32 - 1
        });
        self.all[id as usize] = Some(info);
        self.order.insert(at, id);
        id
    }

    /// Lets go of an info; the last one out takes it away.
    pub fn release(&mut self, id: u32) {
        let info = self.get_mut(id);
        info.refs -= 1;
        if info.refs > 0 {
            return;
        }
        match self.place(&self.get(id).facts) {
            Ok(at) if self.order[at] == id => {
                self.order.remove(at);
            }
            // A twin stands beside it.
            _ => self.order.retain(|&other| other != id),
        }
        self.all[id as usize] = None;
        self.free.push(id);
    }

    /// Every info in use.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Info> {
        self.all.iter_mut().flatten()
    }

    /// Takes a source address off all infos over a device. Twins of what they become stay apart, as in the kernel.
    pub fn forget_source(&mut self, ip: Ip, dev: u32) {
        let has = |info: &Info| info.facts.prefsrc == ip && info.facts.legs.iter().any(|leg| leg.oif == dev);
        let changed: Vec<u32> = self.order.iter().copied().filter(|&id| has(self.get(id))).collect();
        self.order.retain(|id| !changed.contains(id));
        for id in changed {
            self.get_mut(id).facts.prefsrc = Ip::ANY6;
            let at = self.place(&self.get(id).facts).unwrap_or_else(|at| at);
            self.order.insert(at, id);
        }
    }
}

fn state_of(leg: &LegFacts, facts: &Facts, devices: &impl Devices) -> LegState {
    let local = facts.kind == RouteType::Local || leg.scope == scope::NOWHERE;
    LegState {
        dead: false,
        linkdown: !local && !facts.kind.is_reject() && !devices.has_carrier(leg.oif),
        source: devices.select_source(leg.oif, leg.via, facts.scope),
        upper_bound: -1,
    }
}
