//! What a lookup asks and what it is told.

use super::refusal::errno;
use super::route::RouteType;
use crate::wire::{Ip, Packet, Prefix};

/// A route lookup's question (struct flowi4 and flowi6). Zero and unspecified mean "not known" and match only rules that don't ask.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FlowKey {
    pub dst: Ip,
    pub src: Ip,
    /// The device the packet came in by; 1 (lo) for packets born here, as `ip rule ... iif lo` has it.
    pub iif: u32,
    /// The device it must leave by (SO_BINDTODEVICE, `ip route get ... oif`); 0 for any.
    pub oif: u32,
    pub mark: u32,
    pub tos: u8,
    pub proto: u8,
    pub sport: u16,
    pub dport: u16,
    /// Routes wider than this scope are passed over: [`super::route::scope::LINK`] for SO_DONTROUTE.
    pub scope: u8,
    /// IPv6 flow label, for multipath only.
    pub flow_label: u32,
    /// ICMP errors: the packet they are about, which multipath hashes in their stead.
    pub about: Option<Ends>,
}

/// What multipath hashes of a packet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    pub src: Ip,
    pub dst: Ip,
    pub proto: u8,
    pub ports: (u16, u16),
    /// The error is born here; of one on its way policy 1 hashes the error itself.
    pub born: bool,
}

impl Ends {
    pub fn of(packet: &Packet, born: bool) -> Ends {
        Ends { src: packet.src, dst: packet.dst, proto: packet.next_header(), ports: packet.flow_ports(), born }
    }
}

impl FlowKey {
    /// What is known of a packet.
    pub fn of(packet: &Packet) -> FlowKey {
        let (sport, dport) = packet.flow_ports();
        FlowKey {
            src: packet.src,
            mark: packet.mark,
            tos: packet.tos,
            proto: packet.proto,
            sport,
            dport,
            ..FlowKey::to(packet.dst)
        }
    }

    /// A packet born here to `dst`, with nothing else known.
    pub const fn to(dst: Ip) -> FlowKey {
        FlowKey {
            dst,
            src: if dst.is_v4() { Ip::ANY4 } else { Ip::ANY6 },
            iif: 1,
            oif: 0,
            mark: 0,
            tos: 0,
            proto: 0,
            sport: 0,
            dport: 0,
            scope: 0,
            flow_label: 0,
            about: None,
        }
    }
}

/// Where a flow goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Never a reject type: those are a [`RouteError`].
    pub kind: RouteType,
    pub oif: u32,
    /// The gateway; unspecified where the destination is on link. May be IPv6 for an IPv4 flow (`via inet6`).
    pub via: Ip,
    /// The route's `src`; unspecified where it has none (then [`super::Devices::select_source`] towards `via` or the
    /// destination, with `scope`, decides).
    pub prefsrc: Ip,
    pub table: u32,
    /// The route's own prefix.
    pub prefix: Prefix,
    pub metric: u32,
    pub tos: u8,
    pub scope: u8,
    pub protocol: u8,
    /// `mtu` and `advmss` of the route, 0 for none.
    pub mtu: u32,
    pub advmss: u32,
    /// The route's number, as long as no route changes; for caches and traces.
    pub route: u32,
    /// Which leg of a multipath route, from 0.
    pub leg: u16,
}

impl Found {
    /// The neighbour to ask for: the gateway, or the destination itself.
    pub const fn next_hop(&self, dst: Ip) -> Ip {
        if self.via.is_unspecified() {
            dst
        } else {
            self.via
        }
    }
}

/// Why a flow goes nowhere; what a local sender is told, and which ICMP error a forwarder gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RouteError {
    /// No route, or a rule that says unreachable: ENETUNREACH, ICMP 3/0 (ICMPv6 1/0).
    NetUnreach,
    /// A route of type unreachable: EHOSTUNREACH, ICMP 3/1 (ICMPv6 1/3).
    HostUnreach,
    /// Type prohibit, or such a rule: EACCES, ICMP 3/13 (ICMPv6 1/1).
    Prohibit,
    /// Type blackhole, or such a rule: EINVAL, silence on the wire.
    Blackhole,
}

impl RouteError {
    pub const fn errno(self) -> u32 {
        match self {
            RouteError::NetUnreach => errno::ENETUNREACH,
            RouteError::HostUnreach => errno::EHOSTUNREACH,
            RouteError::Prohibit => errno::EACCES,
            RouteError::Blackhole => errno::EINVAL,
        }
    }
}
