//! Devices, neighbours and forwarding tables as `ip` and `bridge` show them.

use super::bridge::{in_vlan, FdbEntry};
use super::vxlan::{Origin, Remote};
use super::{Address, Device, Kind, Nud, Place};
use crate::errno::{refuse, refuse_with, Answer, EEXIST, EINVAL, ENODEV, ENOENT, EOPNOTSUPP};
use crate::export::records::*;
use crate::fabric::{Fabric, MILLISECOND};
use crate::record::Log;
use crate::sysctl;
use crate::wire::{Ip, Mac};

impl Fabric {
    /// Every device of a namespace, by index.
    pub fn links(&self, ns: u32) -> Log {
        let mut log = Log::default();
        for device in self.space(ns).stack.links.iter() {
            log.add(&self.link_view(ns, device));
        }
        log
    }

    fn link_view(&self, ns: u32, device: &Device) -> LinkView {
        let (link, link_ns) = below(ns, &device.kind);
        let bridge = device.bridge();
        let ageing = match &device.kind {
            Kind::Bridge(bridge) => bridge.ageing,
            Kind::Vxlan(vxlan) => vxlan.ageing,
            _ => 0,
        };
        let carrier = device.up && device.carrier;
        LinkView {
            index: device.index,
            name: device.name.clone(),
            kind: kind_of(&device.kind),
            mac: device.mac,
            mtu: device.mtu,
            txqlen: device.txqlen,
            up: device.up,
            carrier,
            arp: !device.no_arp,
            promisc: device.promisc,
            operstate: self.operstate(ns, device),
            master: device.master,
            link,
            link_ns,
            hairpin: device.port.hairpin,
            learning: device.port.learning,
            flood: device.port.flood,
            isolated: device.port.isolated,
            stp: bridge.is_some_and(|bridge| bridge.stp),
            vlan_filtering: bridge.is_some_and(|bridge| bridge.vlan_filtering),
            mcast_snooping: bridge.is_some_and(|bridge| bridge.mcast_snooping),
            ageing: (ageing / 10_000_000) as u32,
            default_pvid: bridge.map_or(0, |bridge| u32::from(bridge.default_pvid)),
            vlans: device.vlans.clone(),
            tag: device.upper().map_or(0, |upper| upper.tag),
            mode: device.upper().map(|upper| upper.mode),
            flag: device.upper().map(|upper| upper.flag),
            tunnel: tunnel_view(&device.kind),
            rx: stats(device.rx),
            tx: stats(device.tx),
        }
    }

    /// RFC 2863's state (default_operstate): without carrier, LOWERLAYERDOWN where the device below (by its index, looked
    /// up here even when it lives elsewhere) has none either.
    fn operstate(&self, ns: u32, device: &Device) -> Operstate {
        if !device.up {
            return Operstate::Down;
        }
        if !device.watched {
            return Operstate::Unknown;
        }
        if device.carrier {
            return Operstate::Up;
        }
        if device.low || self.is_low(ns, device) {
            Operstate::LowerLayerDown
        } else {
            Operstate::Down
        }
    }

    /// Whether the device below has no carrier.
    pub fn is_low(&self, ns: u32, device: &Device) -> bool {
        let (link, _) = below(ns, &device.kind);
        let lower = self.space(ns).stack.links.get(link).filter(|_| link != device.index);
        lower.is_some_and(|lower| !lower.carrier)
    }

    /// `ip neigh add|change|replace`.
    pub fn add_neighbour(&mut self, ns: u32, entry: NeighbourView, mode: NeighbourMode) -> Answer<()> {
        let now = self.world.now;
        let place = Place { ns, dev: entry.dev };
        let Some(device) = self.space_mut(ns).stack.links.get_mut(entry.dev) else { return refuse(ENODEV) };
        if entry.proxy == Some(true) {
            if !device.neighbours.proxies.contains(&entry.ip) {
                device.neighbours.proxies.push(entry.ip);
            }
            return Ok(());
        }
        let exists = device.neighbours.get(entry.ip).is_some();
        match (mode, exists) {
            (NeighbourMode::Add, true) => return refuse(EEXIST),
            (NeighbourMode::Change, false) => return refuse(ENOENT),
            _ => {}
        }
        if entry.state.is_valid() && entry.state != Nud::NoArp && entry.mac.is_none() {
            return refuse_with(EINVAL, "");
        }
        let item = device.neighbours.entry(entry.ip, now);
        item.mac = entry.mac.unwrap_or(item.mac);
        item.updated = now;
        item.confirmed = now;
        item.router = entry.router.unwrap_or(false);
        item.enter(entry.state);
        let queue = std::mem::take(&mut item.queue);
        self.space_mut(ns).stack.changed();
        for id in queue {
            let packet = self.world.pool.take(id);
            self.resolve(place, entry.ip, packet);
        }
        self.watch_neighbour(place, entry.ip, false);
        Ok(())
    }

    /// `ip neigh del`.
    pub fn remove_neighbour(&mut self, place: Place, ip: Ip) -> Answer<()> {
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return refuse(ENODEV) };
        if let Some(at) = device.neighbours.proxies.iter().position(|proxy| *proxy == ip) {
            device.neighbours.proxies.remove(at);
            return Ok(());
        }
        let Some(entry) = device.neighbours.remove(ip) else { return refuse(ENOENT) };
        self.space_mut(place.ns).stack.changed();
        self.drop_waiting(place, entry.queue);
        Ok(())
    }

    /// Every entry of a namespace, proxies last.
    pub fn neighbours(&self, ns: u32) -> Log {
        let mut log = Log::default();
        for device in self.space(ns).stack.links.iter() {
            for ip in device.neighbours.list() {
                if let Some(entry) = self.neighbour_view(device, ip) {
                    log.add(&entry);
                }
            }
        }
        for device in self.space(ns).stack.links.iter() {
            for ip in &device.neighbours.proxies {
                let (ip, dev) = (*ip, device.index);
                log.add(&NeighbourView { ip, dev, mac: None, state: Nud::NoArp, proxy: Some(true), router: None });
            }
        }
        log
    }

    /// One entry as `ip neigh` shows it.
    pub fn neighbour_view(&self, device: &Device, ip: Ip) -> Option<NeighbourView> {
        let entry = device.neighbours.get(ip)?;
        let reachable = device.neigh(ip, sysctl::BASE_REACHABLE_TIME_MS) * MILLISECOND;
        let state = entry.state_at(self.world.now, reachable);
        Some(NeighbourView {
            ip,
            dev: device.index,
            mac: state.is_valid().then_some(entry.mac),
            state,
            proxy: None,
            router: entry.router.then_some(true),
        })
    }

    /// `bridge fdb add|append|replace`.
    pub fn add_fdb(&mut self, ns: u32, entry: FdbView, mode: FdbMode) -> Answer<()> {
        let now = self.world.now;
        let links = &mut self.space_mut(ns).stack.links;
        let Some(device) = links.get_mut(entry.dev) else { return refuse(ENODEV) };
        let master = device.master;
        if let (Some(vxlan), true) = (device.vxlan_mut(), entry.self_ || master == 0) {
            let Some(ip) = entry.dst else { return refuse_with(EINVAL, "") };
            if vxlan.knows(entry.mac) {
                if mode == FdbMode::Add {
                    return refuse(EEXIST);
                }
                let all = mode == FdbMode::Replace;
                vxlan.remotes.retain(|remote| remote.mac != entry.mac || !all && remote.ip != ip);
                vxlan.reindex();
            }
            let origin = if entry.permanent || !entry.is_static { Origin::Fixed } else { Origin::Static };
            vxlan.append(Remote { mac: entry.mac, ip, origin, updated: now });
            return Ok(());
        }
        let bridge = if device.bridge().is_some() { entry.dev } else { master };
        let Some(bridge) = links.get_mut(bridge).and_then(Device::bridge_mut) else { return refuse(EOPNOTSUPP) };
        let key = in_vlan(entry.mac, entry.vlan.unwrap_or(0));
        if mode == FdbMode::Add && bridge.fdb.contains_key(&key) {
            return refuse(EEXIST);
        }
        let local = entry.permanent;
        bridge.fdb.insert(key, FdbEntry { port: entry.dev, updated: now, fixed: local || entry.is_static, local });
        Ok(())
    }

    /// `bridge fdb del`.
    pub fn remove_fdb(&mut self, ns: u32, wanted: FdbKey) -> Answer<()> {
        let links = &mut self.space_mut(ns).stack.links;
        let Some(device) = links.get_mut(wanted.dev) else { return refuse(ENODEV) };
        let master = device.master;
        if let Some(vxlan) = device.vxlan_mut() {
            let before = vxlan.remotes.len();
            vxlan.remotes.retain(|r| r.mac != wanted.mac || wanted.dst.is_some_and(|dst| dst != r.ip));
            let found = vxlan.remotes.len() < before;
            vxlan.reindex();
            if found || master == 0 {
                return if found { Ok(()) } else { refuse(ENOENT) };
            }
        }
        let bridge = if device.bridge().is_some() { wanted.dev } else { master };
        let Some(bridge) = links.get_mut(bridge).and_then(Device::bridge_mut) else { return refuse(EOPNOTSUPP) };
        match bridge.fdb.remove(&in_vlan(wanted.mac, wanted.vlan.unwrap_or(0))) {
            Some(_) => Ok(()),
            None => refuse(ENOENT),
        }
    }

    /// Every line of `bridge fdb show`: each bridge's entries, each vxlan's remotes.
    pub fn fdb(&self, ns: u32) -> Log {
        let mut log = Log::default();
        for device in self.space(ns).stack.links.iter() {
            list_fdb(device, self.world.now, &mut log);
        }
        log
    }

    /// Tells `ip monitor` about a device.
    pub fn watch_link(&mut self, place: Place, deleted: bool) {
        if !self.world.watching {
            return;
        }
        let Some(device) = self.space(place.ns).stack.links.get(place.dev) else { return };
        let link = Some(self.link_view(place.ns, device));
        self.world.kernel_events.add(&KernelEvent { link, ..KernelEvent::of(place.ns, deleted, KernelWhat::Link) });
    }

    /// Tells `ip monitor` about an address.
    pub fn watch_address(&mut self, place: Place, address: &Address, deleted: bool) {
        if !self.world.watching {
            return;
        }
        let address = Some(AddressView::of(place.dev, address));
        let event = KernelEvent { address, ..KernelEvent::of(place.ns, deleted, KernelWhat::Address) };
        self.world.kernel_events.add(&event);
    }

    /// Tells `ip monitor` about a neighbour.
    pub fn watch_neighbour(&mut self, place: Place, ip: Ip, deleted: bool) {
        if !self.world.watching {
            return;
        }
        let Some(device) = self.space(place.ns).stack.links.get(place.dev) else { return };
        let neighbour = self.neighbour_view(device, ip);
        let event = KernelEvent { neighbour, ..KernelEvent::of(place.ns, deleted, KernelWhat::Neighbour) };
        self.world.kernel_events.add(&event);
    }
}

/// The device underneath, or at the other end.
fn below(ns: u32, kind: &Kind) -> (u32, u32) {
    match kind {
        Kind::Veth(peer) => (peer.dev, peer.ns),
        Kind::Vxlan(vxlan) => (vxlan.tunnel.dev.unwrap_or(0), ns),
        Kind::Upper(upper) => (upper.lower.dev, upper.lower.ns),
        Kind::Tunnel(tunnel) => (tunnel.dev.unwrap_or(0), ns),
        _ => (0, 0),
    }
}

fn kind_of(kind: &Kind) -> LinkKind {
    match kind {
        Kind::Loopback => LinkKind::None,
        Kind::Veth(_) => LinkKind::Veth,
        Kind::Bridge(_) => LinkKind::Bridge,
        Kind::Vxlan(_) => LinkKind::Vxlan,
        Kind::Dummy => LinkKind::Dummy,
        Kind::Tun => LinkKind::Tun,
        Kind::Upper(upper) => upper.kind,
        Kind::Tunnel(_) => LinkKind::Ipip,
    }
}

fn tunnel_view(kind: &Kind) -> Option<Tunnel> {
    match kind {
        Kind::Tunnel(tunnel) => Some((**tunnel).clone()),
        Kind::Vxlan(vxlan) => Some(vxlan.tunnel.clone()),
        _ => None,
    }
}

fn stats(stats: super::Stats) -> StatsView {
    StatsView { bytes: stats.bytes, packets: stats.packets, errors: stats.errors, dropped: stats.dropped }
}

fn list_fdb(device: &Device, now: u64, log: &mut Log) {
    let line = |mac: Mac, dev: u32, updated: u64| FdbView {
        mac,
        dev,
        master: 0,
        dst: None,
        vlan: None,
        permanent: false,
        is_static: false,
        self_: false,
        age: (now.saturating_sub(updated) / MILLISECOND) as f64,
    };
    match &device.kind {
        Kind::Bridge(bridge) => {
            for (mac, entry) in bridge.fdb.iter().filter(|(mac, _)| bridge.find(**mac, now).is_some()) {
                log.add(&FdbView {
                    master: device.index,
                    permanent: entry.local,
                    is_static: entry.fixed && !entry.local,
                    vlan: Some((mac.0 >> 48) as u32).filter(|vid| *vid != 0),
                    ..line(Mac(mac.0 & Mac::BROADCAST.0), entry.port, entry.updated)
                });
            }
        }
        Kind::Vxlan(vxlan) => {
            for remote in &vxlan.remotes {
                log.add(&FdbView {
                    dst: Some(remote.ip),
                    permanent: remote.origin == Origin::Fixed,
                    is_static: remote.origin == Origin::Static,
                    self_: true,
                    ..line(remote.mac, device.index, remote.updated)
                });
            }
        }
        _ => {}
    }
}
