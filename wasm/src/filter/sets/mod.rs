//! ipset: named sets of addresses, networks, ports and sets, which the `set` match asks and the SET target fills.
//!
//! A set crosses the joint as words, the same way in both directions (`loadSet`, `setMembers`):
//! ```text
//! set     = version(program::VERSION) family(4|6) dimensions flags(setflag::*) timeout(s, 0 none) maxelem netmask(prefix length)
//!           members(count) member*
//! dimensions = one of settype::* in every four bits, the first dimension lowest: hash:ip,port,net is IP | PORT << 4 | NET << 8.
//!           A set whose only dimension is PORT is bitmap:port (TCP and UDP, the number alone); SET is list:set.
//! netmask = hash:ip's --netmask (32 or 128 without)
//! member  = flags(1 nomatch) timeout(ms left; 0 for ever) packets low high, bytes low high, then its dimensions in order:
//!           IP   address (family words)
//!           NET  address, prefix length
//!           PORT protocol << 16 | port; ICMP: type << 8 | code as port
//!           SET  set number
//!           MARK mark           MAC high 16 bits, low 32 bits           IFACE 4 name words
//! ```
//! Members of a list stand in its order; others come back in no particular one.

pub mod set;

use super::env::Env;
use super::program::Refusal;
use crate::abi::{setmatch, settarget};
use crate::filter::env::At;
use crate::hash::Map;
use crate::wire::Packet;
use set::{Hit, Look, Member, Set};

/// The sets of one namespace, by the number `core/linux` gave them.
#[derive(Default)]
pub struct Sets {
    sets: Map<u32, Set>,
    /// Where the packet under way is; set once per hook.
    pub at: Option<At>,
}

impl Sets {
    /// Replaces a set.
    pub fn load(&mut self, id: u32, words: &[u32], now: u64) -> Result<(), Refusal> {
        let set = Set::read(words, now)?;
        self.sets.insert(id, set);
        Ok(())
    }
    /// Takes a set away; false where there is none.
    pub fn unload(&mut self, id: u32) -> bool {
        self.sets.remove(&id).is_some()
    }
    /// A set as words, members whose time is over left out.
    pub fn words(&self, id: u32, now: u64) -> Option<Vec<u32>> {
        self.sets.get(&id).map(|set| set.write(now))
    }
    /// The `set` match, before its inversion.
    pub fn fits<E: Env>(&mut self, packet: &Packet, o: &[u32], env: &mut E) -> bool {
        let look =
            Look { packet, at: self.at, directions: o[1] >> 8, dimensions: o[1] & 0xff, now: env.now(), length: 0 };
        let look = Look { length: env.length(packet), ..look };
        let rule = Rule {
            flags: o[2],
            packets: Compare { operator: o[3], value: o[4] as u64 | (o[5] as u64) << 32 },
            bytes: Compare { operator: o[6], value: o[7] as u64 | (o[8] as u64) << 32 },
        };
        self.test(o[0], &look, &rule, &|device| super::table::pack_name(env.dev_name(device)))
    }
    fn test(&mut self, id: u32, look: &Look, rule: &Rule, name: &dyn Fn(u32) -> u128) -> bool {
        let Some(set) = self.sets.get_mut(&id) else { return false };
        if look.dimensions < set.dimensions() {
            return false;
        }
        if set.is_list() {
            return (0..set.places()).any(|place| self.test_member((id, place), look, rule, name));
        }
        // turned round, exceptions fit and plain members do not
        let reversed = rule.flags & setmatch::RETURN_NOMATCH != 0 && set.has_networks();
        match set.find(look, name) {
            Hit::None => false,
            Hit::Except => reversed,
            Hit::Member(_) if reversed => false,
            Hit::Member(key) => {
                let counts = set.has_counters();
                let Some(member) = set.member_mut(&key) else { return false };
                if counts && rule.flags & setmatch::NO_UPDATE_COUNTERS == 0 {
                    member.packets += 1;
                    member.bytes += look.length as u64;
                }
                rule.packets.holds(member.packets) && rule.bytes.holds(member.bytes)
            }
        }
    }
    /// The set at a place of a list.
    fn test_member(&mut self, (id, place): (u32, usize), look: &Look, rule: &Rule, name: &dyn Fn(u32) -> u128) -> bool {
        let member = self.sets.get(&id).and_then(|list| list.listed(place, look.now));
        member.is_some_and(|member| self.test(member, look, rule, name))
    }
    /// `-j SET --add-set` and `--del-set`; operands as the target has them.
    pub fn change<E: Env>(&mut self, packet: &Packet, o: &[u32], env: &E) {
        let name = |device| super::table::pack_name(env.dev_name(device));
        for (adds, id, dims) in [(true, o[0], o[1]), (false, o[2], o[3])] {
            let Some(set) = self.sets.get_mut(&id) else { continue };
            let look =
                Look { packet, at: self.at, directions: dims >> 8, dimensions: dims & 0xff, now: env.now(), length: 0 };
            let Some(key) = set.exact(&look, &name) else { continue };
            if !adds {
                set.remove(&key);
                continue;
            }
            let seconds = if o[6] & settarget::TIMEOUT != 0 { o[7] } else { set.timeout() };
            let expires = if seconds == 0 { 0 } else { look.now + seconds as u64 * 1_000_000_000 };
            set.add(key, Member { expires, ..Member::default() }, o[6] & settarget::EXIST != 0, look.now);
        }
    }
}

/// `--packets-gt` and its like.
struct Compare {
    operator: u32,
    value: u64,
}

impl Compare {
    fn holds(&self, have: u64) -> bool {
        match self.operator {
            1 => have == self.value,
            2 => have != self.value,
            3 => have < self.value,
            4 => have > self.value,
            _ => true,
        }
    }
}

struct Rule {
    flags: u32,
    packets: Compare,
    bytes: Compare,
}
