/** Behaviours of NAT and conntrack that need a whole router. The numbers are those of docs/BEHAVIOURS.md. */
import { assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import { bytesOf, cut, finish, tcpWith } from "../parity/random/packets.ts";
import { play, router, rules, shapes, tcp, through, udp } from "./stage.ts";

Deno.test("6. MASQUERADE takes the out device's primary address in the subnet of the next hop, whatever the route's src says", () => {
  const props = {
    addresses: { "dut:lan": "10.0.1.1/24", "dut:wan": ["203.0.113.1/24", "198.51.100.1/24"], "dut:dmz": "10.0.3.1/24" },
    routes: { dut: ["10.66.0.0/16 via 198.51.100.254", "10.67.0.0/16 via 203.0.113.254 src 10.0.3.1"] },
    iptables: { dut: rules({ nat: ["-A POSTROUTING -j MASQUERADE"] }) },
  };
  const [one, other] = through(props, [udp("lan", "10.0.1.5", "10.66.0.1"), udp("lan", "10.0.1.5", "10.67.0.1")]);
  assertEquals(one?.out, ["dut:wan 198.51.100.1:1000>10.66.0.1:53 ttl=63 udp"]);
  assertEquals(other?.out, ["dut:wan 203.0.113.1:1000>10.67.0.1:53 ttl=63 udp"]);
});

Deno.test("9. DNAT in OUTPUT comes after routing: no route is ENETUNREACH all the same, and the source is the first route's", () => {
  const scene = (routes: string[]) => ({
    ...router({
      iptables: { dut: rules({ nat: ["-A OUTPUT -d 10.96.0.1/32 -p udp -j DNAT --to-destination 10.0.3.20"] }) },
    }),
    routes: { dut: routes },
    probes: [{ from: "dut", proto: "udp" as const, dst: "10.96.0.1", dport: 53, sport: 4000 }],
  });
  assertObjectMatch(play(scene([])).results[0] ?? {}, { outcome: "error", errno: "ENETUNREACH" });
  const { world } = play(scene(["10.96.0.0/16 via 203.0.113.254"]));
  const [flow] = world.plane.flows(world.ns.get("dut") as number);
  assertObjectMatch(flow ?? {}, {
    original: { src: "203.0.113.1", dst: "10.96.0.1" },
    reply: { src: "10.0.3.20", dst: "203.0.113.1" },
  });
});

Deno.test("10. INVALID packets are not translated: data outside the window goes to the address of the Service itself", () => {
  const nat = rules({
    nat: ["-A PREROUTING -d 203.0.113.9/32 -p tcp -j DNAT --to-destination 10.0.3.20:8080"],
    filter: [],
  });
  const far = { sport: 8080, dport: 1000 };
  const results = through({ iptables: { dut: nat } }, [
    tcp("lan", "10.0.1.5>203.0.113.9", { flags: "S", seq: 1000 }),
    tcp("dmz", "10.0.3.20>10.0.1.5", { ...far, flags: "SA", seq: 50_000, ack: 1001 }),
    tcp("lan", "10.0.1.5>203.0.113.9", { flags: "A", seq: 1001, ack: 50_001 }),
    tcp("lan", "10.0.1.5>203.0.113.9", { flags: "PA", seq: 2_000_001_001, ack: 50_001 }),
    tcp("dmz", "10.0.3.20>10.0.1.5", { ...far, flags: "PA", seq: 2_000_050_001, ack: 1001 }),
  ]);
  assertEquals(results[2]?.out, ["dut:dmz 10.0.1.5:1000>10.0.3.20:8080 ttl=63 tcp[A]"]);
  assertObjectMatch(results[3] ?? {}, {
    outcome: "returned",
    out: ["dut:lan 203.0.113.9:80>10.0.1.5:1000 ttl=64 tcp[R]"],
  });
  assertObjectMatch(results[4] ?? {}, { out: ["dut:lan 10.0.3.20:8080>10.0.1.5:1000 ttl=63 tcp[PA]"] });
});

Deno.test("15. an error the router makes about a packet it has already translated finds the client by way of lo", () => {
  const scenario = {
    name: "down",
    namespaces: ["c", "r", "s"],
    links: [{ a: "c:eth0", b: "r:c" }, { a: "s:eth0", b: "r:s" }],
    addresses: { "c:eth0": "10.0.1.2/24", "r:c": "10.0.1.1/24", "r:s": "10.0.2.1/24" },
    routes: { c: ["default via 10.0.1.1"] },
    sysctls: { r: { "net.ipv4.ip_forward": 1 } },
    iptables: { r: rules({ nat: ["-A POSTROUTING -o s -j MASQUERADE"] }) },
    probes: [{ from: "c", proto: "udp" as const, dst: "10.0.2.9", dport: 53, sport: 4000 }],
  };
  const { world } = play({ ...scenario, probes: [] });
  const { plane } = world;
  const socket = plane.socket(world.ns.get("c") as number, "udp", 4);
  plane.connect(socket, "10.0.2.9", 53);
  plane.send(socket, new Uint8Array(5));
  plane.run(plane.now() + 4000);
  assertObjectMatch(plane.takeError(socket) ?? {}, { origin: "icmp", type: 3, code: 1, offender: "10.0.2.1" });
});

Deno.test("what an error quotes of a TCP header that was cut short is translated back, its checksum too", () => {
  const out = { inject: "h:t", src: "10.6.2.6", dst: "10.96.0.1", proto: "tcp", sport: 1000, dport: 443, flags: "S" };
  const back = { inject: "r:ext", src: "10.96.0.1", dst: "203.0.113.1", proto: "tcp", sport: 443, dport: 1000, ttl: 2 };
  const pieces = cut(tcpWith({ ...back, flags: "SA", seq: 1, ack: 1001 }, [2, 4, 5, 180, 1, 1, 4, 2], 512), 24, 7);
  const { results } = play({
    name: "short quote",
    namespaces: ["r", "h"],
    links: [{ type: "tun", ns: "r", name: "ext" }, { type: "tun", ns: "h", name: "t" }, { a: "r:h", b: "h:eth0" }],
    addresses: {
      "r:ext": "203.0.113.1/24",
      "r:h": "10.5.0.1/24",
      "h:eth0": "10.5.0.12/24",
      "h:t": "10.6.2.1/24",
    },
    routes: { r: ["10.6.2.0/24 via 10.5.0.12", "default via 203.0.113.254"], h: ["default via 10.5.0.1"] },
    sysctls: { r: { "net.ipv4.ip_forward": 1 }, h: { "net.ipv4.ip_forward": 1 } },
    iptables: { r: rules({ nat: ["-A POSTROUTING -o ext -j MASQUERADE"] }) },
    probes: [out, ...pieces],
  });
  const [, error = ""] = results[2]?.wire?.[0] ?? [];
  assertEquals(error.slice(2 * (28 + 12)), pieces[0]?.bytes?.slice(2 * 12));
});

Deno.test("16. fragments: whole to the rules where conntrack is on, and in the same pieces again; judged alone where it is not", () => {
  const packet = { ...udp("lan", "10.0.1.5", "8.8.8.8"), payload: "o".repeat(100) };
  const pieces = cut(packet, 56, 7);
  const match = "-A FORWARD -p udp -m udp --dport 53";
  const tracked = through(
    { iptables: { dut: rules({ filter: [match, "-A FORWARD -m conntrack --ctstate NEW"] }) } },
    pieces,
  );
  assertEquals(tracked.map(({ rules }) => rules?.["dut/filter/FORWARD/1"]), [undefined, 1]);
  assertEquals(shapes(tracked[1] ?? { outcome: "" }).map((shape) => shape.split(" ").slice(0, 3)), [
    ["len=76", "tos=0", "frag=0+"],
    ["len=72", "tos=0", "frag=56"],
  ]);
  const plain = through({ iptables: { dut: rules({ filter: [match] }) } }, pieces);
  assertEquals(plain.map(({ rules }) => rules?.["dut/filter/FORWARD/1"]), [1, undefined]);
  assertEquals(plain.map(({ rules }) => rules?.["dut/filter/FORWARD/policy"]), [1, 1]);
});

Deno.test("pieces that may not be cut fit where each of them does, long as they are together", () => {
  const packet = { ...udp("lan", "10.0.1.5", "10.9.0.1"), payload: "o".repeat(2600), df: 1 };
  const pieces = (size: number) => cut(packet, size, 7).map((piece) => finish(piece, flagged(bytesOf(piece))));
  const props = {
    routes: { dut: ["10.9.0.0/24 via 203.0.113.254 mtu 1300"] },
    iptables: { dut: rules({ filter: ["-A FORWARD -m conntrack --ctstate NEW"] }) },
  };
  const came = [1240, 1400].map((size) => through(props, pieces(size)).at(-1)?.out?.map((line) => line.split(" ")[0]));
  assertEquals(came, [["dut:wan", "dut:wan", "dut:wan"], ["dut:lan"]]);
});

/** The same packet with "don't fragment". */
function flagged(bytes: Uint8Array): Uint8Array {
  bytes[6] = (bytes[6] ?? 0) | 0x40;
  return bytes;
}

Deno.test("34. ACCEPT ends a table, not the packet: nat's does not skip filter, and nat takes no DROP", () => {
  const [result] = through(
    {
      iptables: {
        dut: rules({
          nat: ["-A PREROUTING -j ACCEPT", "-A POSTROUTING -j MASQUERADE"],
          filter: ["-A FORWARD -j DROP"],
        }),
      },
    },
    [udp("lan", "10.0.1.5", "8.8.8.8")],
  );
  assertObjectMatch(result ?? {}, {
    outcome: "dropped",
    rules: { "dut/nat/PREROUTING/1": 1, "dut/filter/FORWARD/1": 1 },
  });
  const refused = () => play(router({ iptables: { dut: rules({ nat: ["-A PREROUTING -j DROP"] }) } }));
  try {
    refused();
    throw new Error("the table was taken");
  } catch (error) {
    assertMatch(String(error), /The "nat" table is not intended for filtering/);
  }
});
