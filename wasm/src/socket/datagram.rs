//! UDP, ping and raw sockets: sending a datagram, and queueing one that arrived.

use super::Socket;
use crate::errno::{EACCES, EAGAIN, EINVAL, EMSGSIZE};
use crate::export::records::{Datagram, ErrorOrigin, SocketError, SocketKind};
use crate::fabric::Fabric;
use crate::filter::AddrType;
use crate::link::Place;
use crate::namespace::Path;
use crate::pipeline::icmp::kind;
use crate::pipeline::routing::OutputKey;
use crate::record::Bytes;
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::{packet, proto};
use crate::wire::{parse, print, Ip, Packet, Parcel};

/// What a receive buffer holds (net.core.rmem_default), and what each datagram costs beside its bytes.
const BUFFER: u32 = 212_992;
const OVERHEAD: u32 = 576;

/// Where a datagram goes, and from where.
#[derive(Clone, Copy)]
pub struct Target {
    pub ip: Ip,
    pub port: u16,
    /// IP_PKTINFO's source, unspecified for none.
    pub from: Ip,
}

impl Fabric {
    /// Sends one datagram (udp_sendmsg, ping_v4_sendmsg, raw_sendmsg).
    pub fn send_datagram(&mut self, id: u32, data: &[u8], target: Target) -> Result<u32, u32> {
        let socket = self.world.sockets.get(id).ok_or(crate::errno::EBADF)?;
        let (ns, kind, options) = (socket.ns, socket.kind, socket.options);
        if data.len() > 65_507 {
            return Err(EMSGSIZE);
        }
        if kind == SocketKind::Udp && target.port == 0 {
            return Err(EINVAL);
        }
        let echo = if socket.family == 4 { kind::ECHO } else { kind::ECHO6 };
        if kind == SocketKind::Icmp && (data.len() < 8 || data[0] != echo || data[1] != 0) {
            return Err(EINVAL);
        }
        if !socket.takes(target.ip) {
            return Err(crate::errno::EAFNOSUPPORT);
        }
        let target = if socket.family == 6 { Target { ip: target.ip.or_loopback(), ..target } } else { target };
        self.bind_if_needed(id)?;
        let socket = self.world.sockets.get(id).ok_or(crate::errno::EBADF)?;
        let src = if target.from.is_unspecified() { socket.local } else { target.from };
        let src = if src == Ip::ANY6 && target.ip.is_v4() { Ip::ANY4 } else { src };
        let key = OutputKey { src, ..socket.output_key(target.ip, target.port) };
        let path = self.space_mut(ns).stack.find_output(&key)?;
        let broadcast =
            self.space(ns).stack.addr_type(target.ip, 0) == AddrType::Broadcast && !target.ip.is_unspecified();
        if broadcast && !options.broadcast {
            return Err(EACCES);
        }
        let packet = self.make_datagram(id, data, (target, path))?;
        let place = Place { ns, dev: path.oif };
        self.world.note(place, &packet, Layer::Socket, Action::Sent);
        self.local_out(ns, packet, path)?;
        Ok(data.len() as u32)
    }

    /// The packet of a datagram; EMSGSIZE, also in the error queue, where it may not be fragmented and is too long.
    fn make_datagram(&mut self, id: u32, data: &[u8], (target, path): (Target, Path)) -> Result<Parcel, u32> {
        let ns = self.world.sockets.get(id).map_or(0, |socket| socket.ns);
        let (space, world) = self.both(ns);
        let socket = world.sockets.get(id).ok_or(crate::errno::EBADF)?;
        let default_ttl = if target.ip.is_multicast() { 1 } else { space.stack.hop_limit(target.ip, path.oif) };
        let mut packet = packet! {
            src: path.src,
            dst: if target.ip.is_unspecified() { path.src } else { target.ip },
            proto: socket.protocol,
            ttl: socket.options.ttl.unwrap_or(default_ttl),
            tos: socket.options.tos,
            mark: socket.options.mark,
            tunnel: if socket.connected { id } else { 0 },
            socket: id,
            trace: socket.trace,
            ip_id: space.stack.next_ip_id(),
        };
        let pool = &mut world.pool;
        match socket.kind {
            SocketKind::Udp => {
                packet.sport = socket.local_port;
                packet.dport = target.port;
                packet.payload_len = data.len() as u16;
                packet.payload = pool.store(data);
            }
            SocketKind::Icmp => {
                packet.kind = data[0];
                packet.sport = socket.local_port;
                packet.dport = socket.local_port;
                packet.seq = u32::from(data[6]) << 8 | u32::from(data[7]);
                packet.payload_len = (data.len() - 8) as u16;
                packet.payload = pool.store(&data[8..]);
            }
            _ => {
                let whole = data.len() as u32;
                parse::parse_transport(&mut packet, &[], data, whole, pool).map_err(|_| EINVAL)?;
                packet.bad_checksum &= !matches!(packet.proto, proto::ICMP | proto::ICMPV6);
            }
        }
        let mtu = space.stack.path_mtu(&path);
        let fits = packet.len() <= mtu;
        let may_not = socket.options.dont_fragment == Some(true);
        packet.dont_fragment = socket.options.dont_fragment.unwrap_or(fits) && (fits || may_not);
        if !fits && may_not {
            let packet = world.pool.begin(packet);
            world.pool.release(packet);
            self.refuse_length(id, data, (target, mtu));
            return Err(EMSGSIZE);
        }
        Ok(world.pool.begin(packet))
    }

    /// Tells a socket by its error queue that a datagram is longer than its path (ip_local_error).
    fn refuse_length(&mut self, id: u32, data: &[u8], (target, mtu): (Target, u32)) {
        let Some(socket) = self.world.sockets.get_mut(id) else { return };
        socket.errors.push_back(SocketError {
            errno: EMSGSIZE,
            origin: ErrorOrigin::Local,
            kind: 0,
            code: 0,
            info: mtu,
            offender: None,
            dst: target.ip,
            dport: target.port,
            data: Bytes(data.to_vec()),
        });
        self.world.sockets.wake(id);
    }

    /// Puts a UDP datagram into a socket's inbox, or drops it where that is full.
    pub fn queue_datagram(&mut self, place: Place, id: u32, packet: &Packet) {
        let data = self.world.pool.data(packet).to_vec();
        self.queue(place, id, (packet, data));
    }

    fn queue(&mut self, place: Place, id: u32, (packet, data): (&Packet, Vec<u8>)) {
        let links = &self.space(place.ns).stack.links;
        let looped = packet.iif == 1 && packet.dst.is_link_local6();
        let owner = links.iter().find(|device| looped && device.owned(packet.dst).is_some());
        let dev = owner.map_or(packet.iif, |device| device.index);
        let Some(socket) = self.world.sockets.get_mut(id) else { return };
        let cost = data.len() as u32 + OVERHEAD;
        if socket.inbox_bytes + cost > BUFFER {
            if packet.trace != 0 {
                let what = (Layer::Socket, Action::Dropped, Reason::SocketBuffer);
                self.world.record(place, packet, what, Default::default());
            }
            return;
        }
        socket.inbox_bytes += cost;
        let icmp = matches!(packet.proto, proto::ICMP | proto::ICMPV6);
        let datagram = Datagram {
            from: packet.src,
            from_port: packet.sport,
            to: packet.dst,
            dev,
            ttl: packet.ttl,
            tos: packet.tos,
            kind: icmp.then_some(packet.kind),
            code: icmp.then_some(packet.code),
            data: Bytes(data),
        };
        socket.inbox.push_back((datagram, packet.trace));
        self.world.sockets.wake(id);
    }

    /// An echo reply for the ping socket with its id.
    pub fn ping_deliver(&mut self, place: Place, packet: &Packet) {
        if packet.bad_checksum {
            return;
        }
        let (space, world) = self.both(place.ns);
        let Some(id) = space.stack.ports.for_packet(packet, &world.sockets) else { return };
        let mut data = Vec::new();
        print::print_transport(packet, &world.pool, &mut data);
        self.queue(place, id, (packet, data));
    }

    /// A copy for every raw socket that asked for the protocol; whether there was one. Data begins behind the IP header.
    pub fn raw_deliver(&mut self, place: Place, packet: &Packet) -> bool {
        let (space, world) = self.both(place.ns);
        if space.stack.ports.raw.is_empty() {
            return false;
        }
        let wants = |socket: &Socket| {
            socket.protocol == packet.proto
                && (socket.family == 6) != packet.dst.is_v4()
                && (socket.local.is_unspecified() || socket.local == packet.dst)
                && (!socket.connected || socket.remote == packet.src)
                && socket.options.device.is_none_or(|device| device == 0 || device == packet.iif)
        };
        let ids: Vec<u32> =
            space.stack.ports.raw.iter().copied().filter(|id| world.sockets.get(*id).is_some_and(wants)).collect();
        if ids.is_empty() {
            return false;
        }
        let mut data = Vec::new();
        print::print_transport(packet, &world.pool, &mut data);
        for id in ids {
            self.queue(place, id, (packet, data.clone()));
        }
        true
    }

    /// recvmsg: the oldest datagram, or a pending error, or EAGAIN.
    pub fn receive_datagram(&mut self, id: u32) -> Result<Datagram, u32> {
        let socket = self.world.sockets.get_mut(id).ok_or(crate::errno::EBADF)?;
        if let Some(error) = socket.take_error() {
            return Err(error);
        }
        let (datagram, trace) = socket.inbox.pop_front().ok_or(EAGAIN)?;
        socket.inbox_bytes -= datagram.data.0.len() as u32 + OVERHEAD;
        socket.trace = trace;
        Ok(datagram)
    }
}
