/**
 * What `ip -d addr`, `ip route`, `conntrack -L` and `ipset save` print for small random states: on the real kernel and here the
 * same lines are typed, and the answers are equal to the byte, apart from timers, counts of processors and the order and seeds of
 * hash tables. The seeds are fixed; `PODWIRE_SEED` tries another.
 */
import { assertEquals, assertNotEquals } from "@std/assert";
import { Random } from "../../core/base/mod.ts";
import { box } from "./box.ts";
import { missing, onRealKernel } from "./real.ts";

const TOOLS = ["ip", "bridge", "ipset", "conntrack", "iptables-legacy", "nc"];
const ignore = await missing("the tools' texts against the real ones", TOOLS) !== undefined;
const SEED = Number(Deno.env.get("PODWIRE_SEED") ?? 1);
const STATES = 12;
const MARK = "=== ";

/** One state and the questions asked of it. */
interface Script {
  readonly build: readonly string[];
  readonly ask: readonly string[];
}

const mac = (random: Random) =>
  `02:00:00:${random.text(2, "0123456789abcdef")}:${random.text(2, "0123456789abcdef")}:01`;
const some = (random: Random, most: number) => Array.from({ length: 1 + random.below(most) }, (_, i) => i);

/** Links of several kinds with addresses and routes. */
function randomLinks(random: Random): Script {
  const build = [
    "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
    "ip link set lo up",
    `ip link add v0 address ${mac(random)} type veth peer name v1 address ${mac(random)}`,
    `ip link add br0 address ${mac(random)} type bridge mcast_snooping ${random.below(2)}`,
    `ip link set v1 ${random.pick(["master br0", "mtu 1400", "promisc on"])}`,
    ...some(random, 3).map((i) =>
      `ip addr add 10.${random.below(3)}.${i}.${1 + random.below(250)}/${16 + random.below(15)} dev v0`
    ),
    `ip addr add 192.168.7.${1 + random.below(100)}/24 ${
      random.pick(["brd +", "", "scope link", "label br0:x"])
    } dev br0`,
    "ip link set v0 up",
    "ip link set v1 up",
    ...(random.below(3) > 0 ? ["ip link set br0 up"] : []),
    ...(random.below(2) > 0
      ? [
        `ip link add x0 address ${mac(random)} type vxlan id ${
          1 + random.below(1000)
        } local 192.168.7.1 dev v0 dstport 8472 ${random.pick(["nolearning", "learning"])}`,
      ]
      : []),
    ...some(random, 4).map((i) => `ip route add ${randomRoute(random, i)}`),
  ];
  // Link states follow carriers a while later (linkwatch).
  build.push("sleep 1.2");
  const ask = [
    "ip -d addr",
    "ip route",
    "ip route show table all type unicast",
    "ip -br addr",
    "ip -s route",
    "ip rule",
    "ip -d link show br0",
  ];
  return { build, ask };
}

function randomRoute(random: Random, i: number): string {
  const to = `172.${16 + i}.${random.below(4)}.0/24`;
  const kind = random.below(6);
  if (kind === 0) return `${random.pick(["blackhole", "unreachable", "prohibit"])} ${to}`;
  if (kind === 1) return `${to} dev v0 scope link src 127.0.0.1`;
  if (kind === 2) return `${to} via 10.250.0.1 dev v0 onlink metric ${1 + random.below(300)}`;
  if (kind === 3) return `${to} dev v0 mtu ${random.pick(["1300", "lock 1200"])} advmss 1000`;
  if (kind === 4) return `${to} dev v0 proto ${random.pick(["static", "bird", "77"])}`;
  return `${to} nexthop dev v0 weight ${1 + random.below(3)} nexthop via 10.251.0.1 dev v0 onlink weight 2`;
}

/** Sets of several types with members. */
function randomSets(random: Random): Script {
  const ip = () => `10.${random.below(4)}.${random.below(4)}.${1 + random.below(200)}`;
  const member: Readonly<Record<string, () => string>> = {
    "hash:ip": ip,
    "hash:net": () => `10.${random.below(200)}.0.0/${16 + random.below(4)}${random.pick(["", "", " nomatch"])}`,
    "hash:ip,port": () => `${ip()},${random.pick(["tcp:80", "udp:53", "sctp:9", "icmp:echo-request", "tcp:http"])}`,
    "hash:ip,port,ip": () => `${ip()},tcp:${random.below(9999)},${ip()}`,
    "hash:net,port": () => `10.${random.below(200)}.0.0/16,udp:${1 + random.below(999)}`,
    "bitmap:port": () => `${100 + random.below(50)}`,
  };
  const build = some(random, 4).flatMap((i) => {
    const type = random.pick(Object.keys(member));
    const plain = random.pick(["", "", " comment", " counters"]);
    const range = type === "bitmap:port" ? " range 100-200" : random.pick(["", " hashsize 64 maxelem 100"]);
    return [
      `ipset create s${i} ${type}${range}${plain}`,
      ...some(random, 5).map(() => `ipset -! add s${i} ${member[type]?.()}`),
    ];
  });
  return { build, ask: ["ipset save", "ipset list -n", "ipset list"] };
}

/** Flows left behind by datagrams and connection attempts that nobody answers. */
function randomFlows(random: Random): Script {
  const build = [
    "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
    "ip link set lo up",
    `ip link add v0 address ${mac(random)} type veth peer name v1`,
    "ip addr add 10.0.0.1/24 dev v0",
    "ip link set v0 up",
    "ip link set v1 up",
    "ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev v0 nud permanent",
    "iptables-legacy -t nat -A OUTPUT -p udp --dport 53 -j DNAT --to-destination 10.0.0.9:5353",
    `iptables-legacy -t mangle -A OUTPUT -p tcp -j CONNMARK --set-mark ${random.below(9)}`,
    "sleep 0.2",
    ...some(random, 4).map((i) => `echo x | nc -u -w 1 -q 0 -p ${4000 + i} 10.0.0.9 ${random.pick([53, 54, 9999])}`),
    ...some(random, 2).map((i) => `timeout 0.2 nc -w 1 -p ${5000 + i} 10.0.0.9 ${random.pick([80, 443])}`),
  ];
  return { build, ask: ["conntrack -L", "conntrack -L -p udp", "conntrack -L -o extended", "conntrack -C"] };
}

/** Timers, seconds, hash seeds and the order of hash tables are not part of a state. */
function certain(command: string, text: string): string {
  const plain = text
    .replace(/\b(\w+_timer) +[\d.]+/g, "$1 T")
    .replace(/\b(numtxqueues|numrxqueues) \d+/g, "$1 N")
    .replace(/\binitval 0x[0-9a-f]+/g, "initval 0xN")
    .replace(/^(Size in memory:) \d+$/gm, "$1 N")
    .replace(/^((?:ipv4 +2 +)?(?:tcp|udp|icmp) +\d+) \d+ /gm, "$1 T ");
  const unordered = /^(conntrack|ipset)/.test(command);
  return unordered ? plain.split("\n").sort().join("\n") : plain;
}

function answers(ask: readonly string[], parts: readonly string[]): Record<string, string> {
  return Object.fromEntries(ask.map((command, i) => [command, certain(command, parts[i] ?? "")]));
}

async function onReal({ build, ask }: Script): Promise<Record<string, string>> {
  const lines = [
    "mount -t sysfs sysfs /sys",
    ...build,
    ...ask.flatMap((command) => [`echo '${MARK}'`, `{ ${command}; } 2>&1`]),
  ];
  const { stdout, stderr } = await onRealKernel(lines.join("\n"));
  assertEquals(stderr, "", build.join("\n"));
  return answers(ask, stdout.split(`${MARK}\n`).slice(1));
}

async function onOurs({ build, ask }: Script): Promise<Record<string, string>> {
  const machine = box();
  for (const line of build) {
    const { stderr } = await machine.run(line);
    assertEquals(stderr, "", line);
  }
  const parts: string[] = [];
  for (const command of ask) {
    const { stdout, stderr } = await machine.run(command);
    parts.push(stdout + stderr);
  }
  return answers(ask, parts);
}

const KINDS: Readonly<Record<string, (random: Random) => Script>> = {
  "links, addresses and routes": randomLinks,
  "sets": randomSets,
  "flows": randomFlows,
};

for (const [what, make] of Object.entries(KINDS)) {
  Deno.test({
    name: `random ${what} are printed as the real tools print them`,
    ignore,
    fn: async () => {
      for (let i = 0; i < STATES; i++) {
        const script = make(new Random(SEED * 1000 + i));
        assertEquals(
          await onOurs(script),
          await onReal(script),
          `PODWIRE_SEED=${SEED}, state ${i}\n${script.build.join("\n")}`,
        );
      }
    },
  });
}

Deno.test({
  name: "a state that differs by one address is noticed",
  ignore,
  fn: async () => {
    const script = (host: number): Script => ({
      build: ["ip link set lo up", `ip addr add 10.0.0.${host}/24 dev lo`],
      ask: ["ip -d addr", "ip route show table local"],
    });
    assertEquals(
      (await onOurs(script(1)))["ip route show table local"],
      (await onReal(script(1)))["ip route show table local"],
    );
    assertNotEquals(await onOurs(script(1)), await onReal(script(2)));
  },
});
