//! Segments on their way in (tcp_v4_rcv, tcp_rcv_established, tcp_rcv_state_process).

use super::output::{is_new_ack, Segment};
use super::{before, Early, Tcp, Timer, RTO_MAX, RTO_MIN, TIME_WAIT};
use crate::errno::{ECONNREFUSED, ECONNRESET, EPIPE};
use crate::export::records::SocketState;
use crate::fabric::Fabric;
use crate::filter::AddrType;
use crate::link::Place;
use crate::pipeline::local::Birth;
use crate::pipeline::reject::answer_segment;
use crate::socket::errors::Told;
use crate::socket::Socket;
use crate::sysctl;
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::{packet, proto, tcp, KERNEL_SOCKET};
use crate::wire::{Packet, Parcel, NONE};

impl Fabric {
    /// A segment for this host: to its connection, its listener, or refused.
    pub fn tcp_deliver(&mut self, place: Place, mut packet: Parcel) {
        if packet.bad_checksum {
            return self.drop(place, packet, Layer::Local, Reason::BadChecksum);
        }
        let (space, world) = self.both(place.ns);
        // An anycast address is nobody in particular: no connection, no reset (ipv6_unicast_destination).
        if !packet.dst.is_v4() && space.stack.addr_type(packet.dst, 0) == AddrType::Anycast {
            return self.drop(place, packet, Layer::Socket, Reason::NoSocket);
        }
        let Some(id) = space.stack.ports.for_packet(&packet, &world.sockets) else {
            // The flow is the answer's alone from here on: a RST ends it and still carries it.
            self.space_mut(place.ns).hooks.release(&mut packet);
            self.tcp_refuse_segment(place, &packet);
            return self.drop(place, packet, Layer::Socket, Reason::NoSocket);
        };
        let Some(socket) = world.sockets.get_mut(id) else { return };
        if packet.trace != 0 && socket.state() != SocketState::Listen {
            socket.trace = packet.trace;
        }
        let state = socket.state();
        if state == SocketState::TimeWait && packet.flags & (tcp::SYN | tcp::RST | tcp::ACK) == tcp::SYN {
            return self.tcp_call_again((place, id), packet);
        }
        self.world.note(place, &packet, Layer::Socket, Action::Delivered);
        match state {
            SocketState::Listen => self.tcp_listen_input((place, id), packet),
            SocketState::SynSent => self.tcp_syn_sent((place, id), packet),
            _ => self.tcp_input((place, id), packet),
        }
    }

    /// A RST for a segment that nobody expects (tcp_v4_send_reset).
    pub fn tcp_refuse_segment(&mut self, place: Place, packet: &Packet) {
        let stack = &mut self.space_mut(place.ns).stack;
        let group = packet.dst.is_multicast() || stack.addr_type(packet.dst, 0) == crate::filter::AddrType::Broadcast;
        if packet.flags & tcp::RST != 0 || group {
            return;
        }
        let mut reset = packet! {
            src: packet.dst,
            dst: packet.src,
            sport: packet.dport,
            dport: packet.sport,
            ttl: 0,
            proto: proto::TCP,
            tos: packet.tos & 0xfc,
            dont_fragment: true,
            mark: stack.reply_mark(packet),
            // tcp_v6_send_response gives its segment to no socket.
            socket: if packet.dst.is_v4() { KERNEL_SOCKET } else { NONE },
            trace: packet.trace,
            hops: packet.hops,
        };
        answer_segment(packet, &mut reset);
        let reset = self.world.pool.begin(reset);
        // A reset that cannot be sent is not sent.
        let _ = self.send_born(Birth { ns: place.ns, oif: packet.way_back(), flags: Birth::ANY_SOURCE }, reset);
    }

    fn tcp_listen_input(&mut self, at: (Place, u32), packet: Parcel) {
        let syn = packet.flags & (tcp::SYN | tcp::ACK | tcp::RST | tcp::FIN);
        match syn {
            tcp::SYN => self.tcp_syn_received(at, packet),
            _ if packet.flags & tcp::ACK != 0 && packet.flags & tcp::RST == 0 => {
                self.tcp_refuse_segment(at.0, &packet);
                self.finish(at.0.ns, packet)
            }
            _ => self.drop(at.0, packet, Layer::Socket, Reason::BadState),
        }
    }

    /// A SYN for a connection in TIME-WAIT, with a later number: the old one makes room (tcp_timewait_state_process).
    fn tcp_call_again(&mut self, (place, id): (Place, u32), packet: Parcel) {
        let later = self
            .world
            .sockets
            .get_mut(id)
            .and_then(Socket::tcp_mut)
            .is_some_and(|tcp| !before(packet.seq, tcp.rcv_nxt));
        if !later {
            self.tcp_ack(id);
            return self.drop(place, packet, Layer::Socket, Reason::BadState);
        }
        self.tcp_remove(id);
        self.tcp_deliver(place, packet);
    }

    /// Everything but the first segments.
    fn tcp_input(&mut self, (place, id): (Place, u32), packet: Parcel) {
        let now = self.world.now;
        let Some(connection) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return };
        connection.heard = now;
        if !is_acceptable(connection, &packet) {
            let quiet = packet.flags & tcp::RST != 0;
            self.finish(place.ns, packet);
            if !quiet {
                self.tcp_reack(id);
            }
            return;
        }
        if packet.flags & tcp::RST != 0 {
            let exact = packet.seq == connection.rcv_nxt;
            self.finish(place.ns, packet);
            return if exact { self.tcp_reset_received(id) } else { self.tcp_ack(id) };
        }
        if packet.flags & tcp::SYN != 0 {
            self.finish(place.ns, packet);
            return self.tcp_reack(id);
        }
        if packet.flags & tcp::ACK == 0 {
            return self.drop(place, packet, Layer::Socket, Reason::BadState);
        }
        if connection.state == SocketState::SynRecv {
            if packet.ack != connection.iss.wrapping_add(1) {
                self.tcp_refuse_segment(place, &packet);
                return self.finish(place.ns, packet);
            }
            if !self.tcp_syn_acked(id, &packet) {
                return self.drop(place, packet, Layer::Socket, Reason::BacklogFull);
            }
        }
        if let Some(connection) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) {
            if let Some((value, _)) = packet.timestamps.filter(|_| !before(connection.rcv_nxt, packet.seq)) {
                connection.ts_recent = value;
            }
        }
        if self.tcp_ack_received(id, &packet) {
            let answer = self.tcp_take_data(id, &packet);
            self.finish(place.ns, packet);
            self.tcp_push(id);
            return match answer {
                Answer::None => {}
                Answer::Soon => self.tcp_ack_soon(id),
                Answer::Now => self.tcp_ack(id),
            };
        }
        self.finish(place.ns, packet);
    }

    /// The acknowledgement and the window; false when the connection ended with it.
    fn tcp_ack_received(&mut self, id: u32, packet: &Packet) -> bool {
        let now = self.world.now;
        let Some(socket) = self.world.sockets.get_mut(id) else { return false };
        let Some(tcp) = socket.tcp_mut() else { return false };
        if before(tcp.snd_nxt, packet.ack) {
            self.tcp_ack(id);
            return false;
        }
        let window = u32::from(packet.window) << tcp.snd_scale;
        let mut again = None;
        if is_new_ack(tcp, packet.ack) {
            tcp.acknowledge(packet.ack, now);
            self.world.sockets.wake(id);
        } else if packet.ack == tcp.snd_una && packet.payload_len == 0 && tcp.flight() > 0 && window == tcp.snd_wnd {
            again = tcp.count_duplicate();
        }
        let Some(tcp) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return false };
        tcp.snd_wnd = window;
        let done = tcp.fin_sent && tcp.snd_una == tcp.snd_nxt;
        let (state, orphan) = (tcp.state, tcp.orphan);
        if let Some(segment) = again {
            let _ = self.tcp_send_segment(id, segment);
        }
        match (state, done) {
            (SocketState::FinWait1, true) => self.tcp_fin_acked(id, orphan),
            (SocketState::Closing, true) => self.tcp_time_wait(id),
            (SocketState::LastAck, true) => {
                self.tcp_remove(id);
                return false;
            }
            _ => {}
        }
        true
    }

    fn tcp_fin_acked(&mut self, id: u32, orphan: bool) {
        let Some(socket) = self.world.sockets.get_mut(id) else { return };
        let ns = socket.ns;
        let Some(tcp) = socket.tcp_mut() else { return };
        tcp.state = SocketState::FinWait2;
        tcp.stop_timer();
        if orphan {
            self.tcp_await_fin(id, ns);
        }
    }

    pub fn tcp_time_wait(&mut self, id: u32) {
        let Some(tcp) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return };
        tcp.state = SocketState::TimeWait;
        let at = self.world.now + TIME_WAIT;
        self.tcp_set_timer(id, Timer::End, at);
    }

    /// Data and FIN, and how they are acknowledged.
    fn tcp_take_data(&mut self, id: u32, packet: &Packet) -> Answer {
        let fin = packet.flags & tcp::FIN != 0;
        if packet.payload_len == 0 && !fin {
            return Answer::None;
        }
        let now = self.world.now;
        let data = self.world.pool.data(packet).to_vec();
        let Some(socket) = self.world.sockets.get_mut(id) else { return Answer::None };
        let Some(connection) = socket.tcp_mut() else { return Answer::None };
        if !connection.may_receive() {
            return Answer::Now;
        }
        if connection.orphan && connection.listener.is_none() && !data.is_empty() {
            // Nobody is left to read it (tcp_rcv_state_process: abort on data after close).
            let seq = connection.snd_nxt;
            let _ = self.tcp_send_segment(id, Segment::bare(tcp::RST, seq));
            self.tcp_remove(id);
            return Answer::None;
        }
        connection.fed(u32::from(packet.payload_len), now);
        connection.early.push(Early { seq: packet.seq, data, fin });
        let ended = connection.take_early();
        // What was there already is acknowledged at once.
        let soon = connection.rcv_nxt != connection.rcv_acked;
        self.world.sockets.wake(id);
        if ended {
            self.tcp_fin_received(id);
        }
        if soon {
            Answer::Soon
        } else {
            Answer::Now
        }
    }

    /// tcp_fin: the other side's end waits for ours to go along with its acknowledgement, if we are still open.
    fn tcp_fin_received(&mut self, id: u32) {
        let Some(tcp) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return };
        tcp.in_turn = tcp.state == SocketState::Established;
        match tcp.state {
            SocketState::Established => tcp.state = SocketState::CloseWait,
            SocketState::FinWait1 => tcp.state = SocketState::Closing,
            SocketState::FinWait2 => self.tcp_time_wait(id),
            _ => {}
        }
    }

    /// tcp_reset: what a program is told depends on how far the connection was.
    fn tcp_reset_received(&mut self, id: u32) {
        let Some(tcp) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return };
        let error = match tcp.state {
            SocketState::SynRecv => return self.tcp_remove(id),
            SocketState::SynSent => ECONNREFUSED,
            SocketState::CloseWait => EPIPE,
            _ => ECONNRESET,
        };
        self.tcp_fail(id, error);
    }

    /// An ICMP error about one of our segments (tcp_v4_err).
    pub fn tcp_error(&mut self, (place, id): (Place, u32), packet: &Packet, (inner, told): (&Packet, Told)) {
        let Some(socket) = self.world.sockets.get_mut(id) else { return };
        let Some(tcp) = socket.tcp_mut() else { return };
        let in_window = !before(inner.seq, tcp.snd_una) && !before(tcp.snd_nxt, inner.seq);
        if tcp.state == SocketState::Listen || !in_window {
            return;
        }
        if told.errno == crate::errno::EMSGSIZE {
            return self.tcp_narrow(place.ns, id, packet.seq & 0xffff);
        }
        match tcp.state {
            // Else tcp_v6_err finds the socket locked by its own connect: the next SYN may be told again.
            SocketState::SynSent if id != self.world.connecting || inner.dst.is_v4() => {
                self.queue_error(id, (packet, inner), told);
                self.tcp_fail(id, told.errno);
            }
            SocketState::SynRecv => self.tcp_remove(id),
            _ => {
                tcp.soft_error = told.errno;
                self.queue_error(id, (packet, inner), told);
            }
        }
    }

    /// The path is narrower than thought: shorter segments, and again from the first unacknowledged byte.
    fn tcp_narrow(&mut self, ns: u32, id: u32, mtu: u32) {
        let least = self.space(ns).stack.sysctl(sysctl::ROUTE_MIN_PMTU) as u32;
        let Some(socket) = self.world.sockets.get_mut(id) else { return };
        let v4 = socket.remote.is_v4();
        let Some(tcp) = socket.tcp_mut() else { return };
        let mss = mtu.max(least) - if v4 { 40 } else { 60 } - if tcp.stamps { 12 } else { 0 };
        if mss >= tcp.mss {
            return;
        }
        tcp.mss = mss;
        tcp.go_back();
        self.tcp_push(id);
    }

    /// An acknowledgement in answer to something odd; in TIME-WAIT it also begins anew.
    fn tcp_reack(&mut self, id: u32) {
        let state = self.world.sockets.get(id).map(Socket::state);
        match state {
            Some(SocketState::SynRecv) => {
                let iss = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut).map_or(0, |tcp| tcp.iss);
                let _ = self.tcp_send_segment(id, Segment::bare(tcp::SYN | tcp::ACK, iss));
            }
            Some(SocketState::TimeWait) => {
                self.tcp_ack(id);
                self.tcp_time_wait(id);
            }
            _ => self.tcp_ack(id),
        }
    }
}

/// How a segment is acknowledged.
enum Answer {
    None,
    Soon,
    Now,
}

/// RFC 9293 3.10.7.4: some of the segment lies in the receive window.
fn is_acceptable(tcp: &Tcp, packet: &Packet) -> bool {
    let length = u32::from(packet.payload_len)
        + u32::from(packet.flags & tcp::FIN != 0)
        + u32::from(packet.flags & tcp::SYN != 0);
    let end = packet.seq.wrapping_add(length);
    let window_end = tcp.rcv_nxt.wrapping_add(tcp.rcv_wnd);
    !before(end, tcp.rcv_nxt) && !before(window_end, packet.seq) && (length == 0 || end != tcp.rcv_nxt)
}

impl Tcp {
    /// Bytes up to `ack` are over there.
    fn acknowledge(&mut self, ack: u32, now: u64) {
        let advance = ack.wrapping_sub(self.snd_una);
        let bytes = (advance as usize).min(self.send.len());
        self.send.drain(..bytes);
        self.snd_una = ack;
        self.duplicates = 0;
        self.retries = 0;
        self.soft_error = 0;
        let segments = (bytes as u32).div_ceil(self.mss.max(1));
        self.cwnd += if self.cwnd < self.ssthresh { segments } else { u32::from(segments > 0) };
        if let Some((sent, end)) = self.timed.filter(|(_, end)| !before(ack, *end)) {
            let _ = end;
            self.timed = None;
            self.measure(now - sent);
        }
        self.stop_timer();
    }

    /// RFC 6298.
    fn measure(&mut self, rtt: u64) {
        if self.srtt == 0 {
            self.srtt = rtt.max(1);
            self.rttvar = rtt / 2;
        } else {
            self.rttvar = (3 * self.rttvar + self.srtt.abs_diff(rtt)) / 4;
            self.srtt = (7 * self.srtt + rtt) / 8;
        }
        self.rto = (self.srtt + (4 * self.rttvar).max(RTO_MIN)).clamp(RTO_MIN, RTO_MAX);
    }

    /// The third duplicate acknowledgement sends the first unacknowledged segment again (fast retransmit).
    fn count_duplicate(&mut self) -> Option<Segment> {
        self.duplicates += 1;
        if self.duplicates != 3 {
            return None;
        }
        self.ssthresh = (self.cwnd / 2).max(2);
        self.cwnd = self.ssthresh;
        self.timed = None;
        Some(self.first_unacknowledged())
    }

    /// The oldest segment that was not acknowledged.
    pub fn first_unacknowledged(&self) -> Segment {
        let length = (self.send.len() as u32).min(self.mss).min(self.flight());
        let fin = self.fin_sent && length as usize == self.send.len();
        let flags = tcp::ACK | if fin { tcp::FIN } else { 0 } | if length != 0 { tcp::PSH } else { 0 };
        Segment { flags, seq: self.snd_una, start: 0, length: length as usize }
    }

    /// Sends everything unacknowledged once more.
    pub fn go_back(&mut self) {
        self.snd_nxt = self.snd_una;
        self.fin_sent = false;
        self.timed = None;
    }

    /// Moves what is in order to the receive buffer; true when the stream ended with it.
    fn take_early(&mut self) -> bool {
        while let Some(at) = self.early.iter().position(|early| !before(self.rcv_nxt, early.seq)) {
            let early = self.early.remove(at);
            let known = self.rcv_nxt.wrapping_sub(early.seq) as usize;
            if known > early.data.len() {
                continue;
            }
            let room = self.rcv_wnd as usize;
            let new = &early.data[known..];
            let taken = new.len().min(room);
            self.receive.extend_from_slice(&new[..taken]);
            self.rcv_nxt = self.rcv_nxt.wrapping_add(taken as u32);
            self.rcv_wnd -= taken as u32;
            if early.fin && taken == new.len() && !self.fin_received {
                self.rcv_nxt = self.rcv_nxt.wrapping_add(1);
                self.fin_received = true;
                self.early.clear();
                return true;
            }
        }
        false
    }
}
