//! Sockets: what programs hold. They never block; a call does what it can, and who wants to wait asks which ones changed.
//!
//! ```text
//! calls      bind, connect, send, receive ...: the system calls        ports    which socket gets a packet, which port is free
//! datagram   UDP, ping and raw sockets                                 errors   ICMP errors on their way to the sockets they are about
//! tcp/       connections
//! ```
pub mod calls;
pub mod datagram;
pub mod errors;
pub mod ports;
pub mod tcp;
pub use ports::Ports;

use crate::export::records::{Datagram, SocketError, SocketKind, SocketState};
use crate::pipeline::routing::OutputKey;
use crate::wire::Ip;
use std::collections::VecDeque;
use tcp::Tcp;

/// Options with their defaults; `None` where the kernel's default is "unset".
#[derive(Clone, Copy, Default)]
pub struct Options {
    pub ttl: Option<u8>,
    pub tos: u8,
    pub mark: u32,
    pub device: Option<u32>,
    pub dont_fragment: Option<bool>,
    pub reuse_address: bool,
    pub broadcast: bool,
    pub no_delay: bool,
    pub keep_alive: bool,
    pub transparent: bool,
    pub uid: u32,
    pub abort: bool,
    /// IPV6_V6ONLY.
    pub v6_only: bool,
}

/// A socket.
pub struct Socket {
    pub id: u32,
    pub ns: u32,
    pub kind: SocketKind,
    /// 4 or 6.
    pub family: u32,
    /// IP protocol: 6, 17, 1, or what a raw socket asked for.
    pub protocol: u8,
    pub options: Options,
    pub local: Ip,
    pub local_port: u16,
    pub remote: Ip,
    pub remote_port: u16,
    /// Has a port, and is found by it.
    pub bound: bool,
    pub connected: bool,
    /// Datagrams with the trace each belongs to.
    pub inbox: VecDeque<(Datagram, u32)>,
    pub inbox_bytes: u32,
    pub errors: VecDeque<SocketError>,
    /// SO_ERROR.
    pub error: u32,
    /// The walk that what it sends belongs to.
    pub trace: u32,
    pub tcp: Option<Box<Tcp>>,
    woken: bool,
}

impl Socket {
    /// Takes SO_ERROR.
    pub fn take_error(&mut self) -> Option<u32> {
        let error = std::mem::take(&mut self.error);
        (error != 0).then_some(error)
    }
    pub fn state(&self) -> SocketState {
        match &self.tcp {
            Some(tcp) => tcp.state,
            None if self.connected => SocketState::Established,
            None => SocketState::Unconn,
        }
    }
    /// Whether the socket can have to do with the address: an IPv6 one also with IPv4 peers, as `::ffff:a.b.c.d`.
    pub fn takes(&self, ip: Ip) -> bool {
        ip.is_v4() == (self.family == 4) || ip.is_v4() && !self.options.v6_only
    }
    /// What asks for the route of something that the socket sends.
    #[inline(never)]
    pub fn output_key(&self, remote: Ip, port: u16) -> OutputKey {
        OutputKey {
            src: self.local,
            oif: self.options.device.unwrap_or(0),
            mark: self.options.mark,
            tos: self.options.tos,
            proto: self.protocol,
            sport: self.local_port,
            dport: port,
            any_source: self.options.transparent,
            ..OutputKey::to(remote)
        }
    }
    pub fn tcp_mut(&mut self) -> Option<&mut Tcp> {
        self.tcp.as_deref_mut()
    }
}

/// Where a number's low part points; the high part tells a reused place from the old one.
const PLACE: u32 = (1 << 20) - 1;

/// All sockets of the plane.
#[derive(Default)]
pub struct Table {
    places: Vec<(u32, Option<Box<Socket>>)>,
    free: VecDeque<u32>,
    woken: Vec<u32>,
}

impl Table {
    /// A new socket; its number is not that of any socket before it, as long as a million others are not.
    pub fn insert(&mut self, ns: u32, kind: SocketKind, (family, protocol): (u32, u8)) -> u32 {
        let place = match self.free.front() {
            Some(place) if self.free.len() > 1024 => {
                let place = *place;
                self.free.pop_front();
                place
            }
            _ => {
                self.places.push((0, None));
                self.places.len() as u32 - 1
            }
        };
        let slot = &mut self.places[place as usize];
        slot.0 = (slot.0 + 1) & 0x7ff;
        let id = slot.0 << 20 | place;
        let any = if family == 4 { Ip::ANY4 } else { Ip::ANY6 };
        slot.1 = Some(Box::new(Socket {
            id,
            ns,
            kind,
            family,
            protocol,
            options: Options::default(),
            local: any,
            local_port: 0,
            remote: any,
            remote_port: 0,
            bound: false,
            connected: false,
            inbox: VecDeque::new(),
            inbox_bytes: 0,
            errors: VecDeque::new(),
            error: 0,
            trace: 0,
            tcp: None,
            woken: false,
        }));
        id
    }
    pub fn get(&self, id: u32) -> Option<&Socket> {
        self.places.get((id & PLACE) as usize)?.1.as_deref().filter(|socket| socket.id == id)
    }
    pub fn get_mut(&mut self, id: u32) -> Option<&mut Socket> {
        self.places.get_mut((id & PLACE) as usize)?.1.as_deref_mut().filter(|socket| socket.id == id)
    }
    pub fn remove(&mut self, id: u32) -> Option<Box<Socket>> {
        self.get(id)?;
        let place = id & PLACE;
        self.free.push_back(place);
        self.places[place as usize].1.take()
    }
    pub fn iter(&self) -> impl Iterator<Item = &Socket> {
        self.places.iter().filter_map(|(_, socket)| socket.as_deref())
    }
    /// Notes that a socket's view changed.
    pub fn wake(&mut self, id: u32) {
        if let Some(socket) = self.get_mut(id).filter(|socket| !socket.woken) {
            socket.woken = true;
            self.woken.push(id);
        }
    }
    /// The sockets that changed since the last time, each once, in order.
    pub fn take_woken(&mut self) -> Vec<u32> {
        let woken = std::mem::take(&mut self.woken);
        for id in &woken {
            if let Some(socket) = self.get_mut(*id) {
                socket.woken = false;
            }
        }
        woken
    }
}
