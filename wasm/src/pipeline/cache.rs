//! Routes of flows that were just looked up, so that a busy flow is not routed anew for every packet. An answer holds until
//! anything of the namespace's devices, addresses, routes, rules, neighbours or sysctls changes.
//!
//! ```text
//! [ key | version | answer ] [ key | version | answer ] ...      one place per hash; grows from 4 to 256 places as flows collide
//! ```

use super::routing::{InputError, InputRoute, OutputKey};
use crate::hash::mix;
use crate::namespace::{Path, Stack};
use crate::route::Ends;
use crate::wire::Packet;

/// What a route depends on, IPv4 only: addresses, ports, device, mark, and the small ones.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Key(u64, u64, u64);

#[derive(Clone, Copy)]
struct Entry {
    key: Key,
    version: u32,
    path: Path,
    redirect: bool,
}

/// The answers of one namespace.
#[derive(Default)]
pub struct Cache {
    entries: Vec<Option<Entry>>,
    /// Answers of another version are void.
    pub version: u32,
}

const LEAST: usize = 4;
const MOST: usize = 256;

impl Key {
    fn of_input(packet: &Packet, dev: u32) -> Key {
        let small = u64::from(packet.tos) | u64::from(packet.proto) << 8 | 1 << 16;
        Key::new((packet.src.low(), packet.dst.low()), packet.flow_ports(), (dev, packet.mark, small))
    }
    fn of_output(ask: &OutputKey) -> Key {
        let small = u64::from(ask.tos) | u64::from(ask.proto) << 8 | u64::from(ask.any_source) << 17;
        Key::new((ask.src.low(), ask.dst.low()), (ask.sport, ask.dport), (ask.oif, ask.mark, small))
    }
    fn new(ips: (u32, u32), ports: (u16, u16), (dev, mark, small): (u32, u32, u64)) -> Key {
        let addresses = u64::from(ips.0) << 32 | u64::from(ips.1);
        let ports = u64::from(ports.0) << 16 | u64::from(ports.1);
        Key(addresses, u64::from(mark) << 32 | ports, u64::from(dev) << 32 | small)
    }
    fn hash(self) -> usize {
        mix(self.0 ^ self.1.rotate_left(21) ^ self.2.rotate_left(42)) as usize
    }
}

impl Cache {
    #[inline]
    fn get(&self, key: Key) -> Option<&Entry> {
        let at = key.hash() & self.entries.len().wrapping_sub(1);
        self.entries.get(at)?.as_ref().filter(|entry| entry.key == key && entry.version == self.version)
    }
    #[cold]
    fn put(&mut self, key: Key, path: Path, redirect: bool) {
        if self.entries.is_empty() {
            self.entries.resize(LEAST, None);
        }
        let entry = Entry { key, version: self.version, path, redirect };
        let at = key.hash() & (self.entries.len() - 1);
        let taken = self.entries[at].is_some_and(|old| old.version == self.version && old.key != key);
        if taken && self.entries.len() < MOST {
            let old = std::mem::take(&mut self.entries);
            self.entries.resize(old.len() * 2, None);
            for entry in old.into_iter().flatten() {
                let at = entry.key.hash() & (self.entries.len() - 1);
                self.entries[at] = Some(entry);
            }
        }
        let at = key.hash() & (self.entries.len() - 1);
        self.entries[at] = Some(entry);
    }
}

impl Stack {
    /// Something changed that routes depend on.
    pub fn changed(&mut self) {
        self.cache.version = self.cache.version.wrapping_add(1);
    }

    /// [`Stack::route_input`], remembered.
    #[inline]
    pub fn find_input(&mut self, packet: &Packet, dev: u32, about: Option<Ends>) -> Result<InputRoute, InputError> {
        if !packet.src.is_v4() || about.is_some() {
            return self.route_input(packet, dev, about);
        }
        let key = Key::of_input(packet, dev);
        if let Some(entry) = self.cache.get(key) {
            return Ok(InputRoute { path: entry.path, redirect: entry.redirect });
        }
        let route = self.route_input(packet, dev, None)?;
        self.cache.put(key, route.path, route.redirect);
        Ok(route)
    }

    /// [`Stack::route_output`], remembered.
    #[inline]
    pub fn find_output(&mut self, ask: &OutputKey) -> Result<Path, u32> {
        if !ask.dst.is_v4() || ask.about.is_some() {
            return self.route_output(ask);
        }
        let key = Key::of_output(ask);
        if let Some(entry) = self.cache.get(key) {
            return Ok(entry.path);
        }
        let path = self.route_output(ask)?;
        self.cache.put(key, path, false);
        Ok(path)
    }
}
