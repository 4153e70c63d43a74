import { assert, assertEquals, assertThrows } from "@std/assert";
import { isFailure } from "../core/base/mod.ts";
import type { Ns, Plane, TraceRecord } from "./mod.ts";
import { bytes, connected, echo, host, named, ok, open, routed, switched, text, twoHosts, wire } from "./testing.ts";

Deno.test("two hosts on one wire: a ping is answered, and both know each other's MAC", () => {
  const { plane, a, b } = twoHosts();
  assertEquals(echo(plane, a, "10.0.0.2"), { from: "10.0.0.2" });
  const [entry] = plane.neighbours(a);
  assertEquals(entry?.mac, named(plane, b, "eth0").mac);
});

Deno.test("without a route a send fails with ENETUNREACH", () => {
  const { plane, a } = twoHosts();
  assertEquals(echo(plane, a, "192.0.2.1"), { error: "ENETUNREACH" });
});

Deno.test("a neighbour that does not answer is given up after three seconds with EHOSTUNREACH", () => {
  const { plane, a } = twoHosts();
  assertEquals(echo(plane, a, "10.0.0.77"), { error: "EHOSTUNREACH", offender: "10.0.0.1" });
  assertEquals(plane.neighbours(a).map((entry) => entry.state), ["FAILED"]);
});

Deno.test("a neighbour goes from REACHABLE to STALE with time, and is asked again when used", () => {
  const { plane, a } = twoHosts();
  echo(plane, a, "10.0.0.2");
  const state = () => plane.neighbours(a)[0]?.state;
  assertEquals(state(), "REACHABLE");
  plane.run(plane.now() + 40_000);
  assertEquals(state(), "STALE");
  const socket = plane.socket(a, "udp", 4);
  ok(plane.sendTo(socket, bytes("x"), "10.0.0.2", 9));
  assertEquals(state(), "DELAY");
  plane.run(plane.now() + 6000);
  assertEquals(state(), "REACHABLE");
});

Deno.test("UDP: a datagram arrives with its sender's address, and the answer comes back", () => {
  const { plane, a, b } = twoHosts();
  const server = plane.socket(b, "udp", 4);
  ok(plane.bind(server, "0.0.0.0", 53));
  const client = plane.socket(a, "udp", 4);
  ok(plane.connect(client, "10.0.0.2", 53));
  ok(plane.send(client, bytes("question")));
  assertEquals(plane.takeWakeups(), [server]);
  const got = ok(plane.receiveFrom(server));
  assertEquals([got.from, got.to, text.decode(got.data)], ["10.0.0.1", "10.0.0.2", "question"]);
  ok(plane.sendTo(server, bytes("answer"), got.from, got.fromPort));
  assertEquals(text.decode(ok(plane.receiveFrom(client)).data), "answer");
});

Deno.test("UDP to a port without a listener: ECONNREFUSED on a connected socket", () => {
  const { plane, a } = twoHosts();
  const client = plane.socket(a, "udp", 4);
  ok(plane.connect(client, "10.0.0.2", 9));
  ok(plane.send(client, bytes("x")));
  assertEquals(plane.socketView(client).error, "ECONNREFUSED");
  assertEquals(plane.takeError(client)?.offender, "10.0.0.2");
});

Deno.test("bind refuses a taken port, an address that is not ours, and binding twice", () => {
  const { plane, a } = twoHosts();
  const [one, two] = [plane.socket(a, "udp", 4), plane.socket(a, "udp", 4)];
  ok(plane.bind(one, "0.0.0.0", 53));
  assertEquals(plane.bind(two, "10.0.0.1", 53), { errno: "EADDRINUSE" });
  assertEquals(plane.bind(two, "10.9.9.9", 54), { errno: "EADDRNOTAVAIL" });
  assertEquals(plane.bind(one, "0.0.0.0", 55), { errno: "EINVAL" });
});

Deno.test("a router forwards with one hop less, and answers for a packet that has none left", () => {
  const { plane, a, b } = routed();
  const server = plane.socket(b, "udp", 4);
  ok(plane.bind(server, "0.0.0.0", 53));
  const client = plane.socket(a, "udp", 4);
  ok(plane.sendTo(client, bytes("x"), "10.0.2.2", 53));
  assertEquals(ok(plane.receiveFrom(server)).ttl, 63);
  assertEquals(echo(plane, a, "10.0.2.2", { ttl: 1 }), { error: "EHOSTUNREACH", offender: "10.0.1.1" });
});

Deno.test("a router that does not forward is silent; one without a route says so", () => {
  const { plane, a, r } = routed();
  assertEquals(echo(plane, a, "203.0.113.1"), { error: "ENETUNREACH", offender: "10.0.1.1" });
  ok(plane.setSysctl(r, "net.ipv4.ip_forward", 0));
  assertEquals(echo(plane, a, "10.0.2.2"), { error: undefined, offender: undefined });
});

Deno.test("a narrow link on the way: DF gets 3/4 and shorter packets follow; without DF it is cut and put together", () => {
  const { plane, a, b, r } = routed();
  ok(plane.setLink(r, named(plane, r, "right").index, { mtu: 1000 }));
  ok(plane.setLink(b, named(plane, b, "eth0").index, { mtu: 1000 }));
  assertEquals(echo(plane, a, "10.0.2.2", { size: 1200 }).error, "EMSGSIZE");
  assertEquals(echo(plane, a, "10.0.2.2", { size: 1200 }), { from: "10.0.2.2" });
  assertEquals(echo(plane, a, "10.0.2.2", { size: 4000, dontFragment: false }), { from: "10.0.2.2" });
});

Deno.test("rp_filter drops what would be answered another way", () => {
  const { plane, a, b, r } = routed();
  const server = plane.socket(b, "udp", 4);
  ok(plane.bind(server, "0.0.0.0", 53));
  ok(plane.addAddress(a, named(plane, a, "eth0").index, { address: "10.0.2.99/32" }));
  const send = () => {
    const client = plane.socket(a, "udp", 4);
    ok(plane.bind(client, "10.0.2.99", 0));
    ok(plane.sendTo(client, bytes("x"), "10.0.2.2", 53));
    return !isFailure(plane.receiveFrom(server));
  };
  assertEquals(send(), true);
  ok(plane.setSysctl(r, "net.ipv4.conf.left.rp_filter", 1));
  assertEquals(send(), false);
});

Deno.test("a bridge learns where its hosts are, forgets after five minutes, and floods what it does not know", () => {
  const { plane, hosts, sw } = switched(3);
  const [a, , c] = hosts as [Ns, Ns, Ns];
  assertEquals(echo(plane, a, "10.0.0.2"), { from: "10.0.0.2" });
  const learned = () => plane.fdb(sw).filter((entry) => !entry.permanent).length;
  assertEquals(learned(), 2);
  const heard = named(plane, c, "eth0").rx.packets;
  echo(plane, a, "10.0.0.2");
  assertEquals(named(plane, c, "eth0").rx.packets, heard);
  plane.run(plane.now() + 301_000);
  assertEquals(learned(), 0);
});

Deno.test("isolated ports do not talk to each other", () => {
  const { plane, hosts, sw } = switched(3);
  for (const name of ["port0", "port1"]) ok(plane.setLink(sw, named(plane, sw, name).index, { isolated: true }));
  assertEquals(echo(plane, hosts[0] as Ns, "10.0.0.2").from, undefined);
  assertEquals(echo(plane, hosts[0] as Ns, "10.0.0.3").from, "10.0.0.3");
});

Deno.test("a bridge has its lowest port's MAC unless one was set, and no carrier without a port that is up", () => {
  const { plane, sw, bridge } = switched(3);
  const ports = [0, 1, 2].map((i) => named(plane, sw, `port${i}`));
  const br = () => named(plane, sw, "br0");
  assertEquals(br().mac, ports.map((port) => port.mac).sort()[0]);
  assertEquals(br().operstate, "UP");
  for (const port of ports) ok(plane.setLink(sw, port.index, { up: false }));
  assertEquals([br().carrier, br().operstate], [false, "DOWN"]);
  ok(plane.setLink(sw, bridge, { mac: "02:00:00:00:00:77" }));
  ok(plane.setLink(sw, ports[0]!.index, { master: 0 }));
  assertEquals(br().mac, "02:00:00:00:00:77");
});

/** Two nodes with a vxlan device each, 10.9.0.1 and 10.9.0.2, over 10.0.0.1 and 10.0.0.2. */
function tunnelled(): { plane: Plane; a: Ns; b: Ns } {
  const { plane, a, b } = twoHosts();
  [a, b].forEach((ns, i) => {
    const dev = ok(plane.addLink(ns, {
      kind: "vxlan",
      name: "vx",
      mac: `02:00:00:00:01:0${i}`,
      tunnel: { id: 1, local: `10.0.0.${i + 1}`, dev: named(plane, ns, "eth0").index, port: 8472, learning: false },
    }));
    ok(plane.setLink(ns, dev, { up: true }));
    ok(plane.addAddress(ns, dev, { address: `10.9.0.${i + 1}/24` }));
    const far = { mac: `02:00:00:00:01:0${1 - i}`, dev };
    const flags = { permanent: true, static: false, self: true, master: 0 };
    ok(plane.addFdb(ns, { ...far, ...flags, dst: `10.0.0.${2 - i}` }, "add"));
    ok(plane.addNeighbour(ns, { ip: `10.9.0.${2 - i}`, ...far, state: "PERMANENT" }, "add"));
  });
  return { plane, a, b };
}

Deno.test("vxlan: frames travel in datagrams, 50 bytes narrower, and a VNI nobody has is dropped", () => {
  const { plane, a, b } = tunnelled();
  assertEquals(named(plane, a, "vx").mtu, 1450);
  plane.capture(b, named(plane, b, "eth0").index, true);
  assertEquals(echo(plane, a, "10.9.0.2"), { from: "10.9.0.2" });
  const frame = plane.takeFrames().map((frame) => frame.bytes).find((frame) => frame[23] === 17) as Uint8Array;
  assertEquals([frame[36]! * 256 + frame[37]!, frame[46]! * 65536 + frame[47]! * 256 + frame[48]!], [8472, 1]);
  ok(plane.removeLink(b, named(plane, b, "vx").index));
  ok(plane.addLink(b, { kind: "vxlan", name: "vx", tunnel: { id: 2, port: 8472 } }));
  assertEquals(echo(plane, a, "10.9.0.2").from, undefined);
});

Deno.test("a captured frame has right lengths and checksums", () => {
  const { plane, a, dev } = twoHosts();
  plane.capture(a, dev, true);
  echo(plane, a, "10.0.0.2");
  const frames = plane.takeFrames();
  assertEquals(frames.map((frame) => [frame.outgoing, frame.bytes[12]! * 256 + frame.bytes[13]!]), [
    [true, 0x0806],
    [false, 0x0806],
    [true, 0x0800],
    [false, 0x0800],
  ]);
  for (const { bytes } of frames.slice(2)) {
    assertEquals(fold(bytes.subarray(14, 34)), 0xffff);
    assertEquals(fold(bytes.subarray(34)), 0xffff);
    assertEquals(bytes[16]! * 256 + bytes[17]!, bytes.length - 14);
  }
});

/** The one's complement sum of a buffer. */
function fold(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

const steps = (records: readonly TraceRecord[], names: ReadonlyMap<Ns, string>) =>
  records.map(({ ns, layer, action, reason }) => [names.get(ns), layer, action, reason].filter(Boolean).join(" "));

Deno.test("a trace tells every step of a packet and of its answer, and costs nothing when nobody asked", () => {
  const { plane, a, b, r } = routed();
  echo(plane, a, "10.0.2.2");
  assertEquals(plane.takeTrace(), []);
  const socket = plane.socket(a, "udp", 4);
  const number = plane.trace(socket);
  ok(plane.sendTo(socket, bytes("x"), "10.0.2.2", 9));
  const records = plane.takeTrace();
  assert(records.every((record) => record.trace === number));
  const names = new Map([[a, "a"], [b, "b"], [r, "r"]]);
  assertEquals(steps(records, names), [
    "a socket sent",
    "a route routed",
    "a link transmitted",
    "r link received",
    "r route routed",
    "r route forwarded",
    "r link transmitted",
    "b link received",
    "b route routed",
    "b local refused",
    "b route routed",
    "b link transmitted",
    "b socket dropped no-socket",
    "r link received",
    "r route routed",
    "r route forwarded",
    "r link transmitted",
    "a link received",
    "a route routed",
    "a local delivered",
  ]);
});

Deno.test("sysctls have the kernel's defaults; ip_forward reaches every device; unknown keys are unknown", () => {
  const { plane, a } = twoHosts();
  assertEquals(plane.sysctl(a, "net.ipv4.ip_default_ttl"), 64);
  ok(plane.setSysctl(a, "net.ipv4.ip_forward", 1));
  assertEquals(plane.sysctl(a, "net.ipv4.conf.eth0.forwarding"), 1);
  assertEquals(plane.sysctl(a, "net.ipv4.no_such"), undefined);
  assertEquals(plane.setSysctl(a, "net.ipv4.conf.eth9.forwarding", 1), { errno: "ENOENT" });
});

Deno.test("a device that moves to another namespace leaves its addresses and routes behind", () => {
  const { plane, a, dev } = twoHosts();
  const other = host(plane);
  ok(plane.setLink(a, dev, { ns: other }));
  assertEquals(plane.addresses(a).filter((address) => address.dev !== 1), []);
  assertEquals(plane.routes(a, 4).filter((route) => route.dev !== 1), []);
  assertEquals([named(plane, other, "eth0").up, named(plane, other, "eth0").index], [false, dev]);
});

Deno.test("a namespace that goes takes the far ends of its wires along", () => {
  const { plane, a, b } = twoHosts();
  plane.removeNamespace(a);
  assertEquals(plane.links(b).map((link) => link.name), ["lo"]);
  assertEquals(plane.nextEvent(), Infinity);
});

Deno.test("a loop of bridges ends: frames that were handed on too often are dropped", () => {
  const { plane, hosts, sw } = switched(1);
  const other = host(plane);
  const bridge = ok(plane.addLink(other, { kind: "bridge", name: "br1" }));
  ok(plane.setLink(other, bridge, { up: true }));
  for (const name of ["x", "y"]) {
    const [near, far] = wire(plane, [sw, name], [other, name]);
    ok(plane.setLink(sw, near, { master: named(plane, sw, "br0").index }));
    ok(plane.setLink(other, far, { master: bridge }));
  }
  assertEquals(echo(plane, hosts[0] as Ns, "10.0.0.9").error, "EHOSTUNREACH");
});

Deno.test("a batch counts everything it passes, whether packets walk or follow a trail", () => {
  const run = (disturb: boolean) => {
    const { plane, a, b, r } = routed();
    const server = plane.socket(b, "udp", 4);
    ok(plane.bind(server, "0.0.0.0", 53));
    const batch = plane.batch();
    for (let row = 0; row < 8; row++) {
      batch.set(row, {
        src: 0x0a000102,
        dst: 0x0a000202,
        proto: 17,
        sport: 1000 + row % 2,
        dport: 53,
        length: row % 3,
      });
    }
    batch.set(7, { src: 0x0a000102, dst: 0x0a000202, proto: 17, sport: 1, dport: 99 });
    for (let turn = 0; turn < 60; turn++) {
      if (disturb) plane.links(r);
      batch.send(a, turn % 4 === 0 ? 8 : 6);
    }
    const verdicts = [0, 5, 7].map((row) => batch.verdict(row));
    const counters = [a, b, r].map((ns) => plane.links(ns).map(({ rx, tx }) => ({ rx, tx })));
    return { verdicts, counters };
  };
  const [walked, followed] = [run(true), run(false)];
  assertEquals(followed, walked);
  assertEquals(walked.verdicts.map((verdict) => verdict.outcome), ["delivered", "delivered", "refused"]);
});

Deno.test("the same seed gives the same MACs, ports and numbers; another seed gives others", () => {
  const run = () => {
    const { plane, a, b } = twoHosts();
    const { client } = connected(plane, a, b);
    return [plane.links(a), plane.links(b), plane.socketView(client)];
  };
  assertEquals(run(), run());
  const macs = (seed: number) => {
    const plane = open(seed);
    const ns = plane.addNamespace();
    ok(plane.addLink(ns, { kind: "dummy", name: "d" }));
    return named(plane, ns, "d").mac;
  };
  assert(macs(1) !== macs(2));
});

Deno.test("a socket that was closed is no socket any more", () => {
  const { plane, a } = twoHosts();
  const socket = plane.socket(a, "udp", 4);
  plane.close(socket);
  assertThrows(() => plane.socketView(socket), RangeError);
  assertEquals(plane.bind(socket, "0.0.0.0", 1), { errno: "EBADF" });
});
