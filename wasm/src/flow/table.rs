//! The table itself: finding, making, confirming and ending flows. What packets do to them is in `track.rs` and the
//! protocols; what NAT does in `nat.rs`.

use super::addresses::Addresses;
use super::arena::Arena;
use super::config::Config;
use super::entry::{status, Entry, Window, ORIGINAL, REPLY};
use super::event::{Event, Kind, Pending};
use super::index::{Index, Slot};
use super::tuple::{Tuple, Wide};
use crate::wire::{Ip, NONE};

/// Ticks of virtual time (4 ms, the kernel's jiffy at HZ=250) of a time in nanoseconds; they wrap.
pub fn ticks(nanoseconds: u64) -> u32 {
    (nanoseconds / 4_000_000) as u32
}

/// Ticks in a second.
pub const SECOND: u32 = 250;

/// The zone a flow is made or looked up in, and the directions it counts for (`-j CT --zone`, `--zone-orig`, `--zone-reply`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    pub id: u16,
    pub original: bool,
    pub reply: bool,
}

impl Default for Zone {
    fn default() -> Zone {
        Zone { id: 0, original: true, reply: true }
    }
}

/// Packets and bytes of one direction.
#[derive(Clone, Copy, Default)]
pub struct Count {
    pub packets: u64,
    pub bytes: u64,
}

/// What `conntrack -S` counts.
#[derive(Clone, Copy, Default)]
pub struct Statistics {
    pub found: u64,
    pub invalid: u64,
    pub insert: u64,
    pub insert_failed: u64,
    pub drop: u64,
    pub early_drop: u64,
    pub clash_resolve: u64,
}

impl Statistics {
    /// In the order of `conntrack -S`.
    pub fn list(&self) -> [u64; 7] {
        [self.found, self.invalid, self.insert, self.insert_failed, self.drop, self.early_drop, self.clash_resolve]
    }
}

/// Connection tracking of one namespace.
pub struct Conntrack {
    pub config: Config,
    pub statistics: Statistics,
    pub(super) entries: Arena<Entry>,
    pub(super) windows: Arena<Window>,
    pub(super) index: Index,
    /// Flows with a translated source, by their original source.
    pub(super) sources: Index,
    pub(super) addresses: Addresses,
    /// Zones, masquerade devices and helper names in use; a flow has their number. Number 0 is none.
    pub(super) zones: Vec<u16>,
    pub(super) devices: Vec<u32>,
    pub(super) helpers: Vec<String>,
    /// Per entry, original and reply; empty until `acct` is on.
    pub(super) accounts: Vec<[Count; 2]>,
    pub(super) pending: Pending,
    /// What happened, while somebody watches.
    pub events: Vec<Event>,
    /// No flow goes before this tick.
    pub(super) due: Option<u32>,
    /// How often a slot has used up the generations that tell its flows apart.
    pub(super) lives: u32,
}

impl Default for Conntrack {
    fn default() -> Conntrack {
        Conntrack {
            config: Config::default(),
            statistics: Statistics::default(),
            entries: Arena::default(),
            windows: Arena::default(),
            index: Index::default(),
            sources: Index::default(),
            addresses: Addresses::default(),
            zones: vec![0],
            devices: vec![0],
            helpers: vec![String::new()],
            accounts: Vec::new(),
            pending: Pending::default(),
            events: Vec::new(),
            due: None,
            lives: 0,
        }
    }
}

/// The number of a value in a list of at most `most`, added where it is new; 0 (none) where the list is full.
fn number_of<T: PartialEq>(list: &mut Vec<T>, value: T, most: usize) -> u8 {
    if let Some(at) = list.iter().position(|v| *v == value) {
        return at as u8;
    }
    if list.len() > most {
        return 0;
    }
    list.push(value);
    list.len() as u8 - 1
}

fn hash_of(entries: &Arena<Entry>, slot: Slot) -> u64 {
    let entry = entries.get(slot.entry);
    entry.tuples[slot.side].hash(entry.proto)
}

fn source_hash_of(entries: &Arena<Entry>, slot: Slot) -> u64 {
    let entry = entries.get(slot.entry);
    entry.tuples[ORIGINAL].source_hash(entry.proto)
}

impl Conntrack {
    /// Flows there are, confirmed or not.
    pub fn count(&self) -> usize {
        self.entries.live()
    }
    /// Bytes held for flows.
    pub fn bytes(&self) -> usize {
        self.entries.bytes() + self.windows.bytes() + self.index.bytes() + self.sources.bytes()
    }
    pub(super) fn zone_number(&mut self, id: u16) -> u8 {
        number_of(&mut self.zones, id, 255)
    }
    /// The numbers of a zone by direction.
    pub(super) fn zone_numbers(&mut self, zone: Zone) -> [u8; 2] {
        let number = self.zone_number(zone.id);
        [if zone.original { number } else { 0 }, if zone.reply { number } else { 0 }]
    }
    /// The number of a helper's name for entries and templates (15 of them at most).
    pub fn helper_number(&mut self, name: impl Iterator<Item = u8> + Clone) -> u8 {
        match self.helpers.iter().position(|helper| helper.bytes().eq(name.clone())) {
            Some(at) => at as u8,
            None => number_of(&mut self.helpers, name.map(char::from).collect::<String>(), 15),
        }
    }
    pub(super) fn device_number(&mut self, device: u32) -> u8 {
        number_of(&mut self.devices, device, 255)
    }

    // ---------------------------------------------------------------------------------------------- handles

    /// What packets carry: the slot and which of its lives.
    pub(super) fn handle(&self, at: u32) -> u32 {
        (self.entries.get(at).generation as u32) << 24 | at
    }
    /// The slot of a packet's handle, while that flow lives.
    #[inline]
    pub(super) fn slot(&self, handle: u32) -> Option<u32> {
        if handle == NONE {
            return None;
        }
        let at = handle & super::index::NOBODY;
        if at >= self.entries.end() {
            return None;
        }
        let entry = self.entries.get(at);
        (entry.has(status::LIVE) && entry.generation == (handle >> 24) as u8).then_some(at)
    }
    /// The flow of a packet's handle.
    pub fn entry(&self, handle: u32) -> Option<&Entry> {
        self.slot(handle).map(|at| self.entries.get(at))
    }
    pub(super) fn entry_mut(&mut self, handle: u32) -> Option<&mut Entry> {
        let at = self.slot(handle)?;
        Some(self.entries.get_mut(at))
    }

    // ---------------------------------------------------------------------------------------------- tuples

    fn address(&self, v6: bool, address: u32) -> Ip {
        if v6 {
            self.addresses.get(address)
        } else {
            Ip::v4(address)
        }
    }
    fn number(&self, ip: Ip) -> Option<u32> {
        if ip.is_v4() {
            Some(ip.low())
        } else {
            self.addresses.find(ip)
        }
    }
    /// A tuple as the table has it; `None` where no flow names one of its addresses.
    pub(super) fn narrow(&self, wide: &Wide) -> Option<Tuple> {
        Some(Tuple { src: self.number(wide.src)?, dst: self.number(wide.dst)?, sport: wide.sport, dport: wide.dport })
    }
    /// A tuple with its addresses.
    pub(super) fn widen(&self, entry: &Entry, side: usize) -> Wide {
        let (tuple, v6) = (entry.tuples[side], entry.is_v6());
        Wide {
            src: self.address(v6, tuple.src),
            dst: self.address(v6, tuple.dst),
            sport: tuple.sport,
            dport: tuple.dport,
            proto: entry.proto,
        }
    }
    fn hold(&mut self, wide: &Wide) -> Tuple {
        let mut number = |ip: Ip| if ip.is_v4() { ip.low() } else { self.addresses.hold(ip) };
        Tuple { src: number(wide.src), dst: number(wide.dst), sport: wide.sport, dport: wide.dport }
    }
    fn unhold(&mut self, tuple: Tuple, v6: bool) {
        if v6 {
            self.addresses.drop(tuple.src);
            self.addresses.drop(tuple.dst);
        }
    }

    // ---------------------------------------------------------------------------------------------- finding

    /// The confirmed flow one of whose directions this is, and which.
    #[inline]
    pub(super) fn find(&self, tuple: &Tuple, key: Key) -> Option<Slot> {
        self.find_at(tuple.hash(key.proto), tuple, key)
    }
    /// The same, where the tuple's hash is known.
    #[inline]
    pub(super) fn find_at(&self, hash: u64, tuple: &Tuple, key: Key) -> Option<Slot> {
        let mut side = 0;
        let slot = self.index.find(hash, |slot| {
            let entry = self.entries.get(slot.entry);
            if entry.proto != key.proto || entry.is_v6() != key.v6 {
                return false;
            }
            // a packet from itself to itself is its own answer: the kernel finds the reply first
            side = if entry.tuples[REPLY] == *tuple { REPLY } else { ORIGINAL };
            entry.tuples[side] == *tuple && zone_of(entry, side) == key.zones[side]
        })?;
        Some(Slot { entry: slot.entry, side })
    }
    /// The same, ending flows whose time is over on the way.
    pub(super) fn lookup(&mut self, wide: &Wide, zones: [u8; 2], now: u32) -> Option<Slot> {
        let tuple = self.narrow(wide)?;
        let key = Key { proto: wide.proto, v6: !wide.src.is_v4(), zones };
        loop {
            let slot = self.find(&tuple, key)?;
            if !is_over(self.entries.get(slot.entry), now) {
                return Some(slot);
            }
            self.kill(slot.entry);
        }
    }

    // ---------------------------------------------------------------------------------------------- life

    /// A new, unconfirmed flow; the packet that made it holds it.
    pub(super) fn create(&mut self, original: &Wide, zone: Zone) -> Option<u32> {
        let reply = original.inverse()?;
        let at = self.entries.take();
        let generation = self.entries.get(at).generation;
        let tuples = [self.hold(original), self.hold(&reply)];
        let number = self.zone_number(zone.id);
        let v6 = if original.src.is_v4() { 0 } else { status::V6 };
        let zones =
            if zone.original { status::ZONE_ORIGINAL } else { 0 } | if zone.reply { status::ZONE_REPLY } else { 0 };
        *self.entries.get_mut(at) = Entry {
            tuples,
            proto: original.proto,
            generation,
            zone: number,
            status: status::LIVE | v6 | zones,
            held: 1,
            ..Entry::default()
        };
        if self.config.acct {
            self.account_slot(at)[ORIGINAL] = Count::default();
            self.account_slot(at)[REPLY] = Count::default();
        }
        Some(at)
    }
    /// Gives an unconfirmed flow another reply direction (nf_conntrack_alter_reply).
    pub(super) fn set_reply(&mut self, at: u32, reply: &Wide) {
        let new = self.hold(reply);
        let entry = self.entries.get_mut(at);
        let (old, v6) = (std::mem::replace(&mut entry.tuples[REPLY], new), entry.is_v6());
        self.unhold(old, v6);
    }
    /// The window of a TCP or SCTP flow, made where there is none yet.
    pub(super) fn window(&mut self, at: u32) -> &mut Window {
        let entry = self.entries.get_mut(at);
        if !entry.has(status::HAS_WINDOW) {
            entry.status |= status::HAS_WINDOW;
            entry.extra = self.windows.take();
            *self.windows.get_mut(entry.extra) = Window::default();
        }
        self.windows.get_mut(entry.extra)
    }
    /// Puts a flow into the index: from here on packets find it.
    pub(super) fn link(&mut self, at: u32, now: u32) {
        self.link_at(at, self.entries.get(at).hashes(), now);
    }
    /// The same, where its hashes are known.
    #[cfg_attr(hot, optimize(speed))]
    pub fn link_at(&mut self, at: u32, hashes: [u64; 2], now: u32) {
        let entry = self.entries.get_mut(at);
        entry.status |= status::CONFIRMED;
        entry.held &= 0xf0;
        entry.expires = now.wrapping_add(entry.expires);
        let (entry, entries) = (*entry, &self.entries);
        for side in [ORIGINAL, REPLY] {
            if side == ORIGINAL || hashes[ORIGINAL] != hashes[REPLY] {
                self.index.insert(hashes[side], Slot { entry: at, side }, |slot| hash_of(entries, slot));
            }
        }
        if entry.has(status::SRC_NAT) {
            let hash = entry.tuples[ORIGINAL].source_hash(entry.proto);
            self.sources.insert(hash, Slot { entry: at, side: 0 }, |slot| source_hash_of(entries, slot));
        }
        self.statistics.insert += 1;
        self.note_due(entry.expires);
    }
    fn unlink(&mut self, at: u32) {
        let (entry, entries) = (*self.entries.get(at), &self.entries);
        let hashes = entry.hashes();
        for side in [ORIGINAL, REPLY] {
            if side == ORIGINAL || hashes[ORIGINAL] != hashes[REPLY] {
                self.index.remove(hashes[side], Slot { entry: at, side }, |slot| hash_of(entries, slot));
            }
        }
        if entry.has(status::SRC_NAT) {
            let hash = entry.tuples[ORIGINAL].source_hash(entry.proto);
            self.sources.remove(hash, Slot { entry: at, side: 0 }, |slot| source_hash_of(entries, slot));
        }
    }
    /// Ends a flow.
    pub(super) fn kill(&mut self, at: u32) {
        self.end(at);
        self.free(at);
    }
    /// Ends a flow that a packet still carries and needs for its translation: nobody finds it any more, and it is
    /// freed when that packet is released.
    pub(super) fn kill_held(&mut self, at: u32) {
        self.end(at);
        let entry = self.entries.get_mut(at);
        entry.status |= status::DYING;
        entry.held = entry.held & 0xf0 | 1;
    }
    fn end(&mut self, at: u32) {
        if self.entries.get(at).has(status::CONFIRMED) && !self.entries.get(at).has(status::DYING) {
            self.unlink(at);
            self.announce(at, Kind::Destroy);
        }
        self.pending.forget(at);
    }
    fn free(&mut self, at: u32) {
        let entry = *self.entries.get(at);
        if entry.has(status::HAS_WINDOW) {
            self.windows.give(entry.extra);
        }
        self.unhold(entry.tuples[ORIGINAL], entry.is_v6());
        self.unhold(entry.tuples[REPLY], entry.is_v6());
        let slot = self.entries.get_mut(at);
        slot.status = 0;
        slot.generation = slot.generation.wrapping_add(1);
        self.lives += u32::from(slot.generation == 0);
        self.entries.give(at);
    }
    /// One more packet carries the flow.
    pub(super) fn hold_flow(&mut self, handle: u32) {
        if let Some(entry) = self.entry_mut(handle) {
            if !entry.has(status::CONFIRMED) || entry.has(status::DYING) {
                entry.held = entry.held & 0xf0 | (entry.held & 15).saturating_add(1).min(15);
            }
        }
    }
    /// One packet less; a flow that was never confirmed goes with its last one.
    pub(super) fn release_flow(&mut self, handle: u32) {
        let Some(at) = self.slot(handle) else { return };
        let entry = self.entries.get_mut(at);
        if entry.has(status::CONFIRMED) && !entry.has(status::DYING) {
            return;
        }
        if entry.held & 15 > 1 {
            entry.held -= 1;
        } else {
            self.pending.forget(at);
            self.free(at);
        }
    }

    // ---------------------------------------------------------------------------------------------- time and counts

    /// Gives a flow `timeout` ticks from now (nf_ct_refresh), and counts the packet where accounts are kept.
    #[inline]
    pub(super) fn refresh(&mut self, at: u32, timeout: u32, now: u32) {
        let entry = self.entries.get_mut(at);
        if !entry.has(status::CONFIRMED) {
            entry.expires = timeout;
            return;
        }
        entry.expires = now.wrapping_add(timeout);
        let expires = entry.expires;
        self.note_due(expires);
    }
    fn note_due(&mut self, expires: u32) {
        if self.due.is_none_or(|due| (expires.wrapping_sub(due) as i32) < 0) {
            self.due = Some(expires);
        }
    }
    pub(super) fn account_slot(&mut self, at: u32) -> &mut [Count; 2] {
        if self.accounts.len() <= at as usize {
            self.accounts.resize(at as usize + 1, Default::default());
        }
        &mut self.accounts[at as usize]
    }
    #[inline]
    pub(super) fn account(&mut self, at: u32, dir: usize, length: u32) {
        if self.config.acct {
            let count = &mut self.account_slot(at)[dir];
            count.packets += 1;
            count.bytes += length as u64;
        }
    }
    /// Packets and bytes of both directions, zero where accounts are off.
    pub fn counts(&self, handle: u32) -> [Count; 2] {
        let at = self.slot(handle).map_or(usize::MAX, |at| at as usize);
        self.accounts.get(at).copied().unwrap_or_default()
    }
    /// When the first flow may go, in nanoseconds; `None` while there are no flows.
    pub fn next_due(&self, now: u64) -> Option<u64> {
        let due = self.due?;
        let ahead = due.wrapping_sub(ticks(now)) as i32;
        Some((now / 4_000_000).saturating_add_signed(ahead as i64) * 4_000_000)
    }
    /// Ends every flow whose time is over. Looks at nothing before the first can be.
    pub fn sweep(&mut self, now: u64) {
        let now = ticks(now);
        if self.due.is_none_or(|due| (due.wrapping_sub(now) as i32) > 0) {
            return;
        }
        self.due = None;
        for at in 0..self.entries.end() {
            let entry = *self.entries.get(at);
            if !is_confirmed(&entry) {
                continue;
            }
            if is_over(&entry, now) {
                self.kill(at);
            } else {
                self.note_due(entry.expires);
            }
        }
    }
    /// Ends the flows that `ends` names: `conntrack -D`, `-F`, a masquerade device going down.
    pub fn end_flows(&mut self, mut ends: impl FnMut(&Conntrack, u32) -> bool) -> usize {
        let mut ended = 0;
        for at in 0..self.entries.end() {
            if is_confirmed(self.entries.get(at)) && ends(self, at) {
                self.kill(at);
                ended += 1;
            }
        }
        ended
    }
    /// A device went down or lost an address: what was masqueraded to it ends (nf_nat_masquerade's notifiers).
    pub fn masquerade_gone(&mut self, device: u32, address: Option<Ip>) {
        self.end_flows(|table, at| {
            let entry = table.entries.get(at);
            let here = entry.masquerade != 0 && table.devices[entry.masquerade as usize] == device;
            here && address.is_none_or(|ip| table.widen(entry, REPLY).dst == ip)
        });
    }
}

/// What a lookup compares beside the tuple.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub proto: u8,
    pub v6: bool,
    /// The zone number a flow must have in each of its directions to be the one.
    pub zones: [u8; 2],
}

impl Key {
    /// What would find the same flow again.
    pub fn of(entry: &Entry) -> Key {
        Key { proto: entry.proto, v6: entry.is_v6(), zones: [zone_of(entry, ORIGINAL), zone_of(entry, REPLY)] }
    }
}

/// The zone number that counts for a direction of a flow.
#[inline]
pub(super) fn zone_of(entry: &Entry, side: usize) -> u8 {
    if entry.has(status::ZONE_ORIGINAL << side) {
        entry.zone
    } else {
        0
    }
}

pub(super) fn is_over(entry: &Entry, now: u32) -> bool {
    (entry.expires.wrapping_sub(now) as i32) <= 0
}

pub(super) fn is_confirmed(entry: &Entry) -> bool {
    entry.status & (status::LIVE | status::CONFIRMED | status::DYING) == status::LIVE | status::CONFIRMED
}

#[cfg(test)]
impl Conntrack {
    /// The slow twin of [`Conntrack::find`]: looks at every flow. Both answers, as slot and side, for zone 0.
    pub fn found_and_scanned(&self, wide: &Wide) -> [Option<(u32, usize)>; 2] {
        let key = Key { proto: wide.proto, v6: !wide.src.is_v4(), zones: [0; 2] };
        let fast = self.narrow(wide).and_then(|tuple| self.find(&tuple, key)).map(|slot| (slot.entry, slot.side));
        let slow = (0..self.entries.end()).find_map(|at| {
            let entry = self.entries.get(at);
            let side = [REPLY, ORIGINAL].into_iter().find(|side| self.is(entry, *side, wide))?;
            is_confirmed(entry).then_some((at, side))
        });
        [fast, slow]
    }
    fn is(&self, entry: &Entry, side: usize, wide: &Wide) -> bool {
        is_confirmed(entry) && zone_of(entry, side) == 0 && self.widen(entry, side) == *wide
    }
}
