/** Behaviours of bridges and tunnels. The numbers are those of docs/BEHAVIOURS.md. */
import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { buildPacket } from "../parity/packet.ts";
import { cut } from "../parity/random/packets.ts";
import type { Probe, ProbeResult, Scenario, SocketProbe } from "../parity/scenario.ts";
import { node, play, rules } from "./stage.ts";

const toService = (from: string): SocketProbe => ({ from, proto: "tcp", dst: "10.96.0.1", dport: 80, sport: 41_000 });

Deno.test("17. with bridge-nf bridged frames pass nat, FORWARD and POSTROUTING, and keep their TTL", () => {
  const { world, results } = play({ ...node(1, 0), probes: [toService("p2")] });
  assertObjectMatch(results[0] ?? {}, {
    outcome: "delivered",
    seen_src: "10.244.1.3:41000",
    rules: { "node/nat/PREROUTING/1": 1, "node/filter/FORWARD/policy": 3 },
  });
  const { plane, ns } = world;
  plane.capture(ns.get("p1") as number, 2, true);
  const socket = plane.socket(ns.get("p2") as number, "udp", 4);
  plane.sendTo(socket, new Uint8Array(1), "10.244.1.2", 9);
  assertEquals(plane.takeFrames().map(({ bytes }) => bytes[22])[0], 64);
});

Deno.test("18. without bridge-nf a Service on the client's own bridge breaks: the answer comes untranslated and is reset", () => {
  const { results } = play({ ...node(0, 0), probes: [toService("p2")] });
  assertEquals(results[0]?.client_sees, undefined);
  assertObjectMatch(results[0] ?? {}, { outcome: "dropped" });
});

Deno.test("19. a pod reaches itself through its Service with bridge-nf only in hairpin mode, without bridge-nf in either", () => {
  const outcome = (bridgeNf: 0 | 1, hairpin: 0 | 1) =>
    play({ ...node(bridgeNf, hairpin), probes: [toService("p1")] }).results[0]?.outcome;
  assertEquals([outcome(1, 0), outcome(1, 1), outcome(0, 0), outcome(0, 1)], [
    "dropped",
    "delivered",
    "delivered",
    "delivered",
  ]);
});

Deno.test("20. a broadcast is flooded to the ports before the bridge's own stack answers it", () => {
  const { world } = play(node(1, 0));
  const { plane, ns } = world;
  const p1 = ns.get("p1") as number;
  const socket = plane.socket(p1, "udp", 4);
  plane.trace(socket);
  plane.sendTo(socket, new Uint8Array(1), "10.244.1.1", 9);
  const actions = plane.takeTrace().filter(({ layer }) => layer === "arp" || layer === "bridge").map(({ action }) =>
    action
  );
  assert(actions.indexOf("flooded") < actions.indexOf("answered"), actions.join());
});

Deno.test("36. path MTU over vxlan: the first long datagram gets 3/4, then the sender cuts by itself", () => {
  const side = (n: number) => [
    `link add vx0 address 02:00:00:00:aa:0${n} type vxlan id 9 local 192.168.9.${n} dev eth0 dstport 8472 nolearning`,
    "link set vx0 mtu 1450 up",
    `addr add 10.7.0.${n}/24 dev vx0`,
    `neigh add 10.7.0.${3 - n} lladdr 02:00:00:00:aa:0${3 - n} dev vx0 nud permanent`,
    `route add 10.8.${3 - n}.0/24 via 10.7.0.${3 - n} dev vx0`,
  ];
  const fdb = (n: number) => [`bridge fdb add 02:00:00:00:aa:0${3 - n} dev vx0 dst 192.168.9.${3 - n}`];
  const long = {
    from: "pod",
    proto: "udp" as const,
    dst: "10.8.2.2",
    dport: 53,
    sport: 4000,
    payload: "o".repeat(1472),
  };
  const { results } = play({
    name: "vxlan",
    namespaces: ["pod", "a", "b", "far"],
    links: [{ a: "pod:eth0", b: "a:pod" }, { a: "a:eth0", b: "b:eth0" }, { a: "far:eth0", b: "b:far" }],
    addresses: {
      "pod:eth0": "10.8.1.2/24",
      "a:pod": "10.8.1.1/24",
      "a:eth0": "192.168.9.1/24",
      "b:eth0": "192.168.9.2/24",
      "b:far": "10.8.2.1/24",
      "far:eth0": "10.8.2.2/24",
    },
    routes: { pod: ["default via 10.8.1.1"], far: ["default via 10.8.2.1"] },
    ip: { a: side(1), b: side(2) },
    cmds: { a: fdb(1), b: fdb(2) },
    sysctls: { a: { "net.ipv4.ip_forward": 1 }, b: { "net.ipv4.ip_forward": 1 } },
    listeners: [{ ns: "far", proto: "udp", port: 53 }],
    probes: [long, long],
  });
  assertObjectMatch(results[0] ?? {}, { icmp: [3, 4], icmp_from: "10.8.1.1" });
  assertObjectMatch(results[1] ?? {}, { outcome: "delivered", client_sees: "reply" });
});

/** A node behind a vxlan whose other end is a router with a tun port. */
function tunnel(more: Partial<Scenario>): Scenario {
  const side = (n: number) => [
    `link add vx0 address 02:00:00:00:aa:0${n} type vxlan id 9 local 192.168.9.${n} dev eth0 dstport 8472`,
    "link set vx0 up",
    `addr add 10.7.0.${n}/24 dev vx0`,
    `route add 10.8.${3 - n}.0/24 via 10.7.0.${3 - n} dev vx0`,
  ];
  return {
    name: "tunnel",
    namespaces: ["a", "b"],
    links: [{ type: "tun", ns: "a", name: "tn" }, { a: "a:eth0", b: "b:eth0" }],
    addresses: {
      "a:tn": "10.8.1.1/24",
      "a:eth0": ["192.168.9.1/24", "192.168.9.11/24"],
      "b:eth0": ["192.168.9.2/24", "192.168.9.12/24"],
    },
    ip: { a: side(1), b: side(2) },
    cmds: {
      a: ["bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.9.2"],
      b: ["bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.9.1"],
    },
    sysctls: { a: { "net.ipv4.ip_forward": 1 }, b: { "net.ipv4.ip_forward": 1 } },
    probes: [],
    ...more,
  };
}

Deno.test("REJECT asks for no checksum inside a tunnel whose own was right, unless conntrack found it wrong", () => {
  const bad = buildPacket({ inject: "a:tn", src: "10.8.1.5", dst: "10.7.0.2", proto: "udp", sport: 1, dport: 2 });
  bad[26] = (bad[26] ?? 0) ^ 0x55;
  const probe = { inject: "a:tn", src: "10.8.1.5", dst: "10.7.0.2", proto: "udp", bytes: bad.toHex() };
  const answers = (...more: readonly string[]) =>
    play(
      tunnel({ iptables: { b: rules({ filter: [...more, "-A INPUT -d 10.7.0.2/32 -j REJECT"] }) }, probes: [probe] }),
    ).results[0]
      ?.out?.length;
  assertEquals(answers(), 1);
  assertEquals(answers("-A FORWARD -m conntrack --ctstate INVALID"), 0);
});

Deno.test("REJECT complains about later pieces of IPv6 that came in a tunnel", () => {
  const long = { inject: "a:tn", src: "2001:db8:81::5", dst: "2001:db8:7::2", proto: "udp", sport: 1, dport: 2 };
  const six = (n: number) => [
    `link add vx0 address 02:00:00:00:aa:0${n} type vxlan id 9 local 192.168.9.${n} dev eth0 dstport 8472`,
    "link set vx0 up",
    `addr add 2001:db8:7::${n}/64 dev vx0`,
    `route add 2001:db8:81::/64 via 2001:db8:7::1 dev vx0`,
  ];
  const { results } = play(tunnel({
    ipv6: true,
    addresses: { "a:tn": "2001:db8:81::1/64", "a:eth0": "192.168.9.1/24", "b:eth0": "192.168.9.2/24" },
    ip: { a: six(1).slice(0, 3), b: six(2) },
    sysctls: { a: { "net.ipv6.conf.all.forwarding": 1 } },
    ip6tables: { b: rules({ filter: ["-A INPUT -p udp -j REJECT"] }) },
    probes: cut({ ...long, payload: "o".repeat(200) }, 104, 7),
  }));
  assertEquals(results.map(({ out = [] }) => out.length), [1, 1]);
});

Deno.test("the copies of a frame for several tunnel ends are no socket's, the last one is", () => {
  const more = [
    "bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.9.2",
    "bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.9.12",
  ];
  const iptables = {
    a: rules({ filter: ["-A OUTPUT -p udp -m owner --socket-exists", "-A OUTPUT -p udp --dport 8472"] }),
  };
  const probes = [{ inject: "a:tn", src: "10.7.0.255", dst: "10.8.1.1", proto: "udp", sport: 1, dport: 2 }];
  const [result] = play(tunnel({ cmds: { a: more }, iptables, probes })).results;
  assertEquals([result?.rules?.["a/filter/OUTPUT/1"], result?.rules?.["a/filter/OUTPUT/2"]], [1, 2]);
});

Deno.test("what a machine hears of its own broadcast fits rpfilter", () => {
  const probes = [{ inject: "a:tn", src: "10.7.0.255", dst: "10.99.0.1", proto: "udp", sport: 1, dport: 2 }];
  const iptables = {
    a: rules({
      raw: ["-A PREROUTING -i vx0 -p icmp -m rpfilter", "-A PREROUTING -i vx0 -p icmp -m pkttype --pkt-type broadcast"],
    }),
  };
  const moved = play(tunnel({ iptables, probes })).results[0]?.rules ?? {};
  assertEquals([moved["a/raw/PREROUTING/1"], moved["a/raw/PREROUTING/2"]], [1, 1]);
});

/** Who sent what came to a node out of a tunnel: address and port of each outer packet's flow, by conntrack there. */
function outerEnds(results: readonly ProbeResult[], to: string): string[] {
  return results.flatMap(({ conntrack = {} }) =>
    (conntrack["b"] ?? []).filter(({ orig }) => orig.dst === `${to}:8472`).map(({ orig }) => String(orig.src))
  );
}

Deno.test("every connected socket draws an outer port of its own; what sockets did not connect has its flow's", () => {
  const iptables = { b: rules({ nat: ["-A POSTROUTING -p 99 -j MASQUERADE"] }) };
  const from = (proto: "udp" | "tcp") => ({ from: "a", proto, dst: "10.7.0.2", dport: 9, sport: 4000 });
  const ports = (...probes: readonly Probe[]) =>
    new Set(outerEnds(play(tunnel({ iptables, probes })).results, "192.168.9.2")).size;
  const arp = { from: "a", proto: "icmp" as const, dst: "10.7.0.2", dport: 0, id: 9 };
  const plain = { inject: "a:tn", src: "10.8.1.5", dst: "10.7.0.2", proto: "udp", sport: 4000, dport: 9 };
  const one = ports(arp);
  assertEquals([ports(arp, arp) - one, ports(arp, plain, plain) - one], [0, 1]);
  assertEquals([ports(arp, from("udp"), from("udp")) - one, ports(arp, from("tcp"), from("tcp")) - one], [2, 2]);
});

Deno.test("what came out of a tunnel keeps its outer port when it goes into one under another name", () => {
  const iptables = {
    b: rules({ nat: ["-A PREROUTING -i vx0 -p udp --dport 9 -j DNAT --to-destination 10.8.1.7:10"] }),
  };
  const probes = [{ inject: "a:tn", src: "10.8.1.5", dst: "10.7.0.2", proto: "udp", sport: 4000, dport: 9 }];
  const { results } = play(tunnel({ iptables, probes }));
  const port = (end?: string) => end?.split(":")[1];
  const [there, back] = ["192.168.9.2", "192.168.9.1"].map((to) => port(outerEnds(results, to).at(-1)));
  assertEquals(there, back);
  assertEquals(results[0]?.outcome, "returned");
});

Deno.test("congestion on the way through a tunnel is noted in what it carries, which is lost if it knows of no such notes", () => {
  const counted = ["0", "1", "2", "3"].map((ecn) => `-A PREROUTING -i vx0 -p udp -m ecn --ecn-ip-ect ${ecn}`);
  const probe = { inject: "a:tn", src: "10.8.1.5", dst: "10.7.0.2", proto: "udp", sport: 1, dport: 2 };
  const seen = (...mangle: readonly string[]) =>
    play(tunnel({
      iptables: { a: rules({ mangle }), b: rules({ mangle: counted }) },
      probes: [0, 1, 2, 3].map((tos) => ({ ...probe, tos })),
    })).results.map(({ rules = {} }) => [1, 2, 3, 4].findIndex((n) => rules[`b/mangle/PREROUTING/${n}`] !== undefined));
  const outer = "-A OUTPUT -p udp -m udp --dport 8472";
  assertEquals(seen(), [0, 1, 2, 3]);
  assertEquals(seen(`${outer} -j TOS --or-tos 0x03`), [-1, 3, 3, 3]);
  assertEquals(seen(`${outer} -j TOS --set-tos 0x01/0x03`), [0, 1, 1, 3]);
  const { results } = play(tunnel({
    iptables: { a: rules({ mangle: ["-A OUTPUT -p udp -m ecn --ecn-ip-ect 2"] }) },
    probes: [probe, { ...probe, tos: 3 }],
  }));
  assertEquals(results.map(({ rules }) => rules?.["a/mangle/OUTPUT/1"]), [undefined, 1]);
});

Deno.test("what the kernel itself says is nobody's any more once it waited for a neighbour", () => {
  const iptables = { b: rules({ filter: ["-A OUTPUT -m owner --socket-exists"] }) };
  const probe = { inject: "a:tn", src: "10.8.1.5", dst: "192.168.9.2", proto: "udp", sport: 1, dport: 2 };
  const { results } = play(tunnel({ iptables, probes: [probe, probe] }));
  // The error; then it and the tunnel's packet around it.
  assertEquals(results.map(({ rules }) => rules?.["b/filter/OUTPUT/1"]), [1, 2]);
});

Deno.test("37. connect() against a REJECT fails at once: port unreachable and reset refuse, the others say no route", () => {
  const answers = ["icmp-port-unreachable", "tcp-reset", "icmp-host-unreachable", "icmp-admin-prohibited"].map(
    (how) => {
      const scene = node(1, 0);
      const filter = rules({ filter: [`-A INPUT -p tcp -j REJECT --reject-with ${how}`] });
      const probes = [{ from: "p2", proto: "tcp" as const, dst: "10.244.1.1", dport: 80, sport: 41_000 }];
      const [result] = play({ ...scene, iptables: { node: filter }, probes }).results;
      return result?.errno;
    },
  );
  assertEquals(answers, ["ECONNREFUSED", "ECONNREFUSED", "EHOSTUNREACH", "EHOSTUNREACH"]);
});

/** Two hosts on a node's bridge, the second behind a narrow port, networks 10.61.0.0/24 and 10.62.0.0/24 behind them. */
function narrow(tables: Readonly<Record<string, readonly string[]>>, probes: Scenario["probes"]): Scenario {
  const forwards = { "net.ipv4.ip_forward": 1 };
  return {
    name: "narrow",
    namespaces: ["h1", "h2", "node"],
    links: [
      { type: "tun", ns: "h1", name: "t1" },
      { type: "tun", ns: "h2", name: "t2" },
      { a: "h1:eth0", b: "node:p1", mac_a: "02:00:00:00:00:01" },
      { a: "h2:eth0", b: "node:p2", mac_a: "02:00:00:00:00:02", mtu: 1300 },
      { type: "bridge", ns: "node", name: "br0", ports: ["p1", "p2"], mac: "02:00:00:00:00:05" },
    ],
    addresses: { "h1:eth0": "10.5.0.11/24", "h2:eth0": "10.5.0.12/24", "node:br0": "10.5.0.1/24" },
    routes: { h1: ["10.62.0.0/24 via 10.5.0.12"], h2: ["10.61.0.0/24 via 10.5.0.11", "10.62.0.0/24 dev t2"] },
    sysctls: { h1: forwards, h2: forwards },
    iptables: { node: rules(tables) },
    probes,
  };
}

Deno.test("bridge-nf cuts what a port is too narrow for, collected or not, if it may be cut", () => {
  const long = {
    inject: "h1:t1",
    src: "10.61.0.6",
    dst: "10.62.0.5",
    proto: "udp",
    sport: 9,
    dport: 53,
    payload: "o".repeat(1440),
  };
  const lengths = (tables: Readonly<Record<string, readonly string[]>>) =>
    play(narrow(tables, [long, { ...long, df: 1 }])).results.map(({ wire = [] }) =>
      wire.map(([, hex]) => hex.length / 2)
    );
  assertEquals(lengths({ filter: [] }), [[1300, 188], []]);
  assertEquals(lengths({ filter: ["-A FORWARD -m conntrack --ctstate INVALID"] }), [[1300, 188], []]);
});
