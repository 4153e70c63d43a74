//! The one shared layout: every number that both Rust and TypeScript must know stands here once.
//! `cargo test abi` writes `../abi.ts` with `UPDATE=1`, and fails when the committed file differs.

/// Declares a group of numbers for both languages: `group! { op "what they are" { TCP = 1, ... } }` makes
/// `op::TCP` in Rust and `OP.TCP` in TypeScript.
macro_rules! group {
    ($(#[doc = $doc:literal])* $name:ident { $($key:ident = $value:expr),* $(,)? }) => {
        $(#[doc = $doc])*
        pub mod $name {
            $(pub const $key: u32 = $value;)*
            /// Every name with its number, for the generated `abi.ts`.
            #[cfg(test)]
            pub const ALL: &[(&str, u32)] = &[$((stringify!($key), $value)),*];
            #[cfg(test)]
            pub const DOC: &str = concat!($($doc),*);
        }
    };
}

group! {
    /// Netfilter hooks in the kernel's numbering (enum nf_inet_hooks).
    hook { PREROUTING = 0, INPUT = 1, FORWARD = 2, OUTPUT = 3, POSTROUTING = 4 }
}
group! {
    /// iptables tables; the order is that of their priorities at OUTPUT.
    table { RAW = 0, MANGLE = 1, NAT = 2, FILTER = 3, SECURITY = 4 }
}

group! {
    /// The compiled form of a table (filter/program.rs): its version, bits of its words, and the first number of nftables' tables.
    program {
        VERSION = 1, PATCH = 2, KEPT = 0xffff_ffff, NO_HOOK = 0xffff_ffff, INVERT = 0x100, WILDCARD = 0x100, NO_SET = 0xffff_ffff, NFT = 8,
    }
}
group! {
    /// Types of nftables' base chains.
    chain { FILTER = 0, NAT = 1, ROUTE = 2 }
}
group! {
    /// Parts of a rule that are no match: which are there, and which are inverted.
    base {
        SOURCE = 1, DESTINATION = 2, IN = 4, OUT = 8, PROTO = 16, FRAGMENT = 32,
        NOT_SOURCE = 0x100, NOT_DESTINATION = 0x200, NOT_IN = 0x400, NOT_OUT = 0x800, NOT_PROTO = 0x1000, NOT_FRAGMENT = 0x2000,
    }
}
group! {
    /// Matches.
    op {
        COMMENT = 1, TCP = 2, UDP = 3, SCTP = 4, ICMP = 5, MULTIPORT = 6, IPRANGE = 7, MAC = 8, ADDRTYPE = 9, CONNTRACK = 10,
        MARK = 11, CONNMARK = 12, STATISTIC = 13, RECENT = 14, LIMIT = 15, HASHLIMIT = 16, SET = 17, PHYSDEV = 18, PKTTYPE = 19,
        LENGTH = 20, TTL = 21, TOS = 22, DSCP = 23, TCPMSS = 24, OWNER = 25, SOCKET = 26, U32 = 27, STRING = 28, RPFILTER = 29,
        CONNBYTES = 30, CONNLIMIT = 31, HELPER = 32, TIME = 33, NFACCT = 34, QUOTA = 35, CPU = 36, POLICY = 37, ECN = 38,
        UNMODELLED = 63,
    }
}
group! {
    /// Targets.
    target {
        NONE = 0, ACCEPT = 1, DROP = 2, RETURN = 3, JUMP = 4, GOTO = 5, QUEUE = 6, REJECT = 7, DNAT = 8, SNAT = 9, MASQUERADE = 10,
        REDIRECT = 11, NETMAP = 12, MARK = 13, CONNMARK = 14, CT = 15, LOG = 16, NFLOG = 17, TRACE = 18, TTL = 19, DSCP = 20,
        TOS = 21, TCPMSS = 22, SET = 23, CLASSIFY = 24, CHECKSUM = 25, ECN = 26, UNMODELLED = 63,
    }
}
group! {
    /// What REJECT answers: ICMP destination-unreachable codes as they are (ICMPv6 codes for ip6tables), and a TCP reset.
    reject { TCP_RESET = 64, ECHO_REPLY = 65 }
}
group! {
    /// Inversions inside TCP, UDP and SCTP matches.
    portinv { SOURCE = 1, DESTINATION = 2, FLAGS = 4, OPTION = 8, CHUNKS = 16 }
}
group! {
    /// iprange's flags.
    iprange { SOURCE = 1, DESTINATION = 2, NOT_SOURCE = 4, NOT_DESTINATION = 8 }
}
group! {
    /// addrtype's flags.
    addrtype { NOT_SOURCE = 1, NOT_DESTINATION = 2, LIMIT_IN = 4, LIMIT_OUT = 8 }
}
group! {
    /// What a conntrack match tests.
    ctmatch {
        STATE = 1, PROTO = 2, ORIGSRC = 4, ORIGDST = 8, REPLSRC = 16, REPLDST = 32, STATUS = 64, EXPIRES = 128, ORIGSRC_PORT = 256,
        ORIGDST_PORT = 512, REPLSRC_PORT = 1024, REPLDST_PORT = 2048, DIRECTION = 4096,
    }
}
group! {
    /// --ctstate words.
    ctstate { INVALID = 1, NEW = 2, ESTABLISHED = 4, RELATED = 8, UNTRACKED = 16, SNAT = 32, DNAT = 64 }
}
group! {
    /// --ctstatus words.
    ctstatus { EXPECTED = 1, SEEN_REPLY = 2, ASSURED = 4, CONFIRMED = 8, NONE = 0x100 }
}
group! {
    /// recent's modes and flags.
    recent { SET = 1, CHECK = 2, UPDATE = 4, REMOVE = 8, TTL = 1, REAP = 2, DESTINATION = 4 }
}
group! {
    /// hashlimit's modes.
    hashlimit { DSTIP = 1, DSTPORT = 2, SRCIP = 4, SRCPORT = 8, INVERT = 16, BYTES = 32, RATE_MATCH = 64 }
}
group! {
    /// The set match's flags.
    setmatch { RETURN_NOMATCH = 1, NO_UPDATE_COUNTERS = 2, NO_UPDATE_SUBCOUNTERS = 4, STEADY = 8 }
}
group! {
    /// The SET target's flags.
    settarget { EXIST = 1, TIMEOUT = 2, MAP_MARK = 4, MAP_PRIO = 8, MAP_QUEUE = 16 }
}
group! {
    /// physdev's tests.
    physdev { IN = 1, OUT = 2, BRIDGED = 4, IS_IN = 8, IS_OUT = 16 }
}
group! {
    /// owner's tests.
    owner { UID = 1, GID = 2, SOCKET = 4 }
}
group! {
    /// The socket match's flags.
    socketmatch { TRANSPARENT = 1, NOWILDCARD = 2, RESTORE_MARK = 4 }
}
group! {
    /// rpfilter's flags.
    rpfilter { LOOSE = 1, VALID_MARK = 2, ACCEPT_LOCAL = 4, INVERT = 8 }
}
group! {
    /// connlimit's flags: INVERT is "more than" turned round (--connlimit-upto).
    connlimit { INVERT = 1, DESTINATION = 2 }
}
group! {
    /// A NAT range's flags.
    nat { ADDRESS = 1, PORTS = 2, RANDOM = 4, PERSISTENT = 8, RANDOM_FULLY = 16, PORT_OFFSET = 32 }
}
group! {
    /// Dimensions of a set (filter/sets/mod.rs), four bits each.
    settype { IP = 1, NET = 2, PORT = 3, SET = 4, MARK = 5, MAC = 6, IFACE = 7 }
}
group! {
    /// A set's options.
    setflag { TIMEOUT = 1, COUNTERS = 2, COMMENT = 4, SKBINFO = 8, FORCEADD = 16 }
}
group! {
    /// The CT target's flags.
    ct { NOTRACK = 1, ZONE_ORIG = 2, ZONE_REPL = 4, ZONE_MARK = 8 }
}

group! {
    /// The plane's calls by number (export/calls.rs): 0 devices, 0x20 routes, 0x30 rules, 0x40 sockets, 0x60 evidence.
    call {
        ADD_NAMESPACE = 0, REMOVE_NAMESPACE = 1, ADD_LINK = 2, SET_LINK = 3, REMOVE_LINK = 4, LINKS = 5, SET_NETEM = 6,
        ADD_ADDRESS = 7, REMOVE_ADDRESS = 8, ADDRESSES = 9, ADD_NEIGHBOUR = 10, REMOVE_NEIGHBOUR = 11, NEIGHBOURS = 12,
        ADD_FDB = 13, REMOVE_FDB = 14, FDB = 15, SET_SYSCTL = 16, SYSCTL = 17,
        ADD_ROUTE = 0x20, REMOVE_ROUTE = 0x21, ROUTES = 0x22, ROUTE_GET = 0x23, ADD_RULE = 0x24, REMOVE_RULE = 0x25, RULES = 0x26,
        DROP_TABLE = 0x30, COUNTERS = 0x31, DROP_SET = 0x32, SET_MEMBERS = 0x33, FLOWS = 0x34, REMOVE_FLOW = 0x35,
        WATCH_FLOWS = 0x36, TAKE_FLOW_EVENTS = 0x37, SET_FLOW = 0x38, FLOW_STATISTICS = 0x39,
        SOCKET = 0x40, SET_SOCKET = 0x41, BIND = 0x42, LISTEN = 0x43, CONNECT = 0x44, ACCEPT = 0x45, RECEIVE = 0x46,
        RECEIVE_FROM = 0x47, TAKE_ERROR = 0x48, SHUTDOWN = 0x49, CLOSE = 0x4a, SOCKET_VIEW = 0x4b, SOCKETS = 0x4c,
        TAKE_WAKEUPS = 0x4d, TRACE = 0x4e,
        TAKE_OUT = 0x60, TRACE_DEVICE = 0x61, TAKE_TRACE = 0x62, CAPTURE = 0x63, TAKE_FRAMES = 0x64, WATCH_KERNEL = 0x65,
        TAKE_KERNEL_EVENTS = 0x66, BATCH = 0x67,
    }
}
group! {
    /// A VLAN tag: its id, and bits beside it. AD: 802.1ad, not 802.1Q; LOOSE: the device does not go up and down with the one below.
    tag { ID = 0xfff, PRESENT = 0x1000, AD = 0x2000, LOOSE = 0x4000 }
}
group! {
    /// A VLAN of a bridge port: its id, and bits beside it.
    portvlan { UNTAGGED = 0x1000, PVID = 0x2000 }
}
group! {
    /// What became of a packet of a batch (export/batch.rs). OUT: it left by a tun device.
    outcome { LOST = 0, DELIVERED = 1, DROPPED = 2, REFUSED = 3, OUT = 4 }
}
group! {
    /// Columns of a batch, in the order in which they stand in its memory: what is asked, then what is answered.
    column {
        SRC = 0, DST = 1, PORTS = 2, KIND = 3, LENGTH = 4,
        OUTCOME = 5, REASON = 6, PLACE = 7, SEEN_SRC = 8, SEEN_DST = 9, SEEN_PORTS = 10,
    }
}

#[cfg(test)]
mod tests {
    /// Its name, what it is, and its words.
    type Group = (&'static str, &'static str, &'static [(&'static str, u32)]);

    /// Groups in the order they appear in `abi.ts`.
    const GROUPS: &[Group] = &[
        ("HOOK", super::hook::DOC, super::hook::ALL),
        ("TABLE", super::table::DOC, super::table::ALL),
        ("PROGRAM", super::program::DOC, super::program::ALL),
        ("CHAIN", super::chain::DOC, super::chain::ALL),
        ("BASE", super::base::DOC, super::base::ALL),
        ("OP", super::op::DOC, super::op::ALL),
        ("TARGET", super::target::DOC, super::target::ALL),
        ("REJECT", super::reject::DOC, super::reject::ALL),
        ("PORTINV", super::portinv::DOC, super::portinv::ALL),
        ("IPRANGE", super::iprange::DOC, super::iprange::ALL),
        ("ADDRTYPE", super::addrtype::DOC, super::addrtype::ALL),
        ("CTMATCH", super::ctmatch::DOC, super::ctmatch::ALL),
        ("CTSTATE", super::ctstate::DOC, super::ctstate::ALL),
        ("CTSTATUS", super::ctstatus::DOC, super::ctstatus::ALL),
        ("RECENT", super::recent::DOC, super::recent::ALL),
        ("HASHLIMIT", super::hashlimit::DOC, super::hashlimit::ALL),
        ("SETMATCH", super::setmatch::DOC, super::setmatch::ALL),
        ("SETTARGET", super::settarget::DOC, super::settarget::ALL),
        ("PHYSDEV", super::physdev::DOC, super::physdev::ALL),
        ("OWNER", super::owner::DOC, super::owner::ALL),
        ("SOCKETMATCH", super::socketmatch::DOC, super::socketmatch::ALL),
        ("RPFILTER", super::rpfilter::DOC, super::rpfilter::ALL),
        ("CONNLIMIT", super::connlimit::DOC, super::connlimit::ALL),
        ("NAT", super::nat::DOC, super::nat::ALL),
        ("SETTYPE", super::settype::DOC, super::settype::ALL),
        ("SETFLAG", super::setflag::DOC, super::setflag::ALL),
        ("CT", super::ct::DOC, super::ct::ALL),
        ("CALL", super::call::DOC, super::call::ALL),
        ("TAG", super::tag::DOC, super::tag::ALL),
        ("PORTVLAN", super::portvlan::DOC, super::portvlan::ALL),
        ("OUTCOME", super::outcome::DOC, super::outcome::ALL),
        ("COLUMN", super::column::DOC, super::column::ALL),
    ];

    fn print() -> String {
        let mut text = String::from("// Generated by `UPDATE=1 cargo test abi` from src/abi.rs. Do not edit.\n");
        for (name, doc, all) in GROUPS {
            text += &format!("\n/** {} */\nexport const {name} = {{\n", doc.trim());
            for (key, value) in all.iter() {
                text += &format!("  {key}: {value},\n");
            }
            text += "} as const;\n";
        }
        text
    }

    #[test]
    fn abi_ts_is_what_abi_rs_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/abi.ts");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, print()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), print(), "run UPDATE=1 cargo test abi");
    }
}
