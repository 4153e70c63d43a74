/** The small worlds that the plane's tests are set in. */
import { isFailure } from "../core/base/mod.ts";
import { planeBytes } from "./bytes.ts";
import { type IfIndex, type Ns, Plane, type SocketId } from "./mod.ts";

/** A plane with a seed. */
export function open(seed = 1): Plane {
  return Plane.open(planeBytes(), { seed });
}

/** The value, or a throw where the kernel refused. */
export function ok<T>(value: T): Exclude<T, { errno: string }> {
  if (isFailure(value)) throw new Error(`${value.errno} ${value.extack ?? ""}`);
  return value as Exclude<T, { errno: string }>;
}

/** A namespace with lo up; IPv6 only where it is asked for. */
export function host(plane: Plane, ipv6 = false): Ns {
  const ns = plane.addNamespace();
  if (!ipv6) ok(plane.setSysctl(ns, "net.ipv6.conf.all.disable_ipv6", 1));
  ok(plane.setLink(ns, 1, { up: true }));
  return ns;
}

/** A veth pair, both ends up. */
export function wire(plane: Plane, a: [Ns, string], b: [Ns, string]): [IfIndex, IfIndex] {
  const dev = ok(plane.addLink(a[0], { kind: "veth", name: a[1], peer: { name: b[1], ns: b[0] } }));
  const far = named(plane, b[0], b[1]).index;
  ok(plane.setLink(a[0], dev, { up: true }));
  ok(plane.setLink(b[0], far, { up: true }));
  return [dev, far];
}

/** A device by its name. */
export function named(plane: Plane, ns: Ns, name: string) {
  const link = plane.links(ns).find((link) => link.name === name);
  if (link === undefined) throw new Error(`no ${name}`);
  return link;
}

/** a 10.0.0.1 -- 10.0.0.2 b on one wire. */
export function twoHosts(): { plane: Plane; a: Ns; b: Ns; dev: IfIndex } {
  const plane = open();
  const [a, b] = [host(plane), host(plane)];
  const [dev, far] = wire(plane, [a, "eth0"], [b, "eth0"]);
  ok(plane.addAddress(a, dev, { address: "10.0.0.1/24" }));
  ok(plane.addAddress(b, far, { address: "10.0.0.2/24" }));
  return { plane, a, b, dev };
}

/** a 10.0.1.2 -- 10.0.1.1 r 10.0.2.1 -- 10.0.2.2 b, r forwards. */
export function routed(): { plane: Plane; a: Ns; b: Ns; r: Ns } {
  const plane = open();
  const [a, b, r] = [host(plane), host(plane), host(plane)];
  const [aDev, left] = wire(plane, [a, "eth0"], [r, "left"]);
  const [bDev, right] = wire(plane, [b, "eth0"], [r, "right"]);
  ok(plane.addAddress(a, aDev, { address: "10.0.1.2/24" }));
  ok(plane.addAddress(b, bDev, { address: "10.0.2.2/24" }));
  ok(plane.addAddress(r, left, { address: "10.0.1.1/24" }));
  ok(plane.addAddress(r, right, { address: "10.0.2.1/24" }));
  ok(plane.addRoute(a, { to: "0.0.0.0/0", via: "10.0.1.1" }, "add"));
  ok(plane.addRoute(b, { to: "0.0.0.0/0", via: "10.0.2.1" }, "add"));
  ok(plane.setSysctl(r, "net.ipv4.ip_forward", 1));
  return { plane, a, b, r };
}

/** Hosts 10.0.0.1 ... on one bridge; the first is in `hosts[0]`. */
export function switched(count: number): { plane: Plane; hosts: Ns[]; sw: Ns; bridge: IfIndex } {
  const plane = open();
  const sw = host(plane);
  const bridge = ok(plane.addLink(sw, { kind: "bridge", name: "br0" }));
  ok(plane.setLink(sw, bridge, { up: true }));
  const hosts = Array.from({ length: count }, (_, i) => {
    const ns = host(plane);
    const [dev, port] = wire(plane, [ns, "eth0"], [sw, `port${i}`]);
    ok(plane.setLink(sw, port, { master: bridge }));
    ok(plane.addAddress(ns, dev, { address: `10.0.0.${i + 1}/24` }));
    return ns;
  });
  return { plane, hosts, sw, bridge };
}

/** Bytes to text and back. */
export const text = new TextDecoder();
/** A text as its UTF-8 bytes. */
export const bytes = (value: string) => new TextEncoder().encode(value);

/** What a ping came to. */
export interface Echo {
  readonly from?: string;
  readonly error?: string;
  readonly offender?: string;
}

/** Pings an address and waits five seconds: who answered, or what went wrong. */
export function echo(
  plane: Plane,
  ns: Ns,
  to: string,
  options: { ttl?: number; size?: number; dontFragment?: boolean } = {},
): Echo {
  const socket = plane.socket(ns, "icmp", 4);
  ok(plane.setSocket(socket, { ttl: options.ttl, dontFragment: options.dontFragment }));
  const message = new Uint8Array(8 + (options.size ?? 4));
  message[0] = 8;
  const sent = plane.sendTo(socket, message, to, 0);
  if (isFailure(sent)) return { error: sent.errno };
  plane.run(plane.now() + 5000);
  const got = plane.receiveFrom(socket);
  const error = plane.takeError(socket);
  plane.close(socket);
  return isFailure(got) ? { error: error?.errno, offender: error?.offender } : { from: got.from };
}

/** A connection between two hosts, accepted. */
export function connected(plane: Plane, from: Ns, to: Ns, address = "10.0.0.2") {
  const listener = plane.socket(to, "tcp", 4);
  ok(plane.bind(listener, "0.0.0.0", 80));
  ok(plane.listen(listener, 16));
  const client = plane.socket(from, "tcp", 4);
  ok(plane.connect(client, address, 80));
  return { client, server: ok(plane.accept(listener)) as SocketId, listener };
}
