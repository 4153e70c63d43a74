import { assert, assertEquals } from "@std/assert";
import { isFailure } from "../core/base/mod.ts";
import type { SocketId } from "./mod.ts";
import { bytes, connected, named, ok, text, twoHosts } from "./testing.ts";

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

Deno.test("TCP: half a connection closed still carries data the other way", () => {
  const { plane, a, b } = twoHosts();
  const { client, server } = connected(plane, a, b);
  ok(plane.shutdown(client));
  assertEquals(ok(plane.receive(server, 10)).length, 0);
  ok(plane.send(server, bytes("late")));
  assertEquals(text.decode(ok(plane.receive(client, 10))), "late");
  assertEquals(plane.send(client, bytes("x")), { errno: "EPIPE" });
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

Deno.test("TCP: a reader who does not read closes the window, and opens it again", () => {
  const { plane, a, b } = twoHosts();
  const { client, server } = connected(plane, a, b);
  const block = new Uint8Array(30_000).fill(7);
  for (let i = 0; i < 6; i++) plane.send(client, block);
  const stuck = plane.socketView(server).recvQueue;
  assert(stuck > 60_000 && stuck <= 98_304, `${stuck} bytes wait to be read`);
  let read = 0;
  while (read < 100_000) {
    const part = plane.receive(server, 65_536);
    if (isFailure(part)) plane.run(plane.nextEvent());
    else read += part.length;
  }
});

Deno.test("TCP: a closed port refuses at once, a dead neighbour is EHOSTUNREACH, silence is ETIMEDOUT", () => {
  const { plane, a, b } = twoHosts();
  const errorOf = (address: string, port: number) => {
    const client = plane.socket(a, "tcp", 4);
    ok(plane.connect(client, address, port));
    plane.run(plane.now() + 140_000);
    return plane.socketView(client).error;
  };
  assertEquals(errorOf("10.0.0.2", 81), "ECONNREFUSED");
  assertEquals(errorOf("10.0.0.50", 81), "EHOSTUNREACH");
  ok(plane.addRoute(b, { to: "10.0.0.1/32", type: "blackhole" }, "add"));
  assertEquals(errorOf("10.0.0.2", 81), "ETIMEDOUT");
});

Deno.test("TCP: a full accept queue lets SYNs fall until somebody accepts", () => {
  const { plane, a, b } = twoHosts();
  const listener = plane.socket(b, "tcp", 4);
  ok(plane.bind(listener, "0.0.0.0", 80));
  ok(plane.listen(listener, 1));
  const clients = [1, 2, 3].map(() => {
    const client = plane.socket(a, "tcp", 4);
    ok(plane.connect(client, "10.0.0.2", 80));
    return client;
  });
  assertEquals(clients.map((id) => plane.socketView(id).state), ["ESTAB", "ESTAB", "SYN-SENT"]);
  ok(plane.accept(listener));
  plane.run(plane.now() + 1500);
  assertEquals(plane.socketView(clients[2] as SocketId).state, "ESTAB");
});

Deno.test("TCP keepalive: a peer that is gone is noticed after two hours and nine probes", () => {
  const { plane, a, b } = twoHosts();
  const { client } = connected(plane, a, b);
  ok(plane.setSocket(client, { keepAlive: true }));
  ok(plane.setLink(b, named(plane, b, "eth0").index, { up: false }));
  ok(plane.addNeighbour(a, { ip: "10.0.0.2", dev: 2, mac: "02:00:00:00:00:99", state: "PERMANENT" }, "replace"));
  plane.run(plane.now() + 7_200_000 + 8 * 75_000);
  assertEquals(plane.socketView(client).state, "ESTAB");
  plane.run(plane.now() + 2 * 75_000);
  assertEquals(plane.socketView(client).error, "ETIMEDOUT");
});
