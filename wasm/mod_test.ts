import { assert, assertEquals } from "@std/assert";
import { isFailure } from "../core/base/mod.ts";
import { planeBytes } from "./bytes.ts";
import { type IfIndex, type Ns, Plane, type SocketId } from "./mod.ts";

function open(): Plane {
  return Plane.open(planeBytes(), { seed: 1 });
}

function ok<T>(value: T): Exclude<T, { errno: string }> {
  if (isFailure(value)) throw new Error(`${value.errno} ${value.extack ?? ""}`);
  return value as Exclude<T, { errno: string }>;
}

/** A namespace with lo up. */
function host(plane: Plane): Ns {
  const ns = plane.addNamespace();
  ok(plane.setLink(ns, 1, { up: true }));
  return ns;
}

/** A veth pair, both ends up. */
function wire(plane: Plane, a: [Ns, string], b: [Ns, string]): [IfIndex, IfIndex] {
  const dev = ok(plane.addLink(a[0], { kind: "veth", name: a[1], peer: { name: b[1], ns: b[0] } }));
  const far = plane.links(b[0]).find((link) => link.name === b[1])!.index;
  ok(plane.setLink(a[0], dev, { up: true }));
  ok(plane.setLink(b[0], far, { up: true }));
  return [dev, far];
}

function twoHosts(): { plane: Plane; a: Ns; b: Ns; dev: IfIndex } {
  const plane = open();
  const [a, b] = [host(plane), host(plane)];
  const [dev, far] = wire(plane, [a, "eth0"], [b, "eth0"]);
  ok(plane.addAddress(a, dev, { address: "10.0.0.1/24" }));
  ok(plane.addAddress(b, far, { address: "10.0.0.2/24" }));
  return { plane, a, b, dev };
}

const text = new TextDecoder();
const bytes = (value: string) => new TextEncoder().encode(value);

function echo(plane: Plane, ns: Ns, to: string): { from?: string; error?: string } {
  const socket = plane.socket(ns, "icmp", 4);
  const sent = plane.sendTo(socket, Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4), to, 0);
  if (isFailure(sent)) return { error: sent.errno };
  plane.run(plane.now() + 5000);
  const got = plane.receiveFrom(socket);
  const error = plane.takeError(socket);
  plane.close(socket);
  return isFailure(got) ? { error: error?.errno } : { from: got.from };
}

Deno.test("two hosts on one wire: a ping is answered, and both know each other's MAC", () => {
  const { plane, a, b } = twoHosts();
  assertEquals(echo(plane, a, "10.0.0.2"), { from: "10.0.0.2" });
  const [entry] = plane.neighbours(a);
  assertEquals(entry?.mac, plane.links(b).find((link) => link.name === "eth0")?.mac);
});

Deno.test("a route is needed: without one a send fails with ENETUNREACH", () => {
  const { plane, a } = twoHosts();
  assertEquals(echo(plane, a, "192.0.2.1"), { error: "ENETUNREACH" });
});

Deno.test("a neighbour that does not answer: EHOSTUNREACH after three seconds", () => {
  const { plane, a } = twoHosts();
  assertEquals(echo(plane, a, "10.0.0.77"), { error: "EHOSTUNREACH" });
  assertEquals(plane.neighbours(a).map((entry) => entry.state), ["FAILED"]);
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

function connected(plane: Plane, from: Ns, to: Ns): { client: SocketId; server: SocketId; listener: SocketId } {
  const listener = plane.socket(to, "tcp", 4);
  ok(plane.bind(listener, "0.0.0.0", 80));
  ok(plane.listen(listener, 16));
  const client = plane.socket(from, "tcp", 4);
  ok(plane.connect(client, "10.0.0.2", 80));
  return { client, server: ok(plane.accept(listener)), listener };
}

Deno.test("TCP: connect, a request, an answer, and an orderly end", () => {
  const { plane, a, b } = twoHosts();
  const { client, server } = connected(plane, a, b);
  assertEquals([plane.socketView(client).state, plane.socketView(server).state], ["ESTAB", "ESTAB"]);
  assertEquals(ok(plane.send(client, bytes("GET /"))), 5);
  assertEquals(text.decode(ok(plane.receive(server, 100))), "GET /");
  ok(plane.send(server, bytes("hello")));
  plane.close(server);
  assertEquals(text.decode(ok(plane.receive(client, 100))), "hello");
  assertEquals(ok(plane.receive(client, 100)).length, 0);
  assertEquals(plane.socketView(client).state, "CLOSE-WAIT");
  plane.close(client);
  assertEquals(plane.sockets(b).map((view) => view.state), ["LISTEN", "TIME-WAIT"]);
  plane.run(plane.now() + 61_000);
  assertEquals(plane.sockets(b).map((view) => view.state), ["LISTEN"]);
});

Deno.test("TCP: a megabyte arrives whole and in order over a wire that loses every tenth frame", () => {
  const { plane, a, b, dev } = twoHosts();
  const { client, server } = connected(plane, a, b);
  ok(plane.setNetem(a, dev, { delay: 5, jitter: 2, loss: 0.1 }));
  const sent = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 7) % 251);
  const got: number[] = [];
  let at = 0;
  for (let turn = 0; turn < 100_000 && got.length < sent.length; turn++) {
    if (at < sent.length) {
      const taken = plane.send(client, sent.subarray(at, at + 65536));
      if (!isFailure(taken)) at += taken;
    }
    const part = plane.receive(server, 65536);
    if (!isFailure(part)) got.push(...part);
    plane.run(Math.max(plane.nextEvent(), plane.now()));
  }
  assertEquals(got.length, sent.length);
  assert(sent.every((byte, i) => byte === got[i]));
});

Deno.test("TCP to a closed port is refused at once; to a silent address it times out", () => {
  const { plane, a } = twoHosts();
  const client = plane.socket(a, "tcp", 4);
  ok(plane.connect(client, "10.0.0.2", 81));
  assertEquals(plane.socketView(client).error, "ECONNREFUSED");
  const other = plane.socket(a, "tcp", 4);
  ok(plane.connect(other, "10.0.0.50", 81));
  plane.run(plane.now() + 140_000);
  assertEquals(plane.socketView(other).error, "EHOSTUNREACH");
});

Deno.test("the same seed gives the same MACs, ports and numbers", () => {
  const run = () => {
    const { plane, a, b } = twoHosts();
    const { client } = connected(plane, a, b);
    return [plane.links(a), plane.links(b), plane.socketView(client)];
  };
  assertEquals(run(), run());
});
