//! What routing asks of the devices and addresses of its namespace. The namespace implements it; routing knows no more of it.

use crate::wire::{Family, Ip};

/// A neighbour's state as far as choosing among default routes goes (fib_detect_death).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// No entry, or FAILED.
    Unknown,
    Incomplete,
    /// An address is known, but not lately confirmed: STALE, DELAY, PROBE, PERMANENT, NOARP.
    Valid,
    Reachable,
}

/// The questions. A device is its index in the namespace; 0 is no device.
pub trait Devices {
    fn exists(&self, dev: u32) -> bool;
    /// IFF_UP.
    fn is_up(&self, dev: u32) -> bool;
    /// netif_carrier_ok.
    fn has_carrier(&self, dev: u32) -> bool;
    /// IFF_LOOPBACK.
    fn is_loopback(&self, dev: u32) -> bool;
    /// `route_localnet` of the device: 127/8 may leave by it.
    fn routes_localnet(&self, _dev: u32) -> bool {
        false
    }
    /// The device's name, for rules' `iif` and `oif`; empty for an index that is not there.
    fn name(&self, dev: u32) -> &str;
    /// Whether the device speaks the family: IPv6 may be switched off (`disable_ipv6`).
    fn speaks(&self, dev: u32, family: Family) -> bool;
    /// `ignore_routes_with_linkdown` of the device.
    fn ignores_linkdown(&self, dev: u32, family: Family) -> bool;
    /// Whether `ip` is an address of `dev` (0: of any device). Tentative addresses count.
    fn owns(&self, ip: Ip, dev: u32) -> bool;
    /// The source address for packets that leave by `dev` towards `to` (inet_select_addr with the route's scope;
    /// RFC 6724 for IPv6). Unspecified where there is none.
    fn select_source(&self, dev: u32, to: Ip, scope: u8) -> Ip;
    /// The state of the neighbour entry for `ip` on `dev`.
    fn reach(&self, dev: u32, ip: Ip) -> Reach;
}
