//! ICMP errors on their way to the sockets whose packets they quote (icmp_unreach, __udp4_lib_err, tcp_v4_err, ping_err).

use crate::errno::*;
use crate::export::records::{ErrorOrigin, SocketError, SocketKind};
use crate::fabric::{Event, Fabric, SECOND};
use crate::link::Place;
use crate::namespace::Exception;
use crate::pipeline::icmp::kind;
use crate::record::Bytes;
use crate::route::Devices;
use crate::sysctl;
use crate::wire::packet::proto;
use crate::wire::{print, Ip, Packet, NONE};

/// Beside an errno: the error is final.
const FINAL: u32 = 0x80;

/// icmp_err_convert: what each code of "destination unreachable" means to a socket.
const UNREACHABLE: [u8; 16] = [
    ENETUNREACH as u8,
    EHOSTUNREACH as u8,
    (ENOPROTOOPT | FINAL) as u8,
    (ECONNREFUSED | FINAL) as u8,
    EMSGSIZE as u8,
    EOPNOTSUPP as u8,
    (ENETUNREACH | FINAL) as u8,
    (EHOSTDOWN | FINAL) as u8,
    (EHOSTUNREACH | FINAL) as u8,
    (ENETUNREACH | FINAL) as u8,
    (EHOSTUNREACH | FINAL) as u8,
    ENETUNREACH as u8,
    EHOSTUNREACH as u8,
    (EHOSTUNREACH | FINAL) as u8,
    (EHOSTUNREACH | FINAL) as u8,
    (EHOSTUNREACH | FINAL) as u8,
];

/// An error as a socket is told.
#[derive(Clone, Copy)]
pub struct Told {
    pub errno: u32,
    pub is_final: bool,
}

/// icmpv6_err_convert: the same of ICMPv6.
const UNREACHABLE6: [u8; 7] = [
    ENETUNREACH as u8,
    (EACCES | FINAL) as u8,
    EHOSTUNREACH as u8,
    EHOSTUNREACH as u8,
    (ECONNREFUSED | FINAL) as u8,
    (EACCES | FINAL) as u8,
    (EACCES | FINAL) as u8,
];

impl Told {
    fn of(packet: &Packet) -> Option<Told> {
        let code = packet.code as usize;
        let said = match (packet.dst.is_v4(), packet.kind) {
            (false, kind::UNREACHABLE6) => u32::from(*UNREACHABLE6.get(code)?),
            (false, kind::TOO_BIG6) => EMSGSIZE,
            (false, kind::PARAMETER6) => EPROTO | FINAL,
            (true, kind::UNREACHABLE) => u32::from(*UNREACHABLE.get(code)?),
            (true, kind::TIME_EXCEEDED) | (false, kind::TIME_EXCEEDED6) => EHOSTUNREACH,
            (true, kind::REDIRECT) => EREMOTEIO,
            _ => return None,
        };
        Some(Told { errno: said & !FINAL, is_final: said & FINAL != 0 })
    }
}

impl Fabric {
    /// An ICMP error for this host.
    pub fn icmp_error_received(&mut self, place: Place, packet: &Packet) {
        if packet.inner == NONE {
            return;
        }
        let inner = *self.world.pool.get(packet.inner);
        let v4 = packet.dst.is_v4();
        if v4 && packet.kind == kind::REDIRECT {
            self.redirected(place, packet, &inner);
            // Only those who ping hear of it (ping_err); raw sockets read the message itself (raw_err).
            if inner.proto != proto::ICMP {
                return;
            }
        }
        let Some(told) = Told::of(packet) else { return };
        if told.errno == EMSGSIZE {
            self.learn_mtu(place.ns, inner.dst, (if v4 { packet.seq & 0xffff } else { packet.seq }, inner.len()));
        }
        if inner.frag_offset != 0 {
            return;
        }
        let mirrored =
            Packet { src: inner.dst, dst: inner.src, sport: inner.dport, dport: inner.sport, iif: packet.iif, ..inner };
        for id in self.space(place.ns).stack.ports.raw.clone() {
            let wanted = self.world.sockets.get(id).is_some_and(|socket| socket.protocol == inner.proto);
            if wanted && told.errno != EREMOTEIO {
                self.queue_error(id, (packet, &inner), told);
            }
        }
        let (space, world) = self.both(place.ns);
        let Some(id) = space.stack.ports.for_packet(&mirrored, &world.sockets) else { return };
        match inner.proto {
            proto::TCP => self.tcp_error((place, id), packet, (&inner, told)),
            proto::UDP => self.queue_error(id, (packet, &inner), told),
            proto::ICMP | proto::ICMPV6 if matches!(inner.kind, kind::ECHO | kind::ECHO6) => {
                self.queue_error(id, (packet, &inner), told)
            }
            _ => {}
        }
    }

    /// Adds to the error queue; a connected socket also gets SO_ERROR when the error is final.
    pub fn queue_error(&mut self, id: u32, (packet, inner): (&Packet, &Packet), told: Told) {
        let mut data = Vec::new();
        print::print_transport(inner, &self.world.pool, &mut data);
        data.truncate((u32::from(inner.quoted)).saturating_sub(inner.header_len()) as usize);
        let head = if inner.proto == proto::UDP { 8 } else { 0 };
        let data = data.get(head..).unwrap_or(&[]).to_vec();
        let Some(socket) = self.world.sockets.get_mut(id) else { return };
        socket.errors.push_back(SocketError {
            errno: told.errno,
            origin: if packet.dst.is_v4() { ErrorOrigin::Icmp } else { ErrorOrigin::Icmp6 },
            kind: packet.kind,
            code: packet.code,
            info: match told.errno {
                EMSGSIZE => packet.seq & 0x1_ffff,
                EREMOTEIO => packet.seq,
                _ => 0,
            },
            offender: Some(packet.src),
            dst: inner.dst,
            dport: inner.dport,
            data: Bytes(data),
        });
        if socket.connected && told.is_final && socket.kind == SocketKind::Udp {
            socket.error = told.errno;
        }
        self.world.sockets.wake(id);
    }

    /// "Fragmentation needed": the path to a destination is narrower than its first link (ipv4_update_pmtu).
    fn learn_mtu(&mut self, ns: u32, dst: Ip, (mtu, length): (u32, u32)) {
        let now = self.world.now;
        let stack = &mut self.space_mut(ns).stack;
        if stack.sysctls.is_on(sysctl::IP_NO_PMTU_DISC) {
            return;
        }
        let v4 = dst.is_v4();
        if !v4 && mtu < 1280 {
            return;
        }
        let least = if v4 { stack.sysctl(sysctl::ROUTE_MIN_PMTU) as u32 } else { 1280 };
        let mtu = if mtu == 0 { length.saturating_sub(1) } else { mtu }.max(least);
        let lifetime = if v4 { sysctl::ROUTE_MTU_EXPIRES } else { sysctl::ROUTE6_MTU_EXPIRES };
        let expires = now + stack.sysctl(lifetime) as u64 * SECOND;
        let known = stack.exceptions.entry(dst).or_default();
        *known = Exception { mtu, expires, ..*known };
        stack.changed();
        self.world.at(expires, Event::Forget { ns, ip: dst });
    }

    /// A better gateway on our own segment: used when redirects are believed, it is on link, and its MAC is known (__ip_do_redirect).
    fn redirected(&mut self, place: Place, packet: &Packet, inner: &Packet) {
        let now = self.world.now;
        let stack = &mut self.space_mut(place.ns).stack;
        let gateway = Ip::v4(packet.seq);
        let links = &stack.links;
        let believes = if stack.forwards(place.dev) {
            links.both(place.dev, sysctl::ACCEPT_REDIRECTS)
        } else {
            links.either(place.dev, sysctl::ACCEPT_REDIRECTS)
        };
        let from_gateway =
            stack.route_plain(inner.dst).is_some_and(|path| path.via == packet.src && path.oif == place.dev);
        let sane = links.is_on_link(place.dev, gateway) && !links.is_ours(gateway);
        let known = links.get(place.dev).and_then(|device| device.neighbours.get(gateway));
        let known = known.is_some_and(|entry| entry.state().is_valid());
        if !believes || !from_gateway || !sane || !links.exists(place.dev) {
            return;
        }
        if !known {
            return self.ask_gateway(place, gateway);
        }
        let expires = now + 300 * SECOND;
        let entry = stack.exceptions.entry(inner.dst).or_default();
        *entry = Exception { gateway: Some(gateway), expires, ..*entry };
        stack.changed();
        self.world.at(expires, Event::Forget { ns: place.ns, ip: inner.dst });
    }

    /// What was learned about a destination has had its time.
    pub fn forget(&mut self, ns: u32, ip: Ip) {
        let now = self.world.now;
        if self.has_space(ns) {
            let stack = &mut self.space_mut(ns).stack;
            stack.exceptions.retain(|dst, known| *dst != ip || known.expires > now);
            stack.changed();
        }
    }
}
