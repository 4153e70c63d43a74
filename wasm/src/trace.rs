//! Evidence: what happened to a traced packet, step by step. Nothing is noted, and nothing is paid, for a packet whose
//! `trace` is 0.

use crate::abi::outcome;
use crate::fabric::World;
use crate::filter::env::why;
use crate::filter::Note;
use crate::link::Place;
use crate::record::words;
use crate::wire::{Ip, Packet, Parcel};

words! {
    /// Where in the stack it happened.
    Layer {
        Socket = "socket", Link = "link", Bridge = "bridge", Arp = "arp", Route = "route", Hook = "hook", Nat = "nat",
        Conntrack = "conntrack", Tunnel = "tunnel", Local = "local",
    }
}

words! {
    /// What happened.
    Action {
        /// A socket, or the stack itself, made it.
        Sent = "sent",
        /// A device took it in.
        Received = "received",
        /// A device gave it out.
        Transmitted = "transmitted",
        /// A route was found.
        Routed = "routed",
        /// It goes on to another host.
        Forwarded = "forwarded",
        /// A bridge passes it to a port; or to all.
        Bridged = "bridged",
        Flooded = "flooded",
        /// Put into a tunnel, taken out of one.
        Encapsulated = "encapsulated",
        Decapsulated = "decapsulated",
        /// A rule matched; a policy decided.
        Matched = "matched",
        Policy = "policy",
        /// A match or target that is not modelled was met.
        Unmodelled = "unmodelled",
        /// Conntrack knows it as ...
        Tracked = "tracked",
        /// NAT rewrote it, NAT undid a rewrite.
        Translated = "translated",
        Restored = "restored",
        /// It waits for a neighbour's answer.
        Queued = "queued",
        /// A neighbour was asked, or answered.
        Asked = "asked",
        Answered = "answered",
        /// Cut into fragments, put together.
        Fragmented = "fragmented",
        Reassembled = "reassembled",
        /// A socket, the stack, or a tun port's owner has it.
        Delivered = "delivered",
        /// It is no more; the reason says why.
        Dropped = "dropped",
        /// Answered with an ICMP error or a RST.
        Refused = "refused",
    }
}

words! {
    /// Why a packet was dropped or refused.
    Reason {
        None = "",
        DeviceDown = "device-down",
        NoCarrier = "no-carrier",
        NotForUs = "not-for-us",
        Malformed = "malformed",
        Protocol = "protocol",
        MartianSource = "martian-source",
        MartianDestination = "martian-destination",
        RpFilter = "rp-filter",
        NoRoute = "no-route",
        Unreachable = "unreachable",
        Prohibited = "prohibited",
        Blackhole = "blackhole",
        ForwardingOff = "forwarding-off",
        Ttl = "ttl",
        FragmentationNeeded = "fragmentation-needed",
        FragmentTimeout = "fragment-timeout",
        NeighbourFailed = "neighbour-failed",
        NeighbourQueue = "neighbour-queue-full",
        Rule = "rule",
        Policy = "policy",
        Hotdrop = "hotdrop",
        TableFull = "conntrack-table-full",
        NoNatTuple = "no-nat-tuple",
        Clash = "conntrack-clash",
        Queue = "nfqueue",
        NoSocket = "no-socket",
        BacklogFull = "backlog-full",
        SocketBuffer = "socket-buffer-full",
        BadChecksum = "bad-checksum",
        BadState = "tcp-state",
        Hairpin = "no-port",
        NoFdbEntry = "no-fdb-entry",
        UnknownVni = "unknown-vni",
        TunnelLoop = "tunnel-loop",
        Dummy = "dummy-device",
        Loss = "netem-loss",
        Loop = "loop",
        EchoIgnored = "echo-ignored",
        RateLimit = "icmp-rate-limit",
        Unmodelled = "unmodelled",
        ArpIgnored = "arp-ignored",
        TunnelEndpoint = "no-tunnel-endpoint",
        Vlan = "vlan-filter",
    }
}

impl Reason {
    /// A hook's word (`filter::env::why`) in the reasons of a trace.
    pub const fn of_hook(word: u8) -> Reason {
        match word {
            why::POLICY => Reason::Policy,
            why::HOTDROP => Reason::Hotdrop,
            why::TABLE_FULL => Reason::TableFull,
            why::NAT => Reason::NoNatTuple,
            why::CLASH => Reason::Clash,
            why::QUEUE => Reason::Queue,
            why::REROUTE => Reason::NoRoute,
            _ => Reason::Rule,
        }
    }
}

/// What a rule, route or tunnel has to add to a record.
#[derive(Clone, Copy, Default)]
pub struct Detail {
    /// Table, hook, line, for hook records.
    pub rule: Option<(u8, u8, u32)>,
    /// The gateway and device of a route, and its table.
    pub route: Option<(Ip, u32, u32)>,
}

/// One record, with the packet as it was after the step.
#[derive(Clone, Copy)]
pub struct Record {
    pub time: u64,
    pub place: Place,
    pub layer: Layer,
    pub action: Action,
    pub reason: Reason,
    pub detail: Detail,
    pub packet: Packet,
}

/// The log.
#[derive(Default)]
pub struct Tracer {
    pub records: Vec<Record>,
    last: u32,
}

impl Tracer {
    /// A new number for a walk.
    pub fn begin(&mut self) -> u32 {
        self.last += 1;
        self.last
    }
}

impl World {
    /// Notes a step of a traced packet.
    #[inline]
    pub fn note(&mut self, place: Place, packet: &Packet, layer: Layer, action: Action) {
        if packet.trace != 0 {
            self.record(place, packet, (layer, action, Reason::None), Detail::default());
        }
    }
    /// Notes the route a traced packet was given.
    #[inline]
    pub fn note_route(&mut self, place: Place, packet: &Packet, action: Action, route: (Ip, u32, u32)) {
        if packet.trace != 0 {
            self.record(place, packet, (Layer::Route, action, Reason::None), Detail { route: Some(route), rule: None });
        }
    }
    /// Ends a packet's way: notes why, and gives back what it holds.
    pub fn drop(&mut self, place: Place, packet: Parcel, layer: Layer, reason: Reason) {
        if packet.trace != 0 {
            self.record(place, &packet, (layer, Action::Dropped, reason), Detail::default());
        }
        if packet.probe != 0 {
            self.batch.judge(place, &packet, (outcome::DROPPED, reason));
            if reason == Reason::FragmentationNeeded {
                self.trails.narrow();
            }
        }
        self.pool.release(packet);
    }
    /// Appends a record.
    #[cold]
    pub fn record(&mut self, place: Place, packet: &Packet, what: (Layer, Action, Reason), detail: Detail) {
        let (layer, action, reason) = what;
        let record = Record { time: self.now, place, layer, action, reason, detail, packet: *packet };
        self.tracer.records.push(record);
    }
}

/// What a hook notes, as a record.
pub fn note_hook(place: Place, world: &mut World, packet: &Packet, note: Note) {
    let (layer, action, rule) = match note {
        Note::Rule { table, hook, index, .. } => (Layer::Hook, Action::Matched, Some((table, hook, index))),
        Note::Policy { table, hook, index, .. } => (Layer::Hook, Action::Policy, Some((table, hook, index))),
        Note::Unmodelled { table, hook, index } => (Layer::Hook, Action::Unmodelled, Some((table, hook, index))),
        Note::Conntrack => (Layer::Conntrack, Action::Tracked, None),
        Note::Translated { reply: false, .. } => (Layer::Nat, Action::Translated, None),
        Note::Translated { .. } => (Layer::Nat, Action::Restored, None),
    };
    world.record(place, packet, (layer, action, Reason::None), Detail { rule, route: None });
}
