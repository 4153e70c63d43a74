import type { IfIndex, Link, Ns, PlaneApi } from "../../../wasm/mod.ts";
import { linkExtras } from "../iproute/extras.ts";
import { type Namespace, namespaceOf, type StateKey } from "../namespace.ts";
import { type HtbClass, isHtb } from "./htb.ts";
import type { Kind, Settings, Shaping } from "./kind.ts";

/** A qdisc on a device. */
export interface Qdisc {
  readonly kind: Kind;
  /** Its major number; 0 is a default one, given by nobody. */
  readonly handle: number;
  /** Minor number of the class it is the leaf of; absent: the root. */
  readonly parent?: number;
  readonly settings: Settings;
  /** The device's counters when it came. */
  readonly since: { readonly bytes: number; readonly packets: number };
}

/** A class of the root qdisc. */
export interface TrafficClass {
  readonly minor: number;
  /** Minor number of the class above; 0: the root. */
  readonly parent: number;
  readonly htb: HtbClass;
}

/** What is on one device. */
export interface DeviceQdiscs {
  root: Qdisc | undefined;
  readonly leaves: Qdisc[];
  readonly classes: Map<number, TrafficClass>;
  ingress: "ingress" | "clsact" | undefined;
  /** It had an ingress qdisc once. */
  hadIngress: boolean;
}

const DEVICES: StateKey<Map<IfIndex, DeviceQdiscs>> = { label: "qdiscs" };

/** The qdiscs of a device, to read and to write; {@link takeEffect} afterwards. */
export function qdiscsOf(ns: Namespace, dev: IfIndex): DeviceQdiscs {
  const all = ns.state(DEVICES, () => new Map());
  const qdiscs = all.get(dev) ??
    { root: undefined, leaves: [], classes: new Map(), ingress: undefined, hadIngress: false };
  all.set(dev, qdiscs);
  return qdiscs;
}

const CABLES = new WeakMap<PlaneApi, Map<string, Shaping>>();

/** What the cable at a device does to packets, whatever `tc` says there: a lab's latency, loss and bandwidth. */
export function setCable(plane: PlaneApi, ns: Ns, dev: IfIndex, shaping: Shaping): void {
  const cables = CABLES.get(plane) ?? new Map<string, Shaping>();
  CABLES.set(plane, cables);
  cables.set(`${ns} ${dev}`, shaping);
  plane.setNetem(ns, dev, shaping);
}

/** Brings about in the plane what a device's qdiscs say, behind which its cable comes. */
export function takeEffect(ns: Namespace, { index }: Link): void {
  const { root } = qdiscsOf(ns, index);
  linkExtras(ns, index).qdisc = root?.kind.name;
  const own = shapingOf(qdiscsOf(ns, index));
  const cable = CABLES.get(ns.plane)?.get(`${ns.id} ${index}`);
  ns.plane.setNetem(ns.id, index, own === undefined || cable === undefined ? own ?? cable ?? null : joined(own, cable));
}

/** Takes away what `tc` set on all devices of a namespace: its machine was restarted. */
export function forgetQdiscs(ns: Namespace): void {
  for (const link of ns.plane.links(ns.id)) {
    const had = qdiscsOf(ns, link.index).root !== undefined;
    ns.state(DEVICES, () => new Map()).delete(link.index);
    if (had) takeEffect(ns, link);
  }
}

function shapingOf({ root, leaves, classes }: DeviceQdiscs): Shaping | undefined {
  if (root === undefined || !isHtb(root.settings)) return root?.settings.shaping;
  const minor = root.settings.defaultClass;
  const own = classes.get(minor);
  if (own === undefined) return undefined;
  const rate = { rate: own.htb.ceil * 8 };
  const leaf = leaves.find(({ parent }) => parent === minor)?.settings.shaping;
  return leaf === undefined ? rate : joined(leaf, rate);
}

/** One after the other. */
function joined(a: Shaping, b: Shaping): Shaping {
  const either = (x = 0, y = 0): number => 1 - (1 - x) * (1 - y);
  const rates = [a.rate, b.rate].filter((rate) => rate !== undefined && rate > 0) as number[];
  return {
    ...b,
    ...a,
    delay: (a.delay ?? 0) + (b.delay ?? 0),
    jitter: (a.jitter ?? 0) + (b.jitter ?? 0),
    loss: either(a.loss, b.loss),
    duplicate: either(a.duplicate, b.duplicate),
    corrupt: either(a.corrupt, b.corrupt),
    reorder: either(a.reorder, b.reorder),
    ...(rates.length > 0 && { rate: Math.min(...rates) }),
  };
}

const HANDLES = new WeakMap<PlaneApi, number>();

/** The next handle the kernel gives out by itself: 8001:, 8002: ... */
export function nextHandle(plane: PlaneApi): number {
  const handle = (HANDLES.get(plane) ?? 0x8000) + 1;
  HANDLES.set(plane, handle);
  return handle;
}

/** A device's namespace, for its state. */
export function placeOf(plane: PlaneApi, ns: Ns): Namespace {
  return namespaceOf(plane, ns);
}
