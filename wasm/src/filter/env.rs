//! What rules may ask of the namespace they run in. The pipeline implements it; hooks know no more of the stack.

use crate::wire::{Family, Ip, Packet};

/// RTN_* as the LOCAL table sees an address (addrtype's words).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddrType {
    Unspec,
    Unicast,
    Local,
    Broadcast,
    Anycast,
    Multicast,
    Blackhole,
    Unreachable,
    Prohibit,
    Throw,
}

/// The questions.
pub trait Env {
    /// Virtual time in nanoseconds since the plane began.
    fn now(&self) -> u64;
    /// The plane's one seeded generator.
    fn random(&mut self) -> u32;
    /// A device's name; empty for index 0.
    fn dev_name(&self, index: u32) -> &str;
    /// inet_addr_type (`dev` 0) or inet_dev_addr_type: what the address is to this namespace.
    fn addr_type(&self, ip: Ip, dev: u32) -> AddrType;
    /// inet_select_addr: the primary address of `dev` in the subnet of `next_hop`, for MASQUERADE and REDIRECT; `ip` unspecified where there is none.
    fn select_address(&self, dev: u32, next_hop: Ip) -> Ip;
    /// The first IPv6 address of `dev` that suits the scope of a destination, for REDIRECT.
    fn first_address(&self, dev: u32, to: Ip) -> Ip {
        self.select_address(dev, to)
    }
    /// The next hop of the packet's route, for MASQUERADE (its destination where it is on link).
    fn next_hop(&self, packet: &Packet) -> Ip;
    /// fib_validate: would the reverse route of the packet's source leave by `dev` (strict), or exist at all (loose)? For `rpfilter`.
    /// `flags` are `abi::rpfilter`.
    fn reverse_path(&self, packet: &Packet, flags: u32) -> bool;
    /// uid and gid of the socket the packet belongs to, for `owner`; `socket` match: an established or listening socket for it.
    fn socket_owner(&self, packet: &Packet) -> Option<(u32, u32)>;
    /// `flags` are `abi::socketmatch`.
    fn has_socket(&self, packet: &Packet, flags: u32) -> bool;
    /// The packet's length from its IP header on (tot_len; for IPv6 payload_len + 40), headers as they would be written.
    fn length(&self, packet: &Packet) -> u32;
    /// Seconds since 1970 on the lab's clock, for `time`.
    fn unix_time(&self) -> u64;
    /// The path MTU of the packet's route, for `TCPMSS --clamp-mss-to-pmtu`.
    fn path_mtu(&self, packet: &Packet) -> u32;
    /// The packet as bytes from its IP header on, for `u32`, `string`, `length` of odd packets.
    fn bytes(&self, packet: &Packet, out: &mut Vec<u8>);
    /// The packet quoted in an ICMP error or carried in a tunnel.
    fn inner(&self, packet: &Packet) -> Option<Packet>;
    fn set_inner(&mut self, packet: &Packet, inner: Packet);
    /// A sysctl's value by its number in `abi.rs`.
    fn sysctl(&self, id: u32) -> i64;
    /// Whether the packet can be routed as it is now: asked at OUTPUT, where mangle or NAT changed what routes depend on.
    fn can_reroute(&self, _packet: &Packet) -> bool {
        true
    }
    /// A rule or policy of a packet in a batch counted it (`pipeline/trail.rs`).
    fn counted(&mut self, _family: Family, _table: u32, _line: u32, _bytes: u32) {}
    /// What becomes of a packet in a batch may be different the next time: state, time or chance had a part in it.
    fn spoil_trail(&mut self) {}
    /// It is the same only for packets of the same length and payload.
    fn narrow_trail(&mut self) {}
    /// It is the same only for packets from the same source port.
    fn ported_trail(&mut self) {}
    /// Notes a rule, policy, translation or conntrack verdict for a traced packet; never called when `packet.trace` is 0.
    fn note(&mut self, packet: &Packet, note: Note);
}

/// What a hook has to say to a trace.
#[derive(Clone, Copy)]
pub enum Note {
    /// The rule of line `index` (program.rs: lines number rules and policies) matched; `verdict` is its target (`abi::target`).
    Rule { table: u8, hook: u8, index: u32, verdict: u8 },
    /// The policy of a built-in chain decided; `index` is its line.
    Policy { table: u8, hook: u8, index: u32, accept: bool },
    /// A match or target that parses but is not modelled was met in this line.
    Unmodelled { table: u8, hook: u8, index: u32 },
    /// Conntrack's word on the packet.
    Conntrack,
    /// NAT rewrote it (to what it now says); `reply` when it undid an earlier rewrite.
    Translated { source: bool, reply: bool },
}

/// What all hooks together decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Accept,
    /// Dropped; why is one of [`why`].
    Drop(u8),
    /// REJECT: answer as `how` says ([`reject`]), then drop.
    Reject(u8),
    /// Taken at INPUT for another host: the packet goes out to where it now leads (ip_vs_nat_xmit).
    Forward,
}

/// REJECT's answers, numbered as in abi.rs: ICMP codes 0..15 are themselves, these are beyond.
pub mod reject {
    pub const TCP_RESET: u8 = 0x40;
}

/// Why a hook dropped a packet.
pub mod why {
    /// A rule's DROP.
    pub const RULE: u8 = 1;
    /// A built-in chain's policy.
    pub const POLICY: u8 = 2;
    /// A match that cannot judge a broken or impossible packet (xtables' hotdrop).
    pub const HOTDROP: u8 = 3;
    /// `nf_conntrack: table full, dropping packet`.
    pub const TABLE_FULL: u8 = 4;
    /// NAT found no free tuple (a used-up `--to-ports` range), or no address to masquerade with.
    pub const NAT: u8 = 5;
    /// At confirm somebody else had taken the tuple, and the clash could not be resolved.
    pub const CLASH: u8 = 6;
    /// At OUTPUT the packet was changed to what no route leads to.
    pub const REROUTE: u8 = 8;
    /// QUEUE or NFQUEUE without `--queue-bypass`, and nobody listening.
    pub const QUEUE: u8 = 7;
}

/// Where in the stack a packet meets its rules: everything a hook is told beside the packet.
#[derive(Clone, Copy)]
pub struct At {
    pub family: Family,
    /// `abi::hook`.
    pub hook: u32,
    /// Device it came in by and leaves by, 0 where there is none (state->in, state->out).
    pub iif: u32,
    pub oif: u32,
}
