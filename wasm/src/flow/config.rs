//! `net.netfilter.nf_conntrack_*`: limits, switches and timeouts of one namespace, with the kernel's defaults.

/// TCP states as the kernel numbers them; they index [`Config::tcp`].
pub mod tcp_state {
    pub const NONE: u8 = 0;
    pub const SYN_SENT: u8 = 1;
    pub const SYN_RECV: u8 = 2;
    pub const ESTABLISHED: u8 = 3;
    pub const FIN_WAIT: u8 = 4;
    pub const CLOSE_WAIT: u8 = 5;
    pub const LAST_ACK: u8 = 6;
    pub const TIME_WAIT: u8 = 7;
    pub const CLOSE: u8 = 8;
    pub const SYN_SENT2: u8 = 9;
    /// Two timeouts that are no states.
    pub const RETRANS: u8 = 10;
    pub const UNACK: u8 = 11;
    pub const NAMES: [&str; 10] = [
        "NONE",
        "SYN_SENT",
        "SYN_RECV",
        "ESTABLISHED",
        "FIN_WAIT",
        "CLOSE_WAIT",
        "LAST_ACK",
        "TIME_WAIT",
        "CLOSE",
        "SYN_SENT2",
    ];
}

/// SCTP states as the kernel numbers them.
pub mod sctp_state {
    pub const NONE: u8 = 0;
    pub const CLOSED: u8 = 1;
    pub const COOKIE_WAIT: u8 = 2;
    pub const COOKIE_ECHOED: u8 = 3;
    pub const ESTABLISHED: u8 = 4;
    pub const SHUTDOWN_SENT: u8 = 5;
    pub const SHUTDOWN_RECD: u8 = 6;
    pub const SHUTDOWN_ACK_SENT: u8 = 7;
    pub const HEARTBEAT_SENT: u8 = 8;
    pub const NAMES: [&str; 9] = [
        "NONE",
        "CLOSED",
        "COOKIE_WAIT",
        "COOKIE_ECHOED",
        "ESTABLISHED",
        "SHUTDOWN_SENT",
        "SHUTDOWN_RECD",
        "SHUTDOWN_ACK_SENT",
        "HEARTBEAT_SENT",
    ];
}

/// The knobs. Timeouts are seconds, as sysctl shows them.
#[derive(Clone)]
pub struct Config {
    pub max: u32,
    pub checksum: bool,
    pub acct: bool,
    pub tcp_loose: bool,
    pub tcp_be_liberal: bool,
    pub tcp_max_retrans: u8,
    pub tcp_ignore_invalid_rst: bool,
    /// By [`timeout`].
    pub timeouts: [u32; 28],
}

/// Where timeouts stand: of protocols, then of the states of TCP, then of SCTP's.
pub mod timeout {
    pub const UDP: usize = 0;
    pub const UDP_STREAM: usize = 1;
    pub const ICMP: usize = 2;
    pub const ICMPV6: usize = 3;
    pub const GRE: usize = 4;
    pub const GRE_STREAM: usize = 5;
    pub const GENERIC: usize = 6;
    pub const TCP: usize = 7;
    pub const SCTP: usize = 19;
}

impl Default for Config {
    fn default() -> Config {
        Config {
            max: 262_144,
            checksum: true,
            acct: false,
            tcp_loose: true,
            tcp_be_liberal: false,
            tcp_max_retrans: 3,
            tcp_ignore_invalid_rst: false,
            timeouts: [
                30, 120, 30, 30, 30, 180, 600, // protocols
                0, 120, 60, 432_000, 120, 60, 30, 120, 10, 120, 300, 300, // TCP
                0, 10, 3, 3, 210, 3, 3, 3, 30, // SCTP
            ],
        }
    }
}

/// The names of the knobs by number, without `net.netfilter.nf_conntrack_`: single ones, the timeouts of TCP's states and of SCTP's
/// (empty where a state has none), and last the count of entries, which is only read.
#[cfg(test)]
pub const KNOBS: [&str; 36] = [
    "max",
    "checksum",
    "acct",
    "tcp_loose",
    "tcp_be_liberal",
    "tcp_max_retrans",
    "tcp_ignore_invalid_rst",
    "udp_timeout",
    "udp_timeout_stream",
    "icmp_timeout",
    "icmpv6_timeout",
    "gre_timeout",
    "gre_timeout_stream",
    "generic_timeout",
    "",
    "tcp_timeout_syn_sent",
    "tcp_timeout_syn_recv",
    "tcp_timeout_established",
    "tcp_timeout_fin_wait",
    "tcp_timeout_close_wait",
    "tcp_timeout_last_ack",
    "tcp_timeout_time_wait",
    "tcp_timeout_close",
    "",
    "tcp_timeout_max_retrans",
    "tcp_timeout_unacknowledged",
    "",
    "sctp_timeout_closed",
    "sctp_timeout_cookie_wait",
    "sctp_timeout_cookie_echoed",
    "sctp_timeout_established",
    "sctp_timeout_shutdown_sent",
    "sctp_timeout_shutdown_recd",
    "sctp_timeout_shutdown_ack_sent",
    "sctp_timeout_heartbeat_sent",
    "count",
];

/// The number of a knob.
#[cfg(test)]
pub fn knob(name: &str) -> u32 {
    KNOBS.iter().position(|known| *known == name).expect("a knob") as u32
}

impl Config {
    /// The timeout of a TCP state.
    pub fn tcp(&self, state: u8) -> u32 {
        self.timeouts[timeout::TCP + state as usize]
    }
    /// The timeout of an SCTP state.
    pub fn sctp(&self, state: u8) -> u32 {
        self.timeouts[timeout::SCTP + state as usize]
    }
    fn knob(&mut self, number: u32) -> Option<Knob<'_>> {
        use Knob::{Byte, Number, Switch};
        Some(match number {
            0 => Number(&mut self.max),
            1 => Switch(&mut self.checksum),
            2 => Switch(&mut self.acct),
            3 => Switch(&mut self.tcp_loose),
            4 => Switch(&mut self.tcp_be_liberal),
            5 => Byte(&mut self.tcp_max_retrans),
            6 => Switch(&mut self.tcp_ignore_invalid_rst),
            _ => Number(self.timeouts.get_mut((number as usize).wrapping_sub(7))?),
        })
    }
    /// Sets a knob by its number.
    pub fn set(&mut self, number: u32, value: i64) {
        match self.knob(number) {
            Some(Knob::Number(knob)) => *knob = value.clamp(0, u32::MAX as i64) as u32,
            Some(Knob::Switch(knob)) => *knob = value != 0,
            Some(Knob::Byte(knob)) => *knob = value.clamp(0, 255) as u8,
            None => {}
        }
    }
    /// Reads it back; nothing for the count.
    pub fn get(&self, number: u32) -> Option<i64> {
        Some(match self.clone().knob(number)? {
            Knob::Number(knob) => *knob as i64,
            Knob::Switch(knob) => *knob as i64,
            Knob::Byte(knob) => *knob as i64,
        })
    }
}

enum Knob<'a> {
    Number(&'a mut u32),
    Switch(&'a mut bool),
    Byte(&'a mut u8),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sysctl_names_reach_their_knobs() {
        let mut config = Config::default();
        assert_eq!(config.get(knob("tcp_timeout_established")), Some(432_000));
        config.set(knob("tcp_timeout_time_wait"), 5);
        config.set(knob("sctp_timeout_heartbeat_sent"), 9);
        config.set(knob("generic_timeout"), 7);
        let time_wait = timeout::TCP + tcp_state::TIME_WAIT as usize;
        let read = [time_wait, timeout::SCTP + 8, timeout::GENERIC].map(|at| config.timeouts[at]);
        assert_eq!(read, [5, 9, 7]);
        assert_eq!(config.get(knob("count")), None);
    }
}
