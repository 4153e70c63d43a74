/** Cables and switches: veth pairs between namespaces, a bridge in a namespace of its own for every switch. */
import { check } from "../container/mod.ts";
import { setCable } from "../linux/mod.ts";
import type { IfIndex, Ns, PlaneApi } from "../../wasm/mod.ts";

/** One end of a cable: a device's name in a namespace; `master` is the bridge it becomes a port of. */
export interface End {
  readonly ns: Ns;
  readonly device: string;
  readonly master?: IfIndex | undefined;
  readonly mac?: string | undefined;
}

/** What a cable does to frames: milliseconds, shares of 1, bits a second. */
export interface CableOptions {
  readonly latency?: number | undefined;
  readonly jitter?: number | undefined;
  readonly loss?: number | undefined;
  readonly bandwidth?: number | undefined;
  readonly mtu?: number | undefined;
}

/** A switch's bridge is the second device of its namespace, after lo. */
const BRIDGE: IfIndex = 2;

/** Makes a switch: a namespace with one bridge that hands frames on and looks no deeper (bridge-nf off, no snooping). */
export function switchFor(plane: PlaneApi, name: string): Ns {
  const ns = plane.addNamespace();
  check(plane.setSysctl(ns, "net.ipv6.conf.all.disable_ipv6", 1), `switch ${name}`);
  const bridge = check(plane.addLink(ns, { kind: "bridge", name: name.slice(0, 15) }), `switch ${name}`);
  if (bridge !== BRIDGE) throw new Error(`switch ${name}: bridge is device ${bridge}`);
  check(plane.setLink(ns, bridge, { up: true, mcastSnooping: false }), `switch ${name}`);
  for (const key of ["iptables", "ip6tables"]) {
    check(plane.setSysctl(ns, `net.bridge.bridge-nf-call-${key}`, 0), `switch ${name}`);
  }
  return ns;
}

/** How many ports each switch has, by the plane it stands in: a switch of thousand nodes is not counted for each of them. */
const PORTS = new WeakMap<PlaneApi, Map<Ns, number>>();

/** A free port of a switch, as the end of a cable. */
export function portOf(plane: PlaneApi, ns: Ns): End {
  const counts = PORTS.get(plane) ?? new Map<Ns, number>();
  PORTS.set(plane, counts);
  const ports = counts.get(ns) ?? plane.links(ns).filter(({ master }) => master === BRIDGE).length;
  counts.set(ns, ports + 1);
  return { ns, device: `port${ports + 1}`, master: BRIDGE };
}

/** Lays a cable between two ends and puts both up. Latency, jitter and loss count once each way. */
export function plug(plane: PlaneApi, a: End, b: End, options: CableOptions = {}): void {
  const { mtu } = options;
  const index = check(
    plane.addLink(a.ns, {
      kind: "veth",
      name: a.device,
      mac: a.mac,
      mtu,
      peer: { name: b.device, ns: b.ns, mac: b.mac, mtu },
    }),
    `${a.device} to ${b.device}`,
  );
  const peer = plane.links(a.ns).find((link) => link.index === index)?.link as IfIndex;
  for (const [end, dev] of [[a, index], [b, peer]] as const) {
    check(
      plane.setLink(end.ns, dev, end.master === undefined ? { up: true } : { master: end.master, up: true }),
      end.device,
    );
    if (shapes(options)) setCable(plane, end.ns, dev, netem(options));
  }
}

function shapes({ latency, jitter, loss, bandwidth }: CableOptions): boolean {
  return [latency, jitter, loss, bandwidth].some((value) => value !== undefined);
}

function netem(
  { latency, jitter, loss, bandwidth }: CableOptions,
): { delay?: number; jitter?: number; loss?: number; rate?: number } {
  return { delay: latency, jitter, loss, rate: bandwidth };
}
