import { SYSCTL_DEFAULTS } from "./defaults.ts";

/** What a sysctl takes: numbers within bounds, one of some words, any text, or nothing. */
export type SysctlKind =
  | { readonly kind: "numbers"; readonly count: number; readonly least: number; readonly most: number }
  | { readonly kind: "choice"; readonly of: readonly string[] }
  | { readonly kind: "text" }
  | { readonly kind: "fixed" };

/** One sysctl: what it takes and its value after boot. */
export interface Sysctl {
  readonly kind: SysctlKind;
  readonly value: string;
}

/** Bounds narrower than an int's, by path (net/ipv4/sysctl_net_ipv4.c and friends). */
const BOUNDS: Readonly<Record<string, readonly [number, number]>> = {
  "net/ipv4/ip_default_ttl": [1, 255],
  "net/ipv4/ip_local_port_range": [1, 65535],
  "net/ipv4/ip_unprivileged_port_start": [0, 65535],
  "net/ipv4/fib_multipath_hash_policy": [0, 3],
  "net/ipv4/fib_multipath_use_neigh": [0, 1],
  "net/ipv4/tcp_syn_retries": [1, 127],
  "net/ipv4/tcp_fin_timeout": [0, 2147483],
  "net/ipv4/tcp_tw_reuse": [0, 2],
  "net/ipv4/ping_group_range": [0, 4294967294],
  "net/ipv6/conf/*/hop_limit": [1, 255],
  "net/ipv6/conf/*/addr_gen_mode": [0, 3],
  "net/ipv6/conf/*/mtu": [1280, 65535],
  "net/netfilter/nf_conntrack_udp_timeout": [0, 2147483],
  "net/netfilter/nf_conntrack_events": [0, 2],
};

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  "net/ipv4/tcp_congestion_control": ["cubic", "reno", "bbr"],
  "net/core/default_qdisc": ["pfifo_fast", "fq_codel", "fq", "noqueue"],
};

const FIXED = new Set([
  "net/ipv4/tcp_available_congestion_control",
  "net/netfilter/nf_conntrack_count",
  "kernel/osrelease",
  "kernel/ostype",
]);

/** Every known sysctl by its path under `/proc/sys`, `*` for a device. */
export const SYSCTLS: ReadonlyMap<string, Sysctl> = new Map(
  SYSCTL_DEFAULTS.trim().split("\n").map((line) => {
    const [name = "", value = ""] = line.split(/ = ?/);
    const path = name.replaceAll(".", "/");
    return [path, { kind: kindOf(path, value), value: /^[-\d ]+$/.test(value) ? value.replaceAll(" ", "\t") : value }];
  }),
);

/** Values where `all` or `default` differ from what a device starts with. */
export const SYSCTL_EXCEPTIONS: Readonly<Record<string, string>> = {
  "net/ipv4/conf/all/accept_source_route": "0",
  "net/ipv4/conf/lo/disable_policy": "1",
  "net/ipv4/conf/lo/disable_xfrm": "1",
  "net/ipv6/conf/all/accept_dad": "0",
  "net/ipv6/conf/all/mtu": "1280",
  "net/ipv6/conf/default/mtu": "1280",
};

function kindOf(path: string, value: string): SysctlKind {
  const choice = CHOICES[path];
  if (choice !== undefined) return { kind: "choice", of: choice };
  if (FIXED.has(path)) return { kind: "fixed" };
  if (!/^-?\d+( -?\d+)*$/.test(value)) return { kind: "text" };
  const [least, most] = BOUNDS[path] ?? [-2147483648, value.length > 10 ? Number.MAX_SAFE_INTEGER : 4294967295];
  return { kind: "numbers", count: value.split(" ").length, least, most };
}
