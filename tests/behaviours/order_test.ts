/** The order of checks on a packet's way in, and what the stack says of it. The numbers are those of docs/BEHAVIOURS.md. */
import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { openPlane } from "../parity/plane.ts";
import { buildPacket } from "../parity/packet.ts";
import { cut } from "../parity/random/packets.ts";
import type { PacketProbe } from "../parity/scenario.ts";
import { play, router, rules, tcp, through, udp } from "./stage.ts";

const COUNT = { mangle: [], filter: [] };

Deno.test("21. TTL 1 dies before FORWARD, quoted as it came; FORWARD sees it one lower; mangle PREROUTING can rescue it", () => {
  const [one, two] = through({ iptables: { dut: rules(COUNT) } }, [
    { ...udp("lan", "10.0.1.5", "8.8.8.8"), ttl: 1 },
    { ...udp("lan", "10.0.1.5", "10.0.1.1"), ttl: 1 },
  ]);
  assertEquals(one?.out, ["dut:lan 10.0.1.1>10.0.1.5 ttl=64 icmp 11/0 inner(10.0.1.5:1000>8.8.8.8:53 ttl=1 udp)"]);
  assertEquals(one?.rules?.["dut/filter/FORWARD/policy"], undefined);
  assertObjectMatch(two ?? {}, { rules: { "dut/filter/INPUT/policy": 1 } });
  const rescue = rules({ mangle: ["-A PREROUTING -j TTL --ttl-set 9"], filter: ["-A FORWARD -m ttl --ttl-eq 8"] });
  const [saved] = through({ iptables: { dut: rescue } }, [{ ...udp("lan", "10.0.1.5", "8.8.8.8"), ttl: 1 }]);
  assertObjectMatch(saved ?? {}, { outcome: "forwarded", rules: { "dut/filter/FORWARD/1": 1 } });
});

Deno.test("22. REJECT speaks from the address towards the sender, passes OUTPUT but not nat, and answers no error, no later fragment, no broken UDP", () => {
  const tables = rules({ nat: ["-A POSTROUTING -j MASQUERADE"], filter: ["-A FORWARD -j REJECT"] });
  const [first] = through({ iptables: { dut: tables } }, [udp("lan", "10.0.1.5", "8.8.8.8")]);
  assertObjectMatch(first ?? {}, {
    out: ["dut:lan 10.0.1.1>10.0.1.5 ttl=64 icmp 3/3 inner(10.0.1.5:1000>8.8.8.8:53 ttl=63 udp)"],
    rules: { "dut/filter/FORWARD/1": 1, "dut/filter/OUTPUT/policy": 1 },
  });
  assertEquals(first?.rules?.["dut/nat/POSTROUTING/1"], undefined);
  const broken = buildPacket(udp("lan", "10.0.1.5", "8.8.8.8"));
  broken[26] = (broken[26] as number) ^ 0xff;
  const silent = through({ iptables: { dut: rules({ filter: ["-A FORWARD -j REJECT"] }) } }, [
    { inject: "dut:lan", src: "10.0.1.5", dst: "8.8.8.8", proto: "icmp", type: 3, code: 1 },
    { ...udp("lan", "10.0.1.5", "8.8.8.8"), bytes: broken.toHex() },
    ...cut({ ...udp("lan", "10.0.1.5", "8.8.8.8"), payload: "o".repeat(100) }, 56, 7).slice(1),
  ]);
  assertEquals(silent.map(({ out, rules }) => [out, rules?.["dut/filter/FORWARD/1"]]), [[[], 1], [[], 1], [[], 1]]);
  const reset = rules({ filter: ["-A FORWARD -p tcp -j REJECT --reject-with tcp-reset"] });
  const answers = through({ iptables: { dut: reset } }, [
    tcp("lan", "10.0.1.5>8.8.8.8", { flags: "S" }),
    tcp("lan", "10.0.1.5>8.8.8.8", { flags: "A", ack: 7 }),
    tcp("lan", "10.0.1.5>8.8.8.8", { flags: "R" }),
  ]);
  assertEquals(answers.map(({ out }) => out?.[0]?.split(" ").at(-1)), ["tcp[RA]", "tcp[R]", undefined]);
});

Deno.test("23. martians die before every hook but PREROUTING; a broadcast of any of our networks is for us", () => {
  const into = (src: string, dst: string) => {
    const [result] = through({ iptables: { dut: rules(COUNT) } }, [udp("lan", src, dst)]);
    const chains = Object.keys(result?.rules ?? {}).map((key) => key.split("/")[2]);
    return chains.includes("FORWARD") ? "FORWARD" : chains.includes("INPUT") ? "INPUT" : "none";
  };
  const sources = ["127.0.0.1", "203.0.113.9", "224.0.0.5", "255.255.255.255"];
  assertEquals(sources.map((src) => into(src, "8.8.8.8")), ["none", "none", "none", "none"]);
  assertEquals(["127.0.0.1", "0.0.0.0"].map((dst) => into("10.0.1.5", dst)), ["none", "none"]);
  assertEquals(["240.0.0.1", "169.254.3.3"].map((dst) => into("10.0.1.5", dst)), ["FORWARD", "FORWARD"]);
  assertEquals(into("10.0.1.255", "8.8.8.8"), "FORWARD");
  assertEquals(["10.0.1.255", "10.0.3.255", "203.0.113.255"].map((dst) => into("10.0.1.5", dst)), [
    "INPUT",
    "INPUT",
    "INPUT",
  ]);
});

Deno.test("24. rp_filter is the greater of all and the device; forwarding is a property of the device a packet came in by", () => {
  const outcome = (sysctls: Record<string, number>, at: string, src: string) =>
    through({ sysctls: { dut: sysctls } }, [udp(at, src, "10.0.3.20")])[0]?.outcome;
  assertEquals(outcome({ "net.ipv4.conf.all.rp_filter": 1 }, "wan", "10.0.1.5"), "dropped");
  assertEquals(outcome({ "net.ipv4.conf.wan.rp_filter": 1 }, "wan", "10.0.1.5"), "dropped");
  assertEquals(
    outcome({ "net.ipv4.conf.all.rp_filter": 1, "net.ipv4.conf.wan.rp_filter": 2 }, "wan", "10.0.1.5"),
    "forwarded",
  );
  assertEquals(outcome({ "net.ipv4.conf.dmz.forwarding": 0 }, "lan", "10.0.1.5"), "forwarded");
  assertEquals(outcome({ "net.ipv4.conf.lan.forwarding": 0 }, "lan", "10.0.1.5"), "dropped");
});

Deno.test("who sent a broadcast is looked for without asking whom it is for", () => {
  const ip = { dut: ["rule add from 10.0.3.0/24 to 8.8.8.8 prohibit priority 40"] };
  const props = {
    ip,
    sysctls: { dut: { "net.ipv4.conf.all.rp_filter": 1 } },
    iptables: { dut: rules({ mangle: [] }) },
  };
  const results = through(props, [udp("wan", "8.8.8.8", "10.0.3.255"), udp("wan", "8.8.8.8", "10.0.3.1")]);
  assertEquals(results.map(({ rules }) => rules?.["dut/mangle/INPUT/policy"]), [1, undefined]);
});

Deno.test("25. no route 3/0, unreachable 3/1, prohibit 3/13, blackhole nothing, before FORWARD; a local sender gets the errno", () => {
  const routes = {
    dut: ["unreachable 10.66.7.0/24", "prohibit 10.66.8.0/24", "blackhole 10.66.6.0/24", "throw 10.66.9.0/24"],
  };
  const nets = ["10.66.9.9", "10.66.7.7", "10.66.8.8", "10.66.6.6"];
  const scene = router({ routes, iptables: { dut: rules(COUNT) } }, nets.map((dst) => udp("lan", "10.0.1.5", dst)));
  const results = play({ ...scene, routes: { dut: (scene.routes?.["dut"] ?? []).slice(1) } }).results;
  assertEquals(results.map(({ out }) => / icmp (\S+)/.exec(out?.[0] ?? "")?.[1]), ["3/0", "3/1", "3/13", undefined]);
  assert(results.every(({ rules }) => rules?.["dut/filter/FORWARD/policy"] === undefined));
  const probes = nets.map((dst) => ({ from: "dut", proto: "udp" as const, dst, dport: 53, sport: 4000 }));
  const local = play({ ...scene, routes: { dut: (scene.routes?.["dut"] ?? []).slice(1) }, probes }).results;
  assertEquals(local.map(({ errno }) => errno), ["ENETUNREACH", "EHOSTUNREACH", "EACCES", "EINVAL"]);
});

Deno.test("26. six errors in a burst to one peer, then one a second; resets are not limited", () => {
  const plane = openPlane();
  const ns = plane.addNamespace();
  const dev = plane.addLink(ns, { kind: "tun", name: "lan" }) as number;
  plane.setLink(ns, dev, { up: true });
  plane.addAddress(ns, dev, { address: "10.0.1.1/24" });
  const answers = (count: number, probe: PacketProbe) => {
    for (let i = 0; i < count; i++) plane.inject(ns, dev, buildPacket(probe));
    return plane.takeOut().length;
  };
  const datagram = udp("lan", "10.0.1.5", "10.0.1.1");
  assertEquals(answers(20, datagram), 6);
  plane.run(plane.now() + 1100);
  assertEquals(answers(20, datagram), 1);
  assertEquals(answers(20, tcp("lan", "10.0.1.5>10.0.1.1", { flags: "S" })), 20);
});

Deno.test("27. forwarding back out of the same device sends a redirect, and forwards", () => {
  const [result] = through({ routes: { dut: ["10.66.0.0/16 via 10.0.1.6"] } }, [udp("lan", "10.0.1.5", "10.66.1.1")]);
  assertEquals(result?.out, [
    "dut:lan 10.0.1.1>10.0.1.5 ttl=64 icmp 5/1 inner(10.0.1.5:1000>10.66.1.1:53 ttl=63 udp)",
    "dut:lan 10.0.1.5:1000>10.66.1.1:53 ttl=63 udp",
  ]);
});

Deno.test("a redirect is no error to a raw socket", () => {
  const { results } = play({
    name: "redirect",
    namespaces: ["s", "r"],
    links: [{ a: "s:eth0", b: "r:wan" }],
    addresses: { "s:eth0": "203.0.113.20/24", "r:wan": "203.0.113.1/24" },
    routes: { s: ["default via 203.0.113.1"], r: ["10.96.0.0/16 via 203.0.113.20"] },
    sysctls: { r: { "net.ipv4.ip_forward": 1 } },
    iptables: { s: rules({ filter: ["-A INPUT -p icmp -m icmp --icmp-type 5/1"] }) },
    probes: [{ from: "s", proto: "icmp", dst: "10.96.0.1", dport: 0 }],
  });
  assertEquals([results[0]?.outcome, results[0]?.errno, results[0]?.rules?.["s/filter/INPUT/1"]], [
    "dropped",
    undefined,
    1,
  ]);
});

Deno.test("28. any local address answers on any device, also that of a device that is down; proxy_arp answers for what it routes", () => {
  const wire = (sysctls: Record<string, number>, ip: string[]) => ({
    name: "weak",
    namespaces: ["c", "r"],
    links: [{ a: "c:eth0", b: "r:c" }, { type: "tun" as const, ns: "r", name: "far" }],
    addresses: { "c:eth0": "10.0.1.2/16", "r:c": "10.0.1.1/24", "r:far": "10.0.3.1/24" },
    sysctls: { r: { "net.ipv4.ip_forward": 1, ...sysctls } },
    ip: { r: ip },
    probes: [{ from: "c", proto: "icmp" as const, dst: "10.0.3.1", dport: 0 }],
  });
  assertObjectMatch(play(wire({}, [])).results[0] ?? {}, { outcome: "delivered" });
  assertObjectMatch(play(wire({}, ["link set far down"])).results[0] ?? {}, { outcome: "delivered" });
  assertObjectMatch(play(wire({ "net.ipv4.conf.all.arp_ignore": 1 }, [])).results[0] ?? {}, { outcome: "dropped" });
  const asks = (proxy: number) => {
    const scene = wire({ "net.ipv4.conf.c.proxy_arp": proxy, "net.ipv4.conf.c.send_redirects": 0 }, []);
    const { world } = play({ ...scene, probes: [] });
    const client = world.ns.get("c") as number;
    world.plane.sendTo(world.plane.socket(client, "udp", 4), new Uint8Array(1), "10.0.3.20", 9);
    world.plane.run(world.plane.now() + 900);
    return world.plane.neighbours(client).some(({ ip, mac }) => ip === "10.0.3.20" && mac !== undefined);
  };
  assertEquals([asks(0), asks(1)], [false, true]);
});

Deno.test("29. a device that goes down takes its routes along, and static ones do not come back with it", () => {
  const { world } = play(router({ routes: { dut: ["10.66.0.0/16 via 10.0.3.9"] } }));
  const { plane, ns } = world;
  const dut = ns.get("dut") as number;
  const dmz = plane.links(dut).find(({ name }) => name === "dmz")?.index ?? 0;
  const there = () =>
    plane.routes(dut, 4).filter(({ dev }) => dev === dmz).map(({ to }) => to).filter((to) => !to.endsWith("/32"));
  assertEquals(there().sort(), ["10.0.3.0/24", "10.66.0.0/16"]);
  plane.setLink(dut, dmz, { up: false });
  assertEquals(there(), []);
  plane.setLink(dut, dmz, { up: true });
  assertEquals(there(), ["10.0.3.0/24"]);
});

Deno.test("30. addrtype looks at the local table alone: a blackhole is unicast, 127/8 and local routes are local, 0.0.0.0 is broadcast", () => {
  const hits = (type: string, dst: string) => {
    const tables = rules({ mangle: [`-A PREROUTING -m addrtype --dst-type ${type}`] });
    const routes = { dut: ["blackhole 10.66.6.0/24", "local 10.77.0.0/16 dev lo"] };
    const [result] = through({ routes, iptables: { dut: tables } }, [udp("lan", "10.0.1.5", dst)]);
    return result?.rules?.["dut/mangle/PREROUTING/1"] === 1;
  };
  assertEquals([hits("BLACKHOLE", "10.66.6.6"), hits("UNICAST", "10.66.6.6")], [false, true]);
  assertEquals(["127.0.0.1", "10.77.1.1", "203.0.113.9"].map((dst) => hits("LOCAL", dst)), [true, true, true]);
  assertEquals(["0.0.0.0", "10.0.3.255"].map((dst) => hits("BROADCAST", dst)), [true, true]);
});

Deno.test("31. a mark routes only where it is set before routing: in mangle PREROUTING, not in FORWARD", () => {
  const out = (chain: string) => {
    const tables = rules({ mangle: [`-A ${chain} -j MARK --set-mark 1`] });
    const ip = { dut: ["rule add fwmark 1 table 100", "route add default via 10.0.3.9 table 100"] };
    return through({ ip, iptables: { dut: tables } }, [udp("lan", "10.0.1.5", "8.8.8.8")])[0]?.out?.[0]?.split(" ")[0];
  };
  assertEquals([out("PREROUTING"), out("FORWARD")], ["dut:dmz", "dut:wan"]);
});

Deno.test("35. ECMP: addresses alone choose the leg, or all five with policy 1, and one seed gives the same legs every time", () => {
  const legs = (policy: number, seed: number) => {
    const routes = { dut: ["10.88.0.0/16 nexthop via 10.0.1.6 weight 1 nexthop via 10.0.3.9 weight 1"] };
    const sysctls = { "net.ipv4.fib_multipath_hash_policy": policy, "net.ipv4.fib_multipath_hash_seed": seed };
    const probes = Array.from({ length: 16 }, (_, i) => ({ ...udp("wan", "8.8.8.8", "10.88.0.1"), sport: 1000 + i }));
    return through({ routes, sysctls: { dut: sysctls } }, probes).map(({ out }) => out?.[0]?.split(" ")[0]);
  };
  assertEquals(new Set(legs(0, 7)).size, 1);
  assertEquals(new Set(legs(1, 7)).size, 2);
  assertEquals(legs(1, 7), legs(1, 7));
});

Deno.test("an error is hashed by the addresses it quotes, whatever stands in their place", () => {
  const routes = { dut: ["10.89.0.0/16 nexthop via 10.0.1.6 nexthop via 10.0.3.9"] };
  const sysctls = { dut: { "net.ipv4.fib_multipath_hash_seed": 7 } };
  const error = (n: number, from: number): PacketProbe => {
    const payload = [..."x".repeat(40)].map((x, i) => i === from ? String.fromCharCode(65 + n) : x).join("");
    return { inject: "dut:wan", src: "8.8.8.8", dst: "10.89.0.1", proto: "icmp", type: 3, code: 1, payload };
  };
  const ways = (from: number) =>
    new Set(
      through({ routes, sysctls }, Array.from({ length: 16 }, (_, n) => error(n, from))).map(({ out }) =>
        out?.[0]?.split(" ")[0]
      ),
    ).size;
  // Behind the ICMP header: the quoted header's length, its destination.
  assertEquals([ways(2), ways(16)], [1, 2]);
});

Deno.test("no error is sent about ICMP of unknown types and router discovery, as little as about errors", () => {
  const expired = (type: number) => ({ ...udp("lan", "10.0.1.5", "8.8.8.8"), proto: "icmp", type, id: 7, ttl: 1 });
  const types = Array.from({ length: 21 }, (_, type) => type);
  const answered = through({}, types.map(expired)).flatMap(({ out = [] }, type) => out.length > 0 ? [type] : []);
  assertEquals(answered, [0, 8, 13, 14, 15, 16, 17, 18]);
});
