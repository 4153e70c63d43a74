//! Flows that ctnetlink makes and changes: `conntrack -I` and `conntrack -U`.

use super::entry::status;
use super::event::{change, Kind};
use super::table::{ticks, Conntrack, Zone, SECOND};
use super::tcp::side_flag;
use super::tuple::Wide;
use crate::errno::{EBUSY, EEXIST, EINVAL, ENOENT};
use crate::wire::packet::proto;

/// What is set of a flow; `state` is the protocol's number, `status` only adds bits.
pub struct Wanted {
    /// Seconds.
    pub timeout: Option<u32>,
    pub mark: Option<u32>,
    pub state: Option<u8>,
    pub status: u16,
}

impl Conntrack {
    /// Makes a flow from both its directions, or, without a reply, changes the one of that original direction.
    pub fn set_flow(
        &mut self,
        now: u64,
        (original, reply): (Wide, Option<Wide>),
        (zone, wanted): (u16, Wanted),
    ) -> u32 {
        let now = ticks(now);
        let number = self.zone_number(zone);
        let found = self.lookup(&original, [number; 2], now).map(|slot| slot.entry);
        let at = match (found, reply) {
            (Some(_), Some(_)) => return EEXIST,
            (None, None) => return ENOENT,
            (Some(at), None) => at,
            (None, Some(reply)) => {
                let Some(at) = self.create(&original, Zone { id: zone, ..Zone::default() }) else { return EINVAL };
                if original.inverse() != Some(reply) {
                    self.set_reply(at, &reply);
                }
                at
            }
        };
        let fresh = found.is_none();
        let entry = self.entries.get_mut(at);
        if !fresh && entry.status & !wanted.status & (status::SEEN_REPLY | status::ASSURED) != 0 && wanted.status != 0 {
            return EBUSY;
        }
        entry.status |= wanted.status;
        entry.state = wanted.state.unwrap_or(entry.state);
        if let Some(mark) = wanted.mark.filter(|mark| *mark != entry.mark) {
            entry.mark = mark;
            self.changed(at, change::MARK);
        }
        if let Some(seconds) = wanted.timeout {
            self.refresh(at, seconds.saturating_mul(SECOND).min(i32::MAX as u32), now);
        }
        if original.proto == proto::TCP && wanted.state.is_some() {
            // The tool sets IP_CT_TCP_FLAG_BE_LIBERAL: nobody saw the windows.
            self.window(at).flags = [side_flag::BE_LIBERAL; 2];
        }
        if fresh {
            self.link(at, now);
            self.changed(at, change::STATE);
            self.announce_at(at, Kind::New, now);
        } else {
            self.deliver(at, now);
        }
        0
    }
}
