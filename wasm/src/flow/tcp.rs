//! TCP as conntrack sees it: the state table, and which sequence numbers it believes (RFC 793; van Rooij, "Real
//! Stateful TCP Packet Filtering in IP Filter"; behaviour of nf_conntrack_proto_tcp).

use super::config::tcp_state as st;
use super::config::Config;
use super::entry::{status, Side, Window, ORIGINAL, REPLY};
use super::event::change;
use super::table::{Conntrack, SECOND};
use super::track::Judged;
use crate::wire::packet::{proto, tcp as flag};
use crate::wire::Packet;

/// What a segment is to the table.
mod index {
    pub const SYN: u8 = 0;
    pub const SYNACK: u8 = 1;
    pub const FIN: u8 = 2;
    pub const ACK: u8 = 3;
    pub const RST: u8 = 4;
    pub const NONE: u8 = 5;
}

/// Not a state: the packet is let through without changing anything, or is invalid.
const IGNORE: u8 = 20;
const INVALID: u8 = 21;

/// What a side may do and has done (IP_CT_TCP_FLAG_*).
pub(super) mod side_flag {
    pub const WINDOW_SCALE: u8 = 0x01;
    pub const SACK_PERM: u8 = 0x02;
    pub const CLOSE_INIT: u8 = 0x04;
    pub const BE_LIBERAL: u8 = 0x08;
    pub const DATA_UNACKNOWLEDGED: u8 = 0x10;
    pub const MAXACK_SET: u8 = 0x20;
    pub const EXPECT_CHALLENGE_ACK: u8 = 0x40;
    pub const SIMULTANEOUS_OPEN: u8 = 0x80;
}

/// [direction][segment][old state] -> new state.
const STATES: [[[u8; 10]; 6]; 2] = {
    use st::{
        CLOSE as CL, CLOSE_WAIT as CW, ESTABLISHED as ES, FIN_WAIT as FW, LAST_ACK as LA, SYN_RECV as SR,
        SYN_SENT as SS, SYN_SENT2 as S2, TIME_WAIT as TW,
    };
    const IG: u8 = IGNORE;
    const IV: u8 = INVALID;
    [
        [
            // old:   NO  SS  SR  ES  FW  CW  LA  TW  CL  S2
            /* syn */
            [SS, SS, IG, IG, IG, IG, IG, SS, SS, S2],
            /* synack */ [IV, IV, SR, IV, IV, IV, IV, IV, IV, SR],
            /* fin */ [IV, IV, FW, FW, LA, LA, LA, TW, CL, IV],
            /* ack */ [ES, IV, ES, ES, CW, CW, TW, TW, CL, IV],
            /* rst */ [IV, CL, CL, CL, CL, CL, CL, CL, CL, CL],
            /* none */ [IV; 10],
        ],
        [
            /* syn */ [IV, S2, IV, IV, IV, IV, IV, SS, IV, S2],
            /* synack */ [IV, SR, IG, IG, IG, IG, IG, IG, IG, SR],
            /* fin */ [IV, IV, FW, FW, LA, LA, LA, TW, CL, IV],
            /* ack */ [IV, IG, SR, ES, CW, CW, TW, TW, CL, IG],
            /* rst */ [IV, CL, CL, CL, CL, CL, CL, CL, CL, CL],
            /* none */ [IV; 10],
        ],
    ]
};

fn index_of(flags: u8) -> u8 {
    if flags & flag::RST != 0 {
        index::RST
    } else if flags & flag::SYN != 0 {
        if flags & flag::ACK != 0 {
            index::SYNACK
        } else {
            index::SYN
        }
    } else if flags & flag::FIN != 0 {
        index::FIN
    } else if flags & flag::ACK != 0 {
        index::ACK
    } else {
        index::NONE
    }
}

/// Flag combinations that mean something (PSH, ECE and CWR aside).
fn flags_are_valid(flags: u8) -> bool {
    use flag::{ACK, FIN, RST, SYN, URG};
    const SYN_URG: u8 = SYN | URG;
    const SYN_ACK: u8 = SYN | ACK;
    const RST_ACK: u8 = RST | ACK;
    const FIN_ACK: u8 = FIN | ACK;
    const FIN_ACK_URG: u8 = FIN | ACK | URG;
    const ACK_URG: u8 = ACK | URG;
    matches!(
        flags & (FIN | SYN | RST | ACK | URG),
        SYN | SYN_URG | SYN_ACK | RST | RST_ACK | FIN_ACK | FIN_ACK_URG | ACK | ACK_URG
    )
}

fn before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

fn after(a: u32, b: u32) -> bool {
    before(b, a)
}

/// The sequence number after the segment.
fn end_of(packet: &Packet) -> u32 {
    let phantom = (packet.flags & flag::SYN != 0) as u32 + (packet.flags & flag::FIN != 0) as u32;
    packet.seq.wrapping_add(packet.payload_len as u32).wrapping_add(phantom)
}

/// Reads a SYN's options, where it has any, into a side: scale (at most 14) and SACK.
fn read_options(window: &mut Window, dir: usize, packet: &Packet) {
    if packet.mss == 0 && packet.wscale == 0 && !packet.sack_ok && packet.timestamps.is_none() {
        return;
    }
    window.set_scale(dir, 0);
    window.flags[dir] &= side_flag::BE_LIBERAL;
    if packet.wscale != 0 {
        window.set_scale(dir, (packet.wscale - 1).min(14));
        window.flags[dir] |= side_flag::WINDOW_SCALE;
    }
    if packet.sack_ok {
        window.flags[dir] |= side_flag::SACK_PERM;
    }
}

/// What window tracking says of a segment.
#[derive(PartialEq)]
enum InWindow {
    Accept,
    Ignore,
    Invalid,
}

fn can_early_drop(state: u8) -> bool {
    matches!(state, st::FIN_WAIT | st::LAST_ACK | st::TIME_WAIT | st::CLOSE | st::CLOSE_WAIT)
}

/// Whether a flow in this state may be sacrificed though it is assured (tcp_can_early_drop).
pub(super) fn is_closing(state: u8) -> bool {
    can_early_drop(state)
}

impl Conntrack {
    /// A flow's first segment: what is known of its window. False when no flow may begin like this.
    fn tcp_new(&mut self, at: u32, packet: &Packet) -> bool {
        let loose = self.config.tcp_loose;
        let state = STATES[ORIGINAL][index_of(packet.flags) as usize][st::NONE as usize];
        if state == INVALID || (state != st::SYN_SENT && !loose) {
            return false;
        }
        let window = self.window(at);
        *window = Window::default();
        let width = (packet.window as u32).max(1);
        let end = end_of(packet);
        if state == st::SYN_SENT {
            window.sides[ORIGINAL] = Side { end, max_end: end, max_win: width, max_ack: 0 };
            read_options(window, ORIGINAL, packet);
        } else {
            // the middle of a connection: believe what it says, and check little
            window.sides[ORIGINAL] = Side { end, max_end: end.wrapping_add(width), max_win: width, max_ack: 0 };
            window.flags = [side_flag::SACK_PERM | side_flag::BE_LIBERAL; 2];
        }
        window.set_last(index::NONE, ORIGINAL);
        self.entries.get_mut(at).state = st::NONE;
        true
    }

    /// One segment of a flow.
    pub(super) fn tcp(&mut self, at: u32, dir: usize, packet: &Packet, now: u32) -> Judged {
        if !flags_are_valid(packet.flags) {
            return Judged::Invalid;
        }
        if !self.entries.get(at).has(status::CONFIRMED) && !self.tcp_new(at, packet) {
            return Judged::Invalid;
        }
        let old = self.entries.get(at).state;
        let seg = index_of(packet.flags);
        let new = STATES[dir][seg as usize][old as usize];
        match self.tcp_special(Step { at, dir, seg, old, new }, packet) {
            Special::Judged(judged) => judged,
            Special::Window(step) => {
                match self.tcp_in_window(&step, packet) {
                    InWindow::Ignore => return Judged::Accept,
                    InWindow::Invalid => {
                        self.tcp_blame(&step, now);
                        return Judged::Invalid;
                    }
                    InWindow::Accept => {}
                }
                self.tcp_take(&step, packet)
            }
            Special::Take(step) => self.tcp_take(&step, packet),
        }
    }

    /// What the state table alone cannot say.
    fn tcp_special(&mut self, mut step: Step, packet: &Packet) -> Special {
        let Step { at, dir, seg, old, new } = step;
        let entry_status = self.entries.get(at).status;
        let config = self.config.tcp_ignore_invalid_rst;
        let window = self.window(at);
        match new {
            st::SYN_SENT if old >= st::TIME_WAIT => {
                let closed = (window.flags[0] | window.flags[1]) & side_flag::CLOSE_INIT != 0;
                if closed || (window.last_dir() == dir && window.last_index() == index::RST) {
                    return Special::Judged(Judged::Repeat);
                }
                tcp_ignore(window, &mut step, packet)
            }
            IGNORE => tcp_ignore(window, &mut step, packet),
            INVALID => Special::Judged(Judged::Invalid),
            st::TIME_WAIT => {
                let spurious = old == st::LAST_ACK
                    && seg == index::ACK
                    && window.last_dir() != dir
                    && window.last_index() == index::SYN
                    && window.last_flags & side_flag::EXPECT_CHALLENGE_ACK != 0;
                if spurious {
                    window.last_flags &= !side_flag::EXPECT_CHALLENGE_ACK;
                    return Special::Judged(Judged::Accept);
                }
                Special::Window(step)
            }
            st::SYN_SENT2 => {
                window.last_flags |= side_flag::SIMULTANEOUS_OPEN;
                Special::Window(step)
            }
            st::SYN_RECV => {
                if dir == REPLY && seg == index::ACK && window.last_flags & side_flag::SIMULTANEOUS_OPEN != 0 {
                    step.new = st::ESTABLISHED;
                }
                Special::Window(step)
            }
            st::CLOSE if seg == index::RST => tcp_reset(window, step, packet, entry_status, config),
            _ => Special::Window(step),
        }
    }

    /// An in-window segment: the flow takes its new state and lives on.
    fn tcp_take(&mut self, step: &Step, packet: &Packet) -> Judged {
        let Step { at, dir, seg, old, new } = *step;
        let window = self.window(at);
        window.set_last(seg, dir);
        if old != new && new == st::FIN_WAIT {
            window.flags[dir] |= side_flag::CLOSE_INIT;
        }
        let window = *window;
        let mut timeout = tcp_timeout(&self.config, &window, seg, new);
        self.entries.get_mut(at).state = new;
        if new != old {
            self.changed(at, change::STATE);
        }
        let entry = self.entries.get(at);
        if !entry.has(status::SEEN_REPLY) {
            if packet.flags & flag::RST != 0 {
                return Judged::Close;
            }
            // a retransmitted SYN does not renew: a reused port would keep the flow for ever
            if seg == index::SYN && old == st::SYN_SENT {
                return Judged::Accept;
            }
            if new == st::ESTABLISHED {
                timeout = timeout.min(self.config.tcp(st::UNACK));
            }
        } else if !entry.has(status::ASSURED) && matches!(old, st::SYN_RECV | st::ESTABLISHED) && new == st::ESTABLISHED
        {
            self.entries.get_mut(at).status |= status::ASSURED;
            self.changed(at, change::ASSURED);
        }
        Judged::Live(timeout.saturating_mul(SECOND))
    }

    /// A rule answered a segment of the flow with a RST: it is over (nf_conntrack_tcp_set_closing).
    pub fn close_tcp(&mut self, packet: &Packet, now: u32) {
        let Some(at) = self.slot(packet.ct) else { return };
        let entry = self.entries.get_mut(at);
        if entry.proto == proto::TCP && entry.has(status::CONFIRMED) && entry.state != st::CLOSE {
            entry.state = st::CLOSE;
            self.refresh(at, self.config.tcp(st::CLOSE).saturating_mul(SECOND), now);
            self.changed(at, change::STATE);
        }
    }

    /// A FIN or RST outside the window of an assured flow: a second one, from the other side, shortens its life.
    fn tcp_blame(&mut self, step: &Step, now: u32) {
        let unack = self.config.tcp(st::UNACK).saturating_mul(SECOND);
        if !self.entries.get(step.at).has(status::ASSURED) || !matches!(step.seg, index::RST | index::FIN) {
            return;
        }
        let window = self.window(step.at);
        if window.last_dir() != step.dir && matches!(window.last_index(), index::FIN | index::RST) {
            let entry = self.entries.get_mut(step.at);
            if entry.expires.wrapping_sub(now) as i32 > unack as i32 {
                entry.expires = now.wrapping_add(unack);
            }
        } else {
            window.set_last(step.seg, step.dir);
        }
    }

    fn tcp_in_window(&mut self, step: &Step, packet: &Packet) -> InWindow {
        let liberal = self.config.tcp_be_liberal;
        let state = self.entries.get(step.at).state;
        in_window(self.window(step.at), step, Seen { packet, state, liberal })
    }
}

/// One segment against one flow.
#[derive(Clone, Copy)]
struct Step {
    at: u32,
    dir: usize,
    seg: u8,
    old: u8,
    new: u8,
}

enum Special {
    Judged(Judged),
    /// Look at the window next.
    Window(Step),
    /// Believe it without looking at the window.
    Take(Step),
}

/// A packet we may be out of step with: it is let through, and what it said is kept for the answer that proves it right.
fn tcp_ignore(window: &mut Window, step: &mut Step, packet: &Packet) -> Special {
    let Step { dir, seg, old, .. } = *step;
    let proves = seg == index::SYNACK
        && window.last_index() == index::SYN
        && window.last_dir() != dir
        && packet.ack == window.last_end;
    if proves {
        // both ends agree on a SYN that was ignored: get in step with them
        let other = window.last_dir();
        let (end, width) = (window.last_end, (window.last_win as u32).max(1));
        window.sides[other].end = end;
        window.sides[other].max_end = end;
        window.sides[other].max_win = width;
        window.set_scale(other, window.last_scale);
        window.last_flags &= !side_flag::EXPECT_CHALLENGE_ACK;
        window.flags[other] = window.last_flags;
        window.sides[dir] = Side::default();
        window.flags[dir] &= side_flag::BE_LIBERAL;
        window.set_scale(dir, 0);
        step.old = st::SYN_SENT;
        step.new = st::SYN_RECV;
        return Special::Window(*step);
    }
    window.set_last(seg, dir);
    window.last_end = end_of(packet);
    window.last_win = packet.window;
    if seg == index::SYN && dir == ORIGINAL {
        window.last_flags = 0;
        window.last_scale = 0;
        if packet.wscale != 0 {
            window.last_flags |= side_flag::WINDOW_SCALE;
            window.last_scale = (packet.wscale - 1).min(14);
        }
        if packet.sack_ok {
            window.last_flags |= side_flag::SACK_PERM;
        }
        if old == st::LAST_ACK {
            window.last_flags |= side_flag::EXPECT_CHALLENGE_ACK;
        }
    }
    if old == st::SYN_SENT && seg == index::ACK && dir == REPLY {
        window.last_look = packet.ack;
    }
    Special::Judged(Judged::Accept)
}

/// A RST that would close the flow: whether it is one to believe (RFC 5961).
fn tcp_reset(window: &mut Window, mut step: Step, packet: &Packet, entry_status: u16, ignore_invalid: bool) -> Special {
    if can_early_drop(step.old) {
        return Special::Take(step);
    }
    let peer = window.sides[1 - step.dir];
    let established = step.old == st::ESTABLISHED && entry_status & status::ASSURED != 0;
    if window.flags[1 - step.dir] & side_flag::MAXACK_SET != 0 && window.last_index() != index::SYN {
        let seq = packet.seq;
        if seq == 0 && !established {
            return Special::Window(step);
        }
        if before(seq, peer.max_ack) && !ignore_invalid {
            return Special::Judged(Judged::Invalid);
        }
        let train = window.last_index() == index::ACK && window.last_dir() == step.dir && seq == window.last_end;
        if !established || seq == peer.max_ack || train {
            return Special::Window(step);
        }
        step.new = step.old;
    }
    let seen = entry_status & status::SEEN_REPLY != 0;
    let replied_syn = seen && window.last_index() == index::SYN && window.last_dir() != step.dir;
    let loose_ack = entry_status & status::ASSURED == 0 && window.last_index() == index::ACK;
    if (replied_syn || loose_ack) && packet.ack == window.last_end {
        return Special::Take(step);
    }
    let answers_challenge = step.old == st::SYN_SENT && window.last_index() == index::ACK && window.last_dir() == REPLY;
    if answers_challenge && packet.seq == window.last_look {
        return Special::Take(step);
    }
    Special::Window(step)
}

fn tcp_timeout(config: &Config, window: &Window, seg: u8, new: u8) -> u32 {
    let of = |state: u8| config.tcp(state);
    let unacked = (window.flags[0] | window.flags[1]) & side_flag::DATA_UNACKNOWLEDGED != 0;
    if window.retransmissions() >= config.tcp_max_retrans && of(new) > of(st::RETRANS) {
        of(st::RETRANS)
    } else if seg == index::RST {
        of(st::CLOSE)
    } else if unacked && of(new) > of(st::UNACK) {
        of(st::UNACK)
    } else if window.last_win == 0 && of(new) > of(st::RETRANS) {
        of(st::RETRANS)
    } else {
        of(new)
    }
}

struct Seen<'a> {
    packet: &'a Packet,
    state: u8,
    liberal: bool,
}

/// How far an acknowledgement may lag (MAXACKWINCONST).
const MAX_ACK_WINDOW: u32 = 66_000;

fn first_of_side(window: &mut Window, dir: usize, packet: &Packet, end: u32) {
    let width = (packet.window as u32).max(1);
    read_options(window, dir, packet);
    window.sides[dir].end = end;
    window.sides[dir].max_end = end;
    window.sides[dir].max_win = width;
    let both = window.flags[0] & window.flags[1] & side_flag::WINDOW_SCALE != 0;
    if dir == REPLY && !both {
        window.scales = 0;
    }
}

/// Tells whether the segment fits, and keeps what it taught.
fn in_window(window: &mut Window, step: &Step, seen: Seen) -> InWindow {
    let (packet, dir, peer) = (seen.packet, step.dir, 1 - step.dir);
    let (syn, has_ack, rst) =
        (packet.flags & flag::SYN != 0, packet.flags & flag::ACK != 0, packet.flags & flag::RST != 0);
    let (mut seq, mut ack, mut end) = (packet.seq, packet.ack, end_of(packet));
    if window.sides[dir].max_win == 0 {
        if syn {
            first_of_side(window, dir, packet, end);
            if !has_ack {
                return InWindow::Accept;
            }
        } else {
            let width = ((packet.window as u32) << window.scale(dir)).max(1);
            let side = &mut window.sides[dir];
            (side.end, side.max_win, side.max_end) = (end, width, end.wrapping_add(width));
            let receiver = &mut window.sides[peer];
            if receiver.max_win == 0 {
                (receiver.end, receiver.max_end) = (ack, ack);
            } else if ack == receiver.end.wrapping_add(1) {
                receiver.end = ack;
            }
        }
    } else if syn && after(end, window.sides[dir].end) && matches!(seen.state, st::SYN_SENT | st::SYN_RECV) {
        first_of_side(window, dir, packet, end);
        if dir == REPLY && !has_ack {
            return InWindow::Accept;
        }
    }
    if !has_ack || (rst && ack == 0) {
        ack = window.sides[peer].end;
    }
    if rst && seq == 0 && seen.state == st::SYN_SENT {
        (seq, end) = (window.sides[dir].end, window.sides[dir].end);
    }
    let liberal = seen.liberal || window.flags[dir] & side_flag::BE_LIBERAL != 0;
    match fits(window, dir, Segment { seq, ack, end }) {
        InWindow::Accept => {}
        _ if liberal => return InWindow::Accept,
        refused => return refused,
    }
    learn(window, step, packet, Segment { seq, ack, end });
    InWindow::Accept
}

#[derive(Clone, Copy)]
struct Segment {
    seq: u32,
    ack: u32,
    end: u32,
}

/// The four bounds of the paper.
fn fits(window: &mut Window, dir: usize, segment: Segment) -> InWindow {
    let Segment { seq, ack, end } = segment;
    let (sender, receiver) = (window.sides[dir], window.sides[1 - dir]);
    let reaches = after(end, sender.end.wrapping_sub(receiver.max_win).wrapping_sub(1));
    let acks_seen = before(ack, receiver.end.wrapping_add(1));
    let acks_recent = after(ack, receiver.end.wrapping_sub(sender.max_win.max(MAX_ACK_WINDOW)).wrapping_sub(1));
    if !before(seq, sender.max_end.wrapping_add(1)) {
        let overshot = end.wrapping_sub(sender.max_end).wrapping_add(1);
        if receiver.max_win != 0 && reaches && acks_seen && acks_recent && overshot <= receiver.max_win {
            // more than the window allows: let through, so that its acknowledgement can be understood
            window.sides[dir].end = end;
            window.flags[dir] |= side_flag::DATA_UNACKNOWLEDGED;
            return InWindow::Ignore;
        }
        return InWindow::Invalid;
    }
    if !acks_seen {
        return InWindow::Invalid;
    }
    if (receiver.max_win != 0 && !reaches) || !acks_recent {
        return InWindow::Ignore;
    }
    InWindow::Accept
}

fn learn(window: &mut Window, step: &Step, packet: &Packet, segment: Segment) {
    let Segment { seq, ack, end } = segment;
    let (dir, peer) = (step.dir, 1 - step.dir);
    let scale = if packet.flags & flag::SYN != 0 { 0 } else { window.scale(dir) };
    let width = (packet.window as u32) << scale;
    let sender = &mut window.sides[dir];
    sender.max_win = sender.max_win.max(width);
    if after(end, sender.end) {
        sender.end = end;
        window.flags[dir] |= side_flag::DATA_UNACKNOWLEDGED;
    }
    if packet.flags & flag::ACK != 0 && (window.flags[dir] & side_flag::MAXACK_SET == 0 || after(ack, sender.max_ack)) {
        sender.max_ack = ack;
        window.flags[dir] |= side_flag::MAXACK_SET;
    }
    let sent_max = sender.max_end;
    let receiver = &mut window.sides[peer];
    if receiver.max_win != 0 && after(end, sent_max) {
        receiver.max_win = receiver.max_win.wrapping_add(end.wrapping_sub(sent_max));
    }
    let reach = ack.wrapping_add(width);
    if after(reach, receiver.max_end.wrapping_sub(1)) {
        receiver.max_end = reach.wrapping_add((width == 0) as u32);
    }
    if ack == receiver.end {
        window.flags[peer] &= !side_flag::DATA_UNACKNOWLEDGED;
    }
    if step.seg == index::ACK {
        let look = [seq, ack, end, packet.window as u32, dir as u32]
            .iter()
            .fold(0x811c_9dc5u32, |h, v| (h ^ v).wrapping_mul(0x0100_0193).rotate_left(9));
        if look == window.last_look && window.last_dir() == dir {
            window.set_retransmissions(window.retransmissions() + 1);
        } else {
            window.last_look = look;
            window.last_end = end;
            window.last_win = packet.window;
            window.set_retransmissions(0);
        }
    }
}
