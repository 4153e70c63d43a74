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
    pub tcp: [u32; 12],
    pub udp: u32,
    pub udp_stream: u32,
    pub icmp: u32,
    pub icmpv6: u32,
    pub gre: u32,
    pub gre_stream: u32,
    pub generic: u32,
    pub sctp: [u32; 9],
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
            tcp: [0, 120, 60, 432_000, 120, 60, 30, 120, 10, 120, 300, 300],
            udp: 30,
            udp_stream: 120,
            icmp: 30,
            icmpv6: 30,
            gre: 30,
            gre_stream: 180,
            generic: 600,
            sctp: [0, 10, 3, 3, 210, 3, 3, 3, 30],
        }
    }
}

impl Config {
    /// The knob of a sysctl name, without `net.netfilter.nf_conntrack_`.
    fn knob(&mut self, name: &str) -> Option<Knob<'_>> {
        use Knob::{Byte, Number, Switch};
        Some(match name {
            "max" => Number(&mut self.max),
            "checksum" => Switch(&mut self.checksum),
            "acct" => Switch(&mut self.acct),
            "tcp_loose" => Switch(&mut self.tcp_loose),
            "tcp_be_liberal" => Switch(&mut self.tcp_be_liberal),
            "tcp_max_retrans" => Byte(&mut self.tcp_max_retrans),
            "tcp_ignore_invalid_rst" => Switch(&mut self.tcp_ignore_invalid_rst),
            "udp_timeout" => Number(&mut self.udp),
            "udp_timeout_stream" => Number(&mut self.udp_stream),
            "icmp_timeout" => Number(&mut self.icmp),
            "icmpv6_timeout" => Number(&mut self.icmpv6),
            "gre_timeout" => Number(&mut self.gre),
            "gre_timeout_stream" => Number(&mut self.gre_stream),
            "generic_timeout" => Number(&mut self.generic),
            _ => return self.state_knob(name),
        })
    }
    fn state_knob(&mut self, name: &str) -> Option<Knob<'_>> {
        const TCP: [&str; 12] = [
            "",
            "syn_sent",
            "syn_recv",
            "established",
            "fin_wait",
            "close_wait",
            "last_ack",
            "time_wait",
            "close",
            "",
            "max_retrans",
            "unacknowledged",
        ];
        const SCTP: [&str; 9] = [
            "",
            "closed",
            "cookie_wait",
            "cookie_echoed",
            "established",
            "shutdown_sent",
            "shutdown_recd",
            "shutdown_ack_sent",
            "heartbeat_sent",
        ];
        if let Some(state) = name.strip_prefix("tcp_timeout_") {
            let at = TCP.iter().position(|n| *n == state && !n.is_empty())?;
            return Some(Knob::Number(&mut self.tcp[at]));
        }
        let state = name.strip_prefix("sctp_timeout_")?;
        let at = SCTP.iter().position(|n| *n == state && !n.is_empty())?;
        Some(Knob::Number(&mut self.sctp[at]))
    }
    /// Sets `net.netfilter.nf_conntrack_<name>`; false where there is no such knob.
    pub fn set(&mut self, name: &str, value: i64) -> bool {
        match self.knob(name) {
            Some(Knob::Number(knob)) => *knob = value.clamp(0, u32::MAX as i64) as u32,
            Some(Knob::Switch(knob)) => *knob = value != 0,
            Some(Knob::Byte(knob)) => *knob = value.clamp(0, 255) as u8,
            None => return false,
        }
        true
    }
    /// Reads it back.
    pub fn get(&self, name: &str) -> Option<i64> {
        Some(match self.clone().knob(name)? {
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
        assert_eq!(config.get("tcp_timeout_established"), Some(432_000));
        assert!(config.set("tcp_timeout_time_wait", 5) && config.tcp[tcp_state::TIME_WAIT as usize] == 5);
        assert!(config.set("sctp_timeout_heartbeat_sent", 9) && config.sctp[8] == 9);
        assert!(!config.set("tcp_timeout_", 1) && config.get("udp_timeout_streams").is_none());
    }
}
