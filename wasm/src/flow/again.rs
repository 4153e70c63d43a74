//! A flow met again: what one packet did to its flow, done by the next one of the same trail (`pipeline/trail.rs`) without
//! looking the flow up. Protocols judge every packet themselves; only where it is the same flow, in the same mood, with the same
//! outcome for the packet, has it been met again. Else nothing has happened, and the packet must walk.

use super::entry::{status, Entry, Window};
use super::table::{is_over, ticks, Conntrack};
use super::track::{direction, Hit, Judged};
use crate::wire::packet::{proto, tcp};
use crate::wire::{CtInfo, Packet};

/// How a packet stood to its flow once conntrack had judged it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Meeting {
    handle: u32,
    /// [`Conntrack::lives`] then: as long as it is the same, a handle names one flow only.
    lives: u32,
    mark: u32,
    status: u16,
    info: CtInfo,
    /// Its protocol looks at the packet's headers.
    pub looks: bool,
}

/// A flow before it was met again.
#[derive(Clone, Copy)]
pub struct Before {
    at: u32,
    entry: Entry,
    window: Window,
}

impl Meeting {
    /// Whether both are with one flow.
    pub fn is_of(&self, other: &Meeting) -> bool {
        self.handle == other.handle
    }
}

impl Conntrack {
    /// How a packet met its flow; nothing for flows that are new, watched, ending, or judged by lengths or bytes.
    pub fn meeting(&self, packet: &Packet) -> Option<Meeting> {
        let entry = self.entry(packet.ct)?;
        let settled = entry.has(status::CONFIRMED) && !entry.has(status::DYING) && !self.pending.watched;
        let opens = packet.proto == proto::TCP && packet.flags & tcp::SYN != 0;
        (settled && !opens && !matches!(packet.proto, proto::SCTP | proto::GRE)).then_some(Meeting {
            handle: packet.ct,
            lives: self.lives,
            mark: entry.mark,
            status: entry.status,
            info: packet.ct_info,
            looks: packet.proto == proto::TCP,
        })
    }
    /// Meets a flow again, with a packet of `length` bytes; its headers are asked for where the meeting `looks`. Nothing where it is not the same any more.
    #[cfg_attr(hot, optimize(speed))]
    pub fn meet(&mut self, meeting: &Meeting, packet: &Packet, (length, now): (u32, u64)) -> Option<Before> {
        let at = self.slot(meeting.handle)?;
        let now = ticks(now);
        let entry = *self.entries.get(at);
        let same = self.lives == meeting.lives && entry.status == meeting.status && entry.mark == meeting.mark;
        if !same || is_over(&entry, now) {
            return None;
        }
        let window = if entry.has(status::HAS_WINDOW) { *self.windows.get(entry.extra) } else { Window::default() };
        let (before, dir) = (Before { at, entry, window }, direction(meeting.info));
        match self.judge_headers(Hit { at, dir, now }, packet, entry.proto) {
            Judged::Live(timeout) => self.refresh(at, timeout, now),
            _ => return self.unmeet(&before),
        }
        if self.entries.get(at).status != meeting.status {
            return self.unmeet(&before);
        }
        self.account(at, dir, length);
        self.statistics.found += 1;
        Some(before)
    }
    /// Takes a meeting back: a later one of the same packet failed.
    pub fn part(&mut self, before: &Before, meeting: &Meeting, length: u32) {
        self.unmeet(before);
        self.statistics.found -= 1;
        if self.config.acct {
            let count = &mut self.accounts[before.at as usize][direction(meeting.info)];
            count.packets -= 1;
            count.bytes -= u64::from(length);
        }
    }
    #[cold]
    fn unmeet(&mut self, before: &Before) -> Option<Before> {
        *self.entries.get_mut(before.at) = before.entry;
        if before.entry.has(status::HAS_WINDOW) {
            *self.windows.get_mut(before.entry.extra) = before.window;
        }
        None
    }
}
