//! The system calls on sockets.

use super::ports::Claim;
use super::tcp::Tcp;
use super::Socket;
use crate::errno::*;
use crate::export::records::{Datagram, SocketError, SocketKind, SocketOptions, SocketState, SocketView};
use crate::fabric::{Fabric, MILLISECOND};
use crate::filter::AddrType;
use crate::namespace::Stack;
use crate::record::Log;
use crate::socket::datagram::Target;
use crate::sysctl;
use crate::wire::packet::proto;
use crate::wire::{Ip, NONE};

impl Stack {
    /// `ip_local_port_range`.
    pub fn port_range(&self) -> (u32, u32) {
        (self.sysctl(sysctl::LOCAL_PORT_LOW) as u32, self.sysctl(sysctl::LOCAL_PORT_HIGH) as u32)
    }
}

fn errno<T>(result: Result<T, u32>) -> Answer<T> {
    result.map_err(Refusal::new)
}

impl Fabric {
    /// socket(2).
    pub fn socket(&mut self, ns: u32, kind: SocketKind, (family, protocol): (u32, u8)) -> u32 {
        let protocol = match kind {
            SocketKind::Tcp => proto::TCP,
            SocketKind::Udp => proto::UDP,
            SocketKind::Icmp if family == 6 => proto::ICMPV6,
            SocketKind::Icmp => proto::ICMP,
            SocketKind::Raw => protocol,
        };
        let id = self.world.sockets.insert(ns, kind, (family, protocol));
        let v6_only = family == 6 && self.space(ns).stack.sysctls.is_on(sysctl::BINDV6ONLY);
        if let Some(socket) = self.world.sockets.get_mut(id) {
            socket.options.v6_only = v6_only;
        }
        if kind == SocketKind::Raw {
            self.space_mut(ns).stack.ports.raw.push(id);
        }
        if let (SocketKind::Tcp, Some(socket)) = (kind, self.world.sockets.get_mut(id)) {
            socket.tcp = Some(Box::new(Tcp::new()));
        }
        id
    }

    /// setsockopt(2).
    pub fn set_socket(&mut self, id: u32, new: SocketOptions) -> Answer<()> {
        let Some(socket) = self.world.sockets.get_mut(id) else { return refuse(EBADF) };
        let options = &mut socket.options;
        options.ttl = new.ttl.or(options.ttl);
        options.tos = new.tos.unwrap_or(options.tos);
        options.mark = new.mark.unwrap_or(options.mark);
        options.device = new.device.or(options.device);
        options.dont_fragment = new.dont_fragment.or(options.dont_fragment);
        options.reuse_address = new.reuse_address.unwrap_or(options.reuse_address);
        options.broadcast = new.broadcast.unwrap_or(options.broadcast);
        options.no_delay = new.no_delay.unwrap_or(options.no_delay);
        options.keep_alive = new.keep_alive.unwrap_or(options.keep_alive);
        options.transparent = new.transparent.unwrap_or(options.transparent);
        options.v6_only = new.v6_only.unwrap_or(options.v6_only);
        options.uid = new.uid.unwrap_or(options.uid);
        options.abort = new.abort.unwrap_or(options.abort);
        let (ns, device) = (socket.ns, new.device.unwrap_or(0));
        if device != 0 && self.space(ns).stack.links.get(device).is_none() {
            return refuse(ENODEV);
        }
        if new.keep_alive.is_some() {
            self.tcp_arm(id);
        }
        Ok(())
    }

    /// bind(2).
    pub fn bind(&mut self, id: u32, ip: Ip, port: u16) -> Answer<()> {
        errno(self.bind_to(id, ip, port))
    }

    fn bind_to(&mut self, id: u32, ip: Ip, port: u16) -> Result<(), u32> {
        let socket = self.world.sockets.get(id).ok_or(EBADF)?;
        let ns = socket.ns;
        if socket.bound || (socket.kind == SocketKind::Tcp && socket.state() != SocketState::Close) {
            return Err(EINVAL);
        }
        if !socket.takes(ip) {
            return Err(EAFNOSUPPORT);
        }
        let (space, world) = self.both(ns);
        let kind = space.stack.addr_type(ip, 0);
        let ours = ip.is_unspecified() || matches!(kind, AddrType::Local | AddrType::Broadcast | AddrType::Multicast);
        let socket = world.sockets.get(id).ok_or(EBADF)?;
        let nonlocal = if ip.is_v4() { sysctl::IP_NONLOCAL_BIND } else { sysctl::IP6_NONLOCAL_BIND };
        let free = socket.options.transparent || space.stack.sysctls.is_on(nonlocal);
        if !ours && !free {
            return Err(EADDRNOTAVAIL);
        }
        if socket.kind == SocketKind::Raw {
            let socket = world.sockets.get_mut(id).ok_or(EBADF)?;
            socket.local = ip;
            return Ok(());
        }
        let mut claim = Claim::of(socket, ip, port);
        if port == 0 {
            let range = if socket.kind == SocketKind::Icmp { (1, 65_535) } else { space.stack.port_range() };
            claim.port = space.stack.ports.free_port(&claim, &world.sockets, (range, &mut world.random))?;
        } else {
            space.stack.ports.check(&claim, &world.sockets)?;
        }
        let socket = world.sockets.get_mut(id).ok_or(EBADF)?;
        socket.local = ip;
        socket.local_port = claim.port;
        socket.bound = true;
        space.stack.ports.add_bound(socket);
        Ok(())
    }

    /// A socket that sends or listens without a port gets one.
    pub fn bind_if_needed(&mut self, id: u32) -> Result<(), u32> {
        let socket = self.world.sockets.get(id).ok_or(EBADF)?;
        if socket.bound || socket.kind == SocketKind::Raw {
            return Ok(());
        }
        let local = socket.local;
        self.bind_to(id, local, 0)
    }

    /// listen(2).
    pub fn listen(&mut self, id: u32, backlog: u32) -> Answer<()> {
        match self.world.sockets.get(id).map(|socket| socket.kind) {
            Some(SocketKind::Tcp) => errno(self.tcp_listen(id, backlog)),
            Some(_) => refuse(EOPNOTSUPP),
            None => refuse(EBADF),
        }
    }

    /// connect(2).
    pub fn connect(&mut self, id: u32, ip: Ip, port: u16) -> Answer<()> {
        let Some(socket) = self.world.sockets.get(id) else { return refuse(EBADF) };
        if !socket.takes(ip) {
            return refuse(EAFNOSUPPORT);
        }
        let kind = socket.kind;
        // What is known by its device alone needs one (__ip6_datagram_connect, tcp_v6_connect); TCP knows no groups.
        let near = ip.is_link_local6() || kind != SocketKind::Tcp && ip.needs_device6() && (ip.0 >> 112) & 15 < 3;
        if near && socket.options.device.is_none() {
            return refuse(EINVAL);
        }
        self.world.connecting = id;
        let result = match kind {
            SocketKind::Tcp => self.tcp_connect(id, ip, port),
            _ => self.datagram_connect(id, ip, port),
        };
        self.run_queue();
        self.world.connecting = NONE;
        errno(result)
    }

    /// A datagram socket fixes its peer, and with it its own address (ip4_datagram_connect).
    fn datagram_connect(&mut self, id: u32, ip: Ip, port: u16) -> Result<(), u32> {
        let socket = self.world.sockets.get(id).ok_or(EBADF)?;
        let (ns, broadcast) = (socket.ns, socket.options.broadcast);
        let ip = ip.or_loopback();
        let key = socket.output_key(ip, port);
        let path = self.space(ns).stack.route_output(&key)?;
        if path.kind == crate::route::RouteType::Broadcast && !broadcast {
            return Err(EACCES);
        }
        self.bind_if_needed(id)?;
        let socket = self.world.sockets.get_mut(id).ok_or(EBADF)?;
        if socket.local.is_unspecified() {
            socket.local = path.src;
        }
        socket.remote = ip;
        socket.remote_port = port;
        socket.connected = true;
        Ok(())
    }

    /// accept(2): the oldest connection that is ready; EAGAIN where there is none.
    pub fn accept(&mut self, id: u32) -> Answer<u32> {
        let Some(tcp) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return refuse(EOPNOTSUPP) };
        if tcp.state != SocketState::Listen {
            return refuse(EINVAL);
        }
        let Some(child) = tcp.accepted.pop_front() else { return refuse(EAGAIN) };
        if let Some(tcp) = self.world.sockets.get_mut(child).and_then(Socket::tcp_mut) {
            tcp.orphan = false;
            tcp.listener = None;
        }
        Ok(child)
    }

    /// send(2), to the connected peer.
    pub fn send(&mut self, id: u32, data: &[u8]) -> Answer<u32> {
        let Some(socket) = self.world.sockets.get_mut(id) else { return refuse(EBADF) };
        let result = match socket.kind {
            SocketKind::Tcp => self.tcp_write(id, data),
            _ if !socket.connected => Err(EDESTADDRREQ),
            _ => {
                let target = Target { ip: socket.remote, port: socket.remote_port, from: Ip::ANY4 };
                match socket.take_error() {
                    Some(error) => Err(error),
                    None => self.send_datagram(id, data, target),
                }
            }
        };
        self.run_queue();
        errno(result)
    }

    /// sendto(2), sendmsg(2) with IP_PKTINFO.
    pub fn send_to(&mut self, id: u32, data: &[u8], target: Target) -> Answer<u32> {
        let Some(socket) = self.world.sockets.get_mut(id) else { return refuse(EBADF) };
        if socket.kind == SocketKind::Tcp {
            return refuse(EISCONN);
        }
        if let Some(error) = socket.take_error() {
            return refuse(error);
        }
        let result = self.send_datagram(id, data, target);
        self.run_queue();
        errno(result)
    }

    /// recv(2) on a stream: bytes, nothing at its end, EAGAIN before any came.
    pub fn receive_bytes(&mut self, id: u32, limit: usize) -> Answer<Vec<u8>> {
        let Some(socket) = self.world.sockets.get_mut(id) else { return refuse(EBADF) };
        let pending = socket.error;
        let Some(tcp) = socket.tcp_mut() else { return refuse(EOPNOTSUPP) };
        if !tcp.receive.is_empty() {
            let count = limit.min(tcp.receive.len());
            let bytes: Vec<u8> = tcp.receive.drain(..count).collect();
            let offered = tcp.rcv_wnd;
            let grown = tcp.offer();
            tcp.rcv_wnd = offered;
            if tcp.may_receive() && grown >= 2 * offered {
                self.tcp_ack(id);
                self.run_queue();
            }
            return Ok(bytes);
        }
        if pending != 0 {
            socket.error = 0;
            return refuse(pending);
        }
        match tcp.state {
            _ if tcp.fin_received => Ok(Vec::new()),
            SocketState::Close if tcp.iss != 0 => Ok(Vec::new()),
            SocketState::Close | SocketState::Listen => refuse(ENOTCONN),
            _ => refuse(EAGAIN),
        }
    }

    /// recvmsg(2) on a datagram socket.
    pub fn receive_from(&mut self, id: u32) -> Answer<Datagram> {
        errno(self.receive_datagram(id))
    }

    /// The oldest entry of the error queue (MSG_ERRQUEUE).
    pub fn take_socket_error(&mut self, id: u32) -> Option<SocketError> {
        self.world.sockets.get_mut(id)?.errors.pop_front()
    }

    /// shutdown(SHUT_WR).
    pub fn shutdown(&mut self, id: u32) -> Answer<()> {
        let Some(socket) = self.world.sockets.get(id) else { return refuse(EBADF) };
        let result = match socket.kind {
            SocketKind::Tcp => self.tcp_shutdown(id),
            _ if socket.connected => Ok(()),
            _ => Err(ENOTCONN),
        };
        self.run_queue();
        errno(result)
    }

    /// close(2).
    pub fn close(&mut self, id: u32) {
        match self.world.sockets.get(id).map(|socket| socket.kind) {
            Some(SocketKind::Tcp) => self.tcp_close(id),
            Some(_) => self.tcp_remove(id),
            None => {}
        }
        self.run_queue();
    }

    /// Ends every socket of a namespace without a word to anybody.
    pub fn close_all_sockets(&mut self, ns: u32) {
        let all: Vec<u32> =
            self.world.sockets.iter().filter(|socket| socket.ns == ns).map(|socket| socket.id).collect();
        for id in all {
            if let Some(socket) = self.world.sockets.remove(id) {
                self.space_mut(ns).stack.ports.remove(&socket);
            }
        }
    }

    /// What poll(2) and `ss` want to know; nothing for a socket that is gone.
    pub fn socket_view(&self, id: u32) -> Option<SocketView> {
        let socket = self.world.sockets.get(id)?;
        let tcp = socket.tcp.as_deref();
        let eof = tcp.is_some_and(|tcp| tcp.fin_received);
        let ended = tcp.is_some_and(|tcp| tcp.state == SocketState::Close && tcp.iss != 0);
        let readable = match tcp {
            Some(tcp) => !tcp.receive.is_empty() || !tcp.accepted.is_empty() || eof || ended,
            None => !socket.inbox.is_empty(),
        };
        let writable = match tcp {
            Some(tcp) => (tcp.may_send() && tcp.send.len() < super::tcp::SEND_BUFFER * 2 / 3) || ended,
            None => true,
        };
        let unread = socket.inbox.front().map_or(0, |(datagram, _)| datagram.data.0.len() as u32);
        Some(SocketView {
            id,
            family: socket.family,
            v6_only: socket.options.v6_only,
            kind: socket.kind,
            state: socket.state(),
            local: socket.local,
            local_port: socket.local_port,
            remote: socket.remote,
            remote_port: socket.remote_port,
            readable: readable || socket.error != 0,
            writable: writable || socket.error != 0,
            error: (socket.error != 0).then_some(socket.error),
            recv_queue: tcp.map_or(unread, |tcp| match tcp.state {
                SocketState::Listen => tcp.accepted.len() as u32,
                _ => tcp.receive.len() as u32,
            }),
            send_queue: tcp.map_or(0, |tcp| match tcp.state {
                SocketState::Listen => tcp.backlog,
                _ => tcp.send.len() as u32,
            }),
            eof,
            uid: socket.options.uid,
            tos: u32::from(socket.options.tos),
            mark: socket.options.mark,
            dev: socket.options.device.unwrap_or(0),
            timer: tcp.map_or(0, Tcp::timer_number),
            expires: tcp.map_or(0, |tcp| (tcp.timer_at.saturating_sub(self.world.now) / MILLISECOND) as u32),
            retries: tcp.map_or(0, |tcp| tcp.retries),
        })
    }

    /// Every socket of a namespace.
    pub fn sockets(&self, ns: u32) -> Log {
        let mut log = Log::default();
        for socket in self.world.sockets.iter().filter(|socket| socket.ns == ns) {
            if let Some(view) = self.socket_view(socket.id) {
                log.add(&view);
            }
        }
        log
    }
}
