//! What happens to routes when a device or an address goes or comes back (fib_netdev_event, fib6_ifdown).

use super::device::Devices;
use super::edit4::route_of;
use super::fib::{Fib, Half};
use super::info::Info;
use super::lookup::{is_sibling, siblings};
use super::route::{scope, table, Route, RouteType};
use super::table::{Alias, Bucket};
use crate::wire::{Family, Ip, Prefix};

/// How a device goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gone {
    /// Set down: IPv4 addresses of it stay ours.
    Down,
    /// It lost its last IPv4 address.
    Addressless,
    /// Deleted or moved away: a multipath route goes with any of its legs.
    Removed,
}

impl Fib {
    /// A device was set down or removed: routes over it go; a multipath route stays while it has another leg. What went,
    /// in the order of a dump.
    pub fn device_gone(&mut self, dev: u32, gone: Gone, devices: &impl Devices) -> Vec<Route> {
        let mut routes = self.device_gone4(dev, gone, devices);
        routes.extend(self.device_gone6(dev, gone));
        routes
    }

    /// [`Fib::device_gone`] for IPv6 alone: it was switched off on the device.
    pub fn device_gone6(&mut self, dev: u32, gone: Gone) -> Vec<Route> {
        gone6(&mut self.v6, dev, gone)
    }

    /// [`Fib::device_gone`] for IPv4 alone: its last address was deleted.
    pub fn device_gone4(&mut self, dev: u32, gone: Gone, devices: &impl Devices) -> Vec<Route> {
        for info in self.v4.infos.iter_mut() {
            for (leg, state) in info.facts.legs.iter().zip(&mut info.states) {
                if leg.oif == dev && (gone != Gone::Down || leg.scope != scope::NOWHERE) {
                    (state.dead, state.linkdown) = (true, true);
                }
            }
            let removed = gone == Gone::Removed && info.facts.legs.iter().any(|leg| leg.oif == dev);
            info.dead |= removed || (!info.states.is_empty() && info.states.iter().all(|s| s.dead));
            info.linkdown |= info.dead;
            info.rebalance(|dev| devices.ignores_linkdown(dev, Family::V4));
        }
        flush(&mut self.v4)
    }

    /// A device was set up: dead legs over it live again (IPv6: once it has carrier). Routes that went do not come back, but those of its addresses
    /// do ([`Fib::connect`]).
    pub fn device_up(&mut self, dev: u32, devices: &impl Devices) {
        let carrier = devices.has_carrier(dev);
        self.each_info_over(dev, devices, |info, family| {
            if family == Family::V6 && !carrier {
                return;
            }
            for (_, state) in info.facts.legs.iter().zip(&mut info.states).filter(|(leg, _)| leg.oif == dev) {
                state.linkdown &= !(state.dead && carrier);
                state.dead = false;
            }
        });
    }

    /// A device that is up lost its carrier or found it: its routes are marked `linkdown`, or no longer.
    pub fn carrier_changed(&mut self, dev: u32, devices: &impl Devices) {
        let carrier = devices.has_carrier(dev);
        if !devices.is_up(dev) {
            return;
        }
        self.each_info_over(dev, devices, |info, family| {
            let own = family == Family::V6 && matches!(info.facts.kind, RouteType::Local | RouteType::Anycast);
            let mut left = info.states.len();
            for (leg, state) in info.facts.legs.iter().zip(&mut info.states) {
                let touched = leg.oif == dev && leg.scope != scope::NOWHERE && !own;
                state.linkdown = if touched { !carrier } else { state.linkdown };
                state.dead &= !(touched && carrier && family == Family::V6);
                left -= usize::from(if carrier { state.linkdown } else { state.dead || touched });
            }
            info.linkdown = if carrier { info.linkdown && left == 0 } else { info.linkdown || left == 0 };
        });
    }

    fn each_info_over(&mut self, dev: u32, devices: &impl Devices, change: impl Fn(&mut Info, Family)) {
        for half in [&mut self.v4, &mut self.v6] {
            let family = half.family;
            for info in half.infos.iter_mut().filter(|info| info.facts.legs.iter().any(|leg| leg.oif == dev)) {
                change(info, family);
                info.rebalance(|dev| devices.ignores_linkdown(dev, family));
            }
        }
    }

    /// An address is ours no more: IPv4 routes of the main table that have it as `src` go (fib_sync_down_addr), IPv6 routes
    /// over `dev` lose their `src` (rt6_remove_prefsrc).
    pub fn address_gone(&mut self, ip: Ip, dev: u32) -> Vec<Route> {
        if ip.is_v4() {
            let from = |info: &Info| info.facts.prefsrc == ip && info.facts.table == table::MAIN;
            self.v4.infos.iter_mut().filter(|info| from(info)).for_each(|info| info.dead = true);
            return flush(&mut self.v4);
        }
        self.v6.infos.forget_source(ip, dev);
        Vec::new()
    }
}

/// Takes all routes with dead infos out (fib_flush).
fn flush(half: &mut Half) -> Vec<Route> {
    if !half.infos.iter_mut().any(|info| info.dead) {
        return Vec::new();
    }
    let is_dead = |half: &Half, a: &Alias| half.infos.get(a.info).dead;
    take(half, |half, bucket| (0..bucket.aliases().len()).filter(|&n| is_dead(half, &bucket.aliases()[n])).collect())
}

/// IPv6: routes over the device go, but a sibling with living siblings only dies.
fn gone6(half: &mut Half, dev: u32, gone: Gone) -> Vec<Route> {
    if gone == Gone::Down {
        half.infos
            .iter_mut()
            .filter(|i| i.facts.legs[0].oif == dev && !i.facts.legs[0].via.is_unspecified())
            .for_each(|info| (info.states[0].dead, info.states[0].linkdown) = (true, true));
    }
    take(half, |half, bucket| {
        let aliases = bucket.aliases();
        let over = |a: &Alias| half.infos.get(a.info).facts.legs[0].oif == dev;
        let goes = |n: &usize| match family_of(half, bucket, aliases[*n]) {
            siblings if siblings.is_empty() || gone == Gone::Removed => over(&aliases[*n]),
            siblings => siblings.iter().any(over) && siblings.iter().all(|s| half.infos.get(s.info).states[0].dead),
        };
        (0..aliases.len()).filter(goes).collect()
    })
}

/// The route and its siblings; none where it can have no siblings.
fn family_of(half: &Half, bucket: &Bucket, alias: Alias) -> Vec<Alias> {
    if !is_sibling(half, alias) {
        return Vec::new();
    }
    siblings(half, bucket, half.infos.get(alias.info).facts.metric).collect()
}

/// Takes the routes out that `chosen` names for each prefix by their places, in the order of a dump.
fn take(half: &mut Half, chosen: impl Fn(&Half, &Bucket) -> Vec<usize>) -> Vec<Route> {
    let mut goes: Vec<(u32, Prefix, Vec<usize>)> = Vec::new();
    for table in &half.tables {
        let places = table.dump().into_iter().map(|b| (table.id, b.prefix, chosen(half, b)));
        goes.extend(places.filter(|(_, _, places)| !places.is_empty()));
    }
    let mut routes = Vec::new();
    for (id, prefix, places) in goes {
        let table = half.table(id).expect("it was just there");
        routes.extend(places.iter().map(|&n| route_of(half, table, prefix, table.at(prefix)[n])));
        for n in places.into_iter().rev() {
            let alias = half.table_mut(id).remove(prefix, n);
            half.infos.release(alias.info);
        }
    }
    routes
}
