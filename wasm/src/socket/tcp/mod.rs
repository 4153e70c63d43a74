//! TCP (RFC 9293), as far as two hosts on virtual time can tell: handshake, data with retransmission, windows, half close,
//! reset, TIME_WAIT, backlog. Every segment is a packet through the pipeline.
//!
//! ```text
//! CLOSE -connect-> SYN-SENT -SYN,ACK-> ESTAB -close-> FIN-WAIT-1 -ACK-> FIN-WAIT-2 -FIN-> TIME-WAIT -60 s-> gone
//! LISTEN  -SYN->  (child) SYN-RECV -ACK-> ESTAB -FIN-> CLOSE-WAIT -close-> LAST-ACK -ACK-> gone
//! ```
//! Not modelled: selective acknowledgement blocks, delayed acknowledgements, window auto-tuning, urgent data, ECN, fast open, SYN cookies.

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
/// What a send buffer holds, and the window that a fresh receive buffer offers (half of tcp_rmem).
pub const SEND_BUFFER: usize = 87_040;
pub const RECEIVE_SPACE: u32 = 65_536;
/// Window scale of a 128 KB receive buffer that may grow to 32 MB.
pub const WINDOW_SCALE: u8 = 7;

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
    pub send: VecDeque<u8>,
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
    pub receive: VecDeque<u8>,
    pub early: Vec<Early>,
    pub fin_received: bool,
    pub rcv_scale: u8,
    /// MSS we offered.
    pub adv_mss: u16,
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
            send: VecDeque::new(),
            fin_wanted: false,
            fin_sent: false,
            mss: 536,
            snd_scale: 0,
            cwnd: 10,
            ssthresh: u32::MAX,
            duplicates: 0,
            rcv_nxt: 0,
            rcv_wnd: 0,
            receive: VecDeque::new(),
            early: Vec::new(),
            fin_received: false,
            rcv_scale: 0,
            adv_mss: 0,
            stamps: false,
            ts_recent: 0,
            sack_ok: false,
            rto: RTO_FIRST,
            srtt: 0,
            rttvar: 0,
            timed: None,
            retries: 0,
            timer: Timer::None,
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
    /// The window to offer now: what a fresh buffer offers, less what waits to be read, never taking back what was offered.
    pub fn offer(&mut self, rcv_end: u32) -> u32 {
        let mss = u32::from(self.adv_mss).max(1);
        let full = RECEIVE_SPACE / mss * mss;
        let unit = 1 << self.rcv_scale;
        let free = full.saturating_sub(self.receive.len() as u32);
        let wanted = if free < mss.min(full / 2) { 0 } else { free.div_ceil(unit) * unit };
        let kept = rcv_end.wrapping_sub(self.rcv_nxt);
        let kept = if kept > RECEIVE_SPACE { 0 } else { kept };
        self.rcv_wnd = wanted.max(kept);
        self.rcv_wnd
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
