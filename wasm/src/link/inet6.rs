//! IPv6 on a device (net/ipv6/addrconf.c): it comes to life when the device is up with carrier, brings a link-local address, and
//! asks whether anybody else has its addresses before they are ours.
//!
//! ```text
//! added --> tentative --0..1 s--> solicitation --1 s--> ours: local route, packets come from it
//!               |                      `--somebody else asks or answers--> dadfailed
//!               `--lo, NOARP, nodad, accept_dad 0--> ours at once
//! ```

use super::address::Dad;
use super::{Address, Place};
use crate::errno::{refuse_with, Answer, EACCES, EEXIST, EINVAL};
use crate::export::records::AddressSpec;
use crate::fabric::{Event, Fabric, MILLISECOND};
use crate::route::purge::Gone;
use crate::sysctl;
use crate::wire::{Family, Ip, Mac, Prefix};

/// ::1.
const LOOPBACK: Ip = Ip(1);
/// The first half of link-local addresses.
const LINK_LOCAL: u128 = 0xfe80 << 112;

impl Fabric {
    /// `ip -6 addr add` (inet6_addr_add): the prefix is routed at once, the address is ours when nobody else has it.
    pub fn add_address6(&mut self, place: Place, address: Address) -> Answer<()> {
        let links = &mut self.space_mut(place.ns).stack.links;
        let Some(device) = links.get_mut(place.dev) else { return Ok(()) };
        let ip = address.ip;
        if !device.speaks6() {
            return refuse_with(EACCES, "ipv6: IPv6 is disabled on this device");
        }
        if ip.is_multicast() {
            return refuse_with(EINVAL, "ipv6: Cannot assign multicast address without \"IFA_F_MCAUTOJOIN\" flag");
        }
        if device.owned(ip).is_some() {
            return refuse_with(EEXIST, "ipv6: address already assigned");
        }
        let wider = |other: &&Address| other.ip.is_v4() || other.scope < address.scope;
        let at = device.addresses.iter().take_while(wider).count();
        device.addresses.insert(at, address);
        self.space_mut(place.ns).stack.connect(place.dev);
        self.start_dad(place, ip);
        Ok(())
    }

    /// IPv6 comes to life where it may and does not live yet.
    pub fn refresh_inet6(&mut self, place: Place) {
        let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) else { return };
        if !device.speaks6() {
            return self.inet6_down(place);
        }
        if device.ready6 || !device.up || !device.carrier {
            return;
        }
        device.ready6 = true;
        let own = match () {
            () if device.is_loopback() => Some((LOOPBACK, 128)),
            () if device.has_header() && device.mac != Mac::ZERO && device.conf6.get(sysctl::ADDR_GEN_MODE) == 0 => {
                Some((Ip(LINK_LOCAL | eui64(device.mac)), 64))
            }
            () => None,
        };
        let (loopback, waiting) = (device.is_loopback(), self.tentative(place));
        let stack = &mut self.space_mut(place.ns).stack;
        if !loopback {
            stack.fib.connect_multicast6(place.dev, &stack.links);
        }
        stack.connect(place.dev);
        if let Some((ip, len)) = own {
            // It may be there already.
            let _ = self.add_address(place, AddressSpec::new(Prefix::new(ip, len)));
        }
        waiting.into_iter().for_each(|ip| self.start_dad(place, ip));
    }

    fn tentative(&self, place: Place) -> Vec<Ip> {
        let device = self.space(place.ns).stack.links.get(place.dev);
        let all = device.map_or(&[][..], |device| &device.addresses);
        all.iter().filter(|address| address.dad.tentative).map(|address| address.ip).collect()
    }

    /// IPv6 leaves a device with its addresses, routes and neighbours (addrconf_ifdown); with `keep_addr_on_down` addresses stay
    /// to be asked about again.
    pub fn inet6_down(&mut self, place: Place) {
        let links = &mut self.space_mut(place.ns).stack.links;
        let keeps = links.most6(place.dev, sysctl::KEEP_ADDR_ON_DOWN) > 0;
        let Some(device) = links.get_mut(place.dev) else { return };
        if !std::mem::take(&mut device.ready6) && device.speaks6() {
            return;
        }
        let keeps = keeps && device.speaks6();
        let mut gone = Vec::new();
        for address in device.addresses.iter_mut().filter(|address| !address.ip.is_v4()) {
            match keeps && !address.ip.is_link_local6() {
                true => address.dad = Dad { tentative: true, failed: false, ..address.dad },
                false => gone.push(Prefix::new(address.ip, address.len)),
            }
        }
        for address in gone {
            let _ = self.remove_address(place, address);
        }
        let routes = self.space_mut(place.ns).stack.fib.device_gone6(place.dev, Gone::Down);
        self.watch_routes(place.ns, &routes);
        self.flush_neighbours(place, Family::V6);
    }

    /// Asks whether anybody has an address, where that is to be asked (addrconf_dad_begin).
    fn start_dad(&mut self, place: Place, ip: Ip) {
        let (space, world) = self.both(place.ns);
        let accept = space.stack.links.most6(place.dev, sysctl::ACCEPT_DAD);
        let Some(device) = space.stack.links.get_mut(place.dev) else { return };
        let (ready, left) = (device.ready6, device.conf6.get(sysctl::DAD_TRANSMITS) as u8);
        let asks = device.needs_arp() && accept > 0 && left > 0;
        let Some(address) = device.addresses.iter_mut().find(|address| address.ip == ip) else { return };
        if !asks || address.dad.none {
            return self.dad_done(place, ip);
        }
        if !ready {
            return;
        }
        let delay = if address.dad.optimistic { 0 } else { u64::from(world.random.below(1000)) };
        let generation = world.random.draw();
        address.dad = Dad { left, generation, ..address.dad };
        world.at(world.now + delay * MILLISECOND, Event::Address { ns: place.ns, dev: place.dev, ip, generation });
        space.stack.connect(place.dev);
    }

    /// Time to ask, or nobody has spoken up (addrconf_dad_work).
    pub fn address_timer(&mut self, place: Place, ip: Ip, generation: u32) {
        if !self.has_space(place.ns) {
            return;
        }
        let (space, world) = self.both(place.ns);
        let Some(device) = space.stack.links.get_mut(place.dev) else { return };
        let wait = device.neigh(ip, sysctl::RETRANS_TIME_MS) * MILLISECOND;
        let own = |address: &&mut Address| address.ip == ip && address.dad.generation == generation;
        let Some(address) = device.addresses.iter_mut().find(own) else { return };
        if !address.dad.tentative || address.dad.failed {
            return;
        }
        if address.dad.left == 0 {
            return self.dad_done(place, ip);
        }
        address.dad.left -= 1;
        let nonce = Mac(u64::from(world.random.draw()));
        world.at(world.now + wait, Event::Address { ns: place.ns, dev: place.dev, ip, generation });
        self.ask_for_twins(place, ip, nonce);
    }

    /// The address is ours (addrconf_dad_completed).
    fn dad_done(&mut self, place: Place, ip: Ip) {
        let stack = &mut self.space_mut(place.ns).stack;
        let Some(device) = stack.links.get_mut(place.dev) else { return };
        let Some(address) = device.addresses.iter_mut().find(|address| address.ip == ip) else { return };
        address.dad = Dad { none: address.dad.none, ..Dad::default() };
        let address = address.clone();
        stack.connect(place.dev);
        stack.changed();
        let notify = stack.links.most6(place.dev, sysctl::NDISC_NOTIFY) > 0;
        self.watch_address(place, &address, false);
        if notify {
            self.announce6(place, ip);
        }
    }

    /// Somebody else has it (addrconf_dad_failure).
    pub fn dad_failed(&mut self, place: Place, ip: Ip) {
        let stack = &mut self.space_mut(place.ns).stack;
        let Some(device) = stack.links.get_mut(place.dev) else { return };
        let Some(address) = device.addresses.iter_mut().find(|address| address.ip == ip) else { return };
        address.dad.failed = true;
        let address = address.clone();
        stack.changed();
        self.watch_address(place, &address, false);
    }

    /// A value of `net.ipv6.conf` was written, whether it is that of `all`: what every device takes over, and what follows.
    pub fn inet6_set(&mut self, ns: u32, (all, number): (bool, u32), value: i64) {
        let links = &mut self.space_mut(ns).stack.links;
        if !matches!(number, sysctl::DISABLE_IPV6 | sysctl::FORWARDING6 | sysctl::ADDR_GEN_MODE) {
            return;
        }
        if all {
            links.default[2].set(number, value);
            links.iter_mut().for_each(|device| device.conf6.set(number, value));
        }
        let devices: Vec<u32> = links.iter().map(|device| device.index).collect();
        for dev in devices {
            let place = Place { ns, dev };
            match number {
                sysctl::FORWARDING6 => self.space_mut(ns).stack.become_router(dev),
                _ => self.refresh_inet6(place),
            }
        }
        self.space_mut(ns).stack.changed();
    }
}

/// The modified EUI-64 of a MAC (RFC 4291 appendix A).
const fn eui64(mac: Mac) -> u128 {
    let mac = mac.0 as u128 ^ 0x0200_0000_0000;
    mac >> 24 << 40 | 0xff_fe00_0000 | mac & 0xff_ffff
}
