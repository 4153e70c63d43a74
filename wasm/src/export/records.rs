//! The records of the joint: what `types.ts` says, field by field. Names become camelCase there; the order is the order here.

use crate::link::{Address, Nud, Place};
use crate::record::{record, words, Bytes};
use crate::trace::{Action, Layer, Reason};
use crate::wire::{Ip, Mac, Prefix};

words! {
    /// Device kinds.
    LinkKind {
        None = "", Veth = "veth", Bridge = "bridge", Vxlan = "vxlan", Dummy = "dummy", Tun = "tun", Vlan = "vlan",
        Macvlan = "macvlan", Ipvlan = "ipvlan", Ipip = "ipip",
    }
}
words! {
    /// Modes of macvlans and ipvlans, and how an ipvlan's siblings see each other.
    LinkMode {
        Bridge = "bridge", Private = "private", Vepa = "vepa", Passthru = "passthru", L2 = "l2", L3 = "l3", L3s = "l3s",
    }
}
words! {
    /// IFLA_OPERSTATE.
    Operstate { Unknown = "UNKNOWN", Down = "DOWN", Up = "UP", LowerLayerDown = "LOWERLAYERDOWN" }
}
words! {
    /// Verbs of `ip neigh`.
    NeighbourMode { Add = "add", Change = "change", Replace = "replace" }
}
words! {
    /// Verbs of `bridge fdb`.
    FdbMode { Add = "add", Append = "append", Replace = "replace" }
}
words! {
    /// Verbs of `ip route`.
    RouteMode { Add = "add", Append = "append", Prepend = "prepend", Replace = "replace", Change = "change" }
}
words! {
    /// rtm_type; the number is rtnetlink's minus one.
    RouteKind {
        Unicast = "unicast", Local = "local", Broadcast = "broadcast", Anycast = "anycast", Multicast = "multicast",
        Blackhole = "blackhole", Unreachable = "unreachable", Prohibit = "prohibit", Throw = "throw",
    }
}
words! {
    /// What a policy rule does.
    RuleAction {
        Lookup = "lookup", Blackhole = "blackhole", Unreachable = "unreachable", Prohibit = "prohibit", Goto = "goto", Nop = "nop",
    }
}
words! {
    /// Kinds of sockets.
    SocketKind { Tcp = "tcp", Udp = "udp", Icmp = "icmp", Raw = "raw" }
}
words! {
    /// SO_EE_ORIGIN_*.
    ErrorOrigin { Local = "local", Icmp = "icmp", Icmp6 = "icmp6" }
}
words! {
    /// What a kernel event is about.
    KernelWhat { Link = "link", Address = "address", Route = "route", Neighbour = "neighbour", Rule = "rule", Netns = "netns" }
}
words! {
    /// States of a socket by ss's names.
    SocketState {
        Unconn = "UNCONN", Established = "ESTAB", SynSent = "SYN-SENT", SynRecv = "SYN-RECV", FinWait1 = "FIN-WAIT-1",
        FinWait2 = "FIN-WAIT-2", TimeWait = "TIME-WAIT", Close = "CLOSE", CloseWait = "CLOSE-WAIT", LastAck = "LAST-ACK",
        Listen = "LISTEN", Closing = "CLOSING",
    }
}

record! { PeerSpec { name: String, ns: Option<u32>, mac: Option<Mac>, mtu: Option<u32> } }
record! {
    Tunnel {
        id: u32, local: Option<Ip>, remote: Option<Ip>, dev: Option<u32>, port: Option<u32>, learning: Option<bool>, ttl: Option<u32>,
        tos: Option<u32>, pmtudisc: Option<bool>,
    }
}
record! {
    LinkSpec {
        kind: LinkKind, name: String, mac: Option<Mac>, mtu: Option<u32>, peer: Option<PeerSpec>, tunnel: Option<Tunnel>,
        lower: Option<u32>, lower_ns: Option<u32>, tag: Option<u32>, mode: Option<LinkMode>, flag: Option<LinkMode>,
    }
}
record! {
    LinkChange {
        up: Option<bool>, name: Option<String>, mac: Option<Mac>, mtu: Option<u32>, master: Option<u32>, ns: Option<u32>,
        arp: Option<bool>, promisc: Option<bool>, txqlen: Option<u32>, hairpin: Option<bool>, learning: Option<bool>,
        flood: Option<bool>, isolated: Option<bool>, ageing: Option<u32>, mcast_snooping: Option<bool>, stp: Option<bool>,
        vlan_filtering: Option<bool>, default_pvid: Option<u32>, vlans: Option<Vec<u16>>, mode: Option<LinkMode>,
        flag: Option<LinkMode>, tunnel: Option<Tunnel>,
    }
}
record! { StatsView { bytes: u64, packets: u64, errors: u64, dropped: u64 } }
record! {
    LinkView {
        index: u32, name: String, kind: LinkKind, mac: Mac, mtu: u32, txqlen: u32, up: bool, carrier: bool, arp: bool, promisc: bool,
        operstate: Operstate, master: u32, link: u32, link_ns: u32, hairpin: bool, learning: bool, flood: bool, isolated: bool,
        stp: bool, vlan_filtering: bool, mcast_snooping: bool, ageing: u32, default_pvid: u32, vlans: Vec<u16>,
        tag: u32, mode: Option<LinkMode>, flag: Option<LinkMode>, tunnel: Option<Tunnel>, rx: StatsView, tx: StatsView,
    }
}
record! {
    // Numbers in the order of `NETEM` in mod.ts: milliseconds, shares, bits a second; what is behind the last is 0.
    NetemSpec { numbers: Vec<f64> }
}
record! {
    AddressSpec {
        address: Prefix, peer: Option<Ip>, broadcast: Option<Ip>, label: Option<String>, scope: Option<u8>, no_prefix_route: bool,
        no_dad: bool, optimistic: bool,
    }
}
record! {
    AddressView {
        address: Prefix, peer: Option<Ip>, broadcast: Option<Ip>, label: Option<String>, scope: u8, no_prefix_route: bool,
        no_dad: bool, optimistic: bool, dev: u32, secondary: bool, tentative: bool, dad_failed: bool,
    }
}
record! { NeighbourView { ip: Ip, dev: u32, mac: Option<Mac>, state: Nud, proxy: Option<bool>, router: Option<bool> } }
record! {
    FdbView {
        mac: Mac, dev: u32, master: u32, dst: Option<Ip>, vlan: Option<u32>, permanent: bool, is_static: bool, self_: bool, age: f64,
    }
}
record! { FdbKey { mac: Mac, dev: u32, dst: Option<Ip>, vlan: Option<u32> } }
record! { NextHopView { via: Option<Ip>, dev: Option<u32>, weight: u32, onlink: Option<bool> } }
record! {
    RouteRecord {
        to: Prefix, kind: Option<RouteKind>, table: Option<u32>, metric: Option<u32>, tos: Option<u8>, via: Option<Ip>,
        dev: Option<u32>, src: Option<Ip>, scope: Option<u8>, protocol: Option<u8>, onlink: Option<bool>, mtu: Option<u32>,
        advmss: Option<u32>, nexthops: Option<Vec<NextHopView>>, linkdown: bool, dead: bool, expires: Option<u32>,
    }
}
record! {
    RouteQuery {
        to: Ip, from: Option<Ip>, iif: Option<u32>, oif: Option<u32>, mark: Option<u32>, tos: Option<u8>, proto: Option<u8>,
        sport: Option<u16>, dport: Option<u16>,
    }
}
record! { RouteAnswer { kind: RouteKind, to: Ip, via: Option<Ip>, dev: u32, src: Ip, table: u32, mtu: Option<u32>, expires: Option<u32> } }
record! { PortRange { low: u16, high: u16 } }
record! {
    RuleRecord {
        family: u32, priority: Option<u32>, not: Option<bool>, from: Option<Prefix>, to: Option<Prefix>, iif: Option<String>,
        oif: Option<String>, mark: Option<u32>, mask: Option<u32>, tos: Option<u8>, proto: Option<u8>, sport: Option<PortRange>,
        dport: Option<PortRange>, table: Option<u32>, action: Option<RuleAction>, goto: Option<u32>,
        suppress_prefix_length: Option<u8>,
    }
}
record! {
    SocketOptions {
        ttl: Option<u8>, tos: Option<u8>, mark: Option<u32>, device: Option<u32>, dont_fragment: Option<bool>,
        reuse_address: Option<bool>, broadcast: Option<bool>, no_delay: Option<bool>, keep_alive: Option<bool>,
        transparent: Option<bool>, uid: Option<u32>, abort: Option<bool>, v6_only: Option<bool>,
    }
}
record! {
    Datagram {
        from: Ip, from_port: u16, to: Ip, dev: u32, ttl: u8, tos: u8, kind: Option<u8>, code: Option<u8>, data: Bytes,
    }
}
record! {
    SocketError {
        errno: u32, origin: ErrorOrigin, kind: u8, code: u8, info: u32, offender: Option<Ip>, dst: Ip, dport: u16, data: Bytes,
    }
}
record! {
    SocketView {
        id: u32, family: u32, v6_only: bool, kind: SocketKind, state: SocketState, local: Ip, local_port: u16, remote: Ip,
        remote_port: u16, readable: bool, writable: bool, error: Option<u32>, recv_queue: u32, send_queue: u32, eof: bool,
        uid: u32, mark: u32, dev: u32, timer: u32, expires: u32, retries: u32, tos: u32,
    }
}
record! { CapturedFrame { time: f64, ns: u32, dev: u32, outgoing: bool, bytes: Bytes } }
record! {
    PacketView {
        family: u32, proto: u8, src: Ip, dst: Ip, sport: u16, dport: u16, ttl: u8, mark: u32, flags: Option<String>,
        kind: Option<u8>, code: Option<u8>, length: u32, eth_src: Option<Mac>, eth_dst: Option<Mac>,
    }
}
record! {
    TraceView {
        time: f64, trace: u32, ns: u32, dev: u32, layer: Layer, action: Action, reason: Option<Reason>, table: Option<u8>,
        hook: Option<u8>, rule: Option<u32>, family: Option<u32>, packet: PacketView, via: Option<Ip>, oif: Option<u32>,
        route_table: Option<u32>,
    }
}
record! {
    KernelEvent {
        ns: u32, deleted: bool, what: KernelWhat, link: Option<LinkView>, address: Option<AddressView>,
        neighbour: Option<NeighbourView>, route: Option<RouteRecord>,
    }
}

impl AddressSpec {
    /// An address with nothing else said.
    pub fn new(address: Prefix) -> AddressSpec {
        AddressSpec {
            address,
            peer: None,
            broadcast: None,
            label: None,
            scope: None,
            no_prefix_route: false,
            no_dad: false,
            optimistic: false,
        }
    }
}

impl AddressView {
    pub fn of(dev: u32, address: &Address) -> AddressView {
        AddressView {
            address: Prefix::new(address.ip, address.len),
            peer: (address.peer != address.ip).then_some(address.peer),
            broadcast: address.broadcast,
            label: Some(address.label.clone()),
            scope: address.scope,
            no_prefix_route: address.no_prefix_route,
            dev,
            secondary: address.secondary,
            tentative: address.dad.tentative,
            dad_failed: address.dad.failed,
            no_dad: address.dad.none,
            optimistic: address.dad.optimistic,
        }
    }
}

impl KernelEvent {
    /// An event about nothing yet.
    pub fn of(ns: u32, deleted: bool, what: KernelWhat) -> KernelEvent {
        KernelEvent { ns, deleted, what, link: None, address: None, neighbour: None, route: None }
    }
}

impl CapturedFrame {
    pub fn new(now: u64, place: Place, outgoing: bool, bytes: Vec<u8>) -> CapturedFrame {
        CapturedFrame { time: now as f64 / 1e6, ns: place.ns, dev: place.dev, outgoing, bytes: Bytes(bytes) }
    }
}
