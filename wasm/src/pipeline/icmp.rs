//! ICMP as the stack itself speaks it: errors, redirects, echo and timestamp replies (net/ipv4/icmp.c).

use super::local::Birth;
use super::routing::OutputKey;
use crate::fabric::Fabric;
use crate::filter::AddrType;
use crate::flow::Manip;
use crate::link::ndisc::kind::{ADVERTISEMENT, SOLICITATION};
use crate::link::Place;
use crate::namespace::{Path, Stack};
use crate::route::{Devices, Ends, FlowKey, RouteType};
use crate::sysctl;
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::{packet, proto, KERNEL_SOCKET};
use crate::wire::parse::u32_at;
use crate::wire::{Ip, Packet, PacketType, Parcel, NONE};

/// ICMP types, and those of ICMPv6.
pub mod kind {
    pub const UNREACHABLE6: u8 = 1;
    pub const TOO_BIG6: u8 = 2;
    pub const TIME_EXCEEDED6: u8 = 3;
    pub const PARAMETER6: u8 = 4;
    pub const ECHO6: u8 = 128;
    pub const ECHO_REPLY6: u8 = 129;
    pub const ECHO_REPLY: u8 = 0;
    pub const UNREACHABLE: u8 = 3;
    pub const REDIRECT: u8 = 5;
    pub const ECHO: u8 = 8;
    pub const TIME_EXCEEDED: u8 = 11;
    pub const TIMESTAMP: u8 = 13;
    pub const TIMESTAMP_REPLY: u8 = 14;
}

/// Codes of "destination unreachable".
pub mod dest {
    pub const NET: u8 = 0;
    pub const HOST: u8 = 1;
    pub const PROTOCOL: u8 = 2;
    pub const PORT: u8 = 3;
    pub const FRAG: u8 = 4;
    pub const ADMIN: u8 = 13;
    pub const ADMIN6: u8 = 1;
    pub const BEYOND_SCOPE6: u8 = 2;
    pub const ADDRESS6: u8 = 3;
    pub const PORT6: u8 = 4;
}

/// The longest ICMP error, IP header included (RFC 1812 4.3.2.3).
const LONGEST: u32 = 576;
/// And ICMPv6's: what every link takes (RFC 4443 2.4).
const LONGEST6: u32 = 1280;
/// ICMP types that are no errors, but taken for such: those that nobody knows, and router discovery (icmp_pointers).
const UNANSWERED: u32 = 1 << 1 | 1 << 2 | 1 << 6 | 1 << 7 | 1 << 9 | 1 << 10 | 1 << 19;
/// Internetwork control, which errors travel with.
const CONTROL: u8 = 0xc0;

/// An error to be sent about a packet.
#[derive(Clone, Copy)]
pub struct IcmpError {
    pub kind: u8,
    pub code: u8,
    /// The header's second word: MTU, gateway.
    pub rest: u32,
    /// The packet was for us: the error comes from the address it was sent to.
    pub local: bool,
}

impl IcmpError {
    pub const fn new(kind: u8, code: u8) -> IcmpError {
        IcmpError { kind, code, rest: 0, local: false }
    }
    /// The same said in ICMPv6 (RFC 4443); what has ICMPv6's own type already stays.
    const fn in_icmpv6(self) -> IcmpError {
        let (kind, code) = match (self.kind, self.code) {
            (kind::UNREACHABLE, dest::FRAG) => (kind::TOO_BIG6, 0),
            (kind::UNREACHABLE, dest::HOST) => (kind::UNREACHABLE6, dest::ADDRESS6),
            (kind::UNREACHABLE, dest::PORT) => (kind::UNREACHABLE6, dest::PORT6),
            (kind::UNREACHABLE, dest::ADMIN) => (kind::UNREACHABLE6, dest::ADMIN6),
            // The pointer leads to the header's "next header".
            (kind::UNREACHABLE, dest::PROTOCOL) => {
                return IcmpError { kind: kind::PARAMETER6, code: 1, rest: 6, ..self }
            }
            (kind::UNREACHABLE, _) => (kind::UNREACHABLE6, dest::NET),
            (kind::TIME_EXCEEDED, code) => (kind::TIME_EXCEEDED6, code),
            own => own,
        };
        IcmpError { kind, code, ..self }
    }
}

impl Fabric {
    /// Tells a packet's sender what went wrong, where the rules allow it (icmp_send, icmp6_send). The packet stays the caller's.
    pub fn send_icmp_error(&mut self, ns: u32, cause: &Packet, error: IcmpError) {
        self.world.trails.spoil();
        let v4 = cause.src.is_v4();
        let mut error = if v4 { error } else { error.in_icmpv6() };
        if !v4 && error.rest == 6 && cause.next_header() != cause.proto {
            // Behind an extension header the next one stands at its beginning.
            error.rest = 40;
        }
        // IPv6 complains about later fragments too, whatever they are part of.
        let later = cause.frag_offset != 0;
        if cause.pkt_type != PacketType::Host || v4 && later || cause.quoted != 0 || cause.src.is_no_host6() {
            return;
        }
        if self.world.speaking_icmp
            || cause.is_icmp_error() && !later
            || (cause.proto == proto::ICMP && (UNANSWERED >> cause.kind.min(19) & 1 != 0 || cause.headless))
        {
            return;
        }
        let stack = &self.space(ns).stack;
        if stack.is_everybody(cause.dst) {
            return;
        }
        let inbound = !error.local && stack.sysctls.is_on(sysctl::ICMP_ERRORS_USE_INBOUND_IFADDR);
        let src = match () {
            () if !v4 => {
                let turned = cause.bridged && self.space(ns).hooks.flows.translates(cause, Manip::Destination);
                let from = match () {
                    () if cause.phys_out != 0 => 0, // IPv6 has not received it
                    () if turned => stack.device_to(cause.dst),
                    () => cause.iif,
                };
                stack.error_source6(cause, from)
            }
            () if error.local => cause.dst,
            () if inbound => stack.links.select_source(cause.iif, cause.src, Stack::LINK_SCOPE),
            () => Ip::ANY4,
        };
        let tos = if v4 { cause.tos & 0x1e | CONTROL } else { 0 };
        let mark = stack.reply_mark(cause);
        let proto = if v4 { proto::ICMP } else { proto::ICMPV6 };
        let oif = cause.way_back();
        let about = Some(Ends::of(cause, true));
        let key = OutputKey { src, tos, mark, proto, oif, any_source: true, about, ..OutputKey::to(cause.src) };
        // What is anycast here is told nothing (icmpv6_route_lookup).
        let Some(path) = stack.route_output(&key).ok().filter(|path| path.kind != RouteType::Anycast) else { return };
        if !self.icmp_allowed(ns, (error.kind, error.code), cause.src, path.oif) {
            return;
        }
        let packet = self.quote(ns, cause, (error, path, tos));
        let mut packet = self.world.pool.begin(packet);
        packet.src = if src.is_unspecified() { path.src } else { src };
        packet.mark = mark;
        self.space_mut(ns).hooks.attach(&mut packet, cause);
        let place = Place { ns, dev: path.oif };
        if packet.trace != 0 {
            let what = (Layer::Local, Action::Refused, Reason::None);
            self.world.record(place, &packet, what, Default::default());
        }
        // Nobody waits for the outcome of an error.
        self.world.speaking_icmp = true;
        let _ = self.local_out(ns, packet, path);
        self.world.speaking_icmp = false;
    }

    /// An error with as much of its cause as fits, payload shared.
    fn quote(&mut self, ns: u32, cause: &Packet, (error, path, tos): (IcmpError, Path, u8)) -> Packet {
        let stack = &mut self.space_mut(ns).stack;
        let v4 = cause.src.is_v4();
        let room = if v4 { stack.path_mtu(&path).min(LONGEST) - 28 } else { LONGEST6 - 48 };
        let ttl = stack.hop_limit(cause.src, path.oif);
        let ip_id = stack.next_ip_id();
        let mut inner = self.world.pool.copy(cause);
        inner.quoted = cause.len().min(room) as u16;
        inner.trace = 0;
        inner.ct = NONE;
        let quoted = inner.quoted;
        packet! {
            dst: cause.src,
            proto: if v4 { proto::ICMP } else { proto::ICMPV6 },
            ttl: ttl,
            tos: tos,
            ip_id: ip_id,
            kind: error.kind,
            code: error.code,
            seq: error.rest,
            inner: self.world.pool.park(inner),
            payload_len: quoted,
            socket: KERNEL_SOCKET,
            trace: cause.trace,
            hops: cause.hops,
        }
    }

    /// The packet an ICMP error quotes, for multipath.
    pub fn quoted_ends(&self, packet: &Packet) -> Option<Ends> {
        if !packet.is_icmp_error() {
            return None;
        }
        if packet.inner != NONE {
            return Some(Ends::of(self.world.pool.get(packet.inner), false));
        }
        // Whatever stands where an IPv4 header's addresses should be.
        let data = self.world.pool.data(packet);
        if data.len() < 20 || !packet.dst.is_v4() {
            return None;
        }
        let (src, dst) = (Ip::v4(u32_at(data, 12)), Ip::v4(u32_at(data, 16)));
        Some(Ends { src, dst, ..Ends::of(packet, false) })
    }

    /// Tells a sender on our own segment that another gateway there is nearer (ip_rt_send_redirect).
    pub fn send_redirect(&mut self, place: Place, packet: &Packet, path: &Path) {
        self.world.trails.spoil();
        if self.redirect_allowed(place.ns, packet.src) {
            let rest = path.next_hop(packet.dst).low();
            self.send_icmp_error(place.ns, packet, IcmpError { rest, ..IcmpError::new(kind::REDIRECT, 1) });
        }
    }

    /// ICMP for this host: answers requests (icmp_echo, icmp_timestamp). Errors go to the sockets they are about.
    pub fn icmp_local(&mut self, place: Place, packet: Parcel) {
        let stack = &self.space(place.ns).stack;
        if !packet.dst.is_v4() {
            return self.icmp6_local(place, packet);
        }
        let group = stack.is_everybody(packet.dst);
        let quiet = stack.sysctls.is_on(sysctl::ICMP_ECHO_IGNORE_ALL)
            || (group && stack.sysctls.is_on(sysctl::ICMP_ECHO_IGNORE_BROADCASTS));
        match packet.kind {
            _ if packet.bad_checksum => self.drop(place, packet, Layer::Local, Reason::BadChecksum),
            kind::ECHO if quiet => self.drop(place, packet, Layer::Local, Reason::EchoIgnored),
            kind::TIMESTAMP if group && quiet => self.drop(place, packet, Layer::Local, Reason::EchoIgnored),
            kind::ECHO | kind::TIMESTAMP => self.icmp_reply(place, packet),
            _ if packet.is_icmp_error() => {
                self.icmp_error_received(place, &packet);
                self.world.note(place, &packet, Layer::Local, Action::Delivered);
                self.finish(place.ns, packet)
            }
            _ => {
                self.world.note(place, &packet, Layer::Local, Action::Delivered);
                self.finish(place.ns, packet)
            }
        }
    }

    /// ICMPv6 for this host: neighbour discovery, echo, errors (icmpv6_rcv).
    fn icmp6_local(&mut self, place: Place, packet: Parcel) {
        let sysctls = &self.space(place.ns).stack.sysctls;
        let group = packet.dst.is_multicast() && sysctls.is_on(sysctl::ICMP6_ECHO_IGNORE_MULTICAST);
        let quiet = group || sysctls.is_on(sysctl::ICMP6_ECHO_IGNORE_ALL);
        match packet.kind {
            _ if packet.bad_checksum => self.drop(place, packet, Layer::Local, Reason::BadChecksum),
            kind::ECHO6 if quiet => self.drop(place, packet, Layer::Local, Reason::EchoIgnored),
            kind::ECHO6 => self.icmp_reply(place, packet),
            SOLICITATION | ADVERTISEMENT => self.nd_receive(place, packet),
            _ => {
                if packet.is_icmp_error() {
                    self.icmp_error_received(place, &packet);
                }
                self.world.note(place, &packet, Layer::Local, Action::Delivered);
                self.finish(place.ns, packet)
            }
        }
    }

    /// icmp_reply: from the address that was asked, with its tos; a broadcast is answered from our own address.
    fn icmp_reply(&mut self, place: Place, packet: Parcel) {
        self.world.note(place, &packet, Layer::Local, Action::Delivered);
        let stack = &mut self.space_mut(place.ns).stack;
        let own = stack.addr_type(packet.dst, 0) == AddrType::Local;
        // fib_compute_spec_dst: the source of the way back
        let back = || stack.route_plain(packet.src).filter(|_| packet.src.is_v4()).map(|path| path.src);
        let chosen = || back().unwrap_or_else(|| stack.links.select_source(place.dev, packet.src, 0));
        let src = if own { packet.dst } else { chosen() };
        let v4 = packet.dst.is_v4();
        let mark = stack.reply_mark(&packet);
        let ip_id = stack.next_ip_id();
        let timestamp = v4 && packet.kind == kind::TIMESTAMP;
        let mut reply = packet! {
            src: src,
            dst: packet.src,
            proto: packet.proto,
            ttl: 0,
            tos: packet.tos,
            ip_id: ip_id,
            kind: match v4 {
                true if timestamp => kind::TIMESTAMP_REPLY,
                true => kind::ECHO_REPLY,
                false => kind::ECHO_REPLY6,
            },
            sport: packet.sport,
            dport: packet.sport,
            seq: packet.seq,
            mark: mark,
            socket: KERNEL_SOCKET,
            trace: packet.trace,
            hops: packet.hops,
        };
        if timestamp {
            self.stamp(&packet, &mut reply);
        } else {
            reply.payload_len = packet.payload_len;
            let data = self.world.pool.data(&packet).to_vec();
            reply.payload = self.world.pool.store(&data);
        }
        // An answer from no address in particular goes back where it came from; on lo, that is where the address it was sent to is.
        let oif = match place.dev {
            _ if v4 || own => packet.way_back(),
            1 => self.space(place.ns).stack.device_to(packet.dst),
            dev => dev,
        };
        let birth = Birth { ns: place.ns, oif, flags: 0 };
        self.finish(place.ns, packet);
        // An answer that cannot be sent is not sent.
        let reply = self.world.pool.begin(reply);
        self.world.speaking_icmp = true;
        let _ = self.send_born(birth, reply);
        self.world.speaking_icmp = false;
    }

    /// The asker's time, then ours twice, in milliseconds since midnight (RFC 792).
    fn stamp(&mut self, packet: &Packet, reply: &mut Packet) {
        let midnight = ((self.world.epoch % 86_400) * 1000 + self.world.now / 1_000_000) % 86_400_000;
        let mut bytes = [0; 12];
        let asked = self.world.pool.data(packet);
        let there = asked.len().min(4);
        bytes[..there].copy_from_slice(&asked[..there]);
        bytes[4..8].copy_from_slice(&(midnight as u32).to_be_bytes());
        bytes[8..].copy_from_slice(&(midnight as u32).to_be_bytes());
        reply.payload = self.world.pool.store(&bytes);
        reply.payload_len = 12;
    }
}

impl Stack {
    /// The device by which IPv6 reaches an address; 0 where it does not.
    fn device_to(&self, ip: Ip) -> u32 {
        self.fib.lookup(&FlowKey::to(ip), &self.links).map_or(0, |found| found.oif)
    }

    /// Who complains about an IPv6 packet: who it was sent to, if that is us, else an address of the device it came in by (icmp6_send);
    /// that is where it is going, if it was turned there while it was bridged.
    fn error_source6(&self, cause: &Packet, from: u32) -> Ip {
        if self.links.is_ours(cause.dst) || self.addr_type(cause.dst, 0) == AddrType::Anycast {
            return cause.dst;
        }
        let back = self.fib.lookup(&FlowKey::to(cause.src), &self.links);
        if from == 0 || back.is_ok_and(|found| !found.prefsrc.is_unspecified()) {
            return Ip::ANY6;
        }
        self.links.select_source6(from, cause.src)
    }

    /// Whether an address is that of more than one host.
    pub fn is_everybody(&self, ip: Ip) -> bool {
        matches!(self.addr_type(ip, 0), AddrType::Multicast | AddrType::Broadcast)
    }

    /// IP4_REPLY_MARK: answers carry the mark of what they answer only with `fwmark_reflect`.
    pub fn reply_mark(&self, cause: &Packet) -> u32 {
        let number = if cause.src.is_v4() { sysctl::FWMARK_REFLECT } else { sysctl::FWMARK_REFLECT6 };
        if self.sysctls.is_on(number) {
            cause.mark
        } else {
            0
        }
    }
}
