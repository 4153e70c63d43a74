//! SCTP as conntrack sees it: the association's state, from the chunks of each packet (RFC 9260).

use super::config::sctp_state as st;
use super::entry::{status, ORIGINAL, REPLY};
use super::event::change;
use super::table::{Conntrack, SECOND};
use super::track::Judged;

/// Chunk types the table knows, in the order of its rows.
const ROWS: [u8; 11] = [1, 2, 6, 7, 8, 9, 10, 11, 14, 4, 5];
const INIT: u8 = 1;
const INIT_ACK: u8 = 2;
const HEARTBEAT: u8 = 4;
const HEARTBEAT_ACK: u8 = 5;
const ABORT: u8 = 6;
const SHUTDOWN_ACK: u8 = 8;
const COOKIE_ECHO: u8 = 10;
const SHUTDOWN_COMPLETE: u8 = 14;
const INVALID: u8 = 20;

/// [direction][chunk row][old state] -> new state.
const STATES: [[[u8; 9]; 11]; 2] = {
    use st::{
        CLOSED as CL, COOKIE_ECHOED as CE, COOKIE_WAIT as CW, ESTABLISHED as ES, HEARTBEAT_SENT as HS,
        SHUTDOWN_ACK_SENT as SA, SHUTDOWN_RECD as SR, SHUTDOWN_SENT as SS,
    };
    const IV: u8 = INVALID;
    [
        [
            // old:            NO  CL  CW  CE  ES  SS  SR  SA  HS
            /* init */
            [CW, CW, CW, CE, ES, SS, SR, SA, CW],
            /* init_ack */ [CL, CL, CW, CE, ES, SS, SR, SA, CL],
            /* abort */ [CL, CL, CL, CL, CL, CL, CL, CL, CL],
            /* shutdown */ [CL, CL, CW, CE, SS, SS, SR, SA, CL],
            /* shutdown_ack */ [SA, CL, CW, CE, ES, SA, SA, SA, SA],
            /* error */ [CL, CL, CW, CE, ES, SS, SR, SA, CL],
            /* cookie_echo */ [CL, CL, CE, CE, ES, SS, SR, SA, CL],
            /* cookie_ack */ [CL, CL, CW, CE, ES, SS, SR, SA, CL],
            /* shutdown_complete */ [CL, CL, CW, CE, ES, SS, SR, CL, CL],
            /* heartbeat */ [HS, CL, CW, CE, ES, SS, SR, SA, HS],
            /* heartbeat_ack */ [CL, CL, CW, CE, ES, SS, SR, SA, ES],
        ],
        [
            /* init */ [IV, CL, CW, CE, ES, SS, SR, SA, IV],
            /* init_ack */ [IV, CW, CW, CE, ES, SS, SR, SA, IV],
            /* abort */ [IV, CL, CL, CL, CL, CL, CL, CL, IV],
            /* shutdown */ [IV, CL, CW, CE, SR, SS, SR, SA, IV],
            /* shutdown_ack */ [IV, CL, CW, CE, ES, SA, SA, SA, IV],
            /* error */ [IV, CL, CW, CL, ES, SS, SR, SA, IV],
            /* cookie_echo */ [IV, CL, CW, CE, ES, SS, SR, SA, IV],
            /* cookie_ack */ [IV, CL, CW, ES, ES, SS, SR, SA, IV],
            /* shutdown_complete */ [IV, CL, CW, CE, ES, SS, SR, CL, IV],
            /* heartbeat */ [IV, CL, CW, CE, ES, SS, SR, SA, HS],
            /* heartbeat_ack */ [IV, CL, CW, CE, ES, SS, SR, SA, ES],
        ],
    ]
};

/// The chunks of an SCTP packet, `bytes` from the SCTP header on: type, flags and body (from the chunk header on).
pub fn chunks(bytes: &[u8]) -> impl Iterator<Item = (u8, u8, &[u8])> {
    let mut at = 12;
    std::iter::from_fn(move || {
        let head = bytes.get(at..at + 4)?;
        let length = u16::from_be_bytes([head[2], head[3]]) as usize;
        if length < 4 {
            return None;
        }
        let chunk = (head[0], head[1], &bytes[at..bytes.len().min(at + length)]);
        at += (length + 3) & !3;
        Some(chunk)
    })
}

fn step(old: u8, dir: usize, chunk: u8) -> u8 {
    match ROWS.iter().position(|row| *row == chunk) {
        Some(row) => STATES[dir][row][old as usize],
        None => old, // DATA, SACK and the like change nothing
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
}

impl Conntrack {
    /// One packet of an association; `bytes` from its SCTP header on.
    pub(super) fn sctp(&mut self, at: u32, dir: usize, bytes: &[u8]) -> Judged {
        let vtag = word(bytes, 4);
        let count = chunks(bytes).count();
        if count == 0 || (count > 1 && chunks(bytes).any(|c| matches!(c.0, INIT | INIT_ACK | SHUTDOWN_COMPLETE))) {
            return Judged::Invalid;
        }
        let confirmed = self.entries.get(at).has(status::CONFIRMED);
        if !confirmed && !self.sctp_new(at, bytes, vtag) {
            return Judged::Invalid;
        }
        let old = self.entries.get(at).state;
        if confirmed && !self.sctp_tag_fits(at, dir, bytes, vtag) {
            return Judged::Invalid;
        }
        let mut state = old;
        for (chunk, _, body) in chunks(bytes) {
            state = step(state, dir, chunk);
            if state == INVALID {
                return Judged::Invalid;
            }
            if matches!(chunk, INIT | INIT_ACK) {
                self.window(at).sides[1 - dir].end = word(body, 4);
            }
        }
        self.entries.get_mut(at).state = state;
        if state != old {
            self.changed(at, change::STATE);
        }
        let entry = self.entries.get_mut(at);
        if dir == REPLY && old == st::COOKIE_ECHOED && state == st::ESTABLISHED {
            entry.status |= status::ASSURED;
            self.changed(at, change::ASSURED);
        }
        Judged::Live(self.config.sctp[state as usize].saturating_mul(SECOND))
    }
    fn sctp_new(&mut self, at: u32, bytes: &[u8], vtag: u32) -> bool {
        let mut state = st::NONE;
        for (chunk, _, body) in chunks(bytes) {
            state = step(state, ORIGINAL, chunk);
            if state == INVALID || state == st::NONE {
                return false;
            }
            let window = self.window(at);
            match chunk {
                INIT if vtag == 0 => window.sides[REPLY].end = word(body, 4),
                INIT => return false,
                HEARTBEAT => window.sides[ORIGINAL].end = vtag,
                _ => window.sides[REPLY].end = vtag,
            }
        }
        self.entries.get_mut(at).state = st::NONE;
        true
    }
    /// Whether the verification tag is the one this direction must carry (RFC 9260 8.5), learning it where it is unknown.
    fn sctp_tag_fits(&mut self, at: u32, dir: usize, bytes: &[u8], vtag: u32) -> bool {
        let state = self.entries.get(at).state;
        let Some((chunk, flags, _)) = chunks(bytes).next() else { return false };
        let window = self.window(at);
        let (own, peer) = (window.sides[dir].end, window.sides[1 - dir].end);
        match chunk {
            INIT => vtag == 0,
            ABORT | SHUTDOWN_COMPLETE => vtag == own || flags & 1 != 0 && vtag == peer,
            COOKIE_ECHO => vtag == own,
            SHUTDOWN_ACK if matches!(state, st::COOKIE_WAIT | st::COOKIE_ECHOED) => true,
            HEARTBEAT | HEARTBEAT_ACK if own == 0 => {
                window.sides[dir].end = vtag;
                true
            }
            _ => vtag == own || own == 0,
        }
    }
}
