import { assertEquals } from "@std/assert";
import type { IfIndex, Ns, Plane } from "./mod.ts";
import { bytes, host, named, ok, open, text, wire } from "./testing.ts";

interface Two {
  readonly plane: Plane;
  readonly a: Ns;
  readonly b: Ns;
  readonly near: IfIndex;
  readonly far: IfIndex;
}

/** a fd00::1 -- fd00::2 b; `dad` as the sysctl `accept_dad` of both. */
function two(dad = 0): Two {
  const plane = open();
  const [a, b] = [host(plane, true), host(plane, true)];
  for (const ns of [a, b]) ok(plane.setSysctl(ns, "net.ipv6.conf.default.accept_dad", dad));
  const [near, far] = wire(plane, [a, "eth0"], [b, "eth0"]);
  ok(plane.addAddress(a, near, { address: "fd00::1/64" }));
  ok(plane.addAddress(b, far, { address: "fd00::2/64" }));
  return { plane, a, b, near, far };
}

const addresses = (plane: Plane, ns: Ns, dev: IfIndex) =>
  plane.addresses(ns).filter((one) => one.dev === dev).map(({ address, tentative, dadFailed }) =>
    `${address}${tentative ? " tentative" : ""}${dadFailed ? " dadfailed" : ""}`
  );

/** An echo request from a ping socket: type of the answer, or the error that came instead. */
function echo(plane: Plane, ns: Ns, to: string, size = 8, wait = 5000): string {
  const socket = plane.socket(ns, "icmp", 6);
  const sent = plane.sendTo(socket, new Uint8Array([128, 0, 0, 0, 0, 0, 0, 1, ...new Uint8Array(size)]), to, 0);
  if (typeof sent !== "number") return sent.errno;
  plane.run(plane.now() + wait);
  const error = plane.takeError(socket);
  const answer = plane.receiveFrom(socket);
  plane.close(socket);
  if (error !== undefined) return `${error.errno} ${error.type}/${error.code} from ${error.offender} ${error.info}`;
  return "errno" in answer ? answer.errno : `${answer.type} from ${answer.from}`;
}

Deno.test("link-local address: the EUI-64 of the MAC once the wire is up, none with addr_gen_mode 1", () => {
  const plane = open();
  const [a, b] = [host(plane, true), host(plane, true)];
  ok(plane.setSysctl(b, "net.ipv6.conf.default.addr_gen_mode", 1));
  const near = ok(plane.addLink(a, { kind: "veth", name: "x", mac: "02:00:00:00:00:01", peer: { name: "x", ns: b } }));
  ok(plane.setLink(a, near, { up: true }));
  assertEquals(addresses(plane, a, near), []);
  const far = named(plane, b, "x").index;
  ok(plane.setLink(b, far, { up: true }));
  assertEquals(addresses(plane, a, near), ["fe80::ff:fe00:1/64 tentative"]);
  plane.run(plane.now() + 2500);
  assertEquals(addresses(plane, a, near), ["fe80::ff:fe00:1/64"]);
  assertEquals(addresses(plane, b, far), []);
});

Deno.test("duplicate address detection: an address that another host has stays tentative and brings no local route", () => {
  const { plane, b, far } = two(1);
  plane.run(plane.now() + 2500);
  ok(plane.addAddress(b, far, { address: "fd00::1/64" }));
  plane.run(plane.now() + 2500);
  assertEquals(addresses(plane, b, far).slice(0, 2), ["fd00::1/64 tentative dadfailed", "fd00::2/64"]);
  assertEquals(plane.routes(b, 6).some(({ to, type }) => to === "fd00::1/128" && type === "local"), false);
});

Deno.test("addresses go when their device goes down, and with disable_ipv6", () => {
  const { plane, a, near } = two();
  ok(plane.setLink(a, near, { up: false }));
  assertEquals(addresses(plane, a, near), []);
  ok(plane.setSysctl(a, "net.ipv6.conf.eth0.disable_ipv6", 1));
  assertEquals(plane.addAddress(a, near, { address: "fd00::1/64" })?.extack, "ipv6: IPv6 is disabled on this device");
});

Deno.test("neighbour discovery: a solicitation to the solicited-node group, an advertisement back", () => {
  const { plane, a, b, near } = two();
  plane.capture(a, near, true);
  assertEquals(echo(plane, a, "fd00::2", 8, 0), "129 from fd00::2");
  const seen = plane.takeFrames().map(({ bytes: frame, outgoing }) => [outgoing, frame[54], frame.slice(0, 2).join()]);
  assertEquals(seen.map(([outgoing, kind]) => [outgoing, kind]), [[true, 135], [false, 136], [true, 128], [
    false,
    129,
  ]]);
  assertEquals(seen[0]?.[2], "51,51");
  assertEquals(plane.neighbours(a).map(({ ip, state }) => [ip, state]), [["fd00::2", "REACHABLE"]]);
  assertEquals(plane.neighbours(b).map(({ ip, state }) => [ip, state]), [["fd00::1", "DELAY"]]);
});

Deno.test("a neighbour that does not answer: address unreachable (1/3) from our own address after three seconds", () => {
  const { plane, a } = two();
  assertEquals(echo(plane, a, "fd00::99"), "EHOSTUNREACH 1/3 from fd00::1 0");
  assertEquals(plane.neighbours(a).map(({ state }) => state), ["FAILED"]);
});

/** a fd00:1::2 -- fd00:1::1 r fd00:2::1 -- fd00:2::2 b, the second wire 1400 wide. */
function three(forwarding: number): { plane: Plane; a: Ns; b: Ns; r: Ns } {
  const plane = open();
  const [a, b, r] = [host(plane, true), host(plane, true), host(plane, true)];
  for (const ns of [a, b, r]) ok(plane.setSysctl(ns, "net.ipv6.conf.default.accept_dad", 0));
  const [aDev, left] = wire(plane, [a, "eth0"], [r, "left"]);
  const [bDev, right] = wire(plane, [b, "eth0"], [r, "right"]);
  ok(plane.setLink(r, right, { mtu: 1400 }));
  ok(plane.setLink(b, bDev, { mtu: 1400 }));
  ok(plane.addAddress(a, aDev, { address: "fd00:1::2/64" }));
  ok(plane.addAddress(r, left, { address: "fd00:1::1/64" }));
  ok(plane.addAddress(r, right, { address: "fd00:2::1/64" }));
  ok(plane.addAddress(b, bDev, { address: "fd00:2::2/64" }));
  ok(plane.addRoute(a, { to: "::/0", via: "fd00:1::1" }, "add"));
  ok(plane.addRoute(b, { to: "::/0", via: "fd00:2::1" }, "add"));
  ok(plane.setSysctl(r, "net.ipv6.conf.all.forwarding", forwarding));
  return { plane, a, b, r };
}

Deno.test("forwarding: only with net.ipv6.conf.all.forwarding; no route is 1/0, a used-up hop limit 3/0", () => {
  assertEquals(echo(three(0).plane, 1, "fd00:2::2"), "EAGAIN");
  const { plane, a } = three(1);
  assertEquals(echo(plane, a, "fd00:2::2"), "129 from fd00:2::2");
  assertEquals(echo(plane, a, "fd00:9::1"), "ENETUNREACH 1/0 from fd00:1::1 0");
  const socket = plane.socket(a, "udp", 6);
  ok(plane.setSocket(socket, { ttl: 1 }));
  ok(plane.sendTo(socket, bytes("x"), "fd00:2::2", 33434));
  const error = plane.takeError(socket);
  assertEquals([error?.type, error?.code, error?.offender, error?.origin], [3, 0, "fd00:1::1", "icmp6"]);
});

Deno.test("packet too big: the router says 1400, then the sender cuts by itself", () => {
  const { plane, a, b } = three(1);
  assertEquals(echo(plane, a, "fd00:2::2", 1400), "EMSGSIZE 2/0 from fd00:1::1 1400");
  const dev = named(plane, b, "eth0").index;
  plane.capture(b, dev, true);
  assertEquals(echo(plane, a, "fd00:2::2", 1400), "129 from fd00:2::2");
  const next = plane.takeFrames().filter(({ outgoing, bytes: frame }) => !outgoing && frame[20] === 44).map((
    { bytes: frame },
  ) => [frame[20], frame.length]);
  assertEquals(next, [[44, 1414], [44, 118]]);
});

Deno.test("an IPv6 socket at :: hears IPv4 peers too, unless it is for IPv6 alone", () => {
  const { plane, a, near, b, far } = two();
  ok(plane.addAddress(a, near, { address: "10.0.0.1/24" }));
  ok(plane.addAddress(b, far, { address: "10.0.0.2/24" }));
  const server = plane.socket(b, "udp", 6);
  ok(plane.bind(server, "::", 53));
  const four = plane.socket(b, "udp", 4);
  assertEquals(plane.bind(four, "0.0.0.0", 53)?.errno, "EADDRINUSE");
  const client = plane.socket(a, "udp", 4);
  ok(plane.sendTo(client, bytes("four"), "10.0.0.2", 53));
  assertEquals(text.decode(ok(plane.receiveFrom(server)).data), "four");
  const alone = plane.socket(b, "udp", 6);
  ok(plane.setSocket(alone, { v6Only: true }));
  ok(plane.bind(alone, "::", 54));
  ok(plane.sendTo(client, bytes("four"), "10.0.0.2", 54));
  assertEquals(ok(plane.sendTo(client, bytes("x"), "10.0.0.2", 9)), 1);
  assertEquals((plane.receiveFrom(alone) as { errno?: string }).errno, "EAGAIN");
});

Deno.test("source address: own scope and label before the longest match (RFC 6724)", () => {
  const { plane, a, near } = two();
  ok(plane.addAddress(a, near, { address: "2001:db8::1/64" }));
  ok(plane.addRoute(a, { to: "::/0", via: "fd00::2" }, "add"));
  const source = (to: string) => ok(plane.routeGet(a, { to })).src;
  assertEquals(source("2001:db8:9::9"), "2001:db8::1");
  assertEquals(source("fd00:9::9"), "fd00::1");
  assertEquals(source("fd00::2"), "fd00::1");
  assertEquals(ok(plane.routeGet(a, { to: "ff02::1", oif: near })).src.startsWith("fe80::"), true);
});

Deno.test("TCP over IPv6: handshake, bytes, and a refused port", () => {
  const { plane, a, b } = two();
  const server = plane.socket(b, "tcp", 6);
  ok(plane.bind(server, "::", 80));
  ok(plane.listen(server, 8));
  const client = plane.socket(a, "tcp", 6);
  ok(plane.connect(client, "fd00::2", 80));
  const accepted = ok(plane.accept(server));
  ok(plane.send(client, bytes("GET")));
  assertEquals(text.decode(ok(plane.receive(accepted, 100))), "GET");
  const other = plane.socket(a, "tcp", 6);
  ok(plane.connect(other, "fd00::2", 81));
  assertEquals(plane.socketView(other).error, "ECONNREFUSED");
});

Deno.test("a ping to all nodes is answered by ourselves first, then by the neighbour", () => {
  const { plane, a, b, near, far } = two();
  const socket = plane.socket(a, "icmp", 6);
  ok(plane.setSocket(socket, { device: near }));
  ok(plane.sendTo(socket, new Uint8Array([128, 0, 0, 0, 0, 0, 0, 1]), "ff02::1", 0));
  const answers = [plane.receiveFrom(socket), plane.receiveFrom(socket)].map((one) => ok(one));
  const own = (ns: Ns, dev: IfIndex) =>
    plane.addresses(ns).find((one) => one.dev === dev && one.scope === 253)?.address;
  assertEquals(answers.map(({ from }) => `${from}/64`), [own(a, near), own(b, far)]);
  assertEquals(answers.map(({ dev }) => dev), [near, near]);
});
