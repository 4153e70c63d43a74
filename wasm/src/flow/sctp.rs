//! SCTP as conntrack sees it: the association's state, from the chunks of each packet (RFC 9260).

use super::config::sctp_state as st;
use super::entry::{status, Window, ORIGINAL, REPLY};
use super::event::change;
use super::table::{Conntrack, SECOND};
use super::track::Judged;

/// Chunk types the table knows, in the order of its rows.
const ROWS: [u8; 11] = [1, 2, 6, 7, 8, 9, 10, 11, 14, 4, 5];
const DATA: u8 = 0;
const INIT: u8 = 1;
const INIT_ACK: u8 = 2;
const HEARTBEAT: u8 = 4;
const HEARTBEAT_ACK: u8 = 5;
const ABORT: u8 = 6;
const SHUTDOWN_ACK: u8 = 8;
const COOKIE_ECHO: u8 = 10;
const COOKIE_ACK: u8 = 11;
const SHUTDOWN_COMPLETE: u8 = 14;
const INVALID: u8 = 20;

/// A chunk's T flag: the tag is the peer's.
const TAG_REFLECTED: u8 = 1;
/// `Window::flags` of a side that sent INIT; `Window::last_flags` while a HEARTBEAT with a strange tag waits for its answer.
const SENT_INIT: u8 = 1;
const STRANGE_HEARTBEAT: u8 = 1;

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
            [CL, CL, CW, CE, ES, CL, CL, SA, CW],
            /* init_ack */ [CL, CL, CW, CE, ES, SS, SR, SA, CL],
            /* abort */ [CL, CL, CL, CL, CL, CL, CL, CL, CL],
            /* shutdown */ [CL, CL, CW, CE, SS, SS, SR, SA, CL],
            /* shutdown_ack */ [SA, CL, CW, CE, ES, SA, SA, SA, SA],
            /* error */ [CL, CL, CW, CE, ES, SS, SR, SA, CL],
            /* cookie_echo */ [CL, CL, CE, CE, ES, SS, SR, SA, CL],
            /* cookie_ack */ [CL, CL, CW, ES, ES, SS, SR, SA, CL],
            /* shutdown_complete */ [CL, CL, CW, CE, ES, SS, SR, CL, CL],
            /* heartbeat */ [HS, CL, CW, CE, ES, SS, SR, SA, HS],
            /* heartbeat_ack */ [CL, CL, CW, CE, ES, SS, SR, SA, HS],
        ],
        [
            /* init */ [IV, CL, CW, CE, ES, SS, SR, SA, IV],
            /* init_ack */ [IV, CW, CW, CE, ES, SS, SR, SA, IV],
            /* abort */ [IV, CL, CL, CL, CL, CL, CL, CL, IV],
            /* shutdown */ [IV, CL, CW, CE, SR, SS, SR, SA, IV],
            /* shutdown_ack */ [IV, CL, CW, CE, ES, SA, SA, SA, IV],
            /* error */ [IV, CL, CW, CL, ES, SS, SR, SA, IV],
            /* cookie_echo */ [IV, CL, CE, CE, ES, SS, SR, SA, IV],
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

/// Whether the chunks may stand together: INIT, INIT ACK and SHUTDOWN COMPLETE alone, the cookie first, none empty.
fn are_well_formed(bytes: &[u8]) -> bool {
    let (mut count, mut alone) = (0, false);
    for (chunk, _, _) in chunks(bytes) {
        alone |= matches!(chunk, INIT | INIT_ACK | SHUTDOWN_COMPLETE);
        if count != 0 && (alone || matches!(chunk, COOKIE_ACK | COOKIE_ECHO)) {
            return false;
        }
        count += 1;
    }
    count != 0
}

fn has(bytes: &[u8], kinds: &[u8]) -> bool {
    chunks(bytes).any(|chunk| kinds.contains(&chunk.0))
}

/// One packet's view while its chunks are followed.
struct Chunks<'a> {
    bytes: &'a [u8],
    vtag: u32,
    dir: usize,
    /// Let through without prolonging the flow.
    ignore: bool,
}

impl Conntrack {
    /// One packet of an association; `bytes` from its SCTP header on.
    pub(super) fn sctp(&mut self, at: u32, dir: usize, bytes: &[u8]) -> Judged {
        let vtag = word(bytes, 4);
        if !are_well_formed(bytes) {
            return Judged::Invalid;
        }
        let confirmed = self.entries.get(at).has(status::CONFIRMED);
        if !confirmed && (has(bytes, &[ABORT, SHUTDOWN_COMPLETE, COOKIE_ACK]) || !self.sctp_new(at, bytes, vtag)) {
            return Judged::Invalid;
        }
        const OWN_RULE: [u8; 7] = [INIT, SHUTDOWN_COMPLETE, COOKIE_ECHO, ABORT, SHUTDOWN_ACK, HEARTBEAT, HEARTBEAT_ACK];
        if !has(bytes, &OWN_RULE) && vtag != self.window(at).sides[dir].end {
            return Judged::Invalid;
        }
        let mut seen = Chunks { bytes, vtag, dir, ignore: false };
        match self.sctp_chunks(at, &mut seen) {
            None => Judged::Invalid,
            Some(_) if seen.ignore => Judged::Accept,
            Some(state) => Judged::Live(self.config.sctp(state).saturating_mul(SECOND)),
        }
    }
    /// Follows every chunk; the last one's state, or `None` where one is not to be believed.
    fn sctp_chunks(&mut self, at: u32, seen: &mut Chunks) -> Option<u8> {
        let mut state = st::NONE;
        for (chunk, flags, body) in chunks(seen.bytes) {
            match tag_fits(self.window(at), seen, (chunk, flags)) {
                Some(true) => {}
                Some(false) => continue,
                None => return None,
            }
            let old = self.entries.get(at).state;
            state = step(old, seen.dir, chunk);
            if state == INVALID || !note_tag(self.window(at), seen.dir, (chunk, body)) {
                return None;
            }
            let again = chunk == INIT && state == st::CLOSED && old == st::CLOSED;
            seen.ignore |= again && self.entries.get(at).has(status::CONFIRMED);
            self.sctp_state(at, old, state);
        }
        Some(state)
    }
    fn sctp_state(&mut self, at: u32, old: u8, new: u8) {
        let entry = self.entries.get_mut(at);
        entry.state = new;
        if old == new {
            return;
        }
        let assured = new == st::ESTABLISHED && !entry.has(status::ASSURED);
        if assured {
            entry.status |= status::ASSURED;
        }
        self.changed(at, change::STATE | if assured { change::ASSURED } else { 0 });
    }
    /// A flow's first packet. False where no association may begin like this.
    fn sctp_new(&mut self, at: u32, bytes: &[u8], vtag: u32) -> bool {
        *self.window(at) = Window::default();
        self.entries.get_mut(at).state = st::NONE;
        for (chunk, _, body) in chunks(bytes) {
            if matches!(step(st::NONE, ORIGINAL, chunk), INVALID | st::NONE) {
                return false;
            }
            let window = self.window(at);
            match chunk {
                INIT if vtag != 0 => return false,
                INIT => window.sides[REPLY].end = word(body, 4),
                HEARTBEAT | HEARTBEAT_ACK => window.sides[ORIGINAL].end = vtag,
                _ => window.sides[REPLY].end = vtag,
            }
        }
        true
    }
}

/// Whether the chunk's verification tag is the one it must carry (RFC 9260 8.5.1). `Some(false)`: pass over the chunk.
fn tag_fits(window: &mut Window, seen: &mut Chunks, (chunk, flags): (u8, u8)) -> Option<bool> {
    let (dir, vtag) = (seen.dir, seen.vtag);
    let (own, peer) = (window.sides[dir].end, window.sides[1 - dir].end);
    let fits = match chunk {
        INIT => vtag == 0,
        ABORT | SHUTDOWN_COMPLETE => vtag == if flags & TAG_REFLECTED != 0 { peer } else { own },
        COOKIE_ECHO => vtag == own,
        COOKIE_ACK => {
            window.flags = [0; 2];
            true
        }
        HEARTBEAT | HEARTBEAT_ACK if own == 0 => {
            window.sides[dir].end = vtag;
            true
        }
        HEARTBEAT | HEARTBEAT_ACK if vtag == own => {
            window.last_flags &= !STRANGE_HEARTBEAT;
            true
        }
        HEARTBEAT | HEARTBEAT_ACK => return strange_heartbeat(window, seen, chunk),
        _ => true,
    };
    fits.then_some(true)
}

/// A heartbeat with a tag that is not the flow's: an association that was taken up again somewhere else, if it is answered.
fn strange_heartbeat(window: &mut Window, seen: &mut Chunks, chunk: u8) -> Option<bool> {
    if has(seen.bytes, &[DATA]) || seen.ignore {
        return None;
    }
    if chunk == HEARTBEAT {
        window.last_flags |= STRANGE_HEARTBEAT;
        window.set_last(0, seen.dir);
        seen.ignore = true;
        return Some(false);
    }
    if window.last_flags & STRANGE_HEARTBEAT == 0 || window.last_dir() == seen.dir {
        return None;
    }
    window.last_flags &= !STRANGE_HEARTBEAT;
    window.sides[seen.dir].end = seen.vtag;
    window.sides[1 - seen.dir].end = 0;
    Some(true)
}

/// INIT and INIT ACK say the tag the other side must use. False where an INIT ACK contradicts what is known.
fn note_tag(window: &mut Window, dir: usize, (chunk, body): (u8, &[u8])) -> bool {
    let (tag, known) = (word(body, 4), window.sides[1 - dir].end);
    let (own_init, peer_init) = (window.flags[dir] & SENT_INIT != 0, window.flags[1 - dir] & SENT_INIT != 0);
    match chunk {
        INIT => {
            if own_init && peer_init {
                window.flags[1 - dir] = 0;
            }
            window.flags[dir] = SENT_INIT;
        }
        INIT_ACK if !peer_init && known != 0 && known != tag => return false,
        INIT_ACK if own_init && peer_init && known != tag => return false,
        INIT_ACK => {}
        _ => return true,
    }
    window.sides[1 - dir].end = tag;
    true
}
