/**
 * The chains that stand on every node, whatever the policies:
 *
 *     raw PREROUTING    cali-PREROUTING   packets of pods must come from where they say (rpfilter)
 *     filter FORWARD    cali-FORWARD      in from a pod: cali-from-wl-dispatch; out to a pod: cali-to-wl-dispatch; accepted ones are accepted at the end
 *     filter INPUT      cali-INPUT        tunnels from other nodes; from pods: their policies, then what they may do to the host
 *     filter OUTPUT     cali-OUTPUT       the node reaches its pods whatever the policy
 *     nat POSTROUTING   cali-POSTROUTING  what leaves the pools gets the node's address
 */
import { type Family, setName, VXLAN_PORT } from "./names.ts";
import {
  type Chain,
  type ChainRule,
  clearMark,
  jump,
  MARK,
  MARK_ALL,
  markClear,
  markSet,
  setMark,
} from "./rule_text.ts";

/** What the static chains depend on. */
export interface StaticOptions {
  readonly family: Family;
  /** Whether some pool tunnels by VXLAN, by IPIP; whether some pool has `natOutgoing`. */
  readonly vxlan: boolean;
  readonly ipip: boolean;
  readonly natOutgoing: boolean;
  /** What becomes of a packet from a pod to its own node that its policies accept. */
  readonly endpointToHost: "DROP" | "ACCEPT" | "RETURN";
  /** What becomes of packets that policies accept: with RETURN, the rules behind Felix's see them, too. */
  readonly filterAllow: Allow;
  readonly mangleAllow: Allow;
}

/** An accepted packet is through, or back in the kernel's own chain. */
export type Allow = "ACCEPT" | "RETURN";

/** One of the kernel's tables as Felix wants it. */
export interface FelixTable {
  readonly table: "filter" | "mangle" | "nat" | "raw";
  readonly chains: readonly Chain[];
  /** Rules at the beginning of the kernel's own chains, and at their end. */
  readonly inserts: readonly Chain[];
  readonly appends: readonly Chain[];
}

const HOST_ACCEPTED = "Host endpoint policy accepted packet.";
const empty = (...names: string[]): Chain[] => names.map((name) => ({ name, rules: [] }));

/** All four tables, without the chains of endpoints and policies. */
export function staticTables(options: StaticOptions): FelixTable[] {
  return [filter(options), mangle(options), nat(options), raw(options)];
}

function filter(options: StaticOptions): FelixTable {
  return {
    table: "filter",
    chains: [
      { name: "cali-FORWARD", rules: forward() },
      { name: "cali-INPUT", rules: input(options) },
      { name: "cali-OUTPUT", rules: output(options) },
      { name: "cali-wl-to-host", rules: toHost(options) },
      ...empty("cali-cidr-block", "cali-from-hep-forward", "cali-from-host-endpoint"),
      ...empty("cali-to-hep-forward", "cali-to-host-endpoint"),
    ],
    inserts: ["INPUT", "FORWARD", "OUTPUT"].map((name) => ({ name, rules: [{ action: jump(`cali-${name}`) }] })),
    appends: [{
      name: "FORWARD",
      rules: [
        {
          comment: "Policy explicitly accepted packet.",
          match: markSet(MARK.accept),
          action: jump(options.filterAllow),
        },
        { action: setMark(MARK.accept) },
      ],
    }],
  };
}

function forward(): ChainRule[] {
  return [
    { action: clearMark(MARK_ALL & ~MARK.accept) },
    { match: markClear(MARK.accept), action: jump("cali-from-hep-forward") },
    { match: "--in-interface cali+", action: jump("cali-from-wl-dispatch") },
    { match: "--out-interface cali+", action: jump("cali-to-wl-dispatch") },
    { action: jump("cali-to-hep-forward") },
    { action: jump("cali-cidr-block") },
  ];
}

function input({ family, vxlan, ipip, filterAllow }: StaticOptions): ChainRule[] {
  const hosts = `-m set --match-set ${setName("all-hosts-net", family)} src`;
  const tunnels = `-m set --match-set ${setName("all-vxlan-net", family)} src`;
  const local = "-m addrtype --dst-type LOCAL";
  const port = `-p 17 -m multiport --destination-ports ${VXLAN_PORT}`;
  return [
    ...ipip && family === 4
      ? [
        { comment: "Allow IPIP packets from Calico hosts", match: `-p 4 ${hosts} ${local}`, action: jump(filterAllow) },
        { comment: "Drop IPIP packets from non-Calico hosts", match: "-p 4", action: jump("DROP") },
      ]
      : [],
    ...vxlan
      ? [
        {
          comment: `Allow IPv${family} VXLAN packets from allowed hosts`,
          match: `${port} ${tunnels} ${local}`,
          action: jump(filterAllow),
        },
        {
          comment: `Drop IPv${family} VXLAN packets from non-allowed hosts`,
          match: `${port} ${local}`,
          action: jump("DROP"),
        },
      ]
      : [],
    { match: "--in-interface cali+", action: "--goto cali-wl-to-host" },
    { match: markSet(MARK.accept), action: jump(filterAllow) },
    { action: clearMark(MARK_ALL) },
    { action: jump("cali-from-host-endpoint") },
    { comment: HOST_ACCEPTED, match: markSet(MARK.accept), action: jump(filterAllow) },
  ];
}

function output({ family, vxlan, ipip, filterAllow }: StaticOptions): ChainRule[] {
  const local = "-m addrtype --src-type LOCAL";
  return [
    { match: markSet(MARK.accept), action: jump(filterAllow) },
    { match: "--out-interface cali+", action: jump("RETURN") },
    ...ipip && family === 4
      ? [{
        comment: "Allow IPIP packets to other Calico hosts",
        match: `-p 4 -m set --match-set ${setName("all-hosts-net", family)} dst ${local}`,
        action: jump(filterAllow),
      }]
      : [],
    ...vxlan
      ? [{
        comment: `Allow IPv${family} VXLAN packets to other allowed hosts`,
        match: `-p 17 -m multiport --destination-ports ${VXLAN_PORT} ${local} -m set --match-set ${
          setName("all-vxlan-net", family)
        } dst`,
        action: jump(filterAllow),
      }]
      : [],
    { action: clearMark(MARK_ALL) },
    { match: "-m conntrack ! --ctstate DNAT", action: jump("cali-to-host-endpoint") },
    { comment: HOST_ACCEPTED, match: markSet(MARK.accept), action: jump(filterAllow) },
  ];
}

/** ICMPv6 that a host needs of its pods, before any policy: listeners, router and neighbour discovery. */
const ICMPV6 = [130, 131, 132, 133, 135, 136];

function toHost({ family, endpointToHost }: StaticOptions): ChainRule[] {
  return [
    ...family === 6
      ? ICMPV6.map((type) => ({ match: `-p 58 -m icmp6 --icmpv6-type ${type}`, action: jump("ACCEPT") }))
      : [],
    { action: jump("cali-from-wl-dispatch") },
    { comment: "Configured DefaultEndpointToHostAction", action: jump(endpointToHost) },
  ];
}

function hooks(...names: string[]): Chain[] {
  return names.map((name) => ({ name, rules: [{ action: jump(`cali-${name}`) }] }));
}

function mangle({ family, mangleAllow }: StaticOptions): FelixTable {
  const set = (id: string) => setName(id, family);
  const leaving = `-m set --match-set ${set("dscp-src-net")} src -m set ! --match-set ${
    set("network-ip-pools")
  } dst -m set ! --match-set ${set("this-host")} dst`;
  return {
    table: "mangle",
    chains: [
      {
        name: "cali-POSTROUTING",
        rules: [
          { comment: "set dscp for traffic leaving cluster.", match: leaving, action: jump("cali-egress-dscp") },
          { match: markSet(MARK.accept), action: jump("RETURN") },
          { action: clearMark(MARK_ALL) },
          { match: "-m conntrack --ctstate DNAT", action: jump("cali-to-host-endpoint") },
          { comment: HOST_ACCEPTED, match: markSet(MARK.accept), action: jump("RETURN") },
        ],
      },
      {
        name: "cali-PREROUTING",
        rules: [
          { match: "-m conntrack --ctstate RELATED,ESTABLISHED", action: jump(mangleAllow) },
          { match: markSet(MARK.accept), action: jump(mangleAllow) },
          { action: jump("cali-from-host-endpoint") },
          { comment: HOST_ACCEPTED, match: markSet(MARK.accept), action: jump(mangleAllow) },
        ],
      },
      ...empty("cali-egress-dscp", "cali-from-host-endpoint", "cali-to-host-endpoint"),
    ],
    inserts: hooks("PREROUTING", "POSTROUTING"),
    appends: [],
  };
}

function nat({ family, vxlan, ipip, natOutgoing }: StaticOptions): FelixTable {
  const tunnel = family === 4 ? "vxlan.calico" : "vxlan-v6.calico";
  const foreign = "-m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL";
  const masquerade = "--jump MASQUERADE --random-fully";
  const pools = `-m set --match-set ${setName("masq-ipam-pools", family)} src -m set ! --match-set ${
    setName("network-ip-pools", family)
  } dst`;
  return {
    table: "nat",
    chains: [
      { name: "cali-PREROUTING", rules: [{ action: jump("cali-fip-dnat") }] },
      { name: "cali-OUTPUT", rules: [{ action: jump("cali-fip-dnat") }] },
      {
        name: "cali-POSTROUTING",
        rules: [
          { action: jump("cali-fip-snat") },
          { action: jump("cali-nat-outgoing") },
          ...ipip && family === 4 ? [{ match: `--out-interface tunl0 ${foreign}`, action: masquerade }] : [],
          ...vxlan
            ? [
              {
                match: `-p 17 --out-interface ${tunnel} ${foreign}`,
                action: `--jump MASQUERADE --to-ports ${VXLAN_PORT + 1}-65535 --random-fully`,
              },
              { match: `--out-interface ${tunnel} ${foreign}`, action: masquerade },
            ]
            : [],
        ],
      },
      ...empty("cali-fip-dnat", "cali-fip-snat"),
      { name: "cali-nat-outgoing", rules: natOutgoing ? [{ match: pools, action: masquerade }] : [] },
    ],
    inserts: hooks("PREROUTING", "OUTPUT"),
    appends: hooks("POSTROUTING"),
  };
}

function raw({ vxlan }: StaticOptions): FelixTable {
  const untracked: ChainRule[] = vxlan ? [{ match: `-p udp --dport ${VXLAN_PORT}`, action: jump("NOTRACK") }] : [];
  const pod = markSet(MARK.scratch0);
  return {
    table: "raw",
    chains: [
      {
        name: "cali-PREROUTING",
        rules: [
          { action: clearMark(MARK_ALL) },
          ...untracked,
          { match: "--in-interface cali+", action: setMark(MARK.scratch0) },
          { match: pod, action: jump("cali-rpf-skip") },
          { match: `${pod} -m rpfilter --invert --validmark`, action: jump("DROP") },
          { match: markClear(MARK.scratch0), action: jump("cali-from-host-endpoint") },
          { match: markSet(MARK.accept), action: jump("ACCEPT") },
        ],
      },
      {
        name: "cali-OUTPUT",
        rules: [
          { action: clearMark(MARK_ALL) },
          { action: jump("cali-to-host-endpoint") },
          ...untracked,
          { match: markSet(MARK.accept), action: jump("ACCEPT") },
        ],
      },
      ...empty("cali-from-host-endpoint", "cali-rpf-skip", "cali-to-host-endpoint"),
    ],
    inserts: hooks("PREROUTING", "OUTPUT"),
    appends: [],
  };
}
