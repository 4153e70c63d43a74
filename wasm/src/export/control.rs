//! netem and sysctls: what devices and namespaces are told in plain numbers.

use super::records::NetemSpec;
use crate::errno::{refuse, Answer, EINVAL, ENODEV, ENOENT};
use crate::fabric::{Fabric, MILLISECOND};
use crate::link::netem::Chance;
use crate::link::{Device, Netem, Place};
use crate::sysctl::{self, Values};
use crate::wire::Family;

/// A device's sysctls, in the order of `Links::default`.
const DEVICE_TABLES: [(&str, &[(&str, i64)]); 4] = [
    ("net.ipv4.conf.", sysctl::CONF),
    ("net.ipv4.neigh.", sysctl::NEIGH),
    ("net.ipv6.conf.", sysctl::CONF6),
    ("net.ipv6.neigh.", sysctl::NEIGH),
];

/// Conntrack's sysctls, which it keeps itself.
const CONNTRACK: &str = "net.netfilter.nf_conntrack_";

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

    /// A sysctl's value; nothing for a key that the plane does not know.
    pub fn sysctl(&mut self, ns: u32, key: &str) -> Option<i64> {
        if let Some(name) = key.strip_prefix(CONNTRACK) {
            let flows = &self.space(ns).hooks.flows;
            let value = if name == "count" { Some(flows.count() as i64) } else { flows.config.get(name) };
            if value.is_some() {
                return value;
            }
        }
        self.find_sysctl(ns, key).map(|(values, number)| values.get(number))
    }

    /// Where a sysctl's value stands: a namespace's own, or one of `net.ipv4.conf.DEV.*` and its likes.
    pub fn find_sysctl(&mut self, ns: u32, key: &str) -> Option<(&mut Values, u32)> {
        let stack = &mut self.space_mut(ns).stack;
        if let Some(number) = sysctl::number(sysctl::GLOBAL, key) {
            return Some((&mut stack.sysctls, number));
        }
        let kind = DEVICE_TABLES.iter().position(|(prefix, _)| key.starts_with(prefix))?;
        let (prefix, table) = DEVICE_TABLES[kind];
        let (dev, name) = key[prefix.len()..].rsplit_once('.')?;
        let number = sysctl::number(table, name)?;
        let values = match (dev, kind) {
            ("all", 0) => &mut stack.links.all,
            ("all", 2) => &mut stack.links.all6,
            ("default", kind) => &mut stack.links.default[kind],
            _ => {
                let index = stack.links.named(dev)?;
                let device: &mut Device = stack.links.get_mut(index)?;
                [&mut device.conf, &mut device.neigh, &mut device.conf6, &mut device.neigh6].into_iter().nth(kind)?
            }
        };
        Some((values, number))
    }

    /// Writes a sysctl, with what the kernel does on the way; ENOENT for a key that the plane does not know.
    pub fn set_sysctl(&mut self, ns: u32, key: &str, value: i64) -> Answer<()> {
        let limits = match key {
            "net.ipv4.ip_default_ttl" => 1..=255,
            _ => i64::MIN..=i64::MAX,
        };
        if let Some(name) = key.strip_prefix(CONNTRACK) {
            if self.space_mut(ns).hooks.flows.config.set(name, value) {
                return Ok(());
            }
        }
        let Some((values, number)) = self.find_sysctl(ns, key) else { return refuse(ENOENT) };
        if !limits.contains(&value) {
            return refuse(EINVAL);
        }
        values.set(number, value);
        self.space_mut(ns).stack.changed();
        match key {
            "net.ipv4.ip_forward" | "net.ipv4.conf.all.forwarding" => self.set_forwarding(ns, value),
            "net.ipv4.fib_multipath_hash_policy" => {
                self.space_mut(ns).stack.fib.set_multipath_policy(Family::V4, value as u8);
            }
            "net.ipv6.fib_multipath_hash_policy" => {
                self.space_mut(ns).stack.fib.set_multipath_policy(Family::V6, value as u8);
            }
            "net.ipv4.fib_multipath_hash_seed" => self.space_mut(ns).stack.fib.set_multipath_seed(value as u32),
            _ if key.starts_with("net.ipv6.conf.") => self.inet6_set(ns, (key, number), value),
            _ => {}
        }
        Ok(())
    }
}
