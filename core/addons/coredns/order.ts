/**
 * The order of plugins in a chain, which is a release's and never the Corefile's (plugin.cfg of each release). What stands
 * here is also what a Corefile may name.
 */

/** Releases, oldest first, and their order. */
const ORDERS: readonly (readonly [versions: string, order: string])[] = [
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

/** The release whose behaviour podwire models where versions differ and none is asked for. */
export const COREDNS_VERSION = "1.14.7";

/** The plugins of a release (`1.11.1`) in their order; an unknown one gets that of the next older release known. */
export function pluginOrder(version: string = COREDNS_VERSION): readonly string[] {
  const wanted = versionNumber(version);
  let order = (ORDERS[0] as readonly [string, string])[1];
  for (const [versions, words] of ORDERS) if (versionNumber(versions.split(" ")[0] as string) <= wanted) order = words;
  return order.split(/\s+/);
}

function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, "").split(".").map(Number);
  return (major * 1000 + minor) * 1000 + patch;
}

/** CoreDNS by kubeadm's minor release: what `registry.k8s.io/coredns/coredns` a cluster runs. */
export const COREDNS_BY_KUBERNETES: Readonly<Record<string, string>> = {
  "1.26": "1.9.3",
  "1.27": "1.10.1",
  "1.28": "1.10.1",
  "1.29": "1.11.1",
  "1.30": "1.11.1",
  "1.31": "1.11.3",
  "1.32": "1.11.3",
  "1.33": "1.12.0",
  "1.34": "1.12.1",
};
