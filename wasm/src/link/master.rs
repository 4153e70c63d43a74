//! A bridge and its ports: who belongs to whom, and what that does to the bridge's MAC, MTU and carrier (br_if.c, br_stp_if.c).

use super::bridge::FdbEntry;
use super::{Device, Kind, Place};
use crate::abi::portvlan;
use crate::errno::{refuse, refuse_with, Answer, EBUSY, EINVAL, ELOOP, EOPNOTSUPP};
use crate::export::records::LinkKind;
use crate::fabric::Fabric;
use crate::wire::{Family, Mac};

impl Fabric {
    /// `ip link set DEV master BRIDGE` (0: nomaster): a device that is a port elsewhere leaves there first.
    pub fn set_master(&mut self, place: Place, master: u32) -> Answer<()> {
        let links = &self.space(place.ns).stack.links;
        let Some(device) = links.get(place.dev) else { return Ok(()) };
        let old = device.master;
        if master != 0 {
            let Some(bridge) = links.get(master) else { return refuse(EINVAL) };
            if bridge.bridge().is_none() {
                return refuse(EOPNOTSUPP);
            }
            let ridden = |place: &super::Place| {
                let upper = self.device(*place).and_then(Device::upper);
                upper.is_some_and(|upper| upper.kind != LinkKind::Vlan)
            };
            match device.kind {
                Kind::Loopback | Kind::Tun | Kind::Tunnel(_) => return refuse(EINVAL),
                Kind::Upper(upper) if upper.kind == LinkKind::Ipvlan => return refuse(EINVAL),
                Kind::Bridge(_) => return refuse_with(ELOOP, "Can not enslave a bridge to a bridge"),
                _ if device.uppers.iter().any(ridden) => return refuse(EBUSY),
                _ => {}
            }
        }
        if old != 0 {
            self.leave_master(place);
        }
        if master != 0 {
            self.join_master(place, master);
        }
        self.watch_link(place, false);
        Ok(())
    }

    fn join_master(&mut self, place: Place, master: u32) {
        let now = self.world.now;
        let links = &mut self.space_mut(place.ns).stack.links;
        let Some(device) = links.get_mut(place.dev) else { return };
        device.master = master;
        device.port = Default::default();
        let mac = device.mac;
        if let Some(bridge) = links.get_mut(master).and_then(Device::bridge_mut) {
            let pvid = bridge.default_pvid;
            bridge.ports.insert(0, place.dev);
            bridge.fdb.insert(mac, FdbEntry { port: place.dev, updated: now, fixed: true, local: true });
            self.set_vlans(place, &default_vlans(pvid));
        }
        self.refresh_bridge(Place { ns: place.ns, dev: master });
    }

    /// The VLANs of a bridge or a port; what was learned there in others is forgotten.
    pub fn set_vlans(&mut self, place: Place, vlans: &[u16]) {
        let links = &mut self.space_mut(place.ns).stack.links;
        let Some(device) = links.get_mut(place.dev) else { return };
        device.vlans = vlans.to_vec();
        let kept = |key: &Mac| key.0 >> 48 == 0 || vlans.iter().any(|vlan| u64::from(*vlan) & 0xfff == key.0 >> 48);
        let master = device.master;
        if let Some(bridge) = links.get_mut(master).and_then(Device::bridge_mut) {
            bridge.fdb.retain(|key, entry| entry.port != place.dev || kept(key));
        }
    }

    /// Takes a port out of its bridge.
    pub fn leave_master(&mut self, place: Place) {
        let links = &mut self.space_mut(place.ns).stack.links;
        let Some(device) = links.get_mut(place.dev) else { return };
        let master = std::mem::take(&mut device.master);
        device.vlans.clear();
        if let Some(bridge) = links.get_mut(master).and_then(Device::bridge_mut) {
            bridge.ports.retain(|port| *port != place.dev);
            bridge.forget_port(place.dev, true);
        }
        self.refresh_bridge(Place { ns: place.ns, dev: master });
    }

    /// What depends on the set of ports: the lowest MAC (unless one was set), the least MTU, the carrier.
    pub fn refresh_bridge(&mut self, place: Place) {
        let links = &self.space(place.ns).stack.links;
        let Some(bridge) = links.get(place.dev).filter(|device| device.bridge().is_some()) else { return };
        let ports: Vec<&Device> = links.ports(place.dev).into_iter().filter_map(|port| links.get(port)).collect();
        let mac = ports.iter().map(|port| port.mac).min();
        let mtu = ports.iter().map(|port| port.mtu).min().unwrap_or(1500);
        let had_ports = bridge.watched || !ports.is_empty();
        // A bridge that never had ports has a carrier, unless its address was set: that has its ports looked at
        // (br_stp_change_bridge_id).
        let judged = had_ports || bridge.mac_set;
        let carrier = ports.iter().any(|port| port.up && port.carrier);
        let next_mac = if bridge.mac_set || !had_ports { bridge.mac } else { mac.unwrap_or(Mac::ZERO) };
        let next_mtu = if bridge.mtu_set { bridge.mtu } else { mtu };
        let changed = bridge.mac != next_mac;
        if let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) {
            device.watched |= had_ports;
            device.mtu = next_mtu;
        }
        if changed {
            self.set_mac(place, next_mac);
        }
        if judged {
            self.set_carrier(place, carrier);
        }
    }

    /// A device's MAC, with what remembers it in bridges.
    pub fn set_mac(&mut self, place: Place, mac: Mac) {
        let now = self.world.now;
        let links = &mut self.space_mut(place.ns).stack.links;
        let Some(device) = links.get_mut(place.dev) else { return };
        let old = std::mem::replace(&mut device.mac, mac);
        let (owner, is_bridge) = (device.master, device.bridge().is_some());
        let table = if is_bridge { place.dev } else { owner };
        if let Some(bridge) = links.get_mut(table).and_then(Device::bridge_mut) {
            if bridge.fdb.get(&old).is_some_and(|entry| entry.local && entry.port == place.dev) {
                bridge.fdb.remove(&old);
            }
            if mac != Mac::ZERO && !(is_bridge && bridge.fdb.get(&mac).is_some_and(|entry| entry.local)) {
                bridge.fdb.insert(mac, FdbEntry { port: place.dev, updated: now, fixed: true, local: true });
            }
        }
        // What was known of others is asked anew, so that they learn the new address (neigh_changeaddr).
        if old != mac {
            self.flush_neighbours(place, Family::V4);
            self.flush_neighbours(place, Family::V6);
        }
        if owner != 0 {
            self.refresh_bridge(Place { ns: place.ns, dev: owner });
        }
    }
}

/// What a bridge and every new port of it begin with: one VLAN, of what comes and goes without a tag.
pub fn default_vlans(pvid: u16) -> Vec<u16> {
    let bits = (portvlan::PVID | portvlan::UNTAGGED) as u16;
    if pvid == 0 {
        Vec::new()
    } else {
        vec![pvid | bits]
    }
}
