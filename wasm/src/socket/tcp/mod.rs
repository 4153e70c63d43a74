//! TCP (RFC 9293), as far as two hosts on virtual time can tell: handshake, data with retransmission, windows, half close,
//! reset, TIME_WAIT, backlog. Every segment is a packet through the pipeline.
//!
//! ```text
//! CLOSE -connect-> SYN-SENT -SYN,ACK-> ESTAB -close-> FIN-WAIT-1 -ACK-> FIN-WAIT-2 -FIN-> TIME-WAIT -60 s-> gone
//! LISTEN  -SYN->  (child) SYN-RECV -ACK-> ESTAB -FIN-> CLOSE-WAIT -close-> LAST-ACK -ACK-> gone
//! ```
//! Not modelled: selective acknowledgement blocks, auto-tuning of windows beyond the first buffer, urgent data, ECN, fast open, SYN cookies.

pub mod close;
pub mod handshake;
pub mod input;
pub mod output;
pub mod timer;

use crate::export::records::SocketState;
use crate::fabric::MILLISECOND;
use std::collections::VecDeque;

/// Retransmission timeouts: at first, at least, at most (TCP_TIMEOUT_INIT, TCP_RTO_MIN, TCP_RTO_MAX).
pub const RTO_FIRST: u64 = 1000 * MILLISECOND;
pub const RTO_MIN: u64 = 200 * MILLISECOND;
pub const RTO_MAX: u64 = 120_000 * MILLISECOND;
/// How long TIME-WAIT lasts (TCP_TIMEWAIT_LEN).
pub const TIME_WAIT: u64 = 60_000 * MILLISECOND;
/// What a send buffer holds, and what data may take of a 128 KB receive buffer (tcp_full_space).
pub const SEND_BUFFER: usize = 87_040;
pub const RECEIVE_SPACE: u32 = 98_304;
/// Window scale of a receive buffer that may grow to 32 MB (tcp_select_initial_window).
pub const WINDOW_SCALE: u8 = 10;
/// How long an acknowledgement may wait for data to go with (TCP_ATO_MIN), and how many go at once at first (TCP_MAX_QUICKACKS).
pub const ACK_DELAY: u64 = 40 * MILLISECOND;
pub const QUICK_ACKS: u8 = 16;

/// What a pending timer is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timer {
    None,
    /// Something sent was not acknowledged (SYN, data, FIN), or a zero window must be probed.
    Retransmit,
    /// FIN-WAIT-2 of a socket nobody holds, or TIME-WAIT: the end.
    End,
    /// Nothing was heard for long (SO_KEEPALIVE).
    KeepAlive,
}

/// Bytes that arrived before those in front of them.
pub struct Early {
    pub seq: u32,
    pub data: Vec<u8>,
    pub fin: bool,
}

/// A connection or a listener.
pub struct Tcp {
    pub state: SocketState,
    // sending
    pub iss: u32,
    pub snd_una: u32,
    pub snd_nxt: u32,
    pub snd_wnd: u32,
    /// Unacknowledged and unsent bytes; the first one's number is `snd_una` (after the SYN).
    pub send: Vec<u8>,
    /// The user closed his direction: a FIN follows the last byte.
    pub fin_wanted: bool,
    pub fin_sent: bool,
    pub mss: u32,
    pub snd_scale: u8,
    pub cwnd: u32,
    pub ssthresh: u32,
    pub duplicates: u32,
    // receiving
    pub rcv_nxt: u32,
    /// The window last offered, in bytes.
    pub rcv_wnd: u32,
    pub receive: Vec<u8>,
    pub early: Vec<Early>,
    pub fin_received: bool,
    pub rcv_scale: u8,
    /// MSS we offered, and the largest segment seen (icsk_ack.rcv_mss).
    pub adv_mss: u16,
    pub rcv_mss: u32,
    /// What the window may grow to for now (rcv_ssthresh).
    pub rcv_most: u32,
    /// Up to where was acknowledged (rcv_wup), and when what is not yet will be; 0 where nothing waits.
    pub rcv_acked: u32,
    pub ack_at: u64,
    /// Acknowledgements that still go at once, unless both sides talk in turn (quick, pingpong).
    pub quick: u8,
    pub in_turn: bool,
    /// When data came last.
    pub fed: u64,
    pub stamps: bool,
    pub ts_recent: u32,
    pub sack_ok: bool,
    // time
    pub rto: u64,
    pub srtt: u64,
    pub rttvar: u64,
    /// When the segment that measures the round trip was sent, and what acknowledges it.
    pub timed: Option<(u64, u32)>,
    pub retries: u32,
    pub timer: Timer,
    pub timer_at: u64,
    pub generation: u32,
    pub heard: u64,
    // listening
    pub backlog: u32,
    /// Children that are established, in order; and how many are not yet.
    pub accepted: VecDeque<u32>,
    pub half_open: u32,
    pub listener: Option<u32>,
    /// No program holds it any more.
    pub orphan: bool,
    /// An ICMP error that is not final by itself, reported when time runs out.
    pub soft_error: u32,
}

impl Tcp {
    /// A socket that was just made.
    pub fn new() -> Tcp {
        Tcp {
            state: SocketState::Close,
            iss: 0,
            snd_una: 0,
            snd_nxt: 0,
            snd_wnd: 0,
            send: Vec::new(),
            fin_wanted: false,
            fin_sent: false,
            mss: 536,
            snd_scale: 0,
            cwnd: 10,
            ssthresh: u32::MAX,
            duplicates: 0,
            rcv_nxt: 0,
            rcv_wnd: 0,
            receive: Vec::new(),
            early: Vec::new(),
            fin_received: false,
            rcv_scale: 0,
            adv_mss: 0,
            rcv_mss: 536,
            rcv_most: 0,
            rcv_acked: 0,
            ack_at: 0,
            quick: 0,
            in_turn: false,
            fed: 0,
            stamps: false,
            ts_recent: 0,
            sack_ok: false,
            rto: RTO_FIRST,
            srtt: 0,
            rttvar: 0,
            timed: None,
            retries: 0,
            timer: Timer::None,
            timer_at: 0,
            generation: 0,
            heard: 0,
            backlog: 0,
            accepted: VecDeque::new(),
            half_open: 0,
            listener: None,
            orphan: false,
            soft_error: 0,
        }
    }

    /// Bytes in flight, a FIN included.
    pub fn flight(&self) -> u32 {
        self.snd_nxt.wrapping_sub(self.snd_una)
    }
    /// The number behind the last byte the user gave.
    pub fn end_of_data(&self) -> u32 {
        self.snd_una.wrapping_add(self.send.len() as u32)
    }
    /// States in which bytes from the other side are taken.
    pub fn may_receive(&self) -> bool {
        matches!(self.state, SocketState::Established | SocketState::FinWait1 | SocketState::FinWait2)
    }
    /// States in which the user may still write.
    pub fn may_send(&self) -> bool {
        matches!(self.state, SocketState::Established | SocketState::CloseWait) && !self.fin_wanted
    }
    /// Both sides know each other.
    pub fn is_synchronized(&self) -> bool {
        !matches!(self.state, SocketState::Close | SocketState::Listen | SocketState::SynSent | SocketState::SynRecv)
    }
    /// The window to offer now, never taking back what was offered (__tcp_select_window, tcp_select_window).
    pub fn offer(&mut self) -> u32 {
        let unit = 1 << self.rcv_scale;
        let free = RECEIVE_SPACE.saturating_sub(self.receive.len() as u32);
        let wanted = if free < RECEIVE_SPACE >> 4 { 0 } else { free.min(self.rcv_most) };
        let window = wanted.max(self.rcv_wnd).div_ceil(unit) * unit;
        if window <= free {
            self.rcv_wnd = window;
        }
        self.rcv_wnd
    }
    /// The window of a segment with SYN, unscaled: as many whole segments as 16 bits can say.
    pub fn first_offer(&mut self, answers: bool) -> u32 {
        let mss = u32::from(self.adv_mss) - if self.stamps && answers { 12 } else { 0 };
        self.rcv_wnd = 65_535 / mss.max(1) * mss;
        self.rcv_most = self.rcv_wnd;
        self.rcv_wnd
    }
    /// Data or a FIN came (tcp_event_data_recv, tcp_grow_window).
    pub fn fed(&mut self, length: u32, now: u64) {
        if self.fed == 0 || now - self.fed > self.rto {
            self.quick = QUICK_ACKS;
        }
        self.fed = now.max(1);
        if length >= self.rcv_mss {
            self.rcv_mss = length.min(u32::from(self.adv_mss));
            self.rcv_most = (self.rcv_most + 2 * length).min(RECEIVE_SPACE);
        }
    }
    /// What came must be acknowledged without waiting (__tcp_ack_snd_check).
    pub fn acks_at_once(&self) -> bool {
        let more = self.rcv_nxt.wrapping_sub(self.rcv_acked) > self.rcv_mss;
        more || self.quick > 0 && !self.in_turn || !self.early.is_empty()
    }
    /// The timer as inet_diag numbers them: on, keepalive, timewait, persist.
    pub fn timer_number(&self) -> u32 {
        match self.timer {
            Timer::None => 0,
            Timer::Retransmit if self.flight() > 0 => 1,
            Timer::KeepAlive => 2,
            Timer::End => 3,
            Timer::Retransmit => 4,
        }
    }
    /// Voids the timer.
    pub fn stop_timer(&mut self) {
        self.timer = Timer::None;
        self.generation += 1;
    }
}

impl Default for Tcp {
    fn default() -> Tcp {
        Tcp::new()
    }
}

/// Sequence number comparison (RFC 9293 3.4): a before b.
pub fn before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}
