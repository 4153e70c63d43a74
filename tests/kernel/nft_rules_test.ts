/**
 * Rules as people type them, against the real nft: both take them or both complain in the same words at the same place, and both list
 * the same chain. Random rules are put together from statements that each stand alone as well.
 */
import { assertEquals, assertGreater } from "@std/assert";
import { Random } from "../../core/base/mod.ts";
import { box } from "./box.ts";
import { missing, onRealKernel } from "./real.ts";

const ignore = await missing("rules against the real nft", ["nft"]) !== undefined;

const SETUP = `add table ip x
add set ip x s { type ipv4_addr; }
add set ip x d { type ipv4_addr; flags dynamic,timeout; }
add map ip x m { type ipv4_addr : verdict; }
add map ip x dm { type inet_service : ipv4_addr; }
add chain ip x other
add chain ip x c
add chain ip x n { type nat hook postrouting priority 100; }
add chain ip x p { type nat hook prerouting priority -100; }
add table inet y
add chain inet y c
add chain inet y other
`;

/** Rules by the chain they go into. */
const RULES: Readonly<Record<string, readonly string[]>> = {
  "ip x c": [
    "counter",
    "counter accept",
    "ip saddr 10.0.0.1 accept",
    "ip saddr 10.0.0.1/32 accept",
    "ip saddr 10.0.0.7/8 accept",
    "ip saddr 10.0.0.1-10.0.0.9 drop",
    "ip saddr 10.0.0.0-10.0.0.255 drop",
    "ip saddr != 10.0.0.0/8 drop",
    "ip saddr {10.0.0.5,10.0.0.1} drop",
    "ip saddr { 10.0.0.5 } drop",
    "ip saddr != { 10.0.0.5, 10.0.0.6 } drop",
    "ip saddr { 10.0.0.0/8, 192.168.0.1 } drop",
    "ip daddr 0.0.0.0/0 drop",
    "tcp dport ssh accept",
    "tcp dport 22 accept",
    "tcp dport {80,22,443} accept",
    "tcp dport { 80-90, 22 } accept",
    "tcp dport 1000-2000 accept",
    "tcp dport != 22 drop",
    "tcp dport > 1023 drop",
    "tcp dport >= 1024 drop",
    "tcp dport < 1024 drop",
    "tcp dport <= 1024 drop",
    "tcp sport 53 tcp dport 1024 accept",
    "udp dport domain accept",
    "sctp dport 38412 accept",
    "th dport 53 accept",
    "meta l4proto { tcp, udp } th dport 53 accept",
    "ip protocol tcp accept",
    "ip protocol 6 tcp dport 80 accept",
    "ip protocol icmp accept",
    "ip protocol { tcp, udp } accept",
    "meta l4proto tcp accept",
    "meta l4proto 17 accept",
    "meta l4proto tcp tcp dport 80 accept",
    "icmp type echo-request accept",
    "icmp type 8 accept",
    "icmp type { echo-request, echo-reply } accept",
    "icmp code 3 accept",
    "icmp type destination-unreachable icmp code port-unreachable accept",
    "ct state new accept",
    "ct state new,established accept",
    "ct state established,related accept",
    "ct state { new, established } accept",
    "ct state != invalid accept",
    "ct state invalid drop",
    "ct state vmap { established : accept, related : accept, invalid : drop }",
    "ct status dnat accept",
    "ct status dnat,snat accept",
    "ct direction original accept",
    "ct mark 5 accept",
    "ct mark 0x10 accept",
    "ct mark & 0xff == 5 accept",
    "ct mark set 7",
    "ct mark set meta mark",
    "ct mark set mark",
    "meta mark set ct mark",
    "mark set 9",
    "meta mark set 0x4000",
    "meta mark set mark or 0x4000",
    "meta mark set meta mark | 0x4000",
    "meta mark set mark and 0xffffbfff",
    "meta mark set mark xor 0x4000",
    "meta mark set mark and 0xffff0000 or 0x12",
    "meta mark 0x4000 accept",
    "mark 16 accept",
    "mark and 0x4000 == 0x4000 accept",
    "mark & 0x4000 != 0 accept",
    "mark and 0x4000 == 0 return",
    "iif lo accept",
    "iifname lo accept",
    'iifname "eth*" accept',
    'iifname { "lo", "eth0" } accept',
    'iifname != "lo" drop',
    "oifname eth0 accept",
    "oif lo accept",
    "meta iifname lo accept",
    "meta oifname { lo } accept",
    "ip ttl 64 accept",
    "ip ttl > 5 accept",
    "ip length 100-200 accept",
    "meta length > 1000 accept",
    "ip dscp cs1 accept",
    "ip dscp 0x2e accept",
    "ip frag-off & 0x1fff != 0 drop",
    "tcp flags syn accept",
    "tcp flags syn,ack accept",
    "tcp flags & (syn|ack) == syn accept",
    "tcp flags & (fin|syn|rst|ack) == syn accept",
    "tcp flags != syn drop",
    "tcp flags & syn == syn accept",
    "tcp flags { syn, ack } accept",
    "tcp flags syn / fin,syn,rst,ack accept",
    "tcp flags ! syn,ack drop",
    "tcp flags & (syn|ack) == 0 drop",
    "tcp flags & (syn|ack) != 0 drop",
    "tcp flags & syn == ack drop",
    "mark & 0xff000000 == 0x01000000 accept",
    "mark & 0xff000000 != 0 accept",
    "ct mark & 0xfff00000 == 0x00100000 accept",
    "ip saddr & 255.0.255.0 == 10.0.0.0 accept",
    "ip daddr & 255.255.0.0 != 10.0.0.0 accept",
    "ip ttl & 1 == 0 accept",
    "tcp dport & 1 == 1 accept",
    "limit rate 10/second accept",
    "limit rate 10/minute burst 20 packets accept",
    "limit rate over 5/hour drop",
    "limit rate 1 mbytes/second accept",
    "limit rate 10 kbytes/second burst 5 kbytes accept",
    "log",
    'log prefix "hello "',
    'log prefix "x" level warn',
    "log level debug drop",
    "log group 5",
    'log prefix "a" group 2 snaplen 64 queue-threshold 3',
    "log flags all",
    "reject",
    "reject with icmp type host-unreachable",
    "reject with icmp host-unreachable",
    "reject with icmp port-unreachable",
    "reject with tcp reset",
    "tcp dport 80 reject with tcp reset",
    "notrack",
    "meta nftrace set 1",
    "meta pkttype broadcast drop",
    "meta pkttype { multicast, broadcast } drop",
    "fib daddr type local accept",
    "fib saddr . iif oif missing drop",
    "fib saddr . iif oif 0 drop",
    "fib daddr . iif type local accept",
    "fib daddr type { local, broadcast } accept",
    "fib daddr type != local drop",
    "ip saddr . tcp dport { 10.0.0.1 . 80, 10.0.0.2 . 443 } accept",
    "ip saddr . ip daddr . meta l4proto . th dport { 10.0.0.1 . 10.0.0.2 . tcp . 80 } accept",
    "tcp dport vmap { 22 : accept, 80 : drop, 443 : jump other }",
    "ip saddr vmap { 10.0.0.0/8 : accept, 192.168.0.0/16 : drop }",
    "jump other",
    "goto other",
    "return",
    "continue",
    "ip saddr @s accept",
    "ip saddr != @s accept",
    "ip daddr vmap @m",
    "add @d { ip saddr }",
    "update @d { ip saddr timeout 5m }",
    "update @d { ip saddr counter }",
    "delete @d { ip saddr }",
    "set add ip saddr @d",
    "meta skuid 1000 accept",
    "meta skuid root accept",
    "skuid 0 accept",
    "numgen random mod 4 vmap { 0 : accept, 1 : drop, 2-3 : jump other }",
    "numgen inc mod 3 offset 1 2 accept",
    "jhash ip saddr mod 4 0 accept",
    "ct count over 10 drop",
    "quota over 10 mbytes drop",
    "quota 5 kbytes accept",
    "ip saddr 10.0.0.1 counter packets 5 bytes 100 accept",
    'accept comment "hi there"',
    'ip saddr 10.0.0.1 log prefix "x" counter drop comment "c"',
    "tcp option maxseg size set 1400",
    "tcp option maxseg size set rt mtu",
    "ip ttl set 5",
    "ip dscp set cs3",
    "meta priority set 1:2",
    "ether saddr 02:00:00:00:00:01 accept",
    "ct original ip daddr 10.0.0.1 accept",
    "ct original daddr 10.0.0.1 accept",
    "ct zone 1 accept",
    "ct expiration 10s accept",
    "meta mark . ip saddr { 0x1 . 10.0.0.1 } accept",
    "ip version 4 accept",
    "ip hdrlength 5 accept",
    "udp length 8 accept",
    "udp checksum 0 drop",
    "tcp sequence 1 accept",
    "ip id 5 accept",
    'meta time > "2026-01-01 00:00:00" accept',
    'meta day "Monday" accept',
    'meta hour "10:00"-"12:00" accept',
    'ip saddr 10.0.0.1 ip daddr 10.0.0.2 tcp dport 80 ct state new counter log prefix "n" accept',
    "socket mark 1 accept",
    "meta cgroup 5 accept",
    "drop;",
  ],
  "inet y c": [
    "reject",
    "reject with icmpx type admin-prohibited",
    "reject with icmp type net-unreachable",
    "reject with icmpv6 type no-route",
    "ip saddr 10.0.0.1 drop",
    "ip6 saddr fe80::/10 drop",
    "ip6 saddr & ffff::ffff == fc00::1 drop",
    "ip6 saddr & ffff:: == fc00:: drop",
    "meta nfproto ipv4 tcp dport 80 accept",
    "meta nfproto ipv4 ip saddr 10.0.0.1 accept",
    "icmp type echo-request accept",
    "icmpv6 type { nd-neighbor-solicit, nd-router-advert } accept",
    "ip protocol tcp accept",
    "meta protocol ip accept",
    "ip6 nexthdr tcp accept",
    "ip6 nexthdr tcp tcp dport 22 accept",
  ],
  "ip x n": [
    "masquerade",
    "masquerade random",
    "masquerade fully-random",
    "masquerade random,persistent",
    "tcp dport 80 masquerade to :5000",
    "snat to 1.2.3.4",
    "snat to 1.2.3.4-1.2.3.9",
    "snat 1.2.3.4",
    "ip protocol tcp snat to 1.2.3.4:1000-2000",
    "snat to 1.2.3.4 fully-random,persistent",
  ],
  "ip x p": [
    "dnat to 10.0.0.9",
    "tcp dport 80 dnat to 10.0.0.9:8080",
    "tcp dport 80 dnat to :8080",
    "meta l4proto tcp dnat to 10.0.0.9:8080",
    "dnat to 10.0.0.1-10.0.0.5",
    "redirect",
    "tcp dport 80 redirect to :8080",
    "tcp dport 80 redirect to 8080",
    "dnat to numgen random mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }",
    "meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.0.0.1 . 80, 1 : 10.0.0.2 . 80 }",
    "dnat to tcp dport map { 80 : 10.0.0.1, 443 : 10.0.0.2 }",
    "dnat to ip saddr map { 10.0.0.0/8 : 10.0.0.1, 11.0.0.0/8 : 10.0.0.2 }",
    "dnat to jhash ip saddr mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }",
    "dnat ip to tcp dport map @dm",
    "ip daddr 1.1.1.1 tcp dport 80 counter dnat to 10.0.0.9:8080",
    "dnat to 10.0.0.9 persistent",
    "meta mark set tcp dport map { 80 : 1, 443 : 2 }",
  ],
};

/** Statements that random rules are made of. */
const PARTS = [
  "ip saddr 10.0.0.0/8",
  "ip daddr { 10.0.0.1, 10.0.0.9 }",
  "tcp dport { 80, 443 }",
  "ct state new",
  "ct state established,related",
  'iifname "eth0"',
  "meta mark & 0xff == 0x1",
  "fib daddr type local",
  "ip daddr @s",
  "meta pkttype broadcast",
  "ip ttl > 5",
  "counter",
  "limit rate 10/second",
  'log prefix "x "',
  "meta mark set 0x10",
  "ct mark set meta mark",
  "update @d { ip saddr timeout 1m }",
];
const ENDS = ["accept", "drop", "return", "jump other", "goto other", "reject", "counter", ""];

interface Taken {
  readonly at: string;
  readonly rule: string;
  /** The chain's rules as listed, and the complaint. */
  readonly lines: readonly string[];
}

const MARK = "=== next ===";

async function byReal(rules: readonly (readonly [string, string])[]): Promise<Taken[]> {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const script = rules.map(([at, rule]) =>
    `nft flush ruleset; echo "$SETUP" | nft -f -; nft ${quoted(`add rule ${at} ${rule}`)} 2>&1; ` +
    `nft list chain ${at}; echo "${MARK}"`
  );
  const { stdout } = await onRealKernel([`SETUP=${quoted(SETUP)}`, ...script].join("\n"));
  return stdout.split(`${MARK}\n`).slice(0, -1).map((text, i) => {
    const [at, rule] = rules[i] as readonly [string, string];
    return { at, rule, lines: text.split("\n") };
  });
}

async function byOurs(rules: readonly (readonly [string, string])[]): Promise<Taken[]> {
  const taken: Taken[] = [];
  for (const [at, rule] of rules) {
    const machine = box();
    assertEquals((await machine.run("nft -f -", { stdin: SETUP })).stderr, "");
    const added = await machine.finish(machine.start(["nft", `add rule ${at} ${rule}`]));
    const listed = await machine.run(`nft list chain ${at}`);
    taken.push({ at, rule, lines: (added.stderr + listed.stdout).split("\n") });
  }
  return taken;
}

async function hold(rules: readonly (readonly [string, string])[]): Promise<void> {
  const [real, ours] = [await byReal(rules), await byOurs(rules)];
  assertEquals(real.length, rules.length);
  for (const [i, each] of real.entries()) assertEquals(ours[i], each);
}

Deno.test({
  name: "rules of every kind are taken and listed, or refused, as the real nft does",
  ignore,
  fn: () => hold(Object.entries(RULES).flatMap(([at, rules]) => rules.map((rule) => [at, rule] as const))),
});

Deno.test({
  name: "random rules are listed as the real nft lists them",
  ignore,
  fn: async () => {
    const random = new Random(7);
    const rules = Array.from({ length: 120 }, () => {
      const parts = Array.from({ length: 1 + random.below(4) }, () => PARTS[random.below(PARTS.length)] as string);
      return ["ip x c", [...parts, ENDS[random.below(ENDS.length)]].join(" ").trim()] as const;
    });
    assertGreater(new Set(rules.map(([, rule]) => rule)).size, 60);
    await hold(rules);
  },
});
