/** Calls with the number of a namespace that was removed, or never was: refused as for a device that is not there, and the plane goes on. */
import { assert, assertEquals } from "@std/assert";
import { type Failure, isFailure, Random } from "../core/base/mod.ts";
import { Plane, type PlaneApi, type SocketId } from "./mod.ts";
import { planeBytes } from "./bytes.ts";

type Try = (plane: PlaneApi, ns: number, random: Random) => unknown;

/** Calls that can be refused. */
const REFUSED: Readonly<Record<string, Try>> = {
  addLink: (plane, ns) => plane.addLink(ns, { kind: "dummy", name: "d0" }),
  setLink: (plane, ns) => plane.setLink(ns, 2, { up: true }),
  removeLink: (plane, ns) => plane.removeLink(ns, 2),
  setNetem: (plane, ns) => plane.setNetem(ns, 2, { delay: 1 }),
  addAddress: (plane, ns) => plane.addAddress(ns, 2, { address: "10.0.0.1/24" }),
  removeAddress: (plane, ns) => plane.removeAddress(ns, 2, "10.0.0.1/24"),
  addNeighbour: (plane, ns) =>
    plane.addNeighbour(ns, { ip: "10.0.0.2", dev: 2, mac: "02:00:00:00:00:01", state: "PERMANENT" }, "add"),
  removeNeighbour: (plane, ns) => plane.removeNeighbour(ns, 2, "10.0.0.2"),
  removeFdb: (plane, ns) => plane.removeFdb(ns, { mac: "02:00:00:00:00:01", dev: 2 }),
  addRoute: (plane, ns) => plane.addRoute(ns, { to: "10.1.0.0/16", dev: 2 }, "add"),
  removeRoute: (plane, ns) => plane.removeRoute(ns, { to: "10.1.0.0/16" }),
  routeGet: (plane, ns) => plane.routeGet(ns, { to: "10.1.0.1" }),
  addRule: (plane, ns) => plane.addRule(ns, { family: 4, table: 100 }),
  removeRule: (plane, ns) => plane.removeRule(ns, { family: 4, table: 100 }),
  setSysctl: (plane, ns) => plane.setSysctl(ns, "net.ipv4.ip_forward", 1),
  loadTable: (plane, ns) => plane.loadTable(ns, 4, "filter", new Uint32Array(0)),
  loadSet: (plane, ns) => plane.loadSet(ns, 1, new Uint32Array(0)),
  dropSet: (plane, ns) => plane.dropSet(ns, 1),
  setFlow: (plane, ns) => {
    const side = { src: "10.0.0.1", dst: "10.0.0.2", sport: 1, dport: 2 };
    return plane.setFlow(ns, { proto: 17, original: side, reply: side, zone: 0, status: 0 }, true);
  },
};

/** Calls that show what there is. */
const EMPTY: Readonly<Record<string, Try>> = {
  links: (plane, ns) => plane.links(ns),
  addresses: (plane, ns) => plane.addresses(ns),
  neighbours: (plane, ns) => plane.neighbours(ns),
  fdb: (plane, ns) => plane.fdb(ns),
  routes: (plane, ns) => plane.routes(ns, 4),
  learnedRoutes: (plane, ns) => plane.learnedRoutes(ns, 6),
  rules: (plane, ns) => plane.rules(ns, 6),
  counters: (plane, ns) => [...plane.counters(ns, 4, "filter")],
  setMembers: (plane, ns) => [...plane.setMembers(ns, 1)],
  flows: (plane, ns) => plane.flows(ns),
  removeFlows: (plane, ns) => plane.removeFlows(ns, () => false),
  sockets: (plane, ns) => plane.sockets(ns),
};

/** Calls that answer nothing, or something else. */
const QUIET: Readonly<Record<string, Try>> = {
  removeNamespace: (plane, ns) => plane.removeNamespace(ns),
  dropTable: (plane, ns) => plane.dropTable(ns, 4, "filter"),
  sysctl: (plane, ns) => assertEquals(plane.sysctl(ns, "net.ipv4.ip_forward"), undefined),
  flowStatistics: (plane, ns) => assertEquals(plane.flowStatistics(ns).found, 0),
  inject: (plane, ns) => plane.inject(ns, 2, new Uint8Array(40)),
  traceDevice: (plane, ns) => plane.traceDevice(ns, 2, true),
  capture: (plane, ns) => plane.capture(ns, 2, true),
  run: (plane, _, random) => plane.run(plane.now() + random.below(5000)),
  socket: (plane, ns, random) => {
    const kind = random.pick(["tcp", "udp", "icmp", "raw"] as const);
    assertEquals(errno(callOn(plane, plane.socket(ns, kind, random.pick([4, 6])), random)), "EBADF");
  },
};

const errno = (answer: unknown) => (answer as Failure).errno;

/** A call on a socket that is not there, or whose namespace is gone. */
function callOn(plane: PlaneApi, socket: SocketId, random: Random): unknown {
  return random.pick([
    () => plane.connect(socket, "10.0.0.2", 80),
    () => plane.bind(socket, "0.0.0.0", 80),
    () => plane.listen(socket, 1),
    () => plane.send(socket, new Uint8Array(3)),
    () => plane.sendTo(socket, new Uint8Array(3), "10.0.0.2", 80),
    () => plane.receiveFrom(socket),
    () => plane.setSocket(socket, { ttl: 3 }),
    () => plane.shutdown(socket),
  ])();
}

/** A pair of joined namespaces with an address each. */
function pair(plane: PlaneApi): [number, number] {
  const [a, b] = [plane.addNamespace(), plane.addNamespace()];
  plane.addLink(a, { kind: "veth", name: "eth0", peer: { name: "eth0", ns: b } });
  for (const [ns, address] of [[a, "10.0.0.1/24"], [b, "10.0.0.2/24"]] as const) {
    plane.setLink(ns, 2, { up: true });
    plane.addAddress(ns, 2, { address });
  }
  return [a, b];
}

function open(): Plane {
  return Plane.open(planeBytes(), { seed: 1 });
}

Deno.test("every call about a namespace that was removed, or never was, is refused or finds nothing", () => {
  const plane = open();
  const [gone] = pair(plane);
  plane.removeNamespace(gone);
  for (const ns of [gone, 0, 77, 0xffff_ffff]) {
    for (const [name, call] of Object.entries(REFUSED)) {
      assertEquals(errno(call(plane, ns, new Random(1))), "ENODEV", `${name} in ${ns}`);
    }
    for (const [name, call] of Object.entries(EMPTY)) assertEquals(call(plane, ns, new Random(1)), [], name);
    const batch = plane.batch();
    batch.set(0, { src: 1, dst: 2, proto: 17, sport: 1, dport: 2 });
    batch.send(ns, 1);
    assertEquals(batch.verdict(0).outcome, "lost");
  }
  plane.free();
});

Deno.test("random calls with dead namespaces and their sockets never bring the plane down", () => {
  const plane = open(), random = new Random(38);
  const [a, b] = pair(plane);
  const calls = [REFUSED, EMPTY, QUIET].flatMap((table) => Object.values(table));
  for (let round = 0; round < 60; round++) {
    const [c, d] = pair(plane);
    const client = plane.socket(c, "tcp", 4), server = plane.socket(d, "tcp", 4), waiting = plane.socket(d, "udp", 4);
    plane.bind(server, "0.0.0.0", 80);
    plane.listen(server, 5);
    plane.connect(client, random.pick(["10.0.0.2", "10.0.0.9"]), 80);
    plane.sendTo(waiting, new Uint8Array(9), "10.0.0.77", 9);
    plane.removeNamespace(c);
    if (random.below(2) === 0) plane.run(plane.now() + random.below(100));
    plane.removeNamespace(d);
    for (let i = 0; i < 30; i++) random.pick(calls)(plane, random.pick([c, d, 500 + round]), random);
    for (const socket of [client, server, waiting]) assert(isFailure(callOn(plane, socket, random)));
  }
  const socket = plane.socket(a, "udp", 4), heard = plane.socket(b, "udp", 4);
  plane.bind(heard, "0.0.0.0", 53);
  plane.sendTo(socket, Uint8Array.of(7), "10.0.0.2", 53);
  const datagram = plane.receiveFrom(heard);
  assertEquals(isFailure(datagram) ? [] : [...datagram.data], [7]);
  plane.free();
});
