//! netem and sysctls: what devices and namespaces are told in plain numbers.

use super::records::NetemSpec;
use crate::errno::{refuse, Answer, EINVAL, ENODEV, ENOENT};
use crate::fabric::{Fabric, MILLISECOND};
use crate::link::netem::Chance;
use crate::link::{Device, Netem, Place};
use crate::record::{Field, Reader};
use crate::sysctl::{self, Values};
use crate::wire::Family;

/// Which sysctl: `wasm/sysctl_key.ts` reads its name.
pub struct Key {
    /// [`GLOBAL`], 1 to 4 for a device's in the order of `Links::default`, or [`CONNTRACK`].
    table: u32,
    number: u32,
    /// The device of a device's, `all` or `default`.
    dev: String,
}

const GLOBAL: u32 = 0;
const CONF: u32 = 1;
const CONF6: u32 = 3;
/// Conntrack's, which it keeps itself.
const CONNTRACK: u32 = 5;

impl Key {
    /// One of a namespace's own.
    pub fn of(number: u32) -> Key {
        Key { table: GLOBAL, number, dev: String::new() }
    }
    pub fn get(args: &mut Reader) -> Key {
        Key { table: args.word(), number: args.word(), dev: String::get(args) }
    }
    /// Whether it is this one, of all devices.
    fn is_all(&self, table: u32, number: u32) -> bool {
        self.dev == "all" && (self.table, self.number) == (table, number)
    }
}

fn netem_of(spec: &NetemSpec) -> Netem {
    let at = |place: usize| spec.numbers.get(place).copied().unwrap_or(0.0);
    let time = |place| (at(place) * MILLISECOND as f64) as u64;
    let share = |place| (at(place).clamp(0.0, 1.0) * f64::from(u32::MAX)) as u32;
    let chance = |place| Chance { share: share(place), rho: share(place + 1), last: 0 };
    Netem {
        delay: time(0),
        jitter: time(1),
        spread: chance(2),
        loss: chance(4),
        duplicate: chance(6),
        corrupt: chance(8),
        reorder: chance(10),
        gemodel: [12, 13, 14, 15].map(share),
        gap: at(16) as u32,
        limit: at(17) as u32,
        rate: at(18) as u64,
        burst: time(19),
        patience: time(20),
        ..Netem::default()
    }
}

impl Fabric {
    /// `tc qdisc add dev DEV root netem ...`; nothing takes it away.
    pub fn set_netem(&mut self, place: Place, spec: Option<NetemSpec>) -> Answer<()> {
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return refuse(ENODEV) };
        device.netem = spec.map(|spec| Box::new(netem_of(&spec)));
        Ok(())
    }

    /// A sysctl's value; nothing for a device that is not there.
    pub fn sysctl(&mut self, ns: u32, key: Key) -> Option<i64> {
        if key.table == CONNTRACK {
            let flows = &self.space(ns).hooks.flows;
            return Some(flows.config.get(key.number).unwrap_or(flows.count() as i64));
        }
        self.find_sysctl(ns, &key).map(|values| values.get(key.number))
    }

    /// Where a sysctl's value stands: a namespace's own, or one of `net.ipv4.conf.DEV.*` and its likes.
    fn find_sysctl(&mut self, ns: u32, key: &Key) -> Option<&mut Values> {
        let stack = &mut self.space_mut(ns).stack;
        Some(match (key.dev.as_str(), key.table) {
            (_, GLOBAL) => &mut stack.sysctls,
            ("all", CONF) => &mut stack.links.all,
            ("all", CONF6) => &mut stack.links.all6,
            ("default", table) => stack.links.default.get_mut(table as usize - 1)?,
            (dev, table) => {
                let index = stack.links.named(dev)?;
                let device: &mut Device = stack.links.get_mut(index)?;
                let all = [&mut device.conf, &mut device.neigh, &mut device.conf6, &mut device.neigh6];
                all.into_iter().nth(table as usize - 1)?
            }
        })
    }

    /// Writes a sysctl, with what the kernel does on the way; ENOENT for a device that is not there.
    pub fn set_sysctl(&mut self, ns: u32, key: Key, value: i64) -> Answer<()> {
        if key.table == CONNTRACK {
            self.space_mut(ns).hooks.flows.config.set(key.number, value);
            return Ok(());
        }
        let place = (key.table, key.number);
        let Some(values) = self.find_sysctl(ns, &key) else { return refuse(ENOENT) };
        if place == (GLOBAL, sysctl::IP_DEFAULT_TTL) && !(1..=255).contains(&value) {
            return refuse(EINVAL);
        }
        values.set(key.number, value);
        let stack = &mut self.space_mut(ns).stack;
        stack.changed();
        match place {
            (GLOBAL, sysctl::IP_FORWARD) => self.set_forwarding(ns, value),
            (GLOBAL, sysctl::FIB_MULTIPATH_HASH_POLICY) => stack.fib.set_multipath_policy(Family::V4, value as u8),
            (GLOBAL, sysctl::FIB_MULTIPATH_HASH_POLICY6) => stack.fib.set_multipath_policy(Family::V6, value as u8),
            (GLOBAL, sysctl::FIB_MULTIPATH_HASH_SEED) => stack.fib.set_multipath_seed(value as u32),
            _ if key.is_all(CONF, sysctl::FORWARDING) => self.set_forwarding(ns, value),
            (CONF6, number) => self.inet6_set(ns, (key.dev == "all", number), value),
            _ => {}
        }
        Ok(())
    }
}
