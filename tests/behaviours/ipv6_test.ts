/** IPv6 on a router as Linux 6.18 has it where IPv4 would do otherwise: fragments, who complains, REDIRECT, anycast, addresses of types. */
import { assertEquals } from "@std/assert";
import { buildPacket } from "../parity/packet.ts";
import { cut, finish, sctpPacket, withIpOptions } from "../parity/random/packets.ts";
import type { PacketProbe, Scenario } from "../parity/scenario.ts";
import { play, rules, shapes } from "./stage.ts";

type Props = Pick<Partial<Scenario>, "routes" | "ip" | "sysctls" | "ip6tables">;

/** lan 2001:db8:1::1, wan 2001:db8:9::1 and ::9, dmz 2001:db8:3::1, all /64; a default route by wan. */
function router6(props: Props, probes: readonly PacketProbe[]): Scenario {
  return {
    name: "router6",
    ipv6: true,
    namespaces: ["dut"],
    links: ["lan", "wan", "dmz"].map((name) => ({ type: "tun" as const, ns: "dut", name })),
    addresses: {
      "dut:lan": "2001:db8:1::1/64",
      "dut:wan": ["2001:db8:9::1/64", "2001:db8:9::9/64"],
      "dut:dmz": "2001:db8:3::1/64",
    },
    ...props,
    routes: { dut: ["default via 2001:db8:9::254", ...(props.routes?.["dut"] ?? [])] },
    sysctls: { dut: { "net.ipv6.conf.all.forwarding": 1, ...props.sysctls?.["dut"] } },
    probes,
  };
}

const through = (props: Props, ...probes: readonly PacketProbe[]) => play(router6(props, probes)).results;
const came = (props: Props, ...probes: readonly PacketProbe[]) => through(props, ...probes).map(({ out = [] }) => out);
const tables = (of: Readonly<Record<string, readonly string[]>>) => ({ ip6tables: { dut: rules(of) } });

const udp: PacketProbe = {
  inject: "dut:lan",
  src: "2001:db8:1::5",
  dst: "2001:db8:3::9",
  proto: "udp",
  sport: 1000,
  dport: 53,
};
const syn: PacketProbe = { ...udp, proto: "tcp", dport: 80, flags: "S", seq: 1000 };
const echo: PacketProbe = { ...udp, proto: "icmp", type: 128, id: 7 };
const TRACKED = tables({ filter: ["-A INPUT -m conntrack --ctstate INVALID"] });

Deno.test("a first fragment without its whole header is nobody's to collect: forwarded as it is, and to us it is a parameter problem", () => {
  const long = { ...syn, flags: "PA", payload: "ORACLE".repeat(10) };
  const [short] = cut(long, 16, 7) as [PacketProbe];
  const [toUs] = cut({ ...long, dst: "2001:db8:1::1" }, 16, 7) as [PacketProbe];
  const [forwarded, complained] = through(TRACKED, short, toUs);
  assertEquals(shapes(forwarded ?? { outcome: "" }).map((shape) => shape.slice(0, 20)), ["len=24 tos=0 frag=0+"]);
  assertEquals(complained?.out, [
    "dut:lan 2001:db8:1::1>2001:db8:1::5 ttl=64 icmpv6 4/3 inner([2001:db8:1::5]:1000>[2001:db8:1::1]:80 ttl=64 tcp[PA])",
  ]);
});

Deno.test("INPUT sees fragments before they are put together where nothing is tracked, and the whole where something is", () => {
  const pieces = cut({ ...udp, dst: "2001:db8:1::1", payload: "ORACLE".repeat(20) }, 64, 7);
  const seen = (of: Readonly<Record<string, readonly string[]>>) =>
    through(tables(of), ...pieces).map(({ rules }) => rules?.["dut/filter6/INPUT/policy"] ?? 0);
  assertEquals(seen({ filter: [] }), [1, 1]);
  assertEquals(seen({ filter: ["-A INPUT -m conntrack --ctstate INVALID"] }), [0, 1]);
});

Deno.test("an error about a first piece too short for its header is related to the flow whose ports it still names", () => {
  const [short] = cut({ ...syn, ttl: 1 }, 16, 7) as [PacketProbe];
  const props = tables({ filter: ["-A OUTPUT -m conntrack --ctstate RELATED"] });
  const seen = (...probes: readonly PacketProbe[]) => through(props, ...probes).at(-1)?.rules?.["dut/filter6/OUTPUT/1"];
  assertEquals([seen(syn, short), seen(short)], [1, undefined]);
});

Deno.test("an answer by lo finds no way to a link-local sender that NAT had given one of our addresses", () => {
  const props = tables({ nat: ["-A INPUT -s fe80::/10 -j SNAT --to-source 2001:db8:3::1"], filter: [] });
  const [answered] = through(props, { ...udp, src: "fe80::5", dst: "2001:db8:1::1" });
  assertEquals([answered?.outcome, answered?.rules?.["dut/filter6/FORWARD/policy"]], ["dropped", undefined]);
});

Deno.test("what conntrack collected goes on cut as it came; whole but for a fragment header where it came so", () => {
  const pieces = cut({ ...udp, payload: "ORACLE".repeat(20) }, 64, 7);
  const results = through(TRACKED, ...pieces);
  assertEquals(shapes(results[1] ?? { outcome: "" }).map((shape) => /frag=\S+/.exec(shape)?.[0]), [
    "frag=0+",
    "frag=64",
  ]);
  const [atomic] = cut(udp, 64, 9) as [PacketProbe];
  const [untracked] = through({}, atomic), [tracked] = through(TRACKED, atomic);
  assertEquals(shapes(untracked ?? { outcome: "" }).map((shape) => /frag=\S+/.exec(shape)?.[0]), ["frag=0"]);
  assertEquals(shapes(tracked ?? { outcome: "" }).map((shape) => shape.includes("frag")), [false]);
});

Deno.test("errors come from an address of the device the packet came in by, or from who was asked, anycast too; later fragments get them as well", () => {
  const expired = { ...udp, inject: "dut:wan", src: "2001:db8:3::20", dst: "2001:db8:1::6", ttl: 1 };
  const anycast = { ...udp, dst: "2001:db8:3::" };
  const [, later] = cut({ ...udp, ttl: 1, payload: "ORACLE".repeat(20) }, 64, 7) as [PacketProbe, PacketProbe];
  assertEquals(came({}, expired, anycast, later), [
    ["dut:dmz 2001:db8:9::9>2001:db8:3::20 ttl=64 icmpv6 3/0 inner([2001:db8:3::20]:1000>[2001:db8:1::6]:53 ttl=1 udp)"],
    ["dut:lan 2001:db8:3::>2001:db8:1::5 ttl=64 icmpv6 1/4 inner([2001:db8:1::5]:1000>[2001:db8:3::]:53 ttl=64 udp)"],
    ["dut:lan 2001:db8:1::1>2001:db8:1::5 ttl=64 icmpv6 3/0 inner(2001:db8:1::5>2001:db8:3::9 ttl=1 None)"],
  ]);
});

Deno.test("an unknown next header is pointed at where it stands, behind hop-by-hop options too", () => {
  const strange: PacketProbe = { ...udp, dst: "2001:db8:1::1", proto: 89, payload: "ORACLE" };
  const [plain, optioned] = through({}, strange, withIpOptions(strange));
  const pointer = (wire: readonly (readonly [string, string])[] = []) =>
    wire.map(([, hex]) => Uint8Array.fromHex(hex)).map((bytes) => [bytes[40], bytes[41], bytes[47]]);
  assertEquals([pointer(plain?.wire), pointer(optioned?.wire)], [[[4, 1, 6]], [[4, 1, 40]]]);
});

Deno.test("TCP to an anycast address is not reset; UDP without a checksum is not for us", () => {
  const bytes = buildPacket({ ...udp, dst: "2001:db8:1::1" });
  bytes.fill(0, 46, 48);
  const bare = finish({ ...udp, dst: "2001:db8:1::1" }, bytes);
  assertEquals(came({}, { ...syn, dst: "2001:db8:3::" }, bare), [[], []]);
});

Deno.test("a reset of IPv6 is no socket's, an echo reply is the kernel's", () => {
  const results = through(
    tables({ filter: ["-A OUTPUT -m owner --socket-exists"] }),
    { ...syn, dst: "2001:db8:1::1" },
    {
      ...echo,
      dst: "2001:db8:1::1",
    },
  );
  assertEquals(results.map(({ rules }) => rules?.["dut/filter6/OUTPUT/1"] ?? 0), [0, 1]);
});

Deno.test("answers take as many hops as the device they leave by says", () => {
  const sysctls = { dut: { "net.ipv6.conf.wan.hop_limit": 33 } };
  const [pong, reset] = came({ sysctls }, { ...echo, inject: "dut:wan", dst: "2001:db8:9::1" }, {
    ...syn,
    inject: "dut:wan",
    src: "2001:db8:9::50",
    dst: "2001:db8:1::1",
  });
  assertEquals(pong, ["dut:lan 2001:db8:9::1>2001:db8:1::5 ttl=64 icmpv6 129/0 id=7"]);
  assertEquals(reset, ["dut:wan [2001:db8:1::1]:80>[2001:db8:9::50]:1000 ttl=33 tcp[RA]"]);
});

Deno.test("link-local and unspecified senders are passed on to their own side alone, and only the first are told so", () => {
  const from = (src: string, dst: string) => ({ ...udp, src, dst });
  assertEquals(
    came({}, from("fe80::5", "2001:db8:1::9"), from("fe80::5", "2001:db8:3::9"), from("::", "2001:db8:3::9")).map((
      out,
    ) => out.length),
    [1, 0, 0],
  );
  assertEquals(came({}, from("2001:db8:1::5", "::")), [["dut:wan [2001:db8:1::5]:1000>[::]:53 ttl=63 udp"]]);
});

Deno.test("REDIRECT takes the device's youngest address, and drops what was for a scope the device has no address of", () => {
  const props = tables({ nat: ["-A PREROUTING -j REDIRECT"] });
  const [answer, group] = came(props, { ...echo, inject: "dut:wan", src: "2001:db8:9::50" }, {
    ...echo,
    inject: "dut:wan",
    dst: "ff02::1",
  });
  assertEquals(answer, ["dut:wan 2001:db8:3::9>2001:db8:9::50 ttl=64 icmpv6 129/0 id=7"]);
  assertEquals(group, []);
});

Deno.test("addrtype of IPv6 wants all that is said to hold: unicast and unreachable", () => {
  const hits = (type: string, src: string, routes: string[]) => {
    const props = { ...tables({ raw: [`-A PREROUTING -m addrtype --src-type ${type}`] }), routes: { dut: routes } };
    return through(props, { ...udp, src })[0]?.rules?.["dut/raw6/PREROUTING/1"] ?? 0;
  };
  const gone = ["unreachable fd00:7::/64"];
  assertEquals(hits("UNICAST,UNREACHABLE", "2001:db8:1::5", gone), 0);
  assertEquals(hits("UNICAST,UNREACHABLE", "fd00:7::1", gone), 1);
  assertEquals(hits("UNICAST", "2001:db8:1::5", gone), 1);
  assertEquals(hits("LOCAL", "2001:db8:1::5", gone), 0);
});

Deno.test("multipath takes an extension header for the protocol, as the kernel's hash does", () => {
  const routes = {
    dut: [
      "fd00:89::/64 nexthop via 2001:db8:1::6 weight 3 nexthop via 2001:db8:9::254 weight 1 nexthop via 2001:db8:3::5",
    ],
  };
  const optioned = withIpOptions({ ...udp, dst: "fd00:89::1", proto: 132, payload: "ORACLE" });
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
  const way = (probe: PacketProbe, props: Props = {}) =>
    seeds.map((seed) => {
      const sysctls = { dut: { "net.ipv4.fib_multipath_hash_seed": seed } };
      return came({ ...props, routes, sysctls }, probe)[0]?.[0]?.split(" ")[0];
    });
  // Whatever it carries, a packet with options goes one way: its protocol is 0.
  const other = withIpOptions({ ...udp, dst: "fd00:89::1" });
  assertEquals(way(optioned), way(other));
  // Where policy rules ask for ports ICMPv6 is known by then, and goes as it would without options.
  const ping = { ...echo, dst: "fd00:89::1" };
  const asking = { ip: { dut: ["-6 rule add ipproto tcp dport 80 table 106 priority 15"] } };
  const same = (props: Props) => `${way(withIpOptions(ping), props)}` === `${way(ping, props)}`;
  assertEquals([same({}), same(asking)], [false, true]);
  assertEquals(buildPacket(other)[6], 0);
});

Deno.test("a neighbour solicitation crosses a bridge with its rules as the multicast it is, sent by a socket of the kernel", () => {
  const { results } = play({
    name: "bridge6",
    ipv6: true,
    namespaces: ["h1", "h2", "node"],
    links: [
      { a: "h1:eth0", b: "node:p1", mac_a: "02:00:00:00:00:01" },
      { a: "h2:eth0", b: "node:p2", mac_a: "02:00:00:00:00:02" },
      { type: "bridge", ns: "node", name: "br0", ports: ["p1", "p2"], mac: "02:00:00:00:00:05" },
    ],
    addresses: { "h1:eth0": "2001:db8:5::11/64", "h2:eth0": "2001:db8:5::12/64" },
    sysctls: { node: { "net.bridge.bridge-nf-call-ip6tables": 1 } },
    ip6tables: {
      node: rules({
        filter: ["-A FORWARD -m pkttype --pkt-type multicast", "-A FORWARD -m pkttype --pkt-type unicast"],
      }),
      h1: rules({ filter: ["-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -m owner --socket-exists"] }),
    },
    probes: [{ from: "h1", proto: "icmp", dst: "2001:db8:5::12", dport: 0, id: 9 }],
  });
  const { rules: moved = {}, outcome } = results[0] ?? { outcome: "" };
  assertEquals(outcome, "delivered");
  // The solicitation; its answer, the echo and the reply.
  assertEquals([moved["node/filter6/FORWARD/1"], moved["node/filter6/FORWARD/2"]], [1, 3]);
  assertEquals(moved["h1/filter6/OUTPUT/1"], 1);
});

Deno.test("rpfilter asks the device a link-local sender is heard by, and lets pass who has no address yet or, if told so, is ourselves", () => {
  const own = { ...udp, inject: "dut:dmz", src: "2001:db8:1::1", dst: "fd00:77::1" };
  const matched = through(tables({ raw: ["-A PREROUTING -i dmz -m rpfilter --accept-local"] }), own)[0];
  assertEquals(matched?.rules?.["dut/raw6/PREROUTING/1"], 1);
  const props = tables({ raw: ["-A PREROUTING -m rpfilter --invert"] });
  const from = (src: string, inject = "dut:dmz") => ({ ...udp, inject, src, dst: "2001:db8:1::9" });
  const results = through(props, from("::"), from("2001:db8:3::7"), from("2001:db8:1::7"));
  assertEquals(results.map(({ rules }) => rules?.["dut/raw6/PREROUTING/1"] ?? 0), [0, 0, 1]);
});

Deno.test("a bridge with ip6tables tells the sender of what its port is too narrow for", () => {
  const { results } = play({
    name: "narrow",
    ipv6: true,
    namespaces: ["h1", "h2", "node"],
    links: [
      { type: "tun", ns: "h1", name: "t1" },
      { a: "h1:eth0", b: "node:p1", mac_a: "02:00:00:00:00:01" },
      { a: "h2:eth0", b: "node:p2", mac_a: "02:00:00:00:00:02", mtu: 1300 },
      { type: "bridge", ns: "node", name: "br0", ports: ["p1", "p2"], mac: "02:00:00:00:00:05" },
    ],
    addresses: {
      "h1:t1": "2001:db8:61::1/64",
      "h1:eth0": "2001:db8:5::11/64",
      "h2:eth0": "2001:db8:5::12/64",
      "node:br0": "2001:db8:5::1/64",
    },
    routes: { h1: ["2001:db8:62::/64 via 2001:db8:5::12"], node: ["2001:db8:61::/64 via 2001:db8:5::11"] },
    sysctls: {
      h1: { "net.ipv6.conf.all.forwarding": 1 },
      node: { "net.bridge.bridge-nf-call-ip6tables": 1 },
    },
    ip6tables: { node: rules({ filter: [] }) },
    probes: [{ ...udp, inject: "h1:t1", src: "2001:db8:61::6", dst: "2001:db8:62::5", payload: "o".repeat(1440) }],
  });
  assertEquals(results[0]?.out, [
    "h1:t1 2001:db8:5::1>2001:db8:61::6 ttl=63 icmpv6 2/0 inner([2001:db8:61::6]:1000>[2001:db8:62::5]:53 ttl=63 udp)",
  ]);
});

Deno.test("a listener of both families answers from the anycast address it was asked at, and takes no connection there", () => {
  const { results } = play({
    name: "anycast",
    ipv6: true,
    namespaces: ["c", "r"],
    links: [
      { type: "tun", ns: "r", name: "lan" },
      { a: "c:eth0", b: "r:eth0", mac_a: "02:00:00:00:00:01", mac_b: "02:00:00:00:00:02" },
    ],
    addresses: { "c:eth0": "2001:db8:2::2/64", "r:eth0": "2001:db8:2::1/64", "r:lan": "2001:db8:1::1/64" },
    routes: { c: ["default via 2001:db8:2::1"] },
    sysctls: { r: { "net.ipv6.conf.all.forwarding": 1 } },
    listeners: [{ ns: "r", proto: "udp", port: 53, family: 6 }, { ns: "r", proto: "tcp", port: 80, family: 6 }],
    probes: [
      { from: "c", proto: "udp", dst: "2001:db8:1::", dport: 53, sport: 41_000 },
      { from: "c", proto: "tcp", dst: "2001:db8:1::", dport: 80, sport: 41_000 },
      { from: "r", proto: "icmp", dst: "2001:db8:1::", dport: 0, id: 3 },
    ],
  });
  assertEquals(results.map(({ outcome, client_sees }) => [outcome, client_sees]), [
    ["delivered", "reply"],
    ["dropped", undefined],
    ["delivered", "reply from 2001:db8:1::1"],
  ]);
});

Deno.test("a hop limit set at OUTPUT has an error routed again, by its own ends and not by those of what it is about", () => {
  const routes = {
    dut: [
      "fd00:89::/64 nexthop via 2001:db8:1::6 weight 3 nexthop via 2001:db8:9::254 weight 1 nexthop via 2001:db8:3::5",
    ],
  };
  const ways = (mangle: readonly string[]) =>
    [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const sysctls = { dut: { "net.ipv4.fib_multipath_hash_seed": seed } };
      const props = { ...tables({ mangle }), routes, sysctls };
      return came(props, { ...syn, src: "fd00:89::3", dst: "2001:db8:1::6", ttl: 1 })[0]?.[0]?.split(" ")[0];
    });
  const [plain, again] = [ways([]), ways(["-A OUTPUT -j HL --hl-set 9"])];
  assertEquals(plain.length, 8);
  assertEquals(plain.every((way, i) => way === again[i]), false);
});

Deno.test("a route's own mtu is asked when a packet leaves, behind FORWARD and POSTROUTING; so are pieces longer than it", () => {
  const routes = { dut: ["fd00:90::/64 via 2001:db8:9::254 mtu 1300"] };
  const long = { ...udp, dst: "fd00:90::1", payload: "o".repeat(1400) };
  const results = through({ ...TRACKED, routes }, long, ...cut({ ...long, payload: "o".repeat(2600) }, 1400, 7));
  const answers = results.map(({ out }) => out?.[0]?.split(" ").slice(2).join(" "));
  const tooBig = "icmpv6 2/0 inner([2001:db8:1::5]:1000>[fd00:90::1]:53 ttl=63 udp)";
  assertEquals(answers, [`ttl=64 ${tooBig}`, undefined, `ttl=64 ${tooBig}`]);
  assertEquals(results.map(({ rules }) => rules?.["dut/filter6/FORWARD/policy"]), [1, undefined, 1]);
  assertEquals(results[0]?.conntrack?.["dut"]?.map(({ status }) => status), [["CONFIRMED"]]);
});

Deno.test("an error about a link-local sender that INPUT renamed is lost where nat gives it that name back", () => {
  const props = tables({ nat: ["-A INPUT -j SNAT --to-source 2001:db8:9::9"], filter: [], raw: [] });
  const [refused] = through(props, { ...udp, inject: "dut:dmz", src: "fe80::1", dst: "2001:db8:9::1" });
  assertEquals([refused?.rules?.["dut/raw6/OUTPUT/policy"], refused?.rules?.["dut/filter6/OUTPUT/policy"]], [
    1,
    undefined,
  ]);
});

Deno.test("a segment to no address at all gets no reset, one to a host that is not there does", () => {
  const props = tables({ filter: ["-A FORWARD -p tcp -j REJECT --reject-with tcp-reset"] });
  const ends = (dst: string) => ({ ...syn, inject: "dut:wan", src: "2001:db8:8::8", dst });
  assertEquals(came(props, ends("::"), ends("::7")), [[], ["dut:wan [::7]:80>[2001:db8:8::8]:1000 ttl=64 tcp[RA]"]]);
});

Deno.test("an anycast address answers its own host by the device it belongs to alone", () => {
  const ping = { from: "dut", proto: "icmp" as const, dst: "2001:db8:1::", dport: 0, id: 3 };
  const outcome = (nat: readonly string[]) =>
    play({ ...router6(tables({ nat }), []), probes: [ping] }).results[0]?.outcome;
  assertEquals(outcome([]), "delivered");
  assertEquals(outcome(["-A POSTROUTING -j SNAT --to-source 2001:db8:9::9"]), "dropped");
});

Deno.test("a header in pieces is put into one place where it is checked or changed, and cut anew behind that", () => {
  const sctp = sctpPacket({ ...udp, proto: 132 }, { chunks: ["INIT"], tag: 0, announces: 7 });
  const pieces = (props: Props, whole: PacketProbe) => through(props, ...cut(whole, 8, 7)).at(-1)?.wire?.length;
  const unchecked = { sysctls: { dut: { "net.netfilter.nf_conntrack_checksum": 0 } } };
  const renamed = tables({ nat: ["-A POSTROUTING -j SNAT --to-source 2001:db8:3::1"] });
  assertEquals([TRACKED, { ...TRACKED, ...unchecked }, { ...renamed, ...unchecked }].map((of) => pieces(of, sctp)), [
    1,
    4,
    1,
  ]);
});

Deno.test("a long datagram whose header a rule changes behind conntrack's check is not for us; a segment and a short one are", () => {
  const dst = "2001:db8:1::1";
  const toUs = [{ ...udp, dst, payload: "o".repeat(69) }, { ...udp, dst, payload: "o".repeat(68) }, { ...syn, dst }];
  const answered = (...filter: readonly string[]) =>
    came(tables({ mangle: ["-A INPUT -j HL --hl-inc 2"], filter }), ...toUs).map((out) => out.length);
  assertEquals(answered("-A INPUT -m conntrack --ctstate INVALID"), [0, 1, 1]);
  assertEquals(answered(), [1, 1, 1]);
});

Deno.test("a vxlan between IPv4 addresses has no socket for IPv6", () => {
  const ip = { dut: ["link add vx0 type vxlan id 9 local 192.0.2.1 dstport 8472", "link set vx0 up"] };
  assertEquals(came({ ip }, { ...udp, dst: "2001:db8:1::1", dport: 8472 }), [[
    "dut:lan 2001:db8:1::1>2001:db8:1::5 ttl=64 icmpv6 1/4 inner([2001:db8:1::5]:1000>[2001:db8:1::1]:8472 ttl=64 udp)",
  ]]);
});

Deno.test("who asks a group from no address is answered there", () => {
  assertEquals(came({}, { ...echo, inject: "dut:wan", src: "::", dst: "ff02::1" }), [[
    "dut:wan 2001:db8:9::9>:: ttl=64 icmpv6 129/0 id=7",
  ]]);
});

Deno.test("a reset to a link-local address goes where the routes lead, not back where it came from", () => {
  const props = tables({ filter: ["-A INPUT -p tcp -j REJECT --reject-with tcp-reset"] });
  assertEquals(came(props, { ...syn, src: "fe80::1", dst: "2001:db8:9::9" }), [[
    "dut:wan [2001:db8:9::9]:80>[fe80::1]:1000 ttl=64 tcp[RA]",
  ]]);
});

Deno.test("a frame that was turned elsewhere while bridged is complained about from where it goes", () => {
  const { results } = play({
    name: "turned",
    ipv6: true,
    namespaces: ["h", "node"],
    links: [
      { type: "tun", ns: "h", name: "t1" },
      { type: "tun", ns: "node", name: "ext" },
      { a: "h:eth0", b: "node:p1", mac_a: "02:00:00:00:00:01" },
      { type: "bridge", ns: "node", name: "br0", ports: ["p1"], mac: "02:00:00:00:00:05" },
    ],
    addresses: {
      "h:t1": "2001:db8:61::1/64",
      "h:eth0": "2001:db8:5::11/64",
      "node:br0": "2001:db8:5::1/64",
      "node:ext": "2001:db8:9::1/64",
    },
    routes: { h: ["default via 2001:db8:5::1"], node: ["2001:db8:61::/64 via 2001:db8:5::11"] },
    sysctls: { h: { "net.ipv6.conf.all.forwarding": 1 }, node: { "net.ipv6.conf.all.forwarding": 1 } },
    ip6tables: {
      node: rules({
        nat: ["-A PREROUTING -p udp -m udp --dport 53 -j DNAT --to-destination 2001:db8:9::7"],
        mangle: ["-A OUTPUT -s 2001:db8:5::1 -p ipv6-icmp -m icmp6 --icmpv6-type 3", "-A OUTPUT -s 2001:db8:9::1"],
      }),
    },
    probes: [53, 54].map((dport) => ({
      ...udp,
      inject: "h:t1",
      src: "2001:db8:61::6",
      dst: "2001:db8:9::8",
      ttl: 2,
      dport,
    })),
  });
  const sources = results.map(({ rules: moved = {} }) => [1, 2].map((n) => moved[`node/mangle6/OUTPUT/${n}`] ?? 0));
  assertEquals(sources, [[0, 1], [1, 0]]);
});

Deno.test("a device that asks for no neighbours hears no solicitations; what is anycast here is told of no errors", () => {
  const group = (dst: string) =>
    through(tables({ filter: [] }), { ...echo, dst })[0]?.rules?.["dut/filter6/INPUT/policy"];
  assertEquals([group("ff02::1:ff00:1"), group("ff02::1")], [undefined, 1]);
  const expired = (src: string) => came({}, { ...udp, src, ttl: 1 })[0]?.length;
  assertEquals([expired("2001:db8:3::"), expired("2001:db8:3::77")], [0, 1]);
});

Deno.test("MASQUERADE gives who has no address yet one", () => {
  const props = tables({ nat: ["-A POSTROUTING -j MASQUERADE"] });
  assertEquals(came(props, { ...udp, inject: "dut:wan", src: "::", dst: "2001:db8:8::8" }), [[
    "dut:wan [2001:db8:9::9]:1000>[2001:db8:8::8]:53 ttl=63 udp",
  ]]);
});

Deno.test("bridged pieces that were put together are routed on whole and cut as they came; bridged frames are complained about by route", () => {
  const { results } = play({
    name: "pieces",
    ipv6: true,
    namespaces: ["h1", "h2", "node"],
    links: [
      { type: "tun", ns: "h1", name: "t1" },
      { type: "tun", ns: "h2", name: "t2" },
      { type: "tun", ns: "node", name: "ext" },
      { a: "h1:eth0", b: "node:p1", mac_a: "02:00:00:00:00:01" },
      { a: "h2:eth0", b: "node:p2", mac_a: "02:00:00:00:00:02" },
      { type: "bridge", ns: "node", name: "br0", ports: ["p1", "p2"], mac: "02:00:00:00:00:05" },
    ],
    addresses: {
      "h1:eth0": "2001:db8:5::11/64",
      "h2:eth0": "2001:db8:5::12/64",
      "node:br0": "2001:db8:5::1/64",
      "node:ext": "2001:db8:9::1/64",
    },
    routes: {
      h1: ["default via 2001:db8:5::1", "2001:db8:61::/64 dev t1"],
      h2: ["2001:db8:61::/64 via 2001:db8:5::11"],
      node: ["default via 2001:db8:9::254"],
    },
    sysctls: Object.fromEntries(["h1", "h2", "node"].map((ns) => [ns, { "net.ipv6.conf.all.forwarding": 1 }])),
    ip6tables: {
      node: rules({ filter: ["-A FORWARD -m conntrack --ctstate INVALID", "-A FORWARD -p tcp -j REJECT"] }),
    },
    probes: [
      ...cut(
        { ...udp, inject: "h1:t1", src: "2001:db8:61::6", dst: "2001:db8:8::8", payload: "o".repeat(2600) },
        1400,
        7,
      ),
      { ...syn, inject: "h2:t2", src: "2001:db8:8::8", dst: "2001:db8:61::6" },
    ],
  });
  assertEquals(results.map(({ out = [] }) => out.map((line) => line.split(">")[0])), [
    [],
    ["node:ext [2001:db8:61::6]:1000", "node:ext 2001:db8:61::6"],
    ["node:ext 2001:db8:9::1"],
  ]);
});

Deno.test("tcpmss drops a first piece without the whole header", () => {
  const [piece] = cut({ ...syn, flags: "PA", payload: "ORACLE" }, 8, 7) as [PacketProbe];
  const props = tables({ raw: ["-A PREROUTING -p tcp -m tcpmss --mss 1000:2000"] });
  assertEquals(came(props, piece, { ...syn }).map((out) => out.length), [0, 1]);
});
