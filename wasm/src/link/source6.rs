//! Which of our IPv6 addresses speaks to whom (RFC 6724 section 5, ipv6_dev_get_saddr).

use super::{Address, Device, Links};
use crate::wire::{Ip, Prefix};

/// What speaks for an address, the weightiest first: it is the destination itself; how well its scope suits; its device is the one
/// packets leave by; its label is the destination's; how many bits they share.
type Score = (bool, i16, bool, bool, u8);

/// Scopes as multicast addresses have them.
const LINK: i16 = 2;
const GLOBAL: i16 = 14;

/// The policy table's labels (`ip addrlabel`), the longest prefixes first; the rest is 1.
const LABELS: [(u128, u8, u8); 9] = [
    (1, 128, 0),
    (0, 96, 3),
    (0xffff_0000_0000, 96, 4),
    (0x2001_0000 << 96, 32, 6),
    (0x2001_0010 << 96, 28, 7),
    (0x2002 << 112, 16, 2),
    (0x3ffe << 112, 16, 12),
    (0xfec0 << 112, 10, 11),
    (0xfc00 << 112, 7, 5),
];

fn label(ip: Ip) -> u8 {
    let known = LABELS.iter().find(|(prefix, len, _)| (prefix ^ ip.0) >> (128 - len) == 0);
    known.map_or(1, |(.., label)| *label)
}

fn scope(ip: Ip) -> i16 {
    match () {
        () if ip.is_multicast() => (ip.0 >> 112) as i16 & 15,
        () if ip.is_loopback() || ip.is_link_local6() => LINK,
        () if Prefix::new(Ip(0xfec0 << 112), 10).contains(ip) => 5,
        () => GLOBAL,
    }
}

fn score(address: &Address, to: Ip, same_device: bool) -> Score {
    let own = scope(address.ip);
    let suits = if own >= scope(to) { -own } else { own - 128 };
    let shared = (address.ip.0 ^ to.0).leading_zeros() as u8;
    (address.ip == to, suits, same_device, label(address.ip) == label(to), shared.min(address.len))
}

impl Links {
    /// The first address of a device, for REDIRECT: for a destination of less than global scope one of just that
    /// (nf_nat_redirect_ipv6).
    pub fn first6(&self, dev: u32, to: Ip) -> Ip {
        let wanted = scope(to);
        let fits =
            |a: &&Address| !a.ip.is_v4() && a.is_usable() && (!matches!(wanted, 1 | LINK | 5) || scope(a.ip) == wanted);
        let own = self.get(dev).and_then(|device| device.addresses.iter().find(fits));
        own.map_or(Ip::ANY6, |address| address.ip)
    }

    /// The source of packets that leave by `dev` towards `to`; `::` where none will do.
    pub fn select_source6(&self, dev: u32, to: Ip) -> Ip {
        let mut best: Option<(Score, Ip)> = None;
        let bound = to.is_multicast() || scope(to) <= LINK;
        let candidates = |device: &&Device| !bound || dev == 0 || device.index == dev;
        for device in self.iter().filter(candidates) {
            for address in device.addresses.iter().filter(|a| !a.ip.is_v4() && a.is_usable()) {
                let score = score(address, to, dev == 0 || device.index == dev);
                if best.is_none_or(|(held, _)| held < score) {
                    best = Some((score, address.ip));
                }
            }
        }
        best.map_or(Ip::ANY6, |(_, ip)| ip)
    }
}
