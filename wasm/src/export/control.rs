//! Namespaces, devices, addresses, neighbours, forwarding tables, sysctls.

use super::records::*;
use super::{answer, outcome, read, words, Plane};
use crate::errno::{refuse, Answer, EINVAL, ENODEV, ENOENT};
use crate::fabric::{Fabric, MILLISECOND};
use crate::link::{Device, Netem, Place};
use crate::record::Field;
use crate::sysctl::{self, Values};
use crate::wire::{Family, Ip, Prefix};
use wasm_bindgen::prelude::wasm_bindgen;

/// Conntrack's sysctls, which it keeps itself.
const CONNTRACK: &str = "net.netfilter.nf_conntrack_";

#[wasm_bindgen]
impl Plane {
    #[wasm_bindgen(js_name = addNamespace)]
    pub fn add_namespace(&mut self) -> u32 {
        self.fabric.add_namespace()
    }
    #[wasm_bindgen(js_name = removeNamespace)]
    pub fn remove_namespace(&mut self, ns: u32) {
        self.fabric.remove_namespace(ns);
        self.fabric.run_queue();
    }
    #[wasm_bindgen(js_name = addLink)]
    pub fn add_link(&mut self, ns: u32, spec: &[u32]) -> Vec<u32> {
        answer(self.fabric.add_link(ns, read::<LinkSpec>(spec)))
    }
    #[wasm_bindgen(js_name = setLink)]
    pub fn set_link(&mut self, ns: u32, dev: u32, change: &[u32]) -> Vec<u32> {
        let result = self.fabric.set_link(Place { ns, dev }, read::<LinkChange>(change));
        self.fabric.run_queue();
        outcome(result)
    }
    #[wasm_bindgen(js_name = removeLink)]
    pub fn remove_link(&mut self, ns: u32, dev: u32) -> Vec<u32> {
        let result = self.fabric.remove_link(Place { ns, dev });
        self.fabric.run_queue();
        outcome(result)
    }
    pub fn links(&self, ns: u32) -> Vec<u32> {
        words(&self.fabric.links(ns))
    }
    /// An empty stream takes netem away.
    #[wasm_bindgen(js_name = setNetem)]
    pub fn set_netem(&mut self, ns: u32, dev: u32, netem: &[u32]) -> Vec<u32> {
        let Some(device) = self.fabric.space_mut(ns).stack.links.get_mut(dev) else { return outcome(refuse(ENODEV)) };
        let spec = (!netem.is_empty()).then(|| read::<NetemSpec>(netem));
        device.netem = spec.map(|spec| Box::new(netem_of(&spec)));
        outcome(Ok(()))
    }
    #[wasm_bindgen(js_name = addAddress)]
    pub fn add_address(&mut self, ns: u32, dev: u32, spec: &[u32]) -> Vec<u32> {
        let result = self.fabric.add_address(Place { ns, dev }, read::<AddressSpec>(spec));
        self.fabric.run_queue();
        outcome(result)
    }
    #[wasm_bindgen(js_name = removeAddress)]
    pub fn remove_address(&mut self, ns: u32, dev: u32, prefix: &[u32]) -> Vec<u32> {
        outcome(self.fabric.remove_address(Place { ns, dev }, read::<Prefix>(prefix)))
    }
    pub fn addresses(&self, ns: u32) -> Vec<u32> {
        words(&self.fabric.addresses(ns))
    }
    #[wasm_bindgen(js_name = addNeighbour)]
    pub fn add_neighbour(&mut self, ns: u32, entry: &[u32], mode: u32) -> Vec<u32> {
        let mode = NeighbourMode::get(&mut crate::record::Reader::new(&[mode]));
        let result = self.fabric.add_neighbour(ns, read::<NeighbourView>(entry), mode);
        self.fabric.run_queue();
        outcome(result)
    }
    #[wasm_bindgen(js_name = removeNeighbour)]
    pub fn remove_neighbour(&mut self, ns: u32, dev: u32, ip: &[u32]) -> Vec<u32> {
        outcome(self.fabric.remove_neighbour(Place { ns, dev }, read::<Ip>(ip)))
    }
    pub fn neighbours(&self, ns: u32) -> Vec<u32> {
        words(&self.fabric.neighbours(ns))
    }
    #[wasm_bindgen(js_name = addFdb)]
    pub fn add_fdb(&mut self, ns: u32, entry: &[u32], mode: u32) -> Vec<u32> {
        let mode = FdbMode::get(&mut crate::record::Reader::new(&[mode]));
        outcome(self.fabric.add_fdb(ns, read::<FdbView>(entry), mode))
    }
    #[wasm_bindgen(js_name = removeFdb)]
    pub fn remove_fdb(&mut self, ns: u32, key: &[u32]) -> Vec<u32> {
        outcome(self.fabric.remove_fdb(ns, read::<FdbKey>(key)))
    }
    pub fn fdb(&self, ns: u32) -> Vec<u32> {
        words(&self.fabric.fdb(ns))
    }
    #[wasm_bindgen(js_name = setSysctl)]
    pub fn set_sysctl(&mut self, ns: u32, key: &str, value: f64) -> Vec<u32> {
        outcome(self.fabric.set_sysctl(ns, key, value as i64))
    }
    /// NaN for a key that the plane does not know.
    pub fn sysctl(&mut self, ns: u32, key: &str) -> f64 {
        if let Some(name) = key.strip_prefix(CONNTRACK) {
            let flows = &self.fabric.space(ns).hooks.flows;
            let value = if name == "count" { Some(flows.count() as i64) } else { flows.config.get(name) };
            if let Some(value) = value {
                return value as f64;
            }
        }
        match self.fabric.find_sysctl(ns, key) {
            Some((values, number)) => values.get(number) as f64,
            None => f64::NAN,
        }
    }
}

fn netem_of(spec: &NetemSpec) -> Netem {
    let time = |value: Option<f64>| (value.unwrap_or(0.0) * MILLISECOND as f64) as u64;
    let chance = |value: Option<f64>| (value.unwrap_or(0.0).clamp(0.0, 1.0) * f64::from(u32::MAX)) as u32;
    Netem {
        delay: time(spec.delay),
        jitter: time(spec.jitter),
        loss: chance(spec.loss),
        duplicate: chance(spec.duplicate),
        corrupt: chance(spec.corrupt),
        reorder: chance(spec.reorder),
        rate: spec.rate.unwrap_or(0.0) as u64,
        busy_until: 0,
    }
}

impl Fabric {
    /// Where a sysctl's value stands: a namespace's own, or one of `net.ipv4.conf.DEV.*` and `net.ipv4.neigh.DEV.*`.
    pub fn find_sysctl(&mut self, ns: u32, key: &str) -> Option<(&mut Values, u32)> {
        let stack = &mut self.space_mut(ns).stack;
        if let Some(number) = sysctl::number(sysctl::GLOBAL, key) {
            return Some((&mut stack.sysctls, number));
        }
        let (table, rest) = match key.strip_prefix("net.ipv4.conf.") {
            Some(rest) => (sysctl::CONF, rest),
            None => (sysctl::NEIGH, key.strip_prefix("net.ipv4.neigh.")?),
        };
        let (dev, name) = rest.rsplit_once('.')?;
        let number = sysctl::number(table, name)?;
        let conf = table.len() == sysctl::CONF.len();
        let values = match (dev, conf) {
            ("all", true) => &mut stack.links.all,
            ("default", true) => &mut stack.links.default,
            ("default", false) => &mut stack.links.neigh_default,
            _ => {
                let index = stack.links.named(dev)?;
                let device: &mut Device = stack.links.get_mut(index)?;
                if conf {
                    &mut device.conf
                } else {
                    &mut device.neigh
                }
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
            "net.ipv4.fib_multipath_hash_seed" => self.space_mut(ns).stack.fib.set_multipath_seed(value as u32),
            _ => {}
        }
        Ok(())
    }
}
