//! ipip: IP packets inside IP packets (RFC 2003, net/ipv4/ipip.c).

use super::vxlan::outer_ecn;
use super::{Kind, Place};
use crate::fabric::Fabric;
use crate::pipeline::icmp::{dest, kind, IcmpError};
use crate::pipeline::routing::OutputKey;
use crate::trace::{Layer, Reason};
use crate::wire::packet::{packet, proto};
use crate::wire::{parse, Ip, Parcel, NONE};

/// `tos inherit`: the inner packet's.
const INHERIT: u32 = 1;

impl Fabric {
    /// The device sends a packet (ip_tunnel_xmit). Without a far end of its own it goes to the route's gateway, which `resolve` left
    /// where an Ethernet address would stand.
    pub fn ipip_send(&mut self, place: Place, packet: Parcel) {
        let Some(Kind::Tunnel(tunnel)) = self.device(place).map(|device| &device.kind) else { return };
        let tos = tunnel.tos.unwrap_or(0);
        let tos = if tos & INHERIT != 0 { packet.tos } else { tos as u8 } & !3 | outer_ecn(&packet);
        let head = packet! {
            src: tunnel.local.unwrap_or(Ip::ANY4),
            dst: tunnel.remote.unwrap_or(Ip::v4(packet.eth_dst.0 as u32)),
            proto: proto::IPIP,
            ttl: tunnel.ttl.filter(|ttl| *ttl != 0).map_or(packet.ttl, |ttl| ttl as u8),
            tos: tos,
            dont_fragment: tunnel.pmtudisc == Some(true) || packet.dont_fragment,
            payload_len: packet.len() as u16,
        };
        let oif = tunnel.dev.unwrap_or(0);
        // tnl_update_pmtu: what may not be cut is told how much room the way leaves.
        let stack = &self.space(place.ns).stack;
        let key = OutputKey { src: head.src, oif, ..OutputKey::to(head.dst) };
        let room = stack.route_output(&key).map_or(u32::MAX, |path| stack.path_mtu(&path) - 20);
        if packet.dont_fragment && packet.len() > room {
            let error = IcmpError { rest: room, ..IcmpError::new(kind::UNREACHABLE, dest::FRAG) };
            self.send_icmp_error(place.ns, &packet, error);
            return self.drop(place, packet, Layer::Tunnel, Reason::FragmentationNeeded);
        }
        self.wrap((place, oif), head, packet);
    }

    /// A packet for this host that carries another: the tunnel that knows both ends best takes it (ip_tunnel_lookup).
    pub fn ipip_receive(&mut self, at: Place, mut packet: Parcel) -> Option<Parcel> {
        let fits = |known: Option<Ip>, ip: Ip| known.is_none_or(|known| known == ip);
        let (mut best, mut dev) = (0, 0);
        for device in self.space(at.ns).stack.links.iter().filter(|device| device.up) {
            let Kind::Tunnel(tunnel) = &device.kind else { continue };
            let score = 1 + 2 * u8::from(tunnel.remote.is_some()) + u8::from(tunnel.local.is_some());
            if score > best && fits(tunnel.remote, packet.src) && fits(tunnel.local, packet.dst) {
                (best, dev) = (score, device.index);
            }
        }
        if dev == 0 {
            return Some(packet);
        }
        let inner = if packet.inner != NONE {
            let inner = self.world.pool.take(packet.inner);
            packet.inner = NONE;
            Some(inner)
        } else {
            let bytes = self.world.pool.data(&packet).to_vec();
            let parsed = parse::parse_ip(&bytes, &mut self.world.pool);
            parsed.ok().map(|inner| self.world.pool.begin(inner))
        };
        match inner {
            Some(mut inner) => {
                inner.trace = packet.trace;
                inner.hops = packet.hops;
                inner.mark = packet.mark;
                self.unwrapped(Place { ns: at.ns, dev }, inner, packet.tos);
                self.finish(at.ns, packet);
            }
            None => self.drop(at, packet, Layer::Tunnel, Reason::Malformed),
        }
        None
    }
}
