//! Addresses: one type for both IP families, one for Ethernet.

/// An IP address of either family in 128 bits; IPv4 stands as the mapped `::ffff:a.b.c.d` (RFC 4291 2.5.5.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Ip(pub u128);

const MAPPED: u128 = 0xffff_0000_0000;

impl Ip {
    /// `0.0.0.0`.
    pub const ANY4: Ip = Ip(MAPPED);
    /// `::`.
    pub const ANY6: Ip = Ip(0);
    /// `255.255.255.255`.
    pub const BROADCAST4: Ip = Ip(MAPPED | 0xffff_ffff);

    pub const fn v4(value: u32) -> Ip {
        Ip(MAPPED | value as u128)
    }
    pub const fn is_v4(self) -> bool {
        self.0 >> 32 == 0xffff
    }
    /// The 32 bits of an IPv4 address (the low word of an IPv6 one).
    pub const fn low(self) -> u32 {
        self.0 as u32
    }
    pub const fn family(self) -> Family {
        if self.is_v4() {
            Family::V4
        } else {
            Family::V6
        }
    }
    pub const fn is_unspecified(self) -> bool {
        self.0 == 0 || self.0 == MAPPED
    }
    /// Whom a socket means that connects to nobody: itself.
    pub const fn or_loopback(self) -> Ip {
        match self {
            Ip::ANY4 => Ip::v4(0x7f00_0001),
            Ip::ANY6 => Ip(1),
            other => other,
        }
    }
    pub const fn is_loopback(self) -> bool {
        if self.is_v4() {
            self.low() >> 24 == 127
        } else {
            self.0 == 1
        }
    }
    pub const fn is_multicast(self) -> bool {
        if self.is_v4() {
            self.low() >> 28 == 14
        } else {
            self.0 >> 120 == 0xff
        }
    }
    /// `fe80::/10`.
    pub const fn is_link_local6(self) -> bool {
        self.0 >> 118 == 0xfe80 >> 6
    }
    /// An IPv6 address that is no single host's: a group's, or none.
    pub const fn is_no_host6(self) -> bool {
        !self.is_v4() && (self.is_unspecified() || self.is_multicast())
    }
    /// Whether only its device says which one is meant (rt6_need_strict).
    pub const fn needs_device6(self) -> bool {
        self.is_link_local6() || !self.is_v4() && self.is_multicast()
    }
    /// The group of those who have addresses that end in the same 24 bits (RFC 4291 2.7.1).
    pub const fn solicited_node(self) -> Ip {
        Ip(0xff02 << 112 | 0x1_ff00_0000 | self.0 & 0xff_ffff)
    }
    /// The four words in which addresses cross the joint to TypeScript, most significant first.
    pub const fn words(self) -> [u32; 4] {
        [(self.0 >> 96) as u32, (self.0 >> 64) as u32, (self.0 >> 32) as u32, self.0 as u32]
    }
    pub const fn from_words(w: [u32; 4]) -> Ip {
        Ip(((w[0] as u128) << 96) | ((w[1] as u128) << 64) | ((w[2] as u128) << 32) | w[3] as u128)
    }
}

impl std::fmt::Debug for Ip {
    /// Dotted quad, or eight plain groups: for messages of failing tests.
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        if self.is_v4() {
            let [a, b, c, d] = self.low().to_be_bytes();
            return write!(f, "{a}.{b}.{c}.{d}");
        }
        let groups: Vec<String> = (0..8).map(|group| format!("{:x}", (self.0 >> (112 - 16 * group)) as u16)).collect();
        f.write_str(&groups.join(":"))
    }
}

/// The IP family a table, hook list or rule belongs to; its number is what users say (4 or 6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Family {
    V4 = 4,
    V6 = 6,
}

impl Family {
    pub const fn bits(self) -> u8 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }
}

/// An address prefix; `len` counts in its family's bits (0 to 32, or 0 to 128).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug)]
pub struct Prefix {
    pub ip: Ip,
    pub len: u8,
}

impl Prefix {
    pub const fn new(ip: Ip, len: u8) -> Prefix {
        Prefix { ip, len }
    }
    /// The mask over the 128-bit form.
    pub const fn mask(self) -> u128 {
        let len = if self.ip.is_v4() { self.len as u32 + 96 } else { self.len as u32 };
        if len == 0 {
            0
        } else {
            u128::MAX << (128 - len)
        }
    }
    pub const fn contains(self, ip: Ip) -> bool {
        (self.ip.0 ^ ip.0) & self.mask() == 0
    }
    /// The same prefix with its host bits cleared.
    pub const fn network(self) -> Prefix {
        Prefix { ip: Ip(self.ip.0 & self.mask()), len: self.len }
    }
    /// The last address: the subnet broadcast in IPv4.
    pub const fn last(self) -> Ip {
        Ip(self.ip.0 | !self.mask())
    }
}

/// An Ethernet address in the low 48 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug)]
pub struct Mac(pub u64);

impl Mac {
    pub const BROADCAST: Mac = Mac(0xffff_ffff_ffff);
    pub const ZERO: Mac = Mac(0);

    pub const fn is_multicast(self) -> bool {
        self.0 >> 40 & 1 == 1
    }
    pub const fn bytes(self) -> [u8; 6] {
        let b = self.0.to_be_bytes();
        [b[2], b[3], b[4], b[5], b[6], b[7]]
    }
    pub const fn from_bytes(b: [u8; 6]) -> Mac {
        Mac(u64::from_be_bytes([0, 0, b[0], b[1], b[2], b[3], b[4], b[5]]))
    }
}
