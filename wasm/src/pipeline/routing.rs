//! Routing decisions around the FIB: input checks (ip_route_input_slow), source validation, MTUs, output (ip_route_output).

use crate::abi::rpfilter;
use crate::errno::{EADDRNOTAVAIL, EINVAL, ENETUNREACH, ENODEV};
use crate::filter::AddrType;
use crate::namespace::{Path, Stack};
use crate::route::route::scope;
use crate::route::{Ends, FlowKey, Found, RouteError, RouteType};
use crate::sysctl;
use crate::trace::Reason;
use crate::wire::packet::proto;
use crate::wire::{Family, Ip, Packet};

/// An input route: where to, and whether its sender should have taken another gateway.
pub struct InputRoute {
    pub path: Path,
    pub redirect: bool,
}

/// Why a packet that came in goes no further.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InputError {
    NetUnreach,
    HostUnreach,
    Prohibit,
    Blackhole,
    ForwardingOff,
    MartianSource,
    MartianDestination,
    ReversePath,
}

impl InputError {
    const fn of(error: RouteError) -> InputError {
        match error {
            RouteError::NetUnreach => InputError::NetUnreach,
            RouteError::HostUnreach => InputError::HostUnreach,
            RouteError::Prohibit => InputError::Prohibit,
            RouteError::Blackhole => InputError::Blackhole,
        }
    }
}

/// What a local sender asks for.
#[derive(Clone, Copy)]
pub struct OutputKey {
    pub src: Ip,
    pub dst: Ip,
    pub oif: u32,
    pub mark: u32,
    pub tos: u8,
    pub proto: u8,
    pub sport: u16,
    pub dport: u16,
    /// The source need not be ours (FLOWI_FLAG_ANYSRC): transparent sockets, re-routed packets.
    pub any_source: bool,
    /// The packet that an ICMP error is about.
    pub about: Option<Ends>,
}

impl OutputKey {
    pub const fn to(dst: Ip) -> OutputKey {
        let src = if dst.is_v4() { Ip::ANY4 } else { Ip::ANY6 };
        OutputKey { src, dst, oif: 0, mark: 0, tos: 0, proto: 0, sport: 0, dport: 0, any_source: false, about: None }
    }
}

/// The route of what is for this host without being an address of it.
const fn to_us() -> InputRoute {
    let table = crate::route::route::table::LOCAL;
    let path = Path { kind: RouteType::Local, oif: 1, via: Ip::ANY4, src: Ip::ANY4, mtu: 0, advmss: 0, table };
    InputRoute { path, redirect: false }
}

/// ipv4_is_zeronet: 0.0.0.0 alone; the rest of 0/8 is as good as any other address.
const fn is_zeronet(ip: Ip) -> bool {
    ip.is_v4() && ip.low() == 0
}

impl Stack {
    /// Whether IPv6 packets that come in by `dev` are passed on: `all` decides.
    fn forwards6(&self, dev: u32) -> bool {
        let forced = self.links.get(dev).is_some_and(|device| device.conf6.is_on(sysctl::FORCE_FORWARDING));
        self.links.all6.is_on(sysctl::FORWARDING6) || forced
    }

    /// ipv6_rcv's checks, before any hook.
    pub fn check6(&self, packet: &Packet, dev: u32) -> Result<(), Reason> {
        let (src, dst) = (packet.src, packet.dst);
        let speaks = self.links.get(dev).is_some_and(|device| device.speaks6());
        match () {
            () if !speaks => Err(Reason::Protocol),
            () if src.is_multicast() || dev != 1 && src.is_loopback() => Err(Reason::MartianSource),
            () if dev != 1 && (dst.is_loopback() || dst.is_multicast() && (dst.0 >> 112) & 15 < 2) => {
                Err(Reason::MartianDestination)
            }
            () => Ok(()),
        }
    }

    /// The IPv6 half of [`Stack::route_input`] (ip6_route_input): groups are heard or not, nothing else is asked of a sender.
    fn route_input6(&self, packet: &Packet, dev: u32, about: Option<Ends>) -> Result<InputRoute, InputError> {
        let dst = packet.dst;
        if dst.is_multicast() {
            return if self.listens6(dev, dst) { Ok(to_us()) } else { Err(InputError::MartianDestination) };
        }
        // Multipath takes what stands behind the IP header for the protocol, even an extension header; but of ICMPv6 what policy
        // rules have found out (ip6_multipath_l3_keys).
        let found_out = packet.proto == proto::ICMPV6 && self.fib.asks_ports(Family::V6);
        let hidden = packet.next_header() != packet.proto && !found_out;
        let about = about.or(hidden.then(|| Ends::of(packet, false)));
        // By `lo` no link-local address is reached: NAT made one of who was sent to.
        let oif = u32::from(dev == 1 && dst.is_link_local6());
        let key = FlowKey { iif: dev, oif, about, ..FlowKey::of(packet) };
        let found = self.fib.lookup(&key, &self.links).map_err(InputError::of)?;
        match found.kind {
            RouteType::Local | RouteType::Anycast => Ok(to_us()),
            _ if !self.forwards6(dev) => Err(InputError::ForwardingOff),
            _ => Ok(InputRoute { path: self.path(&found, dst), redirect: false }),
        }
    }

    /// Whether packets that come in by `dev` are passed on.
    pub fn forwards(&self, dev: u32) -> bool {
        self.links.conf(dev, sysctl::FORWARDING) != 0
    }

    /// inet_addr_type, inet_dev_addr_type.
    pub fn addr_type(&self, ip: Ip, dev: u32) -> AddrType {
        match self.fib.addr_type(ip, dev, &self.links) {
            RouteType::Local => AddrType::Local,
            RouteType::Broadcast => AddrType::Broadcast,
            RouteType::Anycast => AddrType::Anycast,
            RouteType::Multicast => AddrType::Multicast,
            _ => AddrType::Unicast,
        }
    }

    fn path(&self, found: &Found, dst: Ip) -> Path {
        Path {
            kind: found.kind,
            oif: found.oif,
            via: found.via,
            src: self.fib.source(found, dst, &self.links),
            mtu: found.mtu,
            advmss: found.advmss,
            table: found.table,
        }
    }

    /// The route of a packet that came in by `dev` (ip_route_input_slow).
    pub fn route_input(&self, packet: &Packet, dev: u32, about: Option<Ends>) -> Result<InputRoute, InputError> {
        let (src, dst) = (packet.src, packet.dst);
        if !dst.is_v4() {
            return self.route_input6(packet, dev, about);
        }
        if src.is_multicast() || src == Ip::BROADCAST4 {
            return Err(InputError::MartianSource);
        }
        if dst == Ip::BROADCAST4 || (src == Ip::ANY4 && dst == Ip::ANY4) {
            return self.broadcast_input(packet, dev);
        }
        if dst.is_multicast() {
            // nobody here joins groups but all-hosts, and multicast is not routed
            let joined = dst == Ip::v4(0xe000_0001) || self.links.iter().any(|device| device.joined(dst));
            return if joined { self.broadcast_input(packet, dev) } else { Err(InputError::MartianDestination) };
        }
        if is_zeronet(src) {
            return Err(InputError::MartianSource);
        }
        if is_zeronet(dst) {
            return Err(InputError::MartianDestination);
        }
        if dst.is_loopback() || src.is_loopback() {
            let allowed = dev == 1 || self.links.either(dev, sysctl::ROUTE_LOCALNET);
            if !allowed {
                return Err(if dst.is_loopback() { InputError::MartianDestination } else { InputError::MartianSource });
            }
        }
        let key = FlowKey { iif: dev, about, ..FlowKey::of(packet) };
        let found = match self.fib.lookup(&key, &self.links) {
            Ok(found) => found,
            Err(_) if !self.forwards(dev) => return Err(InputError::ForwardingOff),
            Err(error) => return Err(InputError::of(error)),
        };
        match found.kind {
            RouteType::Broadcast => self.broadcast_input(packet, dev),
            RouteType::Local => {
                self.validate_source(packet, dev, 0)?;
                Ok(InputRoute { path: Path { oif: 1, ..self.path(&found, dst) }, redirect: false })
            }
            _ if !self.forwards(dev) => Err(InputError::ForwardingOff),
            RouteType::Unicast => self.forward_input(packet, dev, found),
            _ => Err(InputError::MartianDestination),
        }
    }

    fn broadcast_input(&self, packet: &Packet, dev: u32) -> Result<InputRoute, InputError> {
        if !is_zeronet(packet.src) {
            // Whom it is for is not asked about.
            let mut asked = *packet;
            asked.dst = Ip::ANY4;
            self.validate_source(&asked, dev, 0)?;
        }
        Ok(to_us())
    }

    /// __mkroute_input, with what a redirect taught.
    fn forward_input(&self, packet: &Packet, dev: u32, found: Found) -> Result<InputRoute, InputError> {
        let near = self.validate_source(packet, dev, found.oif)?;
        let path = self.path(&found, packet.dst);
        let shared = self.links.either(dev, sysctl::SHARED_MEDIA);
        let redirect = found.oif == dev
            && near
            && self.links.either(dev, sysctl::SEND_REDIRECTS)
            && (shared || self.links.is_on_link(dev, path.next_hop(packet.dst)));
        Ok(InputRoute { path, redirect })
    }

    /// fib_validate_source: refuses sources that are ours or, with `rp_filter`, that we would answer another way. Ok tells
    /// whether the source is on link.
    fn validate_source(&self, packet: &Packet, dev: u32, oif: u32) -> Result<bool, InputError> {
        let filter = self.links.most(dev, sysctl::RP_FILTER);
        let redirects = self.links.either(dev, sysctl::SEND_REDIRECTS);
        if filter == 0 && (dev != oif || !redirects) {
            let accepts = self.links.conf(dev, sysctl::ACCEPT_LOCAL) != 0 || self.links.all.is_on(sysctl::ACCEPT_LOCAL);
            if accepts {
                return Ok(false);
            }
            if self.fib.is_plain() {
                return if self.links.is_ours(packet.src) { Err(InputError::MartianSource) } else { Ok(false) };
            }
        }
        self.reverse_check(packet, dev, oif, filter)
    }

    /// __fib_validate_source.
    fn reverse_check(&self, packet: &Packet, dev: u32, oif: u32, filter: i64) -> Result<bool, InputError> {
        let mark = if self.links.either(dev, sysctl::SRC_VALID_MARK) { packet.mark } else { 0 };
        let (dport, sport) = packet.flow_ports();
        let key = FlowKey {
            src: packet.dst,
            iif: if oif != 0 { oif } else { 1 },
            mark,
            tos: packet.tos,
            proto: packet.proto,
            sport,
            dport,
            ..FlowKey::to(packet.src)
        };
        let last_resort = if filter != 0 { Err(InputError::ReversePath) } else { Ok(false) };
        let Ok(found) = self.fib.lookup(&key, &self.links) else { return last_resort };
        let accepts_local = self.links.either(dev, sysctl::ACCEPT_LOCAL);
        if found.kind != RouteType::Unicast && !(found.kind == RouteType::Local && accepts_local) {
            return Err(InputError::MartianSource);
        }
        let on_link = |found: &Found| found.via.is_unspecified();
        if self.uses_device((&key, &found), dev) {
            return Ok(on_link(&found));
        }
        if self.links.get(dev).is_none_or(|device| device.addresses.is_empty()) {
            return last_resort;
        }
        if filter == 1 {
            return Err(InputError::ReversePath);
        }
        let by_dev = self.fib.lookup(&FlowKey { oif: dev, ..key }, &self.links);
        Ok(by_dev.is_ok_and(|found| found.kind == RouteType::Unicast && on_link(&found)))
    }

    /// The `rpfilter` match: would an answer leave by the device the packet came in by?
    pub fn reverse_path(&self, packet: &Packet, flags: u32) -> bool {
        let mark = if flags & rpfilter::VALID_MARK != 0 { packet.mark } else { 0 };
        let oif = packet.way_back();
        let key = FlowKey { src: packet.dst, oif, tos: packet.tos, mark, ..FlowKey::to(packet.src) };
        let found = self.fib.lookup(&key, &self.links);
        found.is_ok_and(|found| {
            // An IPv6 address of ours is so at every device (rpfilter_lookup_reverse6).
            let own = found.kind == RouteType::Local && flags & rpfilter::ACCEPT_LOCAL != 0;
            let fits = own || found.kind == RouteType::Unicast;
            let loose = flags & rpfilter::LOOSE != 0 || own && !packet.src.is_v4();
            fits && (loose || self.uses_device((&key, &found), packet.iif))
        })
    }

    /// Whether a leg of the route that was found leaves by the device (fib_info_nh_uses_dev).
    fn uses_device(&self, (key, found): (&FlowKey, &Found), dev: u32) -> bool {
        let by_dev = || self.fib.lookup(&FlowKey { oif: dev, ..*key }, &self.links);
        found.oif == dev || by_dev().is_ok_and(|other| other.route == found.route)
    }

    /// A plain output lookup, for those who only want to know the way.
    pub fn route_plain(&self, dst: Ip) -> Option<Path> {
        self.route_output(&OutputKey::to(dst)).ok()
    }

    /// The route of a packet born here, and its source (ip_route_output_key); the error is an errno.
    pub fn route_output(&self, ask: &OutputKey) -> Result<Path, u32> {
        let (src, dst) = (ask.src, ask.dst);
        if !src.is_unspecified() {
            if src.is_multicast() || src == Ip::BROADCAST4 || is_zeronet(src) {
                return Err(EINVAL);
            }
            if ask.oif == 0 && (dst.is_v4() && dst.is_multicast() || dst == Ip::BROADCAST4) {
                return self.to_everybody(ask);
            }
            if !ask.any_source && !self.is_local_source(src) {
                return Err(EINVAL);
            }
        }
        if ask.oif != 0 {
            match self.links.get(ask.oif) {
                None => return Err(ENODEV),
                Some(device) if !device.up => return Err(ENETUNREACH),
                Some(_) => {}
            }
        }
        let key = FlowKey {
            src,
            oif: ask.oif,
            mark: ask.mark,
            tos: ask.tos,
            proto: ask.proto,
            sport: ask.sport,
            dport: ask.dport,
            about: ask.about,
            ..FlowKey::to(dst)
        };
        let output = self.fib.output(&key, &self.links).map_err(|error| self.errno_of(error, &key))?;
        if output.src == Ip::ANY6 && !dst.is_multicast() {
            return Err(EADDRNOTAVAIL);
        }
        let oif = output.found.oif;
        if is_zeronet(output.dst) {
            return Err(EINVAL);
        }
        let found = output.found;
        let path = Path {
            kind: found.kind,
            oif,
            via: found.via,
            src: output.src,
            mtu: found.mtu,
            advmss: found.advmss,
            table: found.table,
        };
        Ok(self.learned(path, output.dst))
    }

    /// IPv6 first misses the address to speak from, then the route (ip6_dst_lookup_tail).
    fn errno_of(&self, error: RouteError, key: &FlowKey) -> u32 {
        let nameless =
            !key.dst.is_v4() && key.src.is_unspecified() && self.links.select_source6(0, key.dst) == Ip::ANY6;
        if nameless {
            EADDRNOTAVAIL
        } else {
            error.errno()
        }
    }

    /// __ip_dev_find: an address of ours, or one that the local table makes ours.
    fn is_local_source(&self, src: Ip) -> bool {
        self.links.is_ours(src) || matches!(self.addr_type(src, 0), AddrType::Local | AddrType::Anycast)
    }

    /// Multicast and limited broadcast from a given source leave by the device that has it.
    fn to_everybody(&self, ask: &OutputKey) -> Result<Path, u32> {
        let owner = self.links.iter().find(|device| device.addresses.iter().any(|a| a.ip == ask.src));
        let oif = owner.map(|device| device.index).ok_or(EINVAL)?;
        let kind = if ask.dst.is_multicast() { RouteType::Multicast } else { RouteType::Broadcast };
        Ok(Path { kind, oif, via: Ip::ANY4, src: ask.src, mtu: 0, advmss: 0, table: 0 })
    }

    /// Adds what redirects and PMTU discovery taught about a destination.
    fn learned(&self, path: Path, dst: Ip) -> Path {
        if self.exceptions.is_empty() {
            return path;
        }
        match self.exceptions.get(&dst) {
            Some(known) => Path {
                mtu: if known.mtu != 0 { known.mtu } else { path.mtu },
                via: known.gateway.unwrap_or(path.via),
                ..path
            },
            None => path,
        }
    }

    /// The MTU of a route: its own or a learned one, else its device's (dst_mtu).
    pub fn path_mtu(&self, path: &Path) -> u32 {
        let device = self.links.get(path.oif).map_or(1500, |device| device.mtu);
        if path.mtu != 0 {
            path.mtu
        } else {
            device.min(65535)
        }
    }

    /// The MTU that counts for forwarding (ip_dst_mtu_maybe_forward): IPv6 asks the device first, its route when the packet leaves.
    pub fn forward_mtu(&self, path: &Path, v4: bool) -> u32 {
        self.path_mtu(&Path { mtu: if v4 { path.mtu } else { 0 }, ..*path })
    }

    /// How many hops a packet of ours may take (ip_default_ttl; the device's `hop_limit`).
    pub fn hop_limit(&self, dst: Ip, oif: u32) -> u8 {
        match self.links.get(oif) {
            Some(device) if !dst.is_v4() => device.conf6.get(sysctl::HOP_LIMIT) as u8,
            _ => self.sysctl(sysctl::IP_DEFAULT_TTL) as u8,
        }
    }

    /// The scope of an address with which ICMP errors may speak.
    pub const LINK_SCOPE: u8 = scope::LINK;
}
