//! The last step in: which protocol, which socket (ip_protocol_deliver_rcu). What nobody wants is refused.

use super::icmp::{dest, kind, IcmpError};
use crate::abi::outcome;
use crate::fabric::Fabric;
use crate::link::Place;
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::proto;
use crate::wire::Parcel;

impl Fabric {
    /// A whole packet for this host.
    pub fn deliver(&mut self, place: Place, packet: Parcel) {
        if packet.probe != 0 {
            return self.deliver_probe(place, packet);
        }
        let raw = self.raw_deliver(place, &packet);
        if packet.headless && matches!(packet.proto, proto::UDP | proto::TCP | proto::ICMP | proto::ICMPV6) {
            return self.drop(place, packet, Layer::Local, Reason::Malformed);
        }
        match packet.proto {
            proto::IPIP => {
                let Some(mut packet) = self.ipip_receive(place, packet) else { return };
                self.space_mut(place.ns).hooks.release(&mut packet);
                self.unknown_protocol(place, packet);
            }
            proto::UDP => self.udp_deliver(place, packet),
            proto::TCP => self.tcp_deliver(place, packet),
            proto::ICMP | proto::ICMPV6 if (packet.proto == proto::ICMP) == packet.dst.is_v4() => {
                if matches!((packet.proto, packet.kind), (proto::ICMP, kind::ECHO_REPLY) | (_, kind::ECHO_REPLY6)) {
                    self.ping_deliver(place, &packet);
                }
                self.icmp_local(place, packet)
            }
            _ if raw => self.finish(place.ns, packet),
            _ => self.unknown_protocol(place, packet),
        }
    }

    /// A packet of a batch: whether somebody is there counts, but nobody is given anything to read.
    fn deliver_probe(&mut self, place: Place, mut packet: Parcel) {
        if packet.proto == proto::UDP {
            let Some(other) = self.vxlan_receive(place, packet) else { return };
            packet = other;
        }
        let (space, world) = self.both(place.ns);
        let wanted = match packet.proto {
            proto::UDP | proto::TCP => {
                let socket = space.stack.ports.for_packet(&packet, &world.sockets).and_then(|id| world.sockets.get(id));
                if socket.is_some_and(|socket| socket.connected || socket.remote_port != 0) {
                    world.trails.port();
                }
                socket.is_some()
            }
            _ => true,
        };
        let probe = if wanted { outcome::DELIVERED } else { outcome::REFUSED };
        let reason = if wanted { Reason::None } else { Reason::NoSocket };
        world.batch.judge(place, &packet, (probe, reason));
        packet.probe = 0;
        match packet.proto {
            proto::UDP | proto::TCP if wanted => self.finish(place.ns, packet),
            _ => {
                self.world.trails.spoil();
                self.deliver(place, packet);
            }
        }
    }

    fn unknown_protocol(&mut self, place: Place, packet: Parcel) {
        let error = IcmpError { local: true, ..IcmpError::new(kind::UNREACHABLE, dest::PROTOCOL) };
        self.send_icmp_error(place.ns, &packet, error);
        self.drop(place, packet, Layer::Local, Reason::Protocol);
    }

    /// UDP: tunnels, then every listener of a broadcast, or the best socket of all (__udp4_lib_rcv).
    fn udp_deliver(&mut self, place: Place, packet: Parcel) {
        // IPv6 has no UDP without a checksum.
        if packet.bad_checksum || packet.no_checksum && !packet.dst.is_v4() || packet.is_missummed() {
            return self.drop(place, packet, Layer::Local, Reason::BadChecksum);
        }
        let Some(mut packet) = self.vxlan_receive(place, packet) else { return };
        let (space, world) = self.both(place.ns);
        let group = space.stack.is_everybody(packet.dst);
        if group {
            let all = space.stack.ports.every(&packet, &world.sockets);
            for socket in &all {
                self.queue_datagram(place, *socket, &packet);
            }
            let reason = if all.is_empty() { Reason::NoSocket } else { Reason::None };
            return match reason {
                Reason::None => self.finish(place.ns, packet),
                reason => self.drop(place, packet, Layer::Socket, reason),
            };
        }
        match space.stack.ports.for_packet(&packet, &world.sockets) {
            Some(socket) => {
                self.world.note(place, &packet, Layer::Socket, Action::Delivered);
                self.queue_datagram(place, socket, &packet);
                self.finish(place.ns, packet);
            }
            None => {
                // UDP lets go of the flow first (nf_reset_ct): the error finds it again by what it quotes.
                self.space_mut(place.ns).hooks.release(&mut packet);
                let error = IcmpError { local: true, ..IcmpError::new(kind::UNREACHABLE, dest::PORT) };
                self.send_icmp_error(place.ns, &packet, error);
                self.drop(place, packet, Layer::Socket, Reason::NoSocket);
            }
        }
    }
}
