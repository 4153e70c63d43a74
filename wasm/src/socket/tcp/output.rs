//! Segments on their way out: what may be sent now, and how a segment looks.

use super::{before, Tcp, Timer};
use crate::errno::EPIPE;
use crate::export::records::SocketState;
use crate::fabric::{Fabric, MILLISECOND, SECOND};
use crate::link::Place;
use crate::socket::Socket;
use crate::sysctl;
use crate::trace::{Action, Layer};
use crate::wire::packet::{packet, proto, tcp};
use crate::wire::Packet;

/// A segment to be made: flags, number, and which bytes of the send buffer it carries.
#[derive(Clone, Copy)]
pub struct Segment {
    pub flags: u8,
    pub seq: u32,
    pub start: usize,
    pub length: usize,
}

impl Segment {
    pub const fn bare(flags: u8, seq: u32) -> Segment {
        Segment { flags, seq, start: 0, length: 0 }
    }
}

impl Fabric {
    /// Sends one segment of a connection; the error is what a send call would be told.
    pub fn tcp_send_segment(&mut self, id: u32, segment: Segment) -> Result<(), u32> {
        let now = self.world.now;
        let Some(socket) = self.world.sockets.get(id) else { return Ok(()) };
        let ns = socket.ns;
        let options = socket.options;
        let key = socket.output_key(socket.remote, socket.remote_port);
        let path = self.space_mut(ns).stack.find_output(&key)?;
        let (space, world) = self.both(ns);
        let ttl = options.ttl.unwrap_or(space.stack.hop_limit(key.dst, path.oif));
        let ip_id = space.stack.next_ip_id();
        let Some(socket) = world.sockets.get_mut(id) else { return Ok(()) };
        let mut packet = make_segment(socket, segment, now);
        packet.ttl = ttl;
        packet.ip_id = ip_id;
        if segment.length != 0 {
            let Some(connection) = socket.tcp_mut() else { return Ok(()) };
            let rest = &connection.send[segment.start.min(connection.send.len())..];
            let bytes = rest[..segment.length.min(rest.len())].to_vec();
            packet.payload = world.pool.store(&bytes);
            packet.payload_len = bytes.len() as u16;
        }
        let packet = world.pool.begin(packet);
        world.note(Place { ns, dev: path.oif }, &packet, Layer::Socket, Action::Sent);
        self.local_out(ns, packet, path)
    }

    /// Sends an acknowledgement now.
    pub fn tcp_ack(&mut self, id: u32) {
        let Some(seq) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut).map(|tcp| tcp.snd_nxt) else { return };
        // A lost acknowledgement is repeated when the other side asks again.
        let _ = self.tcp_send_segment(id, Segment::bare(tcp::ACK, seq));
    }

    /// Acknowledges what came: now, or, where the kernel would wait for data to go with it, a little later.
    pub fn tcp_ack_soon(&mut self, id: u32) {
        let now = self.world.now;
        let Some(tcp) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return };
        if tcp.acks_at_once() {
            return self.tcp_ack(id);
        }
        if tcp.ack_at == 0 && tcp.rcv_nxt != tcp.rcv_acked {
            tcp.ack_at = now + super::ACK_DELAY;
            self.world.at(now + super::ACK_DELAY, crate::fabric::Event::Tcp { socket: id, generation: u32::MAX });
        }
    }

    /// Sends all that windows and Nagle allow (tcp_write_xmit).
    pub fn tcp_push(&mut self, id: u32) {
        while let Some(segment) = self.next_segment(id) {
            let now = self.world.now;
            let Some(socket) = self.world.sockets.get_mut(id) else { return };
            let Some(tcp) = socket.tcp_mut() else { return };
            let fin = u32::from(segment.flags & tcp::FIN != 0);
            tcp.snd_nxt = segment.seq.wrapping_add(segment.length as u32).wrapping_add(fin);
            if fin != 0 {
                tcp.fin_sent = true;
            }
            let end = tcp.snd_nxt;
            tcp.timed = tcp.timed.or(Some((now, end)));
            // What is lost on the way is sent again by the timer.
            let _ = self.tcp_send_segment(id, segment);
        }
        self.tcp_arm(id);
    }

    /// The next segment that may go, if any.
    fn next_segment(&mut self, id: u32) -> Option<Segment> {
        let socket = self.world.sockets.get_mut(id)?;
        let no_delay = socket.options.no_delay;
        let tcp = socket.tcp_mut()?;
        if !tcp.is_synchronized() || tcp.fin_sent || tcp.state == SocketState::TimeWait {
            return None;
        }
        let flight = tcp.flight();
        let unsent = tcp.send.len() as u32 - flight;
        let window = tcp.snd_wnd.min(tcp.cwnd.saturating_mul(tcp.mss)).saturating_sub(flight);
        let length = unsent.min(tcp.mss).min(window);
        let last = length == unsent;
        let fin = tcp.fin_wanted && last;
        if length == 0 && !fin {
            return None;
        }
        let small = length < tcp.mss && flight > 0 && !fin;
        if small && (!no_delay || !last) {
            return None;
        }
        let push = if length != 0 && last { tcp::PSH } else { 0 };
        let flags = tcp::ACK | push | if fin { tcp::FIN } else { 0 };
        Some(Segment { flags, seq: tcp.snd_nxt, start: flight as usize, length: length as usize })
    }

    /// Sets the retransmission timer where something is unacknowledged (or a closed window keeps it from being sent), and
    /// stops it where nothing is; an idle connection may have to prove that it lives (SO_KEEPALIVE).
    pub fn tcp_arm(&mut self, id: u32) {
        let now = self.world.now;
        let Some(socket) = self.world.sockets.get_mut(id) else { return };
        let (ns, keep) = (socket.ns, socket.options.keep_alive);
        let Some(tcp) = socket.tcp_mut() else { return };
        if tcp.timer == Timer::End {
            return;
        }
        let waits = tcp.flight() > 0 || !tcp.send.is_empty() || tcp.state == SocketState::SynSent;
        let idle = keep && tcp.state == SocketState::Established;
        match (waits, tcp.timer) {
            (true, Timer::Retransmit) | (false, Timer::KeepAlive) => {}
            (true, _) => {
                let at = now + tcp.rto;
                self.tcp_set_timer(id, Timer::Retransmit, at);
            }
            (false, _) if idle => {
                let time = self.space(ns).stack.sysctl(sysctl::TCP_KEEPALIVE_TIME) as u64 * SECOND;
                self.tcp_set_timer(id, Timer::KeepAlive, now + time);
            }
            (false, Timer::Retransmit) => tcp.stop_timer(),
            (false, _) => {}
        }
    }

    pub fn tcp_set_timer(&mut self, id: u32, timer: Timer, at: u64) {
        let Some(tcp) = self.world.sockets.get_mut(id).and_then(Socket::tcp_mut) else { return };
        tcp.stop_timer();
        tcp.timer = timer;
        tcp.timer_at = at;
        let generation = tcp.generation;
        self.world.at(at, crate::fabric::Event::Tcp { socket: id, generation });
    }

    /// Bytes from the user; how many were taken.
    pub fn tcp_write(&mut self, id: u32, data: &[u8]) -> Result<u32, u32> {
        let socket = self.world.sockets.get_mut(id).ok_or(crate::errno::EBADF)?;
        if let Some(error) = socket.take_error() {
            return Err(error);
        }
        let tcp = socket.tcp_mut().ok_or(crate::errno::EBADF)?;
        match tcp.state {
            SocketState::SynSent | SocketState::SynRecv => return Err(crate::errno::EAGAIN),
            SocketState::Listen => return Err(crate::errno::EPIPE),
            SocketState::Close if tcp.iss == 0 => return Err(crate::errno::EPIPE),
            _ if !tcp.may_send() => return Err(EPIPE),
            _ => {}
        }
        let room = super::SEND_BUFFER.saturating_sub(tcp.send.len());
        if room == 0 && !data.is_empty() {
            return Err(crate::errno::EAGAIN);
        }
        let taken = data.len().min(room);
        tcp.send.extend_from_slice(&data[..taken]);
        self.tcp_push(id);
        Ok(taken as u32)
    }
}

/// The header of a segment, with what the receiving side has to say: acknowledgement, window, timestamps.
fn make_segment(socket: &mut Socket, segment: Segment, now: u64) -> Packet {
    let mut packet = packet! {
        src: socket.local,
        dst: socket.remote,
        proto: proto::TCP,
        tos: socket.options.tos,
        mark: socket.options.mark,
        dont_fragment: socket.options.dont_fragment.unwrap_or(true),
        sport: socket.local_port,
        dport: socket.remote_port,
        seq: segment.seq,
        flags: segment.flags,
        tunnel: socket.id,
        socket: socket.id,
        trace: socket.trace,
    };
    let Some(tcp) = socket.tcp_mut() else { return packet };
    let syn = segment.flags & tcp::SYN != 0;
    let acks = segment.flags & tcp::ACK != 0;
    let window = if syn { tcp.first_offer(acks) } else { tcp.offer() >> tcp.rcv_scale };
    packet.window = window.min(65_535) as u16;
    if acks {
        packet.ack = tcp.rcv_nxt;
        tcp.rcv_acked = tcp.rcv_nxt;
        tcp.ack_at = 0;
        tcp.quick = tcp.quick.saturating_sub(1);
        // An answer soon after a question: both sides talk in turn (tcp_event_data_sent).
        tcp.in_turn |= segment.length != 0 && tcp.fed != 0 && now - tcp.fed < super::ACK_DELAY;
    }
    if syn {
        packet.mss = tcp.adv_mss;
        packet.wscale = if tcp.rcv_scale != 0 { tcp.rcv_scale + 1 } else { 0 };
        packet.sack_ok = tcp.sack_ok;
    }
    if tcp.stamps && segment.flags & tcp::RST == 0 {
        let echo = if segment.flags & tcp::ACK != 0 { tcp.ts_recent } else { 0 };
        packet.timestamps = Some((stamp(tcp, now), echo));
    }
    packet
}

/// The timestamp clock: milliseconds, from a start of its own per connection.
fn stamp(tcp: &Tcp, now: u64) -> u32 {
    (now / MILLISECOND) as u32 ^ tcp.iss.rotate_left(16) & 0x3fff_0000 | 1
}

/// Whether `ack` says something new, within what was sent.
pub fn is_new_ack(tcp: &Tcp, ack: u32) -> bool {
    before(tcp.snd_una, ack) && !before(tcp.snd_nxt, ack)
}
