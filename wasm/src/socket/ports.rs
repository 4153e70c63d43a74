//! Which socket a packet is for, and which ports are taken: one table per namespace.

use super::{Socket, Table};
use crate::errno::{EADDRINUSE, EADDRNOTAVAIL};
use crate::export::records::{SocketKind, SocketState};
use crate::hash::Map;
use crate::random::Random;
use crate::wire::packet::proto;
use crate::wire::{Ip, Packet};

/// A connection's four numbers, from this side: local, remote, ports (local high).
type Flow = (Ip, Ip, u32);

/// The sockets of a namespace by what finds them.
#[derive(Default)]
pub struct Ports {
    /// Bound sockets by protocol and port, in the order they were bound.
    bound: Map<(u8, u16), Vec<u32>>,
    /// TCP sockets with both ends.
    flows: Map<Flow, u32>,
    pub raw: Vec<u32>,
}

/// What a socket wants to be bound to.
#[derive(Clone, Copy)]
pub struct Claim {
    pub protocol: u8,
    pub ip: Ip,
    pub port: u16,
    pub device: u32,
    pub reuse: bool,
    /// IPV6_V6ONLY: `::` stands for IPv6 addresses alone.
    pub v6_only: bool,
    /// Who asks, so that nobody is in his own way.
    pub id: u32,
}

impl Claim {
    /// Whether some address is meant by both.
    pub fn overlaps(&self, other: &Claim) -> bool {
        covers((self.ip, self.v6_only), other.ip) || covers((other.ip, other.v6_only), self.ip)
    }
    pub fn of(socket: &Socket, ip: Ip, port: u16) -> Claim {
        Claim {
            protocol: socket.protocol,
            ip,
            port,
            device: socket.options.device.unwrap_or(0),
            reuse: socket.options.reuse_address,
            v6_only: socket.options.v6_only,
            id: socket.id,
        }
    }
}

fn flow_of(socket: &Socket) -> Flow {
    (socket.local, socket.remote, u32::from(socket.local_port) << 16 | u32::from(socket.remote_port))
}

impl Ports {
    pub fn add_bound(&mut self, socket: &Socket) {
        self.bound.entry((socket.protocol, socket.local_port)).or_default().push(socket.id);
    }
    pub fn add_flow(&mut self, socket: &Socket) {
        self.flows.insert(flow_of(socket), socket.id);
    }
    /// Whether a connection with these ends is there.
    pub fn has_flow(&self, local: (Ip, u16), remote: (Ip, u16)) -> Option<u32> {
        self.flows.get(&(local.0, remote.0, u32::from(local.1) << 16 | u32::from(remote.1))).copied()
    }
    pub fn remove(&mut self, socket: &Socket) {
        if let Some(list) = self.bound.get_mut(&(socket.protocol, socket.local_port)) {
            list.retain(|id| *id != socket.id);
            if list.is_empty() {
                self.bound.remove(&(socket.protocol, socket.local_port));
            }
        }
        let flow = flow_of(socket);
        if self.flows.get(&flow) == Some(&socket.id) {
            self.flows.remove(&flow);
        }
        self.raw.retain(|id| *id != socket.id);
    }

    fn at(&self, protocol: u8, port: u16) -> &[u32] {
        self.bound.get(&(protocol, port)).map_or(&[], Vec::as_slice)
    }

    /// The socket a packet is for: a connection, else the listener or datagram socket that fits it best (compute_score).
    pub fn for_packet(&self, packet: &Packet, table: &Table) -> Option<u32> {
        if packet.proto == proto::TCP {
            let ports = u32::from(packet.dport) << 16 | u32::from(packet.sport);
            if let Some(id) = self.flows.get(&(packet.dst, packet.src, ports)) {
                return Some(*id);
            }
        }
        let mut best = (0, None);
        for id in self.at(packet.proto, packet.dport).iter().rev() {
            let score = table.get(*id).map_or(0, |socket| score(socket, packet));
            if score > best.0 {
                best = (score, Some(*id));
            }
        }
        best.1
    }

    /// Every datagram socket that fits a broadcast.
    pub fn every(&self, packet: &Packet, table: &Table) -> Vec<u32> {
        let fits = |id: &&u32| {
            table.get(**id).is_some_and(|socket| {
                let own = covers((socket.local, socket.options.v6_only), packet.dst);
                own && is_peer(socket, packet) && is_device(socket, packet)
            })
        };
        self.at(packet.proto, packet.dport).iter().filter(fits).copied().collect()
    }

    /// EADDRINUSE where another socket stands in the way (inet_csk_bind_conflict, udp_lib_lport_inuse).
    pub fn check(&self, claim: &Claim, table: &Table) -> Result<(), u32> {
        let others = self.at(claim.protocol, claim.port).iter().filter(|id| **id != claim.id);
        let conflict = others.filter_map(|id| table.get(*id)).any(|other| is_in_the_way(claim, other));
        if conflict {
            Err(EADDRINUSE)
        } else {
            Ok(())
        }
    }

    /// A free port out of the local range, beginning at a random place.
    pub fn free_port(
        &self,
        claim: &Claim,
        table: &Table,
        (range, random): ((u32, u32), &mut Random),
    ) -> Result<u16, u32> {
        self.search((range, random), |port| self.check(&Claim { port, reuse: false, ..*claim }, table).is_ok())
            .ok_or(EADDRINUSE)
    }

    /// A local port for a connection to `remote`: not bound by anybody, and not in use towards that end.
    pub fn connect_port(
        &self,
        local: Ip,
        remote: (Ip, u16),
        (range, random): ((u32, u32), &mut Random),
    ) -> Result<u16, u32> {
        let free = |port: u16| self.at(proto::TCP, port).is_empty() && self.has_flow((local, port), remote).is_none();
        self.search((range, random), free).ok_or(EADDRNOTAVAIL)
    }

    fn search(&self, ((low, high), random): ((u32, u32), &mut Random), is_free: impl Fn(u16) -> bool) -> Option<u16> {
        let count = high.saturating_sub(low) + 1;
        let start = random.below(count);
        (0..count).map(|step| (low + (start + step) % count) as u16).find(|port| is_free(*port))
    }
}

/// Whether who is bound to one address gets what comes for another.
fn covers((ip, v6_only): (Ip, bool), other: Ip) -> bool {
    ip == other || ip == Ip::ANY4 && other.is_v4() || ip == Ip::ANY6 && !(v6_only && other.is_v4())
}

fn is_in_the_way(claim: &Claim, other: &Socket) -> bool {
    let device = other.options.device.unwrap_or(0);
    if claim.device != 0 && device != 0 && claim.device != device {
        return false;
    }
    let overlap = claim.overlaps(&Claim::of(other, other.local, other.local_port));
    let listens = other.kind == SocketKind::Tcp && other.state() == SocketState::Listen;
    overlap && !(claim.reuse && other.options.reuse_address && !listens)
}

fn is_peer(socket: &Socket, packet: &Packet) -> bool {
    !socket.connected || (socket.remote == packet.src && socket.remote_port == packet.sport)
}

fn is_device(socket: &Socket, packet: &Packet) -> bool {
    // What goes to a link-local address of ours by lo still counts as its device's (IP6CB iif).
    let looped = packet.iif == 1 && packet.dst.is_link_local6();
    socket.options.device.is_none_or(|device| device == 0 || device == packet.iif || looped)
}

fn score(socket: &Socket, packet: &Packet) -> u32 {
    let wrong_state = socket.kind == SocketKind::Tcp && socket.state() != SocketState::Listen;
    let wrong_address = !covers((socket.local, socket.options.v6_only), packet.dst);
    if wrong_state || wrong_address || !is_device(socket, packet) {
        return 0;
    }
    if socket.kind != SocketKind::Tcp && !is_peer(socket, packet) {
        return 0;
    }
    let connected = socket.kind != SocketKind::Tcp && socket.connected;
    1 + u32::from(socket.family == packet.dst.family() as u32)
        + 4 * u32::from(!socket.local.is_unspecified())
        + 8 * u32::from(connected)
        + 4 * u32::from(socket.options.device.is_some_and(|device| device != 0))
}
