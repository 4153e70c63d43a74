//! The words of a route: what `ip route` says, and what a dump shows.

use crate::wire::{Family, Ip, Prefix};

/// Well-known tables (`/etc/iproute2/rt_tables`).
pub mod table {
    pub const DEFAULT: u32 = 253;
    pub const MAIN: u32 = 254;
    pub const LOCAL: u32 = 255;
}

/// rtm_scope.
pub mod scope {
    pub const UNIVERSE: u8 = 0;
    pub const SITE: u8 = 200;
    pub const LINK: u8 = 253;
    pub const HOST: u8 = 254;
    pub const NOWHERE: u8 = 255;
}

/// rtm_protocol.
pub mod protocol {
    pub const KERNEL: u8 = 2;
    pub const BOOT: u8 = 3;
    pub const STATIC: u8 = 4;
}

/// rtm_type, in rtnetlink's numbering.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum RouteType {
    Unicast = 1,
    Local = 2,
    Broadcast = 3,
    Anycast = 4,
    Multicast = 5,
    Blackhole = 6,
    Unreachable = 7,
    Prohibit = 8,
    Throw = 9,
}

impl RouteType {
    /// The type of a number, if it is one that routing knows (NAT and XRESOLVE are refused by the kernel too).
    pub const fn from_number(n: u8) -> Option<RouteType> {
        use RouteType::*;
        Some(match n {
            1 => Unicast,
            2 => Local,
            3 => Broadcast,
            4 => Anycast,
            5 => Multicast,
            6 => Blackhole,
            7 => Unreachable,
            8 => Prohibit,
            9 => Throw,
            _ => return None,
        })
    }

    /// Whether a lookup that ends here ends in an error (or, for throw, goes on with the next rule).
    pub const fn is_reject(self) -> bool {
        self as u8 >= RouteType::Blackhole as u8
    }

    /// The widest scope a route of this type may have in IPv4 (fib_props).
    pub(crate) const fn min_scope(self) -> u8 {
        match self {
            RouteType::Local => scope::HOST,
            RouteType::Broadcast | RouteType::Anycast => scope::LINK,
            _ => scope::UNIVERSE,
        }
    }
}

/// What `ip route add|append|prepend|replace|change|del` says. `None` and 0 mean "not said": a change fills in the
/// defaults, a deletion takes them as "any".
#[derive(Clone)]
pub struct RouteSpec {
    pub to: Prefix,
    pub kind: Option<RouteType>,
    /// 0: main, or local for the types local, broadcast and anycast, as `ip` picks it.
    pub table: u32,
    pub metric: u32,
    pub tos: u8,
    pub scope: Option<u8>,
    /// 0: boot.
    pub protocol: u8,
    /// The gateway; [`Ip::ANY4`] or [`Ip::ANY6`] for none. An IPv6 gateway of an IPv4 route is `via inet6`.
    pub via: Ip,
    pub dev: u32,
    /// `src`; unspecified for none.
    pub prefsrc: Ip,
    pub onlink: bool,
    pub mtu: u32,
    pub advmss: u32,
    /// `nexthop ...` legs; empty for a route with at most one.
    pub nexthops: Vec<NextHopSpec>,
}

impl RouteSpec {
    /// A unicast route to `to` with nothing else said.
    pub fn new(to: Prefix) -> RouteSpec {
        RouteSpec {
            to,
            kind: None,
            table: 0,
            metric: 0,
            tos: 0,
            scope: None,
            protocol: 0,
            via: Ip::ANY4,
            dev: 0,
            prefsrc: Ip::ANY4,
            onlink: false,
            mtu: 0,
            advmss: 0,
            nexthops: Vec::new(),
        }
    }

    pub const fn family(&self) -> Family {
        self.to.ip.family()
    }

    /// The table meant, after `ip`'s default.
    pub const fn table_id(&self) -> u32 {
        match (self.table, self.kind) {
            (0, Some(RouteType::Local | RouteType::Broadcast | RouteType::Anycast)) => table::LOCAL,
            (0, _) => table::MAIN,
            (id, _) => id,
        }
    }

    /// The scope of a new route where none is said: `ip`'s rule for IPv4, always universe in IPv6.
    pub fn scope_or_default(&self) -> u8 {
        if let Some(scope) = self.scope {
            return scope;
        }
        if self.family() == Family::V6 {
            return scope::UNIVERSE;
        }
        match self.kind.unwrap_or(RouteType::Unicast) {
            RouteType::Local => scope::HOST,
            RouteType::Broadcast | RouteType::Multicast | RouteType::Anycast => scope::LINK,
            RouteType::Unicast if self.via.is_unspecified() && self.nexthops.is_empty() => scope::LINK,
            _ => scope::UNIVERSE,
        }
    }
}

/// One `nexthop via ADDRESS dev DEVICE weight N` leg.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NextHopSpec {
    pub via: Ip,
    pub dev: u32,
    /// From 1 to 256.
    pub weight: u16,
    pub onlink: bool,
}

/// How a route is put in: the verbs of `ip route`, as netlink flags them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edit {
    /// NLM_F_CREATE|NLM_F_EXCL.
    Add,
    /// NLM_F_CREATE|NLM_F_APPEND.
    Append,
    /// NLM_F_CREATE.
    Prepend,
    /// NLM_F_CREATE|NLM_F_REPLACE.
    Replace,
    /// NLM_F_REPLACE.
    Change,
}

/// One leg of an installed route.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NextHop {
    pub oif: u32,
    /// Unspecified where the destination is on link.
    pub via: Ip,
    pub weight: u16,
    pub onlink: bool,
    pub dead: bool,
    pub linkdown: bool,
}

/// One line of `ip route show table all`; more than one next hop makes it a multipath route, none a reject route.
#[derive(Clone, PartialEq, Eq)]
pub struct Route {
    pub to: Prefix,
    pub kind: RouteType,
    pub table: u32,
    pub metric: u32,
    pub tos: u8,
    pub scope: u8,
    pub protocol: u8,
    pub prefsrc: Ip,
    pub mtu: u32,
    pub advmss: u32,
    /// Of the whole; of an IPv4 multipath route since a change of carrier left it no leg, of an IPv6 one never.
    pub linkdown: bool,
    pub nexthops: Vec<NextHop>,
}
