//! A device, and the devices of one namespace.

use super::upper::Upper;
use super::{Address, Bridge, Neighbours, Netem, Vxlan};
use crate::export::records::{LinkKind, Tunnel};
use crate::route::{Devices, Reach};
use crate::sysctl::{self, Values};
use crate::wire::{Family, Ip, Mac};

/// One device in the whole plane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub ns: u32,
    pub dev: u32,
}

/// What a device does with what is sent on it.
pub enum Kind {
    Loopback,
    /// The other end.
    Veth(Place),
    Bridge(Box<Bridge>),
    Vxlan(Box<Vxlan>),
    /// vlan, macvlan, ipvlan: on top of another device.
    Upper(Upper),
    /// ipip.
    Tunnel(Box<Tunnel>),
    /// Swallows everything.
    Dummy,
    /// A port that the outside holds.
    Tun,
}

/// Counters of one direction.
#[derive(Clone, Copy, Default)]
pub struct Stats {
    pub bytes: u64,
    pub packets: u64,
    pub errors: u64,
    pub dropped: u64,
}

impl Stats {
    pub fn count(&mut self, bytes: u32) {
        self.bytes += u64::from(bytes);
        self.packets += 1;
    }
}

/// Flags of a bridge port, at their defaults.
#[derive(Clone, Copy)]
pub struct Port {
    pub hairpin: bool,
    pub learning: bool,
    pub flood: bool,
    pub isolated: bool,
}

impl Default for Port {
    fn default() -> Port {
        Port { hairpin: false, learning: true, flood: true, isolated: false }
    }
}

/// A device.
pub struct Device {
    pub index: u32,
    pub name: String,
    pub kind: Kind,
    pub mac: Mac,
    /// Given by the user (NET_ADDR_SET): a bridge keeps it whatever its ports are.
    pub mac_set: bool,
    pub mtu: u32,
    pub mtu_set: bool,
    pub txqlen: u32,
    pub up: bool,
    pub carrier: bool,
    /// Its carrier has changed since it was made: operstate is then UP or DOWN, no longer UNKNOWN.
    pub watched: bool,
    /// It moved here after it was seen to be without carrier because the device below had none; a change of carrier ends it.
    pub low: bool,
    pub no_arp: bool,
    pub promisc: bool,
    pub master: u32,
    pub port: Port,
    /// VLANs of a bridge and its ports: ids with bits of [`crate::abi::portvlan`].
    pub vlans: Vec<u16>,
    /// Devices on top of this one, oldest first.
    pub uppers: Vec<Place>,
    pub netem: Option<Box<Netem>>,
    pub rx: Stats,
    pub tx: Stats,
    pub capture: bool,
    /// The trace the next packet from outside belongs to (tun).
    pub trace: u32,
    pub conf: Values,
    pub neigh: Values,
    pub conf6: Values,
    pub neigh6: Values,
    /// IPv6 lives here: the device was up with carrier since it was switched on (IF_READY).
    pub ready6: bool,
    /// IPv4's first.
    pub addresses: Vec<Address>,
    pub neighbours: Neighbours,
}

impl Device {
    pub fn new(index: u32, name: String, kind: Kind) -> Device {
        let (mtu, txqlen) = match kind {
            Kind::Loopback => (65536, 1000),
            Kind::Tun => (1500, 500),
            Kind::Tunnel(_) => (1480, 1000),
            _ => (1500, 1000),
        };
        let no_arp = matches!(kind, Kind::Dummy | Kind::Tun | Kind::Tunnel(_));
        let carrier = !matches!(kind, Kind::Veth(_));
        let [conf, neigh, conf6, neigh6] = fresh_values();
        Device {
            index,
            name,
            kind,
            mac: Mac::ZERO,
            mac_set: false,
            mtu,
            mtu_set: false,
            txqlen,
            up: false,
            carrier,
            watched: !carrier,
            low: false,
            no_arp,
            promisc: false,
            master: 0,
            port: Port::default(),
            vlans: Vec::new(),
            uppers: Vec::new(),
            netem: None,
            rx: Stats::default(),
            tx: Stats::default(),
            capture: false,
            trace: 0,
            conf,
            neigh,
            conf6,
            neigh6,
            ready6: false,
            addresses: Vec::new(),
            neighbours: Neighbours::default(),
        }
    }
    pub const fn is_loopback(&self) -> bool {
        matches!(self.kind, Kind::Loopback)
    }
    /// Frames have Ethernet headers here (all but tun and ipip).
    pub const fn has_header(&self) -> bool {
        !matches!(self.kind, Kind::Tun | Kind::Tunnel(_))
    }
    /// Whether the bytes it takes in are counted with their Ethernet headers.
    pub const fn counts_headers(&self) -> bool {
        !matches!(
            self.kind,
            Kind::Bridge(_) | Kind::Vxlan(_) | Kind::Tunnel(_) | Kind::Upper(Upper { kind: LinkKind::Vlan, .. })
        )
    }
    /// Neighbours need no asking: lo, NOARP devices, devices without addresses of their own.
    pub const fn needs_arp(&self) -> bool {
        !self.no_arp && self.has_header() && !self.is_loopback()
    }
    /// What `conf.default` and `neigh.default` say.
    pub fn take_defaults(&mut self, links: &Links) {
        [self.conf, self.neigh, self.conf6, self.neigh6] = links.default.clone();
    }
    /// Whether IPv6 may live here: it is not switched off, and frames can be as long as it asks.
    pub fn speaks6(&self) -> bool {
        !self.conf6.is_on(sysctl::DISABLE_IPV6) && self.mtu >= 1280
    }
    /// A value of `net.ipv4.neigh` or `net.ipv6.neigh`, whichever an address is looked for by.
    pub fn neigh(&self, ip: Ip, number: u32) -> u64 {
        let values = if ip.is_v4() { &self.neigh } else { &self.neigh6 };
        values.get(number) as u64
    }
    pub fn owned(&self, ip: Ip) -> Option<&Address> {
        self.addresses.iter().find(|address| address.ip == ip)
    }
    pub fn bridge(&self) -> Option<&Bridge> {
        match &self.kind {
            Kind::Bridge(bridge) => Some(bridge),
            _ => None,
        }
    }
    pub fn bridge_mut(&mut self) -> Option<&mut Bridge> {
        match &mut self.kind {
            Kind::Bridge(bridge) => Some(bridge),
            _ => None,
        }
    }
    pub fn vxlan_mut(&mut self) -> Option<&mut Vxlan> {
        match &mut self.kind {
            Kind::Vxlan(vxlan) => Some(vxlan),
            _ => None,
        }
    }
}

/// The devices of a namespace; a device's place is its index.
pub struct Links {
    devices: Vec<Option<Box<Device>>>,
    /// `net.ipv4.conf.all`, `net.ipv6.conf.all`; what later devices begin with: `net.ipv4.conf.default`,
    /// `net.ipv4.neigh.default`, `net.ipv6.conf.default`, `net.ipv6.neigh.default`.
    pub all: Values,
    pub all6: Values,
    pub default: [Values; 4],
}

/// conf, neigh, conf6, neigh6 as they are at birth.
fn fresh_values() -> [Values; 4] {
    let mut values = [sysctl::CONF, sysctl::NEIGH, sysctl::CONF6, sysctl::NEIGH].map(Values::new);
    values[3].set(sysctl::LOCKTIME, 0);
    values
}

impl Links {
    /// A namespace's devices at birth: `lo`, down.
    pub fn new() -> Links {
        let mut all = Values::new(sysctl::CONF);
        all.set(sysctl::ACCEPT_SOURCE_ROUTE, 0);
        let mut all6 = Values::new(sysctl::CONF6);
        all6.set(sysctl::ACCEPT_DAD, 0);
        let mut lo = Device::new(1, "lo".into(), Kind::Loopback);
        lo.conf6.set(sysctl::ACCEPT_DAD, -1);
        Links { devices: vec![None, Some(Box::new(lo))], all, all6, default: fresh_values() }
    }
    pub fn get(&self, index: u32) -> Option<&Device> {
        self.devices.get(index as usize)?.as_deref()
    }
    pub fn get_mut(&mut self, index: u32) -> Option<&mut Device> {
        self.devices.get_mut(index as usize)?.as_deref_mut()
    }
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Device> {
        self.devices.iter_mut().flatten().map(|device| &mut **device)
    }
    /// In the order of their indices.
    pub fn iter(&self) -> impl Iterator<Item = &Device> {
        self.devices.iter().flatten().map(|device| &**device)
    }
    pub fn named(&self, name: &str) -> Option<u32> {
        self.iter().find(|device| device.name == name).map(|device| device.index)
    }
    /// The index the next device gets: they count up and are not used again.
    pub fn next_index(&self) -> u32 {
        self.devices.len() as u32
    }
    pub fn is_free(&self, index: u32) -> bool {
        self.get(index).is_none()
    }
    pub fn insert(&mut self, device: Box<Device>) {
        let at = device.index as usize;
        if at >= self.devices.len() {
            self.devices.resize_with(at + 1, || None);
        }
        self.devices[at] = Some(device);
    }
    pub fn remove(&mut self, index: u32) -> Option<Box<Device>> {
        self.devices.get_mut(index as usize)?.take()
    }
    /// Indices of the ports of a bridge, newest first, as the kernel keeps them.
    pub fn ports(&self, bridge: u32) -> Vec<u32> {
        self.get(bridge).and_then(Device::bridge).map(|bridge| bridge.ports.clone()).unwrap_or_default()
    }

    /// A conf value for which `all` and the device count alike (IN_DEV_ORCONF).
    pub fn either(&self, dev: u32, number: u32) -> bool {
        self.all.is_on(number) || self.conf(dev, number) != 0
    }
    /// The greater of `all` and the device (IN_DEV_MAXCONF).
    pub fn most(&self, dev: u32, number: u32) -> i64 {
        self.all.get(number).max(self.conf(dev, number))
    }
    /// Both `all` and the device (IN_DEV_ANDCONF).
    pub fn both(&self, dev: u32, number: u32) -> bool {
        self.all.is_on(number) && self.conf(dev, number) != 0
    }
    /// The device's own (IN_DEV_CONF_GET).
    pub fn conf(&self, dev: u32, number: u32) -> i64 {
        self.get(dev).map_or(0, |device| device.conf.get(number))
    }

    /// The greater of `all` and the device, IPv6.
    pub fn most6(&self, dev: u32, number: u32) -> i64 {
        self.all6.get(number).max(self.get(dev).map_or(0, |device| device.conf6.get(number)))
    }

    /// Whether the address belongs to any device (inet_lookup_ifaddr).
    pub fn is_ours(&self, ip: Ip) -> bool {
        self.iter().any(|device| device.addresses.iter().any(|address| address.ip == ip))
    }
    /// Whether `ip` is on link by an address of `dev` (inet_addr_onlink).
    pub fn is_on_link(&self, dev: u32, ip: Ip) -> bool {
        self.get(dev).is_some_and(|device| device.addresses.iter().any(|address| address.prefix().contains(ip)))
    }
}

impl Default for Links {
    fn default() -> Links {
        Links::new()
    }
}

/// RT_SCOPE_LINK and RT_SCOPE_HOST.
const LINK: u8 = 253;
const HOST: u8 = 254;

impl Devices for Links {
    fn exists(&self, dev: u32) -> bool {
        self.get(dev).is_some()
    }
    fn is_up(&self, dev: u32) -> bool {
        self.get(dev).is_some_and(|device| device.up)
    }
    fn has_carrier(&self, dev: u32) -> bool {
        self.get(dev).is_some_and(|device| device.carrier)
    }
    fn is_loopback(&self, dev: u32) -> bool {
        self.get(dev).is_some_and(Device::is_loopback)
    }
    fn routes_localnet(&self, dev: u32) -> bool {
        self.either(dev, sysctl::ROUTE_LOCALNET)
    }
    fn name(&self, dev: u32) -> &str {
        self.get(dev).map_or("", |device| &device.name)
    }
    fn speaks(&self, dev: u32, family: Family) -> bool {
        self.get(dev).is_some_and(|device| family == Family::V4 || device.speaks6())
    }
    fn ignores_linkdown(&self, dev: u32, family: Family) -> bool {
        match family {
            Family::V4 => self.either(dev, sysctl::IGNORE_ROUTES_WITH_LINKDOWN),
            Family::V6 => self.most6(dev, sysctl::IGNORE_ROUTES_WITH_LINKDOWN6) != 0,
        }
    }
    fn owns(&self, ip: Ip, dev: u32) -> bool {
        match dev {
            0 => self.is_ours(ip),
            dev => self.get(dev).is_some_and(|device| device.owned(ip).is_some()),
        }
    }
    fn select_source(&self, dev: u32, to: Ip, scope: u8) -> Ip {
        if !to.is_v4() {
            return self.select_source6(dev, to);
        }
        let none = Ip::ANY4;
        let local = if self.either(dev, sysctl::ROUTE_LOCALNET) { LINK } else { HOST };
        let mut first = none;
        let addresses = self.get(dev).map_or(&[][..], |device| &device.addresses);
        for address in addresses.iter().filter(|a| a.ip.is_v4() && !a.secondary && a.scope.min(local) <= scope) {
            if to.is_unspecified() || address.on_link(to) {
                return address.ip;
            }
            if first == none {
                first = address.ip;
            }
        }
        if first != none {
            return first;
        }
        let elsewhere = self.iter().flat_map(|device| device.addresses.iter());
        elsewhere
            .filter(|a| a.ip.is_v4() && !a.secondary && a.scope != LINK && a.scope <= scope)
            .map(|a| a.ip)
            .next()
            .unwrap_or(none)
    }
    fn reach(&self, dev: u32, ip: Ip) -> Reach {
        self.get(dev).map_or(Reach::Unknown, |device| device.neighbours.reach(ip))
    }
}
