//! vxlan: Ethernet frames inside UDP datagrams (RFC 7348, drivers/net/vxlan).

use super::{Device, Kind, Place};
use crate::export::records::Tunnel;
use crate::fabric::{Fabric, SECOND};
use crate::hash::{mix, Map};
use crate::pipeline::local::Birth;
use crate::pipeline::routing::OutputKey;
use crate::pipeline::trail::Found;
use crate::record::words;
use crate::sysctl;
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::{ether, packet, proto};
use crate::wire::{parse, Ip, Mac, Packet, PacketType, Parcel, NONE};

/// Bytes that a frame grows by: outer IP 20, UDP 8, VXLAN 8, inner Ethernet 14.
pub const OVERHEAD: u32 = 50;
/// And by how much an outer IPv6 header is longer.
pub const LONGER6: u32 = 20;

words! {
    /// How a destination came into the table.
    Origin { Learned = "learned", Fixed = "permanent", Static = "static" }
}

/// Whether its outer packets are IPv6: devices of one VNI and port are told apart by it.
pub fn is_six(tunnel: &Tunnel) -> bool {
    [tunnel.local, tunnel.remote].into_iter().flatten().any(|ip| !ip.is_v4())
}

/// A tunnel end that a MAC is behind.
#[derive(Clone, Copy)]
pub struct Remote {
    pub mac: Mac,
    pub ip: Ip,
    pub origin: Origin,
    pub updated: u64,
}

/// What makes a device a vxlan.
pub struct Vxlan {
    pub tunnel: Tunnel,
    pub ageing: u64,
    /// In the order they were made; more than one for a MAC that was appended to.
    pub remotes: Vec<Remote>,
    /// First remote of each MAC; whether some MAC has more than one.
    index: Map<Mac, u32>,
    shared: bool,
}

impl Vxlan {
    pub fn new(tunnel: Tunnel) -> Vxlan {
        let remotes = Vec::new();
        let mut vxlan = Vxlan { tunnel, ageing: 300 * SECOND, remotes, index: Map::default(), shared: false };
        vxlan.set_remote(vxlan.tunnel.remote, 0);
        vxlan
    }
    /// Where frames go whose MAC is not in the table: the first entry of MAC zero.
    pub fn set_remote(&mut self, remote: Option<Ip>, now: u64) {
        let old = std::mem::replace(&mut self.tunnel.remote, remote);
        self.remotes.retain(|known| known.mac != Mac::ZERO || Some(known.ip) != old);
        if let Some(ip) = remote {
            self.remotes.insert(0, Remote { mac: Mac::ZERO, ip, origin: Origin::Fixed, updated: now });
        }
        self.reindex();
    }
    /// Must follow every change of `remotes` other than an append.
    pub fn reindex(&mut self) {
        self.index.clear();
        for (at, remote) in self.remotes.iter().enumerate().rev() {
            self.index.insert(remote.mac, at as u32);
        }
        self.shared = self.index.len() < self.remotes.len();
    }
    pub fn append(&mut self, remote: Remote) {
        let at = self.remotes.len() as u32;
        self.shared |= *self.index.entry(remote.mac).or_insert(at) != at;
        self.remotes.push(remote);
    }
    pub fn knows(&self, mac: Mac) -> bool {
        self.index.get(&mac).is_some()
    }
    fn is_fresh(&self, remote: &Remote, now: u64) -> bool {
        now <= self.fresh_until(remote)
    }
    /// The last nanosecond at which an entry has not aged out.
    fn fresh_until(&self, remote: &Remote) -> u64 {
        match remote.origin {
            Origin::Learned => (remote.updated + self.ageing).saturating_sub(1),
            _ => u64::MAX,
        }
    }
    /// The one remote for a MAC; nothing when unknown or aged.
    fn find(&self, mac: Mac, now: u64) -> Option<&Remote> {
        let remote = &self.remotes[*self.index.get(&mac)? as usize];
        self.is_fresh(remote, now).then_some(remote)
    }
    /// Where a frame to `mac` goes: its remotes, else those of the all-zero entry.
    fn remotes_of(&self, mac: Mac, now: u64) -> Vec<Ip> {
        let of = |wanted: Mac| {
            let here = self.remotes.iter().filter(move |remote| remote.mac == wanted && self.is_fresh(remote, now));
            here.map(|remote| remote.ip).collect::<Vec<_>>()
        };
        let exact = if self.find(mac, now).is_some() { of(mac) } else { Vec::new() };
        if exact.is_empty() {
            of(Mac::ZERO)
        } else {
            exact
        }
    }
    /// vxlan_snoop: a frame from `mac` came from the tunnel end `ip`. Whether that is news.
    pub fn learn(&mut self, mac: Mac, ip: Ip, now: u64) -> bool {
        let Some(at) = self.index.get(&mac) else {
            self.append(Remote { mac, ip, origin: Origin::Learned, updated: now });
            return true;
        };
        let remote = &mut self.remotes[*at as usize];
        if remote.origin != Origin::Learned {
            return false;
        }
        remote.updated = now;
        std::mem::replace(&mut remote.ip, ip) != ip
    }
}

/// A tunnel whose outer packets a rule sends into the tunnel again ends here ("Dead loop on virtual device").
const MOST_SHELLS: usize = 3;

/// What is needed of the device to send one datagram.
#[derive(Clone, Copy)]
struct Shell {
    vni: u32,
    local: Ip,
    remote: Ip,
    lower: u32,
    port: u16,
    ttl: u8,
}

impl Device {
    /// Whether it is a vxlan that listens to a group.
    pub fn joined(&self, group: Ip) -> bool {
        matches!(&self.kind, Kind::Vxlan(vxlan) if self.up && vxlan.tunnel.remote == Some(group))
    }
    /// The VNI of a vxlan with a socket for such packets: one for its port and the family of its ends.
    pub fn listens(&self, packet: &Packet) -> Option<u32> {
        let Kind::Vxlan(vxlan) = &self.kind else { return None };
        let tunnel = &vxlan.tunnel;
        let wanted = self.up && tunnel.port == Some(u32::from(packet.dport)) && is_six(tunnel) != packet.dst.is_v4();
        wanted.then_some(tunnel.id)
    }
}

impl Fabric {
    /// The device sends a frame: one datagram to each tunnel end that should have it (vxlan_xmit).
    pub fn vxlan_send(&mut self, place: Place, packet: Parcel) {
        let now = self.world.now;
        let Some(device) = self.space(place.ns).stack.links.get(place.dev) else { return };
        let Kind::Vxlan(vxlan) = &device.kind else { return };
        let shell = Shell {
            vni: vxlan.tunnel.id,
            remote: vxlan.tunnel.remote.unwrap_or(Ip::ANY4),
            local: vxlan.tunnel.local.unwrap_or(Ip::ANY4),
            lower: vxlan.tunnel.dev.unwrap_or(0),
            port: vxlan.tunnel.port.unwrap_or(0) as u16,
            ttl: vxlan.tunnel.ttl.unwrap_or(0) as u8,
        };
        let single = vxlan.find(packet.eth_dst, now).filter(|_| !vxlan.shared);
        if let Some((remote, until)) = single.map(|remote| (remote.ip, vxlan.fresh_until(remote))) {
            self.world.trails.until(until);
            return self.vxlan_send_to((place, shell), remote, packet);
        }
        let remotes = vxlan.remotes_of(packet.eth_dst, now);
        self.world.trails.spoil();
        // The first one gets the frame itself, after all copies (vxlan_xmit).
        let Some((first, others)) = remotes.split_first() else {
            return self.drop(place, packet, Layer::Tunnel, Reason::NoFdbEntry);
        };
        for remote in others {
            let copy = self.copy(place.ns, &packet);
            self.vxlan_send_to((place, shell), *remote, copy);
        }
        self.vxlan_send_to((place, shell), *first, packet);
    }

    /// One datagram (vxlan_xmit_one): the outer packet keeps the inner one's mark, as both are in one namespace.
    fn vxlan_send_to(&mut self, (place, shell): (Place, Shell), remote: Ip, mut packet: Parcel) {
        let sysctl = self.space(place.ns).stack.sysctl(sysctl::IP_DEFAULT_TTL) as u8;
        let head = packet! {
            src: if shell.local.is_v4() == remote.is_v4() { shell.local } else { OutputKey::to(remote).src },
            dst: remote,
            proto: proto::UDP,
            ttl: if shell.ttl != 0 { shell.ttl } else { sysctl },
            tos: outer_ecn(&packet),
            sport: self.flow_port(place.ns, &mut packet),
            dport: shell.port,
            payload_len: (8 + packet.frame_len()) as u16,
            tunnel: shell.vni,
        };
        self.world.trails.port();
        // Only the device's own remote is bound to the device underneath, not what is in the table.
        let oif = if remote == shell.remote { shell.lower } else { 0 };
        self.wrap((place, oif), head, packet);
    }

    /// Puts a packet into a tunnel's outer one and sends that (iptunnel_xmit).
    pub fn wrap(&mut self, (place, oif): (Place, u32), mut head: Packet, mut packet: Parcel) {
        if head.dst.is_unspecified() {
            return self.drop(place, packet, Layer::Tunnel, Reason::TunnelEndpoint);
        }
        if self.world.shells >= MOST_SHELLS {
            return self.drop(place, packet, Layer::Tunnel, Reason::TunnelLoop);
        }
        let (space, world) = self.both(place.ns);
        space.hooks.release(&mut packet);
        packet.ct = NONE;
        let (mark, trace, probe, hops) = (packet.mark, packet.trace, packet.probe, packet.hops);
        let socket = packet.socket;
        packet.bridged = false;
        packet.phys_in = 0;
        packet.phys_out = 0;
        let ip_id = space.stack.next_ip_id();
        head.inner = world.pool.park(packet);
        (head.mark, head.socket, head.trace, head.probe, head.hops, head.ip_id) =
            (mark, socket, trace, probe, hops, ip_id);
        let outer = world.pool.begin(head);
        world.trails.note_number(place.ns);
        world.note(place, &outer, Layer::Tunnel, Action::Encapsulated);
        let birth = Birth { ns: place.ns, oif, flags: Birth::TUNNEL | place.dev << 8 };
        self.world.shells += 1;
        let sent = self.send_born(birth, outer);
        self.world.shells -= 1;
        if sent.is_err() {
            self.world.trails.spoil();
            if let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) {
                device.tx.errors += 1;
            }
        }
    }

    /// udp_flow_src_port: a source port out of the local range by a hash of the inner flow, the same for both directions unless
    /// sockets drew theirs, and, where it has ports, however many tunnels are around it and whatever it is renamed to
    /// (skb_clear_hash_if_not_l4).
    fn flow_port(&self, ns: u32, packet: &mut Packet) -> u16 {
        let stack = &self.space(ns).stack;
        let low = stack.sysctl(sysctl::LOCAL_PORT_LOW) as u64;
        let high = stack.sysctl(sysctl::LOCAL_PORT_HIGH) as u64;
        let (mut hashed, mut layer) = (&*packet, &*packet);
        while layer.proto == proto::UDP && layer.inner != NONE {
            layer = self.world.pool.get(layer.inner);
            if hashes_ports(layer) {
                hashed = layer;
            }
        }
        let known = hashed.inner == NONE && hashed.tunnel != 0;
        let key = if known { hashed.tunnel } else { flow_hash(hashed, self.world.seed) };
        if packet.inner == NONE && hashes_ports(packet) {
            packet.tunnel = key;
        }
        let hash = u64::from(mix(u64::from(key)));
        (low + ((hash * (high - low)) >> 32)) as u16
    }

    /// A datagram for a vxlan port of this namespace; gives it back where no device has that port (vxlan_rcv).
    pub fn vxlan_receive(&mut self, at: Place, mut packet: Parcel) -> Option<Parcel> {
        let links = &self.space(at.ns).stack.links;
        if !links.iter().any(|device| device.listens(&packet).is_some()) {
            return Some(packet);
        }
        let (vni, mut inner) = if packet.inner != NONE {
            let inner = self.world.pool.take(packet.inner);
            packet.inner = NONE;
            (packet.tunnel, inner)
        } else {
            let bytes = self.world.pool.data(&packet).to_vec();
            match parse::parse_vxlan(&bytes, &mut self.world.pool) {
                Ok((vni, inner)) => (vni, self.world.pool.begin(inner)),
                Err(_) => {
                    self.drop(at, packet, Layer::Tunnel, Reason::Malformed);
                    return None;
                }
            }
        };
        inner.trace = packet.trace;
        inner.hops = packet.hops;
        inner.mark = packet.mark;
        inner.sum_trusted = true;
        self.vxlan_unpack(at, (vni, &packet), inner);
        self.finish(at.ns, packet);
        None
    }

    fn vxlan_unpack(&mut self, at: Place, (vni, outer): (u32, &Packet), inner: Parcel) {
        let (now, from) = (self.world.now, outer.src);
        let links = &self.space(at.ns).stack.links;
        let is_it = |device: &&Device| device.listens(outer) == Some(vni);
        let Some(dev) = links.iter().find(is_it).map(|device| device.index) else {
            return self.drop(at, inner, Layer::Tunnel, Reason::UnknownVni);
        };
        let Some(device) = self.space_mut(at.ns).stack.links.get_mut(dev) else { return };
        let own = device.mac;
        if inner.eth_src == own {
            return self.drop(Place { ns: at.ns, dev }, inner, Layer::Tunnel, Reason::Loop);
        }
        let learner = device.vxlan_mut().filter(|vxlan| vxlan.tunnel.learning != Some(false));
        match learner.map(|vxlan| vxlan.learn(inner.eth_src, from, now)) {
            Some(true) => self.world.trails.disturb(),
            Some(false) => self.world.trails.note_place(Place { ns: at.ns, dev }, inner.eth_src, Found::Remote(from)),
            None => {}
        }
        self.unwrapped(Place { ns: at.ns, dev }, inner, outer.tos);
    }

    /// What came out of a tunnel is received by its device, with the congestion that was noted on the way; one that does not
    /// know of such notes is lost (INET_ECN_decapsulate).
    pub fn unwrapped(&mut self, place: Place, mut inner: Parcel, tos: u8) {
        inner.tos = match (tos & 3, inner.tos & 3) {
            (3, 0) if matches!(inner.ethertype, ether::IPV4 | ether::IPV6) => {
                return self.drop(place, inner, Layer::Tunnel, Reason::Malformed);
            }
            (3, 1 | 2) => inner.tos | 3,
            (1, 2) => inner.tos ^ 3,
            _ => inner.tos,
        };
        inner.forget();
        inner.pkt_type = PacketType::Host;
        self.world.note(place, &inner, Layer::Tunnel, Action::Decapsulated);
        self.hand(place, place, inner);
    }
}

/// What a tunnel's packet says of congestion: what the one inside does, but that there was some already is not repeated
/// (INET_ECN_encapsulate).
pub fn outer_ecn(inner: &Packet) -> u8 {
    match inner.tos & 3 {
        3 => 2,
        ecn => ecn,
    }
}

/// ICMP ids are no ports, and a first fragment's ports are not looked at (flow_keys_dissector).
fn hashes_ports(packet: &Packet) -> bool {
    matches!(packet.proto, proto::TCP | proto::UDP | proto::SCTP) && !packet.is_fragment() && !packet.headless
}

/// skb_get_hash: addresses and ports, the lesser first, and a key drawn at boot.
fn flow_hash(packet: &Packet, key: u32) -> u32 {
    if packet.ethertype == ether::ARP {
        return mix(u64::from(key)); // who asks whom is not looked at
    }
    let ports = if hashes_ports(packet) { (packet.sport, packet.dport) } else { (0, 0) };
    // Addresses and ports are ordered apart (__flow_hash_consistentify).
    let (less, more) = (packet.src.min(packet.dst), packet.src.max(packet.dst));
    let (low, high) = (ports.0.min(ports.1), ports.0.max(ports.1));
    let addresses = (less.0 as u64).rotate_left(32) ^ more.0 as u64;
    let rest = u64::from(low) << 32 | u64::from(high) << 16 | u64::from(packet.proto);
    mix(addresses.rotate_left(7) ^ u64::from(mix(rest ^ u64::from(key) << 48 ^ u64::from(key))))
}
