//! What time does to a connection: retransmission, giving up, keepalive, the end of TIME-WAIT.

use super::output::Segment;
use super::{Timer, RTO_FIRST, RTO_MAX};
use crate::errno::ETIMEDOUT;
use crate::export::records::SocketState;
use crate::fabric::{Fabric, SECOND};
use crate::socket::Socket;
use crate::sysctl;
use crate::wire::packet::tcp;

impl Fabric {
    /// A TCP timer is due.
    pub fn tcp_timer(&mut self, id: u32, generation: u32) {
        let now = self.world.now;
        let Some(socket) = self.world.sockets.get_mut(id) else { return };
        let ns = socket.ns;
        let Some(connection) = socket.tcp_mut() else { return };
        if generation == u32::MAX && (1..=now).contains(&connection.ack_at) {
            return self.tcp_ack(id);
        }
        if connection.generation != generation {
            return;
        }
        let timer = std::mem::replace(&mut connection.timer, Timer::None);
        match timer {
            Timer::End => self.tcp_remove(id),
            Timer::Retransmit => self.tcp_retransmit(ns, id),
            Timer::KeepAlive => self.tcp_keep_alive(ns, id),
            Timer::None => {}
        }
    }

    /// A silent connection is asked for a sign of life, some times over, then given up (tcp_keepalive_timer).
    fn tcp_keep_alive(&mut self, ns: u32, id: u32) {
        let now = self.world.now;
        let stack = &self.space(ns).stack;
        let silence = stack.sysctl(sysctl::TCP_KEEPALIVE_TIME) as u64 * SECOND;
        let interval = stack.sysctl(sysctl::TCP_KEEPALIVE_INTVL) as u64 * SECOND;
        let probes = stack.sysctl(sysctl::TCP_KEEPALIVE_PROBES) as u32;
        let Some(connection) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return };
        if now < connection.heard + silence {
            connection.retries = 0;
            let at = connection.heard + silence;
            return self.tcp_set_timer(id, Timer::KeepAlive, at);
        }
        if connection.retries >= probes {
            return self.tcp_fail(id, ETIMEDOUT);
        }
        connection.retries += 1;
        let seq = connection.snd_nxt.wrapping_sub(1);
        // A lost probe is followed by another.
        let _ = self.tcp_send_segment(id, Segment::bare(tcp::ACK, seq));
        self.tcp_set_timer(id, Timer::KeepAlive, now + interval);
    }

    /// Nothing came back in time (tcp_retransmit_timer): again, twice as patiently, until the sysctls say it is enough.
    fn tcp_retransmit(&mut self, ns: u32, id: u32) {
        let stack = &self.space(ns).stack;
        let linear = stack.sysctl(sysctl::TCP_SYN_LINEAR_TIMEOUTS) as u32;
        let syns = stack.sysctl(sysctl::TCP_SYN_RETRIES) as u32 + linear;
        let syn_acks = stack.sysctl(sysctl::TCP_SYNACK_RETRIES) as u32;
        let others = stack.sysctl(sysctl::TCP_RETRIES2) as u32;
        let Some(connection) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return };
        let state = connection.state;
        let limit = match state {
            SocketState::SynSent => syns,
            SocketState::SynRecv => syn_acks,
            _ => others,
        };
        if connection.retries >= limit {
            let error = if connection.soft_error != 0 { connection.soft_error } else { ETIMEDOUT };
            return if state == SocketState::SynRecv { self.tcp_remove(id) } else { self.tcp_fail(id, error) };
        }
        connection.retries += 1;
        let steady = state == SocketState::SynSent && connection.retries <= linear;
        connection.rto = if steady { RTO_FIRST } else { (connection.rto * 2).min(RTO_MAX) };
        let at = self.world.now + connection.rto;
        let iss = connection.iss;
        let segment = match state {
            SocketState::SynSent => Segment::bare(tcp::SYN, iss),
            SocketState::SynRecv => Segment::bare(tcp::SYN | tcp::ACK, iss),
            _ if connection.flight() == 0 => Segment::bare(tcp::ACK, connection.snd_una.wrapping_sub(1)),
            _ => {
                connection.ssthresh = (connection.cwnd / 2).max(2);
                connection.cwnd = 1;
                connection.timed = None;
                connection.first_unacknowledged()
            }
        };
        // The timer below sends it again.
        let _ = self.tcp_send_segment(id, segment);
        self.tcp_set_timer(id, Timer::Retransmit, at);
    }
}
