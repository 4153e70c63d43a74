//! Targets: what a rule does with a packet it matched.

use super::context::Context;
use super::env::{reject, why, Env, Verdict};
use super::matches::ip;
use super::memory::wide_mask;
use crate::abi::{ct, hook, nat as nat_flag, target};
use crate::flow::{Manip, Range, Template, Zone};
use crate::wire::packet::{proto, tcp};
use crate::wire::{CtInfo, Family, Ip, NONE};

/// What comes after a target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// XT_CONTINUE: the next rule.
    Continue,
    Return,
    Jump(u32),
    Goto(u32),
    Done(Verdict),
}

const DONE: Next = Next::Done(Verdict::Accept);

/// Does what the target says; `o` are its operands.
pub fn act<E: Env>(number: u32, o: &[u32], c: &mut Context<E>) -> Next {
    match number {
        target::ACCEPT => return DONE,
        target::DROP => return Next::Done(Verdict::Drop(why::RULE)),
        target::RETURN => return Next::Return,
        target::JUMP => return Next::Jump(o[0]),
        target::GOTO => return Next::Goto(o[0]),
        target::REJECT => return Next::Done(Verdict::Reject(reject_answer(o[0]))),
        target::QUEUE => return if o[1] & 1 != 0 { DONE } else { Next::Done(Verdict::Drop(why::QUEUE)) },
        target::DNAT | target::SNAT | target::NETMAP | target::MASQUERADE | target::REDIRECT => {
            return translate(number, o, c)
        }
        target::MARK => c.packet.mark = (c.packet.mark & !o[1]) ^ o[0],
        target::CONNMARK => connmark(c, o),
        target::CT => conntrack(c, o),
        target::TRACE => c.packet.nf_trace = true,
        target::TTL => c.packet.ttl = ttl(c.packet.ttl, o),
        target::DSCP => c.packet.tos = c.packet.tos & 3 | (o[0] as u8) << 2,
        target::TOS => c.packet.tos = (c.packet.tos & !(o[1] as u8)) ^ o[0] as u8,
        target::ECN if c.packet.proto == proto::TCP => c.packet.flags &= !0xc0,
        target::TCPMSS => tcpmss(c, o[0]),
        target::CLASSIFY => c.packet.priority = o[0],
        target::SET => {
            c.env.spoil_trail();
            c.sets.change(c.packet, o, c.env);
        }
        _ => {} // NONE, LOG, NFLOG, CHECKSUM, UNMODELLED: nothing of the packet changes
    }
    Next::Continue
}

fn reject_answer(how: u32) -> u8 {
    if how == crate::abi::reject::TCP_RESET {
        reject::TCP_RESET
    } else {
        how as u8
    }
}

fn ttl(ttl: u8, o: &[u32]) -> u8 {
    let value = o[1] as u8;
    match o[0] {
        0 => value,
        1 => ttl.saturating_add(value),
        _ => ttl.saturating_sub(value),
    }
}

/// `-j CT`, `-j NOTRACK`: only before conntrack, or another such rule, has seen the packet.
fn conntrack<E: Env>(c: &mut Context<E>, o: &[u32]) {
    let seen = matches!(c.packet.ct_info, CtInfo::Untracked | CtInfo::Attached);
    if c.packet.ct != NONE || seen || c.template.is_some() {
        return;
    }
    if o[0] & ct::NOTRACK != 0 {
        c.packet.ct_info = CtInfo::Untracked;
        return;
    }
    let id = if o[0] & ct::ZONE_MARK != 0 { c.packet.mark as u16 } else { o[1] as u16 };
    let one_way = o[0] & (ct::ZONE_ORIG | ct::ZONE_REPL) != 0;
    let zone =
        Zone { id, original: !one_way || o[0] & ct::ZONE_ORIG != 0, reply: !one_way || o[0] & ct::ZONE_REPL != 0 };
    let helper = if o[2] == 0 { 0 } else { c.flows.helper_number(super::table::text(&o[2..])) };
    c.template = Some(Template { zone, helper });
}

fn shifted(value: u32, shift: u32) -> u32 {
    let bits = shift & 0xff;
    let moved = if shift & 0x100 != 0 { value.checked_shr(bits) } else { value.checked_shl(bits) };
    moved.unwrap_or(0)
}

/// `-j CONNMARK --set-xmark | --save-mark | --restore-mark`
fn connmark<E: Env>(c: &mut Context<E>, o: &[u32]) {
    let (mode, value, ctmask, nfmask, shift) = (o[0], o[1], o[2], o[3], o[4]);
    let Some(mark) = c.flow_mark() else { return };
    let new = match mode {
        0 => shifted((mark & !ctmask) ^ value, shift),
        1 => (mark & !ctmask) ^ shifted(c.packet.mark & nfmask, shift),
        _ => {
            let restored = shifted(mark & ctmask, shift);
            c.packet.mark = (c.packet.mark & !nfmask) ^ restored;
            return;
        }
    };
    if new != mark {
        c.flows.set_mark(c.packet.ct, new);
    }
}

/// `-j TCPMSS`: lowers the option of a SYN, never raises it; a SYN without one gets it.
fn tcpmss<E: Env>(c: &mut Context<E>, wanted: u32) {
    let v4 = c.at.family == Family::V4;
    if c.packet.proto != proto::TCP || c.packet.flags & tcp::SYN == 0 || !c.packet.has_transport() {
        return;
    }
    c.env.narrow_trail(); // whether there are data
    if !v4 && c.packet.frag_list != 0 {
        // It is put into one place for that, and cut anew.
        c.packet.frag_list = c.packet.frag_list.max(1280);
    }
    let headers = if v4 { 40 } else { 60 };
    let wanted = if wanted == 0xffff { c.env.path_mtu(c.packet).saturating_sub(headers) } else { wanted } as u16;
    let default = if v4 { 536 } else { 1220 };
    if c.packet.mss == 0 {
        if c.packet.payload_len == 0 {
            c.packet.mss = wanted.min(default);
        }
    } else if c.packet.mss > wanted {
        c.packet.mss = wanted;
    }
}

/// NAT targets settle one half of the flow; the hook rewrites the packet afterwards.
fn translate<E: Env>(number: u32, o: &[u32], c: &mut Context<E>) -> Next {
    let at_source = matches!(c.at.hook, hook::POSTROUTING | hook::INPUT);
    // a virtual server's choice
    let balances = number == target::DNAT && c.at.hook == hook::INPUT;
    let manip = if at_source && !balances { Manip::Source } else { Manip::Destination };
    let range = match number {
        target::DNAT | target::SNAT => range_of(o, c.at.family == Family::V4),
        target::NETMAP => netmap(o, c, at_source),
        target::MASQUERADE => match masquerade(o, c) {
            Ok(range) => range,
            Err(next) => return next,
        },
        _ => match redirect(o, c) {
            Some(range) => range,
            None => return Next::Done(Verdict::Drop(why::NAT)),
        },
    };
    if range.minds_source_port(manip, c.packet) {
        c.env.ported_trail();
    }
    c.flows.bind(c.packet, &range, manip, c.env);
    if number == target::MASQUERADE {
        c.flows.set_masquerade(c.packet, c.at.oif);
    }
    if balances && c.flows.rewrite(c.packet, manip) {
        return Next::Done(Verdict::Forward);
    }
    DONE
}

fn range_of(o: &[u32], v4: bool) -> Range {
    let size = if v4 { 1 } else { 4 };
    let ports = o[1 + 2 * size];
    Range {
        flags: o[0],
        min: ip(&o[1..], v4),
        max: ip(&o[1 + size..], v4),
        ports: (ports as u16, (ports >> 16) as u16),
        base: o[2 + 2 * size] as u16,
    }
}

fn netmap<E: Env>(o: &[u32], c: &Context<E>, at_source: bool) -> Range {
    let v4 = c.at.family == Family::V4;
    let mask = wide_mask(&o[if v4 { 1 } else { 4 }..], c.at.family);
    let old = if at_source { c.packet.src } else { c.packet.dst };
    Range::address(Ip(old.0 & !mask | ip(o, v4).0 & mask))
}

/// The out device's address in the next hop's subnet. No address: the packet is dropped, as the kernel says "ate my IP address".
fn masquerade<E: Env>(o: &[u32], c: &mut Context<E>) -> Result<Range, Next> {
    if c.packet.src == Ip::ANY4 {
        return Err(DONE); // a DHCP client, probably
    }
    let towards = if c.at.family == Family::V4 { c.env.next_hop(c.packet) } else { c.packet.dst };
    let address = c.env.select_address(c.at.oif, towards);
    if address.is_unspecified() {
        return Err(Next::Done(Verdict::Drop(why::NAT)));
    }
    let ports = (o[1] as u16, (o[1] >> 16) as u16);
    Ok(Range { flags: o[0] | nat_flag::ADDRESS, ports, ..Range::address(address) })
}

/// To this machine: loopback for what it sends itself, else the in device's first address.
fn redirect<E: Env>(o: &[u32], c: &mut Context<E>) -> Option<Range> {
    let v4 = c.at.family == Family::V4;
    let address = match (c.at.hook == hook::OUTPUT, v4) {
        (true, true) => Ip::v4(0x7f00_0001),
        (true, false) => Ip(1),
        (false, true) => c.env.select_address(c.at.iif, Ip::ANY4),
        (false, false) => c.env.first_address(c.at.iif, c.packet.dst),
    };
    let ports = (o[1] as u16, (o[1] >> 16) as u16);
    (!address.is_unspecified()).then(|| Range { flags: o[0] | nat_flag::ADDRESS, ports, ..Range::address(address) })
}
