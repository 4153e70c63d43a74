//! The route of a packet born here: lookup, source address and the exceptions the kernel makes for local senders
//! (ip_route_output_key_hash_rcu, ip6_route_output_flags).

use super::device::Devices;
use super::fib::Fib;
use super::flow::{FlowKey, Found, RouteError};
use super::route::{scope, RouteType};
use crate::wire::{Ip, Prefix};

/// The loopback device.
const LO: u32 = 1;

/// Where a packet born here goes, and the addresses it gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// `oif` is lo for what is ours.
    pub found: Found,
    pub src: Ip,
    /// The destination, which only changes where none was given: that is the loopback address.
    pub dst: Ip,
}

impl Fib {
    /// The way of a packet from here. `key.src` unspecified lets the route choose; `key.iif` should be 1.
    pub fn output(&self, key: &FlowKey, devices: &impl Devices) -> Result<Output, RouteError> {
        if key.dst == Ip::ANY4 {
            let dst = if key.src.is_unspecified() { Ip::v4(0x7f00_0001) } else { key.src };
            return Ok(Output { found: loopback(dst), src: dst, dst });
        }
        if key.oif != 0 && key.dst.is_v4() && !devices.is_up(key.oif) {
            return Err(RouteError::NetUnreach);
        }
        let found = match self.to_everybody(key) {
            Some(found) => found,
            None => self.lookup(key, devices).or_else(|error| on_link(key, error))?,
        };
        let src = if key.src.is_unspecified() { self.source(&found, key.dst, devices) } else { key.src };
        let found = to_many(found, key.dst);
        let oif = if matches!(found.kind, RouteType::Local | RouteType::Anycast) { LO } else { found.oif };
        let stays = devices.is_loopback(oif) || devices.routes_localnet(oif);
        if src.is_v4() && src.is_loopback() && !stays {
            // A loopback source may not leave the machine; EINVAL, as from a blackhole.
            return Err(RouteError::Blackhole);
        }
        Ok(Output { found: Found { oif, ..found }, src, dst: key.dst })
    }

    /// Limited broadcast and link-local multicast need no route where the device is told.
    fn to_everybody(&self, key: &FlowKey) -> Option<Found> {
        let unrouted = key.dst == Ip::BROADCAST4 || (key.dst.is_v4() && key.dst.low() >> 8 == 0xe0_0000);
        if key.oif == 0 || !unrouted {
            return None;
        }
        let kind = if key.dst == Ip::BROADCAST4 { RouteType::Broadcast } else { RouteType::Multicast };
        Some(Found { kind, ..assumed(key) })
    }

    /// The source address of a packet that takes a route: the route's `src`; for an IPv4 address of ours the destination
    /// itself; else what the device has towards the next hop (IPv6: towards the destination).
    pub fn source(&self, found: &Found, dst: Ip, devices: &impl Devices) -> Ip {
        if !found.prefsrc.is_unspecified() {
            return found.prefsrc;
        }
        if found.kind == RouteType::Local && dst.is_v4() {
            return dst;
        }
        let towards = if found.via.is_v4() { found.next_hop(dst) } else { dst };
        devices.select_source(found.oif, towards, found.scope)
    }
}

/// IPv4 packets to many need no gateway: broadcasts never, multicasts where the route is not about them (__mkroute_output).
fn to_many(found: Found, dst: Ip) -> Found {
    if dst == Ip::BROADCAST4 {
        return Found { kind: RouteType::Broadcast, via: Ip::ANY4, ..found };
    }
    if dst.is_v4() && dst.is_multicast() {
        let via = if found.prefix.len < 4 { Ip::ANY4 } else { found.via };
        return Found { kind: RouteType::Multicast, via, ..found };
    }
    found
}

/// No route, or one that refuses, but a device that was asked for: the destination is taken to be on link (IPv4 only).
fn on_link(key: &FlowKey, error: RouteError) -> Result<Found, RouteError> {
    match key.oif != 0 && key.dst.is_v4() {
        true => Ok(assumed(key)),
        false => Err(error),
    }
}

fn assumed(key: &FlowKey) -> Found {
    Found {
        kind: RouteType::Unicast,
        oif: key.oif,
        via: Ip::ANY4,
        prefsrc: Ip::ANY4,
        table: 0,
        prefix: Prefix::new(Ip::ANY4, 0),
        metric: 0,
        tos: 0,
        scope: scope::LINK,
        protocol: 0,
        mtu: 0,
        advmss: 0,
        route: super::trie::NONE,
        leg: 0,
    }
}

fn loopback(dst: Ip) -> Found {
    let key = FlowKey { oif: LO, ..FlowKey::to(dst) };
    Found { kind: RouteType::Local, prefix: Prefix::new(dst, 32), scope: scope::HOST, ..assumed(&key) }
}
