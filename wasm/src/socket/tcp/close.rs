//! Ends: shutdown, close, reset, failure.

use super::output::Segment;
use super::Timer;
use crate::errno::ENOTCONN;
use crate::export::records::SocketState;
use crate::fabric::{Fabric, SECOND};
use crate::socket::Socket;
use crate::sysctl;
use crate::wire::packet::tcp;

impl Fabric {
    /// shutdown(SHUT_WR): a FIN behind what is still to be sent.
    pub fn tcp_shutdown(&mut self, id: u32) -> Result<(), u32> {
        let Some(connection) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return Err(ENOTCONN) };
        match connection.state {
            SocketState::Established => connection.state = SocketState::FinWait1,
            SocketState::CloseWait => connection.state = SocketState::LastAck,
            SocketState::SynSent | SocketState::Close | SocketState::Listen => return Err(ENOTCONN),
            _ => return Ok(()),
        }
        connection.fin_wanted = true;
        self.tcp_push(id);
        Ok(())
    }

    /// close(2) (tcp_close): a listener takes its children along; unread bytes or SO_LINGER 0 make it a reset.
    pub fn tcp_close(&mut self, id: u32) {
        let Some(socket) = self.world.sockets.get_mut(id) else { return };
        let (abort, ns) = (socket.options.abort, socket.ns);
        let Some(connection) = socket.tcp_mut() else { return };
        connection.orphan = true;
        connection.listener = None;
        match connection.state {
            SocketState::Listen => self.tcp_close_listener(id),
            SocketState::Close | SocketState::SynSent => self.tcp_remove(id),
            SocketState::TimeWait | SocketState::LastAck | SocketState::Closing => {}
            _ if abort || !connection.receive.is_empty() => self.tcp_abort(id),
            SocketState::FinWait2 => self.tcp_await_fin(id, ns),
            SocketState::FinWait1 => {}
            // The states left are those in which a shutdown always works.
            _ => drop(self.tcp_shutdown(id)),
        }
    }

    /// A connection whose user is gone waits no longer than this for the other side's FIN.
    #[inline(never)]
    pub fn tcp_await_fin(&mut self, id: u32, ns: u32) {
        let wait = self.space(ns).stack.sysctl(sysctl::TCP_FIN_TIMEOUT) as u64 * SECOND;
        self.tcp_set_timer(id, Timer::End, self.world.now + wait);
    }

    fn tcp_close_listener(&mut self, id: u32) {
        let children: Vec<u32> = self
            .world
            .sockets
            .iter()
            .filter(|socket| socket.tcp.as_deref().is_some_and(|tcp| tcp.listener == Some(id)))
            .map(|socket| socket.id)
            .collect();
        for child in children {
            self.tcp_abort(child);
        }
        self.tcp_remove(id);
    }

    /// Sends a RST and forgets the connection.
    pub fn tcp_abort(&mut self, id: u32) {
        let Some(connection) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return };
        let seq = connection.snd_nxt;
        if !matches!(connection.state, SocketState::SynRecv | SocketState::Close) {
            // Nobody waits for the outcome of a reset.
            let _ = self.tcp_send_segment(id, Segment::bare(tcp::RST | tcp::ACK, seq));
        }
        self.tcp_remove(id);
    }

    /// The connection is over with an error: the program sees it, or nobody is left to.
    pub fn tcp_fail(&mut self, id: u32, error: u32) {
        let Some(socket) = self.world.sockets.get_mut(id) else { return };
        let ns = socket.ns;
        let waiting = socket.tcp.as_deref().is_some_and(|tcp| tcp.orphan && tcp.listener.is_none());
        if waiting {
            return self.tcp_remove(id);
        }
        socket.error = error;
        if let Some(connection) = socket.tcp_mut() {
            connection.stop_timer();
            connection.state = SocketState::Close;
            connection.send.clear();
            connection.early.clear();
            connection.snd_nxt = connection.snd_una;
        }
        let (space, world) = self.both(ns);
        if let Some(socket) = world.sockets.get(id) {
            space.stack.ports.remove(socket);
        }
        self.world.sockets.wake(id);
    }

    /// Takes a socket out of every table.
    pub fn tcp_remove(&mut self, id: u32) {
        let Some(socket) = self.world.sockets.remove(id) else { return };
        if self.has_space(socket.ns) {
            self.space_mut(socket.ns).stack.ports.remove(&socket);
        }
        let Some(connection) = socket.tcp.as_deref() else { return };
        let Some(listener) = connection.listener else { return };
        let half_open = connection.state == SocketState::SynRecv;
        if let Some(queue) = self.world.sockets.get_mut(listener).and_then(Socket::tcp_mut) {
            queue.accepted.retain(|child| *child != id);
            if half_open {
                queue.half_open = queue.half_open.saturating_sub(1);
            }
        }
    }
}
