//! The sysctls the plane obeys: one table of names and defaults (Linux 6.18), generated into `layout.ts`.

/// Declares a list of sysctls: a number each, and the table of names with defaults.
macro_rules! sysctls {
    ($(#[doc = $doc:literal])* $table:ident { $($key:ident $name:literal = $default:expr),* $(,)? }) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum $table { $($key),* }
        $(pub const $key: u32 = $table::$key as u32;)*
        $(#[doc = $doc])*
        pub const $table: Table = Table { names: &[$($name),*], defaults: &[$($default),*] };
    };
}

/// Sysctls by number. The plane is told numbers: names are for the generated `layout.ts`, and stay out of the module.
#[derive(Clone, Copy)]
pub struct Table {
    pub names: &'static [&'static str],
    pub defaults: &'static [i64],
}

sysctls! {
    /// Of a whole namespace; the number is the place in this table.
    GLOBAL {
        IP_FORWARD "net.ipv4.ip_forward" = 0,
        IP_DEFAULT_TTL "net.ipv4.ip_default_ttl" = 64,
        IP_FORWARD_USE_PMTU "net.ipv4.ip_forward_use_pmtu" = 0,
        IP_NONLOCAL_BIND "net.ipv4.ip_nonlocal_bind" = 0,
        IP_NO_PMTU_DISC "net.ipv4.ip_no_pmtu_disc" = 0,
        IP_UNPRIVILEGED_PORT_START "net.ipv4.ip_unprivileged_port_start" = 1024,
        LOCAL_PORT_LOW "net.ipv4.ip_local_port_range" = 32768,
        LOCAL_PORT_HIGH "net.ipv4.ip_local_port_range.1" = 60999,
        PING_GROUP_LOW "net.ipv4.ping_group_range" = 1,
        PING_GROUP_HIGH "net.ipv4.ping_group_range.1" = 0,
        ICMP_ECHO_IGNORE_ALL "net.ipv4.icmp_echo_ignore_all" = 0,
        ICMP_ECHO_IGNORE_BROADCASTS "net.ipv4.icmp_echo_ignore_broadcasts" = 1,
        ICMP_ERRORS_USE_INBOUND_IFADDR "net.ipv4.icmp_errors_use_inbound_ifaddr" = 0,
        ICMP_RATELIMIT "net.ipv4.icmp_ratelimit" = 1000,
        ICMP_RATEMASK "net.ipv4.icmp_ratemask" = 6168,
        ICMP_MSGS_PER_SEC "net.ipv4.icmp_msgs_per_sec" = 1000,
        ICMP_MSGS_BURST "net.ipv4.icmp_msgs_burst" = 50,
        ROUTE_ERROR_COST "net.ipv4.route.error_cost" = 250,
        ROUTE_ERROR_BURST "net.ipv4.route.error_burst" = 1250,
        ROUTE_REDIRECT_LOAD "net.ipv4.route.redirect_load" = 5,
        ROUTE_REDIRECT_NUMBER "net.ipv4.route.redirect_number" = 9,
        ROUTE_REDIRECT_SILENCE "net.ipv4.route.redirect_silence" = 5120,
        ROUTE_MIN_PMTU "net.ipv4.route.min_pmtu" = 552,
        ROUTE_MIN_ADV_MSS "net.ipv4.route.min_adv_mss" = 256,
        ROUTE_MTU_EXPIRES "net.ipv4.route.mtu_expires" = 600,
        IPFRAG_TIME "net.ipv4.ipfrag_time" = 30,
        FIB_MULTIPATH_HASH_POLICY "net.ipv4.fib_multipath_hash_policy" = 0,
        FIB_MULTIPATH_HASH_POLICY6 "net.ipv6.fib_multipath_hash_policy" = 0,
        FIB_MULTIPATH_HASH_SEED "net.ipv4.fib_multipath_hash_seed" = 0,
        FIB_MULTIPATH_HASH_FIELDS "net.ipv4.fib_multipath_hash_fields" = 7,
        FIB_MULTIPATH_USE_NEIGH "net.ipv4.fib_multipath_use_neigh" = 0,
        FWMARK_REFLECT "net.ipv4.fwmark_reflect" = 0,
        TCP_FWMARK_ACCEPT "net.ipv4.tcp_fwmark_accept" = 0,
        TCP_SYN_RETRIES "net.ipv4.tcp_syn_retries" = 6,
        TCP_SYNACK_RETRIES "net.ipv4.tcp_synack_retries" = 5,
        TCP_SYN_LINEAR_TIMEOUTS "net.ipv4.tcp_syn_linear_timeouts" = 4,
        TCP_RETRIES1 "net.ipv4.tcp_retries1" = 3,
        TCP_RETRIES2 "net.ipv4.tcp_retries2" = 15,
        TCP_FIN_TIMEOUT "net.ipv4.tcp_fin_timeout" = 60,
        TCP_KEEPALIVE_TIME "net.ipv4.tcp_keepalive_time" = 7200,
        TCP_KEEPALIVE_INTVL "net.ipv4.tcp_keepalive_intvl" = 75,
        TCP_KEEPALIVE_PROBES "net.ipv4.tcp_keepalive_probes" = 9,
        TCP_TIMESTAMPS "net.ipv4.tcp_timestamps" = 1,
        TCP_WINDOW_SCALING "net.ipv4.tcp_window_scaling" = 1,
        TCP_SACK "net.ipv4.tcp_sack" = 1,
        TCP_TW_REUSE "net.ipv4.tcp_tw_reuse" = 2,
        TCP_ABORT_ON_OVERFLOW "net.ipv4.tcp_abort_on_overflow" = 0,
        SOMAXCONN "net.core.somaxconn" = 4096,
        BRIDGE_NF_CALL_IPTABLES "net.bridge.bridge-nf-call-iptables" = 1,
        BRIDGE_NF_CALL_IP6TABLES "net.bridge.bridge-nf-call-ip6tables" = 1,
        BRIDGE_NF_CALL_ARPTABLES "net.bridge.bridge-nf-call-arptables" = 1,
        BINDV6ONLY "net.ipv6.bindv6only" = 0,
        ICMP6_ECHO_IGNORE_ALL "net.ipv6.icmp.echo_ignore_all" = 0,
        ICMP6_ECHO_IGNORE_MULTICAST "net.ipv6.icmp.echo_ignore_multicast" = 0,
        ICMP6_RATELIMIT "net.ipv6.icmp.ratelimit" = 100,
        ROUTE6_MTU_EXPIRES "net.ipv6.route.mtu_expires" = 600,
        ROUTE6_MIN_ADV_MSS "net.ipv6.route.min_adv_mss" = 1220,
        IP6FRAG_TIME "net.ipv6.ip6frag_time" = 60,
        IP6_NONLOCAL_BIND "net.ipv6.ip_nonlocal_bind" = 0,
        FWMARK_REFLECT6 "net.ipv6.fwmark_reflect" = 0,
        NF_CONNTRACK_BUCKETS "net.netfilter.nf_conntrack_buckets" = 262144,
        NF_CONNTRACK_EXPECT_MAX "net.netfilter.nf_conntrack_expect_max" = 4096,
        NF_CONNTRACK_EVENTS "net.netfilter.nf_conntrack_events" = 2,
        NF_CONNTRACK_TIMESTAMP "net.netfilter.nf_conntrack_timestamp" = 0,
        NF_CONNTRACK_LOG_INVALID "net.netfilter.nf_conntrack_log_invalid" = 0,
    }
}

sysctls! {
    /// Of a device, `all` and `default`: `net.ipv4.conf.DEV.NAME`.
    CONF {
        FORWARDING "forwarding" = 0,
        RP_FILTER "rp_filter" = 0,
        ACCEPT_LOCAL "accept_local" = 0,
        ROUTE_LOCALNET "route_localnet" = 0,
        SEND_REDIRECTS "send_redirects" = 1,
        ACCEPT_REDIRECTS "accept_redirects" = 1,
        SECURE_REDIRECTS "secure_redirects" = 1,
        SHARED_MEDIA "shared_media" = 1,
        ARP_IGNORE "arp_ignore" = 0,
        ARP_ANNOUNCE "arp_announce" = 0,
        ARP_ACCEPT "arp_accept" = 0,
        ARP_FILTER "arp_filter" = 0,
        ARP_NOTIFY "arp_notify" = 0,
        PROXY_ARP "proxy_arp" = 0,
        PROXY_ARP_PVLAN "proxy_arp_pvlan" = 0,
        SRC_VALID_MARK "src_valid_mark" = 0,
        PROMOTE_SECONDARIES "promote_secondaries" = 0,
        IGNORE_ROUTES_WITH_LINKDOWN "ignore_routes_with_linkdown" = 0,
        BC_FORWARDING "bc_forwarding" = 0,
        LOG_MARTIANS "log_martians" = 0,
        DROP_GRATUITOUS_ARP "drop_gratuitous_arp" = 0,
        ACCEPT_SOURCE_ROUTE "accept_source_route" = 1,
    }
}

sysctls! {
    /// Of a device, `all` and `default`: `net.ipv6.conf.DEV.NAME`.
    CONF6 {
        DISABLE_IPV6 "disable_ipv6" = 0,
        FORWARDING6 "forwarding" = 0,
        FORCE_FORWARDING "force_forwarding" = 0,
        HOP_LIMIT "hop_limit" = 64,
        ACCEPT_DAD "accept_dad" = 1,
        DAD_TRANSMITS "dad_transmits" = 1,
        ADDR_GEN_MODE "addr_gen_mode" = 0,
        KEEP_ADDR_ON_DOWN "keep_addr_on_down" = 0,
        PROXY_NDP "proxy_ndp" = 0,
        NDISC_NOTIFY "ndisc_notify" = 0,
        IGNORE_ROUTES_WITH_LINKDOWN6 "ignore_routes_with_linkdown" = 0,
    }
}

sysctls! {
    /// Of a device and `default`: `net.ipv4.neigh.DEV.NAME`, and `net.ipv6.neigh.DEV.NAME` with its own `locktime`.
    NEIGH {
        MCAST_SOLICIT "mcast_solicit" = 3,
        UCAST_SOLICIT "ucast_solicit" = 3,
        RETRANS_TIME_MS "retrans_time_ms" = 1000,
        BASE_REACHABLE_TIME_MS "base_reachable_time_ms" = 30000,
        DELAY_FIRST_PROBE_TIME "delay_first_probe_time" = 5,
        UNRES_QLEN_BYTES "unres_qlen_bytes" = 212992,
        PROXY_DELAY "proxy_delay" = 80,
        LOCKTIME "locktime" = 100,
        GC_STALE_TIME "gc_stale_time" = 60,
    }
}

/// Values of one table, beginning with the defaults.
#[derive(Clone)]
pub struct Values(Box<[i64]>);

impl Values {
    pub fn new(table: Table) -> Values {
        Values(table.defaults.into())
    }
    pub fn get(&self, number: u32) -> i64 {
        self.0[number as usize]
    }
    pub fn is_on(&self, number: u32) -> bool {
        self.0[number as usize] != 0
    }
    pub fn set(&mut self, number: u32, value: i64) {
        self.0[number as usize] = value;
    }
}
