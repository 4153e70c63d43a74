//! What happens to a packet that a hook did not accept: dropped, or answered as REJECT says and dropped (nf_reject_ipv4.c).

use super::icmp::{kind, IcmpError};
use crate::abi::{self, hook};
use crate::fabric::Fabric;
use crate::filter::Verdict;
use crate::link::Place;
use crate::namespace::Path;
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::{packet, proto, tcp};
use crate::wire::{checksum, print, Packet, Parcel};

/// Where it was refused.
#[derive(Clone, Copy)]
pub struct Refused {
    pub ns: u32,
    pub hook: u32,
    /// Its route, where it had one.
    pub path: Option<Path>,
}

impl Fabric {
    /// Ends a packet that a hook refused.
    pub fn refuse(&mut self, at: Refused, verdict: Verdict, mut packet: Parcel) {
        let place = Place { ns: at.ns, dev: packet.iif };
        match verdict {
            Verdict::Accept | Verdict::Forward => {}
            Verdict::Drop(why) => self.drop(place, packet, Layer::Hook, Reason::of_hook(why)),
            Verdict::Reject(how) => {
                self.world.trails.spoil();
                if packet.probe != 0 {
                    self.world.batch.judge(place, &packet, (abi::outcome::REFUSED, Reason::Rule));
                    packet.probe = 0;
                }
                if how == abi::reject::TCP_RESET as u8 {
                    self.send_reset(at, &packet);
                } else {
                    self.send_unreachable(at, &packet, how);
                }
                self.drop(place, packet, Layer::Hook, Reason::Rule);
            }
        }
    }

    /// nf_send_unreach: nothing for later fragments and packets whose sum is wrong.
    fn send_unreachable(&mut self, at: Refused, packet: &Packet, code: u8) {
        if !self.sum_holds(packet) {
            return;
        }
        let local = at.hook == hook::INPUT || at.path.is_some_and(|path| path.is_local());
        let kind = if packet.dst.is_v4() { kind::UNREACHABLE } else { kind::UNREACHABLE6 };
        self.send_icmp_error(at.ns, packet, IcmpError { local, ..IcmpError::new(kind, code) });
    }

    /// nf_reject_verify_csum: what is behind the IP header must sum to nothing, even where its protocol has no such sum, unless it is
    /// known to have another one or none, or that of a tunnel was right; the pseudo header counts for TCP, UDP and all of IPv6.
    fn sum_holds(&self, packet: &Packet) -> bool {
        // Of IPv6 that of a tunnel holds for later pieces, too.
        if packet.frag_offset != 0 && (packet.dst.is_v4() || !packet.sum_trusted) {
            return false;
        }
        if packet.sum_trusted
            || packet.no_checksum
            || matches!(packet.proto, 33 | proto::GRE | 50 | 51 | proto::SCTP | 136)
        {
            return true;
        }
        let mut bytes = Vec::new();
        print::print_transport(packet, &self.world.pool, &mut bytes);
        let plain = packet.dst.is_v4() && !matches!(packet.proto, proto::TCP | proto::UDP);
        let length = bytes.len() as u32;
        let head = if plain { 0 } else { checksum::pseudo(packet.src, packet.dst, packet.proto, length) };
        checksum::finish(checksum::add(head, &bytes)) == 0
    }

    /// nf_send_reset: from where the segment was going to where it came from; on a bridge straight back out of the port.
    fn send_reset(&mut self, at: Refused, packet: &Packet) {
        let odd = packet.proto != proto::TCP || packet.is_fragment() || packet.headless || packet.bad_checksum;
        if odd || packet.flags & tcp::RST != 0 {
            return;
        }
        let stack = &mut self.space_mut(at.ns).stack;
        // What was meant for everybody is not answered; a bridged packet has no route that would say so.
        let nobodys = packet.src.is_no_host6() || packet.dst.is_no_host6();
        if nobodys || at.hook != hook::FORWARD && stack.is_everybody(packet.dst) {
            return;
        }
        let mut reset = packet! {
            src: packet.dst,
            dst: packet.src,
            sport: packet.dport,
            dport: packet.sport,
            ethertype: packet.ethertype,
            proto: proto::TCP,
            dont_fragment: true,
            mark: stack.reply_mark(packet),
            trace: packet.trace,
            hops: packet.hops,
        };
        answer_segment(packet, &mut reset);
        let mut reset = self.world.pool.begin(reset);
        if packet.trace != 0 {
            let what = (Layer::Local, Action::Refused, Reason::Rule);
            self.world.record(Place { ns: at.ns, dev: packet.iif }, &reset, what, Default::default());
        }
        let Ok(path) = self.space(at.ns).stack.reroute(&reset, 0) else {
            return self.drop(Place { ns: at.ns, dev: 0 }, reset, Layer::Route, Reason::NoRoute);
        };
        reset.ttl = self.space(at.ns).stack.hop_limit(reset.dst, path.oif);
        let now = crate::flow::ticks(self.world.now);
        let hooks = &mut self.space_mut(at.ns).hooks;
        hooks.attach(&mut reset, packet);
        hooks.flows.close_tcp(packet, now);
        if packet.phys_in != 0 {
            reset.eth_src = packet.eth_dst;
            reset.eth_dst = packet.eth_src;
            return self.xmit(Place { ns: at.ns, dev: packet.phys_in }, reset);
        }
        // Nobody waits for the outcome of a reset.
        let _ = self.local_out(at.ns, reset, path);
    }
}

/// The flags and numbers of a reset in answer to a segment (RFC 9293 3.5.2).
pub fn answer_segment(packet: &Packet, reset: &mut Packet) {
    reset.flags = tcp::RST;
    if packet.flags & tcp::ACK != 0 {
        reset.seq = packet.ack;
        return;
    }
    reset.flags |= tcp::ACK;
    let flags = u32::from(packet.flags & tcp::SYN != 0) + u32::from(packet.flags & tcp::FIN != 0);
    reset.ack = packet.seq.wrapping_add(flags).wrapping_add(u32::from(packet.payload_len));
}
