//! One TCP connection (RFC 9293) without sockets or packets: segments in, segments out, time as an argument.
//!
//! ```text
//!             SynSent ----------------\                       /-> FinWait1 -> FinWait2 -\
//! connect --> SYN out                  > Established --close-<        \-> Closing --------> TimeWait -> Closed
//! accept  --> SYN+ACK out, SynReceived/        \--FIN in--> CloseWait --close--> LastAck ------------> Closed
//! ```
//! Numbers are Linux's: initial window 10 segments, SYN retried after 1, 3, 7, 15, 31, 63 s and given up after 127 s,
//! data retransmitted from 200 ms on doubling, 15 times; TIME_WAIT and orphaned FIN_WAIT2 last 60 s. Every data segment is
//! acknowledged at once (Linux's quick-ack phase).

use crate::errno::{ECONNREFUSED, ECONNRESET, ETIMEDOUT};
use crate::wire::packet::tcp::{ACK, FIN, PSH, RST, SYN};
use std::collections::VecDeque;

const SECOND: u64 = 1_000_000_000;
const RTO_MIN: u64 = SECOND / 5;
const RTO_MAX: u64 = 120 * SECOND;
const TIME_WAIT: u64 = 60 * SECOND;
const SYN_RETRIES: u8 = 6;
const SYN_ACK_RETRIES: u8 = 5;
const DATA_RETRIES: u8 = 15;
const ORPHAN_RETRIES: u8 = 8;
const SEND_BUFFER: usize = 1 << 20;
const RECEIVE_BUFFER: usize = 64_256;
const SCALE: u8 = 7;
const KEEPALIVE: u64 = 7200 * SECOND;
const KEEPALIVE_INTERVAL: u64 = 75 * SECOND;
const KEEPALIVE_PROBES: u8 = 9;

/// Connection states, as RFC 9293 and `ss` name them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
    Closed,
}

/// A segment without its addresses. `offset` and `len` say which bytes of the send buffer it carries ([`Tcb::data`]).
#[derive(Clone, Copy, Default, Debug)]
pub struct Segment {
    pub flags: u8,
    pub seq: u32,
    pub ack: u32,
    /// As on the wire: scaled already, unless SYN is set.
    pub window: u16,
    pub mss: u16,
    /// Window scale + 1; 0 for none.
    pub wscale: u8,
    pub sack_ok: bool,
    pub timestamps: Option<(u32, u32)>,
    pub offset: u32,
    pub len: u16,
}

impl Segment {
    /// Sequence numbers it takes up.
    const fn length(&self) -> u32 {
        self.len as u32 + (self.flags & SYN != 0) as u32 + (self.flags & FIN != 0) as u32
    }
    /// The RST that answers a segment nobody wants (RFC 9293 3.10.7.1); none for a RST.
    pub const fn reset_for(&self) -> Option<Segment> {
        if self.flags & RST != 0 {
            return None;
        }
        let mut reset = Segment { flags: RST, seq: self.ack, ack: 0, window: 0, mss: 0, wscale: 0, sack_ok: false, timestamps: None, offset: 0, len: 0 };
        if self.flags & ACK == 0 {
            reset.flags = RST | ACK;
            reset.seq = 0;
            reset.ack = self.seq.wrapping_add(self.length());
        }
        Some(reset)
    }
}

/// Sequence comparison modulo 2^32.
const fn before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}
const fn at_or_before(a: u32, b: u32) -> bool {
    !before(b, a)
}

/// Bytes that came out of order.
struct Early {
    seq: u32,
    bytes: Vec<u8>,
    fin: bool,
}

/// The transmission control block.
pub struct Tcb {
    pub state: State,
    /// Pending SO_ERROR as an errno; taking it clears it.
    pub error: u32,
    /// The user closed it: nobody reads any more.
    pub orphan: bool,
    pub keepalive: bool,
    /// Largest payload we may send, before options.
    mss: u16,
    /// What we tell the peer to send at most.
    own_mss: u16,
    snd_una: u32,
    snd_nxt: u32,
    snd_max: u32,
    snd_wnd: u32,
    snd_wl1: u32,
    cwnd: u32,
    ssthresh: u32,
    fin_queued: bool,
    rcv_nxt: u32,
    /// The peer's FIN was received in order.
    fin_received: bool,
    peer_scale: u8,
    scaling: bool,
    stamps: bool,
    recent_stamp: u32,
    send: VecDeque<u8>,
    receive: VecDeque<u8>,
    early: Vec<Early>,
    rto: u64,
    srtt: u64,
    rttvar: u64,
    /// When the segment that is being timed was sent, and what acknowledges it.
    timed: Option<(u64, u32)>,
    retries: u8,
    duplicates: u8,
    retransmit_at: Option<u64>,
    wait_until: Option<u64>,
    keepalive_at: u64,
    probes: u8,
    /// The window we last told the peer.
    told_window: u32,
}

impl Tcb {
    fn new(state: State, iss: u32, mss: u16) -> Tcb {
        Tcb {
            state,
            error: 0,
            orphan: false,
            keepalive: false,
            mss: 536,
            own_mss: mss,
            snd_una: iss,
            snd_nxt: iss,
            snd_max: iss,
            snd_wnd: 0,
            snd_wl1: 0,
            cwnd: 10,
            ssthresh: u32::MAX,
            fin_queued: false,
            rcv_nxt: 0,
            fin_received: false,
            peer_scale: 0,
            scaling: true,
            stamps: true,
            recent_stamp: 0,
            send: VecDeque::new(),
            receive: VecDeque::new(),
            early: Vec::new(),
            rto: SECOND,
            srtt: 0,
            rttvar: 0,
            timed: None,
            retries: 0,
            duplicates: 0,
            retransmit_at: None,
            wait_until: None,
            keepalive_at: 0,
            probes: 0,
            told_window: RECEIVE_BUFFER as u32,
        }
    }

    /// connect(2): the SYN goes out. `mss` is the route's MTU less 40 (IPv6: 60).
    pub fn connect(iss: u32, mss: u16, now: u64, out: &mut Vec<Segment>) -> Tcb {
        let mut tcb = Tcb::new(State::SynSent, iss, mss);
        tcb.push_syn(now, out);
        tcb
    }

    /// A SYN came to a listener: SYN+ACK goes out.
    pub fn accept(iss: u32, mss: u16, syn: &Segment, now: u64, out: &mut Vec<Segment>) -> Tcb {
        let mut tcb = Tcb::new(State::SynReceived, iss, mss);
        tcb.rcv_nxt = syn.seq.wrapping_add(1);
        tcb.take_options(syn);
        tcb.snd_wnd = u32::from(syn.window);
        tcb.push_syn(now, out);
        tcb
    }

    /// The bytes a segment carries; take them before the next call, which may move the buffer on.
    pub fn data(&self, segment: &Segment) -> impl Iterator<Item = u8> + '_ {
        self.send.range(segment.offset as usize..segment.offset as usize + segment.len as usize).copied()
    }
    pub fn readable(&self) -> bool {
        !self.receive.is_empty() || self.fin_received || self.error != 0 || self.state == State::Closed
    }
    pub fn writable(&self) -> bool {
        matches!(self.state, State::Established | State::CloseWait) && !self.fin_queued && self.send.len() < SEND_BUFFER
    }
    /// Whether the peer's FIN was reached (everything before it may still be unread).
    pub fn eof(&self) -> bool {
        self.fin_received
    }
    pub fn receive_queue(&self) -> usize {
        self.receive.len()
    }
    pub fn send_queue(&self) -> usize {
        self.send.len()
    }

    /// write(2): takes what fits and sends what the windows allow.
    pub fn write(&mut self, bytes: &[u8], now: u64, out: &mut Vec<Segment>) -> usize {
        let taken = bytes.len().min(SEND_BUFFER - self.send.len().min(SEND_BUFFER));
        self.send.extend(&bytes[..taken]);
        self.push(now, out);
        taken
    }

    /// read(2): moves at most `limit` bytes to `into`; tells the peer when much window came free.
    pub fn read(&mut self, limit: usize, into: &mut Vec<u8>, now: u64, out: &mut Vec<Segment>) {
        let count = limit.min(self.receive.len());
        into.extend(self.receive.drain(..count));
        let free = self.window();
        if !self.fin_received && self.told_window < 2 * u32::from(self.mss) && free >= 2 * u32::from(self.mss) {
            self.push_ack(now, out);
        }
    }

    /// shutdown(SHUT_WR): FIN follows the last byte.
    pub fn shutdown(&mut self, now: u64, out: &mut Vec<Segment>) {
        match self.state {
            State::Established | State::SynReceived => self.state = State::FinWait1,
            State::CloseWait => self.state = State::LastAck,
            State::SynSent => return self.die(),
            _ => return,
        }
        self.fin_queued = true;
        self.push(now, out);
    }

    /// close(2): shutdown, and nobody reads any more; unread data is answered by RST as Linux does.
    pub fn close(&mut self, now: u64, out: &mut Vec<Segment>) {
        self.orphan = true;
        if !self.receive.is_empty() {
            return self.abort(now, out);
        }
        self.shutdown(now, out);
        if self.state == State::FinWait2 {
            self.wait_until = Some(now + TIME_WAIT);
        }
    }

    /// close with SO_LINGER 0: RST, and it is over.
    pub fn abort(&mut self, now: u64, out: &mut Vec<Segment>) {
        self.orphan = true;
        if !matches!(self.state, State::SynSent | State::TimeWait | State::Closed) {
            let reset = Segment { flags: RST | ACK, seq: self.snd_nxt, ack: self.rcv_nxt, timestamps: self.stamp(now), ..Segment::default() };
            out.push(reset);
        }
        self.die();
    }

    /// An ICMP error about this connection: ends a handshake, is only noted later (RFC 5461).
    pub fn icmp_error(&mut self, errno: u32) {
        if matches!(self.state, State::SynSent | State::SynReceived) {
            self.fail(errno);
        }
    }

    /// Path MTU got smaller: later segments are; what is under way is sent again.
    pub fn shrink(&mut self, mss: u16, now: u64, out: &mut Vec<Segment>) {
        if mss < self.mss {
            self.mss = mss;
            self.snd_nxt = self.snd_una;
            self.push(now, out);
        }
    }

    /// When [`Tcb::timer`] must be called next.
    pub fn next_timer(&self) -> Option<u64> {
        let keep = (self.keepalive && self.state == State::Established).then_some(self.keepalive_at);
        [self.retransmit_at, self.wait_until, keep].into_iter().flatten().min()
    }

    /// Time has come: retransmission, the end of TIME_WAIT, keepalive.
    pub fn timer(&mut self, now: u64, out: &mut Vec<Segment>) {
        if self.wait_until.is_some_and(|at| at <= now) {
            return self.die();
        }
        if self.retransmit_at.is_some_and(|at| at <= now) {
            self.retransmit(now, out);
        }
        if self.keepalive && self.state == State::Established && self.keepalive_at <= now {
            self.probe(now, out);
        }
    }

    /// A segment for this connection, with its bytes.
    pub fn segment(&mut self, segment: &Segment, bytes: &[u8], now: u64, out: &mut Vec<Segment>) {
        self.keepalive_at = now + KEEPALIVE;
        self.probes = 0;
        match self.state {
            State::Closed => {}
            State::SynSent => self.in_syn_sent(segment, now, out),
            _ => self.in_synchronized(segment, bytes, now, out),
        }
    }

    fn in_syn_sent(&mut self, segment: &Segment, now: u64, out: &mut Vec<Segment>) {
        let acked = segment.flags & ACK != 0;
        if acked && segment.ack != self.snd_max {
            out.extend(segment.reset_for());
            return;
        }
        if segment.flags & RST != 0 {
            if acked {
                self.fail(ECONNREFUSED);
            }
            return;
        }
        if segment.flags & SYN == 0 {
            return;
        }
        self.rcv_nxt = segment.seq.wrapping_add(1);
        self.take_options(segment);
        self.snd_wnd = u32::from(segment.window);
        self.snd_wl1 = segment.seq;
        if acked {
            self.acknowledged(segment.ack, now);
            self.state = State::Established;
            self.push_ack(now, out);
            self.push(now, out);
        } else {
            // simultaneous open
            self.state = State::SynReceived;
            self.snd_nxt = self.snd_una;
            self.push_syn(now, out);
        }
    }

    fn in_synchronized(&mut self, segment: &Segment, bytes: &[u8], now: u64, out: &mut Vec<Segment>) {
        if !self.acceptable(segment) {
            if segment.flags & RST == 0 {
                self.push_ack(now, out);
            }
            return;
        }
        if segment.flags & RST != 0 {
            return if segment.seq == self.rcv_nxt { self.reset() } else { self.push_ack(now, out) };
        }
        if segment.flags & SYN != 0 {
            // a SYN inside the connection: the repeated SYN of a handshake is answered again, all else is challenged (RFC 5961)
            if self.state == State::SynReceived && segment.seq.wrapping_add(1) == self.rcv_nxt {
                self.snd_nxt = self.snd_una;
                return self.push_syn(now, out);
            }
            return self.push_ack(now, out);
        }
        if segment.flags & ACK == 0 {
            return;
        }
        if let Some((value, _)) = segment.timestamps {
            if at_or_before(segment.seq, self.rcv_nxt) {
                self.recent_stamp = value;
            }
        }
        if self.state == State::SynReceived {
            if segment.ack != self.snd_max {
                out.extend(segment.reset_for());
                return;
            }
            self.state = State::Established;
        }
        self.take_ack(segment, bytes.is_empty(), now, out);
        self.take_bytes(segment, bytes, now, out);
        self.push(now, out);
    }

    /// RFC 9293 3.10.7.4: some of the segment lies in the receive window.
    fn acceptable(&self, segment: &Segment) -> bool {
        let window = self.window().max(1);
        let last = segment.seq.wrapping_add(segment.length().max(1) - 1);
        let inside = |seq: u32| at_or_before(self.rcv_nxt, seq) && before(seq, self.rcv_nxt.wrapping_add(window));
        inside(segment.seq) || inside(last) || segment.length() == 0 && segment.seq == self.rcv_nxt || self.state == State::SynReceived && segment.flags & SYN != 0
    }

    fn take_ack(&mut self, segment: &Segment, pure: bool, now: u64, out: &mut Vec<Segment>) {
        let window = u32::from(segment.window) << self.peer_scale;
        let ack = segment.ack;
        if before(self.snd_max, ack) {
            return self.push_ack(now, out);
        }
        if before(self.snd_una, ack) {
            self.acknowledged(ack, now);
        } else if pure && ack == self.snd_una && self.snd_una != self.snd_max && window == self.snd_wnd {
            self.duplicate(now, out);
        }
        if at_or_before(self.snd_wl1, segment.seq) {
            self.snd_wnd = window;
            self.snd_wl1 = segment.seq;
        }
        if self.fin_queued && self.snd_una == self.snd_max && self.send.is_empty() && self.fin_sent() {
            self.fin_acknowledged(now);
        }
    }

    fn fin_sent(&self) -> bool {
        self.fin_queued && self.send.is_empty() && self.retransmit_at.is_none()
    }

    fn fin_acknowledged(&mut self, now: u64) {
        match self.state {
            State::FinWait1 => {
                self.state = State::FinWait2;
                self.wait_until = self.orphan.then_some(now + TIME_WAIT);
            }
            State::Closing => self.enter_time_wait(now),
            State::LastAck => self.die(),
            _ => {}
        }
    }

    /// Moves the left edge: drops acknowledged bytes, measures the round trip, opens the congestion window.
    fn acknowledged(&mut self, ack: u32, now: u64) {
        let mut bytes = ack.wrapping_sub(self.snd_una) as usize;
        if self.state == State::SynSent || self.state == State::SynReceived || self.syn_unacknowledged() {
            bytes -= 1;
        }
        self.send.drain(..bytes.min(self.send.len()));
        if let Some((sent, until)) = self.timed {
            if at_or_before(until, ack) {
                self.measure(now - sent);
                self.timed = None;
            }
        }
        self.cwnd = if self.cwnd < self.ssthresh { self.cwnd.saturating_add(1) } else { self.cwnd.saturating_add(u32::from(self.cwnd < 1 << 16)) };
        self.snd_una = ack;
        if before(self.snd_nxt, ack) {
            self.snd_nxt = ack;
        }
        self.retries = 0;
        self.duplicates = 0;
        self.retransmit_at = (self.snd_una != self.snd_max).then_some(now + self.rto);
    }

    /// The SYN still counts in `snd_una` until the first acknowledgement.
    fn syn_unacknowledged(&self) -> bool {
        self.snd_max.wrapping_sub(self.snd_una) as usize > self.send.len() + usize::from(self.fin_queued)
    }

    /// RFC 6298.
    fn measure(&mut self, sample: u64) {
        if self.srtt == 0 {
            self.srtt = sample.max(1);
            self.rttvar = sample / 2;
        } else {
            self.rttvar = (3 * self.rttvar + self.srtt.abs_diff(sample)) / 4;
            self.srtt = (7 * self.srtt + sample) / 8;
        }
        self.rto = (self.srtt + (4 * self.rttvar).max(RTO_MIN)).min(RTO_MAX);
    }

    fn duplicate(&mut self, now: u64, out: &mut Vec<Segment>) {
        self.duplicates = self.duplicates.saturating_add(1);
        if self.duplicates == 3 {
            self.ssthresh = (self.cwnd / 2).max(2);
            self.cwnd = self.ssthresh;
            self.resend_first(now, out);
        }
    }

    fn take_bytes(&mut self, segment: &Segment, bytes: &[u8], now: u64, out: &mut Vec<Segment>) {
        let fin = segment.flags & FIN != 0;
        if bytes.is_empty() && !fin {
            return;
        }
        if self.orphan && !bytes.is_empty() && matches!(self.state, State::FinWait1 | State::FinWait2) {
            return self.abort(now, out);
        }
        if before(self.rcv_nxt, segment.seq) {
            self.early.push(Early { seq: segment.seq, bytes: bytes.to_vec(), fin });
            return self.push_ack(now, out);
        }
        self.take_in_order(segment.seq, bytes, fin, now);
        self.take_early(now);
        self.push_ack(now, out);
    }

    fn take_in_order(&mut self, seq: u32, bytes: &[u8], fin: bool, now: u64) {
        let skip = (self.rcv_nxt.wrapping_sub(seq) as usize).min(bytes.len());
        let room = RECEIVE_BUFFER - self.receive.len().min(RECEIVE_BUFFER);
        let fresh = &bytes[skip..];
        let taken = fresh.len().min(room);
        if !self.fin_received {
            self.receive.extend(&fresh[..taken]);
            self.rcv_nxt = self.rcv_nxt.wrapping_add(taken as u32);
        }
        let end = seq.wrapping_add(bytes.len() as u32);
        if fin && !self.fin_received && end == self.rcv_nxt {
            self.rcv_nxt = self.rcv_nxt.wrapping_add(1);
            self.fin_received = true;
            self.peer_closed(now);
        } else if fin && self.state == State::TimeWait {
            self.wait_until = Some(now + TIME_WAIT);
        }
    }

    fn take_early(&mut self, now: u64) {
        while let Some(i) = self.early.iter().position(|early| at_or_before(early.seq, self.rcv_nxt)) {
            let early = self.early.swap_remove(i);
            self.take_in_order(early.seq, &early.bytes, early.fin, now);
        }
    }

    fn peer_closed(&mut self, now: u64) {
        match self.state {
            State::Established => self.state = State::CloseWait,
            State::FinWait1 => self.state = State::Closing,
            State::FinWait2 => self.enter_time_wait(now),
            _ => {}
        }
    }

    fn enter_time_wait(&mut self, now: u64) {
        self.state = State::TimeWait;
        self.retransmit_at = None;
        self.wait_until = Some(now + TIME_WAIT);
    }

    /// Sends what the peer's window and the congestion window allow, and the FIN behind the last byte.
    fn push(&mut self, now: u64, out: &mut Vec<Segment>) {
        if matches!(self.state, State::SynSent | State::SynReceived | State::TimeWait | State::Closed | State::FinWait2) {
            return;
        }
        let limit = self.snd_wnd.min(self.cwnd.saturating_mul(u32::from(self.mss)));
        loop {
            let offset = self.snd_nxt.wrapping_sub(self.snd_una);
            let unsent = (self.send.len() as u32).saturating_sub(offset);
            let room = limit.saturating_sub(offset);
            let len = unsent.min(room).min(u32::from(self.payload_max()));
            let last = len == unsent;
            let fin = self.fin_queued && last && at_or_before(self.snd_nxt.wrapping_add(len), self.fin_seq());
            if len == 0 && !fin || len == 0 && self.snd_nxt.wrapping_sub(self.fin_seq()) == 1 {
                break;
            }
            self.push_data(offset, len as u16, fin, now, out);
            if fin {
                break;
            }
        }
        if !self.send.is_empty() && self.snd_una == self.snd_max && self.retransmit_at.is_none() {
            // a closed window: the persist timer is the retransmission timer with one byte beyond the window
            self.retransmit_at = Some(now + self.rto);
        }
    }

    /// The sequence number of our FIN.
    fn fin_seq(&self) -> u32 {
        self.snd_una.wrapping_add(self.send.len() as u32)
    }

    fn payload_max(&self) -> u16 {
        self.mss - if self.stamps { 12 } else { 0 }
    }

    fn push_data(&mut self, offset: u32, len: u16, fin: bool, now: u64, out: &mut Vec<Segment>) {
        let push = len > 0 && offset + u32::from(len) == self.send.len() as u32;
        let flags = ACK | if push { PSH } else { 0 } | if fin { FIN } else { 0 };
        let segment = Segment { flags, offset, len, ..self.blank(now) };
        let fresh = self.snd_nxt == self.snd_max;
        self.snd_nxt = self.snd_nxt.wrapping_add(segment.length());
        if before(self.snd_max, self.snd_nxt) {
            self.snd_max = self.snd_nxt;
        }
        if fresh && self.timed.is_none() {
            self.timed = Some((now, self.snd_nxt));
        }
        self.retransmit_at.get_or_insert(now + self.rto);
        out.push(segment);
    }

    /// A segment with what every segment of a connection carries.
    fn blank(&mut self, now: u64) -> Segment {
        self.told_window = self.window();
        let window = if self.scaling { self.told_window >> SCALE } else { self.told_window.min(65_535) };
        Segment { flags: ACK, seq: self.snd_nxt, ack: self.rcv_nxt, window: window as u16, timestamps: self.stamp(now), ..Segment::default() }
    }

    fn push_ack(&mut self, now: u64, out: &mut Vec<Segment>) {
        let ack = self.blank(now);
        out.push(Segment { seq: self.snd_max, ..ack });
    }

    fn push_syn(&mut self, now: u64, out: &mut Vec<Segment>) {
        let answer = self.state == State::SynReceived;
        out.push(Segment {
            flags: if answer { SYN | ACK } else { SYN },
            seq: self.snd_una,
            ack: if answer { self.rcv_nxt } else { 0 },
            window: if answer { 65_160 } else { 64_240 },
            mss: self.own_mss,
            wscale: if self.scaling { SCALE + 1 } else { 0 },
            sack_ok: true,
            timestamps: self.stamp(now),
            offset: 0,
            len: 0,
        });
        self.snd_nxt = self.snd_una.wrapping_add(1);
        self.snd_max = self.snd_nxt;
        if self.retries == 0 {
            self.timed = Some((now, self.snd_nxt));
        }
        self.retransmit_at = Some(now + self.rto);
    }

    fn stamp(&self, now: u64) -> Option<(u32, u32)> {
        self.stamps.then_some(((now / 1_000_000) as u32, self.recent_stamp))
    }

    fn take_options(&mut self, syn: &Segment) {
        self.mss = if syn.mss == 0 { 536 } else { syn.mss }.min(self.own_mss);
        self.scaling = syn.wscale != 0;
        self.peer_scale = syn.wscale.saturating_sub(1).min(14);
        self.stamps = syn.timestamps.is_some();
        self.recent_stamp = syn.timestamps.map_or(0, |(value, _)| value);
    }

    fn window(&self) -> u32 {
        (RECEIVE_BUFFER - self.receive.len().min(RECEIVE_BUFFER)) as u32
    }

    fn retransmit(&mut self, now: u64, out: &mut Vec<Segment>) {
        let limit = match self.state {
            State::SynSent => SYN_RETRIES,
            State::SynReceived => SYN_ACK_RETRIES,
            _ if self.orphan => ORPHAN_RETRIES,
            _ => DATA_RETRIES,
        };
        if self.retries >= limit {
            return self.fail(ETIMEDOUT);
        }
        self.retries += 1;
        self.timed = None;
        self.rto = (2 * self.rto).min(RTO_MAX);
        if matches!(self.state, State::SynSent | State::SynReceived) {
            return self.push_syn(now, out);
        }
        self.ssthresh = (self.cwnd / 2).max(2);
        self.cwnd = 1;
        self.retransmit_at = Some(now + self.rto);
        self.resend_first(now, out);
    }

    /// The first unacknowledged segment again; with a closed window one byte of it, to hear of the window.
    fn resend_first(&mut self, now: u64, out: &mut Vec<Segment>) {
        let next = std::mem::replace(&mut self.snd_nxt, self.snd_una);
        let room = self.snd_wnd.max(1).min(u32::from(self.payload_max()));
        let len = (self.send.len() as u32).min(room);
        let fin = self.fin_queued && len == self.send.len() as u32;
        if len > 0 || fin {
            self.push_data(0, len as u16, fin, now, out);
        }
        if before(self.snd_nxt, next) {
            self.snd_nxt = next;
        }
    }

    fn probe(&mut self, now: u64, out: &mut Vec<Segment>) {
        if self.probes >= KEEPALIVE_PROBES {
            return self.fail(ETIMEDOUT);
        }
        self.probes += 1;
        self.keepalive_at = now + KEEPALIVE_INTERVAL;
        let ack = self.blank(now);
        out.push(Segment { seq: self.snd_una.wrapping_sub(1), ..ack });
    }

    fn reset(&mut self) {
        match self.state {
            State::TimeWait => self.die(),
            State::SynReceived => self.fail(ECONNREFUSED),
            _ => self.fail(ECONNRESET),
        }
    }
    fn fail(&mut self, errno: u32) {
        self.error = errno;
        self.die();
    }
    fn die(&mut self) {
        self.state = State::Closed;
        self.retransmit_at = None;
        self.wait_until = None;
        self.send.clear();
    }
}

#[cfg(test)]
#[path = "tcp/tests.rs"]
mod tests;
