/** The order of plugins in a chain by release, as the plugin.cfg of each release has it. Oldest first. */
export const ORDERS: readonly (readonly [versions: string, order: string])[] = [
  [
    "1.0.0",
    `tls root bind debug trace health pprof prometheus errors log dnstap chaos cache rewrite loadbalance
    dnssec autopath reverse hosts federation kubernetes file auto secondary etcd proxy erratic whoami
    startup shutdown`,
  ],
  [
    "1.0.1 1.0.2",
    `tls nsid root bind debug trace health pprof prometheus errors log dnstap chaos cache rewrite
    loadbalance dnssec autopath reverse hosts federation kubernetes file auto secondary etcd proxy
    erratic whoami startup shutdown`,
  ],
  [
    "1.0.3 1.0.4",
    `tls nsid root bind debug trace health pprof prometheus errors log dnstap chaos cache rewrite
    loadbalance dnssec autopath reverse template hosts federation kubernetes file auto secondary etcd
    proxy erratic whoami startup shutdown`,
  ],
  [
    "1.0.5 1.0.6",
    `tls nsid root bind debug trace health pprof prometheus errors log dnstap chaos loadbalance cache
    rewrite dnssec autopath reverse template hosts route53 federation kubernetes file auto secondary
    etcd forward proxy erratic whoami on startup shutdown`,
  ],
  [
    "1.1.0",
    `tls reload nsid root bind debug trace health pprof prometheus errors log dnstap chaos loadbalance
    cache rewrite dnssec autopath reverse template hosts route53 federation kubernetes file auto
    secondary etcd forward proxy erratic whoami on startup shutdown`,
  ],
  [
    "1.1.1 1.1.2 1.1.3 1.1.4",
    `tls reload nsid root bind debug trace health pprof prometheus errors log dnstap chaos loadbalance
    cache rewrite dnssec autopath reverse template hosts route53 federation kubernetes file auto
    secondary etcd forward proxy erratic whoami on`,
  ],
  [
    "1.2.0",
    `metadata tls reload nsid root bind debug trace health pprof prometheus errors log dnstap chaos
    loadbalance cache rewrite dnssec autopath template hosts route53 federation kubernetes file auto
    secondary etcd forward proxy erratic whoami on`,
  ],
  [
    "1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.2.6",
    `metadata tls reload nsid root bind debug trace health pprof prometheus errors log dnstap chaos
    loadbalance cache rewrite dnssec autopath template hosts route53 federation kubernetes file auto
    secondary etcd loop forward proxy erratic whoami on`,
  ],
  [
    "1.3.0 1.3.1 1.4.0",
    `metadata tls reload nsid root bind debug trace health pprof prometheus errors log dnstap chaos
    loadbalance cache rewrite dnssec autopath template hosts route53 federation k8s_external kubernetes
    file auto secondary etcd loop forward proxy erratic whoami on`,
  ],
  [
    "1.5.0",
    `metadata cancel tls reload nsid root bind debug trace ready health pprof prometheus errors log
    dnstap chaos loadbalance cache rewrite dnssec autopath template hosts route53 federation
    k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on`,
  ],
  [
    "1.5.1 1.5.2 1.6.0 1.6.1",
    `metadata cancel tls reload nsid root bind debug trace ready health pprof prometheus errors log
    dnstap any chaos loadbalance cache rewrite dnssec autopath template hosts route53 federation
    k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on`,
  ],
  [
    "1.6.2",
    `metadata cancel tls reload nsid root bind debug trace ready health pprof prometheus errors log
    dnstap any chaos loadbalance cache rewrite dnssec autopath template hosts route53 azure federation
    k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on`,
  ],
  [
    "1.6.3",
    `metadata cancel tls reload nsid root bind debug trace ready health pprof prometheus errors log
    dnstap any chaos loadbalance cache rewrite dnssec autopath template hosts route53 azure clouddns
    federation k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign`,
  ],
  [
    "1.6.4",
    `metadata cancel tls reload nsid root bind debug trace ready health pprof prometheus errors log
    dnstap acl any chaos loadbalance cache rewrite dnssec autopath template hosts route53 azure clouddns
    federation k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign`,
  ],
  [
    "1.6.5",
    `metadata cancel tls reload nsid root bind debug trace ready health pprof prometheus errors log
    dnstap acl any chaos loadbalance cache rewrite dnssec autopath template transfer hosts route53 azure
    clouddns federation k8s_external kubernetes file auto secondary etcd loop forward grpc erratic
    whoami on sign`,
  ],
  [
    "1.6.6 1.6.7 1.6.8 1.6.9",
    `metadata cancel tls reload nsid bufsize root bind debug trace ready health pprof prometheus errors
    log dnstap acl any chaos loadbalance cache rewrite dnssec autopath template transfer hosts route53
    azure clouddns federation k8s_external kubernetes file auto secondary etcd loop forward grpc erratic
    whoami on sign`,
  ],
  [
    "1.7.0 1.7.1 1.8.0",
    `metadata cancel tls reload nsid bufsize root bind debug trace ready health pprof prometheus errors
    log dnstap dns64 acl any chaos loadbalance cache rewrite dnssec autopath template transfer hosts
    route53 azure clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc erratic
    whoami on sign`,
  ],
  [
    "1.8.1 1.8.2 1.8.3",
    `metadata cancel tls reload nsid bufsize root bind debug trace ready health pprof prometheus errors
    log dnstap local dns64 acl any chaos loadbalance cache rewrite dnssec autopath template transfer
    hosts route53 azure clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc
    erratic whoami on sign`,
  ],
  [
    "1.8.4",
    `metadata cancel tls reload nsid bufsize root bind debug trace ready health pprof prometheus errors
    log dnstap local dns64 acl any chaos loadbalance cache rewrite dnssec autopath minimal template
    transfer hosts route53 azure clouddns k8s_external kubernetes file auto secondary etcd loop forward
    grpc erratic whoami on sign`,
  ],
  [
    "1.8.5 1.8.6 1.8.7 1.9.0 1.9.1 1.9.2 1.9.3",
    `metadata geoip cancel tls reload nsid bufsize root bind debug trace ready health pprof prometheus
    errors log dnstap local dns64 acl any chaos loadbalance cache rewrite header dnssec autopath minimal
    template transfer hosts route53 azure clouddns k8s_external kubernetes file auto secondary etcd loop
    forward grpc erratic whoami on sign`,
  ],
  [
    "1.9.4",
    `metadata geoip cancel tls reload nsid bufsize root bind debug trace ready health pprof prometheus
    errors log dnstap local dns64 acl any chaos loadbalance tsig cache rewrite header dnssec autopath
    minimal template transfer hosts route53 azure clouddns k8s_external kubernetes file auto secondary
    etcd loop forward grpc erratic whoami on sign`,
  ],
  [
    "1.10.0",
    `metadata geoip cancel tls reload nsid bufsize root bind debug trace ready health pprof prometheus
    errors log dnstap local dns64 acl any chaos loadbalance tsig cache rewrite header dnssec autopath
    minimal template transfer hosts route53 azure clouddns k8s_external kubernetes file auto secondary
    etcd loop forward grpc erratic whoami on sign view`,
  ],
  [
    "1.10.1 1.11.0 1.11.1",
    `metadata geoip cancel tls timeouts reload nsid bufsize root bind debug trace ready health pprof
    prometheus errors log dnstap local dns64 acl any chaos loadbalance tsig cache rewrite header dnssec
    autopath minimal template transfer hosts route53 azure clouddns k8s_external kubernetes file auto
    secondary etcd loop forward grpc erratic whoami on sign view`,
  ],
  [
    "1.11.3 1.11.4",
    `root metadata geoip cancel tls timeouts reload nsid bufsize bind debug trace ready health pprof
    prometheus errors log dnstap local dns64 acl any chaos loadbalance tsig cache rewrite header dnssec
    autopath minimal template transfer hosts route53 azure clouddns k8s_external kubernetes file auto
    secondary etcd loop forward grpc erratic whoami on sign view`,
  ],
  [
    "1.12.0 1.12.1",
    `root metadata geoip cancel tls timeouts multisocket reload nsid bufsize bind debug trace ready
    health pprof prometheus errors log dnstap local dns64 acl any chaos loadbalance tsig cache rewrite
    header dnssec autopath minimal template transfer hosts route53 azure clouddns k8s_external
    kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign view`,
  ],
  [
    "1.12.2 1.12.3 1.12.4",
    `root metadata geoip cancel tls quic timeouts multisocket reload nsid bufsize bind debug trace ready
    health pprof prometheus errors log dnstap local dns64 acl any chaos loadbalance tsig cache rewrite
    header dnssec autopath minimal template transfer hosts route53 azure clouddns k8s_external
    kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign view`,
  ],
  [
    "1.13.0 1.13.1 1.13.2",
    `root metadata geoip cancel tls quic timeouts multisocket reload nsid bufsize bind debug trace ready
    health pprof prometheus errors log dnstap local dns64 acl any chaos loadbalance tsig cache rewrite
    header dnssec autopath minimal template transfer hosts route53 azure clouddns k8s_external
    kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign view nomad`,
  ],
  [
    "1.14.0 1.14.1",
    `root metadata geoip cancel tls quic grpc_server https https3 timeouts multisocket reload nsid
    bufsize bind debug trace ready health pprof prometheus errors log dnstap local dns64 acl any chaos
    loadbalance tsig cache rewrite header dnssec autopath minimal template transfer hosts route53 azure
    clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on sign
    view nomad`,
  ],
  [
    "1.14.2",
    `root metadata geoip cancel tls quic grpc_server https https3 timeouts multisocket reload nsid
    bufsize bind debug trace ready health pprof prometheus errors log dnstap local dns64 any chaos
    loadbalance tsig cache rewrite acl header dnssec autopath minimal template transfer hosts route53
    azure clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on
    sign view nomad`,
  ],
  [
    "1.14.3 1.14.4 1.14.5 1.14.6",
    `root metadata geoip cancel tls proxyproto quic grpc_server https https3 timeouts multisocket reload
    nsid bufsize bind debug trace ready health pprof prometheus errors log dnstap local dns64 any chaos
    loadbalance tsig cache rewrite acl header dnssec autopath minimal template transfer hosts route53
    azure clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc erratic whoami on
    sign view nomad`,
  ],
  [
    "1.14.7",
    `root metadata geoip cancel proxyproto quic grpc_server https https3 timeouts multisocket reload nsid
    bufsize bind debug trace ready health pprof shed prometheus errors log dnstap local dns64 any chaos
    loadbalance tsig rewrite autopath acl cache header dnssec tls minimal template transfer hosts
    route53 azure clouddns k8s_external kubernetes file auto secondary etcd loop forward grpc erratic
    whoami on sign view nomad`,
  ],
];
