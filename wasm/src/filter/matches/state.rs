//! Matches on the packet's flow.

use super::{ip, long};
use crate::abi::{connlimit as limit_flag, ctmatch, ctstate};
use crate::filter::context::Context;
use crate::filter::env::Env;
use crate::filter::memory::{wide_mask, State};
use crate::flow::tuple::Wide;
use crate::flow::{direction, ticks, Facts};
use crate::wire::{CtInfo, Family};

fn state_bit(info: CtInfo) -> u32 {
    match info {
        CtInfo::New => ctstate::NEW,
        CtInfo::Established | CtInfo::EstablishedReply => ctstate::ESTABLISHED,
        CtInfo::Related | CtInfo::RelatedReply => ctstate::RELATED,
        CtInfo::Untracked => ctstate::UNTRACKED,
        CtInfo::Invalid | CtInfo::None | CtInfo::Attached => ctstate::INVALID,
    }
}

/// `-m conntrack`, and `-m state`.
#[inline]
pub fn conntrack<E: Env>(c: &mut Context<E>, o: &[u32]) -> bool {
    let (what, inverted) = (o[0], o[1]);
    let known = c.template.is_some() || c.flows.entry(c.packet.ct).is_some();
    if what & ctmatch::STATE != 0 {
        let mut bits = if c.template.is_some() { ctstate::NEW } else { state_bit(c.packet.ct_info) };
        if known && o[2] & (ctstate::SNAT | ctstate::DNAT) != 0 {
            bits |= c.flows.nat_bits(c.packet.ct);
        }
        if (o[2] & bits != 0) == (inverted & ctmatch::STATE != 0) {
            return false;
        }
    }
    if !known {
        return what & ctmatch::STATE != 0;
    }
    what & !ctmatch::STATE == 0 || details(c, o)
}

/// Everything a conntrack match may test beside the state.
fn details<E: Env>(c: &mut Context<E>, o: &[u32]) -> bool {
    if o.len() < 11 {
        return true;
    }
    let (what, inverted, v4) = (o[0], o[1], c.at.family == Family::V4);
    let flow = match c.template {
        Some(_) => Facts::of_template(v4),
        None => match c.flows.facts(c.packet.ct, ticks(c.env.now())) {
            Some(flow) => flow,
            None => return false,
        },
    };
    let test = |bit: u32, fits: bool| what & bit == 0 || fits != (inverted & bit != 0);
    let size = if v4 { 1 } else { 4 };
    let address = |which: usize, have: crate::wire::Ip| {
        let at = 11 + which * 2 * size;
        let mask = wide_mask(&o[at + size..], c.at.family);
        (ip(&o[at..], v4).0 ^ have.0) & mask == 0
    };
    let port = |which: usize, have: u16| o[7 + which] & 0xffff <= have as u32 && have as u32 <= o[7 + which] >> 16;
    let original = direction(c.packet.ct_info) == 0;
    let [first, back] = flow.sides;
    test(ctmatch::DIRECTION, original)
        && test(ctmatch::ORIGSRC, address(0, first.src))
        && test(ctmatch::ORIGDST, address(1, first.dst))
        && test(ctmatch::REPLSRC, address(2, back.src))
        && test(ctmatch::REPLDST, address(3, back.dst))
        && test(ctmatch::PROTO, o[6] == flow.proto as u32)
        && test(ctmatch::ORIGSRC_PORT, port(0, first.sport))
        && test(ctmatch::ORIGDST_PORT, port(1, first.dport))
        && test(ctmatch::REPLSRC_PORT, port(2, back.sport))
        && test(ctmatch::REPLDST_PORT, port(3, back.dport))
        && test(ctmatch::STATUS, o[3] & flow.ctstatus != 0)
        && test(ctmatch::EXPIRES, o[4] <= flow.expires && flow.expires <= o[5])
}

/// `-m connmark`; a packet without a flow never fits.
#[inline]
pub fn connmark<E: Env>(c: &mut Context<E>, o: &[u32], invert: bool) -> bool {
    c.flow_mark().is_some_and(|mark| (mark & o[1] == o[0]) != invert)
}

/// `-m connbytes`
pub fn connbytes<E: Env>(c: &mut Context<E>, o: &[u32], invert: bool) -> bool {
    if c.flows.entry(c.packet.ct).is_none() {
        return false;
    }
    let counts = c.flows.counts(c.packet.ct);
    let (packets, bytes) = match o[1] {
        0 | 1 => (counts[o[1] as usize].packets, counts[o[1] as usize].bytes),
        _ => (counts[0].packets + counts[1].packets, counts[0].bytes + counts[1].bytes),
    };
    let have = match o[0] {
        0 => packets,
        1 => bytes,
        _ => bytes.checked_div(packets).unwrap_or(0),
    };
    let (from, to) = (long(&o[2..]), long(&o[4..]));
    let fits = if to >= from { from <= have && have <= to } else { have < to || have > from };
    fits != invert
}

/// `-m connlimit`: how many live flows the packet's (masked) address has.
pub fn connlimit<E: Env>(c: &mut Context<E>, o: &[u32], state: &mut State) -> bool {
    let State::Connections(flows) = state else { return false };
    if Wide::of(c.packet).is_none() && c.flows.entry(c.packet.ct).is_none() {
        c.hotdrop = true; // nothing to count by
        return false;
    }
    let address = if o[2] & limit_flag::DESTINATION != 0 { c.packet.dst } else { c.packet.src };
    let key = address.0 & wide_mask(&o[3..], c.at.family);
    let list = flows.entry(key).or_default();
    list.retain(|flow| c.flows.is_open(*flow));
    let mut count = list.len() as u32;
    if c.flows.entry(c.packet.ct).is_none() {
        // One that belongs to no flow counts as if it did, this time.
        count += !list.iter().any(|flow| c.flows.began_like(*flow, c.packet)) as u32;
    } else if !list.contains(&c.packet.ct) {
        list.push(c.packet.ct);
        count += 1;
    }
    (count > o[1]) != (o[2] & limit_flag::INVERT != 0)
}
