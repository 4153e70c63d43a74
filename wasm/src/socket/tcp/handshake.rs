//! Beginnings: connect, listen, the three segments, and children of a listener.

use super::output::Segment;
use super::{Tcp, Timer, RTO_FIRST, WINDOW_SCALE};
use crate::errno::{ECONNREFUSED, EISCONN};
use crate::export::records::{SocketKind, SocketState};
use crate::fabric::Fabric;
use crate::link::Place;
use crate::namespace::{Path, Stack};
use crate::pipeline::routing::OutputKey;
use crate::socket::ports::Claim;
use crate::socket::Socket;
use crate::sysctl;
use crate::trace::{Layer, Reason};
use crate::wire::packet::{proto, tcp};
use crate::wire::{Ip, Packet, Parcel};

impl Stack {
    /// The MSS we offer on a path: what its MTU leaves, or the route's `advmss`.
    pub fn advertised_mss(&self, path: &Path) -> u16 {
        let mtu = self.links.get(path.oif).map_or(1500, |device| device.mtu).min(65_535);
        let v4 = path.src.is_v4();
        let least = self.sysctl(if v4 { sysctl::ROUTE_MIN_ADV_MSS } else { sysctl::ROUTE6_MIN_ADV_MSS }) as u32;
        let mss = (mtu - if v4 { 40 } else { 60 }).max(least);
        if path.advmss != 0 {
            path.advmss.min(65_495) as u16
        } else {
            mss.min(65_495) as u16
        }
    }
}

impl Fabric {
    /// connect(2): binds, sends the SYN. Whether it works out shows later.
    pub fn tcp_connect(&mut self, id: u32, remote: Ip, port: u16) -> Result<(), u32> {
        let socket = self.world.sockets.get(id).ok_or(crate::errno::EBADF)?;
        let ns = socket.ns;
        match socket.state() {
            SocketState::Close => {}
            SocketState::SynSent => return Err(crate::errno::EAGAIN),
            _ => return Err(EISCONN),
        }
        let remote = remote.or_loopback();
        let key = socket.output_key(remote, port);
        let path = self.space(ns).stack.route_output(&key)?;
        if path.kind == crate::route::RouteType::Broadcast || path.kind == crate::route::RouteType::Multicast {
            return Err(crate::errno::ENETUNREACH);
        }
        self.tcp_take_ends(id, (path.src, remote, port))?;
        let iss = self.world.random.draw().max(1);
        let stack = &self.space(ns).stack;
        let mss = stack.advertised_mss(&path);
        let wishes = Wishes::of(stack);
        let Some(tcp) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return Ok(()) };
        tcp.begin(iss, mss, wishes);
        tcp.state = SocketState::SynSent;
        // Loss is the timer's business; a refusal by our own rules is not told either.
        let _ = self.tcp_send_segment(id, Segment::bare(tcp::SYN, iss));
        self.tcp_arm(id);
        Ok(())
    }

    /// Fixes both ends of a connection; EADDRINUSE or EADDRNOTAVAIL where no port is left.
    fn tcp_take_ends(&mut self, id: u32, (local, remote, port): (Ip, Ip, u16)) -> Result<(), u32> {
        let ns = self.world.sockets.get(id).map_or(0, |socket| socket.ns);
        let (space, world) = self.both(ns);
        let socket = world.sockets.get(id).ok_or(crate::errno::EBADF)?;
        let own = match socket.local_port {
            0 => {
                let range = space.stack.port_range();
                space.stack.ports.connect_port(local, (remote, port), (range, &mut world.random))?
            }
            own => own,
        };
        if let Some(other) = space.stack.ports.has_flow((local, own), (remote, port)) {
            let waits = world.sockets.get(other).is_some_and(|socket| socket.state() == SocketState::TimeWait);
            if !waits {
                return Err(crate::errno::EADDRNOTAVAIL);
            }
            if let Some(old) = world.sockets.remove(other) {
                space.stack.ports.remove(&old);
            }
        }
        let socket = world.sockets.get_mut(id).ok_or(crate::errno::EBADF)?;
        socket.local = local;
        socket.local_port = own;
        socket.remote = remote;
        socket.remote_port = port;
        socket.connected = true;
        space.stack.ports.add_flow(socket);
        Ok(())
    }

    /// listen(2): a socket without a port gets one.
    pub fn tcp_listen(&mut self, id: u32, backlog: u32) -> Result<(), u32> {
        self.bind_if_needed(id)?;
        let ns = self.world.sockets.get(id).map_or(0, |socket| socket.ns);
        let (space, world) = self.both(ns);
        let most = space.stack.sysctl(sysctl::SOMAXCONN) as u32;
        let socket = world.sockets.get_mut(id).ok_or(crate::errno::EBADF)?;
        let state = socket.state();
        if !matches!(state, SocketState::Close | SocketState::Listen) {
            return Err(crate::errno::EINVAL);
        }
        let claim = Claim::of(socket, socket.local, socket.local_port);
        space.stack.ports.check(&claim, &world.sockets)?;
        let Some(tcp) = world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return Ok(()) };
        tcp.state = SocketState::Listen;
        tcp.backlog = backlog.min(most);
        Ok(())
    }

    /// A SYN for a listener: a child that answers it. Full queues let it fall (tcp_conn_request).
    pub fn tcp_syn_received(&mut self, (place, listener): (Place, u32), packet: Parcel) {
        let ns = place.ns;
        let Some(parent) = self.world.sockets.get_mut(listener) else { return };
        let (mut options, family) = (parent.options, parent.family);
        if packet.way_back() != 0 {
            options.device = Some(packet.iif);
        }
        let Some(queue) = parent.tcp_mut() else { return };
        if queue.accepted.len() as u32 > queue.backlog || queue.half_open > queue.backlog.max(8) {
            return self.drop(place, packet, Layer::Socket, Reason::BacklogFull);
        }
        queue.half_open += 1;
        let key = OutputKey {
            src: packet.dst,
            oif: options.device.unwrap_or(0),
            any_source: true,
            ..OutputKey::to(packet.src)
        };
        let Ok(path) = self.space(ns).stack.route_output(&key) else {
            if let Some(queue) = self.world.sockets.get_mut(listener).and_then(Socket::tcp_mut) {
                queue.half_open -= 1;
            }
            return self.drop(place, packet, Layer::Socket, Reason::NoRoute);
        };
        let mss = self.space(ns).stack.advertised_mss(&path);
        let wishes = Wishes::of(&self.space(ns).stack);
        let iss = self.world.random.draw().max(1);
        let id = self.world.sockets.insert(ns, SocketKind::Tcp, (family, proto::TCP));
        let (space, world) = self.both(ns);
        let Some(child) = world.sockets.get_mut(id) else { return };
        child.options = options;
        child.local = packet.dst;
        child.local_port = packet.dport;
        child.remote = packet.src;
        child.remote_port = packet.sport;
        child.connected = true;
        child.trace = packet.trace;
        let mut connection = Tcp::new();
        connection.begin(iss, mss, wishes);
        connection.agree(&packet);
        connection.state = SocketState::SynRecv;
        connection.listener = Some(listener);
        connection.orphan = true;
        child.tcp = Some(Box::new(connection));
        space.stack.ports.add_flow(child);
        self.finish(ns, packet);
        // A lost answer is sent again by the timer.
        let _ = self.tcp_send_segment(id, Segment::bare(tcp::SYN | tcp::ACK, iss));
        let at = self.world.now + RTO_FIRST;
        self.tcp_set_timer(id, Timer::Retransmit, at);
    }

    /// The answer to our SYN; false when it is none.
    pub fn tcp_syn_sent(&mut self, (place, id): (Place, u32), packet: Parcel) {
        let Some(connection) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return };
        let acks = packet.flags & tcp::ACK != 0;
        let right = acks && packet.ack == connection.iss.wrapping_add(1);
        if acks && !right {
            self.tcp_refuse_segment(place, &packet);
            return self.finish(place.ns, packet);
        }
        if packet.flags & tcp::RST != 0 {
            self.finish(place.ns, packet);
            if right {
                self.tcp_fail(id, ECONNREFUSED);
            }
            return;
        }
        if packet.flags & tcp::SYN == 0 {
            return self.drop(place, packet, Layer::Socket, Reason::BadState);
        }
        connection.agree(&packet);
        if !right {
            // Both sides called at once (RFC 9293 3.5, figure 7).
            connection.state = SocketState::SynRecv;
            let iss = connection.iss;
            self.finish(place.ns, packet);
            let _ = self.tcp_send_segment(id, Segment::bare(tcp::SYN | tcp::ACK, iss));
            return;
        }
        connection.snd_una = packet.ack;
        connection.establish(u32::from(packet.window));
        self.finish(place.ns, packet);
        self.world.sockets.wake(id);
        self.tcp_ack(id);
        self.tcp_push(id);
    }

    /// The last segment of the handshake: the child is handed to its listener, or waits for room in the queue.
    pub fn tcp_syn_acked(&mut self, id: u32, packet: &Packet) -> bool {
        let Some(child) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return false };
        let listener = child.listener;
        if let Some(listener) = listener {
            let Some(queue) = self.world.sockets.get_mut(listener).and_then(Socket::tcp_mut) else { return false };
            if queue.accepted.len() as u32 > queue.backlog {
                return false;
            }
            queue.half_open = queue.half_open.saturating_sub(1);
            queue.accepted.push_back(id);
            self.world.sockets.wake(listener);
        }
        let Some(child) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return false };
        child.snd_una = packet.ack;
        let window = u32::from(packet.window) << child.snd_scale;
        child.establish(window);
        self.world.sockets.wake(id);
        true
    }
}

/// What the namespace's sysctls let a connection offer.
#[derive(Clone, Copy)]
pub struct Wishes {
    scale: bool,
    stamps: bool,
    sack: bool,
}

impl Wishes {
    fn of(stack: &Stack) -> Wishes {
        let on = |number| stack.sysctls.is_on(number);
        Wishes { scale: on(sysctl::TCP_WINDOW_SCALING), stamps: on(sysctl::TCP_TIMESTAMPS), sack: on(sysctl::TCP_SACK) }
    }
}

impl Tcp {
    /// Before the first segment.
    fn begin(&mut self, iss: u32, mss: u16, wishes: Wishes) {
        self.iss = iss;
        self.snd_una = iss;
        self.snd_nxt = iss.wrapping_add(1);
        self.adv_mss = mss;
        self.mss = u32::from(mss);
        self.rcv_scale = if wishes.scale { WINDOW_SCALE } else { 0 };
        self.stamps = wishes.stamps;
        self.sack_ok = wishes.sack;
    }

    /// What both sides offered is agreed on.
    fn agree(&mut self, syn: &Packet) {
        self.rcv_nxt = syn.seq.wrapping_add(1);
        let theirs = if syn.mss != 0 { u32::from(syn.mss) } else { 536 };
        self.stamps &= syn.timestamps.is_some();
        self.sack_ok &= syn.sack_ok;
        self.ts_recent = syn.timestamps.map_or(0, |(value, _)| value);
        self.mss = theirs.min(u32::from(self.adv_mss)) - if self.stamps { 12 } else { 0 };
        if syn.wscale == 0 {
            self.rcv_scale = 0;
        }
        self.snd_scale = if self.rcv_scale != 0 { syn.wscale - 1 } else { 0 };
        self.snd_wnd = u32::from(syn.window);
    }

    fn establish(&mut self, window: u32) {
        self.state = SocketState::Established;
        self.snd_wnd = window;
        self.retries = 0;
        self.rto = RTO_FIRST;
        self.timed = None;
        self.stop_timer();
    }
}
