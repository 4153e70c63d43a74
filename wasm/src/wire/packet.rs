//! A packet as the plane carries it: parsed once where it is born, written as bytes only where somebody looks
//! (capture, u32, string, a tun port). `wire/` turns bytes into this and back; no other module knows offsets.

use super::addr::{Family, Ip, Mac};

/// Where a packet lies in the [`super::pool::Pool`].
pub type PacketId = u32;
/// No packet.
pub const NONE: u32 = u32::MAX;

/// [`Packet::socket`] of what the stack itself says: ICMP errors and echo replies, resets. It is a socket, and nobody's.
pub const KERNEL_SOCKET: u32 = u32::MAX - 1;

/// IP protocol numbers that the plane treats apart (IANA).
pub mod proto {
    pub const ICMP: u8 = 1;
    pub const IPIP: u8 = 4;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const GRE: u8 = 47;
    pub const ICMPV6: u8 = 58;
    pub const SCTP: u8 = 132;
}

/// IPv6 extension headers that are taken apart.
pub mod next {
    pub const HOP_BY_HOP: u8 = 0;
    pub const FRAGMENT: u8 = 44;
}

/// EtherType numbers.
pub mod ether {
    pub const IPV4: u16 = 0x0800;
    pub const ARP: u16 = 0x0806;
    pub const VLAN: u16 = 0x8100;
    pub const QINQ: u16 = 0x88a8;
    pub const IPV6: u16 = 0x86dd;
}

/// TCP flag bits, as in the header.
pub mod tcp {
    pub const FIN: u8 = 1;
    pub const SYN: u8 = 2;
    pub const RST: u8 = 4;
    pub const PSH: u8 = 8;
    pub const ACK: u8 = 16;
    pub const URG: u8 = 32;
}

/// skb->pkt_type: whom the frame was for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PacketType {
    #[default]
    Host,
    Broadcast,
    Multicast,
    OtherHost,
    Outgoing,
}

/// What conntrack knows of the packet (enum ip_conntrack_info, with untracked and invalid spelled out).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CtInfo {
    /// Conntrack has not seen it (or is not in use in this namespace).
    #[default]
    None,
    New,
    Established,
    Related,
    EstablishedReply,
    RelatedReply,
    Invalid,
    Untracked,
    /// An answer to a packet that is not tracked: no rule keeps it from being tracked itself (nf_conntrack_attach).
    Attached,
}

/// One packet. Plain data, no heap (so a copy is cheap, and its owner gives it back with [`super::Pool::release`]): payload bytes and quoted or encapsulated packets live in the pool by number.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    // Ethernet
    pub eth_src: Mac,
    pub eth_dst: Mac,
    /// [`ether`]; what the rest of the packet is.
    pub ethertype: u16,
    /// VLAN tags, the outermost in the low half: id and bits of [`crate::abi::tag`]; 0 for none. Priorities are not carried.
    pub vlan: u32,

    // IP (for ARP: src/dst are the protocol addresses, `kind` the operation; the hardware addresses are the frame's)
    pub src: Ip,
    pub dst: Ip,
    pub proto: u8,
    pub ttl: u8,
    pub tos: u8,
    pub dont_fragment: bool,
    pub more_fragments: bool,
    /// IPv6 with a fragment header, whichever piece it is or all of it.
    pub frag_header: bool,
    pub ip_id: u16,
    /// Fragment offset in 8-byte units; nonzero means no transport header here.
    pub frag_offset: u16,
    /// Bytes of IP options (a multiple of 4) at the head of the payload, before the transport header.
    pub options_len: u8,

    // transport
    /// Port; ICMP echo: the id (both ports); unknown protocols: 0.
    pub sport: u16,
    pub dport: u16,
    /// ICMP type, ARP operation.
    pub kind: u8,
    pub code: u8,
    /// TCP flags.
    pub flags: u8,
    /// TCP sequence; ICMP echo: the sequence number; ICMP errors: the rest-of-header word (MTU, gateway).
    pub seq: u32,
    /// TCP's acknowledgement; the CRC of SCTP as it came, which a quote keeps, and a wrong one.
    pub ack: u32,
    /// TCP's window; the length field of UDP as it came, which a first fragment keeps.
    pub window: u16,
    /// TCP MSS option, 0 for none; window scale +1, 0 for none.
    pub mss: u16,
    pub wscale: u8,
    /// SACK permitted was offered; timestamps option present.
    pub sack_ok: bool,
    pub timestamps: Option<(u32, u32)>,
    /// The transport checksum on the wire is wrong (never true for packets born here).
    pub bad_checksum: bool,
    /// Cut short: not even its protocol's header is whole, so all of it is payload (never true for packets born here).
    pub headless: bool,
    /// UDP without checksum.
    pub no_checksum: bool,
    /// Who has summed it up (ip_summed): [`Packet::BY_SENDER`], [`Packet::BY_NOBODY`], or conntrack, then it is what [`Packet::head`]
    /// was at that time.
    pub summed: u32,
    /// A checksum around it was right, that of a tunnel: REJECT asks for no other (csum_valid).
    pub sum_trusted: bool,
    /// A first fragment, a quote, or a wrong one: the checksum over what is not here and what does not change, without addresses and ports.
    pub sum: u16,

    // payload: bytes in the pool, or the packet quoted (ICMP error) or carried (vxlan) instead
    pub payload: u32,
    /// Bytes behind the transport header, whichever of the two they are.
    pub payload_len: u16,
    pub inner: PacketId,
    /// A quoted packet: how many of its bytes the quote holds; 0 for a packet that is whole.
    pub quoted: u16,

    // what Linux keeps beside the bytes (sk_buff)
    pub pkt_type: PacketType,
    pub mark: u32,
    pub priority: u32,
    /// Device index it came in by (skb->skb_iif), 0 when born here.
    pub iif: u32,
    /// Bridge port it came in by and leaves by, while bridged (physdev).
    pub phys_in: u32,
    pub phys_out: u32,
    /// conntrack entry, or [`NONE`].
    pub ct: u32,
    pub ct_info: CtInfo,
    /// Tunnel key of vxlan (the VNI) of what carries a packet. Of any other the hash of its flow (skb->hash): its connected socket's,
    /// or that of the names it had when it was first put into a tunnel; 0 where nobody asked yet.
    pub tunnel: u32,
    /// Put together from fragments: the longest of them, so that it goes on in pieces no longer (IPCB frag_max_size).
    pub frag_max: u16,
    /// The same for good: where it has to be cut again, it is cut where it was (frag_list). Pieces being as long as eights,
    /// the lowest bit is free: [`Packet::SCATTERED`].
    pub frag_list: u16,
    /// Its route stands since it was sent (it came by `lo`): input does not look again.
    pub routed: bool,
    /// PREROUTING saw it while it was bridged (nf_bridge_info): the IP layer does not run it again.
    pub bridged: bool,
    /// It was DNATed while bridged and waits for its new MAC; then the bridge goes on with it (nf_bridge->bridged_dnat).
    pub resume: bool,
    /// Which walk is being traced with it; 0 is none.
    pub trace: u32,
    /// Its place in a batch, from 1; 0 for packets of no batch. Answers don't inherit it.
    pub probe: u32,
    /// The socket that sent it, or [`NONE`]; for owner and for errors.
    pub socket: u32,
    /// NFQUEUE-like loops, veth ping-pong: how often it was handed on (a packet dies with reason `loop` past the limit).
    pub hops: u16,
    /// ipset/DSCP/TRACE helpers: set by `-j TRACE`.
    pub nf_trace: bool,
}

/// A packet that is [`Packet::EMPTY`] but for these fields. The struct's own update syntax stores every field by itself, which
/// takes ten times the code: it is left to where packets are made by the million.
macro_rules! packet {
    ($($field:ident: $value:expr),+ $(,)?) => {{
        let mut packet = $crate::wire::Packet::empty();
        $(packet.$field = $value;)+
        packet
    }};
}
pub(crate) use packet;

impl Default for Packet {
    fn default() -> Packet {
        Packet::EMPTY
    }
}

impl Packet {
    /// In `summed`: it was born here, so that its sum is right or left to a device (CHECKSUM_PARTIAL).
    pub const BY_SENDER: u32 = 0;
    /// It came from outside, or had to be cut here (CHECKSUM_NONE).
    pub const BY_NOBODY: u32 = 1;
    /// In `frag_list`: an IPv6 packet whose SCTP header came in several pieces (those of others are not collected then).
    pub const SCATTERED: u16 = 1;
    /// IPv4 from nowhere to nowhere, with nothing in it.
    pub const EMPTY: Packet = Packet {
        eth_src: Mac::ZERO,
        eth_dst: Mac::ZERO,
        ethertype: ether::IPV4,
        vlan: 0,
        src: Ip::ANY4,
        dst: Ip::ANY4,
        proto: 0,
        ttl: 64,
        tos: 0,
        dont_fragment: false,
        more_fragments: false,
        frag_header: false,
        ip_id: 0,
        frag_offset: 0,
        options_len: 0,
        sport: 0,
        dport: 0,
        kind: 0,
        code: 0,
        flags: 0,
        seq: 0,
        ack: 0,
        window: 0,
        mss: 0,
        wscale: 0,
        sack_ok: false,
        timestamps: None,
        bad_checksum: false,
        headless: false,
        no_checksum: false,
        summed: Packet::BY_SENDER,
        sum_trusted: false,
        sum: 0,
        payload: NONE,
        payload_len: 0,
        inner: NONE,
        quoted: 0,
        pkt_type: PacketType::Host,
        mark: 0,
        priority: 0,
        iif: 0,
        phys_in: 0,
        phys_out: 0,
        ct: NONE,
        ct_info: CtInfo::None,
        tunnel: 0,
        frag_max: 0,
        frag_list: 0,
        routed: false,
        bridged: false,
        resume: false,
        trace: 0,
        probe: 0,
        socket: NONE,
        hops: 0,
        nf_trace: false,
    };

    #[inline(never)]
    pub fn empty() -> Packet {
        Packet::EMPTY
    }
    pub const fn family(&self) -> Family {
        self.src.family()
    }
    /// The device an answer must leave by: that of a link-local sender, else any. Where we are that ourselves, who was sent to
    /// says which it is (icmp6_dev): from `::1`, on `lo`, no way leads there.
    pub const fn way_back(&self) -> u32 {
        match self.iif {
            _ if !self.src.is_link_local6() => 0,
            0 | 1 => self.dst.is_loopback() as u32,
            iif => iif,
        }
    }
    /// Whether it is a fragment at all.
    pub const fn is_fragment(&self) -> bool {
        self.more_fragments || self.frag_offset != 0 || self.frag_header
    }
    /// Whether transport fields are there to read (no later fragment, nothing cut short).
    pub const fn has_transport(&self) -> bool {
        self.frag_offset == 0 && !self.headless
    }
    /// The ports as routing reads them (flow_keys_dissector): of no fragment at all, not even the first.
    pub const fn flow_ports(&self) -> (u16, u16) {
        if self.is_fragment() {
            (0, 0)
        } else {
            (self.sport, self.dport)
        }
    }
    /// What stands behind the IP header: of IPv6 maybe an extension header.
    pub const fn next_header(&self) -> u8 {
        match () {
            () if self.options_len > 0 && !self.src.is_v4() => next::HOP_BY_HOP,
            () if self.frag_header => next::FRAGMENT,
            () => self.proto,
        }
    }
    /// A first fragment of IPv6 without its whole transport header, which nobody collects (ipv6frag_thdr_truncated).
    pub const fn is_truncated6(&self) -> bool {
        let least = if self.proto == proto::TCP { 20 } else { 8 };
        let cut = self.headless && self.payload_len < least && self.proto != proto::SCTP;
        cut && self.frag_header && self.frag_offset == 0
    }
    /// ICMP error messages, which quote a packet and are never answered by another error (RFC 1122 3.2.2).
    pub const fn is_icmp_error(&self) -> bool {
        match self.proto {
            proto::ICMP => matches!(self.kind, 3 | 4 | 5 | 11 | 12),
            proto::ICMPV6 => self.kind < 128,
            _ => false,
        }
    }
    /// ICMP messages with an id (echo, timestamp, information, address mask).
    pub const fn is_icmp_query(&self) -> bool {
        match self.proto {
            proto::ICMP => matches!(self.kind, 0 | 8 | 13..=18),
            proto::ICMPV6 => matches!(self.kind, 128 | 129),
            _ => false,
        }
    }
    /// Bytes of the IP header, options included.
    pub const fn header_len(&self) -> u32 {
        match self.family() {
            Family::V4 => 20 + self.options_len as u32,
            Family::V6 => 40 + self.options_len as u32 + if self.is_fragment() { 8 } else { 0 },
        }
    }
    /// Bytes of the TCP options that are carried: MSS, timestamps, SACK permitted and window scale, padded as Linux pads them.
    pub const fn tcp_options_len(&self) -> u32 {
        let mss = if self.mss != 0 { 4 } else { 0 };
        let wscale = if self.wscale != 0 { 4 } else { 0 };
        let sack = if self.sack_ok && self.timestamps.is_none() { 4 } else { 0 };
        let stamps = if self.timestamps.is_some() { 12 } else { 0 };
        mss + wscale + sack + stamps
    }
    /// Bytes of the transport header; 0 for later fragments and for protocols that are payload to the plane.
    pub const fn transport_len(&self) -> u32 {
        if !self.has_transport() {
            return 0;
        }
        match self.proto {
            proto::TCP => 20 + self.tcp_options_len(),
            proto::UDP | proto::ICMP | proto::ICMPV6 => 8,
            proto::SCTP => 12,
            _ => 0,
        }
    }
    /// Bytes from the IP header on: IPv4's total length, IPv6's payload length + 40.
    pub const fn len(&self) -> u32 {
        self.header_len() + self.transport_len() + self.payload_len as u32
    }
    pub const fn is_empty(&self) -> bool {
        false
    }
    /// What Linux keeps beside the bytes stays behind where the packet leaves a stack (skb_scrub_packet); conntrack's part must be
    /// given back before.
    pub fn forget(&mut self) {
        self.ct = NONE;
        self.ct_info = CtInfo::None;
        self.nf_trace = false;
        self.bridged = false;
        self.phys_in = 0;
        self.phys_out = 0;
        self.iif = 0;
        self.priority = 0;
        self.socket = NONE;
        self.frag_max = 0;
        self.summed = self.summed.min(Packet::BY_NOBODY);
    }
    /// What rules may change in the header of IPv6, as [`Packet::summed`] keeps it.
    pub const fn head(&self) -> u32 {
        1 << 16 | (self.tos as u32) << 8 | self.ttl as u32
    }
    /// Whether conntrack's sum over a UDP packet of IPv6 no longer holds, since a rule has changed the header behind it: but for
    /// short ones it is not reckoned again (udp6_csum_init, CHECKSUM_BREAK).
    pub const fn is_missummed(&self) -> bool {
        let known = self.summed > Packet::BY_NOBODY && self.summed != self.head();
        known && !self.dst.is_v4() && 8 + self.payload_len as u32 > 76
    }
    /// Puts the transport header into one place, to be checked or changed: pieces it lay in are no longer where they were
    /// (skb_ensure_writable, ip6_fragment's slow path).
    pub fn gather(&mut self) {
        if self.frag_list & Packet::SCATTERED != 0 {
            self.frag_list = self.frag_list.max(1280);
        }
    }
    /// Bytes of the frame, Ethernet header included.
    pub const fn frame_len(&self) -> u32 {
        // Linux keeps the outer tag beside the frame.
        let head = if self.vlan >> 16 != 0 { 18 } else { 14 };
        if self.ethertype == ether::ARP {
            return head + if self.payload_len == 0 { 28 } else { self.payload_len as u32 };
        }
        head + self.len()
    }
}
