//! How often a host answers with ICMP: per peer (inet_peer_xrlim_allow), of all together (icmp_global_allow), and for
//! packets without a route (ip_error). All buckets are full at first.

use crate::fabric::{Fabric, MILLISECOND};
use crate::hash::Map;
use crate::route::FlowKey;
use crate::sysctl;
use crate::wire::Ip;

/// The kernel's clock ticks 250 times a second; two of its limits are set in ticks.
const TICK: u64 = 4 * MILLISECOND;
/// XRLIM_BURST_FACTOR.
const BURST: u64 = 6;

/// What is remembered of one peer: tokens in nanoseconds, and redirects sent.
#[derive(Clone, Copy, Default)]
struct Peer {
    tokens: u64,
    last: u64,
    redirects: u32,
    redirected: u64,
    seen: bool,
}

/// The buckets of one namespace.
#[derive(Default)]
pub struct Limits {
    peers: Map<Ip, Peer>,
    /// Messages that may still be sent this instant, and since when; `None` before the first.
    global: Option<(i64, u64)>,
}

impl Limits {
    fn peer(&mut self, ip: Ip, now: u64) -> &mut Peer {
        let peer = self.peers.entry(ip).or_default();
        if !peer.seen {
            // As if a minute had passed since the last.
            *peer = Peer { seen: true, tokens: 60_000 * MILLISECOND, last: now, ..Peer::default() };
        }
        peer
    }

    fn allow_peer(&mut self, ip: Ip, now: u64, every: u64) -> bool {
        let peer = self.peer(ip, now);
        peer.tokens = (peer.tokens + (now - peer.last)).min(BURST * every);
        peer.last = now;
        let allowed = peer.tokens >= every;
        if allowed {
            peer.tokens -= every;
        }
        allowed
    }

    fn allow_any(&mut self, now: u64, (per_second, burst): (i64, i64)) -> bool {
        let (left, since) = self.global.unwrap_or((burst, now));
        let grown = ((now - since) as i64 / 1000 * per_second / 1_000_000).min(burst);
        let (left, since) = if grown > 0 { ((left + grown).min(burst), now) } else { (left, since) };
        self.global = Some((left - i64::from(left > 0), since));
        left > 0
    }
}

impl Fabric {
    /// Whether an ICMP message of this type may go to `peer` by `oif` now.
    pub fn icmp_allowed(&mut self, ns: u32, (kind, code): (u8, u8), peer: Ip, oif: u32) -> bool {
        let now = self.world.now;
        let stack = &mut self.space_mut(ns).stack;
        if !peer.is_v4() {
            return self.icmp6_allowed(ns, kind, peer, oif);
        }
        let masked = kind < 32 && stack.sysctl(sysctl::ICMP_RATEMASK) >> kind & 1 == 1;
        if !masked || (kind == 3 && code == 4) || oif == 1 {
            return true;
        }
        let rate = (stack.sysctl(sysctl::ICMP_MSGS_PER_SEC), stack.sysctl(sysctl::ICMP_MSGS_BURST));
        let every = stack.sysctl(sysctl::ICMP_RATELIMIT) as u64 * MILLISECOND;
        stack.limits.allow_any(now, rate) && (every == 0 || stack.limits.allow_peer(peer, now, every))
    }

    /// ICMPv6's limit counts per route: the wider the prefix, the more (icmpv6_xrlim_allow). "Packet too big" has none.
    fn icmp6_allowed(&mut self, ns: u32, kind: u8, peer: Ip, oif: u32) -> bool {
        let now = self.world.now;
        let stack = &mut self.space_mut(ns).stack;
        if kind == 2 || oif == 1 {
            return true;
        }
        let len = stack.fib.lookup(&FlowKey::to(peer), &stack.links).map_or(128, |found| found.prefix.len);
        let rate = (stack.sysctl(sysctl::ICMP_MSGS_PER_SEC), stack.sysctl(sysctl::ICMP_MSGS_BURST));
        let every = (stack.sysctl(sysctl::ICMP6_RATELIMIT) as u64 * MILLISECOND) >> ((128 - len) >> 5);
        stack.limits.allow_any(now, rate) && (every == 0 || stack.limits.allow_peer(peer, now, every))
    }

    /// Whether a sender may be told that there is no route.
    pub fn route_error_allowed(&mut self, ns: u32, peer: Ip) -> bool {
        let now = self.world.now;
        let stack = &mut self.space_mut(ns).stack;
        let cost = stack.sysctl(sysctl::ROUTE_ERROR_COST) as u64 * TICK;
        let burst = stack.sysctl(sysctl::ROUTE_ERROR_BURST) as u64 * TICK;
        let peer = stack.limits.peer(peer, now);
        peer.tokens = (peer.tokens + (now - peer.last)).min(burst);
        peer.last = now;
        let allowed = peer.tokens >= cost;
        if allowed {
            peer.tokens -= cost;
        }
        allowed
    }

    /// Whether a redirect may be sent: at once, then less and less often, then no more until the sender was silent (ip_rt_send_redirect).
    pub fn redirect_allowed(&mut self, ns: u32, peer: Ip) -> bool {
        let now = self.world.now;
        let stack = &mut self.space_mut(ns).stack;
        let load = stack.sysctl(sysctl::ROUTE_REDIRECT_LOAD) as u64 * TICK;
        let number = stack.sysctl(sysctl::ROUTE_REDIRECT_NUMBER) as u32;
        let silence = stack.sysctl(sysctl::ROUTE_REDIRECT_SILENCE) as u64 * TICK;
        let peer = stack.limits.peer(peer, now);
        if peer.redirects != 0 && now > peer.redirected + silence {
            peer.redirects = 0;
        }
        if peer.redirects >= number {
            peer.redirected = now;
            return false;
        }
        let allowed = peer.redirects == 0 || now > peer.redirected + (load << peer.redirects);
        if allowed {
            peer.redirects += 1;
            peer.redirected = now;
        }
        allowed
    }
}
